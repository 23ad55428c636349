"""Bulletins of the Global Telecommunication System: what surrounds reports, and which month their days belong to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from connectors.clock import ClockError, to_utc
from connectors.errors import ConfigurationError
from connectors.model import Payload
from connectors.refusal import RefusedError
from connectors.text import UndecodableError, decode

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]+")
_START_MARK = re.compile(r"\x01\s*(?:\d{3,5}\s)?")
_ENVELOPE = re.compile(r"ZCZC\b.*|NNNN|\d{1,4}|\d{8,10}|\*+.*\*+", re.IGNORECASE)
"""Transmission marks. Five digits are none: a group of a report may stand alone on its line."""
_HEADING = re.compile(
    r"(?P<kind>[A-Z]{2})[A-Z]{2}\d{0,2} +[A-Z][A-Z0-9]{3} +\d{6}Z?(?: +(?:RR|CC|AA|P)[A-Z]{1,2})?", re.ASCII
)
_FILE_TIME = re.compile(r"_C_[A-Z]{4}_(\d{8})(\d{4,6})?", re.ASCII)
_FILE_MONTH = re.compile(r"_((?:19|20)\d{2})(0[1-9]|1[0-2])(?:\.[A-Za-z0-9]+)?\Z", re.ASCII)
"""A name that ends in a month, as WIS2-in-a-box asks for: SICG20FCBB_202308.txt."""
_AHEAD = timedelta(days=1)
"""How far a report may lie in the future of its payload: clocks differ, and reports are sent before the full hour."""


class Line(NamedTuple):
    """One line with something in it; ``heading`` holds the two letters of an abbreviated heading (SA, SM, FT)."""

    number: int
    text: str
    heading: str | None = None


def lines(body: bytes, format_name: str) -> Iterator[Line]:
    """The lines without control characters and transmission marks. Raises RefusedError for what is no text."""
    try:
        text = decode(body).text
    except UndecodableError as error:
        raise RefusedError(f"{format_name}.encoding", str(error)) from None
    if not text.strip():
        raise RefusedError(f"{format_name}.empty", "the payload is empty")
    for number, raw in enumerate(_CONTROL.sub("\n", _START_MARK.sub("\n", text)).splitlines(), 1):
        line = raw.strip()
        if not line or _ENVELOPE.fullmatch(line):
            continue
        match = _HEADING.fullmatch(line)
        yield Line(number, line, match["kind"] if match else None)


def reference_time(payload: Payload, options: Mapping[str, Any]) -> datetime:
    """When the payload was current: the option ``as_of``, else the time in the file's name (WMO) or the month that
    the name ends in, else the fetch.

    Reports name the day and the hour only; month and year are those nearest before this, never those of a clock here.
    """
    if as_of := options.get("as_of"):
        try:
            return to_utc(str(as_of), UTC, date_only=True)
        except ClockError as error:
            raise ConfigurationError(f"as_of is no time: {error}", remedy="write it as 2026-08-10 00:00") from None
    if match := _FILE_TIME.search(payload.name):
        day, clock = match[1], (match[2] or "2359").ljust(6, "0")
        try:
            return to_utc(day + clock, UTC)
        except ClockError:
            pass  # digits that are no time: the name tells nothing
    if match := _FILE_MONTH.search(payload.name):
        following = (datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC) + timedelta(days=31)).replace(day=1)
        return following - _AHEAD - timedelta(seconds=1)  # so that the last day of the month is not ahead of it
    return payload.fetched_at


def nearest(day: int, hour: int, minute: int, reference: datetime) -> datetime | None:
    """The latest such day of a month that lies before ``reference`` (or hardly after it); None if there is none."""
    if hour == 24 and minute == 0:
        found = nearest(day, 0, 0, reference)
        return found + timedelta(days=1) if found else None
    month = reference.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)
    for _ in range(4):
        month = month.replace(day=1)
        try:
            found = month.replace(day=day, hour=hour, minute=minute)
        except ValueError:
            found = None
        if found and found <= reference + _AHEAD:
            return found
        month -= timedelta(days=1)
    return None
