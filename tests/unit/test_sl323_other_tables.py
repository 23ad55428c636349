"""SL 323 beyond rain, rivers and reservoirs: sluices, gates, pumps, tide, soil, groundwater, limits, forecasts, trends.

All rows are synthetic (模拟).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.water.sl323 import PARSER

TM = "2026-08-10 08:00:00"
EIGHT = datetime(2026, 8, 10, 0, 0, tzinfo=UTC)


def parse(table: str, *rows: dict[str, Any], **options: Any) -> Parsed:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    document = {"table": table, "columns": columns, "rows": [[row.get(name) for name in columns] for row in rows]}
    body = json.dumps(document, ensure_ascii=False).encode()
    return PARSER.parse(Payload(body, "exchange", f"{table}.json", EIGHT), {"zone": "Asia/Shanghai", **options})


def table(parsed: Parsed, name: str = "observation") -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if v is not None} for row in parsed.tables[name].to_pylist()]


def values(parsed: Parsed) -> dict[tuple[str, str], tuple[float, str]]:
    return {(r["station_code"], r["variable"]): (r["value"], r["unit"]) for r in table(parsed)}


def test_a_sluice_has_a_level_on_each_side() -> None:
    parsed = parse("ST_WAS_R", {"STCD": "1", "TM": TM, "UPZ": 12.5, "DWZ": -0.25, "TGTQ": 30, "SUPWPTN": "5"})
    assert values(parsed) == {
        ("1", "upstream_water_level_m"): (12.5, "m"),
        ("1", "downstream_water_level_m"): (-0.25, "m"),
        ("1", "sluice_discharge_m3_s"): (30.0, "m3/s"),
    }
    assert not parsed.drift


def test_two_gates_of_one_sluice_do_not_share_a_key() -> None:
    row = {"STCD": "1", "TM": TM, "GTOPHGT": 0.5, "GTQ": 10}
    parsed = parse("ST_GATE_R", row | {"GTNAME": "一号闸"}, row | {"GTNAME": "二号闸", "GTOPHGT": 0})
    assert values(parsed) == {
        ("1#一号闸", "gate_opening_m"): (0.5, "m"),
        ("1#一号闸", "gate_discharge_m3_s"): (10.0, "m3/s"),
        ("1#二号闸", "gate_opening_m"): (0.0, "m"),
        ("1#二号闸", "gate_discharge_m3_s"): (10.0, "m3/s"),
    }
    assert {row["owner_code"] for row in table(parsed)} == {"1"}
    assert not parsed.drift


def test_a_gate_by_the_three_codes_of_the_standard() -> None:
    parsed = parse("ST_GATE_R", {"STCD": "1", "TM": TM, "EXKEY": 1, "EQPTP": "2", "EQPNO": "03", "GTOPNUM": 2})
    assert values(parsed) == {("1#1-2-03", "gates_open_count"): (2.0, "1")}


def test_the_misspelt_flow_of_a_gate_is_an_alias() -> None:
    parsed = parse("ST_GATE_R", {"STCD": "1", "TM": TM, "GTO": 7.5}, aliases={"GTO": "GTQ"})
    assert values(parsed) == {("1", "gate_discharge_m3_s"): (7.5, "m3/s")}


def test_a_pump_station() -> None:
    row = {"STCD": "2", "TM": TM, "PPUPZ": 3.1, "PPDWZ": 5.2, "OMCN": 4, "OMPWR": 620, "PMPQ": 8.4, "PDCHCD": "2"}
    parsed = parse("ST_PUMP_R", row)
    assert values(parsed) == {
        ("2", "upstream_water_level_m"): (3.1, "m"),
        ("2", "downstream_water_level_m"): (5.2, "m"),
        ("2", "pumps_running_count"): (4.0, "1"),
        ("2", "pump_power_kw"): (620.0, "kW"),
        ("2", "pump_discharge_m3_s"): (8.4, "m3/s"),
    }
    assert json.loads(table(parsed)[0]["extra"]) == {"PDCHCD": "2"}


@pytest.mark.parametrize(
    ("name", "row", "wanted"),
    [
        ("ST_TIDE_R", {"TDZ": -1.25, "AIRP": 1002.5}, {"tide_level_m": -1.25, "pressure_hpa": 1002.5}),
        ("ST_SOIL_R", {"SLM10": 18.5, "SLM40": 22}, {"soil_moisture_10cm_pct": 18.5, "soil_moisture_40cm_pct": 22.0}),
        ("ST_GRW_R", {"GWZ": 45.6, "GWBD": 3.2}, {"groundwater_level_m": 45.6, "groundwater_depth_m": 3.2}),
    ],
)
def test_tide_soil_and_groundwater(name: str, row: dict[str, Any], wanted: dict[str, float]) -> None:
    parsed = parse(name, {"STCD": "3", "TM": TM} | row)
    assert {r["variable"]: r["value"] for r in table(parsed)} == wanted
    assert {(r["source_table"], r["event_at"]) for r in table(parsed)} == {(name, EIGHT)}


def test_a_table_without_any_of_its_measures_is_refused() -> None:
    assert [r.rule for r in parse("ST_WAS_R", {"STCD": "1", "TM": TM}).rejects] == ["sl323.column.missing"]


TRENDS = {4: "falling", "5": "rising", "6": "steady"}


def test_the_digits_of_the_trend_mean_what_the_contract_says() -> None:
    row = {"STCD": "1", "TM": TM, "Z": 1.5, "Q": 3, "WPTN": "4"}
    parsed = parse("ST_RIVER_R", row, row | {"STCD": "2", "WPTN": 5}, trend_codes=TRENDS)
    extras = {r["station_code"]: json.loads(r["extra"]) for r in table(parsed) if r["variable"] == "water_level_m"}
    assert extras == {"1": {"WPTN": "4", "trend": "falling"}, "2": {"WPTN": 5, "trend": "rising"}}
    swapped = parse("ST_RIVER_R", row, trend_codes={"4": "rising"})
    assert json.loads(table(swapped)[0]["extra"])["trend"] == "rising"


def test_a_trend_that_the_seed_lacks_is_told_and_without_a_seed_nothing_is_guessed() -> None:
    row = {"STCD": "1", "TM": TM, "UPZ": 1.5, "DWZ": 1.0, "SUPWPTN": "9", "SDWWPTN": "4"}
    parsed = parse("ST_WAS_R", row, trend_codes=TRENDS)
    assert [(d.field, d.count, d.example) for d in parsed.drift] == [("(trend code)", 1, "SUPWPTN=9")]
    assert json.loads(table(parsed)[1]["extra"]) == {"trend": "falling"}
    assert "trend" not in json.loads(table(parse("ST_WAS_R", row))[0]["extra"])


def test_thresholds_of_a_reservoir() -> None:
    parsed = parse(
        "ST_RSVRFCCH_B",
        {"STCD": "4", "CKFLZ": 250.5, "NORMZ": 245, "DDZ": None, "ACTZ": None, "TTCP": 120.5, "RSVRTP": "3"},
    )
    (row,) = table(parsed, "reservoir_threshold")
    assert list(parsed.drift) == []
    assert json.loads(row.pop("extra")) == {"RSVRTP": "3"}
    assert row == {
        "station_code": "4",
        "check_flood_level_m": 250.5,
        "normal_level_m": 245.0,
        "total_storage_1e6_m3": 120.5,
    }
    assert parsed.tables["reservoir_threshold"].schema == PARSER.tables["reservoir_threshold"]


def test_a_reservoir_has_a_limit_for_each_part_of_the_season() -> None:
    row = {"STCD": "4", "FSLTDZ": 240.0, "FSTP": "1"}
    parsed = parse("ST_RSVRFSR_B", row | {"BGMD": "0615", "EDMD": "0731"}, row | {"BGMD": 801, "EDMD": "09-15"})
    found = [(r["begins_on"], r["ends_on"], r["limit_level_m"]) for r in table(parsed, "flood_season_limit")]
    assert found == [("06-15", "07-31", 240.0), ("08-01", "09-15", 240.0)]


@pytest.mark.parametrize("day", ["1301", "0632", "", None, "June"])
def test_a_limit_without_a_day_is_refused(day: Any) -> None:
    parsed = parse("ST_RSVRFSR_B", {"STCD": "4", "FSLTDZ": 240.0, "BGMD": day, "EDMD": "0731"})
    assert [r.rule for r in parsed.rejects] == ["sl323.value.month_day"]


def test_forecast_rain_is_a_forecast_and_no_observation() -> None:
    row = {
        "FYMDH": "2026-08-10 08:00:00",
        "YMDH": "2026-08-10 10:00:00",
        "RN": 12.5,
        "UNITNAME": "模拟流域",
        "TYPE": "EC",
    }
    parsed = parse("F_RNFL_H", row, row | {"YMDH": "2026-08-10 11:00:00", "RN": None})
    (found,) = table(parsed, "forecast")
    assert (found["place_code"], found["variable"], found["value"], found["interval_h"]) == (
        "模拟流域",
        "rain_mm",
        12.5,
        1.0,
    )
    assert (found["model"], found["issued_at"], found["event_at"]) == (
        "F_RNFL_H EC",
        EIGHT,
        datetime(2026, 8, 10, 2, tzinfo=UTC),
    )
    assert [(d.table, d.field) for d in parsed.drift] == [("forecast", "(missing)")]


@pytest.mark.parametrize(
    ("row", "landed"),
    [
        ({"STCD": "1", "TM": TM, "GTOPHGT": 1}, "observation"),
        ({"STCD": "1", "CKFLZ": 1}, "reservoir_threshold"),
        ({"STCD": "1", "BGMD": "0601", "FSLTDZ": 1}, "flood_season_limit"),
        ({"FYMDH": TM, "YMDH": TM, "RN": 1, "UNITNAME": "u"}, "forecast"),
    ],
)
def test_an_export_without_a_name_is_known_by_its_columns(row: dict[str, Any], landed: str) -> None:
    payload = Payload(json.dumps([row]).encode(), "x", "export.json", EIGHT)
    parsed = PARSER.parse(payload, {})
    assert (parsed.outcome, list(parsed.tables)) == (Outcome.ACCEPTED, [landed])
