"""A remote station of SL 651-2014 for tests: writes frames, hears answers. Written from the standard's tables alone."""

from __future__ import annotations

import socket

STATION = "0010100001"


def crc(data: bytes) -> bytes:
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "big")


def frame(
    body: bytes,
    function: int = 0x32,
    *,
    station: str = STATION,
    password: str = "A000",
    packet: tuple[int, int] | None = None,
    ends: int | None = None,
) -> bytes:
    """An uplink frame in HEX/BCD; ``packet``: total and index."""
    head = bytes.fromhex(f"7E7E01{station}{password}{function:02X}") + len(body).to_bytes(2, "big")
    numbers = b"" if packet is None else (packet[0] << 12 | packet[1]).to_bytes(3, "big")
    if ends is None:
        ends = 0x17 if packet is not None and packet[1] < packet[0] else 0x03
    whole = head + (b"\x02" if packet is None else b"\x16" + numbers) + body + bytes([ends])
    return whole + crc(whole)


def report(
    elements: str,
    *,
    serial: int = 12,
    sent: str = "260810080010",
    observed: str = "2608100800",
    station: str = STATION,
    letter: str = "H",
) -> bytes:
    """The body of a report; ``elements`` as hexadecimal text: guide, definition, value."""
    return serial.to_bytes(2, "big") + bytes.fromhex(
        f"{sent}F1F1{station}{ord(letter):02X}F0F0{observed}{elements.replace(' ', '')}"
    )


def level(metres: float) -> str:
    """Element 39, a water level with three decimals."""
    return f"3923{'FF' if metres < 0 else '00'}{abs(round(metres * 1000)):06}"


def ascii_frame(body: str, function: int = 0x32) -> bytes:
    whole = b"\x01" + f"01{STATION}A000{function:02X}0{len(body):03X}".encode() + b"\x02" + body.encode() + b"\x03"
    return whole + crc(whole).hex().upper().encode()


def read_answer(line: socket.socket, timeout_s: float = 10.0) -> bytes:
    """One downlink frame; b"" if the centre hung up. Raises TimeoutError if it stays silent."""
    line.settimeout(timeout_s)
    heard = b""
    while len(heard) < 17 or len(heard) < 14 + (int.from_bytes(heard[11:13], "big") & 0xFFF) + 3 + _numbers(heard):
        part = line.recv(4096)
        if not part:
            return b""
        heard += part
    return heard


def _numbers(heard: bytes) -> int:
    return 3 if heard[13] == 0x16 else 0
