"""Earthquakes as GeoJSON of the USGS feeds and of FDSN event services: one record per event id and revision.

Times are milliseconds since 1970 UTC. The same event comes again with a later ``updated`` when it is revised or
deleted; each revision is a record of its own. ``tz`` and ``title`` are left out: the one is no longer filled, the
other repeats magnitude and place. Coordinates are taken as they stand, whether they can be is the gate's business.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from connectors.arrow import EXTRA, JSON, TIMESTAMP, as_json, to_table
from connectors.duplicates import last_wins
from connectors.model import Drift, Parsed, Payload, Reject
from connectors.text import UndecodableError, decode, is_damaged, is_storable, storable

TABLE = "earthquake"
_KEY = ("event_id", "updated_at")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_INTEGER = 30  # digits; Python refuses to read thousands of them and the whole document with it


class _Invalid(ValueError):
    """A value that cannot be what its field says; ``rule`` becomes the rule of the Reject."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule


class _NotFinite(str):
    """What stood where JSON has a number and was none: ``NaN``, ``-Infinity``, ``1e400``."""


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Invalid("number", f"{value!r} is not a number")
    return float(value)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _Invalid("text", f"{value!r} is not a text")
    return str(value)


def _lower(value: Any) -> str:
    return _text(value).lower()


def _flag(value: Any) -> bool:
    if value not in (0, 1):
        raise _Invalid("flag", f"{value!r} is neither 0 nor 1")
    return bool(value)


def _list(value: Any) -> str | None:
    """ ",a,b," -> ["a","b"]."""
    return as_json([part.strip() for part in _text(value).split(",") if part.strip()])


def _instant(value: Any) -> datetime:
    milliseconds = _number(value)
    if not milliseconds.is_integer():
        raise _Invalid("time", f"{value!r} is not a whole number of milliseconds")
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise _Invalid("time", f"{value!r} milliseconds lie outside the years 1 to 9999") from None


_FIELDS: dict[str, tuple[str, pa.DataType, Callable[[Any], Any]]] = {
    "updated": ("updated_at", TIMESTAMP, _instant),
    "time": ("event_at", TIMESTAMP, _instant),
    "mag": ("magnitude", pa.float64(), _number),
    "magType": ("magnitude_type", pa.string(), _text),
    "place": ("place", pa.string(), _text),
    "status": ("status", pa.string(), _lower),
    "type": ("event_type", pa.string(), _text),
    "net": ("net", pa.string(), _text),
    "code": ("code", pa.string(), _text),
    "ids": ("ids", JSON, _list),
    "sources": ("sources", JSON, _list),
    "types": ("types", JSON, _list),
    "felt": ("felt", pa.float64(), _number),
    "cdi": ("cdi", pa.float64(), _number),
    "mmi": ("mmi", pa.float64(), _number),
    "alert": ("alert", pa.string(), _text),
    "tsunami": ("is_tsunami", pa.bool_(), _flag),
    "sig": ("significance", pa.float64(), _number),
    "nst": ("stations_used", pa.float64(), _number),
    "dmin": ("distance_min_deg", pa.float64(), _number),
    "rms": ("rms_s", pa.float64(), _number),
    "gap": ("gap_deg", pa.float64(), _number),
    "url": ("url", pa.string(), _text),
    "detail": ("detail_url", pa.string(), _text),
}
"""Property -> column, its Arrow type, how a value that is not null is read."""

_REDUNDANT = frozenset({"tz", "title"})
_MEMBERS = frozenset({"type", "id", "properties", "geometry", "bbox"})
_POSITION = ("longitude", "latitude", "depth_km")


def _schema() -> pa.Schema:
    """The contract's order: key and clocks, magnitude, position, the rest."""
    fields = {column: pa.field(column, kind) for column, kind, _ in _FIELDS.values()}
    first = ["updated_at", "event_at", "magnitude", "magnitude_type"]
    position = [pa.field(name, pa.float64()) for name in _POSITION]
    rest = [field for name, field in fields.items() if name not in first]
    return pa.schema([pa.field("event_id", pa.string()), *(fields[name] for name in first), *position, *rest, EXTRA])


class QuakeParser:
    """``connectors.model.Parser`` for the format ``quake``; it has no options."""

    format = "quake"
    tables: Mapping[str, pa.Schema] = {TABLE: _schema()}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        if not payload.body and payload.facts.get("status") == "204":  # FDSN: no events
            return Parsed({TABLE: to_table(self.tables[TABLE], [])})
        try:
            features, rejects = _collection(payload.body)
        except _Invalid as error:
            return Parsed({TABLE: to_table(self.tables[TABLE], [])}, [Reject("payload", error.rule, str(error), TABLE)])
        rows: list[dict[str, Any]] = []
        unknown: Counter[str] = Counter()
        examples: dict[str, str] = {}
        for index, feature in enumerate(features):
            try:
                row, extra = _row(feature)
            except _Invalid as error:
                rejects.append(_reject(f"features[{index}]", error, feature))
                continue
            except RecursionError:
                reason = "the feature is nested too deeply to be an event"
                rejects.append(Reject(f"features[{index}]", "quake.feature", reason, TABLE))
                continue
            rows.append({**row, "extra": as_json(extra or None)})
            unknown.update(extra.keys())
            examples |= {name: str(value)[:80] for name, value in extra.items() if name not in examples}
        drift = [Drift(TABLE, name, count, examples[name]) for name, count in sorted(unknown.items())]
        # A place name that was destroyed on its way is told; the earthquake itself is needed all the same.
        damaged = [place for row in rows if (place := row.get("place")) and is_damaged(place)]
        drift += [Drift(TABLE, "(damaged text)", len(damaged), damaged[0])] if damaged else []
        rows, repeated = last_wins(rows, _KEY, TABLE)
        return Parsed({TABLE: to_table(self.tables[TABLE], rows)}, rejects, [*drift, *repeated])


PARSER = QuakeParser()


def _collection(body: bytes) -> tuple[list[Any], list[Reject]]:
    """The features, and a reject if they are not as many as the document says."""
    document = _document(body)
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise _Invalid("quake.collection", "the document is not a GeoJSON FeatureCollection")
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    if metadata.get("status", 200) != 200:
        raise _Invalid("quake.status", f"the service answers with status {metadata['status']!r} inside the document")
    features: list[Any] = document["features"]
    declared = metadata.get("count")
    if declared is None or declared == len(features):
        return features, []
    reason = f"the document declares {declared} events and holds {len(features)}"
    return features, [
        Reject("metadata.count", "quake.count", reason, TABLE, {"count": declared, "held": len(features)})
    ]


def _document(body: bytes) -> Any:
    if not body.strip():
        raise _Invalid("quake.empty", "the document is empty")
    try:
        text = decode(body).text
    except UndecodableError as error:
        raise _Invalid("quake.encoding", str(error)) from None
    if text.lstrip().startswith("<"):
        raise _Invalid("quake.json", "the document is HTML or XML, not JSON: something other than the source answered")
    try:
        return json.loads(text, parse_float=_float, parse_int=_integer, parse_constant=_NotFinite)
    except json.JSONDecodeError as error:
        raise _Invalid("quake.json", f"the document is not whole JSON: {error}") from None
    except RecursionError:
        raise _Invalid("quake.json", "the document is nested too deeply to be a bulletin") from None


def _float(text: str) -> float | _NotFinite:
    value = float(text)
    return value if math.isfinite(value) else _NotFinite(text)


def _integer(text: str) -> int | _NotFinite:
    return int(text) if len(text) <= _LONGEST_INTEGER else _NotFinite(text)


def _row(feature: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns and unknown fields of one feature. Raises _Invalid with the full rule."""
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        raise _Invalid("quake.feature", "the feature has no properties")
    if not is_storable(feature):
        raise _Invalid("quake.text.storable", "a text holds a NUL or half a character, which no database keeps")
    if broken := next(_not_finite(feature), None):
        raise _Invalid("quake.number.finite", f"{broken} is not a finite number")
    properties: dict[str, Any] = feature["properties"]
    row: dict[str, Any] = {"event_id": _event_id(feature)}
    for name, (column, _, read) in _FIELDS.items():
        if (value := properties.get(name)) is not None:
            row[column] = _read(f"quake.{name}", read, value)
    if "updated_at" not in row:
        raise _Invalid("quake.updated.missing", "the event has no time of revision, which its key needs")
    row |= _position(feature.get("geometry"))
    extra = {name: value for name, value in properties.items() if name not in _FIELDS and name not in _REDUNDANT}
    extra |= {name: value for name, value in feature.items() if name not in _MEMBERS}
    return row, extra


def _read(rule: str, read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except _Invalid as error:
        raise _Invalid(f"{rule}.{error.rule}", str(error)) from None


def _event_id(feature: Mapping[str, Any]) -> str:
    value = feature.get("id")
    if value is None or value == "":
        raise _Invalid("quake.id.missing", "the event has no id")
    return str(_read("quake.id", _text, value))


def _position(geometry: Any) -> dict[str, float | None]:
    """Longitude, latitude, depth; all absent where there is no geometry, which the gate then says."""
    if geometry is None:
        return {}
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        raise _Invalid("quake.coordinates", "the geometry has no longitude and latitude")
    return {
        name: None if value is None else _read(f"quake.{name}", _number, value)
        for name, value in zip(_POSITION, coordinates, strict=False)
    }


def _not_finite(value: Any) -> Iterator[_NotFinite]:
    if isinstance(value, _NotFinite):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _not_finite(part)
    elif isinstance(value, list):
        for part in value:
            yield from _not_finite(part)


def _reject(where: str, error: _Invalid, feature: Any) -> Reject:
    record = storable(feature if isinstance(feature, dict) else {"feature": feature})
    return Reject(where, error.rule, str(error), TABLE, record)
