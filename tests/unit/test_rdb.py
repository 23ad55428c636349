"""USGS RDB: kinds of tables, zones, dates that name no day, words for values. All tables are synthetic (模拟)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.water.rdb import PARSER

FETCHED = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
COMMENTS = ["# U.S. Geological Survey", "# synthetic 模拟", "#"]


def parse(text: str, **options: Any) -> Parsed:
    return PARSER.parse(Payload(text.encode(), "http://source/nwis", "x.rdb", FETCHED), options)


def rdb(columns: str, *rows: str, comments: list[str] | None = None) -> str:
    """``columns`` and ``rows`` with | between cells."""
    header = columns.split("|")
    lines = ["\t".join(header), "\t".join("5s" for _ in header), *(row.replace("|", "\t") for row in rows)]
    return "\r\n".join([*(comments or COMMENTS), *lines]) + "\r\n"


def table(parsed: Parsed, name: str = "observation") -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if v is not None} for row in parsed.tables[name].to_pylist()]


IV = "agency_cd|site_no|datetime|tz_cd|69928_00065|69928_00065_cd"


@pytest.mark.parametrize(
    ("zone", "hour"), [("EST", 13), ("EDT", 12), ("CST", 14), ("PDT", 15), ("UTC", 8), ("AKST", 17)]
)
def test_a_value_in_the_zone_that_its_row_names(zone: str, hour: int) -> None:
    (row,) = table(parse(rdb(IV, f"USGS|00000001|2026-08-10 08:00|{zone}|10|P")))
    assert row["event_at"] == datetime(2026, 8, 10, hour, 0, tzinfo=UTC)
    assert (row["variable"], row["value"], row["unit"]) == ("water_level_m", 3.048, "m")
    assert json.loads(row["extra"]) == {"parameter": "00065", "qualifiers": ["P"], "source_unit": "ft"}


def test_a_zone_that_is_not_known_is_not_guessed() -> None:
    parsed = parse(rdb(IV, "USGS|1|2026-08-10 08:00|XYZT|10|P", "USGS|1|2026-08-10 08:15|EST|10|P"))
    assert (len(table(parsed)), [r.rule for r in parsed.rejects]) == (1, ["rdb.row.zone"])


@pytest.mark.parametrize("word", ["Ice", "Eqp", "Bkw", "***", "", "-999999", "--", "Rat_Ssn"])
def test_words_stand_for_missing_values(word: str) -> None:
    parsed = parse(rdb(IV, f"USGS|1|2026-08-10 08:00|EST|{word}|P"))
    assert (parsed.records, parsed.outcome) == (0, Outcome.ACCEPTED)
    assert [(d.field, d.count) for d in parsed.drift] == [("(missing)", 1)]


def test_an_estimate_is_a_value_and_a_bound_is_none() -> None:
    parsed = parse(rdb(IV, "USGS|1|2026-08-10 08:00|EST|e10|P", "USGS|1|2026-08-10 08:15|EST|<10|P"))
    assert [row["value"] for row in table(parsed)] == [3.048]
    assert [r.rule for r in parsed.rejects] == ["rdb.value.number"]


def test_daily_values_end_with_their_day_and_two_statistics_are_two_variables() -> None:
    columns = "agency_cd|site_no|datetime|1_00010_00001|1_00010_00001_cd|2_00010_00002|2_00010_00002_cd"
    found = table(parse(rdb(columns, "USGS|1|2026-08-10|12.5|A|8.5|A"), zone="America/New_York"))
    assert {row["variable"]: row["value"] for row in found} == {
        "water_temperature_daily_max_c": 12.5,
        "water_temperature_daily_min_c": 8.5,
    }
    assert {(row["event_at"], row["interval_h"]) for row in found} == {(datetime(2026, 8, 11, 4, 0, tzinfo=UTC), 24.0)}


def test_two_series_of_one_parameter_are_told_apart_by_what_describes_them() -> None:
    comments = [*COMMENTS, "#    11   00065     Gage height, feet", "#    12   00065     Gage height, feet, [RADAR]"]
    columns = "agency_cd|site_no|datetime|tz_cd|12_00065|12_00065_cd|11_00065|11_00065_cd|13_00065|13_00065_cd"
    found = table(parse(rdb(columns, "USGS|1|2026-08-10 08:00|EST|2|P|1|P|3|P", comments=comments)))
    assert {row["variable"]: round(row["value"] / 0.3048) for row in found} == {
        "water_level_m": 1,
        "water_level_m#radar": 2,
        "water_level_m#13": 3,
    }


PEAKS = "agency_cd|site_no|peak_dt|peak_tm|peak_va|peak_cd|gage_ht|gage_ht_cd|year_last_pk|" + (
    "ag_dt|ag_tm|ag_gage_ht|ag_gage_ht_cd"
)


def test_a_peak_with_its_stage_and_the_higher_stage_of_another_day() -> None:
    parsed = parse(rdb(PEAKS, "USGS|1|2026-05-13|02:00|1000|5|10|||2026-01-02||12|1"), zone="America/New_York")
    found = {row["variable"]: row for row in table(parsed)}
    assert {name: row["value"] for name, row in found.items()} == {
        "discharge_peak_m3_s": 28.316846592,
        "water_level_peak_m": 3.048,
        "water_level_annual_max_m": 3.6576,
    }
    assert found["discharge_peak_m3_s"]["event_at"] == datetime(2026, 5, 13, 6, 0, tzinfo=UTC)
    later = found["water_level_annual_max_m"]
    assert (later["event_at"], json.loads(later["extra"])["precision"]) == (datetime(2026, 1, 2, 5, tzinfo=UTC), "day")


@pytest.mark.parametrize("date", ["1936-00-00", "1936-03-00", "1936-00-12", "1936-13-01", ""])
def test_a_date_that_names_no_day_is_rejected(date: str) -> None:
    parsed = parse(rdb(PEAKS, f"USGS|1|{date}||1000||||||||", "USGS|1|2026-05-13|02:00|1000||||||||"))
    assert (len(table(parsed)), [r.rule for r in parsed.rejects]) == (1, ["rdb.peak.date"])


SITES = "agency_cd|site_no|station_nm|site_tp_cd|dec_lat_va|dec_long_va|dec_coord_datum_cd|" + (
    "alt_va|alt_datum_cd|drain_area_va"
)


def test_a_site() -> None:
    parsed = parse(rdb(SITES, "USGS|00000001|模拟 CREEK|ST|36.5|-81.5|NAD83| 2550.00|NGVD29|10"))
    (row,) = table(parsed, "station")
    assert (row["station_code"], row["longitude"], row["latitude"]) == ("00000001", -81.5, 36.5)
    assert (row["datum_name"], row["datum_elevation_m"], row["catchment_km2"]) == ("NGVD29", 777.24, 25.8998811034)
    assert json.loads(row["extra"]) == {"dec_coord_datum_cd": "NAD83"}
    assert not parsed.drift


def test_a_column_that_nobody_knows_is_told_and_a_site_without_a_height_has_none() -> None:
    parsed = parse(rdb(SITES + "|oddity", "USGS|1|a|ST|36.5|-81.5|NAD83||||x"))
    assert "datum_elevation_m" not in table(parsed, "station")[0]
    assert [(d.table, d.field) for d in parsed.drift] == [("station", "oddity")]


def test_a_catalogue_of_series_names_each_site_once() -> None:
    columns = "agency_cd|site_no|station_nm|site_tp_cd|dec_lat_va|dec_long_va|data_type_cd|parm_cd|ts_id|begin_date"
    row = "USGS|1|模拟|ST|36.5|-81.5|uv|{}|{}|2020-01-01"
    parsed = parse(rdb(columns, row.format("00060", 1), row.format("00065", 2)))
    assert (len(table(parsed, "station")), parsed.drift) == (1, [])


def test_field_measurements_name_nobody() -> None:
    columns = "agency_cd|site_no|measurement_nu|measurement_dt|tz_cd|party_nm|gage_height_va|discharge_va"
    parsed = parse(
        rdb(columns, "USGS|1|7|2026-08-10 08:00:00|EST|ABC|10|1000", "USGS|1|8|2026-08-10 09:00:00|??|ABC|1|1")
    )
    assert {row["variable"]: row["value"] for row in table(parsed)} == {
        "discharge_m3_s": 28.316846592,
        "water_level_m": 3.048,
    }
    assert "ABC" not in json.dumps([*table(parsed), *(dict(r.record or {}) for r in parsed.rejects)], default=str)


def test_a_groundwater_level_has_a_depth_and_perhaps_a_height() -> None:
    columns = "agency_cd|site_no|site_tp_cd|lev_dt|lev_tm|lev_tz_cd|lev_va|sl_lev_va|sl_datum_cd"
    parsed = parse(rdb(columns, "USGS|1|GW|2026-08-10|09:22|PDT|10|100|NAVD88", "USGS|1|GW|2026-08-11|09:22|PDT|10||"))
    assert [(row["variable"], row["value"]) for row in table(parsed)] == [
        ("groundwater_depth_m", 3.048),
        ("groundwater_level_navd88_m", 30.48),
        ("groundwater_depth_m", 3.048),
    ]
    assert table(parsed)[0]["event_at"] == datetime(2026, 8, 10, 16, 22, tzinfo=UTC)
    assert not parsed.drift


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (rdb("agency_cd|site_no|parameter_cd|mean_va", "USGS|1|00060|5"), "rdb.kind.unknown"),
        ("a,b\n1,2\n", "rdb.shape"),
        ("# only a comment\n", "rdb.shape"),
        ("a\tb\n1\t2\n", "rdb.shape"),
        ("", "rdb.empty"),
    ],
)
def test_what_is_no_table_of_ours_is_rejected(text: str, rule: str) -> None:
    parsed = parse(text)
    assert (parsed.outcome, [r.rule for r in parsed.rejects]) == (Outcome.REJECTED, [rule])


def test_a_table_without_rows_is_empty_and_so_is_a_reply_that_says_so() -> None:
    for text in (rdb(IV), "# U.S. Geological Survey\n#  No sites found matching all criteria\n"):
        assert (parse(text).outcome, parse(text).records) == (Outcome.ACCEPTED, 0)


def test_a_row_of_another_width_is_rejected_and_two_tables_are_read() -> None:
    text = rdb(IV, "USGS|1|2026-08-10 08:00|EST|1|P", "USGS|1|2026") + rdb(IV, "USGS|2|2026-08-10 08:00|EST|2|P")
    parsed = parse(text)
    assert [row["station_code"] for row in table(parsed)] == ["1", "2"]
    assert [r.rule for r in parsed.rejects] == ["rdb.row.width"]
