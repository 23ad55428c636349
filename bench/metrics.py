"""What it costs to keep coverage and availability: one hour of new data, at few and at many points.

Everything is synthetic 模拟: stations of one feed report one value each in every slot of five minutes, a few hours are
landed and built, then hour after hour lands as one batch and is built partially, with the clock stood at the end of
that hour. A late report (one station, a slot of an hour that is long judged) comes with each batch.

python -m bench.metrics [--points 1200 120000] [--hours 3] [--rounds 3] [--server URL]
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from bench.warehouse import databases, settings_for
from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import landing, ledger
from warehouse.db import connect
from warehouse.migrate import migrate

FEED = "water_regime"
BEGIN = datetime(2026, 8, 10, tzinfo=UTC)
MODELS = (
    "int_coverage__obligation",
    "metric_availability_hourly",
    "metric_availability_daily",
    "metric_coverage_daily",
    "metric_coverage_breakdown_daily",
)
ORIGIN = "feed_id, batch_id, payload_sha256, fetched_at, landed_at, record_hash, seen_at"


def prepare(url: str, points: int) -> None:
    """A feed that was switched on at BEGIN, with so many stations."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("create extension if not exists postgis")
    migrate(url)
    with connect(url) as conn:
        landing.ensure_tables(conn, registry.load_all().values())
        ledger.register_feeds(conn, registry.load_all().values())
    with psycopg.connect(url) as conn:
        conn.execute("update ops.feed set active_from = %(at)s, activated_at = %(at)s", {"at": BEGIN})
        conn.execute("update ops.feed_version set valid_from = %(at)s, activated_at = %(at)s", {"at": BEGIN})
        conn.execute(
            f"""insert into landing.station (station_code, station_name, station_type, longitude, latitude, region_code,
                  modified_at, {ORIGIN})
                select 'BENCH' || n, '模拟 ' || n, 'PP', 111, 36, (140100 + n %% 50)::text, %(at)s,
                  '{FEED}', 0, '-', %(at)s, %(at)s, '-', %(at)s
                from generate_series(1, %(n)s) as n""".encode(),
            {"n": points, "at": BEGIN},
        )


def land_hours(url: str, points: int, first: int, hours: int) -> int:
    """What the stations reported in the hours from ``first`` on, and one late report; returns the batch."""
    begin = BEGIN + timedelta(hours=first)
    values = {"begin": begin, "end": begin + timedelta(hours=hours), "n": points, "late": BEGIN + timedelta(minutes=2)}
    with psycopg.connect(url) as conn:
        row = conn.execute(
            f"""insert into ops.batch (feed_id, run_id, kind, state, started_at, fetched_at, tables)
                values ('{FEED}', 'bench', 'pull', 'LANDED', %(end)s, %(end)s, '{{observation}}')
                returning batch_id""".encode(),
            values,
        ).fetchone()
        assert row is not None
        values["batch"] = row[0]
        conn.execute(
            f"""insert into landing.observation (station_code, variable, event_at, value, unit, source_table, {ORIGIN})
                select 'BENCH' || n, 'water_level_m', at, 1, 'm', 'bench',
                  '{FEED}', %(batch)s, '-', at, at + interval '1 minute', '-', at
                from generate_series(%(begin)s, %(end)s - interval '1 second', interval '5 minutes') as at,
                  generate_series(1, %(n)s) as n
                union all
                select 'BENCH1', 'rain_mm', %(late)s + %(batch)s * interval '1 second', 1, 'mm', 'bench',
                  '{FEED}', %(batch)s, '-', %(end)s, %(end)s, '-', %(end)s""".encode(),
            values,
        )
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("analyze landing.observation")
    return int(row[0])


def run(settings: Settings, select: Sequence[str], as_of: datetime, batch: int | None = None) -> dict[str, float]:
    """Seconds per model. The clock stands a little after the hour, as when a build follows a batch."""
    variables = {"as_of": (as_of + timedelta(minutes=2)).isoformat()}
    if batch is not None:
        variables |= {"batch_ids": [batch]}  # type: ignore[dict-item]
    result = dbt_runner.invoke(["run", "--vars", json.dumps(variables), "--select", *select], settings=settings)
    if not result.success:
        raise SystemExit("\n".join(f"{n['name']}: {n['message']}" for n in result.nodes if n["status"] == "error"))
    return {node["name"]: node["seconds"] for node in result.nodes}


def measure(settings: Settings, points: int, hours: int, rounds: int) -> None:
    prepare(settings.database_url, points)
    land_hours(settings.database_url, points, 0, hours)
    dbt_runner.invoke(["seed"], settings=settings)
    built = run(settings, [f"+{name}" for name in MODELS], BEGIN + timedelta(hours=hours))
    found = ", ".join(f"{name} {built[name]:.2f}" for name in MODELS)
    print(f"{points:,} points, {hours} h built from nothing: {found} s", flush=True)
    spent: dict[str, list[float]] = {name: [] for name in MODELS}
    for number in range(hours, hours + rounds):
        batch = land_hours(settings.database_url, points, number, 1)
        seconds = run(settings, MODELS, BEGIN + timedelta(hours=number + 1), batch)
        for name in MODELS:
            spent[name].append(seconds[name])
    each = ", ".join(f"{name} {statistics.median(times):.2f}" for name, times in spent.items())
    total = statistics.median(map(sum, zip(*spent.values(), strict=True)))
    print(f"{points:,} points, {points * 12:,} records an hour: {total:.2f} s per hour of data ({each})", flush=True)
    with psycopg.connect(settings.database_url) as conn:
        row = conn.execute(
            """select sum(expected_slots), sum(received_slots), sum(pending_slots) from metrics.metric_coverage_daily
                where feed_id = %s""",
            (FEED,),
        ).fetchone()
    print(f"  of {row[0]:,} slots {row[1]:,} came, {row[2]:,} are pending" if row else "  nothing", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--points", type=int, nargs="*", default=[1_200, 120_000])
    arguments.add_argument("--hours", type=int, default=3, help="hours of history before the first refresh")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--server", help="URL of a cluster to make databases on; else one of our own")
    chosen = arguments.parse_args()
    logging.disable(logging.INFO)
    folder = Path(tempfile.mkdtemp(prefix="riskmap-bench-"))
    folder.chmod(0o711)
    try:
        with databases(chosen.server, folder) as made:
            for points in chosen.points:
                measure(settings_for(made.new(), folder), points, chosen.hours, chosen.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
