"""A feed's contract as a value: the parts of an ODCS document that the product reads.

``feeds.reading`` builds it from YAML and refuses what cannot be checked; nothing else interprets the YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

Severity = Literal["critical", "error", "warning", "info"]

PHYSICAL_TYPES = frozenset(
    {"text", "timestamptz", "double precision", "integer", "bigint", "boolean", "jsonb"},
)
"""Column types that landing knows how to load; a contract with another one is refused."""


@dataclass(frozen=True)
class Rule:
    """One Great Expectations expectation of the contract; ``column`` is None for rules about the whole table."""

    expectation: str
    kwargs: Mapping[str, Any]
    severity: Severity
    column: str | None = None


@dataclass(frozen=True)
class Column:
    name: str
    physical_type: str
    title: str
    description: str = ""
    required: bool = False
    key_position: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    zone: str | None = None  # default zone of a naive timestamp column
    rules: tuple[Rule, ...] = ()

    def as_option(self) -> dict[str, Any]:
        """The column as a parser may be told of it, plain values only."""
        return {
            "name": self.name,
            "title": self.title,
            "type": self.physical_type,
            "required": self.required,
            "key": self.key_position is not None,
            "zone": self.zone,
        }


@dataclass(frozen=True)
class Table:
    """One kind of record: a landing table. ``key`` identifies a record within its feed."""

    name: str
    physical_name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        keyed = [(c.key_position, c.name) for c in self.columns if c.key_position is not None]
        return tuple(name for _, name in sorted(keyed))

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)


@dataclass(frozen=True)
class Clock:
    """Which columns say when something happened and when it was published, and the zone of naive times."""

    event: str
    issued: str
    zone: str
    max_future_s: float


@dataclass(frozen=True)
class Contract:
    id: str
    name: str
    version: str
    domain: str
    department: str
    owner: str
    description: str
    frequency_s: float
    latency_s: float
    latency_element: str
    retention: str
    clock: Clock
    crs: str
    expected: Mapping[str, Any]
    closing: Mapping[str, Any]
    full_list: str | None  # pattern of payload names that list a register completely: absence from them means something
    history: timedelta
    connector: Mapping[str, Any]
    location: str
    enabled: bool  # whether an installation that says nothing of it runs it
    is_public: bool  # anyone with internet access can use its source, without a key
    tables: tuple[Table, ...]
    document: Mapping[str, Any]
    sha256: str
    file: str

    def table(self, name: str) -> Table:
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(f"feed {self.id} has no table {name}; it has {', '.join(t.name for t in self.tables)}")

    @property
    def parser_options(self) -> dict[str, Any]:
        """What a parser is told of its feed: the connector's options, the zone of naive times, the CRS, its tables.

        ``tables``: name -> columns in order, each with name, title, type, required, key and zone.
        """
        return {
            **self.connector,
            "zone": self.clock.zone,
            "crs": self.crs,
            "max_future_s": self.clock.max_future_s,
            "tables": {table.name: [column.as_option() for column in table.columns] for table in self.tables},
        }

    @property
    def main_table(self) -> Table:
        """The table that the latency promise is about: the one whose delay and last event are shown."""
        return self.table(self.latency_element.split(".", 1)[0])
