"""The envelope that all file types of the coal-mine family share (MT/T 1201, 42号文): name, header, records.

    {mine code}_{TYPE}_{yyyyMMddHHmmss}.txt
    mine code;mine name;upload time~record~record~...||

Line breaks mean nothing: some vendors write one after every ``~``, others none. The rules by which a file is
refused are those of a consumer in the field: whatever makes mine, time or completeness doubtful refuses it whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from connectors.clock import ClockError, to_utc
from connectors.model import Payload
from connectors.refusal import RefusedError
from connectors.text import Decoded, UndecodableError, decode

END = "||"
# By shape, not by length: six more characters behind the time are seen in the field.
_NAME = re.compile(
    r"(?P<mine>[0-9A-Za-z]{12,20})_(?P<type>[A-Za-z]+)_(?P<time>\d{14})\w*\.txt", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True)
class MineFile:
    """A file whose envelope is sound; ``records`` are raw texts between ``~``, in order."""

    type: str
    mine_code: str
    mine_name: str
    issued_at: datetime
    records: list[str]
    decoded: Decoded


def is_complete(body: bytes) -> bool:
    """True once the sender has written the end mark ``||``."""
    return body.rstrip().endswith(END.encode("ascii"))


def read_file(payload: Payload, types: tuple[str, ...], zone: tzinfo, max_future_s: float) -> MineFile:
    """The envelope of ``payload``, RefusedError if it is unsound. ``zone`` is that of the header's time."""
    name = _NAME.fullmatch(payload.name)
    if name is None:
        raise RefusedError(
            "mine.file.name", f"the file name {payload.name!r} is not of the form minecode_TYPE_yyyyMMddHHmmss.txt"
        )
    kind = name["type"].upper()
    if kind not in types:
        raise RefusedError("mine.type.unknown", f"files of type {kind} are not read yet; the file stays archived")
    decoded = _decode(payload.body)
    header, records = _split(decoded.text)
    mine_code, mine_name, issued_at = _header(header, zone)
    if mine_code != name["mine"]:
        raise RefusedError(
            "mine.header.mine_code", f"the header is of mine {mine_code!r}, the file name of mine {name['mine']!r}"
        )
    if issued_at > payload.fetched_at + timedelta(seconds=max_future_s):
        raise RefusedError(
            "mine.header.future",
            f"the header's time {issued_at.isoformat()} is in the future: the sender's clock is wrong",
        )
    return MineFile(kind, mine_code, mine_name, issued_at, records, decoded)


def _decode(body: bytes) -> Decoded:
    try:
        return decode(body)
    except UndecodableError as error:
        raise RefusedError("mine.file.encoding", str(error)) from error


def _split(text: str) -> tuple[str, list[str]]:
    if "\n" in text or "\r" in text:
        text = text.replace("\r", "").replace("\n", "")
    text = text.rstrip()
    if not text.endswith(END):
        raise RefusedError("mine.file.incomplete", f"the file does not end with {END}: it was not written to its end")
    parts = text.removesuffix(END).removesuffix("~").split("~")
    if len(parts) < 2:
        raise RefusedError("mine.file.no_records", "the file has a header but no record")
    return parts[0], parts[1:]


def _header(header: str, zone: tzinfo) -> tuple[str, str, datetime]:
    if "；" in header:
        raise RefusedError("mine.separator.full_width", "the header is separated by full-width ； instead of ;")
    fields = [field.strip() for field in header.split(";")]
    if len(fields) != 3:
        raise RefusedError(
            "mine.header.fields", f"the header has {len(fields)} fields instead of mine code, mine name and upload time"
        )
    try:
        return fields[0], fields[1], to_utc(fields[2], zone)
    except ClockError as error:
        raise RefusedError("mine.header.time", f"the header's time cannot be read: {error}") from error
