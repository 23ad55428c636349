"""The simulated weather bureau: CAP documents that hold to the standard, chains that resolve."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from simulator.cap import SENDER, Bulletin, Message, document
from simulator.county import build
from simulator.weather import Weather
from simulator.world import BEIJING, SimulatorError, World

START = datetime(2026, 8, 10, 14, 0, tzinfo=BEIJING)
WORLD = World(seed=1, scenario="storm", start=START, launched=datetime.now(UTC), speed=0.0)
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
ATOM = "{http://www.w3.org/2005/Atom}"
COUNTY = build(1)

ORDER = {
    "alert": "identifier sender sent status msgType source scope restriction addresses code note references "
    "incidents info",
    "info": "language category event responseType urgency severity certainty audience eventCode effective onset "
    "expires senderName headline description instruction web contact parameter resource area",
    "area": "areaDesc polygon circle geocode altitude ceiling",
}
REQUIRED = {
    "alert": {"identifier", "sender", "sent", "status", "msgType", "scope"},
    "info": {"category", "event", "urgency", "severity", "certainty"},
    "area": {"areaDesc"},
}


def bulletin(home: Path, world: World = WORLD) -> Bulletin:
    return Bulletin(home, world, COUNTY, Weather(world))


@pytest.fixture
def published(tmp_path: Path) -> list[Message]:
    return bulletin(tmp_path).messages(START + timedelta(hours=3))


def parsed(message: Message) -> ET.Element:
    return ET.fromstring(document(message))


def children(element: ET.Element) -> list[str]:
    return [child.tag.removeprefix(CAP) for child in element]


def test_elements_stand_in_the_order_of_the_schema(published: list[Message]) -> None:
    assert len(published) > 10
    for message in published:
        root = parsed(message)
        for name in ("alert", "info", "area"):
            for element in root.iter(CAP + name):
                tags = children(element)
                places = [ORDER[name].split().index(tag) for tag in tags]
                assert places == sorted(places)
                assert REQUIRED[name] <= set(tags)


def test_times_have_the_only_form_that_cap_allows(published: list[Message]) -> None:
    for message in published:
        root = parsed(message)
        times = [e.text or "" for tag in ("sent", "effective", "onset", "expires") for e in root.iter(CAP + tag)]
        assert times
        assert [t for t in times if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", t)] == []


def test_identifiers_follow_the_national_shape_and_are_unique(published: list[Message]) -> None:
    identifiers = [m.identifier for m in published]
    assert len(set(identifiers)) == len(identifiers)
    for identifier in identifiers:
        assert re.fullmatch(r"14102241600000_\d{14}_\d", identifier)
        assert len(identifier) == 31


def test_every_area_names_the_county_and_polygons_are_closed_latitude_first(published: list[Message]) -> None:
    shapes = set()
    west, south, east, north = COUNTY.boundary.bounds
    for message in published:
        area = parsed(message).find(f".//{CAP}area")
        assert area is not None
        assert area.findtext(f"{CAP}geocode/{CAP}value") == "141022000000"
        shapes |= set(children(area))
        polygon = area.findtext(CAP + "polygon")
        if polygon:
            pairs = [tuple(map(float, pair.split(","))) for pair in polygon.split()]
            assert pairs[0] == pairs[-1]
            assert all(south - 0.01 <= lat <= north + 0.01 and west - 0.01 <= lon <= east + 0.01 for lat, lon in pairs)
    assert {"polygon", "circle", "geocode"} <= shapes


def test_the_rainstorm_climbs_from_blue_to_orange_with_references_to_all_before(published: list[Message]) -> None:
    chain = [m for m in published if m.event == "暴雨" and m.status == "Actual" and m.sent > START - timedelta(hours=4)]
    steps = [(m.msg_type, m.colour) for m in chain]
    assert steps == [
        ("Alert", "blue"),
        ("Update", "yellow"),
        ("Update", "orange"),
        ("Update", "yellow"),
        ("Cancel", "yellow"),
    ]
    for i, message in enumerate(chain):
        triples = (parsed(message).findtext(CAP + "references") or "").split()
        assert triples == [f"{SENDER},{m.identifier},{m.sent.isoformat()}" for m in chain[:i]]


def test_what_is_warned_of_begins_after_the_warning_and_a_cancellation_says_no_onset(published: list[Message]) -> None:
    rain = next(
        m for m in published if m.event == "暴雨" and m.colour == "blue" and m.sent > START - timedelta(hours=4)
    )
    assert rain.onset == START - timedelta(minutes=45)
    assert parsed(rain).findtext(f".//{CAP}onset") == rain.onset.isoformat()
    stated = [m for m in published if m.onset]
    assert [m for m in stated if (m.onset and m.onset < m.sent) or m.msg_type == "Cancel"] == []
    assert len({m.event for m in stated}) >= 5
    assert next(m for m in published if m.event == "大雾").onset is None


def test_a_gale_is_cancelled_and_a_drill_is_no_actual_warning(published: list[Message]) -> None:
    gale = [m for m in published if m.event == "雷雨大风"]
    assert [m.msg_type for m in gale] == ["Alert", "Cancel"]
    assert gale[1].references == (gale[0].triple,)
    assert [m.status for m in published if m.colour == "red"] == ["Exercise"]


def test_calm_weather_brings_no_rainstorm(tmp_path: Path) -> None:
    messages = bulletin(tmp_path, replace(WORLD, scenario="quiet")).messages(START + timedelta(hours=3))
    assert [m for m in messages if m.event == "暴雨" and m.status == "Actual"] == []


def test_the_fog_warning_leaves_the_feed_without_a_cancel(tmp_path: Path) -> None:
    office = bulletin(tmp_path)
    fog = next(m for m in office.messages(START) if m.event == "大雾")
    assert fog.expires is None

    def listed(minutes: int) -> bool:
        return fog.identifier.encode() in office.feed(START + timedelta(minutes=minutes), "http://x")[0]

    assert (listed(11), listed(13)) == (True, False)
    assert office.find(fog.identifier, START + timedelta(minutes=13)) == fog


def test_the_index_lists_what_is_published_and_changes_only_when_something_happens(tmp_path: Path) -> None:
    office = bulletin(tmp_path)
    body, changed = office.feed(START, "http://x")
    entries = ET.fromstring(body).findall(ATOM + "entry")
    assert changed == max(m.sent for m in office.messages(START))
    for entry in entries:
        link = entry.find(ATOM + "link")
        assert link is not None
        assert link.get("href") == f"http://x/cap/alerts/{entry.findtext(ATOM + 'id')}.xml"
    assert office.feed(START + timedelta(seconds=44), "http://x")[0] == body
    assert office.feed(START + timedelta(seconds=45), "http://x")[0] != body, "the first live warning"
    assert office.feed(START + timedelta(minutes=5), "http://x")[0] != body


def test_same_world_same_bytes(tmp_path: Path) -> None:
    first, second = bulletin(tmp_path), bulletin(tmp_path)
    assert first.feed(START, "http://x") == second.feed(START, "http://x")
    assert [document(m) for m in first.messages(START)] == [document(m) for m in second.messages(START)]


def test_a_warning_issued_by_hand_survives_a_restart(tmp_path: Path) -> None:
    first = bulletin(tmp_path).issue({"event": "暴雨", "colour": "red"}, START)
    second = bulletin(tmp_path).issue(
        {"event": "暴雨", "colour": "red", "msg_type": "Cancel", "references": first.identifier}, START
    )
    assert first.identifier != second.identifier
    assert second.references == (first.triple,)
    after = bulletin(tmp_path)
    assert document(first) in [document(m) for m in after.messages(START)]
    assert first.identifier.encode() in after.feed(START, "http://x")[0]


@pytest.mark.parametrize(
    "order", [{"event": "暴雨", "colour": "purple"}, {"event": "蝗灾"}, {"event": "暴雨", "references": "nobody"}]
)
def test_an_order_that_makes_no_sense_is_refused(tmp_path: Path, order: dict[str, object]) -> None:
    office = bulletin(tmp_path)
    with pytest.raises(SimulatorError):
        office.issue(order, START)
    assert office.messages(START) == bulletin(tmp_path).messages(START)
    assert not (tmp_path / "issued.jsonl").exists()
