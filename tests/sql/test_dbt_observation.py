"""Hours and alarms under late, revised and withdrawn records: what is built in parts is what a whole build says.

One warehouse goes through three builds; the tests read what stands after each.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from dbt_rows import WATER, Rows, settings_for

from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

MIDNIGHT = datetime(2026, 8, 10, tzinfo=UTC)
Found = dict[str, list[tuple[Any, ...]]]


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


@pytest.fixture(scope="module")
def builds(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> list[Found]:
    """What hours and alarms say after each of three batches; the last entry is said by a build of everything."""
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    _run(settings, None, "+fct_observation_hourly", "+fct_alarm")
    found = []
    with psycopg.connect(module_warehouse_url, autocommit=True) as conn:
        rows = Rows(conn)
        for batch, deed in enumerate((_first, _revised, _registered), 1):
            deed(rows, batch)
            _run(settings, batch, *_TOUCHED)
            found.append(_said(rows))
        _run(settings, None, *_TOUCHED)
        found.append(_said(rows))
    return found


_TOUCHED = ("+dim_monitoring_point", "fct_observation_hourly", "int_alarm__exceedance", "fct_alarm")


def _run(settings: Settings, batch: int | None, *select: str) -> None:
    """Build without tests: everything that is selected, or what a batch touched."""
    variables = json.dumps({"as_of": at(24).isoformat(), "batch_ids": None if batch is None else [batch]})
    rest = () if batch is None else ("--exclude", "config.materialized:live_view")
    args = ["build", "--select", *select, *rest, "--exclude-resource-types", "test", "unit_test", "--vars", variables]
    result = dbt_runner.invoke(args, settings=settings)
    assert result.success, [node for node in result.nodes if node["status"] == "error"]


def _first(rows: Rows, batch: int) -> None:
    for code in ("RIVER", "LOW"):
        rows.land("station", WATER, batch_id=batch, station_code=code, station_type="ZZ", fetched_at=at(0))
        limits = {"warning_level_m": 3.0, "fetched_at": at(0)}
        rows.land("flood_threshold", WATER, batch_id=batch, station_code=code, **limits)
    for hour, value in ((1, 3.5), (2, 3.1), (3, 2.0), (5, 3.2), (6, 2.0)):
        rows.observation(WATER, "RIVER", "water_level_m", at(hour), value, batch_id=batch)
    rows.observation(WATER, "LOW", "water_level_m", at(7.5), 2.0, batch_id=batch)
    for code, ends in (("RAIN", 8.5), ("RAIN", 9.0), ("MOVES", 9.0)):
        amount = {"interval_h": 0.5, "unit": "mm", "batch_id": batch}
        rows.observation(WATER, code, "rain_mm", at(ends), 1.5, **amount)


def _revised(rows: Rows, batch: int) -> None:
    """A reading that came late; one that was never so high; a value and two intervals withdrawn."""
    rows.observation(WATER, "RIVER", "water_level_m", at(1.5), 2.9, batch_id=batch)
    change = "update landing.observation set batch_id = %s, {} where station_code = %s and event_at = %s"
    for what, code, hour in (
        ("value = 2.5", "RIVER", 5),
        ("value = null", "LOW", 7.5),
        ("interval_h = null", "RAIN", 9),
        ("interval_h = null", "MOVES", 9),
    ):
        rows.conn.execute(change.format(what).encode(), (batch, code, at(hour)))


def _registered(rows: Rows, batch: int) -> None:
    """From half past one on, the register says a lower limit."""
    change = "update landing.flood_threshold set batch_id = %s, warning_level_m = 2.0, fetched_at = %s"
    rows.conn.execute(change.encode() + b" where station_code = 'RIVER'", (batch, at(1.25)))


def _said(rows: Rows) -> Found:
    hours = """
        select point_code, extract(hour from hour_at at time zone 'UTC')::int, n_records, n_readings, last_value, amount
        from marts.fct_observation_hourly where point_code <> 'RIVER' order by 1, 2
    """
    alarms = """
        select
            extract(epoch from started_at - %(from)s) / 3600, extract(epoch from ended_at - %(from)s) / 3600, peak_value
        from marts.fct_alarm order by started_at
    """
    return {
        "hours": rows.conn.execute(hours.encode()).fetchall(),
        "alarms": [
            tuple(None if value is None else float(value) for value in row)
            for row in rows.conn.execute(alarms.encode(), {"from": MIDNIGHT})
        ],
    }


def test_a_first_batch_fills_its_hours(builds: list[Found]) -> None:
    assert builds[0]["hours"] == [
        ("LOW", 7, 1, 1, 2.0, None),
        ("MOVES", 8, 1, 1, 1.5, 1.5),
        ("RAIN", 8, 2, 2, 1.5, 3.0),
    ]
    assert builds[0]["alarms"] == [(1, 3, 3.5), (5, 6, 3.2)]


def test_an_hour_is_counted_anew_and_goes_when_nothing_is_left_of_it(builds: list[Found]) -> None:
    """An amount that turns out to be a reading belongs to another hour; a withdrawn value leaves its record behind."""
    assert builds[1]["hours"] == [
        ("LOW", 7, 1, 0, None, None),
        ("MOVES", 9, 1, 1, 1.5, None),
        ("RAIN", 8, 1, 1, 1.5, 1.5),
        ("RAIN", 9, 1, 1, 1.5, None),
    ]


def test_a_late_reading_splits_an_episode_and_a_revised_one_ends_it(builds: list[Found]) -> None:
    assert builds[1]["alarms"] == [(1, 1.5, 3.5), (2, 3, 3.1)]


def test_a_new_limit_holds_from_when_it_was_learned(builds: list[Found]) -> None:
    assert builds[2]["hours"] == builds[1]["hours"]
    assert builds[2]["alarms"] == [(1, 3, 3.5), (5, 6, 2.5)]


def test_a_whole_build_says_the_same(builds: list[Found]) -> None:
    assert builds[3] == builds[2]
