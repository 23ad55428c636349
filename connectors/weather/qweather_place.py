"""Which place a reply of QWeather speaks of: the reply itself hardly says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from connectors.model import Payload

_POINT = re.compile(r"(-?\d{1,3}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)")
_PATH = re.compile(r"/(-?\d{1,2}(?:\.\d+)?)/(-?\d{1,3}(?:\.\d+)?)/?$")
_PAGE = re.compile(r"-(\d{6,})\.html")


class Place(NamedTuple):
    """``code`` is the contract's, the location's id, or ``lon,lat`` as it was asked for."""

    code: str
    longitude: float | None = None
    latitude: float | None = None
    is_file_name: bool = False  # nothing says where: the name of the file stands in, so that places do not mix


def place_of(payload: Payload, document: Mapping[str, Any], options: Mapping[str, Any]) -> Place:
    """The option ``place_code``, else the address that was asked, else the page the reply links to, else the file."""
    asked = _asked(payload.source)
    if code := options.get("place_code"):
        return Place(str(code), *(asked[1:3] if asked else ()))
    if asked:
        return asked
    if match := _PAGE.search(str(document.get("fxLink") or "")):
        return Place(match[1])
    return Place(payload.name or "unknown", is_file_name=True)


def _asked(address: str) -> Place | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    location = dict(parse_qsl(parts.query)).get("location")
    if location and (point := _POINT.fullmatch(location)):
        return Place(location, float(point[1]), float(point[2]))
    if location:
        return Place(location)
    if parts.scheme and (path := _PATH.search(parts.path)):  # v1: latitude first
        return Place(f"{path[2]},{path[1]}", float(path[2]), float(path[1]))
    return None
