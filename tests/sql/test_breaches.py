"""`ops.breach_now`: each kind of breach just within and just beyond its limit, whatever runs or does not run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import yaml
from psycopg.types.json import Jsonb

from riskmap.settings import REPOSITORY
from riskmap.watch.signals import Signal, clear, tell
from warehouse.db import Connection, advisory_lock, connect

WATER, QUAKE, RTU, RECEIPTS = "water_regime", "earthquake", "hydro_rtu", "warning_receipt"


@pytest.fixture
def ledger(conn: Connection) -> Iterator[Connection]:
    """A warehouse whose feeds were all switched on three days ago, polled just now, and built."""
    conn.execute("delete from ops.signal; delete from ops.notification; delete from ops.breach")
    conn.execute("drop table if exists marts.warning_gap; drop table if exists metrics.metric_error_budget")
    conn.execute("update ops.feed set activated_at = now() - interval '3 days', active_until = now()")
    only(conn, QUAKE)
    poll(conn, QUAKE)
    build(conn)
    yield conn
    conn.execute("drop table if exists marts.warning_gap; drop table if exists metrics.metric_error_budget")
    conn.execute("update ops.breach_rule set is_enabled = true")


def only(conn: Connection, *feeds: str) -> None:
    conn.execute("update ops.feed set active_until = case when feed_id <> all(%s) then now() end", (list(feeds),))


def poll(conn: Connection, feed: str, ago_s: float = 0, state: str = "NOT_MODIFIED", **facts: Any) -> int:
    row = {"records": 0, "quarantined": 0, "tables": [], "kind": "pull", **facts}
    found = conn.execute(
        """
        insert into ops.batch
            (feed_id, run_id, kind, state, started_at, committed_at, records, unchanged, quarantined, tables, error)
        values (
            %(feed)s, 'test', %(kind)s, %(state)s, now(), now() - %(ago)s * interval '1 second', %(records)s,
            %(records)s, %(quarantined)s, %(tables)s, case when %(state)s = 'FAILED' then %(error)s end
        )
        returning batch_id
        """,
        {"feed": feed, "state": state, "ago": ago_s, "error": "the source is down", **row},
    ).fetchone()
    return int(found[0]) if found else 0


def build(conn: Connection, ago_s: float = 0, state: str = "SUCCEEDED") -> None:
    conn.execute(
        """
        insert into ops.build (build_id, started_at, finished_at, state, selection, error)
        values (
            gen_random_uuid(), now() - %(ago)s * interval '1 second',
            case when %(state)s <> 'RUNNING' then now() - %(ago)s * interval '1 second' end,
            %(state)s, 'test', case when %(state)s = 'FAILED' then 'a model failed' end
        )
        """,
        {"ago": ago_s, "state": state},
    )


def found(conn: Connection) -> dict[str, str]:
    """breach_key -> English message."""
    rows = conn.execute("select breach_key, message_en from ops.breach_now").fetchall()
    assert len({key for key, _ in rows}) == len(rows), "a key is one breach"
    return dict(rows)


def test_where_all_is_well_there_is_nothing(ledger: Connection) -> None:
    assert found(ledger) == {}


def test_a_fresh_installation_has_time_to_begin(conn: Connection) -> None:
    conn.execute("update ops.feed set activated_at = now() - interval '290 seconds', active_until = null")
    assert found(conn) == {}


@pytest.mark.parametrize(("ago_s", "is_late"), [(295, False), (305, True)])
def test_a_feed_that_is_not_polled_for_three_cadences_and_five_minutes(
    ledger: Connection, ago_s: float, is_late: bool
) -> None:
    only(ledger, QUAKE, WATER)
    ledger.execute("delete from ops.batch")
    poll(ledger, QUAKE, ago_s)
    poll(ledger, WATER, 3 * 300 - 5)
    expected = {"feed_not_polled:earthquake": "earthquake: not polled for 5 min, the limit is 5 min"} if is_late else {}
    assert {k: v for k, v in found(ledger).items() if k.startswith("feed_not")} == expected


def test_a_replay_is_no_poll_and_what_was_held_is_one(ledger: Connection) -> None:
    ledger.execute("delete from ops.batch")
    poll(ledger, QUAKE, 20, kind="replay", state="LANDED")
    assert "feed_not_polled:earthquake" in found(ledger)
    poll(ledger, QUAKE, 20, state="HELD")
    assert "feed_not_polled:earthquake" not in found(ledger)


def test_a_feed_counts_from_when_it_was_switched_on_again(ledger: Connection) -> None:
    ledger.execute("delete from ops.batch")
    poll(ledger, QUAKE, 86_400)
    ledger.execute("update ops.feed set activated_at = now() - interval '1 minute'")
    assert found(ledger) == {}
    only(ledger, WATER)
    poll(ledger, WATER)
    assert "feed_not_polled:earthquake" not in found(ledger), "nothing is owed of a feed that is off"


def test_what_is_sent_to_us_is_silence_of_others(ledger: Connection) -> None:
    only(ledger, QUAKE, RTU)
    poll(ledger, RTU, 3 * 300 + 5)
    row = ledger.execute("select kind, severity, department, limit_value, message_zh from ops.breach_now").fetchone()
    assert row is not None
    assert row[:4] == ("sender_silent", "warning", "水利", 900)
    assert row[4].endswith("：已 15 分钟没有上报，应不超过 15 分钟")


def test_a_feed_fails_from_its_first_failure_after_the_last_success(ledger: Connection) -> None:
    poll(ledger, QUAKE, 2000, "FAILED")
    assert found(ledger) == {}, "it has succeeded since"
    ledger.execute("update ops.batch set committed_at = now() - interval '700 seconds' where state = 'NOT_MODIFIED'")
    poll(ledger, QUAKE, 595, "FAILED")
    poll(ledger, QUAKE, 1, "FAILED", error="x" * 1000)
    assert "feed_failing:earthquake" not in found(ledger)
    poll(ledger, QUAKE, 605, "FAILED")
    assert (
        found(ledger)["feed_failing:earthquake"] == "earthquake: all 3 attempts of the last 10 min failed: " + "x" * 300
    )


def land(conn: Connection, minutes: float) -> None:
    conn.execute(
        """
        insert into landing.observation
            (station_code, variable, event_at, value, feed_id, batch_id, fetched_at, landed_at, record_hash, seen_at)
        values ('A', 'water_level_m', now() - %s * interval '1 minute', 1, %s, 1, now(), now(), 'x', now())
        """,
        (minutes, WATER),
    )


def test_fresh_in_load_and_stale_in_content(ledger: Connection) -> None:
    """Slots of 5 min, a promise of 20 min: the limit is 30 min. A record from the future proves nothing."""
    only(ledger, QUAKE, WATER)
    poll(ledger, WATER, state="LANDED")
    ledger.execute(
        "insert into ops.publication (batch_id, build_id) select batch_id, build_id from ops.batch, ops.build"
    )
    land(ledger, 31)
    land(ledger, -45)
    text = "water_regime: it answers, but its newest event is 31 min old, the limit is 30 min"
    assert found(ledger) == {"feed_content_stale:water_regime": text}
    land(ledger, 29)
    assert found(ledger) == {}


@pytest.mark.parametrize(
    ("expected", "limit_s"),
    [
        ({"every_s": 3600}, 2 * 3600 + 1200),
        ({"every_s": 3600, "transfer_times": ["20:00", "08:30"]}, 2 * 3600 + 12.5 * 3600 + 1200),
        ({"transfer_times": ["08:00", "12:00", "20:00"]}, 2 * 12 * 3600 + 1200),
        ({"transfer_times": ["08:00"]}, 2 * 24 * 3600 + 1200),
    ],
)
def test_a_source_that_hands_over_a_few_times_a_day_may_be_older(
    ledger: Connection, expected: dict[str, Any], limit_s: float
) -> None:
    only(ledger, QUAKE, WATER)
    poll(ledger, WATER)
    told = Jsonb({"kind": "entity_slots", "register": "station", "entity": "station_code", **expected})
    ledger.execute("update ops.feed set expected = %s where feed_id = %s", (told, WATER))
    land(ledger, (limit_s - 10) / 60)
    assert found(ledger) == {}
    ledger.execute("update landing.observation set event_at = event_at - interval '20 s'")
    assert set(found(ledger)) == {"feed_content_stale:water_regime"}


def test_nothing_ever_came_though_the_source_answers(ledger: Connection) -> None:
    only(ledger, QUAKE, WATER)
    poll(ledger, WATER)
    assert "no event has come yet" in found(ledger)["feed_content_stale:water_regime"]
    ledger.execute("update ops.feed set activated_at = now() - interval '29 minutes'")
    assert found(ledger) == {}


def test_a_dead_scheduler_shows_without_any_run(ledger: Connection) -> None:
    """No Airflow, no watcher's probe: the ledger alone. That senders still reach us does not hide it."""
    only(ledger, QUAKE, RTU)
    poll(ledger, RTU)
    ledger.execute("update ops.batch set committed_at = now() - interval '310 seconds' where feed_id = 'earthquake'")
    ledger.execute("update ops.build set started_at = now() - interval '6 min', finished_at = now() - interval '305 s'")
    assert found(ledger)["scheduler_dead"] == "nothing was fetched or built for 5 min"
    build(ledger, 250, "FAILED")
    assert "scheduler_dead" not in found(ledger), "a build that fails was started by somebody"


def test_no_build_for_too_long_unless_one_is_at_work(ledger: Connection, registered_url: str) -> None:
    ledger.execute(
        "update ops.build set started_at = now() - interval '1 day', finished_at = now() - interval '1205 s'"
    )
    text = "no build has succeeded for 20 min"
    assert found(ledger) == {"build_stale": text}
    build(ledger, 700, "RUNNING")
    assert found(ledger) == {"build_stale": text}, "it was killed: nobody holds the lock"
    with connect(registered_url) as other, advisory_lock(other, "riskmap.build", 0) as got:
        assert got
        assert found(ledger) == {}
        ledger.execute("update ops.build set started_at = now() - interval '61 min' where state = 'RUNNING'")
        assert found(ledger) == {"build_stale": text}, "it hangs"


def test_builds_that_fail_in_a_row(ledger: Connection) -> None:
    ledger.execute("update ops.build set finished_at = now() - interval '100 s'")
    build(ledger, 50, "FAILED")
    build(ledger, 200, "FAILED")
    assert found(ledger) == {}, "one since the last success is no series"
    build(ledger, 20, "FAILED")
    assert found(ledger) == {"build_failing": "2 builds in a row failed: a model failed"}
    build(ledger)
    assert found(ledger) == {}


def test_batches_that_landed_and_stay_unpublished(ledger: Connection) -> None:
    first, second = (poll(ledger, QUAKE, ago, "LANDED") for ago in (1805, 1795))
    poll(ledger, QUAKE, 9000, "HELD")
    assert found(ledger) == {"batch_unpublished": "2 landed batches are not published, the oldest for 30 min"}
    ledger.execute("insert into ops.publication (batch_id, build_id) select %s, build_id from ops.build", (first,))
    assert found(ledger) == {}
    ledger.execute("update ops.batch set committed_at = now() - interval '6 days' where batch_id = %s", (second,))
    assert "batch_unpublished" in found(ledger)


def test_the_share_of_refused_records(ledger: Connection) -> None:
    poll(ledger, QUAKE, 100, "LANDED", records=190, quarantined=9)
    poll(ledger, QUAKE, 25 * 3600, "LANDED", records=0, quarantined=5000)
    ledger.execute(
        "insert into ops.publication (batch_id, build_id) select batch_id, build_id from ops.batch, ops.build"
    )
    assert found(ledger) == {}, "9 of 199, and fewer than ten say nothing"
    batch = poll(ledger, QUAKE, 50, "LANDED", records=1, quarantined=1)
    assert found(ledger) == {}, "10 of 201 is less than 5 %"
    ledger.execute("update ops.batch set records = 0, unchanged = 0 where batch_id = %s", (batch,))
    assert found(ledger) == {}, "10 of 200 is 5 %, and not more"
    ledger.execute("update ops.batch set quarantined = 2 where batch_id = %s", (batch,))
    assert found(ledger) == {
        "quarantine_share:earthquake": "earthquake: 11 of 201 records of 24 hours are in quarantine"
    }


def test_held_batches_stand_until_somebody_decides(ledger: Connection) -> None:
    batch = poll(ledger, QUAKE, state="HELD")
    for number, status in enumerate(("held", "held", "open")):
        ledger.execute(
            "insert into quarantine.record (feed_id, batch_id, where_in_payload, rule, reason, severity, record_hash,"
            " status) values ('earthquake', %s, 'row', 'r', 'why', 'critical', %s, %s)",
            (batch, str(number), status),
        )
    assert found(ledger) == {"batch_held:earthquake": "earthquake: batches of 2 records are held and did not land"}
    ledger.execute("update quarantine.record set status = 'released', closed_at = now() where status = 'held'")
    assert found(ledger) == {}


def test_warnings_without_any_receipt(ledger: Connection) -> None:
    """The promise of the receipts is six hours; it counts from the oldest warning since the last receipt."""
    only(ledger, QUAKE, "weather_warning", RECEIPTS)
    for feed in ("weather_warning", RECEIPTS):
        poll(ledger, feed)
    ledger.execute("update ops.breach_rule set is_enabled = kind = 'receipts_silent'")
    poll(ledger, "weather_warning", 7 * 3600, "LANDED", tables=["warning", "warning_area"])
    poll(ledger, "weather_warning", 5 * 3600, "LANDED", tables=["warning"])
    assert found(ledger) == {
        "receipts_silent:warning_receipt": "warning_receipt: no receipt since a warning of 7.0 h ago"
    }
    poll(ledger, RECEIPTS, 6.5 * 3600, "LANDED", tables=["warning_receipt"])
    assert found(ledger) == {}
    ledger.execute("update ops.batch set committed_at = committed_at - interval '2 hours'")
    assert found(ledger) == {
        "receipts_silent:warning_receipt": "warning_receipt: no receipt since a warning of 7.0 h ago"
    }


def gaps(conn: Connection) -> None:
    conn.execute(
        """
        create table marts.warning_gap as
        select
            'sender,' || w || ',now' as warning_key, 'code' || n as credit_code, '企业' || n as enterprise_name,
            '暴雨' as event, colour, is_in_force, receipt_state, now() - interval '1 minute' as due_at
        from (values
            ('A', 1, 'red', true, 'NOT_REACHED'), ('A', 2, 'red', true, 'SENT'), ('A', 3, 'red', true, 'DELIVERED'),
            ('B', 1, 'red', false, 'NOT_REACHED'), ('C', 1, 'orange', true, 'NOT_REACHED')
        ) as gap (w, n, colour, is_in_force, receipt_state)
        """
    )


def test_a_red_warning_that_did_not_reach_names_whom_to_call(ledger: Connection) -> None:
    gaps(ledger)
    text = "red warning 暴雨 (sender,A,now): 2 key enterprises not reached in time: 企业1, 企业2"
    assert found(ledger) == {"warning_not_reached:sender,A,now": text}
    department = ledger.execute("select department from ops.breach_now").fetchone()
    assert department == ledger.execute("select department from ops.feed where feed_id = %s", (RECEIPTS,)).fetchone()


def test_a_check_that_fails_says_so(ledger: Connection) -> None:
    gaps(ledger)
    ledger.execute("alter table marts.warning_gap drop column receipt_state")
    ((key, text),) = found(ledger).items()
    assert key == "check_failed:warning_not_reached"
    assert 'column "receipt_state" does not exist' in text


def test_budgets_of_errors_that_burn(ledger: Connection) -> None:
    """As the mart shapes them; nothing is said before a day of windows has been judged."""
    ledger.execute(
        """
        create table metrics.metric_error_budget as
        select
            feed_id, 'coverage' as promise, '气象' as department, state, 30 as budget_days, 0.72 as n_budget, n_missed,
            n_windows_judged, -177.8 as left_pct, now() as last_judged_at
        from (values
            ('a', 'FAST_BURN', 2, 24), ('b', 'EXHAUSTED', 2, 72), ('c', 'SLOW_BURN', 2, 72), ('d', 'FAST_BURN', 2, 23),
            ('e', 'NO_EVIDENCE', 0, 0)
        ) as budget (feed_id, state, n_missed, n_windows_judged)
        """
    )
    fast = "a, promise coverage: its budget of errors burns too fast (2 of 24 windows missed in 30 days)"
    gone = "b, promise coverage: its budget of errors is gone (2 of 72 windows missed in 30 days)"
    assert found(ledger) == {"sla_budget_burnt:a:coverage": fast, "sla_budget_burnt:b:coverage": gone}
    gaps(ledger)
    ledger.execute("alter table metrics.metric_error_budget drop column n_missed")
    broken = found(ledger)
    assert set(broken) == {"check_failed:sla_budget_burnt", "warning_not_reached:sender,A,now"}, "one hides no other"


@pytest.mark.parametrize(
    ("mart", "file"),
    [
        ("marts.warning_gap", "marts/_warnings__models.yml"),
        ("metrics.metric_error_budget", "metrics/_service__models.yml"),
    ],
)
def test_the_marts_have_the_columns_that_the_checks_ask_for(ledger: Connection, mart: str, file: str) -> None:
    """The contract of the mart decides: whoever renames a column there learns of it here."""
    models = yaml.safe_load((REPOSITORY / "dbt" / "models" / file).read_text(encoding="utf-8"))["models"]
    columns = next(model["columns"] for model in models if model["name"] == mart.partition(".")[2])
    types = ", ".join(f"{column['name']} {column['data_type']}" for column in columns)
    ledger.execute(f"create table {mart} ({types})".encode())
    assert found(ledger) == {}


def signal(kind: str, **facts: Any) -> Signal:
    return Signal(kind, facts.pop("object", "thing"), facts.pop("stands_for_s", 60), "中文", "English", **facts)


def test_signals_stand_until_they_expire_or_are_cleared(ledger: Connection) -> None:
    tell(ledger, signal("intake_down"))
    tell(ledger, signal("intake_down", object="other"))
    since = ledger.execute("select min(since) from ops.breach_now").fetchone()
    tell(ledger, signal("intake_down"))
    assert ledger.execute("select min(since) from ops.breach_now").fetchone() == since
    clear(ledger, "intake_down", but=["other"])
    assert found(ledger) == {"intake_down:other": "English"}
    ledger.execute("update ops.signal set expires_at = now() - interval '1 s'")
    assert found(ledger) == {}
    tell(ledger, signal("intake_down"))
    again = ledger.execute("select since from ops.breach_now").fetchone()
    assert (again is not None, again != since) == (True, True), "it began anew"


@pytest.mark.parametrize(("gigabytes", "is_low"), [(1.9, True), (2.0, False)])
def test_the_disk_is_held_against_its_limit(ledger: Connection, gigabytes: float, is_low: bool) -> None:
    tell(ledger, signal("disk_low", value=gigabytes, unit="GB"))
    assert bool(found(ledger)) is is_low


def test_what_airflow_told_of_a_feed_is_over_once_the_feed_answers(ledger: Connection) -> None:
    ledger.execute("update ops.batch set committed_at = now() - interval '1 minute'")
    tell(ledger, signal("run_failed", object="ingest_earthquake", feed_id=QUAKE))
    tell(ledger, signal("run_overdue", object="build"))
    assert set(found(ledger)) == {"run_failed:earthquake:ingest_earthquake", "run_overdue:build"}
    ledger.execute("update ops.signal set told_at = now() - interval '1 s'")
    poll(ledger, QUAKE)
    build(ledger)
    assert found(ledger) == {}
    tell(ledger, signal("run_failed", object="ingest_earthquake", feed_id=QUAKE))
    row = ledger.execute(
        "select since > now() - interval '1 s' from ops.breach_now where feed_id = 'earthquake'"
    ).fetchone()
    assert row == (True,), "it was well in between"


def test_a_kind_that_is_switched_off_is_not_looked_for(ledger: Connection) -> None:
    tell(ledger, signal("intake_down"))
    ledger.execute("update ops.breach_rule set is_enabled = false where kind = 'intake_down'")
    assert found(ledger) == {}


def test_every_kind_is_explained_in_both_languages(ledger: Connection) -> None:
    rows = ledger.execute(
        "select kind, inhibited_by, title_zh, title_en, what_to_do_zh, what_to_do_en from ops.breach_rule"
    )
    kinds = {row[0]: row for row in rows.fetchall()}
    assert all(len(text) > 3 for row in kinds.values() for text in row[2:])
    assert {cause for row in kinds.values() for cause in row[1]} <= set(kinds)


def test_times_are_those_of_the_database(ledger: Connection) -> None:
    """A host whose clock is wrong polls all the same: committed_at is the server's."""
    row = ledger.execute("select now() - max(committed_at) from ops.batch").fetchone()
    assert row is not None
    assert row[0] < timedelta(minutes=1)
    ledger.execute("update ops.batch set started_at = now() + interval '1 day', fetched_at = now() - interval '1 day'")
    assert found(ledger) == {}
