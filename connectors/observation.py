"""The landing table that every feed of measurements speaks: one row per station, variable and time."""

from __future__ import annotations

import pyarrow as pa

from connectors.arrow import EXTRA, TIMESTAMP

TABLE = "observation"
KEY = ("station_code", "variable", "event_at")
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("station_code", pa.string()),
    ("variable", pa.string()),
    ("event_at", TIMESTAMP),
    ("value", pa.float64()),
    ("unit", pa.string()),
    ("value_text", pa.string()),
    ("interval_h", pa.float64()),
    ("status_flags", pa.int32()),
    ("missing_reason", pa.string()),
    ("owner_code", pa.string()),
    ("source_table", pa.string()),
    ("issued_at", TIMESTAMP),
]
SCHEMA: pa.Schema = pa.schema(_COLUMNS).append(EXTRA)
DIMENSIONLESS = "1"
"""The unit of what has none: counts and switch states."""
