"""What ``riskmap status`` shows: the ledger's view of every feed with the figures of the metric marts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from riskmap.settings import Settings
from riskmap.watch.store import last_look, list_now
from warehouse.db import connect, without_password
from warehouse.status import feed_status

_COVERAGE = """
    select distinct on (feed_id) feed_id, coverage
    from metrics.metric_coverage_daily
    where coverage is not null
    order by feed_id, day desc
"""
_DELAY = """
    select distinct on (feed_id) feed_id, p95_s
    from metrics.metric_timeliness_hourly
    where leg = 'issued_to_published' and n > 0
    order by feed_id, hour_at desc
"""
_OF_A_BREACH = (
    "breach_key", "breach_id", "kind", "severity", "department", "feed_id", "object", "since", "state", "message_zh",
    "message_en",
)  # fmt: skip


def status(settings: Settings) -> dict[str, Any]:
    """The object of ``riskmap status --json``; figures that have no evidence yet are null, never 0.

    ``breaches``: what is wrong now; ``watched_at``: when the watcher last looked, null if none ever did.
    """
    with connect(settings.database_url) as conn:
        coverage = _figures(conn, "metric_coverage_daily", _COVERAGE)
        delay = _figures(conn, "metric_timeliness_hourly", _DELAY)
        feeds = [
            {
                **{name: _plain(value) for name, value in feed.items()},
                "delay_p95_s": delay.get(feed["id"]),
                "coverage": coverage.get(feed["id"]),
            }
            for feed in feed_status(conn)
        ]
        breaches = [{name: row[name] for name in _OF_A_BREACH} for row in list_now(conn)]
        watched_at = last_look(conn)
    return {
        "database_url": without_password(settings.database_url),
        **urls(settings, prefix="_url"),
        "feeds": feeds,
        "breaches": [{name: _plain(value) for name, value in breach.items()} for breach in breaches],
        "watched_at": _plain(watched_at),
    }


def urls(settings: Settings, prefix: str = "") -> dict[str, str | None]:
    """Where the parts of the stack answer; null for what does not run in this installation."""
    return {
        f"airflow{prefix}": settings.airflow_url,
        f"map{prefix}": settings.map_url,
        f"data_docs{prefix}": settings.data_docs_url,
    }


def _figures(conn: psycopg.Connection[Any], mart: str, query: str) -> dict[str, float]:
    """Figures by feed from a metric mart; empty before the first build."""
    with conn.cursor(row_factory=dict_row) as cursor:
        exists = cursor.execute("select to_regclass(%s) as mart", (f"metrics.{mart}",)).fetchone()
        if not exists or exists["mart"] is None:
            return {}
        rows = cursor.execute(sql.SQL(query)).fetchall()
    return {row["feed_id"]: float(value) for row in rows for name, value in row.items() if name != "feed_id"}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
