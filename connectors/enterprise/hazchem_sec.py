"""Double prevention of hazardous-chemicals enterprises (sec_* tables): pushed messages and files -> records.

A message is ``{"datas": ...}`` with a JSON array, plain or closed with AES; a file is such a message, an array, or one
row per line. The path or file name tells the table, else the rows' own fields do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from connectors.arrow import to_table
from connectors.clock import BEIJING, zone_named
from connectors.duplicates import last_wins
from connectors.enterprise.hazchem_sec_cipher import Lock
from connectors.enterprise.hazchem_sec_rows import Reader, shown
from connectors.enterprise.hazchem_sec_tables import PERSONAL, TABLES, SecTable, table_named, table_of_row
from connectors.enterprise.hazchem_sec_words import words_of
from connectors.json_text import read_json, read_json_text
from connectors.model import About, Outcome, Parsed, Payload, Receipt, Reject
from connectors.person import salt_of
from connectors.pushing import Reply, status_of
from connectors.refusal import RefusedError
from connectors.text import UndecodableError, decode

_FORMAT = "hazchem"
_BY_LANDING = {table.landing: table for table in TABLES.values()}


class HazchemSecParser:
    """Options: ``zone``; ``salt`` that persons are hashed with; ``cipher`` of ``datas`` (as in
    connectors/cipher.py, with its ``key``); code lists of a dialect:
    ``danger_levels``, ``danger_states``, ``danger_sources``, ``danger_categories``, ``manage_types``.
    """

    format = "hazchem_sec"
    tables: Mapping[str, pa.Schema] = {table.landing: table.schema for table in TABLES.values()}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        zone = zone_named(options.get("zone", BEIJING))
        reading = _Reading(Reader(zone, words_of(options), salt_of(options)))
        lock = Lock.of(options.get("cipher"))
        try:
            envelope, rows = _rows_of(payload.body, lock)
            table = _declared_table(payload, envelope)
            if not rows and envelope is None and table is None:
                raise RefusedError("hazchem.table.unknown", "an empty list, and nothing says of which table")
        except RefusedError as error:
            return Parsed({}, [Reject("payload", error.rule, str(error))])
        reading.reader.company = _company(envelope)
        for number, row in rows:
            reading.take(number, row, table)
        return reading.parsed()

    def reply(self, receipt: Receipt) -> Reply:
        """The exchange's own form: ``code`` 500 only where nothing stands, else a sender would send all of it again."""
        rows = [
            {"id": _id_of(reject), "where": reject.where, "rule": reject.rule, "reason": reject.reason}
            for reject in receipt.rejects
        ]
        code = 500 if receipt.outcome is Outcome.REJECTED else 200
        message = f"{receipt.records} rows stored, {len(rows)} refused"
        return Reply(status_of(receipt), {"data": {"code": code, "msg": message, "rows": rows}})

    def refusal(self, status: int, reason: str) -> Reply:
        return Reply(status, {"data": {"code": 500, "msg": reason, "rows": []}})


@dataclass
class _Reading:
    """The rows of one payload, by table, and what is told of them."""

    reader: Reader
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)

    def take(self, number: str, row: Any, declared: str | None) -> None:
        table: SecTable | None = None
        try:
            name = declared or (table_of_row(row) if isinstance(row, dict) else None)
            if name in PERSONAL:
                self.reader.told.add(str(name), "(personal data, not landed)")
                return
            if isinstance(row, RefusedError):
                raise row
            if not isinstance(row, dict):
                raise RefusedError("hazchem.row", "the row is no object with fields")
            if name is None:
                raise RefusedError("hazchem.table.unknown", "neither a name nor its fields tell which table it is of")
            table = TABLES[name]
            self.records.setdefault(table.landing, []).append(self.reader.record(table, row))
        except RefusedError as error:
            landing = table.landing if table else None
            self.rejects.append(Reject(number, error.rule, str(error), landing, shown(table, row)))

    def parsed(self) -> Parsed:
        tables, drift = {}, self.reader.told.drift()
        for landing, records in self.records.items():
            table = _BY_LANDING[landing]
            # Senders page over the newest first: of two versions the one that was changed last stands.
            records.sort(key=lambda record: record["updated_at"].timestamp() if record["updated_at"] else 0.0)
            kept, repeated = last_wins(records, (table.key,), landing)
            drift += repeated
            tables[landing] = to_table(table.schema, kept)
        return Parsed(tables, self.rejects, drift)


def _rows_of(body: bytes, lock: Lock | None) -> tuple[dict[str, Any] | None, list[tuple[str, Any]]]:
    """The message around the rows, if there is one, and the rows with where they stand."""
    lines = _lines(body)
    if lines is not None:
        return None, lines
    document = read_json(body, _FORMAT)
    if isinstance(document, list):
        return None, list(_numbered(document))
    if not isinstance(document, dict):
        raise RefusedError("hazchem.document", "the document is neither a message with datas nor a list of rows")
    if "datas" not in document:
        if table_of_row(document) is None:
            raise RefusedError("hazchem.document", "the message has no datas, and it is no row of a table either")
        return None, [("row 1", document)]
    datas = document["datas"]
    if isinstance(datas, str):
        datas = _opened(datas, lock)
    if not isinstance(datas, list):
        raise RefusedError("hazchem.document", "datas holds no list of rows")
    return document, list(_numbered(datas))


def _opened(datas: str, lock: Lock | None) -> Any:
    if datas.lstrip().startswith("["):  # a list, written as text and not closed
        return read_json_text(datas, _FORMAT)
    if lock is None:
        raise RefusedError("hazchem.cipher", "datas is closed, and the contract names no cipher to open it")
    return read_json(lock.open(datas), _FORMAT)


def _numbered(rows: list[Any]) -> Iterator[tuple[str, Any]]:
    for number, row in enumerate(rows, start=1):
        yield f"row {number}", row


def _lines(body: bytes) -> list[tuple[str, Any]] | None:
    """Rows of NDJSON: more than one line, each an object that is whole. None if it is no such file."""
    try:
        lines = [(number, line) for number, line in enumerate(decode(body).text.splitlines(), start=1) if line.strip()]
    except UndecodableError:
        return None  # said where the whole document is read
    if len(lines) < 2 or not all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for _, line in lines):
        return None
    return [(f"line {number}", _line(line)) for number, line in lines]


def _line(text: str) -> Any:
    """The row of one line, or why it is none."""
    try:
        return read_json_text(text, _FORMAT)
    except RefusedError as error:
        return error


def _declared_table(payload: Payload, envelope: Mapping[str, Any] | None) -> str | None:
    """The table that path, file name or message name."""
    for text in (payload.facts.get("path", ""), payload.name, str((envelope or {}).get("tableName", ""))):
        if (name := table_named(text)) is not None:
            return name
    return None


def _company(envelope: Mapping[str, Any] | None) -> str | None:
    company = str((envelope or {}).get("companyCode") or "").strip()
    return company or None


def _id_of(reject: Reject) -> Any:
    record = reject.record or {}
    table = _BY_LANDING.get(reject.table or "")
    return record.get("id") or (record.get(table.key) if table else None)


PARSER = HazchemSecParser()
ABOUT = About(
    title="危化品企业双重预防机制数据交换 Double prevention of hazchem enterprises (sec_*)",
    reads="Pushes to /{table} with datas (JSON array, plain or AES), and files: messages, arrays, one row per line.",
    quirks=(
        "Rows stand for themselves: one that cannot be read costs that row, and the reply names it.",
        "dangersSrc is read as dangerSrc; ids are unique per enterprise, so its code stands in front of them.",
        "Sent again and again (daily overlap, moving pages): of two versions the one with the later updateDate stands.",
        "Rows that are marked deleted land as such; what is no longer sent is not taken for deleted.",
        "Accepted (9) closes a danger: the exchange knows no later step.",
        "Names and telephones become salted hashes (PERSON_SALT); without a salt they are left out, and counted.",
        "Tables of employees (files, places, alarms) are counted and not landed.",
    ),
    limits=(
        "[K] Mode, padding and key exchange of AES, and how it is spelled: option cipher.",
        "Codes without published values (workDayType, workType, checkCycleUnit, checkStatus, isDefend) stay as sent.",
        "dangerLevel is 0/1 by the specification; senders of 1/2 need the option danger_levels; others are refused.",
        "Senders that increment by createDate never send later changes of state: nothing here can know them.",
    ),
    verified=("Field names and codes of the specification v1.3 as quoted in formats.md 5.2", "own fixtures"),
)
