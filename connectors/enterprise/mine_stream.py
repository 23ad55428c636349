"""A mine's file of any size, read in parts: bytes -> records, a few megabytes at a time.

What decides over a whole file (encoding, end mark, share of bad records) is found by reading it before the first part
is handed out, so the stream must be seekable. Keys that come again in another part are left to landing.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from connectors.enterprise.mine_file import END, incomplete, no_records, without_breaks
from connectors.refusal import RefusedError
from connectors.text import is_damaged

CHUNK = 2 * 1024 * 1024
_LONGEST = 1_000_000  # characters of a header or a record; without an end to them memory would have none


def codec_of(stream: BinaryIO) -> str:
    """UTF-8 if all of it is, else GB18030 if all of it is; RefusedError otherwise, or if the end mark is missing."""
    reasons = []
    for codec in ("utf-8-sig", "gb18030"):
        try:
            for text in _texts(stream, codec):
                if "\x00" in text:
                    raise RefusedError("mine.file.encoding", "the text holds a NUL character: not a text file")
        except UnicodeDecodeError as error:
            reasons.append(f"read as {codec} they break: {error.reason}")
        else:
            _check_end(stream)
            return codec
    raise RefusedError("mine.file.encoding", f"the bytes are not text: {', '.join(reasons)}")


def header_of(stream: BinaryIO, codec: str) -> str:
    """The text before the first ``~``."""
    head = ""
    for text in _texts(stream, codec):
        head += text
        if "~" in head:
            return without_breaks(head).partition("~")[0]
        if len(head) > _LONGEST:
            break
    raise no_records()


def parts(stream: BinaryIO, codec: str) -> Iterator[tuple[list[str], bool]]:
    """Records in order without the header, and whether some of them may be damaged or use full-width signs."""
    rest, is_header_due = "", True
    for text in _texts(stream, codec):
        *records, rest = without_breaks(rest + text).split("~")
        if len(rest) > _LONGEST:
            raise RefusedError("mine.record.length", f"a record has more than {_LONGEST} characters: ~ is missing")
        if is_header_due and records:
            records, is_header_due = records[1:], False
        if records:
            yield records, _is_suspicious(records)
    if last := rest.rstrip().removesuffix(END):  # a vendor who writes no ~ behind the last record
        yield [last], _is_suspicious([last])


def _is_suspicious(records: list[str]) -> bool:
    text = "~".join(records)
    return "；" in text or is_damaged(text)


def _texts(stream: BinaryIO, codec: str) -> Iterator[str]:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(codec)()
    while chunk := stream.read(CHUNK):
        yield decoder.decode(chunk)
    if tail := decoder.decode(b"", final=True):
        yield tail


def _check_end(stream: BinaryIO) -> None:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 4096))
    if not stream.read().rstrip().endswith(END.encode("ascii")):
        raise incomplete()
