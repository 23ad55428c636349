"""A storm as it arrives: some 600 records of the synthetic county in many orders, through the real commit.

``storm.jsonl`` holds a sample of what landed of the county of the simulator, three hours into its scenario ``storm``,
and the alarms of its scenario ``gas``. ``python tests/sql/storm.py STORM_URL GAS_URL > tests/sql/storm.jsonl`` takes it
again from warehouses that have pulled them.
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.rows import dict_row

from feeds import registry
from feeds.contract import Contract, Table
from warehouse import arrow
from warehouse.batch import Batch, PayloadOutcome
from warehouse.commit import commit_batch
from warehouse.db import Connection

FILE = Path(__file__).with_suffix(".jsonl")
CONTRACTS = registry.load_all()
AS_OF = datetime(2026, 11, 22, 8, 40, tzinfo=UTC)
"""The moment at which the models judge; the last record was fetched four minutes before."""

_SMALL = 12  # records of a feed; below it a second batch costs more time than it can show

_REMEMBERED = frozenset({"camera", "flood_threshold", "hazard_site", "reserve_depot", "reservoir_threshold", "station"})
_REMEMBERED |= {"water_point", "waterlogging_point"}
"""Registers whose versions are written down as builds see them (int_register__history): what they said before is
known only to who built before, so it is no part of this."""


@dataclass(frozen=True)
class Arrival:
    """One version of one record, or of a message with its parts: rows by table."""

    feed_id: str
    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    fetched_at: datetime


def arrivals() -> list[Arrival]:
    """All versions of all records: as they stand, before they were revised, told again, withdrawn."""
    stands = [_arrival(json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines()]
    stands = _messages(stands)
    dice = random.Random(1)  # what is revised is always the same; the order is what varies
    return [version for arrival in stands for version in (arrival, *_other_versions(arrival, dice))]


def in_batches(order: random.Random, found: Sequence[Arrival]) -> list[tuple[str, list[Arrival]]]:
    """The arrivals shuffled, each feed's cut into one to five batches (a small feed's into one), and all mixed."""
    by_feed: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in order.sample(found, len(found)):
        by_feed[arrival.feed_id].append(arrival)
    cut = []
    for feed_id, mine in by_feed.items():
        cuts = order.randint(0, 4) if len(mine) > _SMALL else 0
        ends = sorted({order.randint(1, len(mine)) for _ in range(cuts)} | {len(mine)})
        cut += [(feed_id, mine[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
    order.shuffle(cut)
    return cut


def land(conn: Connection, feed_id: str, batch: Sequence[Arrival]) -> int:
    """Commit one batch as the product does; returns its id. A replay, because polls are no part of what is shuffled."""
    contract = CONTRACTS[feed_id]
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for arrival in batch:
        for name, given in arrival.tables.items():
            technical = {"fetched_at": arrival.fetched_at, "payload_sha256": "-", "quality_flags": []}
            rows[name] += [{**row, **technical} for row in given]
    schemas = {name: arrow.copy_schema(contract.table(name)) for name in rows}
    tables = {name: pa.Table.from_pylist(rows[name], schema=schemas[name]) for name in rows}
    fetched_at = max(arrival.fetched_at for arrival in batch)
    payloads = [PayloadOutcome("-", "ACCEPTED", 0)]
    return commit_batch(
        conn, contract, Batch(feed_id, "storm", "replay", fetched_at, fetched_at, tables=tables, payloads=payloads)
    ).batch_id


def _arrival(line: Mapping[str, Any]) -> Arrival:
    table = CONTRACTS[line["feed"]].table(line["table"])
    types = {column.name: column.physical_type for column in table.columns}
    row = {name: _typed(types[name], value) for name, value in line["row"].items()}
    return Arrival(line["feed"], {table.name: [row]}, datetime.fromisoformat(line["fetched_at"]))


def _typed(physical_type: str, value: Any) -> Any:
    if physical_type == "timestamptz":
        return datetime.fromisoformat(value)
    return json.dumps(value, ensure_ascii=False) if physical_type == "jsonb" else value


def _messages(found: Sequence[Arrival]) -> list[Arrival]:
    """A warning comes with its texts and areas, never without."""
    parts: dict[tuple[str, ...], dict[str, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    rest: list[Arrival] = []
    fetched: dict[tuple[str, ...], datetime] = {}
    for arrival in found:
        ((table, (row,)),) = arrival.tables.items()
        if table in {"warning", "warning_info", "warning_area"}:
            key = (arrival.feed_id, row["sender"], row["identifier"], str(row["sent_at"]))
            parts[key][table].append(row)
            fetched[key] = arrival.fetched_at
        else:
            rest.append(arrival)
    return rest + [Arrival(key[0], tables, fetched[key]) for key, tables in parts.items()]


def _other_versions(arrival: Arrival, dice: random.Random) -> Iterator[Arrival]:
    """An older version of every fourth record, the same again of every eighth, a withdrawn value of every tenth."""
    contract = CONTRACTS[arrival.feed_id]
    minute = timedelta(minutes=1)
    if dice.random() < 1 / 4 and not _REMEMBERED & arrival.tables.keys():
        older = {
            name: [_older(contract, contract.table(name), row, dice) for row in rows]
            for name, rows in arrival.tables.items()
        }
        yield Arrival(arrival.feed_id, older, arrival.fetched_at - 10 * minute)
    if dice.random() < 1 / 8:
        yield Arrival(arrival.feed_id, arrival.tables, arrival.fetched_at + minute)
    if "observation" in arrival.tables and dice.random() < 1 / 10:
        gone = [{**row, "value": None, "missing_reason": "withdrawn"} for row in arrival.tables["observation"]]
        yield Arrival(arrival.feed_id, {"observation": gone}, arrival.fetched_at + 2 * minute)


def _older(contract: Contract, table: Table, row: Mapping[str, Any], dice: random.Random) -> dict[str, Any]:
    """What was said before: other numbers, some things not known yet, issued earlier where the version says when."""
    found = dict(row)
    for column in table.columns:
        value = row.get(column.name)
        if value is None or column.name in table.key:
            continue
        if column.name == contract.clock.issued:
            found[column.name] = value - timedelta(minutes=10)
        elif column.physical_type == "double precision" and column.name not in {"longitude", "latitude"}:
            found[column.name] = value + 0.1
        elif not column.required and column.physical_type in {"timestamptz", "boolean"} and dice.random() < 1 / 2:
            found[column.name] = None
    return found


_ENTERPRISES = """
    select credit_code from (
        select credit_code, row_number() over (partition by industry order by credit_code) as n
        from landing.enterprise
    ) as numbered where n <= 2
"""
_POINTS = {
    "sensor": "select min(point_code) from landing.sensor group by sensor_type_code",
    "station": """
        select station_code from (
            select station_code, row_number() over (partition by feed_id, station_type order by station_code) as n
            from landing.station
        ) as numbered where n = 1
    """,
}
_MINUTES = "mod(extract(minute from event_at)::int, 10) = 0"
_SOME = {
    "observation": f"""
        (feed_id = 'coal_mine_safety' and station_code in ({_POINTS["sensor"]}) and event_at > '2026-11-22 07:50Z'
            and extract(second from event_at) > 30 and mod(extract(minute from event_at)::int, 5) = 0)
        or (feed_id <> 'coal_mine_safety' and station_code in ({_POINTS["station"]})
            and event_at > '2026-11-22 05:50Z' and {_MINUTES})
    """,
    "sensor": f"point_code in ({_POINTS['sensor']})",
    "station": f"station_code in ({_POINTS['station']})",
    "enterprise": f"credit_code in ({_ENTERPRISES})",
    "warning_receipt": f"enterprise_code in ({_ENTERPRISES})",
}
"""What is taken of the large tables, as SQL; of all others the eight first by their key."""

_AT_MOST = 8


_GAS = {
    "alarm": "true",
    "observation": """
        station_code = (
            select station_code from landing.observation where variable = 'methane_pct' order by value desc limit 1
        ) and mod(extract(minute from event_at)::int, 2) = 0
    """,
}
"""What is taken of the scenario gas: its alarms, and the sensor that saw most methane."""


def sample(url: str, some: Mapping[str, str], at_most: int) -> Iterator[dict[str, Any]]:
    """Records of a warehouse: those of ``some`` tables by SQL, of the others ``at_most`` so many each."""
    with psycopg.connect(url, row_factory=dict_row) as conn:
        for contract in CONTRACTS.values():
            for table in contract.tables:
                yield from _sample(conn, contract, table, some.get(table.name), at_most)


def _sample(
    conn: psycopg.Connection[Any], contract: Contract, table: Table, where: str | None, at_most: int
) -> Iterator[dict[str, Any]]:
    whole = where or (at_most and table.name.startswith("warning"))
    query = sql.SQL("select * from landing.{} where feed_id = %s and ({}) order by {} limit {}").format(
        sql.Identifier(table.name),
        sql.SQL(where or "true"),
        sql.SQL(", ").join(map(sql.Identifier, table.key)),
        None if whole else at_most,
    )
    for row in conn.execute(query, (contract.id,)):
        given = {column.name: row[column.name] for column in table.columns if row[column.name] is not None}
        given |= {name: value.isoformat() for name, value in given.items() if isinstance(value, datetime)}
        yield {"feed": contract.id, "table": table.name, "fetched_at": row["fetched_at"].isoformat(), "row": given}


if __name__ == "__main__":
    storm, gas = sys.argv[1:]
    for record in (*sample(storm, _SOME, _AT_MOST), *sample(gas, _GAS, 0)):
        sys.stdout.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")
