"""Bytes -> records, whatever their layout: cells by header name, or members of JSON objects by dotted path."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from connectors.declared.profile import Input
from connectors.json_text import read_json_text
from connectors.model import Payload
from connectors.refusal import RefusedError
from connectors.sheet import read_sheets
from connectors.text import Decoded, UndecodableError, decode

NAME = "(name)"
NUMBER = "(number)"
"""Pseudo columns: the payload's name, for some sources say only there which station it is, and the record's number."""

Cells = dict[str, Any]
Broken = tuple[str, RefusedError]
"""Where, and why, a record cannot be read."""
_LINE_END = re.compile(r"\r\n|\r|\n")  # str.splitlines knows more of them, also inside quoted texts
_LONGEST_LIST = 16  # a longer list of plain values is a value of its own, not so many fields


@dataclass(frozen=True)
class Record:
    where: str
    cells: Cells


@dataclass(frozen=True)
class Document:
    """``columns`` is the header, None for JSON; ``pseudo`` what each record has besides.

    ``records(path)`` gives records and, where one is broken, place and refusal. Tables can be read once only.
    """

    columns: tuple[str, ...] | None
    records: Callable[[str], Iterator[Record | Broken]]
    pseudo: Set[str] = frozenset()
    units: Mapping[str, str] = field(default_factory=dict)
    codec: str | None = None


class Body:
    """A payload's bytes, decoded and read once however many profiles look at them."""

    def __init__(self, payload: Payload) -> None:
        self.payload = payload

    @cached_property
    def decoded(self) -> Decoded:
        if not self.payload.body.strip():
            raise RefusedError("mapped.empty", "the document is empty")
        try:
            return decode(self.payload.body)
        except UndecodableError as error:
            raise RefusedError("mapped.encoding", str(error)) from None

    @cached_property
    def json(self) -> Any:
        return read_json_text(self.decoded.text, "mapped")

    def text(self, encoding: str | None) -> str:
        if encoding is None:
            return self.decoded.text
        try:
            return self.payload.body.decode(encoding)
        except (UnicodeDecodeError, LookupError) as error:
            raise RefusedError("mapped.encoding", f"the bytes are not {encoding}: {error}") from None


def open_document(body: Body, layout: Input) -> Document:
    """Raises RefusedError if the bytes are not laid out like this at all."""
    if layout.kind == "json":
        return _json(body, layout)
    if layout.kind == "ndjson":
        return _ndjson(body, layout)
    return _sheet(body, layout) if layout.kind == "xlsx" else _table(body, layout)


# -- tables ------------------------------------------------------------------------------------------------------

_Line = tuple[str, list[Any]]


def _table(body: Body, layout: Input) -> Document:
    text = body.text(layout.encoding)
    if text.lstrip()[:1] in ("<", "{", "["):
        raise RefusedError("mapped.kind", "the document is HTML, XML or JSON, not a table")
    lines = _LINE_END.split(text)
    fixed = {NAME: body.payload.name} | {f"(line {n})": line for n, line in enumerate(lines[: layout.skip_lines], 1)}
    numbered = enumerate(lines[layout.skip_lines :], layout.skip_lines + 1)
    wanted = ((n, line) for n, line in numbered if not (layout.comment and line.startswith(layout.comment)))
    codec = body.decoded.codec if layout.encoding is None else None
    return _with_header(_split(wanted, layout), layout, fixed, codec)


def _split(lines: Iterator[tuple[int, str]], layout: Input) -> Iterator[_Line | Broken]:
    if layout.kind == "blank":
        yield from ((f"line {n}", list(line.split())) for n, line in lines if line.strip())
    elif layout.kind == "fixed":
        yield from ((f"line {n}", _cut(line, layout.widths)) for n, line in lines if line.strip())
    elif layout.multiline:
        yield from _csv(lines, layout)
    else:
        for line in lines:
            try:
                yield from _csv(iter([line]), layout)
            except RefusedError as error:
                yield f"line {line[0]}", error


def _csv(lines: Iterator[tuple[int, str]], layout: Input) -> Iterator[_Line]:
    number = 0

    def texts() -> Iterator[str]:
        nonlocal number
        for number, line in lines:  # noqa: B007 - it is the number that an error names
            yield line + "\n"

    quoting: Any = {"quotechar": layout.quote} if layout.quote else {"quoting": csv.QUOTE_NONE}
    reader = csv.reader(texts(), strict=True, delimiter=layout.delimiter, **quoting)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield f"line {number}", list(cells)
    except csv.Error as error:
        raise RefusedError("mapped.csv", f"the CSV breaks off at line {number}: {error}") from None


def _cut(line: str, widths: tuple[int, ...]) -> list[str]:
    cells, start = [], 0
    for width in widths:
        cells.append(line[start : start + width].strip())
        start += width
    rest = line[start:].strip()
    return [*cells, rest] if rest else cells


def _sheet(body: Body, layout: Input) -> Document:
    try:
        sheets = read_sheets(body.payload.body, "mapped")
    except UndecodableError as error:
        raise RefusedError("mapped.encoding", str(error)) from None
    found = next((sheet for sheet in sheets if layout.sheet in (None, sheet.title)), None)
    if found is None:
        raise RefusedError("mapped.sheet", f"the workbook has no sheet {layout.sheet}")
    return _with_header(iter(found.rows[layout.skip_lines :]), layout, {NAME: body.payload.name}, found.codec)


def _with_header(lines: Iterator[_Line | Broken], layout: Input, fixed: Cells, codec: str | None) -> Document:
    if layout.columns:
        names = list(layout.columns)
    else:
        names = [str(name or "").strip() for name in _cells(next(lines, None))]
        if not any(names):
            raise RefusedError("mapped.empty", "there is no header")
    units: dict[str, str] = {}
    if layout.units_row:
        row = _cells(next(lines, None))
        units = {name: str(unit or "").strip() for name, unit in zip(names, row, strict=False)}
    for _ in range(layout.skip_after):
        next(lines, None)

    def records(path: str) -> Iterator[Record | Broken]:
        for number, (where, cells) in enumerate(lines, 1):
            try:
                if isinstance(cells, RefusedError):
                    raise cells
                yield Record(where, {**fixed, NUMBER: number, **_by_name(names, cells)})
            except RefusedError as error:
                yield where, error

    return Document(tuple(names), records, {*fixed, NUMBER}, units, codec)


def _cells(line: _Line | Broken | None) -> list[Any]:
    if line is not None and isinstance(line[1], RefusedError):
        raise line[1]
    return [] if line is None else line[1]


def _by_name(names: list[str], cells: list[Any]) -> Cells:
    """Strictly as many cells as names: with one more, even an empty one, the values may stand under wrong names."""
    if len(cells) != len(names):
        reason = f"the line has {len(cells)} cells where {len(names)} are expected: a separator inside a value?"
        raise RefusedError("mapped.row.cells", reason)
    numbered = enumerate(zip(names, cells, strict=True), 1)
    return {name or f"column {n}": cell for n, (name, cell) in numbered if name or cell not in (None, "")}


# -- JSON --------------------------------------------------------------------------------------------------------


def _json(body: Body, layout: Input) -> Document:
    value = body.json
    _refuse_failure(value, layout)

    def records(path: str) -> Iterator[Record | Broken]:
        return _walk(value, path.split(".") if path else [], "", {NAME: body.payload.name})

    return Document(None, records)


def _ndjson(body: Body, layout: Input) -> Document:
    lines = [(n, line) for n, line in enumerate(_LINE_END.split(body.text(layout.encoding)), 1) if line.strip()]
    first = read_json_text(lines[0][1], "mapped")
    if not isinstance(first, dict):
        raise RefusedError("mapped.kind", "the first line is no JSON object")

    def records(path: str) -> Iterator[Record | Broken]:
        for number, line in lines:
            where = f"line {number}"
            try:
                value = read_json_text(line, "mapped")
                yield from _walk(value, path.split(".") if path else [], where, {NAME: body.payload.name})
            except RefusedError as error:
                yield where, error

    return Document(None, records)


def _refuse_failure(value: Any, layout: Input) -> None:
    if layout.success is None:
        return
    said = value
    for name in layout.success.path.split("."):
        said = said.get(name) if isinstance(said, dict) else None
    if said is None:
        raise RefusedError("mapped.success.missing", f"the reply does not say at {layout.success.path} how it went")
    if str(said) not in {str(good) for good in layout.success.values}:
        raise RefusedError("mapped.failure", f"the source answered with a failure: {layout.success.path} is {said!r}")


def _walk(value: Any, path: list[str], where: str, above: Cells) -> Iterator[Record | Broken]:
    """The objects at ``path``; what stands above them is found under ``../``, two levels up under ``../../``."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, path, f"{where}[{index}]", above)
    elif not isinstance(value, dict):
        yield where or "document", RefusedError("mapped.record.kind", "there is no JSON object where a record is")
    elif not path:
        yield Record(where or "document", {**flat(value), **above})
    else:
        name, rest = path[0], path[1:]
        place = f"{where}.{name}" if where else name
        if not isinstance(child := value.get(name), dict | list):
            yield place, RefusedError("mapped.records.missing", f"there are no records at {name}")
            return
        own = {key: item for key, item in value.items() if key != name}
        higher = {(key if key == NAME else f"../{key}"): item for key, item in {**flat(own), **above}.items()}
        yield from _walk(child, rest, place, higher)


def flat(value: Mapping[str, Any]) -> Cells:
    """Members by dotted path: ``place.lon``; elements of short lists of plain values by number: ``coords.0``."""
    cells: Cells = {}
    for key, item in value.items():
        if isinstance(item, dict) and item:
            cells.update({f"{key}.{inner}": cell for inner, cell in flat(item).items()})
        elif isinstance(item, list) and _is_short_and_plain(item):
            cells.update({f"{key}.{number}": cell for number, cell in enumerate(item)})
        else:
            cells[key] = item
    return cells


def _is_short_and_plain(items: list[Any]) -> bool:
    return len(items) <= _LONGEST_LIST and not any(isinstance(item, dict | list) for item in items)


def is_pseudo(column: str) -> bool:
    return column.startswith("(") and column.endswith(")")


def parents(column: str) -> int:
    """How many levels up a JSON column lies."""
    return len(re.match(r"(?:\.\./)*", column).group()) // 3  # type: ignore[union-attr] # it always matches
