"""What the guide bytes of SL 651-2014 stand for: the elements whose meaning was checked, and functions by name.

Others are [K]: a contract may name them in the option ``elements``. Amounts of rain have a variable for each length of
interval, because a station reports several overlapping ones; only one of them is added up (``rain_mm``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Element:
    """``code``: the guide byte as hexadecimal text; ``name``: its identifier in ASCII; ``hours`` of an amount."""

    code: str
    name: str
    variable: str
    unit: str
    hours: float | None = None


_MINUTE = 1 / 60
STEP, STATUS = "04", "45"
FIVE_MINUTE_RAIN = Element("F4", "DRP", "rain_5min_mm", "mm", 5 * _MINUTE)
RELATIVE_LEVELS = {
    f"{0xF5 + n:X}": Element(
        f"{0xF5 + n:X}", f"DRZ{n + 1}", "water_level_relative_m" if n == 0 else f"water_level_relative_{n + 1}_m", "m"
    )
    for n in range(8)
}
ARRAYS = frozenset({"F4", *RELATIVE_LEVELS})
_RAIN = [
    ("1A", "P1", "rain_1h_mm", 1.0),
    ("1B", "P2", "rain_2h_mm", 2.0),
    ("1C", "P3", "rain_3h_mm", 3.0),
    ("1D", "P6", "rain_6h_mm", 6.0),
    ("1E", "P12", "rain_12h_mm", 12.0),
    ("1F", "PD", "rain_daily_mm", 24.0),
    ("20", "PJ", "rain_current_mm", None),
    ("21", "PN01", "rain_1min_mm", _MINUTE),
    ("22", "PN05", "rain_5min_mm", 5 * _MINUTE),
    ("23", "PN10", "rain_10min_mm", 10 * _MINUTE),
    ("24", "PN30", "rain_30min_mm", 30 * _MINUTE),
    ("25", "PR", "rain_storm_mm", None),
    ("26", "PT", "rain_total_mm", None),
]
ELEMENTS: Mapping[str, Element] = {
    element.code: element
    for element in (
        *(Element(code, name, variable, "mm", hours) for code, name, variable, hours in _RAIN),
        Element("27", "Q", "discharge_m3_s", "m3/s"),
        Element("38", "VT", "battery_v", "V"),
        Element("39", "Z", "water_level_m", "m"),
        Element("3A", "ZB", "downstream_level_m", "m"),
        Element("3B", "ZU", "upstream_level_m", "m"),
        Element(STATUS, "ZT", "rtu_status", "1"),
        FIVE_MINUTE_RAIN,
        *RELATIVE_LEVELS.values(),
    )
}
RAIN_INTERVALS = {name for _, name, _, hours in _RAIN if hours is not None and hours < 24}
"""Amounts that may be chosen as the one that is added up, besides the 5-minute array DRP."""

AT_A_RESERVOIR = {"upstream_level_m": "reservoir_level_m", "downstream_level_m": "tailwater_level_m"}
CLASSES = frozenset("PHKZDTMGQIO")

FUNCTIONS = {
    0x2F: "heartbeat",
    0x30: "test",
    0x31: "period",
    0x32: "timed",
    0x33: "additional",
    0x34: "hourly",
    0x35: "manual",
    0x36: "picture",
    0x37: "query_current",
    0x38: "query_period",
    0x39: "query_manual",
    0x3A: "query_element",
}

STATUS_BITS = (
    "ac_lost",
    "low_battery",
    "stage_limit",
    "flow_limit",
    "quality_limit",
    "flow_meter_fault",
    "stage_gauge_fault",
    "door",
    "memory_fault",
)
_FLAGS = {"ac_lost": 2, "stage_limit": 1, "flow_limit": 1, "quality_limit": 1, "flow_meter_fault": 128}
_FLAGS["stage_gauge_fault"] = 128


def status_flags(word: int) -> tuple[int, str]:
    """The status word in the bits that ``observation.status_flags`` has for all sources, and its bits by name."""
    names = [STATUS_BITS[bit] if bit < len(STATUS_BITS) else f"bit{bit}" for bit in range(32) if word >> bit & 1]
    flags = 0
    for name in names:
        flags |= _FLAGS.get(name, 0)
    return flags, " ".join(names)


def known_elements(options: Mapping[str, Any]) -> dict[str, Element]:
    """Elements by guide byte and by identifier, with those that the contract declares.

    ``elements``: {"03": {name: C, variable: water_temperature_c, unit: ℃, hours: null}}.
    """
    declared = options.get("elements") or {}
    own = [
        Element(str(code).upper(), said.get("name", str(code)), said["variable"], said["unit"], said.get("hours"))
        for code, said in declared.items()
    ]
    both = {**ELEMENTS, **{element.code: element for element in own}}
    return {**both, **{element.name: element for element in both.values()}}
