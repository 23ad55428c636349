"""A SensorThings reply that is larger than memory: parts of records while the bytes come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import tzinfo
from itertools import islice
from typing import Any, BinaryIO

import ijson
from ijson.common import ObjectBuilder

from connectors.model import Parsed, Payload, Reject
from connectors.water.gathering import Gathered
from connectors.water.sensorthings_entities import Reader, stream_named

PART_ITEMS = 20_000
"""Observations in a part: some 8 MB of records."""
WHOLE = 8 * 1024 * 1024
"""A document of fewer bytes is read at once: all of its shapes are understood then."""
BUFFER = 256 * 1024
_LOOK = 64 * 1024
_LIST, _ARRAY = b'"value"', b'"dataArray"'
_ROWS = "value.item.dataArray.item"


def parts(stream: BinaryIO, head: Payload, zone: tzinfo, whole: Callable[[Payload], Parsed]) -> Iterator[Parsed]:
    """Parts of ``stream``. What is small, or is not ``{"value": [...]}``, is handed to ``whole`` with its bytes."""
    start = stream.read(WHOLE)
    before = _before_list(start)
    if len(start) < WHOLE or before is None:
        yield whole(replace(head, body=start + stream.read()))
        return
    about = stream_named(before) or stream_named(head.source)
    joined = _Joined(start, stream)
    entities = _array_rows(joined) if _ARRAY in start[:_LOOK] else _entities(joined)
    yield from _parts(entities, Reader(Gathered("sensorthings"), zone, about))


def _before_list(start: bytes) -> str | None:
    """What stands before the list, if the document begins like ``{"value": [``; None if it has another shape.

    A list inside another object or list is not the reply's own.
    """
    text = start[:_LOOK].removeprefix(b"\xef\xbb\xbf").lstrip()
    before, found, after = text.partition(_LIST)
    is_list = bool(found) and after.lstrip(b" \t\r\n:").startswith(b"[")
    is_outermost = before.startswith(b"{") and b"{" not in before[1:] and b"[" not in before
    return before.decode("utf-8", "replace") if is_list and is_outermost else None


class _Joined:
    """The bytes already read, and then the rest."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._rest = start, rest
        self._at = 3 if start.startswith(b"\xef\xbb\xbf") else 0

    def read(self, size: int = -1) -> bytes:
        if self._at < len(self._start):
            piece = self._start[self._at :] if size < 0 else self._start[self._at : self._at + size]
            self._at += len(piece)
            return piece
        self._start = b""
        return self._rest.read(size)


def _parts(entities: Iterator[tuple[str, Any]], about: Reader) -> Iterator[Parsed]:
    is_empty, last = True, "the beginning"
    while True:
        out = Gathered("sensorthings")
        reader = replace(about, out=out)
        taken = 0
        try:
            for where, entity in islice(entities, PART_ITEMS):
                taken, last = taken + 1, where
                reader.entity(entity, where)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            yield out.parsed()
            reason = f"the document is not whole JSON after {last}: {str(error)[:200]}"
            yield Parsed({}, [Reject("file", "sensorthings.json", reason)])
            return
        if taken:
            is_empty = False
            yield out.parsed()
        if taken < PART_ITEMS:
            break
    if is_empty:
        yield Parsed({}, [Reject("file", "sensorthings.shape", "the document holds no entities of SensorThings")])


def _entities(stream: _Joined) -> Iterator[tuple[str, Any]]:
    items = ijson.items(stream, "value.item", use_float=True, buf_size=BUFFER)
    for number, item in enumerate(items, 1):
        yield f"value[{number}]", item


def _array_rows(stream: _Joined) -> Iterator[tuple[str, Any]]:
    """The rows of the dataArray form, each as the group that would hold it alone: a group may be the whole file."""
    group: dict[str, Any] = {}
    row: ObjectBuilder | None = None
    groups = rows = 0
    for prefix, event, value in ijson.parse(stream, use_float=True, buf_size=BUFFER):
        if prefix == "value.item" and event == "start_map":
            group, groups, rows = {"components": []}, groups + 1, 0
        elif prefix == _ROWS and event == "start_array":
            row = ObjectBuilder()
        elif prefix == "value.item.components.item":
            group["components"].append(value)
        elif prefix.startswith("value.item.Datastream@iot."):
            group[prefix.removeprefix("value.item.")] = value
        if row is not None:
            row.event(event, value)
            if prefix == _ROWS and event == "end_array":
                rows += 1
                yield f"value[{groups}]/dataArray[{rows}]", {**group, "dataArray": [row.value]}
                row = None
