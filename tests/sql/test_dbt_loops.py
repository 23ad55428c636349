"""Quality of what came: small builds over moving clocks and releases, against one build from nothing."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from batches import WATER, at, batch, failure, observation
from dbt_rows import SHANGHAI, Rows, settings_for

from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import ledger, quarantine
from warehouse.commit import commit_batch, fail_batch
from warehouse.db import connect

pytestmark = pytest.mark.dbt

DAY = datetime.now(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
NOON = DAY + timedelta(hours=36, minutes=30)
"""The clock of the first build: 12:30 tomorrow, so that what is committed now is not of its day."""

SENSORS = "select * from metrics.metric_sensor_quality_daily order by feed_id, point_code, variable, day"
QUALITY = """
    select day - current_date as day, what, table_name, rule, first_on - current_date as first_on, n, total
    from metrics.metric_quality_daily where feed_id = %s order by 1, 2, 3, 4, 5
"""


@pytest.fixture(scope="module")
def settings(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        for minutes in range(0, 36 * 60 + 60, 10):  # until 12:50: what came since 12:00 is not judged yet
            _reading(rows, "varies", minutes, 5 + minutes % 3)
            if minutes <= 33 * 60:
                _reading(rows, "silent since nine", minutes, 5 + minutes % 3)
    _days_before(module_warehouse_url)
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    build(settings, NOON, "+metric_quality_daily")
    return settings


def build(settings: Settings, as_of: datetime, *selection: str, batch_ids: list[int] | None = None) -> None:
    variables = {"as_of": as_of.isoformat()} | ({} if batch_ids is None else {"batch_ids": batch_ids})
    chosen = ["--select", *(selection or ("metric_quality_daily",)), "+metric_sensor_quality_daily"]
    args = ["build", "--exclude-resource-types", "test", "unit_test", "--vars", json.dumps(variables), *chosen]
    result = dbt_runner.invoke(args, settings=settings)
    assert result.success, [node["message"] for node in result.nodes if node["status"] == "error"]


def _reading(rows: Rows, point: str, minutes: float, value: float, batch_id: int = 0) -> None:
    rows.observation(
        WATER.id, point, "pressure_mpa", DAY + timedelta(minutes=minutes), value, unit="MPa", batch_id=batch_id
    )


def _days_before(url: str) -> None:
    """Records with a flag, a record that breaks two rules, a batch that was held, one that failed; a repeat."""
    flagged = observation() | {"quality_flags": ["value.step"]}
    bad = [failure(), failure(rule="value.unit"), failure({"value": 8888})]
    with connect(url) as conn:
        commit_batch(conn, WATER, batch(flagged, observation("B2"), quarantined=bad))
        held = [failure({"value": 1}, rule="batch.held", severity="critical", status="held")]
        commit_batch(conn, WATER, batch(state="HELD", tables={}, quarantined=held, payloads=[]))
        fail_batch(conn, WATER.id, run_id="r", kind="pull", started_at=at(0), error="refused")
    with psycopg.connect(url) as conn:
        conn.execute("update ops.batch set committed_at = committed_at - interval '3 days'")
        conn.execute("update quarantine.record set first_seen_at = first_seen_at - interval '3 days'")
    with connect(url) as conn:
        repeat = commit_batch(conn, WATER, batch(observation("B2"), payloads=[]))
        day_before = "update ops.batch set committed_at = committed_at - interval '1 day' where batch_id = %s"
        conn.execute(day_before, (repeat.batch_id,))


def figures(settings: Settings) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    with psycopg.connect(settings.database_url) as conn:
        conn.execute("set timezone = 'Asia/Shanghai'")
        return Rows(conn).all(QUALITY, WATER.id), Rows(conn).all(SENSORS)


def told(found: list[dict[str, Any]], **named: Any) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    chosen = [row for row in found if all(row[name] == value for name, value in named.items())]
    return {(row["what"], row["rule"]): (row["n"], row["total"]) for row in chosen}


def test_what_the_ledger_says_of_a_day(settings: Settings) -> None:
    quality, _ = figures(settings)
    assert told(quality, day=-3) == {
        ("accepted", "all"): (2, 6),
        ("new", "all"): (2, 6),
        ("refused", "all"): (4, 6),
        ("flagged", "value.step"): (1, 6),
        ("quarantined", "value.between"): (2, 6),
        ("quarantined", "value.unit"): (1, 6),
        ("quarantined", "batch.held"): (1, 6),
        ("held_batch", "all"): (1, 3),
        ("failed_batch", "all"): (1, 3),
    }
    assert told(quality, day=-1) == {
        ("accepted", "all"): (1, 1),
        ("repeated", "all"): (1, 1),
        ("refused", "all"): (0, 1),
    }
    assert not told(quality, day=0)


def test_small_builds_give_what_one_build_gives(settings: Settings) -> None:
    """A repeat, a release and a late reading; then the hour is over; then nothing has happened."""
    with connect(settings.database_url) as conn:
        first, *_ = quarantine.list_records(conn, feed_id=WATER.id, statuses=("open",))
        again = commit_batch(conn, WATER, batch(observation(), observation("B2"), quarantined=[failure()], payloads=[]))
        freed = observation("B3", payload="released")
        release = commit_batch(conn, WATER, batch(freed, kind="release", released=[first.id], payloads=[]))
    with psycopg.connect(settings.database_url) as conn:
        rows = Rows(conn)
        late = rows.batch(WATER.id)
        _reading(rows, "varies", 6 * 60 + 5, 90, late)  # a spike of the day before
        _reading(rows, "new", 60, 7, late)
        withdrawn = (
            "update landing.observation set value = null, batch_id = %s where station_code = %s and event_at = %s"
        )
        rows.conn.execute(withdrawn, (late, "varies", DAY))
    build(settings, NOON, batch_ids=[again.batch_id, release.batch_id, late])
    in_the_hour = figures(settings)
    build(settings, NOON)
    assert figures(settings) == in_the_hour
    later = NOON + timedelta(minutes=45)
    build(settings, later, batch_ids=[])
    over = figures(settings)
    build(settings, later)
    assert figures(settings) == over
    assert over != in_the_hour


def test_repeats_and_releases_count_on_their_own_day(settings: Settings) -> None:
    quality, _ = figures(settings)
    today = told(quality, day=0)
    assert today["accepted", "all"] == (3, 4)
    assert (today["new", "all"][0], today["revised", "all"][0], today["repeated", "all"][0]) == (1, 1, 1)
    assert today["refused", "all"] == (1, 4), "the same failure again: refused anew, and no new case"
    assert ("quarantined", "value.between") not in today
    released = [row for row in quality if row["what"] == "released"]
    assert [(row["day"], row["first_on"], row["n"], row["total"]) for row in released] == [(0, -3, 1, None)]


def test_days_of_a_sensor(settings: Settings) -> None:
    _, sensors = figures(settings)
    found = {
        (row["point_code"], (row["day"] - DAY.date()).days): row for row in sensors if row["variable"] == "pressure_mpa"
    }
    assert {key: row["n_records"] for key, row in found.items()} == {
        ("varies", 0): 145,
        ("varies", 1): 78,  # until 12:50: at 13:15 the hour is over
        ("silent since nine", 0): 144,
        ("silent since nine", 1): 55,
        ("new", 0): 1,
    }
    assert found["varies", 0]["n_readings"] == 144
    assert (found["varies", 0]["n_spikes"], found["varies", 1]["n_spikes"]) == (1, 0)
