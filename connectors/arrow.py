"""Rows of plain Python values -> Arrow tables, the same way for every parser."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

TIMESTAMP = pa.timestamp("us", tz="UTC")
"""Every clock of a record: an instant, microseconds, UTC."""

JSON = pa.string()
"""What jsonb columns travel as: a string that holds JSON, made by :func:`as_json`."""

EXTRA = pa.field("extra", JSON)
"""The last column of every parser's schema: unknown fields as one JSON object, null if there are none."""


def as_json(value: Any) -> str | None:
    """``value`` as compact JSON with sorted keys, so that equal content gives equal text; None stays None.

    NaN and Infinity raise ValueError: jsonb has no such values, and a parser must say what it does with them.
    """
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, date):  # datetimes too
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no agreed form in JSON")


def to_table(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """A table of exactly ``schema``; a key that a row lacks is null, a key that the schema lacks is an error.

    Timestamps are datetimes with a zone (ValueError otherwise: a naive one would be taken for UTC in silence).
    """
    names = set(schema.names)
    for row in rows:
        if unknown := row.keys() - names:
            raise ValueError(f"row has columns that the schema lacks: {sorted(unknown)}")
    return pa.table([_array(rows, column) for column in schema], schema=schema)


def _array(rows: Sequence[Mapping[str, Any]], column: pa.Field[Any]) -> pa.Array[Any]:
    values = [row.get(column.name) for row in rows]
    if pa.types.is_timestamp(column.type) and any(v is not None and v.tzinfo is None for v in values):
        raise ValueError(f"column {column.name} holds a time without a zone")
    array: pa.Array[Any] = pa.array(values, type=column.type)
    return array
