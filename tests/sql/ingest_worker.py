"""A runner in a process of its own that can be killed between any two steps: python ingest_worker.py ORDERS_AS_JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

from batches import WATER, FakeFetch, at, batch, failure, observation, table

from warehouse import ledger
from warehouse.archive import Archive
from warehouse.batch import Batch, PayloadOutcome
from warehouse.commit import commit_batch
from warehouse.db import connect

STEPS = (
    "archived",
    "payload recorded",
    "copied observation",
    "landed observation",
    "copied station",
    "landed station",
    "quarantined",
    "recorded",
    "committed",
)


@dataclass(frozen=True)
class Orders:
    """Observations of the minutes ``start`` to ``end`` with one ``value``, polled at minute ``fetched``."""

    url: str
    archive_url: str
    start: int = 0
    end: int = 50
    value: float = 1.0
    fetched: int = 100
    lock: bool = True
    wait: bool = False
    kill_at: str | None = None


def run(orders: Orders) -> str:
    """Fetch, archive, record, commit: the way of riskmap.ingest without a source; returns what became of it."""
    fetch = FakeFetch("poll", body=repr(orders.value).encode(), fetched_at=at(orders.fetched))
    with connect(orders.url) as conn, ledger.feed_lock(conn, WATER.id, wait_s=30 if orders.wait else 0) as got:
        if orders.lock and not got:
            return "busy"
        uri = Archive(orders.archive_url).put(fetch.body)
        _maybe_die(orders, "archived")
        ledger.record_payloads(conn, WATER.id, [(fetch, uri)])
        _maybe_die(orders, "payload recorded")
        counts = commit_batch(conn, WATER, _batch(orders, fetch), on_step=_killer(orders))
    return f"inserted {counts.inserted} updated {counts.updated}"


def _batch(orders: Orders, fetch: FakeFetch) -> Batch:
    origin = {"fetched_at": fetch.fetched_at, "payload_sha256": fetch.sha256}
    rows = [observation(minute=m, value=orders.value) | origin for m in range(orders.start, orders.end)]
    station = {
        "station_code": "A1",
        "station_name": f"模拟站 {orders.value}",
        "station_type": "PP",
        "longitude": 112.8,
        "latitude": 35.5,
        "quality_flags": [],
    }
    return batch(
        tables={"observation": table(rows), "station": table([station | origin], "station")},
        quarantined=[failure(payload_sha256=fetch.sha256), failure(payload_sha256=fetch.sha256, rule="unit.in_set")],
        payloads=[PayloadOutcome(fetch.sha256, "PARTIAL", 2)],
        cursor={"until": orders.fetched},
        fetched_at=fetch.fetched_at,
    )


def _killer(orders: Orders) -> Callable[[str], None]:
    return lambda step: _maybe_die(orders, step)


def _maybe_die(orders: Orders, step: str) -> None:
    if step == orders.kill_at:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    given = Orders(**json.loads(sys.argv[1]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(f"{run(given)}\n")
