"""Bulletins of the China Earthquake Networks Center (中国地震台网) and of its mirrors -> ``earthquake``.

Two shapes are met: the list of the centre's own site (``O_TIME``, ``EPI_LAT``, ..., numbers as strings, often wrapped
in a JSONP call) and that of a public mirror (``{"No1": {"time": ..., "magnitude": ...}, ...}``). Times are Beijing wall
clock without saying so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

import pyarrow as pa

from connectors.arrow import as_json, to_table
from connectors.clock import BEIJING, ClockError, to_utc, zone_named
from connectors.duplicates import last_wins
from connectors.geology.earthquake import AUTOMATIC, DELETED, EARTHQUAKE, KEY, REVIEWED, SCHEMA, TABLE
from connectors.json_text import not_finite, read_json_text
from connectors.model import About, Parsed, Payload, Reject
from connectors.numbers import NumberError, to_number
from connectors.refusal import RefusedError
from connectors.telling import DAMAGED, Told
from connectors.text import UndecodableError, decode, is_damaged, is_storable, storable

ABOUT = About(
    title="CENC 中国地震台网速报, JSON and JSONP of the centre's site and of mirrors",
    reads="The list of the newest earthquakes, about 50; one record per event and revision.",
    quirks=(
        "Times are Beijing wall clock without a zone (the contract's zone); read as UTC they would be 8 hours off.",
        "A JSONP call around the document is taken off; numbers come as strings.",
        "AUTO_FLAG M and `reviewed` are reviewed, A and `automatic` automatic; another flag is left to the gate.",
        "Explosions (爆破, 疑爆), collapses (塌陷, 疑塌) and mine tremors (矿震) are told by the place name only.",
        "The revision clock is the time of saving or reporting; where there is none, the origin time.",
    ),
    limits=(
        "[K] The format has no published description: names are those seen in public clients of the site.",
        "Mirrors without an event id get one made of origin time and place: a revision of either is a new event there.",
    ),
    verified=("own fixtures after the field names of public clients",),
)

_CALL = re.compile(r"\s*(?:[\w$.]+\s*)?\((?P<inside>.*)\)\s*;?\s*", re.DOTALL)
_NUMBERED = re.compile(r"No\d+")
_SITE = {
    "event_id": ("CATA_ID", "NEW_DID", "id"),
    "event_at": ("O_TIME",),
    "updated_at": ("SAVE_TIME", "SYNC_TIME"),
    "latitude": ("EPI_LAT",),
    "longitude": ("EPI_LON",),
    "depth_km": ("EPI_DEPTH",),
    "magnitude": ("M",),
    "place": ("LOCATION_C",),
    "status": ("AUTO_FLAG",),
}
_MIRROR = {
    "event_id": ("EventID",),
    "event_at": ("time",),
    "updated_at": ("ReportTime",),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "depth_km": ("depth",),
    "magnitude": ("magnitude",),
    "place": ("location", "placeName"),
    "status": ("type",),
}
_KEPT = frozenset(
    {
        "EQ_TYPE",
        "EQ_CATA_TYPE",
        "CATA_TYPE",
        "M_MS",
        "M_MS7",
        "M_ML",
        "M_MB",
        "M_MB2",
        "SUM_STN",
        "LOC_STN",
        "LOCATION_S",
        "O_TIME_FRA",
        "IS_DEL",
        "id",
        "CATA_ID",
        "NEW_DID",
        "SAVE_TIME",
        "SYNC_TIME",
        "intensity",
        "shindo",
        "placeName",
    }
)
"""Known members without a column; what they hold stays in ``extra``."""
_STATUS = {
    "m": REVIEWED,
    "reviewed": REVIEWED,
    "正式测定": REVIEWED,
    "a": AUTOMATIC,
    "automatic": AUTOMATIC,
    "自动测定": AUTOMATIC,
}
_TYPES = (("爆", "explosion"), ("塌", "collapse"), ("矿震", "induced or triggered event"))
_REMARK = re.compile(r"[(（]([^()（）]*)[)）]\s*$")


class CencParser:
    """Options: ``zone`` of the times, Asia/Shanghai if the contract says nothing."""

    format = "cenc"
    tables: Mapping[str, pa.Schema] = {TABLE: SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        zone = zone_named(options.get("zone", BEIJING))
        try:
            names, events = _bulletin(payload.body)
        except RefusedError as error:
            reject = Reject("payload", error.rule, str(error), TABLE)
            return Parsed({TABLE: to_table(SCHEMA, [])}, [reject])
        rows: list[dict[str, Any]] = []
        rejects: list[Reject] = []
        told = Told()
        for where, event in events:
            try:
                row, kept, unknown = _row(event, names, zone)
            except RefusedError as error:
                record = storable(event if isinstance(event, dict) else {"event": event})
                rejects.append(Reject(where, error.rule, str(error), TABLE, record))
                continue
            told.add_all(TABLE, unknown.items())
            if is_damaged(row["place"] or ""):
                told.add(TABLE, DAMAGED, row["place"])
            rows.append({**row, "extra": as_json((kept | unknown) or None)})
        rows, repeated = last_wins(rows, KEY, TABLE)
        return Parsed({TABLE: to_table(SCHEMA, rows)}, rejects, [*told.drift(), *repeated])


PARSER = CencParser()

_Names = Mapping[str, tuple[str, ...]]


def _bulletin(body: bytes) -> tuple[_Names, list[tuple[str, Any]]]:
    """Which names the document uses, and its events with where they stand."""
    try:
        text = decode(body).text
    except UndecodableError as error:
        raise RefusedError("cenc.encoding", str(error)) from None
    if not text.strip():
        raise RefusedError("cenc.empty", "the document is empty")
    call = _CALL.fullmatch(text)
    document = read_json_text(call["inside"] if call else text, "cenc")
    if isinstance(document, dict):
        if numbered := [name for name in document if _NUMBERED.fullmatch(name)]:
            return _MIRROR, [(name, document[name]) for name in numbered]
        for name in ("shuju", "data"):
            if isinstance(document.get(name), list) and _is_list_of_events(document[name]):
                return _SITE, [(f"{name}[{place}]", event) for place, event in enumerate(document[name])]
    if isinstance(document, list) and document and _is_list_of_events(document):
        return _SITE, [(f"[{place}]", event) for place, event in enumerate(document)]
    raise RefusedError("cenc.shape", "the document is no bulletin: neither events with an O_TIME nor members No1, No2")


def _is_list_of_events(entries: list[Any]) -> bool:
    return not entries or any(isinstance(entry, dict) and "O_TIME" in entry for entry in entries)


def _row(event: Any, names: _Names, zone: tzinfo) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Columns, known members without a column, unknown ones."""
    if not isinstance(event, dict):
        raise RefusedError("cenc.event", "the entry is no event")
    if not is_storable(event):
        raise RefusedError("cenc.text.storable", "a text holds a NUL or half a character, which no database keeps")
    if broken := next(not_finite(event), None):
        raise RefusedError("cenc.number.finite", f"{broken} is not a finite number")
    used = {column: next((n for n in known if event.get(n) not in (None, "")), None) for column, known in names.items()}
    raw = {column: event[name] for column, name in used.items() if name is not None}
    event_at = _instant(raw.get("event_at"), zone)
    place = raw.get("place")
    row: dict[str, Any] = {
        column: _number(column, raw.get(column)) for column in ("latitude", "longitude", "depth_km", "magnitude")
    }
    row |= {
        "event_at": event_at,
        "updated_at": _instant(raw["updated_at"], zone) if "updated_at" in raw else event_at,
        "place": None if place is None else str(place).strip(),
        "status": DELETED if str(event.get("IS_DEL")) == "1" else _status(raw.get("status")),
        "event_type": _event_type(str(place or "")),
        "net": "CENC",
        "sources": as_json(["CENC"]),
    }
    row["event_id"] = str(raw["event_id"]).strip() if "event_id" in raw else _made_id(row)
    row["ids"] = as_json([row["event_id"]])
    rest = {n: value for n, value in event.items() if n not in used.values() and value not in (None, "")}
    kept = {name: value for name, value in rest.items() if name in _KEPT}
    return row, kept, {name: value for name, value in rest.items() if name not in kept}


def _instant(value: Any, zone: tzinfo) -> datetime:
    if value is None:
        raise RefusedError("cenc.time.missing", "the event has no origin time")
    try:
        return to_utc(str(value), zone)
    except ClockError as error:
        raise RefusedError("cenc.time", str(error)) from None


def _number(column: str, value: Any) -> float | None:
    if value is None:
        return None
    try:
        return to_number(value)
    except NumberError as error:
        raise RefusedError(f"cenc.{column}.number", str(error)) from None


def _status(flag: Any) -> str:
    """The status in our words; a flag that nobody knows stays as it was sent, for the gate to refuse."""
    text = str(flag or AUTOMATIC).strip().strip("()（）")
    return _STATUS.get(text.lower(), text)


def _event_type(place: str) -> str:
    remark = _REMARK.search(place)
    return next((kind for word, kind in _TYPES if remark and word in remark[1]), EARTHQUAKE)


def _made_id(row: Mapping[str, Any]) -> str:
    return f"cenc{row['event_at']:%Y%m%d%H%M%S}_{row['longitude']}_{row['latitude']}"
