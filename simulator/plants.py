"""Watched points of plants and pipes: hazchem tanks and gas detectors, and the county town's lifelines.

A point swings about its base; now and then something happens at one of them and it passes a limit for a while.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from simulator.atmosphere import Atmosphere
from simulator.county import SEAT, near
from simulator.enterprises import Enterprise
from simulator.hydrology import Hydrology
from simulator.layout import Layout, Site, lay_out
from simulator.world import BEIJING, World, dice

EXCURSIONS_PER_POINT_DAY = 0.0005  # about one a week in the whole county; a point has one in five years
CHEMICALS = ("液氨", "甲醇", "苯", "液氯", "粗苯", "焦炉煤气", "硝酸", "环氧乙烷")
# Of some the critical quantity, t, and the correction of GB 18218; of the others the product knows neither.
WEIGHTS = {"液氨": (10, 2), "液氯": (5, 4), "环氧乙烷": (10, 2)}
# R and people within 500 m that make a source what it is: first to fourth class.
CLASSES = ((124.0, 86), (66.0, 55), (24.0, 35), (6.0, 12))
TOXIC = ("液氨", "液氯", "苯", "粗苯")


class Limits(NamedTuple):
    """Alarm limits; None where a point has none."""

    hh: float | None = None
    h: float | None = None
    low: float | None = None
    ll: float | None = None


@dataclass(frozen=True)
class Kind:
    """What a point measures: ``base`` ± ``swing`` in ``unit``, ``daily`` of it by the hour of day."""

    name: str
    title: str
    unit: str
    base: float
    swing: float
    daily: float
    limits: Limits
    digits: int = 2


TANK_TEMPERATURE = Kind("tank_temperature", "温度", "℃", 18, 4, 2, Limits(hh=50, h=40))
TANK_PRESSURE = Kind("tank_pressure", "压力", "kPa", 620, 60, 15, Limits(hh=1_000, h=850, low=200), 1)
TANK_LEVEL = Kind("tank_level", "液位", "m", 5.2, 2.4, 0, Limits(hh=9.5, h=9.0, low=1.0, ll=0.5))
COMBUSTIBLE = Kind("combustible", "可燃气体", "%LEL", 1.2, 1.0, 0, Limits(hh=50, h=25))
TOXIC_GAS = Kind("toxic", "有毒气体", "ppm", 0.6, 0.5, 0, Limits(hh=25, h=10))
GAS_WELL = Kind("gas_well", "相邻空间甲烷", "%LEL", 0.6, 0.5, 0, Limits(hh=50, h=20))
GAS_PRESSURE = Kind("gas_pressure", "燃气压力", "MPa", 0.31, 0.01, -0.03, Limits(hh=0.42, h=0.4, low=0.2), 3)
GAS_FLOW = Kind("gas_flow", "燃气流量", "m3/h", 900, 90, 420, Limits(h=2_000), 1)
WATER_PRESSURE = Kind("water_pressure", "供水压力", "MPa", 0.34, 0.015, -0.04, Limits(h=0.6, low=0.18), 3)
WATER_FLOW = Kind("water_flow", "供水流量", "m3/h", 260, 25, 110, Limits(h=700), 1)
STRAIN = Kind("bridge_strain", "桥梁应变", "με", 40, 12, 18, Limits(h=200), 1)
DEFLECTION = Kind("bridge_deflection", "桥梁挠度", "mm", 3, 1, 1.2, Limits(h=15), 2)
ACCELERATION = Kind("bridge_acceleration", "桥梁加速度", "mm/s2", 12, 6, 4, Limits(h=300), 1)
DRAIN_LEVEL = Kind("drain_level", "积水深度", "m", 0.0, 0.004, 0, Limits(hh=0.4, h=0.15), 3)

LIFELINES = ((GAS_WELL, 50), (GAS_PRESSURE, 10), (GAS_FLOW, 6), (WATER_PRESSURE, 24), (WATER_FLOW, 8))
OF_A_BRIDGE = (STRAIN, STRAIN, STRAIN, DEFLECTION, DEFLECTION, ACCELERATION)
BRIDGES = 4


@dataclass(frozen=True)
class Point:
    """A sensor. ``owner`` is the code of the hazard source, bridge or network that it watches."""

    code: str
    name: str
    owner: str
    kind: Kind
    lon: float
    lat: float
    site: Site | None = None  # the waterlogging point of a drain's gauge
    heat: float = 0.0  # how much a tank's temperature follows the air, 0 to 1


@dataclass(frozen=True)
class HazardSource:
    """A major hazard source 重大危险源; ``level`` 1 (worst) to 4."""

    code: str
    name: str
    enterprise: Enterprise
    level: int
    chemical: str
    points: tuple[Point, ...]

    @property
    def people(self) -> int:
        """Who live within 500 m."""
        return CLASSES[self.level - 1][1]

    @property
    def holds_t(self) -> float:
        """What its three tanks hold at most: as much as makes it a source of its level."""
        critical, correction = WEIGHTS.get(self.chemical, (50, 1))
        return round(CLASSES[self.level - 1][0] * critical / correction / 1.5, 1)


@lru_cache(maxsize=4)
def hazard_sources(seed: int) -> tuple[HazardSource, ...]:
    """20 sources at fourteen plants, each with three tanks and six gas detectors."""
    rng, layout = random.Random(f"{seed}/hazard sources"), lay_out(seed)
    plants = layout.by_industry["hazchem"][:14]
    return tuple(_source(rng, layout, i, plants[(i - 1) % len(plants)]) for i in range(1, 21))


def _source(rng: random.Random, layout: Layout, number: int, plant: Enterprise) -> HazardSource:
    code, chemical = f"MN141022{number:04d}", CHEMICALS[(number - 1) % len(CHEMICALS)]
    points: list[Point] = []

    def add(name: str, kind: Kind, heat: float = 0.0) -> None:
        lon, lat = near(layout.county.boundary, rng, (plant.lon, plant.lat), 0.15)
        points.append(Point(f"{code}-{len(points) + 1:02d}", name, code, kind, lon, lat, heat=heat))

    for tank in ("A", "B", "C"):
        add(f"模拟{chemical}储罐{tank}温度", TANK_TEMPERATURE, heat=round(rng.uniform(0.2, 0.5), 2))
        add(f"模拟{chemical}储罐{tank}压力", TANK_PRESSURE)
        add(f"模拟{chemical}储罐{tank}液位", TANK_LEVEL)
    for i in range(1, 7):
        toxic = chemical in TOXIC and i > 3
        add(f"模拟{chemical}{'有毒' if toxic else '可燃'}气体探测器{i}", TOXIC_GAS if toxic else COMBUSTIBLE)
    level = rng.choices((1, 2, 3, 4), (3, 5, 7, 5))[0]
    return HazardSource(code, f"模拟{chemical}罐区{number:02d}", plant, level, chemical, tuple(points))


@lru_cache(maxsize=4)
def lifelines(seed: int) -> tuple[Point, ...]:
    """Gas, water, bridges and drains of the county town."""
    return tuple(_lifelines(random.Random(f"{seed}/lifelines"), lay_out(seed)))


def _lifelines(rng: random.Random, layout: Layout) -> Iterator[Point]:
    for kind, count in LIFELINES:
        network = "MNRQ" if kind.name.startswith("gas") else "MNGS"
        for i in range(1, count + 1):
            lon, lat = near(layout.county.boundary, rng, SEAT, 2.5)
            yield Point(f"{network}-{kind.name}-{i:03d}", f"模拟{kind.title}点{i:02d}", network, kind, lon, lat)
    for b in range(1, BRIDGES + 1):
        lon, lat = near(layout.county.boundary, rng, SEAT, 3)
        for i, kind in enumerate(OF_A_BRIDGE, 1):
            yield Point(f"MNQL{b:02d}-{i:02d}", f"模拟{b}号桥{kind.title}{i}", f"MNQL{b:02d}", kind, lon, lat)
    for site in layout.waterlogging:
        yield Point(f"{site.code}-SW", f"{site.name}水位", "MNPS", DRAIN_LEVEL, site.lon, site.lat, site=site)


class Excursion(NamedTuple):
    """A point beyond its upper limit from ``begin`` to ``end``."""

    point: Point
    begin: datetime
    end: datetime
    reaches: float


class Plants:
    """The watched points of one world, as a function of time."""

    def __init__(self, world: World, atmosphere: Atmosphere, hydrology: Hydrology) -> None:
        self.world, self.atmosphere, self.hydrology = world, atmosphere, hydrology
        self.sources = hazard_sources(world.seed)
        self.lifelines = lifelines(world.seed)
        self.points = (*(p for s in self.sources for p in s.points), *self.lifelines)

    def value(self, point: Point, at: datetime) -> float:
        """The point's reading in its unit."""
        kind, seed = point.kind, self.world.seed
        excursion = self.excursion(point, at)
        if excursion and excursion.begin <= at < excursion.end:
            share = (at - excursion.begin) / (excursion.end - excursion.begin)
            return round(kind.base + (excursion.reaches - kind.base) * math.sin(math.pi * share), kind.digits)
        own = dice(seed, "own", point.code) - 0.5
        slow = math.sin(at.timestamp() / (9_000 + 6_000 * dice(seed, "pace", point.code)) + 6 * own)
        noise = dice(seed, "noise", point.code, int(at.timestamp()) // 60) - 0.5
        value = kind.base + kind.swing * (0.5 * own + 0.4 * slow + 0.1 * noise) + kind.daily * _daily(at)
        if point.heat:
            air = self.atmosphere.air(point.lon, point.lat, at).temperature_c
            value += point.heat * (air - kind.base)
        if point.site:
            value = max(0.0, value) + self.hydrology.street_water_m(point.site, at)
        return round(value if kind.base < 1 and kind.daily else max(0.0, value), kind.digits)

    def excursion(self, point: Point, at: datetime) -> Excursion | None:
        """What happens at the point on the day of ``at`` (Beijing), if anything."""
        midnight = at.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
        if leak := self._leak(point):
            return leak
        key = (self.world.seed, "excursion", point.code, midnight.date())
        limit = point.kind.limits.h
        if limit is None or point.site or dice(*key) >= EXCURSIONS_PER_POINT_DAY:
            return None
        begin = midnight + timedelta(minutes=int(1_300 * dice(*key, "at")))
        lasts = timedelta(minutes=int(10 + 50 * dice(*key, "lasts")))
        return Excursion(point, begin, begin + lasts, limit * (1.05 + 0.5 * dice(*key, "height")))

    def _leak(self, point: Point) -> Excursion | None:
        """The scenario ``gas``: a pipe leaks into the wells beside it soon after the start."""
        if self.world.scenario != "gas" or point.kind is not GAS_WELL or not point.code.endswith(("-007", "-008")):
            return None
        begin = self.world.anchor + timedelta(minutes=6)
        return Excursion(point, begin, begin + timedelta(minutes=70), 62.0 if point.code.endswith("7") else 31.0)

    def excursions(self, midnight: datetime) -> list[Excursion]:
        """All of a day, earliest first."""
        found = (self.excursion(point, midnight) for point in self.points)
        return sorted((e for e in found if e), key=lambda e: (e.begin, e.point.code))


def _daily(at: datetime) -> float:
    """How much is drawn at this hour, -1 to 1: peaks in the morning and in the evening."""
    hour = at.hour + at.minute / 60
    return 0.5 * math.sin(2 * math.pi * (hour - 3) / 24) + 0.5 * math.sin(4 * math.pi * (hour - 4) / 24)
