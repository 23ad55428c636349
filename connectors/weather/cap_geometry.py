"""CAP's polygons and circles -> well-known text in lon lat, or a sentence about why not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

Ring = list[tuple[float, float]]
"""A closed ring of (lon, lat), EPSG:4326, degrees."""

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_PAIR = re.compile(rf"({_NUMBER}),({_NUMBER})", re.ASCII)
_CIRCLE = re.compile(rf"({_NUMBER}),({_NUMBER})\s+({_NUMBER})", re.ASCII)


class BadShape(ValueError):
    """A polygon or circle that cannot be read; ``str(error)`` says why."""


class Shape(NamedTuple):
    """``value`` and what was put right in it: any of "swapped", "garbage", "open"."""

    value: Ring
    repairs: tuple[str, ...]


def polygon(text: str) -> Shape:
    """Read ``lat,lon lat,lon ...`` (blank-separated, WGS 84).

    Put right: the ring is closed, stray brackets are dropped, lon,lat is turned round where only that fits on
    the globe. Raises BadShape for anything else; no point is ever dropped.
    """
    tidy = re.sub(r"[()\[\]]", " ", text)
    repairs = ["garbage"] if tidy != text else []
    points = [_pair(piece) for piece in _tight(tidy).split()]
    ring, swapped = _lon_lat(points)
    if swapped:
        repairs.append("swapped")
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
        repairs.append("open")
    if len(set(ring)) < 3:
        raise BadShape(f"a polygon needs three different corners, this one has {len(set(ring))}: {_short(text)}")
    return Shape(ring, tuple(repairs))


def circle(text: str) -> tuple[str, bool]:
    """Read ``lat,lon radius_km``; gives it back with single blanks, and whether lat and lon had to be swapped."""
    match = _CIRCLE.fullmatch(_tight(text))
    if not match:
        raise BadShape(f"a circle is written 'lat,lon radius_km', not {_short(text)}")
    first, second, radius = match.groups()
    _, swapped = _lon_lat([(float(first), float(second))])
    if not 0 <= float(radius) <= 20_040:
        raise BadShape(f"a radius of {radius} km does not fit on the globe: {_short(text)}")
    return (f"{second},{first} {radius}" if swapped else f"{first},{second} {radius}"), swapped


def multipolygon(rings: Sequence[Ring]) -> str | None:
    """The rings as one MULTIPOLYGON in well-known text (lon lat); None if there are none."""
    if not rings:
        return None
    return f"MULTIPOLYGON({','.join(_ring_text(ring) for ring in rings)})"


def _ring_text(ring: Ring) -> str:
    return f"(({','.join(f'{lon!r} {lat!r}' for lon, lat in ring)}))"


def _tight(text: str) -> str:
    """Single blanks, and none around commas."""
    return " ".join(text.split()).replace(" ,", ",").replace(", ", ",")


def _pair(piece: str) -> tuple[float, float]:
    match = _PAIR.fullmatch(piece)
    if not match:
        raise BadShape(f"{_short(piece)} is not a lat,lon pair")
    return float(match[1]), float(match[2])


def _lon_lat(points: Sequence[tuple[float, float]]) -> tuple[Ring, bool]:
    if all(_on_globe(lat, lon) for lat, lon in points):
        return [(lon, lat) for lat, lon in points], False
    if all(_on_globe(lat, lon) for lon, lat in points):
        return list(points), True
    worst = next(point for point in points if not _on_globe(*point))
    raise BadShape(f"the point {worst[0]!r},{worst[1]!r} is not on the globe (latitude, longitude in degrees)")


def _on_globe(lat: float, lon: float) -> bool:
    return abs(lat) <= 90 and abs(lon) <= 180


def _short(text: str) -> str:
    tidy = " ".join(text.split())
    return repr(tidy if len(tidy) <= 60 else tidy[:57] + "...")
