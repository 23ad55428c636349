"""Quantities of api.weather.gov: ``{"unitCode": "wmoUnit:km_h-1", "value": 7.56}`` -> our variable, unit and number."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from connectors.json_text import NotFinite
from connectors.numbers import NumberError, to_number
from connectors.observation import DIMENSIONLESS
from connectors.telling import MISSING
from connectors.units import Unit, unit_of
from connectors.weather.cap_reading import Notes


class Quantity(NamedTuple):
    """``suffix`` is that of the unit it must come in; ``hours`` what an amount or an extreme covers."""

    stem: str
    suffix: str
    hours: float | None = None


QUANTITIES = {
    "temperature": Quantity("air_temperature", "c"),
    "dewpoint": Quantity("dew_point", "c"),
    "windDirection": Quantity("wind_direction", "deg"),
    "windSpeed": Quantity("wind_speed", "m_s"),
    "windGust": Quantity("wind_gust", "m_s"),
    # In the reports seen it equals the altimeter setting of the METAR, not the pressure at the station.
    "barometricPressure": Quantity("barometric_pressure", "hpa"),
    "seaLevelPressure": Quantity("sea_level_pressure", "hpa"),
    "visibility": Quantity("visibility", "m"),
    "relativeHumidity": Quantity("relative_humidity", "pct"),
    "windChill": Quantity("wind_chill", "c"),
    "heatIndex": Quantity("heat_index", "c"),
    "apparentTemperature": Quantity("apparent_temperature", "c"),
    "maxTemperatureLast24Hours": Quantity("air_temperature_max", "c", 24.0),
    "minTemperatureLast24Hours": Quantity("air_temperature_min", "c", 24.0),
    "maxTemperature": Quantity("air_temperature_max", "c"),
    "minTemperature": Quantity("air_temperature_min", "c"),
    "precipitationLastHour": Quantity("rain", "mm", 1.0),
    "precipitationLast3Hours": Quantity("rain_3h", "mm", 3.0),
    "precipitationLast6Hours": Quantity("rain_6h", "mm", 6.0),
    "quantitativePrecipitation": Quantity("rain", "mm"),
    "snowfallAmount": Quantity("snowfall", "mm"),
    "iceAccumulation": Quantity("ice_accumulation", "mm"),
    "probabilityOfPrecipitation": Quantity("precipitation_probability", "pct"),
    "skyCover": Quantity("cloud_cover", "pct"),
}


class Series(NamedTuple):
    """How a parameter with its unit is kept."""

    variable: str
    unit: Unit
    hours: float | None


def series(parameter: str, code: Any, table: str, notes: Notes) -> Series:
    """Our variable for a parameter in the unit ``code``; one that is not known keeps its own name and is counted."""
    known, unit = QUANTITIES.get(parameter), _unit(code)
    if known and unit and known.suffix == "mm" and unit.suffix == "m":
        unit = Unit("mm", "mm", unit.factor * 1000)
    if known and unit and known.suffix == unit.suffix:
        return Series(f"{known.stem}_{unit.suffix}", unit, known.hours)
    written = str(code).rpartition(":")[2] if code else DIMENSIONLESS
    notes.drift(table, parameter, f"{parameter} in {written}")
    unit = unit or Unit(snake(written), written)
    suffix = "" if written == DIMENSIONLESS else f"_{unit.suffix}"
    return Series(f"{snake(parameter)}{suffix}", unit, known.hours if known else None)


def number(held: Any, where: str, table: str, notes: Notes) -> float | None:
    """The number of a value; None for a missing one (counted) and for what is no number (a reject)."""
    if held is None or (isinstance(held, str) and not isinstance(held, NotFinite) and not held.strip()):
        notes.drift(table, MISSING, where.rpartition(".")[2])
        return None
    try:
        return to_number(held)
    except NumberError as error:
        notes.reject(where, "nws.number", f"{where}: {error}", table, {"value": str(held)[:100]})
        return None


def code_of(held: dict[str, Any]) -> Any:
    """The unit of a quantity under whichever name this version of the service has it."""
    return next((held[name] for name in ("unitCode", "uom", "unit") if held.get(name)), None)


def is_quantity(held: Any) -> bool:
    return isinstance(held, dict) and not held.keys().isdisjoint({"value", "unitCode", "uom", "minValue", "maxValue"})


def snake(name: str) -> str:
    """``maxTemperatureLast24Hours`` -> ``max_temperature_last24_hours``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def _unit(code: Any) -> Unit | None:
    """``wmoUnit:degC``, ``unit:degC``, ``http://codes.wmo.int/common/unit/degC``."""
    short = re.split(r"[:/]", str(code))[-1] if code else ""
    return unit_of(f"wmoUnit:{short}") or unit_of(short)
