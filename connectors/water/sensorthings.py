"""OGC SensorThings 1.1 replies -> ``observation`` and ``station``.

A datastream is the point that measures: it has one observed property and one unit, so it is the station of its
observations (``Datastreams(7)``, the path under which the service knows it), and its Thing their owner. Things have a
row of their own in ``station`` (``Things(3)``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa

from connectors.clock import zone_named
from connectors.json_text import read_json
from connectors.model import About, Parsed, Payload
from connectors.refusal import RefusedError
from connectors.water import sensorthings_stream
from connectors.water.gathering import TABLES, Gathered, refusal
from connectors.water.sensorthings_entities import Reader, kind_of, stream_named

_DEEPEST = 4  # a recording may hold replies under names, lists of entities, entities


class SensorThingsParser:
    """Options: ``zone`` of times without an offset, which the standard does not allow (default UTC)."""

    format = "sensorthings"
    tables: Mapping[str, pa.Schema] = TABLES

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        out = Gathered(self.format)
        reader = Reader(out, zone_named(options.get("zone", "UTC")), stream_named(payload.source))
        try:
            document = read_json(payload.body, self.format)
            if _read(document, "", reader, 0) == 0:
                reason = "the document holds no entities of SensorThings and is no reply with an empty value list"
                raise RefusedError("sensorthings.shape", reason)
        except RefusedError as error:
            return refusal(error)
        return out.parsed()

    def parse_stream(self, stream: BinaryIO, head: Payload, options: Mapping[str, Any]) -> Iterator[Parsed]:
        """A reply ``{"value": [...]}`` of any length in parts; another shape is read whole."""
        zone = zone_named(options.get("zone", "UTC"))
        yield from sensorthings_stream.parts(stream, head, zone, lambda whole: self.parse(whole, options))


def _read(document: Any, where: str, reader: Reader, depth: int) -> int:
    """How many replies and entities were found in ``document``, itself one or a collection of them."""
    if depth > _DEEPEST or not isinstance(document, list | dict):
        return 0
    if isinstance(document, list):
        return _list(document, where, reader, depth)
    if kind_of(document):
        reader.entity(document, where or "entity")
        return 1
    value = document.get("value")
    if isinstance(value, list) and (not value or any(kind_of(item) for item in value)):
        return _reply(document, value, where, reader)
    return sum(_read(part, f"{where}{name}", reader, depth + 1) for name, part in document.items())


def _list(items: list[Any], where: str, reader: Reader, depth: int) -> int:
    """Entities if one of them is, else replies."""
    if not any(kind_of(item) for item in items):
        return sum(_read(item, f"{where}[{n}]", reader, depth + 1) for n, item in enumerate(items, 1))
    for number, item in enumerate(items, 1):
        reader.entity(item, f"{where}[{number}]")
    return len(items)


def _reply(document: Mapping[str, Any], value: list[Any], where: str, reader: Reader) -> int:
    about = " ".join(str(document.get(name, "")) for name in ("@iot.nextLink", "@iot.context", "@iot.selfLink"))
    within = reader.within(stream_named(about))
    for number, item in enumerate(value, 1):
        within.entity(item, f"{where}value[{number}]")
    return 1 + len(value)


PARSER = SensorThingsParser()

ABOUT = About(
    title="物联网感知 OGC SensorThings API 1.1",
    reads="Replies with Observations, Datastreams, Things or Locations, expanded or not, one entity alone, the "
    "dataArray form, and recordings of several replies under one object. A value list of any length is a stream.",
    quirks=(
        "The station of an observation is its datastream (Datastreams(7)), from the expanded entity, the navigation "
        "link, the reply's own links or the address it came from; its Thing is the owner.",
        "An observation that nothing assigns to a datastream keeps its own path as station (Observations(12)) and the "
        "variable result: two of them are never taken for one another. They are counted; $expand=Datastream helps.",
        "Ids may be numbers or strings; a phenomenonTime that is an interval gives event_at = its end and interval_h.",
        "resultTime becomes issued_at; null is common. resultQuality and parameters stay in extra.",
        "The variable is the observed property's name and the unit; known words become ours, others are told. true and "
        "false and words become value_text.",
    ),
    limits=(
        "Results of MultiDatastreams (lists) and objects are rejected (sensorthings.result.kind).",
        "As a stream NaN ends the document, where a whole reading refuses only its record, and a link that stands "
        "behind the list cannot name the datastream.",
        "A Location is placed if it is a GeoJSON point; of other geometries extra keeps the text [K].",
    ),
    verified=("recorded replies of a FROST server", "the examples of OGC 18-088 as remembered [K]"),
)
