"""What builds need of the ledger beyond their work list: one at a time, how the last one went, what the gate said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from warehouse.db import Connection, advisory_lock
from warehouse.errors import WarehouseError

_LOCK = "riskmap.build"
_LONGEST_BUILD_S = 1800


@dataclass(frozen=True)
class LastBuild:
    """The newest build that has ended; ``error`` is None where it succeeded."""

    build_id: str
    finished_at: datetime
    error: str | None


@dataclass(frozen=True)
class StoredValidation:
    """A row of ops.validation with the time of its batch."""

    feed_id: str
    table_name: str
    batch_id: int
    validated_at: datetime
    result: dict[str, Any]


@contextmanager
def build_lock(conn: Connection) -> Iterator[None]:
    """Wait until no other build runs; dbt on one project must not meet itself. Raises WarehouseError, retryable."""
    with advisory_lock(conn, _LOCK, _LONGEST_BUILD_S) as got:
        if not got:
            raise WarehouseError(
                f"another build has been running for more than {_LONGEST_BUILD_S} s",
                remedy="wait until it has ended, or end it, then build again",
                retryable=True,
            )
        yield


def last_build(conn: Connection) -> LastBuild | None:
    query = """
        select build_id, finished_at, error from ops.build
        where state <> 'RUNNING' order by finished_at desc limit 1
    """
    with conn.cursor(row_factory=class_row(LastBuild)) as cursor:
        return cursor.execute(query).fetchone()


def has_succeeded(conn: Connection) -> bool:
    """Whether the marts exist: some build has published."""
    row = conn.execute("select exists (select from ops.build where state = 'SUCCEEDED')").fetchone()
    return bool(row and row[0])


def recent_validations(conn: Connection, per_suite: int) -> list[StoredValidation]:
    """The newest ``per_suite`` results of every feed and table that judged at least one row."""
    query = """
        select feed_id, table_name, batch_id, validated_at, result
        from (
            select
                validation.*,
                batch.committed_at as validated_at,
                row_number() over (
                    partition by validation.feed_id, validation.table_name order by validation.batch_id desc
                ) as recency
            from ops.validation as validation
            inner join ops.batch as batch using (batch_id)
            where validation.rows > 0
        ) as ranked
        where recency <= %s
        order by feed_id, table_name, batch_id desc
    """
    with conn.cursor(row_factory=class_row(StoredValidation)) as cursor:
        return cursor.execute(query, (per_suite,)).fetchall()
