"""Forecasts of api.weather.gov: periods in words and numbers, and the raw grid behind them.

Every value is kept at the end of the span that it is for, with the span's length: the service says of none at which
instant inside it holds.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from connectors.arrow import as_json
from connectors.forecast import TABLE
from connectors.observation import DIMENSIONLESS
from connectors.refusal import RefusedError
from connectors.telling import MISSING
from connectors.units import unit_of
from connectors.weather.cap_reading import Notes
from connectors.weather.cap_values import BadValue, instant
from connectors.weather.nws_document import ENVELOPE, Item
from connectors.weather.nws_observation import point
from connectors.weather.nws_values import Series, code_of, is_quantity, number, series, snake

Row = dict[str, Any]

_POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z/]+)", re.ASCII)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII)
_PERIOD_TEXT = frozenset({"number", "name", "startTime", "endTime", "isDaytime", "icon", "temperatureUnit"})
_PERIOD_MORE = ("name", "isDaytime", "temperatureTrend", "detailedForecast")
_GRID_HEAD = ENVELOPE | frozenset(
    {"updateTime", "validTimes", "elevation", "forecastOffice", "gridId", "gridX", "gridY", "id", "updated"}
)


def periods(item: Item, fetched_at: datetime, notes: Notes) -> list[Row]:
    """The rows of ``../forecast`` and ``../forecast/hourly``; a broken period is a reject. Raises RefusedError."""
    about = item.about
    head = _head(item, about.get("forecastGenerator") or "forecast", fetched_at)
    rows: list[Row] = []
    for i, period in enumerate(about["periods"]):
        where = f"{item.where}.periods[{i}]"
        try:
            rows += _period(period, {**head, "source_table": "periods"}, where, notes)
        except RefusedError as refused:
            notes.reject(where, refused.rule, str(refused), TABLE, period if isinstance(period, dict) else {})
    return rows


def _period(period: Any, head: Row, where: str, notes: Notes) -> list[Row]:
    if not isinstance(period, dict):
        raise RefusedError("nws.period.shape", "the period is no object")
    try:
        start, end = (instant(str(period.get(name) or ""), None)[0] for name in ("startTime", "endTime"))
    except BadValue as bad:
        raise RefusedError("nws.period.time", f"the span of the period: {bad}") from None
    if end <= start:
        raise RefusedError("nws.period.time", "the period does not end after it starts")
    more = {name: period[name] for name in _PERIOD_MORE if period.get(name) not in (None, "")}
    head = {**head, "event_at": end, "interval_h": (end - start).total_seconds() / 3600}
    rows = []
    for name, held in period.items():
        if name in _PERIOD_TEXT or name in _PERIOD_MORE:
            continue
        row = _told(name, held, period, f"{where}.{name}", notes)
        if row is not None:
            rows.append({**head, **row, "extra": as_json({**more, "parameter": name})})
    return rows


def _told(name: str, held: Any, period: Row, where: str, notes: Notes) -> Row | None:
    """What one member of a period says, None if nothing."""
    if held is None or held == "":
        notes.drift(TABLE, MISSING, name)
        return None
    if name == "windDirection" and held in _POINTS:
        kept = series(name, "wmoUnit:degree_(angle)", TABLE, notes)
        return _row(kept, 22.5 * _POINTS.index(held), held)
    if name in ("windSpeed", "windGust") and isinstance(held, str):
        return _speed(name, held, notes)
    if name == "shortForecast":
        return {"variable": "weather_text", "unit": DIMENSIONLESS, "value_text": str(held)}
    if name == "temperature" and not isinstance(held, dict):
        held = {"unitCode": f"deg{period.get('temperatureUnit')}", "value": held}
    if not is_quantity(held):
        notes.drift(TABLE, name, str(held))
        return {"variable": snake(name), "unit": DIMENSIONLESS, "value_text": str(held)}
    return _quantity(name, held, where, notes)


def _quantity(name: str, held: Row, where: str, notes: Notes) -> Row | None:
    bounds = [held.get(bound) for bound in ("minValue", "maxValue")]
    if held.get("value") is None and any(bound is not None for bound in bounds):
        text = " to ".join(str(bound) for bound in bounds if bound is not None)
        return _row(series(name, code_of(held), TABLE, notes), None, f"{text} {code_of(held) or ''}".strip())
    value = number(held.get("value"), where, TABLE, notes)
    if value is None:
        return None
    kept = series(name, code_of(held), TABLE, notes)
    return _row(kept, kept.unit.convert(value), None)


def _speed(name: str, text: str, notes: Notes) -> Row:
    """``10 mph`` is a number; ``5 to 10 mph`` stays the text that it is."""
    match = _SPEED.fullmatch(text.strip())
    unit = unit_of(match[2]) if match else None
    kept = series(name, "wmoUnit:m_s-1", TABLE, notes)
    exact = match is not None and unit is not None and unit.suffix == "m_s"
    return _row(kept, unit.convert(float(match[1])) if exact and match and unit else None, text)


def _row(kept: Series, value: float | None, text: str | None) -> Row:
    return {"variable": kept.variable, "value": value, "unit": kept.unit.symbol, "value_text": text}


def grid(item: Item, fetched_at: datetime, notes: Notes) -> list[Row]:
    """The rows of ``/gridpoints/{office}/{x},{y}``: per parameter a list of spans and values. Raises RefusedError."""
    about = item.about
    head = {**_head(item, "gridpoint", fetched_at), "source_table": "gridpoint"}
    rows: list[Row] = []
    for name, held in about.items():
        if name in _GRID_HEAD or held is None:
            continue
        if not isinstance(held, dict) or not isinstance(held.get("values"), list):
            notes.drift(TABLE, name, str(held))
            continue
        for i, span in enumerate(held["values"]):
            where = f"{item.where}.{name}[{i}]"
            try:
                row = _span(name, held, span, where, notes)
            except RefusedError as refused:
                notes.reject(where, refused.rule, str(refused), TABLE, {name: str(span)[:200]})
                continue
            if row is not None:
                rows.append({**head, **row, "extra": as_json({"parameter": name})})
    return rows


def _span(name: str, held: Row, span: Any, where: str, notes: Notes) -> Row | None:
    start, _, written = str(span.get("validTime") if isinstance(span, dict) else "").partition("/")
    duration = _DURATION.fullmatch(written)
    try:
        begin = instant(start, None)[0]
    except BadValue as bad:
        raise RefusedError("nws.grid.time", f"the span: {bad}") from None
    if not duration or not any(duration.groups()):
        raise RefusedError("nws.grid.time", f"the span {written[:40]!r} is no length of time")
    days, hours, minutes, seconds = (int(part or 0) for part in duration.groups())
    try:
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        when = {"event_at": begin + length, "interval_h": length.total_seconds() / 3600}
    except OverflowError:
        raise RefusedError("nws.grid.time", f"the span {written[:40]!r} is longer than time") from None
    value = span.get("value")
    if isinstance(value, list | dict):  # weather and hazards: phrases in parts
        return {**when, "variable": snake(name), "unit": DIMENSIONLESS, "value_text": as_json(value)}
    row = _quantity(name, {**held, "value": value}, where, notes)
    return None if row is None else {**when, **row}


def _head(item: Item, model: str, fetched_at: datetime) -> Row:
    """Place, model and time of issue. The time of generation changes with every request, so it is not that of issue."""
    written = item.about.get("updateTime") or item.about.get("updated")
    try:
        issued_at = instant(str(written), None)[0] if written else fetched_at
    except BadValue as bad:
        raise RefusedError("nws.forecast.issued", f"the time of issue: {bad}") from None
    longitude, latitude = _middle(item.geometry)
    return {
        "place_code": f"{longitude:.4f},{latitude:.4f}",
        "model": f"NWS {model}",
        "issued_at": issued_at,
        "longitude": longitude,
        "latitude": latitude,
    }


def _middle(geometry: Any) -> tuple[float, float]:
    """The point of a forecast, or the middle of its grid cell. Raises RefusedError."""
    parts = geometry.get("geometries") if isinstance(geometry, dict) else None
    for part in [*(parts if isinstance(parts, list) else []), geometry]:
        try:
            return point(part)
        except ValueError:
            pass
    ring = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Polygon" else None
    try:
        corners = [point({"type": "Point", "coordinates": corner}) for corner in (ring or [[]])[0]]
        longitudes, latitudes = zip(*corners, strict=True)
    except (ValueError, TypeError, LookupError):
        raise RefusedError("nws.forecast.place", "the forecast does not say where it is for") from None
    return (min(longitudes) + max(longitudes)) / 2, (min(latitudes) + max(latitudes)) / 2
