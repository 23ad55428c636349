"""Breaches, silences and messages in the warehouse: one transaction per change, and the clock of the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from riskmap.watch import text
from riskmap.watch.config import WatchConfig
from riskmap.watch.plan import Breach, Planned, Said, plan
from warehouse.db import Connection, own_transaction

_SEE = """
    insert into ops.breach
        (breach_key, kind, severity, department, feed_id, object, since, value, unit, limit_value, message_zh,
        message_en)
    select distinct on (breach_key)
        breach_key, kind, severity, department, feed_id, object, since, value, unit, limit_value, message_zh,
        message_en
    from ops.breach_now
    order by breach_key, since
    on conflict (breach_key) where resolved_at is null do update set
        last_seen_at = now(),
        severity = excluded.severity,
        department = excluded.department,
        value = excluded.value,
        unit = excluded.unit,
        limit_value = excluded.limit_value,
        message_zh = excluded.message_zh,
        message_en = excluded.message_en
"""
_RESOLVE = """
    update ops.breach set resolved_at = now()
    where resolved_at is null and last_seen_at < now() - %s * interval '1 second'
"""
_OPEN = """
    select
        breach.breach_id, breach.breach_key, breach.kind, breach.severity, breach.department, breach.feed_id,
        breach.object, breach.since, breach.opened_at, breach.resolved_at, breach.value, breach.unit,
        breach.limit_value, breach.message_zh, breach.message_en, rule.title_zh, rule.title_en, rule.what_to_do_zh,
        rule.what_to_do_en, rule.settle_s, breach.told_at,
        breach.acknowledged_at is not null as is_acknowledged,
        exists (
            select from ops.silence
            where
                silence.until > now()
                and silence.lifted_at is null
                and coalesce(silence.kind = breach.kind, silence.kind is null)
                and coalesce(silence.department = breach.department, silence.department is null)
                and coalesce(silence.feed_id = breach.feed_id, silence.feed_id is null)
                and coalesce(silence.breach_key = breach.breach_key, silence.breach_key is null)
        ) as is_silenced,
        exists (
            select from ops.breach as cause
            where
                cause.resolved_at is null
                and cause.kind = any(rule.inhibited_by)
                and (cause.feed_id is null or cause.feed_id = breach.feed_id)
        ) as is_inhibited
    from ops.breach as breach
    inner join ops.breach_rule as rule on breach.kind = rule.kind
    where breach.resolved_at is null or (breach.told_at is not null and breach.resolution_told_at is null)
    order by breach.breach_id
"""
_SAID = """
    select
        coalesce(
            (
                select jsonb_object_agg(groups.group_key, groups.last_at) from (
                    select key as group_key, max(created_at) as last_at
                    from ops.notification
                    cross join jsonb_array_elements_text(payload -> 'keys') as key
                    where created_at > now() - interval '7 days'
                    group by key
                ) as groups
            ),
            '{}'
        ) as groups,
        (
            select count(distinct message_id) from ops.notification
            where created_at > now() - interval '1 hour' and type not in ('digest', 'test')
        ) as in_last_hour,
        (select max(created_at) from ops.notification where type = 'digest') as last_digest_at,
        now() as now
"""


@dataclass(frozen=True)
class Looked:
    """What one look found: breaches that are open, errors among them that nobody silenced, messages put out."""

    n_open: int
    n_error: int
    n_messages: int


def look(conn: Connection, config: WatchConfig) -> Looked:
    """See what is wrong now, and put out the messages that are due; all or nothing."""
    with own_transaction(conn):
        conn.execute(_SEE)
        conn.execute(_RESOLVE, (config.resolve_after_s,))
        breaches = open_breaches(conn)
        said, now = _said(conn)
        planned = plan(breaches, said, now, config)
        for message in planned:
            put_out(conn, message, config)
        _forget_silenced(conn, breaches)
        still_open = [b for b in breaches if b.resolved_at is None]
        errors = sum(b.severity == "error" and not b.is_silenced for b in still_open)
        conn.execute(
            """
            insert into ops.watch (looked_at, n_open, n_error) values (now(), %s, %s)
            on conflict (watch_id) do update
            set looked_at = excluded.looked_at, n_open = excluded.n_open, n_error = excluded.n_error
            """,
            (len(still_open), errors),
        )
    return Looked(len(still_open), errors, len(planned))


def open_breaches(conn: Connection) -> list[Breach]:
    """Those that are open, and those that are over and were told of while their end was not."""
    with conn.cursor(row_factory=class_row(Breach)) as cursor:
        return cursor.execute(_OPEN).fetchall()


def put_out(conn: Connection, message: Planned, config: WatchConfig) -> None:
    """Write a message into the outbox, once per channel, and note on its breaches that it names them."""
    message_id = uuid.uuid4()
    named = [breach for group in message.groups for breach in group.all]
    facts = {**text.payload(message), "keys": [group.key for group in message.groups]}
    for channel in config.channels:
        conn.execute(
            """
            insert into ops.notification (message_id, channel, type, group_key, breach_ids, subject, body, payload)
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            """,
            (
                message_id,
                channel.name,
                message.type,
                message.key,
                [breach.breach_id for breach in named],
                text.subject(message, config.language),
                text.body(message, config.language),
                Jsonb(facts),
            ),
        )
    ended = [breach.breach_id for breach in named if breach.resolved_at]
    standing = [breach.breach_id for breach in named if not breach.resolved_at]
    conn.execute("update ops.breach set told_at = now() where breach_id = any(%s)", (standing,))
    conn.execute("update ops.breach set resolution_told_at = now() where breach_id = any(%s)", (ended,))


def _said(conn: Connection) -> tuple[Said, datetime]:
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SAID).fetchone()
    assert row is not None  # noqa: S101 - a select without from
    groups = {key: datetime.fromisoformat(moment) for key, moment in row["groups"].items()}
    return Said(groups, row["in_last_hour"], row["last_digest_at"]), row["now"]


def _forget_silenced(conn: Connection, breaches: Sequence[Breach]) -> None:
    """What ended while it was silenced is told to nobody, also not when the silence is over."""
    ended = [breach.breach_id for breach in breaches if breach.resolved_at and breach.is_silenced]
    conn.execute("update ops.breach set resolution_told_at = now() where breach_id = any(%s)", (ended,))


# What people do: look, acknowledge, silence.

_LIST = """
    select
        breach.breach_id, now.breach_key, now.kind, now.severity, now.department, now.feed_id, now.object,
        least(now.since, breach.since) as since, now.value, now.unit, now.limit_value, now.message_zh, now.message_en,
        now.what_to_do_zh, now.what_to_do_en, breach.opened_at, breach.told_at, breach.acknowledged_at,
        breach.acknowledged_by, breach.acknowledged_note
    from ops.breach_now as now
    left join ops.breach as breach on now.breach_key = breach.breach_key and breach.resolved_at is null
    order by now.severity, now.kind, now.breach_key
"""


def list_now(conn: Connection) -> list[dict[str, Any]]:
    """What is wrong at this moment, with what the watcher knows of it (nothing, where none runs): errors first."""
    quiet = {b.breach_id: "silenced" if b.is_silenced else "inhibited" for b in open_breaches(conn) if b.is_quiet}
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_LIST).fetchall()
    for row in rows:
        standing = "acknowledged" if row["acknowledged_at"] else "told" if row["told_at"] else "new"
        row["state"] = quiet.get(row["breach_id"], standing)
    return rows


def last_look(conn: Connection) -> datetime | None:
    """When the watcher last looked; None if none ever did."""
    row = conn.execute("select looked_at from ops.watch").fetchone()
    return row[0] if row else None


def find(conn: Connection, name: str) -> dict[str, Any]:
    """A breach by its id, or the newest of a key, with the messages that named it. Raises KeyError."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            """
            select breach.*, rule.title_zh, rule.title_en, rule.what_to_do_zh, rule.what_to_do_en
            from ops.breach as breach inner join ops.breach_rule as rule using (kind)
            where breach.breach_id::text = %s or breach.breach_key = %s
            order by breach.breach_id desc limit 1
            """,
            (name, name),
        ).fetchone()
        if row is None:
            raise KeyError(f"there is no breach {name!r} that the watcher has seen; see 'riskmap breaches list'")
        row["messages"] = cursor.execute(
            """
            select channel, type, state, attempts, created_at, sent_at, error from ops.notification
            where breach_ids @> array[%s]::bigint[] order by notification_id
            """,
            (row["breach_id"],),
        ).fetchall()
    return row


def acknowledge(conn: Connection, name: str, *, by: str, note: str | None) -> int:
    """Somebody has seen it: no repeats until it is over. Raises KeyError if it is not open."""
    row = find(conn, name)
    if row["resolved_at"]:
        raise KeyError(f"the breach {row['breach_id']} is over since {row['resolved_at']:%Y-%m-%d %H:%M} UTC")
    with own_transaction(conn):
        conn.execute(
            "update ops.breach set acknowledged_at = now(), acknowledged_by = %s, acknowledged_note = %s"
            " where breach_id = %s",
            (by, note, row["breach_id"]),
        )
    return int(row["breach_id"])


def silence(
    conn: Connection,
    *,
    hours: float,
    reason: str,
    by: str,
    kind: str | None = None,
    department: str | None = None,
    feed_id: str | None = None,
    breach_key: str | None = None,
) -> int:
    """Tell nobody of what matches everything given, for so many hours. Raises KeyError for an unknown kind or feed."""
    for table, column, value in (("breach_rule", "kind", kind), ("feed", "feed_id", feed_id)):
        query = f"select 1 from ops.{table} where {column} = %s"  # noqa: S608 - names of ours
        if value is not None and conn.execute(query.encode(), (value,)).fetchone() is None:
            raise KeyError(f"there is no {column} {value!r}")
    with own_transaction(conn):
        row = conn.execute(
            """
            insert into ops.silence (kind, department, feed_id, breach_key, until, reason, created_by)
            values (%s, %s, %s, %s, now() + %s * interval '1 hour', %s, %s)
            returning silence_id
            """,
            (kind, department, feed_id, breach_key, hours, reason, by),
        ).fetchone()
    assert row is not None  # noqa: S101 - returning
    return int(row[0])


def silences(conn: Connection) -> list[dict[str, Any]]:
    """Silences in force."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from ops.silence where lifted_at is null and until > now() order by silence_id"
        ).fetchall()


def unsilence(conn: Connection, silence_id: int) -> None:
    """End a silence now. Raises KeyError if it is not in force."""
    with own_transaction(conn):
        ended = conn.execute(
            "update ops.silence set lifted_at = now() where silence_id = %s and lifted_at is null and until > now()",
            (silence_id,),
        )
    if ended.rowcount != 1:
        raise KeyError(f"no silence {silence_id} is in force")
