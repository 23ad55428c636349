"""Coverage and timeliness against cases counted by hand, and the dimensions and facts that a build writes.

The moment of the build is "now", so cases lie on past days, whose figures no longer move.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dbt_rows import CAP, MINES, QUAKES, REGISTER, SHANGHAI, WATER, Rows, build, settings_for
from psycopg.types.json import Jsonb

from feeds import registry
from feeds.contract import Contract
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

EQUIPMENT = "coal_mine_equipment"
ABROAD = "usgs_water"

MIDNIGHT = (datetime.now(SHANGHAI) - timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
DAY = MIDNIGHT.date()
ACTIVE = MIDNIGHT + timedelta(hours=22)


def at(hour: float, minute: float = 0) -> datetime:
    return MIDNIGHT + timedelta(hours=hour, minutes=minute)


@pytest.fixture(scope="module")
def settings(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        # active from 22:00: two hours, 24 slots of 300 s and 120 of 60 s, are owed on the first day
        conn.execute("update ops.feed set activated_at = %s, active_from = %s", (ACTIVE, ACTIVE))
        conn.execute("update ops.feed set active_from = %s where feed_id = %s", (at(23, 59), MINES))
        # the arithmetic below is about these promises, whatever the contracts promise today
        conn.execute("update ops.feed set frequency_s = 60 where feed_id = %s", (CAP,))
        conn.execute("update ops.feed set frequency_s = 86400 where feed_id = %s", (REGISTER,))
        conn.execute(
            """update ops.feed set latency_s = 1200, expected = expected || '{"every_s": 300}' where feed_id = %s""",
            (WATER,),
        )
        conn.execute(
            "update ops.feed set latency_s = 600, expected = %s where feed_id = %s",
            (Jsonb({"kind": "entity_slots", "register": "equipment_point", "every_s": 600}), EQUIPMENT),
        )
        rows.promise_since_ever()
        rows.promise_since_ever()
        _coverage(rows)
        _points(rows)
        _timeliness(rows)
        _register(rows)
        _earthquakes(rows)
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    build(settings)
    return settings


@pytest.fixture
def rows(settings: Settings) -> Any:
    with psycopg.connect(settings.database_url) as conn:
        yield Rows(conn)
        conn.rollback()


def _coverage(rows: Rows) -> None:
    place = {"longitude": 105.5, "latitude": 35.5, "station_name": "模拟", "station_type": "PP"}
    rows.land("station", WATER, station_code="FULL", modified_at=None, **place)
    rows.land("station", WATER, station_code="LATE", modified_at=at(23, 30), **place)  # 6 slots on the first day
    rows.land("station", WATER, station_code="STOPPED", modified_at=None, is_in_use=False, **place)
    for slot in range(24):  # FULL: all 24 but two; one slot three times, also by another variable
        if slot not in (3, 4):
            rows.observation(WATER, "FULL", "rain_mm", at(22, 5 * slot + 4.99), 0.0)
    rows.observation(WATER, "FULL", "rain_mm", at(22, 1), 0.0)
    rows.observation(WATER, "FULL", "water_level_m", at(22, 2), 0.0)
    rows.observation(WATER, "FULL", "rain_mm", at(21, 55), 0.0)  # before the feed was active
    rows.observation(WATER, "LATE", "rain_mm", at(23, 10), 0.0)  # before it was known
    for slot in range(3):
        rows.observation(WATER, "LATE", "rain_mm", at(23, 30 + 5 * slot), 0.0)
    rows.observation(WATER, "STOPPED", "rain_mm", at(23), 0.0)
    rows.observation(WATER, "UNKNOWN", "rain_mm", at(23), 0.0)
    for minute in range(0, 120, 2):  # every other minute polled, one of them twice; failures do not count
        rows.batch(CAP, at=at(22, minute + 0.5), state="NOT_MODIFIED" if minute % 4 else "LANDED")
    rows.batch(CAP, at=at(22, 0.9))
    rows.batch(CAP, at=at(22, 1.5), kind="replay")
    rows.batch(CAP, at=at(22, 3.5), state="HELD")


def _points(rows: Rows) -> None:
    mine = {"mine_code": "620823009203", "mine_name": "模拟煤矿", "issued_at": at(23)}
    for defined_at, upper in ((at(22, 30), 10.0), (at(23, 15), 20.0)):  # known since 22:30: 9 slots on the first day
        definition = {"defined_at": defined_at, "alarm_upper": upper, "range_low": 0.0, "unit": "Pa"}
        rows.land(
            "equipment_point", EQUIPMENT, point_code="FAN", type_code="0012", location="模拟", **definition, **mine
        )
    rows.observation(EQUIPMENT, "FAN", "fan_pressure_pa", at(22, 31), 5.0)
    rows.land("water_point", "coal_mine_water", point_code="HOLE", point_kind="observation_hole", **mine)
    abroad = {"longitude": -77.0, "latitude": 38.9, "station_name": "模拟", "station_type": "ZZ"}
    rows.land("station", ABROAD, station_code="FAR", modified_at=None, **abroad)
    rows.land("station", "met_station", station_code="MAST", modified_at=None, **abroad)


def _timeliness(rows: Rows) -> None:
    published = rows.batch(WATER, at=at(23))
    unpublished = rows.batch(WATER, at=at(23))
    rows.conn.execute("insert into ops.build (build_id, state, selection) values ('b', 'SUCCEEDED', '')")
    rows.insert("ops.publication", {"batch_id": published, "build_id": "b", "published_at": at(23, 40)})
    # issued 0..9 min after the event, fetched 10 min, landed 12 min after it; published at 23:40
    for index in range(10):
        event = at(23, index)
        clocks = {"issued_at": event + timedelta(minutes=index), "fetched_at": event + timedelta(minutes=10)}
        clocks["landed_at"] = event + timedelta(minutes=12)
        rows.observation(WATER, "CLOCK", "discharge_m3_s", event, 1.0, batch_id=published, **clocks)
    skewed = {"issued_at": at(23, 29), "fetched_at": at(23, 35), "landed_at": at(23, 36)}
    rows.observation(WATER, "CLOCK", "discharge_m3_s", at(23, 30), 1.0, batch_id=published, **skewed)
    rows.observation(WATER, "CLOCK", "discharge_m3_s", at(23, 50), 1.0, batch_id=unpublished)
    rows.observation(WATER, "CLOCK", "discharge_m3_s", at(20), 1.0, batch_id=published)
    rows.warning("W", at(23, 10), event_at=at(26), batch=published)
    rows.conn.execute("update landing.warning set fetched_at = %s, landed_at = %s", (at(23, 11), at(23, 12)))


def _register(rows: Rows) -> None:
    rows.region("620823", "county", None, (105, 35, 106, 36))
    common = {"source_crs": "EPSG:4326", "is_key_enterprise": False, "enterprise_name": "模拟", "industry": "commerce"}
    for days, level, place in ((9, "blue", (105.5, 35.5)), (2, "red", (120.0, 35.5))):
        position = {"longitude": place[0], "latitude": place[1], "updated_at": rows.ago(days=days)}
        rows.land("enterprise", REGISTER, credit_code="MOVED", static_level=level, **position, **common)
    inside = {"longitude": 105.5, "latitude": 35.5, "updated_at": rows.now}
    rows.land("enterprise", REGISTER, credit_code="LATECOMER", static_level="blue", **inside, **common)
    rows.land("enterprise", REGISTER, credit_code="BLANK", static_level="blue", updated_at=rows.now, **common)


def _earthquakes(rows: Rows) -> None:
    def revision(event_id: str, minute: float, ids: list[str], status: str = "automatic", magnitude: float = 4) -> None:
        clocks = {"updated_at": at(23, minute), "event_at": at(23), "fetched_at": at(23, minute)}
        values = {"longitude": 100.0, "latitude": 35.0, "magnitude": magnitude, "event_type": "earthquake"}
        rows.land("earthquake", QUAKES, event_id=event_id, ids=ids, status=status, **clocks, **values)

    revision("us1", 1, ["us1"], magnitude=4.0)
    revision("us1", 3, ["us1", "ci1"], magnitude=4.2)
    revision("ci1", 5, ["ci1", "us1"], "reviewed", magnitude=4.4)  # the preferred id has changed
    revision("us1", 6, ["us1"], "deleted")  # withdrawn by one network only
    revision("gone", 1, ["gone"])
    revision("gone", 2, ["gone"], "deleted")
    revision("alone", 1, ["alone"])


def coverage(rows: Rows, feed_id: str, day: Any = DAY) -> tuple[Any, ...]:
    row = rows.one("select * from metrics.metric_coverage_daily where feed_id = %s and day = %s", feed_id, day)
    return tuple(row[name] for name in ("expected_slots", "received_slots", "pending_slots", "coverage", "state"))


def test_coverage_of_stations_counted_by_hand(rows: Rows) -> None:
    assert coverage(rows, WATER) == (24 + 6, 22 + 3, 0, 25 / 30, "MISSED")
    assert coverage(rows, WATER, DAY + timedelta(days=1)) == (2 * 288, 0, 0, 0.0, "MISSED")


def test_coverage_of_polls_counted_by_hand(rows: Rows) -> None:
    assert coverage(rows, CAP) == (120, 60, 0, 0.5, "MISSED")


def test_a_register_without_entities_is_no_evidence(rows: Rows) -> None:
    assert coverage(rows, MINES, DAY + timedelta(days=1)) == (0, 0, 0, None, "NO_EVIDENCE")


def test_a_daily_poll_is_judged_by_whole_local_days(rows: Rows) -> None:
    assert coverage(rows, REGISTER) == (0, 0, 0, None, "NO_EVIDENCE")  # half a day is no slot
    assert coverage(rows, REGISTER, DAY + timedelta(days=1)) == (1, 0, 0, 0.0, "MISSED")
    today = rows.one("select (now() at time zone 'Asia/Shanghai')::date as today")["today"]
    assert coverage(rows, REGISTER, today) == (0, 0, 1, None, "PENDING")


def test_other_registers_owe_slots_too(rows: Rows) -> None:
    assert coverage(rows, EQUIPMENT) == (9, 1, 0, 1 / 9, "MISSED")


def test_points_of_every_register(rows: Rows) -> None:
    found = rows.all(
        """select register, point_code, thresholds, is_current, owner_code, region_code from marts.dim_monitoring_point
             where owner_code is not null order by point_code, valid_from"""
    )
    mine = ("620823009203", "620823")
    assert [tuple(row.values()) for row in found] == [
        ("equipment_point", "FAN", {"alarm_upper": 10.0, "range_low": 0.0}, False, *mine),
        ("equipment_point", "FAN", {"alarm_upper": 20.0, "range_low": 0.0}, True, *mine),
        ("water_point", "HOLE", {}, True, *mine),
    ]


def test_a_station_abroad_is_in_no_region_and_breaks_none(rows: Rows) -> None:
    found = rows.one("select region_code from marts.dim_monitoring_point where feed_id = %s", ABROAD)
    assert found == {"region_code": None}
    unplaced = rows.one("select region_name, n_objects from marts.one_map_region where region_code = 'unknown'")
    assert unplaced["region_name"] is None
    assert unplaced["n_objects"] >= 1


def test_only_stations_of_water_are_water_stations(rows: Rows) -> None:
    assert len(rows.all("select from marts.dim_monitoring_point where point_code in ('FAR', 'MAST')")) == 2
    found = rows.all("select object_id from marts.one_map_object where object_id ~ ':(FAR|MAST)$'")
    assert found == [{"object_id": f"station:{ABROAD}:FAR"}]


def test_young_slots_are_pending(rows: Rows) -> None:
    # 1200 s of promise are four slots; with the one in progress, five per station
    found = rows.one(
        "select sum(pending_slots) as pending from metrics.metric_coverage_daily where feed_id = %s",
        WATER,
    )
    assert found["pending"] == 2 * 5


def test_the_grid_has_every_feed_and_day(rows: Rows) -> None:
    found = rows.all("select feed_id, count(*) as n from metrics.metric_coverage_daily group by feed_id")
    days = (datetime.now(SHANGHAI).date() - DAY).days + 1
    assert {row["feed_id"]: row["n"] for row in found} == dict.fromkeys(registry.load_all(), days)


def timeliness(rows: Rows, feed_id: str, leg: str, hour: datetime) -> dict[str, Any]:
    return rows.one(
        "select * from metrics.metric_timeliness_hourly where feed_id = %s and leg = %s and hour_at = %s",
        feed_id,
        leg,
        hour.astimezone(UTC),
    )


def test_percentiles_of_a_leg(rows: Rows) -> None:
    # 60 s times 0..9, and one record that claims to have been sent a minute before it was observed
    found = timeliness(rows, WATER, "event_to_issued", at(23))
    assert (found["n"], found["n_negative"], found["n_backfill"]) == (10, 1, 0)
    figures = [found[name] for name in ("p50_s", "p90_s", "p95_s", "p99_s", "max_s")]
    assert figures == pytest.approx([270, 486, 513, 534.6, 540])
    assert (found["promise_s"], found["n_within_promise"]) == (None, None)


def test_the_whole_way_is_measured_against_the_promise(rows: Rows) -> None:
    # published at 23:40; events at 23:20 or later would be in time: only the one of 23:30 is
    found = timeliness(rows, WATER, "issued_to_published", at(23))
    assert (found["promise_s"], found["n_within_promise"]) == (1200, 1)
    assert found["n"] == 11
    assert found["max_s"] == pytest.approx(40 * 60)


def test_unpublished_records_are_pending_not_good(rows: Rows) -> None:
    found = timeliness(rows, WATER, "landed_to_published", at(23))
    others = rows.one(
        """select count(*) as n from landing.observation where feed_id = %s and event_at >= %s and event_at < %s
             and not exists (select from ops.publication as p where p.batch_id = observation.batch_id)""",
        WATER,
        at(23),
        at(24),
    )
    assert found["n_pending"] == others["n"] > 0


def test_back_fill_is_counted_apart(rows: Rows) -> None:
    found = timeliness(rows, WATER, "fetched_to_landed", at(20))
    assert (found["n"], found["n_backfill"], found["p50_s"]) == (0, 1, None)


def test_a_live_mart_is_published_when_it_lands(rows: Rows) -> None:
    found = timeliness(rows, CAP, "issued_to_published", at(23))
    assert (found["n"], found["max_s"], found["n_within_promise"]) == (1, pytest.approx(120), 1)
    ahead = timeliness(rows, CAP, "event_to_issued", at(23))
    assert (ahead["n"], ahead["n_negative"]) == (0, 1)


def test_hours_without_records_are_there_and_empty(rows: Rows) -> None:
    found = timeliness(rows, CAP, "issued_to_published", at(22))
    assert (found["n"], found["p50_s"]) == (0, None)


def test_the_main_table_of_every_feed_counts(rows: Rows) -> None:
    """Whatever table a contract promises the latency of: its records have clocks here without anybody naming it."""
    contracts = registry.load_all()
    for contract in contracts.values():
        _any_record(rows, contract)
    found = rows.all(
        """select feed_id, count(*) as n, count(counted_at) as n_counted from intermediate.int_feed__record
             where batch_id = -1 group by feed_id"""
    )
    assert {row["feed_id"]: (row["n"], row["n_counted"]) for row in found} == dict.fromkeys(contracts, (1, 1))


def _any_record(rows: Rows, contract: Contract) -> None:
    """A record of the main table with nothing but its key, and those clocks without which the gate lets none pass."""
    table = contract.main_table
    values = {"text": "模拟", "integer": 1, "timestamptz": at(23)}
    needed = {c.name: values[c.physical_type] for c in table.columns if c.name in table.key}
    needed |= {c.name: at(23) for c in table.columns if c.required and c.physical_type == "timestamptz"}
    rows.land(table.name, contract.id, **needed, batch_id=-1)


def test_versions_of_an_enterprise(rows: Rows) -> None:
    found = rows.all(
        """select static_level, region_code, region_source, is_current, valid_to > '9999-01-01' as is_open
             from marts.dim_enterprise where credit_code = 'MOVED' order by valid_from"""
    )
    assert [tuple(row.values()) for row in found] == [
        ("blue", "620823", "geometry", False, False),
        ("red", None, "none", True, True),
    ]
    blank = rows.one("select geometry, region_source from marts.dim_enterprise where credit_code = 'BLANK'")
    assert blank == {"geometry": None, "region_source": "none"}


def test_a_warning_meets_the_enterprise_where_it_stood_then(rows: Rows) -> None:
    late, found = rows.all("select * from marts.fct_warning_enterprise order by credit_code")
    assert late["credit_code"] == "LATECOMER"  # known only since today: placed by its first entry
    assert (found["credit_code"], found["receipt_state"], found["delivered_at"]) == ("MOVED", "NO_EVIDENCE", None)
    assert found["issued_lead_hours"] == pytest.approx((26 * 60 - (23 * 60 + 10)) / 60)
    assert found["lead_hours"] == pytest.approx((26 * 60 - (23 * 60 + 12)) / 60)


def test_an_earthquake_keeps_its_key_when_its_id_changes(rows: Rows) -> None:
    found = rows.all("select * from marts.fct_earthquake order by event_key")
    assert [(r["event_key"], r["event_id"], r["is_deleted"], r["revision_count"]) for r in found] == [
        ("alone", "alone", False, 1),
        ("gone", "gone", True, 2),
        ("us1", "ci1", False, 4),
    ]
    assert found[2]["magnitude"] == 4.4
    assert found[2]["first_known_at"] == at(23, 1)


def test_grants_and_comments(rows: Rows) -> None:
    allowed = "select has_table_privilege(%s, %s, 'select') as may"
    for role, table, may in (
        ("riskmap_reader", "marts.one_map_object", True),
        ("riskmap_reader", "metrics.metric_coverage_daily", True),
        ("riskmap_map", "marts.one_map_object", True),
        ("riskmap_map", "marts.fct_warning_current", True),
        ("riskmap_map", "marts.dim_enterprise", False),
    ):
        assert rows.one(allowed, role, table)["may"] is may, (role, table)
    undocumented = rows.all(
        """select attrelid::regclass as relation, attname from pg_attribute
             inner join pg_class on pg_class.oid = attrelid
             where relnamespace in ('marts'::regnamespace, 'metrics'::regnamespace) and relkind in ('r', 'v')
               and attnum > 0 and not attisdropped and col_description(attrelid, attnum) not like '%% / %%'"""
    )
    assert undocumented == []


def test_geometry_columns_are_typed_and_indexed(rows: Rows) -> None:
    found = rows.all("select f_table_name, srid from public.geometry_columns where f_table_schema = 'marts'")
    assert len(found) >= 7
    assert {row["srid"] for row in found} == {4326}
    indexed = rows.all("select tablename from pg_indexes where schemaname = 'marts' and indexdef like '%%USING gist%%'")
    tables = {"dim_region", "dim_enterprise", "dim_monitoring_point", "fct_earthquake"}
    assert {row["tablename"] for row in indexed} >= tables


def test_a_small_build_gives_the_same_figures_as_a_full_one(settings: Settings, tmp_path: Path) -> None:
    """New batches touch an old day; what a small build then holds must be what a full one finds."""
    figures = {
        "coverage": "select feed_id, day, expected_slots, received_slots from metrics.metric_coverage_daily "
        "where day < (now() at time zone 'Asia/Shanghai')::date order by 1, 2",
        "timeliness": "select feed_id, hour_at, leg, n, n_pending, n_backfill, p90_s, n_within_promise "
        "from metrics.metric_timeliness_hourly where hour_at < now() - interval '1 hour' order by 1, 2, 3",
        "observations": "select * from marts.fct_observation order by feed_id, point_code, variable, event_at",
        "pairs": "select feed_id, warning_key, credit_code from marts.fct_warning_enterprise order by 1, 2, 3",
    }
    with psycopg.connect(settings.database_url) as conn:
        rows = Rows(conn)
        batch = rows.batch(WATER)
        rows.observation(WATER, "FULL", "rain_mm", at(22, 16), 7.0, batch_id=batch)
        rows.conn.execute(
            "update landing.observation set value = 8, batch_id = %s where station_code = 'LATE' and event_at = %s",
            (batch, at(23, 30)),
        )
        rows.warning("LATER", at(23, 20), batch=batch)
    build(settings, "source:landing.observation+", "source:landing.warning+", "path:models/metrics", batch_ids=[batch])
    with psycopg.connect(settings.database_url) as conn:
        small = {name: Rows(conn).all(query) for name, query in figures.items()}
    build(settings)
    with psycopg.connect(settings.database_url) as conn:
        rows = Rows(conn)
        assert {name: rows.all(query) for name, query in figures.items()} == small
        assert coverage(rows, WATER)[:2] == (30, 26)
        assert len(small["pairs"]) == 4
