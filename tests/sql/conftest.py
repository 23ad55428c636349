"""Fixtures of the warehouse's own tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from feeds import registry
from warehouse import ledger
from warehouse.db import Connection, connect

CONTRACTS = tuple(registry.load_all().values())

sys.path.insert(0, str(Path(__file__).parent))  # batches.py, shared with the processes that tests start


@pytest.fixture
def registered_url(module_warehouse_url: str) -> str:
    """URL of a warehouse that knows all feeds and holds nothing else. Not for tests that change its tables."""
    with connect(module_warehouse_url) as conn:
        _empty(conn)
        ledger.register_feeds(conn, CONTRACTS)
    return module_warehouse_url


@pytest.fixture
def conn(registered_url: str) -> Iterator[Connection]:
    """A connection to ``registered_url``."""
    with connect(registered_url) as connection:
        yield connection


@pytest.fixture
def fresh_conn(warehouse_url: str) -> Iterator[Connection]:
    """A connection to a warehouse of the test's own, whose tables it may change."""
    with connect(warehouse_url) as connection:
        ledger.register_feeds(connection, CONTRACTS)
        yield connection


def _empty(conn: Connection) -> None:
    children = [
        "ops.publication",
        "ops.build",
        "ops.cursor",
        "quarantine.record",
        "ops.batch",
        "ops.payload",
        "ops.feed",
    ]
    landing = {f"landing.{table.name}" for contract in CONTRACTS for table in contract.tables}
    with conn.transaction():
        for name in [*children, "ops.reference", "landing.region_boundary", *sorted(landing)]:
            conn.execute(sql.SQL("delete from {}").format(sql.Identifier(*name.split("."))))
