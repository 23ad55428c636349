"""SYNOP: groups and code tables, bulletins, months from the payload. All reports are invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.weather.synop import PARSER

NOW = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)


def parse(text: str, name: str = "synop.txt", **options: Any) -> Parsed:
    return PARSER.parse(Payload(text.encode(), name, name, NOW), options)


def rows(parsed: Parsed) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parsed.tables["observation"].to_pylist()
    return found


def values(groups: str, iw: str = "1") -> dict[str, float]:
    parsed = parse(f"AAXX 1006{iw}\n99001 {groups}=")
    assert not parsed.rejects
    return {row["variable"]: row["value"] for row in rows(parsed)}


def test_a_whole_report() -> None:
    found = values("02997 53102 10139 21075 30271 40364 58031 60001 70522 82046 333 10152 21014 60007 70123")
    assert found == {
        "visibility_m": 10000.0,
        "cloud_cover_okta": 5.0,
        "wind_speed_m_s": 2.0,
        "wind_direction_deg": 310.0,
        "air_temperature_c": 13.9,
        "dew_point_c": -7.5,
        "pressure_hpa": 1027.1,
        "sea_level_pressure_hpa": 1036.4,
        "pressure_change_3h_hpa": -3.1,
        "rain_6h_mm": 0.0,
        "present_weather_code": 5.0,
        "air_temperature_max_c": 15.2,
        "air_temperature_min_c": -1.4,
        "rain_3h_mm": 0.0,
        "rain_24h_mm": 12.3,
    }


@pytest.mark.parametrize(
    ("iw", "group", "expected"),
    [
        ("0", "51802", 2.0),
        ("1", "51802", 2.0),
        ("4", "51810", 5.14444444444),
        ("3", "51899 00120", 61.7333333333),
        ("/", "51802", None),
        ("1", "5////", None),
    ],
)
def test_the_unit_of_wind_is_that_of_section_0(iw: str, group: str, expected: float | None) -> None:
    assert values(f"02997 {group} 10139", iw).get("wind_speed_m_s") == expected


def test_calm_and_variable_wind_have_no_direction() -> None:
    assert "wind_direction_deg" not in values("02997 50000 10139")
    assert "wind_direction_deg" not in values("02997 59902 10139")
    assert values("02997 53602 10139")["wind_direction_deg"] == 360.0


@pytest.mark.parametrize(
    ("code", "metres"),
    [("00", 100), ("50", 5000), ("56", 6000), ("80", 30000), ("81", 35000), ("89", 70000), ("90", 50), ("99", 50000)],
)
def test_visibility_by_its_code_table(code: str, metres: float) -> None:
    assert values(f"029{code} 50000 10139")["visibility_m"] == metres


@pytest.mark.parametrize(
    ("group", "variable", "value"),
    [
        ("60121", "rain_6h_mm", 12.0),
        ("69925", "rain_mm", 0.2),
        ("69901", "rain_6h_mm", 0.0),
        ("6012/", "rain_unknown_period_mm", 12.0),
        ("60058", "rain_9h_mm", 5.0),
    ],
)
def test_rain_names_its_hours_and_a_trace_is_nothing(group: str, variable: str, value: float) -> None:
    assert values(f"02997 50000 10139 {group}")[variable] == value


def test_pressures_of_high_stations() -> None:
    found = values("02997 50000 10031 39394 48626 52010")
    assert (found["pressure_hpa"], found["geopotential_height_850hpa_m"]) == (939.4, 1626.0)
    assert "sea_level_pressure_hpa" not in found
    assert values("02997 50000 30094 40009")["pressure_hpa"] == 1009.4


def test_missing_parts_give_no_row_and_are_counted() -> None:
    parsed = parse("AAXX 10061\n99001 029// /2502 10/// 2//// 3//// 5/011 6///1=")
    assert {row["variable"] for row in rows(parsed)} == {"wind_speed_m_s", "wind_direction_deg"}
    assert [(drift.field, drift.count) for drift in parsed.drift] == [("(missing)", 7)]


def test_sums_of_radiation_are_no_temperatures() -> None:
    found = values("02998 00202 10101 333 55310 01465 22742 30284 60007 91005")
    assert "air_temperature_min_c" not in found
    assert found["rain_3h_mm"] == 0.0


def test_short_wave_radiation_before_rain_is_no_rain() -> None:
    found = values("02997 50000 333 55055 00010 20003 30002 50001 60004 60035 70500")
    assert {name: value for name, value in found.items() if "rain" in name} == {"rain_mm": 3.0, "rain_24h_mm": 50.0}


def test_a_month_in_the_name_holds_for_its_first_day_too() -> None:
    [row, *_] = rows(parse("AAXX 01061\n99001 02997 50000=", "SIXX20XSIM_202308.txt"))
    assert row["event_at"] == datetime(2023, 8, 1, 6, tzinfo=UTC)


def test_groups_out_of_place_are_kept_and_told() -> None:
    parsed = parse("AAXX 10061\n99001 02997 50000 10139 1023 15000 60001=")
    assert json.loads(rows(parsed)[0]["extra"]) == {"unread": "1023 15000"}
    assert [(drift.field, drift.count) for drift in parsed.drift] == [("(unread group)", 2)]


def test_sea_and_cloud_sections_are_passed_over() -> None:
    assert set(values("02997 50000 10139 22200 00150 333 81820 444 12345 555 10702")) == {
        "visibility_m",
        "cloud_cover_okta",
        "wind_speed_m_s",
        "air_temperature_c",
    }


def test_several_bulletins_with_their_own_times() -> None:
    text = (
        "\x01\r\r\n12345\r\r\nSMXX01 XSIM 100000\r\r\nAAXX 10001\r\r\n99001 02997 50000\r\r\n10139=\r\r\n"
        "99002 nil=\r\r\n"
        "nnnn\r\r\nZCZC 124\r\r\nSIXX01 XSIM 100300\r\r\nAAXX 10034\r\r\n99003 99003 02997 51810\r\r\n10140=\r\r\n\x03"
    )
    parsed = parse(text)
    assert not parsed.rejects
    found = {row["station_code"]: row["event_at"].hour for row in rows(parsed)}
    assert found == {"99001": 0, "99003": 3}
    assert {drift.field for drift in parsed.drift} == {"(nil report)", "(repeated group)"}


def test_a_new_bulletin_does_not_inherit_the_time_of_the_one_before() -> None:
    parsed = parse("SMXX01 XSIM 100000\nAAXX 10001\n99001 02997 50000=\nSMXX02 XSIM 100300\n99002 02997 50000=\n")
    assert [reject.rule for reject in parsed.rejects] == ["synop.section_0"]
    assert {row["station_code"] for row in rows(parsed)} == {"99001"}


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("s.txt", {}, datetime(2026, 7, 31, 6, tzinfo=UTC)),
        ("A_SMXX01XSIM310600_C_XSIM_20250131061000.txt", {}, datetime(2025, 1, 31, 6, tzinfo=UTC)),
        ("A_SMXX01XSIM310600_C_XSIM_20250131.txt", {}, datetime(2025, 1, 31, 6, tzinfo=UTC)),
        ("s.txt", {"as_of": "2024-02-01"}, datetime(2024, 1, 31, 6, tzinfo=UTC)),
        ("SIXX20XSIM_202308.txt", {}, datetime(2023, 8, 31, 6, tzinfo=UTC)),
        ("SIXX20XSIM_202313.txt", {}, datetime(2026, 7, 31, 6, tzinfo=UTC)),
    ],
)
def test_month_and_year_come_from_the_payload(name: str, options: dict[str, Any], expected: datetime) -> None:
    parsed = parse("AAXX 31061\n99001 02997 50000=", name, **options)
    assert {row["event_at"] for row in rows(parsed)} == {expected}


def test_what_cannot_be_read_is_told_report_by_report() -> None:
    text = (
        "AAXX 10061\n9900 02997 50000=\n99002 02997 50000=\nBBXX SHIP1 10061 99350 11117 41/// 50000=\n"
        "AAXX 40251\n99003 02997 50000=\nAAXX 1006\n99004 02997 50000=\nAAXX 10061\n99005 02997 5000"
    )
    parsed = parse(text)
    assert [reject.rule for reject in parsed.rejects] == [
        "synop.station",
        "synop.kind.unsupported",
        "synop.time",
        "synop.section_0",
        "synop.report.cut",
    ]
    assert {row["station_code"] for row in rows(parsed)} == {"99002"}


def test_a_file_without_ends_holds_a_report_per_line() -> None:
    parsed = parse("AAXX 10061 99001 02997 50000 10139\nAAXX 10061 99002 02997 50000 10140\n")
    assert len({row["station_code"] for row in rows(parsed)}) == 2


@pytest.mark.parametrize("text", ["hello", "METAR XSIM 100600Z 25/20=", "1234 5678"])
def test_what_is_no_synop_is_rejected(text: str) -> None:
    assert parse(text).outcome is Outcome.REJECTED
