"""All that a warehouse says, as text, without what tells of the arrival itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psycopg
from psycopg import sql

ARRIVAL_COLUMNS = {
    "batch_id": "number of the batch that wrote the record last",
    "landed_at": "when that batch was committed",
    "published_at": "when a build published it",
    "first_known_at": "when the first of several records was committed",
    "fetched_at": "when the record was first fetched: a copy fetched earlier that lands later is no reason to build",
    "computed_at": "when a build computed the row",
    "landed_lead_hours": "is counted from landed_at",
    "lead_hours": "the same, per enterprise",
    "landed_delay_min": "is counted to landed_at",
}
"""Columns that say how and when a record came, which another order of arrival may change."""

ARRIVAL_RELATIONS = {
    "intermediate.int_register__history": "remembers when a build learned what a register says",
    "marts.one_map_object_history": "remembers what was known when",
    "metrics.metric_error_budget": "judges how soon records came",
    "metrics.metric_freshness": "is about when records came and who answered, not about what they say",
    "metrics.metric_sla_daily": "judges how soon records came",
    "metrics.metric_sla_hourly": "judges how soon records came",
    "metrics.metric_timeliness_daily": "is about the way of the records, not about what they say",
    "metrics.metric_quality_daily": "counts batches, and what they repeated",
    "metrics.metric_timeliness_hourly": "is about the way of the records, not about what they say",
}
"""Relations of which that is true as a whole, and those that remember what was known when."""

ARRIVAL_ROWS = {
    "metrics.metric_work_report": "figure_code = 'records_in_time_pct'",
}
"""Rows of relations that are about the way of the records, where the others are not."""

Content = dict[str, list[str]]
"""Relation -> its rows as PostgreSQL writes them, sorted."""


def marts(conn: psycopg.Connection[Any]) -> Content:
    """What readers see: marts and metrics, tables and views."""
    return _content(conn, "nspname in ('marts', 'metrics')")


def tables(conn: psycopg.Connection[Any], names: Collection[str]) -> Content:
    """The named tables of models, wherever they are."""
    return _content(conn, "nspname in ('intermediate', 'marts', 'metrics') and relname = any(%s)", list(names))


def landed(conn: psycopg.Connection[Any]) -> Content:
    """The versions of records that stand in landing, by their hashes."""
    found = {}
    names = conn.execute("select relname from pg_class where relnamespace = 'landing'::regnamespace and relkind = 'p'")
    for (name,) in names.fetchall():
        query = sql.SQL("select feed_id || ' ' || record_hash from {} order by 1").format(
            sql.Identifier("landing", name)
        )
        found[f"landing.{name}"] = [row for (row,) in conn.execute(query)]
    return found


def differences(wanted: Content, got: Content, at_most: int = 3) -> str:
    """What of ``got`` is not as wanted, a few rows of each relation; empty where all is the same."""
    told = []
    for name in sorted(got):
        before, after = wanted.get(name, []), got[name]
        if before != after:
            lost, new = sorted(set(before) - set(after)), sorted(set(after) - set(before))
            told.append(f"{name}: {len(before)} rows wanted, {len(after)} found")
            told += [f"  - {row}" for row in lost[:at_most]] + [f"  + {row}" for row in new[:at_most]]
    return "\n".join(told)


def _content(conn: psycopg.Connection[Any], which: str, *values: Any) -> Content:
    conn.execute("set timezone = 'UTC'; set jit = off; set extra_float_digits = 1")
    relations = conn.execute(
        f"""
        select nspname, relname, array_agg(attname::text order by attnum)
        from pg_class
        inner join pg_namespace on pg_namespace.oid = relnamespace
        inner join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
        where relkind in ('r', 'v') and {which}
        group by nspname, relname
        order by nspname, relname
        """.encode(),
        values,
    ).fetchall()
    found = {}
    for schema, name, columns in relations:
        if f"{schema}.{name}" not in ARRIVAL_RELATIONS:
            kept = [column for column in columns if column not in ARRIVAL_COLUMNS]
            query = sql.SQL(
                'select t::text from (select {} from {} where not ({})) as t order by t::text collate "C"'
            ).format(
                sql.SQL(", ").join(map(sql.Identifier, kept)),
                sql.Identifier(schema, name),
                sql.SQL(ARRIVAL_ROWS.get(f"{schema}.{name}", "false")),
            )
            found[f"{schema}.{name}"] = [row for (row,) in conn.execute(query)]
    return found
