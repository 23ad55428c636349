"""Environment Agency flood monitoring (England) -> ``station`` and ``observation``.

Every reply is ``{"@context", "meta", "items"}``; what the items are, their fields say: stations, measures (with their
latest reading inside) or readings. A list that has one member may come as the member alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from connectors.clock import ClockError, to_utc
from connectors.json_text import read_json
from connectors.model import About, Parsed, Payload
from connectors.refusal import RefusedError
from connectors.water.gathering import TABLES, Gathered, Row, refusal
from connectors.water.uk_ea_measures import Described, described, last_part, read_notation

_READING = frozenset({"@id", "date", "dateTime", "measure", "value"})
_MEASURE = frozenset(
    {"@id", "label", "latestReading", "notation", "parameter", "parameterName", "period", "qualifier", "station"}
    | {"stationReference", "unit", "unitName", "valueType", "datumType", "type", "lat", "long", "eaAreaName"}
)
_STATION = frozenset(
    {"@id", "RLOIid", "catchmentName", "dateOpened", "datumOffset", "easting", "northing", "label", "lat", "long"}
    | {"measures", "notation", "riverName", "stageScale", "downstageScale", "stationReference", "status", "town"}
    | {"wiskiID", "gridReference", "type", "statusReason", "statusDate", "dateClosed", "eaAreaName", "eaRegionName"}
    | {"stationGuid", "linkedStation", "distance"}
)
_STATION_LEFT_OUT = {
    "@id",
    "measures",
    "notation",
    "label",
    "lat",
    "long",
    "riverName",
    "catchmentName",
    "status",
    "town",
}


class UkEaParser:
    """No options: all times are UTC and marked so."""

    format = "uk_ea"
    tables: Mapping[str, pa.Schema] = TABLES

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        del options
        out = Gathered(self.format)
        try:
            document = read_json(payload.body, self.format)
            for number, item in enumerate(_items(document), 1):
                _item(item, f"items[{number}]", out)
        except RefusedError as error:
            return refusal(error)
        return out.parsed()


def _items(document: Any) -> list[Any]:
    if not isinstance(document, dict) or "items" not in document:
        raise RefusedError("uk_ea.shape", "the document has no items")
    items = document["items"]
    found = items if isinstance(items, list) else [items]
    meta = document.get("meta")
    is_agency = "flood-monitoring" in str(document.get("@context")) or (isinstance(meta, dict) and "publisher" in meta)
    if not found and not is_agency:
        raise RefusedError("uk_ea.shape", "an empty list without the meta of the service is not a reply of it")
    if found and not any(isinstance(item, dict) and "flood-monitoring" in str(item.get("@id")) for item in found):
        raise RefusedError("uk_ea.shape", "the items are not of the flood-monitoring service")
    if found and all(
        isinstance(item, dict) and ("severityLevel" in item or "floodWatchArea" in item) for item in found
    ):
        reason = "flood warnings and areas are not read here; the warnings of the agency come as CAP"
        raise RefusedError("uk_ea.floods.unsupported", reason)
    return found


def _item(item: Any, where: str, out: Gathered) -> None:
    try:
        if not isinstance(item, dict):
            raise RefusedError("uk_ea.item.shape", "the item is no object")
        if "measure" in item and "dateTime" in item:
            _reading(item, where, out)
        elif "parameter" in item and ("station" in item or "stationReference" in item or "latestReading" in item):
            _measure(item, where, out)
        elif "stationReference" in item or "RLOIid" in item:
            _station(item, where, out)
        else:
            raise RefusedError("uk_ea.item.unknown", "the item is neither a station nor a measure nor a reading")
    except RefusedError as error:
        table = "station" if isinstance(item, dict) and "RLOIid" in item else "observation"
        out.refused(where, error, item, table)


def _measure(item: Mapping[str, Any], where: str, out: Gathered) -> None:
    """A measure with its latest reading; without one the sensor is dead, or has never spoken."""
    measure = described(item)
    for name in item.keys() - _MEASURE:
        out.tell(name, item[name])
    latest = item.get("latestReading")
    if not latest:
        out.tell("(no latest reading)", measure.notation)
        return
    for reading in latest if isinstance(latest, list) else [latest]:
        if not isinstance(reading, dict):
            raise RefusedError("uk_ea.reading.shape", "the latest reading is an address; ask with _view=full")
        more = {name: item[name] for name in item.keys() - _MEASURE}
        _value(reading, measure, where, out, {"source_table": "measures", "extra": more})


def _reading(item: Mapping[str, Any], where: str, out: Gathered) -> None:
    said = item["measure"]
    measure = described(said) if isinstance(said, dict) else read_notation(str(said).rsplit("/", 1)[-1])
    _value(item, measure, where, out, {"source_table": "readings", "extra": {}})


def _value(reading: Mapping[str, Any], measure: Described, where: str, out: Gathered, base: Row) -> None:
    unknown = {name: reading[name] for name in reading.keys() - _READING}
    for name, value in unknown.items():
        out.tell(name, value)
    row: Row = {
        "station_code": measure.station,
        "event_at": _moment(reading.get("dateTime")),
        "interval_h": measure.hours,
        "source_table": base["source_table"],
        "extra": {"measure": measure.notation, **base["extra"], **unknown},
    }
    out.value(where, _one_value(reading.get("value")), measure.measure, row)


def _one_value(value: Any) -> Any:
    """A list is what two records under one address became: alike they are one value, else nobody knows which."""
    if not isinstance(value, list):
        return value
    if len({str(part) for part in value}) > 1:
        raise RefusedError("uk_ea.value.ambiguous", f"the reading has several values: {value[:5]}")
    return value[0] if value else None


def _moment(text: Any) -> datetime:
    if isinstance(text, list):
        raise RefusedError("uk_ea.reading.time", f"the reading has several times: {text[:5]}")
    try:
        return to_utc(str(text or ""), UTC)
    except ClockError as error:
        raise RefusedError("uk_ea.reading.time", str(error)) from error


def _station(item: Mapping[str, Any], where: str, out: Gathered) -> None:
    code = last_part(item) or _single(item.get("stationReference"))
    if not code:
        raise RefusedError("uk_ea.station.reference", "the station has neither an address nor one reference")
    for name in item.keys() - _STATION:
        out.tell(name, item[name], "station")
    merged = {name: item[name] for name in item if isinstance(item[name], list) and _is_merged(item[name], name)}
    for name, value in merged.items():
        out.tell(f"(merged) {name}", f"{code}: {value}", "station")
    extra = {name: value for name, value in item.items() if name not in _STATION_LEFT_OUT} | merged
    out.station(
        where,
        {
            "station_code": str(code),
            "station_name": _joined(item.get("label")),
            "station_type": _joined([str(part).rsplit("/", 1)[-1] for part in _list(item.get("type"))]),
            "river_name": _joined(item.get("riverName")),
            "basin_name": _joined(item.get("catchmentName")),
            "longitude": _degrees(item.get("long"), 180, "longitude"),
            "latitude": _degrees(item.get("lat"), 90, "latitude"),
            "location": _joined(item.get("town")),
            "datum_elevation_m": _degrees(item.get("datumOffset"), 5000, "datumOffset"),
            "authority": "Environment Agency",
            "is_in_use": _is_in_use(item.get("status")),
            "extra": extra,
        },
    )


def _is_merged(value: list[Any], name: str) -> bool:
    return name not in {"measures", "type"} and len({str(part) for part in value}) > 1


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _single(value: Any) -> Any:
    distinct = {str(part) for part in _list(value)}
    return distinct.pop() if len(distinct) == 1 else None


def _joined(value: Any) -> str | None:
    """The text; of two records that were merged, both."""
    return " / ".join(dict.fromkeys(str(part) for part in _list(value))) or None


def _degrees(value: Any, limit: float, name: str) -> float | None:
    """A number; of two records that were merged none: which longitude belongs to which latitude is lost."""
    if value is None or len({str(part) for part in _list(value)}) != 1:
        return None
    number = _list(value)[0]
    if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) <= limit:
        raise RefusedError("uk_ea.station.number", f"{name} {number!r} is no number within {limit}")
    return float(number)


def _is_in_use(status: Any) -> bool | None:
    """statusActive is in use; closed and suspended ones are not; several at once are not known."""
    word = _single(status)
    if word is None or not re.search(r"status\w+$", word):
        return None
    return {"statusActive": True, "statusClosed": False, "statusSuspended": False}.get(word.rsplit("/", 1)[-1])


PARSER = UkEaParser()

ABOUT = About(
    title="英国环境署洪水监测 UK Environment Agency flood monitoring",
    reads="Replies of the flood-monitoring API: stations, measures with their latest readings, readings.",
    quirks=(
        "Levels above the station's own zero (mASD, and m without a datum) are water_level_m, levels above Ordnance "
        "Datum (mAOD) water_level_aod_m: the two are never comparable and never share a variable.",
        "A qualifier other than Stage is part of the variable (downstream_water_level_m, tide_level_aod_m, "
        "groundwater_level_aod_m), so is a mean, maximum or minimum; a period other than 15 minutes, or a numbered "
        "sensor, ends it (water_level_m#5_min), so that two measures of a station never share a key.",
        "A level in mm becomes one in m. '---' as unit: the agency does not know it (water_level_unknown, told).",
        "A measure without latestReading is counted as (no latest reading): the sensor is dead, the value unknown.",
        "Two station records merged under one reference arrive as lists: names are joined, differing coordinates are "
        "left empty (which belongs to which is lost), the lists stay in extra and are told.",
        "The code of a station is the last part of its address: two regions share references (E1901).",
        "A reading with two different values is rejected: nobody knows which one is meant.",
    ),
    limits=(
        "Flood warnings and flood areas (/id/floods) are rejected as uk_ea.floods.unsupported.",
        "Outside floods stations transmit once or twice a day: timeliness is judged against that schedule.",
        "Rain gauges are placed to 100 m only. Page limits and value lists as in the reference [K].",
    ),
    verified=("recorded lists of stations and measures of 2017",),
)
