"""What the values of a sample's columns are: numbers, truths, instants, texts; never more than they show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.clock import BEIJING, ClockError, to_utc, zone_named
from connectors.declared.document import Cells, parents
from connectors.numbers import NumberError, to_number
from connectors.truth import TRUTHS
from riskmap.scaffold.names import is_code, is_time

MARKS = frozenset(
    {"-", "--", "---", "—", "/", "//", "///", "N/A", "n/a", "NA", "null", "NULL", "None", "NaN", "nan", "M", "缺测"}
)
"""Words for "no value" in a column whose other values are no texts."""
SENTINELS = frozenset({-9999.0, -99999.0, -999999.0, 999999.0})
_FORMATS = (
    "%Y%m%d%H%M",
    "%Y%m%d%H",
    "%Y%m%d",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日%H时",
    "%Y年%m月%d日",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d %H:%M",
    "%Y.%m.%d",
)
_OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_EPOCHS = {"s": (946684800, 4102444800), "ms": (946684800_000, 4102444800_000)}  # the years 2000 to 2100
_DIGITS = re.compile(r"[+-]?0\d|\d{12}")  # a code, not a quantity: leading zeros, or so many digits


@dataclass(frozen=True, eq=False)
class Column:
    """``kind`` is a contract type. ``time``: how an instant is written, in the words of a profile's field.

    ``marks`` stood where a value was missing; ``doubt`` is what a person should look at.
    """

    name: str
    kind: str
    values: tuple[Any, ...] = ()
    filled: bool = False
    time: Mapping[str, Any] = field(default_factory=dict)
    has_zone: bool = False
    marks: tuple[str, ...] = ()
    doubt: str = ""

    @property
    def level(self) -> int:
        return parents(self.name)

    @property
    def is_number(self) -> bool:
        return self.kind in ("double precision", "integer", "bigint")

    @property
    def is_date(self) -> bool:
        return self.kind == "timestamptz" and bool(self.time.get("date_only"))

    @property
    def is_clock(self) -> bool:
        """A time of day without a date."""
        return self.kind == "text" and bool(self.values) and all(_CLOCK.fullmatch(str(v)) for v in self.values)


def survey(records: Sequence[Cells]) -> list[Column]:
    """Every column of the records, in the order in which they show up."""
    names = dict.fromkeys(name for cells in records for name in cells)
    return [_column(name, [cells.get(name) for cells in records]) for name in names]


def _column(name: str, cells: Sequence[Any]) -> Column:
    sent = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
    said = [cell for cell in sent if cell not in (None, "")]
    values = [cell for cell in said if not (isinstance(cell, str) and str(cell) in MARKS)]
    marks = tuple(dict.fromkeys(str(cell) for cell in said if isinstance(cell, str) and str(cell) in MARKS))
    kind, time = _kind(name, values)
    if kind in ("text", "jsonb"):
        doubt = _doubt(values) if kind == "text" else ""
        return Column(name, kind, tuple(said), len(said) == len(sent), doubt=doubt)
    if kind in ("double precision", "integer", "bigint"):
        codes = dict.fromkeys(str(v) for v in values if to_number(v) in SENTINELS)
        values = [v for v in values if to_number(v) not in SENTINELS]
        marks = (*marks, *codes)
    has_zone = bool(time.get("epoch")) or (kind == "timestamptz" and all(_OFFSET.search(str(v)) for v in values))
    return Column(name, kind, tuple(values), len(values) == len(sent), time, has_zone, marks)


def _kind(name: str, values: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    if any(isinstance(value, dict | list) for value in values):
        return "jsonb", {}
    truths = [isinstance(value, bool) for value in values]
    if any(truths) or not values:
        return ("boolean" if all(truths) and values else "text"), {}
    if (time := _time(name, [str(value) for value in values])) is not None:
        return "timestamptz", time
    number = None if is_code(name) else _number(values)
    words = [str(value).lower() for value in values]
    is_truth = all(word in TRUTHS and not word.isdigit() for word in words)
    return number or ("boolean" if is_truth else "text"), {}


def _number(values: Iterable[Any]) -> str | None:
    numbers = []
    for value in values:
        if isinstance(value, str) and _DIGITS.match(value):
            return None
        try:
            numbers.append(to_number(value))
        except NumberError:
            return None
    if any(number != int(number) for number in numbers if number not in SENTINELS):
        return "double precision"
    largest = max(abs(number) for number in numbers)
    return "integer" if largest < 2**31 else "bigint" if largest < 2**53 else None


def _time(name: str, texts: Sequence[str]) -> dict[str, Any] | None:
    """None if these are no instants. Digits alone are taken for a time only under the name of one."""
    is_digits = all(text.isdigit() for text in texts)
    if is_digits and not is_time(name):
        return None
    zone = zone_named(BEIJING)
    ways: list[dict[str, Any]] = [{}, {"midnight_24": True}, {"date_only": True}]
    for way in ways:
        if _all(texts, lambda text, way=way: to_utc(text, zone, **way)):  # type: ignore[misc] # mypy: lambda defaults
            return way
    if all(re.fullmatch(r"/Date\(-?\d+(?:[+-]\d{4})?\)/", text) for text in texts):
        return {"epoch": "dotnet"}
    for form in _FORMATS:
        if _all(texts, lambda text, form=form: _exactly(text, form)):  # type: ignore[misc]
            return {"formats": form}
    epochs = ((unit, span) for unit, span in _EPOCHS.items() if is_digits)
    return next(({"epoch": unit} for unit, (a, b) in epochs if all(a <= int(text) < b for text in texts)), None)


def _exactly(text: str, form: str) -> datetime:
    """strptime takes 2026081008 for %Y%m%d%H%M, too: only what is written back alike is of the form. The year tells
    2026081008 from seconds since 1970."""
    moment = datetime.strptime(text, form)  # noqa: DTZ007 - only the form is asked for
    if moment.strftime(form) != text or not 1990 <= moment.year < 2100:
        raise ValueError(text)
    return moment


def _all(texts: Sequence[str], read: Callable[[str], Any]) -> bool:
    try:
        for text in texts:
            read(text)
    except (ClockError, ValueError):
        return False
    return True


def _doubt(values: Sequence[Any]) -> str:
    if not values:
        return "no value in the sample"
    numbers = [value for value in values if _is_number(value)]
    if 0 < len(numbers) < len(values):
        odd = next(value for value in values if not _is_number(value))
        return f"mixed: {len(numbers)} numbers and {len(values) - len(numbers)} other, e.g. {str(odd)[:30]!r}"
    return ""


def _is_number(value: Any) -> bool:
    try:
        to_number(value)
    except NumberError:
        return False
    return True
