"""Cells -> typed values, by the words of a profile. What cannot be read is refused with rule and reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

from connectors.arrow import as_json
from connectors.clock import ClockError, local_to_utc, to_utc, zone_named
from connectors.declared.document import Cells
from connectors.declared.profile import PLACES, Field, Profile, Source
from connectors.json_text import NotFinite, not_finite
from connectors.numbers import NumberError, to_number
from connectors.refusal import RefusedError
from connectors.truth import TRUTHS

_DOTNET = re.compile(r"/Date\((-?\d{1,17})(?:[+-]\d{4})?\)/", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST = {"integer": 2**31, "bigint": 2**63}


class Reader:
    """Reads cells as one profile says; ``zone`` is that of naive times whose field names none."""

    def __init__(self, profile: Profile, zone: tzinfo) -> None:
        self.zone = zone
        self.decimal, self.thousands = profile.decimal, profile.thousands
        self.marks = profile.missing
        self.missing = Missing(profile.missing)
        self.plain_numbers = profile.decimal == "." and not profile.thousands

    def field(self, cells: Cells, field: Field, kind: str) -> Any:
        """The value of a field of that column type; None where the source says nothing."""
        if field.time:
            return self._moment(cells, field)
        raw = self.source(cells, field)
        return None if raw is None else _CONVERTERS[kind](self, raw, field)

    def source(self, cells: Cells, source: Source) -> Any:
        """What the source gives, blanks trimmed, missing marks as None or the default, words mapped."""
        if source.value is not None:
            return source.value
        raw = self._filled(cells, source) if source.template is not None else self._sent(cells, source)
        if raw is None:
            return source.default
        if source.pattern is not None:
            raw = matched(source.pattern, str(raw))
        return raw if source.map is None else mapped(source.map, raw)

    def _sent(self, cells: Cells, source: Source) -> Any:
        """The first of the columns that says something: services keep a column for what nobody filled."""
        for name in source.column:
            if self.missing.mark(raw := cells.get(name)) is None:
                return raw.strip() if isinstance(raw, str) and not isinstance(raw, NotFinite) else raw
        return None

    def _filled(self, cells: Cells, source: Source) -> str | None:
        parts = {name: _text(cells.get(name)) for names in source.wanted() for name in names}
        if any(part is None for part in parts.values()):
            return None
        return PLACES.sub(lambda match: str(parts[match.group(1)]), source.template or "")

    def number(self, raw: Any) -> float:
        """Raises RefusedError for what is no finite number."""
        try:
            if isinstance(raw, str) and not self.plain_numbers:
                raw = self._plain(raw)
            return to_number(raw)
        except NumberError as error:
            raise RefusedError("mapped.number", str(error)) from None

    def _plain(self, text: str) -> str:
        whole, point, fraction = text.partition(self.decimal)
        if self.thousands and self.thousands in whole:
            if not re.fullmatch(rf"\s*[+-]?\d{{1,3}}({re.escape(self.thousands)}\d{{3}})+\s*", whole, re.ASCII):
                raise NumberError(f"{text[:40]!r} is not a number with {self.thousands!r} between thousands")
            whole = whole.replace(self.thousands, "")
        if self.decimal != "." and "." in whole + fraction:
            raise NumberError(f"{text[:40]!r} is not a number with {self.decimal!r} before the fraction")
        return f"{whole}.{fraction}" if point else whole

    def _moment(self, cells: Cells, field: Field) -> datetime | None:
        parts = [self.source(cells, part) for part in field.time]
        if any(part is None for part in parts):
            return None
        try:
            if field.epoch:
                return _since_epoch(parts[0], field.epoch)
            zone = self._zone(cells, field)
            if len(parts) == 1 and isinstance(parts[0], date):
                return local_to_utc(parts[0], zone)
            return _written(" ".join(_text(part) or "" for part in parts), field, zone)
        except ClockError as error:
            raise RefusedError("mapped.time", str(error)) from None

    def _zone(self, cells: Cells, field: Field) -> tzinfo:
        if field.zone is None:
            return self.zone
        name = field.zone if isinstance(field.zone, str) else self.source(cells, field.zone)
        if name is None:
            raise ClockError("the record does not say the zone of its time")
        return zone_of(str(name))


class Missing:
    """Marks that mean "no value": compared as text, and as numbers where both are ones."""

    def __init__(self, marks: tuple[str, ...], own: tuple[str, ...] = ()) -> None:
        self.texts = {mark.strip() for mark in (*marks, *own)}
        self.numbers = {number for mark in self.texts if (number := _number_or_none(mark)) is not None}

    def mark(self, raw: Any) -> str | None:
        """How ``raw`` says that there is nothing: ``null``, ``empty`` or the mark; None if it is a value."""
        if raw is None:
            return "null"
        if isinstance(raw, str):
            text = raw.strip()
            if not text:
                return "empty"
            if text in self.texts:
                return text
            number = _number_or_none(text) if self.numbers else None
        else:
            number = float(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else None
        return str(raw).strip() if number is not None and number in self.numbers else None


def matched(pattern: re.Pattern[str], text: str) -> str:
    """The first group, or all that matches. Raises RefusedError."""
    match = pattern.search(text)
    if match is None:
        raise RefusedError("mapped.pattern", f"{text[:60]!r} does not look like {pattern.pattern}")
    return match.group(1) if pattern.groups else match.group()


def zone_of(name: str) -> tzinfo:
    """An IANA zone or a fixed offset (``-06:00``). Raises ConfigurationError for an unknown name."""
    match = _OFFSET.fullmatch(name)
    if match is None:
        return zone_named(name)
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def mapped(words: Mapping[str, Any], raw: Any) -> Any:
    """Our word for the source's. Raises RefusedError for one that is not in the map."""
    text = _text(raw) or ""
    if text not in words:
        known = ", ".join(list(words)[:12])
        raise RefusedError("mapped.word", f"the word {text[:40]!r} is not one of {known}")
    return words[text]


def _since_epoch(raw: Any, unit: str) -> datetime:
    if unit == "dotnet":
        match = _DOTNET.fullmatch(str(raw))
        if match is None:
            raise ClockError(f"{str(raw)[:40]!r} is not a time of the form /Date(1700000000000)/")
        raw, unit = match.group(1), "ms"
    try:
        seconds = to_number(raw) / (1000 if unit == "ms" else 1)
        return _EPOCH + timedelta(seconds=seconds)
    except (NumberError, OverflowError) as error:
        raise ClockError(f"{str(raw)[:40]!r} is not a time in {unit} since 1970: {error}") from None


def _written(text: str, field: Field, zone: tzinfo) -> datetime:
    if not field.formats:
        return to_utc(text, zone, midnight_24=field.midnight_24, date_only=field.date_only)
    for form in field.formats:
        try:
            return local_to_utc(datetime.strptime(text, form), zone)  # noqa: DTZ007 - the zone comes right here
        except ClockError:
            raise
        except ValueError:
            continue
    raise ClockError(f"{text[:40]!r} is not a time of the form {' or '.join(field.formats)}")


def _text(raw: Any) -> str | None:
    if raw is None:
        return None
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:  # 140000.0 of a sheet is the code 140000
        raw = int(raw)
    if isinstance(raw, dict | list):
        return as_json(raw)
    return str(raw).strip() or None


def _number_or_none(text: str) -> float | None:
    try:
        return to_number(text)
    except NumberError:
        return None


def _float(reader: Reader, raw: Any, field: Field) -> float:
    value = reader.number(raw)
    return value if field.scale == 1.0 else float(f"{value * field.scale:.12g}")


def _whole(kind: str) -> Callable[[Reader, Any, Field], int]:
    def convert(reader: Reader, raw: Any, field: Field) -> int:
        number = _float(reader, raw, field)
        if number != int(number) or abs(number) >= _LARGEST[kind]:
            raise RefusedError("mapped.number", f"{raw!r} is not a whole number of the size of {kind}")
        return int(number)

    return convert


def _truth(reader: Reader, raw: Any, field: Field) -> bool:
    if isinstance(raw, bool):
        return raw
    text = (_text(raw) or "").lower()
    if text not in TRUTHS:
        raise RefusedError("mapped.truth", f"{text[:40]!r} is neither yes nor no")
    return TRUTHS[text]


def _json(reader: Reader, raw: Any, field: Field) -> str | None:
    if next(not_finite(raw), None) is not None:
        raise RefusedError("mapped.number", "a number in it is not finite")
    return as_json(raw)


_CONVERTERS: Mapping[str, Callable[[Reader, Any, Field], Any]] = {
    "text": lambda reader, raw, field: _text(raw),
    "double precision": _float,
    "integer": _whole("integer"),
    "bigint": _whole("bigint"),
    "boolean": _truth,
    "jsonb": _json,
}
