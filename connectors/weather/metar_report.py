"""One METAR or SPECI report, group by group. What a group cannot be read as is named, never guessed.

Written here after a library was held against the decoded columns of 4,336 recorded reports: it read a missing
visibility (////) as 10 km, wind without a unit as m/s, and ``Q1 007`` as a pressure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from connectors.units import Unit, unit_of

_WIND = re.compile(r"(?P<d>\d{3}|VRB|///)(?P<s>P?\d{2,3}|//)(?:G(?P<g>P?\d{2,3}|//))?(?P<u>KT|MPS|KMH)")
_METRES = re.compile(r"(?P<b>[MP]?)(?P<m>\d{4})(?:NDV)?")
_MILES = re.compile(r"(?P<m>[MP]?)(?:(?P<w>\d{1,2})|(?P<n>\d{1,2})/(?P<q>\d{1,2}))SM")
_TEMPERATURE = re.compile(r"(?=.*[\dX])(?P<t>M?\d{2}|//|XX)/(?P<d>M?\d{2}|//|XX|/)?")
_CLOUD = re.compile(r"(?:FEW|SCT|BKN|OVC|VV)(?:\d{3}|///)(?:CB|TCU|///)?|SKC|CLR|NSC|NCD")
_WEATHER = re.compile(
    r"(?:[-+]|VC|RE)?(?:MI|PR|BC|DR|BL|SH|TS|FZ)?"
    r"(?:DZ|RA|SN|SG|IC|PL|GR|GS|UP|BR|FG|FU|VA|DU|SA|HZ|PY|PO|SQ|FC|SS|DS){0,3}|NSW"
)
_KNOWN_UNREAD = re.compile(
    r"\d{3}V\d{3}|\d{4}(?:[NSEW]|N[EW]|S[EW])|R\d{2}[LCRD]*/\S+|R/SNOCLO|WS|ALL|RWY\S*|R\d{2}[LCR]?|W\d{2}/S\d|W\S{2}/H\S+"
    r"|(?:BLU|WHT|GRN|YLO|AMB|RED|BLACK(?:BLU|WHT|GRN|YLO|AMB|RED)?)\+?|RE//|W///S[\d/]|M|AUTO|COR|CCA|\$|/{2,}(?:CB|TCU|///)?|\d{8}"
)
"""Groups that are understood and not kept: variable direction, least visibility, runways, shear, the sea."""
_TREND = re.compile(r"NOSIG|TEMPO|BECMG|INTER|PROB\d\d|FM\d{4,6}")
_REMARK = {
    "slp": re.compile(r"SLP(\d{3})"),
    "exact": re.compile(r"T([01])(\d{3})(?:([01])(\d{3}))?"),
    "rain": re.compile(r"P(\d{4})"),
}
_MILE, _NONE, _PERCENT_INCH = Unit("m", "m", 1609.344), Unit("", "1"), Unit("mm", "mm", 0.254)
_UNITS = {"KT": unit_of("kt"), "MPS": unit_of("m/s"), "KMH": unit_of("km/h")}
_AT_LEAST = {"bound": "at_least"}
_BOUNDS = {"M": {"bound": "less_than"}, "P": {"bound": "more_than"}}


class Reading(NamedTuple):
    """One value of a report; ``value`` is None where the group stands there and says that it is missing."""

    variable: str
    value: float | None
    unit: Unit = _NONE
    text: str | None = None
    interval_h: float | None = None
    more: dict[str, Any] | None = None


@dataclass
class Report:
    """What a report's body gave; ``unread`` holds the groups that mean nothing to us."""

    readings: list[Reading] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def add(self, variable: str, value: float | None, unit: Unit = _NONE, **rest: Any) -> None:
        self.readings.append(Reading(variable, value, unit, **rest))

    def drop(self, variable: str) -> None:
        self.readings = [reading for reading in self.readings if reading.variable != variable]

    def has(self, variable: str) -> bool:
        return any(reading.variable == variable for reading in self.readings)


def read_report(groups: list[str]) -> Report:
    """The groups after station and time."""
    report, clouds, weather = Report(), list[str](), list[str]()
    body, remarks = _split(groups)
    position = 0
    while position < len(body):
        group, following = body[position], body[position + 1] if position + 1 < len(body) else ""
        position += 1
        if re.fullmatch(r"\d", group) and _MILES.fullmatch(following) and "/" in following:
            _miles(report, following, whole=int(group))
            position += 1
        elif _CLOUD.fullmatch(group):
            clouds.append(group)
        elif _WEATHER.fullmatch(group) and group not in {"-", "+", "VC", "RE"}:
            weather.append(group)
        elif not _group(report, group):
            report.unread.append(group)
    if clouds:
        report.add("clouds", None, text=" ".join(clouds))
    if weather:
        report.add("weather", None, text=" ".join(weather))
    _remarks(report, remarks)
    return report


def _split(groups: list[str]) -> tuple[list[str], list[str]]:
    """Body and remarks; a trend between them is a forecast and left out."""
    mark = groups.index("RMK") if "RMK" in groups else len(groups)
    body = groups[:mark]
    trend = next((index for index, group in enumerate(body) if _TREND.fullmatch(group)), len(body))
    return body[:trend], groups[mark + 1 :]


def _group(report: Report, group: str) -> bool:
    """Reads wind, visibility, temperature or pressure; False if the group is none of what is known."""
    if match := _WIND.fullmatch(group):
        if report.has("wind_speed_m_s"):
            return False
        _wind(report, match)
    elif group == "CAVOK":
        report.add("visibility_m", 10000.0, _metres(), more=_AT_LEAST)
    elif (match := _METRES.fullmatch(group)) and not report.has("visibility_m"):
        metres = int(match["m"])
        at_least = metres == 9999
        bound = _AT_LEAST if at_least else _BOUNDS.get(match["b"])
        report.add("visibility_m", 10000.0 if at_least else float(metres), _metres(), more=bound)
    elif group in {"////", "////SM"} and not report.has("visibility_m"):
        report.add("visibility_m", None, _metres())
    elif _MILES.fullmatch(group):
        _miles(report, group)
    elif (match := _TEMPERATURE.fullmatch(group)) and not report.has("air_temperature_c"):
        for variable, text in (("air_temperature_c", match["t"]), ("dew_point_c", match["d"])):
            report.add(variable, _celsius(text), Unit("c", "℃"))
    elif match := re.fullmatch(r"Q(\d{4}|////)", group):
        report.drop("qnh_hpa")
        report.add("qnh_hpa", None if "/" in match[1] else float(match[1]), Unit("hpa", "hPa"))
    elif match := re.fullmatch(r"A(\d{4}|////)", group):
        if not report.has("qnh_hpa"):  # where both stand there, the one in hPa is the one that was measured
            value = None if "/" in match[1] else int(match[1]) / 100
            report.add("qnh_hpa", value, unit_of("inhg") or _NONE)
    else:
        return _KNOWN_UNREAD.fullmatch(group) is not None
    return True


def _wind(report: Report, match: re.Match[str]) -> None:
    unit = _UNITS[match["u"]] or _NONE
    speed = _speed(match["s"])
    is_variable = match["d"] == "VRB"
    report.add("wind_speed_m_s", speed, unit, more={"direction": "VRB"} if is_variable else None)
    if match["g"]:
        report.add("wind_gust_m_s", _speed(match["g"]), unit)
    if not is_variable and speed != 0:  # calm has no direction, 000 is none; north is 360
        direction = None if match["d"] == "///" or int(match["d"]) > 360 else float(match["d"])
        report.add("wind_direction_deg", direction, Unit("deg", "°"))


def _speed(text: str) -> float | None:
    """``P99`` is "more than 99": the bound itself is kept."""
    return None if "/" in text else float(text.removeprefix("P"))


def _miles(report: Report, group: str, whole: int = 0) -> None:
    match = _MILES.fullmatch(group)
    if match is None or report.has("visibility_m"):
        report.unread.append(group)
        return
    if match["q"] and int(match["q"]) == 0:
        report.unread.append(group)
        return
    part = float(match["w"]) if match["w"] else int(match["n"]) / int(match["q"])
    bound = _BOUNDS.get(match["m"])
    at_least = _AT_LEAST if match["w"] == "10" and not bound else bound
    report.add("visibility_m", whole + part, _MILE, more=at_least)


def _celsius(text: str | None) -> float | None:
    if not text or not text[-1].isdigit():
        return None
    return float(text.replace("M", "-"))


def _remarks(report: Report, remarks: list[str]) -> None:
    """Sea-level pressure, temperatures in tenths (which replace the whole degrees) and the hour's rain."""
    for group in remarks:
        if match := _REMARK["slp"].fullmatch(group):
            report.add("sea_level_pressure_hpa", _slp(int(match[1]) / 10, report), Unit("hpa", "hPa"))
        elif match := _REMARK["exact"].fullmatch(group):
            _exact(report, "air_temperature_c", match[1], match[2])
            if match[4]:
                _exact(report, "dew_point_c", match[3], match[4])
        elif match := _REMARK["rain"].fullmatch(group):
            report.add("rain_mm", float(match[1]), _PERCENT_INCH, interval_h=1.0)


def _slp(tenths: float, report: Report) -> float:
    """SLP013 is 1001.3, SLP982 is 998.2: of the two the one nearer to the altimeter setting, else to 1000."""
    qnh = next((r.unit.convert(r.value) for r in report.readings if r.variable == "qnh_hpa" and r.value), 1000.0)
    return float(f"{min((900 + tenths, 1000 + tenths), key=lambda value: abs(value - qnh)):.1f}")


def _exact(report: Report, variable: str, sign: str, digits: str) -> None:
    value = int(digits) / 10 * (-1 if sign == "1" else 1)
    report.drop(variable)
    report.add(variable, value, Unit("c", "℃"))


def _metres() -> Unit:
    return Unit("m", "m")
