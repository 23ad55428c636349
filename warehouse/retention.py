"""What the ledger keeps for a limited time only. Records, payloads and quarantine are never dropped here."""

from __future__ import annotations

from warehouse.db import Connection, own_transaction

VALIDATION_DAYS = 30
POLL_DAYS = 400
"""Polls without news are the denominator of coverage: kept for a year of reports and a month's grace."""
MESSAGE_DAYS = 90
"""What was said in messages; of the breaches themselves every one is kept."""


def prune(conn: Connection) -> dict[str, int]:
    """Drop old validation results, polls without news and messages; returns how many rows of each went."""
    with own_transaction(conn):
        validations = conn.execute(
            """
            delete from ops.validation using ops.batch
            where batch.batch_id = validation.batch_id and batch.committed_at < now() - %s * interval '1 day'
            """,
            (VALIDATION_DAYS,),
        ).rowcount
        polls = conn.execute(
            "delete from ops.batch where state = 'NOT_MODIFIED' and quarantined = 0"
            " and committed_at < now() - %s * interval '1 day'"
            " and not exists (select from ops.cursor where cursor.batch_id = batch.batch_id)",
            (POLL_DAYS,),
        ).rowcount
        messages = conn.execute(
            "delete from ops.notification where state <> 'PENDING' and created_at < now() - %s * interval '1 day'",
            (MESSAGE_DAYS,),
        ).rowcount
    return {"validations": validations, "polls": polls, "messages": messages}
