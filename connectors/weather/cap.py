"""The Common Alerting Protocol (CAP 1.0, 1.1, 1.2): one alert, or an Atom or RSS index, -> warning records.

A message stands or falls as a whole: without identifier, sender, sent, status, msgType and scope, or with a word
that CAP does not have, it is one Reject. A lost part that leaves the warning usable (a polygon, an expiry that is
no time, the references of an update) is a Reject of its own while the message lands, because people need the
warning. What real senders do against the schema but without harm (another order, a missing category, ``Cancle``)
is read and counted as drift. EDXL envelopes are not read yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.arrow import as_json, to_table
from connectors.errors import ConfigurationError, ContractError
from connectors.model import Link, Parsed, Payload
from connectors.text import count_damage
from connectors.transport.redaction import redact_url
from connectors.weather import cap_colour
from connectors.weather.cap_area import area_row
from connectors.weather.cap_feed import VERSIONS, Entry, entries, entry_time, is_alert, is_index
from connectors.weather.cap_reading import Block, Kind, Notes, Refused, plain
from connectors.weather.cap_tables import TABLES
from connectors.weather.cap_values import references, words
from connectors.xml import XmlError, local_name, namespace, parse_xml, text_of

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
_LONGEST_INLINE = 1000  # characters of an inline resource (a picture, base64) that are kept in a row

Row = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """What the feed's contract adds: the zone of times without an offset, and where its colours are coded."""

    zone: tzinfo | None
    colour_parameters: Sequence[str]

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


class CapParser:
    """Format ``cap``. Options: ``zone`` (of times without an offset), ``colour_parameters`` (names, any case)."""

    format = "cap"
    tables = TABLES

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        """The alert, or the listings and embedded alerts of an index. Raises ConfigurationError for a wrong zone."""
        reading = _Reading(payload, Options.of(options))
        try:
            reading.read()
        except XmlError as error:
            reading.notes.reject("payload", error.rule, error.reason, "warning", None)
        return reading.parsed()

    def links(self, payload: Payload) -> list[Link]:
        """The documents an index lists, each address once. Raises ContractError if it is neither index nor alert."""
        try:
            root = parse_xml(payload.body).root
        except XmlError as error:
            raise _no_index(payload, error.reason) from None
        if is_alert(root):
            return []
        if not is_index(root):
            raise _no_index(payload, f"its root is <{local_name(root)}>, which is no Atom or RSS feed")
        found: dict[str, Link] = {}
        for entry in entries(root, payload.source):
            if entry.url and entry.url not in found:
                found[entry.url] = Link(entry.url, entry.entry_id, entry.updated, embedded=bool(entry.alerts))
        return list(found.values())


PARSER = CapParser()


def _no_index(payload: Payload, reason: str) -> ContractError:
    remedy = "open the address in a browser and correct it in the feed's contract, or ask the source's owner"
    return ContractError(f"the warning index cannot be read: {reason}", remedy=remedy, source=payload.source)


class _Reading:
    """The reading of one payload: rows, rejects and drift as they come up."""

    def __init__(self, payload: Payload, options: Options) -> None:
        self.payload, self.options, self.notes = payload, options, Notes()
        self.messages: dict[tuple[str, str, datetime], Message] = {}
        self.listings: dict[str, Row] = {}

    def read(self) -> None:
        document = parse_xml(self.payload.body)
        root = document.root
        if document.guessed_encoding:
            self.notes.drift(
                "warning", "encoding", f"bytes are {document.guessed_encoding}, declared as something else"
            )
        if damage := count_damage("".join(root.itertext())):
            self.notes.drift("warning", "(damaged text)", f"{damage} marks of text that was lost before it was sent")
        if is_alert(root):
            self._alert(root, "", redact_url(self.payload.source))
        elif is_index(root):
            for entry in entries(root, self.payload.source):
                self._entry(entry)
        else:
            raise _foreign(root)

    def parsed(self) -> Parsed:
        messages = self.messages.values()
        rows = {
            "warning": [message.warning for message in messages],
            "warning_info": [info for message in messages for info in message.infos],
            "warning_area": [area for message in messages for area in message.areas],
            "warning_listing": list(self.listings.values()),
        }
        tables = {name: to_table(schema, rows[name]) for name, schema in TABLES.items()}
        return Parsed(tables, self.notes.rejects, self.notes.drifts)

    def _entry(self, entry: Entry) -> None:
        url = entry.url
        if url is None and entry.alerts:  # the alert itself is here, only its address is not
            url = f"{self.payload.source}#{entry.entry_id or entry.where}"
        if url is None:
            reason = "the entry neither links to a document nor holds an alert, so its warning cannot be read"
            raw = {"id": entry.entry_id, "title": entry.title}
            self.notes.reject(entry.where, "cap.entry.link", reason, "warning_listing", raw)
            return
        self._listing(entry, redact_url(url))
        for alert in entry.alerts:
            self._alert(alert, entry.where, redact_url(url))

    def _listing(self, entry: Entry, url: str) -> None:
        if url in self.listings:
            self.notes.drift("warning_listing", "entry.repeated", url)
        updated = entry_time(entry.updated, self.options.zone)
        if entry.updated and updated is None:
            self.notes.drift("warning_listing", "updated.time", entry.updated)
        self.listings[url] = {
            "document_url": url,
            "entry_id": entry.entry_id,
            "title": entry.title,
            "entry_updated_at": updated,
            "listed_at": self.payload.fetched_at,
            "extra": as_json({"cap": entry.flat}) if entry.flat else None,
        }

    def _alert(self, element: Element, where: str, url: str) -> None:
        notes = Notes()
        try:
            message = _message(element, where, url, self.options, notes)
        except Refused as refused:
            raw = {local_name(child): text_of(child) for child in element if not len(child)}
            raw.pop("password", None)
            self.notes.reject(refused.where, refused.rule, refused.reason, "warning", raw)
            return
        self.notes.add(notes)
        warning = message.warning
        key = (warning["sender"], warning["identifier"], warning["sent_at"])
        if key not in self.messages:
            self.messages[key] = message
        elif _content(self.messages[key]) == _content(message):
            self.notes.drift("warning", "alert.repeated", warning["identifier"])
        else:
            reason = (
                f"{warning['identifier']} stands twice in the payload with different content; the first one is kept"
            )
            self.notes.reject(where, "cap.alert.conflict", reason, "warning", plain(element))


def _content(message: Message) -> tuple[Row, list[Row], list[Row]]:
    return {**message.warning, "document_url": None}, message.infos, message.areas


def _foreign(root: Element) -> XmlError:
    name, home = local_name(root), namespace(root)
    if name == "alert":
        return XmlError("cap.namespace.unknown", f"the alert's namespace {home!r} is none of CAP 1.0, 1.1 or 1.2")
    return XmlError("cap.root.unknown", f"the document is <{name}>, neither a CAP alert nor an Atom or RSS index")


def _message(element: Element, where: str, url: str, options: Options, notes: Notes) -> Message:
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
        "reference_list": _list(_references(alert, msg_type, options.zone)),
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


def _references(alert: Block, msg_type: str, zone: tzinfo | None) -> list[str]:
    text = " ".join(alert.texts("references"))
    triples, broken = references(text, zone)
    for piece in broken:
        alert.reject("references", "triple", f"{piece!r} is no sender,identifier,sent triple", piece)
    if not text and msg_type != "Alert":
        reason = f"a message of type {msg_type} names no earlier message, so what it refers to stays as it is"
        alert.reject("references", "missing", reason, None)
    return triples


def _info(message: Message, info: Block, key: Row, index: int, options: Options) -> None:
    parameters, event_codes = info.pairs("parameter"), info.pairs("eventCode")
    severity, headline = info.word("severity"), info.text("headline")
    colour = cap_colour.resolve(parameters, options.colour_parameters, headline, severity)
    for name, example in colour.unused:
        info.note(name, example)
    row = {
        **key,
        "info_index": index,
        "language": info.text("language") or "en-US",
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
