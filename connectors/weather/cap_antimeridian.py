"""Rings that cross longitude 180: cut there into rings that a map can draw, each within -180 .. 180 degrees.

An edge takes the shorter way round the globe, so a step of more than 180 degrees between two corners is a crossing.
A step of exactly 360 is none: it runs from one edge of the map to the other, as in a box round the whole globe.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import floor

Point = tuple[float, float]
Ring = list[Point]


class RoundPoleError(ValueError):
    """A ring that runs once round the globe: which of the two caps it bounds cannot be told."""


def crosses(ring: Sequence[Point]) -> bool:
    """Whether a closed ring of (lon, lat) leaves -180 .. 180 or steps over its edge."""
    steps = (abs(there[0] - here[0]) for here, there in pairwise(ring))
    return any(abs(lon) > 180 for lon, _ in ring) or any(180 < step < 360 for step in steps)


def split(ring: Sequence[Point]) -> list[Ring]:
    """The parts of a closed ring between the antimeridians, west to east; the ring itself if it crosses none.

    Raises RoundPoleError.
    """
    if not crosses(ring):
        return [list(ring)]
    unrolled = _unrolled(ring)
    if abs(unrolled[0][0] - unrolled[-1][0]) > 1e-9:
        raise RoundPoleError
    parts = []
    longitudes = [lon for lon, _ in unrolled]
    for turn in range(floor((min(longitudes) + 180) / 360), floor((max(longitudes) + 180) / 360) + 1):
        middle = 360.0 * turn
        part = _clipped(_clipped(unrolled, middle - 180, 1), middle + 180, -1)
        if len({lon for lon, _ in part}) > 1 and len(set(part)) > 2:  # more than a touch of the edge
            parts.append([(round(lon - middle, 9), lat) for lon, lat in part])
    return parts


def _unrolled(ring: Sequence[Point]) -> Ring:
    """The ring with longitudes that run on past 180 instead of starting again at -180."""
    unrolled, turn = [ring[0]], 0.0
    for here, there in pairwise(ring):
        step = there[0] - here[0]
        if abs(step) > 180:
            turn -= 360.0 if step > 0 else -360.0
        unrolled.append((there[0] + turn, there[1]))
    return unrolled


def _clipped(ring: Sequence[Point], edge: float, side: int) -> Ring:
    """What of a closed ring lies east (``side`` 1) or west (-1) of the meridian ``edge``; closed again."""
    kept: Ring = []
    for here, there in pairwise(ring):
        inside, next_inside = side * (here[0] - edge) >= 0, side * (there[0] - edge) >= 0
        if inside:
            kept.append(here)
        if inside != next_inside:
            share = (edge - here[0]) / (there[0] - here[0])
            kept.append((edge, round(here[1] + share * (there[1] - here[1]), 9)))
    return [*kept, kept[0]] if kept else []
