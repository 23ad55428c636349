"""Local time as sources write it -> instants.

China's source systems write wall-clock time without a zone; the contract declares which one. A text that could
mean two instants, or none, is refused: a record in quarantine is better than one eight hours off.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.errors import ConfigurationError

BEIJING = "Asia/Shanghai"
"""The zone that every Chinese source means when its contract declares none."""

_DATE = r"(?P<y>\d{4})(?P<sep>[-/])(?P<mo>\d{1,2})(?P=sep)(?P<d>\d{1,2})"
_CLOCK = r"(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:\.(?P<f>\d{1,9}))?)?"
_WRITTEN = re.compile(rf"{_DATE}(?:[T ]{_CLOCK}(?P<offset> ?(?:Z|[+-]\d{{2}}:?\d{{2}}))?)?", re.ASCII)
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<mo>\d{2})(?P<d>\d{2})(?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2})", re.ASCII)


class ClockError(ValueError):
    """A text that does not name one instant; ``str(error)`` says why."""


@lru_cache(maxsize=32)
def zone_named(name: str) -> ZoneInfo:
    """The zone of that IANA name ("Asia/Shanghai"); ConfigurationError if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"there is no time zone {name!r}", remedy="put an IANA name such as Asia/Shanghai into the contract's clock"
        ) from error


def to_utc(text: str, zone: tzinfo, *, midnight_24: bool = False, date_only: bool = False) -> datetime:
    """The instant that ``text``, local time in ``zone``, stands for, in UTC.

    Understood: ``2026-08-10 08:05:00`` (also with ``/``, ``T``, without seconds or with a fraction) and
    ``20260810080500``. An offset in the text itself goes before ``zone``. ``midnight_24`` takes ``24:00:00`` as
    the start of the next day, ``date_only`` a bare date as its start. Raises ClockError for anything else,
    and for local times that daylight saving skips or repeats.
    """
    text = text.strip()
    match = _WRITTEN.fullmatch(text) or _COMPACT.fullmatch(text)
    if match is None:
        raise ClockError(f"{text[:40]!r} is not a time of the form yyyy-MM-dd HH:mm:ss")
    parts = match.groupdict()
    if parts["h"] is None and not date_only:
        raise ClockError(f"{text!r} is a date without a time of day")
    return _instant(_local(text, parts, midnight_24=midnight_24), parts.get("offset"), zone)


def local_to_utc(moment: datetime | date, zone: tzinfo) -> datetime:
    """The same for a value that is a date or time already (a spreadsheet cell); an aware one keeps its zone."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return _instant(moment, None, zone)


def _local(text: str, parts: dict[str, str | None], *, midnight_24: bool) -> datetime:
    year, month, day, hour, minute, second = (int(parts.get(k) or 0) for k in ("y", "mo", "d", "h", "mi", "s"))
    fraction = int((parts.get("f") or "").ljust(6, "0")[:6])
    is_24 = hour == 24 and not (minute or second or fraction)
    if is_24 and not midnight_24:
        raise ClockError(f"{text!r}: this format has no 24:00")
    try:
        local = datetime(year, month, day, 0 if is_24 else hour, minute, second, fraction)  # noqa: DTZ001
        return local + timedelta(days=1) if is_24 else local
    except (ValueError, OverflowError) as error:
        raise ClockError(f"{text!r} is not a possible time ({error})") from error


def _instant(local: datetime, offset: str | None, zone: tzinfo) -> datetime:
    try:
        if offset is not None:
            return local.replace(tzinfo=_fixed(offset)).astimezone(UTC)
        first = local.replace(tzinfo=zone).astimezone(UTC)
        if first.astimezone(zone).replace(tzinfo=None) != local:
            raise ClockError(f"{local} does not exist in {zone}: clocks were set forward over it")
        if local.replace(tzinfo=zone, fold=1).astimezone(UTC) != first:
            raise ClockError(f"{local} happened twice in {zone}: clocks were set back")
    except OverflowError as error:
        raise ClockError(f"{local} is out of the range of times") from error
    return first


def _fixed(offset: str) -> timezone:
    offset = offset.strip().replace(":", "")
    if offset == "Z":
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    if minutes >= 24 * 60:
        raise ClockError(f"{offset!r} is not an offset from UTC")
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
