"""The semantic layer as tools ask it: MetricFlow writes the query, PostgreSQL answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from riskmap import dbt_runner
from riskmap.settings import Settings

OVERVIEW = "select {} from metrics.metric_coverage_overview where coverage_kind = '{}'"

MARTS: Mapping[str, str] = {
    "expected_slots": "select sum(expected_slots) from metrics.metric_coverage_daily",
    "received_slots": "select sum(received_slots) from metrics.metric_coverage_daily",
    "coverage": "select sum(received_slots)::float8 / sum(expected_slots) from metrics.metric_coverage_daily",
    "live_records": "select sum(n_promised) from metrics.metric_timeliness_daily",
    "records_in_time": "select sum(n_within_promise) from metrics.metric_timeliness_daily",
    "timeliness": """
        select sum(n_within_promise)::float8 / sum(n_promised) from metrics.metric_timeliness_daily
    """,
    "promised_hours": """
        select count(*) from metrics.metric_sla_hourly where promise <> 'all' and state in ('MET', 'MISSED')
    """,
    "kept_hours": "select count(*) from metrics.metric_sla_hourly where promise <> 'all' and state = 'MET'",
    "service_level": """
        select count(*) filter (where state = 'MET')::float8 / count(*) from metrics.metric_sla_hourly
        where promise <> 'all' and state in ('MET', 'MISSED')
    """,
    "objects": "select sum(n_objects) from marts.one_map_region where region_level = 'county'",
    "grave_objects": "select sum(n_red + n_orange) from marts.one_map_region where region_level = 'county'",
    "key_enterprises_warned": "select sum(n_key) from marts.warning_reach",
    "key_enterprises_reached": "select sum(n_reached) from marts.warning_reach",
    "warning_reach": "select sum(n_reached)::float8 / sum(n_key) from marts.warning_reach",
    "hidden_dangers": "select sum(n_dangers) from marts.hazard_yearly where region_level = 'county'",
    "rectified_dangers": "select sum(n_rectified) from marts.hazard_yearly where region_level = 'county'",
    "rectification": """
        select sum(n_rectified)::float8 / sum(n_dangers) from marts.hazard_yearly where region_level = 'county'
    """,
    "villages_judged": "select sum(n_judged) from marts.reserve_coverage_region where region_level = 'county'",
    "villages_covered": "select sum(n_covered) from marts.reserve_coverage_region where region_level = 'county'",
    "reserve_coverage": """
        select sum(n_covered)::float8 / sum(n_judged) from marts.reserve_coverage_region where region_level = 'county'
    """,
    "stages_due": """
        select sum(n_opened - n_pending - n_no_evidence - n_lapsed - n_unpromised) from metrics.metric_closed_loop
    """,
    "stages_on_time": "select sum(n_due - n_late) from metrics.metric_closed_loop",
    "loop_timeliness": "select sum(n_on_time)::float8 / sum(n_due) from metrics.metric_closed_loop",
    "records_read": "select sum(n) from metrics.metric_quality_daily where what in ('accepted', 'refused')",
    "records_accepted": "select sum(n) from metrics.metric_quality_daily where what in ('new', 'revised', 'repeated')",
    "validity": """
        select sum(n) filter (where what = 'accepted')::float8 / sum(n) from metrics.metric_quality_daily
        where what in ('accepted', 'refused')
    """,
    "enterprise_days_required": OVERVIEW.format("sum(denominator)", "monitoring"),
    "enterprise_days_watched": OVERVIEW.format("sum(numerator)", "monitoring"),
    "monitoring": OVERVIEW.format("sum(numerator) / sum(denominator)", "monitoring"),
    "village_days": OVERVIEW.format("sum(denominator)", "spatial_villages"),
    "village_days_in_reach": OVERVIEW.format("sum(numerator)", "spatial_villages"),
    "village_reach": OVERVIEW.format("sum(numerator) / sum(denominator)", "spatial_villages"),
    "layer_days_expected": OVERVIEW.format("sum(denominator)", "layer"),
    "layer_days_fresh": OVERVIEW.format("sum(numerator)", "layer"),
    "layer_coverage": OVERVIEW.format("sum(numerator) / sum(denominator)", "layer"),
}
"""Metric -> the same figure straight from a mart that was counted another way."""


class _Dialect:
    """All that MetricFlow wants of a client that need not run what it wrote."""

    sql_engine_type = SqlEngine.POSTGRES
    sql_plan_renderer = PostgresSQLSqlPlanRenderer()


class Semantics:
    """Asks a warehouse by the names of the semantic layer; ``folder`` holds its manifest meanwhile."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        from dbt.contracts.graph.semantic_manifest import SemanticManifest

        file = folder / "semantic_manifest.json"
        SemanticManifest(dbt_runner.manifest(settings)).write_json_to_file(str(file))
        manifest = parse_manifest_from_dbt_generated_manifest(file.read_text("utf-8"))
        self.metrics = {metric.name for metric in manifest.metrics}
        self._engine = MetricFlowEngine(SemanticManifestLookup(manifest), _Dialect())  # type: ignore[arg-type]
        self._url = settings.database_url

    def ask(self, metrics: Sequence[str], by: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """Rows of the columns ``by`` and ``metrics``, as a reader sees them."""
        request = MetricFlowQueryRequest.create(metric_names=list(metrics), group_by_names=list(by) or None)
        with psycopg.connect(self._url) as conn:
            conn.execute("set role riskmap_reader")
            return conn.execute(self._engine.explain(request).sql_statement.sql).fetchall()
