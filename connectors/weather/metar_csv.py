"""The table of decoded reports of the US aviation service (ADDS, later AWC): preamble, header, one report per line.

``sky_cover`` and ``cloud_base_ft_agl`` come four times: columns are read by position, not by name. Tables that went
through a spreadsheet have semicolons, lines that end in CR, and semicolons behind each line of the preamble.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from connectors import observation, station
from connectors.clock import ClockError, to_utc
from connectors.model import Reject
from connectors.refusal import RefusedError
from connectors.telling import DAMAGED
from connectors.text import UndecodableError, decode, storable
from connectors.units import Unit, unit_of
from connectors.weather.bulletin import Line
from connectors.weather.metar_report import Reading
from connectors.weather.metar_rows import land
from connectors.weather.readings import Readings

_HEADER = re.compile(r"^raw_text([,;\t])station_id\1observation_time\1", re.MULTILINE)
_SPOILT = frozenset({"#NAME?", "#NOM?"})
"""What a spreadsheet makes of weather such as -RA, which it takes for a formula."""
_PREAMBLE = 20
_C, _INCH, _FOOT, _MILE = Unit("c", "℃"), unit_of("in"), unit_of("ft"), Unit("m", "m", 1609.344)
_HPA, _KNOT, _INHG = Unit("hpa", "hPa"), unit_of("kt"), unit_of("inhg")
_NUMBERS: Mapping[str, tuple[str, Unit | None, float | None]] = {
    "temp_c": ("air_temperature_c", _C, None),
    "dewpoint_c": ("dew_point_c", _C, None),
    "wind_speed_kt": ("wind_speed_m_s", _KNOT, None),
    "wind_gust_kt": ("wind_gust_m_s", _KNOT, None),
    "altim_in_hg": ("qnh_hpa", _INHG, None),
    "sea_level_pressure_mb": ("sea_level_pressure_hpa", _HPA, None),
    "three_hr_pressure_tendency_mb": ("pressure_change_3h_hpa", _HPA, None),
    "maxT_c": ("air_temperature_max_6h_c", _C, 6.0),
    "minT_c": ("air_temperature_min_6h_c", _C, 6.0),
    "maxT24hr_c": ("air_temperature_max_24h_c", _C, 24.0),
    "minT24hr_c": ("air_temperature_min_24h_c", _C, 24.0),
    "precip_in": ("rain_mm", _INCH, 1.0),
    "pcp3hr_in": ("rain_3h_mm", _INCH, 3.0),
    "pcp6hr_in": ("rain_6h_mm", _INCH, 6.0),
    "pcp24hr_in": ("rain_24h_mm", _INCH, 24.0),
    "snow_in": ("snow_depth_mm", _INCH, None),
    "vert_vis_ft": ("vertical_visibility_m", _FOOT, None),
}
_EXPECTED = frozenset({"temp_c", "dewpoint_c", "wind_speed_kt", "altim_in_hg"})
"""Blank here means missing; elsewhere it mostly means that there is no such thing at this station."""
_OWN = frozenset(
    {"raw_text", "station_id", "observation_time", "latitude", "longitude", "elevation_m", "metar_type"}
    | {"wind_dir_degrees", "visibility_statute_mi", "wx_string", "sky_cover", "cloud_base_ft_agl", "flight_category"}
)
_FLAGS = frozenset(
    {"corrected", "auto", "auto_station", "maintenance_indicator_on", "no_signal", "lightning_sensor_off"}
    | {"freezing_rain_sensor_off", "present_weather_sensor_off", "maintenance_indicator"}
)


def is_table(found: Sequence[Line]) -> bool:
    return any(_HEADER.match(line.text) for line in found[:_PREAMBLE])


def read_table(readings: Readings, body: bytes) -> None:
    try:
        text = re.sub("\r\n?", "\n", decode(body).text)
    except UndecodableError as error:  # the lines could be read, so this cannot happen; said all the same
        raise RefusedError("metar.encoding", str(error)) from None
    head = _HEADER.search(text)
    if head is None:
        raise RefusedError("metar.table.header", "the header of the table does not begin its line")
    preamble = text[: head.start()]
    rows = csv.reader(io.StringIO(text[head.start() :]), delimiter=head[1], strict=True)
    header, number, held = next(rows), preamble.count("\n") + 1, 0
    try:
        for row in rows:
            number += 1
            if not row:
                continue
            held += 1
            _line(readings, header, row, f"line {number}")
    except csv.Error as error:
        reason = f"the table breaks off in a quoted text ({error})"
        readings.rejects.append(Reject(f"line {number + 1}", "metar.table.cut", reason, observation.TABLE))
    declared = re.search(r"^(\d+) results", preamble, re.MULTILINE)
    if declared and int(declared[1]) != held:
        reason = f"the table declares {declared[1]} reports and holds {held}"
        readings.rejects.append(Reject("preamble", "metar.table.count", reason, observation.TABLE))


def _line(readings: Readings, header: list[str], row: list[str], where: str) -> None:
    try:
        if len(row) != len(header):
            raise RefusedError("metar.table.columns", f"the line has {len(row)} columns, the header {len(header)}")
        cells = dict(zip(reversed(header), reversed(row), strict=True))  # of repeated names the first
        code = cells["station_id"].strip()
        if not code:
            raise RefusedError("metar.table.station", "the line names no station")
        try:
            at = to_utc(cells["observation_time"], UTC)
        except ClockError as error:
            raise RefusedError("metar.table.time", storable(str(error))) from None
    except RefusedError as error:
        record = {"line": storable(",".join(row)[:500])}
        readings.rejects.append(Reject(where, error.rule, str(error), observation.TABLE, record))
        return
    flags = [name for name in header if name in _FLAGS and cells[name].strip().upper() == "TRUE"]
    unknown = {n: v for n, v in cells.items() if n not in _OWN and n not in _NUMBERS and n not in _FLAGS and v.strip()}
    readings.unknown(observation.TABLE, unknown)
    key = {"station_code": code, "event_at": at, "source_table": cells.get("metar_type") or "METAR"}
    values = [*_numbers(readings, cells), *_wind_and_visibility(readings, cells), *_texts(readings, header, row, cells)]
    land(readings, key, values, {**({"flags": flags} if flags else {}), **unknown})
    _station(readings, code, cells)


def _numbers(readings: Readings, cells: Mapping[str, str]) -> Iterator[Reading]:
    for name, (variable, unit, hours) in _NUMBERS.items():
        raw = cells.get(name, "")
        if not raw.strip() and name not in _EXPECTED:
            continue
        value = readings.number(observation.TABLE, name, raw)
        if value is not None and unit is not None:
            yield Reading(variable, value, unit, interval_h=hours)


def _wind_and_visibility(readings: Readings, cells: Mapping[str, str]) -> Iterator[Reading]:
    raw, calm = cells.get("wind_dir_degrees", "").strip(), cells.get("wind_speed_kt", "").strip() in {"0", "0.0"}
    # 0 is calm or variable wind, north is 360; later releases write VRB.
    if raw not in {"0", "VRB"} and not calm:
        direction = readings.number(observation.TABLE, "wind_dir_degrees", raw)
        if direction is not None:
            yield Reading("wind_direction_deg", direction, Unit("deg", "°"))
    far = cells.get("visibility_statute_mi", "").strip()
    miles = readings.number(observation.TABLE, "visibility_statute_mi", far.removesuffix("+"))
    if miles is not None:
        more = {"bound": "at_least"} if far.endswith("+") or miles == 10 else None
        yield Reading("visibility_m", miles, _MILE, more=more)


def _texts(
    readings: Readings, header: Sequence[str], row: Sequence[str], cells: Mapping[str, str]
) -> Iterator[Reading]:
    covers = [row[i].strip() for i, name in enumerate(header) if name == "sky_cover"]
    bases = [row[i].strip() for i, name in enumerate(header) if name == "cloud_base_ft_agl"]
    bases += [""] * (len(covers) - len(bases))
    layers = [f"{c}{_hundreds(b)}" for c, b in zip(covers, bases, strict=False) if c]
    if layers:
        yield Reading("clouds", None, text=" ".join(layers))
    weather = cells.get("wx_string", "").strip()
    if weather in _SPOILT:
        readings.told.add(observation.TABLE, DAMAGED, weather)
    elif weather:
        yield Reading("weather", None, text=weather)


def _hundreds(base: str) -> str:
    """Feet as in a report: 4500 -> 045; blank for layers that have no base."""
    return f"{int(base) // 100:03d}" if base.isdigit() else ""


def _station(readings: Readings, code: str, cells: Mapping[str, str]) -> None:
    """Stations without a position are told as missing: a register without places helps nobody."""
    longitude = readings.number(station.TABLE, "longitude", cells.get("longitude"))
    latitude = readings.number(station.TABLE, "latitude", cells.get("latitude"))
    if longitude is None or latitude is None:
        return
    place: dict[str, Any] = {"station_code": code, "station_name": code, "station_type": "aviation"}
    elevation = cells.get("elevation_m", "").strip()
    height = readings.number(station.TABLE, "elevation_m", elevation) if elevation else None
    more = {} if height is None else {"elevation_m": height}
    readings.add(station.TABLE, {**place, "longitude": longitude, "latitude": latitude}, more)
