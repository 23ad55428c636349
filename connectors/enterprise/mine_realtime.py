"""Real-time files of one value per record (CDSS and its kin) -> ``observation``, read column by column.

They are the bulk of the feed (every point, every minute): a file is split once, each column is checked as a whole, and
single records are looked at only where a check failed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pyarrow as pa

from connectors import observation
from connectors.arrow import TIMESTAMP
from connectors.clock import ClockError, to_utc
from connectors.duplicates import DUPLICATE
from connectors.enterprise.mine_checks import Records, Refusal, as_rejects, point_refusal, well_formed
from connectors.enterprise.mine_file import MineFile
from connectors.enterprise.mine_layouts import Layout
from connectors.enterprise.mine_values import NO_NUMBER, SENTINEL, extra_of, flags_of, value_of
from connectors.enterprise.mine_variables import SWITCH, Variable, point_kind, variable_of
from connectors.numbers import NotFiniteError
from connectors.telling import MISSING, Told

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_HUGE = 1e300


class _Checked(NamedTuple):
    """The well-formed records of a file, column by column, and those that were refused, by their index."""

    rows: list[int]
    codes: list[str]
    names: Sequence[str]
    places: Sequence[str]
    units: Sequence[str]
    statuses: list[str]
    raw: list[str]
    times: list[int | None]
    variables: list[Variable]
    values: list[float | None]
    texts: list[str | None]
    missing: list[str | None]
    refused: dict[int, Refusal]


def read_realtime(file: MineFile, layout: Layout) -> Records:
    """The record's own time is the event, the header's the time of issue. A value that is missing gives no row."""
    seen = _checked(file, layout)
    flags = [flags_of(status) if status else None for status in seen.statuses]
    odd_status = [s if s and f is None else None for s, f in zip(seen.statuses, flags, strict=True)]
    is_told = [reason is None or reason == NO_NUMBER for reason in seen.missing]
    usable = [told and row not in seen.refused for row, told in zip(seen.rows, is_told, strict=True)]

    kept = _last_of_each_key(usable, seen.codes, seen.variables, seen.times)
    told = _told(kept, seen, odd_status)
    absent = [
        i for i, (told, row) in enumerate(zip(is_told, seen.rows, strict=True)) if not told and row not in seen.refused
    ]
    if absent:
        told.add(observation.TABLE, MISSING, f"{seen.codes[absent[0]]} {seen.raw[absent[0]]!r}", len(absent))
    repeated = len(file.records) - len(seen.refused) - len(absent) - len(kept)
    if repeated:
        told.add(observation.TABLE, DUPLICATE, count=repeated)
    per_row: list[Sequence[Any]] = [
        seen.codes,
        [variable.name for variable in seen.variables],
        seen.times,
        seen.values,
        [unit or observation.DIMENSIONLESS for unit in seen.units],
        seen.texts,
        flags,
        seen.missing,
        list(map(extra_of, seen.names, seen.places, odd_status)),
    ]
    if len(kept) < len(seen.rows):
        per_row = [[column[index] for index in kept] for column in per_row]
    table = _table(file, len(kept), *per_row)
    return Records(table, as_rejects(file, layout, seen.refused), told.drift())


def count_bad(file: MineFile, layout: Layout) -> int:
    """How many records would be refused."""
    return len(_checked(file, layout).refused)


def _checked(file: MineFile, layout: Layout) -> _Checked:
    refused: dict[int, Refusal] = {}
    width = len(layout.fields)
    rows = well_formed(file, width, refused)
    columns = _columns(file.records if len(rows) == len(file.records) else [file.records[row] for row in rows], width)
    at = {field.name: columns[position] for position, field in enumerate(layout.fields)}
    codes, absent = at["station_code"], [""] * len(rows)
    for row, code in zip(rows, codes, strict=True):
        if not code.startswith(file.mine_code) and (refusal := point_refusal(code, file.mine_code)):
            refused[row] = refusal
    times = _times(file, at["event_at"], rows, refused)
    names = at.get("type_name", absent)
    units = at.get("unit", absent)
    kinds: Iterator[str] = map(point_kind, codes)
    if "type_code" in at:
        kinds = (
            f"00MN{code}" if code else point_kind(point) for code, point in zip(at["type_code"], codes, strict=True)
        )
    variables = list(map(variable_of, names, units, kinds))
    values, texts, missing = _values(at["value"], names, variables, rows, refused)
    if "type_name" not in at:
        names = at["type_code"]
    return _Checked(
        rows=rows,
        codes=codes,
        names=names,
        places=at.get("location") or at.get("equipment_code") or absent,
        units=units,
        statuses=at["status"],
        raw=at["value"],
        times=times,
        variables=variables,
        values=values,
        texts=texts,
        missing=missing,
        refused=refused,
    )


def _columns(records: list[str], fields: int) -> list[list[str]]:
    if not records:
        return [[] for _ in range(fields)]
    cells = list(map(str.strip, ";".join(records).split(";")))
    return [cells[position::fields] for position in range(fields)]


def _times(file: MineFile, texts: list[str], rows: list[int], refused: dict[int, Refusal]) -> list[int | None]:
    """Instants as microseconds since 1970; a file holds few different ones, so each text is read once."""
    known: dict[str, int | None] = {}
    wrong: dict[str, str] = {}
    for text in set(texts):
        try:
            known[text] = (to_utc(text, file.zone) - _EPOCH) // _MICROSECOND
        except ClockError as error:
            known[text], wrong[text] = None, str(error)
    if wrong:
        for row, text in zip(rows, texts, strict=True):
            if text in wrong:
                refused.setdefault(row, Refusal("mine.record.time", wrong[text]))
    return [known[text] for text in texts]


def _values(
    raw: list[str], names: Sequence[str], variables: list[Variable], rows: list[int], refused: dict[int, Refusal]
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
            refused.setdefault(rows[index], Refusal("mine.value.not_finite", str(error)))
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


def _told(kept: list[int], seen: _Checked, odd_status: list[str | None]) -> Told:
    told = Told()
    if not all(variable.known for variable in seen.variables):
        unknown = [index for index in kept if not seen.variables[index].known]
        types = Counter(f"{seen.names[index]} [{seen.units[index]}]" for index in unknown)
        if types:
            told.add(observation.TABLE, "sensor_type", ", ".join(list(types)[:10]), sum(types.values()))
    odd = [odd_status[index] for index in kept if odd_status[index]] if any(odd_status) else []
    if odd:
        told.add(observation.TABLE, "status", odd[0], len(odd))
    return told


def _table(file: MineFile, count: int, *per_row: Sequence[Any]) -> pa.Table:
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
