"""The ledger: feeds, payloads, cursors, locks, the work list of builds, and the state of a feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from batches import CONTRACTS, WATER, FakeFetch, at, batch, failure, observation, one

from connectors.model import Interval
from warehouse import builds, ledger, retention
from warehouse.commit import commit_batch, fail_batch
from warehouse.db import Connection, connect
from warehouse.status import feed_status


def test_a_feed_keeps_the_moment_of_its_activation(conn: Connection) -> None:
    conn.execute("update ops.feed set activated_at = '2026-01-02T00:00:00Z' where feed_id = 'water_regime'")
    changed = replace(WATER, latency_s=60, history=timedelta(days=2), sha256="changed")
    ledger.register_feeds(conn, [changed])
    row = conn.execute(
        "select activated_at, active_from, latency_s, contract_sha256, department, main_table, event_column"
        " from ops.feed where feed_id = 'water_regime'"
    ).fetchone()
    activated = datetime(2026, 1, 2, tzinfo=UTC)
    assert row == (activated, activated - timedelta(days=2), 60, "changed", "水利", "observation", "event_at")
    assert one(conn, "select count(*) from ops.feed") == len(CONTRACTS)


def test_obligations_start_before_the_activation_by_the_history_of_the_source(conn: Connection) -> None:
    assert one(conn, "select activated_at - active_from from ops.feed where feed_id = 'water_regime'") == timedelta(1)
    assert one(conn, "select contract ->> 'id' from ops.feed where feed_id = 'water_regime'") == "water_regime"


def versions_of(conn: Connection, feed_id: str = "water_regime") -> list[tuple[Any, ...]]:
    """Latency, version, and begin and end in hours before now (of activation: 0), oldest first."""
    query = """
        select latency_s, version, round(extract(epoch from valid_from - now()) / 3600)::int,
            case when valid_to < '9999-01-01' then round(extract(epoch from valid_to - now()) / 3600)::int end
        from ops.feed_version where feed_id = %s order by valid_from, valid_to
    """
    return conn.execute(query, (feed_id,)).fetchall()


def pass_time(conn: Connection, hours: int) -> None:
    """Everything that is written down was so many hours earlier."""
    back = {"back": timedelta(hours=hours)}
    conn.execute(
        "update ops.feed set activated_at = activated_at - %(back)s, active_from = active_from - %(back)s", back
    )
    conn.execute("update ops.feed set active_until = active_until - %(back)s", back)
    conn.execute(
        """update ops.feed_version set valid_from = valid_from - %(back)s, activated_at = activated_at - %(back)s,
             valid_to = case when valid_to < '9999-01-01' then valid_to - %(back)s else valid_to end""",
        back,
    )


def test_a_changed_promise_begins_a_version_and_a_changed_text_does_not(conn: Connection) -> None:
    first = WATER.latency_s
    assert versions_of(conn) == [(first, WATER.version, -24, None)]  # from the history that the source holds
    pass_time(conn, 2)
    ledger.register_feeds(conn, [replace(WATER, description="other words", version="9.0.0", sha256="b")])
    assert versions_of(conn) == [(first, "9.0.0", -26, None)]
    ledger.register_feeds(conn, [replace(WATER, latency_s=60, version="9.1.0", sha256="c")])
    assert versions_of(conn) == [(first, "9.0.0", -26, 0), (60, "9.1.0", 0, None)]
    pass_time(conn, 3)
    ledger.register_feeds(conn, [replace(WATER, latency_s=60, expected=dict(WATER.expected) | {"every_s": 600})])
    assert [row[2:] for row in versions_of(conn)] == [(-29, -3), (-3, 0), (0, None)]
    assert one(conn, "select count(*) from ops.feed_version where valid_to > now()") == len(CONTRACTS)


def test_a_version_that_began_a_moment_after_now_is_replaced(conn: Connection) -> None:
    """Another process registered the feed after our transaction began."""
    conn.execute("update ops.feed_version set valid_from = now() + interval '1 hour'")
    ledger.register_feeds(conn, [replace(WATER, latency_s=60)])
    assert versions_of(conn) == [(60, WATER.version, 1, None)]
    ledger.switch_off_others(conn, [])
    assert versions_of(conn) == [(60, WATER.version, 1, 1)]
    assert one(conn, "select count(*) from ops.feed_version where valid_from < valid_to") == 0


def test_a_feed_that_is_off_has_no_version_in_force(conn: Connection) -> None:
    others = set(CONTRACTS) - {"water_regime"}
    pass_time(conn, 100)
    ledger.switch_off_others(conn, others)
    assert [row[2:] for row in versions_of(conn)] == [(-124, 0)]
    assert one(conn, "select count(*) from ops.feed_version where valid_to > now()") == len(others)
    ledger.register_feeds(conn, [WATER])  # on again at once: nothing is owed twice
    assert [row[2:] for row in versions_of(conn)] == [(-124, 0), (0, None)]
    ledger.switch_off_others(conn, others)
    pass_time(conn, 100)
    ledger.register_feeds(conn, [WATER])  # its history fills a day of the gap
    assert [row[2:] for row in versions_of(conn)] == [(-224, -100), (-100, -100), (-24, None)]


def test_a_payload_is_known_to_others_before_anything_else_happens(conn: Connection, registered_url: str) -> None:
    fetch = FakeFetch("stations.xml", facts={"etag": '"1"'})
    for _ in range(2):
        ledger.record_payloads(conn, "water_regime", [(fetch, "file:///archive/x.zst")])
    with connect(registered_url) as other:
        (row,) = ledger.payloads(other, "water_regime")
    assert (row.sha256, row.name, row.facts, row.size_bytes) == (fetch.sha256, "stations.xml", {"etag": '"1"'}, 6)
    assert (row.archive_uri, row.fetched_at, row.media_type) == ("file:///archive/x.zst", at(0), "text/xml")


def test_a_replay_reads_payloads_in_the_order_of_their_fetch(conn: Connection) -> None:
    for minute in (30, 10, 20):
        fetch = FakeFetch(f"{minute}", body=b"%d" % minute, fetched_at=at(minute))
        ledger.record_payloads(conn, "water_regime", [(fetch, "memory://x")])
    span = Interval(at(10), at(30))

    def names(rows: list[ledger.RecordedPayload]) -> list[str]:
        return [row.name for row in rows]

    assert names(ledger.payloads(conn, "water_regime")) == ["10", "20", "30"]
    assert names(ledger.payloads(conn, "water_regime", start=span.start, end=span.end)) == ["10", "20"]
    assert ledger.payloads(conn, "earthquake") == []


def test_a_cursor_starts_empty_and_follows_the_commits(conn: Connection) -> None:
    assert ledger.read_cursor(conn, "water_regime") == {}
    commit_batch(conn, WATER, batch(cursor={"etag": "1"}))
    commit_batch(conn, WATER, batch(kind="replay", cursor=None))
    assert ledger.read_cursor(conn, "water_regime") == {"etag": "1"}


def test_one_runner_per_feed(conn: Connection, registered_url: str) -> None:
    with connect(registered_url) as other:
        with ledger.feed_lock(conn, "water_regime") as mine:
            assert mine
            with ledger.feed_lock(other, "water_regime") as theirs:
                assert not theirs
            with ledger.feed_lock(other, "water_regime", wait_s=0.05) as theirs:
                assert not theirs
            with ledger.feed_lock(other, "earthquake") as elsewhere:
                assert elsewhere
        with ledger.feed_lock(other, "water_regime", wait_s=5) as theirs:
            assert theirs


def test_a_lock_is_free_when_the_connection_of_its_holder_is_gone(conn: Connection, registered_url: str) -> None:
    other = connect(registered_url)
    with ledger.feed_lock(other, "water_regime") as theirs:
        assert theirs
        other.close()
        with ledger.feed_lock(conn, "water_regime", wait_s=30) as mine:
            assert mine


def test_a_failed_attempt_shows(conn: Connection) -> None:
    fail_batch(conn, "water_regime", run_id="r", kind="pull", started_at=at(0), error="refused\x00")
    assert conn.execute("select state, error from ops.batch").fetchone() == ("FAILED", "refused␀")
    assert ledger.unpublished_batches(conn) == []


def test_the_work_list_is_what_has_landed_and_was_not_published(conn: Connection) -> None:
    first = commit_batch(conn, WATER, batch(observation()))
    commit_batch(conn, WATER, batch(state="NOT_MODIFIED", payloads=[]))
    assert [(one.batch_id, one.tables) for one in ledger.unpublished_batches(conn)] == [
        (first.batch_id, ["observation"])
    ]
    assert not builds.has_succeeded(conn)

    ledger.start_build(conn, "b1", "everything", 1)
    late = commit_batch(conn, WATER, batch(observation()))  # lands while the build runs
    ledger.publish(conn, [first.batch_id], "b1", [{"name": "stg_observation", "status": "success"}])
    assert [one.batch_id for one in ledger.unpublished_batches(conn)] == [late.batch_id]
    assert builds.has_succeeded(conn)
    row = conn.execute("select state, batches, nodes, finished_at is not null from ops.build").fetchone()
    assert row == ("SUCCEEDED", 1, [{"name": "stg_observation", "status": "success"}], True)


def test_a_batch_with_a_lower_id_that_is_committed_later_is_not_missed(conn: Connection) -> None:
    low = commit_batch(conn, WATER, batch(observation()))
    high = commit_batch(conn, WATER, batch(observation("B2")))
    ledger.start_build(conn, "b1", "", 1)
    ledger.publish(conn, [high.batch_id], "b1")
    assert [one.batch_id for one in ledger.unpublished_batches(conn)] == [low.batch_id]


def test_the_time_of_publication_is_the_first(conn: Connection) -> None:
    landed = commit_batch(conn, WATER, batch(observation()))
    for build_id in ("b1", "b2"):
        ledger.start_build(conn, build_id, "", 1)
        ledger.publish(conn, [landed.batch_id], build_id)
    assert conn.execute("select build_id from ops.publication").fetchall() == [("b1",)]


def test_a_failed_build_leaves_its_batches_on_the_list(conn: Connection) -> None:
    landed = commit_batch(conn, WATER, batch(observation()))
    ledger.start_build(conn, "b1", "", 1)
    ledger.finish_build(conn, "b1", "FAILED", error="a model broke")
    assert [one.batch_id for one in ledger.unpublished_batches(conn)] == [landed.batch_id]
    last = builds.last_build(conn)
    assert last is not None
    assert last.error == "a model broke"
    with pytest.raises(KeyError, match="no build b9"):
        ledger.publish(conn, [landed.batch_id], "b9")
    assert [one.batch_id for one in ledger.unpublished_batches(conn)] == [landed.batch_id]


def test_old_details_go_and_what_metrics_count_stays(conn: Connection) -> None:
    said = {"table": "observation", "success": True, "max_severity": None, "rows": 1, "failed_rows": 0}
    commit_batch(conn, WATER, batch(observation(), validations=[said]))
    commit_batch(conn, WATER, batch(observation(minute=5), validations=[said]))
    commit_batch(conn, WATER, batch(state="NOT_MODIFIED", payloads=[], cursor=None))
    commit_batch(conn, WATER, batch(state="NOT_MODIFIED", payloads=[], cursor=None, quarantined=[failure()]))  # is news
    conn.execute(
        "update ops.batch set committed_at = now() - interval '2 years'"
        " where batch_id <> (select batch_id from ops.cursor)"
    )
    for days, state in ((91, "SENT"), (91, "PENDING"), (89, "FAILED")):
        conn.execute(
            "insert into ops.notification (message_id, channel, type, group_key, breach_ids, subject, body, payload,"
            " state, created_at, sent_at) values (gen_random_uuid(), 'log', 'opened', 'k', '{}', 's', 'b', '{}',"
            " %(state)s, now() - %(days)s * interval '1 day', case when %(state)s = 'SENT' then now() end)",
            {"state": state, "days": days},
        )
    assert retention.prune(conn) == {"validations": 1, "polls": 1, "messages": 1}
    assert one(conn, "select count(*) from ops.batch") == 3
    assert one(conn, "select count(*) from landing.observation") == 2


def status_of(conn: Connection, feed_id: str = "water_regime") -> dict[str, Any]:
    return next(feed for feed in feed_status(conn) if feed["id"] == feed_id)


def test_status_counts_what_is_there(conn: Connection) -> None:
    assert [feed["id"] for feed in feed_status(conn)] == sorted(CONTRACTS)
    commit_batch(conn, WATER, batch(observation(minute=3), observation(minute=7), quarantined=[failure()]))
    found = status_of(conn)
    assert found.pop("last_success_at") == one(conn, "select committed_at from ops.batch")
    assert found == {
        "id": "water_regime",
        "name": WATER.name,
        "domain": "water",
        "department": "水利",
        "records": 2,
        "quarantined": 1,
        "last_event_at": at(7),
        "delay_p95_s": None,
        "coverage": None,
        "state": "OK",
    }


def test_states_of_a_feed(conn: Connection) -> None:
    assert status_of(conn)["state"] == "NO_EVIDENCE"
    fail_batch(conn, "water_regime", run_id="r", kind="pull", started_at=at(0), error="refused")
    assert status_of(conn)["state"] == "FAILED"
    commit_batch(conn, WATER, batch(state="NOT_MODIFIED", payloads=[]))
    assert status_of(conn)["state"] == "OK"
    commit_batch(conn, WATER, batch(state="HELD", payloads=[]))
    assert status_of(conn)["state"] == "HELD"
    conn.execute("update ops.batch set committed_at = committed_at - interval '16 minutes'")
    commit_batch(conn, WATER, batch(kind="replay"))  # no poll: says nothing about the source
    assert status_of(conn)["state"] == "HELD"
    conn.execute("delete from ops.cursor")
    conn.execute("delete from ops.batch where state = 'HELD'")
    assert status_of(conn)["state"] == "STALE"
    conn.execute("update ops.feed set frequency_s = 3600")
    assert status_of(conn)["state"] == "OK"
