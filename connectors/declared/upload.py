"""The bureau's own tables as people fill them in: CSV or XLSX whose header names the columns of a contract's table.

A header is a column's name or its Chinese title. Which table a sheet holds follows from its header, or its title.
Every row stands for itself: a wrong cell costs its row only, which is rejected as it was typed, with line and column.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connectors.arrow import as_json, to_table
from connectors.declared import upload_values
from connectors.declared.columns import Target, of_contract
from connectors.duplicates import last_wins
from connectors.errors import ConfigurationError
from connectors.model import About, Drift, Parsed, Parser, Payload, Reject
from connectors.person import hashed, is_personal, salt_of
from connectors.refusal import RefusedError
from connectors.sheet import Cell, Formula, Sheet, read_sheets
from connectors.telling import ENCODING, SHEET_NOT_READ, Told
from connectors.text import UndecodableError, is_damaged, is_storable

FORMAT = "upload"
_PERSON, _PERSONS = "_hash", "_hashes"
"""Columns whose names end so hold a person, or a list of them: what is typed there is hashed and never kept."""
_TITLE_ROWS = 10
_NOISE = re.compile(r"[\s*＊]|[(（\[【].*?[)）\]】]")

Column = Mapping[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class _Table:
    target: Target
    columns: Sequence[Column]

    @property
    def words(self) -> dict[str, Column]:
        """Header texts, without blanks, brackets and case -> the column."""
        return {_plain(text): column for column in self.columns for text in (str(column["name"]), _title(column))}


@dataclass(frozen=True)
class _Filled:
    """A sheet whose header is that of a table: columns by place, None for those that the contract does not know."""

    table: _Table
    headers: list[str]
    columns: list[Column | None]
    rows: list[tuple[str, list[Cell]]]
    codec: str | None


class UploadParser:
    """Options: ``tables`` (the contract's), ``salt`` where a column holds persons."""

    format = FORMAT

    def __init__(self, tables: Mapping[str, Sequence[Column]]) -> None:
        self._tables = [_Table(of_contract(name, columns), columns) for name, columns in tables.items()]
        self.tables: Mapping[str, pa.Schema] = {table.target.name: table.target.schema for table in self._tables}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        first, told = self._tables[0].target.name, Told()
        try:
            sheets = read_sheets(payload.body, FORMAT)
            filled = self._filled(sheets, told)
        except RefusedError as error:
            return Parsed({}, [Reject("file", error.rule, str(error), first)])
        except UndecodableError as error:
            return Parsed({}, [Reject("file", "upload.file.encoding", str(error), first)])
        tables: dict[str, pa.Table] = {}
        rejects: list[Reject] = []
        drift: list[Drift] = []
        for table in self._tables:
            reading = _Reading(table, salt_of(options), told)
            for sheet in filled:
                if sheet.table is table:
                    reading.read(sheet)
            rows, notes = last_wins(reading.rows, table.target.key, table.target.name)
            rejects += reading.rejects
            drift += notes
            if rows:
                tables[table.target.name] = to_table(table.target.schema, rows)
        return Parsed(tables, rejects, [*told.drift(), *drift])

    def _filled(self, sheets: list[Sheet], told: Told) -> list[_Filled]:
        """The sheets that are tables of ours; the others (instructions, code lists) are told. At least one."""
        filled: list[_Filled] = []
        errors: list[RefusedError] = []
        for sheet in sheets:
            try:
                filled.append(_recognised(sheet, self._tables))
            except RefusedError as error:
                errors.append(error)
                told.add(self._tables[0].target.name, SHEET_NOT_READ, sheet.title, len(sheet.rows))
        if not filled:
            raise errors[0]
        for found in filled:
            if found.codec not in (None, "utf-8"):
                told.add(found.table.target.name, ENCODING, found.codec)
        return filled


class _Reading:
    """Rows and rejects of one table."""

    def __init__(self, table: _Table, salt: str | None, told: Told) -> None:
        self.table, self.salt, self.told = table, salt, told
        self.rows: list[Row] = []
        self.rejects: list[Reject] = []

    def read(self, sheet: _Filled) -> None:
        for where, cells in sheet.rows:
            try:
                self.rows.append(self._row(sheet, cells))
            except RefusedError as error:
                reject = Reject(where, error.rule, str(error), self.table.target.name, _raw(sheet, cells))
                self.rejects.append(reject)

    def _row(self, sheet: _Filled, cells: list[Cell]) -> Row:
        if len(cells) != len(sheet.headers):
            reason = (
                f"the row has {len(cells)} cells, the header {len(sheet.headers)}: an unquoted comma, a broken line?"
            )
            raise RefusedError("upload.row.cells", reason)
        row: Row = {}
        extra: Row = {}
        for header, column, cell in zip(sheet.headers, sheet.columns, cells, strict=True):
            _refuse_unreadable(cell, header)
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                continue
            if column is not None:
                row[str(column["name"])] = self._value(cell, column)
                continue
            self.told.add(self.table.target.name, header)
            if not is_personal(header):
                extra[header] = upload_values.text(cell)
        for column in self.table.columns:
            if (column["required"] or column["key"]) and row.get(str(column["name"])) is None:
                reason = f"{_title(column)} ({column['name']}) is empty; of merged cells only the first one counts"
                raise RefusedError("upload.value.required", reason)
        return {**row, "extra": as_json(extra or None)}

    def _value(self, cell: Cell, column: Column) -> Any:
        try:
            if _holds_persons(column):
                return self._persons(cell, column)
            return upload_values.value(cell, column)
        except RefusedError as error:
            raise RefusedError(error.rule, f"{_title(column)} ({column['name']}): {error}") from None

    def _persons(self, cell: Cell, column: Column) -> str | None:
        if self.salt is None:
            if column["required"] or column["key"]:
                reason = "persons are kept as salted hashes only and there is no salt: set PERSON_SALT"
                raise RefusedError("upload.person.salt", reason)
            self.told.add(self.table.target.name, f"{column['name']}.(no salt)")
            return None
        if str(column["name"]).endswith(_PERSONS):
            return as_json([hashed(name, self.salt) for name in upload_values.parts(cell)])
        return hashed(upload_values.text(cell), self.salt)


def _holds_persons(column: Column) -> bool:
    return str(column["name"]).endswith((_PERSON, _PERSONS))


def _recognised(sheet: Sheet, tables: Sequence[_Table]) -> _Filled:
    """The sheet as the table whose required columns it has; of several, the one that explains most of its header."""
    fits = sorted((_fit(sheet, table) for table in tables), key=lambda fit: fit.rank, reverse=True)
    best = fits[0]
    if best.missing:
        words = ", ".join(f"{_title(column)} ({column['name']})" for column in best.missing)
        raise RefusedError("upload.header.missing", f"the header of {best.table.target.name} lacks {words}")
    if len(fits) > 1 and fits[1].rank == best.rank:
        names = f"{best.table.target.name} or {fits[1].table.target.name}"
        raise RefusedError("upload.header.several", f"the header fits {names}: name the sheet after its table")
    found = [str(column["name"]) for column in best.columns if column is not None]
    if repeated := [name for name, count in Counter(found).items() if count > 1]:
        raise RefusedError("upload.header.repeated", f"several headers mean {', '.join(repeated)}")
    if len(sheet.rows) == best.start + 1:
        raise RefusedError("upload.file.empty", "there are no rows below the header")
    return _Filled(best.table, best.headers, best.columns, sheet.rows[best.start + 1 :], sheet.codec)


@dataclass(frozen=True)
class _Fit:
    """How well a sheet's header is that of a table; it may stand below a title."""

    table: _Table
    start: int
    headers: list[str]
    columns: list[Column | None]
    is_named: bool

    @property
    def missing(self) -> list[Column]:
        needed = [column for column in self.table.columns if column["required"] or column["key"]]
        return [column for column in needed if column not in self.columns]

    @property
    def known(self) -> int:
        return sum(column is not None for column in self.columns)

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        return self.is_named and self.known > 0, not self.missing, self.known, -len(self.missing)


def _fit(sheet: Sheet, table: _Table) -> _Fit:
    words = table.words
    names = (_plain(table.target.name), _plain(sheet.title))
    best = (0, 0)
    for place, (_, cells) in enumerate(sheet.rows[:_TITLE_ROWS]):
        known = sum(_plain(str(cell)) in words for cell in cells if cell is not None)
        best = max(best, (known, -place))
    start = -best[1]
    headers = ["" if cell is None else str(cell).strip() for cell in sheet.rows[start][1]]
    columns = [words.get(_plain(header)) for header in headers]
    headers = [header or f"column {place}" for place, header in enumerate(headers, 1)]
    return _Fit(table, start, headers, columns, names[0] == names[1])


def _refuse_unreadable(cell: Cell, header: str) -> None:
    if isinstance(cell, Formula):
        raise RefusedError("upload.cell.formula", f"{header}: {cell[:40]!r} is a formula or an error: paste its value")
    if isinstance(cell, str) and (is_damaged(cell) or not is_storable(cell)):
        raise RefusedError(
            "upload.row.mojibake", f"{header}: the text was destroyed by a wrong decoding (U+FFFD, 锟斤拷)"
        )


def _raw(sheet: _Filled, cells: list[Cell]) -> Row:
    """The row as it was typed, by the headers of the file; persons are left out."""
    raw: Row = {}
    for place, cell in enumerate(cells):
        header = sheet.headers[place] if place < len(sheet.headers) else f"column {place + 1}"
        column = sheet.columns[place] if place < len(sheet.columns) else None
        is_person = is_personal(header) or (column is not None and _holds_persons(column))
        raw[header] = "(a person)" if is_person and cell not in (None, "") else _plain_cell(cell)
    return raw


def _plain_cell(cell: Cell) -> Any:
    return cell if isinstance(cell, str | int | float | bool | None) else str(cell)


def _title(column: Column) -> str:
    return str(column.get("title") or column["name"])


def _plain(header: str) -> str:
    return _NOISE.sub("", header).lower()


def parser_for(options: Mapping[str, Any]) -> Parser:
    """Raises ConfigurationError if the options name no tables: what is uploaded is declared in a contract."""
    tables = options.get("tables")
    if not tables:
        raise ConfigurationError(
            "An upload can only be read by the tables of a contract, and there is none",
            remedy="name a feed whose contract has the format upload",
        )
    return UploadParser(tables)


ABOUT = About(
    title="台账上传 / Uploaded tables",
    reads="CSV and XLSX whose header names the columns of a table of the contract, by name or by Chinese title.",
    quirks=(
        "a title above the header, extra sheets, trailing blank rows and columns, BOM, GBK and tabs are no hindrance",
        "one workbook may hold several tables of the contract, one a sheet",
        "lists are split at ；;，,、 and 是/否, √/× are read as truths, 2026年8月10日 and 2026.8.10 as dates",
        "columns whose name ends in _hash or _hashes hold persons: what is typed there is hashed and never kept",
        "columns that the contract does not know are kept in extra and told; those of persons are told only",
    ),
    limits=(
        "Formulas are refused (a cached value is not data), and so are codes of which a spreadsheet kept 15 digits.",
        "A number where a time is expected is refused: a serial day cannot be told from a typing error.",
        "Numbers with units or thousands separators are refused.",
        "Old .xls workbooks are refused.",
    ),
    verified=("own fixtures, written with openpyxl and by hand",),
)
