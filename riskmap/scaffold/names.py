"""What the names of columns say: units, and the parts that a time, a code or a place play in a record."""

from __future__ import annotations

import re
from collections.abc import Collection

from connectors.units import UNITS, unit_of

_BRACKETED = re.compile(r"(.*?)\s*[(（\[【]\s*([^()（）\[\]【】]+?)\s*[)）\]】]\s*", re.DOTALL)
_NOT_IN_NAMES = frozenset({"in", "mb", "%", "f", "k"})  # words or letters that end a name without being its unit
_OTHER_UNITS = {"ntu": "NTU", "db": "dB", "kwh": "kWh", "rpm": "rpm", "hz": "Hz", "m3": "m3", "km2": "km2", "kg": "kg"}
"""Units without a conversion that may end a name: suffix -> as they are written."""
_SUFFIXES = {
    **_OTHER_UNITS,
    **{spelling: spelling for spelling in UNITS if spelling.isascii() and spelling.isalnum()},
    **{unit.suffix: unit.symbol for unit in UNITS.values() if (unit.factor, unit.offset) == (1.0, 0.0)},
}
_ENGLISH = {
    "水位": "water_level", "库水位": "reservoir_level", "流量": "discharge", "降雨量": "rain", "雨量": "rain",
    "降水量": "rain", "气温": "air_temperature", "温度": "temperature", "水温": "water_temperature",
    "湿度": "relative_humidity", "相对湿度": "relative_humidity", "风速": "wind_speed", "风向": "wind_direction",
    "气压": "pressure", "压力": "pressure", "电压": "battery", "位移": "displacement", "沉降": "settlement",
    "倾角": "tilt", "裂缝": "crack", "液位": "liquid_level", "浓度": "concentration", "甲烷": "methane",
    "浊度": "turbidity", "余氯": "residual_chlorine", "渗压": "pore_pressure", "含水率": "soil_moisture",
    "编码": "code", "编号": "code", "代码": "code", "名称": "name", "类型": "type", "状态": "state", "级别": "level",
    "地址": "address", "位置": "location", "备注": "remark", "经度": "longitude", "纬度": "latitude", "时间": "time",
    "日期": "date", "数量": "amount", "人数": "people", "面积": "area", "测站编码": "station_code",
    "站码": "station_code", "站名": "station_name",
    "测站名称": "station_name", "企业名称": "enterprise_name", "更新时间": "updated_at",
    "统一社会信用代码": "enterprise_code", "行政区划代码": "region_code", "设备编号": "device_code",
}  # fmt: skip
_RESERVED = frozenset(
    """all analyse analyze and any array as asc both case cast check collate column constraint create current_date
    current_time current_user default deferrable desc distinct do else end except false fetch for foreign from grant
    group having in initially intersect into join lateral leading left like limit localtime natural not null offset
    on only or order outer placing primary references returning right select session_user some symmetric table then
    to trailing true union unique user using variadic when where window with value values""".split()  # noqa: SIM905
)
"""Words that SQL keeps for itself."""
_OF_LANDING = frozenset(
    {"extra", "quality_flags", "feed_id", "batch_id", "payload_sha256", "fetched_at", "seen_at", "landed_at"}
    | {"record_hash", "geometry"}
)

EVENT = (
    "eventat", "eventtime", "observedat", "obstime", "observationtime", "观测时间", "采集时间", "监测时间", "发生时间",
    "collecttime", "monitortime", "sampletime", "tm", "time", "datatime", "datetime", "timestamp", "ts", "数据时间",
    "时间", "recordtime", "date", "日期", "dt", "day",
)  # fmt: skip
"""Names of the time of observation, the surest first."""
_LATER = re.compile(
    r"updat|modif|creat|insert|upload|report|publish|issue|sen[dt]|receiv|更新|修改|创建|入库|上报|上传|发布|接收"
)
_OTHER_TIME = re.compile(r"end|expire|start|begin|install|built|due|deadline|结束|截止|开始|安装|建成|到期")
CODE = (
    "stcd", "stationcode", "stationid", "stationno", "测站编码", "站码", "站号", "pointcode", "pointid", "测点编号",
    "测点编码", "sitecode", "siteid", "sensorcode", "sensorid", "devicecode", "deviceid", "deviceno", "设备编号",
    "设备编码", "站点编码", "sn", "code", "编码", "编号", "代码", "id", "no", "uid", "station", "site", "device",
)  # fmt: skip
"""Names of the code of what is observed, the surest first."""
_CODE_ENDS = ("code", "id", "no", "cd", "sn", "uid", "uuid", "phone", "mobile")
_CODE_ENDS_ZH = ("编码", "编号", "代码", "站号", "站码", "电话")
_REGION = frozenset({"adcd", "addvcd", "adcode", "regioncode", "areacode", "行政区划代码", "行政区划码", "行政区划"})
_OWNER = re.compile(r"owner|org|company|enterprise|unit|企业|单位|信用代码")
NAME = ("stnm", "stationname", "pointname", "sitename", "devicename", "name", "站名", "测站名称", "测点名称", "名称")
TYPE = ("sttp", "stationtype", "pointtype", "devicetype", "type", "站类", "测点类型", "类型")
QUANTITY = ("item", "variable", "parameter", "param", "factor", "element", "indicator", "要素", "监测项")
VALUE = ("value", "val", "数值", "监测值")
UNIT = ("unit", "units", "单位")
"""Names in records that name their quantity themselves."""
LONGITUDE = ("longitude", "lon", "lng", "lgtd", "经度")
LATITUDE = ("latitude", "lat", "lttd", "纬度")
_STATES = frozenset({"status", "state", "flag", "type", "seq", "index", "level", "序号", "状态", "级别", "类型"})


def plain(name: str) -> str:
    """``../place.stationCode`` -> ``stationcode``."""
    return re.sub(r"[\W_]", "", own_name(name).rpartition(".")[2].lower())


def own_name(name: str) -> str:
    """Without the levels above: ``../place.stationCode`` -> ``place.stationCode``."""
    return re.sub(r"^(?:\.\./)+", "", name)


def snake(text: str) -> str:
    """A snake_case name of what ASCII is in it; English for Chinese words that we know; empty if nothing is left."""
    text = text.strip()
    if text in _ENGLISH:
        return _ENGLISH[text]
    text = re.sub(r"[KkHhMm]P[Aa]", lambda prefixed: f"_{prefixed[0].lower()}", text)  # kPa is no Pa of a k
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    return re.sub(r"[^0-9a-z]+", "_", text.lower()).strip("_")


def is_code(name: str) -> bool:
    """Does the name say that digits in it are a code, not a quantity?"""
    own = own_name(name).rpartition(".")[2]
    return plain(name) in {*CODE, *_REGION} or snake(own).split("_")[-1] in _CODE_ENDS or own.endswith(_CODE_ENDS_ZH)


def is_region(name: str) -> bool:
    return plain(name) in _REGION


def is_owner(name: str) -> bool:
    return bool(_OWNER.search(plain(name)))


def is_time(name: str) -> bool:
    word = plain(name)
    return word in EVENT or word.endswith(("time", "date", "timestamp", "时间", "日期")) or name.endswith("_at")


def is_issue(name: str) -> bool:
    """The time at which something was sent or changed, not that at which it happened."""
    return bool(_LATER.search(plain(name)))


def is_other_time(name: str) -> bool:
    return bool(_OTHER_TIME.search(plain(name)))


def is_state(name: str) -> bool:
    """A number under such a name is a word of a list, not a measurement."""
    return plain(name) in _STATES or snake(name).split("_")[-1] in {"status", "state", "flag", "type", "seq", "index"}


def split_unit(name: str) -> tuple[str, str | None]:
    """A column's name -> what it measures, in snake_case, and its unit as written; None where the name states none."""
    own = own_name(name)
    if (match := _BRACKETED.fullmatch(own)) and (unit := _unit_named(match[2])):
        return snake(match[1]) or "value", unit
    words = snake(own).split("_")
    for size in (3, 2, 1):
        ending = "_".join(words[-size:])
        if len(words) > size and ending in _SUFFIXES and ending not in _NOT_IN_NAMES:
            return "_".join(words[:-size]), _SUFFIXES[ending]
    return snake(match[1] if match else own), None


def _unit_named(text: str) -> str | None:
    if unit_of(text) is not None:
        return text.strip()
    return _OTHER_UNITS.get(text.strip().lower())


def suffix_of(unit: str) -> str:
    """What ends the name of a quantity in that unit, once it is converted to ours."""
    known = unit_of(unit)
    return known.suffix if known else snake(unit)


def column_name(name: str, taken: Collection[str], position: int) -> str:
    """A name that a table may have: snake_case, not SQL's, not landing's, not taken."""
    base, unit = split_unit(name)
    found = f"{base}_{snake(unit) or suffix_of(unit)}" if base and unit else base
    if not found or not found[0].isalpha():
        found = f"column_{position}" + (f"_{found}" if found else "")
    found = found[:50]
    if found in _RESERVED or found in _OF_LANDING:
        found = f"source_{found}"
    return unique(found, taken)


def unique(name: str, taken: Collection[str]) -> str:
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def is_reserved(word: str) -> bool:
    return word in _RESERVED
