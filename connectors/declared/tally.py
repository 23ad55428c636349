"""What is told of a payload besides its rows: unknown columns, missing values, broken records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from connectors.declared.document import Cells
from connectors.model import Drift, Reject
from connectors.person import is_personal
from connectors.refusal import RefusedError
from connectors.telling import MISSING, Told
from connectors.text import storable

COLUMN_MISSING = "(column missing)"


@dataclass
class Tally:
    """Counts of one table of one payload."""

    table: str
    rejects: list[Reject] = field(default_factory=list)
    _told: Told = field(default_factory=Told)
    _missing: Counter[str] = field(default_factory=Counter)

    def see(self, name: str, example: Any) -> None:
        self._told.add(self.table, name, example)

    def miss(self, mark: str) -> None:
        self._missing[mark] += 1

    def reject(self, where: str, error: RefusedError, cells: Cells | None = None) -> None:
        raw = None if cells is None else {str(storable(name)): _shown(name, cell) for name, cell in cells.items()}
        self.rejects.append(Reject(where, error.rule, str(error), self.table, raw))

    def drift(self) -> list[Drift]:
        """What was seen, and the missing values in one note that says which marks they had."""
        if not self._missing:
            return self._told.drift()
        marks = ", ".join(f"{mark} x {count}" for mark, count in self._missing.most_common(5))
        return [*self._told.drift(), Drift(self.table, MISSING, self._missing.total(), marks)]


def _shown(name: str, cell: Any) -> Any:
    """A cell as quarantine may keep it: without persons."""
    if is_personal(name) and cell not in (None, ""):
        return "(a person)"
    value = storable(cell)
    return value if isinstance(value, str | int | float | bool | dict | list | None) else str(value)
