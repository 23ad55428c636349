"""What a parser meets beside the records it lands, counted by name: the drift of a payload."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.model import Drift

MISSING = "(missing)"
"""The ``Drift.field`` under which values that the source marked as missing are counted."""
DAMAGED = "(damaged text)"
"""Text that was destroyed by a wrong decoding before it reached us (U+FFFD, 锟斤拷)."""


class Told:
    """Counts per table and field, with the first example; in the order in which they were first met."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[int, str | None]] = {}

    def add(self, table: str, field: str, example: object = None, count: int = 1) -> None:
        known, first = self._seen.get((table, field), (0, None if example is None else str(example)[:80]))
        self._seen[table, field] = (known + count, first)

    def add_all(self, table: str, fields: Iterable[tuple[str, object]]) -> None:
        for field, example in fields:
            self.add(table, field, example)

    def drift(self) -> list[Drift]:
        return [Drift(table, field, count, example) for (table, field), (count, example) in self._seen.items()]
