"""The gate against its peer: the same rules written by hand in pandas, on the same frames, side by side.

Run with ``python -m bench.gate`` from the checkout. Prints one line per case: rows, share that fails, median seconds of
the gate and of the peer over three interleaved rounds, and their ratio. Great Expectations' import is told apart.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from expectations import gate
from feeds.registry import load

ROUNDS = 3
CASES = ((1_000, 0.0), (5_000, 0.0), (5_000, 0.01), (5_000, 0.84), (250_000, 0.0), (250_000, 0.01), (250_000, 0.84))
FETCHED = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def observations(rows: int, failing: float) -> pa.Table:
    """Synthetic 模拟 observations of water_regime; the share ``failing`` has a negative interval."""
    number = np.arange(rows)
    wrong = (number % 100) < failing * 100
    times = pa.array(np.datetime64("2026-11-22T00:00:00", "us") + (number // 100).astype("m8[s]"))
    instant = pa.timestamp("us", tz="UTC")
    text = {"variable": "stage", "unit": "m", "source_table": "ST_RIVER_R"}
    empty = ("value_text", "missing_reason", "owner_code", "extra")
    return pa.table(
        {
            "station_code": pa.array(np.char.add("6140", (number % 100).astype(str)).tolist()),
            "event_at": times.cast(instant),
            "value": pa.array(number % 977 / 10.0),
            "interval_h": pa.array(np.where(wrong, -1.0, 1.0)),
            "status_flags": pa.array(np.zeros(rows, np.int32)),
            "issued_at": times.cast(instant),
            "payload_sha256": pa.array(["00"] * rows),
            "fetched_at": pa.array([FETCHED] * rows, instant),
            **{name: pa.array([value] * rows) for name, value in text.items()},
            **{name: pa.nulls(rows, pa.string()) for name in empty},
        }
    )


def by_hand(table: pa.Table) -> tuple[pa.Table, list[tuple[int, str, dict[str, Any]]]]:
    """What somebody writes who needs these rules once: the same verdict, no results, no documents."""
    frame = table.to_pandas()
    latest = frame["fetched_at"] + timedelta(seconds=600)
    double = np.finfo(np.float64).max
    required = ("station_code", "variable", "event_at", "unit", "source_table")
    broken = {f"{name}.not_null": frame[name].isna() for name in required}
    broken |= {
        "value.finite": frame["value"].abs() > double,
        "interval_h.between": ~frame["interval_h"].between(0, 744) & frame["interval_h"].notna(),
        "status_flags.between": frame["status_flags"] < 0,
    }
    for clock in ("event_at", "issued_at"):
        broken[f"{clock}.not_in_future"] = frame[clock] > latest
        broken[f"{clock}.not_before_1900"] = frame[clock] < EARLIEST
    broken["key.unique"] = frame.duplicated(["station_code", "variable", "event_at"], keep=False)
    failures = []
    bad = np.zeros(len(frame), dtype=bool)
    for rule, mask in broken.items():
        if rule == "key.unique" or not mask.any():
            continue
        bad |= mask.to_numpy()
        records = frame[mask].to_dict("records")
        failures += [(row, rule, record) for row, record in zip(np.flatnonzero(mask), records, strict=True)]
    return table.filter(pa.array(~bad)), failures


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    contract = load("water_regime")
    table = contract.table("observation")
    loading = seconds(lambda: __import__("expectations._gx"))
    gate.check(table, observations(10, 0.1), contract=contract)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}; ", end="")
    print(f"import of Great Expectations {loading:.2f} s (once per process)")
    print(f"{'rows':>8} {'failing':>8} {'gate s':>8} {'by hand s':>10} {'ratio':>6}")
    for rows, failing in CASES:
        frame = observations(rows, failing)
        ours, theirs = gate.check(table, frame, contract=contract), by_hand(frame)
        assert ours.kept.num_rows == theirs[0].num_rows
        assert [(f.row, f.rule) for f in ours.failures] == [(row, rule) for row, rule, _ in theirs[1]]
        judge, peer_judge = partial(gate.check, table, frame, contract=contract), partial(by_hand, frame)
        times = [(seconds(judge), seconds(peer_judge)) for _ in range(ROUNDS)]
        mine, peer = (statistics.median(t) for t in zip(*times, strict=True))
        print(f"{rows:>8} {failing:>8.0%} {mine:>8.3f} {peer:>10.3f} {mine / peer:>6.1f}")


if __name__ == "__main__":
    main()
