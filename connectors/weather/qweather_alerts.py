"""QWeather's warnings, v7 and v1, as messages of the warning tables.

They are no CAP: a message is known by its id, and what it supersedes is told by ids alone. Where an id carries its own
time of issue (it can be checked on the message itself), the id of the superseded one is read the same way, so that
the reference is a whole ``sender,identifier,sent``; otherwise the bare id stands there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from connectors.arrow import as_json
from connectors.clock import ClockError, to_utc
from connectors.json_text import not_finite
from connectors.model import Reject
from connectors.refusal import RefusedError
from connectors.text import storable
from connectors.weather.cap_colour import resolve
from connectors.weather.readings import Readings

SENDER = "qweather"
"""Stands for the sender where a warning names none: it is part of the key."""

_BEIJING = timezone(timedelta(hours=8))
_MSG_TYPES = {
    "alert": "Alert",
    "active": "Alert",
    "new": "Alert",
    "update": "Update",
    "cancel": "Cancel",
    "cancle": "Cancel",
    "canceled": "Cancel",
    "cancelled": "Cancel",
}
_SCALES = {
    "severity": ("Extreme", "Severe", "Moderate", "Minor", "Unknown"),
    "urgency": ("Immediate", "Expected", "Future", "Past", "Unknown"),
    "certainty": ("Observed", "Likely", "Possible", "Unlikely", "Unknown"),
}
_NAMES = {
    "sender": ("senderName", "sender"),
    "issued": ("issuedTime", "pubTime"),
    "effective": ("effectiveTime",),
    "onset": ("onsetTime", "startTime"),
    "expires": ("expireTime", "expiresTime", "endTime"),
    "headline": ("headline", "title"),
    "description": ("description", "text"),
    "instruction": ("instruction",),
}
"""What we call it -> v1, then v7."""
_READ = frozenset(
    {name for names in _NAMES.values() for name in names}
    | {"id", "messageType", "msgType", "status", "related", "eventType", "eventCodes", "type", "typeName", *_SCALES}
    | {"color", "severityColor", "level", "criteria", "icon", "responseTypes"}
)


def read_alert(readings: Readings, alert: Any, where: str, zone: tzinfo, area: Mapping[str, Any] | None) -> None:
    """One warning into its tables, or a Reject. ``area`` is what is known of the place that was asked for."""
    try:
        if not isinstance(alert, dict):
            raise RefusedError("qweather.alert", "the warning is no object")
        if broken := next(not_finite(alert), None):
            raise RefusedError("qweather.number.finite", f"{broken} is not a finite number")
        _read(readings, alert, zone, area)
    except RefusedError as error:
        record = storable(alert if isinstance(alert, dict) else {"alert": alert})
        readings.rejects.append(Reject(where, error.rule, str(error), "warning", record))


def _read(readings: Readings, alert: Mapping[str, Any], zone: tzinfo, area: Mapping[str, Any] | None) -> None:
    identifier, issued = _text(alert, "id"), _named(alert, "issued")
    if identifier is None or issued is None:
        raise RefusedError("qweather.alert.key", "the warning has no id or no time of issue")
    is_v1 = "issuedTime" in alert
    sent_at = _instant(issued, zone)
    key = {"sender": _named(alert, "sender") or SENDER, "identifier": identifier, "sent_at": sent_at}
    times = {name: _optional(alert, name, zone) for name in ("effective", "onset", "expires")}
    msg_type, superseded = _message_type(readings, alert)
    message = {
        **key,
        "status": "Actual",
        "msg_type": msg_type,
        "scope": "Public",
        "source": "QWeather",
        "reference_list": as_json([_reference(key, issued, other) for other in superseded]) if superseded else None,
        "cap_version": "qweather-v1" if is_v1 else "qweather-v7",
        "event_at": times["onset"] or times["effective"] or sent_at,
    }
    info = {
        **key,
        "info_index": 0,
        "categories": as_json(["Met"]),
        **_event(alert),
        **{scale: _scaled(readings, alert, scale) for scale in _SCALES},
        **_colour(alert),
        "response_types": as_json(alert["responseTypes"]) if alert.get("responseTypes") else None,
        "effective_at": times["effective"] or sent_at,
        "onset_at": times["onset"],
        "expires_at": times["expires"],
        "sender_name": _named(alert, "sender"),
        **{name: _named(alert, name) for name in ("headline", "description", "instruction")},
        "parameters": as_json(_parameters(alert)),
    }
    unknown = {name: value for name, value in alert.items() if name not in _READ}
    readings.unknown("warning_info", unknown)
    readings.add("warning", message)
    readings.add("warning_info", info, unknown)
    if area is not None:
        readings.add("warning_area", {**key, "info_index": 0, "area_index": 0, **area})


def _message_type(readings: Readings, alert: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Alert, Update or Cancel, and the ids of what the message replaces."""
    told = next((alert[name] for name in ("messageType", "msgType", "status") if alert.get(name)), "alert")
    code = told.get("code") if isinstance(told, Mapping) else told
    superseded = told.get("supersedes") if isinstance(told, Mapping) else alert.get("related")
    listed = superseded if isinstance(superseded, list) else re.split(r"[,\s]+", str(superseded or ""))
    msg_type = _MSG_TYPES.get(str(code or "alert").strip().lower())
    if msg_type is None or str(code).strip().lower() == "cancle":
        readings.told.add("warning", "messageType", code)
    return msg_type or "Alert", [str(other) for other in listed if str(other or "").strip()]


def _reference(key: Mapping[str, Any], issued: str, other: str) -> str:
    """``sender,identifier,sent`` if the ids carry their time of issue, else the bare id."""
    own, digits = str(key["identifier"]), re.sub(r"\D", "", issued)[:12]
    at = own.find(digits) if len(digits) == 12 else -1
    stamp = other[at : at + 12] if at >= 0 and len(own) == len(other) else ""
    if not (stamp.isdigit() and stamp.isascii()):
        return other
    try:
        sent = to_utc(f"{stamp}00", _offset(issued))
    except ClockError:
        return other
    return f"{key['sender']},{other},{sent.isoformat()}"


def _offset(issued: str) -> tzinfo:
    match = re.search(r"([+-])(\d{2}):?(\d{2})$", issued)
    if match is None:
        return UTC if issued.endswith("Z") else _BEIJING
    offset = timedelta(hours=int(match[2]) % 24, minutes=int(match[3]) % 60)
    return timezone(-offset if match[1] == "-" else offset)


def _event(alert: Mapping[str, Any]) -> dict[str, Any]:
    kind = alert.get("eventType")
    kind = kind if isinstance(kind, Mapping) else {"name": kind}
    code = kind.get("code") or alert.get("type")
    name = kind.get("name") or alert.get("typeName") or code
    if not name:
        raise RefusedError("qweather.alert.event", "the warning does not say what it warns of")
    codes: dict[str, Any] = {"qweather": str(code)} if code else {}
    if alert.get("eventCodes"):
        codes["eventCodes"] = alert["eventCodes"]
    return {"event": str(name), "event_codes": as_json(codes) if codes else None}


def _scaled(readings: Readings, alert: Mapping[str, Any], scale: str) -> str | None:
    """CAP's word whatever the case; another word becomes Unknown and is told (it stays in the parameters)."""
    value = _text(alert, scale)
    if value is None:
        return None
    word = value.capitalize()
    if word in _SCALES[scale]:
        return word
    readings.told.add("warning_info", scale, value)
    return "Unknown"


def _colour(alert: Mapping[str, Any]) -> dict[str, Any]:
    told = alert.get("color") or alert.get("severityColor")
    code = told.get("code") if isinstance(told, Mapping) else told
    severity = (_text(alert, "severity") or "").capitalize()
    found = resolve({"color": [str(code)]} if code else {}, ["color"], _named(alert, "headline"), severity)
    return {"colour": found.colour, "colour_source": found.source, "colour_conflict": found.conflict}


def _parameters(alert: Mapping[str, Any]) -> dict[str, Any]:
    names = ("color", "severityColor", "severity", "level", "criteria", "icon")
    return {name: alert[name] for name in names if alert.get(name) not in (None, "")}


def _named(alert: Mapping[str, Any], name: str) -> str | None:
    return next((text for key in _NAMES[name] if (text := _text(alert, key))), None)


def _text(alert: Mapping[str, Any], name: str) -> str | None:
    value = alert.get(name)
    if value is None or not str(value).strip():
        return None
    if isinstance(value, dict | list):
        raise RefusedError(f"qweather.alert.{name}", f"{name} of the warning is no text")
    return str(value).strip()


def _optional(alert: Mapping[str, Any], name: str, zone: tzinfo) -> datetime | None:
    text = _named(alert, name)
    return None if text is None else _instant(text, zone)


def _instant(text: str, zone: tzinfo) -> datetime:
    try:
        return to_utc(text, zone)
    except ClockError as error:
        raise RefusedError("qweather.alert.time", storable(str(error))) from None
