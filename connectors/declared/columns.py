"""Column types of contracts -> how a column travels in Arrow; the tables that a declared format may fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connectors import alarm, forecast, observation, station
from connectors.arrow import EXTRA, JSON, TIMESTAMP

TYPES: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "timestamptz": TIMESTAMP,
    "double precision": pa.float64(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "jsonb": JSON,
}
_NAMES = {str(arrow): name for name, arrow in TYPES.items() if name != "jsonb"}


@dataclass(frozen=True)
class Target:
    """A landing table to be filled: its columns with their contract types, in order, and its key."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(name, TYPES[kind]) for name, kind in self.columns.items()]).append(EXTRA)


def of_contract(name: str, columns: Sequence[Mapping[str, Any]]) -> Target:
    """The table as the option ``tables`` tells of it (feeds/contract.py, ``Column.as_option``)."""
    types = {str(column["name"]): str(column["type"]) for column in columns}
    return Target(name, types, tuple(str(column["name"]) for column in columns if column.get("key")))


def _shared(name: str, schema: pa.Schema, key: tuple[str, ...]) -> Target:
    return Target(name, {field.name: _NAMES[str(field.type)] for field in schema if field.name != EXTRA.name}, key)


SHARED: Mapping[str, Target] = {
    module.TABLE: _shared(module.TABLE, module.SCHEMA, module.KEY) for module in (observation, station, alarm, forecast)
}
"""The tables that a profile may name without describing their columns."""
