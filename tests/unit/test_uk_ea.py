"""UK Environment Agency: datums, dead sensors, merged stations, readings, warnings. All is synthetic (模拟)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.water.uk_ea import PARSER

FETCHED = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
ROOT = "http://environment.data.gov.uk/flood-monitoring"
EIGHT = "2026-08-10T08:00:00Z"


def parse(*items: Any, **more: Any) -> Parsed:
    document = {"@context": f"{ROOT}/meta/context.jsonld", "meta": {"publisher": "simulated"}, "items": list(items)}
    return PARSER.parse(Payload(json.dumps(document | more).encode(), f"{ROOT}/x", "x", FETCHED), {})


def table(parsed: Parsed, name: str = "observation") -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if v is not None} for row in parsed.tables[name].to_pylist()]


def measure(notation: str, value: Any = 0.5, **said: Any) -> dict[str, Any]:
    """A measure as the service lists it; what its name says is said by its members too."""
    item = {
        "@id": f"{ROOT}/id/measures/{notation}",
        "notation": notation,
        "parameter": "level",
        "qualifier": "Stage",
        "period": 900,
        "station": f"{ROOT}/id/stations/S1",
        "stationReference": "S1",
        "unitName": "mASD",
        "valueType": "instantaneous",
        "latestReading": {"dateTime": EIGHT, "value": value, "measure": f"{ROOT}/id/measures/{notation}"},
    }
    return item | said


@pytest.mark.parametrize(
    ("said", "variable", "unit", "value"),
    [
        ({}, "water_level_m", "m", 0.5),
        ({"unitName": "m"}, "water_level_m", "m", 0.5),
        ({"unitName": "mAOD"}, "water_level_aod_m", "m", 0.5),
        ({"unitName": "mm"}, "water_level_m", "m", 0.0005),
        ({"qualifier": "Downstream Stage"}, "downstream_water_level_m", "m", 0.5),
        ({"qualifier": "Downstream Stage", "unitName": "mAOD"}, "downstream_water_level_aod_m", "m", 0.5),
        ({"qualifier": "Tidal Level", "unitName": "mAOD"}, "tide_level_aod_m", "m", 0.5),
        ({"qualifier": "Groundwater", "unitName": "mAOD"}, "groundwater_level_aod_m", "m", 0.5),
        ({"qualifier": "Stage 2"}, "water_level_m#2", "m", 0.5),
        ({"period": 300}, "water_level_m#5_min", "m", 0.5),
        ({"valueType": "max"}, "water_level_max_m", "m", 0.5),
        ({"parameter": "flow", "qualifier": "", "unitName": "m3/s"}, "discharge_m3_s", "m3/s", 0.5),
        (
            {"parameter": "flow", "qualifier": "Logged", "unitName": "m3/s", "valueType": "mean"},
            "discharge_mean_m3_s",
            "m3/s",
            0.5,
        ),
        (
            {"parameter": "rainfall", "qualifier": "Tipping Bucket Raingauge", "unitName": "mm", "valueType": "total"},
            "rain_mm",
            "mm",
            0.5,
        ),
    ],
)
def test_the_variable_tells_quantity_datum_and_unit(
    said: dict[str, Any], variable: str, unit: str, value: float
) -> None:
    parsed = parse(measure("S1-x", **said))
    (row,) = table(parsed)
    assert (row["variable"], row["unit"], row["value"]) == (variable, unit, value)
    assert row["event_at"] == datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
    assert not parsed.drift


def test_rain_is_an_amount_of_a_quarter_of_an_hour() -> None:
    rain = {"parameter": "rainfall", "qualifier": "Tipping Bucket Raingauge", "unitName": "mm", "valueType": "total"}
    assert table(parse(measure("S1-x", **rain)))[0]["interval_h"] == 0.25


def test_a_unit_that_the_agency_does_not_know_stays_unknown() -> None:
    parsed = parse(measure("S1-level-stage-i-15_min----", unitName="---"))
    (row,) = table(parsed)
    assert (row["variable"], row["unit"]) == ("water_level_unknown", "unknown")
    assert [d.field for d in parsed.drift] == ["(parameter)"]


def test_a_dead_sensor_is_told_and_gives_no_row() -> None:
    dead = measure("S1-x")
    del dead["latestReading"]
    parsed = parse(dead, measure("S1-y", None))
    assert (parsed.outcome, parsed.records) == (Outcome.ACCEPTED, 0)
    assert [(d.field, d.count) for d in parsed.drift] == [("(no latest reading)", 1), ("(missing)", 1)]


def test_two_stations_that_share_a_reference_stay_two() -> None:
    east = measure("E1-anglian-x", station=f"{ROOT}/id/stations/E1-anglian", stationReference="E1")
    south = measure("E1-southern-x", station=f"{ROOT}/id/stations/E1-southern", stationReference="E1")
    parsed = parse(east, south)
    assert [row["station_code"] for row in table(parsed)] == ["E1-anglian", "E1-southern"]
    assert not parsed.drift


def reading(notation: str, value: Any, time: Any = EIGHT) -> dict[str, Any]:
    return {
        "@id": f"{ROOT}/data/readings/x",
        "dateTime": time,
        "measure": f"{ROOT}/id/measures/{notation}",
        "value": value,
    }


@pytest.mark.parametrize(
    ("notation", "station", "variable"),
    [
        ("1029TH-level-stage-i-15_min-mASD", "1029TH", "water_level_m"),
        ("E1-anglian-level-stage-i-15_min-mAOD", "E1-anglian", "water_level_aod_m"),
        ("52203-rainfall-tipping_bucket_raingauge-t-15_min-mm", "52203", "rain_mm"),
        ("2000-flow--i-15_min-m3_s", "2000", "discharge_m3_s"),
        ("2000-flow-logged-Mean-1_h-m3_s", "2000", "discharge_mean_m3_s#60_min"),
        ("SU71_A-level-groundwater-i-1_h-mAOD", "SU71_A", "groundwater_level_aod_m#60_min"),
        ("0730TH-level-stage-i-15_min----", "0730TH", "water_level_unknown"),
    ],
)
def test_a_reading_is_understood_by_the_name_of_its_measure(notation: str, station: str, variable: str) -> None:
    (row,) = table(parse(reading(notation, 1.5)))
    assert (row["station_code"], row["variable"], row["value"]) == (station, variable, 1.5)
    assert row["source_table"] == "readings"


NAME = "1029TH-level-stage-i-15_min-mASD"


def test_a_list_of_equal_values_is_one_and_of_different_values_none() -> None:
    parsed = parse(reading(NAME, [0.5, 0.5]), reading(NAME, [0.5, 0.7], "2026-08-10T08:15:00Z"))
    assert [row["value"] for row in table(parsed)] == [0.5]
    assert [r.rule for r in parsed.rejects] == ["uk_ea.value.ambiguous"]


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        (reading(NAME, "high"), "uk_ea.value.number"),
        (reading(NAME, 0.5, "2026-08-10"), "uk_ea.reading.time"),
        (reading(NAME, 0.5, [EIGHT, EIGHT]), "uk_ea.reading.time"),
        (reading("no name", 0.5), "uk_ea.measure.notation"),
        ({"@id": f"{ROOT}/id/x"}, "uk_ea.item.unknown"),
        (7, "uk_ea.item.shape"),
        (measure("S1-x") | {"latestReading": f"{ROOT}/data/readings/x"}, "uk_ea.reading.shape"),
    ],
)
def test_a_bad_item_costs_itself_only(item: Any, rule: str) -> None:
    parsed = parse(item, measure("S1-x"))
    assert (len(table(parsed)), [r.rule for r in parsed.rejects]) == (1, [rule])


def station(**said: Any) -> dict[str, Any]:
    item = {
        "@id": f"{ROOT}/id/stations/S1",
        "RLOIid": "7041",
        "label": "模拟",
        "lat": 51.5,
        "long": -1.5,
        "riverName": "Demo",
        "catchmentName": "Demo basin",
        "stationReference": "S1",
        "status": f"{ROOT}/def/core/statusActive",
        "town": "Demo town",
    }
    return item | said


def test_a_station() -> None:
    parsed = parse(station(datumOffset=2))
    (row,) = table(parsed, "station")
    assert json.loads(row.pop("extra"))["RLOIid"] == "7041"
    assert row == {
        "station_code": "S1",
        "station_name": "模拟",
        "river_name": "Demo",
        "basin_name": "Demo basin",
        "longitude": -1.5,
        "latitude": 51.5,
        "location": "Demo town",
        "datum_elevation_m": 2.0,
        "authority": "Environment Agency",
        "is_in_use": True,
    }
    assert not parsed.drift


def test_two_records_merged_into_one_station_have_no_place_and_are_told() -> None:
    both = station(lat=[51.5, 51.6], long=[-1.5, -1.6], label=["模拟", "模拟乙"], RLOIid=["1", "2"], town=["a", "a"])
    parsed = parse(both)
    (row,) = table(parsed, "station")
    assert (row["station_name"], row["location"]) == ("模拟 / 模拟乙", "a")
    assert "longitude" not in row
    assert "latitude" not in row
    assert json.loads(row["extra"])["lat"] == [51.5, 51.6]
    assert {d.field for d in parsed.drift} == {f"(merged) {name}" for name in ("lat", "long", "label", "RLOIid")}


@pytest.mark.parametrize(
    ("status", "in_use"), [("statusClosed", False), ("statusSuspended", False), ("statusukcmf", None), (None, None)]
)
def test_a_station_in_use(status: str | None, in_use: bool | None) -> None:
    said = {"status": None if status is None else f"{ROOT}/def/core/{status}"}
    assert parse(station(**said)).tables["station"].to_pylist()[0]["is_in_use"] is in_use


def test_a_single_item_comes_as_an_object() -> None:
    assert len(table(parse(items=measure("S1-x")))) == 1


def test_warnings_are_refused_with_a_reason() -> None:
    flood = {"@id": f"{ROOT}/id/floods/1", "severityLevel": 2, "floodAreaID": "x", "timeRaised": EIGHT}
    assert [r.rule for r in parse(flood).rejects] == ["uk_ea.floods.unsupported"]


def test_an_empty_list_of_the_service_is_empty_and_of_another_is_rejected() -> None:
    assert (parse().outcome, parse().records) == (Outcome.ACCEPTED, 0)
    other = PARSER.parse(Payload(b'{"items": []}', "x", "x", FETCHED), {})
    assert [r.rule for r in other.rejects] == ["uk_ea.shape"]
    assert [r.rule for r in parse({"@id": "http://elsewhere/1"}).rejects] == ["uk_ea.shape"]
