"""The synthetic county is as large as the reports' county, lies inside its boundary and is marked as synthetic."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from shapely.geometry import Point

from simulator import assets, instruments, plants
from simulator.layout import Layout, lay_out
from simulator.people import persons

TODAY = date(2026, 8, 10)


@pytest.fixture(scope="module")
def layout() -> Layout:
    return lay_out(1)


def test_towns_villages_and_people(layout: Layout) -> None:
    kinds = Counter(town.name[-1] for town in layout.towns)
    assert kinds == {"镇": 6, "乡": 4}
    assert len(layout.villages) == 151
    assert 300_000 < layout.people < 340_000
    assert {v.code[:9] for v in layout.villages} <= {t.code for t in layout.towns}
    assert len({v.code for v in layout.villages}) == 151


def test_enterprises_by_trade(layout: Layout) -> None:
    sizes = {industry: len(firms) for industry, firms in layout.by_industry.items()}
    assert sum(sizes.values()) == 1000
    assert {k: sizes[k] for k in ("coal_mine", "tailings", "hazchem")} == {"coal_mine": 7, "tailings": 6, "hazchem": 28}
    assert len(layout.ponds) == 6
    assert 80 <= len(layout.key_enterprises) <= 110


def test_about_1200_sensors() -> None:
    county = lay_out(1).county
    mine_points = sum(len(m.sensors) for m in county.mines)
    points = sum(len(s.points) for s in plants.hazard_sources(1)) + len(plants.lifelines(1))
    mounted = len(instruments.instruments(1))
    stations = len(county.stations) + len(lay_out(1).met_stations)
    assert 1_050 < mine_points + points + mounted + stations < 1_250


def test_hazard_sources_of_all_levels_belong_to_hazchem_plants() -> None:
    sources = plants.hazard_sources(1)
    assert len(sources) == 20
    assert {s.level for s in sources} == {1, 2, 3, 4}
    assert {s.enterprise.industry for s in sources} == {"hazchem"}


def test_cameras_depots_teams_and_plans() -> None:
    assert len(assets.cameras(1)) == 580
    assert len(assets.depots(1)) == 12
    stock = assets.stock(1, TODAY)
    assert len({s.material for s in stock}) == 12
    assert 700 < sum(s.pieces for s in stock) < 900
    assert {t.kind for t in assets.teams(1)} == {"综合", "专业", "企业专职", "社会"}
    plans = assets.plans(1, TODAY)
    assert len(plans) == 128
    assert 0.2 < sum((TODAY - p.updated).days > 3 * 365 for p in plans) / 128 < 0.45
    assert all(p.updated <= p.filed <= TODAY for p in plans)


def test_every_place_lies_inside_the_boundary(layout: Layout) -> None:
    places: list[tuple[float, float]] = [
        (o.lon, o.lat)
        for group in (layout.towns, layout.villages, layout.enterprises, layout.slopes, layout.waterlogging)
        for o in group
    ]
    places += [(o.lon, o.lat) for group in (plants.lifelines(1), assets.cameras(1), assets.depots(1)) for o in group]
    places += [(p.lon, p.lat) for s in plants.hazard_sources(1) for p in s.points]
    assert [p for p in places if not layout.county.boundary.contains(Point(p))] == []


def test_every_name_says_that_it_is_synthetic(layout: Layout) -> None:
    groups = (layout.towns, layout.villages, layout.enterprises, layout.slopes, layout.waterlogging)
    names = [o.name for group in (*groups, layout.met_stations) for o in group]
    names += [o.name for group in (persons(1), assets.cameras(1), assets.depots(1), assets.teams(1)) for o in group]
    names += [o.name for o in assets.plans(1, TODAY)]
    names += [p.name for p in plants.lifelines(1)] + [p.name for s in plants.hazard_sources(1) for p in s.points]
    names += [i.name for i in instruments.instruments(1)]
    assert [name for name in names if "模拟" not in name] == []


def test_supply_links_join_two_enterprises_of_the_county(layout: Layout) -> None:
    codes = {e.code for e in layout.enterprises}
    links = assets.supplies(1)
    assert len(links) > 100
    assert [s for s in links if s.supplier == s.customer] == []
    assert {s.supplier.code for s in links} | {s.customer.code for s in links} <= codes


def test_a_seed_gives_one_county_and_another_seed_another() -> None:
    lay_out.cache_clear()
    first = lay_out(1)
    lay_out.cache_clear()
    assert lay_out(1) == first
    assert lay_out(2).villages != first.villages
