"""Tables as people save them: CSV and workbooks, the same bytes for the same rows."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from openpyxl import Workbook

Rows = Sequence[Mapping[str, object]]


def to_csv(rows: Rows) -> str:
    """The header is the keys of the first row; CRLF, as a spreadsheet saves it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return out.getvalue()


def to_xlsx(sheets: Mapping[str, Iterable[Iterable[object]]], saved: datetime) -> bytes:
    """A workbook of sheets by title, header rows included."""
    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.properties.created = book.properties.modified = saved.replace(tzinfo=None)
    raw = io.BytesIO()
    book.save(raw)
    return _without_zip_times(raw.getvalue())


def with_header(rows: Rows) -> list[list[object]]:
    """The keys of the first row, then the values of all."""
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def _without_zip_times(xlsx: bytes) -> bytes:
    """The same workbook with the time of packing taken out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            target.writestr(
                zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0)), source.read(item), zipfile.ZIP_DEFLATED
            )
    return out.getvalue()
