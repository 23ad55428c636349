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

from simulator.atmosphere import Atmosphere
from simulator.county import CARBON_MONOXIDE, FAN, METHANE, County, Mine, Sensor
from simulator.weather import Weather
from simulator.world import BEIJING, World, dice, floor, write_whole

MINUTE = timedelta(minutes=1)
HISTORY = timedelta(hours=2)
MOST_WAITING = 5_000

ANOMALIES_PER_HEAD_DAY = 0.0018  # about one in ten days among the county's 56 heads
FAN_STOPS, FAN_STANDS = timedelta(minutes=5), timedelta(minutes=40)  # the scenario "gas", after the start

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


class Anomaly(NamedTuple):
    """A methane head that stands unusually high from ``begin`` to ``end``, without reaching the alarm limit."""

    sensor: Sensor
    begin: datetime
    end: datetime
    peak_pct: float


class Mines:
    """The files' content as a function of time, and the hand that drops them into the inbox."""

    def __init__(self, inbox: Path, home: Path, world: World, county: County, weather: Weather) -> None:
        self.inbox, self.world, self.county, self.weather = inbox, world, county, weather
        self.atmosphere = Atmosphere(world, weather)
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
            return str(int(kind is FAN and not self._is_fan_stopped(sensor, at))), 0
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
        """Value in the sensor's unit. Gas rises when the air pressure falls, where the storm passes over a gassy face,
        and where the fan stops.
        """
        seed, kind = self.world.seed, sensor.kind
        own = dice(seed, "own", sensor.point_code)
        wobble = dice(seed, "wobble", sensor.point_code, int(at.timestamp()) // 60) - 0.5
        daily = math.sin(2 * math.pi * (at.hour + at.minute / 60) / 24)
        if kind is METHANE:
            normal = 0.12 + 0.3 * own + 0.05 * daily + 0.04 * wobble
            breath = 0.012 * own * self.atmosphere.fall_hpa_3h(sensor.lon, sensor.lat, at)
            more = self._outburst(sensor, at) + self._unventilated(sensor, at)
            return max(normal + breath + more, self._anomalous(sensor, at))
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

    def _is_fan_stopped(self, sensor: Sensor, at: datetime) -> bool:
        if sensor.mine_code == self.gassy_mine.code and sensor.number == 1 and self._still_minutes(at) is not None:
            return at < self.world.anchor + FAN_STOPS + FAN_STANDS
        return dice(self.world.seed, "fan", sensor.point_code, int(at.timestamp()) // 600) < 0.03

    def _still_minutes(self, at: datetime) -> float | None:
        """Minutes since the scenario ``gas`` stopped a fan of the gassy mine; None before, and in other scenarios."""
        minutes = (at - self.world.anchor - FAN_STOPS) / MINUTE
        return minutes if self.world.scenario == "gas" and minutes >= 0 else None

    def _unventilated(self, sensor: Sensor, at: datetime) -> float:
        """Methane that gathers at the faces while the fan stands, and is blown out when it runs again."""
        minutes = self._still_minutes(at)
        if minutes is None or sensor.mine_code != self.gassy_mine.code or sensor.number > 4:
            return 0.0
        stood = min(minutes, FAN_STANDS / MINUTE)
        gathered = 2.6 / sensor.number * (1 - math.exp(-stood / 14))
        return gathered * math.exp(-(minutes - stood) / 9)

    def anomaly(self, sensor: Sensor, at: datetime) -> Anomaly | None:
        """What the control room would note about a methane head on the day of ``at``: mostly nothing."""
        midnight = at.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
        key = (self.world.seed, "anomaly", sensor.point_code, midnight.date())
        if sensor.kind is not METHANE or dice(*key) >= ANOMALIES_PER_HEAD_DAY:
            return None
        begin = midnight + int(1_300 * dice(*key, "at")) * MINUTE
        return Anomaly(
            sensor, begin, begin + int(15 + 60 * dice(*key, "lasts")) * MINUTE, 0.75 + 0.23 * dice(*key, "p")
        )

    def _anomalous(self, sensor: Sensor, at: datetime) -> float:
        found = self.anomaly(sensor, at)
        if found is None or not found.begin <= at < found.end:
            return 0.0
        return found.peak_pct * math.sin(math.pi * ((at - found.begin) / (found.end - found.begin)))

    def anomalies(self, midnight: datetime) -> list[Anomaly]:
        """All of a day, earliest first."""
        heads = (s for mine in self.county.mines for s in mine.sensors if s.kind is METHANE)
        found = (self.anomaly(head, midnight) for head in heads)
        return sorted((a for a in found if a), key=lambda a: (a.begin, a.sensor.point_code))

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
