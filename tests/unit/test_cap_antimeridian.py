"""Rings over longitude 180 are cut there; areas are checked against the plane, where they are easy to count."""

from __future__ import annotations

import pytest
from shapely.geometry import Polygon

from connectors.weather.cap_antimeridian import Ring, RoundPoleError, crosses, split


def box(west: float, east: float, south: float = -20, north: float = -10) -> Ring:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


@pytest.mark.parametrize(
    ("ring", "parts"),
    [
        (box(170, 175), [(170, 175)]),
        (box(-180, 180, -90, 90), [(-180, 180)]),  # the whole globe, not a line at 180
        (box(170, -170), [(170, 180), (-180, -170)]),
        (box(-170, 170), [(-180, -170), (170, 180)]),
        (box(170, 190), [(170, 180), (-180, -170)]),
        (box(-190, -170), [(170, 180), (-180, -170)]),
        (box(181, 190), [(-179, -170)]),
        (box(175, -180), [(175, 180)]),  # up to the edge, written on its other side
    ],
)
def test_boxes_are_cut_at_the_antimeridian(ring: Ring, parts: list[tuple[float, float]]) -> None:
    found = [(min(lon for lon, _ in part), max(lon for lon, _ in part)) for part in split(ring)]
    assert sorted(found) == sorted(parts)
    assert all(part[0] == part[-1] for part in split(ring))
    width = sum(east - west for west, east in parts)
    assert sum(Polygon(part).area for part in split(ring)) == pytest.approx(width * abs(ring[0][1] - ring[2][1]))


def test_where_an_edge_crosses_the_latitude_is_on_the_edge() -> None:
    [east, west] = split([(178, 0), (-178, 4), (178, 8), (178, 0)])
    assert (180.0, 2.0) in east
    assert (-180.0, 6.0) in west
    assert Polygon(east).area + Polygon(west).area == pytest.approx(Polygon([(178, 0), (182, 4), (178, 8)]).area)


def test_a_ring_that_crosses_four_times_keeps_its_area() -> None:
    ring = [(178, 0), (-178, 0), (-178, 3), (179, 3), (179, 5), (-178, 5), (-178, 8), (178, 8), (178, 0)]
    straight = Polygon([(lon if lon > 0 else lon + 360, lat) for lon, lat in ring])
    assert sum(Polygon(part).buffer(0).area for part in split(ring)) == pytest.approx(straight.area)


def test_a_ring_that_only_touches_the_edge_is_left_as_it_is() -> None:
    ring = box(170, 180)
    assert not crosses(ring)
    assert split(ring) == [ring]


def test_a_ring_round_a_pole_is_refused() -> None:
    with pytest.raises(RoundPoleError):
        split([(0, 80), (120, 80), (-120, 80), (0, 80)])
