"""The national early-warning system's terminal (12379): the weather bureau's warnings once more, as XML in a folder.

The colour stands in ``severity``; references name identifiers. Element names as in public messages of provinces [K].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from xml.etree import ElementTree as ET

from simulator.cap import SENDER, Bulletin, Message
from simulator.cap_timetable import EVENTS
from simulator.county import REGION_CODE, REGION_NAME
from simulator.delivery import Document


class Terminal:
    """The files of the terminal as a function of time."""

    def __init__(self, bulletin: Bulletin) -> None:
        self.bulletin = bulletin

    def first(self, at: datetime) -> Iterable[Document]:
        return ()

    def documents(self, since: datetime, until: datetime) -> Iterator[Document]:
        for message in self.bulletin.between(since, until):
            yield Document(f"{message.identifier}.xml", document(message))


def document(message: Message) -> bytes:
    """The XML of one warning."""
    root = ET.Element("alert")
    _add(root, "identifier", message.identifier)
    _add(root, "sender", f"模拟{REGION_NAME}气象台")
    _add(root, "senderCode", SENDER)
    _add(root, "sendTime", _time(message.sent))
    _add(root, "status", message.status)
    _add(root, "msgType", message.msg_type)
    _add(root, "scope", "Public")
    _add(root, "note", "模拟数据 synthetic data")
    _add(root, "references", " ".join(triple.split(",")[1] for triple in message.references))
    info = ET.SubElement(root, "info")
    _add(info, "language", "zh-CN")
    _add(info, "eventType", EVENTS[message.event])
    _add(info, "urgency", "Immediate")
    _add(info, "severity", message.colour.capitalize())
    _add(info, "certainty", "Likely")
    _add(info, "effective", _time(message.sent))
    if message.onset:
        _add(info, "onset", _time(message.onset))
    if message.expires:
        _add(info, "expires", _time(message.expires))
    _add(info, "senderName", f"模拟{REGION_NAME}气象台")
    _add(info, "headline", message.headline)
    _add(info, "description", message.description)
    area = ET.SubElement(info, "area")
    _add(area, "areaDesc", REGION_NAME)
    if message.area:
        _add(area, *message.area)
    _add(area, "geocode", f"{REGION_CODE}000000")
    ET.indent(root, " ")
    body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return body


def _time(moment: datetime) -> str:
    """``2026-08-10 08:05:00+08:00``, with a blank."""
    return moment.isoformat(sep=" ", timespec="seconds")


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text
