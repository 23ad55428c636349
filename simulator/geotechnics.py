"""The ground: pore pressure, phreatic line, pond level and displacement at slopes, pits and tailings dams.

Rain reaches the pore pressure after hours (``hydrology.Stores``). Where more water is held than the ground stands
(``strength_mm``), it moves faster, the more the worse; a strong earthquake moves it at once.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from simulator.hydrology import QUARTER, Stores
from simulator.layout import Layout, Pond, Slope
from simulator.quake import Quakes, Version
from simulator.weather import KM_PER_DEGREE, Weather
from simulator.world import World, floor

MEMORY = timedelta(days=4)  # before that, the ground of every world is dry
POND_RESPONSE_H = 4.0


class Ground(NamedTuple):
    """The state of a slope. Displacement is what has come about since ``Geotechnics.begin``."""

    pore_pressure_kpa: float
    moisture_pct: float
    displacement_mm: float
    rate_mm_d: float


class PondState(NamedTuple):
    level_m: float
    dry_beach_m: float
    freeboard_m: float
    phreatic_m: float  # depth below the dam's face
    seepage_l_s: float


class Geotechnics:
    """The ground of one world."""

    def __init__(self, world: World, layout: Layout, weather: Weather, quakes: Quakes) -> None:
        self.world, self.layout, self.weather, self.quakes = world, layout, weather, quakes
        self.begin = floor(world.anchor - MEMORY, 900)
        self._stores: dict[str, Stores] = {}
        self._moved: dict[str, list[float]] = {}
        self._lock = threading.RLock()

    @cached_property
    def weak_pond(self) -> Pond:
        """The pond nearest to the storm's track: its dam has settled and takes up water quickly (as in the report of
        2023: nobody held settlement and rain together).
        """
        return max(self.layout.ponds, key=lambda p: self._storm_rain(p.dam))

    @cached_property
    def weak_slope(self) -> Slope:
        """The hazard point nearest to the storm's track: it moves first."""
        return max(self.layout.hazard_points, key=self._storm_rain)

    def _storm_rain(self, slope: Slope) -> float:
        storm = self.weather.storm
        return sum(
            storm.nearness(slope.lon, slope.lat, storm.centre_at + timedelta(minutes=m)) for m in range(-60, 61, 15)
        )

    def as_built(self, slope: Slope) -> Slope:
        """The slope with the weakness that this world's storm finds."""
        if slope.code == self.weak_pond.dam.code:
            return replace(slope, response_h=2.0, strength_mm=6.0, creep_mm_d=0.4)
        if slope.code == self.weak_slope.code:
            return replace(slope, response_h=3.0, strength_mm=18.0, creep_mm_d=0.3)
        return slope

    def ground(self, slope: Slope, at: datetime) -> Ground:
        held = self._store(slope).held_mm(at)
        excess = max(0.0, held - self.as_built(slope).strength_mm)
        return Ground(
            pore_pressure_kpa=18 + 1.1 * held,
            moisture_pct=min(46.0, 21 + 0.6 * held),
            displacement_mm=self.displacement_mm(slope, at),
            rate_mm_d=24 * _rate_mm_h(excess) + self.as_built(slope).creep_mm_d,
        )

    def pond(self, pond: Pond, at: datetime) -> PondState:
        """The level rises with the rain of the pond's catchment, and each cm takes a metre off the beach."""
        rise = 0.016 * self._pond_store(pond).held_mm(at)
        held = self._store(pond.dam).held_mm(at)
        depth = pond.phreatic_m - 0.05 * held
        return PondState(
            level_m=pond.level_m + rise,
            dry_beach_m=max(0.0, pond.beach_m - 100 * rise),
            freeboard_m=pond.crest_m - pond.level_m - rise,
            phreatic_m=max(0.3, depth),
            seepage_l_s=1.4 + 0.08 * held,
        )

    def displacement_mm(self, slope: Slope, at: datetime) -> float:
        """Along the slope's azimuth: creep, what wet ground added, and the steps that earthquakes left."""
        return self._wet_mm(slope, at) + self._dry_mm(slope, at)

    def _dry_mm(self, slope: Slope, at: datetime) -> float:
        creep = self.as_built(slope).creep_mm_d * ((at - self.begin) / timedelta(days=1))
        steps = (self.step_mm(slope, q) for q in self.strong_quakes if q.at <= at)
        return creep + sum(steps)

    def _wet_mm(self, slope: Slope, at: datetime) -> float:
        steps = (at - self.begin) / QUARTER
        if steps <= 0:
            return 0.0
        whole = int(steps)
        moved = self._moved_until(slope, whole + 1)
        return moved[whole] + (steps - whole) * (moved[whole + 1] - moved[whole])

    def _moved_until(self, slope: Slope, step: int) -> Sequence[float]:
        """Displacement of wet ground by steps of a quarter of an hour, up to ``step``."""
        with self._lock:
            store, strength = self._store(slope), self.as_built(slope).strength_mm
            moved = self._moved.setdefault(slope.code, [0.0])
            while len(moved) <= step:
                excess = max(0.0, store.grid(len(moved)) - strength)
                moved.append(moved[-1] + _rate_mm_h(excess) / 4)
            return moved

    def _store(self, slope: Slope) -> Stores:
        return self._kept(slope.code, slope, self.as_built(slope).response_h)

    def _pond_store(self, pond: Pond) -> Stores:
        return self._kept(f"{pond.dam.code}/pond", pond.dam, POND_RESPONSE_H)

    def _kept(self, key: str, place: Slope, response_h: float) -> Stores:
        with self._lock:
            if key not in self._stores:
                self._stores[key] = Stores(self.weather, place.lon, place.lat, response_h, self.begin)
            return self._stores[key]

    @cached_property
    def strong_quakes(self) -> list[Version]:
        """The scenario's quakes that can move ground, as finally determined."""
        return [q for q in self.quakes.scripted_strong() if q.at >= self.begin]

    def step_mm(self, slope: Slope, quake: Version) -> float:
        """How far a quake moves a slope at once; weak ground moves more."""
        shaking = shaking_gal(quake, slope.lon, slope.lat)
        weakness = min(3.0, 40 / self.as_built(slope).strength_mm)
        return 30 * weakness * max(0.0, (shaking - 60) / 100) ** 2


def _rate_mm_h(excess_mm: float) -> float:
    """How fast wet ground moves, by the water it holds above its strength."""
    return 0.035 * math.pow(excess_mm, 1.5)


def shaking_gal(quake: Version, lon: float, lat: float) -> float:
    """Peak ground acceleration, cm/s²: a plain attenuation law that only has to fall with distance as real ones do."""
    east = (quake.lon - lon) * KM_PER_DEGREE * math.cos(math.radians(lat))
    north = (quake.lat - lat) * KM_PER_DEGREE
    distance = math.sqrt(east**2 + north**2 + quake.depth_km**2)
    exponent = 0.5 * (quake.mag or 0) - 1.3 * math.log10(distance + 10) + 1.22
    return float(10.0**exponent)
