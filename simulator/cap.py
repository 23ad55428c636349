"""The weather bureau: an Atom index and CAP 1.2 documents, written after the storm's timetable.

What is published at a time is a function of (world, time), plus the warnings that somebody issued by hand
(``issue``), which are kept in the home folder.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from xml.etree import ElementTree as ET

from shapely.geometry import LineString, MultiPolygon
from shapely.geometry.base import BaseGeometry

from simulator.cap_timetable import ALWAYS, COLOURS, EVENTS, LEADS, STORM, WEAK_STORM, Step, announced
from simulator.county import REGION_CODE, REGION_NAME, County
from simulator.weather import Cell, Weather
from simulator.world import BEIJING, SimulatorError, World, dice

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
SENDER = f"{REGION_CODE}41600000"  # GB/T 2260 + 416 met bureau + unit 000 + reserve 00
LISTED = timedelta(hours=24)
AHEAD = 5  # storms: as early as that one is warned of the next but four


@dataclass(frozen=True)
class Message:
    """One CAP message. ``area`` is a polygon's or a circle's text in CAP order (lat,lon); None: geocode only."""

    identifier: str
    sent: datetime
    msg_type: str
    event: str
    colour: str
    headline: str
    description: str
    expires: datetime | None
    onset: datetime | None = None
    references: tuple[str, ...] = ()
    area: tuple[str, str] | None = None
    status: str = "Actual"
    coded_colour: str | None = None  # where it differs from ``colour``
    listed_until: datetime | None = None  # None: a day after it was sent
    naive: bool = False  # fault: "sent" without a zone

    @property
    def unlisted_at(self) -> datetime:
        return self.listed_until or self.sent + LISTED

    @property
    def triple(self) -> str:
        """How a later message refers to this one."""
        return f"{SENDER},{self.identifier},{cap_time(self.sent)}"


def cap_time(moment: datetime) -> str:
    """The only form CAP allows: seconds, numeric offset, neither fractions nor Z."""
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")


def identifier(sent: datetime, number: int) -> str:
    return f"{SENDER}_{sent.astimezone(BEIJING):%Y%m%d%H%M%S}_{number}"


class Bulletin:
    """Everything the weather bureau has published."""

    def __init__(self, home: Path, world: World, county: County, weather: Weather) -> None:
        self.world, self.county, self.weather = world, county, weather
        self.by_hand = home / "issued.jsonl"
        self.lock = threading.RLock()

    def messages(self, now: datetime) -> list[Message]:
        """Messages of the last four days, oldest first: none is listed for longer."""
        return self.between(now - 4 * LISTED, now)

    def between(self, since: datetime, until: datetime) -> list[Message]:
        """Messages sent in (since, until], oldest first."""
        numbers = range(self.weather.number(since) - 1, self.weather.number(until) + 1 + AHEAD)
        scripted = [m for k in numbers for m in self._of_storm(k)]
        found = [m for m in [*scripted, self._first_live, *self._issued()] if since < m.sent <= until]
        return sorted(found, key=lambda m: (m.sent, m.identifier))

    def find(self, identifier_: str, now: datetime) -> Message | None:
        return next((m for m in self.messages(now) if m.identifier == identifier_), None)

    @lru_cache(maxsize=1024)  # noqa: B019 - one Bulletin lives as long as the process
    def _of_storm(self, k: int) -> tuple[Message, ...]:
        cell = self.weather.storm_number(k)
        steps = ALWAYS if k == 0 else ()
        if self.weather.is_stormy(k):
            steps = (*steps, *(STORM if k == 0 else self._weak_storm(k)))
        earlier: dict[str, tuple[str, ...]] = {}
        messages = []
        for step in sorted(steps, key=lambda s: s.minute):
            message = self._message(step, cell, earlier.get(step.chain, ()))
            earlier[step.chain] = (*earlier.get(step.chain, ()), message.triple)
            messages.append(message)
        return tuple(messages)

    def _weak_storm(self, k: int) -> tuple[Step, ...]:
        """What a lesser storm is warned of: rain, unless a whole year's seasons are told, which know gales as well."""
        month = self.weather.storm_number(k).centre_at.month
        if self.world.climate != "year":
            return WEAK_STORM
        seed = self.world.seed
        event = "大风" if month < 5 or month > 9 else "雷电" if dice(seed, "event", k) < 0.4 else "暴雨"
        lead_h = LEADS[event][int(len(LEADS[event]) * dice(seed, "lead", k))]
        is_heavy = event == "暴雨" and lead_h > 24 and dice(seed, "heavy", k) < 0.3
        return announced(event, lead_h, "orange" if is_heavy else "blue", rises=dice(seed, "rises", k) < 0.3)

    @cached_property
    def _first_live(self) -> Message:
        """The warning that comes in soon after the first launch."""
        sent = self.world.first_live
        message = self._message(Step(0, "gust", "Alert", "大风", "blue"), self.weather.storm_number(0), ())
        onset, expires = sent + timedelta(minutes=15), sent + timedelta(hours=1)
        return replace(message, identifier=identifier(sent, 9), sent=sent, onset=onset, expires=expires)

    def _message(self, step: Step, cell: Cell, references: tuple[str, ...]) -> Message:
        sent = cell.centre_at + timedelta(minutes=step.minute)
        return Message(
            identifier=identifier(sent, 1),
            sent=sent,
            msg_type=step.msg_type,
            event=step.event,
            colour=step.colour,
            headline=_headline(step),
            description=f"模拟信息（合成数据）：{REGION_NAME}{self._rain_report(sent)}请注意防范。",
            expires=None if step.lasts_min is None else sent + timedelta(minutes=step.lasts_min),
            onset=None if step.onset is None else cell.centre_at + timedelta(minutes=step.onset),
            references=references,
            area=self._area(step.shape, cell, sent),
            status=step.status,
            coded_colour=step.coded_colour,
            listed_until=None if step.listed_min is None else sent + timedelta(minutes=step.listed_min),
        )

    def _rain_report(self, at: datetime) -> str:
        """The wettest of a few gauges: what the warning text gives as its reason."""
        rain = {g.name: self.weather.rain_mm(g.lon, g.lat, at, 60) for g in self.county.gauges[:12]}
        name, most = max(rain.items(), key=lambda item: item[1])
        return f"过去1小时{name}雨量{most:.1f}毫米，" if most >= 0.1 else "过去1小时无明显降雨，"

    def _area(self, kind: str, cell: Cell, sent: datetime) -> tuple[str, str] | None:
        if kind == "circle":
            lon, lat = cell.middle(sent)
            return "circle", f"{lat:.4f},{lon:.4f} {2 * cell.radius_km:.1f}"
        if kind == "polygon":
            return "polygon", polygon_text(self._corridor(cell, sent))
        return None

    def _corridor(self, cell: Cell, sent: datetime) -> BaseGeometry:
        """The part of the county that the cell crosses within the next hour and a half."""
        track = LineString([cell.middle(sent), cell.middle(sent + timedelta(minutes=90))])
        hit = track.buffer(0.13).intersection(self.county.boundary).simplify(0.002)
        if hit.is_empty:
            hit = self.county.boundary
        return max(hit.geoms, key=lambda part: part.area) if isinstance(hit, MultiPolygon) else hit

    def issue(self, order: Mapping[str, object], now: datetime) -> Message:
        """Publish a warning at once. ``order``: event, colour; optional msg_type, references (identifiers),
        lasts_min, area ("polygon"), naive and swapped (faults).

        Raises SimulatorError if the order can't be understood.
        """
        event, colour = str(order.get("event", "暴雨")), str(order.get("colour", "orange")).lower()
        if event not in EVENTS or colour not in COLOURS:
            raise SimulatorError(
                f"unknown event or colour; events: {', '.join(EVENTS)}; colours: {', '.join(COLOURS)}."
            )
        with self.lock:
            sent = now.replace(microsecond=0)
            entry = {
                "sent": sent.isoformat(),
                "number": sum(1 for m in self._issued() if m.sent == sent) + 2,  # 1 is the timetable's
                "event": event,
                "colour": colour,
                "msg_type": str(order.get("msg_type", "Alert")),
                "references": [m.triple for m in self._referred(order.get("references"), now)],
                "lasts_min": int(str(order.get("lasts_min", 180))),
                "area": order.get("area"),
                "naive": bool(order.get("naive")),
                "swapped": bool(order.get("swapped")),
            }
            with self.by_hand.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            return self._from_entry(entry)

    def _referred(self, identifiers: object, now: datetime) -> list[Message]:
        wanted = [identifiers] if isinstance(identifiers, str) else identifiers if isinstance(identifiers, list) else []
        found = [self.find(str(i), now) for i in wanted]
        if None in found:
            raise SimulatorError("a message that is referred to does not exist; take identifiers from the feed.")
        return [m for m in found if m]

    def _issued(self) -> list[Message]:
        if not self.by_hand.exists():
            return []
        with self.lock:
            lines = self.by_hand.read_text("utf-8").splitlines()
        return [self._from_entry(json.loads(line)) for line in lines]

    def _from_entry(self, entry: Mapping[str, object]) -> Message:
        sent = datetime.fromisoformat(str(entry["sent"]))
        event, colour, msg_type = str(entry["event"]), str(entry["colour"]), str(entry["msg_type"])
        area = None
        if entry["area"] == "polygon" or entry["swapped"]:
            area = (
                "polygon",
                polygon_text(self._corridor(self.weather.cell(sent), sent), swapped=bool(entry["swapped"])),
            )
        return Message(
            identifier=identifier(sent, int(str(entry["number"]))),
            sent=sent,
            msg_type=msg_type,
            event=event,
            colour=colour,
            headline=_headline(Step(0, "", msg_type, event, colour)),
            description="模拟信息（合成数据）：人工发布。",
            expires=sent + timedelta(minutes=int(str(entry["lasts_min"]))),
            references=tuple(map(str, entry["references"])) if isinstance(entry["references"], list) else (),
            area=area,
            naive=bool(entry["naive"]),
        )

    def feed(self, now: datetime, base_url: str) -> tuple[bytes, datetime]:
        """The Atom index and the time of its last change. Superseded and expired messages linger for a day."""
        known = self.messages(now)
        listed = [m for m in known if m.unlisted_at > now]
        changes = [m.sent for m in known] + [m.unlisted_at for m in known if m.unlisted_at <= now]
        changed = max(changes, default=self.world.anchor)
        root = ET.Element("feed", xmlns=ATOM)
        _add(root, "id", f"urn:simulator:{REGION_CODE}:cap")
        _add(root, "title", f"模拟{REGION_NAME}预警信息（合成数据）")
        _add(root, "updated", cap_time(changed))
        ET.SubElement(root, "link", rel="self", href=f"{base_url}/cap/feed.xml")
        for message in reversed(listed):
            entry = ET.SubElement(root, "entry")
            _add(entry, "id", message.identifier)
            _add(entry, "title", message.headline)
            _add(entry, "updated", cap_time(message.sent))
            href = f"{base_url}/cap/alerts/{message.identifier}.xml"
            ET.SubElement(entry, "link", rel="alternate", type="application/cap+xml", href=href)
        return _xml(root), changed


def _headline(step: Step) -> str:
    word = COLOURS[step.colour][0]
    office = f"模拟{REGION_NAME}气象台"
    drill = "【演练】" if step.status == "Exercise" else ""
    if step.msg_type == "Cancel":
        return f"{drill}{office}解除{step.event}{word}预警信号"
    if step.msg_type == "Update":
        return f"{drill}{office}变更发布{step.event}{word}预警信号"
    return f"{drill}{office}发布{step.event}{word}预警信号"


def polygon_text(polygon: BaseGeometry, *, swapped: bool = False) -> str:
    """CAP's ``lat,lon lat,lon ...``, first pair repeated at the end; ``swapped``: the fault of some converters."""
    pairs = [(lon, lat) if swapped else (lat, lon) for lon, lat in polygon.exterior.coords]
    return " ".join(f"{a:.4f},{b:.4f}" for a, b in pairs)


def document(message: Message) -> bytes:
    """The CAP 1.2 document, elements in the order of the schema."""
    root = ET.Element("alert", xmlns=CAP)
    sent = cap_time(message.sent)
    _add(root, "identifier", message.identifier)
    _add(root, "sender", SENDER)
    _add(root, "sent", sent[:19] if message.naive else sent)
    _add(root, "status", message.status)
    _add(root, "msgType", message.msg_type)
    _add(root, "scope", "Public")
    _add(root, "note", "模拟数据 synthetic data")
    if message.references:
        _add(root, "references", " ".join(message.references))
    info = ET.SubElement(root, "info")
    _add(info, "language", "zh-CN")
    _add(info, "category", "Geo" if message.event == "地质灾害气象风险" else "Met")
    _add(info, "event", message.event)
    _add(info, "responseType", "AllClear" if message.msg_type == "Cancel" else "Prepare")
    is_ahead = message.onset is not None and message.onset > message.sent + timedelta(hours=1)
    urgency = "Past" if message.msg_type == "Cancel" else "Expected" if is_ahead else "Immediate"
    _add(info, "urgency", urgency)
    _add(info, "severity", COLOURS[message.colour][1])
    _add(info, "certainty", "Likely")
    _pair(info, "eventCode", "GB/T 35561", EVENTS[message.event])
    _add(info, "effective", sent)
    if message.onset:
        _add(info, "onset", cap_time(message.onset))
    if message.expires:
        _add(info, "expires", cap_time(message.expires))
    _add(info, "senderName", f"模拟{REGION_NAME}气象台")
    _add(info, "headline", message.headline)
    _add(info, "description", message.description)
    _pair(info, "parameter", "color", message.coded_colour or message.colour.capitalize())
    area = ET.SubElement(info, "area")
    _add(area, "areaDesc", REGION_NAME)
    if message.area:
        _add(area, *message.area)
    _pair(area, "geocode", "CPEAS Geographic Code", f"{REGION_CODE}000000")
    return _xml(root)


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _pair(parent: ET.Element, tag: str, name: str, value: str) -> None:
    pair = ET.SubElement(parent, tag)
    _add(pair, "valueName", name)
    _add(pair, "value", value)


def _xml(root: ET.Element) -> bytes:
    ET.indent(root, " ")
    body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return body
