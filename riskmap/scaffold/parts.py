"""The parts that columns play in a record: its time, its code, its place, its measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from riskmap.scaffold import names
from riskmap.scaffold.columns import Column

Kind = Literal["observation", "record"]


@dataclass(frozen=True)
class LongForm:
    """Records that name their quantity themselves."""

    name: Column
    value: Column
    unit: Column | None


class Parts:
    """``wrapper``: from which level on a JSON reply tells of itself, not of its records; 0: nowhere."""

    def __init__(self, columns: Sequence[Column], wrapper: int) -> None:
        self.columns, self.wrapper = tuple(columns), wrapper

    @cached_property
    def event(self) -> tuple[Column, ...]:
        """The column of the time of observation, or those of its date and its time of day; empty if there is none."""
        times = [column for column in self.columns if column.kind == "timestamptz"]
        times.sort(
            key=lambda c: (
                names.is_issue(c.name),
                names.is_other_time(c.name),
                c.level,
                _rank(c, names.EVENT),
                c.is_date,
            )
        )
        if not times:
            return ()
        clock = next((column for column in self.columns if column.is_clock and column.filled), None)
        return (times[0], clock) if times[0].is_date and clock and clock.level == times[0].level else (times[0],)

    @cached_property
    def issued(self) -> Column | None:
        rest = (column for column in self.columns if column.kind == "timestamptz" and column not in self.event)
        return next((column for column in rest if names.is_issue(column.name)), None)

    @cached_property
    def code(self) -> Column | None:
        """The column that says what is observed: filled in every record, named like a code."""
        fitting = [
            column
            for column in self.columns
            if column.filled and column.kind in ("text", "integer", "bigint") and not column.is_clock
            and not names.is_region(column.name) and column not in self.event
        ]  # fmt: skip
        named = [column for column in fitting if names.is_code(column.name) or names.plain(column.name) in names.NAME]
        named.sort(key=self._surety)
        return named[0] if named else None

    def _surety(self, column: Column) -> tuple[bool, bool, bool, int, int]:
        """Sorts codes, the surest first; ``code`` beside the list of records is that of the reply."""
        is_reply = bool(self.wrapper) and column.level >= self.wrapper
        rank = _rank(column, names.CODE)
        return not names.is_code(column.name), is_reply, names.is_owner(column.name), rank, column.level

    @cached_property
    def place(self) -> tuple[Column, Column] | None:
        """Longitude and latitude in degrees."""
        x, y = self._degrees(names.LONGITUDE, "coordinates.0", 180), self._degrees(names.LATITUDE, "coordinates.1", 90)
        return (x, y) if x and y and x.level == y.level else None

    def _degrees(self, words: Sequence[str], ending: str, largest: float) -> Column | None:
        found = (c for c in self.columns if names.plain(c.name) in words or c.name.endswith(ending))
        return next(
            (c for c in found if c.is_number and c.values and all(abs(float(v)) <= largest for v in c.values)), None
        )

    def called(self, words: Sequence[str], level: int) -> Column | None:
        """The text column under one of these names, at ``level`` or above."""
        found = [c for c in self.columns if c.kind == "text" and c.level >= level and names.plain(c.name) in words]
        return min(found, key=lambda c: c.level, default=None)

    def name(self, level: int) -> Column | None:
        """The column that names the place, at ``level`` or above: ``name``, or else one that ends so (``wellName``)."""
        ending = (c.name for c in self.columns if names.snake(c.name).endswith("_name") and not names.is_owner(c.name))
        return self.called(names.NAME, level) or self.called([names.plain(name) for name in ending], level)

    @cached_property
    def long(self) -> LongForm | None:
        own = {names.plain(column.name): column for column in self.columns if column.level == 0}
        name, value, unit = (
            next((own[w] for w in words if w in own), None) for words in (names.QUANTITY, names.VALUE, names.UNIT)
        )
        if name is None or value is None or name.kind != "text" or not name.filled or not value.is_number:
            return None
        return LongForm(name, value, unit)

    @cached_property
    def values(self) -> tuple[Column, ...]:
        """Columns of measurements: numbers that are no code, no state, no place and no time."""
        if self.long:
            return (self.long.value,)
        played = {*self.event, self.issued, self.code, *(self.place or ())}
        numbers = (column for column in self.columns if column.is_number and column.level == 0 and column not in played)
        return tuple(c for c in numbers if not (names.is_code(c.name) or names.is_state(c.name)))

    @property
    def kind(self) -> Kind:
        """An observation needs a time, a code and a number; everything else is a record of its own, and so is what has
        a start or an end in place of a time."""
        if not (self.event and self.code and self.values) or names.is_other_time(self.event[0].name):
            return "record"
        return "observation"

    @property
    def event_doubt(self) -> str:
        """What to look at if the time is not the records' own."""
        is_reply = bool(self.event) and bool(self.wrapper) and self.event[0].level >= self.wrapper
        return "it stands beside the list: the time of the records, or of the reply?" if is_reply else ""

    def is_envelope(self, column: Column) -> bool:
        """Does the column stand outside of the list of records, and play no part in them?"""
        if not self.wrapper or column.level < self.wrapper or column in self.event:
            return False
        return self.code is None or self.code.level < self.wrapper


def _rank(column: Column, words: Sequence[str]) -> int:
    word = names.plain(column.name)
    return words.index(word) if word in words else len(words)
