"""Figures of the yearly report, counted anew from the facts: each by a query that shares nothing with the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

_YEAR = "extract(year from {at} at time zone 'Asia/Shanghai') = %(year)s"
_HERE = "left({table}.region_code, 6) = %(county)s"


def _count(table: str, at: str, what: str = "count(*)", where: str = "true") -> str:
    here = _HERE.format(table=table.rpartition(".")[2])
    return f"select {what} from {table} where {_YEAR.format(at=at)} and {here} and {where}"


_CHECKS = "marts.fct_inspection", "checked_at"
_DANGERS = "marts.fct_hazard", "found_at"
_ACCIDENTS = "marts.fct_incident", "happened_at"
_FINDINGS = "marts.fct_video_finding", "found_at"
_PAIRS = "marts.fct_warning_enterprise", "sent_at"
_KEY = "is_key_enterprise and not is_copy"

QUERIES: Mapping[str, str] = {
    "inspections": _count(*_CHECKS),
    "inspections_special": _count(*_CHECKS, where="check_type = '专项检查'"),
    "inspections_joint": _count(*_CHECKS, where="is_joint"),
    "enterprises_stopped": _count(*_CHECKS, where="is_stopped"),
    "rectification_orders": f"""
        select count(*) from landing.inspection_document as paper
        join marts.fct_inspection using (feed_id, inspection_code)
        where paper.document_type = '责令限期整改指令书'
            and {_YEAR.format(at="paper.issued_at")} and {_HERE.format(table="fct_inspection")}
    """,
    "fines_cny": f"""
        select sum(fine_cny::numeric) from landing.enforcement_case
        where {_YEAR.format(at="decided_at")} and state is distinct from '已撤销'
    """,
    "dangers": _count(*_DANGERS, where="duplicate_of is null"),
    "dangers_rectified_pct": _count(
        *_DANGERS, "round(100.0 * count(*) filter (where not is_open) / nullif(count(*), 0), 2)", "duplicate_of is null"
    ),
    "dangers_supervised": _count(*_DANGERS, where="duplicate_of is null and is_supervised"),
    "accidents": _count(*_ACCIDENTS),
    "deaths": _count(*_ACCIDENTS, "coalesce(sum(deaths), 0)"),
    "warnings_sent": f"""
        select count(distinct (sender, identifier, sent_at)) from landing.warning
        where status = 'Actual' and msg_type = 'Alert' and {_YEAR.format(at="sent_at")}
            and (sender, identifier, sent_at) in (
                select sender, identifier, sent_at from marts.fct_warning_enterprise
                where {_HERE.format(table="fct_warning_enterprise")}
            )
    """,
    "enterprises_warned": _count(*_PAIRS, where=_KEY),
    "warnings_reached_pct": _count(
        *_PAIRS, "round(100.0 * count(*) filter (where is_reached) / nullif(count(*), 0), 2)", _KEY
    ),
    "receipts": _count(*_PAIRS, "coalesce(sum(n_receipts), 0)", "not is_copy"),
    "people_moved": _count(*_PAIRS, "coalesce(sum(people_moved), 0)", "not is_copy"),
    "video_findings": _count(*_FINDINGS),
    "video_confirmed_pct": _count(
        *_FINDINGS, "round(100.0 * count(*) filter (where is_confirmed) / nullif(count(*), 0), 2)"
    ),
    "drills": f"select count(*) from landing.drill where {_YEAR.format(at='held_at')} and held_at <= %(as_of)s",
    "drill_person_times": f"""
        select sum(participants) from landing.drill where {_YEAR.format(at="held_at")} and held_at <= %(as_of)s
    """,
    "plans_filed": f"select count(*) from landing.emergency_plan where {_YEAR.format(at='filed_at')}",
    "courses": f"select count(*) from landing.training where {_YEAR.format(at='held_at')}",
    "certificates": f"select sum(certificates) from landing.training where {_YEAR.format(at='held_at')}",
    "key_enterprises": """
        select count(*) from marts.dim_enterprise
        where is_current and status = 'active' and is_key_enterprise and left(region_code, 6) = %(county)s
    """,
    "key_enterprises_watched_pct": """
        select round(100.0 * sum(n_live) / nullif(sum(n_required), 0), 2) from metrics.metric_monitoring_daily
        where category = 'all' and day = (%(as_of)s at time zone 'Asia/Shanghai')::date
    """,
    "cameras": "select count(*) from landing.camera",
    "reserve_pieces": "select coalesce(sum(quantity), 0) from landing.reserve_stock",
    "reserve_kinds": "select count(distinct item_name) from landing.reserve_stock",
    "depots": "select count(*) from landing.reserve_depot",
    "team_members": "select sum(members) from landing.rescue_team",
}
"""For a warehouse of one county, whose registers list nothing outside."""


def differences(conn: psycopg.Connection[Any], year: int, county: str) -> dict[str, tuple[Any, Any]]:
    """Figure -> what the report says and what the facts say, where the two differ."""
    query = "select figure_code, value, as_of from metrics.metric_work_report where year = %s and region_code = %s"
    told = {code: (value, as_of) for code, value, as_of in conn.execute(query, (year, county)).fetchall()}
    found = {}
    for code, counted in QUERIES.items():
        value, as_of = told[code]
        row = conn.execute(counted.encode(), {"year": year, "county": county, "as_of": as_of}).fetchone()
        assert row is not None
        # nothing to add up is none; nothing to divide by is not known
        wanted = None if row[0] is None and code.endswith("_pct") else float(row[0] or 0)
        if value != wanted:
            found[code] = (value, wanted)
    return found
