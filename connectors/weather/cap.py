"""The Common Alerting Protocol (CAP 1.0, 1.1, 1.2): alerts, or an Atom or RSS index, -> warning records.

A message stands or falls as a whole: without identifier, sender, sent, status, msgType and scope, or with a word
that CAP does not have, it is one Reject. A lost part that leaves the warning usable (a polygon, an expiry that is
no time, the references of an update) is a Reject of its own while the message lands, because people need the
warning. What real senders do against the schema but without harm (another order, a missing category, ``Cancle``)
is read and counted as drift.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from connectors.arrow import as_json, to_table
from connectors.errors import ContractError
from connectors.model import About, Link, Parsed, Payload
from connectors.text import count_damage
from connectors.transport.redaction import redact_url
from connectors.weather.cap_envelope import contents, distribution_status, is_envelope
from connectors.weather.cap_feed import Entry, entries, entry_time, is_alert, is_index
from connectors.weather.cap_message import Messages, Options, Row
from connectors.weather.cap_reading import Notes
from connectors.weather.cap_tables import TABLES
from connectors.xml import Document, XmlError, local_name, namespace, parse_xml

ABOUT = About(
    title="通用警报协议 CAP / Common Alerting Protocol (CAP 1.0, 1.1, 1.2)",
    reads="One alert, a list of alerts (<alerts>), an EDXL-DE distribution that holds alerts, or an Atom or RSS index "
    "that links to alerts or carries them.",
    quirks=(
        "Coded words are read whatever their case, and with the misspellings met in production (Cancle, uknown).",
        "An Update that names no message, a broken polygon, an expiry that is no time: a reject of that part; the "
        "warning lands.",
        "Another order of elements, a missing category or certainty, repeated elements: read and counted.",
        "Polygons: brackets and heights are dropped, open rings closed, lon,lat turned round where only that fits on "
        "the globe, rings over longitude 180 cut there; each is counted.",
        "A colour comes from a coded parameter, else the title's last colour word, else the severity; where code and "
        "title differ the title is believed and the conflict marked.",
        "Alerts of CAP 1.0 and 1.1 are read as they are; cap_version says which it was.",
        "Of an EDXL envelope nothing is kept, as it changes with every delivery; a distribution status other than the "
        "alert's is counted.",
        "HTML inside texts is kept as it was sent; whoever shows it must escape it.",
    ),
    limits=(
        "XML signatures are kept in the archived bytes and not verified.",
        "A polygon that runs round a pole is refused.",
        "The event codes and parameter names of the real CMA profile were not seen [K]; colour_parameters lists where "
        "to look for a coded colour.",
        "Inline resources of more than 1,000 characters stay in the archive only.",
    ),
    verified=(
        "Recorded alerts and feeds of ten countries and of GDACS (tests/recorded/cap.py); the prose of CAP 1.2.",
        "Not held against the XSD here: senders that break it are read all the same.",
    ),
)


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
        if not is_index(root) and (is_alert(root) or is_envelope(root)):
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
        self.messages = Messages(self.notes, options)
        self.listings: dict[str, Row] = {}

    def read(self) -> None:
        document = parse_xml(self.payload.body)
        root = document.root
        note_text(document, self.notes)
        if is_alert(root):
            self.messages.add(root, "", redact_url(self.payload.source))
        elif is_index(root):
            for entry in entries(root, self.payload.source):
                self._entry(entry)
        elif is_envelope(root):
            self._envelope(root)
        else:
            raise _foreign(root)

    def parsed(self) -> Parsed:
        rows = {**self.messages.rows(), "warning_listing": list(self.listings.values())}
        tables = {name: to_table(schema, rows[name]) for name, schema in TABLES.items()}
        return Parsed(tables, self.notes.rejects, self.notes.drifts)

    def _envelope(self, root: Element) -> None:
        url, status = redact_url(self.payload.source), distribution_status(root)
        for content in contents(root):
            if content.alert is not None:
                self.messages.add(content.alert, content.where, url)
            elif content.lack is not None:
                self.notes.reject(content.where, content.lack.rule, content.lack.reason, "warning", {})
        others = [m.warning["status"] for m in self.messages if status and m.warning["status"] != status]
        if others:
            self.notes.drift("warning", "edxl.status", f"{status} around {others[0]}", len(others))

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
            self.messages.add(alert, entry.where, redact_url(url))

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


def note_text(document: Document, notes: Notes) -> None:
    """What a document's text has gone through before it came to us: drift, as nothing of it can be put right."""
    if document.guessed_encoding:
        notes.drift("warning", "encoding", f"bytes are {document.guessed_encoding}, declared as something else")
    if damage := count_damage("".join(document.root.itertext())):
        notes.drift("warning", "(damaged text)", f"{damage} marks of text that was lost before it was sent")


def _foreign(root: Element) -> XmlError:
    name, home = local_name(root), namespace(root)
    if name == "alert":
        return XmlError("cap.namespace.unknown", f"the alert's namespace {home!r} is none of CAP 1.0, 1.1 or 1.2")
    return XmlError("cap.root.unknown", f"the document is <{name}>, neither a CAP alert nor an Atom or RSS index")
