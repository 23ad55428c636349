"""What a reply of api.weather.gov holds: GeoJSON features or JSON-LD objects, each of one kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from connectors.refusal import RefusedError
from connectors.weather.cap_reading import Notes

Kind = Literal["alert", "observation", "station", "forecast", "gridpoint"]
TABLES: dict[Kind, str] = {
    "alert": "warning",
    "observation": "observation",
    "station": "station",
    "forecast": "forecast",
    "gridpoint": "forecast",
}
"""The landing table that a kind mainly goes to."""

ENVELOPE = frozenset({"@context", "@id", "@type", "type", "geometry", "bbox"})
"""Members that say what an object is, not what it tells."""


class Item(NamedTuple):
    where: str
    kind: Kind
    about: dict[str, Any]  # its properties
    geometry: Any  # a GeoJSON object, well-known text, or None


def items(document: Any, notes: Notes) -> list[Item]:
    """The objects of a reply. Of several, one of no known kind is a reject.

    Raises RefusedError where there is nothing of api.weather.gov in it, or an error report; an empty collection is
    an empty list.
    """
    found = list(_objects(document))
    kinds = [_kind(about) for _, about, _ in found]
    if found and not any(kinds):
        raise RefusedError("nws.kind", f"no alert, observation, station or forecast is in it {_types(document, found)}")
    known = []
    for (where, about, geometry), kind in zip(found, kinds, strict=True):
        if kind is None:
            reason = "the object is no alert, observation, station or forecast"
            notes.reject(where, "nws.kind", reason, "observation", about)
        else:
            known.append(Item(where, kind, about, geometry))
    return known


def _objects(document: Any) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """(place, properties, geometry) of every object."""
    if not isinstance(document, dict):
        raise RefusedError("nws.shape", "the document is no JSON object")
    if "features" not in document and "@graph" not in document and {"title", "status"} <= document.keys():
        told = " ".join(str(document[name]) for name in ("status", "title", "detail") if document.get(name))
        raise RefusedError("nws.problem", f"the service answered with an error: {told[:300]}")
    if document.get("type") == "FeatureCollection":
        yield from _each(document.get("features"), "features")
    elif "@graph" in document:
        yield from _each(document["@graph"], "@graph")
    elif "@type" in document or document.get("type") == "Feature":
        yield _one("payload", document)
    else:
        raise RefusedError("nws.shape", "the document is no feature, feature collection or JSON-LD object")


def _each(held: Any, name: str) -> Iterator[tuple[str, dict[str, Any], Any]]:
    if not isinstance(held, list):
        raise RefusedError("nws.shape", f"the document has no list {name}")
    for i, one in enumerate(held):
        if not isinstance(one, dict):
            raise RefusedError("nws.shape", f"{name}[{i}] is no object")
        yield _one(f"{name}[{i}]", one)


def _one(where: str, held: dict[str, Any]) -> tuple[str, dict[str, Any], Any]:
    if held.get("type") != "Feature":
        return where, held, held.get("geometry")
    about = held.get("properties")
    if not isinstance(about, dict):
        about = {}
    # Some replies have the address only outside.
    return where, {"@id": held.get("id"), **about}, held.get("geometry")


def _kind(about: dict[str, Any]) -> Kind | None:
    name = str(about.get("@type")).rpartition(":")[2]
    if name == "Alert" or {"messageType", "sent", "event"} <= about.keys():
        return "alert"
    if isinstance(about.get("periods"), list):
        return "forecast"
    if name == "Gridpoint" or {"gridId", "validTimes"} <= about.keys():
        return "gridpoint"
    if {"station", "timestamp"} <= about.keys() or "/observations/" in str(about.get("@id")):
        return "observation"
    return "station" if "stationIdentifier" in about else None


def _types(document: dict[str, Any], found: list[tuple[str, dict[str, Any], Any]]) -> str:
    named = sorted({str(about["@type"]) for _, about, _ in found if about.get("@type")})
    return f"({', '.join(named)[:100]})" if named else "(the objects name no type)"
