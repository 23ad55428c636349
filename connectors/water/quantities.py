"""What a source calls a quantity, and its unit -> the name of our variable and how its value is converted.

Names are ``<quantity>_<unit>``. A quantity that is not known keeps the source's own name and unit, unconverted, and is
told: nothing is guessed. Levels above different datums are different quantities (water_level, water_level_navd88).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from connectors.units import Unit, unit_of

SENTINELS = frozenset({-9999.0, -99999.0, -999999.0, 999999.0})
"""No water level, flow, amount or height has these values: they are the marks of devices and databases upstream."""

_SAME_UNIT = re.compile(r"^(urn:ogc:def:uom:(udunits:2|ucum)::?|http\S*[/#])")
# What open vocabularies (WaterML 2, SensorThings, CUAHSI) call the quantities that we have names for.
_KNOWN = {
    "discharge": "discharge",
    "streamflow": "discharge",
    "river discharge": "discharge",
    "flow": "discharge",
    "gage height": "water_level",
    "gauge height": "water_level",
    "stage": "water_level",
    "river stage": "water_level",
    "water level": "water_level",
    "river level": "water_level",
    "groundwater level": "groundwater_level",
    "ground water level": "groundwater_level",
    "depth to groundwater": "groundwater_depth",
    "groundwater depth": "groundwater_depth",
    "reservoir level": "reservoir_level",
    "precipitation": "rain",
    "rainfall": "rain",
    "water temperature": "water_temperature",
    "sea water temperature": "water_temperature",
    "groundwater temperature": "water_temperature",
    "air temperature": "air_temperature",
    "relative humidity": "relative_humidity",
    "wind speed": "wind_speed",
    "wind direction": "wind_direction",
    "barometric pressure": "pressure",
    "air pressure": "pressure",
    "atmospheric pressure": "pressure",
    "specific conductance": "conductivity",
    "electrical conductivity": "conductivity",
    "conductivity": "conductivity",
    "battery voltage": "battery",
    "turbidity": "turbidity",
    "dissolved oxygen": "dissolved_oxygen",
    "oxygen, dissolved": "dissolved_oxygen",
}


@dataclass(frozen=True)
class Measure:
    """A variable. ``converted`` is how a value becomes ours (None: taken as sent), ``told`` names an unknown one."""

    variable: str
    unit: str
    converted: Unit | None = None
    source_unit: str | None = None
    is_known: bool = True
    told: str = ""


def slug(text: str) -> str:
    """``text`` as a part of a variable's name: lower case, words joined by underscores; "" if nothing is left."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text.strip())
    return re.sub(r"[^\w]+|_+", "_", spaced.lower().replace("%", " pct ")).strip("_")[:60]


def known_quantity(name: str) -> str | None:
    """Our word for a quantity of an open vocabulary, None if it is not one that we know."""
    return _KNOWN.get(re.sub(r"[\s_-]+", " ", slug(name).replace("_", " ")).strip())


@lru_cache(maxsize=4096)
def measure(quantity: str | None, own_name: str, unit_text: str | None) -> Measure:
    """``quantity`` is our word (None: unknown), ``own_name`` the source's, ``unit_text`` as sent (None: unsaid)."""
    written = _SAME_UNIT.sub("", (unit_text or "").strip())
    unit = unit_of(written) if written else None
    shown = (unit_text or "").strip() or "unknown"
    if quantity is not None and unit is not None:
        is_same = unit.factor == 1.0 and unit.offset == 0.0
        return Measure(f"{quantity}_{unit.suffix}", unit.symbol, None if is_same else unit, None if is_same else shown)
    name = quantity or slug(own_name) or "result"
    variable = f"{name}_{slug(written)}".strip("_") if slug(written) else name
    told = f"{own_name or name} [{shown}]"
    if quantity is None and unit is not None and unit.factor == 1.0 and unit.offset == 0.0:
        return Measure(f"{name}_{unit.suffix}", unit.symbol, is_known=False, told=told)
    return Measure(variable, shown, is_known=False, told=told)
