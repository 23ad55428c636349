"""Wide tables of InSAR points: dates in the header, long rows, missing values, declared columns. Invented 模拟."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import ConfigurationError
from connectors.geology.insar_csv import PARSER
from connectors.model import Outcome, Parsed, Payload

OPTIONS = {"zone": "Asia/Shanghai", "crs": "EPSG:4326"}


def parse(*lines: str, **options: Any) -> Parsed:
    payload = Payload("\n".join(lines).encode(), "file", "points.csv", datetime.now(UTC))
    return PARSER.parse(payload, OPTIONS | options)


def rows(parsed: Parsed, table: str = "observation") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parsed.tables[table].to_pylist()
    return found


def test_a_point_becomes_a_row_per_date() -> None:
    parsed = parse(
        "id,lon,lat,height,vel,coherence,disp_20260101,disp_20260113", "P1,112.85,35.5,812.5,-3.1,0.92,0,-1.25"
    )
    assert [(row["station_code"], row["event_at"], row["value"]) for row in rows(parsed)] == [
        ("P1", datetime(2025, 12, 31, 16, tzinfo=UTC), 0.0),
        ("P1", datetime(2026, 1, 12, 16, tzinfo=UTC), -1.25),
    ]
    assert {(row["variable"], row["unit"]) for row in rows(parsed)} == {("displacement_los_mm", "mm")}
    [station] = rows(parsed, "station")
    assert (station["longitude"], station["latitude"], station["station_type"]) == (112.85, 35.5, "insar")
    assert json.loads(station["extra"]) == {"height_m": 812.5, "velocity_mm_a": -3.1, "coherence": 0.92}
    assert [*parsed.drift] == []


@pytest.mark.parametrize("name", ["D20260101", "d_20260101", "20260101", "2026-01-01", "disp_2026_01_01", "2026.01.01"])
def test_dates_are_written_in_many_ways(name: str) -> None:
    [row] = rows(parse(f"lon,lat,{name}", "112.85,35.5,-1"))
    assert row["event_at"] == datetime(2025, 12, 31, 16, tzinfo=UTC)


def test_a_point_without_an_id_is_called_by_its_coordinates_as_written() -> None:
    assert rows(parse("lon,lat,20260101", "112.850,35.50,-1"))[0]["station_code"] == "112.850,35.50"


def test_units_and_columns_can_be_declared() -> None:
    parsed = parse(
        "PS,E1,N1,20260101", "a,112.85,35.5,-0.0125", columns={"id": "PS", "x": "E1", "y": "N1"}, displacement_unit="m"
    )
    assert [(row["station_code"], row["value"]) for row in rows(parsed)] == [("a", -12.5)]
    with pytest.raises(ConfigurationError, match="inch"):
        parse("lon,lat,20260101", displacement_unit="inch")


def test_projected_coordinates_become_degrees() -> None:
    parsed = parse("pid,easting,northing,20260101", "a,36372560.60,4245615.60,-1", crs="EPSG:4524")
    [station] = rows(parsed, "station")
    assert (station["longitude"], station["latitude"]) == pytest.approx((106.542457, 38.334344), abs=1e-6)
    assert json.loads(station["extra"]) == {"easting_m": 36372560.60, "northing_m": 4245615.60}


def test_missing_values_give_no_row_and_are_told_once() -> None:
    parsed = parse("id,lon,lat,20260101,20260113,20260125,20260206,20260218", "a,112.85,35.5,,NaN,-9999,-5,Infinity")
    assert [row["value"] for row in rows(parsed)] == [-5.0]
    assert [(drift.field, drift.count) for drift in parsed.drift] == [("(missing)", 4)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("a,112.85,35.5", "insar_csv.cells"),
        ("a,112.85,35.5,-1,-2", "insar_csv.cells"),
        ("a,,35.5,-1", "insar_csv.coordinates"),
        ("a,212.85,35.5,-1", "insar_csv.coordinates"),
        ("a,112.85,35.5,low", "insar_csv.displacement_los_mm.number"),
        ("锟斤拷,112.85,35.5,-1", "insar_csv.damaged"),
    ],
)
def test_a_point_that_cannot_be_read_is_rejected_alone(line: str, rule: str) -> None:
    parsed = parse("id,lon,lat,20260101", line, "b,112.85,35.5,-1")
    assert [(reject.rule, reject.where) for reject in parsed.rejects] == [(rule, "line 2")]
    assert len(rows(parsed)) == 1


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        ("id,lon,lat,vel", "insar_csv.header.dates"),
        ("id,lon,lat,20261301", "insar_csv.header.dates"),
        ("id,lon,lat,20260101,D20260101", "insar_csv.header.dates"),
        ("id,east,north,20260101", "insar_csv.header"),
        ("{}", "insar_csv.file.kind"),
        ("", "insar_csv.file.empty"),
    ],
)
def test_other_tables_are_one_reject(header: str, rule: str) -> None:
    parsed = parse(header)
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert parsed.outcome is Outcome.REJECTED


def test_a_header_alone_is_a_delivery_without_points() -> None:
    assert parse("id,lon,lat,20260101").outcome is Outcome.ACCEPTED


def test_a_point_that_comes_twice_lands_once_and_unknown_columns_are_told() -> None:
    parsed = parse("id,lon,lat,备注,20260101", "a,112.85,35.5,x,-1", "a,112.85,35.5,y,-2")
    assert [row["value"] for row in rows(parsed)] == [-2.0]
    assert {drift.field: drift.count for drift in parsed.drift} == {"备注": 2, "(duplicate key)": 1}
    assert json.loads(rows(parsed, "station")[0]["extra"]) == {"备注": "y"}
