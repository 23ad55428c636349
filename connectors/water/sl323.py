"""SL 323-2011 real-time rain and water tables -> ``station``, ``observation``, ``flood_threshold``.

Rows are turned into the long form: one observation per station, variable and time. An absent level or rain amount is
an observation without a value and with its reason, never zero; the other columns of a row are simply not observed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import partial
from typing import Any

import pyarrow as pa

from connectors import observation, station
from connectors.arrow import EXTRA, TIMESTAMP, as_json, to_table
from connectors.clock import BEIJING, ClockError, to_utc, zone_named
from connectors.duplicates import last_wins
from connectors.model import Drift, Parsed, Payload, Reject, SourceTable
from connectors.numbers import NumberError, to_number
from connectors.refusal import RefusedError
from connectors.text import UndecodableError, is_damaged, is_storable, storable
from connectors.water.sl323_input import Rows, read_rows
from connectors.water.sl323_tables import REAL_TIME, REGISTERS, SOURCE_TABLES, Measure, RealTime, Register

FLOOD_THRESHOLD = "flood_threshold"
_THRESHOLD_COLUMNS: list[tuple[str, pa.DataType]] = [
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
# No water level, flow, amount or height has these values: they are the marks of devices upstream of the database.
_SENTINELS = frozenset({-9999.0, -99999.0, -999999.0, 999999.0})

_Row = dict[str, Any]


class Sl323Parser:
    """Options: ``zone`` of the naive times (default Asia/Shanghai), ``aliases`` (misspelt column -> column)."""

    format = "sl323"
    tables: Mapping[str, pa.Schema] = {
        station.TABLE: station.SCHEMA,
        observation.TABLE: observation.SCHEMA,
        FLOOD_THRESHOLD: pa.schema(_THRESHOLD_COLUMNS).append(EXTRA),
    }
    source_tables: Mapping[str, SourceTable] = SOURCE_TABLES

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        zone = zone_named(options.get("zone", BEIJING))
        try:
            source = read_rows(payload, options.get("aliases") or {})
        except RefusedError as error:
            return Parsed({}, [Reject("file", error.rule, str(error))])
        except UndecodableError as error:
            return Parsed({}, [Reject("file", "sl323.payload.encoding", str(error))])
        return self._parse_rows(source, zone)

    def _parse_rows(self, source: Rows, zone: tzinfo) -> Parsed:
        table, key, known, read = _reader(source.table, zone)
        records: list[_Row] = []
        rejects: list[Reject] = []
        unknown: dict[str, list[Any]] = {}
        for number, raw in enumerate(source.rows, 1):
            try:
                row = _clean(raw)
                records += read(row)
            except RefusedError as error:
                record = raw if isinstance(raw, dict) else {"row": raw}
                rejects.append(Reject(f"row {number}", error.rule, str(error), table, storable(record)))
                continue
            for column in row.keys() - known:
                unknown.setdefault(column, []).append(row[column])
        kept, drift = last_wins(records, key, table)
        drift += [Drift(table, column, len(seen), str(seen[0])[:100]) for column, seen in sorted(unknown.items())]
        if source.codec != "utf-8":
            drift.append(Drift(table, "(encoding)", 1, source.codec))
        return Parsed({table: to_table(self.tables[table], kept)} if kept else {}, rejects, drift)


def _reader(
    source_table: str, zone: tzinfo
) -> tuple[str, tuple[str, ...], frozenset[str], Callable[[_Row], list[_Row]]]:
    """(landing table, its key, columns of the standard, row -> records) of a source table."""
    if source_table in REAL_TIME:
        real_time = REAL_TIME[source_table]
        read = partial(_observations, source_table=source_table, layout=real_time, zone=zone)
        return observation.TABLE, observation.KEY, _known_real_time(real_time), read
    register = REGISTERS[source_table]
    known = frozenset({"STCD", "MODITIME", "USFL"} | register.texts.keys() | register.numbers.keys() | register.raw)
    return register.table, ("station_code",), known, partial(_register_row, register=register, zone=zone)


def _known_real_time(layout: RealTime) -> frozenset[str]:
    columns = {measure.column for measure in layout.measures} | {m.interval for m in layout.measures if m.interval}
    return frozenset(columns | layout.raw | {"STCD", "TM"})


def _clean(raw: Any) -> _Row:
    """The row without the blanks that char(n) columns are padded with; empty text is NULL."""
    if not isinstance(raw, dict):
        raise RefusedError("sl323.row.shape", "the row has another number of fields than the header")
    if not is_storable(raw) or is_damaged(str(raw)):
        raise RefusedError("sl323.row.mojibake", "the text holds destroyed or forbidden characters (U+FFFD, 锟斤拷)")
    row = {name: value.strip() or None if isinstance(value, str) else value for name, value in raw.items()}
    if not isinstance(row.get("STCD"), str | int):
        raise RefusedError("sl323.row.station", "the row has no station code (STCD)")
    return row


def _observations(row: _Row, source_table: str, layout: RealTime, zone: tzinfo) -> list[_Row]:
    primary = layout.measures[0]
    if primary.column not in row:
        raise RefusedError("sl323.column.missing", f"rows of {source_table} need the column {primary.column}")
    shared = {"station_code": str(row["STCD"]), "event_at": _time(row, "TM", zone), "source_table": source_table}
    records = []
    for measure in layout.measures:
        value, missing = _measured(row, measure.column)
        if measure is primary or missing != "null":
            records.append(
                {
                    **shared,
                    "variable": measure.variable,
                    "value": value,
                    "unit": measure.unit,
                    "interval_h": _interval(row, measure),
                    "missing_reason": missing,
                }
            )
    records[0]["extra"] = _extra(row, _known_real_time(layout) - layout.raw)
    return records


def _measured(row: _Row, column: str) -> tuple[float | None, str | None]:
    """(value, why it is null)"""
    number = _number(row, column)
    if number is None:
        return None, "null"
    return (None, "sentinel") if number in _SENTINELS else (number, None)


def _interval(row: _Row, measure: Measure) -> float | None:
    return _number(row, measure.interval) if measure.interval else measure.hours


def _register_row(row: _Row, register: Register, zone: tzinfo) -> list[_Row]:
    record: _Row = {"station_code": str(row["STCD"])}
    record |= {name: _text(row.get(column)) for column, name in register.texts.items()}
    for column, name in register.numbers.items():
        number = _number(row, column)
        record[name] = None if number in _SENTINELS else number
    record["modified_at"] = _time(row, "MODITIME", zone) if row.get("MODITIME") is not None else None
    held = {"STCD", "MODITIME", *register.texts, *register.numbers}
    if register.table == station.TABLE:
        record["is_in_use"] = {"1": True, "0": False}.get(str(row.get("USFL")))
        if record["is_in_use"] is not None:
            held.add("USFL")
    record["extra"] = _extra(row, held)
    return [record]


def _number(row: _Row, column: str) -> float | None:
    value = row.get(column)
    if value is None:
        return None
    try:
        return to_number(value)
    except NumberError as error:
        raise RefusedError("sl323.value.number", f"{column}: {error}") from error


def _time(row: _Row, column: str, zone: tzinfo) -> Any:
    value = row.get(column)
    if value is None:
        raise RefusedError("sl323.row.time", f"the row has no time ({column})")
    try:
        return to_utc(str(value), zone, midnight_24=True)
    except ClockError as error:
        raise RefusedError("sl323.row.time", f"{column}: {error}") from error


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _extra(row: _Row, held: frozenset[str] | set[str]) -> str | None:
    """Whatever the row says that no landing column holds, as it was sent."""
    return as_json({name: value for name, value in row.items() if name not in held and value is not None} or None)


PARSER = Sl323Parser()
