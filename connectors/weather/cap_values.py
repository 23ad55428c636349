"""The values of CAP: coded words and their misspellings, instants, lists, references."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo

ENUMS: Mapping[str, frozenset[str]] = {
    "status": frozenset({"Actual", "Exercise", "System", "Test", "Draft"}),
    "msgType": frozenset({"Alert", "Update", "Cancel", "Ack", "Error"}),
    "scope": frozenset({"Public", "Restricted", "Private"}),
    "urgency": frozenset({"Immediate", "Expected", "Future", "Past", "Unknown"}),
    "severity": frozenset({"Extreme", "Severe", "Moderate", "Minor", "Unknown"}),
    "certainty": frozenset({"Observed", "Likely", "Possible", "Unlikely", "Unknown"}),
}

# What senders write instead. Cancle and uknown were met in production; "Very Likely" is CAP 1.0, which CAP 1.2
# asks to read as Likely; Chinese platforms put the colour where CAP has the severity.
_UNKNOWN = {"uknown": "Unknown", "unkown": "Unknown", "unknow": "Unknown"}
_ALIASES: Mapping[str, Mapping[str, str]] = {
    "msgType": {"cancle": "Cancel", "cancelled": "Cancel", "canceled": "Cancel", "acknowledge": "Ack"},
    "urgency": _UNKNOWN,
    "severity": {**_UNKNOWN, "red": "Extreme", "orange": "Severe", "yellow": "Moderate", "blue": "Minor"},
    "certainty": {**_UNKNOWN, "very likely": "Likely"},
}

_TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)(?P<fraction>\.\d+)?)?"
    r"\s*(?P<zone>Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_REFERENCE = re.compile(r"(?<!\S)([^\s,]+),([^,]+),(\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)(?=\s|$)", re.ASCII)
_QUOTED = re.compile(r'"([^"]*)"|(\S+)')


class BadValue(ValueError):
    """A value that cannot be read; ``why`` ends the rule's name, ``str(error)`` says what was found."""

    def __init__(self, why: str, reason: str) -> None:
        super().__init__(reason)
        self.why = why


def coded_word(element: str, value: str) -> str:
    """The word of CAP's list that ``value`` means. Raises BadValue if there is none."""
    words = {word.casefold(): word for word in ENUMS[element]} | dict(_ALIASES.get(element, {}))
    word = words.get(value.strip().casefold())
    if word is None:
        raise BadValue("enum", f"{element} is {value!r}, which is none of {', '.join(sorted(ENUMS[element]))}")
    return word


def instant(value: str, zone: tzinfo | None) -> tuple[datetime, bool]:
    """``value`` as an instant in UTC, and whether it had no offset and took ``zone``.

    ``Z``, fractions and 24:00:00 (the next day's midnight) are read, though CAP's schema refuses the first two.
    Raises BadValue for what is no time, and for a time without an offset where there is no ``zone`` for it.
    """
    match = _TIME.fullmatch(value.strip())
    if not match:
        raise BadValue("time", f"{value!r} is not a date and time such as 2026-08-10T08:05:00+08:00")
    naive = match["zone"] is None
    if naive and zone is None:
        raise BadValue("zone", f"{value!r} has no offset from UTC, and the feed names no zone for such times")
    try:
        wall = _wall_time(match).replace(tzinfo=zone if naive else _offset(match["zone"]))
        return wall.astimezone(UTC), naive
    except (ValueError, OverflowError):
        raise BadValue("time", f"{value!r} is not a time that exists") from None


def _wall_time(match: re.Match[str]) -> datetime:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    microsecond = int((match["fraction"] or ".0")[1:7].ljust(6, "0"))
    day = datetime.fromisoformat(match["day"])
    if (hour, minute, second, microsecond) == (24, 0, 0, 0):
        return day + timedelta(days=1)
    return day.replace(hour=hour, minute=minute, second=second, microsecond=microsecond)


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    digits = text.replace(":", "")
    offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    if offset > timedelta(hours=14) or int(digits[3:5]) > 59:
        raise ValueError(f"no zone is {text} from UTC")
    return timezone(-offset if digits[0] == "-" else offset)


def words(value: str) -> list[str]:
    """A blank-separated list in which an item with blanks stands in double quotes (addresses, incidents)."""
    return [quoted or bare for quoted, bare in _QUOTED.findall(value) if quoted or bare]


def references(value: str, zone: tzinfo | None) -> tuple[list[str], list[str]]:
    """(triples ``sender,identifier,sent``, pieces that are no such triple), both in order of appearance.

    Only the zone of a naive ``sent`` is filled in; the rest stays as written.
    """
    triples, broken, end = [], [], 0
    for match in _REFERENCE.finditer(value):
        broken.append(value[end : match.start()])
        end = match.end()
        sender, identifier, sent = match.groups()
        try:
            moment, naive = instant(sent, zone)
        except BadValue:
            broken.append(match[0])
        else:
            triples.append(f"{sender},{identifier.strip()},{moment.isoformat() if naive else sent}")
    broken.append(value[end:])
    return triples, [piece.strip() for piece in broken if piece.strip()]
