"""What the ledger cannot know and others tell: probes of the watcher, failed and late runs of Airflow."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from warehouse.db import Connection, own_transaction


@dataclass(frozen=True)
class Signal:
    """It stands for ``stands_for_s`` seconds, and longer where it is told again."""

    kind: str
    object: str
    stands_for_s: float
    message_zh: str
    message_en: str
    feed_id: str | None = None
    value: float | None = None
    unit: str | None = None


def tell(conn: Connection, signal: Signal) -> None:
    with own_transaction(conn):
        conn.execute(
            """
            insert into ops.signal as known
                (kind, object, feed_id, expires_at, value, unit, message_zh, message_en)
            values (%s, %s, %s, now() + %s * interval '1 second', %s, %s, %s, %s)
            on conflict (kind, object) do update set
                feed_id = excluded.feed_id,
                since = case
                    when known.expires_at > now()
                        and not exists (
                            -- well in between: it begins anew
                            select from ops.batch
                            where batch.feed_id = known.feed_id
                                and batch.kind = 'pull'
                                and batch.state <> 'FAILED'
                                and batch.committed_at > known.told_at
                        ) then known.since
                    else now()
                end,
                told_at = now(),
                expires_at = excluded.expires_at,
                value = excluded.value,
                unit = excluded.unit,
                message_zh = excluded.message_zh,
                message_en = excluded.message_en
            """,
            (
                signal.kind,
                signal.object,
                signal.feed_id,
                signal.stands_for_s,
                signal.value,
                signal.unit,
                signal.message_zh,
                signal.message_en,
            ),
        )


def clear(conn: Connection, kind: str, but: Collection[str] = ()) -> None:
    """All is well with what this kind is about, but for these objects."""
    with own_transaction(conn):
        conn.execute(
            "update ops.signal set expires_at = now() where kind = %s and object <> all(%s) and expires_at > now()",
            (kind, list(but)),
        )
