"""SL 323 tables: chunks of the database transport, exports, absent values, drift. All rows are synthetic (模拟)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload, TableParser
from connectors.water.sl323 import PARSER

FETCHED = datetime(2026, 8, 10, 0, 5, tzinfo=UTC)
OPTIONS = {"zone": "Asia/Shanghai", "aliases": {"invt": "INTV"}}
TM = "2026-08-10 08:00:00"
EIGHT = datetime(2026, 8, 10, 0, 0, tzinfo=UTC)


def parse(body: Any, name: str = "export.json", **options: Any) -> Parsed:
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return PARSER.parse(Payload(raw, name, name, FETCHED), OPTIONS | options)


def chunk(table: str, *rows: dict[str, Any]) -> dict[str, Any]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return {"table": table, "columns": columns, "rows": [[row.get(name) for name in columns] for row in rows]}


def rows(parsed: Parsed, table: str = "observation") -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if value is not None} for row in parsed.tables[table].to_pylist()
    ]


def values(parsed: Parsed) -> dict[str, tuple[Any, ...]]:
    table = parsed.tables["observation"].to_pylist()
    return {row["variable"]: (row["value"], row["unit"], row["interval_h"], row["missing_reason"]) for row in table}


def test_the_database_transport_is_told_which_tables_to_read() -> None:
    assert isinstance(PARSER, TableParser)
    clocks = {name: table.time_column for name, table in PARSER.source_tables.items()}
    registers = ("ST_STBPRP_B", "ST_RVFCCH_B", "ST_RSVRFCCH_B", "ST_RSVRFSR_B")
    real_time = ("ST_PPTN_R", "ST_RIVER_R", "ST_RSVR_R", "ST_WAS_R", "ST_GATE_R", "ST_PUMP_R", "ST_TIDE_R")
    growing = (*real_time, "ST_SOIL_R", "ST_GRW_R")
    assert clocks == dict.fromkeys(registers) | dict.fromkeys(growing, "TM") | {"F_RNFL_H": "FYMDH"}
    required = {name for name, table in PARSER.source_tables.items() if table.required}
    assert required == {"ST_STBPRP_B", "ST_PPTN_R", "ST_RIVER_R", "ST_RSVR_R"}


def test_rain_is_an_amount_with_its_interval() -> None:
    parsed = parse(
        chunk("st_pptn_r", {"STCD": "31005650  ", "TM": TM, "DRP": 12.5, "invt": 1.0, "DYP": 30.1, "WTH": "7"})
    )
    assert parsed.outcome is Outcome.ACCEPTED
    assert not parsed.drift
    assert parsed.tables["observation"].schema == PARSER.tables["observation"]
    rain, daily = rows(parsed)
    assert json.loads(rain.pop("extra")) == {"WTH": "7"}
    assert rain == {
        "station_code": "31005650",
        "variable": "rain_mm",
        "event_at": EIGHT,
        "value": 12.5,
        "unit": "mm",
        "interval_h": 1.0,
        "source_table": "ST_PPTN_R",
    }
    assert (daily["variable"], daily["value"], daily["interval_h"]) == ("rain_daily_mm", 30.1, 24.0)


def test_a_river_row_in_long_form() -> None:
    parsed = parse(chunk("ST_RIVER_R", {"stcd": "1", "tm": TM, "z": "-0.35", "q": 1250.5, "wptn": "5", "xsavv": None}))
    assert values(parsed) == {
        "water_level_m": (-0.35, "m", None, None),  # below a datum: a value, not a mark
        "discharge_m3_s": (1250.5, "m3/s", None, None),
    }
    assert json.loads(rows(parsed)[0]["extra"]) == {"WPTN": "5"}


def test_the_sample_reservoir_row_of_the_reference() -> None:
    row = {"stcd": "31005650", "tm": "2026-01-15 08:00:00", "rz": 245.440, "w": 215.930, "otq": 2.560, "rwptn": "5"}
    parsed = parse([row | {"inq": 8.690, "inqdr": 24.00}], "sample.json")
    assert values(parsed) == {
        "reservoir_level_m": (245.44, "m", None, None),
        "reservoir_storage_1e6_m3": (215.93, "1e6 m3", None, None),
        "inflow_m3_s": (8.69, "m3/s", 24.0, None),
        "outflow_m3_s": (2.56, "m3/s", None, None),
    }
    assert rows(parsed)[0]["event_at"] == datetime(2026, 1, 15, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(("table", "column"), [("ST_PPTN_R", "DRP"), ("ST_RIVER_R", "Z"), ("ST_RSVR_R", "RZ")])
@pytest.mark.parametrize("raw", [None, "  ", -9999, "999999"])
def test_an_absent_value_gives_no_row_and_is_counted(table: str, column: str, raw: Any) -> None:
    parsed = parse(chunk(table, {"STCD": "1", "TM": TM, column: raw}))
    assert (parsed.outcome, parsed.records) == (Outcome.ACCEPTED, 0)
    assert [(d.table, d.field, d.count) for d in parsed.drift] == [("observation", "(missing)", 1)]


def test_zero_is_a_value() -> None:
    assert values(parse(chunk("ST_PPTN_R", {"STCD": "1", "TM": TM, "DRP": 0, "INTV": 1})))["rain_mm"] == (
        0.0,
        "mm",
        1.0,
        None,
    )


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"Z": "NaN"}, "sl323.value.number"),
        ({"Z": float("inf")}, "sl323.value.number"),
        ({"Z": "12,5"}, "sl323.value.number"),
        ({"Q": "high"}, "sl323.value.number"),
        ({"STCD": None}, "sl323.row.station"),
        ({"STCD": "   "}, "sl323.row.station"),
        ({"TM": None}, "sl323.row.time"),
        ({"TM": "10-08-2026 08:00:00"}, "sl323.row.time"),
        ({"STCD": "锟斤拷"}, "sl323.row.mojibake"),
        ({"WPTN": "\x00"}, "sl323.row.mojibake"),
    ],
)
def test_a_bad_row_costs_itself_only_and_keeps_its_fields(changes: dict[str, Any], rule: str) -> None:
    good = {"STCD": "1", "TM": TM, "Z": 1.5, "Q": None, "WPTN": None}
    parsed = parse(chunk("ST_RIVER_R", good, good | {"STCD": "2"} | changes))
    assert parsed.outcome is Outcome.PARTIAL
    assert [row["station_code"] for row in rows(parsed)] == ["1"]
    (reject,) = parsed.rejects
    assert (reject.where, reject.rule, reject.table) == ("row 2", rule, "observation")
    assert reject.record is not None
    assert set(reject.record) == set(good)
    json.dumps(reject.record, allow_nan=False, ensure_ascii=False).encode()


def test_numbers_too_large_for_json_are_rejected_not_infinite() -> None:
    body = '{"table":"ST_RIVER_R","columns":["STCD","TM","Z"],"rows":[["1","2026-08-10 08:00:00",1e400]]}'
    assert [reject.rule for reject in parse(body).rejects] == ["sl323.value.number"]


def test_unknown_columns_are_kept_and_told() -> None:
    row = {"STCD": "1", "TM": TM, "DRP": 1.0, "INTV": 1, "type": 2}
    parsed = parse(chunk("ST_PPTN_R", row, row | {"STCD": "2"}))
    assert [json.loads(found["extra"]) for found in rows(parsed)] == [{"TYPE": 2}] * 2
    assert [(d.table, d.field, d.count, d.example) for d in parsed.drift] == [("observation", "TYPE", 2, "2")]


def test_a_misspelt_column_without_an_alias_is_drift() -> None:
    parsed = parse(chunk("ST_PPTN_R", {"STCD": "1", "TM": TM, "DRP": 1.0, "invt": 1}), aliases={})
    assert values(parsed)["rain_mm"] == (1.0, "mm", None, None)
    assert [d.field for d in parsed.drift] == ["INVT"]


def test_an_alias_never_hides_the_real_column() -> None:
    parsed = parse(chunk("ST_PPTN_R", {"STCD": "1", "TM": TM, "DRP": 1.0, "INTV": 2, "invt": 1}))
    assert values(parsed)["rain_mm"][2] == 2.0
    assert [d.field for d in parsed.drift] == ["INVT"]


def test_24_00_is_the_next_day_and_a_zone_in_the_text_counts() -> None:
    row = {"STCD": "1", "Z": 1.0}
    parsed = parse(chunk("ST_RIVER_R", row | {"TM": "2026-08-09T24:00:00"}, row | {"TM": "2026-08-10T00:00:00+00:00"}))
    assert [found["event_at"] for found in rows(parsed)] == [datetime(2026, 8, 9, 16, 0, tzinfo=UTC), EIGHT]


def test_naive_times_take_the_zone_of_the_contract() -> None:
    parsed = parse(chunk("ST_RIVER_R", {"STCD": "1", "TM": TM, "Z": 1.0}), zone="UTC")
    assert rows(parsed)[0]["event_at"] == datetime(2026, 8, 10, 8, 0, tzinfo=UTC)


STATION = {
    "STCD": "31005650",
    "STNM": "模拟水文站    ",
    "STTP": "ZQ",
    "RVNM": "模拟河",
    "LGTD": 111.7,
    "LTTD": "35.7",
} | {
    "ADDVCD": "141022",
    "DTMNM": None,
    "DTMEL": None,
    "DRNA": 120.5,
    "USFL": "1",
    "FRGRD": "3",
    "MODITIME": "2026-01-01 00:00:00",
}


def test_a_station_and_its_missing_datum() -> None:
    parsed = parse(chunk("ST_STBPRP_B", STATION))
    assert parsed.tables["station"].schema == PARSER.tables["station"]
    (row,) = rows(parsed, "station")
    assert json.loads(row.pop("extra")) == {"FRGRD": "3"}
    assert row == {
        "station_code": "31005650",
        "station_name": "模拟水文站",
        "station_type": "ZQ",
        "river_name": "模拟河",
        "longitude": 111.7,
        "latitude": 35.7,
        "region_code": "141022",
        "catchment_km2": 120.5,
        "is_in_use": True,
        "modified_at": datetime(2025, 12, 31, 16, 0, tzinfo=UTC),
    }
    assert not parsed.drift


@pytest.mark.parametrize(
    ("flag", "in_use", "kept"), [("0", False, None), (0, False, None), (None, None, None), ("9", None, "9")]
)
def test_a_station_in_use(flag: Any, in_use: bool | None, kept: str | None) -> None:
    (row,) = parse(chunk("ST_STBPRP_B", STATION | {"USFL": flag, "FRGRD": None})).tables["station"].to_pylist()
    assert row["is_in_use"] is in_use
    assert (json.loads(row["extra"])["USFL"] if row["extra"] else None) == kept


def test_one_station_listed_under_two_types_is_one_row_and_told() -> None:
    parsed = parse(chunk("ST_STBPRP_B", STATION, STATION | {"STTP": "PP"}))
    assert [row["station_type"] for row in rows(parsed, "station")] == ["PP"]
    assert [(d.field, d.count) for d in parsed.drift] == [("(duplicate key)", 1)]


def test_missing_thresholds_stay_unknown() -> None:
    parsed = parse(chunk("ST_RVFCCH_B", {"STCD": "1", "WRZ": 12.0, "GRZ": None, "IVHZ": 20.0}))
    (row,) = parsed.tables["flood_threshold"].to_pylist()
    assert (row["warning_level_m"], row["guarantee_level_m"], row["modified_at"]) == (12.0, None, None)
    assert json.loads(row["extra"]) == {"IVHZ": 20.0}


@pytest.mark.parametrize(
    ("body", "name", "table"),
    [
        (f"STCD,TM,Z,Q\r\n1,{TM},1.5,\r\n", "ST_RIVER_R.csv", "observation"),
        (f"stcd,tm,z\n1,{TM},1.5\n", "st_river_r_20260810.csv", "observation"),
        (f"\ufeffstcd,tm,z\n1,{TM},1.5\n", "export.csv", "observation"),
        (f'[{{"stcd":"1","tm":"{TM}","rz":1.5}}]', "x.json", "observation"),
        (f'{{"stcd":"1","tm":"{TM}","drp":1.5}}\n{{"stcd":"2","tm":"{TM}","drp":2}}\n', "x.ndjson", "observation"),
        (f'{{"stcd":"1","tm":"{TM}","drp":1.5}}', "x.ndjson", "observation"),
        ('[{"stcd":"1","stnm":"甲","sttp":"PP","lgtd":111,"lttd":35}]', "x.json", "station"),
        ('[{"stcd":"1","ldkel":10.5}]', "x.json", "flood_threshold"),
    ],
)
def test_exports_say_what_they_are_by_name_or_by_columns(body: str, name: str, table: str) -> None:
    parsed = parse(body, name)
    assert parsed.outcome is Outcome.ACCEPTED
    assert set(parsed.tables) == {table}


def test_an_export_of_a_chinese_windows_machine() -> None:
    parsed = parse("stcd,stnm,sttp\n1,模拟水文站,ZQ\n".encode("gbk"), "ST_STBPRP_B.csv")
    assert rows(parsed, "station")[0]["station_name"] == "模拟水文站"
    assert [(d.field, d.example) for d in parsed.drift] == [("(encoding)", "gb18030")]


@pytest.mark.parametrize(
    ("body", "name", "rule"),
    [
        (b"", "ST_RIVER_R.csv", "sl323.payload.empty"),
        (b"STCD,TM,Z\n", "ST_RIVER_R.csv", "sl323.payload.no_rows"),
        (b"[]", "ST_RIVER_R.json", "sl323.payload.no_rows"),
        (b"<html>login</html>", "ST_RIVER_R.csv", "sl323.payload.markup"),
        (b"a,b\n1,2\n", "export.csv", "sl323.table.unclear"),
        (b'[{"stcd":"1"}]', "x.json", "sl323.table.unclear"),
        (b'[{"stcd":"1","upz":1}]', "ST_ICE_R.json", "sl323.table.unknown"),
        (b'{"table":"users","columns":[],"rows":[]}', "x.json", "sl323.table.unknown"),
        (b'{"table":"ST_RIVER_R","columns":"STCD","rows":[]}', "x.json", "sl323.payload.chunk"),
        (b'{"table":"ST_RIVER_R","columns":["STCD"],"rows":[["1"]', "x.json", "sl323.payload.json"),
        (b"[" * 100_000, "x.json", "sl323.payload.json"),
        (b'STCD,TM,Z\n"1,2\n', "ST_RIVER_R.csv", "sl323.payload.csv"),
        (b"STCD,STCD,Z\n1,2,3\n", "ST_RIVER_R.csv", "sl323.payload.csv"),
        (b"\xff\xfe\xff", "ST_RIVER_R.csv", "sl323.payload.encoding"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(body: bytes, name: str, rule: str) -> None:
    parsed = parse(body, name)
    assert (parsed.outcome, [reject.rule for reject in parsed.rejects]) == (Outcome.REJECTED, [rule])
    assert parsed.rejects[0].reason


def test_a_table_without_its_main_column_is_no_rain_of_zero() -> None:
    parsed = parse(chunk("ST_PPTN_R", {"STCD": "1", "TM": TM, "RAIN": 3.0}))
    assert [reject.rule for reject in parsed.rejects] == ["sl323.column.missing"]


def test_rows_of_another_width_are_rejected() -> None:
    parsed = parse(f"STCD,TM,Z\n1,{TM},1.5\n1,{TM}\n", "ST_RIVER_R.csv")
    assert (parsed.records, [reject.rule for reject in parsed.rejects]) == (1, ["sl323.row.shape"])


def test_an_empty_answer_of_the_database_is_believed() -> None:
    assert parse({"table": "ST_RVFCCH_B", "columns": ["STCD"], "rows": []}).outcome is Outcome.ACCEPTED
