"""The landing table of earthquakes: one row per event id and revision, whichever format told of it."""

from __future__ import annotations

import pyarrow as pa

from connectors.arrow import EXTRA, JSON, TIMESTAMP

TABLE = "earthquake"
KEY = ("event_id", "updated_at")
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("event_id", pa.string()),
    ("updated_at", TIMESTAMP),  # the revision clock; the origin time where a format has none
    ("event_at", TIMESTAMP),
    ("magnitude", pa.float64()),
    ("magnitude_type", pa.string()),
    ("longitude", pa.float64()),
    ("latitude", pa.float64()),
    ("depth_km", pa.float64()),
    ("place", pa.string()),
    ("status", pa.string()),  # automatic, reviewed or deleted
    ("event_type", pa.string()),  # in the words of QuakeML: earthquake, quarry blast, landslide, not reported, ...
    ("net", pa.string()),
    ("code", pa.string()),
    ("ids", JSON),
    ("sources", JSON),
    ("types", JSON),
    ("felt", pa.float64()),
    ("cdi", pa.float64()),
    ("mmi", pa.float64()),
    ("alert", pa.string()),
    ("is_tsunami", pa.bool_()),
    ("significance", pa.float64()),
    ("stations_used", pa.float64()),
    ("distance_min_deg", pa.float64()),
    ("rms_s", pa.float64()),
    ("gap_deg", pa.float64()),
    ("url", pa.string()),
    ("detail_url", pa.string()),
]
SCHEMA: pa.Schema = pa.schema(_COLUMNS).append(EXTRA)

EARTHQUAKE = "earthquake"
NOT_REPORTED = "not reported"
"""QuakeML's own word for an event whose type nobody stated."""
AUTOMATIC, REVIEWED, DELETED = "automatic", "reviewed", "deleted"
