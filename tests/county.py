"""The synthetic county, as a process or in this one, and the product that takes what it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from connectors.transports import is_listener
from feeds.contract import Contract
from feeds.registry import load_enabled
from riskmap import intake
from riskmap.ingest import IngestReport, ingest
from riskmap.settings import REPOSITORY, Settings
from riskmap.stack import intake as stack_intake
from riskmap.stack.memory import prepare_home
from simulator.addresses import contract_variables
from simulator.app import Places, Simulator
from simulator.broker import binary
from simulator.gates import NAMES
from simulator.server import Server
from simulator.world import BEIJING, World
from warehouse import landing, ledger
from warehouse.db import connect

T = TypeVar("T")

READY_WITHIN_S = 90.0
AT_ONCE = 3  # feeds that are pulled side by side; as many as a small installation has processors


@dataclass(frozen=True)
class Process:
    """A simulator that serves. ``variables``: its addresses by the names that contracts use."""

    pid: int
    home: Path
    url: str
    variables: Mapping[str, str]


@contextmanager
def simulator(home: Path, exchange_url: str, scenario: str, doors: Mapping[str, str]) -> Iterator[Process]:
    """``python -m simulator serve``, until the block ends. ``doors``: what those sources that come to us must know."""
    home.mkdir(parents=True)
    log, addresses = home / "simulator.log", home / "address.json"
    environment = {**os.environ, **doors, "EXCHANGE_DATABASE_URL": exchange_url, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "simulator", "serve", "--home", str(home), "--scenario", scenario]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_until(
            lambda: addresses.exists() or process.poll() is not None, READY_WITHIN_S, lambda: log.read_text("utf-8")
        )
        assert process.poll() is None, log.read_text("utf-8")
        said = json.loads(addresses.read_text("utf-8"))
        yield Process(process.pid, home, said["url"], {**said["variables"], **doors})
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextmanager
def launched(
    home: Path,
    scenario: str,
    ago: timedelta,
    *,
    exchange_url: str | None = None,
    centre: str | None = None,
    start: datetime | None = None,
) -> Iterator[tuple[Simulator, dict[str, str]]]:
    """A county in this process whose world began some time ago, with its history written; and its addresses.

    ``start``: the world's own time when it began, where what happens depends on the hour; else the real one.
    """
    began = datetime.now(UTC) - ago
    world = World(seed=1, scenario=scenario, start=start or began.astimezone(BEIJING), launched=began, speed=1.0)
    home.mkdir(parents=True)
    sim = Simulator(Places(home, home / "mine", home / "register", exchange_url, centre), world)
    with ExitStack() as stack:
        stack.callback(sim.gates.close)
        for gate in NAMES:
            if gate != "mqtt" or binary() is not None:
                sim.gates.open(gate)
        server = stack.enter_context(Server(sim, 0))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        sim.prepare()
        yield sim, {**doors(home), **contract_variables(sim.places, sim.gates, server.url)}


def wait_until(holds: Callable[[], object], within_s: float, what: Callable[[], str]) -> None:
    """Until ``holds``; fails with ``what`` after ``within_s`` seconds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"waited {within_s:.0f} s: {what()}"
        time.sleep(0.2)


def doors(home: Path) -> dict[str, str]:
    """What the stack of a home tells those who come to us: where, with which login; and the salt of persons."""
    prepare_home(home)
    return stack_intake.variables(home)


def side_by_side(do: Callable[[str], T], feeds: Iterable[str]) -> dict[str, T]:
    """What ``do`` returns for each feed, some at a time."""
    feeds = list(feeds)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(feeds, pool.map(do, feeds), strict=True))


@dataclass(frozen=True)
class Product:
    """A warehouse in which the enabled feeds are registered, and the hands that fill it."""

    settings: Settings
    feeds: Mapping[str, Contract]

    @property
    def pulled(self) -> list[str]:
        return [feed for feed, contract in self.feeds.items() if not is_listener(str(contract.connector["transport"]))]

    @property
    def listening(self) -> list[str]:
        return [feed for feed in self.feeds if feed not in self.pulled]

    def rows(self, query: str | sql.Composed, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.settings.database_url) as conn:
            return conn.execute(query if isinstance(query, sql.Composed) else query.encode(), values).fetchall()

    def counts(self) -> dict[tuple[str, str], int]:
        """Records by feed and table of its contract."""
        tables = [(feed, table.name) for feed, contract in self.feeds.items() for table in contract.tables]
        one = sql.SQL("select {}, {}, count(*) from landing.{} where feed_id = {}")
        each = [one.format(feed, name, sql.Identifier(name), feed) for feed, name in tables]
        return {(feed, name): count for feed, name, count in self.rows(sql.SQL(" union all ").join(each))}

    def pull(self, feeds: Iterable[str], run_id: str) -> dict[str, IngestReport | Exception]:
        """One run of each feed, by feed what it reports or how it failed."""

        def one(feed: str) -> IngestReport | Exception:
            try:
                return ingest(feed, self.settings, run_id=run_id)
            except Exception as error:  # noqa: BLE001 - the test says which it expects
                return error

        return side_by_side(one, feeds)

    def content(self, feed: str) -> dict[str, tuple[int, str]]:
        """By table: how many records, and a digest of all that they say."""
        query = """
            select count(*), coalesce(md5(string_agg(record_hash, ',' order by record_hash)), '')
            from landing.{} where feed_id = %s
        """
        tables = [table.name for table in self.feeds[feed].tables]
        return {name: self.rows(sql.SQL(query).format(sql.Identifier(name)), feed)[0] for name in tables}

    @contextmanager
    def taking(self) -> Iterator[None]:
        """The intake serves while the block lasts."""
        stop = threading.Event()
        service = threading.Thread(target=intake.serve, args=(self.settings, stop), name="intake")
        service.start()
        try:
            yield
        finally:
            stop.set()
            service.join(60)
            assert not service.is_alive(), "the intake does not end"


def new_product(home: Path, warehouse_url: str, variables: Mapping[str, str]) -> Product:
    """The product over an empty warehouse, told where the county's sources are."""
    feeds = load_enabled(variables)
    settings = Settings(home, warehouse_url, (home / "archive").as_uri(), None, None, None, dict(variables))
    with connect(warehouse_url) as conn:
        landing.ensure_tables(conn, feeds.values())
        ledger.register_feeds(conn, feeds.values())
    return Product(settings, feeds)
