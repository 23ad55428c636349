"""Regions, monitoring points and risk objects, and what they were before.

One warehouse: built, changed as registers change, built again. Regions and codes are of places that were renamed; all
names are made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from dbt_rows import MINES, REGISTER, WATER, Rows, settings_for

from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

MINE = "370116009203"
HISTORY = "int_register__history"
EVERYTHING = ("+dim_risk_object", "+int_risk__point")


def build(settings: Settings, *selection: str, full: bool = False) -> None:
    args = ["build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious", "--select", *selection]
    result = dbt_runner.invoke([*args, "--full-refresh"] if full else args, settings=settings)
    assert result.success, [node for node in result.nodes if node["status"] in {"error", "fail"}]


@pytest.fixture(scope="module")
def settings(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        rows.region("370000", "province", None, (116, 34, 122, 38))
        rows.region("370100", "city", "370000", (116, 35, 119, 38))
        rows.region("370116", "county", "370100", (117, 36, 118, 37))
        rows.region("370117", "county", "370100", (118, 36, 119, 37))
        _villages(rows)
        _owners(rows)
        _stations(rows)
        _sites(rows)
    build(settings, *EVERYTHING)
    with psycopg.connect(module_warehouse_url) as conn:
        _changes(Rows(conn))
    build(settings, "int_register__absence")
    build(settings, HISTORY, full=True)  # a full build keeps what cannot be had again
    with psycopg.connect(module_warehouse_url) as conn:
        _returns(Rows(conn))
    build(settings, HISTORY, "dim_monitoring_point", "dim_risk_object")
    return settings


@pytest.fixture
def rows(settings: Settings) -> Iterator[Rows]:
    with psycopg.connect(settings.database_url) as conn:
        yield Rows(conn)


def _villages(rows: Rows) -> None:
    """Two towns of one county, west and east; a county with only one known town; a village in the wrong place."""
    for code, longitude, town in (
        ("370116001001", 117.2, "模拟西镇"),
        ("370116001002", 117.3, "模拟西镇"),
        ("370116002001", 117.8, "模拟东镇"),
        ("370116003001", 121.0, "模拟错镇"),
        ("370117001001", 118.5, "模拟独镇"),
    ):
        names = {"village_code": code, "village_name": "模拟村", "town_name": town, "population": 1}
        place = {"longitude": longitude, "latitude": 36.5, "assessed_at": rows.ago(days=9)}
        for year in (2025, 2026):
            rows.land("village", "village", **names, **place, year=year)
    rows.conn.execute("update landing.village set town_name = '模拟旧名' where year = 2025")


def _owners(rows: Rows) -> None:
    for code, industry, mine, region in (
        ("91370116MN0000001X", "coal_mine", MINE, "371202"),  # a code that was retired in 2019
        ("91370116MN0000002X", "tailings", None, "370116"),
        ("91370116MN0000003X", "hazchem", None, None),
    ):
        names = {"credit_code": code, "mine_code": mine, "enterprise_name": f"模拟{industry}", "region_code": region}
        place = {"longitude": 117.25, "latitude": 36.5, "source_crs": "EPSG:4326"}
        state = {"static_level": "blue", "is_key_enterprise": True, "status": "active", "updated_at": rows.ago(days=99)}
        rows.land("enterprise", REGISTER, **names, **place, **state, industry=industry)


def station(rows: Rows, feed: str, code: str, kind: str, longitude: float = 117.25, **more: Any) -> None:
    names = {"station_code": code, "station_name": f"模拟{code}", "station_type": kind}
    rows.land("station", feed, **names, **{"longitude": longitude, "latitude": 36.5} | more)


def _stations(rows: Rows) -> None:
    old: dict[str, Any] = {"fetched_at": rows.ago(days=10), "modified_at": rows.ago(days=30)}
    for code, kind in (("RIVER", "ZZ"), ("DAM", "RR"), ("RAIN", "PP"), ("CALM", "ZZ"), ("LOST", "PP")):
        station(rows, WATER, code, kind, **old)
    for code, days in (("RIVER", 30), ("CALM", 20)):
        limits = {"station_code": code, "warning_level_m": 10, "guarantee_level_m": 12}
        rows.land("flood_threshold", WATER, **limits, **old | {"modified_at": rows.ago(days=days)})
    rows.land("reservoir_threshold", WATER, station_code="DAM", normal_level_m=50, **old)
    for n, longitude in enumerate((117.2, 117.4), start=1):
        part = {"slopeCode": "S1", "mineCode": MINE}
        station(rows, "slope_monitoring", f"S1-A{n}", "slope_area", longitude, extra=part)
        part = {"bridgeCode": "B1", "bridgeName": "模拟桥"}
        station(rows, "bridge_monitoring", f"B1-{n}", "bridge_strain", longitude, extra=part)
    station(rows, "tailings_monitoring", "POND-1", "dam_gnss", extra={"ownerCode": "91370116MN0000002X"})
    limits = {"limits.level.HH": 9.5, "limits.level.H": None, "medium": "模拟介质"}
    hazard = {"ownerCode": "91370116MN0000003X", "hazardCode": "HZ1"}
    station(rows, "hazchem_tank", "TANK-1", "tank", extra=hazard | limits)
    station(rows, "geohazard_monitoring", "DEVICE", "geohazard", 117.7001)
    station(rows, "geohazard_monitoring", "FAR", "geohazard", 117.71)
    sensor = {"point_code": "GAS", "mine_code": MINE, "sensor_type_code": "0001", "value_type": "MN"}
    for days, limit in ((5, 2.0), (20, 1.0)):  # the older definition comes last
        times = {"defined_at": rows.ago(days=days), "issued_at": rows.ago(days=days)}
        rows.land("sensor", MINES, **sensor, **times, alarm_upper=limit)


def _sites(rows: Rows) -> None:
    old = {"fetched_at": rows.ago(days=10), "updated_at": rows.ago(days=11)}
    for code, longitude in (("SITE", 117.7), ("OTHER", 117.7003)):
        names = {"site_code": code, "site_name": f"模拟{code}", "hazard_type": "landslide", "region_code": "370116"}
        place = {"longitude": longitude, "latitude": 36.5, "source_crs": "EPSG:4490"}
        rows.land("hazard_site", "geohazard_site", **names, **place, **old, risk_level="yellow")
    camera(rows, "STAYS", **old)
    camera(rows, "GOES", **old)
    camera(rows, "RETURNS", **old)


def camera(rows: Rows, code: str, **times: datetime) -> None:
    names = {"camera_code": code, "camera_name": f"模拟{code}", "enterprise_code": "91370116MN0000003X"}
    rows.land("camera", "camera", **names, is_online=True, longitude=117.3, latitude=36.5, **times)


def _changes(rows: Rows) -> None:
    rows.conn.execute(
        "update landing.flood_threshold set warning_level_m = 9, modified_at = %s, fetched_at = %s, batch_id = 7"
        " where station_code = 'RIVER'",
        (rows.ago(days=2), rows.ago(days=1)),
    )
    rows.conn.execute("update landing.camera set updated_at = %s, is_online = false", (rows.now,))
    rows.conn.execute("delete from landing.camera where camera_code in ('GOES', 'RETURNS')")
    rows.conn.execute(
        "update landing.hazard_site set risk_level = 'red', updated_at = %s, fetched_at = %s where site_code = 'SITE'",
        (rows.ago(days=12), rows.ago(days=3)),  # says that it was changed before we last read otherwise
    )
    # all stations but one are in a list of everything; an upload that lists some cameras says nothing of the others
    _payload(rows, WATER, "ST_STBPRP_B.json")
    rows.conn.execute("update landing.station set seen_at = %s where station_code <> 'LOST'", (rows.ago(days=1),))
    _payload(rows, "camera", "new_cameras.csv")
    rows.conn.execute(
        "update landing.station set is_in_use = false, fetched_at = %s where station_code = 'RAIN'", (rows.ago(days=4),)
    )


def _payload(rows: Rows, feed: str, name: str) -> None:
    at = rows.ago(days=1)
    batch = rows.batch(feed, at=at)
    file = {"feed_id": feed, "sha256": name, "name": name, "source": name, "archive_uri": name}
    rows.insert("ops.payload", file | {"facts": {"rows": "9"}, "size_bytes": 1, "fetched_at": at})
    rows.insert(
        "ops.batch_payload",
        {"batch_id": batch, "feed_id": feed, "sha256": name, "outcome": "ACCEPTED", "rejects": 0},
    )


def _returns(rows: Rows) -> None:
    # so that it comes back later than the build that missed it
    camera(rows, "RETURNS", fetched_at=rows.now + timedelta(hours=1), updated_at=rows.now)


def versions(rows: Rows, code: str, columns: str) -> list[tuple[Any, ...]]:
    query = f"select {columns} from marts.dim_monitoring_point where point_code = %s order by valid_from"
    return [tuple(row.values()) for row in rows.all(query, code)]


def objects(rows: Rows, object_id: str, columns: str) -> list[tuple[Any, ...]]:
    query = f"select {columns} from marts.dim_risk_object where object_id = %s order by valid_from"
    return [tuple(row.values()) for row in rows.all(query, object_id)]


class TestRegions:
    def test_towns_divide_their_county_between_them(self, rows: Rows) -> None:
        towns = rows.all(
            """select region_code, region_name, parent_code, geometry is not null as is_drawn,
                      round(st_area(geometry)::numeric, 2)::float as area
                 from marts.dim_region where region_level = 'town' order by region_code"""
        )
        assert [tuple(town.values()) for town in towns] == [
            ("370116001", "模拟西镇", "370116", True, 0.55),
            ("370116002", "模拟东镇", "370116", True, 0.45),
            ("370116003", "模拟错镇", "370116", False, None),
            ("370117001", "模拟独镇", "370117", False, None),
        ]
        whole = rows.one(
            """select round(st_area(st_difference(max(geometry) filter (where region_level = 'county'),
                                                  st_union(geometry) filter (where region_level = 'town')))::numeric, 9)
                      as rest
                 from marts.dim_region where '370116' in (region_code, parent_code) and geometry is not null"""
        )
        assert whole["rest"] == 0

    def test_a_retired_code_lies_where_its_area_is_today(self, rows: Rows) -> None:
        found = rows.all(
            """select region_code, region_level, parent_code, is_current, st_xmin(geometry) as west,
                      valid_from, valid_to from marts.dim_region where region_code in ('370116', '371202', '371200')
                order by 1"""
        )
        change = datetime.fromisoformat("2019-01-09T00:00+08:00")
        assert [(row["region_code"], row["region_level"], row["is_current"], row["west"]) for row in found] == [
            ("370116", "county", True, 117),
            ("371200", "city", False, None),
            ("371202", "county", False, 117),
        ]
        assert found[0]["valid_from"] == found[1]["valid_to"] == found[2]["valid_to"] == change
        assert found[2]["parent_code"] == "371200"

    def test_a_place_lies_in_a_town_where_towns_are_drawn(self, rows: Rows) -> None:
        assert versions(rows, "S1-A1", "region_code") == [("370116001",)]
        assert objects(rows, "enterprise:91370116MN0000001X", "region_code, region_source") == [("370116001", "place")]
        assert objects(rows, f"station:{WATER}:DAM", "region_code") == [("370116001",)]


class TestPoints:
    def test_a_threshold_holds_for_the_observations_of_its_time(self, rows: Rows) -> None:
        known = versions(rows, "RIVER", "thresholds ->> 'warning_level_m', valid_from, valid_to, is_current, batch_id")
        limits = rows.one("select modified_at from landing.flood_threshold where station_code = 'RIVER'")
        assert [(row[0], row[3], row[4]) for row in known] == [("10", False, 0), ("9", True, 7)]
        assert known[0][2] == known[1][1] == limits["modified_at"]

    @pytest.mark.parametrize(("days", "limit"), [(29, "10"), (3, "10"), (1, "9"), (0, "9")])
    def test_an_as_of_join_finds_one_version(self, rows: Rows, days: float, limit: str) -> None:
        found = rows.one(
            """select thresholds ->> 'warning_level_m' as limit from marts.dim_monitoring_point
                where point_code = 'RIVER' and %s >= valid_from and %s < valid_to""",
            *[rows.ago(days=days)] * 2,
        )
        assert found["limit"] == limit

    def test_before_a_threshold_was_set_it_is_unknown(self, rows: Rows) -> None:
        known = versions(rows, "CALM", "thresholds, valid_to - valid_from")
        assert known[0] == ({}, timedelta(days=10))
        assert known[1][0] == {"warning_level_m": 10, "guarantee_level_m": 12}
        assert versions(rows, "DAM", "thresholds") == [({"normal_level_m": 50},)]
        assert versions(rows, "TANK-1", "thresholds") == [({"level_HH": 9.5},)]

    def test_definitions_of_sensors_stand_in_their_order_however_they_came(self, rows: Rows) -> None:
        assert versions(rows, "GAS", "thresholds ->> 'alarm_upper', is_current") == [("1", False), ("2", True)]

    def test_a_point_out_of_use_keeps_its_past(self, rows: Rows) -> None:
        assert versions(rows, "RAIN", "is_in_use, is_current") == [(True, False), (False, True)]
        assert [row[0] for row in objects(rows, f"station:{WATER}:RAIN", "is_active")] == [True, False]

    def test_cameras_are_points_and_a_new_state_is_no_new_version(self, rows: Rows) -> None:
        assert versions(rows, "STAYS", "register, is_in_use, credit_code, expected_interval_s") == [
            ("camera", True, "91370116MN0000003X", None)
        ]

    def test_what_leaves_its_register_leaves_the_map_and_may_return(self, rows: Rows) -> None:
        assert versions(rows, "GOES", "is_in_use") == [(True,), (False,)]
        assert versions(rows, "RETURNS", "is_in_use") == [(True,), (False,), (True,)]

    def test_a_station_that_the_whole_list_lacks_is_out_of_use_and_the_others_are_not(self, rows: Rows) -> None:
        assert versions(rows, "LOST", "is_in_use, is_current") == [(True, False), (False, True)]
        assert [row[0] for row in objects(rows, f"station:{WATER}:LOST", "is_active")] == [True, False]
        gone = rows.one("select register, feed_id, entry_code from intermediate.int_register__absence")
        assert tuple(gone.values()) == ("station", WATER, "LOST")

    def test_a_full_build_keeps_what_cannot_be_had_again(self, rows: Rows) -> None:
        found = rows.one("select count(*) as n, max(version) as top from intermediate.int_register__history")
        assert found["top"] == 3
        assert found["n"] > rows.one("select count(*) as n from intermediate.int_register__entry")["n"]


class TestObjects:
    def test_each_kind_of_register_gives_its_objects(self, rows: Rows) -> None:
        found = rows.all("select object_type, count(*) as n from marts.dim_risk_object where is_current group by 1")
        assert {row["object_type"]: row["n"] for row in found} == {
            "mine": 1,
            "tailings_pond": 1,
            "enterprise": 1,
            "river_section": 2,
            "reservoir": 1,
            "water_station": 2,
            "slope": 1,
            "bridge": 1,
            "geohazard_site": 2,
            "major_hazard_source": 1,
        }

    def test_the_points_of_a_structure_are_one_object_in_their_middle(self, rows: Rows) -> None:
        columns = "object_name, credit_code, round(st_x(geometry)::numeric, 3)::float"
        assert objects(rows, "slope:slope_monitoring:S1", columns) == [("模拟S1-A1等2处", "91370116MN0000001X", 117.3)]
        assert objects(rows, "bridge:bridge_monitoring:B1", columns) == [("模拟桥", None, 117.3)]

    def test_a_hazard_source_that_only_its_points_name(self, rows: Rows) -> None:
        columns = "object_name, credit_code, region_code, static_level"
        assert objects(rows, "major_hazard_source:HZ1", columns) == [
            ("模拟hazchem HZ1", "91370116MN0000003X", "370116001", "unknown")
        ]

    def test_a_grade_changes_when_we_learn_of_it_where_the_source_dates_it_back(self, rows: Rows) -> None:
        found = objects(
            rows, "geohazard_site:geohazard_site:SITE", "static_level, static_level_source, valid_from, is_current"
        )
        learned = rows.one("select fetched_at from landing.hazard_site where site_code = 'SITE'")["fetched_at"]
        assert [row[:2] for row in found] == [("yellow", "hazard_site"), ("red", "hazard_site")]
        assert found[1][2:] == (learned, True)

    @pytest.mark.parametrize(
        ("object_id", "watched"),
        [
            ("enterprise:91370116MN0000001X", {("GAS", "owner"), ("S1-A1", "owner"), ("S1-A2", "owner")}),
            ("enterprise:91370116MN0000002X", {("POND-1", "owner")}),
            ("enterprise:91370116MN0000003X", {("TANK-1", "owner")}),
            ("major_hazard_source:HZ1", {("TANK-1", "own")}),
            ("slope:slope_monitoring:S1", {("S1-A1", "own"), ("S1-A2", "own")}),
            ("bridge:bridge_monitoring:B1", {("B1-1", "own"), ("B1-2", "own")}),
            (f"station:{WATER}:RIVER", {("RIVER", "own")}),
            (f"station:{WATER}:RAIN", set()),
            ("geohazard_site:geohazard_site:SITE", {("DEVICE", "near")}),
            ("geohazard_site:geohazard_site:OTHER", set()),
        ],
    )
    def test_what_watches_an_object(self, rows: Rows, object_id: str, watched: set[tuple[str, str]]) -> None:
        found = rows.all("select point_code, how from intermediate.int_risk__point where object_id = %s", object_id)
        assert {(row["point_code"], row["how"]) for row in found} == watched
        assert len(found) == len(watched)
