"""The synthetic county: inside its boundary, marked as synthetic, the same for the same seed."""

from __future__ import annotations

import re

import pytest
from shapely.geometry import Point

from simulator.county import County, build


@pytest.fixture(scope="module")
def county() -> County:
    return build(1)


def test_sizes_follow_the_portrait_of_a_county(county: County) -> None:
    assert len(county.gauges) == 60
    assert len(county.rivers) == 8
    assert len(county.reservoirs) == 3
    assert [len(mine.sensors) for mine in county.mines] == [24] * 7


def test_every_object_lies_inside_the_boundary(county: County) -> None:
    objects = [*county.stations, *county.mines, *(s for m in county.mines for s in m.sensors)]
    outside = [o for o in objects if not county.boundary.contains(Point(o.lon, o.lat))]
    assert outside == []


def test_every_name_says_that_it_is_synthetic(county: County) -> None:
    assert [o.name for o in (*county.stations, *county.mines) if "模拟" not in o.name] == []


def test_codes_are_unique(county: County) -> None:
    codes = [o.code for o in (*county.stations, *county.mines)]
    codes += [s.point_code for m in county.mines for s in m.sensors]
    assert len(set(codes)) == len(codes)


def test_point_codes_have_the_parts_of_the_standard(county: County) -> None:
    for mine in county.mines:
        assert re.fullmatch(r"141022\d{6}", mine.code)
        for sensor in mine.sensors:
            assert re.fullmatch(rf"{mine.code}01(MN|KG)\d{{4}}[0-9A-Z]{{1,8}}", sensor.point_code)


def test_thresholds_and_datums_are_incomplete_as_in_real_registers(county: County) -> None:
    assert {r.warning_level is None for r in county.rivers} == {True, False}
    assert {r.guarantee_level is None for r in county.rivers} == {True, False}
    assert sum(r.datum is None for r in county.rivers) == 1
    assert sum(not s.in_use for s in county.stations) == 1


def test_a_seed_gives_one_county_and_another_seed_another(county: County) -> None:
    assert build(1) == county
    assert build(2).gauges != county.gauges
