"""The intake judges several feeds at once, one thread each: no frame may be judged by the columns of another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from expectations import gate
from feeds.registry import load

NOW = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
STAMP = pa.timestamp("us", tz="UTC")


def _quakes(rows: int) -> pa.Table:
    table = load("earthquake").table("earthquake")
    types = {"timestamptz": STAMP, "double precision": pa.float64(), "boolean": pa.bool_()}
    values = {"event_id": [f"xx{n}" for n in range(rows)], "status": ["reviewed"] * rows, "event_type": ["x"] * rows}
    values |= {"longitude": [111.8] * rows, "latitude": [35.7] * rows, "event_at": [NOW - timedelta(hours=1)] * rows}
    values |= {"updated_at": [NOW] * rows}
    columns = {
        c.name: pa.array(values.get(c.name, [None] * rows), types.get(c.physical_type, pa.string()))
        for c in table.columns
    }
    return _arrived(columns, rows)


def _sensors(rows: int) -> pa.Table:
    table = load("water_regime").table("flood_threshold")
    types = {"timestamptz": STAMP, "double precision": pa.float64()}
    values = {"station_code": [f"s{n}" for n in range(rows)]}
    columns = {
        c.name: pa.array(values.get(c.name, [None] * rows), types.get(c.physical_type, pa.string()))
        for c in table.columns
    }
    return _arrived(columns, rows)


def _arrived(columns: dict[str, pa.Array], rows: int) -> pa.Table:
    came = {"extra": pa.nulls(rows, pa.string()), "fetched_at": pa.array([NOW] * rows, STAMP)}
    return pa.table(columns | came | {"payload_sha256": pa.array(["p"] * rows)})


def test_feeds_are_judged_at_once_each_by_its_own_contract() -> None:
    earthquake, water = load("earthquake"), load("water_regime")

    def judge(number: int) -> bool:
        if number % 2:
            verdict = gate.check(earthquake.table("earthquake"), _quakes(50), contract=earthquake)
        else:
            verdict = gate.check(water.table("flood_threshold"), _sensors(50), contract=water)
        return not verdict.failures and verdict.kept.num_rows == 50

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(judge, range(40)))
