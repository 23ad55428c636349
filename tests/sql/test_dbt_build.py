"""What a build does to those who read meanwhile, and to a warehouse whose models have changed."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import yaml
from dbt_rows import CAP, REGISTER, SENDER, WATER, Rows, build, settings_for

from feeds import clocks, registry
from feeds.derive import dbt_sources
from riskmap import dbt_runner, dictionary
from riskmap.build import LEVELS
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

FILLED = {
    "marts.dim_enterprise",
    "marts.dim_monitoring_point",
    "marts.dim_risk_rule",
    "marts.fct_observation",
    "marts.fct_warning_current",
    "marts.one_map_grid",
    "marts.one_map_object",
    "marts.one_map_region",
    "metrics.metric_coverage_daily",
    "metrics.metric_timeliness_hourly",
}
"""At least these hold rows of the warehouse below."""


@pytest.fixture(scope="module")
def settings(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        rows.region("620823", "county", None, (105, 35, 106, 36))
        place = {"longitude": 105.5, "latitude": 35.5}
        rows.land("station", WATER, station_code="S", station_name="模拟", station_type="ZZ", **place)
        rows.observation(WATER, "S", "water_level_m", rows.ago(minutes=5), 1.0)
        entry = {"credit_code": "E", "enterprise_name": "模拟", "industry": "commerce", "source_crs": "EPSG:4326"}
        entry |= {"updated_at": rows.ago(days=9), "static_level": "blue", "is_key_enterprise": True}
        rows.land("enterprise", REGISTER, **entry, **place)
        rows.warning("A", rows.ago(hours=1))
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    build(settings)
    return settings


@pytest.fixture
def project(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A copy of the project that a test may edit; what it did to the warehouse is undone."""
    copy = tmp_path / "dbt"
    shutil.copytree(dbt_runner.PROJECT, copy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_runner, "PROJECT", copy)
        yield copy
    rebuild(settings, "--full-refresh")


def rebuild(settings: Settings, *options: str) -> None:
    """Everything anew, without the tests of the data, which are not the point here."""
    args = ["build", "--exclude-resource-types", "test", "unit_test", *options]
    assert dbt_runner.invoke(args, settings=settings).success


def published(settings: Settings) -> dict[str, bool]:
    """Every mart and metric by name, and whether it holds rows here: of most systems nothing has landed."""
    with psycopg.connect(settings.database_url) as conn:
        names = conn.execute(
            """select relnamespace::regnamespace || '.' || relname from pg_class
                where relnamespace in ('marts'::regnamespace, 'metrics'::regnamespace) and relkind in ('r', 'v', 'm')"""
        ).fetchall()
        return {name: bool(conn.execute(f"select exists (select from {name})").fetchone()[0]) for (name,) in names}


@dataclass
class Reader:
    """Reads every mart in turn, as dashboards do, until it is stopped; notes what it should never see."""

    url: str
    relations: dict[str, bool]
    rounds: int = 0
    seen: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as conn:
            while not self.stop.is_set():
                for relation, is_filled in self.relations.items():
                    try:
                        row = conn.execute(f"select exists (select from {relation})").fetchone()
                        if row == (False,) and is_filled:
                            self.seen.append(f"{relation} is empty")
                    except psycopg.Error as error:
                        self.seen.append(f"{relation}: {error}")
                self.rounds += 1


@pytest.fixture
def reader(settings: Settings) -> Iterator[Reader]:
    reader = Reader(settings.database_url, published(settings))
    thread = threading.Thread(target=reader.run)
    thread.start()
    yield reader
    reader.stop.set()
    thread.join()


def rows_of(settings: Settings, query: str) -> list[dict[str, object]]:
    with psycopg.connect(settings.database_url) as conn:
        return Rows(conn).all(query)


def test_a_reader_never_sees_a_mart_missing_or_empty(settings: Settings, reader: Reader) -> None:
    assert {relation for relation, is_filled in reader.relations.items() if is_filled} >= FILLED
    before = reader.rounds
    rebuild(settings)
    with psycopg.connect(settings.database_url) as conn:
        conn.execute("update landing.observation set value = value + 1, batch_id = 1")
    build(settings, "source:landing.observation+", "path:models/metrics", batch_ids=[1])
    assert reader.rounds > before
    assert reader.seen == []


def test_a_warning_is_current_at_commit_and_gives_its_level_at_the_next_build(settings: Settings) -> None:
    level = "select level from marts.one_map_object where object_type = 'enterprise'"
    with psycopg.connect(settings.database_url) as conn:
        Rows(conn).warning("LIVE", Rows(conn).now, info={"colour": "red"})
    current = rows_of(settings, "select identifier from marts.fct_warning_current order by identifier")
    assert current == [{"identifier": "A"}, {"identifier": "LIVE"}]
    assert rows_of(settings, level) == [{"level": "yellow"}]
    build(settings, LEVELS, batch_ids=[])
    assert rows_of(settings, level) == [{"level": "red"}]
    with psycopg.connect(settings.database_url) as conn:
        for table in ("warning", "warning_info", "warning_area"):
            conn.execute(f"delete from landing.{table} where identifier = 'LIVE'")
    build(settings, LEVELS, batch_ids=[])
    assert rows_of(settings, level) == [{"level": "yellow"}]


def test_what_did_not_change_is_neither_written_nor_replaced(settings: Settings) -> None:
    rows = "select xmin::text from marts.dim_enterprise union all select xmin::text from marts.dim_risk_rule"
    views = """select relname, xmin::text from pg_class
                 where relkind = 'v' and relnamespace = 'marts'::regnamespace order by relname"""
    before = rows_of(settings, rows), rows_of(settings, views)
    rebuild(settings)
    assert (rows_of(settings, rows), rows_of(settings, views)) == before


def test_a_row_that_is_gone_from_the_source_goes(settings: Settings) -> None:
    with psycopg.connect(settings.database_url) as conn:
        place = {"longitude": 105.5, "latitude": 35.5}
        Rows(conn).land("station", WATER, station_code="GONE", station_name="模拟", station_type="ZZ", **place)
    build(settings, "source:landing.station+")
    with psycopg.connect(settings.database_url) as conn:
        conn.execute("delete from landing.station where station_code = 'GONE'")
    in_use = "select point_code from marts.dim_monitoring_point where is_current and is_in_use"
    assert len(rows_of(settings, in_use)) == 2
    build(settings, "source:landing.station+")
    assert len(rows_of(settings, in_use)) == 1
    assert rows_of(settings, "select object_id from marts.one_map_object where object_id ~ 'GONE'") == []


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")


def errors(result: dbt_runner.BuildResult) -> str:
    assert not result.success
    return "\n".join(node["message"] for node in result.nodes if node["status"] == "error")


def test_changed_columns_ask_for_a_full_build_and_get_it(settings: Settings, project: Path) -> None:
    models, of_the_map = (project / f"models/marts/{name}__models.yml" for name in ("_marts", "_map"))
    extra = "      - name: extra\n        data_type: integer\n        description: 多余 / more\n"
    edit(project / "models/marts/one_map_region.sql", "moment.as_of,", "moment.as_of,\n        1 as extra,")
    edit(of_the_map, "      - name: as_of\n", f"{extra}      - name: as_of\n")
    message = errors(dbt_runner.run([], {}, settings=settings))
    assert "marts.one_map_region changed" in message
    assert "riskmap build --full" in message

    edit(project / "models/marts/dim_region.sql", "region_name,", "region_name,\n        1 as extra,")
    edit(models, "      - name: region_name\n", f"{extra}      - name: region_name\n")
    assert "marts.dim_region changed (gone: -; new: extra integer" in errors(dbt_runner.run([], {}, settings=settings))
    assert len(rows_of(settings, "select * from marts.dim_region where region_code = '620823'")) == 1

    rebuild(settings, "--full-refresh")
    for relation in ("one_map_region", "dim_region"):
        assert rows_of(settings, f"select distinct extra from marts.{relation}") == [{"extra": 1}]
        may = rows_of(settings, f"select has_table_privilege('riskmap_map', 'marts.{relation}', 'select') as may")
        assert may == [{"may": True}]


def test_a_broken_key_is_refused_and_nothing_is_touched(settings: Settings, project: Path) -> None:
    before = rows_of(settings, "select * from marts.dim_enterprise")
    twice = "select * from final\nunion all\nselect * from final"
    edit(project / "models/marts/dim_enterprise.sql", "select * from final", twice)
    assert "duplicate key" in errors(dbt_runner.run([], {}, settings=settings))
    assert rows_of(settings, "select * from marts.dim_enterprise") == before


def test_recreating_part_of_a_chain_is_refused(settings: Settings) -> None:
    args = ["build", "--full-refresh", "--select", "dim_enterprise"]
    assert "Select dim_enterprise+" in errors(dbt_runner.invoke(args, settings=settings))
    assert rows_of(settings, "select 1 as one from marts.one_map_object limit 1") == [{"one": 1}]


def test_a_changed_project_is_built_as_a_whole(settings: Settings, project: Path) -> None:
    build(settings)
    small = dbt_runner.run(["source:landing.earthquake+"], {"batch_ids": [1]}, settings=settings)
    assert small.success
    assert "fct_earthquake" in {node["name"] for node in small.nodes}
    assert "fct_observation" not in {node["name"] for node in small.nodes}
    edit(project / "seeds/risk_rule.csv", ",felt,>=,4,,,1440,,,yellow,", ",felt,>=,4,,,1440,,,orange,")
    whole = dbt_runner.run(["source:landing.earthquake+"], {"batch_ids": [1]}, settings=settings)
    assert whole.success
    assert "fct_observation" in {node["name"] for node in whole.nodes}
    query = "select distinct level from marts.dim_risk_rule where rule_id = 'earthquake_felt'"
    assert rows_of(settings, query) == [{"level": "orange"}]


def test_the_manifest_is_kept_and_read_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = (settings.home / "dbt-target").glob("manifest-*.msgpack")
    assert file.stat().st_size > 0

    def parse(_: object) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr(dbt_runner, "_parse", parse)
    monkeypatch.setattr(dbt_runner, "_kept", {})
    build(settings)  # as another process would
    started = time.monotonic()
    build(settings, "source:landing.warning+", "path:models/metrics", batch_ids=[1])
    print(f"small build: {time.monotonic() - started:.2f} s")  # noqa: T201  # figure for a person, not a check


def test_an_error_names_the_node_and_the_reason(settings: Settings, project: Path) -> None:
    edit(project / "models/marts/dim_feed.sql", "select * from final", "select nonsense from final")
    result = dbt_runner.run([], {}, settings=settings)
    assert not result.success
    (broken,) = [node for node in result.nodes if node["status"] == "error"]
    assert broken["name"] == "dim_feed"
    assert "nonsense" in broken["message"]
    assert {"skipped"} == {node["status"] for node in result.nodes if node["name"] == "one_map_object"}


def test_unit_tests_of_the_project(settings: Settings) -> None:
    result = dbt_runner.invoke(["test", "--select", "test_type:unit"], settings=settings)
    assert [f"{n['name']}: {n['message']}" for n in result.nodes if n["status"] != "pass"] == []
    assert len(result.nodes) >= 6


def test_the_project_uses_nothing_deprecated(settings: Settings) -> None:
    options = '{"error": ["Deprecations"]}'
    result = dbt_runner.invoke(
        ["parse", "--no-partial-parse", "--show-all-deprecations", "--warn-error-options", options], settings=settings
    )
    assert result.success, result.nodes


def test_sources_are_those_of_the_contracts() -> None:
    written = (dbt_runner.PROJECT / "models/staging/_landing__sources.yml").read_text(encoding="utf-8")
    assert written == dbt_sources(registry.load_all().values())


def test_the_clocks_of_feeds_are_those_of_the_contracts() -> None:
    written = (dbt_runner.PROJECT / "models/intermediate/int_feed__clock.sql").read_text(encoding="utf-8")
    assert written == clocks.model(registry.load_all().values())


def test_every_landing_table_has_a_staging_model() -> None:
    tables = {table.name for contract in registry.load_all().values() for table in contract.tables}
    staged = {file.stem.removeprefix("stg_") for file in (dbt_runner.PROJECT / "models/staging").glob("stg_*.sql")}
    assert sorted(tables - staged) == []  # python -m feeds.staging TABLE writes a first one


def test_every_register_that_owes_slots_is_among_the_points() -> None:
    models = yaml.safe_load((dbt_runner.PROJECT / "models/marts/_marts__models.yml").read_text(encoding="utf-8"))
    points = next(model for model in models["models"] if model["name"] == "dim_monitoring_point")
    register = next(column for column in points["columns"] if column["name"] == "register")
    known = register["data_tests"][0]["accepted_values"]["arguments"]["values"]
    owing = {c.id: c.expected for c in registry.load_all().values() if c.expected["kind"] == "entity_slots"}
    assert [feed for feed, expected in owing.items() if expected["register"] not in known] == []


def test_predictions_are_no_evidence(settings: Settings) -> None:
    """Nothing that says what was observed, or how dangerous it is, hangs on forecasts."""
    result = dbt_runner.invoke(["compile", "--select", "source:landing.forecast+"], settings=settings)
    hanging = {node["name"] for node in result.nodes}
    assert "stg_forecast" in hanging
    evidence = {"fct_observation", "int_observation__latest", "one_map_object", "metric_coverage_daily"}
    assert hanging & evidence == set()


def test_the_data_dictionary_is_that_of_the_models_and_contracts() -> None:
    assert dictionary.FILE.read_text(encoding="utf-8") == dictionary.render()


def test_freshness_is_promised_where_records_must_keep_coming(settings: Settings) -> None:
    result = dbt_runner.invoke(["source", "freshness"], settings=settings)
    judged = {node["name"]: node["status"] for node in result.nodes}
    assert set(judged) == {"observation"}


def test_everything_a_message_says_is_kept_apart_by_feed(settings: Settings) -> None:
    """Two feeds may carry the same message; an update in one does not end the copy in the other."""
    with psycopg.connect(settings.database_url) as conn:
        rows = Rows(conn)
        alert = rows.warning("TWIN", rows.ago(hours=2).replace(microsecond=0))
        conn.execute("create table landing.warning__hub partition of landing.warning for values in ('hub')")
        conn.execute(
            """insert into landing.warning select * from jsonb_populate_recordset(null::landing.warning,
                 (select jsonb_agg(to_jsonb(w) || '{"feed_id": "hub"}') from landing.warning w
                    where identifier = 'TWIN'))"""
        )
        rows.warning("NEXT", rows.ago(hours=1), msg_type="Update", refers_to=[alert])
        found = rows.all("select feed_id, state from marts.fct_warning where identifier = 'TWIN' order by feed_id")
        conn.rollback()
    assert [tuple(row.values()) for row in found] == [("hub", "active"), (CAP, "superseded")]
    assert alert[0] == SENDER
