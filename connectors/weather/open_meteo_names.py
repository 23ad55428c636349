"""Names of Open-Meteo's columns -> our variables: ``<variable>[_<statistic>][_<model>]``."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from connectors.units import Unit, unit_of

BEST_MATCH = "best_match"
"""The model where the request named none: the service chooses by place."""


class Series(NamedTuple):
    """What one column is; ``is_unknown``: its name or unit is kept as it came."""

    column: str
    variable: str
    model: str
    unit: Unit
    stated_unit: str | None
    interval_h: float | None
    is_unknown: bool = False
    is_text: bool = False


_INSTANT = {
    "temperature_2m": "air_temperature",
    "apparent_temperature": "apparent_temperature",
    "dew_point_2m": "dew_point",
    "dewpoint_2m": "dew_point",
    "wet_bulb_temperature_2m": "wet_bulb_temperature",
    "relative_humidity_2m": "relative_humidity",
    "relativehumidity_2m": "relative_humidity",
    "snow_depth": "snow_depth",
    "freezing_level_height": "freezing_level",
    "weather_code": "weather_code",
    "weathercode": "weather_code",
    "pressure_msl": "sea_level_pressure",
    "surface_pressure": "pressure",
    "cloud_cover": "cloud_cover",
    "cloudcover": "cloud_cover",
    "cloud_cover_low": "cloud_cover_low",
    "cloud_cover_mid": "cloud_cover_mid",
    "cloud_cover_high": "cloud_cover_high",
    "visibility": "visibility",
    "wind_speed_10m": "wind_speed",
    "windspeed_10m": "wind_speed",
    "wind_direction_10m": "wind_direction",
    "winddirection_10m": "wind_direction",
    "cape": "cape",
    "lifted_index": "lifted_index",
    "convective_inhibition": "convective_inhibition",
    "uv_index": "uv_index",
    "uv_index_clear_sky": "uv_index_clear_sky",
    "is_day": "is_day",
    "sunrise": "sunrise",
    "sunset": "sunset",
    "vapour_pressure_deficit": "vapour_pressure_deficit",
    "total_column_integrated_water_vapour": "total_column_water_vapour",
    "boundary_layer_height": "boundary_layer_height",
    "river_discharge": "discharge",
    "pm10": "pm10",
    "pm2_5": "pm2p5",
    "carbon_monoxide": "co",
    "nitrogen_dioxide": "no2",
    "sulphur_dioxide": "so2",
    "ozone": "o3",
    "dust": "dust",
    "european_aqi": "european_aqi",
    "us_aqi": "us_aqi",
    "wave_height": "wave_height",
    "wave_direction": "wave_direction",
    "wave_period": "wave_period",
}
_OF_THE_TIME_BEFORE = {
    "precipitation": "precipitation",
    "precipitation_hours": "precipitation_duration",
    "precipitation_probability": "precipitation_probability",
    "rain": "rain",
    "showers": "showers",
    "snowfall": "snowfall",
    "wind_gusts_10m": "wind_gust",
    "windgusts_10m": "wind_gust",
    "daylight_duration": "daylight_duration",
    "sunshine_duration": "sunshine_duration",
    "shortwave_radiation": "shortwave_radiation",
    "direct_radiation": "direct_radiation",
    "diffuse_radiation": "diffuse_radiation",
    "direct_normal_irradiance": "direct_normal_irradiance",
    "terrestrial_radiation": "terrestrial_radiation",
    "evapotranspiration": "evapotranspiration",
    "et0_fao_evapotranspiration": "reference_evapotranspiration",
}
_NAMES = {**_INSTANT, **_OF_THE_TIME_BEFORE}
_PATTERN = re.compile(
    r"soil_(?:temperature|moisture)_(?:\d+_to_)?\d+cm"
    r"|(?:wind_?speed|wind_?direction|temperature)_\d+m"
    r"|(?:temperature|relative_?humidity|dew_?point|wind_?speed|wind_?direction|geopotential_height|cloud_?cover"
    r"|vertical_velocity)_\d+hPa"
)
"""Heights, depths and pressure levels: the level belongs to the name."""
_STATISTIC = re.compile(r"_(max|min|mean|median|sum|dominant|p\d\d)(?=_|$)")
_STEPS = {0.25: "15min", 24.0: "daily"}
"""Suffix of what covers another time than an hour: at midnight an hour and a day end at once."""
_TEXTS = frozenset({"sunrise", "sunset"})
_OWN_UNITS = {
    "wmo code": Unit("", "1"),
    "eaqi": Unit("", "1"),
    "usaqi": Unit("", "1"),
    "": Unit("", "1"),
    "h": Unit("h", "h"),
    "s": Unit("s", "s"),
    "j/kg": Unit("j_kg", "J/kg"),
    "mj/m²": Unit("mj_m2", "MJ/m2"),
    "m³/m³": Unit("m3_m3", "m3/m3"),
    "iso8601": Unit("", "1"),
    "unixtime": Unit("", "1"),
    "undefined": Unit("", "1"),
}
_CM = Unit("cm", "cm")
"""Depth of fresh snow stays in centimetres: in millimetres it would be taken for its water."""


def series(column: str, stated_unit: Any, hours: float | None) -> Series:
    """The column's variable, model and unit; ``hours`` is the time step of its block."""
    stated = None if stated_unit is None else str(stated_unit)
    name = _name(column)
    if name is None:
        unit = _unit(column, stated) or Unit("", stated or "1")
        return Series(column, _variable(column, unit), BEST_MATCH, unit, stated, None, is_unknown=True)
    rest = column[len(name) :]
    statistic = match.group(1) if (match := _STATISTIC.match(rest)) else None
    model = rest[len(statistic) + 1 if statistic else 0 :].lstrip("_") or BEST_MATCH
    known, is_sum = _unit(name, stated), name in _OF_THE_TIME_BEFORE
    words = [_NAMES.get(name, name), "" if statistic == "sum" else statistic or ""]
    if is_sum and statistic in {None, "sum"} and not name.endswith(("_hours", "_duration")):
        words.append(_STEPS.get(hours or 1.0, ""))
    kept = known or Unit("", stated or "1")
    return Series(
        column,
        _variable("_".join(word for word in words if word), kept),
        model,
        kept,
        stated,
        hours if is_sum or statistic else None,
        is_unknown=known is None,
        is_text=name in _TEXTS,
    )


def _name(column: str) -> str | None:
    """The longest known variable that the column starts with; after it a statistic or a model may follow."""
    if match := _PATTERN.match(column):
        found = match.group()
        if found not in _NAMES and column[len(found) :][:1] in {"", "_"}:
            return found
    ends = [len(column), *(end for end in range(len(column) - 1, 0, -1) if column[end] == "_")]
    return next((column[:end] for end in ends if column[:end] in _NAMES), None)


def _unit(name: str, stated: str | None) -> Unit | None:
    if stated is None:
        return None
    if name == "snowfall" and stated.strip().lower() == "cm":
        return _CM
    return _OWN_UNITS.get(stated.strip().lower()) or unit_of(stated)


def _variable(quantity: str, unit: Unit) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", quantity.lower()).strip("_") or "unnamed"
    return f"{plain}_{unit.suffix}" if unit.suffix else plain
