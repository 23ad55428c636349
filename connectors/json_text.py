"""JSON from strangers: bytes -> plain values, or one clear sentence about why not.

Python's reader takes ``NaN``, reads ``1e400`` as infinity and chokes on integers of thousands of digits. Here such a
number stays in its place as a :class:`NotFinite`, so that only the record that holds it has to be refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from connectors.refusal import RefusedError
from connectors.text import UndecodableError, decode

_LONGEST_INTEGER = 30  # digits; Python refuses to read thousands of them and the whole document with it


class NotFinite(str):
    """What stood where JSON has a number and was none: ``NaN``, ``-Infinity``, ``1e400``."""

    __slots__ = ()


def read_json(body: bytes, format_name: str) -> Any:
    """The document's value. Raises RefusedError with the rule ``<format_name>.empty``, ``.encoding`` or ``.json``."""
    if not body.strip():
        raise RefusedError(f"{format_name}.empty", "the document is empty")
    try:
        text = decode(body).text
    except UndecodableError as error:
        raise RefusedError(f"{format_name}.encoding", str(error)) from None
    return read_json_text(text, format_name)


def read_json_text(text: str, format_name: str) -> Any:
    """The same for text: one line of NDJSON, a member that holds JSON."""
    if text.lstrip().startswith("<"):
        reason = "the document is HTML or XML, not JSON: something other than the source answered"
        raise RefusedError(f"{format_name}.json", reason)
    try:
        return json.loads(text, parse_float=_float, parse_int=_integer, parse_constant=NotFinite)
    except json.JSONDecodeError as error:
        raise RefusedError(f"{format_name}.json", f"the document is not whole JSON: {error}") from None
    except RecursionError:
        raise RefusedError(f"{format_name}.json", "the document is nested too deeply") from None


def not_finite(value: Any) -> Iterator[NotFinite]:
    """Every such number inside ``value``."""
    if isinstance(value, NotFinite):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from not_finite(part)
    elif isinstance(value, list):
        for part in value:
            yield from not_finite(part)


def _float(text: str) -> float | NotFinite:
    value = float(text)
    return value if math.isfinite(value) else NotFinite(text)


def _integer(text: str) -> int | NotFinite:
    return int(text) if len(text) <= _LONGEST_INTEGER else NotFinite(text)
