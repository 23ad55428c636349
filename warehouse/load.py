"""One Arrow table into one landing partition: binary COPY into a temporary table, then MERGE.

The rule: of all versions of a record ever seen, the one with the greatest (issued time, time it was last seen,
content hash) stands. That is a maximum, so the order of arrival, reruns and replays don't matter. ``seen_at`` is what
makes it one: without it, content A, then B, then A again would end as B when the second A overtakes B. A replay reads
the same fetch again: then the reading of today stands.
What the batch does to a record: ``insert``; ``update`` (a greater version); ``flag`` (same content, but the gate's
warnings about it have changed); ``see`` (same content, seen at another time); ``same`` and ``older`` change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from pgpq import ArrowToPostgresBinaryEncoder
from psycopg import sql

from feeds.contract import Contract, Table
from warehouse import arrow, ddl
from warehouse.db import Connection
from warehouse.errors import CommitError

COPY_ROWS = 65_536
"""Rows encoded at a time, so that a big batch is not in memory twice."""

ANALYZE_FROM = 5_000
"""Fresh rows from which on the planner needs to know: without statistics it joins a big partition by nested loop."""


@dataclass(frozen=True)
class Landed:
    inserted: int
    updated: int
    unchanged: int


_ACTION = sql.Identifier("Action")
"""What the merge does with a row. Columns of contracts are snake_case, so none of them has this name."""


def land(
    conn: Connection,
    contract: Contract,
    table: Table,
    data: pa.Table,
    *,
    batch_id: int,
    reread_since: datetime | None,
    done: Callable[[str], None],
) -> Landed:
    """Bring ``data`` into its partition, inside the caller's transaction; ``done`` is told of each step.

    ``reread_since``: the data are archived payloads that are read again since then; what is read of them now stands
    over what was read of the same fetch before, so that a mended parser mends its records.
    """
    _copy(conn, table, data)
    done(f"copied {table.name}")
    conn.execute(_changes_query(contract, table), {"reread_since": reread_since})
    count = sql.SQL("select {action}, count(*) from {changes} group by {action}")
    counted = dict(conn.execute(count.format(action=_ACTION, changes=_changes(table))))
    inserted, updated = counted.get("insert", 0), counted.get("update", 0) + counted.get("flag", 0)
    if inserted or updated or counted.get("see", 0):
        conn.execute(_merge_query(contract, table), {"batch_id": batch_id})
    if inserted >= ANALYZE_FROM:
        _analyze(conn, contract, table, inserted)
    conn.execute(sql.SQL("drop table {}, {}").format(_stage(table), _changes(table)))
    done(f"landed {table.name}")
    return Landed(inserted, updated, data.num_rows - inserted - updated)


def _copy(conn: Connection, table: Table, data: pa.Table) -> None:
    data = arrow.conform(data, table)
    for row, column in arrow.rows_with_nul(data, table).items():
        raise CommitError(
            f"row {row} for {table.name} holds the character U+0000 in column {column}",
            remedy="quarantine such rows before the commit (warehouse.arrow.rows_with_nul)",
        )
    columns = [
        *(sql.SQL("{} {}").format(sql.Identifier(c.name), _stage_type(c.physical_type)) for c in table.columns),
        sql.SQL("extra text, payload_sha256 text, fetched_at timestamptz, quality_flags text[]"),
    ]
    conn.execute(sql.SQL("create temp table {} ({}) on commit drop").format(_stage(table), sql.SQL(", ").join(columns)))
    encoder = ArrowToPostgresBinaryEncoder(data.schema)
    copy = sql.SQL("copy {} from stdin (format binary)").format(_stage(table))
    with conn.cursor() as cursor, cursor.copy(copy) as stream:
        stream.write(encoder.write_header())
        for record_batch in data.to_batches(max_chunksize=COPY_ROWS):
            stream.write(encoder.write_batch(record_batch))
        stream.write(encoder.finish())
    conn.execute(sql.SQL("analyze {}").format(_stage(table)))


def _changes_query(contract: Contract, table: Table) -> sql.Composed:
    """Decide, for each key of the batch, what its best version does to the partition."""
    return sql.SQL(
        """
        create temp table {changes} on commit drop as
        with typed as (
            select {typed}, fetched_at, payload_sha256, coalesce(quality_flags, '{{}}') as quality_flags from {stage}
        ),

        hashed as (
            select *, {hash} as record_hash from typed
        ),

        contents as (
            select distinct on ({key}, record_hash)
                *, max(fetched_at) over (partition by {key}, record_hash) as seen_at
            from hashed
            order by {key}, record_hash, fetched_at, payload_sha256
        ),

        winners as (
            select distinct on ({key}) *
            from contents
            order by {key}, {issued} desc, seen_at desc, record_hash desc
        )

        select
            source.*,
            case
                when target.feed_id is null then 'insert'
                when target.record_hash <> source.record_hash then
                    case
                        when source.seen_at = target.seen_at and target.landed_at < %(reread_since)s then 'update'
                        when ({source_version}) > ({target_version}) then 'update'
                        else 'older'
                    end
                when source.quality_flags <> target.quality_flags and source.seen_at >= target.seen_at then 'flag'
                when source.seen_at > target.seen_at or source.fetched_at < target.fetched_at then 'see'
                else 'same'
            end as {action}
        from winners as source
        left join {partition} as target on {same_record}
        """
    ).format(
        action=_ACTION,
        changes=_changes(table),
        stage=_stage(table),
        typed=_commas([*(_typed(c.name, c.physical_type) for c in table.columns), sql.SQL("extra::jsonb as extra")]),
        hash=_hash(table),
        key=_commas(sql.Identifier(name) for name in table.key),
        issued=_issued(contract, table),
        source_version=_version(contract, table, "source"),
        target_version=_version(contract, table, "target"),
        partition=_partition(contract, table),
        same_record=_same_record(contract, table),
    )


def _merge_query(contract: Contract, table: Table) -> sql.Composed:
    content = [*(c.name for c in table.columns), "extra", "record_hash", "quality_flags"]
    origin = ["fetched_at", "payload_sha256", "seen_at"]
    given = [sql.Identifier("source", name) for name in (*content, *origin)]
    return sql.SQL(
        """
        merge into {partition} as target
        using (select * from {changes} where {action} in ('insert', 'update', 'flag', 'see')) as source
        on {same_record}
        when matched and source.{action} = 'update' then update set
            {assignments}, batch_id = %(batch_id)s, landed_at = now()
        when matched then update set
            seen_at = greatest(source.seen_at, target.seen_at),
            fetched_at = least(source.fetched_at, target.fetched_at),
            payload_sha256 = case
                when source.fetched_at < target.fetched_at then source.payload_sha256 else target.payload_sha256
            end,
            quality_flags = case when source.{action} = 'flag' then source.quality_flags else target.quality_flags end,
            batch_id = case when source.{action} = 'flag' then %(batch_id)s else target.batch_id end,
            landed_at = case when source.{action} = 'flag' then now() else target.landed_at end
        when not matched then
            insert ({names}, feed_id, batch_id, landed_at) values ({values}, {feed_id}, %(batch_id)s, now())
        """
    ).format(
        action=_ACTION,
        partition=_partition(contract, table),
        changes=_changes(table),
        same_record=_same_record(contract, table),
        assignments=_commas(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier("source", name))
            for name in (*content, *origin)
            if name not in table.key
        ),
        names=_commas(sql.Identifier(name) for name in (*content, *origin)),
        values=_commas(given),
        feed_id=sql.Literal(contract.id),
    )


def _analyze(conn: Connection, contract: Contract, table: Table, inserted: int) -> None:
    """Refresh the statistics in the same transaction, when the partition has grown by a fifth or more."""
    partition = _partition(contract, table)
    query = "select reltuples from pg_class where oid = to_regclass(%s)"
    row = conn.execute(query, (partition.as_string(conn),)).fetchone()
    if row is None or inserted >= 0.2 * row[0]:
        conn.execute(sql.SQL("analyze {}").format(partition))


def _hash(table: Table) -> sql.Composed:
    """MD5 of the named, quoted, non-null values in the order of their names.

    Columns that a later contract adds are null in older records and leave their hashes alone; so does another order.
    """
    names = sorted([*(c.name for c in table.columns), "extra"])
    parts = [
        sql.SQL("{} || quote_literal({}::text)").format(sql.Literal(f"{name}="), sql.Identifier(name)) for name in names
    ]
    return sql.SQL("md5(concat_ws(',', {}))").format(_commas(parts))


def _issued(contract: Contract, table: Table, alias: str | None = None) -> sql.Composed:
    """When a version was issued: the issued column, else the event column, else the time it was last seen."""
    clocks = [name for name in (contract.clock.issued, contract.clock.event) if table.column(name)]
    names = [*dict.fromkeys(clocks), "seen_at"]
    identifiers = [sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names]
    return sql.SQL("coalesce({})").format(_commas(identifiers))


def _version(contract: Contract, table: Table, alias: str) -> sql.Composed:
    rest = [sql.Identifier(alias, "seen_at"), sql.Identifier(alias, "record_hash")]
    return _commas([_issued(contract, table, alias), *rest])


def _same_record(contract: Contract, table: Table) -> sql.Composed:
    equal = [
        sql.SQL("{} = {}").format(sql.Identifier("target", name), sql.Identifier("source", name)) for name in table.key
    ]
    feed = sql.SQL("target.feed_id = {}").format(sql.Literal(contract.id))
    return sql.SQL(" and ").join([feed, *equal])


def _typed(name: str, physical_type: str) -> sql.Composable:
    identifier = sql.Identifier(name)
    return sql.SQL("{0}::jsonb as {0}").format(identifier) if physical_type == "jsonb" else identifier


def _stage_type(physical_type: str) -> sql.SQL:
    # JSON travels as text: then the server parses it, and says so when it can't.
    return ddl.TYPES["text" if physical_type == "jsonb" else physical_type]


def _stage(table: Table) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"stage_{table.name}")


def _changes(table: Table) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"changes_{table.name}")


def _partition(contract: Contract, table: Table) -> sql.Identifier:
    return ddl.qualified(ddl.partition_name(table.name, contract.id))


def _commas(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)
