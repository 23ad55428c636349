"""How long builds take, as a whole and of one batch; the same with ten times the history; and a map of many objects.

Everything is synthetic 模拟: a county is simulated and taken in as in the demo; its records are then copied back in
time (ten times the history) or joined by generated enterprises and stations (the great map). The peer of a build is the
same build on the other warehouse, in turns, so the ratio holds on a busy machine too.

python -m bench.warehouse [--scenarios storm year] [--rounds 5] [--objects 100000] [--landed URL]

``--landed``: a warehouse with landed records to clone instead of simulating a county; it is only read.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from riskmap.build import build
from riskmap.settings import Settings
from riskmap.stack.postgres import PrivateCluster
from tests.county import launched, new_product
from warehouse.migrate import migrate
from warehouse.reference import load_regions

AGO = {"storm": timedelta(hours=3)}
TIMES = 10

# What history is made of, and the part of its key that tells copies apart where no time does.
EVENTS: Mapping[str, str | None] = {
    "observation": None,
    "person_position": None,
    "mine_statistic": None,
    "alarm": None,
    "earthquake": "event_id",
    "warning": "identifier",
    "warning_info": "identifier",
    "warning_area": "identifier",
    "warning_receipt": "warning_identifier",
    "hidden_danger": "danger_code",
    "inspection": "inspection_code",
    "inspection_document": "document_code",
    "enforcement_case": "case_code",
    "incident": "incident_code",
    "drill": "drill_code",
    "training": "course_code",
    "ai_finding": "finding_code",
    "forest_fire_call": "call_code",
}


@dataclass(frozen=True)
class Databases:
    """Makes and clones databases on one cluster, and drops what it made."""

    server: str
    made: list[str]

    def url(self, name: str) -> str:
        return urlsplit(self.server)._replace(path=f"/{name}").geturl()

    def new(self, template: str | None = None) -> str:
        name = f"bench_{time.time_ns()}"
        query = sql.SQL("create database {} template {}").format(
            sql.Identifier(name), sql.Identifier(template or "template1")
        )
        with psycopg.connect(self.server, autocommit=True) as conn:
            conn.execute(query)
        self.made.append(name)
        return self.url(name)

    def drop(self) -> None:
        with psycopg.connect(self.server, autocommit=True) as conn:
            for name in self.made:
                conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def databases(server: str | None, folder: Path) -> Iterator[Databases]:
    """On ``server``, or on a cluster of our own that ends with the block."""
    cluster = None
    if server is None:
        cluster = PrivateCluster(folder)
        cluster.start()
        server = cluster.url()
    found = Databases(server, [])
    try:
        yield found
    finally:
        found.drop()
        if cluster is not None:
            cluster.stop()


def landed_county(made: Databases, scenario: str, folder: Path) -> str:
    """URL of a warehouse that holds what a county's sources told, not yet built."""
    url, exchange = made.new(), made.new()
    for each in (url, exchange):
        with psycopg.connect(each, autocommit=True) as conn:
            conn.execute("create extension postgis")
    migrate(url)
    home = folder / scenario
    with launched(home / "county", scenario, AGO.get(scenario, timedelta(hours=1)), exchange_url=exchange) as (
        _,
        variables,
    ):
        product = new_product(home / "product", url, variables)
        with psycopg.connect(url) as conn:
            load_regions(conn)
        for feed, report in product.pull(product.pulled, "bench").items():
            if isinstance(report, Exception):
                print(f"  {feed} was left out: {report}")
    return url


def columns(conn: psycopg.Connection, table: str) -> dict[str, str]:
    found = conn.execute(
        """select column_name, data_type from information_schema.columns
            where table_schema = 'landing' and table_name = %s""",
        (table,),
    )
    return dict(found.fetchall())


def multiply_history(url: str, times: int) -> None:
    """Copies of all that happened, each further back by as many days as the observations span."""
    with psycopg.connect(url) as conn:
        (days,) = conn.execute(
            "select ceil(extract(epoch from max(event_at) - min(event_at)) / 86400)::int from landing.observation"
        ).fetchone() or (1,)
        copies = sql.SQL("generate_series(1, {}) as copy (n)").format(times - 1)
        back = sql.SQL("make_interval(days => copy.n * {})").format(max(days, 1))
        for table, key in EVENTS.items():
            kinds = columns(conn, table)
            told = {
                name: sql.SQL("{} - {}").format(sql.Identifier(name), back)
                for name, kind in kinds.items()
                if kind.startswith("timestamp")
            }
            if key is not None:
                told[key] = sql.SQL("{} || '-' || copy.n").format(sql.Identifier(key))
            if "reference_list" in kinds:  # texts with times in them: the copies stand for themselves
                told["reference_list"] = sql.SQL("'[]'::jsonb")
            conn.execute(
                sql.SQL("insert into landing.{} ({}) select {} from landing.{}, {}").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, kinds)),
                    sql.SQL(", ").join(told.get(name, sql.Identifier(name)) for name in kinds),
                    sql.Identifier(table),
                    copies,
                )
            )
        conn.execute(
            sql.SQL(
                """insert into ops.batch (feed_id, run_id, kind, state, started_at, fetched_at, committed_at,
                     records, inserted, updated, unchanged)
                     select feed_id, run_id, kind, state, started_at - {back}, fetched_at - {back},
                            committed_at - {back}, records, inserted, updated, unchanged
                       from ops.batch, {copies}"""
            ).format(back=back, copies=copies)
        )
        conn.execute(
            sql.SQL("update ops.feed set active_from = active_from - {0}, activated_at = activated_at - {0}").format(
                sql.SQL("make_interval(days => {})").format((times - 1) * max(days, 1))
            )
        )


def land_a_batch(url: str) -> int:
    """The newest value of every point once more, observed now, in one batch per feed; returns how many."""
    with psycopg.connect(url) as conn:
        kinds = columns(conn, "observation")
        told = {name: sql.SQL("now()") for name, kind in kinds.items() if kind.startswith("timestamp")}
        told["batch_id"] = sql.SQL("batch.batch_id")
        told["feed_id"] = sql.SQL("newest.feed_id")
        return conn.execute(
            sql.SQL(
                """with batch as (
                     insert into ops.batch (feed_id, run_id, kind, state, started_at, fetched_at, tables)
                       select feed_id, 'bench', 'pull', 'LANDED', now(), now(), '{{observation}}' from ops.feed
                        where feed_id in (select feed_id from landing.observation)
                     returning feed_id, batch_id),
                   newest as (
                     select distinct on (feed_id, station_code, variable) * from landing.observation
                      where event_at > (select max(event_at) from landing.observation) - interval '2 hours'
                      order by feed_id, station_code, variable, event_at desc)
                   insert into landing.observation ({})
                   select {} from newest inner join batch on newest.feed_id = batch.feed_id"""
            ).format(
                sql.SQL(", ").join(map(sql.Identifier, kinds)),
                sql.SQL(", ").join(told.get(name, sql.Identifier(name)) for name in kinds),
            )
        ).rowcount


def settings_for(url: str, folder: Path) -> Settings:
    home = folder / f"home_{urlsplit(url).path.lstrip('/')}"
    home.mkdir(exist_ok=True)
    return Settings(home, url, (home / "archive").as_uri(), None, None, None, {})


def analyze(settings: Settings) -> None:
    """Statistics, as autovacuum would have made them by now."""
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        conn.execute("vacuum analyze")


def timed_build(settings: Settings, *, full: bool = False) -> float:
    began = time.perf_counter()
    build(settings, full=full)
    return time.perf_counter() - began


def slowest(settings: Settings, most: int = 8) -> list[tuple[str, float]]:
    """The nodes of the last build that took longest."""
    with psycopg.connect(settings.database_url) as conn:
        (nodes,) = conn.execute("select nodes from ops.build order by started_at desc limit 1").fetchone() or ([],)
    return sorted(((node["name"], node["seconds"]) for node in nodes), key=lambda node: -node[1])[:most]


def measure_builds(once: Settings, tenfold: Settings, rounds: int) -> None:
    both = {"once": once, "ten times": tenfold}
    for settings in both.values():
        analyze(settings)
    for what, full, n in (("full build", True, max(1, rounds // 2)), ("one batch", False, rounds)):
        seconds: dict[str, list[float]] = {name: [] for name in both}
        for number in range(n + 1):
            for name, settings in both.items():
                if not full:
                    land_a_batch(settings.database_url)
                took = timed_build(settings, full=full)
                if number or full:  # the first small one reads the manifest
                    seconds[name].append(took)
        report(what, seconds)
    for name, settings in both.items():
        print(f"  slowest of one batch, history {name}: " + ", ".join(f"{n} {s:.2f}" for n, s in slowest(settings)))


def report(what: str, seconds: Mapping[str, Sequence[float]]) -> None:
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    ratio = statistics.median(b / a for a, b in zip(*seconds.values(), strict=True))
    n = len(next(iter(seconds.values())))
    told = ", ".join(f"history {name} {median:.2f} s" for name, median in medians.items())
    print(f"  {what:<11} {told}, ratio {ratio:.2f} (medians of {n} rounds in turns)")


def add_objects(url: str, objects: int) -> None:
    """Nine enterprises to a rain station with fresh values, over a province of 6 by 6 degrees around the county (as
    dense as they lie there: in one county, each would have thousands of stations near by); a warning over half of it.
    """
    with psycopg.connect(url) as conn:
        place = conn.execute(
            """select st_xmin(box) - 3, st_ymin(box) - 3, st_xmax(box) + 3, st_ymax(box) + 3 from (
                 select st_extent(st_makepoint(longitude, latitude)) as box from landing.enterprise) as extent"""
        ).fetchone()
        assert place is not None
        where = {"west": place[0], "south": place[1], "east": place[2], "north": place[3]}
        enterprises, stations = {"n": objects - objects // 10} | where, {"n": objects // 10} | where
        conn.execute(
            """insert into landing.enterprise (credit_code, updated_at, enterprise_name, industry, static_level,
                 is_key_enterprise, employees, longitude, latitude, source_crs,
                 feed_id, batch_id, payload_sha256, fetched_at, landed_at, record_hash, seen_at)
               select 'BENCH' || n, now(), '模拟 ' || n, 'commerce', 'blue', n %% 10 = 0, 20,
                 %(west)s + random() * (%(east)s - %(west)s), %(south)s + random() * (%(north)s - %(south)s),
                 'EPSG:4326',
                 'enterprise_register', 0, '-', now(), now(), '-', now()
               from generate_series(1, %(n)s) as n""",
            enterprises,
        )
        conn.execute(
            """insert into landing.station (station_code, station_name, station_type, longitude, latitude,
                 feed_id, batch_id, payload_sha256, fetched_at, landed_at, record_hash, seen_at)
               select 'BENCH' || n, '模拟 ' || n, 'PP',
                 %(west)s + random() * (%(east)s - %(west)s), %(south)s + random() * (%(north)s - %(south)s),
                 'water_regime', 0, '-', now(), now(), '-', now()
               from generate_series(1, %(n)s) as n""",
            stations,
        )
        conn.execute(
            """insert into landing.observation (station_code, variable, event_at, value, unit, source_table,
                 feed_id, batch_id, payload_sha256, fetched_at, landed_at, record_hash, seen_at)
               select 'BENCH' || n, 'rain_mm', now() - make_interval(mins => 5 * m), random() * 20, 'mm', 'bench',
                 'water_regime', 0, '-', now(), now(), '-', now()
               from generate_series(1, %(n)s) as n, generate_series(0, 1) as m""",
            stations,
        )
        _warn(conn, place)


def _warn(conn: psycopg.Connection, place: Sequence[float]) -> None:
    origin = "'weather_warning', 0, '-', now(), now(), '-', now()"
    key = "feed_id, batch_id, payload_sha256, fetched_at, landed_at, record_hash, seen_at, sender, identifier, sent_at"
    this = f"{origin}, 'bench', 'bench', now()"
    middle = (place[0] + place[2]) / 2
    conn.execute(
        f"""insert into landing.warning ({key}, status, msg_type, scope, reference_list, cap_version, event_at)
            values ({this}, 'Actual', 'Alert', 'Public', '[]', '1.2', now())""".encode()
    )
    conn.execute(
        f"""insert into landing.warning_info ({key}, info_index, event, colour, language, effective_at, expires_at,
              colour_source, colour_conflict)
            values ({this}, 0, '暴雨', 'orange', 'zh-CN', now(), now() + interval '1 day',
              'parameter', false)""".encode()
    )
    conn.execute(
        f"""insert into landing.warning_area ({key}, info_index, area_index, geometry_source, area_wkt)
            values ({this}, 0, 0, 'polygon',
              st_astext(st_multi(st_makeenvelope({place[0]}, {place[1]}, {middle}, {place[3]}, 4326))))""".encode()
    )


def measure_map(settings: Settings, rounds: int) -> None:
    """Seconds to judge all objects again, and to read the map's three grains."""
    analyze(settings)
    build(settings, full=True)
    nodes: dict[str, list[float]] = {}
    for _ in range(rounds):
        land_a_batch(settings.database_url)
        build(settings)
        for name, seconds in slowest(settings, most=200):
            nodes.setdefault(name, []).append(seconds)
    medians = sorted(((statistics.median(s), name) for name, s in nodes.items()), reverse=True)
    print("  slowest of one batch: " + ", ".join(f"{name} {seconds:.2f}" for seconds, name in medians[:8]))
    reads = {
        "one_map_object": "select count(*), sum(length(drivers::text)) from marts.one_map_object",
        "one_map_region": "select count(*), sum(n_objects) from marts.one_map_region",
        "one_map_grid": "select count(*), sum(n_objects) from marts.one_map_grid",
    }
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        conn.execute("set jit = off")
        for name, query in reads.items():
            times = []
            for _ in range(rounds):
                began = time.perf_counter()
                row = conn.execute(query.encode()).fetchone()
                times.append(time.perf_counter() - began)
            print(f"  read {name} {row}: {statistics.median(times):.2f} s")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scenarios", nargs="*", default=["storm", "year"])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--objects", type=int, default=100_000, help="0 leaves the great map out")
    arguments.add_argument("--landed", help="URL of a warehouse with landed records, to clone")
    chosen = arguments.parse_args()
    logging.disable(logging.INFO)
    folder = Path(tempfile.mkdtemp(prefix="riskmap-bench-"))
    folder.chmod(0o711)
    try:
        with databases(chosen.landed, folder) as made:
            for scenario in ["landed"] if chosen.landed else chosen.scenarios:
                landed = chosen.landed or landed_county(made, scenario, folder)
                measure(made, scenario, landed, folder, chosen)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(made: Databases, scenario: str, landed: str, folder: Path, chosen: argparse.Namespace) -> None:
    template = urlsplit(landed).path.lstrip("/")
    once, tenfold = made.new(template), made.new(template)
    multiply_history(tenfold, TIMES)
    with psycopg.connect(tenfold) as conn:
        (count,) = conn.execute("select count(*) from landing.observation").fetchone() or (0,)
    print(f"{scenario}: {count // TIMES:,} observations, {count:,} with ten times the history", flush=True)
    measure_builds(settings_for(once, folder), settings_for(tenfold, folder), chosen.rounds)
    if chosen.objects:
        print(f"{scenario}: {chosen.objects:,} more objects", flush=True)
        great = made.new(template)
        add_objects(great, chosen.objects)
        measure_map(settings_for(great, folder), chosen.rounds)
        chosen.objects = 0  # one great map is enough


if __name__ == "__main__":
    main()
