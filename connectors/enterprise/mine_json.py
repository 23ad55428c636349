"""The JSON flavour of the same measurements (``csMineCode``, ``ssTransducerName``, ...), as seen in Shaanxi.

A list of measurements, or of places that hold their measurements in ``sensor``; alone or in the envelope of a web
service (``{"list": [...]}``, ``{"data": {"list": [...]}}``). All values are strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from connectors import observation
from connectors.arrow import as_json, to_table
from connectors.clock import ClockError, to_utc
from connectors.duplicates import last_wins
from connectors.enterprise.mine_values import NO_NUMBER, flags_of, value_of
from connectors.enterprise.mine_variables import type_name, variable_of
from connectors.json_text import read_json
from connectors.model import Parsed, Payload, Reject
from connectors.numbers import NotFiniteError
from connectors.refusal import RefusedError
from connectors.telling import MISSING, Told
from connectors.text import is_damaged, is_storable, storable

SOURCE_TABLE = "CDSS.json"
_ENVELOPE = ("data", "list", "rows", "records")
_PLACE = ("pointName", "keyAreaStatus", "riskPointStatus")
# What is read, and what is known to be sent but has no column of its own: it goes to extra without being drift.
_READ = {
    "time",
    "value",
    "unit",
    "transducerCode",
    "transducerName",
    "csDataTime",
    "ssTransducerName",
    "ssAnalogUnit",
} | {
    "ssAnalogValue",
    "ssTransducerState",
    "ssTransducerCode",
}
_KEPT = {"id", "location", "csMineCode", "ssTransducerPoint", "status", "ssAnalogLower", "ssAnalogHigh"} | {
    "ssAnalogAlarmlow",
    "ssAnalogAlarmhigh",
    *_PLACE,
}


def looks_like_json(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{")


def parse_json(payload: Payload, zone: tzinfo) -> Parsed:
    """``observation`` rows of the JSON flavour; times are local in ``zone``."""
    try:
        document = _unwrapped(read_json(payload.body, "mine"))
    except RefusedError as error:
        return Parsed({}, [Reject("file", error.rule, str(error))])
    rows: list[dict[str, Any]] = []
    rejects: list[Reject] = []
    told = Told()
    absent = 0
    for where, item in _measurements(document):
        if item is None:
            told.add(observation.TABLE, "(place without sensor)")
            continue
        try:
            row = _row(item, zone, told)
            if row["missing_reason"] in {None, NO_NUMBER}:
                rows.append(row)
            else:
                told.add(observation.TABLE, MISSING, f"{row['station_code']} {row['variable']}")
                absent += 1
        except RefusedError as error:
            rejects.append(Reject(where, error.rule, str(error), observation.TABLE, storable(_as_record(item))))
    if not rows and not rejects and not absent:
        reason = "the JSON document holds no measurement (ssTransducerName, ssAnalogValue, csDataTime)"
        rejects.append(Reject("file", "mine.json.unknown", reason))
    kept, repeated = last_wins(rows, observation.KEY, observation.TABLE)
    tables = {observation.TABLE: to_table(observation.SCHEMA, kept)} if kept else {}
    return Parsed(tables, rejects, [*repeated, *told.drift()])


def _unwrapped(document: Any) -> Any:
    """What the envelope of a web service holds."""
    for _ in range(2):
        inner = next((document[name] for name in _ENVELOPE if name in document), None) if _is_plain(document) else None
        if not isinstance(inner, list | dict):
            break
        document = inner
    return document


def _is_plain(document: Any) -> bool:
    return isinstance(document, dict) and not any(name.startswith(("ss", "cs", "belong")) for name in document)


def _measurements(document: Any) -> Iterator[tuple[str, Any]]:
    """(where, measurement) with the facts of its place mixed in; None for a place that has no sensors."""
    for number, place in enumerate(document if isinstance(document, list) else [document]):
        if not isinstance(place, dict):
            yield f"[{number}]", place
        elif isinstance(sensors := place.get("sensor"), list):
            facts = {name: place[name] for name in ("belongMine", *_PLACE) if name in place}
            for index, sensor in enumerate(sensors):
                where = f"[{number}]/sensor[{index}]"
                yield where, {**facts, **_flat(sensor)} if isinstance(sensor, dict) else sensor
            if not sensors:
                yield f"[{number}]", None
        elif "belongMine" in place and "pointName" in place:
            yield f"[{number}]", None
        elif any(name.startswith("ss") for name in place):
            yield f"[{number}]", place


def _flat(sensor: dict[str, Any]) -> dict[str, Any]:
    inner = sensor.get("allData")
    if not isinstance(inner, dict):
        return sensor
    return {**{name: value for name, value in sensor.items() if name != "allData"}, **inner}


def _as_record(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, dict) else {"value": item}


def _row(item: Any, zone: tzinfo, told: Told) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise RefusedError("mine.json.record", "the measurement is not a JSON object")
    if not is_storable(item) or is_damaged(str(item)):
        raise RefusedError("mine.record.mojibake", "the text holds destroyed or forbidden characters")
    mine, place = _text(item, "belongMine", "csMineCode"), _text(item, "ssTransducerPoint", "location")
    point = _text(item, "transducerCode", "ssTransducerCode") or place
    if not mine or not point:
        raise RefusedError("mine.point.empty", "the measurement names no mine, or neither a sensor code nor a place")
    name, unit = _text(item, "ssTransducerName", "transducerName"), _text(item, "ssAnalogUnit", "unit")
    variable = variable_of(name, unit)
    if not variable.known:
        told.add(observation.TABLE, "sensor_type", f"{type_name(name)} [{unit}]")
    status = _text(item, "ssTransducerState")
    flags = flags_of(status) if status else None
    if "ssAnalogValue" not in item and "value" not in item:
        raise RefusedError("mine.json.record", "the measurement has no field for its value (ssAnalogValue)")
    raw = item.get("ssAnalogValue", item.get("value"))
    try:
        event_at = to_utc(_text(item, "csDataTime", "time"), zone)
        value = value_of(None if raw is None else str(raw).strip(), variable.name, name)
    except ClockError as error:
        raise RefusedError("mine.record.time", str(error)) from error
    except NotFiniteError as error:
        raise RefusedError("mine.value.not_finite", str(error)) from error
    return {
        "station_code": f"{mine}{point}",  # the sensor's code is unique within its mine only
        "variable": variable.name,
        "event_at": event_at,
        "value": value.value,
        "unit": unit or observation.DIMENSIONLESS,
        "value_text": value.text,
        "status_flags": flags,
        "missing_reason": value.missing_reason,
        "owner_code": mine,
        "source_table": SOURCE_TABLE,
        "extra": _extra(item, name, status if flags is None else "", told),
    }


def _extra(item: dict[str, Any], name: str, odd_status: str, told: Told) -> str | None:
    strange = item.keys() - _READ - _KEPT - {"belongMine"}
    told.add_all(observation.TABLE, ((field, item[field]) for field in sorted(strange)))
    extra = {key: item[key] for key in _KEPT | strange if item.get(key) is not None}
    if extra.get("location") == extra.get("ssTransducerPoint"):
        extra.pop("ssTransducerPoint", None)
    if odd_status:
        told.add(observation.TABLE, "status", odd_status)
        extra["ssTransducerState"] = odd_status
    return as_json(extra | {"type_name": type_name(name)})


def _text(item: dict[str, Any], *names: str) -> str:
    """The first of ``names`` that holds something, as text."""
    for name in names:
        value = item.get(name)
        if value is not None and str(value).strip():
            return str(value).strip()
    return ""
