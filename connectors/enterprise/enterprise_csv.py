"""Enterprise registers uploaded by hand (CSV or XLSX) -> ``enterprise``.

A register is read row by row and each row stands for itself: a wrong credit code or a wrong place costs that row only,
and the row goes to quarantine as it was typed. Coordinates are converted from the system that the row declares.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

import pyarrow as pa

from connectors.arrow import EXTRA, TIMESTAMP, as_json, to_table
from connectors.clock import BEIJING, ClockError, local_to_utc, to_utc, zone_named
from connectors.coordinates import CoordinateError, crs_named, in_china, is_projected, to_wgs84
from connectors.duplicates import last_wins
from connectors.enterprise.credit_code import credit_code
from connectors.enterprise.register_words import HEADERS, INDUSTRIES, LEVELS, REQUIRED, STATUSES
from connectors.model import About, Parsed, Payload, Reject
from connectors.numbers import NumberError, to_number
from connectors.person import is_personal
from connectors.refusal import RefusedError
from connectors.sheet import Cell, Formula, Sheet, read_sheets
from connectors.telling import ENCODING, SHEET_NOT_READ, Told
from connectors.text import UndecodableError, is_damaged, is_storable
from connectors.truth import TRUTHS

ENTERPRISE = "enterprise"
KEY = ("credit_code", "updated_at")
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("credit_code", pa.string()),
    ("updated_at", TIMESTAMP),
    ("enterprise_name", pa.string()),
    ("industry_code", pa.string()),
    ("industry", pa.string()),
    ("region_code", pa.string()),
    ("address", pa.string()),
    ("longitude", pa.float64()),
    ("latitude", pa.float64()),
    ("source_x", pa.float64()),
    ("source_y", pa.float64()),
    ("source_crs", pa.string()),
    ("static_level", pa.string()),
    ("is_key_enterprise", pa.bool_()),
    ("mine_code", pa.string()),
    ("employees", pa.int32()),
    ("status", pa.string()),
]
SCHEMA: pa.Schema = pa.schema(_COLUMNS).append(EXTRA)
_TEXTS = ("enterprise_name", "industry_code", "region_code", "address", "mine_code")
_NO_CRS = "unknown"  # of a row that gives no coordinates either
_TITLE_ROWS = 10
_HEADER_NOISE = re.compile(r"[\s*＊]|[(（\[【].*?[)）\]】]")

ABOUT = About(
    title="Enterprise register 企业名录 (CSV, XLSX)",
    reads="Registers of enterprises that people keep by hand and upload; each row stands for itself.",
    quirks=(
        "UTF-8 with or without mark, GBK and GB 18030; title rows above the header; many spellings of each header.",
        "Credit codes (GB 32100) with their check character; lower case and full-width letters are put right, "
        "scientific notation of a spreadsheet is refused.",
        "Coordinates in the system that the row declares: CGCS2000, WGS 84, GCJ-02, BD-09 or projected metres.",
    ),
    limits=("1980 西安 and 1954 北京 need local parameters and are refused.",),
    verified=("own fixtures", "published check vectors of GB 32100 and of the GCJ-02 shift"),
)

_Row = dict[str, Cell]


@dataclass(frozen=True)
class _Register:
    """A sheet whose header was recognised: columns by position under our names, or under a name of their own."""

    known: dict[int, str]
    unknown: dict[int, str]
    texts: list[str]
    rows: list[tuple[str, list[Cell]]]


class EnterpriseCsvParser:
    """Options: ``zone`` of the times (default Asia/Shanghai), ``crs`` of a register that has no column for it."""

    format = "enterprise_csv"
    tables: Mapping[str, pa.Schema] = {ENTERPRISE: SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        zone = zone_named(options.get("zone", BEIJING))
        told = Told()
        try:
            sheets = read_sheets(payload.body, "enterprise")
            registers = _registers(sheets, told)
        except RefusedError as error:
            return Parsed({}, [Reject("file", error.rule, str(error), ENTERPRISE)])
        except UndecodableError as error:
            return Parsed({}, [Reject("file", "enterprise.file.encoding", str(error), ENTERPRISE)])
        records: list[dict[str, Any]] = []
        rejects: list[Reject] = []
        for register in registers:
            default_crs = None if "crs" in register.known.values() else options.get("crs")
            for where, cells in register.rows:
                try:
                    records.append(_record(_row(register, cells), register, zone, default_crs, told))
                except RefusedError as error:
                    rejects.append(Reject(where, error.rule, str(error), ENTERPRISE, _raw(register, cells)))
        kept, repeated = last_wins(records, KEY, ENTERPRISE)
        return Parsed({ENTERPRISE: to_table(SCHEMA, kept)} if kept else {}, rejects, [*told.drift(), *repeated])


def _registers(sheets: list[Sheet], told: Told) -> list[_Register]:
    """The sheets that are registers; the others (instructions, code lists) are told as drift.

    If none is one, the RefusedError of the first says what its header lacks.
    """
    registers: list[_Register] = []
    errors: list[RefusedError] = []
    for sheet in sheets:
        try:
            registers.append(_register(sheet))
        except RefusedError as error:
            errors.append(error)
            told.add(ENTERPRISE, SHEET_NOT_READ, sheet.title, len(sheet.rows))
        if sheet.codec not in (None, "utf-8"):
            told.add(ENTERPRISE, ENCODING, sheet.codec)
    if not registers:
        raise errors[0]
    return registers


def _register(sheet: Sheet) -> _Register:
    names = {text.lower(): column for column, texts in HEADERS.items() for text in texts}
    start, texts = _header(sheet, names)
    known = {place: names[key] for place, text in enumerate(texts) if (key := _plain(text)) in names}
    if missing := [column for column in REQUIRED if column not in known.values()]:
        words = ", ".join(f"{HEADERS[column][0]} ({column})" for column in missing)
        raise RefusedError("enterprise.header.missing", f"the header lacks {words}")
    if repeated := [column for column, count in Counter(known.values()).items() if count > 1]:
        raise RefusedError("enterprise.header.repeated", f"several headers mean {', '.join(repeated)}")
    if len(sheet.rows) == start + 1:
        raise RefusedError("enterprise.file.empty", "there are no rows below the header")
    unknown = {place: text or f"column {place + 1}" for place, text in enumerate(texts) if place not in known}
    return _Register(known, unknown, texts, sheet.rows[start + 1 :])


def _header(sheet: Sheet, names: Mapping[str, str]) -> tuple[int, list[str]]:
    """(place, texts) of the header: the first of the top rows that names the credit code, below a title perhaps."""
    top = [["" if cell is None else str(cell).strip() for cell in cells] for _, cells in sheet.rows[:_TITLE_ROWS]]
    for place, texts in enumerate(top):
        if any(names.get(_plain(text)) == "credit_code" for text in texts):
            return place, texts
    return 0, top[0]


def _plain(header: str) -> str:
    return _HEADER_NOISE.sub("", header).lower()


def _row(register: _Register, cells: list[Cell]) -> _Row:
    """Cells by our column names; unknown columns that hold something by their header."""
    if len(cells) > len(register.texts) and any(cell not in (None, "") for cell in cells[len(register.texts) :]):
        reason = f"the row has {len(cells)} cells, the header {len(register.texts)}: an unquoted comma?"
        raise RefusedError("enterprise.row.cells", reason)
    if len(cells) <= max(register.known):
        reason = f"the row breaks off after {len(cells)} of {len(register.texts)} cells"
        raise RefusedError("enterprise.row.cells", reason)
    for cell in cells:
        if isinstance(cell, Formula):
            raise RefusedError("enterprise.cell.formula", f"the cell {cell[:40]!r} is a formula or an error, not data")
        if isinstance(cell, str) and (is_damaged(cell) or not is_storable(cell)):
            raise RefusedError("enterprise.row.mojibake", "the text was destroyed by a wrong decoding (U+FFFD, 锟斤拷)")
    names = register.known | register.unknown
    return {names[place]: _trimmed(cell) for place, cell in enumerate(cells) if place in names}


def _trimmed(cell: Cell) -> Cell:
    return cell.strip() or None if isinstance(cell, str) else cell


def _record(row: _Row, register: _Register, zone: tzinfo, default_crs: str | None, told: Told) -> dict[str, Any]:
    record: dict[str, Any] = {name: _text(row.get(name)) for name in _TEXTS}
    record["credit_code"] = _credit_code(row.get("credit_code"))
    record["updated_at"] = _updated_at(row.get("updated_at"), zone)
    record["static_level"] = _word(row, "static_level", LEVELS)
    record["is_key_enterprise"] = (
        None if row.get("is_key_enterprise") is None else _word(row, "is_key_enterprise", TRUTHS)
    )
    record["employees"] = _count(row)
    industry, status = _text(row.get("industry")), _text(row.get("status"))
    record["industry"] = INDUSTRIES.get(industry.lower(), industry) if industry else None
    if industry and industry.lower() not in INDUSTRIES:
        # It lands as sent: a new kind of enterprise is no reason to lose one.
        told.add(ENTERPRISE, "industry", industry)
    record["status"] = STATUSES.get(status.lower(), status) if status else None
    record |= _place(row, default_crs)
    unknown = {name: row[name] for name in register.unknown.values() if row.get(name) is not None}
    told.add_all(ENTERPRISE, ((name, "(a person)" if is_personal(name) else cell) for name, cell in unknown.items()))
    record["extra"] = as_json({name: cell for name, cell in unknown.items() if not is_personal(name)} or None)
    return record


def _credit_code(cell: Cell) -> str:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        raise RefusedError(
            "enterprise.credit_code.scientific",
            "the credit code is stored as a number, which keeps 15 of its 18 digits: format the column as text",
        )
    return credit_code(_text(cell) or "")


def _updated_at(cell: Cell, zone: tzinfo) -> datetime:
    try:
        if isinstance(cell, date):  # a datetime is one too
            return local_to_utc(cell, zone)
        return to_utc(_text(cell) or "", zone, date_only=True)
    except ClockError as error:
        raise RefusedError("enterprise.updated_at.time", f"{HEADERS['updated_at'][0]}: {error}") from error


def _word(row: _Row, column: str, words: Mapping[str, Any]) -> Any:
    text = (_text(row.get(column)) or "").lower()
    if text not in words:
        raise RefusedError(f"enterprise.{column}.unknown", f"{HEADERS[column][0]}: the word {text[:40]!r} is not known")
    return words[text]


def _count(row: _Row) -> int | None:
    number = _number(row, "employees")
    if number is None:
        return None
    if number != int(number) or abs(number) >= 2**31:
        raise RefusedError("enterprise.employees.number", f"{HEADERS['employees'][0]}: {number} is not a count")
    return int(number)


def _number(row: _Row, column: str) -> float | None:
    cell = row.get(column)
    if cell is None:
        return None
    try:
        return to_number(cell)
    except NumberError as error:
        raise RefusedError(f"enterprise.{column}.number", f"{HEADERS[column][0]}: {error}") from error


def _place(row: _Row, default_crs: str | None) -> dict[str, Any]:
    """source_x, source_y, source_crs as declared, longitude and latitude in EPSG:4326."""
    x, y = _number(row, "x"), _number(row, "y")
    declared = _text(row.get("crs")) or default_crs
    try:
        if not x and not y:  # empty, or the (0, 0) of a form that was never filled in
            return {"source_x": x, "source_y": y, "source_crs": crs_named(declared) if declared else _NO_CRS}
        if x is None or y is None:
            raise RefusedError("enterprise.coordinates.half", "only one of the two coordinates is given")
        if not declared:
            raise RefusedError(
                "enterprise.crs.undeclared",
                "the row has coordinates but does not say in which reference system (坐标系)",
            )
        crs = crs_named(declared)
        if not is_projected(crs):
            _refuse_swapped(x, y)
        longitude, latitude = to_wgs84(x, y, crs)
    except CoordinateError as error:
        raise RefusedError("enterprise.coordinates.impossible", str(error)) from error
    return {"source_x": x, "source_y": y, "source_crs": crs, "longitude": longitude, "latitude": latitude}


def _refuse_swapped(x: float, y: float) -> None:
    """Inside China a longitude is above 73 and a latitude below 54: exchanged, they are found out with certainty."""
    if (y > 60 or x < 60) and in_china(y, x):
        raise RefusedError(
            "enterprise.coordinates.swapped",
            f"longitude {x} and latitude {y} are swapped: as given they are not in China",
        )


def _text(cell: Cell) -> str | None:
    if isinstance(cell, float) and cell.is_integer():  # 140000.0 of a spreadsheet is the code 140000
        cell = int(cell)
    return None if cell is None else str(cell).strip() or None


def _raw(register: _Register, cells: list[Cell]) -> dict[str, Any]:
    """The row as it was typed, without persons, by the headers of the file; cells beyond the header by their number."""
    raw: dict[str, Any] = {}
    for place, cell in enumerate(cells):
        name = register.texts[place] if place < len(register.texts) and register.texts[place] else f"column {place + 1}"
        plain = cell if isinstance(cell, str | int | float | bool | None) else str(cell)
        is_person = place not in register.known and is_personal(name) and cell not in (None, "")
        raw[name] = "(a person)" if is_person else plain
    return raw


PARSER = EnterpriseCsvParser()
