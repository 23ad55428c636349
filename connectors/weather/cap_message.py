"""One CAP alert -> its rows: a warning, its infos, their areas.

Whatever speaks CAP in other words (the national early-warning XML, the JSON of the US weather service) is first said
in CAP's and read here as well, so that all warnings land alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.arrow import as_json
from connectors.errors import ConfigurationError
from connectors.weather import cap_colour
from connectors.weather.cap_area import area_row
from connectors.weather.cap_feed import VERSIONS
from connectors.weather.cap_reading import Block, Kind, Notes, Refused, plain
from connectors.weather.cap_values import references as cap_references
from connectors.weather.cap_values import words
from connectors.xml import local_name, namespace, text_of

_ALERT = Kind(  # the password is CAP 1.0's; it is known so that it is never kept
    "warning",
    "identifier sender password sent status msgType source scope restriction addresses code note references "
    "incidents info",
)
_INFO = Kind(
    "warning_info",
    "language category event responseType urgency severity certainty audience eventCode effective onset expires "
    "senderName headline description instruction web contact parameter resource area",
)
_LISTS = {
    "category": frozenset(
        {"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"}
    ),
    "responseType": frozenset(
        {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"}
    ),
}
_EVENT_TYPE = re.compile(r"(1[1-4][A-Z]\d\d)(?:\d\d)?", re.ASCII)  # 11B03, or with its colour's digits 11B0303
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LONGEST_INLINE = 1000  # characters of an inline resource (a picture, base64) that are kept in a row

Row = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """What the feed's contract adds: the zone of times without an offset, and where its colours are coded.

    ``references`` takes the references of a message apart: (what they name, pieces that name nothing).
    """

    zone: tzinfo | None
    colour_parameters: Sequence[str]
    references: Callable[[str, tzinfo | None], tuple[list[str], list[str]]] = cap_references

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Options:
        name = options.get("zone")
        try:
            zone = ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError):
            remedy = "name a zone of the tz database, such as Asia/Shanghai, in the contract's clock"
            raise ConfigurationError(f"there is no time zone {name!r}", remedy=remedy) from None
        return cls(zone, tuple(options.get("colour_parameters", ())))


@dataclass
class Message:
    """The rows of one alert."""

    warning: Row
    infos: list[Row] = field(default_factory=list)
    areas: list[Row] = field(default_factory=list)


class Messages:
    """The messages of one payload, each key once; what is wrong with them goes into ``notes``."""

    def __init__(self, notes: Notes, options: Options) -> None:
        self.notes, self.options = notes, options
        self._found: dict[tuple[str, str, datetime], Message] = {}

    def __iter__(self) -> Iterator[Message]:
        return iter(self._found.values())

    def add(self, element: Element, where: str, url: str) -> None:
        """Read an ``<alert>``; ``where`` it stands in the payload and from which ``url`` that came, without secrets."""
        notes = Notes(self.notes.format)
        try:
            message = read_message(element, where, url, self.options, notes)
        except Refused as refused:
            raw = {local_name(child): text_of(child) for child in element if not len(child)}
            raw.pop("password", None)
            self.notes.reject(refused.where, refused.rule, refused.reason, "warning", raw)
            return
        self.notes.add(notes)
        warning = message.warning
        key = (warning["sender"], warning["identifier"], warning["sent_at"])
        known = self._found.setdefault(key, message)
        if known is message:
            return
        if _content(known) == _content(message):
            self.notes.drift("warning", "alert.repeated", warning["identifier"])
            return
        reason = f"{warning['identifier']} stands twice in the payload with different content; the first one is kept"
        self.notes.reject(where, "cap.alert.conflict", reason, "warning", plain(element))

    def rows(self) -> dict[str, list[Row]]:
        """Rows by landing table."""
        return {
            "warning": [message.warning for message in self],
            "warning_info": [info for message in self for info in message.infos],
            "warning_area": [area for message in self for area in message.areas],
        }


def _content(message: Message) -> tuple[Row, list[Row], list[Row]]:
    return {**message.warning, "document_url": None}, message.infos, message.areas


def read_message(element: Element, where: str, url: str, options: Options, notes: Notes) -> Message:
    version = VERSIONS[namespace(element)]
    alert = Block(element, _ALERT, where, options.zone, notes)
    key = {
        "sender": _name(alert, "sender"),
        "identifier": _name(alert, "identifier"),
        "sent_at": alert.required_time("sent"),
    }
    notes.message = {name: alert.required(name) for name in ("sender", "identifier", "sent")}
    status, msg_type, scope = (alert.required_word(name) for name in ("status", "msgType", "scope"))
    warning = {
        **key,
        "status": status,
        "msg_type": msg_type,
        "scope": scope,
        **{name: alert.text(name) for name in ("source", "restriction", "note")},
        "addresses": _list(words(alert.text("addresses") or "")),
        "codes": _list(alert.texts("code")),
        "reference_list": _list(_references(alert, msg_type, options)),
        "incidents": _list(words(alert.text("incidents") or "")),
        "cap_version": version,
        "document_url": url,
    }
    message = Message(warning)
    for index, info in enumerate(alert.elements("info")):
        _info(message, Block(info, _INFO, alert.at(f"info[{index}]"), options.zone, notes), key, index, options)
    warning["event_at"] = _event_at(message)
    if alert.texts("password"):
        alert.remarks["password"] = "removed"  # noqa: S105 - this is what is put in its place
    warning["extra"] = as_json(alert.extra())
    return message


def _name(alert: Block, name: str) -> str:
    """sender or identifier: references are built of them with commas and blanks, so a comma makes them useless."""
    text = alert.required(name)
    bad = sorted(set(text) & set(",<&"))
    if bad:
        reason = f"{name} {text!r} holds {' '.join(bad)}, which CAP forbids; no reference could name it"
        raise Refused(alert.at(name), f"cap.{name}.characters", reason)
    if text.split() != [text]:
        alert.note(f"{name}.blanks", text)
    return text


def _references(alert: Block, msg_type: str, options: Options) -> list[str]:
    text = " ".join(alert.texts("references"))
    named, broken = options.references(text, options.zone)
    for piece in broken:
        alert.reject("references", "triple", f"{piece!r} is no sender,identifier,sent triple", piece)
    if not text and msg_type != "Alert":
        reason = f"a message of type {msg_type} names no earlier message, so what it refers to stays as it is"
        alert.reject("references", "missing", reason, None)
    return named


def _info(message: Message, info: Block, key: Row, index: int, options: Options) -> None:
    parameters, event_codes = info.pairs("parameter"), info.pairs("eventCode")
    severity, headline = info.word("severity"), info.text("headline")
    colour = cap_colour.resolve(parameters, options.colour_parameters, headline, severity)
    for name, example in colour.unused:
        info.note(name, example)
    row = {
        **key,
        "info_index": index,
        "language": info.text("language") or info.element.get("lang") or info.element.get(_XML_LANG) or "en-US",
        "categories": _list(_listed(info, "category")),
        "event": info.required("event"),
        "event_type_code": _event_type(event_codes),
        "event_codes": _object(event_codes),
        "response_types": _list(_listed(info, "responseType")),
        "urgency": info.word("urgency"),
        "severity": severity,
        "certainty": info.word("certainty"),
        "effective_at": info.time("effective") or key["sent_at"],
        "onset_at": info.time("onset"),
        "expires_at": info.time("expires"),
        "sender_name": info.text("senderName"),
        "headline": headline,
        **{name: info.text(name) for name in ("audience", "description", "instruction", "web", "contact")},
        "parameters": _object(parameters),
        "colour": colour.colour,
        "colour_source": colour.source,
        "colour_conflict": colour.conflict,
    }
    if not info.texts("category"):
        info.note("category.missing", None)
    if info.elements("resource"):
        info.remarks["resource"] = [_resource(element) for element in info.elements("resource")]
    row["extra"] = as_json(info.extra())
    message.infos.append(row)
    place = {**key, "info_index": index}
    for i, area in enumerate(info.elements("area")):
        message.areas.append(area_row(area, info, f"area[{i}]", {**place, "area_index": i}))


def _listed(info: Block, name: str) -> list[str]:
    """The words of a repeatable list; one that CAP does not have is kept and noted, it decides nothing."""
    texts = info.texts(name)
    for text in texts:
        if text not in _LISTS[name]:
            info.note(f"{name}.unknown", text)
    return texts


def _event_type(codes: Mapping[str, Sequence[str]]) -> str | None:
    matches = (_EVENT_TYPE.fullmatch(value) for values in codes.values() for value in values)
    return next((match[1] for match in matches if match), None)


def _resource(element: Element) -> Any:
    """A resource as it is, but for inline content too big for a row: the archive has it."""
    resource = plain(element)
    if isinstance(resource, dict):
        for name, values in resource.items():
            if isinstance(values, list):
                resource[name] = [_shortened(value) for value in values]
    return resource


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_INLINE:
        return f"{len(value)} characters, kept in the archived payload"
    return value


def _event_at(message: Message) -> datetime:
    """Earliest onset; without any, earliest effective; without any info, sent."""
    onsets = [info["onset_at"] for info in message.infos if info["onset_at"]]
    effective = [info["effective_at"] for info in message.infos]
    moment: datetime = min(onsets or effective or [message.warning["sent_at"]])
    return moment


def _list(values: Sequence[str]) -> str | None:
    return as_json(list(values) or None)


def _object(pairs: Mapping[str, Sequence[str]]) -> str | None:
    """Pairs as an object; a name that comes more than once holds an array."""
    return as_json({name: values[0] if len(values) == 1 else list(values) for name, values in pairs.items()} or None)
