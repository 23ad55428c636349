"""One area of a CAP info: its polygons, circles and codes. A shape that is lost is a Reject, the area stays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from connectors.arrow import as_json
from connectors.weather.cap_antimeridian import Ring
from connectors.weather.cap_geometry import BadShape, circle, multipolygon, polygon
from connectors.weather.cap_reading import Block, Kind
from connectors.xml import text_of

_AREA = Kind("warning_area", "areaDesc polygon circle geocode altitude ceiling")
# Names under which senders give GB/T 2260 codes. Others (FIPS6, SAME) have six digits too and mean other places.
_REGION_NAMES = re.compile(r"cpeas|2260|行政区划|adcode|region.?code", re.IGNORECASE)
_REGION = re.compile(r"([1-8]\d{5})(?:\d{6})?", re.ASCII)


def area_row(element: Element, info: Block, name: str, key: Mapping[str, Any]) -> dict[str, Any]:
    """The row of one area; ``key`` holds its key columns, ``name`` its place in the info."""
    area = Block(element, _AREA, info.at(name), info.zone, info.notes)
    wkt, circles, geocodes = multipolygon(_polygons(area)), _circles(area), area.pairs("geocode")
    return {
        **key,
        "area_desc": area.text("areaDesc"),
        "area_wkt": wkt,
        "circles": as_json(circles or None),
        "geocodes": as_json(geocodes or None),
        "region_code": _region_code(area, geocodes),
        "geometry_source": _source(wkt, circles, geocodes),
        "altitude_ft": area.number("altitude"),
        "ceiling_ft": area.number("ceiling"),
        "extra": as_json(area.extra()),
    }


def _polygons(area: Block) -> list[Ring]:
    rings: list[Ring] = []
    for i, element in enumerate(area.elements("polygon")):
        text = text_of(element)
        if not text:  # an empty element is how some senders say that there is none
            continue
        try:
            shape = polygon(text)
        except BadShape as bad:
            area.notes.reject(area.at(f"polygon[{i}]"), "cap.polygon", str(bad), area.kind.table, {"polygon": text})
            continue
        for repair in shape.repairs:
            area.note(f"polygon.{repair}", text)
        rings += shape.rings
    return rings


def _circles(area: Block) -> list[str]:
    circles = []
    for i, element in enumerate(area.elements("circle")):
        text = text_of(element)
        if not text:
            continue
        try:
            written, swapped = circle(text)
        except BadShape as bad:
            area.notes.reject(area.at(f"circle[{i}]"), "cap.circle", str(bad), area.kind.table, {"circle": text})
            continue
        if swapped:
            area.note("circle.swapped", text)
        circles.append(written)
    return circles


def _region_code(area: Block, geocodes: Mapping[str, Sequence[str]]) -> str | None:
    """County (or city, province) code; the digits of a town below it are left off. The first of several is taken."""
    values = [value for name, found in geocodes.items() if _REGION_NAMES.search(name) for value in found]
    codes = list(dict.fromkeys(match[1] for match in map(_REGION.fullmatch, values) if match))
    if len(codes) > 1:
        area.note("geocode.several_regions", " ".join(codes))
    return codes[0] if codes else None


def _source(wkt: str | None, circles: Sequence[str], geocodes: Mapping[str, Sequence[str]]) -> str:
    if wkt:
        return "polygon"
    if circles:
        return "circle"
    return "geocode" if any(value for values in geocodes.values() for value in values) else "none"
