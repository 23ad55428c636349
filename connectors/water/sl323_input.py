"""Rows of an SL 323 table from whatever they travel in: the database transport's chunks, or an export.

A chunk is ``{"table": "ST_RIVER_R", "columns": [...], "rows": [[...]]}``. An export is a CSV file with a header, a
JSON array of row objects, or one row object a line; its table is read from the file name, else from the columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.json_text import read_json_text
from connectors.model import Payload
from connectors.refusal import RefusedError
from connectors.text import decode
from connectors.water.sl323_tables import SOURCE_TABLES, table_of_columns

_TABLE_NAME = re.compile(r"(?:ST|(?<![A-Z])F)_[A-Z0-9]+_[A-Z](?![A-Z])")


@dataclass(frozen=True)
class Rows:
    """Raw rows as dicts with upper-case column names; a row that is none stays what it was."""

    table: str
    rows: list[Any]
    codec: str


def read_rows(payload: Payload, aliases: Mapping[str, str]) -> Rows:
    """Raises RefusedError (or UndecodableError) if the payload as a whole says nothing."""
    decoded = decode(payload.body)
    text = decoded.text.strip()
    if not text:
        raise RefusedError("sl323.payload.empty", "the payload is empty")
    if text[0] in "[{":
        table, rows = _from_json(text)
    elif text[0] == "<":
        raise RefusedError("sl323.payload.markup", "the payload is HTML or XML, not rows of a table")
    else:
        table, rows = None, _from_csv(text)
    names = {alias.upper(): name.upper() for alias, name in aliases.items()}
    renamed = [_renamed(row, names) if isinstance(row, dict) else row for row in rows]
    if not renamed and table is None:  # of a chunk an empty answer of the database is believed, of a file it is not
        raise RefusedError("sl323.payload.no_rows", "the file holds no rows")
    columns = set().union(*(row.keys() for row in renamed if isinstance(row, dict)))
    return Rows(_table(table, payload.name, columns), renamed, decoded.codec)


def _table(declared: str | None, file_name: str, columns: set[str]) -> str:
    named = _TABLE_NAME.search(file_name.upper())
    table = declared.strip().upper() if declared else named.group() if named else table_of_columns(columns)
    if table is None:
        raise RefusedError(
            "sl323.table.unclear", "neither the file name nor the columns say which table of SL 323 these rows are from"
        )
    if table not in SOURCE_TABLES:
        raise RefusedError("sl323.table.unknown", f"rows of table {table[:40]} are not read yet; they stay archived")
    return table


def _renamed(row: dict[Any, Any], names: Mapping[str, str]) -> dict[str, Any]:
    upper = {str(name).strip().upper(): value for name, value in row.items()}
    return {names.get(name, name) if names.get(name) not in upper else name: value for name, value in upper.items()}


def _from_csv(text: str) -> list[Any]:
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if any(line)]
    except csv.Error as error:
        raise RefusedError("sl323.payload.csv", f"the CSV cannot be read: {error}") from error
    header, *body = lines
    if len(set(header)) < len(header):
        raise RefusedError("sl323.payload.csv", "two columns of the CSV have the same name")
    return [_zipped(header, [cell or None for cell in line]) for line in body]


def _from_json(text: str) -> tuple[str | None, list[Any]]:
    try:
        document = read_json_text(text, "sl323")
    except RefusedError as error:
        return None, _from_lines(text, error)
    if isinstance(document, list):
        return None, document
    if "rows" not in document:
        return None, [document]
    table, columns, rows = document.get("table"), document.get("columns"), document["rows"]
    if not (isinstance(table, str) and isinstance(columns, list) and isinstance(rows, list)):
        raise RefusedError("sl323.payload.chunk", "the chunk needs a table name, a list of columns and a list of rows")
    return table, [_zipped([str(column) for column in columns], row) for row in rows]


def _from_lines(text: str, error: RefusedError) -> list[Any]:
    try:
        return [read_json_text(line, "sl323") for line in text.splitlines() if line.strip()]
    except RefusedError:
        raise RefusedError("sl323.payload.json", str(error)) from error


def _zipped(columns: list[str], row: Any) -> Any:
    if not isinstance(row, list) or len(row) != len(columns):
        return row
    return dict(zip(columns, row, strict=True))
