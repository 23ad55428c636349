"""Values that cannot be land with a flag, judged by the unit or the variable that they are of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from connectors.arrow import to_table
from connectors.observation import SCHEMA, TABLE
from expectations import gate
from feeds.registry import load

FETCHED = datetime(2026, 8, 10, tzinfo=UTC)


def observed(variable: str, unit: str, values: list[float]) -> pa.Table:
    rows: list[dict[str, Any]] = [
        {
            "station_code": f"S{place}",
            "variable": variable,
            "event_at": FETCHED - timedelta(hours=1),
            "value": value,
            "unit": unit,
            "source_table": "x",
            "issued_at": FETCHED,
        }
        for place, value in enumerate(values)
    ]
    frame = to_table(SCHEMA, rows)
    return frame.append_column("fetched_at", pa.array([FETCHED] * len(rows), pa.timestamp("us", tz="UTC")))


@pytest.mark.parametrize(
    ("feed", "variable", "unit", "values"),
    [
        ("hydro_rtu", "rain_mm", "mm", [-1.0, 0.0, 12.5, 501.0]),
        ("geohazard_monitoring", "rain_mm", "mm", [-1.0, 0.0, 12.5, 501.0]),
        ("met_logger", "relative_humidity_pct", "%", [-1.0, 0.0, 100.0, 106.0]),
        ("nws_observation", "relative_humidity_pct", "%", [-1.0, 0.0, 100.0, 106.0]),
        ("gnss_displacement", "displacement_x_mm", "mm", [-20001.0, -3.5, 7.0, 20001.0]),
        ("insar_displacement", "displacement_mm", "mm", [-5001.0, -3.5, 7.0, 5001.0]),
        ("slope_monitoring", "displacement_mm", "mm", [-20001.0, -3.5, 7.0, 20001.0]),
        ("tailings_monitoring", "dry_beach_m", "m", [-1.0, 0.0, 85.0, 5001.0]),
    ],
)
def test_a_value_that_cannot_be_is_flagged_and_one_of_another_kind_is_not(
    feed: str, variable: str, unit: str, values: list[float]
) -> None:
    contract = load(feed)
    verdict = gate.check(contract.table(TABLE), observed(variable, unit, values), contract=contract)
    flags = verdict.kept.column("quality_flags").to_pylist()
    assert [bool(flag) for flag in flags] == [True, False, False, True]
    other = gate.check(contract.table(TABLE), observed("other_x", "x", values), contract=contract)
    assert other.kept.column("quality_flags").to_pylist() == [[]] * len(values)
