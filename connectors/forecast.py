"""The landing table of predicted values: one row per place, variable, model, time of issue and valid time.

Forecasts are no observations: they never count as coverage and never raise a level by themselves.
"""

from __future__ import annotations

import pyarrow as pa

from connectors.arrow import EXTRA, TIMESTAMP

TABLE = "forecast"
KEY = ("place_code", "variable", "model", "issued_at", "event_at")
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("place_code", pa.string()),  # station code, or "lon,lat" rounded as sent
    ("variable", pa.string()),
    ("model", pa.string()),  # name of the model or product; never null
    ("issued_at", TIMESTAMP),  # when it was issued; the fetch stands in where the source does not say
    ("event_at", TIMESTAMP),  # valid time; the END of the interval for amounts
    ("value", pa.float64()),
    ("unit", pa.string()),
    ("value_text", pa.string()),
    ("interval_h", pa.float64()),
    ("longitude", pa.float64()),
    ("latitude", pa.float64()),
    ("source_table", pa.string()),
]
SCHEMA: pa.Schema = pa.schema(_COLUMNS).append(EXTRA)
