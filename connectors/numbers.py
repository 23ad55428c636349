"""Numbers as sources write them -> finite floats.

``float()`` alone is too kind: it reads ``nan``, ``1e400``, ``1_000`` and full-width digits.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.ASCII | re.IGNORECASE)


class NumberError(ValueError):
    """Not a number at all; ``str(error)`` names it."""


class NotFiniteError(NumberError):
    """NaN, an infinity, or a number too large to be one: never data, always a defect of the sender."""


def to_number(value: Any) -> float:
    """``value``, a number or the text of one, as a finite float. Raises NumberError or NotFiniteError."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise NumberError(f"{value!r} is not a number")
    if isinstance(value, str):
        text = value.strip()
        if _NOT_FINITE.fullmatch(text):
            raise NotFiniteError(f"{text!r} is not a finite number")
        if not _NUMBER.fullmatch(text):
            raise NumberError(f"{text[:40]!r} is not a number")
        value = text
    try:
        number = float(value)
    except OverflowError as error:  # an integer of hundreds of digits
        raise NotFiniteError("the number is too large") from error
    if not math.isfinite(number):
        raise NotFiniteError(f"{value!r} is not a finite number")
    return number
