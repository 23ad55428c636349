"""Order does not matter: however a storm arrives, and however many builds lie between, the marts say the same.

The arrival (storm.py) holds messages with their updates and cancels, revised, repeated, withdrawn and late records.
Once it lands in order and is built from nothing; then it lands in many orders, cut into other batches each time, and is
built in parts. What landed and all tables that are built in parts must be the same each time, byte for byte; all
that readers see, every tenth time (it is made of these anew by each build).

A build is mostly dbt thinking. So what it says to the database is written down once, for batches that do not exist,
and said again for those of each order; builds by the product's own ``riskmap.build`` are compared as well.
RISKMAP_SHUFFLES says how many orders are tried, RISKMAP_SHUFFLES_WHOLE how often everything is compared (1: always).
A release tries fifty.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from dbt_compare import Content, differences, landed, marts, tables
from dbt_rows import Rows, settings_for
from psycopg import sql
from storm import AS_OF, CONTRACTS, Arrival, arrivals, in_batches, land

from riskmap import build, dbt_runner
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

SHUFFLES = int(os.environ.get("RISKMAP_SHUFFLES", "20"))
WHOLE = int(os.environ.get("RISKMAP_SHUFFLES_WHOLE", "10"))
NO_BATCH = 987_654_321
"""Stands for the batches of an order in the statements that are written down."""

SILENT = {
    "marts.forest_fire_call_yearly": "nobody called",
    "marts.major_hazard_source": "the plants push nothing here",
    "marts.recheck_gap": "every check that was owed was made",
    "marts.warning_receipt_orphan": "every receipt answers a warning",
}
"""Marts about which the storm says nothing."""


@dataclass(frozen=True)
class Speech:
    """What dbt says to the database when it builds ``models`` for some batches."""

    models: Sequence[str]
    statements: Sequence[str]


@dataclass(frozen=True)
class Storm:
    """``wanted``: what is said of the storm that came in order and was built from nothing. ``base``: a warehouse with
    all relations and no records, to be cloned. ``partial``: builds what is built in parts, and what that needs.
    """

    wanted: Content
    arrivals: Sequence[Arrival]
    settings: Settings
    partial: Speech
    whole: Speech

    @property
    def base(self) -> str:
        return self.settings.database_url


@pytest.fixture(scope="module")
def storm(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Storm:
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    found = sorted(arrivals(), key=lambda arrival: arrival.fetched_at)
    with connect(module_warehouse_url) as conn:
        _prepare(conn)
        for feed_id in dict.fromkeys(arrival.feed_id for arrival in found):
            land(conn, feed_id, [arrival for arrival in found if arrival.feed_id == feed_id])
        _landed_when_fetched(conn)
    _run(settings, "build", "--exclude-resource-types", "test", "unit_test", "--vars", _vars())
    with psycopg.connect(module_warehouse_url) as conn:
        wanted = landed(conn) | marts(conn) | tables(conn, _models(conn))
        _empty(conn)
    _run(settings, "run", *_KEPT, "--vars", _vars())
    partial = _listen(settings, "--select", "+config.partial:true")
    whole = _listen(settings)
    return Storm(wanted, found, settings, partial, whole)


_KEPT = ("--exclude", "config.materialized:live_view")


def _run(settings: Settings, *args: str, listen: Callable[[Any], None] | None = None) -> dbt_runner.BuildResult:
    result = dbt_runner.invoke(args, settings=settings, listen=listen)
    assert result.success, [node for node in result.nodes if node["status"] == "error"]
    return result


def _vars(**more: Any) -> str:
    return json.dumps({"as_of": AS_OF.isoformat()} | more)


def _models(conn: psycopg.Connection[Any]) -> list[str]:
    query = "select relname from pg_class where relnamespace = 'intermediate'::regnamespace and relkind = 'r'"
    return [name for (name,) in conn.execute(query)]


def _prepare(conn: psycopg.Connection[Any]) -> None:
    """All feeds, as if switched on a day ago; regions; polls of warnings, which are no part of the arrival."""
    ledger.register_feeds(conn, CONTRACTS.values())
    since = AS_OF - timedelta(days=1)
    with conn.transaction():
        conn.execute("update ops.feed set activated_at = %s, active_from = %s, closing = '{}'", (since, since))
        rows = Rows(conn)
        rows.promise_since_ever()
        rows.region("140000", "province", None, (110, 34, 114, 40))
        rows.region("141000", "city", "140000", (110, 35, 113, 37))
        rows.region("141022", "county", "141000", (111.5, 35.5, 112.2, 36))
        for minutes in range(0, 60, 5):
            rows.batch("weather_warning", at=AS_OF - timedelta(minutes=minutes), state="NOT_MODIFIED")


def _landed_when_fetched(conn: psycopg.Connection[Any]) -> None:
    """The one clock that a test cannot set: figures about it (lead of warnings) shall be compared, too."""
    with conn.transaction():
        conn.execute(
            """
            do $$
            declare landed regclass;
            begin
                for landed in
                    select attrelid::regclass
                    from pg_attribute inner join pg_class on pg_class.oid = attrelid
                    where relnamespace = 'landing'::regnamespace and relkind = 'p' and attname = 'landed_at'
                loop
                    execute format('update %s set landed_at = fetched_at where landed_at <> fetched_at', landed);
                end loop;
            end $$
            """
        )


def _empty(conn: psycopg.Connection[Any]) -> None:
    """Take away all records and all that was made of them; the relations, and the polls, stay."""
    found = conn.execute(
        """
        select nspname, relname
        from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
        where relkind = 'r' and nspname in ('landing', 'intermediate', 'marts', 'metrics')
            and relname <> 'region_boundary'
        """
    ).fetchall()
    names = sql.SQL(", ").join(sql.Identifier(*table) for table in found)
    conn.execute(sql.SQL("truncate {}").format(names))
    conn.execute("delete from ops.batch where state = 'LANDED'")


def _listen(settings: Settings, *selection: str) -> Speech:
    """What dbt says to the database when it builds the selected tables for some batches."""
    said: list[str] = []

    def listen(event: Any) -> None:
        if event.info.name == "SQLQuery":
            said.append(event.data.sql)

    variables = _vars(batch_ids=[NO_BATCH])
    result = _run(settings, "run", *selection, *_KEPT, "--threads", "1", "--vars", variables, listen=listen)
    assert any(str(NO_BATCH) in statement for statement in said)
    return Speech([node["name"] for node in result.nodes], said)


def _say(url: str, base: str, speech: Speech, batch_ids: Sequence[int]) -> None:
    """Build these batches by what dbt would say."""
    ours, theirs = (json.dumps(urlsplit(name).path.lstrip("/")) for name in (url, base))
    ids = ", ".join(map(str, batch_ids))
    with psycopg.connect(url, autocommit=True, options="-c jit=off") as conn:  # as dbt_runner does
        for statement in speech.statements:
            conn.execute(statement.replace(str(NO_BATCH), ids).replace(theirs, ours).encode())


@pytest.fixture
def clone(storm: Storm, cluster_url: str) -> Iterator[Callable[[], str]]:
    """Makes warehouses without records, one at a time."""
    base = urlsplit(storm.base).path.lstrip("/")
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(f"{base}_storm"))
    create = sql.SQL("create database {} template {}").format(sql.Identifier(f"{base}_storm"), sql.Identifier(base))

    def make() -> str:
        with psycopg.connect(cluster_url, autocommit=True) as conn:
            conn.execute(drop)
            conn.execute(create)
        return urlsplit(cluster_url)._replace(path=f"/{base}_storm").geturl()

    yield make
    with psycopg.connect(cluster_url, autocommit=True) as conn:
        conn.execute(drop)


def test_the_storm_says_something_in_most_marts(storm: Storm) -> None:
    """Else equality would prove little."""
    silent = {name for name, rows in storm.wanted.items() if not rows and name.startswith(("marts.", "metrics."))}
    assert silent == SILENT.keys()
    assert {"fct_observation", "fct_observation_hourly", "int_alarm__exceedance"} <= set(storm.partial.models)


def test_any_order_of_arrival_gives_the_same_marts(storm: Storm, clone: Callable[[], str]) -> None:
    for seed in range(SHUFFLES):
        order = random.Random(seed)
        batches = in_batches(order, storm.arrivals)
        is_whole = seed % WHOLE == 0
        between = set(order.sample(range(len(batches)), 2))
        url, unpublished = clone(), []
        with connect(url) as conn:
            for n, (feed_id, batch) in enumerate(batches):
                unpublished.append(land(conn, feed_id, batch))
                if n in between:
                    _landed_when_fetched(conn)
                    _say(url, storm.base, storm.partial, unpublished)
                    unpublished = []
            _landed_when_fetched(conn)
            _say(url, storm.base, storm.whole if is_whole else storm.partial, unpublished or [0])
            got = landed(conn) | (marts(conn) if is_whole else tables(conn, storm.partial.models))
            found = differences(storm.wanted, got)
        assert not found, (
            f"order {seed}, built after batches {sorted(between)} of {len(batches)} and at the end:\n{found}"
        )


@pytest.fixture
def _clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds of the product judge by the storm's moment, and leave out the tests of the data."""
    invoke = dbt_runner.invoke

    def stood_still(args: Sequence[str], **more: Any) -> dbt_runner.BuildResult:
        at = list(args).index("--vars") + 1
        given = [*args[:at], _vars(**json.loads(args[at])), *args[at + 1 :], "--exclude-resource-type", "test"]
        return invoke(given, **more)

    monkeypatch.setattr(dbt_runner, "invoke", stood_still)


@pytest.mark.usefixtures("_clock_stands_still")
def test_builds_of_the_product_in_parts_equal_one_from_nothing(storm: Storm, clone: Callable[[], str]) -> None:
    settings = replace(storm.settings, database_url=clone())
    batches = in_batches(random.Random(20), storm.arrivals)
    reports = []
    for part in (batches[::3], batches[1::3], batches[2::3]):
        with connect(settings.database_url) as conn:
            for feed_id, batch in part:
                land(conn, feed_id, batch)
            _landed_when_fetched(conn)
        reports.append(build.build(settings))
    assert [bool(report.selection) for report in reports] == [False, True, True], "first as a whole, then in parts"
    with psycopg.connect(settings.database_url) as conn:
        assert not differences(storm.wanted, landed(conn) | marts(conn))
