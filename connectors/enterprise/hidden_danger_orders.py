"""The landing tables beside the hidden dangers: orders to rectify them and what was mended on the spot."""

from __future__ import annotations

import pyarrow as pa

from connectors.arrow import EXTRA, TIMESTAMP

_ORDER: list[tuple[str, pa.DataType]] = [
    ("order_code", pa.string()),
    ("danger_code", pa.string()),
    ("ordered_at", TIMESTAMP),
    ("deadline_at", TIMESTAMP),
    ("days_allowed", pa.float64()),  # from order to deadline; negative where the source's dates contradict
    ("measure", pa.string()),
    ("cost_cny", pa.float64()),  # yuan
    ("contingency_plan", pa.string()),
    ("responsible_person_hash", pa.string()),
    ("supervisor_hash", pa.string()),
]
_DISPOSAL: list[tuple[str, pa.DataType]] = [
    ("disposal_code", pa.string()),
    ("danger_code", pa.string()),
    ("disposed_at", TIMESTAMP),
    ("has_safety_measure", pa.bool_()),
    ("measure", pa.string()),
    ("disposed_by_hash", pa.string()),
]
ORDER_SCHEMA: pa.Schema = pa.schema(_ORDER).append(EXTRA)
DISPOSAL_SCHEMA: pa.Schema = pa.schema(_DISPOSAL).append(EXTRA)
