"""Values and states of a mine's points, whatever file type or flavour they came in."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from connectors.arrow import as_json
from connectors.enterprise.mine_variables import SWITCH, switch_text
from connectors.numbers import NotFiniteError, NumberError, to_number

SENTINEL = -9999.0
NO_NUMBER = "no_number"
KNOWN_FLAGS = 0xFF
"""1 alarm, 2 power cut, 4 calibration, 8 over range, 16 substation fault, 32 not polled, 64 paused, 128 sensor fault"""

_STATUS_WORDS = {"good": 0, "normal": 0, "正常": 0, "fault": 128, "故障": 128}


class Value(NamedTuple):
    """value is null exactly if missing_reason says why: empty, null, sentinel or no_number."""

    value: float | None
    text: str | None
    missing_reason: str | None


def value_of(raw: str | None, variable: str, type_name: str) -> Value:
    """The value of a point. Text that is no number stays as text; NaN and infinities raise NotFiniteError."""
    if raw is None or not raw:
        return Value(None, None, "null" if raw is None else "empty")
    try:
        number = to_number(raw)
    except NotFiniteError:
        raise
    except NumberError:
        return Value(None, raw, NO_NUMBER)
    if number == SENTINEL:
        return Value(None, None, "sentinel")
    return Value(number, switch_text(type_name, number) if variable == SWITCH else None, None)


@lru_cache(maxsize=1024)
def flags_of(status: str) -> int | None:
    """The status as bit flags (they add up: 3 is alarm and power cut); None if it is not such a status.

    A text of eight binary digits is seen in the field and its bit order is not documented, so only all-zero
    counts; the caller keeps what is not understood.
    """
    word = _STATUS_WORDS.get(status.lower())
    if word is not None:
        return word
    if not (status.isascii() and status.isdigit()):
        return None
    flags = int(status) if len(status) <= 3 or not status.strip("0") else KNOWN_FLAGS + 1
    return flags if flags <= KNOWN_FLAGS else None


@lru_cache(maxsize=65536)
def extra_of(type_name: str, location: str, status: str | None) -> str | None:
    """What the source says and no column holds; cached because a point says the same every minute."""
    extra = {"type_name": type_name, "location": location, "status": status}
    return as_json({name: value for name, value in extra.items() if value} or None)
