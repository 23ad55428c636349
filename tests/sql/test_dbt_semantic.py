"""The semantic layer says what the marts say: MetricFlow is asked for each metric, and SQL for the same figure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from dbt_rows import CAP, REGISTER, WATER, Rows, build, settings_for

from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

SEMANTIC = dbt_runner.PROJECT / "models" / "semantic"

EXPECTED: Mapping[str, str] = {
    "expected_slots": "select sum(expected_slots) from metrics.metric_coverage_daily",
    "received_slots": "select sum(received_slots) from metrics.metric_coverage_daily",
    "coverage": "select sum(received_slots)::float8 / sum(expected_slots) from metrics.metric_coverage_daily",
    "live_records": "select sum(n) from metrics.metric_timeliness_hourly where leg = 'issued_to_published'",
    "records_in_time": "select sum(n_within_promise) from metrics.metric_timeliness_hourly",
    "timeliness": """
        select sum(n_within_promise)::float8 / sum(n) from metrics.metric_timeliness_hourly
        where leg = 'issued_to_published'
    """,
}
"""Metric -> the same figure straight from the mart."""


@pytest.fixture(scope="module")
def settings(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
        conn.execute(
            "update ops.feed set activated_at = now() - interval '1 day', active_from = now() - interval '1 day'"
        )
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        place = {"longitude": 105.5, "latitude": 35.5, "modified_at": rows.ago(days=400)}
        rows.land("station", WATER, station_code="S", station_name="模拟", station_type="ZZ", **place)
        for hours in (1, 2, 3, 5, 8):
            rows.observation(WATER, "S", "water_level_m", rows.ago(hours=hours), 1.0, batch_id=rows.batch(WATER))
        rows.batch(CAP, at=rows.ago(hours=2))
        rows.batch(REGISTER, at=rows.ago(hours=3))
        rows.warning("A", rows.ago(hours=1), batch=rows.batch(CAP))
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    build(settings)
    return settings


@pytest.fixture(scope="module")
def engine(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Any:
    from dbt.contracts.graph.semantic_manifest import SemanticManifest
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer
    from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    class Client:
        """Of a client MetricFlow only asks for the dialect, as long as it need not run what it wrote."""

        sql_engine_type = SqlEngine.POSTGRES
        sql_plan_renderer = PostgresSQLSqlPlanRenderer()

    file = tmp_path_factory.mktemp("semantic") / "semantic_manifest.json"
    SemanticManifest(dbt_runner.manifest(settings)).write_json_to_file(str(file))
    parsed = parse_manifest_from_dbt_generated_manifest(file.read_text("utf-8"))
    return MetricFlowEngine(SemanticManifestLookup(parsed), Client())  # type: ignore[arg-type]


def ask(engine: Any, settings: Settings, metrics: list[str], by: list[str]) -> list[tuple[Any, ...]]:
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

    request = MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=by or None)
    with psycopg.connect(settings.database_url) as conn:
        return conn.execute(engine.explain(request).sql_statement.sql).fetchall()


def names() -> list[str]:
    return [
        metric["name"]
        for file in sorted(SEMANTIC.glob("*.yml"))
        for metric in yaml.safe_load(file.read_text("utf-8")).get("metrics", [])
    ]


def test_each_metric_is_compared() -> None:
    assert sorted(names()) == sorted(EXPECTED)


@pytest.mark.parametrize("metric", EXPECTED)
def test_a_metric_agrees_with_its_mart(metric: str, settings: Settings, engine: Any) -> None:
    with psycopg.connect(settings.database_url) as conn:
        found = conn.execute(EXPECTED[metric]).fetchone()
    assert found is not None
    assert found[0] is not None, "a comparison of nothing with nothing"
    ((asked,),) = ask(engine, settings, [metric], [])
    assert float(asked) == pytest.approx(float(found[0]), rel=1e-12)


def test_a_metric_can_be_grouped_by_day_and_department(settings: Settings, engine: Any) -> None:
    rows = ask(engine, settings, ["received_slots"], ["metric_time__day", "feed__department"])
    assert len(rows) > 2
    with psycopg.connect(settings.database_url) as conn:
        total = conn.execute(EXPECTED["received_slots"]).fetchone()
    assert sum(int(row[-1] or 0) for row in rows) == total[0]  # type: ignore[index]


def test_exposures_name_what_they_read(settings: Settings) -> None:
    manifest = dbt_runner.manifest(settings)
    marts = {node.unique_id for node in manifest.nodes.values() if node.schema in ("marts", "metrics")}
    for exposure in manifest.exposures.values():
        assert exposure.description, exposure.name
        assert set(exposure.depends_on.nodes) <= marts, exposure.name
    assert len(manifest.exposures) > 0


def test_no_file_of_the_semantic_layer_is_missed() -> None:
    assert [Path(file).name for file in SEMANTIC.glob("*.yml")] != []
