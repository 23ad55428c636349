"""Every format on its whole way into a real warehouse: twice, late, shuffled, again from the archive, the same rows."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import psycopg
import pytest
from psycopg import sql

from connectors.model import Outcome, Parsed, Payload, Pull
from connectors.registry import parser
from feeds.registry import load, load_all
from riskmap.ingest import Run, replay
from riskmap.settings import Settings
from tests.conformance.case import NOW, Case, key, rows
from tests.conformance.cases import CASES
from warehouse import ledger
from warehouse.db import connect
from warehouse.ddl import TECHNICAL

every_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


@pytest.fixture(scope="module")
def warehouse(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One warehouse for all formats; every feed has its own rows in it."""
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, load_all().values())
    home = tmp_path_factory.mktemp("conformance")
    return Settings(home, module_warehouse_url, (home / "archive").as_uri(), None, None, None, MappingProxyType({}))


def payloads(case: Case, groups: Sequence[Sequence[int]]) -> list[Payload]:
    """A payload per group of records, each fetched a minute after the one before."""
    made = []
    for n, group in enumerate(groups):
        name = case.name(group[0])
        made.append(Payload(case.build(group), f"http://source/{name}", name, NOW + timedelta(minutes=n)))
    return made


def land(settings: Settings, case: Case, arrivals: Sequence[Payload]) -> dict[str, list[Any]]:
    """Land the payloads, each as a pull of its own, into the feed's emptied tables; what stands there then."""
    contract = load(case.feed)
    forget(settings, case.feed)
    empty(settings, case.feed)
    run = Run(contract, settings, "test", "pull", keep_cursor=False)
    run.over(lambda cursor: iter([Pull((payload,), {}) for payload in arrivals]))
    return landed(settings, case.feed)


def empty(settings: Settings, feed: str) -> None:
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        for table in load(feed).tables:
            partition = sql.Identifier("landing", f"{table.name}__{feed}")
            conn.execute(sql.SQL("truncate {}").format(partition))
        conn.execute("delete from quarantine.record where feed_id = %s", (feed,))


def forget(settings: Settings, feed: str) -> None:
    """Take what was fetched before out of the ledger, so that a replay finds only what comes now."""
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        conn.execute("delete from ops.batch_payload where feed_id = %s", (feed,))
        conn.execute("delete from ops.payload where feed_id = %s", (feed,))


def landed(settings: Settings, feed: str) -> dict[str, list[Any]]:
    """Table -> its rows as JSON texts without what differs by the way they came, sorted; and what was refused."""
    found: dict[str, list[Any]] = {}
    with psycopg.connect(settings.database_url) as conn:
        for table in load(feed).tables:
            query = sql.SQL("select to_jsonb(t) - %s::text[] from {} as t").format(
                sql.Identifier("landing", f"{table.name}__{feed}")
            )
            technical = [name for name in TECHNICAL if name not in {"extra", "quality_flags", "record_hash"}]
            rows = [json.dumps(row[0], sort_keys=True) for row in conn.execute(query, (technical,))]
            found[table.name] = sorted(rows)
        query = "select table_name, rule, reason from quarantine.record where feed_id = %s order by 1, 2, 3"
        found["(quarantine)"] = conn.execute(query, (feed,)).fetchall()
    return found


@every_case
def test_the_contract_takes_what_its_format_gives(warehouse: Settings, case: Case) -> None:
    found = land(warehouse, case, payloads(case, [range(7)]))
    assert found["(quarantine)"] == []
    assert len(found[case.table]) == 7


@every_case
def test_twice_late_or_shuffled_gives_the_same_rows(warehouse: Settings, case: Case) -> None:
    arrivals = payloads(case, [[0, 1, 2], [2, 3], [4, 0]])
    once = land(warehouse, case, arrivals)
    shuffled = [arrivals[n] for n in (2, 0, 2, 1, 0)]
    assert land(warehouse, case, shuffled) == once


@every_case
def test_a_replay_needs_no_network_and_changes_nothing(warehouse: Settings, case: Case) -> None:
    before = land(warehouse, case, payloads(case, [[0, 1, 2], [3, 4]]))
    empty(warehouse, case.feed)
    # The settings know no address of any source: a replay that asked for one would fail by name.
    replay(case.feed, warehouse, run_id="again")
    assert landed(warehouse, case.feed) == before


@every_case
def test_a_record_that_a_later_payload_leaves_out_stays(warehouse: Settings, case: Case) -> None:
    """Absence is no deletion: senders filter, page and lose; what ends a warning by absence is decided in the marts."""
    first, second = payloads(case, [[0, 1, 2], [0, 1]])
    before, after = land(warehouse, case, [first]), land(warehouse, case, [first, second])
    assert len(before[case.table]) == 3
    assert set(before[case.table]) <= set(after[case.table])


@every_case
def test_a_revised_value_wins_in_whatever_order_it_comes(warehouse: Settings, case: Case) -> None:
    first, second = payloads(case, [[0, 1, 2], [0, 1, 2]])
    if keys_of(case, first) != keys_of(case, second):
        pytest.skip("each fetch of this format is an issue of its own: nothing is revised")
    body = revised(case, first)
    if body is None:
        pytest.skip("no number in the fixture of this format is a value beside the key")
    second = replace(second, body=body)
    before, after = land(warehouse, case, [first]), land(warehouse, case, [first, second])
    assert len(after[case.table]) == len(before[case.table])
    assert after != before
    assert land(warehouse, case, [second, first]) == after


def revised(case: Case, payload: Payload) -> bytes | None:
    """The payload's bytes with the last digit of one number changed: the same keys, one record with new content."""
    known, original = keys_of(case, payload), rows(parse(case, payload), case.table)
    for match in re.finditer(rb"(?<![\d.])-?\d+\.\d*([1-9])(?![\d.])", payload.body):
        digit = b"2" if match[1] == b"1" else b"1"
        changed = replace(payload, body=payload.body[: match.start(1)] + digit + payload.body[match.end(1) :])
        parsed = parse(case, changed)
        is_same = parsed.outcome is Outcome.ACCEPTED and keys_of(case, changed) == known
        if is_same and rows(parsed, case.table) != original:
            return changed.body
    return None


def keys_of(case: Case, payload: Payload) -> list[tuple[Any, ...]]:
    names = key(case.feed, case.table)
    return [tuple(row[name] for name in names) for row in rows(parse(case, payload), case.table)]


def parse(case: Case, payload: Payload) -> Parsed:
    return parser(case.format, case.options()).parse(payload, case.options())
