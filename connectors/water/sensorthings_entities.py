"""The entities of SensorThings: observations (also as dataArray), datastreams, things, locations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from connectors.clock import ClockError, to_utc
from connectors.coordinates import CoordinateError, to_wgs84
from connectors.json_text import NotFinite, not_finite
from connectors.refusal import RefusedError
from connectors.water.gathering import Gathered, Row
from connectors.water.quantities import Measure, known_quantity, measure

_STREAM_PATH = re.compile(
    r"\bDatastreams\((['\"]?)([^()'\"]{1,200})\1\)|Datastreams%28(?:%27)?([^%()]{1,200})(?:%27)?%29"
)
_OBSERVATION = frozenset({"phenomenonTime", "result"})
_KNOWN = frozenset(
    {"@iot.id", "@iot.selfLink", "phenomenonTime", "result", "resultTime", "resultQuality", "validTime", "parameters"}
    | {"Datastream", "FeatureOfInterest", "MultiDatastream", "id"}
    | {f"{name}@iot.navigationLink" for name in ("Datastream", "FeatureOfInterest", "MultiDatastream")}
    | {f"{name}@iot.id" for name in ("Datastream", "FeatureOfInterest", "MultiDatastream")}
)
_KEPT = ("resultQuality", "parameters", "validTime")


@dataclass(frozen=True)
class Stream:
    """What is known of a datastream: its path, the thing it belongs to, and how its results are called."""

    code: str
    owner: str | None = None
    measure: Measure | None = None


def stream_named(text: str) -> Stream | None:
    """The datastream that an address or a link speaks of (``…/Datastreams(7)/Observations``)."""
    match = _STREAM_PATH.search(text)
    return Stream(f"Datastreams({match[2] or match[3]})") if match else None


def kind_of(item: Any) -> str | None:
    """observation, dataArray, datastream, thing or location; None for what is no entity of ours."""
    if not isinstance(item, dict):
        return None
    if item.keys() >= _OBSERVATION:
        return "observation"
    if isinstance(item.get("dataArray"), list) and isinstance(item.get("components"), list):
        return "dataArray"
    if "unitOfMeasurement" in item or "observationType" in item or "unitOfMeasurements" in item:
        return "datastream"
    if "encodingType" in item and "location" in item:
        return "location"
    is_thing = any(
        name in item for name in ("Datastreams@iot.navigationLink", "HistoricalLocations@iot.navigationLink")
    )
    is_open = "name" in item and ("Locations" in item or "Datastreams" in item)
    return "thing" if is_thing or ("@iot.id" in item and is_open) else None


@dataclass(frozen=True)
class Reader:
    """Entities -> rows of ``out``; ``stream`` is the datastream that the reply around them is about, if it says so."""

    out: Gathered
    zone: tzinfo
    stream: Stream | None = None
    thing: Mapping[str, Any] | None = None

    def within(self, stream: Stream | None) -> Reader:
        return self if stream is None else replace(self, stream=stream)

    def entity(self, item: Any, where: str) -> None:
        """One entity with whatever is expanded inside it; what cannot be read is rejected."""
        kind = kind_of(item)
        try:
            if kind is None:
                raise RefusedError(
                    "sensorthings.entity.unknown", "this is no observation, datastream, thing or location"
                )
            if kind == "observation":
                self._observation(item, where)
            elif kind == "dataArray":
                self._data_array(item, where)
            elif kind == "datastream":
                self._datastream(item, where)
            else:
                self._place(item, where, kind)
        except RefusedError as error:
            table = "observation" if kind in {None, "observation", "dataArray"} else "station"
            record = item if len(str(item)) < 4000 else {"@iot.id": item.get("@iot.id")}
            self.out.refused(where, error, record, table)

    def _observation(self, item: Mapping[str, Any], where: str) -> None:
        stream = self._stream_of(item)
        if stream is None:
            stream = Stream(f"Observations({_identity(item)})")
            self.out.tell("(datastream unknown)", stream.code)
        event_at, hours = interval(item.get("phenomenonTime"), self.zone)
        extra: dict[str, Any] = {name: item[name] for name in _KEPT if item.get(name)}
        if "@iot.id" in item:
            extra["id"] = item["@iot.id"]
        for name in item.keys() - _KNOWN:
            self.out.tell(name, item[name])
            extra[name] = item[name]
        if bad := next(not_finite(extra), None):
            raise RefusedError("sensorthings.value.number", f"{bad} is not a finite number")
        row: Row = {
            "station_code": stream.code,
            "event_at": event_at,
            "interval_h": hours,
            "owner_code": stream.owner,
            "source_table": "Observations",
            "issued_at": _moment(item.get("resultTime"), self.zone),
            "extra": extra,
        }
        self._result(item["result"], stream.measure or _UNKNOWN, row, where)

    def _result(self, result: Any, wanted: Measure, row: Row, where: str) -> None:
        if isinstance(result, bool):
            self.out.text_value(where, str(result).lower(), wanted.variable, row)
        elif isinstance(result, list | dict):
            raise RefusedError("sensorthings.result.kind", "a result that is a list or an object is not read")
        elif isinstance(result, str) and not isinstance(result, NotFinite) and _is_word(result):
            self.out.text_value(where, result, wanted.variable, row)
        else:
            self.out.value(where, result, wanted, row)

    def _stream_of(self, item: Mapping[str, Any]) -> Stream | None:
        inline = item.get("Datastream")
        if isinstance(inline, dict):
            return _described(inline, self.thing)
        if item.get("Datastream@iot.id") is not None:
            return Stream(f"Datastreams({item['Datastream@iot.id']})")
        linked = stream_named(str(item.get("Datastream@iot.navigationLink", "")))
        return linked if self.stream is None or (linked and linked.code != self.stream.code) else self.stream

    def _data_array(self, item: Mapping[str, Any], where: str) -> None:
        """Rows whose members the list ``components`` names, all of one datastream."""
        inside = self.within(self._stream_of(item))
        for number, row in enumerate(item["dataArray"], 1):
            inside.data_row(item["components"], row, f"{where}/dataArray[{number}]")

    def data_row(self, components: list[Any], row: Any, where: str) -> None:
        names = [("@iot.id" if name == "id" else str(name)) for name in components]
        if not isinstance(row, list) or len(row) != len(names):
            self.out.reject(where, "dataArray.width", "the row has another length than its components", row)
            return
        said = dict(zip(names, row, strict=True))
        if not said.keys() >= _OBSERVATION:
            reason = "the components lack phenomenonTime or result"
            self.out.reject(where, "dataArray.components", reason, said)
            return
        self.entity(said, where)

    def _datastream(self, item: Mapping[str, Any], where: str) -> None:
        """A row of ``station`` for the point, placed where its thing is; expanded observations are its own."""
        stream = _described(item, self.thing)
        thing = item.get("Thing") if isinstance(item.get("Thing"), dict) else self.thing
        place = _location_of(thing) or item.get("observedArea")
        longitude, latitude = _point(place)
        self.out.station(
            where,
            {
                "station_code": stream.code,
                "station_name": _text(item.get("name")),
                "station_type": "Datastream",
                "longitude": longitude,
                "latitude": latitude,
                "location": _text(thing.get("name")) if thing else None,
                "authority": stream.owner,
                "extra": _extra(item, {"name", "Thing", "Observations"}),
            },
        )
        if isinstance(thing, dict) and thing is not self.thing:
            self.entity({"Locations": [], **thing}, f"{where}/Thing")
        inside = replace(self, stream=stream)
        for number, observation in enumerate(item.get("Observations") or [], 1):
            inside.entity(observation, f"{where}/Observations[{number}]")

    def _place(self, item: Mapping[str, Any], where: str, kind: str) -> None:
        geometry = item.get("location") if kind == "location" else _location_of(item)
        longitude, latitude = _point(geometry)
        code = f"{'Locations' if kind == 'location' else 'Things'}({_identity(item)})"
        left_out = {"name", "Datastreams", "Things"} | ({"location"} if longitude is not None else set())
        self.out.station(
            where,
            {
                "station_code": code,
                "station_name": _text(item.get("name")),
                "station_type": kind.capitalize(),
                "longitude": longitude,
                "latitude": latitude,
                "extra": _extra(item, left_out),
            },
        )
        inside = replace(self, thing=item) if kind == "thing" else self
        for name in ("Datastreams", "Things"):
            for number, nested in enumerate(item.get(name) or [], 1):
                with_place = (
                    {"Locations": [item], **nested} if name == "Things" and isinstance(nested, dict) else nested
                )
                inside.entity(with_place, f"{where}/{name}[{number}]")


_UNKNOWN = Measure("result", "unknown")


def _code(item: Mapping[str, Any]) -> str:
    """The path of a datastream in its service; a MultiDatastream is numbered apart and must not meet its namesake."""
    is_multi = "unitOfMeasurements" in item or "multiObservationDataTypes" in item
    return f"{'MultiDatastreams' if is_multi else 'Datastreams'}({_identity(item)})"


def _described(item: Mapping[str, Any], around: Mapping[str, Any] | None) -> Stream:
    thing = item.get("Thing") if isinstance(item.get("Thing"), dict) else around
    owner = f"Things({thing['@iot.id']})" if thing and thing.get("@iot.id") is not None else None
    unit = item.get("unitOfMeasurement")
    about = item.get("ObservedProperty")
    name = about.get("name") if isinstance(about, dict) else None
    if not isinstance(unit, dict) and name is None:
        return Stream(_code(item), owner)
    symbols = unit if isinstance(unit, dict) else {}
    symbol = str(symbols.get("symbol") or symbols.get("name") or "")
    return Stream(_code(item), owner, _named(str(name or item.get("name") or ""), symbol))


@lru_cache(maxsize=4096)
def _named(name: str, symbol: str) -> Measure:
    return measure(known_quantity(name), name, symbol or None)


def _identity(item: Mapping[str, Any]) -> str:
    found = item.get("@iot.id", item.get("id"))
    if found is None or isinstance(found, bool | list | dict | float) or not str(found).strip():
        raise RefusedError("sensorthings.entity.id", "the entity has no @iot.id")
    return str(found)


def interval(text: Any, zone: tzinfo) -> tuple[datetime, float | None]:
    """(instant, hours) of a phenomenonTime: an instant, or ``start/end``, which is known at its end."""
    start, slash, end = str(text or "").partition("/")
    try:
        last = to_utc(end or start, zone)
        hours = (last - to_utc(start, zone)).total_seconds() / 3600 if slash else None
    except ClockError as error:
        raise RefusedError("sensorthings.observation.time", f"phenomenonTime: {error}") from error
    if hours is not None and hours < 0:
        raise RefusedError("sensorthings.observation.time", f"phenomenonTime {text!r} ends before it begins")
    return last, hours or None


def _moment(text: Any, zone: tzinfo) -> datetime | None:
    try:
        return to_utc(str(text), zone) if text else None
    except ClockError as error:
        raise RefusedError("sensorthings.observation.time", f"resultTime: {error}") from error


def _is_word(text: str) -> bool:
    return bool(re.search(r"[^\W\d_]", text)) and not re.fullmatch(
        r"\s*(nan|[+-]?inf(inity)?|[+-]?[\d.]+e[+-]?\d+)\s*", text, re.I
    )


def _location_of(thing: Any) -> Any:
    places = thing.get("Locations") if isinstance(thing, dict) else None
    return places[0].get("location") if isinstance(places, list) and places and isinstance(places[0], dict) else None


def _point(geometry: Any) -> tuple[float | None, float | None]:
    """Degrees of a GeoJSON point or of a feature with one; nothing else has a single place."""
    if isinstance(geometry, dict) and geometry.get("type") == "Feature":
        geometry = geometry.get("geometry")
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None, None
    try:
        x, y = geometry["coordinates"][:2]
        return to_wgs84(float(x), float(y), "EPSG:4326")
    except (KeyError, TypeError, ValueError, CoordinateError):
        raise RefusedError("sensorthings.location.point", "the point has no usable coordinates") from None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _extra(item: Mapping[str, Any], left_out: set[str]) -> dict[str, Any]:
    """Everything else that the entity says of itself; links and expanded lists are no facts about it."""
    kept = {
        name: value
        for name, value in item.items()
        if name not in left_out and "@iot." not in name and name != "Locations" and value not in (None, {}, [])
    }
    if bad := next(not_finite(kept), None):
        raise RefusedError("sensorthings.entity.number", f"{bad} is not a finite number")
    return kept
