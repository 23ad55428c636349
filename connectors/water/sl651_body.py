"""The body of an SL 651-2014 report -> its clocks, its station and its raw values.

HEX/BCD: guide byte, definition byte (high five bits: how many bytes, low three: how many decimals), BCD digits, a
leading ``FF`` for a minus, all ``F`` for a value that is missing. ASCII: identifier, blank, number, ``M`` if missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from connectors.refusal import RefusedError
from connectors.water.sl651_elements import CLASSES, RELATIVE_LEVELS, STATUS, STEP
from connectors.water.sl651_frame import PERIOD, QUERY_PERIOD

_ADDRESS, _TIME, _TEXT, _PICTURE, _BULK, _EXTENDED, _RAIN_ARRAY = 0xF1, 0xF0, 0xF2, 0xF3, 0xFD, 0xFF, 0xF4
_BYTES, _DECIMALS = 3, 0b111  # of the definition byte: shift for the first, mask for the second
_BATTERY = bytes([0x38, 0x12])
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_CODES = {"DRP": "F4", **{element.name: code for code, element in RELATIVE_LEVELS.items()}, "ZT": STATUS}
_SIZES = {"F4": 1, **dict.fromkeys(RELATIVE_LEVELS, 2)}
"""Bytes of one value of the array elements, which are plain binary, and as it happens its decimals, too."""


@dataclass(frozen=True)
class Value:
    """One value as sent. ``element`` is guide byte or identifier; ``number`` None with ``is_missing`` or unreadable.

    ``place``, ``of``: which value of how many in an array or a series.
    """

    element: str
    raw: str
    number: float | None
    is_missing: bool = False
    place: int = 0
    of: int = 1


@dataclass(frozen=True)
class Group:
    """Values of one station and one time of observation, both as digits; None where the report does not say."""

    station: str | None
    station_class: str | None
    observed: str | None
    values: list[Value] = field(default_factory=list)


@dataclass(frozen=True)
class Body:
    """``problem`` says where the rest could not be read; what came before stands."""

    sent: str
    groups: list[Group]
    step_minutes: int | None = None
    text: str | None = None
    picture_bytes: int = 0
    problem: RefusedError | None = None


def read_body(body: bytes, function: int, *, is_ascii: bool) -> Body:
    """Raises RefusedError if not even serial and time of sending stand in it."""
    if is_ascii:
        return _AsciiReader(body).read()
    if len(body) < 8:
        raise RefusedError("sl651.body.short", f"a body of {len(body)} bytes has no serial and time")
    return _HexReader(body, is_series=function in {PERIOD, QUERY_PERIOD}).read()


class _Reader:
    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.station: str | None = None
        self.station_class: str | None = None
        self.observed: str | None = None
        self.step: int | None = None
        self.text: str | None = None
        self.picture = 0

    def add(self, *values: Value) -> None:
        latest = self.groups[-1] if self.groups else None
        now = (self.station, self.station_class, self.observed)
        if latest is None or (latest.station, latest.station_class, latest.observed) != now:
            self.groups.append(Group(*now))
        self.groups[-1].values.extend(values)

    def body(self, sent: str, problem: RefusedError | None) -> Body:
        return Body(sent, self.groups, self.step, self.text, self.picture, problem)


class _HexReader(_Reader):
    def __init__(self, body: bytes, *, is_series: bool) -> None:
        super().__init__()
        self.data, self.is_series = body, is_series

    def read(self) -> Body:
        problem = None
        at = 8
        try:
            while at < len(self.data):
                at = self._next(at)
        except RefusedError as error:
            problem = error
        return self.body(self.data[2:8].hex(), problem)

    def _next(self, at: int) -> int:
        """Read what stands at ``at``; returns where the next thing stands."""
        guide = self.data[at]
        is_pair = at + 1 < len(self.data) and self.data[at + 1] == guide
        if is_pair and guide in {_ADDRESS, _TIME, _TEXT, _PICTURE, _BULK}:
            return self._marked(guide, at + 2)
        code = f"{guide:02X}"
        if guide == _EXTENDED:
            at += 1
            code += self._take(at, 1).hex().upper()
        definition = self._take(at + 1, 1)[0]
        size, decimals = definition >> _BYTES, definition & _DECIMALS
        if size == 0:
            raise RefusedError(
                "sl651.element.size", f"element {code} claims to have no bytes: nothing after it is read"
            )
        if self.is_series and self.step is not None:
            return self._series(code, size, decimals, at + 2)
        self._element(code, self._take(at + 2, size), decimals)
        return at + 2 + size

    def _marked(self, guide: int, at: int) -> int:
        if guide == _ADDRESS:
            self.station = self._take(at, 5).hex().upper()
            letter = chr(self._take(at + 5, 1)[0])
            self.station_class = letter if letter in CLASSES else f"{ord(letter):02X}"
            return at + 6
        if guide == _TIME:
            self.observed = self._take(at, 5).hex()
            return at + 5
        rest = self.data[at:]
        if guide == _TEXT:
            self.text = rest.decode("gb18030", "backslashreplace")
        else:
            self.picture += len(rest)
        return len(self.data)

    def _element(self, code: str, raw: bytes, decimals: int) -> None:
        if code == STEP:
            digits = raw.hex()
            if len(digits) != 6 or not digits.isdecimal():
                raise RefusedError("sl651.step", f"the time step {digits} is not days, hours and minutes")
            self.step = (int(digits[:2]) * 24 + int(digits[2:4])) * 60 + int(digits[4:])
        elif code == STATUS:
            self.add(_word(raw))
        elif code in _SIZES:
            self.add(*_array(code, raw))
        else:
            self.add(_bcd(code, raw, decimals))

    def _series(self, code: str, size: int, decimals: int, at: int) -> int:
        """Values of one element, one after the other to the end of the body, or to the battery's voltage there [K]."""
        end = len(self.data)
        if self.data[end - 4 : end - 2] == _BATTERY and (end - 4 - at) % size == 0 and end - 4 > at:
            end -= 4
        count, rest = divmod(end - at, size)
        if rest or not count:
            raise RefusedError(
                "sl651.series", f"{end - at} bytes are no whole number of values of {size} bytes ({code})"
            )
        for place in range(count):
            value = _bcd(code, self.data[at + place * size : at + (place + 1) * size], decimals)
            self.add(Value(code, value.raw, value.number, value.is_missing, place, count))
        self.is_series = False
        return end

    def _take(self, at: int, size: int) -> bytes:
        found = self.data[at : at + size]
        if len(found) < size:
            raise RefusedError("sl651.element.cut", f"the body ends inside the element at byte {at}")
        return found


class _AsciiReader(_Reader):
    def __init__(self, body: bytes) -> None:
        super().__init__()
        text = body.decode("ascii", "replace")
        self.head, self.words = text[:16], text[16:].split()
        if not re.fullmatch(r"[0-9A-Fa-f]{4}\d{12}", self.head, re.ASCII):
            raise RefusedError("sl651.body.short", f"serial and time do not stand at the start of {text[:40]!r}")

    def read(self) -> Body:
        problem = None
        words = iter(self.words)
        try:
            for word in words:
                name = word.upper()
                if _NUMBER.fullmatch(word):
                    raise RefusedError(
                        "sl651.element.name", f"{word[:20]!r} stands where an element's name is expected"
                    )
                value = next(words, None)
                if value is None:
                    raise RefusedError(
                        "sl651.element.cut", f"nothing follows {word[:20]!r}, the last word of the report"
                    )
                if name == "ST":
                    self.station, self.station_class = value.upper(), next(words, "").upper() or None
                elif name == "TT":
                    self.observed = value
                elif name in {"RGZS", "PIC"}:
                    rest = " ".join([value, *words])
                    self.text, self.picture = (rest, 0) if name == "RGZS" else (None, len(rest))
                else:
                    self._element(name, value)
        except RefusedError as error:
            problem = error
        return self.body(self.head[4:], problem)

    def _element(self, name: str, value: str) -> None:
        code = _CODES.get(name)
        if value == "M":
            self.add(Value(code or name, value, None, is_missing=True))
        elif code is None:
            self.add(Value(name, value, float(value) if _NUMBER.fullmatch(value) else None))
        elif re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", value, re.ASCII):
            raw = bytes.fromhex(value)
            self.add(*([_word(raw)] if code == STATUS else _array(code, raw)))
        else:
            self.add(Value(code, value, None))


def _bcd(code: str, raw: bytes, decimals: int) -> Value:
    digits = raw.hex()
    if not digits.strip("f"):
        return Value(code, digits, None, is_missing=True)
    sign, digits = ("-", digits[2:]) if digits.startswith("ff") else ("", digits)
    number = float(f"{sign}{int(digits)}e-{decimals}") if digits.isdecimal() else None
    return Value(code, raw.hex(), number)


def _word(raw: bytes) -> Value:
    """Four bytes of status bits, plain binary; all F cannot be told from every bit set and is taken as missing."""
    return Value(STATUS, raw.hex(), float(int.from_bytes(raw, "big")), is_missing=not raw.hex().strip("f"))


def _array(code: str, raw: bytes) -> list[Value]:
    """The values of an array: rain in 0.1 mm, one byte each; relative levels in 0.01 m, two bytes each."""
    size = _SIZES[code]
    count, rest = divmod(len(raw), size)
    if rest or not count:
        raise RefusedError("sl651.array", f"{len(raw)} bytes are no whole number of values of the array {code}")
    values = []
    for place in range(count):
        part = raw[place * size : (place + 1) * size]
        is_missing = not part.hex().strip("f")
        number = None if is_missing else float(f"{int.from_bytes(part, 'big')}e-{size}")
        values.append(Value(code, part.hex(), number, is_missing, place, count))
    return values
