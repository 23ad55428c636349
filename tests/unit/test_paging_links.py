"""Links to the next page as OGC services write them: in a list by their relation, under a name with a dot, relative."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.errors import ContractError
from connectors.transport.http import Answer, HttpClient, HttpOptions
from connectors.transport.paging import Paging, pages
from connectors.transport.retry import RetryPolicy
from tests.local_http import Asked, LocalHttp, Reply, serve

FEATURES = Paging("next_link", items="features", next="links[rel=next].href")
THINGS = Paging("next_link", items="value", next="@iot.nextLink")


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHttp]:
    monkeypatch.setenv("NO_PROXY", "*")
    with serve() as server:
        yield server


def get(address: str) -> Answer:
    client = HttpClient(HttpOptions(), RetryPolicy(attempts=1), sleep=lambda seconds: None)
    return client.get(address, expect="json")


def as_json(document: object) -> Reply:
    return Reply(json.dumps(document).encode())


def test_the_next_link_is_chosen_from_a_list_by_its_relation(source: LocalHttp) -> None:
    def answer(asked: Asked) -> Reply:
        start = int(asked.query.get("offset", "0"))
        links = [{"rel": "self", "href": f"?offset={start}"}, "no link", {"rel": "prev", "href": "?offset=0"}]
        links += [{"rel": "next", "href": f"/items?offset={start + 2}"}] if start < 4 else []
        return as_json({"features": [start, start + 1], "links": links})

    address = source.on("/items", answer)
    bodies = [json.loads(page.body)["features"] for page in pages(get, address, FEATURES)]
    assert bodies == [[0, 1], [2, 3], [4, 5]]


def test_a_list_without_that_relation_ends_the_walk(source: LocalHttp) -> None:
    address = source.on("/items", lambda asked: as_json({"features": [1], "links": [{"rel": "self", "href": "x"}]}))
    assert len(list(pages(get, address, FEATURES))) == 1


def test_a_relative_link_under_a_name_with_a_dot_is_followed(source: LocalHttp) -> None:
    def answer(asked: Asked) -> Reply:
        start = int(asked.query.get("$skip", "0"))
        following = {"@iot.nextLink": f"Observations?$skip={start + 1}"} if start < 2 else {}
        return as_json({"value": [{"@iot.id": start}], **following})

    address = source.on("/v1.1/Observations", answer)
    found = [json.loads(page.body)["value"][0] for page in pages(get, address, THINGS)]
    assert found == [{"@iot.id": 0}, {"@iot.id": 1}, {"@iot.id": 2}]


def test_a_next_link_that_is_no_address_is_refused(source: LocalHttp) -> None:
    address = source.on("/items", lambda asked: as_json({"features": [1], "links": [{"rel": "next", "href": 7}]}))
    with pytest.raises(ContractError, match="no address"):
        list(pages(get, address, FEATURES))
