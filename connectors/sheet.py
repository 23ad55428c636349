"""The cells of a table that people fill in, whether it came as CSV or as XLSX (told apart by their first bytes)."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from connectors.refusal import RefusedError
from connectors.text import decode

# Read by openpyxl while it is imported: defusedxml reads the workbooks of strangers, also where lxml is installed.
os.environ.setdefault("OPENPYXL_LXML", "False")
import openpyxl

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_LARGEST_UNPACKED = 256 * 2**20  # a register of a province is 20 MB; more is a mistake or an attack

Cell = str | int | float | bool | datetime | date | None


class Formula(str):
    """The text of a formula cell: what it evaluates to is the spreadsheet's opinion, not data."""

    __slots__ = ()


@dataclass(frozen=True)
class Sheet:
    """``rows`` are (where, cells), blank rows left out; ``codec`` is that of a CSV, None for a workbook."""

    title: str
    rows: list[tuple[str, list[Cell]]]
    codec: str | None = None


def read_sheets(body: bytes, format_name: str) -> list[Sheet]:
    """The one table of a CSV, or every filled sheet of a workbook; at least one.

    Raises RefusedError with a rule ``<format_name>.file.*`` for a file of another kind, UndecodableError for text in
    no known encoding.
    """
    if body.startswith(_OLE):
        raise RefusedError(f"{format_name}.file.xls", "the file is an old .xls workbook: save it as .xlsx or CSV")
    if body.startswith(_ZIP):
        sheets = _from_xlsx(body, format_name)
    else:
        decoded = decode(body)
        if decoded.text.lstrip()[:1] in ("<", "{", "["):
            raise RefusedError(f"{format_name}.file.kind", "the file is HTML, XML or JSON, not a table")
        sheets = [Sheet("", _from_csv(decoded.text, format_name), decoded.codec)]
    filled = [sheet for sheet in sheets if sheet.rows]
    if not filled:
        raise RefusedError(f"{format_name}.file.empty", "the file is empty")
    return filled


def _from_csv(text: str, format_name: str) -> list[tuple[str, list[Cell]]]:
    first = text.partition("\n")[0]
    delimiter = "\t" if "\t" in first and "," not in first else ","  # tabs: a spreadsheet's "Unicode text"
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    rows: list[tuple[str, list[Cell]]] = []
    try:
        for line in reader:
            if any(cell.strip() for cell in line):
                rows.append((f"line {reader.line_num}", list(line)))
    except csv.Error as error:
        reason = f"the CSV breaks off at line {reader.line_num}: {error}"
        raise RefusedError(f"{format_name}.file.csv", reason) from error
    return rows


def _from_xlsx(body: bytes, format_name: str) -> list[Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            size = sum(item.file_size for item in packed.infolist())
        if size > _LARGEST_UNPACKED:
            raise RefusedError(f"{format_name}.file.size", f"the workbook unpacks to {size} bytes and is not opened")
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=False)
        return [Sheet(sheet.title, _sheet_rows(sheet)) for sheet in book.worksheets]
    except RefusedError:
        raise
    except Exception as error:  # a broken workbook fails in zipfile, XML or openpyxl in a dozen ways
        raise RefusedError(f"{format_name}.file.xlsx", f"the workbook cannot be opened: {error}") from error


def _sheet_rows(sheet: Any) -> list[tuple[str, list[Cell]]]:
    sheet.reset_dimensions()  # some writers declare a size that is too small, and cells beyond it would be lost
    lines = [[_cell(cell) for cell in line] for line in sheet.iter_rows()]
    width = max(map(len, lines), default=0)
    return [
        (f"{sheet.title} row {number}", line + [None] * (width - len(line)))
        for number, line in enumerate(lines, 1)
        if any(cell is not None and cell != "" for cell in line)
    ]


def _cell(cell: Any) -> Cell:
    if cell.data_type == "f":
        return Formula(cell.value)
    if cell.data_type == "e":  # #N/A, #REF!
        return Formula(f"={cell.value}")
    value: Cell = cell.value
    return value
