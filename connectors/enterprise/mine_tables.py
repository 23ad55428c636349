"""The landing tables that only mines fill: points, places and persons as their own systems define them.

X, Y and Z are projected metres as sent, northing first; longitude and latitude are EPSG:4326, null where X and Y cannot
be placed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from connectors import alarm, observation
from connectors.arrow import EXTRA, JSON, TIMESTAMP

SENSOR = "sensor"
MINE_STATISTIC = "mine_statistic"
SUBSTATION = "substation"
MINE_PERSON = "mine_person"
MINE_AREA = "mine_area"
BASE_STATION = "base_station"
PERSON_POSITION = "person_position"
WATER_POINT = "water_point"
EQUIPMENT_POINT = "equipment_point"

KEYS: Mapping[str, tuple[str, ...]] = {
    observation.TABLE: observation.KEY,
    alarm.TABLE: alarm.KEY,
    SENSOR: ("point_code", "defined_at"),
    MINE_STATISTIC: ("point_code", "variable", "started_at"),
    SUBSTATION: ("substation_code",),
    MINE_PERSON: ("person_hash",),
    MINE_AREA: ("area_code",),
    BASE_STATION: ("station_code",),
    PERSON_POSITION: ("person_hash", "event_at"),
    WATER_POINT: ("point_code",),
    EQUIPMENT_POINT: ("point_code", "defined_at"),
}

_TEXT, _NUMBER, _WHOLE, _TRUTH = pa.string(), pa.float64(), pa.int32(), pa.bool_()


def _columns(kind: pa.DataType, names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, kind) for name in names.split()]


_PLACE = _columns(_NUMBER, "x_m y_m z_m longitude latitude")
_MINE = _columns(_TEXT, "mine_code mine_name")
_ISSUED = _columns(TIMESTAMP, "issued_at")


def _schema(*columns: Sequence[tuple[str, pa.DataType]]) -> pa.Schema:
    return pa.schema([column for group in columns for column in group]).append(EXTRA)


SCHEMAS: Mapping[str, pa.Schema] = {
    SENSOR: _schema(
        _columns(_TEXT, "point_code"),
        _columns(TIMESTAMP, "defined_at"),
        _columns(_TEXT, "mine_code mine_name system_code substation_code sensor_type_code value_type unit"),
        _columns(_NUMBER, "range_high range_low alarm_upper alarm_upper_release alarm_lower alarm_lower_release"),
        _columns(_NUMBER, "cutoff_upper restore_upper cutoff_lower restore_lower"),
        _columns(_TEXT, "on_text off_text location"),
        _PLACE,
        _columns(JSON, "related_points"),
        _ISSUED,
    ),
    observation.TABLE: observation.SCHEMA,
    alarm.TABLE: alarm.SCHEMA,
    MINE_STATISTIC: _schema(
        _columns(_TEXT, "point_code variable"),
        _columns(TIMESTAMP, "started_at ended_at"),
        _columns(_TEXT, "unit"),
        _columns(_NUMBER, "maximum"),
        _columns(TIMESTAMP, "maximum_at"),
        _columns(_NUMBER, "minimum"),
        _columns(TIMESTAMP, "minimum_at"),
        _columns(_NUMBER, "mean"),
        _columns(_TEXT, "location owner_code source_table"),
        _ISSUED,
    ),
    SUBSTATION: _schema(_columns(_TEXT, "substation_code location"), _PLACE, _MINE, _ISSUED),
    MINE_PERSON: _schema(
        _columns(_TEXT, "person_hash work_type duty team"), _columns(_TRUTH, "is_leader is_special"), _MINE, _ISSUED
    ),
    MINE_AREA: _schema(_columns(_TEXT, "area_code area_name area_type"), _columns(_WHOLE, "quota"), _MINE, _ISSUED),
    BASE_STATION: _schema(_columns(_TEXT, "station_code station_name location"), _PLACE, _MINE, _ISSUED),
    PERSON_POSITION: _schema(
        _columns(_TEXT, "person_hash"),
        _columns(TIMESTAMP, "event_at"),
        _columns(_TEXT, "in_out"),
        _columns(TIMESTAMP, "entered_mine_at left_mine_at"),
        _columns(_TEXT, "area_code"),
        _columns(TIMESTAMP, "entered_area_at"),
        _columns(_TEXT, "station_code"),
        _columns(TIMESTAMP, "entered_station_at"),
        _columns(_TEXT, "work_system"),
        _columns(_NUMBER, "distance_m"),
        _columns(_TEXT, "work_state"),
        _columns(_TRUTH, "is_leader is_special"),
        _columns(JSON, "track"),
        _columns(_TEXT, "mine_code"),
        _ISSUED,
    ),
    WATER_POINT: _schema(
        _columns(_TEXT, "point_code point_kind point_name area_name aquifer sensor_type_code unit"),
        _PLACE,
        _columns(TIMESTAMP, "defined_at"),
        _MINE,
        _ISSUED,
    ),
    EQUIPMENT_POINT: _schema(
        _columns(_TEXT, "point_code"),
        _columns(TIMESTAMP, "defined_at"),
        _columns(_TEXT, "type_code type_name equipment_code location unit"),
        _columns(_NUMBER, "range_high range_low alarm_upper alarm_lower"),
        _columns(JSON, "related_points"),
        _columns(_TEXT, "system_code system_name"),
        _MINE,
        _ISSUED,
    ),
}
