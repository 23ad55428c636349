"""A SensorThings reply that is larger than memory: parts of records while the bytes come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import tzinfo
from itertools import islice
from typing import Any, BinaryIO

import ijson

from connectors.model import Parsed, Payload, Reject
from connectors.water.gathering import Gathered
from connectors.water.sensorthings_entities import Reader, kind_of, stream_named

PART_ITEMS = 20_000
"""Observations in a part: some 8 MB of records."""
_BUFFER = 256 * 1024
_WHOLE = 8 * 1024 * 1024  # bytes up to which the question of shape is not asked
_HEAD = b'"value"'


def parts(stream: BinaryIO, head: Payload, zone: tzinfo, whole: Callable[[Payload], Parsed]) -> Iterator[Parsed]:
    """Parts of ``stream``. What is small, or is not ``{"value": [...]}``, is handed to ``whole`` with its bytes."""
    start = stream.read(_WHOLE)
    if len(start) < _WHOLE or not _is_reply(start):
        yield whole(replace(head, body=start + stream.read()))
        return
    before = start[: start.find(_HEAD)].decode("utf-8", "replace")
    within = stream_named(before) or stream_named(head.source)
    yield from _parts(_Joined(start, stream), Reader(Gathered("sensorthings"), zone, within))


def _is_reply(start: bytes) -> bool:
    """True if the members before the list are short: then what follows ``"value": [`` is the document."""
    text = start[:65536].removeprefix(b"\xef\xbb\xbf").lstrip()
    at = text.find(_HEAD)
    return text.startswith(b"{") and at >= 0 and text[at + len(_HEAD) :].lstrip(b" \t\r\n:").startswith(b"[")


class _Joined:
    """The bytes already read, and then the rest."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._at, self._rest = start, 3 if start.startswith(b"\xef\xbb\xbf") else 0, rest

    def read(self, size: int = -1) -> bytes:
        if self._at < len(self._start):
            piece = self._start[self._at :] if size < 0 else self._start[self._at : self._at + size]
            self._at += len(piece)
            if self._at >= len(self._start):
                self._start = b""
            return piece
        return self._rest.read(size)


def _parts(stream: _Joined, about: Reader) -> Iterator[Parsed]:
    items = ijson.items(stream, "value.item", use_float=True, buf_size=_BUFFER)
    number = 0
    while True:
        out = Gathered("sensorthings")
        reader = replace(about, out=out)
        taken = 0
        try:
            for item in islice(items, PART_ITEMS):
                taken += 1
                _entity(item, f"value[{number + taken}]", reader)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            yield out.parsed()
            reason = f"the document is not whole JSON after its value {number + taken}: {str(error)[:200]}"
            yield Parsed({}, [Reject("file", "sensorthings.json", reason)])
            return
        if taken:
            yield out.parsed()
        number += taken
        if taken < PART_ITEMS:
            break
    if not number:
        yield Parsed({}, [Reject("file", "sensorthings.shape", "the document holds no entities of SensorThings")])


def _entity(item: Any, where: str, reader: Reader) -> None:
    if kind_of(item) is None:
        reader.out.reject(where, "entity.unknown", "this is no observation, datastream, thing or location", item)
        return
    reader.entity(item, where)
