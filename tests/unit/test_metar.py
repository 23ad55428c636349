"""METAR: groups, bulletins, months from the payload, and the table of decoded reports. All reports are invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.weather.metar import PARSER

NOW = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)


def parse(text: str, name: str = "metar.txt", **options: Any) -> Parsed:
    return PARSER.parse(Payload(text.encode(), name, name, NOW), options)


def found(groups: str) -> dict[str, dict[str, Any]]:
    parsed = parse(f"METAR XSIM 100730Z {groups}=")
    assert not parsed.rejects
    return {row["variable"]: row for row in parsed.tables["observation"].to_pylist()}


def values(groups: str) -> dict[str, Any]:
    return {name: row["value"] for name, row in found(groups).items() if row["value"] is not None}


def test_a_whole_report() -> None:
    report = found("36005G15MPS 320V040 4000 -TSRA BR FEW015 SCT025CB OVC050 28/M01 Q1006 TEMPO 0800 +TSRA")
    assert values("36005G15MPS 320V040 4000 -TSRA BR FEW015 SCT025CB OVC050 28/M01 Q1006 TEMPO 0800 +TSRA") == {
        "wind_speed_m_s": 5.0,
        "wind_gust_m_s": 15.0,
        "wind_direction_deg": 360.0,
        "visibility_m": 4000.0,
        "air_temperature_c": 28.0,
        "dew_point_c": -1.0,
        "qnh_hpa": 1006.0,
    }
    assert report["weather"]["value_text"] == "-TSRA BR"
    assert report["clouds"]["value_text"] == "FEW015 SCT025CB OVC050"
    assert report["wind_speed_m_s"]["event_at"] == datetime(2026, 8, 10, 7, 30, tzinfo=UTC)
    assert report["wind_speed_m_s"]["source_table"] == "METAR"


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ("18010KT", {"wind_speed_m_s": 5.14444444444, "wind_direction_deg": 180.0}),
        ("18036KMH", {"wind_speed_m_s": 10.0, "wind_direction_deg": 180.0}),
        ("00000KT", {"wind_speed_m_s": 0.0}),
        ("VRB02MPS", {"wind_speed_m_s": 2.0}),
        ("/////KT", {}),
        ("09004", {}),
        ("////", {}),
        ("/////", {}),
        ("CAVOK", {"visibility_m": 10000.0}),
        ("9999", {"visibility_m": 10000.0}),
        ("M0400", {"visibility_m": 400.0}),
        ("1 1/2SM", {"visibility_m": 2414.016}),
        ("M1/4SM", {"visibility_m": 402.336}),
        ("1/0SM", {}),
        ("M04/", {"air_temperature_c": -4.0}),
        ("M00/M01", {"air_temperature_c": 0.0, "dew_point_c": -1.0}),
        ("//09", {}),
        ("A2992", {"qnh_hpa": 1013.20757126}),
        ("A2992 Q1013", {"qnh_hpa": 1013.0}),
        ("Q1 007", {}),
        ("10/08 RMK AO2 SLP982 T01000083 P0012", {
            "air_temperature_c": 10.0, "dew_point_c": 8.3, "sea_level_pressure_hpa": 998.2, "rain_mm": 3.048,
        }),
        ("A3063 RMK SLP411", {"qnh_hpa": 1037.25107114, "sea_level_pressure_hpa": 1041.1}),
    ],
)  # fmt: skip
def test_groups(groups: str, expected: dict[str, float]) -> None:
    assert values(groups) == pytest.approx(expected)


def test_groups_that_mean_nothing_are_kept_and_counted() -> None:
    parsed = parse("METAR XSIM 100730Z 18010KT GIBBERISH 25/20=")
    rows = parsed.tables["observation"].to_pylist()
    assert json.loads(rows[0]["extra"])["unread"] == "GIBBERISH"
    assert [(drift.field, drift.count) for drift in parsed.drift] == [("(unread group)", 1)]


def test_bulletins_with_control_characters_nil_and_reports_over_lines() -> None:
    text = (
        "\x01\r\r\n123\r\r\nSAXX01 XSIM 100730\r\r\nMETAR\r\r\nXAAA 100730Z 18010KT\r\r\n     25/20=\r\r\n"
        "XBBB NIL=\r\r\n\x03\x01\r\r\n124\r\r\nSPXX01 XSIM 100735\r\r\nXCCC 100735Z 20/10=\r\r\n\x03"
    )
    parsed = parse(text)
    assert not parsed.rejects
    assert {(r["station_code"], r["source_table"]) for r in parsed.tables["observation"].to_pylist()} == {
        ("XAAA", "METAR"),
        ("XCCC", "SPECI"),
    }
    assert [(drift.field, drift.example) for drift in parsed.drift] == [("(nil report)", "XBBB")]


@pytest.mark.parametrize(
    ("name", "options", "day", "expected"),
    [
        ("m.txt", {}, "10", datetime(2026, 8, 10, 7, 30, tzinfo=UTC)),
        ("m.txt", {}, "31", datetime(2026, 7, 31, 7, 30, tzinfo=UTC)),
        ("m.txt", {}, "11", datetime(2026, 8, 11, 7, 30, tzinfo=UTC)),
        ("A_SAXX01XSIM_C_XSIM_20250301003000.txt", {}, "28", datetime(2025, 2, 28, 7, 30, tzinfo=UTC)),
        ("m.txt", {"as_of": "2024-03-02 00:00"}, "29", datetime(2024, 2, 29, 7, 30, tzinfo=UTC)),
    ],
)
def test_month_and_year_come_from_the_payload(name: str, options: dict[str, Any], day: str, expected: datetime) -> None:
    parsed = parse(f"METAR XSIM {day}0730Z 25/20=", name, **options)
    assert {row["event_at"] for row in parsed.tables["observation"].to_pylist()} == {expected}


def test_a_cycle_file_dates_its_reports() -> None:
    parsed = parse("2014/09/26 21:35\nXSIM 262135Z 25/20\n\n2014/09/26 21:40\nXTWO 262140Z 25/20\n")
    assert not parsed.rejects
    assert {row["event_at"] for row in parsed.tables["observation"].to_pylist()} == {
        datetime(2014, 9, 26, 21, 35, tzinfo=UTC),
        datetime(2014, 9, 26, 21, 40, tzinfo=UTC),
    }


def test_a_report_that_breaks_off_and_a_time_that_is_none() -> None:
    parsed = parse("METAR XAAA 100730Z 25/20=\nMETAR XBBB 992530Z 25/20=\nMETAR XCCC 100730Z 25/2")
    assert [reject.rule for reject in parsed.rejects] == ["metar.report.time", "metar.report.cut"]


@pytest.mark.parametrize("text", ["SAXX01 XSIM 100730\n", "hello\n", "TAF XSIM 100500Z 1006/1012 18005KT="])
def test_what_holds_no_report_is_rejected(text: str) -> None:
    assert [reject.rule for reject in parse(text).rejects] == ["metar.no_report"]


HEADER = (
    "raw_text,station_id,observation_time,latitude,longitude,temp_c,dewpoint_c,wind_dir_degrees,wind_speed_kt,"
    "visibility_statute_mi,altim_in_hg,sky_cover,cloud_base_ft_agl,sky_cover,cloud_base_ft_agl,precip_in,metar_type,elevation_m"
)


def table(*lines: str, preamble: str = "") -> Parsed:
    return parse(preamble + "\n".join([HEADER, *lines]) + "\n", "metars.csv")


def test_the_decoded_table_with_its_preamble_and_repeated_columns() -> None:
    numbers = "35.74,111.71,-2.0,-5.0,90,10,10.0,29.92,FEW,1500,OVC,25000,0.01,SPECI,800"
    line = f"XSIM 100730Z,XSIM,2026-08-10T07:30:00Z,{numbers}"
    parsed = table(line, preamble="No errors\nNo warnings\n3 ms\ndata source=metars\n1 results\n")
    assert not parsed.rejects
    found = {row["variable"]: row for row in parsed.tables["observation"].to_pylist()}
    assert found["clouds"]["value_text"] == "FEW015 OVC250"
    assert found["air_temperature_c"]["value"] == -2.0
    assert (found["visibility_m"]["value"], found["rain_mm"]["value"]) == (16093.44, 0.254)
    assert found["qnh_hpa"]["source_table"] == "SPECI"
    (station,) = parsed.tables["station"].to_pylist()
    assert (station["longitude"], json.loads(station["extra"])) == (111.71, {"elevation_m": 800.0})


@pytest.mark.parametrize(
    ("direction", "speed", "kept"), [("0", "5", False), ("VRB", "5", False), ("0", "0", False), ("360", "5", True)]
)
def test_direction_0_is_variable_or_calm_and_north_is_360(direction: str, speed: str, kept: bool) -> None:
    parsed = table(f"r,XSIM,2026-08-10T07:30:00Z,1,2,3,2,{direction},{speed},10+,29.92,CLR,,,,,METAR,1")
    names = [row["variable"] for row in parsed.tables["observation"].to_pylist()]
    assert ("wind_direction_deg" in names) is kept
    assert not parsed.drift


def test_lines_that_do_not_fit_are_rejected_one_by_one() -> None:
    good = "r,XSIM,2026-08-10T07:30:00Z,1,2,3,2,90,5,10,29.92,CLR,,,,,METAR,1"
    parsed = table("too,short", good.replace("2026-08-10T07:30:00Z", "soon"), good, preamble="9 results\n")
    assert [reject.rule for reject in parsed.rejects] == [
        "metar.table.columns",
        "metar.table.time",
        "metar.table.count",
    ]
    assert parsed.outcome is Outcome.PARTIAL


def test_a_table_that_went_through_a_spreadsheet() -> None:
    """Semicolons, lines that end in CR, a preamble filled up with semicolons, -RA taken for a formula."""
    header = HEADER.replace(",", ";") + ";wx_string"
    names = header.split(";")
    cells = {"raw_text": "XSIM 100000Z", "station_id": "XSIM", "observation_time": "2026-08-10T00:00:00Z"}
    cells |= {"temp_c": "21.5", "dewpoint_c": "3.0", "wx_string": "#NOM?", "auto": "TRUE"}
    line = ";".join(cells.get(name, "") for name in names)
    parsed = parse("\r".join(["No errors;;;", "1 results;;;", header, line, ""]), "sample.csv")
    found = {row["variable"]: row["value"] for row in parsed.tables["observation"].to_pylist()}
    assert (found["air_temperature_c"], found["dew_point_c"], "weather" in found) == (21.5, 3.0, False)
    assert {seen.field for seen in parsed.drift} >= {"(damaged text)"}
    assert not parsed.rejects
