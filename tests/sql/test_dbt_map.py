"""The map's coarser grains: sums that agree, cells that stay where they are, and nothing counted twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from dbt_rows import REGISTER, WATER, Rows, box, settings_for

from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

PROVINCE, CITY, COUNTY, OTHER, EMPTY = "620000", "620800", "620823", "620822", "620821"
WEST, SOUTH, SIZE = 105.0, 35.0, 0.1  # the counties lie side by side; small, so that few cells are drawn
EDGE_M, SRID = 1000, 102025


@pytest.fixture(scope="module")
def settings(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        whole = (WEST, SOUTH, WEST + 3 * SIZE, SOUTH + SIZE)
        rows.region(PROVINCE, "province", None, whole)
        rows.region(CITY, "city", PROVINCE, whole)
        for number, code in enumerate((COUNTY, OTHER, EMPTY)):
            west = WEST + number * SIZE
            rows.region(code, "county", CITY, (west, SOUTH, west + SIZE, SOUTH + SIZE))
        enterprise(rows, "IN", WEST + 0.05, SOUTH + 0.05, employees=40, region_code=COUNTY)
        enterprise(rows, "BY PLACE", WEST + 0.06, SOUTH + 0.05)
        enterprise(rows, "ELSEWHERE", 90.0, 40.0)
        for number, (longitude, latitude) in enumerate(corners(rows)):
            station(rows, f"EDGE{number}", longitude, latitude)
        dice = random.Random(1)
        for number in range(200):
            station(rows, f"S{number}", WEST + dice.uniform(0, SIZE), SOUTH + dice.uniform(0, SIZE))
        village(rows, "620823001001", WEST + 0.0505, SOUTH + 0.0505, 500)
        village(rows, "620823001002", WEST + 0.099, SOUTH + 0.099, 70)
        village(rows, "620823001003", None, None, 6)
        over_in = box(WEST + 0.049, SOUTH + 0.049, WEST + 0.051, SOUTH + 0.051)
        rows.warning("A", rows.ago(hours=1), info={"colour": "red"}, area={"area_wkt": over_in})
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    build(settings)
    return settings


def build(settings: Settings, *options: str) -> None:
    selection = ["--select", "+one_map_region", "+one_map_grid", "--exclude-resource-type", "unit_test"]
    selection += ["--indirect-selection", "cautious"]  # tests of these models alone
    result = dbt_runner.invoke(["build", *selection, *options], settings=settings)
    assert result.success, [f"{n['name']}: {n['message']}" for n in result.nodes if n["status"] in {"error", "fail"}]


@pytest.fixture
def rows(settings: Settings) -> Iterator[Rows]:
    with psycopg.connect(settings.database_url) as conn:
        yield Rows(conn)


def corners(rows: Rows) -> list[tuple[float, float]]:
    """Points on which cells meet: the corners of a cell inside the county, and the middles of its edges."""
    found = rows.all(
        """with cell as (
             select (dump.geom) as corner, dump.path[2] as n
             from st_hexagongrid(%s, st_transform(st_setsrid(st_makepoint(%s, %s), 4326), %s)) as hexagon,
                  st_dumppoints(hexagon.geom) as dump
             where st_intersects(hexagon.geom, st_transform(st_setsrid(st_makepoint(%s, %s), 4326), %s)))
           select st_x(st_transform(point, 4326)) as x, st_y(st_transform(point, 4326)) as y from (
             select corner as point from cell where n < 7
             union all
             select st_lineinterpolatepoint(st_makeline(a.corner, b.corner), 0.5)
             from cell as a inner join cell as b on b.n = a.n + 1) as points""",
        *(EDGE_M, WEST + 0.05, SOUTH + 0.05, SRID, WEST + 0.05, SOUTH + 0.05, SRID),
    )
    assert len(found) == 12
    return [(row["x"], row["y"]) for row in found]


def enterprise(rows: Rows, code: str, longitude: float, latitude: float, **more: Any) -> None:
    entry = {"credit_code": code, "enterprise_name": f"模拟 {code}", "industry": "commerce", "source_crs": "EPSG:4326"}
    entry |= {"updated_at": rows.ago(days=9), "static_level": "blue", "is_key_enterprise": True}
    rows.land("enterprise", REGISTER, **entry, longitude=longitude, latitude=latitude, **more)


def station(rows: Rows, code: str, longitude: float, latitude: float) -> None:
    place = {"longitude": longitude, "latitude": latitude}
    rows.land("station", WATER, station_code=code, station_name=f"模拟 {code}", station_type="PP", **place)


def village(rows: Rows, code: str, longitude: float | None, latitude: float | None, people: int) -> None:
    entry = {"village_code": code, "year": 2026, "village_name": f"模拟 {code}", "population": people}
    rows.land("village", "village", **entry, longitude=longitude, latitude=latitude)


def test_a_region_is_the_sum_of_those_below_it_and_its_own(rows: Rows) -> None:
    wrong = rows.all(
        """select region_code, n_objects, n_objects_own, below.n
             from marts.one_map_region
             left join lateral (
               select coalesce(sum(children.n_objects), 0) as n, sum(children.population) as people
               from marts.one_map_region as children
               where children.parent_code = one_map_region.region_code) as below on true
            where n_objects <> n_objects_own + below.n"""
    )
    assert wrong == []


def test_regions_count_and_say_who_is_exposed(rows: Rows) -> None:
    counties = rows.all("select * from marts.one_map_region where region_level in ('province', 'county') order by 1")
    by_code = {row["region_code"]: row for row in counties}
    county, province = by_code[COUNTY], by_code[PROVINCE]
    assert (county["n_objects"], county["n_red"], county["level"]) == (2 + 12 + 200, 1, "red")
    assert county["drivers"]["warning"] == 1
    assert (county["n_villages"], county["population"], county["population_exposed"]) == (3, 576, 500)
    # one near stations of unknown level, one that nobody knows the place of
    assert county["population_unjudged"] == 76
    assert (county["n_enterprises"], county["n_key_enterprises_at_risk"]) == (2, 1)
    assert (county["employees"], county["employees_at_risk"]) == (40, 40)
    assert {k: province[k] for k in ("n_objects", "population_exposed")} == {
        "n_objects": 214,
        "population_exposed": 500,
    }
    empty = by_code[EMPTY]
    assert (empty["n_objects"], empty["level"], empty["population"]) == (0, "unknown", None)
    assert (empty["red_orange_pct"], empty["judged_pct"], empty["drivers"]) == (None, None, {})


def test_what_lies_in_no_region_is_counted_apart(rows: Rows) -> None:
    assert rows.one("select n_objects from marts.one_map_region where region_code = 'unknown'") == {"n_objects": 1}
    total = "select sum(n_objects_own) as n from marts.one_map_region"
    assert rows.one(total)["n"] == rows.one("select count(*) as n from marts.one_map_object")["n"]


def test_every_object_is_in_one_cell_and_that_cell_covers_it(rows: Rows) -> None:
    total = rows.one("select sum(n_objects) as n, sum(population) as people from marts.one_map_grid")
    placed = "select count(*) as n from marts.one_map_object where geometry is not null"
    assert total["n"] == rows.one(placed)["n"] == 2 + 12 + 200 + 1
    assert total["people"] == 570
    astray = rows.all(
        """select place_id from intermediate.int_map__place as place
             inner join intermediate.int_grid__cell as cell on place.cell_id = cell.cell_id
            where st_distance(
              st_transform(place.location::geometry, 102025), st_transform(cell.geometry, 102025)) > 0.01"""
    )
    assert astray == []


def test_cells_are_equal_touch_each_other_and_bear_the_numbers_of_postgis(rows: Rows) -> None:
    areas = rows.one(
        """select min(st_area(metres)) as least, max(st_area(metres)) as most
             from (select st_transform(geometry, 102025) as metres from marts.one_map_grid) as cells"""
    )
    hexagon_m2 = 3 * 3**0.5 / 2 * EDGE_M**2
    assert areas["least"] == pytest.approx(hexagon_m2, rel=1e-9)
    assert areas["most"] == pytest.approx(hexagon_m2, rel=1e-9)
    overlaps = rows.one(
        """select count(*) as n,
                  count(*) filter (where st_area(st_intersection(a.metres, b.metres)) > 1) as overlapping
             from (select cell_id, st_transform(geometry, 102025) as metres from marts.one_map_grid) as a
             inner join (select cell_id, st_transform(geometry, 102025) as metres from marts.one_map_grid) as b
               on a.cell_id < b.cell_id and st_dwithin(a.metres, b.metres, 1)"""
    )
    assert overlaps["n"] > 50
    assert overlaps["overlapping"] == 0
    strangers = rows.all(
        """select cell_id from marts.one_map_grid
             left join st_hexagongrid(
               1000, st_transform(st_makeenvelope(104.9, 34.9, 105.4, 35.2, 4326), 102025)) as own
               on cell_i = own.i and cell_j = own.j
            where region_code is not null
              and (own.geom is null
                or st_distance(st_centroid(own.geom), st_centroid(st_transform(geometry, 102025))) > 1)"""
    )
    assert strangers == []


def test_empty_cells_are_shown_only_where_there_are_objects(rows: Rows) -> None:
    found = rows.all("select distinct region_code from marts.one_map_grid where n_objects = 0")
    assert found == [{"region_code": COUNTY}]
    empty = rows.all("select distinct level, drivers::text, population from marts.one_map_grid where n_objects = 0")
    assert empty == [{"level": "unknown", "drivers": "{}", "population": None}]


def test_cells_stay_when_others_come(settings: Settings) -> None:
    query = "select * from marts.one_map_grid where region_code = %s order by cell_id"
    with psycopg.connect(settings.database_url) as conn:
        before = Rows(conn).all(query, COUNTY)
        station(Rows(conn), "NEW", WEST + 1.5 * SIZE, SOUTH + 0.05)
    build(settings, "--vars", '{"batch_ids": [0]}')
    with psycopg.connect(settings.database_url) as conn:
        rows = Rows(conn)
        after = rows.all(query, COUNTY)
        assert len(rows.all(query, OTHER)) > 20
    for row in (*before, *after):
        del row["as_of"]
    assert after == before
    everything = "select to_jsonb(grid) - 'as_of' as row from marts.one_map_grid as grid order by cell_id"
    with psycopg.connect(settings.database_url) as conn:
        partial = Rows(conn).all(everything)
    build(settings, "--full-refresh")
    with psycopg.connect(settings.database_url) as conn:
        assert Rows(conn).all(everything) == partial
