"""The mines' front-end machines: small TXT files in a folder (MT/T 1201 layout), one set a minute.

A file is written as ``.part`` and renamed. The writer pauses while the reader leaves too many files lying, and
afterwards makes up at most ``HISTORY``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pyproj import Transformer

from simulator.county import CARBON_MONOXIDE, METHANE, County, Mine, Sensor
from simulator.weather import Weather
from simulator.world import BEIJING, World, dice, floor, write_whole

MINUTE = timedelta(minutes=1)
HISTORY = timedelta(hours=2)
MOST_WAITING = 5_000

ALARM, CUTOFF, CALIBRATION, OVER_RANGE, FAULT = 1, 2, 4, 8, 128

PROJECTED_CRS = "EPSG:4525"  # CGCS2000, 3-degree zone 37 (meridian 111): northing first, easting with zone prefix


def text_time(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def file_name(mine: Mine, kind: str, at: datetime) -> str:
    return f"{mine.code}_{kind}_{at.astimezone(BEIJING):%Y%m%d%H%M%S}.txt"


class Redefinition(NamedTuple):
    mine: Mine
    sensor: Sensor
    at: datetime


class Mines:
    """The files' content as a function of time, and the hand that drops them into the inbox."""

    def __init__(self, inbox: Path, home: Path, world: World, county: County, weather: Weather) -> None:
        self.inbox, self.world, self.county, self.weather = inbox, world, county, weather
        self.memory = home / "mines.json"
        self.transform = Transformer.from_crs("EPSG:4490", PROJECTED_CRS)

    def advance(self, now: datetime) -> int:
        """Write what the mines sent since the last call (at first: two hours back); the number of files."""
        until = floor(now, 60)
        since = self._written_until()
        if since is None:
            for mine in self.county.mines:
                self._write(mine, "CDDY", until - HISTORY, self.definitions(mine, until - HISTORY))
        since = max(since or until - HISTORY, until - HISTORY)
        if since >= until or self.waiting() > MOST_WAITING:
            return 0
        written = 0
        for mine, kind, at, body in self.files(since, until):
            self._write(mine, kind, at, body)
            written += 1
        write_whole(self.memory, json.dumps({"written_until": until.isoformat()}).encode())
        return written

    def waiting(self) -> int:
        """Files that the reader has not taken away yet."""
        return sum(1 for _ in self.inbox.glob("*.txt"))

    def _written_until(self) -> datetime | None:
        if not self.memory.exists():
            return None
        return datetime.fromisoformat(json.loads(self.memory.read_text("utf-8"))["written_until"])

    def _write(self, mine: Mine, kind: str, at: datetime, body: bytes) -> None:
        self.inbox.mkdir(parents=True, exist_ok=True)
        write_whole(self.inbox / file_name(mine, kind, at), body)

    def files(self, since: datetime, until: datetime) -> Iterator[tuple[Mine, str, datetime, bytes]]:
        """What arrives in (since, until]: real-time files, definitions at midnight and when one has changed."""
        minute = since - timedelta(minutes=10)  # a broken link holds files back for up to ten minutes
        while (minute := minute + MINUTE) <= until:
            for mine in self.county.mines:
                if since < self.arrival(mine, minute) <= until:
                    yield mine, "CDSS", minute, self.realtime(mine, minute)
                is_redefined = mine is self.redefined.mine and minute == self.redefined.at
                if minute > since and (is_redefined or (minute.hour, minute.minute) == (0, 0)):
                    yield mine, "CDDY", minute, self.definitions(mine, minute)

    def arrival(self, mine: Mine, minute: datetime) -> datetime:
        """When the file of a minute reaches the folder: at once, or after a broken link is mended."""
        block = floor(minute, 600)
        is_broken = dice(self.world.seed, "link", mine.code, int(block.timestamp())) < 0.01
        return block + timedelta(minutes=9) if is_broken else minute

    def realtime(self, mine: Mine, at: datetime) -> bytes:
        """The CDSS file of a minute."""
        records = []
        for sensor in mine.sensors:
            if self._is_silent(sensor, at):
                continue
            value, status = self.measure(sensor, at)
            seen = at - timedelta(seconds=1 + sensor.number)
            records.append(
                (sensor.point_code, sensor.kind.name, sensor.place, value, sensor.kind.unit, status, text_time(seen))
            )
        return self._file(mine, at, records)

    def definitions(self, mine: Mine, at: datetime) -> bytes:
        """The CDDY file: 24 fields per point."""
        return self._file(mine, at, [self._definition(s, at) for s in mine.sensors])

    def _file(self, mine: Mine, at: datetime, records: Sequence[tuple[object, ...]]) -> bytes:
        """Records between ``~``, fields between ``;``, ``||`` at the end. Mine 5's vendor adds line breaks."""
        end = "~\n" if mine is self.county.mines[4] else "~"
        rows = [(mine.code, mine.name, text_time(at)), *records]
        text = "".join(";".join("" if f is None else str(f) for f in row) + end for row in rows)
        return f"{text}||".encode()

    def _definition(self, sensor: Sensor, at: datetime) -> tuple[object, ...]:
        kind = sensor.kind
        northing, easting = self.transform.transform(sensor.lat, sensor.lon)
        high, alarm, defined = kind.high, kind.alarm, self.world.anchor - timedelta(days=30)
        if sensor is self.redefined.sensor and at >= self.redefined.at:
            high, alarm, defined = kind.high * 2, 30, self.redefined.at
        is_methane = kind is METHANE
        fan = sensor.mine_code + "01KG0015001A01" if is_methane else ""
        return (
            *(sensor.point_code, "01", f"{sensor.mine_code}00001", kind.code, kind.value_type, kind.unit, high, 0),
            *(alarm, kind.release, None, None, kind.cutoff, kind.restore, None, None, kind.on_text, kind.off_text),
            *(sensor.place, f"{northing:.2f}", f"{easting:.2f}", -sensor.depth_m, fan, text_time(defined)),
        )

    def measure(self, sensor: Sensor, at: datetime) -> tuple[str, int]:
        """Value as sent and status bits: 1 alarm, 2 power cut, 4 calibration, 8 over range, 128 sensor fault."""
        seed, kind = self.world.seed, sensor.kind
        if dice(seed, "fault", sensor.point_code, int(at.timestamp()) // 3600) < 0.004:
            return ("-9999" if sensor.number % 2 else ""), FAULT
        if kind.value_type == "KG":
            is_fan_stopped = dice(seed, "fan", sensor.point_code, int(at.timestamp()) // 600) < 0.03
            return str(int(kind.name == "设备开停" and not is_fan_stopped)), 0
        calibrated = self._calibration(sensor, at)
        value = calibrated if calibrated is not None else self._level(sensor, at)
        status = CALIBRATION if calibrated is not None else 0
        if value > kind.high:
            value, status = kind.high, status | OVER_RANGE
        if calibrated is None and kind.alarm is not None and value >= kind.alarm:
            status |= ALARM
        if calibrated is None and kind.cutoff is not None and value >= kind.cutoff:
            status |= CUTOFF
        return f"{value:.2f}", status

    def _level(self, sensor: Sensor, at: datetime) -> float:
        """Value in the sensor's unit. Gas rises where the storm's low pressure and wind pass over a gassy face."""
        seed, kind = self.world.seed, sensor.kind
        own = dice(seed, "own", sensor.point_code)
        wobble = dice(seed, "wobble", sensor.point_code, int(at.timestamp()) // 60) - 0.5
        daily = math.sin(2 * math.pi * (at.hour + at.minute / 60) / 24)
        if kind is METHANE:
            return 0.12 + 0.3 * own + 0.05 * daily + 0.04 * wobble + self._outburst(sensor, at)
        if kind is CARBON_MONOXIDE:
            return 2 + 6 * own + 2 * wobble
        if kind.name == "风速":
            return 1.5 + 2 * own + 0.4 * wobble
        return 17 + 8 * own + daily + 0.4 * wobble

    def _outburst(self, sensor: Sensor, at: datetime) -> float:
        if sensor.mine_code != self.gassy_mine.code or sensor.number > 3:
            return 0.0
        cell = self.weather.cell(at)
        return 1.6 / sensor.number * cell.peak_mm_h / 75 * cell.nearness(sensor.lon, sensor.lat, at)

    def _calibration(self, sensor: Sensor, at: datetime) -> float | None:
        """Methane heads get test gas for ten minutes a day: the value rises to 2 % and must not alarm anybody."""
        if sensor.kind is not METHANE:
            return None
        minute = (at.hour * 60 + at.minute - int(dice(self.world.seed, "calibration", sensor.point_code) * 1440)) % 1440
        return 2.0 * math.sin(math.pi * (minute + 0.5) / 10) if minute < 10 else None

    def _is_silent(self, sensor: Sensor, at: datetime) -> bool:
        """One point never reports; any other may drop out for half an hour."""
        if sensor is self.county.mines[6].sensors[-1]:
            return True
        return dice(self.world.seed, "silent", sensor.point_code, int(at.timestamp()) // 1800) < 0.003

    @cached_property
    def gassy_mine(self) -> Mine:
        """The mine that the storm crosses soon after the start."""
        soon = self.world.anchor + timedelta(minutes=15)
        return max(self.county.mines, key=lambda m: self.weather.storm.nearness(m.lon, m.lat, soon))

    @cached_property
    def redefined(self) -> Redefinition:
        """A point that gets a new range and alarm limit under its old code, half an hour after the start."""
        mine = self.county.mines[1]
        sensor = next(s for s in mine.sensors if s.kind is CARBON_MONOXIDE)
        return Redefinition(mine, sensor, floor(self.world.anchor, 60) + timedelta(minutes=30))
