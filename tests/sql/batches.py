"""Batches for tests of the warehouse: rows in, Arrow tables in the shape that parser and gate hand over out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from feeds import registry
from feeds.contract import Contract
from warehouse import arrow
from warehouse.batch import Batch, PayloadOutcome, QuarantineRow

START = datetime(2026, 11, 1, tzinfo=UTC)
CONTRACTS = registry.load_all()
WATER = CONTRACTS["water_regime"]
"""The feed most tests speak of: its observations have no issue time of their own as a rule."""


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def digest(name: str) -> str:
    return sha256(name.encode()).hexdigest()


@dataclass(frozen=True)
class FakeFetch:
    """What the ledger asks of a payload."""

    name: str
    body: bytes = b"<xml/>"
    fetched_at: datetime = START
    source: str = "https://source.example/feed"
    media_type: str | None = "text/xml"
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        return sha256(self.body).hexdigest()


def observation(station: str = "A1", minute: float = 0, value: float | None = 1.0, **more: Any) -> dict[str, Any]:
    """One observation, fetched at minute 100 from the payload ``p`` unless ``fetched`` and ``payload`` are given."""
    row = {
        "station_code": station,
        "variable": "rainfall",
        "event_at": at(minute),
        "value": value,
        "unit": "mm",
        "source_table": "ST_PPTN_R",
        "fetched_at": at(more.pop("fetched", 100)),
        "payload_sha256": digest(more.pop("payload", "p")),
        "quality_flags": [],
    }
    return row | more


def table(rows: Sequence[Mapping[str, Any]], name: str = "observation", contract: Contract = WATER) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=arrow.copy_schema(contract.table(name)))


def batch(*rows: Mapping[str, Any], contract: Contract = WATER, **changes: Any) -> Batch:
    """A pull of these rows of ``observation``; keyword arguments go to Batch."""
    given: dict[str, Any] = {
        "feed_id": contract.id,
        "run_id": "test",
        "kind": "pull",
        "started_at": at(99),
        "fetched_at": at(100),
        "tables": {"observation": table(rows, contract=contract)} if rows else {},
        "payloads": [PayloadOutcome(digest("p"), "ACCEPTED", 0)],
        "cursor": {"until": "2026-11-01"},
    }
    return Batch(**(given | changes))


def failure(record: Mapping[str, Any] | None = None, **changes: Any) -> QuarantineRow:
    given: dict[str, Any] = {
        "table": "observation",
        "payload_sha256": digest("p"),
        "where": "row 3",
        "rule": "value.between",
        "reason": "value 9999 is above 500",
        "record": {"value": 9999} if record is None else record,
    }
    return QuarantineRow(**(given | changes))


def landed(
    conn: psycopg.Connection[Any], name: str = "observation", *, technical: bool = True
) -> list[tuple[Any, ...]]:
    """All rows of a landing table, in order of their content; without the columns that name a batch or its time."""
    wanted = {"fetched_at", "payload_sha256", "seen_at"} if technical else set()
    columns = [
        *(c.name for c in WATER.table(name).columns),
        "extra",
        "quality_flags",
        "feed_id",
        "record_hash",
        *wanted,
    ]
    query = sql.SQL("select {} from landing.{} order by feed_id, record_hash").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(name)
    )
    return conn.execute(query).fetchall()


def whole(conn: psycopg.Connection[Any], name: str = "observation") -> list[tuple[Any, ...]]:
    """All rows of a landing table with every column: equal only if nothing at all was written."""
    query = sql.SQL("select xmin::text, t.* from landing.{} as t order by record_hash").format(sql.Identifier(name))
    return conn.execute(query).fetchall()


def one(conn: psycopg.Connection[Any], query: str) -> Any:
    """The single value of a query."""
    row = conn.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
