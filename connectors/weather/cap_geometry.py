"""CAP's polygons and circles -> well-known text in lon lat, or a sentence about why not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from connectors.weather.cap_antimeridian import Ring, RoundPoleError, crosses, split

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_PAIR = re.compile(rf"({_NUMBER}),({_NUMBER})(,{_NUMBER})?", re.ASCII)
_CIRCLE = re.compile(rf"({_NUMBER}),({_NUMBER})\s+({_NUMBER})", re.ASCII)


class BadShape(ValueError):
    """A polygon or circle that cannot be read; ``str(error)`` says why."""


class Shape(NamedTuple):
    """Closed rings of (lon, lat), EPSG:4326, and what was put right.

    ``repairs``: any of "garbage", "altitude", "swapped", "open" and "antimeridian".
    """

    rings: list[Ring]
    repairs: tuple[str, ...]


def polygon(text: str) -> Shape:
    """Read ``lat,lon lat,lon ...`` (blank-separated, WGS 84).

    Put right: the ring is closed, stray brackets and heights behind the pairs are dropped, lon,lat is turned round
    where only that fits on the globe, a ring over longitude 180 is cut there. Raises BadShape for anything else; no
    point is ever dropped.
    """
    tidy = re.sub(r"[()\[\]]", " ", text)
    repairs = ["garbage"] if tidy != text else []
    pairs = [_pair(piece) for piece in _tight(tidy).split()]
    if any(high for _, _, high in pairs):
        repairs.append("altitude")
    ring, swapped = _lon_lat([(first, second) for first, second, _ in pairs])
    if swapped:
        repairs.append("swapped")
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
        repairs.append("open")
    if len(set(ring)) < 3:
        raise BadShape(f"a polygon needs three different corners, this one has {len(set(ring))}: {_short(text)}")
    if crosses(ring):
        repairs.append("antimeridian")
    try:
        rings = split(ring)
    except RoundPoleError:
        raise BadShape(f"the polygon runs round a pole, and which side is meant is not said: {_short(text)}") from None
    if not rings:
        raise BadShape(f"nothing is left of a polygon that lies on longitude 180: {_short(text)}")
    return Shape(rings, tuple(repairs))


def circle(text: str) -> tuple[str, bool]:
    """Read ``lat,lon radius_km``; gives it back with single blanks, and whether lat and lon had to be swapped.

    Digits stay as written where they are plain (``33.50``); ``+33.5`` and ``1e2`` become plain for the warehouse.
    """
    match = _CIRCLE.fullmatch(_tight(text))
    if not match:
        raise BadShape(f"a circle is written 'lat,lon radius_km', not {_short(text)}")
    first, second, radius = match.groups()
    [(lon, _)], swapped = _lon_lat([(float(first), float(second))])
    if abs(lon) > 180:
        raise BadShape(f"the longitude {lon!r} of a circle is not within 180 degrees: {_short(text)}")
    if not 0 <= float(radius) <= 20_040:
        raise BadShape(f"a radius of {radius} km does not fit on the globe: {_short(text)}")
    latitude, longitude = (second, first) if swapped else (first, second)
    return f"{_digits(latitude)},{_digits(longitude)} {_digits(radius)}", swapped


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


def _digits(number: str) -> str:
    return number if re.fullmatch(r"-?\d+(\.\d+)?", number, re.ASCII) else format(Decimal(number), "f")


def _pair(piece: str) -> tuple[float, float, bool]:
    """The two numbers of a pair, and whether a third one, a height, stands behind them."""
    match = _PAIR.fullmatch(piece)
    if not match:
        raise BadShape(f"{_short(piece)} is not a lat,lon pair")
    return float(match[1]), float(match[2]), match[3] is not None


def _lon_lat(points: Sequence[tuple[float, float]]) -> tuple[Ring, bool]:
    if all(_on_globe(lat, lon) for lat, lon in points):
        return [(lon, lat) for lat, lon in points], False
    if all(_on_globe(lat, lon) for lon, lat in points):
        return list(points), True
    worst = next(point for point in points if not _on_globe(*point))
    raise BadShape(f"the point {worst[0]!r},{worst[1]!r} is not on the globe (latitude, longitude in degrees)")


def _on_globe(lat: float, lon: float) -> bool:
    return abs(lat) <= 90 and abs(lon) <= 360  # 190 is what some write for -170


def _short(text: str) -> str:
    tidy = " ".join(text.split())
    return repr(tidy if len(tidy) <= 60 else tidy[:57] + "...")
