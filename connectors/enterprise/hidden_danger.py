"""Exports of a mine's hidden-danger ledger 隐患台账 -> ``hidden_danger``, ``rectification_order``, ``spot_disposal``.

Three kinds of files, told apart by their headers: the dangers, the orders to rectify them (四定表: person, time,
measure, money) and what was mended on the spot. Dates that contradict each other land as they are: the contract's
rules flag them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import pyarrow as pa

from connectors.arrow import as_json, to_table
from connectors.clock import BEIJING, ClockError, local_to_utc, to_utc, zone_named
from connectors.duplicates import last_wins
from connectors.enterprise import hidden_danger_table as dangers
from connectors.enterprise.hidden_danger_orders import DISPOSAL_SCHEMA, ORDER_SCHEMA
from connectors.enterprise.hidden_danger_words import (
    DANGER,
    DISPOSAL,
    KINDS,
    LEVELS,
    MANAGE_TYPES,
    ORDER,
    PERSONS,
    STATE_NUMBERS,
    STATES,
    Kind,
)
from connectors.model import About, Drift, Parsed, Payload, Reject
from connectors.numbers import NumberError, to_number
from connectors.person import hashed, is_personal, salt_of
from connectors.refusal import RefusedError
from connectors.sheet import Cell, Formula, Sheet, read_sheets
from connectors.telling import ENCODING, SHEET_NOT_READ, Told
from connectors.text import UndecodableError, is_damaged, is_storable
from connectors.truth import TRUTHS

FORMAT = "hidden_danger"
_SCHEMAS = {DANGER.table: dangers.SCHEMA, ORDER.table: ORDER_SCHEMA, DISPOSAL.table: DISPOSAL_SCHEMA}
_KEYS = {DANGER.table: dangers.KEY, ORDER.table: ("order_code",), DISPOSAL.table: ("disposal_code",)}
_NOISE = re.compile(r"[\s*＊]|[(（\[【].*?[)）\]】]")
_SEVERAL = re.compile(r"[、,，;；/\s]+")
_TITLE_ROWS = 10

Row = dict[str, Any]


@dataclass(frozen=True)
class _Export:
    """A sheet as one of its kinds; ``columns`` are ours by place, None where the header is unknown.

    A sheet that joins several kinds is an export of each; a header that only another one knows is ``~`` and its column.
    """

    kind: Kind
    headers: list[str]
    columns: list[str | None]
    rows: list[tuple[str, list[Cell]]]
    is_joined: bool = False


class HiddenDangerParser:
    """Options: ``zone`` of the times (default Asia/Shanghai), ``salt`` of the hashes that stand for persons."""

    format = FORMAT
    tables: Mapping[str, pa.Schema] = _SCHEMAS

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        told = Told()
        try:
            exports = _exports(read_sheets(payload.body, FORMAT), told)
        except RefusedError as error:
            return Parsed({}, [Reject("file", error.rule, str(error), DANGER.table)])
        except UndecodableError as error:
            return Parsed({}, [Reject("file", "hidden_danger.file.encoding", str(error), DANGER.table)])
        reading = _Reading(zone_named(options.get("zone", BEIJING)), salt_of(options), told)
        drift: list[Drift] = []
        for export in exports:
            reading.read(export)
        tables: dict[str, pa.Table] = {}
        for name, rows in reading.rows.items():
            kept, notes = last_wins(rows, _KEYS[name], name)
            drift += notes
            if kept:
                tables[name] = to_table(_SCHEMAS[name], kept)
        return Parsed(tables, reading.rejects, [*reading.told.drift(), *drift])


class _Reading:
    """Rows by table, rejects and what is told of one file."""

    def __init__(self, zone: tzinfo, salt: str | None, told: Told) -> None:
        self.zone, self.salt, self.table = zone, salt, DANGER.table
        self.rows: dict[str, list[Row]] = {}
        self.rejects: list[Reject] = []
        self.told = told

    def read(self, export: _Export) -> None:
        make = {DANGER.table: self._danger, ORDER.table: self._order, DISPOSAL.table: self._disposal}[export.kind.table]
        self.table = export.kind.table
        rows = self.rows.setdefault(self.table, [])
        for where, cells in export.rows:
            if export.is_joined and export.kind is not DANGER and _lacks(export, cells):
                continue  # a danger for which there is no order, or that was not mended on the spot
            try:
                known, extra = self._cells(export, cells)
                row = make(known, extra)
                rows.append(row | {"extra": as_json(extra or None)})
            except RefusedError as error:
                reject = Reject(where, error.rule, str(error), export.kind.table, _raw(export, cells))
                self.rejects.append(reject)

    def _cells(self, export: _Export, cells: list[Cell]) -> tuple[Row, Row]:
        """Filled cells by our names, and those of unknown columns by their headers."""
        if len(cells) != len(export.headers):
            reason = f"the row has {len(cells)} cells, the header {len(export.headers)}: an unquoted comma?"
            raise RefusedError("hidden_danger.row.cells", reason)
        known: Row = {}
        extra: Row = {}
        for header, column, cell in zip(export.headers, export.columns, cells, strict=True):
            text = _text(cell, header)
            if text is None:
                continue
            if column is None:
                self.told.add(export.kind.table, header)
                if not is_personal(header):
                    extra[header] = text
            elif not column.startswith("~"):
                known[column] = cell if isinstance(cell, date) else text
        for column in export.kind.required:
            if column not in known:
                header = export.kind.headers[column][0]
                raise RefusedError(f"hidden_danger.{column}.missing", f"{header} ({column}) is empty")
        return known, extra

    def _danger(self, known: Row, extra: Row) -> Row:
        row = {name: known.get(name) for name in dangers.SCHEMA.names if name in known and name not in _DERIVED}
        row |= {name: self._time(known, name) for name in _TIMES if name in known}
        deadline = row.get("deadline_at")
        if deadline is not None and _is_bare_date(known["deadline_at"]):
            row["deadline_at"] = deadline + timedelta(days=1)  # it lasts until that day is over
        row["danger_code"] = _code(known)
        row["state"], row["manage_type"] = _state(known), MANAGE_TYPES.get(str(known.get("state")))
        row["danger_level"] = self._level(known, extra)
        row["cost_cny"], row["is_supervised"] = _number(known, "cost_cny"), _truth(known, "is_supervised")
        row["responsible_person_hash"] = self._person(known, "responsible_person")
        row["accepted_by_hash"] = self._person(known, "accepted_by")
        finders = [self._person({"found_by": n}, "found_by") for n in _SEVERAL.split(known.get("found_by", "")) if n]
        kept = {"found_by_hashes": [name for name in finders if name] or None} | {
            name: known.get(name) for name in _KEPT
        }
        extra |= {name: value for name, value in kept.items() if value is not None}
        return row

    def _order(self, known: Row, extra: Row) -> Row:
        ordered, deadline = self._time(known, "ordered_at"), self._time(known, "deadline_at")
        allowed = (deadline - ordered).total_seconds() / 86400 if ordered and deadline else None
        return {
            "order_code": _code(known, "order_code"),
            "danger_code": _code(known),
            "ordered_at": ordered,
            "deadline_at": deadline,
            "days_allowed": allowed,
            "measure": known.get("measure"),
            "cost_cny": _number(known, "cost_cny"),
            "contingency_plan": known.get("contingency_plan"),
            "responsible_person_hash": self._person(known, "responsible_person"),
            "supervisor_hash": self._person(known, "supervisor"),
        }

    def _disposal(self, known: Row, extra: Row) -> Row:
        return {
            "disposal_code": _code(known, "disposal_code"),
            "danger_code": _code(known),
            "disposed_at": self._time(known, "disposed_at"),
            "has_safety_measure": _truth(known, "has_safety_measure"),
            "measure": known.get("measure"),
            "disposed_by_hash": self._person(known, "disposed_by"),
        }

    def _time(self, known: Row, column: str) -> datetime | None:
        cell = known.get(column)
        try:
            if isinstance(cell, date):
                return local_to_utc(cell, self.zone)
            return None if cell is None else to_utc(cell, self.zone, date_only=True)
        except ClockError as error:
            raise RefusedError(f"hidden_danger.{column}.time", f"{column}: {error}") from None

    def _person(self, known: Row, column: str) -> str | None:
        if self.salt is None and column in known:
            self.told.add(self.table, f"{column}.(no salt)")
        return hashed(known.get(column), self.salt)

    def _level(self, known: Row, extra: Row) -> str | None:
        """An unknown grade is no reason to lose a danger: its level stays open and the word in ``extra``."""
        grade = known.get("grade")
        if grade is None:
            return None
        extra["grade"] = grade
        if grade not in LEVELS:
            self.told.add(DANGER.table, "grade.unknown", grade)
        return LEVELS.get(grade)


def _is_bare_date(cell: Any) -> bool:
    """A spreadsheet knows a date only as its midnight; of a text we see whether it names an hour."""
    if isinstance(cell, datetime):
        return cell.time() == time()
    return isinstance(cell, date) or len(str(cell).strip()) <= len("2026-08-10")


_TIMES = ("found_at", "registered_at", "deadline_at", "rectified_at", "accepted_at", "closed_at", "updated_at")
_DERIVED = frozenset({*_TIMES, "danger_code", "state", "cost_cny", "is_supervised"})
_KEPT = ("shift", "check_unit", "report", "state_number")


def _exports(sheets: list[Sheet], told: Told) -> list[_Export]:
    exports: list[_Export] = []
    errors: list[RefusedError] = []
    for sheet in sheets:
        try:
            exports += _of_sheet(sheet)
            if sheet.codec not in (None, "utf-8"):
                told.add(exports[-1].kind.table, ENCODING, sheet.codec)
        except RefusedError as error:
            errors.append(error)
            told.add(DANGER.table, SHEET_NOT_READ, sheet.title, len(sheet.rows))
    if not exports:
        raise errors[0]
    return exports


def _of_sheet(sheet: Sheet) -> list[_Export]:
    """The sheet as each kind whose required columns its header has; the header may stand below a title."""
    for place, (_, cells) in enumerate(sheet.rows[:_TITLE_ROWS]):
        headers = ["" if cell is None else str(cell).strip() for cell in cells]
        columns = {kind.table: _columns(headers, kind) for kind in KINDS}
        kinds = [kind for kind in KINDS if set(kind.required) <= set(columns[kind.table])]
        if not kinds:
            continue
        if len(sheet.rows) == place + 1:
            raise RefusedError("hidden_danger.file.empty", "there are no rows below the header")
        named = [header or f"column {number}" for number, header in enumerate(headers, 1)]
        rows, found = sheet.rows[place + 1 :], []
        for kind in kinds:
            others = [columns[other.table] for other in kinds if other is not kind]
            found.append(_Export(kind, named, _own(columns[kind.table], others), rows, is_joined=bool(others)))
        return found
    words = ", ".join(f"{DANGER.headers[column][0]} ({column})" for column in DANGER.required)
    raise RefusedError(
        "hidden_danger.header.missing", f"the header is none of dangers, orders or disposals; dangers need {words}"
    )


def _own(columns: list[str | None], others: list[list[str | None]]) -> list[str | None]:
    """The columns of one kind of a sheet; what it knows twice, or not at all, is left to the others that know it."""
    counts = Counter(filter(None, columns))
    known: list[str | None] = []
    for place, column in enumerate(columns):
        elsewhere = next((other[place] for other in others if other[place]), None)
        known.append(f"~{elsewhere}" if elsewhere and (column is None or counts[column] > 1) else column)
    own = [column for column in known if column and not column.startswith("~")]
    if repeated := sorted({column for column in own if own.count(column) > 1}):
        raise RefusedError("hidden_danger.header.repeated", f"several headers mean {', '.join(repeated)}")
    return known


def _lacks(export: _Export, cells: list[Cell]) -> bool:
    """Has the row no code of the kind's own?"""
    place = export.columns.index(export.kind.required[0])
    return place < len(cells) and cells[place] in (None, "")


def _columns(headers: list[str], kind: Kind) -> list[str | None]:
    names = {_plain(text): column for column, texts in kind.headers.items() for text in texts}
    return [names.get(_plain(header)) for header in headers]


def _code(known: Row, column: str = "danger_code") -> str:
    """Ids count from one in every enterprise: its code stands in front where the export names it."""
    owner = known.get("enterprise_code") or known.get("mine_code")
    return f"{owner}-{known[column]}" if owner else str(known[column])


def _state(known: Row) -> str:
    """The word goes before the number: exports exist whose numbers lag behind."""
    word, number = known.get("state"), known.get("state_number")
    state = STATES.get(str(word)) if word is not None else STATE_NUMBERS.get(str(number))
    if state is None:
        raise RefusedError("hidden_danger.state.unknown", f"the state {word or number or 'empty'!r} is not known")
    return state


def _number(known: Row, column: str) -> float | None:
    try:
        return None if known.get(column) is None else to_number(known[column])
    except NumberError as error:
        raise RefusedError(f"hidden_danger.{column}.number", f"{column}: {error}") from None


def _truth(known: Row, column: str) -> bool | None:
    text = known.get(column)
    if text is None:
        return None
    if str(text).lower() not in TRUTHS:
        raise RefusedError(f"hidden_danger.{column}.unknown", f"{column}: {str(text)[:40]!r} is neither yes nor no")
    return TRUTHS[str(text).lower()]


def _text(cell: Cell, header: str) -> str | None:
    if isinstance(cell, Formula):
        raise RefusedError("hidden_danger.cell.formula", f"{header}: {cell[:40]!r} is a formula or an error, not data")
    if isinstance(cell, str) and (is_damaged(cell) or not is_storable(cell)):
        reason = f"{header}: the text was destroyed by a wrong decoding (U+FFFD, 锟斤拷)"
        raise RefusedError("hidden_danger.row.mojibake", reason)
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return None if cell is None else str(cell).strip() or None


def _raw(export: _Export, cells: list[Cell]) -> Row:
    """The row as it was exported, without the persons."""
    raw: Row = {}
    for place, cell in enumerate(cells):
        header = export.headers[place] if place < len(export.headers) else f"column {place + 1}"
        column = export.columns[place] if place < len(export.columns) else None
        column = column.removeprefix("~") if column else None
        is_person = cell not in (None, "") and (column in PERSONS or (column is None and is_personal(header)))
        plain = cell if isinstance(cell, str | int | float | bool | None) else str(cell)
        raw[header] = "(a person)" if is_person else plain
    return raw


def _plain(header: str) -> str:
    return _NOISE.sub("", header).lower()


PARSER = HiddenDangerParser()
ABOUT = About(
    title="隐患台账导出 / Exports of hidden-danger ledgers",
    reads="CSV or XLSX exports of three kinds, told apart by their headers: hidden dangers, rectification orders "
    "(四定表) and what was mended on the spot; a table that joins them is read as each.",
    quirks=(
        "headers in Chinese or English, below a title, in UTF-8 or GBK",
        "the word of a state goes before its number, which lags behind in known exports",
        "names of persons become salted hashes, also where one cell names several; columns of persons that are "
        "not known are told and not kept",
        "orders dated before the finding and deadlines of a wrong year land and are flagged by the contract's rules",
    ),
    limits=(
        "Ids count from one in every enterprise: exports of several need a column with the enterprise's code.",
        "The letter A is taken as a major danger, B to D as general ones [K]; the letter stays in extra.",
        "A state that is not in the list is rejected.",
    ),
    verified=("three recorded exports of one coal mine", "own fixtures"),
)
