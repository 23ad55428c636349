"""The weather: how hard it rains and blows at a place and time. Everything else in the county derives from it.

A storm is a round cell that crosses the county in about three hours, from south-west to north-east. The main one
centres on the world's start; weaker ones come every ``PERIOD`` before and after, so that a demo left running
has weather too. In a quiet world there is drizzle only; in a year's, most cells are drizzle and the season says how
many are not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

from simulator.world import World, dice

PERIOD = timedelta(hours=18)
KM_PER_DEGREE = 111.2
CENTRE = (111.80, 35.66)  # over the county; lon, lat
COS_LAT = math.cos(math.radians(CENTRE[1]))
# The share of cells that are storms, by month. 487 cells pass in a year.
STORMY = (0.03, 0.03, 0.05, 0.06, 0.08, 0.14, 0.24, 0.22, 0.12, 0.06, 0.04, 0.03)


@dataclass(frozen=True)
class Cell:
    """A rain cell: where its middle is at ``centre_at`` and how it moves."""

    centre_at: datetime
    lon: float
    lat: float
    east_km_h: float
    north_km_h: float
    peak_mm_h: float
    radius_km: float  # one standard deviation

    def middle(self, at: datetime) -> tuple[float, float]:
        """Longitude and latitude of the cell's middle."""
        hours = (at - self.centre_at).total_seconds() / 3600
        return (
            self.lon + self.east_km_h * hours / (KM_PER_DEGREE * COS_LAT),
            self.lat + self.north_km_h * hours / KM_PER_DEGREE,
        )

    def nearness(self, lon: float, lat: float, at: datetime) -> float:
        """1 in the middle of the cell, towards 0 outside."""
        x, y = self.middle(at)
        squared = ((lon - x) * COS_LAT * KM_PER_DEGREE) ** 2 + ((lat - y) * KM_PER_DEGREE) ** 2
        return math.exp(-squared / (2 * self.radius_km**2))


class Weather:
    """Rain and wind of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    @cached_property
    def storm(self) -> Cell:
        """The cell of the scenario itself."""
        return self.storm_number(0)

    @lru_cache(maxsize=1024)  # noqa: B019 - one Weather lives as long as the process
    def storm_number(self, k: int) -> Cell:
        """The k-th cell, counted from the scenario's own."""
        seed = self.world.seed
        strength = 75.0 if k == 0 else 15 + 25 * dice(seed, "peak", k)
        return Cell(
            centre_at=self.world.anchor + k * PERIOD,
            lon=CENTRE[0] + 0.06 * (dice(seed, "lon", k) - 0.5),
            lat=CENTRE[1] + 0.06 * (dice(seed, "lat", k) - 0.5),
            east_km_h=14 + 4 * dice(seed, "east", k),
            north_km_h=10 + 6 * dice(seed, "north", k),
            peak_mm_h=strength if self.is_stormy(k) else 0.8,
            radius_km=9 + 2 * dice(seed, "radius", k),
        )

    def is_stormy(self, k: int) -> bool:
        """Is the k-th cell a storm, or drizzle?"""
        if self.world.climate != "year" or k == 0:
            return self.world.climate != "quiet"
        month = (self.world.anchor + k * PERIOD).month
        return dice(self.world.seed, "stormy", k) < STORMY[month - 1]

    def cell(self, at: datetime) -> Cell:
        """The cell nearest in time; the others are too far away to be felt."""
        return self.storm_number(self.number(at))

    def number(self, at: datetime) -> int:
        """Which storm is nearest in time, counted from the scenario's own."""
        return round((at - self.world.anchor) / PERIOD)

    def rain_mm_h(self, lon: float, lat: float, at: datetime) -> float:
        """Rain rate, mm/h. Gusty from one five minutes to the next, but the same whenever it is asked for."""
        cell = self.cell(at)
        rate = cell.peak_mm_h * cell.nearness(lon, lat, at)
        if rate < 0.05:
            return 0.0
        return rate * (0.7 + 0.6 * dice(self.world.seed, "gust", lon, lat, int(at.timestamp()) // 300))

    def rain_mm(self, lon: float, lat: float, until: datetime, minutes: int) -> float:
        """Rain of the ``minutes`` that end at ``until``, mm."""
        steps = [until - timedelta(minutes=2.5 + 5 * i) for i in range(minutes // 5)]
        return sum(self.rain_mm_h(lon, lat, at) for at in steps) / 12

    def wind_m_s(self, lon: float, lat: float, at: datetime) -> float:
        """Gusts, m/s: up to about 22 in the middle of the main storm."""
        cell = self.cell(at)
        storm = cell.peak_mm_h / 75 * cell.nearness(lon, lat, at)
        return 2.5 + 2 * dice(self.world.seed, "wind", int(at.timestamp()) // 600) + 18 * storm
