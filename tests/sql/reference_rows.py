"""Random histories as rows of ledger, landing and dimensions, and what the warehouse then says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.reference.availability import Row
from tests.reference.history import FOREVER, OBSERVATIONS, History, Version
from tests.reference.loops import Loop

SHANGHAI_S = 8 * 3600
LOOP_TIMES = ("responded_at", "disposed_at", "closed_at")
LOOP_DEADLINES = ("respond_due_at", "dispose_due_at", "close_due_at")
DANGER_TIMES = ("registered_at", "rectified_at", "accepted_at", "closed_at")
WRITTEN = (
    "ops.publication",
    "ops.build",
    "landing.observation",
    "marts.dim_monitoring_point",
    "marts.dim_enterprise",
    "quarantine.record",
    "staging.metric_exclusion",
    "ops.feed_version",
)


def moment(local_s: float | None) -> datetime | None:
    return None if local_s is None else datetime.fromtimestamp(local_s - SHANGHAI_S, UTC)


def local_second(value: datetime) -> float:
    return value.timestamp() + SHANGHAI_S


def local_clock(local_s: float | None) -> datetime | None:
    """As the seeds write it: without a zone."""
    return None if local_s is None else datetime.fromtimestamp(local_s, UTC).replace(tzinfo=None)


def write(conn: psycopg.Connection[Any], histories: Sequence[History]) -> None:
    """The warehouse as it is when so much of the histories is known. What was known before is written again."""
    with conn.transaction():
        for table in WRITTEN:
            conn.execute(sql.SQL("delete from {}").format(sql.Identifier(*table.split("."))))
        _upsert_feeds(conn, histories)
        _copy(conn, "ops.feed_version", (_version(h, v) for h in histories for v in h.versions))
        _insert_batches(conn, histories)
        _copy(conn, "marts.dim_monitoring_point", _entries(histories))
        _copy(conn, "marts.dim_enterprise", _owners(histories[0]))
        _copy(conn, "quarantine.record", _refused(histories))
        _copy(conn, "staging.metric_exclusion", _exclusions(histories))
        _copy(conn, "landing.observation", _records(histories))


def _copy(conn: psycopg.Connection[Any], table: str, rows: Iterable[dict[str, Any]]) -> None:
    rows = list(rows)
    if rows:
        columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
        with conn.cursor().copy(
            sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(*table.split(".")), columns)
        ) as copy:
            for row in rows:
                copy.write_row(list(row.values()))


def _expected(version: Version) -> Jsonb:
    named = {
        "kind": version.kind,
        "register": version.register,
        "every_s": version.every_s,
        "transfer_times": None if version.transfer_times is None else list(version.transfer_times),
        "target": version.target,
        "availability_full": version.full,
        "availability_low": version.low,
    }
    return Jsonb({name: value for name, value in named.items() if value is not None})


def _promise(version: Version) -> dict[str, Any]:
    return {
        "version": "1",
        "contract_sha256": "-",
        "department": version.department,
        "frequency_s": version.frequency_s,
        "latency_s": version.latency_s,
        "latency_element": OBSERVATIONS,
        "expected": _expected(version),
    }


def _version(history: History, version: Version) -> dict[str, Any]:
    clocks = {name: moment(getattr(version, name)) for name in ("valid_from", "valid_to", "activated_at")}
    return {"feed_id": history.feed_id} | clocks | _promise(version)


def _upsert_feeds(conn: psycopg.Connection[Any], histories: Sequence[History]) -> None:
    for history in histories:
        row = _promise(history.versions[-1]) | {
            "feed_id": history.feed_id,
            "name": f"模拟 {history.seed}",
            "domain": "water",
            "owner": "-",
            "zone": "Asia/Shanghai",
            "crs": "EPSG:4326",
            "event_column": "event_at",
            "main_table": "observation",
            "tables": ["observation"],
            "closing": Jsonb({}),
            "contract": Jsonb({}),
            "activated_at": moment(history.activated_at),
            "active_from": moment(history.versions[0].valid_from),
            "active_until": moment(history.active_until),
        }
        changes = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in row)
        conn.execute(
            sql.SQL("insert into ops.feed ({}) values ({}) on conflict (feed_id) do update set {}").format(
                sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(sql.Placeholder() * len(row)), changes
            ),
            list(row.values()),
        )


def _insert_batches(conn: psycopg.Connection[Any], histories: Sequence[History]) -> None:
    known = {number for (number,) in conn.execute("select batch_id from ops.batch")}
    batches = [(h, b) for h in histories for b in h.batches]
    new = [(h, b) for h, b in batches if b.number not in known]
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into ops.batch (batch_id, feed_id, run_id, kind, state, started_at, fetched_at, committed_at,
                                      rejects, error)
               overriding system value values (%s, %s, 'test', %s, %s, %s, %s, %s, %s, %s)""",
            [
                (
                    *(b.number, h.feed_id, b.kind, b.state, moment(b.fetched_at), moment(b.fetched_at)),
                    *(moment(b.committed_at), int(b.is_refused), "failed" if b.state == "FAILED" else None),
                )
                for h, b in new
            ],
        )
    refused = [{"batch_id": b.number, "feed_id": h.feed_id, "sha256": "-"} for h, b in new if b.is_refused]
    _copy(conn, "ops.batch_payload", (row | {"outcome": "REJECTED", "rejects": 1} for row in refused))
    conn.execute("insert into ops.build (build_id, state, selection) values ('b', 'SUCCEEDED', '')")
    published = [b for _, b in batches if b.published_at is not None]
    rows = ({"batch_id": b.number, "build_id": "b", "published_at": moment(b.published_at)} for b in published)
    _copy(conn, "ops.publication", rows)


def _entries(histories: Sequence[History]) -> Iterator[dict[str, Any]]:
    for history in histories:
        first = {e.point: e.valid_from for e in reversed(history.entries)}
        for entry in history.entries:
            yield {
                "feed_id": history.feed_id,
                "point_code": entry.point,
                "register": entry.register,
                "category": entry.category,
                "region_code": entry.region,
                "credit_code": entry.owner,
                "is_in_use": entry.is_in_use,
                "valid_from": moment(entry.valid_from),
                "valid_to": moment(entry.valid_to),
                "is_current": entry.valid_to == FOREVER,
                "known_since": moment(first[entry.point]),
                "batch_id": entry.batch,
            }


def _owners(history: History) -> Iterator[dict[str, Any]]:
    first = {o.code: o.valid_from for o in reversed(history.owners)}
    for owner in history.owners:
        yield {
            "credit_code": owner.code,
            "industry": owner.industry,
            "valid_from": moment(owner.valid_from),
            "valid_to": moment(owner.valid_to),
            "is_current": owner.valid_to == FOREVER,
            "is_first_version": owner.valid_from == first[owner.code],
        }


def _refused(histories: Sequence[History]) -> Iterator[dict[str, Any]]:
    """One record of every payload that was refused."""
    for history in histories:
        for batch in history.batches:
            if batch.is_refused:
                yield {
                    "feed_id": history.feed_id,
                    "batch_id": batch.number,
                    "where_in_payload": "-",
                    "rule": "-",
                    "reason": "-",
                    "severity": "error",
                    "record_hash": str(batch.number),
                    "status": "open",
                    "first_seen_at": moment(batch.committed_at),
                }


def _exclusions(histories: Sequence[History]) -> Iterator[dict[str, Any]]:
    for history in histories:
        for exclusion in history.exclusions:
            yield {
                "feed_id": history.feed_id,
                "point_code": exclusion.point,
                "excluded_from": local_clock(exclusion.excluded_from),
                "excluded_to": local_clock(exclusion.excluded_to),
                "reason": exclusion.reason,
                "approved_by": exclusion.approved_by,
            }


def _records(histories: Sequence[History]) -> Iterator[dict[str, Any]]:
    for history in histories:
        for record in history.records:
            yield {
                "station_code": record.point,
                "variable": record.variable,
                "event_at": moment(record.event_at),
                "value": record.content,
                "issued_at": moment(record.issued_at),
                "feed_id": history.feed_id,
                "batch_id": record.batch.number,
                "fetched_at": moment(record.batch.fetched_at),
                "landed_at": moment(record.batch.committed_at),
                "seen_at": moment(record.batch.committed_at),
                "record_hash": str(record.content),
            }


def write_loops(conn: psycopg.Connection[Any], loops: Sequence[Loop]) -> None:
    """Facts about loops, in place of the models that make them: tables with the columns that the figures read."""
    times = ", ".join(f"{name} timestamptz" for name in (*LOOP_TIMES, *LOOP_DEADLINES, "opened_at", "ended_at"))
    dangers = ", ".join(f"{name} timestamptz" for name in (*DANGER_TIMES, "found_at", "deadline_at", "recurred_at"))
    with conn.transaction():
        conn.execute(
            f"""create table marts.fct_closed_loop (loop_kind text, loop_key text, region_code text, grade text,
                loop_state text, evidence text, is_closed boolean, {times})""".encode()
        )
        conn.execute(
            f"""create table marts.fct_hazard (danger_code text, region_code text, danger_level text, stage text,
                deadline_state text, duplicate_of text, is_closed boolean, is_rectification_refused boolean,
                is_acceptance_failed boolean, {dangers})""".encode()
        )
        _copy(conn, "marts.fct_closed_loop", (_loop(x) for x in loops if x.kind != "hidden_danger"))
        _copy(conn, "marts.fct_hazard", (_danger(x) for x in loops if x.kind == "hidden_danger"))


def _loop(loop: Loop) -> dict[str, Any]:
    return {
        "loop_kind": loop.kind,
        "loop_key": loop.key,
        "region_code": loop.region,
        "grade": loop.grade,
        "loop_state": "LAPSED" if loop.is_lapsed else "PENDING",
        "evidence": loop.evidence,
        "is_closed": loop.n_reached == len(loop.stages),
        "opened_at": moment(loop.opened_at),
        "ended_at": moment(loop.ended_at),
        **dict(zip(LOOP_TIMES, map(moment, loop.times), strict=True)),
        **dict(zip(LOOP_DEADLINES, map(moment, loop.deadlines), strict=True)),
    }


def _danger(loop: Loop) -> dict[str, Any]:
    deadline = loop.deadlines[1]
    state = "no_deadline" if deadline is None else "contradictory" if deadline < loop.opened_at else "pending"
    return {
        "danger_code": loop.key,
        "region_code": loop.region,
        "danger_level": loop.grade,
        "stage": ("found", "registered", "rectified", "accepted", "closed")[loop.n_reached],
        "deadline_state": state,
        "duplicate_of": "another" if loop.is_duplicate else None,
        "is_closed": loop.n_reached == len(loop.stages),
        "is_rectification_refused": loop.back_at == 1,
        "is_acceptance_failed": loop.back_at == 2,
        "recurred_at": moment(loop.opened_at) if loop.back_at == 3 else None,
        "found_at": moment(loop.opened_at),
        "deadline_at": moment(deadline),
        **dict(zip(DANGER_TIMES, map(moment, loop.times), strict=True)),
    }


def read(conn: psycopg.Connection[Any], query: str, key: Sequence[str]) -> dict[str, dict[tuple[object, ...], Row]]:
    """Rows of a metric by feed and by the rest of its key; times and days as local seconds."""
    found: dict[str, dict[tuple[object, ...], Row]] = {}
    with conn.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(query.encode()):
            plain = {name: _plain(value) for name, value in row.items()}
            feed_id = str(plain.pop("feed_id"))
            figures = {name: value for name, value in plain.items() if name not in {*key, "computed_at", "as_of"}}
            found.setdefault(feed_id, {})[tuple(plain[name] for name in key)] = figures
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return local_second(value)
    if hasattr(value, "toordinal"):
        return float((value.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()) * 86400)
    return value
