"""Sending what the outbox holds. A kill at any instant loses no message and sends at most one of them once more.

A message is claimed before it is sent (its next attempt is moved into the future) and closed after it was taken. A kill
in between leaves it claimed: it is sent again later, under the same id, by which receivers tell that they have it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from riskmap.watch.channels import Channel, Message, SendError
from warehouse.db import Connection, own_transaction

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 60
LONGEST_PAUSE_S = 3600
MOST_ATTEMPTS = 10


@dataclass(frozen=True)
class _Row:
    notification_id: int
    message_id: Any
    channel: str
    type: str
    created_at: datetime
    subject: str
    body: str
    payload: dict[str, Any]
    attempts: int

    @property
    def message(self) -> Message:
        return Message(str(self.message_id), self.type, self.created_at, self.subject, self.body, self.payload)


def deliver(conn: Connection, channels: Sequence[Channel]) -> int:
    """Send what is due, oldest first; returns how many were taken. A channel that refuses one has to wait."""
    known = {channel.name: channel for channel in channels}
    _give_up_on_others(conn, list(known))
    sent, sick = 0, set[str]()
    while row := _claim(conn, [name for name in known if name not in sick]):
        try:
            known[row.channel].send(row.message)
        except SendError as error:
            sick.add(row.channel)
            is_last = error.is_final or row.attempts >= MOST_ATTEMPTS
            _close(conn, row, "FAILED" if is_last else "PENDING", str(error))
            log.error("message %s, channel %s, attempt %s: %s", row.message_id, row.channel, row.attempts, error)
        else:
            sent += 1
            _close(conn, row, "SENT", None)
    return sent


def _claim(conn: Connection, names: list[str]) -> _Row | None:
    with own_transaction(conn), conn.cursor(row_factory=class_row(_Row)) as cursor:
        return cursor.execute(
            """
            update ops.notification set
                attempts = attempts + 1,
                next_attempt_at = now() + least(%s * 2 ^ least(attempts, 20), %s) * interval '1 second'
            where notification_id = (
                select notification_id from ops.notification
                where state = 'PENDING' and next_attempt_at <= now() and channel = any(%s)
                order by notification_id
                limit 1
                for update skip locked
            )
            returning notification_id, message_id, channel, type, created_at, subject, body, payload, attempts
            """,
            (FIRST_PAUSE_S, LONGEST_PAUSE_S, names),
        ).fetchone()


def _close(conn: Connection, row: _Row, state: str, error: str | None) -> None:
    with own_transaction(conn):
        conn.execute(
            """
            update ops.notification
            set state = %s, error = %s, sent_at = case when %s = 'SENT' then clock_timestamp() end
            where notification_id = %s
            """,
            (state, error, state, row.notification_id),
        )


def _give_up_on_others(conn: Connection, names: list[str]) -> None:
    """What waits for a channel that this installation has no longer will never go out."""
    with own_transaction(conn):
        conn.execute(
            "update ops.notification set state = 'FAILED', error = 'the channel is not set up any more'"
            " where state = 'PENDING' and channel <> all(%s)",
            (names,),
        )
