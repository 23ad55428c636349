"""Daily GNSS positions of the Nevada Geodetic Laboratory (tenv3) -> ``observation`` and ``station``.

A position is an integer and a fractional part in metres: east of the file's reference longitude, north of the equator,
above the ellipsoid. Both parts are added, so that a change of the integer (a re-base, a large slip) is no jump. What is
landed is the position; displacement is the difference of two of them, and not for a parser to anchor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from connectors import observation, station
from connectors.arrow import as_json, to_table
from connectors.duplicates import last_wins
from connectors.model import About, Parsed, Payload, Reject
from connectors.numbers import NotFiniteError, NumberError, to_number
from connectors.refusal import RefusedError
from connectors.telling import Told
from connectors.text import UndecodableError, decode

ABOUT = About(
    title="NGL tenv3 北斗/GNSS 日解, daily positions of GNSS stations",
    reads="East, north and up of one station and day per line, 20 or 23 columns, with or without the header.",
    quirks=(
        "Integer and fractional metres are added exactly, as decimals.",
        "A daily solution is a mean over the day: `event_at` is 12:00 UTC, `interval_h` 24.",
        "The date is written twice, as YYMMMDD and as modified Julian day; a line where they differ is rejected.",
        "Sigmas, antenna height and reference longitude are kept in `extra` of each value.",
        "The station is placed where its newest line has it; files of 20 columns give no station.",
    ),
    limits=(
        "Steps at equipment changes are not taken out: the laboratory publishes them in a file of their own.",
        "The days are GPS days, which differ from UTC days by the leap seconds; that is not corrected.",
        "The older .tenv (16 columns) and the Cartesian .txyz2 are rejected.",
    ),
    verified=("recorded series of four stations at Kilauea, 10,695 days",),
)

FORMAT = "gnss_tenv3"
SOURCE_TABLE = "tenv3"
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAY = re.compile(rf"(\d{{2}})({'|'.join(_MONTHS)})(\d{{2}})")
_MJD_EPOCH = date(1858, 11, 17)
_FIRST_GPS_YEAR = 80  # two-digit years below it are of this century
_WIDTHS = (20, 23)
_COMPONENTS = (("gnss_east_m", 7, 14), ("gnss_north_m", 9, 15), ("gnss_up_m", 11, 16))
"""Variable, column of the integer part (the fraction follows it), column of the sigma."""


@dataclass(frozen=True)
class _Day:
    """One line as read; ``place`` is (longitude, latitude, height) where the line has it."""

    site: str
    event_at: datetime
    values: Mapping[str, float]
    sigmas: Mapping[str, float]
    reference_longitude: float
    antenna_m: float
    place: tuple[float, float, float] | None
    unknown: Mapping[str, str]


class GnssTenv3Parser:
    """``connectors.model.Parser`` for the format ``gnss_tenv3``; it has no options."""

    format = FORMAT
    tables: Mapping[str, pa.Schema] = {observation.TABLE: observation.SCHEMA, station.TABLE: station.SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        try:
            header, lines = _lines(payload.body)
        except RefusedError as error:
            return Parsed({}, [Reject("payload", error.rule, str(error), observation.TABLE)])
        rows: list[dict[str, Any]] = []
        newest: dict[str, _Day] = {}
        rejects: list[Reject] = []
        told = Told()
        for number, cells in lines:
            try:
                day = _day(header, cells)
            except RefusedError as error:
                record = {"line": " ".join(cells)[:400]}
                rejects.append(Reject(f"line {number}", error.rule, str(error), observation.TABLE, record))
                continue
            rows += _observations(day)
            told.add_all(observation.TABLE, day.unknown.items())
            if day.place and (day.site not in newest or newest[day.site].event_at <= day.event_at):
                newest[day.site] = day
        rows, repeated = last_wins(rows, observation.KEY, observation.TABLE)
        tables = {
            observation.TABLE: to_table(observation.SCHEMA, rows),
            station.TABLE: to_table(station.SCHEMA, [_station(day) for day in newest.values()]),
        }
        return Parsed(tables, rejects, [*told.drift(), *repeated])


PARSER = GnssTenv3Parser()


def _lines(body: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The names of the columns (by their numbers where there is no header) and the cells of each line."""
    try:
        text = decode(body).text
    except UndecodableError as error:
        raise RefusedError(f"{FORMAT}.encoding", str(error)) from None
    lines = [(number, cells) for number, line in enumerate(text.splitlines(), 1) if (cells := line.split())]
    if not lines:
        raise RefusedError(f"{FORMAT}.empty", "the file is empty")
    first = lines[0][1]
    if [cell.lower() for cell in first[:2]] == ["site", "yymmmdd"]:
        header, lines = first, lines[1:]
    elif len(first) > 1 and _DAY.fullmatch(first[1]):
        header = [f"column {place}" for place in range(1, len(first) + 1)]
    else:
        reason = "the file is no tenv3: its first line has neither the header nor a site with a day such as 24SEP28"
        raise RefusedError(f"{FORMAT}.shape", reason)
    if len(header) < _WIDTHS[1] and len(header) != _WIDTHS[0]:
        reason = f"the lines have {len(header)} columns; tenv3 has 20 or 23 (.tenv and .txyz2 are other formats)"
        raise RefusedError(f"{FORMAT}.columns", reason)
    return header, lines


def _day(header: list[str], cells: list[str]) -> _Day:
    if len(cells) != len(header):
        raise RefusedError(f"{FORMAT}.cells", f"the line has {len(cells)} columns, the first one {len(header)}")
    values = {name: _sum(cells[place], cells[place + 1], name) for name, place, _ in _COMPONENTS}
    has_place = len(cells) >= _WIDTHS[1]
    return _Day(
        site=cells[0],
        event_at=_noon(cells[1], cells[3]),
        values=values,
        sigmas={name: _number(cells[place], "sigma") for name, _, place in _COMPONENTS},
        reference_longitude=_number(cells[6], "reflon"),
        antenna_m=_number(cells[13], "antenna"),
        place=_place(cells[20:23]) if has_place else None,
        unknown=dict(zip(header[_WIDTHS[1] :], cells[_WIDTHS[1] :], strict=True)),
    )


def _noon(text: str, mjd: str) -> datetime:
    match = _DAY.fullmatch(text)
    if not match:
        raise RefusedError(f"{FORMAT}.date", f"{text!r} is not a day of the form 24SEP28")
    year = int(match[1]) + (1900 if int(match[1]) >= _FIRST_GPS_YEAR else 2000)
    try:
        day = date(year, _MONTHS.index(match[2]) + 1, int(match[3]))
    except ValueError:
        raise RefusedError(f"{FORMAT}.date", f"{text!r} is not a possible day") from None
    if not mjd.isdecimal() or len(mjd) > 6 or day != _MJD_EPOCH + timedelta(days=int(mjd)):
        raise RefusedError(f"{FORMAT}.date.mjd", f"{text} and the modified Julian day {mjd[:10]} are different days")
    return datetime.combine(day, time(12), UTC)


def _sum(whole: str, fraction: str, name: str) -> float:
    """Integer and fractional part as decimals: floats would put noise below the micrometre."""
    _number(whole, name), _number(fraction, name)
    return float(Decimal(whole) + Decimal(fraction))


def _place(cells: list[str]) -> tuple[float, float, float]:
    latitude, longitude, height = (_number(cell, "place") for cell in cells)
    # The laboratory counts longitudes west of Greenwich down to -360 in some of its files.
    return (longitude + 180) % 360 - 180 if not -180 <= longitude <= 180 else longitude, latitude, height


def _number(text: str, name: str) -> float:
    try:
        return to_number(text)
    except NotFiniteError as error:
        raise RefusedError(f"{FORMAT}.{name}.finite", str(error)) from None
    except NumberError as error:
        raise RefusedError(f"{FORMAT}.{name}.number", str(error)) from None


def _observations(day: _Day) -> Iterator[dict[str, Any]]:
    about = {"reference_longitude": day.reference_longitude, "antenna_m": day.antenna_m, **day.unknown}
    for name, value in day.values.items():
        yield {
            "station_code": day.site,
            "variable": name,
            "event_at": day.event_at,
            "value": value,
            "unit": "m",
            "interval_h": 24.0,
            "source_table": SOURCE_TABLE,
            "extra": as_json({**about, "sigma_m": day.sigmas[name]}),
        }


def _station(day: _Day) -> dict[str, Any]:
    longitude, latitude, height = day.place or (None, None, None)
    return {
        "station_code": day.site,
        "station_name": day.site,
        "station_type": "gnss",
        "longitude": longitude,
        "latitude": latitude,
        "is_in_use": None,
        "extra": as_json({"height_m": height}),
    }
