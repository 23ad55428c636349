"""Records of the file types: CDSS (real-time values) -> ``observation``, CDDY (definitions) -> ``sensor``.

CDSS is the bulk of the feed (every point, every minute), so it is read column by column: a file is split once, each
column is checked as a whole, and single records are looked at only where a check failed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pyarrow as pa

from connectors import observation
from connectors.arrow import EXTRA, JSON, TIMESTAMP, as_json, to_table
from connectors.clock import ClockError, to_utc
from connectors.coordinates import CoordinateError, crs_named, projected_to_wgs84
from connectors.duplicates import DUPLICATE, last_wins
from connectors.enterprise.mine_file import MineFile
from connectors.enterprise.mine_values import SENTINEL, extra_of, flags_of, value_of
from connectors.enterprise.mine_variables import SWITCH, Variable, point_kind, variable_of
from connectors.model import Drift, Reject
from connectors.numbers import NotFiniteError, NumberError, to_number
from connectors.text import is_damaged

SENSOR = "sensor"
_SENSOR_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("point_code", pa.string()),
    ("defined_at", TIMESTAMP),
    ("mine_code", pa.string()),
    ("mine_name", pa.string()),
    ("system_code", pa.string()),
    ("substation_code", pa.string()),
    ("sensor_type_code", pa.string()),
    ("value_type", pa.string()),
    ("unit", pa.string()),
    ("range_high", pa.float64()),
    ("range_low", pa.float64()),
    ("alarm_upper", pa.float64()),
    ("alarm_upper_release", pa.float64()),
    ("alarm_lower", pa.float64()),
    ("alarm_lower_release", pa.float64()),
    ("cutoff_upper", pa.float64()),
    ("restore_upper", pa.float64()),
    ("cutoff_lower", pa.float64()),
    ("restore_lower", pa.float64()),
    ("on_text", pa.string()),
    ("off_text", pa.string()),
    ("location", pa.string()),
    ("x_m", pa.float64()),
    ("y_m", pa.float64()),
    ("z_m", pa.float64()),
    ("longitude", pa.float64()),
    ("latitude", pa.float64()),
    ("related_points", JSON),
    ("issued_at", TIMESTAMP),
]
SENSOR_SCHEMA: pa.Schema = pa.schema(_SENSOR_COLUMNS).append(EXTRA)

# CDDY fields by position; CDSS: point code, type name, location, value, unit, status, time
_CDDY_TEXTS = {1: "system_code", 2: "substation_code", 3: "sensor_type_code", 4: "value_type", 5: "unit"} | {
    16: "on_text",
    17: "off_text",
    18: "location",
}
_CDDY_NUMBERS = {
    6: "range_high",
    7: "range_low",
    8: "alarm_upper",
    9: "alarm_upper_release",
    10: "alarm_lower",
    11: "alarm_lower_release",
    12: "cutoff_upper",
    13: "restore_upper",
    14: "cutoff_lower",
    15: "restore_lower",
    19: "x_m",
    20: "y_m",
    21: "z_m",
}
_CDDY_FIELDS, _CDSS_FIELDS = 24, 7
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_HUGE = 1e300
_POINT = re.compile(r"(\d{12})\d{2}(?:MN|KG|LJ)\d{4}", re.ASCII)


@dataclass
class Records:
    """What one file's records became."""

    table: pa.Table
    rejects: list[Reject]
    drift: list[Drift]


@dataclass(frozen=True)
class _Refusal:
    rule: str
    reason: str


def read_observations(file: MineFile, zone: tzinfo) -> Records:
    """CDSS records as ``observation``; the record's own time is the event, the header's the time of issue."""
    refused: dict[int, _Refusal] = {}
    rows = _well_formed(file, _CDSS_FIELDS, refused)
    columns = _columns([file.records[row] for row in rows], _CDSS_FIELDS)
    _check_points(columns[0], file.mine_code, rows, refused)
    times = _times(columns[6], zone, rows, refused)
    variables = list(map(variable_of, columns[1], columns[4], map(point_kind, columns[0])))
    values, texts, missing = _values(columns[3], columns[1], variables, rows, refused)
    flags = [flags_of(status) if status else None for status in columns[5]]
    odd_status = [s if s and f is None else None for s, f in zip(columns[5], flags, strict=True)]

    kept = _last_of_each_key([row not in refused for row in rows], columns[0], variables, times)
    drift = _observation_drift(kept, columns, variables, odd_status)
    repeated = len(file.records) - len(refused) - len(kept)
    if repeated:
        drift.append(Drift(observation.TABLE, DUPLICATE, repeated))
    per_row: list[Sequence[Any]] = [
        columns[0],
        [variable.name for variable in variables],
        times,
        values,
        [unit or observation.DIMENSIONLESS for unit in columns[4]],
        texts,
        flags,
        missing,
        list(map(extra_of, columns[1], columns[2], odd_status)),
    ]
    if len(kept) < len(rows):
        per_row = [[column[index] for index in kept] for column in per_row]
    return Records(_observation_table(file, len(kept), *per_row), _rejects(file, refused, observation.TABLE), drift)


def _observation_table(file: MineFile, count: int, *per_row: Sequence[Any]) -> pa.Table:
    code, variable, times, value, unit, text, flags, missing, extra = per_row
    columns: dict[str, Any] = {
        "station_code": code,
        "variable": variable,
        "event_at": pa.array(times, pa.int64()).cast(TIMESTAMP),
        "value": value,
        "unit": unit,
        "value_text": text,
        "interval_h": pa.nulls(count, pa.float64()),
        "status_flags": flags,
        "missing_reason": missing,
        "owner_code": pa.repeat(file.mine_code, count),
        "source_table": pa.repeat(file.type, count),
        "issued_at": pa.repeat(pa.scalar(file.issued_at, TIMESTAMP), count),
        "extra": extra,
    }
    return pa.table(columns, schema=observation.SCHEMA)


def read_sensors(file: MineFile, zone: tzinfo, projected_crs: str | None) -> Records:
    """CDDY records as ``sensor``; X is the northing and Y the easting with its zone, in ``projected_crs``."""
    refused: dict[int, _Refusal] = {}
    good: list[dict[str, Any]] = []
    drift: Counter[str] = Counter()
    for row in _well_formed(file, _CDDY_FIELDS, refused):
        fields = [field.strip() for field in file.records[row].split(";")]
        _check_points([fields[0]], file.mine_code, [row], refused)
        if row in refused:
            continue
        try:
            sensor = _sensor(fields, file, zone)
        except (ClockError, NumberError) as error:
            refused[row] = _Refusal(_rule_of(error), str(error))
            continue
        problem = _place(sensor, projected_crs)
        if problem:
            sensor["extra"] = as_json({"coordinates": problem})
            drift["coordinates"] += 1
        good.append(sensor)
    good, notes = last_wins(good, ("point_code", "defined_at"), SENSOR)
    notes += [Drift(SENSOR, name, count) for name, count in drift.items()]
    return Records(to_table(SENSOR_SCHEMA, good), _rejects(file, refused, SENSOR), notes)


def _well_formed(file: MineFile, fields: int, refused: dict[int, _Refusal]) -> list[int]:
    """Indexes of the records that have the right number of fields and undamaged text."""
    separators = [record.count(";") for record in file.records]
    suspicious = file.decoded.damaged or "；" in file.decoded.text
    if not suspicious and separators.count(fields - 1) == len(separators):
        return list(range(len(separators)))
    for index, (record, count) in enumerate(zip(file.records, separators, strict=True)):
        if "；" in record:
            refused[index] = _Refusal("mine.separator.full_width", "the record holds a full-width ； instead of ;")
        elif count != fields - 1:
            reason = f"the record has {count + 1} fields, {file.type} has {fields}"
            refused[index] = _Refusal("mine.record.fields", reason)
        elif is_damaged(record):
            reason = "the text was destroyed by a wrong decoding before it was sent (U+FFFD, 锟斤拷)"
            refused[index] = _Refusal("mine.record.mojibake", reason)
    return [index for index in range(len(separators)) if index not in refused]


def _columns(records: list[str], fields: int) -> list[list[str]]:
    if not records:
        return [[] for _ in range(fields)]
    cells = list(map(str.strip, ";".join(records).split(";")))
    return [cells[position::fields] for position in range(fields)]


def _check_points(codes: list[str], mine_code: str, rows: list[int], refused: dict[int, _Refusal]) -> None:
    for row, code in zip(rows, codes, strict=True):
        if code.startswith(mine_code):
            continue
        point = _POINT.match(code)
        if not code:
            refused[row] = _Refusal("mine.point.empty", "the record has no point code")
        elif point and point[1] != mine_code:
            reason = f"the point belongs to mine {point[1]}, the file to mine {mine_code}"
            refused[row] = _Refusal("mine.point.other_mine", reason)


def _times(texts: list[str], zone: tzinfo, rows: list[int], refused: dict[int, _Refusal]) -> list[int | None]:
    """Instants as microseconds since 1970; a file holds few different ones, so each text is read once."""
    known: dict[str, int | None] = {}
    wrong: dict[str, str] = {}
    for text in set(texts):
        try:
            known[text] = (to_utc(text, zone) - _EPOCH) // _MICROSECOND
        except ClockError as error:
            known[text], wrong[text] = None, str(error)
    if wrong:
        for row, text in zip(rows, texts, strict=True):
            if text in wrong:
                refused.setdefault(row, _Refusal("mine.record.time", wrong[text]))
    return [known[text] for text in texts]


def _values(
    raw: list[str], names: list[str], variables: list[Variable], rows: list[int], refused: dict[int, _Refusal]
) -> tuple[list[float | None], list[str | None], list[str | None]]:
    """Values, texts and reasons of absence; what is not simply a measured number goes through ``value_of``."""
    values: list[float | None] = [None] * len(raw)
    texts: list[str | None] = [None] * len(raw)
    missing: list[str | None] = [None] * len(raw)
    joined = "".join(raw)
    plain = joined.isascii() and "_" not in joined  # float() takes 1_0 and full-width digits for numbers
    for index, (text, variable) in enumerate(zip(raw, variables, strict=True)):
        try:
            number = float(text) if plain and variable.name != SWITCH else math.nan
        except ValueError:
            number = math.nan
        if -_HUGE < number < _HUGE and number != SENTINEL:  # false for NaN
            values[index] = number
            continue
        try:
            values[index], texts[index], missing[index] = value_of(text, variable.name, names[index])
        except NotFiniteError as error:
            refused.setdefault(rows[index], _Refusal("mine.value.not_finite", str(error)))
    return values, texts, missing


def _last_of_each_key(
    usable: list[bool], codes: list[str], variables: list[Variable], times: list[int | None]
) -> list[int]:
    keys: Iterator[tuple[Any, ...]] = zip(codes, variables, times, strict=True)
    if all(usable):
        last = {key: index for index, key in enumerate(keys)}
    else:
        last = {key: index for index, key in enumerate(keys) if usable[index]}
    return sorted(last.values()) if len(last) < len(usable) else list(range(len(usable)))


def _observation_drift(
    kept: list[int], columns: list[list[str]], variables: list[Variable], odd_status: list[str | None]
) -> list[Drift]:
    drift: list[Drift] = []
    if not all(variable.known for variable in variables):
        unknown = [index for index in kept if not variables[index].known]
        types = Counter(f"{columns[1][index]} [{columns[4][index]}]" for index in unknown)
        drift += [Drift(observation.TABLE, "sensor_type", count, example) for example, count in types.items()]
    if any(odd_status):
        odd = [odd_status[index] for index in kept if odd_status[index]]
        if odd:
            drift.append(Drift(observation.TABLE, "status", len(odd), odd[0]))
    return drift


def _sensor(fields: list[str], file: MineFile, zone: tzinfo) -> dict[str, Any]:
    sensor: dict[str, Any] = {name: fields[position] or None for position, name in _CDDY_TEXTS.items()}
    sensor |= {name: _limit(fields[position], name) for position, name in _CDDY_NUMBERS.items()}
    related = [code for code in re.split(r"[&,，、|]+", fields[22]) if code]
    return sensor | {
        "point_code": fields[0],
        "defined_at": to_utc(fields[23], zone),
        "mine_code": file.mine_code,
        "mine_name": file.mine_name or None,
        "related_points": as_json(related or None),
        "issued_at": file.issued_at,
    }


def _limit(text: str, name: str) -> float | None:
    if not text:
        return None
    try:
        number = to_number(text)
    except NumberError as error:
        raise type(error)(f"{name}: {error}") from error
    return None if number == SENTINEL else number


def _place(sensor: dict[str, Any], projected_crs: str | None) -> str | None:
    """Set longitude and latitude; the reason if metres are given and cannot be placed."""
    northing, easting = sensor["x_m"], sensor["y_m"]
    if not northing and not easting:  # empty, or the (0, 0) of a form that was never filled in
        return None
    if northing is None or easting is None:
        return "only one of X and Y is given"
    if projected_crs is None:
        return "no projected reference system is declared for X and Y"
    try:
        sensor["longitude"], sensor["latitude"] = projected_to_wgs84(northing, easting, crs_named(projected_crs))
    except CoordinateError as error:
        return str(error)
    return None


def _rule_of(error: ValueError) -> str:
    if isinstance(error, ClockError):
        return "mine.record.time"
    return "mine.value.not_finite" if isinstance(error, NotFiniteError) else "mine.value.number"


def _rejects(file: MineFile, refused: dict[int, _Refusal], table: str) -> list[Reject]:
    return [
        Reject(f"record {index + 1}", refusal.rule, refusal.reason, table, {"record": file.records[index]})
        for index, refusal in sorted(refused.items())
    ]
