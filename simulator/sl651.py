"""SL 651-2014 reports in HEX/BCD: what a station says at an instant, as the bytes of a frame.

Elements: rain of five minutes and since the first of the year, stage, discharge, reservoir level, battery; hourly
reports add the twelve five-minute amounts and stages of the hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from simulator.county import County, Station
from simulator.hydrology import Hydrology
from simulator.weather import Weather
from simulator.world import BEIJING, World, dice

HEARTBEAT, TIMED, ADDITIONAL, HOURLY = 0x2F, 0x32, 0x33, 0x34
STX, ETX, EOT, ACK, NAK, ESC = 0x02, 0x03, 0x04, 0x06, 0x15, 0x1B
FIVE_MINUTES = timedelta(minutes=5)
STORM_MM = 2.0  # so much within five minutes is reported at once, too
CENTRE = 0x01
PASSWORD = "A000"  # noqa: S105 - the frame's field of this name; stations come with it set so
SERIAL_PLACE = {TIMED: 0, HOURLY: 0, ADDITIONAL: 1, HEARTBEAT: 2}  # a station sends at most three in five minutes
CLASS = {"PP": b"P", "ZZ": b"H", "RR": b"K"}
ILLEGAL_BYTE, ILLEGAL_WORD = 0xFF, 0xFFFF


class Report(NamedTuple):
    """A frame and the serial by which its receipt is known."""

    station: Station
    function: int
    serial: int
    observed: datetime
    frame: bytes


def crc16(data: bytes) -> int:
    """CRC-16, polynomial A001 reflected, from FFFF."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


def bcd(digits: str) -> bytes:
    return bytes.fromhex(digits)


def element(guide: int, value: float | None, size: int, decimals: int) -> bytes:
    """Guide byte, definition byte (5 bits bytes, 3 bits decimals), BCD; missing is all F, negative begins with FF."""
    head = bytes([guide, size << 3 | decimals])
    if value is None:
        return head + b"\xff" * size
    number = round(abs(value) * 10**decimals)
    if value < 0:
        return head + b"\xff" + bcd(f"{number:0{2 * size - 2}d}")
    return head + bcd(f"{number:0{2 * size}d}")


def frame(station_code: str, function: int, body: bytes) -> bytes:
    """An uplink frame; the station's address is its eight digits behind ``00``."""
    head = b"\x7e\x7e" + bytes([CENTRE]) + bcd(f"00{station_code}") + bytes.fromhex(PASSWORD)
    raw = head + bytes([function]) + len(body).to_bytes(2, "big") + bytes([STX]) + body + bytes([ETX])
    return raw + crc16(raw).to_bytes(2, "big")


def receipt(data: bytes) -> tuple[str, int, int, int] | None:
    """Station, function, serial and end mark of the first downlink frame in ``data``; None if there is no whole one."""
    start = data.find(b"\x7e\x7e")
    if start < 0 or len(data) < start + 14:
        return None
    raw = data[start:]
    length = int.from_bytes(raw[11:13], "big") & 0x0FFF
    end = 14 + length
    if (
        raw[11] >> 4 != 8
        or len(raw) < end + 3
        or crc16(raw[: end + 1]) != int.from_bytes(raw[end + 1 : end + 3], "big")
    ):
        return None
    return raw[2:7].hex()[2:], raw[10], int.from_bytes(raw[14:16], "big"), raw[end]


class Telemetry:
    """What the stations report, as a function of time."""

    def __init__(self, world: World, county: County, weather: Weather, hydrology: Hydrology) -> None:
        self.world, self.weather, self.hydrology = world, weather, hydrology
        self.stations = (*county.gauges[:20], *county.rivers, *county.reservoirs)

    def reports(self, station: Station, slot: datetime) -> list[Report]:
        """What the station has to say at a time of five minutes."""
        function = HOURLY if slot.minute == 0 else TIMED
        found = [self._report(station, function, slot)]
        if station.kind == "PP" and function == TIMED and self._rain(station, slot, 5) >= STORM_MM:
            found.append(self._report(station, ADDITIONAL, slot))
        return found

    def _report(self, station: Station, function: int, at: datetime) -> Report:
        serial = serial_of(at, function)
        body = b"".join(
            (
                serial.to_bytes(2, "big"),
                bcd(f"{at + timedelta(seconds=20):%y%m%d%H%M%S}"),
                b"\xf1\xf1" + bcd(f"00{station.code}") + CLASS[station.kind],
                b"\xf0\xf0" + bcd(f"{at:%y%m%d%H%M}"),
                self._elements(station, function, at),
            )
        )
        return Report(station, function, serial, at, frame(station.code, function, body))

    def heartbeat(self, station: Station, at: datetime) -> bytes:
        body = serial_of(at, HEARTBEAT).to_bytes(2, "big") + bcd(f"{at.astimezone(BEIJING):%y%m%d%H%M%S}")
        return frame(station.code, HEARTBEAT, body)

    def _elements(self, station: Station, function: int, at: datetime) -> bytes:
        if station.kind == "PP":
            measured = self._of_gauge(station, function, at)
        elif station.kind == "ZZ":
            measured = self._of_river(station, function, at)
        else:
            measured = element(0x3B, self.hydrology.reservoir(station, at).level_m, 4, 3)
        volts = 12.2 + 0.9 * dice(self.world.seed, "volts", station.code, int(at.timestamp()) // 3600)
        return measured + element(0x38, volts, 2, 2)

    def _of_gauge(self, station: Station, function: int, at: datetime) -> bytes:
        total = element(0x26, round(self._rain_of_day(station, at) + 100, 1), 3, 1)
        if function != HOURLY:
            return element(0x22, round(self._rain(station, at, 5), 1), 3, 1) + total
        amounts = [round(10 * self._rain(station, at - i * FIVE_MINUTES, 5)) for i in reversed(range(12))]
        cells = [ILLEGAL_BYTE if self._is_illegal(station, at, i) else min(254, a) for i, a in enumerate(amounts)]
        daily = b""
        if at.hour == 8:  # the hydrological day, of the day before
            daily = element(0x1F, round(self._rain(station, at, 24 * 60), 1), 3, 1)
        hour = element(0x1A, round(sum(amounts) / 10, 1), 3, 1)
        return bytes([0xF4, 12 << 3]) + bytes(cells) + hour + daily + total

    def _of_river(self, station: Station, function: int, at: datetime) -> bytes:
        river = self.hydrology.river(station, at)
        if function != HOURLY:
            return element(0x39, river.level_m, 4, 3) + element(0x27, river.discharge_m3_s, 5, 3)
        rises = [self.hydrology.rise_m(station, at - i * FIVE_MINUTES) for i in reversed(range(12))]
        words = [
            ILLEGAL_WORD if self._is_illegal(station, at, i) else round(100 * rise) for i, rise in enumerate(rises)
        ]
        cells = b"".join(word.to_bytes(2, "big") for word in words)
        return bytes([0xF5, 24 << 3]) + cells + element(0x39, river.level_m, 4, 3)

    def _rain(self, station: Station, at: datetime, minutes: int) -> float:
        return self.weather.rain_mm(station.lon, station.lat, at, minutes)

    def _rain_of_day(self, station: Station, at: datetime) -> float:
        """Since eight in the morning: a running total that is set back each day."""
        eight = at.replace(hour=8, minute=0)
        minutes = int(((at - eight) % timedelta(days=1)) / timedelta(minutes=1))
        return self._rain(station, at, minutes)

    def _is_illegal(self, station: Station, at: datetime, place: int) -> bool:
        return dice(self.world.seed, "illegal", station.code, int(at.timestamp()), place) < 0.004


def serial_of(at: datetime, function: int) -> int:
    """The serial of a report: grows with time, wraps from 65535 to 1, and is the same when the report is sent again."""
    return (int(at.timestamp()) // 300 * 3 + SERIAL_PLACE[function]) % 65_535 + 1
