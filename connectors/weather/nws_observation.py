"""Observations and stations of api.weather.gov: a feature per station and time with some twenty quantities."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from connectors.arrow import as_json
from connectors.numbers import NumberError, to_number
from connectors.observation import DIMENSIONLESS, TABLE
from connectors.refusal import RefusedError
from connectors.station import TABLE as STATION
from connectors.weather.cap_reading import Notes
from connectors.weather.cap_values import BadValue, instant
from connectors.weather.nws_document import ENVELOPE, Item
from connectors.weather.nws_values import code_of, is_quantity, number, series

Row = dict[str, Any]

_ADDRESS = re.compile(r"/stations/([^/]+)(?:/observations/([^/]+))?$")
_WORDS = ("rawMessage", "presentWeather", "cloudLayers")
_NAMES = frozenset({"id", "station", "stationId", "stationName", "timestamp", "elevation", "icon", "textDescription"})
_KNOWN = ENVELOPE | _NAMES | frozenset(_WORDS)
_STATION_KNOWN = ENVELOPE | frozenset({"id", "stationIdentifier", "name", "elevation"})
# What the service tells of a station beside its place; kept in extra, no surprise.
_STATION_MORE = frozenset(
    {"timeZone", "forecast", "county", "fireWeatherZone", "provider", "subProvider", "distance", "bearing"}
)
_REJECTED = "X"  # the service's own quality control; V, C and S are grades of good, Z unchecked, Q doubtful


def observations(item: Item, notes: Notes) -> list[Row]:
    """A row per quantity that is not missing, and one of the weather in words. Raises RefusedError."""
    about = item.about
    station, event_at = _key(about)
    quantities = {name: held for name, held in about.items() if name not in _KNOWN and is_quantity(held)}
    words = {name: about[name] for name in _WORDS if about.get(name)}
    if not quantities and not words and not about.get("textDescription"):
        raise RefusedError("nws.observation.values", "the observation names no quantity at all")
    strange = {
        name: held for name, held in about.items() if name not in _KNOWN | quantities.keys() and held is not None
    }
    for name, held in strange.items():
        notes.drift(TABLE, name, str(held))
    head = {"station_code": station, "event_at": event_at, "source_table": "observations"}
    rows = []
    for name, held in quantities.items():
        value = number(held.get("value"), f"{item.where}.{name}", TABLE, notes)
        if value is not None:
            rows.append({**head, **_measured(name, held, value, strange, notes)})
    if words or about.get("textDescription"):
        text = about.get("textDescription") or about.get("rawMessage") or as_json(words)
        row = {"variable": "weather_text", "unit": DIMENSIONLESS, "value_text": str(text)}
        rows.append({**head, **row, "extra": as_json({**strange, **words} or None)})
    return rows


def _measured(name: str, held: Row, value: float, strange: Row, notes: Notes) -> Row:
    code = code_of(held)
    kept = series(name, code, TABLE, notes)
    quality = str(held.get("qualityControl") or "").removeprefix("qc:")
    if quality == _REJECTED:
        notes.drift(TABLE, "(quality X)", f"{name} {value}")
    origin = {"parameter": name, "unit": code, "quality_control": quality or None}
    return {
        "variable": kept.variable,
        "value": kept.unit.convert(value),
        "unit": kept.unit.symbol,
        "interval_h": kept.hours,
        "extra": as_json({**strange, **{key: told for key, told in origin.items() if told}}),
    }


def _key(about: Row) -> tuple[str, datetime]:
    """Station and time; both also stand in the observation's address. Raises RefusedError."""
    address = _ADDRESS.search(str(about.get("@id") or ""))
    station = _code(about) or (address and address[1])
    if not station:
        raise RefusedError("nws.observation.station", "the observation does not say of which station it is")
    written = about.get("timestamp") or (address and address[2])
    try:
        return station, instant(str(written or ""), None)[0]
    except BadValue as bad:
        raise RefusedError("nws.observation.time", f"the time of the observation: {bad}") from None


def _code(about: Row) -> str | None:
    code = about.get("stationIdentifier") or about.get("stationId") or about.get("station")
    return str(code).rpartition("/")[2] if code else None


def station(item: Item, notes: Notes) -> Row | None:
    """The station that a feature tells of, None if it does not say where it is (a station of a register is refused)."""
    about, is_register = item.about, item.kind == "station"
    address = _ADDRESS.search(str(about.get("@id") or ""))
    code, place = _code(about) or (address and address[1]), _place(item, notes)
    if not code or place is None:
        if is_register:
            raise RefusedError("nws.station.place", "the station has no code or no coordinates")
        return None
    extra: Row = {}
    if (elevation := _elevation(item, notes)) is not None:
        extra["elevation_m"] = elevation
    if is_register:
        extra |= {name: held for name, held in about.items() if name not in _STATION_KNOWN}
        for name in [name for name in extra if name not in _STATION_MORE and name != "elevation_m"]:
            notes.drift(STATION, name, str(extra[name]))
    return {
        "station_code": code,
        "station_name": about.get("name") or about.get("stationName"),
        "station_type": "met",
        "longitude": place[0],
        "latitude": place[1],
        "extra": as_json(extra or None),
    }


def _elevation(item: Item, notes: Notes) -> float | None:
    held = item.about.get("elevation")
    if not isinstance(held, dict) or held.get("value") is None:
        return None
    value = number(held["value"], f"{item.where}.elevation", STATION, notes)
    unit = series("visibility", code_of(held), STATION, notes).unit  # any length comes out in metres
    return None if value is None or unit.suffix != "m" else unit.convert(value)


def _place(item: Item, notes: Notes) -> tuple[float, float] | None:
    """(longitude, latitude) of a point, None where none is told; a wrong one is a reject of its own."""
    if item.geometry is None:
        return None
    try:
        return point(item.geometry)
    except ValueError as error:
        notes.reject(item.where, "nws.station.place", str(error), STATION, {"geometry": str(item.geometry)[:200]})
        return None


def point(geometry: Any) -> tuple[float, float]:
    """(longitude, latitude) of a GeoJSON Point, or of one in well-known text. Raises ValueError with the reason."""
    held = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if isinstance(geometry, str) and (match := re.fullmatch(r"\s*POINT\s*\(([^()]*)\)\s*", geometry)):
        held = match[1].split()
    if not isinstance(held, list) or len(held) < 2:
        raise ValueError("the geometry is no point")
    try:
        longitude, latitude = to_number(held[0]), to_number(held[1])
    except NumberError as error:
        raise ValueError(f"the coordinates are no numbers: {error}") from None
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        raise ValueError(f"{longitude}, {latitude} is no place (longitude, latitude in degrees)")
    return longitude, latitude
