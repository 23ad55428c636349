"""Records that broke their contract: kept with rule and reason, counted, released after a fix."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import sql
from psycopg.rows import class_row

from warehouse.batch import QuarantineRow
from warehouse.db import Connection, own_transaction
from warehouse.storable import storable

WAITING = ("open", "held")
Closed = Literal["released", "resolved"]


@dataclass(frozen=True)
class QuarantinedRecord:
    """A row of quarantine.record."""

    id: int
    feed_id: str
    table_name: str | None
    batch_id: int
    payload_sha256: str | None
    where_in_payload: str
    rule: str
    reason: str
    severity: str
    record: dict[str, Any] | None
    status: str
    first_seen_at: datetime
    closed_at: datetime | None
    note: str | None


_COLUMNS = sql.SQL(", ").join(sql.Identifier(name) for name in QuarantinedRecord.__dataclass_fields__)


def list_records(
    conn: Connection, *, feed_id: str | None = None, statuses: Sequence[str] = WAITING, limit: int = 100
) -> list[QuarantinedRecord]:
    """The newest quarantined records first; ``feed_id`` None means all feeds."""
    query = sql.SQL(
        "select {} from quarantine.record where status = any(%s) and (%s::text is null or feed_id = %s)"
        " order by first_seen_at desc, id desc limit %s"
    ).format(_COLUMNS)
    with conn.cursor(row_factory=class_row(QuarantinedRecord)) as cursor:
        return cursor.execute(query, (list(statuses), feed_id, feed_id, limit)).fetchall()


def fetch_records(conn: Connection, ids: Sequence[int]) -> list[QuarantinedRecord]:
    """The records with these ids, by id. Raises KeyError naming those that don't exist."""
    query = sql.SQL("select {} from quarantine.record where id = any(%s) order by id").format(_COLUMNS)
    with conn.cursor(row_factory=class_row(QuarantinedRecord)) as cursor:
        found = cursor.execute(query, (list(ids),)).fetchall()
    missing = sorted(set(ids) - {one.id for one in found})
    if missing:
        raise KeyError(f"there is no quarantined record {', '.join(map(str, missing))}; see riskmap quarantine list")
    return found


def close(conn: Connection, ids: Sequence[int], status: Closed, note: str) -> int:
    """Close records by hand, with a reason; returns how many were open. Landing them is commit_batch's job."""
    with own_transaction(conn):
        return mark(conn, ids, status, note)


def mark(conn: Connection, ids: Sequence[int], status: Closed, note: str) -> int:
    """Close records inside the caller's transaction; those that are closed already stay as they are."""
    query = """
        update quarantine.record set status = %s, closed_at = now(), note = %s
        where id = any(%s) and status = any(%s)
    """
    return conn.execute(query, (status, note, list(ids), list(WAITING))).rowcount if ids else 0


def record(conn: Connection, feed_id: str, batch_id: int, rows: Sequence[QuarantineRow]) -> int:
    """Put rows into quarantine inside the caller's transaction; returns the number of distinct failures.

    A failure that is known already keeps its row, its first payload and its first_seen_at. What a person released
    stays released; what had been resolved and fails again is open again.
    """
    if not rows:
        return 0
    conn.execute(
        "create temp table stage_quarantine (table_name text, payload_sha256 text, where_in_payload text, rule text,"
        " reason text, severity text, status text, record text) on commit drop"
    )
    with conn.cursor() as cursor, cursor.copy("copy pg_temp.stage_quarantine from stdin") as copy:
        for row in rows:
            copy.write_row(_as_fields(row))
    return conn.execute(
        """
        insert into quarantine.record as known
            (feed_id, table_name, batch_id, payload_sha256, where_in_payload, rule, reason, severity, status, record,
             record_hash)
        select distinct on (table_name, record_hash, rule)
            %(feed_id)s, table_name, %(batch_id)s, payload_sha256, where_in_payload, rule, reason, severity, status,
            record::jsonb, record_hash
        from pg_temp.stage_quarantine
        cross join lateral (
            select md5(coalesce(record::jsonb::text, concat_ws(' ', payload_sha256, 'at', where_in_payload)))
        ) as hash (record_hash)
        order by table_name, record_hash, rule, payload_sha256, where_in_payload
        on conflict (feed_id, table_name, record_hash, rule) do update set
            batch_id = excluded.batch_id,
            reason = excluded.reason,
            severity = excluded.severity,
            status = case when known.status = 'released' then known.status else excluded.status end,
            closed_at = case when known.status = 'released' then known.closed_at end
        """,
        {"feed_id": feed_id, "batch_id": batch_id},
    ).rowcount


def resolve(conn: Connection, feed_id: str, batch_id: int, payloads: Sequence[str]) -> int:
    """Close what no longer fails: waiting rows of payloads that this batch read, and did not quarantine again."""
    query = """
        update quarantine.record set status = 'resolved', closed_at = now(), note = %s
        where feed_id = %s and payload_sha256 = any(%s) and status = any(%s) and batch_id <> %s
    """
    values = (f"no longer fails in batch {batch_id}", feed_id, list(payloads), list(WAITING), batch_id)
    return conn.execute(query, values).rowcount if payloads else 0


def _as_fields(row: QuarantineRow) -> tuple[str | None, ...]:
    packed = None if row.record is None else json.dumps(storable(row.record), ensure_ascii=False)
    texts = (row.table, row.payload_sha256, row.where, row.rule, row.reason, row.severity, row.status)
    return (*(None if text is None else storable(text) for text in texts), packed)
