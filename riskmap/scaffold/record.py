"""A table of the feed's own: a typed column per column of the sample, and a key."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

from riskmap.scaffold import names
from riskmap.scaffold.columns import Column
from riskmap.scaffold.mapping import time_field
from riskmap.scaffold.parts import Parts
from riskmap.scaffold.request import Request
from riskmap.scaffold.text import line

NO_TIME = "updated_at"
"""The clock of a sample without any time: declared, and empty until the mapping fills it."""
_MOST_KEY_COLUMNS = 3


@dataclass(frozen=True)
class Target:
    """A column of the table and where it comes from; ``sources`` are empty for a clock that nothing fills."""

    name: str
    kind: str
    sources: tuple[Column, ...]
    check: str = ""

    @property
    def values(self) -> tuple[Any, ...]:
        return tuple(zip(*(source.values for source in self.sources), strict=False))


class OwnTable:
    """The table named after the feed. ``records``: how many the sample has."""

    def __init__(self, request: Request, parts: Parts, records: int) -> None:
        self.request, self.parts, self.records = request, parts, records
        self.columns = self._columns()
        self.key, self.is_sure = self._key()

    @property
    def event(self) -> str:
        """The column of the clock."""
        return next((t.name for t in self.columns if t.sources == self.parts.event), NO_TIME)

    @property
    def issued(self) -> str:
        issued = self.parts.issued
        return next((t.name for t in self.columns if issued and t.sources == (issued,)), self.event)

    def _columns(self) -> tuple[Target, ...]:
        found: list[Target] = []
        clock = set(self.parts.event[1:])
        for column in self.parts.columns:
            if column in clock or self.parts.is_envelope(column):
                continue
            taken = {target.name for target in found}
            sources = self.parts.event if column in self.parts.event else (column,)
            name = names.unique(self._role(column) or "", taken) if self._role(column) else ""
            name = name or names.column_name(column.name, taken, len(found) + 1)
            found.append(Target(name, column.kind, sources, self._check(column, name)))
        if not self.parts.event:
            taken = {target.name for target in found}
            found.append(
                Target(names.unique(NO_TIME, taken), "timestamptz", (), "the sample has no time: what fills it?")
            )
        return tuple(found)

    def _role(self, column: Column) -> str | None:
        if self.parts.place and column in self.parts.place:
            return ("longitude", "latitude")[self.parts.place.index(column)]
        if column in self.parts.event and not names.snake(column.name).endswith("_at"):
            return "event_at"
        return "issued_at" if column is self.parts.issued and not names.snake(column.name).endswith("_at") else None

    def _check(self, column: Column, name: str) -> str:
        said = [column.doubt] if column.doubt else []
        if column.kind in ("integer", "bigint") and not names.is_code(column.name):
            said.append("whole numbers in the sample, may it have fractions?")
        if name.startswith("column_"):
            said.append(f"name {column.name.strip()!r} in English")
        return "; ".join(said)

    def _key(self) -> tuple[tuple[str, ...], bool]:
        """The fewest columns that tell the records apart, codes and the clock first; all that are filled if none do."""
        filled = [t for t in self.columns if t.sources and all(source.filled for source in t.sources)]
        filled = [t for t in filled if t.kind in ("text", "integer", "bigint", "timestamptz")]
        code = self.parts.code
        filled.sort(
            key=lambda t: (t.sources[0] is not code, t.name != self.event, not names.is_code(t.sources[0].name))
        )
        for size in range(1, _MOST_KEY_COLUMNS + 1):
            for chosen in combinations(filled, size):
                if len(set(zip(*(t.values for t in chosen), strict=True))) == self.records:
                    return tuple(t.name for t in chosen), chosen[0].sources[0] is code
        every = tuple(t.name for t in filled or self.columns[:1])
        return every, False

    def lines(self) -> list[str]:
        """The profile's part of it."""
        lines = [line(10, self.request.id)]
        if self.parts.place:
            lines.append(line(12, "crs", self.request.crs, "of the coordinates as sent"))
        lines.append(line(12, "columns", {target.name: target.kind for target in self.columns}))
        lines += [line(12, "key", list(self.key)), line(12, "fields")]
        return lines + [self._field(target) for target in self.columns if target.sources]

    def _field(self, target: Target) -> str:
        if target.kind != "timestamptz":
            return line(14, target.name, target.sources[0].name)
        way, doubt = time_field(target.sources, self.request.zone)
        if target.sources == self.parts.event:
            doubt = "; ".join(said for said in (doubt, self.parts.event_doubt) if said)
        return line(14, target.name, way, doubt)
