"""The XML of the national early-warning system (国家突发事件预警信息发布系统, 12379) -> warning records.

The same tables and rules as CAP, because each alert is said in CAP's words first and read by CAP's reader. The standard
(GB/T 35965.1) was not at hand: the element names are those of a message in public code and of provincial profiles, so
the option ``elements`` may give them other spellings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from connectors.arrow import to_table
from connectors.clock import BEIJING, zone_named
from connectors.model import About, Parsed, Payload
from connectors.transport.redaction import redact_url
from connectors.weather.cap import note_text
from connectors.weather.cap_12379_translation import COLOUR_PARAMETER, references, spellings, to_cap
from connectors.weather.cap_feed import is_alert
from connectors.weather.cap_message import Messages, Options
from connectors.weather.cap_reading import Notes
from connectors.weather.cap_tables import MESSAGE_TABLES
from connectors.xml import XmlError, local_name, parse_xml

ABOUT = About(
    title="国家突发事件预警信息 12379 XML / National early-warning messages (12379, GB/T 35965.1 family)",
    reads="XML files with one <alert> or several in any envelope, with CAP-like names: sender, senderCode, sendTime, "
    "info/eventType, info/severity as a colour, area/geocode as plain codes.",
    quirks=(
        "Times are Beijing time, written 20260810080500 or 2026-08-10 08:05:00+08:00; an offset in the text counts.",
        "severity is the colour. CAP's severity follows from it (red Extreme, orange Severe, yellow Moderate, blue "
        "Minor); where the title's last colour word differs, the title is believed and colour_conflict is set.",
        "No digit of an event code is read as a colour: the web codes (p0002003) and the national ones (11B0302) "
        "number the colours in opposite order.",
        "An identifier should have 31 characters (region 6, institution 3, unit 3, reserve 2, Beijing time, serial); "
        "the older form without serial is as good. Anything else is counted, never refused.",
        "The key sender is senderCode where there is one, and sender_name the issuing unit.",
        "References are bare identifiers, which do not say when that message was sent; triples are read, too.",
        "Several region codes in one area without a drawn shape become one area each.",
        "Unknown urgency or certainty becomes Unknown and is counted, as are Cancle and uknown.",
        "senderName is left out where it looks like a person's name, and so are the texts and recipients in "
        "code/method; only the channels (SMS, WEB) stay, in codes. The archive has all of it.",
    ),
    limits=(
        "Element names, the order lat,lon of polygons and the form of references are partly unverified [K]; the option "
        "elements gives other spellings.",
        "The mapping of colours to CAP severity and of event classes to CAP categories is ours [K].",
        "Kinds of event outside the table keep their code as the event's name and are counted.",
    ),
    verified=(
        "Own fixtures after a message in public code; codes and identifier rule against several public sources.",
    ),
)


class Cap12379Parser:
    """Format ``cap_12379``. Options: ``zone`` (Beijing if the contract names none), ``elements`` (other spellings)."""

    format = "cap_12379"
    tables = MESSAGE_TABLES

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        """Every alert of the document. Raises ConfigurationError for a wrong zone or spelling."""
        zone = zone_named(options.get("zone") or BEIJING)
        names = spellings(options.get("elements") or {})
        notes = Notes(self.format)
        messages = Messages(notes, Options(zone, (COLOUR_PARAMETER,), references))
        url = redact_url(payload.source)
        try:
            document = parse_xml(payload.body)
            note_text(document, notes)
            for where, alert in _alerts(document.root):
                if is_alert(alert) and not _has_send_time(alert, names):
                    reason = "the alert is CAP itself; read this feed with the format cap"
                    notes.reject(where or "payload", "cap_12379.cap", reason, "warning", {})
                else:
                    messages.add(to_cap(alert, names, zone, notes), where, url)
        except XmlError as error:
            notes.reject("payload", error.rule, error.reason, "warning", None)
        rows = messages.rows()
        tables = {name: to_table(schema, rows[name]) for name, schema in self.tables.items()}
        return Parsed(tables, notes.rejects, notes.drifts)


PARSER = Cap12379Parser()


def _alerts(root: Element) -> list[tuple[str, Element]]:
    """The alerts with their places, "" for the root. Raises XmlError if there is none."""
    found = [element for element in root.iter() if local_name(element) == "alert"]
    if not found:
        raise XmlError("cap_12379.root", f"the document is <{local_name(root)}> and holds no <alert>")
    return [("" if alert is root else f"alert[{i}]", alert) for i, alert in enumerate(found)]


def _has_send_time(alert: Element, names: Mapping[str, str]) -> bool:
    return any(names.get(local_name(child)) == "sendTime" for child in alert)
