"""An alert of api.weather.gov, said in CAP's words: most members have CAP's names, as they are made of CAP."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from connectors.arrow import as_json
from connectors.weather.cap_reading import Notes
from connectors.weather.nws_document import ENVELOPE, Item

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
_HEAD = {
    "sender": "sender",
    "sent": "sent",
    "status": "status",
    "messageType": "msgType",
    "source": "source",
    "restriction": "restriction",
    "addresses": "addresses",
    "code": "code",
    "note": "note",
    "incidents": "incidents",
}
_INFO = {
    "language": "language",
    "category": "category",
    "event": "event",
    "response": "responseType",
    "urgency": "urgency",
    "severity": "severity",
    "certainty": "certainty",
    "audience": "audience",
    "effective": "effective",
    "onset": "onset",
    "expires": "expires",
    "senderName": "senderName",
    "headline": "headline",
    "description": "description",
    "instruction": "instruction",
    "web": "web",
    "contact": "contact",
}
# What CAP has no element for goes where CAP puts extensions: among the parameters.
_PARAMETERS = ("ends", "replacedBy", "replacedAt")
_KNOWN = frozenset(
    {*_HEAD, *_INFO, *_PARAMETERS, "id", "scope", "references", "areaDesc", "geocode", "affectedZones", "eventCode"}
    | {"parameters", *ENVELOPE}
)
_WKT_POLYGON = re.compile(r"\(\s*(\([^()]*\)(?:\s*,\s*\([^()]*\))*)\s*\)")


def to_cap(item: Item, notes: Notes) -> Element:
    """The ``<alert>`` of CAP 1.2 that says the same; members nobody knows stand behind as they are."""
    about = item.about
    parts = {ours: list(_leaves(ours, about.get(name))) for name, ours in _HEAD.items()}
    parts["identifier"] = list(_leaves("identifier", _identifier(about)))
    # The service is public and does not always say so.
    parts["scope"] = list(_leaves("scope", about.get("scope") or "Public"))
    parts["references"] = list(_leaves("references", _references(about.get("references"))))
    order = ("identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction", "addresses")
    alert = Element(f"{{{CAP}}}alert")
    for name in (*order, "code", "note", "references", "incidents"):
        alert.extend(parts[name])
    alert.append(_info(item, notes))
    for name in (name for name in about if name not in _KNOWN):
        alert.extend(_leaves(name, about[name]))
    return alert


def _identifier(about: Mapping[str, Any]) -> str | None:
    """The identifier of the CAP message; where it is missing, the address of the alert ends with it."""
    named = about.get("id") or about.get("@id")
    return str(named).rpartition("/")[2] if named else None


def _references(held: Any) -> str | None:
    """Objects as CAP's triples; what is no such object stays, for the reader to refuse."""
    if not isinstance(held, list):
        return None if held is None else str(held)
    texts = [
        ",".join(str(one.get(name)) for name in ("sender", "identifier", "sent")) if isinstance(one, dict) else str(one)
        for one in held
    ]
    return " ".join(texts) or None


def _info(item: Item, notes: Notes) -> Element:
    about = item.about
    info = Element(f"{{{CAP}}}info")
    for name, ours in _INFO.items():
        info.extend(_leaves(ours, about.get(name)))
        if name == "audience":
            info.extend(_pairs("eventCode", about.get("eventCode")))
    info.extend(_pairs("parameter", about.get("parameters")))
    info.extend(_pairs("parameter", {name: about[name] for name in _PARAMETERS if about.get(name) is not None}))
    area = Element(f"{{{CAP}}}area")
    area.extend(_leaves("areaDesc", about.get("areaDesc")))
    area.extend(leaf for ring in _rings(item.geometry, notes) for leaf in _leaves("polygon", ring))
    area.extend(_pairs("geocode", about.get("geocode")))
    area.extend(_pairs("geocode", {"affectedZones": about.get("affectedZones") or []}))
    info.append(area)
    return info


def _leaves(name: str, held: Any) -> Iterator[Element]:
    """An element per value; none for null."""
    for value in held if isinstance(held, list) else [held]:
        if value is not None:
            element = Element(f"{{{CAP}}}{name}")
            element.text = _text(value)
            yield element


def _pairs(name: str, held: Any) -> Iterator[Element]:
    """Elements with valueName and value; what is no object stays as one text, for the reader to refuse."""
    if not isinstance(held, dict):
        yield from _leaves(name, held)
        return
    for key, values in held.items():
        for value in values if isinstance(values, list) else [values]:
            pair = Element(f"{{{CAP}}}{name}")
            pair.extend((*_leaves("valueName", key), *_leaves("value", "" if value is None else value)))
            yield pair


def _text(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value) or ""


def _rings(geometry: Any, notes: Notes) -> Iterator[str]:
    """The outer rings as CAP writes polygons, ``lat,lon lat,lon``."""
    for polygon in _polygons(geometry, notes):
        if len(polygon) > 1:  # CAP has no holes: what is drawn is a little more than what is warned
            notes.drift("warning_area", "geometry.hole", None)
        yield " ".join(_point(point) for point in polygon[0]) if polygon else ""


def _point(point: Any) -> str:
    return f"{point[1]},{point[0]}" if isinstance(point, list) and len(point) > 1 else str(point)


def _polygons(geometry: Any, notes: Notes) -> Iterable[list[Any]]:
    """Polygons, each a list of rings, the outer one first."""
    if isinstance(geometry, str):
        return [_wkt_rings(match[1]) for match in _WKT_POLYGON.finditer(geometry)]
    if not isinstance(geometry, dict):
        return []
    kind, held = geometry.get("type"), geometry.get("coordinates")
    if kind == "GeometryCollection" and isinstance(geometry.get("geometries"), list):
        return [ring for part in geometry["geometries"] for ring in _polygons(part, notes)]
    polygons = [held] if kind == "Polygon" else held if kind == "MultiPolygon" else None
    if isinstance(polygons, list) and all(isinstance(p, list) and p and isinstance(p[0], list) for p in polygons):
        return polygons
    notes.drift("warning_area", "geometry.unread", str(kind))
    return []


def _wkt_rings(text: str) -> list[list[list[str]]]:
    return [[point.split() for point in ring.split(",")] for ring in re.findall(r"\(([^()]*)\)", text)]
