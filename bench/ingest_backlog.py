"""A mine's backlog (synthetic 模拟) from files to landing: our whole way against a loader written by hand.

Ours archives every file, parses, judges, quarantines, keeps a ledger and lands by MERGE. The peer does what a script
usually does: split the lines and upsert them with ``executemany`` (pipelined by psycopg), nothing else.

python -m bench.ingest_backlog [--records 200000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from bench.mine_backlog import make_backlog
from feeds import registry
from riskmap.ingest import ingest
from riskmap.settings import Settings
from riskmap.stack.postgres import PrivateCluster
from warehouse import landing, ledger
from warehouse.db import connect
from warehouse.migrate import migrate

BEIJING = ZoneInfo("Asia/Shanghai")


def ours(url: str, inbox: Path, home: Path) -> int:
    """Files -> archive -> parser -> gate -> landing, as the DAG does it."""
    contracts = registry.load_all()
    with connect(url) as conn:
        ledger.register_feeds(conn, contracts.values())
    settings = Settings(
        home=home,
        database_url=url,
        archive_url=(home / "archive").as_uri(),
        airflow_url=None,
        data_docs_url=None,
        map_url=None,
        variables={"MINE_INBOX": str(inbox)},
    )
    return ingest("coal_mine_safety", settings, run_id="bench").records


def by_hand(url: str, inbox: Path, _: Path) -> int:
    """The loader that one writes in an afternoon."""
    rows = []
    for file in sorted(inbox.glob("*.txt")):
        for record in file.read_text(encoding="utf-8").split("~")[1:-1]:
            code, name, place, value, unit, status, seen = record.split(";")
            at = datetime.strptime(seen, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
            rows.append((code, name, at, float(value) if value else None, unit, int(status), place))
    with psycopg.connect(url) as conn:
        conn.execute(
            "create table by_hand (code text, name text, at timestamptz, value float8, unit text, status int,"
            " place text, primary key (code, name, at))"
        )
        with conn.cursor() as cursor:
            cursor.executemany(
                "insert into by_hand values (%s, %s, %s, %s, %s, %s, %s)"
                " on conflict (code, name, at) do update set value = excluded.value, status = excluded.status",
                rows,
            )
    return len(rows)


def measure(cluster: PrivateCluster, way: Callable[[str, Path, Path], int], records: int) -> tuple[int, float]:
    """(records, seconds) of one way on a fresh database and a fresh copy of the backlog."""
    work = Path(tempfile.mkdtemp(prefix="riskmap-bench-"))
    inbox = work / "inbox"
    inbox.mkdir()
    name = f"bench_{time.time_ns()}"
    try:
        make_backlog(inbox, records)
        cluster.ensure_database(name, extensions=["postgis"])
        url = cluster.url(name)
        migrate(url)
        with connect(url) as conn:
            landing.ensure_tables(conn, registry.load_all().values())
        began = time.perf_counter()
        landed = way(url, inbox, work)
        return landed, time.perf_counter() - began
    finally:
        shutil.rmtree(work)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=200_000)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="riskmap-bench-"))
    folder.chmod(0o711)
    cluster = PrivateCluster(folder)
    cluster.start()
    try:
        measure(cluster, ours, 1_000)  # imports and caches
        rounds = [
            (measure(cluster, ours, chosen.records), measure(cluster, by_hand, chosen.records))
            for _ in range(chosen.rounds)
        ]
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for name, results in (
        ("ours, whole way", [r[0] for r in rounds]),
        ("by hand, executemany", [r[1] for r in rounds]),
    ):
        seconds = statistics.median(s for _, s in results)
        print(f"{name:<22} {results[0][0]:>8,} records  {seconds:6.2f} s  {results[0][0] / seconds:>9,.0f} records/s")
    ratio = statistics.median(hand / our for (_, our), (_, hand) in rounds)
    print(f"ratio by hand / ours   {ratio:.2f} (median of {chosen.rounds} rounds, side by side)")


if __name__ == "__main__":
    main()
