"""How each kind of reply of QWeather is read: v7 by its lists, v1 by its objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from connectors import forecast, observation, station
from connectors.arrow import as_json
from connectors.refusal import RefusedError
from connectors.weather.qweather_alerts import read_alert
from connectors.weather.qweather_fields import (
    V7,
    V7_DAY,
    V7_MINUTE,
    V7_TIDE,
    V7_TIDE_TURN,
    Field,
    Value,
    air_values,
    v1_values,
    v7_values,
)
from connectors.weather.qweather_reply import Reply, keep_unknown

_CLOCKS = frozenset({"obsTime", "pubTime", "fxTime", "fxDate", "time", "date", "name", "id"})
_V1_CLOCKS = frozenset({"metadata", "forecastTime", "forecastStartTime", "forecastEndTime", "daytime", "nighttime"})


class _Kind(NamedTuple):
    """A list of v7 objects: its fields, the member with the time, and where its values belong."""

    fields: Mapping[str, Field]
    clock: str
    is_forecast: bool
    is_day: bool = False


V7_LISTS = {
    "hourly": _Kind(V7, "fxTime", True),
    "minutely": _Kind(V7_MINUTE, "fxTime", True),
    "daily": _Kind(V7_DAY, "fxDate", True, is_day=True),
    "tideHourly": _Kind(V7_TIDE, "fxTime", True),
    "tideTable": _Kind(V7_TIDE_TURN, "fxTime", True),
    "weatherHourly": _Kind(V7, "time", False),
    "weatherDaily": _Kind(V7_DAY, "date", False, is_day=True),
    "airHourly": _Kind(V7, "pubTime", False),
}


def v7_lists(reply: Reply) -> None:
    for member, where, item in reply.items(*(name for name in V7_LISTS if name in reply.document)):
        kind = V7_LISTS[member]
        table = forecast.TABLE if kind.is_forecast else observation.TABLE
        try:
            at = reply.instant(item.get(kind.clock), date_only=kind.is_day)
        except RefusedError as error:
            reply.reject(where, error, item)
            continue
        values, unknown = v7_values(item, kind.fields, _CLOCKS)
        keep_unknown(reply, table, values, unknown)
        land = reply.forecast if kind.is_forecast else reply.observed
        land(values, at + timedelta(days=1) if kind.is_day else at, member)


def v7_now(reply: Reply) -> None:
    for _, where, item in reply.items("now"):
        _v7_observation(reply, where, item, "now", None)
    for _, where, item in reply.items("station") if "station" in reply.document else ():
        code = str(item.get("id") or "").strip()
        if not code:
            reply.reject(where, RefusedError("qweather.station.id", "the air station has no id"), item)
        elif _v7_observation(reply, where, item, "station", code):
            name = str(item.get("name") or code)
            reply.readings.add(station.TABLE, {"station_code": code, "station_name": name, "station_type": "air"})


def _v7_observation(reply: Reply, where: str, item: Mapping[str, Any], kind: str, code: str | None) -> bool:
    try:
        at = reply.instant(item.get("obsTime") or item.get("pubTime"))
    except RefusedError as error:
        reply.reject(where, error, item)
        return False
    values, unknown = v7_values(item, V7, _CLOCKS)
    keep_unknown(reply, observation.TABLE, values, unknown)
    reply.observed(values, at, kind, code)
    return True


def alerts(reply: Reply) -> None:
    area = _area(reply)
    for member in ("warning", "alerts"):
        for index, alert in enumerate(reply.document.get(member) or ()):
            read_alert(reply.readings, alert, f"{member}[{index}]", reply.zone, area)


def _area(reply: Reply) -> Mapping[str, Any] | None:
    """The place that was asked for; its code as declared makes a geometry, a vendor's id does not."""
    region = reply.options.get("region_code")
    if region:
        codes = as_json({"GB/T 2260": [str(region)]})
        return {"region_code": str(region), "geocodes": codes, "geometry_source": "geocode"}
    if reply.place.is_file_name:
        return None
    return {"geocodes": as_json({"qweather": [reply.place.code]}), "geometry_source": "none"}


def v1_current(reply: Reply) -> None:
    values, unknown = v1_values(reply.document, _V1_CLOCKS, 1.0)
    keep_unknown(reply, observation.TABLE, values, unknown)
    reply.observed(values, reply.fetched_at, "current")


def v1_hours(reply: Reply) -> None:
    for member, where, item in reply.items(*(name for name in ("hours", "forecasts") if name in reply.document)):
        try:
            at = reply.instant(item.get("forecastTime"))
        except RefusedError as error:
            reply.reject(where, error, item)
            continue
        air = list(air_values(item))
        rest = {name: value for name, value in item.items() if name not in {"indexes", "pollutants"}}
        values, unknown = v1_values(rest, _V1_CLOCKS, 1.0 if member == "hours" else None)
        keep_unknown(reply, forecast.TABLE, values or air, unknown)
        reply.forecast([*values, *air], at, member)


def v1_days(reply: Reply) -> None:
    for _, where, item in reply.items("days"):
        try:
            for part, suffix in ((item, ""), (item.get("daytime"), "day"), (item.get("nighttime"), "night")):
                if isinstance(part, dict):
                    _v1_day(reply, part, suffix)
        except RefusedError as error:
            reply.reject(where, error, item)


def _v1_day(reply: Reply, part: Mapping[str, Any], suffix: str) -> None:
    start, end = (reply.instant(part.get(name)) for name in ("forecastStartTime", "forecastEndTime"))
    hours = (end - start).total_seconds() / 3600
    air = [_daily(value) for value in air_values(part, hours)]
    rest = {name: value for name, value in part.items() if name not in {"indexes", "pollutants"}}
    values, unknown = v1_values(rest, _V1_CLOCKS, hours, suffix)
    keep_unknown(reply, forecast.TABLE, values or air, unknown)
    reply.forecast([*values, *air], end, "days")


def _daily(value: Value) -> Value:
    unit = value.field.unit.suffix
    stem = value.field.variable.removesuffix(f"_{unit}") if unit else value.field.variable
    return value._replace(field=value.field._replace(variable=f"{stem}_daily{'_' + unit if unit else ''}"))


def v1_air(reply: Reply) -> None:
    reply.observed(list(air_values(reply.document)), reply.fetched_at, "air")
    for _, _, item in reply.items("stations") if "stations" in reply.document else ():
        if item.get("id"):
            name = str(item.get("name") or item["id"])
            row = {"station_code": str(item["id"]), "station_name": name, "station_type": "air"}
            reply.readings.add(station.TABLE, row)
