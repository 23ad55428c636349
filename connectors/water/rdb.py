"""USGS RDB (tab-separated tables with their own comments) -> ``observation`` or ``station``, by the kind of table.

Lines that begin with # are comments, then come a header, a row of column widths (``5s	15s	50s``) and the rows. A reply
may hold several such tables one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import pyarrow as pa

from connectors.clock import zone_named
from connectors.model import About, Parsed, Payload
from connectors.refusal import RefusedError
from connectors.text import UndecodableError, decode
from connectors.water import rdb_kinds
from connectors.water.gathering import TABLES, Gathered, refusal

_WIDTHS = re.compile(r"\d+[sdnSDN]")
_NOTHING = re.compile(r"No (sites|data|Sites|Data)|#\s*No (sites|data) (found|available|matching)")


@dataclass(frozen=True)
class Table:
    """One table: its column names, its rows (line number, cells by column), and the comments before it."""

    columns: list[str]
    rows: list[tuple[int, dict[str, str]]]
    comments: list[str]


class RdbParser:
    """Options: ``zone`` of times without tz_cd (peaks, daily values; default UTC)."""

    format = "rdb"
    tables: Mapping[str, pa.Schema] = TABLES

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        zone = zone_named(options.get("zone", "UTC"))
        out = Gathered(self.format)
        try:
            for table in _tables(_text(payload.body), out):
                _reader(table)(table.columns, table.rows, table.comments, out, zone)
        except RefusedError as error:
            return refusal(error)
        return out.parsed()


_Read = Callable[[list[str], list[tuple[int, dict[str, str]]], list[str], Gathered, tzinfo], None]


def _reader(table: Table) -> _Read:
    columns = set(table.columns)
    for read, signs in rdb_kinds.KINDS:
        if columns.issuperset(signs):
            return read
    if {"agency_cd", "site_no", "datetime"} <= columns and any(map(rdb_kinds.VALUE_COLUMN.fullmatch, table.columns)):
        return rdb_kinds.read_values
    known = "sites, instantaneous and daily values, peaks, field measurements and groundwater levels"
    names = ", ".join(table.columns[:6])
    raise RefusedError("rdb.kind.unknown", f"a table with the columns {names} … is not one of those read: {known}")


def _text(body: bytes) -> str:
    if not body.strip():
        raise RefusedError("rdb.empty", "the document is empty")
    try:
        return decode(body).text
    except UndecodableError as error:
        raise RefusedError("rdb.encoding", str(error)) from None


def _tables(text: str, out: Gathered) -> list[Table]:
    """The tables in order. Raises RefusedError if there is none and nothing says why."""
    lines = text.splitlines()
    tables: list[Table] = []
    comments: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("#") or not line.strip():
            comments.append(line)
            number += 1
            continue
        if not _is_header(lines, number):
            if tables:
                _broken(tables[-1], number, line, out)
                number += 1
                continue
            raise RefusedError("rdb.shape", f"line {number + 1} is neither a comment nor a header with its widths")
        columns = line.split("\t")
        tables.append(Table(columns, [], comments))
        comments = []
        number = _rows(tables[-1], lines, number + 2, out)
    is_usgs = any("Geological Survey" in line or "USGS" in line for line in comments)
    if not tables and not (is_usgs and any(_NOTHING.search(line) for line in comments)):
        raise RefusedError("rdb.shape", "there is no header with its row of widths; was the answer cut off?")
    return tables


def _is_header(lines: list[str], number: int) -> bool:
    if "\t" not in lines[number] or number + 1 >= len(lines):
        return False
    widths = lines[number + 1].split("\t")
    return len(widths) == len(lines[number].split("\t")) and all(_WIDTHS.fullmatch(width.strip()) for width in widths)


def _rows(table: Table, lines: list[str], number: int, out: Gathered) -> int:
    """Fill ``table`` from line ``number`` on; the index of the line after it."""
    while number < len(lines) and not lines[number].startswith("#") and not _is_header(lines, number):
        cells = lines[number].split("\t")
        if len(cells) == len(table.columns):
            row = {name: cell.strip() for name, cell in zip(table.columns, cells, strict=True)}
            table.rows.append((number + 1, row))
        elif lines[number].strip():
            _broken(table, number, lines[number], out)
        number += 1
    return number


def _broken(table: Table, number: int, line: str, out: Gathered) -> None:
    reason = f"the row has {len(line.split(chr(9)))} cells, the header {len(table.columns)}"
    out.reject(f"line {number + 1}", "row.width", reason, {"line": line[:500]})


PARSER = RdbParser()

ABOUT = About(
    title="美国地质调查局制表文本 USGS RDB",
    reads="Tables of the USGS: sites (also expanded, and series catalogues) -> station; instantaneous and daily "
    "values, annual peaks, field measurements and groundwater levels -> observation.",
    quirks=(
        "The time of a value is local with tz_cd (EST, EDT, CST = Chicago, …); an abbreviation that is not in the "
        "table is a reject, not a guess.",
        "A peak whose date has month or day 00 names no day: its row is rejected (rdb.peak.date); a peak without a "
        "time of day stands at the start of that day, with precision=day in extra.",
        "Words in a value's place (Ice, Eqp, Bkw, ***, …) are missing values; estimated values ('e') are values.",
        "Two time series of one parameter: as in nwis, by the description in brackets or the series number.",
        "Feet, cubic feet and inches become metres, m3/s and millimetres.",
    ),
    limits=(
        "Statistics, ratings, water use, parameter lists and water-quality tables are rejected (rdb.kind.unknown).",
        "Peaks and daily values carry no zone: the contract's is taken.",
        "Coordinates stay in the datum of the register (NAD 27 and NAD 83), which extra names.",
    ),
    verified=("recorded site and peak tables", "published USGS descriptions of the columns"),
)
