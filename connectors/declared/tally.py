"""What is told of a payload besides its rows: unknown columns, missing values, broken records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from connectors.declared.document import Cells
from connectors.model import Drift, Reject
from connectors.person import is_personal
from connectors.refusal import RefusedError
from connectors.text import storable

COLUMN_MISSING = "(column missing)"
MISSING = "(missing)"


@dataclass
class Tally:
    """Counts of one table of one payload."""

    table: str
    rejects: list[Reject] = field(default_factory=list)
    _seen: Counter[str] = field(default_factory=Counter)
    _examples: dict[str, str] = field(default_factory=dict)
    _missing: Counter[str] = field(default_factory=Counter)

    def see(self, name: str, example: Any) -> None:
        self._seen[name] += 1
        self._examples.setdefault(name, str(example)[:80])

    def miss(self, mark: str) -> None:
        self._missing[mark] += 1

    def reject(self, where: str, error: RefusedError, cells: Cells | None = None) -> None:
        raw = None if cells is None else {str(storable(name)): _shown(name, cell) for name, cell in cells.items()}
        self.rejects.append(Reject(where, error.rule, str(error), self.table, raw))

    def drift(self) -> list[Drift]:
        told = [Drift(self.table, name, count, self._examples[name]) for name, count in sorted(self._seen.items())]
        if self._missing:
            marks = ", ".join(f"{mark} x {count}" for mark, count in self._missing.most_common(5))
            told.append(Drift(self.table, MISSING, self._missing.total(), marks))
        return told


def _shown(name: str, cell: Any) -> Any:
    """A cell as quarantine may keep it: without persons."""
    if is_personal(name) and cell not in (None, ""):
        return "(a person)"
    value = storable(cell)
    return value if isinstance(value, str | int | float | bool | dict | list | None) else str(value)
