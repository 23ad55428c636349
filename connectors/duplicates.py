"""One row per key inside one payload: the last one stands, and that it happened is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.model import Drift

DUPLICATE = "(duplicate key)"
"""The ``Drift.field`` under which repeated keys of one payload are counted."""


def last_wins(
    rows: Sequence[dict[str, Any]], key: tuple[str, ...], table: str
) -> tuple[list[dict[str, Any]], list[Drift]]:
    """``rows`` without those whose ``key`` comes again later, in their order, and a note if there were any."""
    last = {tuple(row[name] for name in key): index for index, row in enumerate(rows)}
    repeated = len(rows) - len(last)
    if not repeated:
        return list(rows), []
    kept = set(last.values())
    dropped = next(row for index, row in enumerate(rows) if index not in kept)
    example = " ".join(str(dropped[name]) for name in key)
    return [row for index, row in enumerate(rows) if index in kept], [Drift(table, DUPLICATE, repeated, example)]
