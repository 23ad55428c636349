"""What tests ask of all marts and metrics at once, whichever there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import psycopg
from psycopg import sql

from riskmap.settings import REPOSITORY

SCHEMAS = ["marts", "metrics"]

EMPTY: Mapping[str, str] = {
    "marts.forest_fire_call_yearly": "a dozen calls a year",
    "marts.fct_incident": "eight accidents a year",
    "marts.warning_receipt_orphan": "every receipt names a warning that is known",
    "marts.enterprise_identity_review": "nobody has a doubtful name",
}
"""Marts in which the county may have nothing, and why."""

NULL: Mapping[str, tuple[str, ...]] = {
    # what has not happened yet, or not long enough ago to be compared with
    "marts.control_list": ("check_overdue_days",),
    "marts.credit_list": ("list_before", "removed_at"),
    "marts.department_sharing": ("promised_to", "records_per_day"),
    "marts.department_sharing_status": ("received_pct",),
    "marts.dim_feed": ("active_until",),
    "marts.dim_feed_version": ("transfer_times",),  # sources of the county come at steady intervals
    "marts.double_prevention_status": ("checks_done_pct", "last_checked_at", "last_changed_at"),
    "marts.enterprise_profile": ("last_course_at", "last_incident_at"),
    "marts.fct_alarm": ("reason", "measure", "is_confirmed", "acknowledged_at", "ended_at"),
    "marts.fct_warning_current": ("instruction", "expires_at"),
    "marts.dim_enterprise": ("end_reason",),
    "marts.fct_warning_enterprise": ("clock_disorder", "people_moved", "stopped_at", "stopped_lead_hours"),
    "marts.hazard_yearly": ("n_dangers_change", "n_dangers_change_pct"),
    "marts.incident_yoy": ("n_incidents_change", "n_incidents_change_pct", "deaths_change", "deaths_change_pct"),
    "marts.inspection_yearly": ("n_inspections_change_pct", "n_dangers_found_change_pct", "fines_change_pct"),
    "marts.lifeline_point": ("highest_alarm_level", "alarm_open_since"),
    "marts.lifeline_status": ("highest_alarm_level",),
    "marts.monitoring_gap": ("missing_since",),  # what no plant ever had
    "marts.safety_promise_daily": ("made_pct",),
    "metrics.metric_work_report": ("last_year_value", "change", "change_pct"),
    "marts.supervision_alarm": ("acknowledge_median_min", "over_median_min", "confirmed_of_judged_pct"),
    "marts.training_yearly": ("n_courses_change_pct", "n_participants_change_pct"),
    "marts.video_finding": ("handled_p50_min", "confirmed_p50_min"),
    # what the sources of the county never say
    "marts.fct_earthquake": ("mmi",),
    "marts.fct_hazard": ("mine_code", "order_code", "source_kind", "place", "manage_type", "duplicate_of"),
    "marts.fct_observation": ("missing_reason",),
    "marts.fct_plan": ("is_expired", "reviewed_at", "valid_until"),
    "marts.fct_warning": ("instruction",),
    "marts.rescue_resource": ("credit_code", "enterprise_code", "n_other_teams_of_phone"),
    "marts.supply_chain": ("valid_from", "valid_to"),
    "marts.waterlogging_status": (
        *("rebuilt_at", "forecast_3h_mm", "forecast_issued_at", "forecast_distance_km"),
        *("sensor_point_code", "depth_cm", "depth_at"),
    ),
    "metrics.metric_lead_time": (  # before the first run all is back-fill
        *("min_h", "p10_h", "p50_h", "p90_h", "max_h", "goal_h", "met_pct"),
    ),
}
"""Columns that may be null in every row of the county."""

LEDGER: Mapping[str, tuple[str, ...]] = {
    "ai_finding": (
        "select count(*) from marts.fct_video_finding",
        "select sum(n_alarms) from marts.supervision_alarm where channel = 'video'",
    ),
    "alarm": ("select sum(n_told) from marts.fct_alarm",),  # what readings told was told by no record
    "camera": ("select count(*) from marts.dim_monitoring_point where register = 'camera' and is_current",),
    "drill": ("select count(*) from marts.fct_drill",),
    "earthquake": ("select sum(revision_count) from marts.fct_earthquake",),  # a row is an event, landed are revisions
    "emergency_plan": ("select count(*) from marts.fct_plan",),
    "enterprise": ("select count(*) from marts.dim_enterprise",),
    "hazard_inventory": ("select sum(n_substances) from marts.major_hazard_source",),
    "hidden_danger": ("select count(*) from marts.fct_hazard where feed_id = any(%(feeds)s)",),
    "incident": ("select count(*) from marts.fct_incident",),
    "inspection": ("select count(*) from marts.fct_inspection",),
    "observation": (
        "select count(*) from marts.fct_observation where feed_id = any(%(feeds)s)",
        "select sum(n_records) from marts.fct_observation_hourly where feed_id = any(%(feeds)s)",
    ),
    "reserve_stock": ("select count(*) from marts.fct_reserve_stock",),
    "sensor": ("select count(*) from marts.dim_monitoring_point where register = 'sensor'",),
    "warning": ("select count(*) from marts.fct_warning",),
    "warning_receipt": (  # a warning that two feeds tell has its receipts twice
        """
        select
            (select sum(n_receipts) from marts.fct_warning_enterprise where not is_copy)
            + (select count(*) from marts.warning_receipt_orphan)
        """,
    ),
    "waterlogging_point": ("select count(*) from marts.waterlogging_status",),
}
"""Landing table -> queries that count its records in the marts: none is lost and none is counted twice."""


def columns(conn: psycopg.Connection[tuple[object, ...]]) -> Mapping[str, list[str]]:
    """Columns of each mart and metric, by ``schema.name``."""
    found: dict[str, list[str]] = {}
    query = """
        select table_schema || '.' || table_name, column_name::text from information_schema.columns
        where table_schema = any(%s) order by table_schema, table_name, ordinal_position
    """
    for relation, column in conn.execute(query, [SCHEMAS]):
        found.setdefault(str(relation), []).append(str(column))
    return found


def filled(conn: psycopg.Connection[tuple[object, ...]], relation: str, names: list[str]) -> tuple[int, set[str]]:
    """Number of rows of a relation, and those of its columns that are null in all of them."""
    counts = sql.SQL(", ").join(sql.SQL("count({})").format(sql.Identifier(name)) for name in names)
    query = sql.SQL("select count(*), {} from {}").format(counts, sql.Identifier(*relation.split(".")))
    row = conn.execute(query).fetchone()
    assert row is not None
    n_rows, *not_null = (int(str(count)) for count in row)
    return n_rows, {name for name, count in zip(names, not_null, strict=True) if not count}


def documented_queries() -> Iterator[tuple[str, str]]:
    """The question before each block of docs/queries.md, and the block."""
    text = (REPOSITORY / "docs" / "queries.md").read_text("utf-8")
    for before, query in re.findall(r"([^\n]+)\n\n```sql\n(.*?)```", text, re.DOTALL):
        yield str(before), str(query)
