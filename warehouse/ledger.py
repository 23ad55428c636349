"""The ledger: feeds, locks, payloads, cursors, publications. What is due is computed from it, never from logs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from feeds.contract import Contract
from warehouse.db import Connection, advisory_lock, own_transaction
from warehouse.storable import storable


class Payload(Protocol):
    """What the ledger needs to know of a payload (connectors.model.Payload has it)."""

    @property
    def body(self) -> bytes: ...
    @property
    def sha256(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def media_type(self) -> str | None: ...
    @property
    def facts(self) -> Mapping[str, str]: ...
    @property
    def fetched_at(self) -> datetime: ...


@dataclass(frozen=True)
class RecordedPayload:
    """A row of ops.payload: what a replay needs besides the archived bytes."""

    feed_id: str
    sha256: str
    source: str
    name: str
    media_type: str | None
    facts: dict[str, str]
    size_bytes: int
    archive_uri: str
    fetched_at: datetime


@dataclass(frozen=True)
class UnpublishedBatch:
    """A landed batch that no build has published yet; ``tables`` are those whose rows it changed."""

    batch_id: int
    feed_id: str
    kind: str
    committed_at: datetime
    tables: list[str]


def register_feeds(conn: Connection, contracts: Iterable[Contract]) -> None:
    """Bring ops.feed up to date with the contracts. A feed keeps the moment at which it was first registered, unless
    it was switched off meanwhile: its obligations begin anew then.
    """
    query = sql.SQL(
        """
        insert into ops.feed as known ({names}, active_from) values ({values}, now() - %(history)s)
        on conflict (feed_id) do update set
            ({names}, activated_at, active_from, active_until, updated_at) = row(
                {excluded},
                case when known.active_until is null then known.activated_at else now() end,
                case when known.active_until is null then known.activated_at else now() end - %(history)s,
                null,
                now()
            )
        """
    )
    rows = [_feed_row(contract) for contract in contracts]
    if not rows:
        return
    names = [name for name in rows[0] if name != "history"]
    query_for_all = query.format(
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        values=sql.SQL(", ").join(map(sql.Placeholder, names)),
        excluded=sql.SQL(", ").join(sql.Identifier("excluded", name) for name in names),
    )
    with own_transaction(conn), conn.cursor() as cursor:
        cursor.executemany(query_for_all, rows)
        _keep_versions(conn)


def switch_off_others(conn: Connection, feed_ids: Collection[str]) -> None:
    """Nothing is owed any more of the feeds that are not among ``feed_ids``; what they delivered stays."""
    query = "update ops.feed set active_until = now() where active_until is null and feed_id <> all(%s)"
    with own_transaction(conn):
        conn.execute(query, (list(feed_ids),))
        _keep_versions(conn)


# What a slot is judged by: where one of these changes, a new version begins.
_PROMISES = ("department", "frequency_s", "latency_s", "latency_element", "expected")
_FOREVER = "9999-12-31 00:00:00+00"


def _keep_versions(conn: Connection) -> None:
    """Write down what changed of what ops.feed promises. A version that never was in force is empty."""
    names = sql.SQL(", ").join(map(sql.Identifier, ("activated_at", "version", "contract_sha256", *_PROMISES)))
    of_feed, of_version = (
        sql.SQL(", ").join(sql.Identifier(table, name) for name in _PROMISES) for table in ("feed", "kept")
    )
    conn.execute(
        sql.SQL(
            """
            update ops.feed_version as kept set valid_to = greatest(kept.valid_from, now())
            from ops.feed as feed
            where feed.feed_id = kept.feed_id and kept.valid_to = %s
                and (feed.active_until is not null or ({of_feed}) is distinct from ({of_version}))
            """
        ).format(of_feed=of_feed, of_version=of_version),
        (_FOREVER,),
    )
    conn.execute(
        sql.SQL(
            """
            insert into ops.feed_version as kept (feed_id, valid_from, {names})
            select feed_id, greatest(active_from, last_valid_to), {names}
            from ops.feed
            left join (
                select feed_id, max(valid_to) as last_valid_to from ops.feed_version group by feed_id
            ) as earlier using (feed_id)
            where active_until is null and last_valid_to is distinct from %s
            on conflict (feed_id, valid_from) do update set (valid_to, {names}) = row(excluded.valid_to, {excluded})
            """
        ).format(
            names=names,
            excluded=sql.SQL(", ").join(
                sql.Identifier("excluded", name) for name in ("activated_at", "version", "contract_sha256", *_PROMISES)
            ),
        ),
        (_FOREVER,),
    )
    conn.execute(
        """
        update ops.feed_version as kept set version = feed.version, contract_sha256 = feed.contract_sha256
        from ops.feed as feed
        where feed.feed_id = kept.feed_id and kept.valid_to = %s
            and (feed.version, feed.contract_sha256) is distinct from (kept.version, kept.contract_sha256)
        """,
        (_FOREVER,),
    )


def _feed_row(contract: Contract) -> dict[str, Any]:
    return {
        "feed_id": contract.id,
        "name": contract.name,
        "domain": contract.domain,
        "department": contract.department,
        "owner": contract.owner,
        "version": contract.version,
        "frequency_s": contract.frequency_s,
        "latency_s": contract.latency_s,
        "latency_element": contract.latency_element,
        "zone": contract.clock.zone,
        "crs": contract.crs,
        "event_column": contract.clock.event,
        "main_table": contract.main_table.name,
        "tables": [table.name for table in contract.tables],
        "expected": Jsonb(storable(contract.expected)),
        "closing": Jsonb(storable(contract.closing)),
        "contract": Jsonb(storable(contract.document)),
        "contract_sha256": contract.sha256,
        "history": contract.history,
    }


@contextmanager
def feed_lock(conn: Connection, feed_id: str, *, wait_s: float = 0) -> Iterator[bool]:
    """Be the only runner of a feed; yields False if another one still holds the lock after ``wait_s`` seconds.

    Use this same connection for the commit: a runner whose connection, and lock, is gone then can't write.
    """
    with advisory_lock(conn, f"riskmap.feed:{feed_id}", wait_s) as got:
        yield got


def read_cursor(conn: Connection, feed_id: str) -> dict[str, Any]:
    """Where the next pull of the feed starts; empty if nothing was ever committed."""
    row = conn.execute("select value from ops.cursor where feed_id = %s", (feed_id,)).fetchone()
    return dict(row[0]) if row else {}


def record_payloads(conn: Connection, feed_id: str, archived: Iterable[tuple[Payload, str]]) -> None:
    """Note that payloads are in the archive under these URIs, committed at once and before anything reads them.

    Recording the same fetch again changes nothing.
    """
    rows = [
        (
            feed_id,
            payload.sha256,
            storable(payload.source),
            storable(payload.name),
            payload.media_type,
            Jsonb(storable(payload.facts)),
            len(payload.body),
            uri,
            payload.fetched_at,
        )
        for payload, uri in archived
    ]
    with own_transaction(conn), conn.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.payload
                (feed_id, sha256, source, name, media_type, facts, size_bytes, archive_uri, fetched_at)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict do nothing
            """,
            rows,
        )


def payloads(
    conn: Connection, feed_id: str, *, start: datetime | None = None, end: datetime | None = None
) -> list[RecordedPayload]:
    """The payloads fetched in ``[start, end)``, oldest first: what a replay reads again."""
    query = """
        select feed_id, sha256, source, name, media_type, facts, size_bytes, archive_uri, fetched_at
        from ops.payload
        where feed_id = %s
            and (%s::timestamptz is null or fetched_at >= %s) and (%s::timestamptz is null or fetched_at < %s)
        order by fetched_at, sha256
    """
    with conn.cursor(row_factory=class_row(RecordedPayload)) as cursor:
        return cursor.execute(query, (feed_id, start, start, end, end)).fetchall()


def unpublished_batches(conn: Connection) -> list[UnpublishedBatch]:
    """The work list of a build: landed batches without a publication, in the order of their commits.

    Found by what is missing, not by "newer than the last": batch ids are given out before commits, so a lower id
    may become visible later.
    """
    query = """
        select batch.batch_id, batch.feed_id, batch.kind, batch.committed_at, batch.tables
        from ops.batch as batch
        where batch.state = 'LANDED'
            and not exists (select from ops.publication where publication.batch_id = batch.batch_id)
        order by batch.committed_at, batch.batch_id
    """
    with conn.cursor(row_factory=class_row(UnpublishedBatch)) as cursor:
        return cursor.execute(query).fetchall()


def start_build(conn: Connection, build_id: str, selection: str, batches: int) -> None:
    with own_transaction(conn):
        conn.execute(
            "insert into ops.build (build_id, state, selection, batches) values (%s, 'RUNNING', %s, %s)",
            (build_id, selection, batches),
        )


def finish_build(
    conn: Connection,
    build_id: str,
    state: Literal["SUCCEEDED", "FAILED"],
    nodes: Sequence[Mapping[str, Any]] = (),
    error: str | None = None,
) -> None:
    """Close a build; a build that succeeded is closed by ``publish``, together with its publications."""
    with own_transaction(conn):
        _close_build(conn, build_id, state, nodes, error)


def publish(conn: Connection, batch_ids: Sequence[int], build_id: str, nodes: Sequence[Mapping[str, Any]] = ()) -> None:
    """Note that the batches are visible in the marts since now, and close the build that showed them.

    A batch that was published before keeps its time: that is when its records became visible.
    """
    with own_transaction(conn):
        _close_build(conn, build_id, "SUCCEEDED", nodes, None)
        conn.execute(
            "insert into ops.publication (batch_id, build_id) select unnest(%s::bigint[]), %s on conflict do nothing",
            (list(batch_ids), build_id),
        )


def _close_build(
    conn: Connection, build_id: str, state: str, nodes: Sequence[Mapping[str, Any]], error: str | None
) -> None:
    closed = conn.execute(
        "update ops.build set state = %s, finished_at = now(), nodes = %s, error = %s where build_id = %s",
        (state, Jsonb(storable(list(nodes))), None if error is None else storable(error), build_id),
    )
    if closed.rowcount != 1:
        raise KeyError(f"there is no build {build_id}; call start_build first")
