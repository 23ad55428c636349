"""What tests ask of all marts and metrics at once, whichever there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import psycopg
from psycopg import sql

from riskmap.settings import REPOSITORY

SCHEMAS = ["marts", "metrics"]


def columns(conn: psycopg.Connection[tuple[object, ...]]) -> Mapping[str, list[str]]:
    """Columns of each mart and metric, by ``schema.name``."""
    found: dict[str, list[str]] = {}
    query = """
        select table_schema || '.' || table_name, column_name::text from information_schema.columns
        where table_schema = any(%s) order by table_schema, table_name, ordinal_position
    """
    for relation, column in conn.execute(query, [SCHEMAS]):
        found.setdefault(str(relation), []).append(str(column))
    return found


def filled(conn: psycopg.Connection[tuple[object, ...]], relation: str, names: list[str]) -> tuple[int, set[str]]:
    """Number of rows of a relation, and those of its columns that are null in all of them."""
    counts = sql.SQL(", ").join(sql.SQL("count({})").format(sql.Identifier(name)) for name in names)
    query = sql.SQL("select count(*), {} from {}").format(counts, sql.Identifier(*relation.split(".")))
    row = conn.execute(query).fetchone()
    assert row is not None
    n_rows, *not_null = (int(str(count)) for count in row)
    return n_rows, {name for name, count in zip(names, not_null, strict=True) if not count}


def documented_queries() -> Iterator[tuple[str, str]]:
    """The question before each block of docs/queries.md, and the block."""
    text = (REPOSITORY / "docs" / "queries.md").read_text("utf-8")
    for before, query in re.findall(r"([^\n]+)\n\n```sql\n(.*?)```", text, re.DOTALL):
        yield str(before), str(query)
