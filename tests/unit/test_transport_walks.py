"""Feeds over HTTP: what is fetched, what is remembered, what a gone document does to the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from connectors.errors import ConfigurationError, ContractError, TransientError
from connectors.model import Cursor, Interval, Link, Parsed, Payload, Pull
from connectors.transport import walks
from connectors.transport.http import HttpClient, HttpOptions
from connectors.transport.paging import Paging
from connectors.transport.retry import RetryPolicy
from connectors.transport.walks import HttpConnector
from tests.local_http import Asked, LocalHttp, Reply, serve


class ListOfLinks:
    """A toy format: the index is a JSON list of [address, revision] or [address, revision, embedded]."""

    format = "toy"
    tables: Mapping[str, pa.Schema] = {}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        raise NotImplementedError

    def links(self, payload: Payload) -> list[Link]:
        try:
            entries = json.loads(payload.body)
        except ValueError:
            raise ContractError("the index is broken", remedy="mend it") from None
        return [Link(entry[0], None, entry[1], len(entry) > 2) for entry in entries]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def source() -> Iterator[LocalHttp]:
    with serve() as server:
        yield server


def connector(address: str, **rest: Any) -> HttpConnector:
    client = HttpClient(HttpOptions(), RetryPolicy(attempts=2, base_s=0.001, cap_s=0.001), sleep=lambda seconds: None)
    return HttpConnector(ListOfLinks(), client, address, **rest)


def pull(made: HttpConnector, cursor: Cursor | None = None) -> Pull:
    (only,) = made.pull(cursor or {})
    json.dumps(only.cursor)  # a cursor is JSON
    return only


def index(source: LocalHttp, *entries: tuple[str, str | None]) -> Reply:
    return Reply(json.dumps([[source.url + path, mark] for path, mark in entries]).encode())


# --- single


def test_a_document_is_pulled_once_while_its_etag_stands(source: LocalHttp) -> None:
    def answer(asked: Asked) -> Reply:
        return (
            Reply(status=304) if asked.headers.get("If-None-Match") == '"1"' else Reply(b"x", headers={"ETag": '"1"'})
        )

    made = connector(source.on("/feed.json", answer) + "?key=hush")
    first = pull(made)
    assert [p.body for p in first.payloads] == [b"x"]
    assert (first.payloads[0].name, first.payloads[0].source) == ("feed.json", source.url + "/feed.json?key=***")
    assert "hush" not in json.dumps(first.cursor)
    second = pull(made, first.cursor)
    assert (second.payloads, second.not_modified, second.cursor) == ((), True, first.cursor)


def test_the_same_bytes_again_are_nothing_new_even_without_an_etag(source: LocalHttp) -> None:
    made = connector(source.on("/f", [Reply(b"x"), Reply(b"x"), Reply(b"y")]))
    first = pull(made)
    second = pull(made, first.cursor)
    third = pull(made, second.cursor)
    assert [p.not_modified for p in (first, second, third)] == [False, True, False]


def test_a_changed_document_is_pulled_again(source: LocalHttp) -> None:
    made = connector(source.on("/f", [Reply(b"x", headers={"ETag": "1"}), Reply(b"y", headers={"ETag": "2"})]))
    assert [p.body for p in pull(made, pull(made).cursor).payloads] == [b"y"]


# --- an index and its documents


def test_index_and_documents_are_one_pull(source: LocalHttp) -> None:
    source.on("/a.xml", Reply(b"A"))
    source.on("/b.xml", Reply(b"B"))
    source.on("/index", index(source, ("/a.xml", "1"), ("/b.xml", "1"), ("/a.xml", "1")))
    only = pull(connector(source.url + "/index", walk="cap_feed"))
    assert [(p.name, p.facts["role"]) for p in only.payloads] == [
        ("index", "index"),
        ("a.xml", "document"),
        ("b.xml", "document"),
    ]
    assert source.paths() == ["/index", "/a.xml", "/b.xml"]


def test_only_new_and_updated_documents_are_fetched(source: LocalHttp) -> None:
    for name in "abc":
        source.on(f"/{name}", Reply(name.encode()))
    source.on(
        "/index",
        [
            index(source, ("/a", "1"), ("/b", None)),
            index(source, ("/a", "2"), ("/b", None), ("/c", "1")),
        ],
    )
    made = connector(source.url + "/index", walk="cap_feed")
    second = pull(made, pull(made).cursor)
    assert [p.body for p in second.payloads[1:]] == [b"a", b"c"]


def test_what_is_no_longer_listed_is_forgotten(source: LocalHttp) -> None:
    source.on("/a", Reply(b"a"))
    source.on("/index", [index(source, ("/a", "1")), Reply(b"[]")])
    made = connector(source.url + "/index", walk="cap_feed")
    assert len(pull(made).cursor["documents"]) == 1
    assert pull(made, pull(made).cursor).cursor["documents"] == {}


def test_an_embedded_document_is_not_fetched(source: LocalHttp) -> None:
    source.on("/index", Reply(json.dumps([[source.url + "/a", "1", True]]).encode()))
    only = pull(connector(source.url + "/index", walk="cap_feed"))
    assert len(only.payloads) == 1
    assert source.paths() == ["/index"]


def test_an_unchanged_index_is_a_fresh_poll_without_payloads(source: LocalHttp) -> None:
    source.on("/a", Reply(b"a"))
    listing = index(source, ("/a", "1")).body

    def answer(asked: Asked) -> Reply:
        return Reply(status=304) if "If-None-Match" in asked.headers else Reply(listing, headers={"ETag": '"1"'})

    made = connector(source.on("/index", answer), walk="cap_feed")
    first = pull(made)
    second = pull(made, first.cursor)
    assert (second.not_modified, second.payloads, second.cursor) == (True, (), first.cursor)


@pytest.mark.parametrize("status", [404, 410, 400])
def test_a_gone_document_is_a_reject_and_asked_for_again_only_when_its_entry_changes(
    source: LocalHttp, status: int
) -> None:
    source.on("/gone", Reply(status=status))
    source.on("/b", Reply(b"B"))
    source.on(
        "/index",
        [
            index(source, ("/gone", "1"), ("/b", "1")),
            index(source, ("/gone", "1")),
            index(source, ("/gone", "2")),
        ],
    )
    made = connector(source.url + "/index", walk="cap_feed")
    first = pull(made)
    assert [p.body for p in first.payloads[1:]] == [b"B"]
    assert [(r.rule, r.where) for r in first.rejects] == [("fetch.document_gone", source.url + "/gone")]
    second = pull(made, first.cursor)
    assert second.rejects == ()
    third = pull(made, second.cursor)
    assert len(third.rejects) == 1
    assert source.paths().count("/gone") == 2


def test_a_refused_document_is_told_once_and_tried_until_it_comes(source: LocalHttp) -> None:
    source.on("/a", [Reply(status=403), Reply(status=403), Reply(b"A")])
    listing = index(source, ("/a", "1")).body
    source.on("/index", Reply(listing, headers={"ETag": '"1"'}))
    made = connector(source.url + "/index", walk="cap_feed")
    first = pull(made)
    second = pull(made, first.cursor)
    third = pull(made, second.cursor)
    assert [[r.rule for r in p.rejects] for p in (first, second, third)] == [["fetch.document_refused"], [], []]
    assert [p.body for p in third.payloads[1:]] == [b"A"]
    assert "http" not in second.cursor
    assert "http" in third.cursor


def test_a_login_page_in_place_of_a_document_is_a_reject_that_stays_open(source: LocalHttp) -> None:
    source.on("/a", [Reply(b"<html>login</html>"), Reply(b"A")])
    source.on("/index", index(source, ("/a", "1")))
    made = connector(source.url + "/index", walk="cap_feed", expect="xml")
    first = pull(made)
    assert [r.rule for r in first.rejects] == ["fetch.document_refused"]
    assert [p.body for p in pull(made, first.cursor).payloads[1:]] == [b"A"]


def test_an_address_that_is_none_is_a_reject(source: LocalHttp) -> None:
    source.on("/index", Reply(b'[["mailto:someone", "1"]]'))
    made = connector(source.url + "/index", walk="cap_feed")
    first = pull(made)
    assert [r.rule for r in first.rejects] == ["fetch.document_gone"]
    assert pull(made, first.cursor).not_modified


def test_a_document_that_is_ill_for_now_fails_the_pull(source: LocalHttp) -> None:
    source.on("/a", Reply(b"A"))
    source.on("/b", Reply(status=503))
    source.on("/index", index(source, ("/a", "1"), ("/b", "1")))
    with pytest.raises(TransientError):
        list(connector(source.url + "/index", walk="cap_feed").pull({}))
    assert source.paths().count("/b") == 2


def test_a_broken_index_is_handed_on_as_it_is_and_asked_for_again(source: LocalHttp) -> None:
    source.on("/a", Reply(b"A"))
    good, etag = index(source, ("/a", "1")), {"ETag": '"1"'}
    source.on("/index", [good, Reply(b"[[", headers=etag), good])
    made = connector(source.url + "/index", walk="cap_feed")
    first = pull(made)
    second = pull(made, first.cursor)
    assert [p.body for p in second.payloads] == [b"[["]
    assert second.cursor["documents"] == first.cursor["documents"]
    third = pull(made, second.cursor)
    assert "If-None-Match" not in source.asked[-1].headers
    assert [p.facts["role"] for p in third.payloads] == ["index"]


def test_many_documents_come_in_several_pulls_that_can_each_be_committed(
    source: LocalHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walks, "PULL_BYTES", 2_000)
    for name in "abcd":
        source.on(f"/{name}", Reply(name.encode() * 1_500))
    source.on("/index", index(source, *((f"/{name}", "1") for name in "abcd")))
    made = connector(source.url + "/index", walk="cap_feed")
    pulls = list(made.pull({}))
    assert [len(p.payloads) for p in pulls] == [3, 2]
    assert ["http" in p.cursor for p in pulls] == [False, True]
    resumed = list(made.pull(pulls[0].cursor))  # as after a crash between the two
    assert [p.body[:1] for one in resumed for p in one.payloads[1:]] == [b"c", b"d"]


def test_a_format_without_an_index_cannot_be_walked(source: LocalHttp) -> None:
    class Plain:
        format = "plain"
        tables: Mapping[str, pa.Schema] = {}

        def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
            raise NotImplementedError

    address = source.on("/index", Reply(b"[]"))
    with pytest.raises(ConfigurationError, match="plain"):
        list(HttpConnector(Plain(), HttpClient(), address, walk="cap_feed").pull({}))


# --- intervals

SPAN = Interval(datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 8, 2, tzinfo=UTC))


def test_an_interval_is_asked_of_the_event_service_page_by_page(source: LocalHttp) -> None:
    events = [{"id": n} for n in range(5)]

    def answer(asked: Asked) -> Reply:
        start = int(asked.query["offset"]) - 1
        page = events[start : start + 2]
        return Reply(json.dumps({"features": page}).encode()) if page else Reply(status=204)

    query_url = source.on("/query", answer) + "?minmagnitude=2"
    made = connector(source.url + "/feed", query_url=query_url, paging=Paging("offset", items="features", size=2))
    (only,) = made.pull({"kept": 1}, SPAN)
    assert [len(json.loads(p.body)["features"]) for p in only.payloads] == [2, 2, 1]
    assert only.cursor == {"kept": 1}
    asked = source.asked[0].query
    assert (asked["starttime"], asked["endtime"]) == ("2026-08-01T00:00:00.000000", "2026-08-02T00:00:00.000000")
    assert (asked["minmagnitude"], asked["format"]) == ("2", "geojson")


def test_no_events_in_an_interval_is_an_empty_payload_not_an_error(source: LocalHttp) -> None:
    query_url = source.on("/query", Reply(status=204))
    (only,) = connector(source.url + "/feed", query_url=query_url).pull({}, SPAN)
    assert [(p.body, p.facts["status"]) for p in only.payloads] == [(b"", "204")]


def test_without_an_event_service_an_interval_fetches_the_feed_and_leaves_the_cursor(source: LocalHttp) -> None:
    made = connector(source.on("/f", Reply(b"x", headers={"ETag": '"1"'})))
    cursor = pull(made).cursor
    (only,) = made.pull(cursor, SPAN)
    assert [p.body for p in only.payloads] == [b"x"]
    assert only.cursor == cursor
    assert "If-None-Match" not in source.asked[-1].headers
