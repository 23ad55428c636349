"""The synthetic county speaks, the product understands: every enabled feed, over its own wire, into a real warehouse.

The simulator is a process of its own; feeds are pulled, and the intake listens, in this one.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from connectors import registry as formats
from connectors.model import Payload
from feeds.registry import load, resolve_known
from riskmap.build import build
from riskmap.ingest import IngestReport, judge, read_payloads, replay
from riskmap.report import report
from simulator.app import Places, Simulator
from simulator.mines import FAN_STOPS
from simulator.world import BEIJING, ISLAND_AFTER, World
from tests import marts, report_figures
from tests.county import Process, Product, doors, launched, new_product, side_by_side, simulator, wait_until
from tests.local_mqtt import BINARY
from tests.semantic import MARTS, Semantics
from warehouse import reference
from warehouse.db import connect

pytestmark = pytest.mark.e2e

LANDED_WITHIN_S = 180.0

NOT_SERVED: Mapping[str, Mapping[str, str]] = {
    "coal_mine_safety": {
        "mine_statistic": "the mines send definitions and real-time values (CDDY, CDSS)",
        "alarm": "the mines send no YCBJ files; alarms stand in the status bits of the values",
        "substation": "the mines send no FZSS files",
    },
    "coal_mine_equipment": {"alarm": "the machines send definitions and values"},
    "coal_mine_water": {"alarm": "the water systems send definitions and values"},
    "hazchem_prevention": {
        "maintenance_stop": "the plants push no sec_sp_* tables but the daily promise",
        "work_ticket": "the plants push no sec_special_work_ticket",
        "gas_analysis": "goes with work tickets",
    },
    "hidden_danger_ledger": {
        "rectification_order": "orders come with the checks, as documents of the feed inspection",
        "spot_disposal": "the bureau uploads the ledger only",
    },
    "water_regime": {"forecast": "an inland county's exchange has no F_RNFL_H"},
}
"""Tables of which the county has no source, and why."""

SOMETIMES: Mapping[str, Mapping[str, str]] = {
    "coal_mine_personnel": {"alarm": "too many people in a restricted area: not in every shift"},
    "bridge_monitoring": {"alarm": "points pass their limits now and then"},
    "gas_network": {"alarm": "points pass their limits now and then; the scenario gas makes sure of it"},
    "hazchem_gas": {"alarm": "points pass their limits now and then"},
    "hazchem_tank": {"alarm": "points pass their limits now and then"},
    "water_supply": {"alarm": "points pass their limits now and then"},
    "forest_fire_call": {"forest_fire_call": "a dozen calls a year, most of them in spring"},
    "incident": {"incident": "eight accidents a year, of which the last sixty days are told"},
    "enforcement_case": {"enforcement_case": "two dozen cases a year, of which the last sixty days are told"},
}
"""Tables that may be empty, depending on the day of the year and the hour of the test."""

QUARANTINE = {
    ("enterprise_register", "enterprise.credit_code.check"): 1,
    ("enterprise_register", "enterprise.credit_code.scientific"): 1,
    ("enterprise_register", "enterprise.coordinates.swapped"): 1,
    ("enterprise_register", "enterprise.static_level.unknown"): 1,
    ("enterprise_register", "enterprise.x.number"): 1,
    ("enterprise_register", "enterprise_name.not_null"): 1,
    ("water_regime", "fetch.table_absent"): 1,
}
"""What the county breaks on purpose: six rows of its first register; and the optional SL 323 tables it has not."""

DRIFT = {
    ("bridge_monitoring", "observation", "(missing)"),
    ("coal_mine_equipment", "observation", "(missing)"),
    ("coal_mine_personnel", "observation", "base_station_power_state"),  # digits whose meaning no document tells
    ("coal_mine_safety", "observation", "(missing)"),
    ("coal_mine_water", "observation", "(missing)"),
    ("gas_network", "observation", "(missing)"),
    ("hazchem_gas", "observation", "(missing)"),
    ("hazchem_prevention", "hidden_danger", "(alias) dangersSrc"),  # one plant misspells dangerSrc
    ("hazchem_tank", "observation", "(missing)"),
    ("hydro_rtu", "observation", "(missing)"),
    ("met_station", "observation", "(missing)"),
    ("tailings_monitoring", "observation", "(missing)"),
    ("training", "training", "(encoding)"),  # this bureau saves in GB18030
    ("water_supply", "observation", "(missing)"),
}
"""All that may be told as drift: values that sensors owe, and what senders do otherwise on purpose."""

UNANSWERED = {
    "What did we know a minute ago?",  # nothing, if the first build is younger
    "Teams whose people are counted twice, and how they are equipped:",  # nobody is in two teams here
    "Lifelines that are silent or in alarm:",
    "What is stale, and in which way?",
    "Which budgets of errors are burning?",
    "Whom to call about it, by name:",  # nobody, where all that must be watched is
}
"""Questions of docs/queries.md to which the county may have no answer, depending on the day."""

PERSON = "模拟(责任人|执法员|矿工|录入员|群众)[0-9]*|(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])"
"""How the county names its people, and Chinese telephone numbers; a PostgreSQL regular expression."""

REVISES: Mapping[str, str] = {
    "earthquake": "magnitudes are revised",
    "water_regime": "one row in 500 is corrected after 20 minutes",
    "coal_mine_safety": "a point is redefined half an hour after the start, all are told again at midnight",
    "coal_mine_personnel": "a person who comes up leaves the position that was told before",
    "weather_warning": "a warning leaves the list",
    "enterprise_register": "ten minutes after the start a workbook of changes comes",
    "warning_receipt": "who was called answers, and acts",
    "hidden_danger_ledger": "dangers are rectified and accepted",
    "inspection": "checks are followed by papers",
    "enforcement_case": "cases are closed",
    "gas_network": "alarms end",
    "hazchem_gas": "alarms end",
    "hazchem_tank": "alarms end",
    "water_supply": "alarms end",
    "bridge_monitoring": "alarms end",
    "ai_finding": "findings are judged and dealt with",
}
"""Pulled feeds whose records may change between two runs, because the source says something else by then."""


@dataclass(frozen=True)
class Told:
    """A county that has told its history, and what became of it."""

    county: Process
    product: Product
    reports: Mapping[str, IngestReport | Exception]


@pytest.fixture(scope="module")
def told(
    module_warehouse_url: str, module_empty_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    if BINARY is None:
        pytest.skip("the broker mosquitto is not installed here")
    home = tmp_path_factory.mktemp("county")
    with simulator(home / "simulator", module_empty_database, "storm", doors(home)) as county:
        product = new_product(home, module_warehouse_url, county.variables)
        with product.taking():
            reports = product.pull(product.pulled, "first")
            wait_until(lambda: not _waiting(product), LANDED_WITHIN_S, lambda: f"nothing landed of {_waiting(product)}")
            yield Told(county, product, reports)


def _waiting(product: Product) -> list[str]:
    """Tables that must hold something and are empty still."""
    may_be_empty = {(feed, table) for some in (NOT_SERVED, SOMETIMES) for feed in some for table in some[feed]}
    return [
        f"{feed}.{table}"
        for (feed, table), count in product.counts().items()
        if count == 0 and (feed, table) not in may_be_empty
    ]


def test_every_enabled_feed_is_fed(told: Told) -> None:
    product = told.product
    assert {feed: str(error) for feed, error in told.reports.items() if isinstance(error, Exception)} == {}
    assert product.rows("select feed_id, error from ops.batch where state in ('FAILED', 'HELD')") == []
    assert _waiting(product) == []
    assert sorted(product.listening) == ["geohazard_monitoring", "hazchem_prevention", "hydro_rtu"]
    landed = {feed for (feed,) in product.rows("select distinct feed_id from ops.batch where state <> 'FAILED'")}
    assert landed == set(product.feeds)
    counts = product.counts()
    served = [(feed, table) for feed, tables in NOT_SERVED.items() for table in tables if counts[feed, table]]
    assert served == [], "served after all: strike it off NOT_SERVED"


def test_only_what_is_broken_on_purpose_waits_in_quarantine(told: Told) -> None:
    query = "select feed_id, rule, count(*) from quarantine.record group by 1, 2"
    assert {(feed, rule): n for feed, rule, n in told.product.rows(query)} == QUARANTINE


def test_nothing_drifts_that_nobody_expects(told: Told) -> None:
    query = """
        select distinct feed_id, seen ->> 'table', seen ->> 'field'
        from ops.batch, jsonb_array_elements(drift) as seen
    """
    assert set(told.product.rows(query)) - DRIFT == set()


@pytest.fixture(scope="module")
def built(told: Told) -> Product:
    """The county in the marts: built as a whole, and then once more with what came meanwhile."""
    product = told.product
    with connect(product.settings.database_url) as conn:
        reference.load_regions(conn)
    build(product.settings)
    product.pull(["water_regime", "coal_mine_safety", "weather_warning"], "while the marts were built")
    build(product.settings)
    return product


def test_no_column_of_a_mart_is_null_in_all_rows(built: Product) -> None:
    with psycopg.connect(built.settings.database_url) as conn:
        found = {name: marts.filled(conn, name, columns) for name, columns in marts.columns(conn).items()}
    assert {name for name, (n_rows, _) in found.items() if not n_rows} - set(marts.EMPTY) == set()
    nulls = {(name, column) for name, (n_rows, columns) in found.items() if n_rows for column in columns}
    expected = {(name, column) for name, columns in marts.NULL.items() for column in columns}
    assert nulls - expected == set()


@pytest.mark.parametrize("table", marts.LEDGER)
def test_every_record_that_landed_is_in_its_marts_once(table: str, built: Product) -> None:
    count = sql.SQL("select count(*) from landing.{} where feed_id = any(%(feeds)s)").format(sql.Identifier(table))
    feeds = {"feeds": built.pulled}  # those that come to us do not wait for a test
    with psycopg.connect(built.settings.database_url) as conn:
        landed = conn.execute(count, feeds).fetchone()
        counted = [conn.execute(query.encode(), feeds).fetchone() for query in marts.LEDGER[table]]
    assert counted == [landed] * len(counted)


@pytest.mark.parametrize(("question", "query"), list(marts.documented_queries()))
def test_a_documented_query_runs_as_a_reader(question: str, query: str, built: Product) -> None:
    with psycopg.connect(built.settings.database_url) as conn:
        conn.execute("set role riskmap_reader")
        rows = conn.execute(query.encode()).fetchall()
    assert rows or question in UNANSWERED


def test_the_report_of_the_year_says_what_the_facts_say(built: Product) -> None:
    with connect(built.settings.database_url) as conn:
        conn.execute("set jit = off")
        year, county = conn.execute(
            """
            select extract(year from now() at time zone 'Asia/Shanghai')::integer, region_code
            from intermediate.int_region__bureau
            """
        ).fetchall()[0]
        assert report_figures.differences(conn, year, county) == {}
    assert f"{year}年度" in report(built.settings, year, county, "md", "zh").decode()


def test_the_semantic_layer_says_what_the_marts_say(built: Product, tmp_path: Path) -> None:
    semantics = Semantics(built.settings, tmp_path)
    assert semantics.metrics == set(MARTS)
    for metric, query in MARTS.items():
        ((said,),) = semantics.ask([metric])
        ((counted,),) = built.rows(query)
        assert counted, f"{metric}: a comparison of nothing with nothing"
        assert float(said) == pytest.approx(float(counted), rel=1e-12), metric
    by_department = semantics.ask(["received_slots"], ["metric_time__day", "feed__department"])
    assert len(by_department) > 10
    assert [(sum(int(row[-1] or 0) for row in by_department),)] == built.rows(MARTS["received_slots"])


def test_a_second_run_changes_only_what_the_sources_changed(told: Told) -> None:
    product = told.product
    second = product.pull(product.pulled, "second")
    assert {feed: str(error) for feed, error in second.items() if isinstance(error, Exception)} == {}
    updated = {feed: report.updated for feed, report in second.items() if isinstance(report, IngestReport)}
    assert {feed: n for feed, n in updated.items() if n and feed not in REVISES} == {}
    lost = """
        select feed_id, table_name from quarantine.record
        where batch_id in (select batch_id from ops.batch where run_id = 'second')
            and first_seen_at >= (select min(started_at) from ops.batch where run_id = 'second')
    """
    assert product.rows(lost) == []


def test_a_point_that_speaks_is_not_defined_anew(told: Told) -> None:
    """Else nothing would be owed of it for the time before: its version would begin with its last message."""
    query = "select distinct feed_id from landing.station where modified_at > now() - interval '1 day'"
    assert told.product.rows(query) == []


def test_a_replay_gives_the_same_tables(told: Told) -> None:
    product = told.product
    before = {feed: product.content(feed) for feed in product.pulled}
    for feed in product.pulled:
        for table in product.feeds[feed].tables:
            _forget(product, feed, table.name)
    assert {feed for (feed, _), count in product.counts().items() if count} == set(product.listening)
    side_by_side(lambda feed: replay(feed, product.settings, run_id="replay"), product.pulled)
    assert {feed: product.content(feed) for feed in product.pulled} == before


def _forget(product: Product, feed: str, table: str) -> None:
    delete = sql.SQL("delete from landing.{} where feed_id = %s").format(sql.Identifier(table))
    with psycopg.connect(product.settings.database_url) as conn:
        conn.execute(delete, (feed,))


def test_no_secret_is_written_down(told: Told) -> None:
    product, variables = told.product, told.county.variables
    addresses = [urlsplit(variables[name]) for name in ("EXCHANGE_DATABASE_URL", "MINE_PERSONNEL_INBOX")]
    addresses += [urlsplit(variables[name]) for name in ("MINE_WATER_INBOX", "GEO_IOT_BROKER_URL")]
    logins = [f":{address.password}@" for address in addresses]
    secrets = {*logins, *(variables[name] for name in ("PERSON_SALT", "HAZCHEM_PASSWORD", "CMA_MUSIC_PASSWORD"))}
    assert all(len(secret) > 3 for secret in secrets)
    query = "select schemaname, tablename from pg_tables where schemaname in ('ops', 'quarantine', 'landing')"
    for schema, table in product.rows(query):
        text = sql.SQL("select count(*) from {} as r where r::text like any(%s)").format(sql.Identifier(schema, table))
        assert product.rows(text, [f"%{secret}%" for secret in secrets]) == [(0,)], f"{schema}.{table}"
    archive = product.settings.home / "archive"
    names = [str(path.relative_to(archive)) for path in archive.rglob("*")]
    assert len(names) > 1000
    assert [name for name in names if any(secret.strip(":@") in name for secret in secrets)] == []


def test_no_person_is_named_in_landing(told: Told) -> None:
    product = told.product
    for (table,) in product.rows(
        "select relname from pg_class where relkind = 'p' and relnamespace = 'landing'::regnamespace"
    ):
        query = sql.SQL("select feed_id, max(r::text) from landing.{} as r where r::text ~ %s group by 1")
        assert product.rows(query.format(sql.Identifier(table)), PERSON) == [], table
    ((persons,),) = product.rows("select count(distinct person_hash) from landing.responsible_person")
    assert persons > 300


def test_gas_gathers_where_the_fan_stands_and_the_mine_is_cleared(tmp_path: Path, warehouse_url: str) -> None:
    yesterday = datetime.now(BEIJING) - timedelta(days=1)
    in_a_shift = yesterday.replace(hour=10, minute=0, second=0, microsecond=0)  # nobody enters at a change
    with launched(tmp_path / "county", "gas", timedelta(minutes=38), start=in_a_shift) as (sim, variables):
        product = new_product(tmp_path, warehouse_url, variables)
        reports = product.pull(["coal_mine_safety", "coal_mine_personnel", "gas_network"], "gas")
        assert {feed: str(error) for feed, error in reports.items() if isinstance(error, Exception)} == {}
        mine = sim.mines.gassy_mine.code
        stands_since = sim.world.anchor + FAN_STOPS
    raised = """
        select count(*) filter (where event_at < %s), count(*) filter (where event_at >= %s)
        from landing.observation
        where feed_id = 'coal_mine_safety' and variable = 'methane_pct' and value > 1.5 and status_flags & 4 = 0
            and owner_code = %s
    """
    ((before, after),) = product.rows(raised, stands_since, stands_since, mine)
    assert before == 0
    assert after > 20
    below = """
        select mine_code = %s, count(*) from landing.person_position
        where in_out = 'in' and event_at > %s
        group by 1
    """
    still_below = dict(product.rows(below, mine, stands_since + timedelta(minutes=26)))
    assert True not in still_below, "people of this mine were called out"
    assert still_below[False] > 50
    assert product.counts()["gas_network", "alarm"] == 2


def test_a_strong_quake_is_revised_and_followed_by_others(tmp_path: Path, warehouse_url: str) -> None:
    with launched(tmp_path / "county", "quake", timedelta(minutes=20)) as (sim, variables):
        product = new_product(tmp_path, warehouse_url, variables)
        product.pull(["earthquake"], "quake")
        main_at = sim.world.first_live + timedelta(minutes=1)
    query = "select magnitude from landing.earthquake where event_at = %s"
    assert product.rows(query, main_at) == [(5.2,)]
    ((after,),) = product.rows("select count(*) from landing.earthquake where event_at > %s", main_at)
    assert after >= 4


def test_a_department_that_falls_silent_leaves_the_others_alone(
    tmp_path: Path, warehouse_url: str, new_database: Callable[[], str]
) -> None:
    exchange = new_database()
    others = ["met_station", "coal_mine_water", "earthquake", "weather_warning"]
    with socket.socket() as centre:
        centre.bind(("127.0.0.1", 0))
        centre.listen()
        centre.setblocking(False)
        address = f"127.0.0.1:{centre.getsockname()[1]}"
        ago = timedelta(minutes=40)
        with launched(tmp_path / "county", "data_island", ago, exchange_url=exchange, centre=address) as (
            sim,
            variables,
        ):
            sim.tick()
            product = new_product(tmp_path, warehouse_url, variables)
            silent_since = sim.world.anchor + ISLAND_AFTER
            reports = product.pull(["water_regime", *others], "island")
            assert {feed: str(error) for feed, error in reports.items() if isinstance(error, Exception)} == {}
            with psycopg.connect(exchange, autocommit=True) as conn:
                conn.execute("drop schema public cascade")
            reports = product.pull(["water_regime", *others], "dark")
            with pytest.raises(BlockingIOError):
                centre.accept()
    newest = dict(product.rows("select feed_id, max(event_at) from landing.observation group by 1"))
    assert newest["water_regime"] < silent_since < newest["coal_mine_water"]
    assert {feed for feed, error in reports.items() if isinstance(error, Exception)} == {"water_regime"}
    ((error,),) = product.rows("select error from ops.batch where state = 'FAILED'")
    assert "To recover" in error
    assert urlsplit(exchange).password not in error


YEAR: Mapping[str, tuple[str, int, int]] = {
    "inspection": ("inspection", 1_130, 1_390),
    "hidden_danger_ledger": ("hidden_danger", 2_310, 2_940),
    "enforcement_case": ("enforcement_case", 12, 38),
    "drill": ("drill", 104, 156),
    "training": ("training", 20, 55),
    "incident": ("incident", 2, 18),
}
"""Feed -> its table, and between which numbers a year of it lies by the reports (1,259 checks, 2,625 dangers)."""


def test_a_year_of_uploads_reads_as_the_reports_tell_it(tmp_path: Path) -> None:
    began = datetime.now(UTC)
    world = World(seed=1, scenario="year", start=began.astimezone(BEIJING), launched=began, speed=0.0)
    sim = Simulator(Places(tmp_path, tmp_path / "mine", tmp_path / "register", None), world)
    for folder in sim.uploads.folders:
        if folder.inbox.name in YEAR:
            folder.advance(world.now())
    for feed, (table, least, most) in YEAR.items():
        contract = load(feed)
        options = resolve_known(contract.parser_options, {"PERSON_SALT": "a salt of this test"})
        payloads = [
            Payload(file.read_bytes(), str(file), file.name, began) for file in (tmp_path / "upload" / feed).iterdir()
        ]
        read = read_payloads(contract, formats.parser(str(contract.connector["format"]), options), payloads, options)
        assert read.rejected == [], feed
        judged = judge(contract, read.tables)
        assert (judged.failed, judged.held_by) == ([], []), feed
        kept = judged.kept[table]
        keys = set(zip(*(kept.column(name).to_pylist() for name in contract.table(table).key), strict=True))
        assert len(keys) == kept.num_rows, feed
        times = kept.column(contract.clock.event).to_pylist()
        assert began - timedelta(days=1130) < min(times) < began - timedelta(days=730), "and the year before it"
        assert least <= sum(at > began - timedelta(days=365) for at in times) <= most, feed
