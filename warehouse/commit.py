"""A batch becomes visible as a whole or not at all: records, quarantine, ledger and cursor in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql
from psycopg.types.json import Jsonb

from feeds.contract import Contract
from warehouse import quarantine
from warehouse.batch import Batch, Counts, Kind
from warehouse.db import Connection, own_transaction
from warehouse.errors import CommitError
from warehouse.load import Landed, land
from warehouse.storable import storable

Step = Callable[[str], None]
"""Told what is done: ``copied <table>``, ``landed <table>``, ``quarantined``, ``recorded``, ``committed``."""


def _silent(step: str) -> None:
    """No one wants to know."""


def commit_batch(conn: Connection, contract: Contract, batch: Batch, on_step: Step = _silent) -> Counts:
    """Write a batch in one transaction of its own; returns what it did.

    Commits of one feed follow each other. Raises CommitError, with nothing written, when contract, batch and
    database don't fit together; its ``retryable`` says whether the same batch may be tried again.
    """
    if batch.feed_id != contract.id:
        raise ValueError(f"a batch of {batch.feed_id} was given with the contract of {contract.id}")
    steps = _Steps(on_step)
    try:
        with own_transaction(conn):
            counts = _write(conn, contract, batch, steps.done)
    except psycopg.Error as error:
        raise _refused(batch, steps.last, error) from error
    steps.done("committed")
    return counts


def fail_batch(
    conn: Connection,
    feed_id: str,
    *,
    run_id: str,
    kind: Kind,
    started_at: datetime,
    error: str,
    fetched_at: datetime | None = None,
) -> int:
    """Record an attempt that failed, in a transaction of its own, so that it shows; returns the batch id."""
    query = """
        insert into ops.batch (feed_id, run_id, kind, state, started_at, fetched_at, error)
        values (%s, %s, %s, 'FAILED', %s, %s, %s) returning batch_id
    """
    with own_transaction(conn):
        return _id(conn, query, (feed_id, run_id, kind, started_at, fetched_at, storable(error)))


class _Steps:
    def __init__(self, tell: Step) -> None:
        self._tell = tell
        self.last = "the start"

    def done(self, step: str) -> None:
        self.last = step
        self._tell(step)


def _write(conn: Connection, contract: Contract, batch: Batch, done: Step) -> Counts:
    _prepare_session(conn, batch.feed_id)
    batch_id = _open(conn, batch)
    register, unlisted_before = _unlisted(conn, contract)
    landed = _land_tables(conn, contract, batch, batch_id, done)
    _, unlisted = _unlisted(conn, contract)
    quarantined = quarantine.record(conn, batch.feed_id, batch_id, batch.quarantined)
    if batch.state == "LANDED" and batch.kind != "release":
        quarantine.resolve(conn, batch.feed_id, batch_id, [payload.sha256 for payload in batch.payloads])
    quarantine.mark(conn, batch.released, "released", f"landed by batch {batch_id}")
    done("quarantined")
    counts = Counts(
        batch_id=batch_id,
        records=sum(table.num_rows for table in batch.tables.values()),
        inserted=sum(one.inserted for one in landed.values()),
        updated=sum(one.updated for one in landed.values()),
        unchanged=sum(one.unchanged for one in landed.values()),
        quarantined=quarantined,
        rejects=sum(payload.rejects for payload in batch.payloads),
        tables=tuple(
            name
            for name, one in landed.items()
            if one.inserted or one.updated or (name == register and unlisted != unlisted_before)
        ),
    )
    _record(conn, batch, counts)
    _advance_cursor(conn, batch, batch_id)
    done("recorded")
    return counts


def _unlisted(conn: Connection, contract: Contract) -> tuple[str, str | None]:
    """The register of a feed that sends full lists, and a digest of its entries that were not in the newest one: where
    that changes, entries are gone or back, though not a record is new.
    """
    register = contract.expected.get("register", contract.main_table.name)
    if contract.full_list is None:
        return register, None
    query = sql.SQL(
        """
        select md5(string_agg(record_hash, '' order by record_hash)) from landing.{table} where feed_id = %(feed)s
            and seen_at < (select max(seen_at) from landing.{table} where feed_id = %(feed)s)
        """
    ).format(table=sql.Identifier(register))
    row = conn.execute(query, {"feed": contract.id}).fetchone()
    return register, row[0] if row else None


def _prepare_session(conn: Connection, feed_id: str) -> None:
    # Hashes are made of values as text: these settings decide how times and numbers are spelled. jit costs more than
    # it saves on queries of this size; the sorts of a big batch should stay in memory.
    conn.execute(
        "set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'; set local extra_float_digits = 1;"
        " set local jit = off; set local work_mem = '128MB'; set local lock_timeout = '10min'"
    )
    conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"riskmap.commit:{feed_id}",))


def _open(conn: Connection, batch: Batch) -> int:
    query = """
        insert into ops.batch (feed_id, run_id, kind, state, started_at, fetched_at, drift)
        values (%s, %s, %s, %s, %s, %s, %s) returning batch_id
    """
    drift = Jsonb(storable(list(batch.drift)))
    values = (batch.feed_id, batch.run_id, batch.kind, batch.state, batch.started_at, batch.fetched_at, drift)
    return _id(conn, query, values)


def _land_tables(conn: Connection, contract: Contract, batch: Batch, batch_id: int, done: Step) -> dict[str, Landed]:
    landed = {}
    for name, data in batch.tables.items():
        try:
            table = contract.table(name)
        except KeyError as error:
            raise CommitError(str(error.args[0]), remedy="add the table to the contract") from error
        if data.num_rows:
            landed[name] = land(
                conn, contract, table, data, batch_id=batch_id, reread_since=batch.reread_since, done=done
            )
    return landed


def _record(conn: Connection, batch: Batch, counts: Counts) -> None:
    conn.execute(
        """
        update ops.batch set records = %s, inserted = %s, updated = %s, unchanged = %s, quarantined = %s,
            rejects = %s, tables = %s, flagged = %s
        where batch_id = %s
        """,
        (
            counts.records,
            counts.inserted,
            counts.updated,
            counts.unchanged,
            counts.quarantined,
            counts.rejects,
            list(counts.tables),
            Jsonb(_flagged(batch.tables)),
            counts.batch_id,
        ),
    )
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into ops.batch_payload (batch_id, feed_id, sha256, outcome, rejects)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",  # a source may send the same bytes twice
            [(counts.batch_id, batch.feed_id, *payload) for payload in batch.payloads],
        )
        cursor.executemany(
            "insert into ops.validation"
            " (batch_id, feed_id, table_name, success, max_severity, rows, failed_rows, result)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    counts.batch_id,
                    batch.feed_id,
                    *(said[name] for name in ("table", "success", "max_severity", "rows", "failed_rows")),
                    Jsonb(storable(said)),
                )
                for said in batch.validations
            ],
        )


def _flagged(tables: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    """How many records of each table land with which flag."""
    found = []
    for name, data in tables.items():
        counted: Any = pc.value_counts(pc.list_flatten(data.column("quality_flags")))
        found += [{"table": name, "rule": one["values"], "count": one["counts"]} for one in counted.to_pylist()]
    return sorted(found, key=lambda one: (one["table"], one["rule"]))


def _advance_cursor(conn: Connection, batch: Batch, batch_id: int) -> None:
    if batch.cursor is None:
        return
    conn.execute(
        """
        insert into ops.cursor (feed_id, value, batch_id) values (%s, %s, %s)
        on conflict (feed_id) do update set value = excluded.value, batch_id = excluded.batch_id, updated_at = now()
        """,
        (batch.feed_id, Jsonb(dict(batch.cursor)), batch_id),
    )


def _id(conn: Connection, query: str, values: tuple[object, ...]) -> int:
    row = conn.execute(query.encode(), values).fetchone()
    if row is None:
        raise RuntimeError("an insert returned no id")
    return int(row[0])


def _refused(batch: Batch, last_step: str, error: psycopg.Error) -> CommitError:
    retryable = isinstance(error, psycopg.OperationalError)
    where = f" ({error.diag.context.splitlines()[0]})" if error.diag.context else ""
    return CommitError(
        f"the batch of {batch.feed_id} was refused after {last_step}: {error.diag.message_primary or error}{where}",
        remedy="run it again" if retryable else "look at the named value in the payload; nothing of it was written",
        retryable=retryable,
    )
