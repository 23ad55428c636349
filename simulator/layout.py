"""What stands in the county 模拟 besides stations and mines: places where people live, and what may fail.

The sizes are those of a portrait of such a county (1,170 km², about 320,000 people); every object is invented.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from simulator.county import MINE_NUMBERS, REGION_CODE, SEAT, County, Place, anywhere, build, near
from simulator.enterprises import HILLS, Enterprise, enterprises

TOWN_NAMES = ("城关", "浍东", "里岩", "南梁坡", "西沟口", "北原", "高岭", "桑树坪", "石门", "河湾")
TOWNS = 6  # the first six are towns 镇, the other four townships 乡
VILLAGES = 151
WATERLOGGING_POINTS = 30


@dataclass(frozen=True)
class Town:
    code: str  # 9 digits
    name: str
    lon: float
    lat: float
    residents: int  # of the town itself, its villages not counted


@dataclass(frozen=True)
class Village:
    code: str  # 12 digits
    name: str
    town: Town
    lon: float
    lat: float
    people: int


@dataclass(frozen=True)
class Slope:
    """Ground that may move: a geological-hazard point, an open pit's slope, or a tailings dam.

    ``response_h``: how long after rain the pore pressure peaks. ``strength_mm``: how much rain, by then still in the
    ground, it stands before it moves faster.
    """

    code: str
    name: str
    kind: str
    lon: float
    lat: float
    azimuth_deg: float
    response_h: float
    strength_mm: float
    creep_mm_d: float
    people: int = 0  # who would be hit


@dataclass(frozen=True)
class Pond:
    """A tailings pond 尾矿库. Lengths in m; ``grade`` 2 to 5, as the design standard has it (1 the largest)."""

    enterprise: Enterprise
    dam: Slope
    grade: int
    dam_height_m: float
    storage_1e6_m3: float
    level_m: float
    crest_m: float
    beach_m: float
    least_beach_m: float
    phreatic_m: float  # depth of the phreatic line below the dam's face in dry weather


@dataclass(frozen=True)
class Site:
    """A place with a name and no physics of its own: a waterlogging point, a depot, a crossing of pipes."""

    code: str
    name: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Layout:
    county: County
    enterprises: tuple[Enterprise, ...]
    towns: tuple[Town, ...]
    villages: tuple[Village, ...]
    hazard_points: tuple[Slope, ...]
    pits: tuple[tuple[Enterprise, Slope], ...]
    ponds: tuple[Pond, ...]
    waterlogging: tuple[Site, ...]
    met_stations: tuple[Site, ...]

    @property
    def people(self) -> int:
        return sum(t.residents for t in self.towns) + sum(v.people for v in self.villages)

    @cached_property
    def slopes(self) -> tuple[Slope, ...]:
        return (*self.hazard_points, *(slope for _, slope in self.pits), *(pond.dam for pond in self.ponds))

    @cached_property
    def by_industry(self) -> dict[str, list[Enterprise]]:
        found: dict[str, list[Enterprise]] = defaultdict(list)
        for enterprise in self.enterprises:
            found[enterprise.industry].append(enterprise)
        return found

    @property
    def key_enterprises(self) -> list[Enterprise]:
        return [e for e in self.enterprises if e.is_key]

    def town_of(self, lon: float, lat: float) -> Town:
        """The town that a place belongs to: the nearest one, since the towns' bounds are not modelled."""
        return min(self.towns, key=lambda t: math.dist((t.lon, t.lat), (lon, lat)))


@lru_cache(maxsize=4)
def lay_out(seed: int) -> Layout:
    """The layout of a seed."""
    county = build(seed)
    firms = enterprises(seed, county)
    towns = tuple(_towns(county, random.Random(f"{seed}/towns")))
    return Layout(
        county=county,
        enterprises=firms,
        towns=towns,
        villages=tuple(_villages(county, towns, random.Random(f"{seed}/villages"))),
        hazard_points=tuple(_hazard_points(county, random.Random(f"{seed}/hazards"))),
        pits=tuple(_pits([e for e in firms if e.industry == "non_coal_mine"][:5], random.Random(f"{seed}/pits"))),
        ponds=tuple(_ponds([e for e in firms if e.industry == "tailings"], random.Random(f"{seed}/ponds"))),
        waterlogging=tuple(_waterlogging(county, random.Random(f"{seed}/waterlogging"))),
        met_stations=tuple(_met_stations(county, random.Random(f"{seed}/met"))),
    )


def spread_out(draw: Callable[[], Place], count: int) -> list[Place]:
    """Places as people settle: each the one of ten draws that lies farthest from those already there."""
    places: list[Place] = []
    while len(places) < count:
        draws = [draw() for _ in range(10)]
        places.append(max(draws, key=lambda p: min((math.dist(p, q) for q in places), default=1.0)))
    return places


def _towns(county: County, rng: random.Random) -> Iterator[Town]:
    places = [SEAT, *spread_out(lambda: anywhere(county.boundary, rng), len(TOWN_NAMES) - 1)]
    for i, (name, (lon, lat)) in enumerate(zip(TOWN_NAMES, places, strict=True), 1):
        residents = rng.randint(68_000, 76_000) if i == 1 else rng.randint(2_500, 7_500)
        kind = "镇" if i <= TOWNS else "乡"
        yield Town(f"{REGION_CODE}9{i:02d}", f"模拟{name}{kind}", lon, lat, residents)


def _villages(county: County, towns: tuple[Town, ...], rng: random.Random) -> Iterator[Village]:
    numbers: dict[str, int] = defaultdict(int)
    for i, (lon, lat) in enumerate(spread_out(lambda: anywhere(county.boundary, rng), VILLAGES), 1):
        town = min(towns, key=lambda t: math.dist((t.lon, t.lat), (lon, lat)))
        numbers[town.code] += 1
        people = min(6_000, max(180, round(rng.lognormvariate(7.12, 0.5))))
        yield Village(f"{town.code}{numbers[town.code]:03d}", f"模拟第{i:03d}村", town, lon, lat, people)


HAZARD_KINDS = (("滑坡", 28), ("崩塌", 14), ("不稳定斜坡", 10), ("泥石流", 5), ("地面塌陷", 3))


def _hazard_points(county: County, rng: random.Random) -> Iterator[Slope]:
    """60 points in the hills of the east, some of them above a village."""
    number = 0
    for kind, count in HAZARD_KINDS:
        for _ in range(count):
            number += 1
            lon, lat = near(county.boundary, rng, HILLS, 12)
            yield Slope(
                code=f"{REGION_CODE}93{number:04d}",
                name=f"模拟{kind}点{number:02d}",
                kind=kind,
                lon=lon,
                lat=lat,
                azimuth_deg=round(rng.uniform(0, 360), 1),
                response_h=round(rng.uniform(3, 9), 1),
                strength_mm=round(rng.uniform(20, 45), 1),
                creep_mm_d=round(rng.uniform(0.01, 0.12), 3),
                people=rng.choice((0, 4, 7, 12, 18, 26, 40, 65)),
            )


def _pits(firms: list[Enterprise], rng: random.Random) -> Iterator[tuple[Enterprise, Slope]]:
    for i, firm in enumerate(firms, 1):
        slope = Slope(
            code=f"{firm.code}-BP1",
            name=f"{firm.name}露天边坡",
            kind="露天边坡",
            lon=firm.lon,
            lat=firm.lat,
            azimuth_deg=round(rng.uniform(0, 360), 1),
            response_h=round(rng.uniform(4, 7), 1),
            strength_mm=round(rng.uniform(24, 40), 1),
            creep_mm_d=round(0.05 * i, 3),
            people=rng.randint(10, 60),
        )
        yield firm, slope


def _ponds(firms: list[Enterprise], rng: random.Random) -> Iterator[Pond]:
    for i, firm in enumerate(firms, 1):
        grade = (3, 3, 4, 4, 4, 5)[i - 1]
        height = {3: 72.0, 4: 41.0, 5: 22.0}[grade] + rng.uniform(0, 12)
        crest = round(rng.uniform(780, 960), 2)
        least = {3: 70.0, 4: 50.0, 5: 40.0}[grade]
        dam = Slope(
            code=f"{firm.code}-BT1",
            name=f"{firm.name}坝体",
            kind="尾矿坝",
            lon=firm.lon,
            lat=firm.lat,
            azimuth_deg=round(rng.uniform(0, 360), 1),
            response_h=round(rng.uniform(5, 8), 1),
            strength_mm=round(rng.uniform(30, 45), 1),
            creep_mm_d=round(rng.uniform(0.03, 0.1), 3),
            people=rng.randint(30, 400),
        )
        yield Pond(
            enterprise=firm,
            dam=dam,
            grade=grade,
            dam_height_m=round(height, 1),
            storage_1e6_m3=round({3: 12.0, 4: 3.2, 5: 0.7}[grade] * rng.uniform(0.8, 1.4), 2),
            level_m=round(crest - rng.uniform(3.2, 4.2), 2),
            crest_m=crest,
            beach_m=round(least * rng.uniform(1.7, 2.4), 1),
            least_beach_m=least,
            phreatic_m=round(rng.uniform(7, 12), 2),
        )


def _waterlogging(county: County, rng: random.Random) -> Iterator[Site]:
    for i in range(1, WATERLOGGING_POINTS + 1):
        lon, lat = near(county.boundary, rng, SEAT, 2.2)
        yield Site(f"{REGION_CODE}NL{i:03d}", f"模拟易涝点{i:02d}", lon, lat)


def _met_stations(county: County, rng: random.Random) -> Iterator[Site]:
    """A national station at the county town and eleven regional ones. V…: codes that WMO gave to nobody."""
    places = [SEAT, *spread_out(lambda: anywhere(county.boundary, rng), 11)]
    for i, (lon, lat) in enumerate(places):
        name = "模拟国家气象站" if i == 0 else f"模拟区域气象站{MINE_NUMBERS[i - 1] if i <= 7 else i}"
        yield Site(f"V9{i:03d}", name, lon, lat)
