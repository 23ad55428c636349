"""Inventories of geological-hazard sites (地质灾害隐患点) as bureaus of natural resources keep them in spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from connectors import person
from connectors.arrow import as_json
from connectors.clock import ClockError, local_to_utc, to_utc
from connectors.coordinates import CoordinateError, crs_named, in_china, is_projected, to_wgs84
from connectors.geology.landslide import HAZARD_SITE
from connectors.geology.slope_table import FORMAT, Row, Table, count, number, text
from connectors.refusal import RefusedError
from connectors.telling import Told
from connectors.truth import TRUTHS

ALIASES: Mapping[str, tuple[str, ...]] = {
    "site_code": ("统一编号", "隐患点编号", "灾害点编号", "野外编号", "编号"),
    "site_name": ("名称", "灾害点名称", "隐患点名称", "地质灾害名称"),
    "hazard_type": ("灾害类型", "灾种", "地质灾害类型", "隐患类型"),
    "region_code": ("行政区划代码", "行政区划编码", "区划代码", "行政区划"),
    "location": ("地理位置", "位置", "详细地址", "地址"),
    "x": ("经度", "东经", "Y坐标", "longitude", "lon"),
    "y": ("纬度", "北纬", "X坐标", "latitude", "lat"),
    "crs": ("坐标系", "坐标系统"),
    "scale": ("规模等级", "规模", "灾害规模"),
    "volume_1e4_m3": ("体积", "规模体积", "方量"),
    "stability": ("稳定性", "目前稳定状态", "稳定程度", "现状稳定性"),
    "danger_level": ("险情等级", "危害等级"),
    "risk_level": ("风险等级", "风险级别"),
    "threatened_households": ("威胁户数", "受威胁户数"),
    "threatened_people": ("威胁人数", "威胁人口", "受威胁人数"),
    "threatened_property_1e4_cny": ("威胁财产", "威胁资产", "潜在经济损失", "受威胁财产"),
    "is_monitored": ("是否监测", "监测"),
    "monitor_person": ("监测责任人", "监测人", "监测员", "群测群防员", "责任人"),
    "phone": ("联系电话", "监测人电话", "电话", "监测责任人电话", "手机"),
    "management_unit": ("管理单位", "责任单位", "监测单位"),
    "updated": ("更新时间", "更新日期", "调查时间", "调查日期", "填表日期"),
}
REQUIRED = ("site_code", "hazard_type", "x", "y")

_TYPES = {
    "滑坡": "landslide",
    "崩塌": "rock_fall",
    "泥石流": "debris_flow",
    "地面塌陷": "ground_collapse",
    "塌陷": "ground_collapse",
    "采空塌陷": "ground_collapse",
    "岩溶塌陷": "ground_collapse",
    "地裂缝": "ground_fissure",
    "地面沉降": "ground_subsidence",
    "不稳定斜坡": "unstable_slope",
    "斜坡": "unstable_slope",
}
_SCALES = {"小型": "small", "中型": "medium", "大型": "large", "特大型": "very_large", "巨型": "huge"}
_STABILITY = {
    "稳定": "stable",
    "稳定性好": "stable",
    "好": "stable",
    "基本稳定": "fairly_stable",
    "较稳定": "fairly_stable",
    "稳定性较差": "fairly_stable",
    "较差": "fairly_stable",
    "欠稳定": "less_stable",
    "不稳定": "unstable",
    "稳定性差": "unstable",
    "差": "unstable",
}
_LEVELS = {"红": "red", "橙": "orange", "黄": "yellow", "蓝": "blue"}
_DEGREES = re.compile(
    r"(\d{1,3})\s*[°度º]\s*(\d{1,2})\s*[′'’分]\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:[″\"”秒]|'')?)?\s*[ENen]?"
)


@dataclass(frozen=True)
class Inventory:
    """What an inventory is read with: ``zone`` of its dates, ``crs`` of coordinates that name none, the ``salt``."""

    table: Table
    fetched_at: datetime
    zone: tzinfo
    crs: str
    salt: str | None


def record(row: Row, inventory: Inventory, told: Told) -> dict[str, Any]:
    """One site. Raises RefusedError for what its identity and place need; strange words are kept and told."""
    site_code = text(row, "site_code")
    if site_code is None:
        raise RefusedError(f"{FORMAT}.site_code", "the site has no number (统一编号)")
    found: dict[str, Any] = {name: text(row, name) for name in ("site_name", "region_code", "location")}
    found |= _place(row, inventory.crs)
    found |= {
        "site_code": site_code,
        "hazard_type": _worded(row, "hazard_type", _TYPES, told),
        "scale": _worded(row, "scale", _SCALES, told),
        "stability": _worded(row, "stability", _STABILITY, told),
        "danger_level": _worded(row, "danger_level", _SCALES, told),
        "risk_level": _level(row, told),
        "threatened_households": count(row, "threatened_households"),
        "threatened_people": count(row, "threatened_people"),
        "threatened_property_1e4_cny": _in_1e4(row, inventory.table, "threatened_property_1e4_cny", ("元",)),
        "volume_1e4_m3": _in_1e4(row, inventory.table, "volume_1e4_m3", ("m3", "m³", "立方米", "方")),
        "is_monitored": _truth(row, told),
        "monitor_person": person.hashed(text(row, "monitor_person"), inventory.salt),
        "management_unit": text(row, "management_unit"),
        "updated_at": _updated_at(row, inventory.zone) or inventory.fetched_at,
    }
    if "monitor_person" in row and found["monitor_person"] is None:
        told.add(HAZARD_SITE, "monitor_person (no salt)")
    extra = {name: cell for name, cell in row.items() if name not in ALIASES and not is_personal(name)}
    told.add_all(HAZARD_SITE, extra.items())
    told.add_all(HAZARD_SITE, ((f"{name} (personal, not kept)", None) for name in row if person.is_personal(name)))
    return found | {"extra": as_json({name: _json(cell) for name, cell in extra.items()} or None)}


def is_personal(name: str) -> bool:
    """True for columns that hold names or telephones: they are neither landed nor quarantined in clear."""
    return name in ("monitor_person", "phone") or person.is_personal(name)


def _place(row: Row, default_crs: str) -> dict[str, Any]:
    x, y = _degrees(row, "x"), _degrees(row, "y")
    declared = text(row, "crs") or default_crs
    try:
        crs = crs_named(declared)
        if not x and not y:  # empty, or the (0, 0) of a form that was never filled in
            return {"source_crs": crs, "longitude": None, "latitude": None}
        if x is None or y is None:
            raise RefusedError(f"{FORMAT}.coordinates.half", "only one of the two coordinates is given")
        if not is_projected(crs) and (y > 60 or x < 60) and in_china(y, x):
            reason = f"longitude {x} and latitude {y} are swapped: as given they are not in China"
            raise RefusedError(f"{FORMAT}.coordinates.swapped", reason)
        longitude, latitude = to_wgs84(x, y, crs)
    except CoordinateError as error:
        raise RefusedError(f"{FORMAT}.coordinates", str(error)) from None
    return {"source_crs": crs, "longitude": longitude, "latitude": latitude}


def _degrees(row: Row, name: str) -> float | None:
    """A coordinate as a number, or as degrees, minutes and seconds."""
    cell = row.get(name)
    match = _DEGREES.fullmatch(cell) if isinstance(cell, str) else None
    if not match:
        return number(row, name)
    degrees, minutes, seconds = (float(part or 0) for part in match.groups())
    if minutes >= 60 or seconds >= 60:
        raise RefusedError(f"{FORMAT}.coordinates", f"{cell!r} has 60 or more minutes or seconds")
    return degrees + minutes / 60 + seconds / 3600


def _worded(row: Row, name: str, words: Mapping[str, str], told: Told) -> str | None:
    """Our word for the inventory's; a word that is not known stays as it is, and is told."""
    written = text(row, name)
    if written is None or written in words.values():
        return written
    if written not in words:
        told.add(HAZARD_SITE, f"{name} (unknown word)", written)
    return words.get(written, written)


def _level(row: Row, told: Told) -> str | None:
    written = text(row, "risk_level")
    found = next((level for word, level in _LEVELS.items() if word in (written or "")), written)
    if found not in (None, *_LEVELS.values()):
        told.add(HAZARD_SITE, "risk_level (unknown word)", written)
        return None
    return found


def _truth(row: Row, told: Told) -> bool | None:
    written = text(row, "is_monitored")
    if written is not None and written.lower() not in TRUTHS:
        told.add(HAZARD_SITE, "is_monitored (unknown word)", written)
    return None if written is None else TRUTHS.get(written.lower())


def _in_1e4(row: Row, table: Table, name: str, single: tuple[str, ...]) -> float | None:
    """In ten thousands, which is what such columns hold; a header that says 元 or m³ in brackets is converted."""
    value = number(row, name)
    if value is None or table.units.get(name) not in single:
        return value
    return float(f"{value / 1e4:.12g}")


def _updated_at(row: Row, zone: tzinfo) -> datetime | None:
    cell = row.get("updated")
    if cell is None:
        return None
    try:
        if isinstance(cell, date):
            return local_to_utc(cell, zone)
        return to_utc(_iso(str(cell)), zone, date_only=True)
    except ClockError as error:
        raise RefusedError(f"{FORMAT}.updated_at", str(error)) from None


def _iso(written: str) -> str:
    """2026年8月1日 and 2026.8.1 as 2026-8-1, and 20260801 as 2026-08-01."""
    if re.fullmatch(r"\d{8}", written):
        return f"{written[:4]}-{written[4:6]}-{written[6:]}"
    return re.sub(r"[年月.]", "-", written.replace("日", "")).strip()


def _json(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date) else cell
