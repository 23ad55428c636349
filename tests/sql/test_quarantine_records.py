"""Quarantine: every failure once, whatever is read again; closed by a person or by a reading that no longer fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from batches import WATER, at, batch, digest, failure, observation, one

from warehouse import quarantine
from warehouse.commit import commit_batch
from warehouse.db import Connection


def states(conn: Connection) -> list[tuple[Any, ...]]:
    return conn.execute("select rule, status, closed_at is not null from quarantine.record order by id").fetchall()


def test_a_failure_is_kept_whole(conn: Connection) -> None:
    counts = commit_batch(conn, WATER, batch(quarantined=[failure()]))
    assert counts.quarantined == 1
    (row,) = quarantine.list_records(conn)
    assert (row.feed_id, row.table_name, row.payload_sha256) == ("water_regime", "observation", digest("p"))
    assert (row.where_in_payload, row.rule, row.reason) == ("row 3", "value.between", "value 9999 is above 500")
    assert (row.severity, row.record, row.status, row.batch_id) == ("error", {"value": 9999}, "open", counts.batch_id)
    assert quarantine.fetch_records(conn, [row.id]) == [row]
    with pytest.raises(KeyError, match=f"no quarantined record {row.id + 1}"):
        quarantine.fetch_records(conn, [row.id, row.id + 1])


def test_the_same_failure_again_is_the_same_row(conn: Connection) -> None:
    for _ in range(2):
        commit_batch(conn, WATER, batch(quarantined=[failure(), failure(), failure(rule="unit.in_set")]))
    assert states(conn) == [("unit.in_set", "open", False), ("value.between", "open", False)]
    assert one(conn, "select sum(quarantined) from ops.batch") == 4


def test_whole_payloads_and_unfetched_documents_are_told_apart_by_their_place(conn: Connection) -> None:
    rows = [
        replace(failure(where=where, rule="mine.fields", table=None, payload_sha256=payload), record=None)
        for where in ("line 7", "line 9")
        for payload in (digest("p"), None)
    ]
    for _ in range(2):
        commit_batch(conn, WATER, batch(quarantined=rows))
    assert one(conn, "select count(*) from quarantine.record") == 4


def test_records_that_no_column_could_hold_are_kept_all_the_same(conn: Connection) -> None:
    record = {"name": "a\x00b", "value": float("nan"), "at": at(1), "list": [float("inf"), b"\xff"], "odd": "\ud800"}
    commit_batch(conn, WATER, batch(quarantined=[failure(record, reason="holds \x00")]))
    stored = conn.execute("select record, reason from quarantine.record").fetchone()
    assert stored == (
        {
            "name": "a␀b",
            "value": "nan",
            "at": "2026-11-01T00:01:00+00:00",
            "list": ["inf", "b'\\xff'"],
            "odd": "\\ud800",
        },
        "holds ␀",
    )


def test_a_replay_resolves_what_no_longer_fails(conn: Connection) -> None:
    commit_batch(conn, WATER, batch(quarantined=[failure(), failure(rule="unit.in_set")]))
    commit_batch(conn, WATER, batch(quarantined=[failure({"value": 8888}, payload_sha256=digest("other"))]))
    commit_batch(conn, WATER, batch(observation(), kind="replay", quarantined=[failure(rule="unit.in_set")]))
    assert states(conn) == [
        ("unit.in_set", "open", False),
        ("value.between", "resolved", True),
        ("value.between", "open", False),  # of another payload
    ]


def test_a_bad_record_that_is_sent_again_in_new_bytes_stays_one_row(conn: Connection) -> None:
    for payload in ("p", "p with one more record", "p with two more"):
        commit_batch(conn, WATER, batch(quarantined=[failure(payload_sha256=digest(payload))]))
    (row,) = quarantine.list_records(conn)
    assert row.payload_sha256 == digest("p")


def test_what_was_resolved_and_fails_again_is_open_again(conn: Connection) -> None:
    commit_batch(conn, WATER, batch(quarantined=[failure()]))
    commit_batch(conn, WATER, batch(kind="replay"))
    assert states(conn) == [("value.between", "resolved", True)]
    commit_batch(conn, WATER, batch(kind="replay", quarantined=[failure()]))
    assert states(conn) == [("value.between", "open", False)]


def test_a_held_batch_resolves_nothing_and_is_resolved_when_it_lands(conn: Connection) -> None:
    commit_batch(conn, WATER, batch(quarantined=[failure()]))
    held = failure(rule="table.row_count", status="held", severity="critical")
    commit_batch(conn, WATER, batch(state="HELD", quarantined=[held]))
    assert states(conn) == [("value.between", "open", False), ("table.row_count", "held", False)]
    commit_batch(conn, WATER, batch(observation(), kind="replay"))
    assert [status for _, status, _ in states(conn)] == ["resolved", "resolved"]


def test_a_release_lands_and_closes_in_one_transaction_and_stays_released(conn: Connection) -> None:
    commit_batch(conn, WATER, batch(quarantined=[failure(), failure(rule="unit.in_set")]))
    (ident,) = conn.execute("select id from quarantine.record where rule = 'value.between'").fetchone() or ()
    counts = commit_batch(conn, WATER, batch(observation(), kind="release", cursor=None, released=[ident]))
    assert counts.inserted == 1
    assert states(conn) == [("unit.in_set", "open", False), ("value.between", "released", True)]

    commit_batch(conn, WATER, batch(kind="replay", quarantined=[failure()]))
    assert states(conn) == [("unit.in_set", "resolved", True), ("value.between", "released", True)]


def test_closing_by_hand_needs_a_note_and_happens_once(conn: Connection) -> None:
    commit_batch(conn, WATER, batch(quarantined=[failure()]))
    ident = one(conn, "select id from quarantine.record")
    assert quarantine.close(conn, [ident], "resolved", "a test value of the office") == 1
    assert quarantine.close(conn, [ident], "released", "again") == 0
    row = conn.execute("select status, note from quarantine.record").fetchone()
    assert row == ("resolved", "a test value of the office")
