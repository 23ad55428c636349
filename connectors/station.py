"""The landing table of fixed places that measure: one row per station, as its own register describes it."""

from __future__ import annotations

import pyarrow as pa

from connectors.arrow import EXTRA, TIMESTAMP

TABLE = "station"
KEY = ("station_code",)
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("station_code", pa.string()),
    ("station_name", pa.string()),
    ("station_type", pa.string()),
    ("river_name", pa.string()),
    ("hydrographic_net", pa.string()),
    ("basin_name", pa.string()),
    ("longitude", pa.float64()),
    ("latitude", pa.float64()),
    ("location", pa.string()),
    ("region_code", pa.string()),
    ("datum_name", pa.string()),
    ("datum_elevation_m", pa.float64()),
    ("datum_correction_m", pa.float64()),
    ("catchment_km2", pa.float64()),
    ("authority", pa.string()),
    ("exchange_unit", pa.string()),
    ("is_in_use", pa.bool_()),
    ("modified_at", TIMESTAMP),
]
SCHEMA: pa.Schema = pa.schema(_COLUMNS).append(EXTRA)
"""Longitude and latitude in degrees, EPSG:4326; ``station_type`` in the words of the source; elevations in metres."""
