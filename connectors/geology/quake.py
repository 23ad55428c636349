"""Earthquakes as GeoJSON of the USGS feeds and of FDSN event services: one record per event id and revision.

Times are milliseconds since 1970 UTC. The same event comes again with a later ``updated`` when it is revised or
deleted; each revision is a record of its own. ``tz`` and ``title`` are left out: the one is no longer filled, the
other repeats magnitude and place. Coordinates are taken as they stand, whether they can be is the gate's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from connectors.arrow import as_json, to_table
from connectors.duplicates import last_wins
from connectors.geology.earthquake import KEY, SCHEMA, TABLE
from connectors.json_text import not_finite, read_json
from connectors.model import About, Parsed, Payload, Reject
from connectors.refusal import RefusedError
from connectors.telling import DAMAGED, Told
from connectors.text import is_damaged, is_storable, storable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError("number", f"{value!r} is not a number")
    return float(value)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RefusedError("text", f"{value!r} is not a text")
    return str(value)


def _lower(value: Any) -> str:
    return _text(value).lower()


def _flag(value: Any) -> bool:
    if value not in (0, 1):
        raise RefusedError("flag", f"{value!r} is neither 0 nor 1")
    return bool(value)


def _list(value: Any) -> str | None:
    """ ",a,b," -> ["a","b"]."""
    return as_json([part.strip() for part in _text(value).split(",") if part.strip()])


def _instant(value: Any) -> datetime:
    milliseconds = _number(value)
    if not milliseconds.is_integer():
        raise RefusedError("time", f"{value!r} is not a whole number of milliseconds")
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise RefusedError("time", f"{value!r} milliseconds lie outside the years 1 to 9999") from None


_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "updated": ("updated_at", _instant),
    "time": ("event_at", _instant),
    "mag": ("magnitude", _number),
    "magType": ("magnitude_type", _text),
    "place": ("place", _text),
    "status": ("status", _lower),
    "type": ("event_type", _text),
    "net": ("net", _text),
    "code": ("code", _text),
    "ids": ("ids", _list),
    "sources": ("sources", _list),
    "types": ("types", _list),
    "felt": ("felt", _number),
    "cdi": ("cdi", _number),
    "mmi": ("mmi", _number),
    "alert": ("alert", _text),
    "tsunami": ("is_tsunami", _flag),
    "sig": ("significance", _number),
    "nst": ("stations_used", _number),
    "dmin": ("distance_min_deg", _number),
    "rms": ("rms_s", _number),
    "gap": ("gap_deg", _number),
    "url": ("url", _text),
    "detail": ("detail_url", _text),
}
"""Property -> column, how a value that is not null is read."""

_REDUNDANT = frozenset({"tz", "title", "products"})
"""Said by other fields, or (products) what the event was computed from: up to a megabyte an event."""
_MEMBERS = frozenset({"type", "id", "properties", "geometry", "bbox"})
_POSITION = ("longitude", "latitude", "depth_km")


ABOUT = About(
    title="USGS earthquake GeoJSON 地震速报, summary feeds and FDSN event service",
    reads="Feature collections of earthquakes, and the detail document of one; each revision of an event is a record "
    "of its own.",
    quirks=(
        "Times are milliseconds since 1970 UTC; `updated` is the revision clock.",
        "Deleted events come as status `deleted`; quarry blasts and explosions keep their type.",
        "A count in the metadata that does not fit the features is told; status 204 is an empty answer.",
        "NaN, Infinity and numbers such as 1e400 refuse the event that holds them, not the document.",
    ),
    limits=(
        "The preferred id of an event may change: `ids` holds all of them.",
        "Of a detail document the products (origins, maps, tensors) are not landed.",
    ),
    verified=("a recorded weekly feed of 1,707 events", "own fixtures for revisions and deletions"),
)


class QuakeParser:
    """``connectors.model.Parser`` for the format ``quake``; it has no options."""

    format = "quake"
    tables: Mapping[str, pa.Schema] = {TABLE: SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        if not payload.body and payload.facts.get("status") == "204":  # FDSN: no events
            return Parsed({TABLE: to_table(self.tables[TABLE], [])})
        try:
            features, rejects = _collection(payload.body)
        except RefusedError as error:
            return Parsed({TABLE: to_table(self.tables[TABLE], [])}, [Reject("payload", error.rule, str(error), TABLE)])
        rows: list[dict[str, Any]] = []
        told = Told()
        for index, feature in enumerate(features):
            try:
                row, extra = _row(feature)
            except RefusedError as error:
                rejects.append(_reject(f"features[{index}]", error, feature))
                continue
            except RecursionError:
                reason = "the feature is nested too deeply to be an event"
                rejects.append(Reject(f"features[{index}]", "quake.feature", reason, TABLE))
                continue
            rows.append({**row, "extra": as_json(extra or None)})
            told.add_all(TABLE, extra.items())
            if is_damaged(row.get("place") or ""):  # told; the earthquake itself is needed all the same
                told.add(TABLE, DAMAGED, row["place"])
        rows, repeated = last_wins(rows, KEY, TABLE)
        return Parsed({TABLE: to_table(self.tables[TABLE], rows)}, rejects, [*told.drift(), *repeated])


PARSER = QuakeParser()


def _collection(body: bytes) -> tuple[list[Any], list[Reject]]:
    """The features, and a reject if they are not as many as the document says."""
    document = read_json(body, "quake")
    if _is_event(document):
        return [document], []
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise RefusedError("quake.collection", "the document is not a GeoJSON FeatureCollection")
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    if metadata.get("status", 200) != 200:
        raise RefusedError(
            "quake.status", f"the service answers with status {metadata['status']!r} inside the document"
        )
    features: list[Any] = document["features"]
    declared = metadata.get("count")
    if declared is None or declared == len(features):
        return features, []
    reason = f"the document declares {declared} events and holds {len(features)}"
    return features, [
        Reject("metadata.count", "quake.count", reason, TABLE, {"count": declared, "held": len(features)})
    ]


def _is_event(document: Any) -> bool:
    """Is it the detail document of one event, a feature by itself?"""
    properties = document.get("properties") if isinstance(document, dict) else None
    return (
        isinstance(properties, dict)
        and document.get("type") == "Feature"
        and {"time", "updated", "mag"} <= set(properties)
    )


def _row(feature: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns and unknown fields of one feature. Raises RefusedError with the full rule."""
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        raise RefusedError("quake.feature", "the feature has no properties")
    if not is_storable(feature):
        raise RefusedError("quake.text.storable", "a text holds a NUL or half a character, which no database keeps")
    if broken := next(not_finite(feature), None):
        raise RefusedError("quake.number.finite", f"{broken} is not a finite number")
    properties: dict[str, Any] = feature["properties"]
    row: dict[str, Any] = {"event_id": _event_id(feature)}
    for name, (column, read) in _FIELDS.items():
        if (value := properties.get(name)) is not None:
            row[column] = _read(f"quake.{name}", read, value)
    if "updated_at" not in row:
        raise RefusedError("quake.updated.missing", "the event has no time of revision, which its key needs")
    row |= _position(feature.get("geometry"))
    extra = {name: value for name, value in properties.items() if name not in _FIELDS and name not in _REDUNDANT}
    extra |= {name: value for name, value in feature.items() if name not in _MEMBERS}
    return row, extra


def _read(rule: str, read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except RefusedError as error:
        raise RefusedError(f"{rule}.{error.rule}", str(error)) from None


def _event_id(feature: Mapping[str, Any]) -> str:
    value = feature.get("id")
    if value is None or value == "":
        raise RefusedError("quake.id.missing", "the event has no id")
    return str(_read("quake.id", _text, value))


def _position(geometry: Any) -> dict[str, float | None]:
    """Longitude, latitude, depth; all absent where there is no geometry, which the gate then says."""
    if geometry is None:
        return {}
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        raise RefusedError("quake.coordinates", "the geometry has no longitude and latitude")
    return {
        name: None if value is None else _read(f"quake.{name}", _number, value)
        for name, value in zip(_POSITION, coordinates, strict=False)
    }


def _reject(where: str, error: RefusedError, feature: Any) -> Reject:
    record = storable(feature if isinstance(feature, dict) else {"feature": feature})
    return Reject(where, error.rule, str(error), TABLE, record)
