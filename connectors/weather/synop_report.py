"""One SYNOP report (FM-12), its main groups: sections 0, 1 and the extremes and rain of section 3.

Ships (BBXX), the sea (section 2), clouds by layer and regional groups are passed over. A group that does not fit its
place is named, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from connectors.units import Unit, unit_of

_C, _HPA, _M, _MM, _DEG = Unit("c", "℃"), Unit("hpa", "hPa"), Unit("m", "m"), Unit("mm", "mm"), Unit("deg", "°")
_PCT, _NONE, _OKTA = Unit("pct", "%"), Unit("", "1"), Unit("okta", "1/8")
_KNOT = unit_of("kt") or _NONE
_WIND_UNITS = {"0": Unit("m_s", "m/s"), "1": Unit("m_s", "m/s"), "3": _KNOT, "4": _KNOT}
_RAIN_HOURS = {"1": 6, "2": 12, "3": 18, "4": 24, "5": 1, "6": 2, "7": 3, "8": 9, "9": 15}
_LEVELS = {"1": "1000", "2": "925", "5": "500", "7": "700", "8": "850"}
_FAR = {90: 50, 91: 50, 92: 200, 93: 500, 94: 1000, 95: 2000, 96: 4000, 97: 10000, 98: 20000, 99: 50000}
_SECTION_2 = re.compile(r"222(?:\d\d|//)")
_GROUP = re.compile(r"[\d/]{5}")


class Reading(NamedTuple):
    """One value; None where its group stands there and says that it is missing."""

    variable: str
    value: float | None
    unit: Unit = _NONE
    interval_h: float | None = None
    more: dict[str, Any] | None = None


@dataclass
class Report:
    """What the groups gave; ``unread`` are those that mean nothing at their place."""

    readings: list[Reading] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def add(self, variable: str, value: float | None, unit: Unit = _NONE, **rest: Any) -> None:
        self.readings.append(Reading(variable, value, unit, **rest))


def read_report(groups: Sequence[str], wind_indicator: str) -> Report:
    """The groups after the station; ``wind_indicator`` (iw) of section 0 gives the unit of wind."""
    report = Report()
    sections = _sections(groups)
    _section_1(report, sections.get("1", []), wind_indicator)
    _section_3(report, sections.get("333", []))
    return report


def _sections(groups: Sequence[str]) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    name = "1"
    for group in groups:
        if group in {"333", "444", "555"}:
            name = group
        elif name == "1" and _SECTION_2.fullmatch(group) and len(sections.get("1", [])) >= 2:
            name = "222"
        else:
            sections.setdefault(name, []).append(group)
    return sections


def _section_1(report: Report, groups: list[str], wind_indicator: str) -> None:
    if len(groups) < 2 or not (_GROUP.fullmatch(groups[0]) and _GROUP.fullmatch(groups[1])):
        report.unread += groups
        return
    rest = groups[2:]
    strong = rest.pop(0) if rest and rest[0].startswith("00") and groups[1].endswith("99") else None
    _visibility(report, groups[0])
    _wind(report, groups[1], strong, wind_indicator)
    last = 0
    for group in rest:
        number = int(group[0]) if group[:1].isdigit() else 0
        if not _GROUP.fullmatch(group) or number <= last:
            report.unread.append(group)
            continue
        last = number
        if read := _SECTION_1.get(group[0]):
            read(report, group)


def _section_3(report: Report, groups: list[str]) -> None:
    """After 55... come sums of radiation that look like the groups 0 to 4 of the beginning, and like rain (6)."""
    last, is_radiation = -1, False
    for group, following in zip(groups, [*groups[1:], ""], strict=False):
        if not _GROUP.fullmatch(group) or not group[0].isdigit():
            report.unread += [group] if group != "/////" and not is_radiation else []
            continue
        number = int(group[0])
        if is_radiation and (number <= 5 or (number == 6 and following.startswith("6"))):
            continue
        is_radiation = group.startswith("55")
        if number <= last or number not in {1, 2, 6, 7}:
            last = max(last, number)
            continue
        last = number
        _SECTION_3[group[0]](report, group)


def _visibility(report: Report, group: str) -> None:
    """VV of iRiXhVV (code table 4377)."""
    text = group[3:]
    if "/" in text:
        report.add("visibility_m", None, _M)
        return
    code = int(text)
    if 51 <= code <= 55:
        report.unread.append(group)
        return
    if code <= 50:
        metres = code * 100
    elif code <= 80:
        metres = (code - 50) * 1000
    elif code <= 89:
        metres = (30 + (code - 80) * 5) * 1000 if code < 89 else 70000
    else:
        metres = _FAR[code]
    bound = {0: "less_than", 90: "less_than", 89: "more_than", 99: "at_least"}.get(code)
    value = 100.0 if code == 0 else float(metres)
    report.add("visibility_m", value, _M, more={"bound": bound} if bound else None)


def _wind(report: Report, group: str, strong: str | None, indicator: str) -> None:
    """Nddff; dd 00 is calm, 99 variable, north is 36; ff 99 says that the speed follows as 00fff."""
    sky, direction, speed = group[0], group[1:3], strong[2:] if strong else group[3:]
    report.add("cloud_cover_okta", None if sky == "/" else float(sky), _OKTA)
    unit = _WIND_UNITS.get(indicator)
    if "/" in speed or unit is None:
        more = None if unit else {"reason": "the unit of wind is not told"}
        report.add("wind_speed_m_s", None, more=more)
    else:
        more = {"direction": "variable"} if direction == "99" else None
        report.add("wind_speed_m_s", float(speed), unit, more=more)
    if direction in {"00", "99"}:
        return
    if "/" in direction:
        report.add("wind_direction_deg", None, _DEG)
    elif int(direction) <= 36:
        report.add("wind_direction_deg", int(direction) * 10.0, _DEG)
    else:
        report.unread.append(group)


def _signed(variable: str) -> Callable[[Report, str], None]:
    def read(report: Report, group: str) -> None:
        if group[1] == "9" and variable == "dew_point_c" and "/" not in group[2:]:
            report.add("relative_humidity_pct", float(group[2:]), _PCT)
        elif "/" in group[1:]:
            report.add(variable, None, _C)
        elif group[1] in "01":
            report.add(variable, int(group[2:]) / (-10 if group[1] == "1" else 10) + 0.0, _C)
        else:
            report.unread.append(group)

    return read


def _station_pressure(report: Report, group: str) -> None:
    report.add("pressure_hpa", _pressure(group[1:]), _HPA)


def _pressure(text: str) -> float | None:
    """Tenths of hPa without the thousands; the last digit may be missing."""
    if "/" in text[:3]:
        return None
    value = int(text.replace("/", "0")) / 10
    return value + 1000 if value < 500 else value


def _sea_level(report: Report, group: str) -> None:
    """4PPPP, or 4a3hhh: the height of a pressure level, from stations too high to reduce to the sea."""
    if group[1] in "09/":
        report.add("sea_level_pressure_hpa", _pressure(group[1:]), _HPA)
        return
    level, text = _LEVELS.get(group[1]), group[2:]
    if level is None:
        report.unread.append(group)
        return
    variable = f"geopotential_height_{level}hpa_m"
    if "/" in text:
        report.add(variable, None, _M)
        return
    height = int(text)
    if level == "1000":
        height = 500 - height if height > 500 else height
    elif level == "850":
        height += 1000
    elif level == "700":
        height += 3000 if height < 500 else 2000
    elif level == "500":
        height += 5000
    report.add(variable, float(height), _M)


def _tendency(report: Report, group: str) -> None:
    """5appp: 0 to 3 rising, 4 steady, 5 to 8 falling."""
    if "/" in group[1:]:
        report.add("pressure_change_3h_hpa", None, _HPA)
    elif group[1] in "012345678":
        value = int(group[2:]) / 10
        report.add("pressure_change_3h_hpa", -value if group[1] in "5678" else value, _HPA, interval_h=3.0)
    else:
        report.unread.append(group)


def _rain(report: Report, group: str) -> None:
    """6RRRtR: RRR in mm, above 990 in tenths, 990 a trace; tR the hours before the observation."""
    hours = _RAIN_HOURS.get(group[4])
    variable = "rain_unknown_period_mm" if hours is None else "rain_mm" if hours == 1 else f"rain_{hours}h_mm"
    if "/" in group[1:4]:
        report.add(variable, None, _MM)
        return
    code = int(group[1:4])
    value, more = float(code), dict[str, Any]()
    if code >= 990:
        value, more = (code - 990) / 10, {"trace": True} if code == 990 else {}
    elif code == 989:
        more = {"bound": "at_least"}
    report.add(variable, value, _MM, interval_h=None if hours is None else float(hours), more=more)


def _rain_day(report: Report, group: str) -> None:
    """Section 3, 7RRRR: the last 24 hours in tenths of mm; 9999 a trace, 9998 more than can be written."""
    if "/" in group[1:]:
        report.add("rain_24h_mm", None, _MM)
        return
    code = int(group[1:])
    marks: dict[int, dict[str, Any]] = {9999: {"trace": True}, 9998: {"bound": "at_least"}}
    more = marks.get(code)
    report.add("rain_24h_mm", 0.0 if code == 9999 else code / 10, _MM, interval_h=24.0, more=more)


def _weather(report: Report, group: str) -> None:
    report.add("present_weather_code", None if "/" in group[1:3] else float(group[1:3]))


_SECTION_1: dict[str, Callable[[Report, str], None]] = {
    "1": _signed("air_temperature_c"),
    "2": _signed("dew_point_c"),
    "3": _station_pressure,
    "4": _sea_level,
    "5": _tendency,
    "6": _rain,
    "7": _weather,
}
_SECTION_3: dict[str, Callable[[Report, str], None]] = {
    "1": _signed("air_temperature_max_c"),
    "2": _signed("air_temperature_min_c"),
    "6": _rain,
    "7": _rain_day,
}
