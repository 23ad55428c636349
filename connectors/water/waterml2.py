"""WaterML 2.0: OM observations with a MeasurementTimeseries as their result."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any
from xml.etree.ElementTree import Element

from connectors.clock import ClockError, to_utc
from connectors.refusal import RefusedError
from connectors.water.gathering import Gathered, Row
from connectors.water.quantities import known_quantity, measure
from connectors.xml import local_name, text_of

_KNOWN_POINT = frozenset({"time", "value", "metadata"})
# Interpolations under which a value stands for the interval that ends (or begins) at its time, with the name's middle.
_SPANS = {
    "AveragePrec": "mean",
    "AverageSucc": "mean",
    "MaxPrec": "max",
    "MaxSucc": "max",
    "MinPrec": "min",
    "MinSucc": "min",
    "TotalPrec": "",
    "TotalSucc": "",
}


def read(root: Element, out: Gathered, zone: tzinfo) -> None:
    observations = list(_all(root, "OM_Observation"))
    for number, element in enumerate(observations, 1):
        _observation(element, f"OM_Observation[{number}]", out, zone)
    if not observations and local_name(root) in {"OM_Observation", "MeasurementTimeseries"}:
        raise RefusedError("waterml.observation.shape", "a series without its observation names no place")
    for number, point in enumerate(_all(root, "MonitoringPoint"), 1):
        _monitoring_point(point, f"MonitoringPoint[{number}]", out)


def _observation(element: Element, where: str, out: Gathered, zone: tzinfo) -> None:
    place, about = _child(element, "featureOfInterest"), _child(element, "observedProperty")
    series = list(_all(element, "MeasurementTimeseries"))
    station = _feature_code(place)
    if about is None or not station:
        error = RefusedError("waterml.observation.shape", "it lacks observedProperty or featureOfInterest")
        out.refused(where, error, {"id": _attribute(element, "id")})
        return
    result = _child(element, "result")
    if not series and result is not None and len(result):
        kind = local_name(result[0])
        out.refused(
            where, RefusedError("waterml.result.unknown", f"a result of the kind {kind} is not read"), {"kind": kind}
        )
        return
    shared: Row = {
        "station_code": station,
        "source_table": "waterml2",
        "issued_at": _issued(element),
        "name": _name_of(about),
    }
    for timeseries in series:
        _series(timeseries, where, dict(shared), out, zone)


def _series(element: Element, where: str, shared: Row, out: Gathered, zone: tzinfo) -> None:
    """``shared`` is the row without its time; ``name`` in it is what the observed property is called."""
    name = shared.pop("name")
    default = _child(element, "defaultPointMetadata")
    for number, point in enumerate(_all(element, "MeasurementTVP"), 1):
        place = f"{where}, point {number}"
        time, value = _child(point, "time"), _child(point, "value")
        try:
            event_at = to_utc(text_of(time) if time is not None else "", zone)
        except ClockError as error:
            out.refused(place, RefusedError("waterml.value.time", str(error)), {"name": name})
            continue
        own = _child(point, "metadata")
        interpolation = _interpolation(own, default)
        middle = _SPANS.get(interpolation or "", "")
        quantity = known_quantity(name)
        uom = _uom(value, own, default)
        found = measure(f"{quantity}_{middle}" if quantity and middle else quantity, f"{name} {middle}", uom)
        is_nil = value is None or _attribute(value, "nil") in {"true", "1"}
        raw = None if is_nil or value is None else text_of(value)
        extra = _extra(point, own, interpolation, out)
        out.value(place, raw, found, {**shared, "event_at": event_at, "extra": extra})


def _extra(point: Element, own: Element | None, interpolation: str | None, out: Gathered) -> dict[str, Any]:
    extra: dict[str, Any] = {"interpolation": interpolation} if interpolation else {}
    for name, kept in (("quality", "quality"), ("nilReason", "nil_reason"), ("censoredReason", "censored")):
        for element in _all(own, name) if own is not None else ():
            extra[kept] = _reference(element) or _attribute(element, "title")
    for child in point:
        if (unknown := local_name(child)) not in _KNOWN_POINT:
            out.tell(unknown, text_of(child))
            extra[unknown] = text_of(child)
    return extra


def _monitoring_point(element: Element, where: str, out: Gathered) -> None:
    code = next((text_of(found) for found in _all(element, "identifier")), "") or _attribute(element, "id")
    if not code:
        return
    name = next((text_of(child) for child in element if local_name(child) == "name"), None)
    position = next((text_of(found).split() for found in _all(element, "pos")), [])
    try:  # EPSG:4326 in GML: latitude first
        latitude, longitude = (float(text) for text in position[:2])
    except ValueError:
        latitude = longitude = None  # type: ignore[assignment]
    out.station(where, {"station_code": code, "station_name": name, "longitude": longitude, "latitude": latitude})


def _feature_code(place: Element | None) -> str:
    """The station: the title or the last part of the address of the feature, or the code of an inline point."""
    if place is None:
        return ""
    inline = next((text_of(found) for found in _all(place, "identifier")), "")
    return inline or _attribute(place, "title") or _reference(place)


def _name_of(about: Element) -> str:
    return _attribute(about, "title") or _reference(about)


def _reference(element: Element) -> str:
    """What an element refers to: the last part of its address, else its text."""
    target = _attribute(element, "href")
    if not target:
        return text_of(element)
    return target if target.startswith("urn:") else target.rstrip("/#").rpartition("/")[2].rpartition("#")[2]


def _uom(value: Element | None, *metadata: Element | None) -> str | None:
    if value is not None and (own := _attribute(value, "uom")):
        return own
    for element in metadata:
        for uom in _all(element, "uom") if element is not None else ():
            if found := _attribute(uom, "code") or _attribute(uom, "title") or _reference(uom):
                return found
    return None


def _interpolation(*metadata: Element | None) -> str | None:
    for element in metadata:
        for found in _all(element, "interpolationType") if element is not None else ():
            return _reference(found) or _attribute(found, "title") or None
    return None


def _issued(element: Element) -> datetime | None:
    result_time = _child(element, "resultTime")
    text = next((text_of(found) for found in _all(result_time, "timePosition")), "") if result_time is not None else ""
    try:
        return to_utc(text, UTC) if text else None
    except ClockError:
        return None


def _all(element: Element, name: str) -> Iterator[Element]:
    return (found for found in element.iter() if local_name(found) == name)


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if local_name(child) == name), None)


def _attribute(element: Element, name: str) -> str:
    return next((text.strip() for key, text in element.attrib.items() if key.rpartition("}")[2] == name), "")
