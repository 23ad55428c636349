"""Availability and coverage: small builds over a moving clock say what one build from nothing says.

The rules themselves are tested by dbt's unit tests; here are their days: late and revised records over midnight and
the end of a month, registers and promises that change while a day goes on, slots longer than an hour and than a day.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from dbt_compare import Content, differences, tables
from dbt_rows import REGISTER, SHANGHAI, WATER, Rows, settings_for
from psycopg.types.json import Jsonb

from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

SLOPE = "slope_monitoring"
OWNER = "91620823MAMOCK0018"
LAST = datetime(
    2026, 8, 31, tzinfo=SHANGHAI
)  # the last day of a month: UTC and Shanghai are in two months in the morning
MODELS = (
    "int_coverage__obligation",
    "metric_availability_hourly",
    "metric_availability_daily",
    "metric_coverage_daily",
    "metric_coverage_breakdown_daily",
)

WANTED = ("+metric_coverage_daily", "+metric_coverage_breakdown_daily")


def at(hour: float, minute: float = 0) -> datetime:
    return LAST + timedelta(hours=hour, minutes=minute)


NOW = at(90)


class Story:
    """Lands, and builds what landed since, at moments that pass."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def build(self, moment: datetime, *batch_ids: int, everything: bool = False) -> Content:
        values: dict[str, Any] = {"as_of": moment.isoformat(), "availability_hours_days": 2}
        if not everything:
            values["batch_ids"] = list(batch_ids)
        kept = ["--select", *WANTED, "--exclude", "config.materialized:live_view"]
        result = dbt_runner.invoke(["run", "--vars", json.dumps(values), *kept], settings=self.settings)
        assert result.success, [node for node in result.nodes if node["status"] == "error"]
        with psycopg.connect(self.settings.database_url) as conn:
            return tables(conn, MODELS)


@pytest.fixture(scope="module")
def story(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Story:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        conn.execute("update ops.feed set active_from = %s, activated_at = %s", (at(0), at(0)))
        expected = {"kind": "entity_slots", "register": "station", "entity": "station_code"}
        promise = "update ops.feed set latency_s = %s, expected = %s, closing = '{}' where feed_id = %s"
        conn.execute(promise, (600, Jsonb(expected | {"every_s": 600}), WATER))
        conn.execute(promise, (3600, Jsonb(expected | {"every_s": 172800}), SLOPE))
        rows.promise_since_ever()
        # from noon on a value is owed every 20 minutes, and half of them will do
        conn.execute(
            """insert into ops.feed_version
               select feed_id, %(noon)s, valid_to, activated_at, '2.0.0', contract_sha256, department, frequency_s,
                      latency_s, latency_element, expected || '{"every_s": 1200, "target": 0.5}'
                 from ops.feed_version where feed_id = %(feed)s""",
            {"noon": at(12), "feed": WATER},
        )
        conn.execute(
            "update ops.feed_version set valid_to = %s where feed_id = %s and valid_from = %s", (at(12), WATER, at(0))
        )
        place: dict[str, Any] = {"longitude": 105.5, "latitude": 35.5, "station_name": "模拟", "station_type": "PP"}
        for code, since in (("OLD", None), ("NEW", at(9, 5))):
            place |= {"station_code": code, "modified_at": since, "fetched_at": at(23)}
            rows.land("station", WATER, region_code="620823", **place)
        rows.land("station", SLOPE, **place | {"station_code": "SLOPE", "modified_at": None})
        rows.conn.commit()
    result = dbt_runner.invoke(["seed"], settings=settings)
    assert result.success
    first = ["run", "--vars", json.dumps({"as_of": at(1).isoformat(), "availability_hours_days": 2}), "--select"]
    assert dbt_runner.invoke([*first, *WANTED], settings=settings).success
    return Story(settings)


def landed(settings: Settings, moment: datetime, *told: tuple[str, str, str, datetime]) -> int:
    """A batch of observations (feed, point, variable, time) that is committed at a moment; returns its id."""
    with psycopg.connect(settings.database_url) as conn:
        rows = Rows(conn)
        batch = rows.batch(told[0][0], at=moment)
        for feed_id, point, variable, event_at in told:
            rows.observation(feed_id, point, variable, event_at, 1.0, batch_id=batch, fetched_at=moment)
    return batch


def reported(first: datetime, last: datetime, *points: str) -> list[tuple[str, str, str, datetime]]:
    """A value every ten minutes."""
    n = int((last - first) / timedelta(minutes=10))
    return [(WATER, point, "rain_mm", first + timedelta(minutes=10 * i)) for point in points for i in range(n)]


@pytest.fixture(scope="module")
def told(story: Story) -> list[Content]:
    """What the small builds said, one after the other."""
    settings = story.settings
    place = {"station_name": "模拟", "station_type": "PP", "longitude": 105.5, "latitude": 35.5}
    said = [story.build(at(11, 59), landed(settings, at(11, 59), *reported(at(0), at(11, 50), "OLD")))]

    # NEW is known since 09:05, and its history came along
    afternoon = [*reported(at(8), at(14), "NEW"), (WATER, "OLD", "rain_mm", at(12, 5))]
    said.append(story.build(at(14), landed(settings, at(14), *afternoon)))

    # late, from both sides of midnight and of the month; a variable that is new; a point that no register knows
    late = [
        (WATER, "OLD", "rain_mm", at(23, 59)),
        (WATER, "OLD", "level_m", at(24, 1)),
        (WATER, "STRANGER", "x", at(3)),
    ]
    said.append(story.build(at(25), landed(settings, at(25), *late)))
    slide = (SLOPE, "SLOPE", "displacement_mm", at(30))  # in a slot of two days
    said.append(story.build(at(31), landed(settings, at(31), slide)))
    said.append(story.build(at(50)))  # time passes, nothing came

    with psycopg.connect(settings.database_url) as conn:  # a value is revised, and a station is told of late
        rows = Rows(conn)
        batch = rows.batch(WATER, at=at(51))
        conn.execute(
            "update landing.observation set value = 2, batch_id = %s, landed_at = %s where event_at = %s",
            (batch, at(51), at(11, 40)),
        )
        late_entry = {"station_code": "LATER", "modified_at": at(6), "fetched_at": at(51)}
        rows.land("station", WATER, batch_id=batch, extra={"ownerCode": OWNER}, **place | late_entry)
    said.append(story.build(at(51), batch))

    with psycopg.connect(settings.database_url) as conn:  # its owner becomes known
        rows = Rows(conn)
        batch = rows.batch(REGISTER, at=at(52))
        entry = {"credit_code": OWNER, "enterprise_name": "模拟尾矿", "industry": "tailings", "source_crs": "EPSG:4326"}
        entry |= {"static_level": "blue", "is_key_enterprise": True, "updated_at": at(4), "fetched_at": at(52)}
        rows.land("enterprise", REGISTER, batch_id=batch, longitude=105.5, latitude=35.5, **entry)
    said.append(story.build(at(52), batch))

    # hours are kept for two days: what comes now for the first day is counted from the records
    last = [(WATER, "OLD", "rain_mm", at(13)), (WATER, "OLD", "rain_mm", at(80)), (WATER, "OLD", "rain_mm", at(13, 1))]
    said.append(story.build(NOW, landed(settings, NOW, *last)))
    return said


def test_small_builds_say_what_one_build_says(story: Story, told: list[Content]) -> None:
    assert len({str(content) for content in told}) == len(told)
    assert differences(story.build(NOW, everything=True), told[-1]) == ""


def test_the_first_day_counted_by_hand(story: Story, told: list[Content]) -> None:
    """600 s and 0.95 are promised until noon, 1200 s and 0.5 after it. OLD owes 72 + 36 slots, NEW 17 + 36 from 09:05
    on, LATER 36 + 36 from 06:00 on. OLD filled 71 in the morning, and of the others those of 12:00, 13:00 and 23:40;
    NEW 17 and 6, its last one in time. What OLD told last before noon was in time, too, but was revised later.
    """
    with psycopg.connect(story.settings.database_url) as conn:
        rows = Rows(conn)
        found = rows.one(
            "select * from metrics.metric_coverage_daily where feed_id = %s and day = %s", WATER, at(0).date()
        )
        figures = ("n_entities", "expected_slots", "received_slots", "in_time_slots", "pending_slots")
        assert [found[name] for name in figures] == [3, 108 + 53 + 72, 71 + 3 + 23, 0 + 1, 0]
        assert found["unexpected_records"] == 7 + 1  # of NEW before it was known, and of a stranger
        assert found["target"] == pytest.approx((125 * 0.95 + 108 * 0.5) / 233)
        assert found["state"] == "MISSED"
        points = rows.all(
            """select point_code, class, n_records, region_code, industry from metrics.metric_availability_daily
                where feed_id = %s and day = %s order by point_code""",
            WATER,
            at(0).date(),
        )
    assert [tuple(row.values()) for row in points] == [
        ("LATER", "silent", 0, None, "tailings"),
        ("NEW", "partial_high", 36, "620823", None),
        ("OLD", "partial_high", 75, "620823", None),
        ("STRANGER", "unknown_entity", 1, None, None),
    ]


def test_a_slot_of_two_days_belongs_to_the_day_in_which_it_begins(story: Story, told: list[Content]) -> None:
    with psycopg.connect(story.settings.database_url) as conn:
        found = Rows(conn).all(
            """select day, expected_slots, received_slots, in_time_slots, pending_slots, state
                 from metrics.metric_coverage_daily where feed_id = %s order by day""",
            SLOPE,
        )
    days = [(at(24 * day)).date() for day in range(4)]
    assert [tuple(row.values()) for row in found] == [
        (days[0], 1, 1, 1, 0, "MET"),
        (days[1], 0, 0, 0, 0, "NO_EVIDENCE"),
        (days[2], 0, 0, 0, 1, "PENDING"),
        (days[3], 0, 0, 0, 0, "NO_EVIDENCE"),
    ]


def test_hours_are_kept_for_some_days_and_days_for_ever(story: Story, told: list[Content]) -> None:
    with psycopg.connect(story.settings.database_url) as conn:
        rows = Rows(conn)
        hours = rows.one(
            "select min(hour_at) as first_hour, max(hour_at) as last_hour from metrics.metric_availability_hourly"
        )
        days = rows.one("select min(day) as first_day, max(day) as last_day from metrics.metric_availability_daily")
    assert hours == {"first_hour": at(24), "last_hour": at(90)}
    assert days == {"first_day": at(0).date(), "last_day": at(72).date()}
