"""The envelope that all file types of the coal-mine family share (MT/T 1201, 42号文): name, header, records.

    {mine code}_{TYPE}_{yyyyMMddHHmmss}.txt
    mine code;mine name;upload time~record~record~...||

Line breaks mean nothing: some vendors write one after every ``~``, others none. The rules by which a file is
refused are those of a consumer in the field: whatever makes mine, time or completeness doubtful refuses it whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from connectors.clock import ClockError, to_utc
from connectors.enterprise.mine_dialects import Dialect
from connectors.enterprise.mine_layouts import UNDOCUMENTED
from connectors.model import Payload
from connectors.refusal import RefusedError
from connectors.text import is_damaged

END = "||"
_FULL_WIDTH = str.maketrans("；：～", ";:~")
# By shape, not by length: six more characters behind the time are seen in the field.
_NAME = re.compile(
    r"(?P<mine>[0-9A-Za-z]{12,20})_(?P<type>[A-Za-z]+)_(?P<time>\d{14})\w*\.txt", re.ASCII | re.IGNORECASE
)


class Name(NamedTuple):
    """What a file's name says: whose it is and what it holds."""

    mine_code: str
    type: str


class Header(NamedTuple):
    """``facts`` are the header's further fields (system, maker, quota), by name; texts that were destroyed before they
    were sent are left out of it and of the mine's name, and ``is_damaged`` says so.
    """

    mine_code: str
    mine_name: str
    issued_at: datetime
    facts: Mapping[str, str]
    is_damaged: bool


@dataclass(frozen=True)
class MineFile:
    """A file whose envelope is sound, or a part of it; ``records`` are raw texts between ``~``, in order.

    ``first`` is the number of the first of them in the whole file. ``is_suspicious`` says that a record may be
    damaged or written with full-width signs.
    """

    type: str
    header: Header
    records: list[str]
    is_suspicious: bool
    dialect: Dialect
    zone: tzinfo
    first: int = 1

    @property
    def mine_code(self) -> str:
        return self.header.mine_code

    @property
    def issued_at(self) -> datetime:
        return self.header.issued_at


def read_name(name: str, dialect: Dialect) -> Name:
    """RefusedError for a name of another shape, and for a type that is not read."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise RefusedError(
            "mine.file.name", f"the file name {name!r} is not of the form minecode_TYPE_yyyyMMddHHmmss.txt"
        )
    kind = match["type"].upper()
    if kind in UNDOCUMENTED:
        reason = f"files of type {kind} ({UNDOCUMENTED[kind]}) are known by name only: no implementer documents"
        raise RefusedError("mine.type.undocumented", f"{reason} their fields; the file stays archived")
    if not dialect.layouts_of(kind):
        raise RefusedError("mine.type.unknown", f"files of type {kind} are not known; the file stays archived")
    return Name(match["mine"], kind)


def read_header(text: str, name: Name, dialect: Dialect, zone: tzinfo) -> Header:
    """The header's fields in the first of the dialect's spellings whose time can be read; ``zone`` is that of it."""
    if "；" in text and not dialect.repairs_full_width:
        raise RefusedError("mine.separator.full_width", "the header is separated by full-width ； instead of ;")
    fields = [field.strip() for field in repaired(text, dialect).split(";")]
    wrong = f"the header has {len(fields)} fields instead of mine code, mine name and upload time"
    rule = "mine.header.fields"
    for spelling in dialect.headers:
        if len(spelling) != len(fields):
            continue
        found = dict(zip(spelling, fields, strict=True))
        found.pop("-", None)
        try:
            issued_at = to_utc(found.pop("issued_at"), zone)
        except ClockError as error:
            wrong = wrong if rule == "mine.header.time" else f"the header's time cannot be read: {error}"
            rule = "mine.header.time"
            continue
        mine_code = found.pop("mine_code", name.mine_code)
        if mine_code != name.mine_code:
            reason = f"the header is of mine {mine_code!r}, the file name of mine {name.mine_code!r}"
            raise RefusedError("mine.header.mine_code", reason)
        told = {key: value for key, value in found.items() if value and not is_damaged(value)}
        return Header(mine_code, told.pop("mine_name", ""), issued_at, told, is_damaged(text))
    raise RefusedError(rule, wrong)


def check_clock(header: Header, payload: Payload, max_future_s: float) -> None:
    if header.issued_at > payload.fetched_at + timedelta(seconds=max_future_s):
        raise RefusedError(
            "mine.header.future",
            f"the header's time {header.issued_at.isoformat()} is in the future: the sender's clock is wrong",
        )


def without_breaks(text: str) -> str:
    """Line breaks mean nothing, wherever they stand."""
    if "\n" in text or "\r" in text:
        return text.replace("\r", "").replace("\n", "")
    return text


def repaired(text: str, dialect: Dialect) -> str:
    """Full-width signs as what they are meant to be, where the dialect says so."""
    return text.translate(_FULL_WIDTH) if dialect.repairs_full_width else text


def split(text: str) -> tuple[str, list[str]]:
    """Header and records of a whole file."""
    text = without_breaks(text).rstrip()
    if not text.endswith(END):
        raise incomplete()
    text = text.removesuffix(END)
    if "~" not in text:
        raise no_records()
    head, *records = text.removesuffix("~").split("~")
    return head, records


def incomplete() -> RefusedError:
    return RefusedError("mine.file.incomplete", f"the file does not end with {END}: it was not written to its end")


def no_records() -> RefusedError:
    return RefusedError("mine.file.no_records", "the file has a header but no record")


def is_complete(body: bytes) -> bool:
    """True once the sender has written the end mark ``||``."""
    return body.rstrip().endswith(END.encode("ascii"))
