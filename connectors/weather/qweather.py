"""QWeather (和风天气), releases v7 and v1: warnings, current weather and air, forecasts.

A reply does not say what it is: it is known by its members. v7 answers with status 200 and tells in ``code`` whether
it failed; v1 has problem documents. Documented kinds that are no observation, forecast or warning are refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any, NamedTuple

import pyarrow as pa

from connectors import forecast, observation, station
from connectors.arrow import as_json
from connectors.clock import BEIJING, ClockError, to_utc, zone_named
from connectors.errors import ConfigurationError, ConnectorError, ContractError, RateLimitedError
from connectors.json_text import read_json
from connectors.model import About, Parsed, Payload, Reject
from connectors.refusal import RefusedError
from connectors.text import storable
from connectors.weather import cap_tables
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
from connectors.weather.qweather_place import Place, place_of
from connectors.weather.readings import Readings, rejected

_CODES = {
    "204": "the place has no such data",
    "400": "the request is wrong or lacks a parameter",
    "401": "the key or signature is refused",
    "402": "the quota is used up or the account has no credit",
    "403": "the account has no right to this data",
    "404": "the place or data does not exist",
    "429": "too many requests in a minute",
    "500": "the service failed or timed out",
}
_UNSUPPORTED = {
    "storm": "a list of tropical cyclones",
    "track": "the track of a tropical cyclone",
    "forecast": "the forecast of a tropical cyclone",
    "currentsTable": "tidal currents",
    "currentsHourly": "tidal currents",
    "radiation": "v7 solar radiation, whose units are not documented",
    "location": "a look-up of cities",
    "topCityList": "a list of cities",
    "poi": "a look-up of points of interest",
    "warningLocList": "the list of places with warnings, without the warnings",
    "sunrise": "sunrise and sunset",
    "moonPhase": "phases of the moon",
    "solarElevationAngle": "the position of the sun",
    "asOf": "statistics of the account",
    "balance": "the balance of the account",
}
_CLOCKS = frozenset({"obsTime", "pubTime", "fxTime", "fxDate", "time", "date", "name", "id"})
_V7_ENVELOPE = frozenset({"code", "updateTime", "fxLink", "refer", "summary", "station"})
_V1_CLOCKS = frozenset({"metadata", "forecastTime", "forecastStartTime", "forecastEndTime", "daytime", "nighttime"})
_MODEL = "qweather"

ABOUT = About(
    title="QWeather 和风天气, v7 and v1",
    reads="Warnings, current weather and air quality, hourly, daily and 5-minute forecasts, history, tides, radiation.",
    quirks=(
        "v7 writes numbers as texts and times without seconds; v1 writes {value, unit}. Both land in the same units: "
        "km/h, km and fractions are converted, and a value that was converted keeps its source in extra.",
        "v7 answers with status 200 and a code in the body; other codes than 200 fail the fetch.",
        "An answer without warnings (zeroResult, an empty list) is an empty success.",
        "Warnings land in the warning tables; messageType or status makes Alert, Update or Cancel, supersedes or "
        "related the references. Fields of earlier releases (msgType, eventCodes, capitalised words) are read, too.",
        "The place is the option place_code, else the address asked for, else the id in fxLink; a file that says "
        "nothing is known by its own name, which is told as drift.",
        "Words beside a number (windDir, windScale, icon, category) stay in the extra of that number.",
        "v1 current weather has no time at all: the fetch stands for it.",
    ),
    limits=(
        "Cyclones, currents, indices of living, sun and moon, places and account statistics are refused by name.",
        "The daily clock is the end of the local day, its zone the offset of updateTime, else that of the contract.",
        "[K] 5-minute rain is taken to end at fxTime, and precip to be rain, whatever its type says.",
        "[K] Nothing documents that an id of a warning carries its time of issue; it is used only where the message "
        "itself shows it.",
    ),
    verified=("the published examples of nine interfaces in Chinese and English",),
)


class QWeatherParser:
    """``connectors.model.AnswerParser`` for ``qweather``. Options: ``place_code``; ``region_code`` of warned areas."""

    format = "qweather"
    tables: Mapping[str, pa.Schema] = {
        observation.TABLE: observation.SCHEMA,
        forecast.TABLE: forecast.SCHEMA,
        station.TABLE: station.SCHEMA,
        **{name: cap_tables.TABLES[name] for name in ("warning", "warning_info", "warning_area")},
    }

    def failure(self, body: bytes, source: str) -> ConnectorError | None:
        try:
            _check(_document(body))
        except RefusedError as error:
            if error.rule not in {"qweather.code", "qweather.error"}:
                return None
            text = str(error)
            if "429" in text:
                return RateLimitedError(text, remedy="nothing to do now: a later run tries again", source=source)
            kind = ConfigurationError if any(c in text for c in ("401", "402", "403")) else ContractError
            return kind(text, remedy="check the key, the account and the parameters of the address", source=source)
        return None

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        readings = Readings(*self.tables)
        try:
            document = _document(payload.body)
            _check(document)
            reply = _Reply(document, payload, options, readings)
            _reader(document)(reply)
            if "code" in document:
                known = {*_V7_ENVELOPE, *_V7_READERS}
                readings.unknown(_main_table(document), {k: v for k, v in document.items() if k not in known})
        except RefusedError as error:
            return rejected(self.tables, error.rule, str(error))
        return readings.parsed()


PARSER = QWeatherParser()


def _document(body: bytes) -> dict[str, Any]:
    document = read_json(body, "qweather")
    has_mark = isinstance(document, dict) and ("code" in document or "metadata" in document or "error" in document)
    if not has_mark:
        raise RefusedError("qweather.reply", "the document is no reply of QWeather: it has neither code nor metadata")
    return dict(document)


def _check(document: Mapping[str, Any]) -> None:
    """Refuses what tells that it failed."""
    if isinstance(error := document.get("error"), Mapping):
        said = " ".join(str(error[name]) for name in ("status", "title", "detail") if error.get(name))
        raise RefusedError("qweather.error", f"QWeather refuses: {storable(said) or 'no reason given'}")
    if "code" in document and str(document["code"]) != "200":
        code = str(document["code"])
        meaning = _CODES.get(code, "a code that is not documented")
        raise RefusedError("qweather.code", f"QWeather answers with code {storable(code)}: {meaning}")


class _Reply:
    """One reply while it is read: where it was taken, when it was issued, what it gave so far."""

    def __init__(
        self, document: dict[str, Any], payload: Payload, options: Mapping[str, Any], readings: Readings
    ) -> None:
        self.document, self.fetched_at, self.readings, self.options = document, payload.fetched_at, readings, options
        self.zone: tzinfo = zone_named(str(options.get("zone") or BEIJING))
        self.place: Place = place_of(payload, document, options)
        update = document.get("updateTime")
        self.issued_at = self.instant(update) if update else None
        if isinstance(update, str) and update[-6:-5] in {"+", "-"}:
            self.zone = datetime.fromisoformat(update).tzinfo or self.zone

    def instant(self, text: Any, *, date_only: bool = False) -> datetime:
        try:
            return to_utc(str(text), self.zone, date_only=date_only)
        except (ClockError, ValueError) as error:
            raise RefusedError("qweather.time", storable(str(error))) from None

    def items(self, *members: str) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
        """(member, where, object) of the lists of these names; what is no object is rejected."""
        for member in members:
            held = self.document.get(member)
            for index, item in enumerate(held if isinstance(held, list) else [held]):
                where = f"{member}[{index}]" if isinstance(held, list) else member
                if isinstance(item, dict):
                    yield member, where, item
                elif member in self.document:
                    self.reject(where, RefusedError("qweather.item", f"{member} holds something that is no object"))

    def reject(self, where: str, error: RefusedError, item: Any = None) -> None:
        record = storable(item) if isinstance(item, dict) else None
        self.readings.rejects.append(Reject(where, error.rule, str(error), None, record))

    def tell_place(self, table: str) -> None:
        if self.place.is_file_name:
            self.readings.notes.tell(table, "(place from file name)", self.place.code)

    def observed(self, values: Iterable[Value], at: datetime, kind: str, station_code: str | None = None) -> None:
        if station_code is None:
            self.tell_place(observation.TABLE)
        key = {"station_code": station_code or self.place.code, "event_at": at, "issued_at": self.issued_at}
        for value in values:
            self._land(observation.TABLE, {**key, "source_table": kind}, value)

    def forecast(self, values: Iterable[Value], at: datetime, kind: str) -> None:
        self.tell_place(forecast.TABLE)
        key = {
            "place_code": self.place.code,
            "longitude": self.place.longitude,
            "latitude": self.place.latitude,
            "model": _MODEL,
            "issued_at": self.issued_at or self.fetched_at,
            "event_at": at,
            "source_table": kind,
        }
        for value in values:
            self._land(forecast.TABLE, key, value)

    def _land(self, table: str, key: dict[str, Any], value: Value) -> None:
        field = value.field
        row = {**key, "variable": field.variable, "unit": field.unit.symbol, "interval_h": field.interval_h}
        more = {name: raw for name, raw in value.more.items() if raw not in (None, "")}
        if field.is_text:
            if value.raw in (None, ""):
                self.readings.notes.tell(table, "(missing)", value.name)
            else:
                self.readings.add(table, {**row, "value_text": str(value.raw)}, more)
            return
        number = self.readings.number(table, value.name, value.raw)
        if number is not None:
            if field.unit.factor != 1:
                more |= {"member": value.name, "value": value.raw}
            self.readings.add(table, {**row, "value": field.unit.convert(number)}, more)


def _keep_unknown(reply: _Reply, table: str, values: list[Value], unknown: Mapping[str, Any]) -> None:
    """Members that nobody knows are told, and stay beside the first value of their object."""
    reply.readings.unknown(table, unknown)
    if unknown and (sent := next((value for value in values if value.raw not in (None, "")), None)):
        sent.more.update(unknown)


class _Kind(NamedTuple):
    """A list of v7 objects: its fields, the member with the time, and where its values belong."""

    fields: Mapping[str, Field]
    clock: str
    is_forecast: bool
    is_day: bool = False


_V7_LISTS = {
    "hourly": _Kind(V7, "fxTime", True),
    "minutely": _Kind(V7_MINUTE, "fxTime", True),
    "daily": _Kind(V7_DAY, "fxDate", True, is_day=True),
    "tideHourly": _Kind(V7_TIDE, "fxTime", True),
    "tideTable": _Kind(V7_TIDE_TURN, "fxTime", True),
    "weatherHourly": _Kind(V7, "time", False),
    "weatherDaily": _Kind(V7_DAY, "date", False, is_day=True),
    "airHourly": _Kind(V7, "pubTime", False),
}


def _v7_lists(reply: _Reply) -> None:
    for member, where, item in reply.items(*(name for name in _V7_LISTS if name in reply.document)):
        kind = _V7_LISTS[member]
        table = forecast.TABLE if kind.is_forecast else observation.TABLE
        try:
            at = reply.instant(item.get(kind.clock), date_only=kind.is_day)
        except RefusedError as error:
            reply.reject(where, error, item)
            continue
        values, unknown = v7_values(item, kind.fields, _CLOCKS)
        _keep_unknown(reply, table, values, unknown)
        land = reply.forecast if kind.is_forecast else reply.observed
        land(values, at + timedelta(days=1) if kind.is_day else at, member)


def _v7_now(reply: _Reply) -> None:
    for _, where, item in reply.items("now"):
        _v7_observation(reply, where, item, "now", None)
    for _, where, item in reply.items("station") if "station" in reply.document else ():
        code = str(item.get("id") or "").strip()
        if not code:
            reply.reject(where, RefusedError("qweather.station.id", "the air station has no id"), item)
        elif _v7_observation(reply, where, item, "station", code):
            name = str(item.get("name") or code)
            reply.readings.add(station.TABLE, {"station_code": code, "station_name": name, "station_type": "air"})


def _v7_observation(reply: _Reply, where: str, item: Mapping[str, Any], kind: str, code: str | None) -> bool:
    try:
        at = reply.instant(item.get("obsTime") or item.get("pubTime"))
    except RefusedError as error:
        reply.reject(where, error, item)
        return False
    values, unknown = v7_values(item, V7, _CLOCKS)
    _keep_unknown(reply, observation.TABLE, values, unknown)
    reply.observed(values, at, kind, code)
    return True


def _alerts(reply: _Reply) -> None:
    area = _area(reply)
    for member in ("warning", "alerts"):
        for index, alert in enumerate(reply.document.get(member) or ()):
            read_alert(reply.readings, alert, f"{member}[{index}]", reply.zone, area)


def _area(reply: _Reply) -> Mapping[str, Any] | None:
    """The place that was asked for; its code as declared makes a geometry, a vendor's id does not."""
    region = reply.options.get("region_code")
    if region:
        codes = as_json({"GB/T 2260": [str(region)]})
        return {"region_code": str(region), "geocodes": codes, "geometry_source": "geocode"}
    if reply.place.is_file_name:
        return None
    return {"geocodes": as_json({"qweather": [reply.place.code]}), "geometry_source": "none"}


def _v1_current(reply: _Reply) -> None:
    values, unknown = v1_values(reply.document, _V1_CLOCKS, 1.0)
    _keep_unknown(reply, observation.TABLE, values, unknown)
    reply.observed(values, reply.fetched_at, "current")


def _v1_hours(reply: _Reply) -> None:
    for member, where, item in reply.items(*(name for name in ("hours", "forecasts") if name in reply.document)):
        try:
            at = reply.instant(item.get("forecastTime"))
        except RefusedError as error:
            reply.reject(where, error, item)
            continue
        air = list(air_values(item))
        rest = {name: value for name, value in item.items() if name not in {"indexes", "pollutants"}}
        values, unknown = v1_values(rest, _V1_CLOCKS, 1.0 if member == "hours" else None)
        _keep_unknown(reply, forecast.TABLE, values or air, unknown)
        reply.forecast([*values, *air], at, member)


def _v1_days(reply: _Reply) -> None:
    for _, where, item in reply.items("days"):
        try:
            for part, suffix in ((item, ""), (item.get("daytime"), "day"), (item.get("nighttime"), "night")):
                if isinstance(part, dict):
                    _v1_day(reply, part, suffix)
        except RefusedError as error:
            reply.reject(where, error, item)


def _v1_day(reply: _Reply, part: Mapping[str, Any], suffix: str) -> None:
    start, end = (reply.instant(part.get(name)) for name in ("forecastStartTime", "forecastEndTime"))
    hours = (end - start).total_seconds() / 3600
    air = [_daily(value) for value in air_values(part, hours)]
    rest = {name: value for name, value in part.items() if name not in {"indexes", "pollutants"}}
    values, unknown = v1_values(rest, _V1_CLOCKS, hours, suffix)
    _keep_unknown(reply, forecast.TABLE, values or air, unknown)
    reply.forecast([*values, *air], end, "days")


def _daily(value: Value) -> Value:
    unit = value.field.unit.suffix
    stem = value.field.variable.removesuffix(f"_{unit}") if unit else value.field.variable
    return value._replace(field=value.field._replace(variable=f"{stem}_daily{'_' + unit if unit else ''}"))


def _v1_air(reply: _Reply) -> None:
    reply.observed(list(air_values(reply.document)), reply.fetched_at, "air")
    for _, _, item in reply.items("stations") if "stations" in reply.document else ():
        if item.get("id"):
            name = str(item.get("name") or item["id"])
            row = {"station_code": str(item["id"]), "station_name": name, "station_type": "air"}
            reply.readings.add(station.TABLE, row)


def _main_table(document: Mapping[str, Any]) -> str:
    """Where what nobody knows of a v7 reply is counted."""
    if "warning" in document:
        return "warning"
    return (
        observation.TABLE if {"now", "weatherHourly", "weatherDaily", "airHourly"} & set(document) else forecast.TABLE
    )


def _nothing(reply: _Reply) -> None:
    """An answer that says so itself: there is none."""


_V7_READERS: Mapping[str, Callable[[_Reply], None]] = {
    "warning": _alerts,
    "now": _v7_now,
    **dict.fromkeys(_V7_LISTS, _v7_lists),
}
_V1_READERS: Mapping[str, Callable[[_Reply], None]] = {
    "alerts": _alerts,
    "hours": _v1_hours,
    "forecasts": _v1_hours,
    "days": _v1_days,
    "temperature": _v1_current,
    "condition": _v1_current,
    "indexes": _v1_air,
    "pollutants": _v1_air,
}


def _reader(document: Mapping[str, Any]) -> Callable[[_Reply], None]:
    """How a reply of these members is read. Raises RefusedError for kinds that we do not read."""
    is_v7 = "code" in document
    daily = document.get("daily")
    if is_v7 and isinstance(daily, list) and daily and isinstance(daily[0], dict) and "fxDate" not in daily[0]:
        raise RefusedError("qweather.kind.unsupported", "the reply holds indices of living: not read by this format")
    for member, read in (_V7_READERS if is_v7 else _V1_READERS).items():
        if member in document:
            return read
    metadata = document.get("metadata")
    if isinstance(metadata, Mapping) and metadata.get("zeroResult") is True:
        return _nothing
    for member, what in _UNSUPPORTED.items():
        if member in document:
            raise RefusedError("qweather.kind.unsupported", f"the reply holds {what}: not read by this format")
    members = ", ".join(sorted(str(name) for name in document)[:8])
    raise RefusedError("qweather.kind.unknown", f"nothing in the reply is known to us (it holds {storable(members)})")
