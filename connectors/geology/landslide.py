"""Two landing tables of slopes: landslides that happened, and sites where one is feared (地质灾害隐患点)."""

from __future__ import annotations

import pyarrow as pa

from connectors.arrow import EXTRA, TIMESTAMP

LANDSLIDE = "landslide"
LANDSLIDE_KEY = ("event_id",)
_LANDSLIDE: list[tuple[str, pa.DataType]] = [
    ("event_id", pa.string()),
    ("event_at", TIMESTAMP),  # the start of the day where only the day is known
    ("event_precision", pa.string()),  # day or minute
    ("title", pa.string()),
    ("description", pa.string()),
    ("category", pa.string()),  # snake_case words of the catalogue: landslide, mudslide, debris_flow, rock_fall, ...
    ("trigger", pa.string()),
    ("size", pa.string()),
    ("setting", pa.string()),
    ("fatalities", pa.int32()),
    ("injuries", pa.int32()),
    ("longitude", pa.float64()),
    ("latitude", pa.float64()),
    ("location", pa.string()),
    ("accuracy", pa.string()),  # as the catalogue says it: exact, 1km, ..., unknown
    ("accuracy_km", pa.float64()),
    ("storm_name", pa.string()),
    ("country", pa.string()),
    ("country_code", pa.string()),
    ("region", pa.string()),
    ("source_name", pa.string()),
    ("source_url", pa.string()),
    ("updated_at", TIMESTAMP),
]
LANDSLIDE_SCHEMA: pa.Schema = pa.schema(_LANDSLIDE).append(EXTRA)

HAZARD_SITE = "hazard_site"
HAZARD_SITE_KEY = ("site_code",)
_HAZARD_SITE: list[tuple[str, pa.DataType]] = [
    ("site_code", pa.string()),
    ("site_name", pa.string()),
    ("hazard_type", pa.string()),
    ("region_code", pa.string()),
    ("location", pa.string()),
    ("longitude", pa.float64()),
    ("latitude", pa.float64()),
    ("source_crs", pa.string()),
    ("scale", pa.string()),
    ("volume_1e4_m3", pa.float64()),
    ("stability", pa.string()),
    ("danger_level", pa.string()),
    ("risk_level", pa.string()),  # red, orange, yellow, blue where the inventory grades it
    ("threatened_households", pa.int32()),
    ("threatened_people", pa.int32()),
    ("threatened_property_1e4_cny", pa.float64()),
    ("is_monitored", pa.bool_()),
    ("monitor_person", pa.string()),  # salted hash, never a name
    ("management_unit", pa.string()),
    ("updated_at", TIMESTAMP),
]
HAZARD_SITE_SCHEMA: pa.Schema = pa.schema(_HAZARD_SITE).append(EXTRA)
