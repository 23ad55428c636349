"""Delays, promises and budgets of errors over the end of a month: what came late, twice, wrongly timed or not at all.

One warehouse goes through two builds, before and after a batch of late, revised and moved records; a third one, of
everything, must say what the second says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from statistics import quantiles
from typing import Any

import psycopg
import pytest
from dbt_rows import CAP, QUAKES, SHANGHAI, WATER, Rows, settings_for
from psycopg.types.json import Jsonb

from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

LEDGER = "hidden_danger_ledger"
TWICE = "hydro_rtu"
MONTH_END = date(2026, 8, 31)
MIDNIGHT = datetime(2026, 9, 1, tzinfo=SHANGHAI)
TABLES = ("metric_timeliness_hourly", "metric_timeliness_daily", "metric_sla_hourly")
MODELS = (*TABLES, "metric_sla_daily", "metric_error_budget", "metric_freshness")
Found = dict[str, list[tuple[Any, ...]]]


def at(hour: float, second: float = 0) -> datetime:
    """Hours from the midnight at which the month ends; negative ones lie in the old month."""
    return MIDNIGHT + timedelta(hours=hour, seconds=second)


FIRST, SECOND = at(4, 120), at(4.5)


@pytest.fixture(scope="module")
def builds(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    """What the tables hold after the first build, a partial one of the second batch, and one of everything."""
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    contracts = registry.load_all()
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, [contracts[feed_id] for feed_id in (WATER, CAP, LEDGER, QUAKES, TWICE)])
    found = {}
    with psycopg.connect(module_warehouse_url, autocommit=True) as conn:
        rows = Rows(conn)
        _promises(rows)
        _first_batches(rows)
        _run(settings, FIRST, None, *(f"+{model}" for model in MODELS))
        found["first"] = _said(rows)
        _run(settings, SECOND, _second_batch(rows), "metric_availability_hourly", *MODELS)
        found["partial"] = _said(rows)
        _run(settings, SECOND, None, "metric_availability_hourly", *MODELS)
        found["whole"] = _said(rows)
    return found


@pytest.fixture
def rows(builds: dict[str, Found], module_warehouse_url: str) -> Iterator[Rows]:
    with psycopg.connect(module_warehouse_url) as conn:
        yield Rows(conn)


def _run(settings: Settings, as_of: datetime, batches: list[int] | None, *select: str) -> None:
    """Build, and test what a partial build gives."""
    variables = json.dumps({"as_of": as_of.isoformat(), "batch_ids": batches})
    untested = ("unit_test",) if batches else ("unit_test", "test")
    args = ["build", "--select", *select, "--exclude-resource-types", *untested, "--indirect-selection", "cautious"]
    result = dbt_runner.invoke([*args, "--vars", variables], settings=settings)
    assert result.success, [node for node in result.nodes if node["status"] in ("error", "fail")]


def _said(rows: Rows) -> Found:
    return {
        name: rows.conn.execute(f"select * from metrics.{name} order by 1, 2, 3".encode()).fetchall() for name in TABLES
    }


def _promises(rows: Rows) -> None:
    """Feeds are switched on at 20:00, stations tell of two hours before. At 22:30 less delay is promised."""
    rows.conn.execute("update ops.feed set activated_at = %s, active_from = %s", (at(-4), at(-4)))
    rows.conn.execute("update ops.feed set active_from = %s where feed_id = %s", (at(-6), WATER))
    for feed_id, frequency, latency, expected in (
        (WATER, 300, 1200, {"kind": "entity_slots", "register": "station", "every_s": 1800, "target": 1.0}),
        (CAP, 600, 300, {"kind": "polls", "target": 0.5}),
        (LEDGER, 3600, 86400, {"kind": "polls"}),
        (TWICE, 43200, 600, {"kind": "polls", "transfer_times": ["00:00", "12:00"]}),
    ):
        rows.conn.execute(
            "update ops.feed set frequency_s = %s, latency_s = %s, expected = %s where feed_id = %s",
            (frequency, latency, Jsonb(expected), feed_id),
        )
    rows.promise_since_ever()
    _promise_again(rows, WATER, at(-1.5), at(-1.5), latency_s=300)


def _promise_again(rows: Rows, feed_id: str, until: datetime, since: datetime, **changed: Any) -> None:
    """What was promised ends, and something else is promised later."""
    rows.conn.execute("update ops.feed_version set valid_to = %s where feed_id = %s", (until, feed_id))
    version = Jsonb({"valid_from": since.isoformat(), "valid_to": "9999-12-31T00:00:00Z"} | changed)
    rows.conn.execute(
        """insert into ops.feed_version select (v).* from (
               select jsonb_populate_record(v, %s) as v from ops.feed_version as v where feed_id = %s) as changed""",
        (version, feed_id),
    )


def _batch(rows: Rows, feed_id: str, landed: datetime, published: datetime | None) -> int:
    batch = rows.batch(feed_id, at=landed)
    rows.conn.execute("update ops.batch set inserted = 1, records = 1 where batch_id = %s", (batch,))
    if published:
        rows.insert("ops.publication", {"batch_id": batch, "build_id": "b", "published_at": published})
    return batch


def _observed(rows: Rows, feed_id: str, event: datetime, published: datetime | None, **clocks: datetime) -> None:
    known = {"issued_at": event + timedelta(seconds=60), "fetched_at": event + timedelta(seconds=120)} | clocks
    known["landed_at"] = known["fetched_at"] + timedelta(seconds=10)
    batch = _batch(rows, feed_id, known["landed_at"], published)
    rows.observation(feed_id, "S", "rain_mm", event, 0.0, batch_id=batch, **known)


def _first_batches(rows: Rows) -> None:
    rows.conn.execute("insert into ops.build (build_id, state, selection) values ('b', 'SUCCEEDED', '')")
    place = {"longitude": 105.5, "latitude": 35.5, "station_name": "模拟", "station_type": "PP"}
    rows.land("station", WATER, station_code="S", fetched_at=at(-9), modified_at=None, **place)
    for half_hour in range(-12, 0):  # 18:00 to 23:30, each visible after 600 s
        _observed(rows, WATER, at(half_hour / 2), at(half_hour / 2, 600))
    # its clock is wrong twice: issued before it was observed, fetched before it was issued
    skewed = {"issued_at": at(0, -60), "fetched_at": at(0, -90)}
    _observed(rows, WATER, at(0), at(0, 200), **skewed)
    for half_hour in (4, 5, 7):  # nothing at 00:30, 01:00, 01:30; 03:00 is not visible yet
        _observed(rows, WATER, at(half_hour / 2), at(half_hour / 2, 200))
    _observed(rows, WATER, at(3), None)

    for event, fetched in ((-3.5, at(0, 300)), (-3, at(0, 1200))):
        _observed(rows, TWICE, at(event), fetched + timedelta(seconds=180), fetched_at=fetched)

    for minute in range(-240, 240, 10):  # the bureau's warnings, asked every ten minutes; half as often from 23:00
        if not -60 <= minute < 0 or minute % 20 == 0:
            rows.batch(CAP, at=at(0, 60 * minute), state="NOT_MODIFIED")
    rows.warning("LATE", at(2, 600), batch=rows.batch(CAP, at=at(2.5)))
    rows.conn.execute("update landing.warning set fetched_at = %(at)s, landed_at = %(at)s", {"at": at(2.5)})

    _quake(rows, "us1", at(-3))
    batch = _batch(rows, LEDGER, at(-2), at(-2, 60))
    for code, found_at in (("LIVE", at(-2.75)), ("OLD", at(-38))):
        rows.land("hidden_danger", LEDGER, danger_code=code, found_at=found_at, fetched_at=at(-2), batch_id=batch)


def _quake(rows: Rows, event_id: str, updated: datetime) -> int:
    fetched = updated + timedelta(seconds=60)
    batch = _batch(rows, QUAKES, fetched, fetched)
    values = {"ids": [event_id], "status": "automatic", "magnitude": 4, "event_type": "earthquake"}
    clocks = {"event_at": updated, "updated_at": updated, "fetched_at": fetched, "batch_id": batch}
    rows.land("earthquake", QUAKES, event_id=event_id, longitude=100.0, latitude=35.0, **values, **clocks)
    return batch


def _second_batch(rows: Rows) -> list[int]:
    """03:00 becomes visible at last; 00:30 comes, 02:00 is revised, two dangers turn out to have been found later.

    And the feed of earthquakes was off for a while: what happened meanwhile is back-fill, what came before is not.
    """
    rows.conn.execute("update ops.feed set activated_at = %s where feed_id = %s", (at(4.3), QUAKES))
    _promise_again(rows, QUAKES, at(4.1), at(4.3), activated_at=at(4.3).isoformat())
    quakes = [_quake(rows, "us2", at(4.3, -30)), _quake(rows, "us3", at(4.35))]
    batches = rows.conn.execute("select batch_id from landing.observation where event_at = %s", (at(3),)).fetchall()
    rows.insert("ops.publication", {"batch_id": batches[0][0], "build_id": "b", "published_at": at(4.25)})
    _observed(rows, WATER, at(0.5), at(4.25), fetched_at=at(4, 600))
    late = rows.one("select batch_id from landing.observation where event_at = %s", at(0.5))["batch_id"]
    rows.conn.execute(
        "update landing.observation set batch_id = %s, value = 1, fetched_at = %s, landed_at = %s where event_at = %s",
        (late, at(4, 600), at(4, 610), at(2)),
    )
    moved = _batch(rows, LEDGER, at(4, 600), at(4.25))
    for code, found_at in (("LIVE", at(2.25)), ("OLD", at(-3.5))):
        rows.conn.execute(
            """update landing.hidden_danger set batch_id = %s, found_at = %s, fetched_at = %s, landed_at = %s
                where danger_code = %s""",
            (moved, found_at, at(4, 600), at(4, 610), code),
        )
    return [late, moved, *quakes]


def test_what_is_built_in_parts_is_what_a_whole_build_says(builds: dict[str, Found]) -> None:
    for name in TABLES:
        assert builds["partial"][name] == builds["whole"][name], name
        assert builds["partial"][name] != builds["first"][name], name


def leg(rows: Rows, feed_id: str, name: str, hour: float) -> dict[str, Any]:
    query = "select * from metrics.metric_timeliness_hourly where feed_id = %s and leg = %s and hour_at = %s"
    return rows.one(query, feed_id, name, at(hour))


def test_a_promise_that_changes_within_an_hour_judges_each_record_by_its_own(rows: Rows) -> None:
    found = [leg(rows, WATER, "issued_to_published", hour) for hour in (-3, -2, -1)]
    assert [(row["n_promised"], row["n_within_promise"], row["promise_s"]) for row in found] == [
        (2, 2, 1200),
        (2, 1, 300),
        (2, 0, 300),
    ]


def test_skewed_clocks_are_counted_and_in_no_percentile(rows: Rows) -> None:
    ahead = leg(rows, WATER, "event_to_issued", 0)
    assert (ahead["n"], ahead["n_negative"], ahead["max_s"]) == (1, 1, 60)  # the other came with the second batch
    assert leg(rows, WATER, "issued_to_fetched", 0)["n_negative"] == 1
    assert leg(rows, WATER, "fetched_to_published", 0)["n"] == 2


def test_back_fill_is_in_no_figure_of_live_delays(rows: Rows) -> None:
    found = leg(rows, WATER, "fetched_to_landed", -6)
    assert (found["n"], found["n_backfill"], found["p50_s"], found["delays_s"]) == (0, 2, None, None)


def test_a_source_that_transfers_twice_a_day_is_late_only_after_its_transfer(rows: Rows) -> None:
    upstream = [leg(rows, TWICE, name, -4)["max_s"] for name in ("issued_to_fetched", "transfer_to_fetched")]
    assert upstream == [3.5 * 3600 + 240, 300]
    in_time = [leg(rows, TWICE, "issued_to_published", hour) for hour in (-4, -3)]
    assert [(row["n_promised"], row["n_within_promise"]) for row in in_time] == [(1, 1), (1, 0)]
    legs = "select feed_id from metrics.metric_timeliness_hourly where leg = 'transfer_to_fetched' group by 1"
    assert rows.all(legs) == [{"feed_id": TWICE}]


def test_days_are_of_shanghai_and_their_percentiles_are_over_records(rows: Rows) -> None:
    query = "select * from metrics.metric_timeliness_daily where feed_id = %s and leg = 'issued_to_published'"
    old, new = rows.all(f"{query} order by day", WATER)
    assert [old["day"], new["day"]] == [MONTH_END, MONTH_END + timedelta(days=1)]
    assert (old["n"], old["n_backfill"], old["n_within_promise"], old["p50_s"], old["max_s"]) == (8, 4, 5, 540, 540)
    delays = [260, 140, 140, 4.25 * 3600 - 3 * 3600 - 60, 3.75 * 3600 - 60, 2.25 * 3600 - 60]
    percentiles = quantiles(delays, n=100, method="inclusive")
    assert [new["p50_s"], new["p90_s"], new["p95_s"], new["p99_s"], new["max_s"]] == pytest.approx(
        [*(percentiles[i - 1] for i in (50, 90, 95, 99)), max(delays)]
    )
    assert (new["n"], new["n_within_promise"], new["within_promise_pct"]) == (6, 3, 50.0)


def test_a_record_whose_time_is_revised_leaves_its_old_hour(rows: Rows, builds: dict[str, Found]) -> None:
    query = """select hour_at, n, n_backfill from metrics.metric_timeliness_hourly
                where feed_id = %s and leg = 'fetched_to_landed' and n + n_backfill > 0 order by 1"""
    assert [tuple(row.values()) for row in rows.all(query, LEDGER)] == [(at(-4), 1, 0), (at(2), 1, 0)]
    assert at(-38) in {row[1] for row in builds["first"]["metric_timeliness_hourly"]}
    assert at(-38) not in {row[1] for row in builds["partial"]["metric_timeliness_hourly"]}


def test_a_feed_that_was_off_keeps_what_it_had_told(rows: Rows) -> None:
    query = """select hour_at, n, n_backfill, n_promised from metrics.metric_timeliness_hourly
                where feed_id = %s and leg = 'issued_to_published' and n + n_backfill > 0 order by 1"""
    assert [tuple(row.values()) for row in rows.all(query, QUAKES)] == [(at(-3), 1, 0, 1), (at(4), 1, 1, 1)]


def states(rows: Rows, feed_id: str, promise: str) -> dict[int, str]:
    query = "select hour_at, state from metrics.metric_sla_hourly where feed_id = %s and promise = %s"
    return {
        (row["hour_at"] - MIDNIGHT) // timedelta(hours=1): row["state"] for row in rows.all(query, feed_id, promise)
    }


def test_each_hour_is_judged_by_each_promise(rows: Rows) -> None:
    coverage = dict.fromkeys(range(-6, 4), "MET") | {1: "MISSED", 4: "PENDING"}
    assert states(rows, WATER, "coverage") == coverage
    late = dict.fromkeys((-2, -1, 0, 2, 3), "MISSED")
    unknown = dict.fromkeys((-6, -5, 1), "NO_EVIDENCE")
    assert states(rows, WATER, "timeliness") == {-4: "MET", -3: "MET", 4: "PENDING"} | late | unknown
    # at 18:00 and 19:00 all slots were filled, but by history: nobody knows how late that was
    assert states(rows, WATER, "all") == {-4: "MET", -3: "MET", 4: "PENDING", 1: "MISSED"} | late | dict.fromkeys(
        (-6, -5), "NO_EVIDENCE"
    )


def test_what_is_not_visible_is_pending_and_then_missed(rows: Rows, builds: dict[str, Found]) -> None:
    columns = [row["attname"] for row in rows.all(
        """select attname from pg_attribute where attrelid = 'metrics.metric_sla_hourly'::regclass and attnum > 0
            order by attnum"""
    )]  # fmt: skip
    before, after = (
        next(
            dict(zip(columns, row, strict=True))
            for row in builds[build]["metric_sla_hourly"]
            if row[:3] == (WATER, at(3), "timeliness")
        )
        for build in ("first", "partial")
    )
    assert (before["state"], before["n_owed"], before["n_pending"], before["n_unpublished"]) == ("PENDING", 1, 1, 1)
    assert (after["state"], after["n_owed"], after["n_kept"], after["n_unpublished"]) == ("MISSED", 2, 1, 0)


def test_a_source_that_answers_and_has_nothing_to_say_keeps_its_promise(rows: Rows) -> None:
    assert states(rows, CAP, "coverage") == dict.fromkeys(range(-4, 4), "MET") | {4: "PENDING"}
    assert states(rows, CAP, "timeliness") == dict.fromkeys(range(-4, 4), "NO_EVIDENCE") | {2: "MISSED", 4: "PENDING"}
    assert states(rows, CAP, "all") == dict.fromkeys(range(-4, 4), "MET") | {2: "MISSED", 4: "PENDING"}


def test_a_day_adds_its_hours_up(rows: Rows) -> None:
    query = "select * from metrics.metric_sla_daily where feed_id = %s and promise = 'all' order by day"
    old, new = rows.all(query, WATER)
    assert (old["day"], old["n_windows"], old["n_no_evidence"], old["n_windows_judged"]) == (MONTH_END, 6, 2, 4)
    assert (old["n_met"], old["n_missed"], old["met_pct"], old["state"]) == (2, 2, 50.0, "MISSED")
    assert (new["n_windows"], new["n_met"], new["n_missed"], new["n_pending"]) == (5, 0, 4, 1)


def test_the_budget_burns(rows: Rows) -> None:
    query = "select * from metrics.metric_error_budget where feed_id = %s and promise = %s"
    spent = rows.one(query, WATER, "all")
    assert (spent["n_windows_judged"], spent["n_missed"], spent["n_no_evidence"]) == (8, 6, 2)
    assert (spent["n_budget"], spent["left_pct"]) == (0.4, -1400)
    assert (spent["burn_rate_1h"], spent["state"]) == (20, "FAST_BURN")
    over = rows.one(query, CAP, "all")
    assert (over["burn_rate_1h"], over["burn_rate_2h"], over["last_judged_at"]) == (0, 10, at(3))
    assert over["state"] == "EXHAUSTED"  # one hour of eight: more than may be, but it does not go on


def test_what_is_fresh_now(rows: Rows) -> None:
    found = rows.one("select * from metrics.metric_freshness where feed_id = %s", WATER)
    assert (found["content_at"], found["content_age_s"], found["load_age_s"]) == (at(3.5), 3600, 1190)
    assert (found["last_published_at"], found["next_expected_at"]) == (at(4.25), at(4, 300))
    assert (found["is_content_stale"], found["is_load_stale"], found["n_points"]) == (False, False, 1)
