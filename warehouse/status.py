"""How the feeds are, from ledger and landing: what ``riskmap status`` shows before any mart exists."""

from __future__ import annotations

from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from warehouse import ddl
from warehouse.db import Connection

_QUERY = """
with polls as (
    select
        feed_id,
        max(committed_at) filter (where state in ('LANDED', 'NOT_MODIFIED')) as last_success_at,
        (array_agg(state order by committed_at desc, batch_id desc))[1] as last_state
    from ops.batch
    where kind = 'pull'
    group by feed_id
),

waiting as (
    select feed_id, count(*) as quarantined
    from quarantine.record
    where status in ('open', 'held')
    group by feed_id
)

select
    feed.feed_id as id,
    feed.name,
    feed.domain,
    feed.department,
    feed.main_table,
    feed.event_column,
    feed.tables,
    coalesce(waiting.quarantined, 0) as quarantined,
    polls.last_success_at,
    case
        when polls.last_state in ('FAILED', 'HELD') then polls.last_state
        when polls.last_success_at is null then 'NO_EVIDENCE'
        when polls.last_success_at < now() - greatest(3 * feed.frequency_s, 300) * interval '1 second' then 'STALE'
        else 'OK'
    end as state
from ops.feed as feed
left join polls using (feed_id)
left join waiting using (feed_id)
where feed.active_until is null
order by feed.feed_id
"""


def feed_status(conn: Connection) -> list[dict[str, Any]]:
    """One dict per feed that is switched on: id, name, domain, department, records, quarantined, last_event_at,
    last_success_at, delay_p95_s, coverage, state.

    ``state``: FAILED or HELD if the latest poll ended so, NO_EVIDENCE without any poll that succeeded, STALE if the
    last success is older than three polling intervals (at least five minutes), else OK. ``delay_p95_s`` and
    ``coverage`` are None: they come from the metrics marts.
    """
    with conn.cursor(row_factory=dict_row) as cursor:
        feeds = cursor.execute(_QUERY).fetchall()
    return [_status(conn, feed) for feed in feeds]


def _status(conn: Connection, feed: dict[str, Any]) -> dict[str, Any]:
    landed = {name: _landed(conn, feed["id"], name, feed) for name in feed["tables"]}
    return {
        "id": feed["id"],
        "name": feed["name"],
        "domain": feed["domain"],
        "department": feed["department"],
        "records": sum(records for records, _ in landed.values()),
        "quarantined": feed["quarantined"],
        "last_event_at": landed[feed["main_table"]][1],
        "last_success_at": feed["last_success_at"],
        "delay_p95_s": None,
        "coverage": None,
        "state": feed["state"],
    }


def _landed(conn: Connection, feed_id: str, table: str, feed: dict[str, Any]) -> tuple[int, Any]:
    """Number of records and, for the main table, the latest event time of a feed's partition."""
    partition = ddl.qualified(ddl.partition_name(table, feed_id))
    row = conn.execute("select to_regclass(%s)", (partition.as_string(conn),)).fetchone()
    if row is None or row[0] is None:  # registered, but its tables are still to be created
        return 0, None
    latest = sql.Identifier(feed["event_column"]) if table == feed["main_table"] else sql.SQL("null::timestamptz")
    counted = conn.execute(sql.SQL("select count(*), max({}) from {}").format(latest, partition)).fetchone()
    return (counted[0], counted[1]) if counted else (0, None)
