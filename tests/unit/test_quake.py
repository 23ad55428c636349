"""Earthquake bulletins: the recorded week, revisions, and every way in which a document can be wrong."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.geology.quake import PARSER
from connectors.model import Outcome, Parsed, Payload

RECORDED = Path(__file__).parents[3] / "shared/data/recorded/geology/usgs_all_week_20180207.geojson"
NOW = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)


def parse(body: bytes | str | dict[str, Any], **facts: str) -> Parsed:
    if isinstance(body, dict):
        body = json.dumps(body)
    payload = Payload(body.encode() if isinstance(body, str) else body, "http://host/feed", "feed", NOW, facts=facts)
    return PARSER.parse(payload, {})


def event(**properties: Any) -> dict[str, Any]:
    known = {"time": 1517966773840, "updated": 1517966996303, "mag": 2.5, "status": "reviewed", "type": "earthquake"}
    return {
        "type": "Feature",
        "id": "xx1",
        "properties": known | properties,
        "geometry": {"type": "Point", "coordinates": [112.85, 35.5, 10.0]},
    }


def collection(*events: Any, **metadata: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "metadata": {"count": len(events)} | metadata, "features": list(events)}


def rows(parsed: Parsed) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parsed.tables["earthquake"].to_pylist()
    return found


def only(parsed: Parsed) -> dict[str, Any]:
    assert not parsed.rejects
    (row,) = rows(parsed)
    return row


def rules(parsed: Parsed) -> list[str]:
    return [reject.rule for reject in parsed.rejects]


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded data lie beside a developer's checkout only")
def test_the_recorded_week_is_read_whole() -> None:
    parsed = parse(RECORDED.read_bytes())
    assert (parsed.records, parsed.rejects, parsed.drift) == (1707, [], [])
    first = rows(parsed)[0]
    assert first["event_id"] == "ci37868143"
    assert first["event_at"] == datetime(2018, 2, 7, 1, 26, 13, 840_000, tzinfo=UTC)
    assert first["updated_at"] == datetime(2018, 2, 7, 1, 29, 56, 303_000, tzinfo=UTC)
    assert (first["longitude"], first["latitude"], first["depth_km"]) == (-118.6671667, 34.4945, 26.49)
    assert json.loads(first["types"]) == ["geoserve", "nearby-cities", "origin", "phase-data", "scitech-link"]
    assert sum(row["stations_used"] is None for row in rows(parsed)) > 0


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded data lie beside a developer's checkout only")
def test_every_cut_of_a_recorded_document_is_a_reject_never_a_part() -> None:
    body = RECORDED.read_bytes()
    for length in (0, 1, 100, 5_000, len(body) // 2, len(body) - 2):
        parsed = parse(body[:length])
        assert (parsed.outcome, parsed.records) == (Outcome.REJECTED, 0)


def test_the_detail_document_of_one_event_is_that_event_without_its_products() -> None:
    parsed = parse(event(products={"origin": [{"id": "urn:synthetic"}]}))
    row = only(parsed)
    assert (parsed.outcome, row["event_id"], row["magnitude"], parsed.drift) == (Outcome.ACCEPTED, "xx1", 2.5, [])


def test_a_feature_of_another_kind_is_no_event_even_if_it_has_times() -> None:
    other = {"type": "Feature", "id": "s1", "properties": {"time": 1, "updated": 2}, "geometry": None}
    assert rules(parse(other)) == ["quake.collection"]


def test_an_event_becomes_a_row_in_our_units_and_words() -> None:
    row = only(
        parse(
            collection(
                event(
                    ids=",xx1,yy2,",
                    sources=",xx,",
                    types=None,
                    tsunami=1,
                    sig=96,
                    felt=None,
                    magType="ml",
                    net="xx",
                    code="1",
                    place="模拟县 3 km",
                    url="http://host/e",
                    detail="http://host/d",
                    gap=100,
                )
            )
        )
    )
    assert {name: row[name] for name in ("event_id", "magnitude", "magnitude_type", "place")} == {
        "event_id": "xx1",
        "magnitude": 2.5,
        "magnitude_type": "ml",
        "place": "模拟县 3 km",
    }
    assert (json.loads(row["ids"]), json.loads(row["sources"]), row["types"]) == (["xx1", "yy2"], ["xx"], None)
    assert (row["is_tsunami"], row["significance"], row["felt"], row["gap_deg"]) == (True, 96.0, None, 100.0)
    assert row["extra"] is None


def test_a_magnitude_that_is_not_computed_yet_stays_null() -> None:
    assert only(parse(collection(event(mag=None))))["magnitude"] is None


def test_deletions_blasts_and_old_spellings_are_records() -> None:
    assert only(parse(collection(event(status="deleted"))))["status"] == "deleted"
    assert only(parse(collection(event(status="REVIEWED"))))["status"] == "reviewed"
    assert only(parse(collection(event(type="quarry blast"))))["event_type"] == "quarry blast"


def test_a_deleted_event_without_geometry_is_left_to_the_gate() -> None:
    row = only(parse(collection(event(status="deleted") | {"geometry": None})))
    assert (row["status"], row["longitude"]) == ("deleted", None)


def test_each_revision_is_a_record_of_its_own_and_a_repeated_one_is_told() -> None:
    revised = event(updated=1517966996304, mag=2.7)
    parsed = parse(collection(event(), revised, event()))
    assert [row["magnitude"] for row in rows(parsed)] == [2.7, 2.5]
    assert not parsed.rejects
    assert sum(drift.count for drift in parsed.drift) == 1


def test_unknown_fields_are_kept_and_reported() -> None:
    parsed = parse(collection(event(mmi2=4.5, where={"a": [1]}), event(mmi2=5, updated=1) | {"version": 2}))
    assert json.loads(rows(parsed)[0]["extra"]) == {"mmi2": 4.5, "where": {"a": [1]}}
    assert json.loads(rows(parsed)[1]["extra"]) == {"mmi2": 5, "version": 2}
    assert {d.field: (d.count, d.example) for d in parsed.drift} == {
        "mmi2": (2, "4.5"),
        "where": (1, "{'a': [1]}"),
        "version": (1, "2"),
    }
    assert parsed.outcome is Outcome.ACCEPTED


def test_tz_and_title_are_known_and_dropped() -> None:
    assert only(parse(collection(event(tz=-480, title="M 2.5"))))["extra"] is None


@pytest.mark.parametrize("position", [[35.5, 112.85, 10], [200, 100, 5000], [112.85, 35.5, -3]])
def test_positions_are_taken_as_they_stand(position: list[float]) -> None:
    row = only(parse(collection(event() | {"geometry": {"type": "Point", "coordinates": position}})))
    assert [row["longitude"], row["latitude"], row["depth_km"]] == position


def test_a_position_without_depth_has_none() -> None:
    row = only(parse(collection(event() | {"geometry": {"coordinates": [1, 2]}})))
    assert (row["longitude"], row["latitude"], row["depth_km"]) == (1.0, 2.0, None)


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 5000])
@pytest.mark.parametrize("place", ["mag", "unknown", "coordinate", "time"])
def test_numbers_that_are_none_reject_the_event_alone(literal: str, place: str) -> None:
    good, bad = event(), event(updated=1517966996999)
    if place == "coordinate":
        bad["geometry"]["coordinates"][0] = "HERE"
    else:
        bad["properties"][place] = "HERE"
    body = json.dumps(collection(bad, good)).replace('"HERE"', literal)
    parsed = parse(body)
    assert rules(parsed) == ["quake.number.finite"]
    assert (parsed.records, parsed.outcome) == (1, Outcome.PARTIAL)
    assert literal in json.dumps(parsed.rejects[0].record, allow_nan=False)
    assert parsed.rejects[0].where == "features[0]"


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (event(mag="big"), "quake.mag.number"),
        (event(mag="2.5"), "quake.mag.number"),
        (event(nst=True), "quake.nst.number"),
        (event(time="2018-02-07"), "quake.time.number"),
        (event(updated=None), "quake.updated.missing"),
        (event(updated=1.5), "quake.updated.time"),
        (event(updated=10**17), "quake.updated.time"),
        (event(time=-(10**17)), "quake.time.time"),
        (event(place=["x"]), "quake.place.text"),
        (event(tsunami=2), "quake.tsunami.flag"),
        (event(ids={"a": 1}), "quake.ids.text"),
        (event(place="a\x00b"), "quake.text.storable"),
        (event(unknown="\ud800"), "quake.text.storable"),
        (event() | {"id": None}, "quake.id.missing"),
        (event() | {"id": ["a"]}, "quake.id.text"),
        (event() | {"geometry": {"coordinates": ["112.85", 35.5, 10]}}, "quake.longitude.number"),
        (event() | {"geometry": {"coordinates": [112.85]}}, "quake.coordinates"),
        (event() | {"geometry": {"type": "Point"}}, "quake.coordinates"),
        (event() | {"geometry": "POINT(1 2)"}, "quake.coordinates"),
        (event() | {"properties": None}, "quake.feature"),
        ("not an object", "quake.feature"),
        (None, "quake.feature"),
    ],
)
def test_a_broken_event_is_rejected_alone_with_its_raw_record(broken: Any, rule: str) -> None:
    parsed = parse(collection(broken, event()))
    assert rules(parsed) == [rule]
    assert parsed.records == 1
    (reject,) = parsed.rejects
    assert reject.where == "features[0]"
    assert reject.table == "earthquake"
    text = json.dumps(reject.record, ensure_ascii=False, allow_nan=False)
    assert "\\u0000" not in text.replace("\\\\u0000", "")
    text.encode()


def test_an_event_nested_without_end_is_rejected_alone() -> None:
    deep: Any = 1
    for _ in range(700):
        deep = [deep]
    parsed = parse(collection(event(deep=deep), event(updated=5)))
    assert parsed.records + len(parsed.rejects) == 2


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "quake.empty"),
        (b" \n", "quake.empty"),
        (b"<html><body>login</body></html>", "quake.json"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><alert/>", "quake.json"),
        (b'{"type": "FeatureCollection", "features": [{"id"', "quake.json"),
        (b"[" * 100_000, "quake.json"),
        (b"\xff\xff\xff\x80", "quake.encoding"),
        (gzip.compress(b"{}"), "quake.encoding"),
        (b"[]", "quake.collection"),
        (b"null", "quake.collection"),
        (b'{"features": {}}', "quake.collection"),
        (b'{"type": "Feature", "properties": {}}', "quake.collection"),
        (b'{"metadata": {"status": 503}, "features": []}', "quake.status"),
    ],
)
def test_a_document_that_is_none_is_one_reject(body: bytes, rule: str) -> None:
    parsed = parse(body)
    assert rules(parsed) == [rule]
    assert (parsed.records, parsed.outcome) == (0, Outcome.REJECTED)


def test_fewer_events_than_declared_do_not_look_whole() -> None:
    parsed = parse(collection(event(), count=2))
    assert rules(parsed) == ["quake.count"]
    assert (parsed.records, parsed.outcome) == (1, Outcome.PARTIAL)
    assert parsed.rejects[0].record == {"count": 2, "held": 1}


def test_no_events_are_a_success_with_none() -> None:
    for parsed in (parse(collection()), parse({"features": []}), parse(b"", status="204")):
        assert (parsed.records, parsed.outcome) == (0, Outcome.ACCEPTED)


def test_other_encodings_of_json_are_read() -> None:
    text = json.dumps(collection(event(place="山西模拟县")), ensure_ascii=False)
    for codec in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        assert only(parse(text.encode(codec)))["place"] == "山西模拟县"
