"""Cells of an uploaded table -> values of a contract's column types, strictly: what is not clearly one is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from connectors.arrow import as_json
from connectors.clock import BEIJING, ClockError, local_to_utc, to_utc, zone_named
from connectors.numbers import NumberError, to_number
from connectors.refusal import RefusedError
from connectors.sheet import Cell
from connectors.truth import TRUTHS

_SPLIT = re.compile(r"[；;，,、\n]+")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+\d{2}", re.ASCII)  # what Excel makes of a long code
_CHINESE_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?\s*")
_DOTTED_DATE = re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})", re.ASCII)
_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number
_LARGEST = {"integer": 2**31, "bigint": 2**63}


def value(cell: Cell, column: Mapping[str, Any]) -> Any:
    """The cell, which is not empty, as the column's type. Raises RefusedError without the column's name."""
    return _READERS[str(column["type"])](cell, column)


def text(cell: Cell) -> str:
    """A code that a spreadsheet took for a number is restored where that is certain, and refused where it is not."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        if abs(cell) >= _EXACT:
            reason = f"{cell} is a number of which the spreadsheet kept 15 digits: format the column as text"
            raise RefusedError("upload.code.scientific", reason)
        return str(int(cell)) if float(cell).is_integer() else str(cell)
    if isinstance(cell, str) and _SCIENTIFIC.fullmatch(cell.strip()):
        reason = f"{cell.strip()!r} is what a spreadsheet makes of a long code: format the column as text"
        raise RefusedError("upload.code.scientific", reason)
    return cell.strip() if isinstance(cell, str) else str(cell)


def _text(cell: Cell, column: Mapping[str, Any]) -> str:
    return text(cell)


def _number(cell: Cell, column: Mapping[str, Any]) -> float:
    try:
        return to_number(cell)
    except NumberError as error:
        raise RefusedError("upload.number", f"{error}; write it without unit and without separators") from None


def _whole(cell: Cell, column: Mapping[str, Any]) -> int:
    number = _number(cell, column)
    if number != int(number) or abs(number) >= _LARGEST[str(column["type"])]:
        raise RefusedError("upload.number", f"{cell!r} is not a whole number that fits the column")
    return int(number)


def _truth(cell: Cell, column: Mapping[str, Any]) -> bool:
    if isinstance(cell, bool):
        return cell
    word = text(cell).lower()
    if word not in TRUTHS:
        raise RefusedError("upload.truth", f"{word[:40]!r} is neither 是 nor 否")
    return TRUTHS[word]


def _moment(cell: Cell, column: Mapping[str, Any]) -> datetime:
    zone = zone_named(str(column.get("zone") or BEIJING))
    try:
        if isinstance(cell, date):  # a datetime is one, too
            return local_to_utc(cell, zone)
        if isinstance(cell, int | float):
            guess = f" (as a day of a spreadsheet it would be {_serial(cell)})" if _serial(cell) else ""
            reason = f"{cell} is a number, not a time{guess}: format the column as date, or write yyyy-MM-dd HH:mm"
            raise RefusedError("upload.time.serial", reason)
        written = _CHINESE_DATE.sub(r"\1-\2-\3 ", str(cell)).strip()
        return to_utc(_DOTTED_DATE.sub(r"\1-\2-\3", written), zone, date_only=True)
    except ClockError as error:
        raise RefusedError("upload.time", str(error)) from None


def _serial(cell: float) -> date | None:
    return date(1899, 12, 30) + timedelta(days=int(cell)) if 20_000 < cell < 80_000 else None


def parts(cell: Cell) -> list[str]:
    """The entries of a list in one cell."""
    return [part.strip() for part in _SPLIT.split(text(cell)) if part.strip()]


def _listed(cell: Cell, column: Mapping[str, Any]) -> str | None:
    return as_json(parts(cell))


_READERS: Mapping[str, Callable[[Cell, Mapping[str, Any]], Any]] = {
    "text": _text,
    "double precision": _number,
    "integer": _whole,
    "bigint": _whole,
    "boolean": _truth,
    "timestamptz": _moment,
    "jsonb": _listed,
}
