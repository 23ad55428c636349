"""Wide rows of weather values -> one row per value, with what was missing or unknown counted once per payload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from connectors import forecast, observation, station
from connectors.arrow import as_json, to_table
from connectors.duplicates import last_wins
from connectors.json_text import NotFinite
from connectors.model import Parsed, Reject
from connectors.numbers import NotFiniteError, NumberError, to_number
from connectors.telling import DAMAGED, MISSING, Told
from connectors.text import is_damaged, is_storable, storable
from connectors.weather.cap_tables import TABLES as WARNING_TABLES

NOT_FINITE = "(not finite)"
NO_NUMBER = "(no number)"

_MESSAGE = ("sender", "identifier", "sent_at")
_KEYS = {
    observation.TABLE: observation.KEY,
    forecast.TABLE: forecast.KEY,
    station.TABLE: station.KEY,
    "warning": _MESSAGE,
    "warning_info": (*_MESSAGE, "info_index"),
    "warning_area": (*_MESSAGE, "info_index", "area_index"),
}
_SCHEMAS = {
    observation.TABLE: observation.SCHEMA,
    forecast.TABLE: forecast.SCHEMA,
    station.TABLE: station.SCHEMA,
    **WARNING_TABLES,
}

Row = dict[str, Any]


class Readings:
    """The rows of one payload, table by table. ``format_name`` begins the names of the rules."""

    def __init__(self, format_name: str, *tables: str) -> None:
        self.format_name = format_name
        self.told = Told()
        self.rejects: list[Reject] = []
        self._rows: dict[str, list[Row]] = {table: [] for table in tables}

    def number(self, table: str, name: str, raw: Any, marks: Sequence[float] = ()) -> float | None:
        """``raw`` as a finite number; None, told, where it is missing (null, blank, one of ``marks``) or is none."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            self.told.add(table, MISSING, name)
            return None
        try:
            value = to_number(str(raw) if isinstance(raw, NotFinite) else raw)
        except NumberError as error:
            self.told.add(table, NOT_FINITE if isinstance(error, NotFiniteError) else NO_NUMBER, f"{name}={raw}")
            return None
        if value in marks:
            self.told.add(table, MISSING, f"{name}={raw}")
            return None
        return value

    def add(self, table: str, row: Row, extra: Mapping[str, Any] | None = None) -> None:
        """One row. Text that was destroyed on its way is told; what no database can keep is refused."""
        kept = dict(extra) if extra else None
        texts = [value for value in (*row.values(), *(kept or {}).values()) if isinstance(value, str)]
        if not is_storable(texts) or not is_storable(kept):
            reason = "a text holds a NUL or half a character, which no database keeps"
            record = storable({name: str(value) for name, value in row.items() if value is not None})
            where = f"row {len(self._rows[table]) + 1} of {table}"
            self.rejects.append(Reject(where, f"{self.format_name}.text.storable", reason, table, record))
            return
        self.damage(table, texts)
        self._rows[table].append({**row, "extra": as_json(kept)})

    def damage(self, table: str, texts: Iterable[Any]) -> None:
        """Tells which of ``texts`` lost something on their way."""
        for text in texts:
            if isinstance(text, str) and is_damaged(text):
                self.told.add(table, DAMAGED, text)

    def unknown(self, table: str, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            self.told.add(table, name, value)

    def parsed(self) -> Parsed:
        """The tables that hold something, or all of them, empty, where none does."""
        tables: dict[str, pa.Table] = {}
        drift = self.told.drift()
        is_empty = not any(self._rows.values())
        for table, rows in self._rows.items():
            if not rows and not is_empty:
                continue
            told = _said_once(rows) if table == station.TABLE else rows
            kept, repeated = last_wins(told, _KEYS[table], table)
            tables[table] = to_table(_SCHEMAS[table], kept)
            drift += repeated
        return Parsed(tables, self.rejects, drift)


def _said_once(rows: Sequence[Row]) -> list[Row]:
    """A station that every row of its values describes alike is no repeated key; of equal rows the last one stays."""
    return list({tuple(row.items()): row for row in reversed(rows)}.values())[::-1]


def rejected(tables: Mapping[str, pa.Schema], rule: str, reason: str, where: str = "payload") -> Parsed:
    """A payload of which nothing can be used."""
    return Parsed({name: to_table(schema, []) for name, schema in tables.items()}, [Reject(where, rule, reason)])
