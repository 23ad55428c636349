"""QuakeML 1.2 catalogues -> ``earthquake``: one record per event, as its preferred origin and magnitude have it.

Times are UTC, with or without a ``Z``; depths are metres. Picks, arrivals, amplitudes and the like are what the
origin was computed from: known, and not landed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element

import pyarrow as pa

from connectors.arrow import as_json, to_table
from connectors.clock import ClockError, to_utc
from connectors.duplicates import last_wins
from connectors.geology.earthquake import AUTOMATIC, DELETED, KEY, NOT_REPORTED, REVIEWED, SCHEMA, TABLE
from connectors.model import About, Parsed, Payload, Reject
from connectors.numbers import NotFiniteError, NumberError, to_number
from connectors.refusal import RefusedError
from connectors.telling import DAMAGED, Told
from connectors.text import is_damaged
from connectors.xml import XmlError, local_name, namespace, parse_xml, text_of

ABOUT = About(
    title="QuakeML 1.2 地震目录, event catalogues",
    reads="Events with their preferred origin and magnitude; one record per event and revision.",
    quirks=(
        "The revision clock is the latest creation time of the event, its preferred origin and its preferred "
        "magnitude; where none is given, the origin time stands in and each newer fetch replaces the older one.",
        "`event_id` is the ANSS id (`ci37285320`) where the catalogue gives one, else the `eventid` of the publicID's "
        "query, else what stands behind `/event/`, else its last part; the whole publicID is kept in `ids`.",
        "Without a preferred origin or magnitude the first one counts; further magnitudes are kept in `extra`.",
        "Depths in metres become kilometres; event types with underscores (`quarry_blast`) get QuakeML's own words.",
        "An event whose publicID is not a valid resource identifier is rejected; so is one whose reference to its "
        "preferred origin or magnitude is none and names nothing in the event.",
    ),
    limits=(
        "Picks, arrivals, amplitudes, station magnitudes, focal mechanisms and comments are not landed.",
        "Some services write kilometres where the standard has metres; nothing is guessed from the size of a depth.",
        "An event that says neither mode nor status of its evaluation counts as `status_if_unstated` "
        "(default automatic).",
    ),
    verified=("recorded catalogues of USGS, IRIS and the University of Utah, one with invalid identifiers",),
)

_NAMESPACE = re.compile(r"http://quakeml\.org/xmlns/(?:quakeml|bed|bed-rt)/\d\.\d")
_RESOURCE = re.compile(r"(?:smi|quakeml):\w[\w\-.*()~']{2,}/[\w\-.*()~'][\w\-.*()+?~'=,;#/&]*", re.ASCII)
"""The pattern of ResourceIdentifier in the schema of QuakeML 1.2."""
_QUERY_ID = re.compile(r"[?&;]event_?id=([^&;]+)", re.IGNORECASE)
_ANSS = "http://anss.org/xmlns/catalog/"
_OF_EVENT = frozenset(
    {
        "type",
        "typeCertainty",
        "description",
        "comment",
        "creationInfo",
        "origin",
        "magnitude",
        "stationMagnitude",
        "amplitude",
        "pick",
        "focalMechanism",
        "preferredOriginID",
        "preferredMagnitudeID",
        "preferredFocalMechanismID",
    }
)
_OF_ORIGIN = frozenset(
    {
        "time",
        "latitude",
        "longitude",
        "depth",
        "depthType",
        "timeFixed",
        "epicenterFixed",
        "referenceSystemID",
        "methodID",
        "earthModelID",
        "compositeTime",
        "quality",
        "type",
        "region",
        "evaluationMode",
        "evaluationStatus",
        "creationInfo",
        "comment",
        "originUncertainty",
        "arrival",
    }
)
_OF_MAGNITUDE = frozenset(
    {
        "mag",
        "type",
        "stationCount",
        "azimuthalGap",
        "originID",
        "methodID",
        "evaluationMode",
        "evaluationStatus",
        "creationInfo",
        "comment",
        "stationMagnitudeContribution",
    }
)
_REVIEWED = frozenset({"confirmed", "reviewed", "final"})
_PLACES = ("earthquake name", "region name", "Flinn-Engdahl region", "nearest cities", "")


class QuakemlParser:
    """Options: ``status_if_unstated``, what an event is that does not say how it was evaluated."""

    format = "quakeml"
    tables: Mapping[str, pa.Schema] = {TABLE: SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        empty = {TABLE: to_table(SCHEMA, [])}
        if not payload.body and payload.facts.get("status") == "204":  # FDSN: no events
            return Parsed(empty)
        try:
            events = _events(payload.body)
        except (XmlError, RefusedError) as error:
            return Parsed(empty, [Reject("payload", error.rule, str(error), TABLE)])
        rows: list[dict[str, Any]] = []
        rejects: list[Reject] = []
        told = Told()
        for index, event in enumerate(events):
            try:
                row, extra = _row(event, str(options.get("status_if_unstated", AUTOMATIC)))
            except RefusedError as error:
                record = {"publicID": event.get("publicID")}
                rejects.append(Reject(f"event[{index}]", error.rule, str(error), TABLE, record))
                continue
            unknown = dict(_unknown(event))
            told.add_all(TABLE, unknown.items())
            if is_damaged(row["place"] or ""):
                told.add(TABLE, DAMAGED, row["place"])
            rows.append({**row, "extra": as_json((extra | unknown) or None)})
        rows, repeated = last_wins(rows, KEY, TABLE)
        return Parsed({TABLE: to_table(SCHEMA, rows)}, rejects, [*told.drift(), *repeated])


PARSER = QuakemlParser()


def _events(body: bytes) -> list[Element]:
    root = parse_xml(body).root
    if local_name(root) != "quakeml" or not _NAMESPACE.fullmatch(namespace(root)):
        raise RefusedError("quakeml.root", f"the document is <{local_name(root)}>, not <quakeml> of QuakeML 1.x")
    parameters = _child(root, "eventParameters")
    if parameters is None:
        raise RefusedError("quakeml.eventParameters", "the document has no eventParameters, so it is no catalogue")
    return _children(parameters, "event")


def _row(event: Element, unstated: str) -> tuple[dict[str, Any], dict[str, Any]]:
    public_id = event.get("publicID") or ""
    if not _RESOURCE.fullmatch(public_id):
        raise RefusedError("quakeml.publicID", f"the event's publicID {public_id!r} is not a valid resource identifier")
    origin, magnitude = _preferred(event, "origin"), _preferred(event, "magnitude")
    if origin is None:
        raise RefusedError("quakeml.origin.missing", "the event has no origin: neither time nor place are known")
    event_at = _instant(_value(origin, "time"), "origin.time")
    if event_at is None:
        raise RefusedError("quakeml.origin.time", "the event's origin has no time")
    sources = [element for element in (event, origin, magnitude) if element is not None]
    revisions = [_instant(_info(element, "creationTime"), "creationTime") for element in sources]
    depth_m = _real(_value(origin, "depth"), "depth")
    quality = _child(origin, "quality")
    net, code = _anss(event, "eventsource"), _anss(event, "eventid")
    row = {
        "event_id": f"{net}{code}" if net and code else _event_id(public_id),
        "updated_at": max((moment for moment in revisions if moment), default=event_at),
        "event_at": event_at,
        "magnitude": None if magnitude is None else _real(_value(magnitude, "mag"), "magnitude"),
        "magnitude_type": None if magnitude is None else _text(magnitude, "type"),
        "longitude": _real(_value(origin, "longitude"), "longitude"),
        "latitude": _real(_value(origin, "latitude"), "latitude"),
        "depth_km": None if depth_m is None else float(f"{depth_m / 1000:.12g}"),
        "place": _place(event),
        "event_type": _type(event),
        "net": net or _info(event, "agencyID") or _info(origin, "agencyID"),
        "code": code,
        "ids": as_json([public_id]),
        "sources": as_json(sorted({name for element in sources if (name := _info(element, "agencyID"))}) or None),
        "stations_used": _of(quality, "usedStationCount"),
        "distance_min_deg": _of(quality, "minimumDistance"),
        "rms_s": _of(quality, "standardError"),
        "gap_deg": _of(quality, "azimuthalGap"),
    }
    row["status"] = DELETED if row["event_type"] == "not existing" else _status(origin, unstated)
    return row, _further_magnitudes(event, magnitude)


def _preferred(event: Element, kind: str) -> Element | None:
    """The origin or magnitude that the event prefers; the first one if it names none, or one that is not here.

    A reference that is found word by word is clear, whatever its characters.
    """
    wanted = _text(event, f"preferred{kind.capitalize()}ID")
    found = _children(event, kind)
    named = next((element for element in found if wanted and element.get("publicID") == wanted), None)
    if named is None and wanted is not None and not _RESOURCE.fullmatch(wanted):
        reason = f"the event's preferred {kind} {wanted!r} is not a valid resource identifier"
        raise RefusedError(f"quakeml.preferred{kind.capitalize()}ID", reason)
    return named if named is not None else (found[0] if found else None)


def _event_id(public_id: str) -> str:
    """What tells the event apart: of ``smi:x/event/2308/-32.7/116.4/`` all behind ``event``, not a longitude."""
    if query := _QUERY_ID.search(public_id):
        return query[1]
    path = public_id.rstrip("/").removesuffix("/event")
    behind = re.split("/event/", path, maxsplit=1, flags=re.IGNORECASE)[1:]
    return behind[0] if behind else path.rpartition("/")[2]


def _status(origin: Element, unstated: str) -> str:
    status, mode = _text(origin, "evaluationStatus"), _text(origin, "evaluationMode")
    if status == "rejected":
        return DELETED
    if mode == "manual" or status in _REVIEWED:
        return REVIEWED
    return AUTOMATIC if mode == "automatic" or status == "preliminary" else unstated


def _type(event: Element) -> str:
    """In the words of QuakeML 1.2; version 1.0 wrote ``null`` for a type that nobody reported."""
    written = (_text(event, "type") or NOT_REPORTED).replace("_", " ").lower()
    return NOT_REPORTED if written == "null" else written


def _place(event: Element) -> str | None:
    """The event's name, or that of its region; among several descriptions the most telling one."""
    named = [(_text(d, "type") or "", _text(d, "text")) for d in _children(event, "description")]
    ranked = sorted((_PLACES.index(kind), text) for kind, text in named if text and kind in _PLACES)
    return ranked[0][1] if ranked else None


def _further_magnitudes(event: Element, preferred: Element | None) -> dict[str, Any]:
    others = [
        {"type": _text(element, "type"), "value": _real(_value(element, "mag"), "magnitude")}
        for element in _children(event, "magnitude")
        if element is not preferred
    ]
    return {"magnitudes": others} if others else {}


def _unknown(event: Element) -> Iterator[tuple[str, str]]:
    """Members and attributes that QuakeML's basic event description does not have, by their local names."""
    chosen = [("event", event, _OF_EVENT)]
    for kind, known in (("origin", _OF_ORIGIN), ("magnitude", _OF_MAGNITUDE)):
        if (element := _preferred(event, kind)) is not None:
            chosen.append((kind, element, known))
    for prefix, element, known in chosen:
        for name, value in element.attrib.items():
            if name != "publicID" and not name.startswith(f"{{{_ANSS}"):
                yield f"{prefix}.{name.rpartition('}')[2]}", value
        for child in element:
            is_foreign = bool(namespace(child)) and not _NAMESPACE.fullmatch(namespace(child))
            if is_foreign or local_name(child) not in known:
                yield f"{prefix}.{local_name(child)}", text_of(child)


# -- small readers ---------------------------------------------------------------------------------------


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if local_name(child) == name]


def _child(element: Element, name: str) -> Element | None:
    return next(iter(_children(element, name)), None)


def _text(element: Element, name: str) -> str | None:
    child = _child(element, name)
    return None if child is None else text_of(child) or None


def _value(element: Element, name: str) -> str | None:
    """The ``<value>`` of a quantity that may have uncertainties beside it."""
    child = _child(element, name)
    return None if child is None else _text(child, "value")


def _info(element: Element, name: str) -> str | None:
    info = _child(element, "creationInfo")
    return None if info is None else _text(info, name)


def _anss(event: Element, name: str) -> str | None:
    return next(
        (value for key, value in event.attrib.items() if re.fullmatch(rf"\{{{_ANSS}[\d.]+\}}{name}", key)), None
    )


def _of(quality: Element | None, name: str) -> float | None:
    return None if quality is None else _real(_text(quality, name), name)


def _real(text: str | None, name: str) -> float | None:
    if text is None:
        return None
    try:
        return to_number(text)
    except NotFiniteError as error:
        raise RefusedError(f"quakeml.{name}.finite", str(error)) from None
    except NumberError as error:
        raise RefusedError(f"quakeml.{name}.number", str(error)) from None


def _instant(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        return to_utc(text, UTC)
    except ClockError as error:
        raise RefusedError(f"quakeml.{name}", str(error)) from None
