"""Paging to the true end: exact counts, and every false end raises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from connectors.errors import ConnectorError, ContractError, TransientError
from connectors.transport import paging
from connectors.transport.http import Answer, HttpClient, HttpOptions
from connectors.transport.paging import Paging, pages, with_params
from connectors.transport.retry import RetryPolicy
from tests.local_http import Asked, LocalHttp, Reply, serve

PAGE = 4
OFFSET = Paging("offset", items="features", size=PAGE)
NEXT = Paging("next_link", items="data.items", next="links.next", total="data.total")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def source() -> Iterator[LocalHttp]:
    with serve() as server:
        yield server


def get(address: str) -> Answer:
    client = HttpClient(HttpOptions(), RetryPolicy(attempts=2), sleep=lambda seconds: None)
    return client.get(address, expect="json")


def by_offset(count: int, most: int = PAGE, first: int = 1) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        start, size = int(asked.query["offset"]) - first, min(int(asked.query["limit"]), most)
        return as_json({"features": [{"id": n} for n in range(start, min(start + size, count))]})

    return answer


def by_link(source: LocalHttp, count: int, total: int | None = None) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        start = int(asked.query.get("from", "0"))
        end = min(start + PAGE, count)
        following = f"?from={end}" if end < count else None
        items = [{"id": n} for n in range(start, end)]
        declared = count if total is None else total
        return as_json({"data": {"items": items, "total": declared}, "links": {"next": following}})

    return answer


def as_json(document: object) -> Reply:
    return Reply(json.dumps(document).encode())


def ids(answers: Iterator[Answer], *path: str) -> list[int]:
    found = []
    for answer in answers:
        items = json.loads(answer.body)
        for name in path:
            items = items[name]
        found += [item["id"] for item in items]
    return found


COUNTS = [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 1]


@pytest.mark.parametrize("count", COUNTS)
def test_exactly_every_item_by_offset(source: LocalHttp, count: int) -> None:
    address = source.on("/q", by_offset(count))
    assert ids(pages(get, address, OFFSET), "features") == list(range(count))


@pytest.mark.parametrize("count", COUNTS)
def test_exactly_every_item_by_next_link(source: LocalHttp, count: int) -> None:
    address = source.on("/q", by_link(source, count))
    assert ids(pages(get, address, NEXT), "data", "items") == list(range(count))


def test_a_source_that_allows_less_than_asked_for_loses_nothing(source: LocalHttp) -> None:
    address = source.on("/q", by_offset(11, most=3))
    assert ids(pages(get, address, OFFSET), "features") == list(range(11))


def test_offsets_may_count_from_zero(source: LocalHttp) -> None:
    address = source.on("/q", by_offset(9, first=0))
    assert ids(pages(get, address, Paging("offset", items="features", size=PAGE, first=0)), "features") == list(
        range(9)
    )


def test_an_empty_source_has_one_page(source: LocalHttp) -> None:
    assert len(list(pages(get, source.on("/q", by_offset(0)), OFFSET))) == 1


def failure(source: LocalHttp, how: Paging) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        list(pages(get, source.url + "/q", how))
    return caught.value


@pytest.mark.parametrize("status", [500, 429, 400, 404])
@pytest.mark.parametrize("at", [1, 2, 4])
def test_a_failing_page_fails_the_whole(source: LocalHttp, status: int, at: int) -> None:
    def answer(asked: Asked) -> Reply:
        if int(asked.query["offset"]) > (at - 1) * PAGE:
            return Reply(status=status)
        return by_offset(3 * PAGE + 1)(asked)

    source.on("/q", answer)
    assert failure(source, OFFSET).status_code == status


def test_a_page_that_recovers_is_no_failure(source: LocalHttp) -> None:
    ill = [True, False, True, False, False]

    def answer(asked: Asked) -> Reply:
        return Reply(status=503) if ill.pop(0) else by_offset(PAGE + 1)(asked)

    source.on("/q", answer)
    assert ids(pages(get, source.url + "/q", OFFSET), "features") == list(range(PAGE + 1))


@pytest.mark.parametrize(
    "body", [b'{"features": [{"id": 1}', b"", b"[]", b'{"other": []}', b'{"features": {}}', b"[" * 100_000]
)
def test_a_page_that_is_not_whole_raises(source: LocalHttp, body: bytes) -> None:
    source.on("/q", Reply(body))
    assert isinstance(failure(source, OFFSET), ContractError)


def test_a_truncated_page_raises(source: LocalHttp) -> None:
    source.on("/q", Reply(b'{"features": []}', declared_length=500))
    assert isinstance(failure(source, OFFSET), TransientError)


def test_html_in_place_of_a_page_raises(source: LocalHttp) -> None:
    source.on("/q", Reply(b"<html>quota exceeded</html>"))
    assert isinstance(failure(source, OFFSET), ContractError)


def test_a_source_that_ignores_the_offset_is_found_out_although_its_bytes_differ(source: LocalHttp) -> None:
    stamps = iter(range(100))
    source.on("/q", lambda asked: as_json({"generated": next(stamps), "features": [{"id": 1}]}))
    error = failure(source, OFFSET)
    assert isinstance(error, ContractError)
    assert "twice" in str(error)
    assert len(source.asked) == 2


def test_a_repeated_next_link_raises(source: LocalHttp) -> None:
    number = iter(range(100))
    source.on(
        "/q",
        lambda asked: as_json({"data": {"items": [{"id": next(number)}], "total": 9}, "links": {"next": "?from=1"}}),
    )
    error = failure(source, NEXT)
    assert "circle" in str(error)
    assert len(source.asked) == 2


def test_endless_pages_end(source: LocalHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAX_PAGES", 5)
    source.on("/q", by_offset(10_000))
    assert "circle" in str(failure(source, OFFSET))


@pytest.mark.parametrize("total", [3 * PAGE, 3 * PAGE + 2, 0])
def test_the_declared_total_must_be_met(source: LocalHttp, total: int) -> None:
    source.on("/q", by_link(source, 3 * PAGE + 1, total))
    assert f"declares {total} items" in str(failure(source, NEXT))


def test_a_missing_total_is_not_taken_for_agreement(source: LocalHttp) -> None:
    source.on("/q", as_json({"data": {"items": []}, "links": {}}))
    assert "declares no total" in str(failure(source, NEXT))


def test_a_next_link_to_another_host_is_refused_before_it_is_asked(source: LocalHttp) -> None:
    with serve() as foreign:
        foreign.on("/q", by_link(foreign, 3))
        source.on("/q", as_json({"data": {"items": [{"id": 0}], "total": 4}, "links": {"next": foreign.url + "/q"}}))
        error = failure(source, NEXT)
        assert foreign.asked == []
    assert isinstance(error, ContractError)
    assert "another host" in str(error)


@pytest.mark.parametrize("following", [5, {"href": "x"}, True])
def test_a_next_link_that_is_no_address_is_refused(source: LocalHttp, following: object) -> None:
    source.on("/q", as_json({"data": {"items": [], "total": 0}, "links": {"next": following}}))
    assert isinstance(failure(source, NEXT), ContractError)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "cursor", "items": "x"},
        {"kind": "offset", "items": ""},
        {"kind": "next_link", "items": "x"},
        {"kind": "offset", "items": "x", "next": "y"},
        {"kind": "offset", "items": "x", "size": 0},
    ],
)
def test_senseless_declarations_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Paging(**wrong)  # type: ignore[arg-type]


def test_parameters_replace_their_namesakes() -> None:
    assert with_params("http://h/q?limit=1&a=b", {"limit": "2"}) == "http://h/q?a=b&limit=2"
