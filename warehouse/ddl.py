"""The landing table that a contract's table asks for, as SQL. Nothing here talks to a database."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from feeds.contract import Column, Table
from warehouse.errors import LandingError

SCHEMA = "landing"
PARTITION_KEY = "feed_id"

TECHNICAL = {
    "extra": ("jsonb", "契约之外的字段 fields that the contract does not know, null if none"),
    "quality_flags": ("text[] not null default '{}'", "质量标记 warning rules that the row broke"),
    PARTITION_KEY: ("text not null", "数据源 feed it came from"),
    "batch_id": ("bigint not null", "批次 batch that last wrote it"),
    "payload_sha256": ("text", "报文 payload in which this content was first seen"),
    "fetched_at": ("timestamptz not null", "获取时间 when that payload was fetched"),
    "landed_at": ("timestamptz not null", "落地时间 transaction time of the batch that last wrote it"),
    "record_hash": ("text not null", "内容摘要 of the contract's columns and extra"),
    "seen_at": ("timestamptz not null", "最近所见 when a payload with this content was last fetched"),
}
"""Columns that landing adds to those of the contract: name -> (definition, comment)."""

LONGEST_NAME = 63  # bytes; PostgreSQL cuts longer identifiers silently


def partition_name(table: str, feed_id: str) -> str:
    return f"{table}__{feed_id}"


def qualified(name: str) -> sql.Identifier:
    return sql.Identifier(SCHEMA, name)


def column_type(column: Column) -> sql.SQL:
    return TYPES[column.physical_type]


TYPES = {
    "text": sql.SQL("text"),
    "timestamptz": sql.SQL("timestamptz"),
    "double precision": sql.SQL("double precision"),
    "integer": sql.SQL("integer"),
    "bigint": sql.SQL("bigint"),
    "boolean": sql.SQL("boolean"),
    "jsonb": sql.SQL("jsonb"),
}


@dataclass(frozen=True)
class Shape:
    """What the feeds that share a landing table must agree on, and what the database must agree with."""

    table: str
    columns: tuple[tuple[str, str], ...]  # (name, physical type) in the contract's order
    key: tuple[str, ...]

    @classmethod
    def of(cls, table: Table) -> Shape:
        taken = [column.name for column in table.columns if column.name in TECHNICAL]
        if taken:
            raise LandingError(
                f"the table {table.name} declares the column {taken[0]}, a name that landing needs for itself",
                remedy="give the column another name in the contract",
            )
        return cls(table.name, tuple((c.name, c.physical_type) for c in table.columns), table.key)


def check_name(table: str, feed_id: str) -> None:
    name = partition_name(table, feed_id)
    if len(name.encode()) > LONGEST_NAME:
        raise LandingError(
            f"the partition name {name} is longer than {LONGEST_NAME} bytes", remedy="shorten the feed's id"
        )


def create_table(table: Table) -> sql.Composed:
    columns = [sql.SQL("{} {}").format(sql.Identifier(c.name), column_type(c)) for c in table.columns]
    columns += [
        sql.SQL("{} {}").format(sql.Identifier(n), _raw(definition)) for n, (definition, _) in TECHNICAL.items()
    ]
    key = sql.SQL(", ").join(sql.Identifier(name) for name in (PARTITION_KEY, *table.key))
    return sql.SQL("create table if not exists {} ({}, primary key ({})) partition by list ({})").format(
        qualified(table.name), sql.SQL(", ").join(columns), key, sql.Identifier(PARTITION_KEY)
    )


def create_index(table: Table, column: str) -> sql.Composed:
    name = sql.Identifier(f"{table.name}_{column}")
    return sql.SQL("create index if not exists {} on {} ({})").format(
        name, qualified(table.name), sql.Identifier(column)
    )


def create_partition(table: Table, feed_id: str) -> sql.Composed:
    # Rows that a later payload repeats get a new seen_at: with room in the page that is a cheap (HOT) update.
    return sql.SQL("create table if not exists {} partition of {} for values in ({}) with (fillfactor = 85)").format(
        qualified(partition_name(table.name, feed_id)), qualified(table.name), sql.Literal(feed_id)
    )


def add_column(table: str, column: Column) -> sql.Composed:
    return sql.SQL("alter table {} add column {} {}").format(
        qualified(table), sql.Identifier(column.name), column_type(column)
    )


def comments(table: Table) -> list[sql.Composed]:
    """Bilingual comments of the parent: 中文标题 English description."""
    texts = {column.name: _bilingual(column.title, column.description) for column in table.columns}
    texts |= {name: comment for name, (_, comment) in TECHNICAL.items()}
    on_columns = [
        sql.SQL("comment on column {} is {}").format(sql.Identifier(SCHEMA, table.name, name), sql.Literal(text))
        for name, text in texts.items()
    ]
    return [comment_on_table(table.name, _bilingual(table.title, table.description)), *on_columns]


def comment_on_table(name: str, text: str) -> sql.Composed:
    return sql.SQL("comment on table {} is {}").format(qualified(name), sql.Literal(text))


def _bilingual(title: str, description: str) -> str:
    return " ".join(part for part in (title, description) if part)


def _raw(definition: str) -> sql.SQL:
    return sql.SQL(definition)  # from the constant above, never from a contract
