"""What a commit does to landing: whatever the order and however often, the same records stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from batches import CONTRACTS, WATER, at, batch, digest, observation, one, table, whole
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse import arrow
from warehouse.batch import PayloadOutcome
from warehouse.commit import commit_batch
from warehouse.db import Connection
from warehouse.errors import CommitError, WarehouseError


def value_of(conn: Connection) -> float | None:
    value: float | None = one(conn, "select value from landing.observation")
    return value


def test_records_ledger_and_cursor_come_together(conn: Connection) -> None:
    rows = [observation(minute=minute) for minute in range(3)]
    said = {"table": "observation", "success": True, "max_severity": "warning", "rows": 3, "failed_rows": 0, "x": [1.5]}
    drift = [{"table": "observation", "field": "DYP", "count": 3, "example": "1"}]
    counts = commit_batch(conn, WATER, batch(*rows, validations=[said], drift=drift))

    assert (counts.records, counts.inserted, counts.updated, counts.unchanged) == (3, 3, 0, 0)
    assert counts.tables == ("observation",)
    stored = conn.execute(
        "select state, records, inserted, quarantined, rejects, tables, drift, error from ops.batch"
    ).fetchone()
    assert stored == ("LANDED", 3, 3, 0, 0, ["observation"], drift, None)
    assert conn.execute("select sha256, outcome, rejects from ops.batch_payload").fetchall() == [
        (digest("p"), "ACCEPTED", 0)
    ]
    assert conn.execute("select success, max_severity, rows, result from ops.validation").fetchone() == (
        True,
        "warning",
        3,
        said,
    )
    assert conn.execute("select value, batch_id from ops.cursor").fetchone() == (
        {"until": "2026-11-01"},
        counts.batch_id,
    )


def test_every_kind_of_value_arrives_as_it_was(conn: Connection) -> None:
    quake = CONTRACTS["earthquake"]
    row = {
        "event_id": "us7000",
        "updated_at": at(5.000001),
        "event_at": at(0),
        "magnitude": float("nan"),
        "longitude": 113.5,
        "latitude": -0.0,
        "place": "晋城市 引号' 反斜\\杠 \t制表 😀",
        "status": "automatic",
        "event_type": "earthquake",
        "ids": '["us7000", "引"]',
        "is_tsunami": False,
        "extra": '{"未知": [1, null, "\\\\u0000 as text"]}',
        "fetched_at": at(6),
        "payload_sha256": digest("p"),
        "quality_flags": ["place.not_empty", "a,b"],
    }
    data = table([row], "earthquake", quake)
    commit_batch(conn, quake, batch(contract=quake, tables={"earthquake": data}))
    stored = conn.execute(
        "select updated_at, magnitude::text, latitude, place, ids, is_tsunami, felt, extra, quality_flags"
        " from landing.earthquake"
    ).fetchone()
    assert stored == (
        row["updated_at"],
        "NaN",
        0.0,
        row["place"],
        ["us7000", "引"],
        False,
        None,
        {"未知": [1, None, "\\u0000 as text"]},
        row["quality_flags"],
    )


def test_flags_are_counted_by_rule(conn: Connection) -> None:
    rows = [
        observation() | {"quality_flags": ["value.between", "value.step"]},
        observation("B2") | {"quality_flags": ["value.step"]},
        observation("C3") | {"quality_flags": None},
    ]
    counts = commit_batch(conn, WATER, batch(*rows))
    stored = conn.execute("select flagged from ops.batch where batch_id = %s", (counts.batch_id,)).fetchone()
    assert stored == (
        [
            {"table": "observation", "rule": "value.between", "count": 1},
            {"table": "observation", "rule": "value.step", "count": 2},
        ],
    )


def test_the_same_batch_again_changes_nothing(conn: Connection) -> None:
    commit_batch(conn, WATER, batch(observation(), observation("B2")))
    before = whole(conn)
    counts = commit_batch(conn, WATER, batch(observation(), observation("B2"), kind="replay"))
    assert (counts.records, counts.inserted, counts.updated, counts.unchanged) == (2, 0, 0, 2)
    assert counts.tables == ()
    assert whole(conn) == before


def test_a_full_list_that_changes_nothing_still_tells_who_is_gone_and_who_is_back(conn: Connection) -> None:
    lists = replace(WATER, full_list="*", expected={"kind": "polls"})
    both, one = ("A1", "B2"), ("A1",)
    told = []
    for poll, listed in enumerate((both, both, one, one, both, both)):
        rows = [observation(station, fetched=100 + poll) for station in listed]
        told.append(commit_batch(conn, lists, batch(*rows)).tables == ("observation",))
    new, same, gone, still_gone, back, same_again = told
    assert (new, gone, back) == (True, True, True)
    assert (same, still_gone, same_again) == (False, False, False)


def test_a_later_poll_with_the_same_content_keeps_what_was_known_first(conn: Connection) -> None:
    first = commit_batch(conn, WATER, batch(observation(fetched=100, payload="early")))
    again = commit_batch(conn, WATER, batch(observation(fetched=200, payload="late")))
    assert again.updated == 0
    query = "select fetched_at, payload_sha256, batch_id, seen_at from landing.observation"
    assert conn.execute(query).fetchall() == [(at(100), digest("early"), first.batch_id, at(200))]


def test_a_revision_wins_and_a_late_older_one_loses(conn: Connection) -> None:
    commit_batch(conn, WATER, batch(observation(value=1, fetched=100)))
    revised = commit_batch(conn, WATER, batch(observation(value=2, fetched=200)))
    assert (revised.inserted, revised.updated) == (0, 1)
    late = commit_batch(conn, WATER, batch(observation(value=1.5, fetched=150)))
    assert (late.inserted, late.updated, late.unchanged) == (0, 0, 1)
    assert value_of(conn) == 2
    assert one(conn, "select batch_id from landing.observation") == revised.batch_id


def test_the_issue_time_counts_before_the_time_of_the_fetch(conn: Connection) -> None:
    commit_batch(conn, WATER, batch(observation(value=2, issued_at=at(20), fetched=100)))
    commit_batch(conn, WATER, batch(observation(value=1, issued_at=at(10), fetched=200)))
    assert value_of(conn) == 2


def test_content_that_changes_and_changes_back_ends_as_it_was_last_seen(conn: Connection) -> None:
    """1 at minute 10, 2 at 20, 1 again at 30, and the payload of minute 20 arrives last."""
    for minute, value in ((10, 1.0), (30, 1.0), (20, 2.0)):
        commit_batch(conn, WATER, batch(observation(value=value, fetched=minute)))
    assert value_of(conn) == 1.0


def test_duplicates_inside_a_batch_are_one_record(conn: Connection) -> None:
    rows = [observation(value=value, fetched=minute) for minute, value in ((10, 1.0), (30, 3.0), (20, 2.0), (30, 3.0))]
    counts = commit_batch(conn, WATER, batch(*rows))
    assert (counts.records, counts.inserted, counts.unchanged) == (4, 1, 3)
    assert value_of(conn) == 3.0


sightings = st.lists(
    st.fixed_dictionaries(
        {
            "value": st.sampled_from([1.0, 2.0]),
            "issued_at": st.sampled_from([None, None, at(2)]),
            "fetched": st.integers(10, 15),
        }
    ),
    min_size=2,
    max_size=6,
    unique_by=lambda sighting: sighting["fetched"],
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals=sightings, batches=st.integers(1, 4))
def test_the_order_of_arrival_does_not_matter(conn: Connection, arrivals: list[dict[str, Any]], batches: int) -> None:
    """However the sightings of a record arrive, together or one by one, the greatest version stands."""
    conn.execute("delete from landing.observation")
    for start in range(batches):
        part = arrivals[start::batches]
        if part:
            commit_batch(conn, WATER, batch(*(observation(**sighting) for sighting in part)))
    best = max(arrivals, key=lambda sighting: (sighting["issued_at"] or at(0), sighting["fetched"]))
    stored = conn.execute("select value, issued_at, seen_at from landing.observation").fetchall()
    assert stored == [(best["value"], best["issued_at"], at(best["fetched"]))]


def test_warnings_of_the_gate_are_refreshed_by_a_replay(conn: Connection) -> None:
    commit_batch(conn, WATER, batch(observation()))
    flagged = observation(quality_flags=["value.between"])
    counts = commit_batch(conn, WATER, batch(flagged, kind="replay"))
    assert counts.updated == 1
    assert one(conn, "select quality_flags from landing.observation") == ["value.between"]


def test_feeds_that_share_a_table_do_not_touch_each_other(conn: Connection) -> None:
    mines = CONTRACTS["coal_mine_safety"]
    commit_batch(conn, WATER, batch(observation(value=1)))
    commit_batch(conn, mines, batch(observation(value=2), contract=mines))
    assert conn.execute("select feed_id, value from landing.observation order by 1").fetchall() == [
        ("coal_mine_safety", 2),
        ("water_regime", 1),
    ]


def test_a_field_that_the_contract_does_not_know_is_kept(conn: Connection) -> None:
    commit_batch(conn, WATER, batch(observation(extra='{"DYP": 3.5}')))
    counts = commit_batch(conn, WATER, batch(observation(extra='{"DYP": 4}', fetched=101)))
    assert counts.updated == 1
    assert one(conn, "select extra from landing.observation") == {"DYP": 4}


def test_a_poll_without_news_and_a_held_batch_are_recorded(conn: Connection) -> None:
    polled = commit_batch(conn, WATER, batch(state="NOT_MODIFIED", payloads=[]))
    held = commit_batch(conn, WATER, batch(state="HELD", cursor=None))
    assert conn.execute("select batch_id, state, records from ops.batch order by 1").fetchall() == [
        (polled.batch_id, "NOT_MODIFIED", 0),
        (held.batch_id, "HELD", 0),
    ]
    assert one(conn, "select batch_id from ops.cursor") == polled.batch_id
    with pytest.raises(ValueError, match="lands no records"):
        batch(observation(), state="HELD")


def test_a_value_that_the_database_refuses_leaves_no_trace(conn: Connection) -> None:
    commit_batch(conn, WATER, batch(observation()))
    before = (whole(conn), one(conn, "select count(*) from ops.batch"), one(conn, "select value from ops.cursor"))
    bad = batch(observation(value=5, fetched=200), observation(minute=5, extra="{broken"), cursor={"until": "later"})
    with pytest.raises(CommitError, match=r"water_regime was refused .*invalid input syntax for type json") as error:
        commit_batch(conn, WATER, bad)
    assert not error.value.retryable
    after = (whole(conn), one(conn, "select count(*) from ops.batch"), one(conn, "select value from ops.cursor"))
    assert after == before


def test_a_row_without_its_key_is_refused_by_name(conn: Connection) -> None:
    with pytest.raises(CommitError, match='"station_code"'):
        commit_batch(conn, WATER, batch(observation() | {"station_code": None}))


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (observation(unit="m\x00m"), "unit"),
        (observation(extra='{"a": "\\u0000"}'), "extra"),
        (observation(extra='{"a": "\\\\\\u0000"}'), "extra"),
    ],
)
def test_the_character_that_postgresql_cannot_store_is_found_before_the_commit(
    conn: Connection, row: dict[str, object], column: str
) -> None:
    fine = observation("B2", extra='{"a": "\\\\u0000"}', unit="\\u0000")  # a backslash and u0000, as plain text
    data = table([fine, row])
    assert arrow.rows_with_nul(data, WATER.table("observation")) == {1: column}
    with pytest.raises(CommitError, match=f"row 1 for observation holds the character U\\+0000 in column {column}"):
        commit_batch(conn, WATER, batch(tables={"observation": data}))
    assert one(conn, "select count(*) from ops.batch") == 0
    assert commit_batch(conn, WATER, batch(fine)).inserted == 1


def test_times_without_a_zone_are_refused(conn: Connection) -> None:
    import pyarrow as pa

    data = table([observation()])
    index = data.column_names.index("event_at")
    naive = data.set_column(index, "event_at", data.column("event_at").cast(pa.timestamp("us")))
    with pytest.raises(CommitError, match="column event_at for observation holds times without a zone"):
        commit_batch(conn, WATER, batch(tables={"observation": naive}))


def test_missing_and_unknown_columns_are_named(conn: Connection) -> None:
    data = table([observation()])
    with pytest.raises(CommitError, match="lacks column unit"):
        commit_batch(conn, WATER, batch(tables={"observation": data.drop_columns(["unit"])}))
    with pytest.raises(CommitError, match="has the unknown column zzz"):
        commit_batch(conn, WATER, batch(tables={"observation": data.append_column("zzz", data.column("unit"))}))
    with pytest.raises(CommitError, match="no table nowhere"):
        commit_batch(conn, WATER, batch(tables={"nowhere": data}))


def test_a_commit_inside_another_transaction_is_refused(conn: Connection) -> None:
    with conn.transaction(), pytest.raises(WarehouseError, match="inside a transaction"):
        commit_batch(conn, WATER, batch(observation()))


def test_a_lost_connection_may_be_tried_again(conn: Connection) -> None:
    def cut(step: str) -> None:
        if step == "landed observation":
            conn.execute("select pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(CommitError) as error:
        commit_batch(conn, WATER, batch(observation()), on_step=cut)
    assert error.value.retryable


def test_a_first_big_load_leaves_statistics_for_the_planner(conn: Connection) -> None:
    rows = [observation(f"S{n % 100}", minute=n // 100) for n in range(6_000)]
    commit_batch(conn, WATER, batch(*rows))
    query = "select reltuples from pg_class where oid = 'landing.observation__water_regime'::regclass"
    assert one(conn, query) == 6_000


def test_the_payloads_of_a_batch_are_all_named(conn: Connection) -> None:
    payloads = [
        PayloadOutcome(digest("p"), "PARTIAL", 2),
        PayloadOutcome(digest("q"), "REJECTED", 1),
        PayloadOutcome(digest("p"), "PARTIAL", 2),  # the source sent the same bytes twice
    ]
    counts = commit_batch(conn, WATER, replace(batch(observation()), payloads=payloads))
    assert counts.rejects == 5
    assert one(conn, "select count(*) from ops.batch_payload") == 2
