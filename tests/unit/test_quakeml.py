"""QuakeML: which origin and magnitude count, ids, clocks, units, and what is refused. Events are invented 模拟."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.geology.quakeml import PARSER
from connectors.model import Outcome, Parsed, Payload

NOW = datetime(2026, 8, 10, 8, tzinfo=UTC)
ORIGIN = (
    '<origin publicID="smi:moni.example/origin/{id}"><time><value>2026-08-10T07:00:0{id}.5Z</value></time>'
    "<longitude><value>112.85</value></longitude><latitude><value>35.5</value></latitude>"
    "<depth><value>{depth}</value><uncertainty>500</uncertainty></depth>{more}</origin>"
)
MAGNITUDE = (
    '<magnitude publicID="smi:moni.example/mag/{id}"><mag><value>{value}</value></mag>'
    "<type>{type}</type>{more}</magnitude>"
)


def origin(number: int = 1, depth: str = "12500", more: str = "") -> str:
    return ORIGIN.format(id=number, depth=depth, more=more)


def magnitude(number: int = 1, value: str = "2.5", kind: str = "ML", more: str = "") -> str:
    return MAGNITUDE.format(id=number, value=value, type=kind, more=more)


def created(moment: str, agency: str = "XX") -> str:
    return f"<creationInfo><agencyID>{agency}</agencyID><creationTime>{moment}</creationTime></creationInfo>"


def event(inside: str, public_id: str = "smi:moni.example/event/7", attributes: str = "") -> str:
    return f'<event publicID="{public_id}" {attributes}>{inside}</event>'


def parse(*events: str, version: str = "1.2") -> Parsed:
    body = (
        f'<q:quakeml xmlns="http://quakeml.org/xmlns/bed/{version}" xmlns:q="http://quakeml.org/xmlns/quakeml/{version}"'
        ' xmlns:catalog="http://anss.org/xmlns/catalog/0.1"><eventParameters publicID="smi:moni.example/c">'
        f"{''.join(events)}</eventParameters></q:quakeml>"
    )
    return read(body.encode())


def read(body: bytes, options: dict[str, Any] | None = None, **facts: str) -> Parsed:
    return PARSER.parse(Payload(body, "file", "catalogue.xml", NOW, facts=facts), options or {})


def only(parsed: Parsed) -> dict[str, Any]:
    assert [*parsed.rejects] == []
    [row] = parsed.tables["earthquake"].to_pylist()
    return row


def test_metres_become_kilometres_and_times_are_utc() -> None:
    row = only(parse(event(origin(depth="12500") + magnitude())))
    assert (row["depth_km"], row["longitude"], row["latitude"]) == (12.5, 112.85, 35.5)
    assert row["event_at"] == datetime(2026, 8, 10, 7, 0, 1, 500_000, tzinfo=UTC)
    assert (row["magnitude"], row["magnitude_type"]) == (2.5, "ML")


def test_a_time_without_z_is_utc_too_and_a_depth_above_the_datum_is_negative() -> None:
    text = origin(depth="-110").replace("1.5Z", "1.5200")
    row = only(parse(event(text)))
    assert row["event_at"].microsecond == 520_000
    assert row["depth_km"] == -0.11
    assert row["magnitude"] is None


def test_the_preferred_origin_and_magnitude_count_the_others_are_kept() -> None:
    preferred = (
        "<preferredOriginID>smi:moni.example/origin/2</preferredOriginID>"
        "<preferredMagnitudeID>smi:moni.example/mag/2</preferredMagnitudeID>"
    )
    inside = preferred + origin(1, "1000") + origin(2, "2000") + magnitude(1, "3.1", "mb") + magnitude(2, "3.3", "Mw")
    row = only(parse(event(inside)))
    assert (row["depth_km"], row["magnitude"], row["magnitude_type"]) == (2.0, 3.3, "Mw")
    assert json.loads(row["extra"]) == {"magnitudes": [{"type": "mb", "value": 3.1}]}


def test_without_a_preference_or_with_one_that_is_not_here_the_first_counts() -> None:
    dangling = "<preferredOriginID>smi:moni.example/origin/9</preferredOriginID>"
    for inside in (origin(1, "1000") + origin(2, "2000"), dangling + origin(1, "1000") + origin(2, "2000")):
        assert only(parse(event(inside)))["depth_km"] == 1.0


@pytest.mark.parametrize(
    ("public_id", "attributes", "expected"),
    [
        ("quakeml:us.anss.org/event/20005xyz", "", "20005xyz"),
        ("smi:www.iris.edu/ws/event/query?eventId=3279407", "", "3279407"),
        ("quakeml:comcat.example/query?eventid=ci37285320&amp;format=quakeml", "", "ci37285320"),
        ("smi:org.gfz-potsdam.de/geofon/gfz2015vlbq", "", "gfz2015vlbq"),
        ("smi:local/425fd29b-a5a2-4a8f", "", "425fd29b-a5a2-4a8f"),
        ("smi:local/ndk/C200001010000A/event", "", "C200001010000A"),
        ("smi:local/event/260810070100/35.50/112.85/", "", "260810070100/35.50/112.85"),
        ("quakeml:x.example/whatever", 'catalog:eventsource="ci" catalog:eventid="37285320"', "ci37285320"),
    ],
)
def test_ids_are_those_of_the_other_formats_of_the_same_service(public_id: str, attributes: str, expected: str) -> None:
    row = only(parse(event(origin(), public_id, attributes)))
    assert row["event_id"] == expected
    assert json.loads(row["ids"]) == [public_id.replace("&amp;", "&")]


@pytest.mark.parametrize(
    "public_id", ["", "7", "smi:x/RMHP(60)&gt;&gt;7", "http://moni.example/7", "smi:moni.example/a b", "smi:ab/7"]
)
def test_an_invalid_resource_identifier_rejects_its_event_alone(public_id: str) -> None:
    parsed = parse(event(origin(), public_id), event(origin(2)))
    assert [(reject.rule, reject.where) for reject in parsed.rejects] == [("quakeml.publicID", "event[0]")]
    assert parsed.outcome is Outcome.PARTIAL


def test_an_invalid_preference_rejects_the_event() -> None:
    parsed = parse(event("<preferredMagnitudeID>smi:x y</preferredMagnitudeID>" + origin() + magnitude()))
    assert [reject.rule for reject in parsed.rejects] == ["quakeml.preferredMagnitudeID"]


def test_a_preference_that_names_something_word_by_word_counts_whatever_its_characters() -> None:
    second = origin(2, "2000").replace("smi:moni.example/origin/2", "smi:orig2")
    row = only(parse(event("<preferredOriginID>smi:orig2</preferredOriginID>" + origin(1, "1000") + second)))
    assert row["depth_km"] == 2.0


def test_the_type_null_of_older_catalogues_is_none() -> None:
    assert only(parse(event("<type>null</type>" + origin())))["event_type"] == "not reported"


def test_the_newest_of_the_three_clocks_is_the_revision() -> None:
    inside = created("2026-08-10T07:05:00Z") + origin(more=created("2026-08-10T07:09:00Z"))
    row = only(parse(event(inside + magnitude(more=created("2026-08-10T07:07:00")))))
    assert row["updated_at"] == datetime(2026, 8, 10, 7, 9, tzinfo=UTC)
    assert only(parse(event(origin())))["updated_at"] == datetime(2026, 8, 10, 7, 0, 1, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("evaluation", "status"),
    [
        ("<evaluationMode>manual</evaluationMode>", "reviewed"),
        ("<evaluationMode>automatic</evaluationMode>", "automatic"),
        ("<evaluationStatus>confirmed</evaluationStatus>", "reviewed"),
        ("<evaluationMode>automatic</evaluationMode><evaluationStatus>final</evaluationStatus>", "reviewed"),
        ("<evaluationStatus>preliminary</evaluationStatus>", "automatic"),
        ("<evaluationMode>manual</evaluationMode><evaluationStatus>rejected</evaluationStatus>", "deleted"),
        ("", "automatic"),
    ],
)
def test_mode_and_status_become_our_three_words(evaluation: str, status: str) -> None:
    assert only(parse(event(origin(more=evaluation))))["status"] == status


def test_what_is_not_stated_is_what_the_contract_says() -> None:
    body = parse(event(origin()))
    assert only(body)["status"] == "automatic"
    text = '<quakeml xmlns="http://quakeml.org/xmlns/quakeml/1.2"><eventParameters>'
    text += event(origin()) + "</eventParameters></quakeml>"
    assert only(read(text.encode(), {"status_if_unstated": "reviewed"}))["status"] == "reviewed"


@pytest.mark.parametrize(
    ("written", "kind", "status"),
    [
        ("<type>quarry_blast</type>", "quarry blast", "automatic"),
        ("<type>landslide</type>", "landslide", "automatic"),
        ("<type>mining explosion</type>", "mining explosion", "automatic"),
        ("<type>not existing</type>", "not existing", "deleted"),
        ("", "not reported", "automatic"),
    ],
)
def test_events_that_are_no_earthquakes_keep_their_type(written: str, kind: str, status: str) -> None:
    row = only(parse(event(written + origin())))
    assert (row["event_type"], row["status"]) == (kind, status)


def test_the_most_telling_description_is_the_place() -> None:
    region = "<description><type>Flinn-Engdahl region</type><text>模拟区</text></description>"
    name = "<description><type>earthquake name</type><text>模拟县 3 km</text></description>"
    felt = "<description><type>felt report</type><text>felt by many</text></description>"
    assert only(parse(event(felt + region + name + origin())))["place"] == "模拟县 3 km"
    assert only(parse(event(felt + region + origin())))["place"] == "模拟区"
    assert only(parse(event(felt + origin())))["place"] is None


def test_picks_and_arrivals_are_known_and_not_landed_foreign_members_are_told() -> None:
    known = "<pick/><amplitude/><stationMagnitude/><focalMechanism/><comment/>"
    assert [*parse(event(known + origin(more="<arrival/><originUncertainty/>"))).drift] == []
    foreign = '<shaking xmlns="http://moni.example/x">7</shaking>'
    parsed = parse(event(foreign + origin(more="<colour>red</colour>"), attributes='colour="red"'))
    assert {drift.field for drift in parsed.drift} == {"event.shaking", "event.colour", "origin.colour"}
    assert json.loads(only(parsed)["extra"]) == {"event.shaking": "7", "event.colour": "red", "origin.colour": "red"}


def test_quality_and_agencies_are_kept() -> None:
    quality = (
        "<quality><usedStationCount>25</usedStationCount><standardError>0.14</standardError>"
        "<azimuthalGap>54</azimuthalGap><minimumDistance>0.1164</minimumDistance></quality>"
    )
    row = only(parse(event(created("2026-08-10T07:05:00Z", "CENC") + origin(more=quality))))
    assert (row["stations_used"], row["rms_s"], row["gap_deg"], row["distance_min_deg"]) == (25.0, 0.14, 54.0, 0.1164)
    assert (row["net"], json.loads(row["sources"])) == ("CENC", ["CENC"])


@pytest.mark.parametrize(
    ("inside", "rule"),
    [
        (magnitude(), "quakeml.origin.missing"),
        (origin().replace("2026-08-10T07:00:01.5Z", ""), "quakeml.origin.time"),
        (origin().replace("2026-08-10T07:00:01.5Z", "yesterday"), "quakeml.origin.time"),
        (origin().replace("35.5", "north"), "quakeml.latitude.number"),
        (origin(depth="NaN"), "quakeml.depth.finite"),
        (origin() + magnitude(value="1e400"), "quakeml.magnitude.finite"),
        (created("soon") + origin(), "quakeml.creationTime"),
    ],
)
def test_an_event_that_cannot_be_read_is_rejected_alone(inside: str, rule: str) -> None:
    parsed = parse(event(inside), event(origin(2), "smi:moni.example/event/8"))
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert parsed.records == 1


def test_a_position_that_is_missing_is_left_to_the_gate() -> None:
    text = origin().replace("<longitude><value>112.85</value></longitude>", "")
    assert only(parse(event(text)))["longitude"] is None


def test_no_events_are_a_success_with_none() -> None:
    assert parse().outcome is Outcome.ACCEPTED
    assert read(b"", status="204").outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "xml.empty"),
        (b"<html><body/></html>", "xml.html"),
        (b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>', "quakeml.root"),
        (b"<quakeml/>", "quakeml.root"),
        (b'<q:quakeml xmlns:q="http://quakeml.org/xmlns/quakeml/1.2"/>', "quakeml.eventParameters"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "xml.dtd"),
    ],
)
def test_what_is_no_catalogue_is_one_reject(body: bytes, rule: str) -> None:
    parsed = read(body)
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert parsed.records == 0


def test_older_versions_of_the_schema_are_read() -> None:
    assert parse(event(origin()), version="1.1").records == 1
