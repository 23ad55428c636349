"""Fixtures of the warehouse's own tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from feeds import registry
from warehouse import ledger
from warehouse.db import Connection, connect

sys.path.insert(0, str(Path(__file__).parent))  # batches.py, shared with the processes that tests start


@pytest.fixture
def registered_url(warehouse_url: str) -> str:
    """URL of a fresh warehouse that knows all feeds."""
    with connect(warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    return warehouse_url


@pytest.fixture
def conn(registered_url: str) -> Iterator[Connection]:
    """A connection to a fresh warehouse that knows all feeds."""
    with connect(registered_url) as connection:
        yield connection
