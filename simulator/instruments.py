"""The instruments at slopes and dams: what each hangs on, and what it reads when the ground is as it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from simulator.geotechnics import Geotechnics
from simulator.hydrology import Hydrology
from simulator.layout import Layout, Pond, Slope, lay_out
from simulator.weather import Weather
from simulator.world import World, dice

# kind -> unit. Displacements are vectors, the others single numbers.
UNITS = {
    "gnss": "mm",
    "crack": "mm",
    "tilt": "°",
    "rain": "mm",
    "moisture": "%",
    "pore_pressure": "kPa",
    "phreatic": "m",
    "dry_beach": "m",
    "pond_level": "m",
    "seepage": "L/s",
}
AT_DAM = (
    *(("gnss", 6), ("phreatic", 5), ("pore_pressure", 3), ("dry_beach", 2)),
    *(("pond_level", 1), ("rain", 1), ("seepage", 1)),
)
AT_PIT = (("gnss", 5), ("crack", 2), ("rain", 1))


@dataclass(frozen=True)
class Instrument:
    """``share``: how much of the slope's movement the place sees, 0.3 to 1."""

    code: str
    name: str
    kind: str
    number: int
    slope: Slope
    share: float
    pond: Pond | None = None

    @property
    def unit(self) -> str:
        return UNITS[self.kind]


class Vector(NamedTuple):
    """Movement, mm: east, north, up."""

    x: float
    y: float
    z: float


@lru_cache(maxsize=4)
def instruments(seed: int) -> tuple[Instrument, ...]:
    """All of them: of the tailings dams, the open pits, the geological-hazard points."""
    layout = lay_out(seed)
    return (*at_dams(layout, seed), *at_pits(layout, seed), *at_hazard_points(layout, seed))


def at_dams(layout: Layout, seed: int) -> tuple[Instrument, ...]:
    return tuple(i for pond in layout.ponds for i in _mounted(seed, pond.dam, AT_DAM, pond))


def at_pits(layout: Layout, seed: int) -> tuple[Instrument, ...]:
    return tuple(i for _, slope in layout.pits for i in _mounted(seed, slope, AT_PIT))


def at_hazard_points(layout: Layout, seed: int) -> tuple[Instrument, ...]:
    """GNSS, crack and tilt everywhere; rain at every second, water in the ground at every third point."""
    found = []
    for i, slope in enumerate(layout.hazard_points):
        kinds = [("gnss", 1), ("crack", 1), ("tilt", 1)]
        kinds += [("rain", 1)] if i % 2 == 0 else []
        kinds += [("pore_pressure", 1), ("moisture", 1)] if i % 3 == 0 else []
        found += _mounted(seed, slope, tuple(kinds))
    return tuple(found)


def _mounted(seed: int, slope: Slope, kinds: tuple[tuple[str, int], ...], pond: Pond | None = None) -> list[Instrument]:
    found = []
    for kind, count in kinds:
        for number in range(1, count + 1):
            code = f"{slope.code}-{kind}-{number}"
            share = 1.0 if number == 1 else round(0.3 + 0.7 * dice(seed, "share", code), 2)
            found.append(Instrument(code, f"{slope.name}{kind}{number}", kind, number, slope, share, pond))
    return found


class Readings:
    """What the instruments of one world read."""

    def __init__(self, world: World, geotechnics: Geotechnics, weather: Weather, hydrology: Hydrology) -> None:
        self.world, self.ground, self.weather, self.hydrology = world, geotechnics, weather, hydrology

    def movement(self, instrument: Instrument, at: datetime) -> Vector:
        """Down the slope, and down: what a GNSS antenna would have moved, with its noise of a millimetre."""
        total = instrument.share * self.ground.displacement_mm(instrument.slope, at)
        direction = math.radians(instrument.slope.azimuth_deg)
        sink = 0.8 if instrument.pond else 0.45  # a dam settles more than it slides
        slide = math.sqrt(1 - sink**2)
        return Vector(
            total * slide * math.sin(direction) + self._noise(instrument, at, "x"),
            total * slide * math.cos(direction) + self._noise(instrument, at, "y"),
            -total * sink + 1.6 * self._noise(instrument, at, "z"),
        )

    def number(self, instrument: Instrument, at: datetime, rain_minutes: int = 60) -> float:
        """The reading of an instrument that gives one number; rain is that of the last ``rain_minutes``."""
        noise, slope = self._noise(instrument, at, ""), instrument.slope
        if instrument.kind == "rain":
            return self.weather.rain_mm(slope.lon, slope.lat, at, rain_minutes)
        if instrument.kind == "crack":
            return 4 + instrument.share * 0.7 * self.ground.displacement_mm(slope, at) + 0.1 * noise
        if instrument.kind == "tilt":
            return 0.02 * instrument.share * self.ground.displacement_mm(slope, at) + 0.005 * noise
        if instrument.pond:
            return self._of_pond(instrument, instrument.pond, at) + 0.01 * noise
        ground = self.ground.ground(slope, at)
        return (ground.moisture_pct if instrument.kind == "moisture" else ground.pore_pressure_kpa) + 0.2 * noise

    def _of_pond(self, instrument: Instrument, pond: Pond, at: datetime) -> float:
        state, offset = self.ground.pond(pond, at), 1.5 * (1 - instrument.share)
        if instrument.kind == "pore_pressure":
            return self.ground.ground(pond.dam, at).pore_pressure_kpa * instrument.share
        if instrument.kind == "phreatic":
            return state.phreatic_m + offset
        if instrument.kind == "dry_beach":
            return state.dry_beach_m + 10 * offset
        return state.level_m if instrument.kind == "pond_level" else state.seepage_l_s

    def running_rain_mm(self, instrument: Instrument, at: datetime) -> float:
        """The gauge's running total since midnight (Beijing), which falls back to nothing there."""
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        minutes = int((at - midnight) / timedelta(minutes=1))
        return self.weather.rain_mm(instrument.slope.lon, instrument.slope.lat, at, minutes)

    def _noise(self, instrument: Instrument, at: datetime, axis: str) -> float:
        draws = [dice(self.world.seed, "noise", instrument.code, axis, int(at.timestamp()), i) for i in range(3)]
        return (sum(draws) - 1.5) * 1.2
