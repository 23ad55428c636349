"""What a mine's sensor measures: type name, unit and point code -> the variable of an observation.

The annex with all sensor types of MT/T 1201 is not public, so this is the list of names seen in the field; any
other name gets a variable of its own (``sensor_type_...``) and is counted as drift, never guessed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

SWITCH = "switch_state"

_POINT_KIND = re.compile(r"\d{2}(?P<value_type>MN|KG|LJ)(?P<sensor_type>\d{4})", re.ASCII)

# type name -> quantity, and the unit it has when the source leaves the unit empty; None: nothing may be assumed
_QUANTITIES: dict[str, tuple[str, str | None]] = {
    "甲烷": ("methane", "pct"),
    "瓦斯": ("methane", "pct"),
    "激光甲烷": ("methane", "pct"),
    "环境瓦斯": ("methane", "pct"),
    "高低浓甲烷": ("methane", "pct"),
    "管道甲烷": ("pipe_methane", "pct"),
    "管道瓦斯": ("pipe_methane", "pct"),
    "一氧化碳": ("carbon_monoxide", "ppm"),
    "CO": ("carbon_monoxide", "ppm"),
    "二氧化碳": ("carbon_dioxide", "pct"),
    "氧气": ("oxygen", "pct"),
    "硫化氢": ("hydrogen_sulfide", "ppm"),
    "风速": ("wind_speed", "m_s"),
    "风量": ("air_flow", "m3_min"),
    "温度": ("temperature", "c"),
    "湿度": ("humidity", "pct"),
    "粉尘": ("dust", "mg_m3"),
    "粉尘浓度": ("dust", "mg_m3"),
    "负压": ("negative_pressure", "kpa"),
    "压力": ("pressure", "mpa"),
    "压差": ("differential_pressure", "pa"),
    "流量": ("flow", "m3_min"),
    "水位": ("water_level", "m"),
    "降雨量": ("rain", "mm"),
    "水温": ("water_temperature", "c"),
    "涌水量": ("water_inflow", "m3_h"),
    "排水量": ("water_drainage", "m3_h"),
    "地表沉陷位移": ("surface_displacement", None),
    "疏放水量": ("water_release", None),
    "微震": ("micro_seismic", None),
    "工作面支架阻力": ("support_resistance", None),
    "支架阻力": ("support_resistance", None),
    "钻孔应力": ("borehole_stress", None),
    "围岩应力": ("rock_stress", None),
    "锚杆应力": ("bolt_stress", None),
    "锚索应力": ("cable_stress", None),
    "顶板离层位移": ("roof_separation", None),
    "顶板离层": ("roof_separation", None),
    "振动": ("vibration", None),
    "转速": ("rotation_speed", None),
    "速度": ("speed", None),
    "电流": ("current", "a"),
    "电压": ("voltage", "v"),
    "功率": ("power", None),
    "张力": ("tension", None),
    "液位": ("liquid_level", None),
}

# sensor type code of the point code -> the same, where no name is sent
_CODES: dict[str, tuple[str, str | None]] = {
    "0501": ("rain", "mm"),
    "0502": ("water_level", "m"),
    "0503": ("water_inflow", "m3_h"),
    "0504": ("water_drainage", "m3_h"),
    "0505": ("surface_displacement", None),
    "0506": ("water_release", None),
    "0507": ("water_temperature", "c"),
    "0607": ("micro_seismic", None),
    "1101": ("support_resistance", None),
    "1201": ("borehole_stress", None),
    "1202": ("rock_stress", None),
    "1301": ("bolt_stress", None),
    "1302": ("cable_stress", None),
    "1401": ("roof_separation", None),
}

_SWITCH_NAMES = frozenset(
    {"烟雾", "开停", "设备开停", "风门", "风门开关", "馈电", "馈电状态", "断电", "断电器", "风筒", "火焰"}
)

_UNITS = {
    "%": "pct",
    "%CH4": "pct",
    "%CO2": "pct",
    "%O2": "pct",
    "%RH": "pct",
    "PPM": "ppm",
    "M/S": "m_s",
    "℃": "c",
    "°C": "c",
    "C": "c",
    "MG/M3": "mg_m3",
    "MG/M³": "mg_m3",
    "PA": "pa",
    "KPA": "kpa",
    "MPA": "mpa",
    "M": "m",
    "MM": "mm",
    "M3/MIN": "m3_min",
    "M³/MIN": "m3_min",
    "M3/H": "m3_h",
    "M³/H": "m3_h",
    "M3": "m3",
    "M³": "m3",
    "MM/S": "mm_s",
    "R/MIN": "r_min",
    "A": "a",
    "V": "v",
    "KV": "kv",
    "KW": "kw",
    "KN": "kn",
}

# texts of switch values that are the same everywhere; the others stand in the point's definition (CDDY)
_SWITCH_TEXTS = {("烟雾", 0.0): "无烟雾", ("烟雾", 1.0): "有烟雾"}


class Variable(NamedTuple):
    """``known`` is False if the name or the unit is not in the tables above: the caller counts it as drift."""

    name: str
    known: bool


def type_name(text: str) -> str:
    """The type name without the word "sensor" that some vendors put behind it (烟雾传感器)."""
    return text.strip().removesuffix("传感器")


def point_kind(point_code: str) -> str:
    """System (2), value type (2) and sensor type (4) of a point code: what follows the mine's 12 digits."""
    return point_code[12:20]


@lru_cache(maxsize=4096)
def variable_of(name: str, unit: str, kind: str = "") -> Variable:
    """The variable of a point, with its unit in the name, so that two units never meet in one variable.

    ``kind`` is the :func:`point_kind` of its code; a code of another layout counts as none.
    """
    code = _POINT_KIND.fullmatch(kind)
    value_type = code["value_type"] if code else None
    bare = type_name(name)
    if value_type == "KG" or (value_type is None and bare in _SWITCH_NAMES):
        return Variable(SWITCH, True)
    sensor_type = code["sensor_type"] if code else ""
    quantity = _QUANTITIES.get(bare.upper()) if bare else _CODES.get(sensor_type)
    if quantity is None:
        return Variable(f"sensor_type_{bare or sensor_type or 'unnamed'}", False)
    suffix = _UNITS.get(unit.replace(" ", "").upper()) if unit else quantity[1]
    total = "_total" if value_type == "LJ" else ""  # a running total must not mix with the rate of the same name
    if suffix is None:
        return Variable(f"{quantity[0]}{total}", False)
    return Variable(f"{quantity[0]}{total}_{suffix}", True)


def switch_text(name: str, value: float | None) -> str | None:
    """What 0 or 1 of a switch point means, where the type alone says it."""
    return None if value is None else _SWITCH_TEXTS.get((type_name(name), value))
