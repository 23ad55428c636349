"""What a parser meets beside the records it lands, counted by name: the drift of a payload."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.model import Drift
from connectors.text import storable

MISSING = "(missing)"
"""The ``Drift.field`` under which values that the source marked as missing, or left out, are counted."""
DAMAGED = "(damaged text)"
"""Text that was destroyed by a wrong decoding before it reached us (U+FFFD, 锟斤拷) and lands all the same."""
ENCODING = "(encoding)"
"""The payload was text in another encoding than UTF-8."""
SHEET_NOT_READ = "(sheet not read)"
"""Rows of a workbook's sheet that is none of the format's tables: instructions, code lists."""

_LONGEST = 100


class Told:
    """Counts per table and field, with the first example; in the order in which they were first met."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[int, str | None]] = {}

    def add(self, table: str, field: str, example: object = None, count: int = 1) -> None:
        known = self._seen.get((table, field))
        if known is None:
            shown = None if example is None else str(storable(str(example)))[:_LONGEST]
            self._seen[table, field] = (count, shown)
        else:
            self._seen[table, field] = (known[0] + count, known[1])

    def add_all(self, table: str, fields: Iterable[tuple[str, object]]) -> None:
        for field, example in fields:
            self.add(table, field, example)

    def drift(self) -> list[Drift]:
        return [Drift(table, field, count, example) for (table, field), (count, example) in self._seen.items()]
