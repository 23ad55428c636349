"""SL 323-2011 real-time rain and water tables -> ``station``, ``observation``, thresholds and limits, ``forecast``.

Rows are turned into the long form: one observation per value. A level or amount that is NULL or a device's mark gives
no row and is counted, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import partial
from typing import Any

import pyarrow as pa

from connectors import forecast, observation, station
from connectors.arrow import EXTRA, TIMESTAMP, to_table
from connectors.clock import BEIJING, zone_named
from connectors.duplicates import last_wins
from connectors.model import About, Parsed, Payload, Reject, SourceTable
from connectors.refusal import RefusedError
from connectors.telling import ENCODING, Told
from connectors.text import UndecodableError, storable
from connectors.water import sl323_rows as rows_of
from connectors.water.sl323_input import Rows, read_rows
from connectors.water.sl323_tables import FORECASTS, REAL_TIME, REGISTERS, SEASONS, SOURCE_TABLES

FLOOD_THRESHOLD, RESERVOIR_THRESHOLD, FLOOD_SEASON_LIMIT = (
    "flood_threshold",
    "reservoir_threshold",
    "flood_season_limit",
)
_FLOOD_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("station_code", pa.string()),
    ("left_dyke_m", pa.float64()),
    ("right_dyke_m", pa.float64()),
    ("warning_level_m", pa.float64()),
    ("warning_discharge_m3_s", pa.float64()),
    ("guarantee_level_m", pa.float64()),
    ("guarantee_discharge_m3_s", pa.float64()),
    ("bankfull_discharge_m3_s", pa.float64()),
    ("highest_observed_m", pa.float64()),
    ("modified_at", TIMESTAMP),
]
_RESERVOIR_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("station_code", pa.string()),
    *((name, pa.float64()) for name in REGISTERS["ST_RSVRFCCH_B"].numbers.values()),
    ("modified_at", TIMESTAMP),
]
_SEASON_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("station_code", pa.string()),
    ("begins_on", pa.string()),  # MM-DD
    ("ends_on", pa.string()),
    ("season_type", pa.string()),
    ("limit_level_m", pa.float64()),
    ("limit_storage_1e6_m3", pa.float64()),
    ("modified_at", TIMESTAMP),
]
_KEYS: Mapping[str, tuple[str, ...]] = {
    station.TABLE: station.KEY,
    observation.TABLE: observation.KEY,
    forecast.TABLE: forecast.KEY,
    FLOOD_THRESHOLD: ("station_code",),
    RESERVOIR_THRESHOLD: ("station_code",),
    FLOOD_SEASON_LIMIT: ("station_code", "begins_on"),
}
Row = dict[str, Any]


class Sl323Parser:
    """Options: ``zone`` of the naive times (default Asia/Shanghai), ``aliases`` (misspelt column -> column),
    ``trend_codes`` (digit of WPTN and its like -> falling, rising, steady; no default, because the bureaus disagree).
    """

    format = "sl323"
    tables: Mapping[str, pa.Schema] = {
        station.TABLE: station.SCHEMA,
        observation.TABLE: observation.SCHEMA,
        forecast.TABLE: forecast.SCHEMA,
        FLOOD_THRESHOLD: pa.schema(_FLOOD_COLUMNS).append(EXTRA),
        RESERVOIR_THRESHOLD: pa.schema(_RESERVOIR_COLUMNS).append(EXTRA),
        FLOOD_SEASON_LIMIT: pa.schema(_SEASON_COLUMNS).append(EXTRA),
    }
    source_tables: Mapping[str, SourceTable] = SOURCE_TABLES

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        zone = zone_named(options.get("zone", BEIJING))
        trends = {str(code): str(word) for code, word in (options.get("trend_codes") or {}).items()}
        try:
            source = read_rows(payload, options.get("aliases") or {})
        except RefusedError as error:
            return Parsed({}, [Reject("file", error.rule, str(error))])
        except UndecodableError as error:
            return Parsed({}, [Reject("file", "sl323.payload.encoding", str(error))])
        return self._parse_rows(source, zone, trends)

    def _parse_rows(self, source: Rows, zone: tzinfo, trends: Mapping[str, str]) -> Parsed:
        told = Told()
        table, known, read = _reader(source.table, zone, trends, told)
        records: list[Row] = []
        rejects: list[Reject] = []
        for number, raw in enumerate(source.rows, 1):
            try:
                row = rows_of.clean(raw)
                records += read(row)
            except RefusedError as error:
                record = raw if isinstance(raw, dict) else {"row": raw}
                rejects.append(Reject(f"row {number}", error.rule, str(error), table, storable(record)))
                continue
            told.add_all(table, ((column, row[column]) for column in sorted(row.keys() - known)))
        kept, repeated = last_wins(records, _KEYS[table], table)
        if source.codec != "utf-8":
            told.add(table, ENCODING, source.codec)
        return Parsed({table: to_table(self.tables[table], kept)} if kept else {}, rejects, [*repeated, *told.drift()])


def _reader(
    source_table: str, zone: tzinfo, trends: Mapping[str, str], told: Told
) -> tuple[str, frozenset[str], Callable[[Row], list[Row]]]:
    """(landing table, columns of the standard, row -> records) of a source table."""
    if source_table in REAL_TIME:
        layout = REAL_TIME[source_table]
        shape = rows_of.Shape(source_table, layout, zone, trends)
        return observation.TABLE, shape.known, partial(rows_of.observations, shape=shape, told=told)
    if source_table == SEASONS:
        return FLOOD_SEASON_LIMIT, rows_of.SEASON_COLUMNS, partial(rows_of.season, zone=zone)
    if source_table == FORECASTS:
        return forecast.TABLE, rows_of.FORECAST_COLUMNS, partial(rows_of.rain_forecast, zone=zone, told=told)
    register = REGISTERS[source_table]
    known = frozenset({"STCD", "MODITIME", "USFL"} | register.texts.keys() | register.numbers.keys() | register.raw)
    return register.table, known, partial(rows_of.register_row, register=register, zone=zone)


PARSER = Sl323Parser()

ABOUT = About(
    title="实时雨水情数据库 Real-time rain and water tables (SL 323-2011)",
    reads="ST_STBPRP_B -> station; ST_PPTN_R, ST_RIVER_R, ST_RSVR_R, ST_WAS_R, ST_GATE_R, ST_PUMP_R, ST_TIDE_R, "
    "ST_SOIL_R, ST_GRW_R -> observation; ST_RVFCCH_B -> flood_threshold; ST_RSVRFCCH_B -> reservoir_threshold; "
    "ST_RSVRFSR_B -> flood_season_limit; F_RNFL_H -> forecast. From the exchange database, or as CSV, JSON, NDJSON.",
    quirks=(
        "Column names in any case, char(n) padding, misspelt columns by aliases (invt, GTO).",
        "NULL and the marks of devices (-9999, 999999, …) give no row and are counted; zero and negatives are values.",
        "A gate or a pump is a point of its own: station_code is STCD#gate, owner_code the station, so that two gates "
        "of a sluice never share a key.",
        "The digits of WPTN differ between bureaus: raw in extra, and as a word (trend) where the contract seeds "
        "trend_codes; a digit that is not in the seed is told.",
        "24:00 is the next day's 00:00; times are Beijing wall clock unless the contract says otherwise.",
        "The last hours are read again at each pull: late reports and silent revisions come without a revision column.",
    ),
    limits=(
        "Levels of stations with different datums (DTMNM) are not comparable; DTMEL is often null, then unknown.",
        "Missing thresholds stay null: whether a level exceeds them is unknown, not false.",
        "Columns of ST_TIDE_R, ST_SOIL_R, ST_GRW_R, ST_RSVRFCCH_B and ST_RSVRFSR_B are from memory of the standard "
        "[K]; AIRP is taken as hPa, GWZ as a level, GWBD as a depth, F_RNFL_H as hourly amounts [K].",
    ),
    verified=("table descriptions of a city bureau", "own fixtures"),
)
