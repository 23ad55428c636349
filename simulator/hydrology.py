"""Where the rain goes: rivers, reservoirs, the ground, the streets. Each follows the rain by its own lag.

Rivers and reservoirs answer to the mean rain of their catchment. Levels are m above the station's own datum.
"""

from __future__ import annotations

import math
import threading
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from simulator.county import County, Station
from simulator.layout import Site
from simulator.weather import Weather
from simulator.world import floor

QUARTER = timedelta(minutes=15)
CALM_M = 0.01  # per quarter of an hour; less is no trend
BASE_STORAGE_1E6_M3, STORAGE_OF_A_METRE_1E6_M3 = 2.5, 0.4 / 0.35


class River(NamedTuple):
    level_m: float
    discharge_m3_s: float
    trend: str  # rising, falling, steady


class Reservoir(NamedTuple):
    level_m: float
    inflow_m3_s: float
    outflow_m3_s: float
    storage_1e6_m3: float
    trend: str


class Hydrology:
    """Water of one world, as a function of place and time."""

    def __init__(self, county: County, weather: Weather) -> None:
        self.county, self.weather = county, weather

    def river(self, station: Station, at: datetime) -> River:
        rise, before = self.rise_m(station, at), self.rise_m(station, at - QUARTER)
        discharge = 0.02 * (station.catchment_km2 or 100) * (0.4 + rise) ** 1.6
        return River(station.base_level + rise, discharge, _trend(rise - before))

    def reservoir(self, station: Station, at: datetime) -> Reservoir:
        """The outflow holds back two thirds of what comes in."""
        rise, before = self.rise_m(station, at), self.rise_m(station, at - QUARTER)
        inflow = 0.05 * (station.catchment_km2 or 100) * rise
        above = 0.35 * rise
        level, storage = station.base_level + above, BASE_STORAGE_1E6_M3 + STORAGE_OF_A_METRE_1E6_M3 * above
        return Reservoir(level, inflow, inflow / 3, storage, "rising" if rise > before + CALM_M else "steady")

    def rise_m(self, station: Station, at: datetime) -> float:
        """How far the water stands above its base: recent rain of the catchment, delayed and spread out."""
        to_peak = 0.7 + (station.catchment_km2 or 100) / 500  # h
        begin = floor(at, 900) - timedelta(hours=6)
        total = 0.0
        for i in range(25):
            quarter = begin + i * QUARTER
            lag = (at - quarter).total_seconds() / 3600 / to_peak
            if lag > 0:
                total += self._catchment_rain(station, quarter) * lag**2 * math.exp(2 * (1 - lag))
        return 0.05 + 0.045 * total

    @lru_cache(maxsize=10_000)  # noqa: B019 - one Hydrology lives as long as the process
    def _catchment_rain(self, station: Station, quarter: datetime) -> float:
        """Mean rain, mm, of the quarter of an hour from ``quarter`` over the gauges around."""
        gauges = sorted(self.county.gauges, key=lambda g: math.dist((g.lon, g.lat), (station.lon, station.lat)))[:6]
        middle = quarter + timedelta(minutes=7.5)
        return sum(self.weather.rain_mm_h(g.lon, g.lat, middle) for g in gauges) / len(gauges) / 4

    def street_water_m(self, site: Site, at: datetime) -> float:
        """Depth of water at a waterlogging point: what the drains (20 mm/h) do not swallow, gone within the hour."""
        depth = 0.0
        for i in range(1, 19):
            ago = timedelta(minutes=5 * i - 2.5)
            surplus = max(0.0, self.weather.rain_mm_h(site.lon, site.lat, at - ago) - 20) / 12
            depth += surplus * math.exp(-ago / timedelta(minutes=25))
        return depth * 0.02


def _trend(change_m: float) -> str:
    return "rising" if change_m > CALM_M else "falling" if change_m < -CALM_M else "steady"


class Stores:
    """The water held by the ground at one place, step by step: rain fills one store, which drains into a second.

    The second is what pore pressure and phreatic line follow; it peaks ``response_h`` after a burst of rain. The
    states lie on a fixed grid from ``begin`` on, before which the ground is dry, so that they do not depend on who
    asks first.
    """

    def __init__(self, weather: Weather, lon: float, lat: float, response_h: float, begin: datetime) -> None:
        self.weather, self.lon, self.lat, self.begin = weather, lon, lat, begin
        self.keep = math.exp(-0.25 / response_h)
        self.upper, self.lower = [0.0], [0.0]
        self.lock = threading.Lock()

    def held_mm(self, at: datetime) -> float:
        """Rain, mm, in the second store."""
        steps = (at - self.begin) / QUARTER
        if steps <= 0:
            return 0.0
        whole = int(steps)
        self._advance(whole + 1)
        return self.lower[whole] + (steps - whole) * (self.lower[whole + 1] - self.lower[whole])

    def grid(self, step: int) -> float:
        """The second store at the ``step``-th quarter of an hour after ``begin``."""
        self._advance(step)
        return self.lower[step]

    def _advance(self, step: int) -> None:
        with self.lock:
            while len(self.lower) <= step:
                middle = self.begin + (len(self.lower) - 0.5) * QUARTER
                rain = self.weather.rain_mm_h(self.lon, self.lat, middle) / 4
                drained = self.upper[-1] * (1 - self.keep)
                self.lower.append(self.lower[-1] * self.keep + drained)
                self.upper.append(self.upper[-1] - drained + rain)
