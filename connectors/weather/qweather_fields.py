"""QWeather's members -> our variables: v7 (texts, units by documentation) and v1 ({value, unit}, fractions).

The two releases measure alike and write differently: km/h became m/s, km became m, per cent became a fraction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from connectors.json_text import NotFinite
from connectors.units import Unit, unit_of


class Field(NamedTuple):
    """One value: our variable, its unit as a conversion, hours of an amount; texts land in ``value_text``."""

    variable: str
    unit: Unit
    interval_h: float | None = None
    is_text: bool = False


class Value(NamedTuple):
    """A value found in a reply, with what belongs to it."""

    field: Field
    name: str
    raw: Any
    more: dict[str, Any]


_NONE = Unit("", "1")
_C, _PCT, _HPA, _DEG, _MM = Unit("c", "℃"), Unit("pct", "%"), Unit("hpa", "hPa"), Unit("deg", "°"), Unit("mm", "mm")
_KM_H, _KM = Unit("m_s", "m/s", 1 / 3.6), Unit("m", "m", 1000.0)
_FRACTION = Unit("pct", "%", 100.0)
_UG, _MG = Unit("ug_m3", "µg/m3"), Unit("mg_m3", "mg/m3")

# Beside the value of the second name these are kept as they are: words for it.
BESIDE = {
    "icon": "text",
    "windDir": "wind360",
    "windScale": "windSpeed",
    "level": "aqi",
    "category": "aqi",
    "primary": "aqi",
    "iconDay": "textDay",
    "windDirDay": "wind360Day",
    "windScaleDay": "windSpeedDay",
    "iconNight": "textNight",
    "windDirNight": "wind360Night",
    "windScaleNight": "windSpeedNight",
}
V7 = {
    "temp": Field("air_temperature_c", _C),
    "feelsLike": Field("apparent_temperature_c", _C),
    "text": Field("weather", _NONE, is_text=True),
    "wind360": Field("wind_direction_deg", _DEG),
    "windSpeed": Field("wind_speed_m_s", _KM_H),
    "humidity": Field("relative_humidity_pct", _PCT),
    "precip": Field("rain_mm", _MM, 1.0),
    "pop": Field("rain_probability_pct", _PCT, 1.0),
    "pressure": Field("pressure_hpa", _HPA),
    "vis": Field("visibility_m", _KM),
    "cloud": Field("cloud_cover_pct", _PCT),
    "dew": Field("dew_point_c", _C),
    "aqi": Field("aqi", _NONE),
    "pm10": Field("pm10_ug_m3", _UG),
    "pm2p5": Field("pm2p5_ug_m3", _UG),
    "no2": Field("no2_ug_m3", _UG),
    "so2": Field("so2_ug_m3", _UG),
    "o3": Field("o3_ug_m3", _UG),
    "co": Field("co_mg_m3", _MG),
}
V7_DAY = {
    "tempMax": Field("air_temperature_max_c", _C, 24.0),
    "tempMin": Field("air_temperature_min_c", _C, 24.0),
    "textDay": Field("weather_day", _NONE, is_text=True),
    "textNight": Field("weather_night", _NONE, is_text=True),
    "wind360Day": Field("wind_direction_day_deg", _DEG),
    "wind360Night": Field("wind_direction_night_deg", _DEG),
    "windSpeedDay": Field("wind_speed_day_m_s", _KM_H),
    "windSpeedNight": Field("wind_speed_night_m_s", _KM_H),
    "humidity": Field("relative_humidity_daily_pct", _PCT, 24.0),
    "precip": Field("rain_daily_mm", _MM, 24.0),
    "pressure": Field("pressure_daily_hpa", _HPA, 24.0),
    "vis": Field("visibility_daily_m", _KM, 24.0),
    "cloud": Field("cloud_cover_daily_pct", _PCT, 24.0),
    "uvIndex": Field("uv_index_max", _NONE, 24.0),
    "aqi": Field("aqi_daily", _NONE, 24.0),
}
V7_MINUTE = {"precip": Field("rain_5min_mm", _MM, 5 / 60)}
V7_TIDE = {"height": Field("tide_level_m", Unit("m", "m"))}
V7_TIDE_TURN = {"height": Field("tide_extreme_level_m", Unit("m", "m"))}
SKY = frozenset({"sunrise", "sunset", "moonrise", "moonset", "moonPhase", "moonPhaseIcon"})
"""Astronomy of the place, known from its position: no weather, and left out."""


def v7_values(
    row: Mapping[str, Any], fields: Mapping[str, Field], clocks: frozenset[str]
) -> tuple[list[Value], dict[str, Any]]:
    """The values of a v7 object and the members that nobody knows."""
    found = [Value(fields[name], name, raw, {}) for name, raw in row.items() if name in fields]
    by_name = {value.name: value for value in found}
    unknown: dict[str, Any] = {}
    for name, raw in row.items():
        if name in fields or name in clocks or name in SKY:
            continue
        beside = BESIDE.get(name, next(iter(fields)) if name == "type" else None)
        if beside in by_name:
            by_name[beside].more[name] = raw
        else:
            unknown[name] = raw
    return found, unknown


_V1_QUANTITIES = {
    "temperature": Field("air_temperature", _NONE),
    "feelsLike": Field("apparent_temperature", _NONE),
    "dewPoint": Field("dew_point", _NONE),
    "pressure": Field("pressure", _NONE),
    "visibility": Field("visibility", _NONE),
    "windGust": Field("wind_gust", _NONE),
    "windGustMax": Field("wind_gust_max", _NONE),
    "temperatureMax": Field("air_temperature_max", _NONE),
    "temperatureMin": Field("air_temperature_min", _NONE),
    "temperatureAvg": Field("air_temperature_mean", _NONE),
    "ghi": Field("global_radiation", _NONE),
    "dni": Field("direct_normal_irradiance", _NONE),
    "dhi": Field("diffuse_radiation", _NONE),
}
_V1_NUMBERS = {
    "humidity": Field("relative_humidity_pct", _FRACTION),
    "cloudCover": Field("cloud_cover_pct", _FRACTION),
    "uvIndex": Field("uv_index", _NONE),
    "uvIndexMax": Field("uv_index_max", _NONE),
}
_V1_LEFT_OUT = frozenset({"astro", "solarAngle", "poa", "weather"})
"""Position of the sun and moon, radiation on a tilted panel, and the weather beside it (that is asked for itself)."""


def v1_values(
    row: Mapping[str, Any], clocks: frozenset[str], hours: float | None, suffix: str = ""
) -> tuple[list[Value], dict[str, Any]]:
    """The values of a v1 object and the members that nobody knows; ``suffix`` marks a part of a day."""
    found: list[Value] = []
    unknown: dict[str, Any] = {}
    for name, raw in row.items():
        if name in clocks or name in _V1_LEFT_OUT:
            continue
        values = list(_v1_member(name, raw, hours))
        if values:
            found += values
        else:
            unknown[name] = raw
    return [_marked(value, suffix) for value in found], unknown


def _marked(value: Value, suffix: str) -> Value:
    if not suffix:
        return value
    unit = value.field.unit.suffix
    stem = value.field.variable.removesuffix(f"_{unit}") if unit else value.field.variable
    variable = f"{stem}_{suffix}_{unit}" if unit else f"{stem}_{suffix}"
    return value._replace(field=value.field._replace(variable=variable))


def _v1_member(name: str, raw: Any, hours: float | None) -> Iterator[Value]:
    if name in _V1_NUMBERS:
        yield Value(_V1_NUMBERS[name], name, raw, {})
    elif name in _V1_QUANTITIES:
        of_a_span = name.endswith(("Max", "Min", "Avg"))
        yield from _quantity(_V1_QUANTITIES[name]._replace(interval_h=hours if of_a_span else None), name, raw)
    elif not isinstance(raw, Mapping):
        return
    elif name == "condition":
        yield Value(Field("weather", _NONE, is_text=True), "condition.text", raw.get("text"), {"code": raw.get("code")})
    elif name == "wind":
        direction = raw.get("direction")
        if isinstance(direction, Mapping):
            compass = {"compass": direction["compass"]} if "compass" in direction else {}
            field = Field("wind_direction_deg", _DEG)
            yield Value(field, "wind.direction.degree", direction.get("degree"), compass)
        scale = {"scale": raw["scale"]} if "scale" in raw else {}
        yield from _quantity(Field("wind_speed", _NONE), "wind.speed", raw.get("speed"), scale)
    elif name == "precipitation":
        kind = {"type": raw["type"]} if "type" in raw else {}
        yield from _quantity(Field("rain", _NONE, hours), "precipitation.amount", raw.get("amount"), kind)
        if "intensity" in raw:
            yield from _quantity(Field("rain_intensity", _NONE), "precipitation.intensity", raw["intensity"])
        if "probability" in raw:
            field = Field("rain_probability_pct", _FRACTION, hours)
            yield Value(field, "precipitation.probability", raw["probability"], {})


_MM_H = Unit("mm_h", "mm/h")


def _quantity(field: Field, name: str, raw: Any, more: Mapping[str, Any] | None = None) -> Iterator[Value]:
    """``{value, unit}``; where the unit is not listed it stays as it was sent, in the variable's unit."""
    if not isinstance(raw, Mapping):
        yield Value(field, name, raw if isinstance(raw, NotFinite) else None, dict(more or {}))
        return
    stated = str(raw.get("unit") or "")
    unit = _MM_H if stated == "mm/h" else unit_of(stated) or Unit("", stated or "1")
    variable = f"{field.variable}_{unit.suffix}" if unit.suffix else field.variable
    extra = {**(more or {}), **({} if unit.suffix else {"unit": stated})}
    yield Value(field._replace(variable=variable, unit=unit), name, raw.get("value"), extra)


def air_values(row: Mapping[str, Any], hours: float | None = None) -> Iterator[Value]:
    """Indexes (one variable per index) and pollutants of a v1 air reply."""
    for index in _objects(row.get("indexes")):
        code = str(index.get("code") or "unknown").replace("-", "_")
        more = {name: index[name] for name in ("level", "category") if index.get(name) is not None}
        if isinstance(primary := index.get("primaryPollutant"), Mapping):
            more["primaryPollutant"] = primary.get("code")
        yield Value(Field(f"aqi_{code}", _NONE, hours), f"indexes.{code}", index.get("aqi"), more)
    for pollutant in _objects(row.get("pollutants")):
        code = str(pollutant.get("code") or "unknown")
        yield from _quantity(Field(code, _NONE, hours), f"pollutants.{code}", pollutant.get("concentration"))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
