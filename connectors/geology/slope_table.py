"""A table of slopes (CSV or XLSX) whose header was recognised: rows of texts by our column names.

What is common to catalogues and inventories; what the columns mean is their business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.numbers import NotFiniteError, NumberError, to_number
from connectors.refusal import RefusedError
from connectors.sheet import Cell, Formula, Sheet
from connectors.text import is_damaged, is_storable

FORMAT = "landslide_csv"
Row = dict[str, Cell]
Aliases = Mapping[str, Sequence[str]]
_TITLE_ROWS = 10
_NOISE = re.compile(r"[\s*＊_]|[(（\[【].*?[)）\]】]")
_UNIT = re.compile(r"[(（\[【](.*?)[)）\]】]")


@dataclass(frozen=True)
class Table:
    """``names`` are ours where the header is known, else the header's text; ``units`` what it has in brackets."""

    names: list[str]
    units: Mapping[str, str]
    rows: list[tuple[str, list[Cell]]]

    def read(self) -> Iterator[tuple[str, dict[str, Any], Row | RefusedError]]:
        """Where, raw record, and the row by name without its empty cells, or why it cannot be read."""
        for where, cells in self.rows:
            raw = {name: _plain(cell) for name, cell in zip(self.names, cells, strict=False)}
            try:
                yield where, raw, self._row(cells)
            except RefusedError as error:
                yield where, raw, error

    def _row(self, cells: list[Cell]) -> Row:
        if len(cells) != len(self.names) and any(cell not in (None, "") for cell in cells[len(self.names) :]):
            reason = f"the row has {len(cells)} cells, the header {len(self.names)}: an unquoted comma?"
            raise RefusedError(f"{FORMAT}.cells", reason)
        if len(cells) < len(self.names):
            reason = f"the row breaks off after {len(cells)} of {len(self.names)} cells"
            raise RefusedError(f"{FORMAT}.cells", reason)
        row: Row = {}
        for name, cell in zip(self.names, cells, strict=False):
            if isinstance(cell, Formula):
                raise RefusedError(f"{FORMAT}.formula", f"the cell {cell[:40]!r} is a formula or an error, not data")
            if isinstance(cell, str) and (is_damaged(cell) or not is_storable(cell)):
                reason = "the text was destroyed by a wrong decoding (U+FFFD, 锟斤拷)"
                raise RefusedError(f"{FORMAT}.damaged", reason)
            value = cell.strip() if isinstance(cell, str) else cell
            if value not in (None, ""):
                row[name] = value
        return row


def recognise(sheet: Sheet, aliases: Aliases, required: Sequence[str]) -> Table | None:
    """The table below the first row that names all of ``required``; None if none of the top rows does."""
    for place, (_, cells) in enumerate(sheet.rows[:_TITLE_ROWS]):
        texts = ["" if cell is None else str(cell).strip() for cell in cells]
        names = _names(texts, aliases)
        if set(required) <= set(names):
            if repeated := sorted({name for name in names if names.count(name) > 1}):
                raise RefusedError(f"{FORMAT}.header.repeated", f"several columns are called {', '.join(repeated)}")
            units = {name: unit[1] for name, text in zip(names, texts, strict=True) if (unit := _UNIT.search(text))}
            return Table(names, units, sheet.rows[place + 1 :])
    return None


def _names(texts: list[str], aliases: Aliases) -> list[str]:
    """Our name for the best alias of each column that the header has; every other column keeps its own."""
    names = [text or f"column {place}" for place, text in enumerate(texts, 1)]
    words = [_word(text) for text in texts]
    for column, known in aliases.items():
        if best := next((word for alias in known if (word := _word(alias)) in words), None):
            for place in [at for at, word in enumerate(words) if word == best]:
                names[place] = column
    return names


def _word(text: str) -> str:
    return _NOISE.sub("", text).lower()


def text(row: Row, name: str) -> str | None:
    cell = row.get(name)
    if isinstance(cell, float) and cell.is_integer():  # 140000.0 of a spreadsheet is the code 140000
        cell = int(cell)
    return None if cell is None else str(cell)


def number(row: Row, name: str) -> float | None:
    cell = row.get(name)
    if cell is None:
        return None
    try:
        return to_number(cell)
    except NotFiniteError as error:
        raise RefusedError(f"{FORMAT}.{name}.finite", str(error)) from None
    except NumberError as error:
        raise RefusedError(f"{FORMAT}.{name}.number", str(error)) from None


def count(row: Row, name: str) -> int | None:
    found = number(row, name)
    if found is None:
        return None
    if not found.is_integer() or abs(found) >= 2**31:
        raise RefusedError(f"{FORMAT}.{name}.count", f"{row[name]!r} is not a whole number")
    return int(found)


def _plain(cell: Cell) -> Any:
    return (
        cell.isoformat() if isinstance(cell, datetime) else cell if isinstance(cell, str | int | float) else str(cell)
    )
