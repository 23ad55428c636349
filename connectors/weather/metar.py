"""METAR and SPECI: raw reports in bulletins or files, and the table of decoded reports of the US aviation service.

A report names day, hour and minute; month and year come from its payload (connectors/weather/bulletin.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from connectors import observation, station
from connectors.errors import ConfigurationError
from connectors.model import About, Parsed, Payload, Reject
from connectors.refusal import RefusedError
from connectors.text import storable
from connectors.weather.bulletin import Line, lines, nearest, reference_time
from connectors.weather.metar_csv import is_table, read_table
from connectors.weather.metar_report import read_report
from connectors.weather.metar_rows import land
from connectors.weather.metar_scan import START, ScannedReport, scan
from connectors.weather.readings import Readings, rejected

ABOUT = About(
    title="METAR and SPECI 航空例行天气报告",
    reads="Raw reports in GTS bulletins, in files of one report per line, and the decoded table (CSV) of ADDS/AWC.",
    quirks=(
        "Several bulletins per file, control characters, reports over several lines, `=` as their end, NIL reports.",
        "Month and year come from the option as_of, the time in the file's name or the fetch: the nearest such day "
        "before it. Lines such as 2014/09/26 21:35 in cycle files date the reports after them.",
        "Wind in knots, m/s or km/h is kept in m/s; variable and calm wind have no direction (000 is not north).",
        "9999, CAVOK and 10SM say at least 10 km or miles: extra.bound. //// is missing, not 10 km.",
        "Tenths of degrees, sea-level pressure and the hour's rain are read from the remarks; qnh_hpa is the altimeter "
        "setting, which is no station pressure.",
        "In the table wind direction 0 with wind means variable; two columns of one name are both read. Tables that "
        "went through a spreadsheet have semicolons; weather that it spoilt (#NAME?) is told.",
        "A group that means nothing is kept in extra.unread of the report's first row and counted.",
    ),
    limits=(
        "Trends are forecasts and left out; runway, shear and sea groups and most remarks are not kept.",
        "Blank columns that only some stations fill (gusts, rain, extremes) are not counted as missing.",
    ),
    verified=("4,336 recorded reports, raw text against the decoded columns beside it",),
)


class MetarParser:
    """``connectors.model.Parser`` for ``metar``. Option ``as_of``: the time that dates the reports."""

    format = "metar"
    tables: Mapping[str, pa.Schema] = {observation.TABLE: observation.SCHEMA, station.TABLE: station.SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        readings = Readings(self.format, *self.tables)
        try:
            found = list(lines(payload.body, "metar"))
            if is_table(found):
                read_table(readings, payload.body)
            else:
                _read_text(readings, found, reference_time(payload, options))
        except RefusedError as error:
            return rejected(self.tables, error.rule, str(error))
        except ConfigurationError as error:
            return rejected(self.tables, "metar.as_of", error.what)
        return readings.parsed()


PARSER = MetarParser()


def _read_text(readings: Readings, found: list[Line], reference: datetime) -> None:
    reports, strays = scan(found)
    if not reports:
        raise RefusedError("metar.no_report", "no line of the payload is a METAR or SPECI report")
    for line in strays:
        reason = f"the line is no report and no heading: {storable(line.text[:60])!r}"
        readings.rejects.append(Reject(f"line {line.number}", "metar.line", reason, observation.TABLE))
    for report in reports:
        try:
            _read(readings, report, reference)
        except RefusedError as error:
            record = {"report": storable(report.text[:500])}
            readings.rejects.append(Reject(f"line {report.line}", error.rule, str(error), observation.TABLE, record))


def _read(readings: Readings, report: ScannedReport, reference: datetime) -> None:
    match = START.fullmatch(report.text)
    if match is None or not report.is_whole:
        raise RefusedError("metar.report.cut", "the report breaks off: no = ends it")
    rest = (match["rest"] or "").split()
    if match["nil"] or rest[:1] == ["NIL"]:
        readings.told.add(observation.TABLE, "(nil report)", match["station"])
        return
    at = nearest(int(match["d"]), int(match["h"]), int(match["m"]), report.dated or reference)
    if at is None:
        raise RefusedError("metar.report.time", f"{match['d']}{match['h']}{match['m']}Z is no day and time")
    key = {"station_code": match["station"], "event_at": at, "source_table": match["kind"] or report.kind}
    body = read_report(rest)
    more: dict[str, Any] = {"auto": True} if "AUTO" in rest else {}
    land(readings, key, body.readings, more, body.unread)
