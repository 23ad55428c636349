"""Which fields the records of each file type have, in order: one table for all parts of the family.

A field is written ``name:kind/argument``. A name that is a column of the layout's table goes there, any other name
goes to ``extra``. Kinds (text if none is given):

    text number integer yes_no       empty and -9999 are null
    time date                        local time; empty is null, and ``date`` takes a bare date as its start
    point                            the code of a point, which must be of the file's own mine
    part                             what tells several points of one code apart: appended to the code
    person persons                   card or name, one or several joined by ``&``: kept as salted hashes only
    drop                             personal data that nobody needs: never read
    codes track                      lists joined by ``&``; ``station&time`` pairs joined by commas
    word/table                       a code with a known meaning (WORDS); another one is kept as sent
    status                           bit flags of the point
    value/unit                       a number that becomes an observation of the field's name
    unnamed/unit                     the same for a number whose meaning nobody documents: counted as drift
    state/table                      the same for a code with a known meaning
    measured                         the value of what ``type_name``, ``type_code`` and ``unit`` say it is

Field names of the water part come from one implementer whose entity and column names could be read; what is marked [K]
in the reference (units of drainage and release, the second value of surface water) is an assumption.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors import alarm, observation
from connectors.enterprise.mine_tables import (
    BASE_STATION,
    EQUIPMENT_POINT,
    MINE_AREA,
    MINE_PERSON,
    MINE_STATISTIC,
    PERSON_POSITION,
    SENSOR,
    SUBSTATION,
    WATER_POINT,
)

WORDS: Mapping[str, Mapping[str, str]] = {
    "alarm": {
        "001": "over_limit",
        "002": "power_cut",
        "003": "feed",
        "004": "line_broken",
        "005": "base_power_lost",
        "006": "base_unreachable",
        "007": "calibration",
        "008": "over_range",
        "009": "pre_alarm_upper",
        "010": "pre_alarm_lower",
    },
    "run": {"0": "normal", "1": "link_down", "2": "fault", "9": "unknown"},
    "power": {"0": "unknown", "1": "direct_current", "2": "alternating_current", "9": "power_fault"},
    "station_power": {},  # 0, 1, 2 and 9 are seen for base stations, their meaning is not
    "pump": {"0": "stopped", "1": "running"},
    "in_out": {"0": "unknown", "1": "in", "2": "out"},
}


@dataclass(frozen=True)
class Field:
    name: str
    kind: str = "text"
    argument: str = ""

    @property
    def is_personal(self) -> bool:
        return self.kind in {"person", "persons", "drop"}


@dataclass(frozen=True)
class Layout:
    """The records of one file type; ``constants`` are columns that every record of the type has alike."""

    table: str
    fields: tuple[Field, ...]
    constants: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_columnar(self) -> bool:
        """One value per record, whose variable follows from its type: the bulk of all files."""
        return any(one.kind == "measured" for one in self.fields)

    @property
    def is_personal(self) -> bool:
        """Its records name persons, who must not be shown when one is refused."""
        return any(one.is_personal for one in self.fields)


def _layout(table: str, fields: str, **constants: Any) -> Layout:
    return Layout(table, tuple(_field(text) for text in fields.split()), constants)


def _field(text: str) -> Field:
    name, _, kind = text.partition(":")
    kind, _, argument = kind.partition("/")
    return Field(name, kind or "text", argument)


_XYZ = " x_m:number y_m:number z_m:number "
_SAFETY = {
    "CDDY": _layout(
        SENSOR,
        "point_code:point system_code substation_code sensor_type_code value_type unit range_high:number "
        "range_low:number alarm_upper:number alarm_upper_release:number alarm_lower:number alarm_lower_release:number "
        "cutoff_upper:number restore_upper:number cutoff_lower:number restore_lower:number on_text off_text location"
        + _XYZ
        + "related_points:codes defined_at:date",
    ),
    "CDSS": _layout(
        observation.TABLE, "station_code:point type_name location value:measured unit status:status event_at:time"
    ),
    "TJSJ": _layout(
        MINE_STATISTIC,
        "point_code:point type_name location unit started_at:time ended_at:time maximum:number maximum_at:time "
        "minimum:number minimum_at:time mean:number reported_at:time",
    ),
    "YCBJ": _layout(
        alarm.TABLE,
        "point_code:point type_name location unit alarm_type:word/alarm started_at:time ended_at:time value:number "
        "value_at:time minimum:number minimum_at:time mean:number reason measure entered_at:time entered_by:drop "
        "reported_at:time",
    ),
    "FZSS": _layout(
        observation.TABLE,
        "station_code:point substation_run_state:state/run substation_power_state:state/power event_at:time",
    ),
}
_PERSONNEL = {
    "RYXX": _layout(
        MINE_PERSON,
        "person_hash:person name:drop work_type duty team born:drop reserved is_leader:yes_no is_special:yes_no",
    ),
    "RYQY": _layout(MINE_AREA, "area_type area_code:point quota:integer area_name"),
    "RYJZ": _layout(BASE_STATION, "station_code:point station_name" + _XYZ + "location"),
    "RYSS": _layout(
        PERSON_POSITION,
        "person_hash:person name:drop in_out:word/in_out entered_mine_at:time left_mine_at:time area_code "
        "entered_area_at:time station_code entered_station_at:time work_system distance_m:number work_state "
        "is_leader:yes_no is_special:yes_no track:track",
    ),
    "JZSS": _layout(
        observation.TABLE,
        "station_code:point base_station_run_state:state/run base_station_power_state:state/station_power "
        "event_at:time",
    ),
    "RYCY": _layout(
        alarm.TABLE,
        "area_type value:number point_code:point location started_at:time person_hashes:persons",
        alarm_type="over_quota",
        variable="person_count",
        unit=observation.DIMENSIONLESS,
    ),
}
_LAYER = "layer_thickness layer_depth hole_depth hole_diameter "
_ABNORMAL = (
    "location abnormal_code description started_at:time cause_code reason handled_by:drop ended_at:time "
    "reported_at:time"
)
_WATER = {
    "CGKCDDY": _layout(
        WATER_POINT,
        "point_code:point sensor_type_code point_name aquifer " + _LAYER + _XYZ + "defined_at:date",
        point_kind="observation_hole",
    ),
    "CGKCDSS": _layout(
        observation.TABLE,
        "station_code:point status:status groundwater_level_m:value/m water_temperature_c:value/℃ event_at:time",
    ),
    "CGKCDYC": _layout(alarm.TABLE, "point_code:point type_code " + _ABNORMAL, alarm_type="abnormal"),
    "JSLCDDY": _layout(
        WATER_POINT,
        "point_code:point device_type point_name installed_at maker defined_at:date" + _XYZ,
        point_kind="rain",
    ),
    "JSLCDSS": _layout(
        observation.TABLE,
        "station_code:point time_1:time time_2:time event_at:time status:status rain_mm:value/mm",
        interval_h=10 / 60,
    ),
    "YSLCDDY": _layout(
        WATER_POINT,
        "point_code:point point_name area_name sensor_type_code unit" + _XYZ + "defined_at:date",
        point_kind="inflow",
    ),
    "YSLCDSS": _layout(
        observation.TABLE, "station_code:point status:status water_inflow_m3_h:value/m3/h event_at:time"
    ),
    "PSLCDDY": _layout(
        WATER_POINT,
        "point_code:point point_name area_name" + _XYZ + "pump_room pump_name pump_efficiency pump_head_or_flow "
        "pump_hours_or_model defined_at:date",
        point_kind="drainage",
    ),
    "PSLCDSS": _layout(
        observation.TABLE,
        "station_code:point water_drainage_m3_h:value/m3/h status:status water_drainage_daily_total_m3:value/m3 "
        "event_at:time",
    ),
    "PSLCDYC": _layout(
        alarm.TABLE, "point_code:point " + _ABNORMAL, alarm_type="abnormal", variable="water_drainage_m3_h"
    ),
    "SBCDSS": _layout(
        observation.TABLE,
        "station_code:point pump_name:part started_at:time stopped_at:time pump_run_state:state/pump event_at:time",
    ),
    "SFSCDSS": _layout(observation.TABLE, "station_code:point location water_release:value/unknown event_at:time"),
    "DBSCDDY": _layout(
        WATER_POINT,
        "point_code:point device_type point_name installed_at maker defined_at:date sensor_type_code unit" + _XYZ,
        point_kind="surface_water",
    ),
    "DBSCDSS": _layout(
        observation.TABLE,
        "station_code:point water_level_m:value/m surface_water_value_2:unnamed/unknown status:status event_at:time",
    ),
    "DBCXCDDY": _layout(
        WATER_POINT,
        "point_code:point area_name mining_depth area_extent area_boundary mining_method point_name:part"
        + _XYZ
        + "defined_at:date",
        point_kind="subsidence",
    ),
    "DBCXCDSS": _layout(
        observation.TABLE,
        "station_code:point area_name point_name:part status:status position_northing_m:value/m "
        "position_easting_m:value/m position_height_m:value/m event_at:time",
    ),
    "ZKYL": _layout(
        WATER_POINT,
        "point_code:point area_name sensor_type_code point_name depth defined_at:date" + _XYZ + "direction limits",
        point_kind="borehole_stress",
    ),
    "ZKSS": _layout(
        observation.TABLE, "station_code:point type_code location value:measured status:status event_at:time"
    ),
    "ZKYC": _layout(
        alarm.TABLE,
        "point_code:point type_code location abnormal_code started_at:time ended_at:time value:number value_at:time "
        "minimum:number minimum_at:time mean:number reported_at:time",
        alarm_type="abnormal",
    ),
}
_SFSCDDY = "point_code:point point_name unit aquifer " + _LAYER + _XYZ
_EQUIPMENT_KINDS = {
    "JC": _layout(
        EQUIPMENT_POINT,
        "point_code:point type_code type_name equipment_code location unit range_high:number range_low:number "
        "alarm_upper:number alarm_lower:number related_points:codes defined_at:date",
    ),
    "SS": _layout(
        observation.TABLE,
        "station_code:point type_code type_name equipment_code value:measured unit status:status event_at:time",
    ),
    "YC": _layout(
        alarm.TABLE,
        "point_code:point type_code type_name equipment_code alarm_status started_at:time ended_at:time alarm_level "
        "recovered_at:time recovery_value:number value_at:time value:number reported_at:time",
        alarm_type="abnormal",
    ),
}
EQUIPMENT_SYSTEMS = ("TF", "PS", "LJ", "XJ", "KY", "JC")
"""Main fan, drainage, vertical hoist, inclined hoist, compressor, winch."""

_FZDY = "substation_code:point location x_m:number y_m:number"
LAYOUTS: Mapping[str, tuple[Layout, ...]] = {
    **{kind: (layout,) for part in (_SAFETY, _PERSONNEL, _WATER) for kind, layout in part.items()},
    **{f"{system}{kind}": (layout,) for system in EQUIPMENT_SYSTEMS for kind, layout in _EQUIPMENT_KINDS.items()},
    "FZDY": (_layout(SUBSTATION, _FZDY), _layout(SUBSTATION, _FZDY + " z_m:number")),
    "SFSCDDY": tuple(
        _layout(WATER_POINT, _SFSCDDY + more + " defined_at:date", point_kind="release")
        for more in ("number_1 number_2", "number_1")
    ),
}
"""File type -> its layouts; several if implementers differ, told apart by their number of fields."""

MAY_BE_EMPTY = frozenset({"RYSS"})
"""Types that list who is there now: a header without records says that nobody is."""

UNDOCUMENTED: Mapping[str, str] = {
    "KGBH": "switch changes",
    "RYCS": "persons over their time",
    "RYQJ": "calls for help",
    "JBSJ": "equipment register",
    "ABSJ": "safety marks",
    "JZTT": "banned equipment",
    "JCJY": "inspections of equipment",
    "KYCDDY": "mine pressure definitions",
    "KYCDSS": "mine pressure",
    "WZCDDY": "micro-seismic definitions",
    "WZCDSS": "micro-seismic events",
}
"""Types whose names are seen in the field and whose fields no implementer documents well enough to be read."""
