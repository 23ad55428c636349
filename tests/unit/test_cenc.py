"""Bulletins of the Chinese network: Beijing time, numbers as text, JSONP, mirrors. Events are invented 模拟."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.geology.cenc import PARSER
from connectors.model import Outcome, Parsed, Payload

SITE = {
    "CATA_ID": "CC20260810150000",
    "SAVE_TIME": "2026-08-10 15:08:00",
    "O_TIME": "2026-08-10 15:00:00",
    "EPI_LAT": "35.50",
    "EPI_LON": "112.85",
    "EPI_DEPTH": 10,
    "AUTO_FLAG": "M",
    "M": "4.1",
    "M_MS": "0",
    "LOCATION_C": "山西模拟县",
}
MIRROR = {
    "type": "reviewed",
    "time": "2026-08-10 15:00:00",
    "location": "山西模拟县",
    "magnitude": "4.1",
    "depth": "10",
    "latitude": "35.50",
    "longitude": "112.85",
    "intensity": "5",
}


def parse(document: Any, zone: str = "Asia/Shanghai") -> Parsed:
    body = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    return PARSER.parse(Payload(body, "http://host/list", "list", datetime.now(UTC)), {"zone": zone})


def only(parsed: Parsed) -> dict[str, Any]:
    assert [*parsed.rejects] == []
    [row] = parsed.tables["earthquake"].to_pylist()
    return row


def test_an_event_of_the_site() -> None:
    row = only(parse({"shuju": [SITE]}))
    assert row["event_at"] == datetime(2026, 8, 10, 7, 0, tzinfo=UTC)  # not 15:00 UTC
    assert row["updated_at"] == datetime(2026, 8, 10, 7, 8, tzinfo=UTC)
    assert (row["event_id"], row["magnitude"], row["depth_km"]) == ("CC20260810150000", 4.1, 10.0)
    assert (row["longitude"], row["latitude"], row["place"]) == (112.85, 35.5, "山西模拟县")
    assert (row["status"], row["event_type"], row["net"]) == ("reviewed", "earthquake", "CENC")
    assert json.loads(row["extra"]) == {"M_MS": "0"}


def test_an_event_of_a_mirror_gets_an_id_of_time_and_place() -> None:
    parsed = parse({"No1": MIRROR, "No2": MIRROR | {"EventID": "e2", "ReportTime": "2026-08-10 15:01:30"}, "md5": "x"})
    first, second = parsed.tables["earthquake"].to_pylist()
    assert first["event_id"] == "cenc20260810070000_112.85_35.5"
    assert first["updated_at"] == first["event_at"] == datetime(2026, 8, 10, 7, tzinfo=UTC)
    assert (second["event_id"], second["updated_at"]) == ("e2", datetime(2026, 8, 10, 7, 1, 30, tzinfo=UTC))


@pytest.mark.parametrize("wrap", ["({})", "({});", "jQuery18_1({})", " window.show({}) ;\n"])
def test_a_jsonp_call_is_taken_off(wrap: str) -> None:
    body = wrap.format(json.dumps({"shuju": [SITE]}, ensure_ascii=False)).encode()
    assert only(parse(body))["magnitude"] == 4.1


def test_a_bare_list_and_gb18030_are_read() -> None:
    assert only(parse(json.dumps([SITE], ensure_ascii=False).encode("gb18030")))["place"] == "山西模拟县"


@pytest.mark.parametrize(
    ("flag", "status"),
    [("M", "reviewed"), ("A", "automatic"), ("(自动测定)", "automatic"), ("正式测定", "reviewed"), (None, "automatic")],
)
def test_flags_become_our_words(flag: str | None, status: str) -> None:
    assert only(parse([SITE | {"AUTO_FLAG": flag}]))["status"] == status


def test_a_flag_that_nobody_knows_is_left_to_the_gate_and_a_deletion_is_one() -> None:
    assert only(parse([SITE | {"AUTO_FLAG": "Z"}]))["status"] == "Z"
    assert only(parse([SITE | {"IS_DEL": "1"}]))["status"] == "deleted"


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("山西模拟县(疑爆)", "explosion"),
        ("山西模拟县（塌陷）", "collapse"),
        ("山西模拟县(矿震)", "induced or triggered event"),
        ("山西模拟县", "earthquake"),
        ("爆米花山", "earthquake"),
    ],
)
def test_remarks_in_the_place_tell_what_is_no_earthquake(place: str, kind: str) -> None:
    assert only(parse([SITE | {"LOCATION_C": place}]))["event_type"] == kind


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"O_TIME": None}, "cenc.time.missing"),
        ({"O_TIME": "15:00"}, "cenc.time"),
        ({"M": "big"}, "cenc.magnitude.number"),
        ({"EPI_LAT": [1]}, "cenc.latitude.number"),
        ({"LOCATION_C": "a\x00"}, "cenc.text.storable"),
    ],
)
def test_an_event_that_cannot_be_read_is_rejected_alone(change: dict[str, Any], rule: str) -> None:
    parsed = parse({"shuju": [SITE | change, SITE]})
    assert [(reject.rule, reject.where) for reject in parsed.rejects] == [(rule, "shuju[0]")]
    assert parsed.records == 1


def test_numbers_that_are_none_reject_the_event() -> None:
    body = json.dumps({"shuju": [SITE, SITE | {"EPI_DEPTH": "HERE"}]}).replace('"HERE"', "NaN").encode()
    assert [reject.rule for reject in parse(body).rejects] == ["cenc.number.finite"]


def test_an_empty_list_is_a_success_with_none() -> None:
    assert parse({"shuju": []}).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        ({"features": []}, "cenc.shape"),
        ({"data": [{"a": 1}]}, "cenc.shape"),
        ([{"time": "2026-08-10", "latitude": 1}], "cenc.shape"),
        ({"code": 500, "msg": "error"}, "cenc.shape"),
        (b"<html></html>", "cenc.json"),
        (b'callback({"shuju": [', "cenc.json"),
        (b"", "cenc.empty"),
    ],
)
def test_other_documents_are_one_reject(document: Any, rule: str) -> None:
    parsed = parse(document)
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert parsed.outcome is Outcome.REJECTED


def test_unknown_members_are_kept_and_told() -> None:
    parsed = parse([SITE | {"M_QQ": "4"}])
    assert [(drift.field, drift.example) for drift in parsed.drift] == [("M_QQ", "4")]
    assert json.loads(only(parsed)["extra"])["M_QQ"] == "4"
