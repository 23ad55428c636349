"""What is watched and how far, over three days that are over and one that runs: counted by hand, and the same whether
it was built at once or day by day.

The rules one by one are unit tests of the dbt project; here registers, slots, polls and places meet as records land.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import dbt_compare
import psycopg
import pytest
from dbt_rows import CAP, REGISTER, SHANGHAI, WATER, Rows, settings_for

from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

TANKS = "hazchem_tank"
PLANT, POND, MILL, LATE = "91620823MN0000001A", "91620823MN0000002B", "91620823MN0000003C", "91620823MN0000004D"
FIRST = datetime(2026, 3, 29, tzinfo=SHANGHAI)  # over the end of a month; summer time begins elsewhere
NOON = FIRST + timedelta(days=3, hours=12)
SLOT_H = 6
LONGITUDE, LATITUDE = 105.5, 35.5
FIGURES = ("metric_monitoring_daily", "metric_spatial_coverage_daily", "metric_layer_coverage_daily")
MARTS = (*FIGURES, "monitoring_gap")


def on(day: int, hour: float = 0) -> datetime:
    return FIRST + timedelta(days=day, hours=hour)


def north(km: float) -> float:
    return LATITUDE + km / 111.2


def build(settings: Settings, command: Sequence[str], at: datetime, batch_ids: Sequence[int] | None = None) -> None:
    variables: dict[str, Any] = {"as_of": at.isoformat()}
    if batch_ids is not None:
        variables["batch_ids"] = list(batch_ids)
    result = dbt_runner.invoke([*command, "--vars", json.dumps(variables)], settings=settings)
    bad = [f"{n['name']}: {n['message']}" for n in result.nodes if n["status"] != "success"]
    assert result.success, bad


def slots(rows: Rows, point: str, day: int, numbers: Sequence[float], batch_id: int = 0) -> None:
    feed_id, variable = (WATER, "rain_mm") if point.startswith("R") else (TANKS, "tank_level_m")
    for number in numbers:
        rows.observation(feed_id, point, variable, on(day, SLOT_H * number + 1), 1.0, batch_id=batch_id)


def poll(rows: Rows, feed_id: str, at: datetime, n_new: int = 0) -> None:
    batch_id = rows.batch(feed_id, at=at)
    rows.conn.execute(
        "update ops.batch set committed_at = %s, inserted = %s, records = %s where batch_id = %s",
        (at, n_new, n_new, batch_id),
    )


def _enterprises(rows: Rows) -> None:
    place = {"longitude": LONGITUDE, "latitude": LATITUDE, "source_crs": "EPSG:4326", "region_code": "620823"}
    for code, industry, status, updated_at in (
        (PLANT, "hazchem", "active", on(-400)),
        (POND, "tailings", "active", on(-400)),
        (POND, "tailings", "closed", on(1, 12)),
        (MILL, "manufacturing", "active", on(0, 20)),
    ):
        names = {"credit_code": code, "enterprise_name": f"模拟{industry}", "industry": industry, "status": status}
        clocks = {"updated_at": updated_at, "fetched_at": updated_at}
        rows.land("enterprise", REGISTER, **names, **place, **clocks, static_level="red", is_key_enterprise=True)


def _points(rows: Rows) -> None:
    place = {"longitude": LONGITUDE, "latitude": LATITUDE, "fetched_at": on(-1)}
    tank = {"station_type": "tank", "extra": {"ownerCode": PLANT, "hazardCode": "H1"}}
    for code in ("T1", "T2"):
        rows.land("station", TANKS, station_code=code, station_name="模拟储罐", **tank, **place)
    for code in ("R1", "R2"):  # two gauges side by side cover once
        rows.land("station", WATER, station_code=code, station_name="模拟雨量站", station_type="PP", **place)
    camera = {"camera_code": "C", "camera_name": "模拟", "enterprise_code": PLANT, "installed_at": on(-100)}
    rows.land("camera", "camera", **camera, is_online=True, updated_at=on(0), fetched_at=on(0, 1))
    for number, km in ((1, 4.9), (2, 5.1)):
        names = {"village_code": f"62082390100{number}", "village_name": f"模拟{number}村", "town_name": "模拟镇"}
        spot = {"longitude": LONGITUDE, "latitude": north(km), "region_code": "620823901"}
        rows.land("village", "village", **names, **spot, year=2026, population=100 * number)


def _days(rows: Rows) -> None:
    """Day 0: all is well. Day 1: one tank of two and all rain is silent. Day 2: nobody hears the tanks."""
    for point in ("T1", "T2"):
        slots(rows, point, 0, range(4))
    slots(rows, "T1", 1, range(4))
    slots(rows, "T1", 1, [0.1, 0.2])  # told again: no more slots than before
    for point in ("R1", "R2"):
        slots(rows, point, 0, [0, 1])  # half of them: partial_high, which is live
    slots(rows, "R1", 1, [0])  # a quarter: not live
    for feed_id in (TANKS, WATER):
        for day in (0, 1):
            poll(rows, feed_id, on(day, 8), n_new=1)
    poll(rows, WATER, on(2, 8))
    poll(rows, CAP, on(0, 23.99))
    poll(rows, "camera", on(0, 1), n_new=1)


@pytest.fixture(scope="module")
def settings(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        # the cases are about these promises, whatever the contracts promise today
        conn.execute("update ops.feed set activated_at = %s, active_from = %s", (FIRST, FIRST))
        conn.execute(
            """update ops.feed set latency_s = 3600, expected = expected || '{"every_s": 21600}'
                 where feed_id = any(%s)""",
            ([TANKS, WATER],),
        )
        conn.execute("update ops.feed set frequency_s = 60, latency_s = 300 where feed_id = %s", (CAP,))
        conn.execute("update ops.feed set frequency_s = 86400, latency_s = 86400 where feed_id = 'camera'")
        rows.promise_since_ever()
        rows.region("620823", "county", None, (105.3, 35.3, 105.7, 35.7))
        _enterprises(rows)
        _points(rows)
        _days(rows)
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    whole = ["build", "--exclude-resource-types", "test", "unit_test", "--select", *(f"+{mart}" for mart in MARTS)]
    build(settings, whole, NOON)
    return settings


@pytest.fixture
def rows(settings: Settings) -> Iterator[Rows]:
    with psycopg.connect(settings.database_url) as conn:
        yield Rows(conn)
        conn.rollback()


def monitored(rows: Rows, day: int, industry: str, category: str = "all") -> dict[str, Any]:
    found = rows.all(
        """select n_required, n_live, n_partial, n_without_point, n_unknown, n_without_requirement, live_pct, state
             from metrics.metric_monitoring_daily
             where day = %s and region_code = '620823' and industry = %s and category = %s""",
        on(day).date(),
        industry,
        category,
    )
    return {name: value for row in found for name, value in row.items() if value}


def reach(rows: Rows, day: int, kind: str = "rain") -> dict[str, Any]:
    return rows.one(
        "select * from metrics.metric_spatial_coverage_daily where day = %s and region_code = '620823' and kind = %s",
        on(day).date(),
        kind,
    )


def layer(rows: Rows, day: int, name: str) -> str:
    query = "select state from metrics.metric_layer_coverage_daily where day = %s and region_code = '620823'"
    return str(rows.one(query + " and layer = %s", on(day).date(), name)["state"])


class TestMonitoring:
    def test_a_day_on_which_all_that_is_asked_was_live(self, rows: Rows) -> None:
        assert monitored(rows, 0, "hazchem") == {"n_required": 1, "n_live": 1, "live_pct": 100, "state": "MET"}

    def test_one_silent_tank_of_two_is_too_few(self, rows: Rows) -> None:
        missed = {"n_required": 1, "n_partial": 1, "state": "MISSED"}
        assert monitored(rows, 1, "hazchem", "hazard_source") == missed
        assert monitored(rows, 1, "hazchem") == missed
        assert monitored(rows, 1, "hazchem", "video")["state"] == "MET"  # the list of the day before still counts

    def test_where_nobody_heard_the_source_nobody_knows(self, rows: Rows) -> None:
        assert monitored(rows, 2, "hazchem") == {"n_required": 1, "n_unknown": 1, "state": "NO_EVIDENCE"}

    def test_what_is_asked_follows_the_register_of_the_day(self, rows: Rows) -> None:
        assert monitored(rows, 0, "tailings", "dry_beach")["n_without_point"] == 1
        assert monitored(rows, 1, "tailings", "dry_beach") == {}  # closed at noon
        none = {"n_without_requirement": 1, "state": "NO_EVIDENCE"}
        assert [monitored(rows, day, "manufacturing") for day in (0, 1)] == [none, none]

    def test_the_gaps_of_now_by_name(self, rows: Rows) -> None:
        rows.observation(TANKS, "T1", "tank_level_m", NOON - timedelta(minutes=5), 1.0)
        gaps = rows.all(
            "select credit_code, category, missing, n_points, missing_since, departments from marts.monitoring_gap"
        )
        found = {(gap["credit_code"], gap["category"]): gap for gap in gaps}
        assert set(found) == {(PLANT, "hazard_source")}
        gap = found[PLANT, "hazard_source"]
        # hours are built, not read live: the newest sign is the one of the last build
        assert (gap["missing"], gap["n_points"], gap["missing_since"]) == ("no_evidence", 2, on(2))
        assert gap["departments"] == "应急"


class TestReach:
    def test_two_gauges_side_by_side_cover_one_circle(self, rows: Rows) -> None:
        found = reach(rows, 0)
        assert (found["n_points"], found["n_live_points"]) == (2, 2)
        assert found["area_km2"] == pytest.approx(1611, rel=0.005)  # 0.4 by 0.4 degrees at 35.5 north
        assert found["covered_area_km2"] == pytest.approx(math.pi * 25, rel=0.005)

    def test_villages_and_people_within_five_kilometres(self, rows: Rows) -> None:
        found = reach(rows, 0)
        assert (found["n_villages"], found["n_villages_covered"], found["villages_covered_pct"]) == (2, 1, 50)
        assert (found["population"], found["population_covered"]) == (300, 100)
        assert (found["n_enterprises"], found["n_enterprises_covered"]) == (3, 3)

    def test_a_gauge_that_is_silent_covers_nothing(self, rows: Rows) -> None:
        found = reach(rows, 1)
        assert (found["n_live_points"], found["covered_area_km2"], found["n_villages_covered"]) == (0, 0, 0)
        assert found["n_enterprises"] == 2

    def test_a_kind_without_points_covers_nothing_of_all(self, rows: Rows) -> None:
        found = reach(rows, 0, "displacement")
        assert (found["n_points"], found["covered_area_pct"], found["villages_covered_pct"]) == (0, 0, 0)


def test_layers_are_fresh_by_polls_and_by_points(rows: Rows) -> None:
    assert [layer(rows, day, "rain") for day in (0, 1)] == ["MET", "MISSED"]
    assert [layer(rows, day, "hazchem") for day in (0, 1)] == ["MET", "MET"]
    assert [layer(rows, day, "weather_warning") for day in (0, 1)] == ["MET", "MISSED"]
    assert layer(rows, 0, "tailings") == "MISSED"  # there is a pond, and nothing watches it
    assert layer(rows, 0, "mine_safety") == "NO_EVIDENCE"  # there is no mine


def test_day_by_day_it_comes_to_the_same(settings: Settings) -> None:
    """What is late, an enterprise that is new and a camera that fails: a small build and a whole one."""
    with psycopg.connect(settings.database_url) as conn:
        rows = Rows(conn)
        late, known, listed = (rows.batch(feed_id, at=NOON) for feed_id in (TANKS, REGISTER, "camera"))
        slots(rows, "T2", 1, range(4), late)  # the tank was not silent, only late
        slots(rows, "R1", 1, range(1, 4), late)
        names = {"credit_code": LATE, "enterprise_name": "模拟新厂", "industry": "hazchem", "status": "active"}
        place = {"longitude": LONGITUDE, "latitude": north(9), "source_crs": "EPSG:4326", "region_code": "620823"}
        kind = {"static_level": "red", "is_key_enterprise": True, "batch_id": known}
        rows.land("enterprise", REGISTER, **names, **place, **kind, updated_at=on(2, 9), fetched_at=NOON)
        poll(rows, "camera", NOON, n_new=1)  # the list of today: the camera was online before
        conn.execute(
            "update landing.camera set is_online = false, updated_at = %s, fetched_at = %s, batch_id = %s",
            (on(3, 1), NOON, listed),
        )
    tables = ["run", "--exclude", "config.materialized:live_view", "--select", *(f"+{name}" for name in FIGURES)]
    build(settings, tables, NOON + timedelta(hours=1), [late, known, listed])
    with psycopg.connect(settings.database_url) as conn:
        small = dbt_compare.tables(conn, FIGURES)
        rows = Rows(conn)
        assert monitored(rows, 1, "hazchem") == {
            **{"n_required": 1, "n_live": 1, "n_without_requirement": 1},
            **{"live_pct": 100, "state": "MET"},
        }
        assert reach(rows, 1)["n_villages_covered"] == 1
        assert [monitored(rows, day, "hazchem", "video")["state"] for day in (0, 1, 3)] == ["MET", "MET", "MISSED"]
    build(settings, tables, NOON + timedelta(hours=1))
    with psycopg.connect(settings.database_url) as conn:
        assert dbt_compare.differences(dbt_compare.tables(conn, FIGURES), small) == ""
