"""SYNOP (FM-12) bulletins of land stations: several bulletins per file, reports that end with ``=``.

The day and hour of a report come from the ``AAXX YYGGiw`` before it, month and year from its payload
(connectors/weather/bulletin.py); ``iw`` also says in which unit the wind is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa

from connectors import observation
from connectors.errors import ConfigurationError
from connectors.model import About, Parsed, Payload, Reject
from connectors.refusal import RefusedError
from connectors.telling import MISSING
from connectors.text import storable
from connectors.weather.bulletin import Line, lines, nearest, reference_time
from connectors.weather.readings import Readings, rejected
from connectors.weather.synop_report import Reading, read_report

TABLE = observation.TABLE
_KINDS = {"AAXX": "", "BBXX": "a ship", "OOXX": "a mobile station"}
_TIME = re.compile(r"(\d{2})(\d{2})([\d/])")
_STATION = re.compile(r"\d{5}")
_OGIMET = re.compile(r"\d{5},(\d{4}),(\d{2}),(\d{2}),(\d{2}),(\d{2}),")

ABOUT = About(
    title="SYNOP FM-12 地面天气报",
    reads="Land stations' reports: wind, visibility, temperatures, pressures, tendency, rain, extremes.",
    quirks=(
        "GTS envelopes, control characters, several bulletins per file, reports over several lines, nil reports.",
        "Month and year come from the option as_of, the time in the file's name or the fetch.",
        "iw of section 0 gives the unit of wind: 0 and 1 m/s, 3 and 4 knots; where it is / no wind lands.",
        "/ is missing, whole groups may be; calm and variable wind have no direction.",
        "990 of rain is a trace (0 with extra.trace), 991 to 999 are tenths; the variable names its hours.",
        "Sums of radiation in section 3 (after 55...) look like temperatures and are not taken for such.",
        "High stations send the height of a pressure level in place of the sea-level pressure.",
    ),
    limits=(
        "Ships and mobile stations (BBXX, OOXX), sections 2, 4, 5 and cloud groups are not read.",
        "Extremes of section 3 have no interval: it differs by region.",
    ),
    verified=("91 recorded reports, held against an independent decoder",),
)


class _Section0(NamedTuple):
    """What the groups before a row of reports say."""

    kind: str
    day: int
    hour: int
    wind_indicator: str


class SynopParser:
    """``connectors.model.Parser`` for ``synop``. Option ``as_of``: the time that dates the reports."""

    format = "synop"
    tables: Mapping[str, pa.Schema] = {TABLE: observation.SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        readings = Readings(self.format, TABLE)
        try:
            found = list(lines(payload.body, "synop"))
            if not any(set(line.text.split()) & _KINDS.keys() or _OGIMET.match(line.text) for line in found):
                raise RefusedError("synop.no_report", "no line of the payload starts SYNOP reports (AAXX)")
            _read_all(readings, found, reference_time(payload, options))
        except RefusedError as error:
            return rejected(self.tables, error.rule, str(error))
        except ConfigurationError as error:
            return rejected(self.tables, "synop.as_of", error.what)
        return readings.parsed()


PARSER = SynopParser()


def _read_all(readings: Readings, found: Sequence[Line], reference: datetime) -> None:
    section: _Section0 | None = None
    for number, groups, is_whole in _reports(found):
        if groups is None:
            section = None
            continue
        try:
            section, groups = _section_0(groups, section)  # noqa: PLW2901
            if groups:
                if not is_whole:
                    raise RefusedError("synop.report.cut", "the report breaks off: no = ends it")
                _read(readings, section, groups, reference)
        except RefusedError as error:
            record = {"report": storable(" ".join(groups or ())[:500])}
            readings.rejects.append(Reject(f"line {number}", error.rule, str(error), TABLE, record))


def _reports(found: Sequence[Line]) -> Iterator[tuple[int, list[str] | None, bool]]:
    """(line, groups, ended by ``=``) per report; groups None where a new bulletin begins.

    Files without a single ``=`` hold one report per line, each with its own AAXX.
    """
    if not any("=" in line.text for line in found):
        for line in found:
            yield line.number, None if line.heading else line.text.upper().split(), not line.heading
        return
    pending, first = list[str](), 0
    for line in found:
        if line.heading:
            if pending:
                yield first, pending, False
            pending = []
            yield line.number, None, False
            continue
        *ended, last = _OGIMET.sub("", line.text).upper().split("=")
        for piece in ended:
            first = first if pending else line.number
            pending += piece.split()
            if pending:
                yield first, pending, True
            pending = []
        first = first if pending else line.number
        pending += last.split()
    if pending:
        yield first, pending, False


def _section_0(groups: list[str], known: _Section0 | None) -> tuple[_Section0, list[str]]:
    """Section 0 in force for these groups, and the groups after it."""
    mark = next((index for index, group in enumerate(groups) if group in _KINDS), None)
    if mark is None:
        if known is None:
            raise RefusedError("synop.section_0", "no AAXX YYGGiw stands before the report: its day is not known")
        return known, groups
    if groups[mark] != "AAXX":
        raise RefusedError("synop.kind.unsupported", f"the report is of {_KINDS[groups[mark]]}, which is not read")
    match = _TIME.fullmatch(groups[mark + 1]) if len(groups) > mark + 1 else None
    if match is None:
        raise RefusedError("synop.section_0", "after AAXX stands no day, hour and wind indicator (YYGGiw)")
    return _Section0("AAXX", int(match[1]), int(match[2]), match[3]), groups[mark + 2 :]


def _read(readings: Readings, section: _Section0, groups: list[str], reference: datetime) -> None:
    if not _STATION.fullmatch(groups[0]):
        raise RefusedError("synop.station", f"{storable(groups[0][:20])!r} is no station number of five digits")
    station, *rest = groups
    while rest and rest[0] == station:  # seen in the wild: the number twice
        rest.pop(0)
        readings.told.add(TABLE, "(repeated group)", station)
    if rest and rest[0] == "NIL":
        readings.told.add(TABLE, "(nil report)", station)
        return
    at = nearest(section.day, section.hour, 0, reference)
    if at is None:
        raise RefusedError("synop.time", f"day {section.day}, hour {section.hour} is no time of any month")
    report = read_report(rest, section.wind_indicator)
    if not report.readings:
        raise RefusedError("synop.report", "the report has no groups of weather")
    key = {"station_code": station, "event_at": at, "source_table": section.kind}
    _land(readings, key, report.readings, report.unread)


def _land(readings: Readings, key: dict[str, Any], values: Sequence[Reading], unread: Sequence[str]) -> None:
    """One row per value that is not missing; groups that could not be read stay with the first of them."""
    for group in unread:
        readings.told.add(TABLE, "(unread group)", group)
    more: dict[str, Any] = {"unread": " ".join(unread)} if unread else {}
    for value in values:
        if value.value is None:
            readings.told.add(TABLE, MISSING, value.variable)
            continue
        row = {**key, "variable": value.variable, "unit": value.unit.symbol, "interval_h": value.interval_h}
        source = {"source_value": value.value} if value.unit.factor != 1 else {}
        row["value"] = value.unit.convert(value.value)
        readings.add(TABLE, row, {**more, **(value.more or {}), **source})
        more = {}
