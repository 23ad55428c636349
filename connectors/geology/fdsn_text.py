"""The text format of FDSN event services -> ``earthquake``: a header of names, then one event per line, by pipes.

Times are UTC without saying so, depths kilometres. The format knows no revision, no status and, in most services, no
type of event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any

import pyarrow as pa

from connectors.arrow import as_json, to_table
from connectors.clock import ClockError, to_utc
from connectors.duplicates import last_wins
from connectors.geology.earthquake import AUTOMATIC, KEY, NOT_REPORTED, SCHEMA, TABLE
from connectors.model import About, Parsed, Payload, Reject
from connectors.numbers import NotFiniteError, NumberError, to_number
from connectors.refusal import RefusedError
from connectors.telling import DAMAGED, Told
from connectors.text import UndecodableError, decode, is_damaged

ABOUT = About(
    title="FDSN event text 地震目录文本, pipe-separated",
    reads="One event per line below a header of names, in the 13 columns of fdsnws-event 1.1 or the 14 of 1.2.",
    quirks=(
        "Names of the header are compared without regard to case, blanks and the leading `#`.",
        "The origin time stands in for the revision clock, which the format lacks: newer fetches replace older ones.",
        "A header without lines, and an empty answer with status 204, say that there are no events.",
        "Without a column EventType the type is `not reported`.",
    ),
    limits=(
        "The format does not say whether an event was reviewed: it counts as `status_if_unstated` (default automatic).",
        "A catalogue that breaks off at the end of a line cannot be told from a whole one.",
    ),
    verified=("a recorded catalogue of two events",),
)

_COLUMNS = {
    "eventid": "event_id",
    "time": "event_at",
    "latitude": "latitude",
    "longitude": "longitude",
    "depth/km": "depth_km",
    "author": "author",
    "catalog": "catalog",
    "contributor": "contributor",
    "contributorid": "contributor_id",
    "magtype": "magnitude_type",
    "magnitude": "magnitude",
    "magauthor": "magnitude_author",
    "eventlocationname": "place",
    "eventtype": "event_type",
}
_REQUIRED = ("event_id", "event_at", "latitude", "longitude", "magnitude")
_NUMBERS = ("latitude", "longitude", "depth_km", "magnitude")

_Line = tuple[int, list[str]]


class FdsnTextParser:
    """Options: ``status_if_unstated``, what every event of the catalogue is."""

    format = "fdsn_text"
    tables: Mapping[str, pa.Schema] = {TABLE: SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        empty = {TABLE: to_table(SCHEMA, [])}
        if not payload.body and payload.facts.get("status") == "204":  # no events
            return Parsed(empty)
        try:
            names, lines = _catalogue(payload.body)
        except RefusedError as error:
            return Parsed(empty, [Reject("payload", error.rule, str(error), TABLE)])
        status = str(options.get("status_if_unstated", AUTOMATIC))
        rows: list[dict[str, Any]] = []
        rejects: list[Reject] = []
        told = Told()
        for number, cells in lines:
            try:
                row, extra = _row(names, cells)
            except RefusedError as error:
                record = dict(zip(names, cells, strict=False))
                rejects.append(Reject(f"line {number}", error.rule, str(error), TABLE, record))
                continue
            told.add_all(TABLE, extra.items())
            if is_damaged(row["place"] or ""):
                told.add(TABLE, DAMAGED, row["place"])
            rows.append({**row, "status": status, "extra": as_json(extra or None)})
        rows, repeated = last_wins(rows, KEY, TABLE)
        return Parsed({TABLE: to_table(SCHEMA, rows)}, rejects, [*told.drift(), *repeated])


PARSER = FdsnTextParser()


def _catalogue(body: bytes) -> tuple[list[str], list[_Line]]:
    """The names of the header, ours where we know them, and the lines below with their numbers."""
    try:
        text = decode(body).text
    except UndecodableError as error:
        raise RefusedError("fdsn_text.encoding", str(error)) from None
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise RefusedError("fdsn_text.empty", "the document is empty, not even a header came")
    raw = [name.strip() for name in lines[0][1].strip().lstrip("#").split("|")]
    names = [_COLUMNS.get(re.sub(r"\s", "", name).lower(), name) for name in raw]
    if {"network", "station"} <= {name.lower() for name in raw}:
        raise RefusedError("fdsn_text.stations", "the document lists stations, not events: ask the event service")
    if missing := [name for name in _REQUIRED if name not in names]:
        reason = f"the first line is not the header of an FDSN event list: it lacks {', '.join(missing)}"
        raise RefusedError("fdsn_text.header", reason)
    if len(set(names)) < len(names):
        raise RefusedError("fdsn_text.header.repeated", "the header names a column twice")
    # A server that concatenates answers repeats the header: no event.
    return names, [(number, line.split("|")) for number, line in lines[1:] if not line.lstrip().startswith("#")]


def _row(names: list[str], cells: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns and unknown fields of one line."""
    if len(cells) != len(names):
        raise RefusedError("fdsn_text.cells", f"the line has {len(cells)} cells, the header {len(names)}")
    values = {name: cell.strip() or None for name, cell in zip(names, cells, strict=True)}
    if not values["event_id"]:
        raise RefusedError("fdsn_text.event_id", "the event has no id")
    event_at = _instant(values["event_at"])
    authors = {values.get(name) for name in ("author", "contributor", "magnitude_author")}
    ids = [values["event_id"], values.get("contributor_id")]
    row = {
        "event_id": values["event_id"],
        "updated_at": event_at,
        "event_at": event_at,
        "magnitude_type": values.get("magnitude_type"),
        "place": values.get("place"),
        "event_type": (values.get("event_type") or NOT_REPORTED).lower(),
        "net": values.get("contributor") or values.get("author"),
        "ids": as_json(list(dict.fromkeys(name for name in ids if name))),
        "sources": as_json(sorted(name for name in authors if name) or None),
        **{name: _number(name, values.get(name)) for name in _NUMBERS},
    }
    known = set(_COLUMNS.values())
    return row, {name: value for name, value in values.items() if name not in known and value is not None}


def _instant(text: str | None) -> Any:
    if text is None:
        raise RefusedError("fdsn_text.time", "the event has no time")
    try:
        return to_utc(text, UTC)
    except ClockError as error:
        raise RefusedError("fdsn_text.time", str(error)) from None


def _number(name: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return to_number(text)
    except NotFiniteError as error:
        raise RefusedError(f"fdsn_text.{name}.finite", str(error)) from None
    except NumberError as error:
        raise RefusedError(f"fdsn_text.{name}.number", str(error)) from None
