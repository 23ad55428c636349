"""Every table of every contract takes a record, whatever its columns are called."""

from __future__ import annotations

from typing import Any

import pytest
from batches import at, batch, digest, table

from feeds.contract import Column, Contract
from feeds.registry import load_all
from warehouse.commit import commit_batch
from warehouse.db import Connection

VALUES: dict[str, Any] = {
    "text": "模拟",
    "timestamptz": at(1),
    "double precision": 1.5,
    "integer": 1,
    "bigint": 1,
    "boolean": True,
    "jsonb": "[1]",
}


@pytest.mark.parametrize("contract", load_all().values(), ids=list(load_all()))
def test_one_record_of_every_kind_lands(conn: Connection, contract: Contract) -> None:
    technical = {"fetched_at": at(100), "payload_sha256": digest("p"), "quality_flags": []}
    tables = {
        kind.name: table([{**_record(kind.columns), **technical}], kind.name, contract) for kind in contract.tables
    }
    counts = commit_batch(conn, contract, batch(contract=contract, tables=tables))
    assert (counts.inserted, counts.quarantined) == (len(tables), 0)


def _record(columns: tuple[Column, ...]) -> dict[str, Any]:
    return {column.name: VALUES[column.physical_type] for column in columns}
