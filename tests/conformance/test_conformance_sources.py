"""What is asked of every source: exact counts, quiet second pulls, clear failures, no secret anywhere."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from connectors.errors import (
    ConfigurationError,
    ConnectorError,
    ContractError,
    RateLimitedError,
    TransientError,
)
from connectors.model import Connector, Cursor, Outcome, Pull
from connectors.registry import connect, parser
from connectors.transport import database, files
from tests.conformance.case import key
from tests.conformance.cases import CASES
from tests.conformance.sources import LISTENERS, PAGE, SECRET, Source, Sources, as_text, paging_of
from tests.local_http import Asked, LocalHttp, Reply, serve

COUNTS = [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 1]
PULLED = [name for name, case in CASES.items() if case.transport not in LISTENERS]
OVER_HTTP = [name for name in PULLED if CASES[name].transport == "http"]
every_format = pytest.mark.parametrize("name", PULLED)
every_http = pytest.mark.parametrize("name", OVER_HTTP)
every_paged = pytest.mark.parametrize("name", [name for name in OVER_HTTP if paging_of(name)])


@pytest.fixture
def sources(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sources]:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(database, "PAYLOAD_ROWS", PAGE)
    monkeypatch.setattr(database, "PULL_ROWS", 2 * PAGE)
    monkeypatch.setattr(files, "PULL_FILES", PAGE)
    new_database: Callable[[], str] = lambda: request.getfixturevalue("empty_database")  # noqa: E731
    with ExitStack() as stack:
        yield Sources(stack, tmp_path, new_database)


def records(name: str, pulls: list[Pull]) -> list[tuple[object, ...]]:
    """Keys of all records of the format's main table, sorted; a payload that was rejected fails the test."""
    case, found = CASES[name], []
    for payload in (payload for pull in pulls for payload in pull.payloads):
        parsed = parser(case.format, case.options()).parse(payload, case.options())
        assert parsed.outcome is Outcome.ACCEPTED, parsed.rejects
        if case.table in parsed.tables:
            table = parsed.tables[case.table].to_pylist()
            found += [tuple(row[column] for column in key(case.feed, case.table)) for row in table]
    return sorted(found, key=str)


def pull_all(connector: Connector, cursor: Cursor | None = None) -> list[Pull]:
    """All pulls, acknowledged one by one as the ingest does it."""
    pulls = []
    for pull in connector.pull(cursor or {}):
        json.dumps(pull.cursor)
        connector.acknowledge(pull)
        pulls.append(pull)
    return pulls


@every_format
@pytest.mark.parametrize("count", COUNTS)
def test_exactly_what_the_source_holds(sources: Sources, name: str, count: int) -> None:
    found = records(name, pull_all(sources.open(name, count).connect()))
    assert len(found) == count
    assert len(set(found)) == count


@every_format
def test_a_second_pull_is_a_fresh_poll_with_nothing_new(sources: Sources, name: str) -> None:
    connector = sources.open(name, PAGE - 1).connect()
    first = pull_all(connector)
    assert not any(pull.not_modified for pull in first)
    (second,) = pull_all(connector, first[-1].cursor)
    assert (second.not_modified, second.payloads, second.rejects) == (True, (), ())


@every_format
def test_a_crash_before_the_commit_loses_nothing(sources: Sources, name: str) -> None:
    connector = sources.open(name, 2 * PAGE + 1).connect()
    pulls = connector.pull({})
    next(pulls)  # fetched, never committed
    del pulls
    assert len(set(records(name, pull_all(connector)))) == 2 * PAGE + 1


@every_format
def test_a_crash_between_two_pulls_loses_nothing(sources: Sources, name: str) -> None:
    connector = sources.open(name, 3 * PAGE + 1).connect()
    pulls = connector.pull({})
    first = next(pulls)
    connector.acknowledge(first)
    del pulls
    rest = pull_all(connector, first.cursor)
    assert len(set(records(name, [first, *rest]))) == 3 * PAGE + 1


@every_format
def test_an_unreachable_source_is_told_with_a_remedy_and_crosses_processes(sources: Sources, name: str) -> None:
    source = sources.open(name, 1)
    with pytest.raises(ConnectorError) as caught:
        pull_all(source.connect(source.dead_address))
    error = caught.value
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.retryable) == (type(error), str(error), error.retryable)
    assert error.remedy in str(error)
    assert SECRET not in str(error) + repr(error) + str(error.__cause__)


@every_format
def test_no_secret_in_payloads_cursors_or_rejects(sources: Sources, name: str) -> None:
    pulls = pull_all(sources.open(name, 2).connect())
    for pull in pulls:
        facts = [[p.source, p.name, dict(p.facts)] for p in pull.payloads]
        shown = as_text([facts, pull.cursor, [vars(reject) for reject in pull.rejects]])
        assert SECRET not in shown
        assert "dev:dev" not in shown


@every_format
def test_unknown_options_are_refused_by_name(sources: Sources, name: str) -> None:
    source = sources.open(name, 0)
    with pytest.raises(ConfigurationError, match="colour_of_the_sky"):
        connect({**source.declaration, "colour_of_the_sky": "blue"}, source=source.address)


@every_format
def test_an_address_that_was_never_resolved_is_refused(name: str, sources: Sources) -> None:
    source = sources.open(name, 0)
    for address in ("", "${NOT_SET}"):
        with pytest.raises(ConfigurationError, match="environment variable"):
            connect(source.declaration, source=address)


# --- what only HTTP can do wrong


def broken(source: Source, reply: Reply | list[Reply]) -> ConnectorError:
    """The error of a pull whose feed answers ``reply``."""
    http(source).on(source.path, reply)
    with pytest.raises(ConnectorError) as caught:
        pull_all(source.connect())
    assert SECRET not in str(caught.value)
    return caught.value


def http(source: Source) -> LocalHttp:
    assert source.http is not None
    return source.http


@every_http
def test_html_is_a_broken_contract(sources: Sources, name: str) -> None:
    error = broken(sources.open(name, 1), Reply(b"<!DOCTYPE html><html>proxy login</html>"))
    assert type(error) is ContractError


@every_http
def test_a_truncated_body_is_transient(sources: Sources, name: str) -> None:
    error = broken(sources.open(name, 1), Reply(b"<feed", declared_length=4_000))
    assert type(error) is TransientError


@every_http
@pytest.mark.parametrize("wish", ["3600", format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)])
def test_a_long_wait_is_handed_to_the_scheduler(sources: Sources, name: str, wish: str) -> None:
    error = broken(sources.open(name, 1), Reply(status=429, headers={"Retry-After": wish}))
    assert type(error) is RateLimitedError
    assert error.retry_after is not None
    assert error.retry_after > 3000


@every_http
@pytest.mark.parametrize("wish", ["0", format_datetime(datetime(2026, 1, 1, tzinfo=UTC), usegmt=True)])
def test_a_short_wait_is_waited_for(sources: Sources, name: str, wish: str) -> None:
    source = sources.open(name, 1)
    server = http(source)
    good = server._answers[source.path]
    calls = iter([Reply(status=429, headers={"Retry-After": wish})])
    server.on(source.path, lambda asked: next(calls, None) or good(asked))
    assert len(records(name, pull_all(source.connect()))) == 1


@every_http
def test_refused_credentials_are_a_configuration_error(sources: Sources, name: str) -> None:
    assert type(broken(sources.open(name, 1), Reply(status=401))) is ConfigurationError


@every_http
def test_a_redirect_to_another_host_gets_no_credentials(sources: Sources, name: str) -> None:
    source = sources.open(name, 1)
    with serve() as foreign:
        foreign.on("/there", Reply(status=503))
        broken(source, Reply(status=302, headers={"Location": f"{foreign.url}/there"}))
        assert foreign.asked
        assert all("Authorization" not in asked.headers for asked in foreign.asked)
    assert all(asked.headers["Authorization"].startswith("Basic ") for asked in http(source).asked)


@every_paged
def test_a_broken_page_fails_the_whole_pull(sources: Sources, name: str) -> None:
    source = sources.open(name, 3 * PAGE + 1)
    server = http(source)
    good = server._answers[source.path]
    pages: list[Reply] = []

    def remember(asked: Asked) -> Reply:
        pages.append(good(asked))
        return pages[-1]

    server.on(source.path, remember)
    pull_all(source.connect())
    for bad, kind in (
        (Reply(status=500), TransientError),
        (Reply(pages[1].body[: len(pages[1].body) // 2]), ContractError),
        (Reply(b"<html>quota</html>"), ContractError),
        (pages[0], ContractError),  # the first page again, or a cursor that comes round
    ):
        left = iter([pages[0]])
        server.on(source.path, lambda asked, bad=bad, left=left: next(left, bad))
        with pytest.raises(kind):
            pull_all(source.connect())


def test_a_document_that_is_gone_does_not_block_the_other_warnings(sources: Sources) -> None:
    source = sources.open("cap", PAGE)
    http(source).on("/2.xml", Reply(status=410))
    pulls = pull_all(source.connect())
    assert len(records("cap", pulls)) == PAGE - 1
    assert [reject.rule for pull in pulls for reject in pull.rejects] == ["fetch.document_gone"]
