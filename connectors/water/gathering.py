"""What one payload of water data gave: observations, stations, rejects, and what was missing or unknown, counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors import observation, station
from connectors.arrow import as_json, to_table
from connectors.duplicates import last_wins
from connectors.json_text import NotFinite
from connectors.model import Parsed, Reject
from connectors.numbers import NumberError, to_number
from connectors.refusal import RefusedError
from connectors.telling import MISSING, Told
from connectors.text import is_damaged, is_storable, storable
from connectors.water.quantities import SENTINELS, Measure

TABLES = {observation.TABLE: observation.SCHEMA, station.TABLE: station.SCHEMA}

_NO_VALUE = frozenset({"", "m", "nan", "null", "none", "-", "--", "---", "///", "****", "***"})

Row = dict[str, Any]


def number_or_missing(value: Any, no_data: float | None = None) -> float | None:
    """``value`` as a number, None where it is missing: empty, a mark of the source, or ``no_data``.

    Raises NumberError for anything else that is no finite number. The text ``NaN`` is a mark, JSON's NaN is none.
    """
    if value is None or (isinstance(value, str) and not isinstance(value, NotFinite) and _is_mark(value)):
        return None
    number = to_number(value)
    return None if number in SENTINELS or number == no_data else number


def _is_mark(text: str) -> bool:
    return text.strip().lower() in _NO_VALUE


class Gathered:
    """Rows of one payload. ``format_name`` begins the names of the rules; every text that lands is looked at."""

    def __init__(self, format_name: str) -> None:
        self.format_name = format_name
        self._observations: list[Row] = []
        self._stations: list[Row] = []
        self._rejects: list[Reject] = []
        self._told = Told()

    def tell(self, field: str, example: Any, table: str = observation.TABLE, count: int = 1) -> None:
        """Count what is no record; the first example stands for all."""
        self._told.add(table, field, example, count)

    def missing(self, example: Any) -> None:
        self.tell(MISSING, example)

    def reject(
        self, where: str, rule: str, reason: str, record: Any = None, table: str | None = observation.TABLE
    ) -> None:
        """``rule`` is put behind the format's name."""
        kept = record if isinstance(record, Mapping) else {"record": record} if record is not None else None
        self._rejects.append(Reject(where, f"{self.format_name}.{rule}", reason, table, storable(_plain(kept))))

    def value(self, where: str, raw: Any, measure: Measure, row: Row, no_data: float | None = None) -> None:
        """One observation: ``row`` without variable, unit and value. Missing is counted, no number is rejected.

        ``row["extra"]`` is a mapping; the source's unit is added to it where the value was converted.
        """
        try:
            number = number_or_missing(raw, no_data)
        except NumberError as error:
            said = {**row, "variable": measure.variable, "value": str(raw)}
            self.reject(where, "value.number", f"the value of {measure.variable} is no number: {error}", said)
            return
        if number is None:
            self.missing(f"{row['station_code']} {measure.variable} {row['event_at']:%Y-%m-%dT%H:%MZ} {raw}".strip())
            return
        if not measure.is_known:
            self.tell("(parameter)", measure.told)
        extra = dict(row.get("extra") or {})
        if measure.converted is not None:
            number = measure.converted.convert(number)
            extra["source_unit"] = measure.source_unit
        made = {**row, "variable": measure.variable, "value": number, "unit": measure.unit, "extra": extra}
        self._land(self._observations, where, made, observation.TABLE)

    def text_value(self, where: str, text: str, variable: str, row: Row) -> None:
        """An observation that is a word (a category, true or false)."""
        self._land(
            self._observations,
            where,
            {**row, "variable": variable, "value_text": text, "unit": observation.DIMENSIONLESS},
            observation.TABLE,
        )

    def station(self, where: str, row: Row) -> None:
        """A place; the same one said again is no news, one that differs is settled by the key."""
        self._land(self._stations, where, row, station.TABLE)

    def _land(self, rows: list[Row], where: str, row: Row, table: str) -> None:
        texts = "\n".join([value for value in row.values() if isinstance(value, str)])
        extra = as_json(row.get("extra") or None)
        if not is_storable(texts) or not _is_storable_json(extra, row.get("extra")):
            self.reject(where, "text", "a text holds characters that no database can keep", _readable(row), table)
            return
        if is_damaged(texts):
            self.reject(where, "mojibake", "a text was destroyed on its way (U+FFFD, 锟斤拷)", _readable(row), table)
            return
        if extra and is_damaged(extra):
            self.tell("(mojibake)", extra, table)
        rows.append({**row, "extra": extra})

    def refused(self, where: str, error: RefusedError, record: Any = None, table: str = observation.TABLE) -> None:
        """A record that was refused deep down; its rule already has the format's name."""
        kept = record if isinstance(record, Mapping) else {"record": record}
        self._rejects.append(Reject(where, error.rule, str(error), table, storable(_plain(kept))))

    def parsed(self) -> Parsed:
        stations = list({tuple(sorted(row.items(), key=lambda kv: kv[0])): row for row in self._stations}.values())
        tables = {}
        drift = self._told.drift()
        for name, rows, key in (
            (observation.TABLE, self._observations, observation.KEY),
            (station.TABLE, stations, station.KEY),
        ):
            kept, repeated = last_wins(rows, key, name)
            drift += repeated
            if kept:
                tables[name] = to_table(TABLES[name], kept)
        return Parsed(tables, self._rejects, drift)


def refusal(error: RefusedError) -> Parsed:
    """A payload that says nothing at all."""
    return Parsed({}, [Reject("file", error.rule, str(error))])


def _is_storable_json(written: str | None, value: Any) -> bool:
    """One look at the text instead of a walk through the value, which only a suspicion needs."""
    return written is None or ("\\u0000" not in written and is_storable(written)) or is_storable(value)


def _readable(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def _plain(record: Any) -> Any:
    """Moments as texts, so that a reject can be written as JSON."""
    if isinstance(record, dict):
        return {str(name): _plain(value) for name, value in record.items()}
    if isinstance(record, list | tuple):
        return [_plain(value) for value in record]
    return record if record is None or isinstance(record, str | int | float | bool) else str(record)
