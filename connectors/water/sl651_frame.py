"""SL 651-2014 frames: found in a stream of bytes, checked, put together from packets, and the answers to them.

Uplink, HEX/BCD: ``7E7E`` centre(1) station(5, BCD) password(2) function(1) direction+length(2) STX or SYN, for SYN
total and index of the packet (12 bits each), body, ETX or ETB, CRC16. The ASCII variant starts with SOH, writes the
same fields as hexadecimal text and its body as words. [K]: that the two packet numbers are not counted in the length
(both are tried), and the ASCII layout beyond "same fields as text".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

START = b"\x7e\x7e"
SOH, STX, ETX, SYN, ETB = 0x01, 0x02, 0x03, 0x16, 0x17
ENQ, EOT, ACK, NAK, ESC = 0x05, 0x04, 0x06, 0x15, 0x1B
UP, DOWN = 0, 8
HEARTBEAT, TEST, PERIOD, ADDITIONAL, HOURLY, QUERY_PERIOD = 0x2F, 0x30, 0x31, 0x33, 0x34, 0x38
LARGEST = 4095 + 64
"""No frame has more bytes: the length of a body has 12 bits. The ASCII variant counts characters."""

_PACKET_BYTES = 3
_MARK = re.compile(rb"\x7e\x7e|\x01(?=[0-9A-Fa-f]{0,8}\Z|[0-9A-Fa-f]{8})")
# SOH alone is a common byte: only in front of hexadecimal digits it starts a frame.


class Packet(NamedTuple):
    total: int
    number: int


@dataclass(frozen=True)
class Frame:
    """One whole frame. ``centre``, ``station`` and ``password`` are hexadecimal text as they stand in it."""

    raw: bytes
    is_ascii: bool
    direction: int
    centre: str
    station: str
    password: str
    function: int
    body: bytes
    packet: Packet | None = None
    is_last: bool = True

    @property
    def serial(self) -> int:
        """The number of the report; a retransmission keeps it. 0 if the body is too short to have one."""
        if self.is_ascii:
            text = self.body[:4].decode("ascii", "replace")
            return int(text, 16) if len(text) == 4 and _is_hex(text) else 0
        return int.from_bytes(self.body[:2], "big")


@dataclass(frozen=True)
class Broken:
    """Bytes that start like a frame and are none; ``frame`` is there if only the check sum is wrong."""

    raw: bytes
    rule: str
    reason: str
    frame: Frame | None = None


@dataclass(frozen=True)
class Noise:
    """Bytes between frames."""

    raw: bytes


class Scanner:
    """Finds frames in bytes that come in pieces; after a bad one it goes on at the next start mark."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> Iterator[Frame | Broken | Noise]:
        self._held += data
        yield from self._scan(is_final=False)

    def end(self) -> Iterator[Frame | Broken | Noise]:
        """What is left is all there will be."""
        yield from self._scan(is_final=True)

    def _scan(self, *, is_final: bool) -> Iterator[Frame | Broken | Noise]:
        held, at = self._held, 0
        try:
            while at < len(held):
                start = _start_in(held, at)
                if start > at:
                    # The last byte may be half of a start mark.
                    half = not is_final and start == len(held) and held.endswith(START[:1])
                    noise, at = held[at : start - int(half)], start - int(half)
                    if noise:
                        yield Noise(noise)
                    if half:
                        return
                    continue
                found = read_frame(held[at : at + LARGEST])
                if found is None:
                    if not is_final:
                        return
                    rest = Broken(held[at:], "sl651.frame.incomplete", "the frame breaks off before its end")
                    found = _up_to_next_start(rest)
                at += len(found.raw)
                # One byte: a 7E in front of a start mark.
                yield Noise(found.raw) if isinstance(found, Broken) and len(found.raw) == 1 else found
        finally:
            self._held = held[at:]


def scan(data: bytes) -> Iterator[Frame | Broken | Noise]:
    """Everything in ``data``, in order."""
    scanner = Scanner()
    yield from scanner.feed(data)
    yield from scanner.end()


def read_frame(data: bytes) -> Frame | Broken | None:
    """The frame that ``data`` starts with; None if more bytes are needed to tell."""
    is_ascii = data[0] == SOH
    width = 2 if is_ascii else 1  # characters per byte of the header
    head_end = (1 if is_ascii else 2) + 11 * width
    if len(data) <= head_end:
        return None
    fields = _header(data, head_end, is_ascii=is_ascii)
    if fields is None:
        return _up_to_next_start(Broken(data, "sl651.frame.header", "the header of the frame is not hexadecimal text"))
    length, mark = int(fields[18:], 16) & 0xFFF, data[head_end]
    if int(fields[18], 16) not in {UP, DOWN} or mark not in {STX, SYN}:
        reason = "neither direction nor start of text stand where a frame has them"
        return _up_to_next_start(Broken(data, "sl651.frame.layout", reason))
    return _with_body(data, fields, head_end, length)


def _header(data: bytes, end: int, *, is_ascii: bool) -> str | None:
    """The eleven bytes of the header as 22 hexadecimal digits."""
    if not is_ascii:
        return data[2:end].hex().upper()
    text = data[1:end].decode("ascii", "replace").upper()
    return text if _is_hex(text) else None


def _with_body(data: bytes, fields: str, head_end: int, length: int) -> Frame | Broken | None:
    is_ascii = data[0] == SOH
    crc_width = 4 if is_ascii else 2
    is_packet = data[head_end] == SYN
    numbers = _PACKET_BYTES * (2 if is_ascii else 1) if is_packet else 0
    body_start = head_end + 1 + numbers
    ends = [body_start + length] + ([body_start + length - numbers] if is_packet and length >= numbers else [])
    marks = {ETX, ETB} if int(fields[18], 16) == UP else {ENQ, EOT, ACK, NAK, ESC, ETX, ETB}
    broken: Broken | None = None
    for end in ends:  # the position of the end mark
        if len(data) < end + 1 + crc_width or data[end] not in marks:
            continue
        raw = data[: end + 1 + crc_width]
        frame = _frame(raw, fields, data[body_start:end], data[head_end + 1 : body_start], is_last=data[end] == ETX)
        if frame is None:
            continue
        if _crc_of(raw, crc_width) == crc16(raw[:-crc_width]):
            return frame
        broken = Broken(raw, "sl651.frame.crc", "the check sum of the frame is wrong: it was damaged on its way", frame)
    if len(data) < ends[0] + 1 + crc_width:
        return None
    if broken is not None:
        return _without_next_frame(broken, data)
    reason = f"no end of text stands after the {length} bytes that the frame claims to hold"
    return _up_to_next_start(Broken(data, "sl651.frame.length", reason))


def _frame(raw: bytes, fields: str, body: bytes, numbers: bytes, *, is_last: bool) -> Frame | None:
    direction = int(fields[18], 16)
    is_down = direction == DOWN  # there the station comes first
    packet = None
    if numbers:
        text = numbers.decode("ascii", "replace") if raw[0] == SOH else numbers.hex()
        if not _is_hex(text):
            return None
        packet = Packet(int(text[:3], 16), int(text[3:], 16))
    return Frame(
        raw=raw,
        is_ascii=raw[0] == SOH,
        direction=direction,
        centre=fields[10:12] if is_down else fields[0:2],
        station=fields[0:10] if is_down else fields[2:12],
        password=fields[12:16],
        function=int(fields[16:18], 16),
        body=body,
        packet=packet,
        is_last=is_last,
    )


def _crc_of(raw: bytes, width: int) -> int:
    if width == 2:
        return int.from_bytes(raw[-2:], "big")
    text = raw[-4:].decode("ascii", "replace")
    return int(text, 16) if _is_hex(text) else -1


def _up_to_next_start(broken: Broken) -> Broken:
    """``broken`` with no more bytes than up to the next mark that a frame may start at."""
    return replace(broken, raw=broken.raw[: 1 + _start_in(broken.raw[1:])])


def _without_next_frame(broken: Broken, data: bytes) -> Broken:
    """A wrong length may have taken a good frame in: ``broken`` ends where that one starts."""
    at = broken.raw.find(START, 1)
    while at >= 0:
        if isinstance(read_frame(data[at:]), Frame):
            return Broken(broken.raw[:at], "sl651.frame.length", "another frame starts inside this one")
        at = broken.raw.find(START, at + 1)
    return broken


def _start_in(data: bytes, at: int = 0) -> int:
    """Where the first frame from ``at`` on may start; the length of ``data`` if nowhere."""
    found = _MARK.search(data, at)
    return found.start() if found else len(data)


def crc16(data: bytes) -> int:
    """CRC-16 with polynomial A001 (reflected) and start value FFFF, as Modbus."""
    crc = 0xFFFF
    for byte in data:
        crc = _CRC[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc


def _crc_entry(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ 0xA001 if byte & 1 else byte >> 1
    return byte


_CRC = tuple(_crc_entry(byte) for byte in range(256))


def answer(frame: Frame, end: int, body: bytes, packet: Packet | None = None) -> bytes:
    """The downlink frame to the sender of ``frame``: its function echoed, ``end`` says what is meant (ACK, EOT, NAK).

    ``body``: serial and time, as bytes; the ASCII variant writes them as text.
    """
    is_ascii = frame.is_ascii
    numbers = b"" if packet is None else ((packet.total << 12) | packet.number).to_bytes(3, "big")
    if is_ascii:
        body, numbers = body.hex().upper().encode(), numbers.hex().upper().encode()
    head = f"{frame.station}{frame.centre}{frame.password}{frame.function:02X}{DOWN:X}{len(body):03X}"
    start = b"\x01" + head.encode() if is_ascii else START + bytes.fromhex(head)
    whole = start + bytes([STX if packet is None else SYN]) + numbers + body + bytes([end])
    crc = crc16(whole)
    return whole + (f"{crc:04X}".encode() if is_ascii else crc.to_bytes(2, "big"))


def _is_hex(text: str) -> bool:
    return bool(text) and all(digit in "0123456789abcdefABCDEF" for digit in text)
