"""Arrow tables in the exact types that a binary COPY into a landing table needs."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from feeds.contract import Table
from warehouse.errors import CommitError

_ARROW_TYPES = {
    "text": pa.string(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "double precision": pa.float64(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "jsonb": pa.string(),
}
_ADDED = [
    pa.field("extra", pa.string()),
    pa.field("payload_sha256", pa.string()),
    pa.field("fetched_at", pa.timestamp("us", tz="UTC")),
    pa.field("quality_flags", pa.list_(pa.string())),
]

# U+0000 as JSON spells it: backslash u0000 after an even number of backslashes.
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def copy_schema(table: Table) -> pa.Schema:
    """Names and Arrow types of what is copied: the contract's columns, then what the pipeline adds."""
    return pa.schema([pa.field(c.name, _ARROW_TYPES[c.physical_type]) for c in table.columns] + _ADDED)


def conform(data: pa.Table, table: Table) -> pa.Table:
    """``data`` in the columns and types of ``copy_schema``. Raises CommitError naming the column that does not fit."""
    schema = copy_schema(table)
    different = sorted(set(schema.names) ^ set(data.column_names))
    if different:
        kind = "lacks" if different[0] in schema.names else "has the unknown"
        raise CommitError(
            f"the Arrow table for {table.name} {kind} column {different[0]}",
            remedy="make parser and contract agree on the columns of this table",
        )
    return pa.table([_cast(data.column(field.name), field, table) for field in schema], schema=schema)


def _cast(column: pa.ChunkedArray[Any], field: pa.Field[Any], table: Table) -> pa.ChunkedArray[Any]:
    naive = pa.types.is_timestamp(field.type) and pa.types.is_timestamp(column.type) and column.type.tz is None
    if naive:
        raise CommitError(
            f"column {field.name} for {table.name} holds times without a zone",
            remedy="let the parser convert them with the contract's zone",
        )
    try:
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise CommitError(
            f"column {field.name} for {table.name} can't be read as {field.type}: {error}",
            remedy="make the parser's type of this column agree with the contract",
        ) from error


def rows_with_nul(data: pa.Table, table: Table) -> dict[int, str]:
    """Row number -> column of values with U+0000, raw in texts or escaped in JSON, which PostgreSQL can't store.

    The gate quarantines such rows (rule ``text.nul``); a commit refuses them.
    """
    as_json = {"extra", *(column.name for column in table.columns if column.physical_type == "jsonb")}
    found: dict[int, str] = {}
    for field in data.schema:
        if not pa.types.is_string(field.type):
            continue
        column = data.column(field.name)
        rows = _matching(column, "\x00")
        if field.name in as_json:
            rows += [row for row in _matching(column, "\\u0000") if _ESCAPED_NUL.search(column[row].as_py())]
        for row in rows:
            found.setdefault(row, field.name)
    return found


def _matching(column: pa.ChunkedArray[Any], text: str) -> list[int]:
    hits = pc.indices_nonzero(pc.match_substring(column, text))
    return [row for row in hits.to_pylist() if row is not None]
