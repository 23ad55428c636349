"""The landing table of alarm episodes as a source reports them: one row per point, kind of alarm and start."""

from __future__ import annotations

import pyarrow as pa

from connectors.arrow import EXTRA, TIMESTAMP

TABLE = "alarm"
KEY = ("point_code", "alarm_type", "started_at")
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("point_code", pa.string()),
    ("alarm_type", pa.string()),  # snake_case English: over_limit, power_cut, feed, line_broken, over_quota, ...
    ("started_at", TIMESTAMP),
    ("ended_at", TIMESTAMP),  # null while it lasts
    ("level", pa.string()),  # red, orange, yellow, blue where the source grades it
    ("limit_type", pa.string()),  # HH, H, L, LL where it says which limit
    ("variable", pa.string()),  # as in observation
    ("value", pa.float64()),  # the peak, in unit
    ("value_at", TIMESTAMP),
    ("unit", pa.string()),
    ("location", pa.string()),
    ("reason", pa.string()),
    ("measure", pa.string()),  # what was done
    ("acknowledged_at", TIMESTAMP),
    ("confirmed", pa.bool_()),  # false: a false alarm; null: not judged
    ("owner_code", pa.string()),
    ("source_table", pa.string()),
    ("issued_at", TIMESTAMP),
]
SCHEMA: pa.Schema = pa.schema(_COLUMNS).append(EXTRA)
