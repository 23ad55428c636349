"""Landing tables follow the contracts: created, widened, never narrowed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from feeds.contract import Contract, Table
from warehouse import ddl
from warehouse.db import Connection, own_transaction
from warehouse.ddl import Shape
from warehouse.errors import LandingError

_LOCK = 5_294_260_118


def ensure_tables(conn: Connection, contracts: Iterable[Contract]) -> list[str]:
    """Create or widen the landing tables of the contracts; returns what was done, one phrase per change.

    Idempotent, all or nothing. Raises LandingError when two feeds disagree about a table that they share, or when a
    contract asks for a change that would rewrite landed records (a type, a key).
    """
    speakers = _by_table(contracts)
    for tables in speakers.values():
        _check_agreement(tables)
    done: list[str] = []
    with own_transaction(conn):
        conn.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        for tables in speakers.values():
            done += _ensure_table(conn, tables)
    return done


def _by_table(contracts: Iterable[Contract]) -> dict[str, dict[str, tuple[Contract, Table]]]:
    found: dict[str, dict[str, tuple[Contract, Table]]] = defaultdict(dict)
    for contract in contracts:
        for table in contract.tables:
            ddl.check_name(table.name, contract.id)
            found[table.name][contract.id] = (contract, table)
    return found


def _check_agreement(speakers: dict[str, tuple[Contract, Table]]) -> None:
    (first_id, (_, first)), *others = speakers.items()
    expected = Shape.of(first)
    for feed_id, (_, table) in others:
        shape = Shape.of(table)
        if shape == expected:
            continue
        raise LandingError(
            f"the feeds {first_id} and {feed_id} declare the table {table.name} differently: "
            f"{_difference(expected, shape)}",
            remedy="make the two contracts agree, or give one feed a table of its own",
        )


def _difference(one: Shape, other: Shape) -> str:
    mine, theirs = dict(one.columns), dict(other.columns)
    for name in [*mine, *theirs]:
        if mine.get(name) != theirs.get(name):
            return f"column {name} is {mine.get(name, 'absent')} in one and {theirs.get(name, 'absent')} in the other"
    if one.key != other.key:
        return f"the key is ({', '.join(one.key)}) in one and ({', '.join(other.key)}) in the other"
    column = next(a for (a, _), (b, _) in zip(one.columns, other.columns, strict=True) if a != b)
    return f"column {column} stands in another place"


def _ensure_table(conn: Connection, speakers: dict[str, tuple[Contract, Table]]) -> list[str]:
    _, table = next(iter(speakers.values()))
    before = _columns(conn, table.name)
    done = _widen(conn, table, before) if before else _create(conn, table)
    for column in _indexed(speakers):
        conn.execute(ddl.create_index(table, column))
    missing = [feed_id for feed_id in speakers if not _columns(conn, ddl.partition_name(table.name, feed_id))]
    for feed_id in missing:
        contract, own = speakers[feed_id]
        conn.execute(ddl.create_partition(own, feed_id))
        partition = ddl.partition_name(own.name, feed_id)
        conn.execute(ddl.comment_on_table(partition, f"{own.title} {own.description} <- {contract.name}"))
        done.append(f"created {ddl.SCHEMA}.{partition}")
    if done:
        for comment in ddl.comments(table):
            conn.execute(comment)
    return done


def _indexed(speakers: dict[str, tuple[Contract, Table]]) -> list[str]:
    """Columns that marts look rows up by: what a batch brought, and what happened lately."""
    events = {contract.clock.event for contract, table in speakers.values() if table.column(contract.clock.event)}
    return ["batch_id", *sorted(events)]


def _create(conn: Connection, table: Table) -> list[str]:
    conn.execute(ddl.create_table(table))
    return [f"created {ddl.SCHEMA}.{table.name}"]


def _widen(conn: Connection, table: Table, before: dict[str, str]) -> list[str]:
    key = _key(conn, table.name)
    if key != table.key:
        raise LandingError(
            f"the key of {ddl.SCHEMA}.{table.name} is ({', '.join(key)}), "
            f"the contract asks for ({', '.join(table.key)})",
            remedy="write a migration that rebuilds the table under the new key, or give the contract a new table name",
        )
    done = []
    for column in table.columns:
        if column.name not in before:
            conn.execute(ddl.add_column(table.name, column))
            done.append(f"added {ddl.SCHEMA}.{table.name}.{column.name}")
        elif _plain_type(before[column.name]) != column.physical_type:
            raise LandingError(
                f"column {column.name} of {ddl.SCHEMA}.{table.name} is {_plain_type(before[column.name])}, "
                f"the contract asks for {column.physical_type}",
                remedy="write a migration that converts the column, or give the contract a new column name",
            )
    return done


def _plain_type(of_catalog: str) -> str:
    return {"timestamp with time zone": "timestamptz"}.get(of_catalog, of_catalog)


def _columns(conn: Connection, name: str) -> dict[str, str]:
    """Column name -> type of a landing table; empty if there is no such table."""
    query = """
        select attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
        from pg_attribute as attribute
        where attribute.attrelid = to_regclass(%s) and attribute.attnum > 0 and not attribute.attisdropped
    """
    return dict(conn.execute(query, (_regclass(conn, name),)).fetchall())


def _key(conn: Connection, name: str) -> tuple[str, ...]:
    query = """
        select attribute.attname
        from pg_index as index
        cross join lateral unnest(index.indkey) with ordinality as part (attnum, position)
        inner join pg_attribute as attribute
            on attribute.attrelid = index.indrelid and attribute.attnum = part.attnum
        where index.indrelid = to_regclass(%s) and index.indisprimary and attribute.attname <> %s
        order by part.position
    """
    rows = conn.execute(query, (_regclass(conn, name), ddl.PARTITION_KEY)).fetchall()
    return tuple(row[0] for row in rows)


def _regclass(conn: Connection, name: str) -> str:
    return ddl.qualified(name).as_string(conn)
