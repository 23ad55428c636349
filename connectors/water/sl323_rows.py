"""Rows of SL 323 tables -> records: measures in long form, registers, seasons, forecasts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from connectors import forecast, observation, station
from connectors.arrow import as_json
from connectors.clock import ClockError, to_utc
from connectors.numbers import NumberError, to_number
from connectors.refusal import RefusedError
from connectors.telling import MISSING, Told
from connectors.text import is_damaged, is_storable
from connectors.water.quantities import SENTINELS
from connectors.water.sl323_tables import FORECASTS, Measure, RealTime, Register

SEASON_COLUMNS = frozenset({"STCD", "BGMD", "EDMD", "FSLTDZ", "FSLTDW", "FSTP", "MODITIME"})
FORECAST_COLUMNS = frozenset({"STCD", "UNITNAME", "FYMDH", "YMDH", "RN", "TYPE"})
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])")

Row = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """How rows of one real-time table are read; ``trends``: digit -> word, empty if the contract seeds none."""

    table: str
    layout: RealTime
    zone: tzinfo
    trends: Mapping[str, str]

    @property
    def known(self) -> frozenset[str]:
        return frozenset(self._held | self.layout.raw)

    @property
    def _held(self) -> set[str]:
        columns = {measure.column for measure in self.layout.measures}
        intervals = {measure.interval for measure in self.layout.measures if measure.interval}
        return columns | intervals | {"STCD", "TM", *self.layout.parts}

    def rest(self, row: Row) -> dict[str, Any]:
        held = self._held
        return {name: value for name, value in row.items() if name not in held and value is not None}


def clean(raw: Any) -> Row:
    """The row without the blanks that char(n) columns are padded with; empty text is NULL."""
    if not isinstance(raw, dict):
        raise RefusedError("sl323.row.shape", "the row has another number of fields than the header")
    if not is_storable(raw) or is_damaged(str(raw)):
        raise RefusedError("sl323.row.mojibake", "the text holds destroyed or forbidden characters (U+FFFD, 锟斤拷)")
    return {name: value.strip() or None if isinstance(value, str) else value for name, value in raw.items()}


def observations(row: Row, shape: Shape, told: Told) -> list[Row]:
    """One record per value; what else the row says goes with the first of them."""
    code = _code(row, "STCD")
    layout = shape.layout
    if not any(column in row for column in layout.wanted):
        wanted = " or ".join(layout.wanted)
        raise RefusedError("sl323.column.missing", f"rows of {shape.table} need the column {wanted}")
    part = "-".join(str(row[name]) for name in layout.parts if row.get(name) is not None)
    shared: Row = {
        "station_code": f"{code}#{part}" if part else code,
        "owner_code": code if part else None,
        "event_at": _time(row, "TM", shape.zone),
        "source_table": shape.table,
    }
    rest = shape.rest(row)
    records: list[Row] = []
    for measure in layout.measures:
        value = _measured(row, measure.column, code, told)
        if value is None:
            continue
        extra = {**(rest if not records else {}), **_trend(row, measure, shape.trends, told)}
        records.append(
            {
                **shared,
                "variable": measure.variable,
                "value": value,
                "unit": measure.unit,
                "interval_h": _number(row, measure.interval) if measure.interval else measure.hours,
                "extra": as_json(extra or None),
            }
        )
    if all(row.get(column) is None for column in layout.wanted):
        told.add(observation.TABLE, MISSING, f"{code} {row['TM']} {layout.wanted[0]} is null")
    return records


def _measured(row: Row, column: str, code: str, told: Told) -> float | None:
    number = _number(row, column)
    if number in SENTINELS:
        told.add(observation.TABLE, MISSING, f"{code} {row['TM']} {column}={number:g}")
        return None
    return number


def _trend(row: Row, measure: Measure, trends: Mapping[str, str], told: Told) -> dict[str, str]:
    code = row.get(measure.trend) if measure.trend else None
    if code is None or not trends:
        return {}
    word = trends.get(str(code))
    if word is None:
        told.add(observation.TABLE, "(trend code)", f"{measure.trend}={code}")
        return {}
    return {"trend": word}


def register_row(row: Row, register: Register, zone: tzinfo) -> list[Row]:
    record: Row = {"station_code": _code(row, "STCD")}
    record |= {name: _text(row.get(column)) for column, name in register.texts.items()}
    record |= {name: _level(row, column) for column, name in register.numbers.items()}
    record["modified_at"] = _modified(row, zone)
    held = {"STCD", "MODITIME", *register.texts, *register.numbers}
    if register.table == station.TABLE:
        record["is_in_use"] = {"1": True, "0": False}.get(str(row.get("USFL")))
        if record["is_in_use"] is not None:
            held.add("USFL")
    record["extra"] = _extra(row, held)
    return [record]


def season(row: Row, zone: tzinfo) -> list[Row]:
    """The limit that a reservoir keeps from one day of the year to another; MMDD becomes MM-DD."""
    record: Row = {
        "station_code": _code(row, "STCD"),
        "begins_on": _month_day(row, "BGMD"),
        "ends_on": _month_day(row, "EDMD") if row.get("EDMD") is not None else None,
        "season_type": _text(row.get("FSTP")),
        "limit_level_m": _level(row, "FSLTDZ"),
        "limit_storage_1e6_m3": _level(row, "FSLTDW"),
        "modified_at": _modified(row, zone),
    }
    return [{**record, "extra": _extra(row, SEASON_COLUMNS)}]


def rain_forecast(row: Row, zone: tzinfo, told: Told) -> list[Row]:
    """Rain that is expected in the hour that ends at YMDH, as issued at FYMDH, for a station or an area."""
    if "RN" not in row:
        raise RefusedError("sl323.column.missing", f"rows of {FORECASTS} need the column RN")
    amount = _number(row, "RN")
    issued, valid = _time(row, "FYMDH", zone), _time(row, "YMDH", zone)
    place = _code(row, "STCD" if row.get("STCD") is not None else "UNITNAME")
    if amount is None or amount in SENTINELS:
        told.add(forecast.TABLE, MISSING, f"{place} {row['YMDH']} RN")
        return []
    record: Row = {
        "place_code": place,
        "variable": "rain_mm",
        "model": f"{FORECASTS} {row['TYPE']}" if row.get("TYPE") is not None else FORECASTS,
        "issued_at": issued,
        "event_at": valid,
        "value": amount,
        "unit": "mm",
        "interval_h": 1.0,
        "source_table": FORECASTS,
    }
    return [{**record, "extra": _extra(row, FORECAST_COLUMNS - {"UNITNAME"} if "STCD" in row else FORECAST_COLUMNS)}]


def _code(row: Row, column: str) -> str:
    value = row.get(column)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RefusedError("sl323.row.station", f"the row has no station code ({column})")
    return str(value)


def _level(row: Row, column: str) -> float | None:
    number = _number(row, column)
    return None if number in SENTINELS else number


def _number(row: Row, column: str) -> float | None:
    value = row.get(column)
    if value is None:
        return None
    try:
        return to_number(value)
    except NumberError as error:
        raise RefusedError("sl323.value.number", f"{column}: {error}") from error


def _time(row: Row, column: str, zone: tzinfo) -> Any:
    value = row.get(column)
    if value is None:
        raise RefusedError("sl323.row.time", f"the row has no time ({column})")
    try:
        return to_utc(str(value), zone, midnight_24=True)
    except ClockError as error:
        raise RefusedError("sl323.row.time", f"{column}: {error}") from error


def _modified(row: Row, zone: tzinfo) -> Any:
    return _time(row, "MODITIME", zone) if row.get("MODITIME") is not None else None


def _month_day(row: Row, column: str) -> str:
    """MMDD as text or number; a number has lost its leading zero."""
    text = str(row.get(column)).rjust(4, "0")
    match = _MONTH_DAY.fullmatch(text)
    if match is None:
        raise RefusedError("sl323.value.month_day", f"{column} {text[:20]!r} is not a day of the year (MMDD)")
    return f"{match[1]}-{match[2]}"


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _extra(row: Row, held: frozenset[str] | set[str]) -> str | None:
    """Whatever the row says that no landing column holds, as it was sent."""
    return as_json({name: value for name, value in row.items() if name not in held and value is not None} or None)
