"""The county's nature and works in one hand: what the wires ask for values."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.atmosphere import Atmosphere
from simulator.geotechnics import Geotechnics
from simulator.hydrology import Hydrology
from simulator.instruments import Readings
from simulator.layout import Layout, lay_out
from simulator.plants import Plants
from simulator.quake import Quakes
from simulator.weather import Weather
from simulator.world import World


@dataclass(frozen=True)
class Nature:
    """Everything that happens in one world without anybody's doing."""

    world: World
    layout: Layout
    weather: Weather
    quakes: Quakes
    atmosphere: Atmosphere
    hydrology: Hydrology
    ground: Geotechnics
    readings: Readings
    plants: Plants


def nature(world: World) -> Nature:
    """The nature of a world; nothing is computed before it is asked for."""
    layout, weather, quakes = lay_out(world.seed), Weather(world), Quakes(world)
    atmosphere = Atmosphere(world, weather)
    hydrology = Hydrology(layout.county, weather)
    ground = Geotechnics(world, layout, weather, quakes)
    readings = Readings(world, ground, weather, hydrology)
    plants = Plants(world, atmosphere, hydrology)
    return Nature(world, layout, weather, quakes, atmosphere, hydrology, ground, readings, plants)
