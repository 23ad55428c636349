"""Slopes that speak over MQTT, against a real broker and a real warehouse. Devices are synthetic 模拟."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from connectors import registry
from expectations import _gx  # noqa: F401 - it loads for seconds, while a message waits
from feeds.registry import load, load_all
from riskmap.committer import Committer
from riskmap.ingest import declared
from riskmap.settings import Settings
from tests.local_mqtt import Broker, broker, needs_broker
from warehouse import ledger
from warehouse.db import connect

pytestmark = needs_broker
FEED = "geohazard_monitoring"


def message(millimetres: float, minute: int) -> bytes:
    return json.dumps({"990054920": {"L1_LF_1": {f"2026-08-10T07:{minute:02}:00.000Z": millimetres}}}).encode()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Broker]:
    with broker(tmp_path) as started:
        yield started


@pytest.fixture
def settings(warehouse_url: str, tmp_path: Path, local: Broker) -> Settings:
    with connect(warehouse_url) as conn:
        ledger.register_feeds(conn, load_all().values())
    variables = {"GEO_IOT_BROKER_URL": local.url}
    archive = (tmp_path / "archive").as_uri()
    return Settings(tmp_path, warehouse_url, archive, None, None, None, MappingProxyType(variables))


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    contract = load(FEED)
    declaration, address = declared(contract, settings.variables)
    listener = registry.listen({**contract.parser_options, **declaration}, source=address)
    committer = Committer(contract, settings)
    stop = threading.Event()
    threads = [
        threading.Thread(target=committer.run),
        threading.Thread(target=listener.serve, args=(committer.deliver, stop)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        threads[1].join()
        committer.close()
        threads[0].join()


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with connect(settings.database_url) as conn:
        return conn.execute(query.encode()).fetchall()


def wait_for(what: Callable[[], bool], patience_s: float = 60.0) -> None:
    deadline = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


LANDED = "select station_code, variable, event_at, value from landing.observation order by event_at"
BAD = "select rule, status from quarantine.record"


def test_messages_land_bad_ones_are_quarantined_and_none_comes_twice(settings: Settings, local: Broker) -> None:
    local.send("$dp", message(0.5, 0), retain=True)  # kept for whoever subscribes first
    with serving(settings):
        wait_for(lambda: len(rows(settings, LANDED)) == 1)
    local.send("$dp", message(1.5, 1), b"\x02\x00\x05{}", message(2.5, 2))  # while nobody listens
    with serving(settings):
        wait_for(lambda: len(rows(settings, LANDED)) == 3 and bool(rows(settings, BAD)))
    assert rows(settings, LANDED) == [
        ("990054920", "crack_mm", datetime(2026, 8, 10, 7, minute, tzinfo=UTC), minute + 0.5) for minute in range(3)
    ]
    assert rows(settings, BAD) == [("geo_iot.frame.length", "open")]
    [(before,)] = rows(settings, "select count(*) from ops.payload")
    local.send("$dp", message(3.5, 3))
    with serving(settings):  # all of the above was acknowledged: only what is new comes, and what is retained
        wait_for(lambda: len(rows(settings, LANDED)) == 4)
    [(after,)] = rows(settings, "select count(*) from ops.payload")
    assert after - before <= 2
