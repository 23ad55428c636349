"""USGS water data in JSON: units, marks, methods, days, features of the successor. All is synthetic (模拟)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.water.nwis import PARSER

FETCHED = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
EST = {"defaultTimeZone": {"zoneOffset": "-05:00", "zoneAbbreviation": "EST"}, "siteUsesDaylightSavingsTime": True}


def parse(document: Any, **options: Any) -> Parsed:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return PARSER.parse(Payload(body, "http://source/iv", "iv", FETCHED), options)


def series(
    code: str, unit: str | None, *blocks: dict[str, Any], statistic: str = "00000", **site: Any
) -> dict[str, Any]:
    return {
        "sourceInfo": {
            "siteName": "模拟 RIVER",
            "siteCode": [{"value": "00000001", "network": "NWIS", "agencyCode": "USGS"}],
            "timeZoneInfo": EST,
            "geoLocation": {"geogLocation": {"srs": "EPSG:4326", "latitude": 39.0, "longitude": -77.5}},
            "siteProperty": [{"name": "siteTypeCd", "value": "ST"}, {"name": "hucCd", "value": "02070008"}],
            **site,
        },
        "variable": {
            "variableCode": [{"value": code}],
            "unit": {"unitCode": unit} if unit else None,
            "options": {"option": [{"name": "Statistic", "optionCode": statistic}]},
            "noDataValue": -999999.0,
        },
        "values": list(blocks),
    }


def block(*values: tuple[Any, str], method: int = 1, description: str = "") -> dict[str, Any]:
    return {
        "value": [{"value": value, "qualifiers": ["P"], "dateTime": time} for value, time in values],
        "method": [{"methodID": method, "methodDescription": description}],
    }


def reply(*found: dict[str, Any]) -> dict[str, Any]:
    return {"value": {"timeSeries": list(found)}}


def table(parsed: Parsed, name: str = "observation") -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if v is not None} for row in parsed.tables[name].to_pylist()]


NOON = "2026-08-10T12:00:00.000-04:00"


@pytest.mark.parametrize(
    ("code", "unit", "raw", "variable", "value", "symbol"),
    [
        ("00060", "ft3/s", "974", "discharge_m3_s", 27.5806085806, "m3/s"),
        ("00060", "cfs", "-12.5", "discharge_m3_s", -0.3539605824, "m3/s"),  # tidal: a genuine negative
        ("00060", "m3/s", "974", "discharge_m3_s", 974.0, "m3/s"),
        ("00065", "ft", "6.48", "water_level_m", 1.975104, "m"),
        ("00045", "in", "0.01", "rain_mm", 0.254, "mm"),
        ("00010", "deg C", "-0.1", "water_temperature_c", -0.1, "℃"),
        ("00011", "deg F", "212", "water_temperature_c", 100.0, "℃"),
        ("62614", "ft", "1000", "reservoir_level_ngvd29_m", 304.8, "m"),
        ("63160", "ft", "-1", "water_level_navd88_m", -0.3048, "m"),
        ("72019", "ft", "10", "groundwater_depth_m", 3.048, "m"),
        ("00054", "ac-ft", "1000", "reservoir_storage_1e6_m3", 1.23348183755, "1e6 m3"),
        ("00400", "std units", "7.2", "ph", 7.2, "1"),
        ("00060", None, "1000", "discharge_m3_s", 28.316846592, "m3/s"),  # the code itself fixes the unit
    ],
)
def test_a_parameter_in_our_unit(  # noqa: PLR0917
    code: str, unit: str | None, raw: str, variable: str, value: float, symbol: str
) -> None:
    parsed = parse(reply(series(code, unit, block((raw, NOON)))))
    (row,) = table(parsed)
    assert (row["variable"], row["value"], row["unit"]) == (variable, value, symbol)
    assert row["event_at"] == datetime(2026, 8, 10, 16, 0, tzinfo=UTC)
    assert not parsed.drift


def test_what_was_converted_says_from_what() -> None:
    (row,) = table(parse(reply(series("00065", "ft", block(("1", NOON))))))
    assert json.loads(row["extra"]) == {"parameter": "00065", "qualifiers": ["P"], "source_unit": "ft"}


def test_an_unknown_parameter_keeps_its_code_and_unit_and_is_told() -> None:
    parsed = parse(reply(series("98765", "widgets/hr", block(("5", NOON)))))
    (row,) = table(parsed)
    assert (row["variable"], row["value"], row["unit"]) == ("usgs_98765_widgets_hr", 5.0, "widgets/hr")
    assert [(d.field, d.example) for d in parsed.drift] == [("(parameter)", "98765 [widgets/hr]")]


@pytest.mark.parametrize(
    ("unit", "raw"),
    [
        ("ft3/s", "-999999"),
        ("ft3/s", -999999.0),
        ("m3/s", "-28316.8"),
        ("ft3/s", ""),
        ("ft3/s", None),
        ("ft3/s", "***"),
    ],
)
def test_the_marks_of_nothing_are_no_values(unit: str, raw: Any) -> None:
    parsed = parse(reply(series("00060", unit, block((raw, NOON), ("1", "2026-08-10T12:15:00.000-04:00")))))
    assert len(table(parsed)) == 1
    assert [(d.field, d.count) for d in parsed.drift] == [("(missing)", 1)]


def test_a_large_negative_that_is_no_mark_is_a_value() -> None:
    assert table(parse(reply(series("00060", "ft3/s", block(("-28316.8", NOON))))))[0]["value"] == -801.842481576


@pytest.mark.parametrize("raw", ["NaN?", "12,5", True, [1], "1e400"])
def test_a_value_that_is_no_number_is_rejected_alone(raw: Any) -> None:
    parsed = parse(reply(series("00060", "ft3/s", block((raw, NOON), ("1", "2026-08-10T12:15:00.000-04:00")))))
    assert (parsed.outcome, [r.rule for r in parsed.rejects]) == (Outcome.PARTIAL, ["nwis.value.number"])


def test_numbers_that_are_not_finite_never_land() -> None:
    body = json.dumps(reply(series("00060", "ft3/s", block((1.5, NOON))))).replace("1.5", "NaN").encode()
    assert [r.rule for r in parse(body).rejects] == ["nwis.value.number"]


def test_two_methods_of_one_parameter_do_not_share_a_key() -> None:
    found = series(
        "00062", "ft", block(("551.49", NOON), method=1), block(("551.52", NOON), method=20, description="RADAR")
    )
    parsed = parse(reply(found))
    assert {row["variable"] for row in table(parsed)} == {"reservoir_level_m", "reservoir_level_m#radar"}
    assert not parsed.drift


def test_methods_that_look_alike_are_told_apart_by_their_number_whatever_their_order() -> None:
    blocks = [block(("1", NOON), method=9), block(("2", NOON), method=12)]
    for order in (blocks, blocks[::-1]):
        found = {row["variable"]: row["value"] for row in table(parse(reply(series("00065", "m", *order))))}
        assert found == {"water_level_m": 1.0, "water_level_m#12": 2.0}


def test_a_gust_is_a_variable_of_its_own() -> None:
    found = series("00035", "mph", block(("10", NOON), method=2), block(("20", NOON), method=3, description="[GUST]"))
    assert {row["variable"] for row in table(parse(reply(found)))} == {"wind_speed_m_s", "wind_gust_m_s"}


@pytest.mark.parametrize(
    ("code", "unit", "statistic", "variable"),
    [
        ("00060", "ft3/s", "00003", "discharge_daily_mean_m3_s"),
        ("00010", "deg C", "00001", "water_temperature_daily_max_c"),
        ("00010", "deg C", "00002", "water_temperature_daily_min_c"),
        ("00045", "in", "00006", "rain_daily_mm"),
        ("00060", "ft3/s", "32400", "discharge_daily_stat_32400_m3_s"),
    ],
)
def test_a_day_is_known_at_its_end_in_the_standard_time_of_the_site(
    code: str, unit: str, statistic: str, variable: str
) -> None:
    found = series(code, unit, block(("1", "2026-07-01T00:00:00.000")), statistic=statistic)
    (row,) = table(parse(reply(found)))
    assert (row["variable"], row["interval_h"]) == (variable, 24.0)
    assert row["event_at"] == datetime(2026, 7, 2, 5, 0, tzinfo=UTC)


def test_a_naive_time_without_a_zone_of_the_site_takes_that_of_the_contract() -> None:
    found = series("00065", "ft", block(("1", "2026-08-10T00:00:00.000")), timeZoneInfo=None)
    (row,) = table(parse(reply(found), zone="Asia/Shanghai"))
    assert row["event_at"] == datetime(2026, 8, 9, 16, 0, tzinfo=UTC)


def test_a_site_is_described_once() -> None:
    parsed = parse(reply(series("00060", "ft3/s", block(("1", NOON))), series("00065", "ft", block(("1", NOON)))))
    (row,) = table(parsed, "station")
    assert json.loads(row.pop("extra")) == {"hucCd": "02070008", "srs": "EPSG:4326"}
    assert row == {
        "station_code": "00000001",
        "station_name": "模拟 RIVER",
        "station_type": "ST",
        "longitude": -77.5,
        "latitude": 39.0,
        "authority": "USGS",
    }
    assert not parsed.drift


def test_a_reply_without_series_has_no_records_and_another_document_is_rejected() -> None:
    assert (parse(reply()).outcome, parse(reply()).records) == (Outcome.ACCEPTED, 0)
    for document in ({"value": []}, {"value": {}}, {"timeSeries": []}, {"type": "FeatureCollection", "features": []}):
        assert [r.rule for r in parse(document).rejects] == ["nwis.shape"]


@pytest.mark.parametrize(
    "broken", [{"variable": {}}, {"sourceInfo": {"siteCode": []}}, {"values": None}, {"values": [{}]}]
)
def test_a_broken_series_costs_itself_only(broken: dict[str, Any]) -> None:
    good = series("00065", "ft", block(("1", NOON)))
    parsed = parse(reply(good, good | broken))
    assert (len(table(parsed)), len(parsed.rejects)) == (1, 1)
    assert parsed.rejects[0].rule.startswith("nwis.series.")


def test_a_time_that_daylight_saving_makes_unclear_is_rejected() -> None:
    found = series("00065", "ft", block(("1", "2026-11-01T01:30:00")), timeZoneInfo=None)
    assert [r.rule for r in parse(reply(found), zone="America/New_York").rejects] == ["nwis.value.time"]


# -- the successor: OGC API - Features


def feature(**properties: Any) -> dict[str, Any]:
    said = {
        "monitoring_location_id": "USGS-00000001",
        "parameter_code": "00060",
        "statistic_id": "00011",
        "time": "2026-08-10T07:45:00+00:00",
        "time_series_id": "627c17455f9e4a42",
        "unit_of_measure": "ft^3/s",
        "value": "535",
        "approval_status": "Provisional",
        "qualifier": None,
        "last_modified": "2026-08-10T07:55:14.240081+00:00",
    }
    point = {"type": "Point", "coordinates": [-92.7, 40.2]}
    return {"type": "Feature", "id": "x", "geometry": point, "properties": said | properties}


def features(*found: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(found), "numberReturned": len(found), "links": []}


def test_a_continuous_value() -> None:
    parsed = parse(features(feature()))
    (row,) = table(parsed)
    assert (row["station_code"], row["owner_code"]) == ("00000001", "USGS")
    assert (row["variable"], row["value"], row["unit"]) == ("discharge_m3_s#627c1745", 15.1495129267, "m3/s")
    assert row["event_at"] == datetime(2026, 8, 10, 7, 45, tzinfo=UTC)
    assert row["issued_at"] == datetime(2026, 8, 10, 7, 55, 14, 240081, tzinfo=UTC)
    assert json.loads(row["extra"])["approval_status"] == "Provisional"
    assert not parsed.drift


def test_two_series_of_one_parameter_on_two_pages_never_share_a_key() -> None:
    pages = [table(parse(features(feature(time_series_id=series)))) for series in ("aaaaaaaa1", "bbbbbbbb2")]
    assert len({row["variable"] for page in pages for row in page}) == 2


def test_a_daily_value_of_the_successor_ends_with_its_day() -> None:
    day = feature(time="2026-08-09", statistic_id="00003")
    (row,) = table(parse(features(day), zone="America/Chicago"))
    assert row["variable"] == "discharge_daily_mean_m3_s#627c1745"
    assert (row["event_at"] - datetime(2026, 8, 9, 5, 0, tzinfo=UTC), row["interval_h"]) == (timedelta(days=1), 24.0)


def test_a_field_visit_writes_its_time_apart() -> None:
    visit = feature(time="2026-06-19", time_of_day="16:00:27+00:00", statistic_id=None, time_series_id=None)
    (row,) = table(parse(features(visit)))
    assert (row["variable"], row["event_at"]) == ("discharge_m3_s", datetime(2026, 6, 19, 16, 0, 27, tzinfo=UTC))


def test_a_monitoring_location() -> None:
    place = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [-89.35, 43.2]},
        "properties": {
            "monitoring_location_number": "00000001",
            "monitoring_location_name": "模拟 CREEK",
            "agency_code": "USGS",
            "altitude": 100.0,
            "vertical_datum": "NAVD88",
            "drainage_area": 10.0,
            "site_type": "Stream",
        },
    }
    (row,) = table(parse(features(place)), "station")
    assert (row["longitude"], row["latitude"]) == (-89.35, 43.2)
    assert (row["datum_name"], row["datum_elevation_m"], row["catchment_km2"]) == ("NAVD88", 30.48, 25.8998811034)


def test_an_empty_page_is_empty_and_another_collection_is_rejected() -> None:
    assert parse(features()).outcome is Outcome.ACCEPTED
    other = {"type": "Feature", "properties": {"agency_name": "模拟"}, "geometry": None}
    assert [r.rule for r in parse(features(other)).rejects] == ["nwis.collection.unknown"]
    mixed = parse(features(other, feature()))
    assert (mixed.outcome, [r.rule for r in mixed.rejects]) == (Outcome.PARTIAL, ["nwis.feature.shape"])
