"""Release from quarantine, against a real warehouse: judged again by today's contract, landed once, nothing forced."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
import pytest

from connectors import registry as formats
from connectors.arrow import to_table
from connectors.model import Payload
from feeds import registry
from riskmap.errors import UserError
from riskmap.ingest import _with_origin, judge
from riskmap.quarantine import ReleaseReport, release
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.batch import Batch, PayloadOutcome, QuarantineRow
from warehouse.commit import commit_batch
from warehouse.db import Connection, connect

FETCHED = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PAYLOAD = Payload(body=b"synthetic", source="register.csv", name="register.csv", fetched_at=FETCHED)
ROW = {
    "credit_code": "91140100MA0ABCDE1X",
    "updated_at": datetime(2026, 11, 21, tzinfo=UTC),
    "enterprise_name": "模拟煤业",
    "industry": "coal_mine",
    "longitude": 112.55,
    "latitude": 37.87,
    "source_crs": "EPSG:4326",
    "static_level": "red",
    "is_key_enterprise": True,
    "employees": 120,
    "status": "active",
}


@pytest.fixture
def contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of contracts that a test may correct."""
    folder = tmp_path / "feeds"
    folder.mkdir()
    for file in registry.folder().glob("*.yml"):
        shutil.copy(file, folder)
    monkeypatch.setenv("RISKMAP_FEEDS", str(folder))
    return folder


def correct(contracts: Path, old: str, new: str) -> None:
    file = contracts / "enterprise_register.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def settings(warehouse_url: str, contracts: Path) -> Settings:
    with connect(warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    return Settings(contracts, warehouse_url, "file:///unused", None, None, None, MappingProxyType({}))


def pull(settings: Settings, *changes: Mapping[str, Any], rejected: QuarantineRow | None = None) -> list[int]:
    """Judge and commit rows as ingest does; returns the ids of what is in quarantine then."""
    contract = registry.load("enterprise_register")
    schema = formats.parser("enterprise_csv").tables["enterprise"]
    rows = [ROW | {"enterprise_name": f"模拟企业{i}"} | change for i, change in enumerate(changes)]
    judged = judge(contract, {"enterprise": _with_origin(to_table(schema, rows), PAYLOAD)})
    batch = Batch(
        feed_id=contract.id,
        run_id="test",
        kind="pull",
        state="HELD" if judged.held_by else "LANDED",
        started_at=FETCHED,
        fetched_at=FETCHED,
        tables=judged.kept,
        quarantined=[*judged.failed, *([rejected] if rejected else [])],
        payloads=[PayloadOutcome(PAYLOAD.sha256, "ACCEPTED", 0)],
    )
    with connect(settings.database_url) as conn:
        ledger.record_payloads(conn, contract.id, [(PAYLOAD, "file:///unused")])
        commit_batch(conn, contract, batch)
        return [row[0] for row in conn.execute("select id from quarantine.record order by id")]


def rows(conn: Connection, query: str) -> list[tuple[Any, ...]]:
    return conn.execute(query.encode()).fetchall()


def state(settings: Settings) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """What has landed (code, name, flags) and what quarantine says (id, status)."""
    with connect(settings.database_url) as conn:
        landed = "select credit_code, enterprise_name, quality_flags from landing.enterprise order by 1"
        return rows(conn, landed), rows(conn, "select id, status from quarantine.record order by id")


def test_a_record_that_passes_today_lands_once(settings: Settings, contracts: Path) -> None:
    [asked] = pull(settings, {"status": "merged"})
    correct(contracts, '["active", "stopped", "closed"]', '["active", "stopped", "closed", "merged"]')
    assert release(settings, [asked]) == ReleaseReport(landed=[asked])
    expected = ([(ROW["credit_code"], "模拟企业0", [])], [(asked, "released")])
    assert state(settings) == expected
    again = release(settings, [asked])
    assert again.landed == []
    assert "already" in again.kept[asked]
    assert state(settings) == expected


def test_the_landed_row_is_the_row_that_was_sent(settings: Settings, contracts: Path) -> None:
    [asked] = pull(settings, {"status": "merged"})
    correct(contracts, '["active", "stopped", "closed"]', '["merged"]')
    release(settings, [asked])
    with connect(settings.database_url) as conn:
        query = "select updated_at, longitude, is_key_enterprise, employees, payload_sha256, fetched_at, address"
        [landed] = rows(conn, f"{query} from landing.enterprise")
        assert landed == (ROW["updated_at"], 112.55, True, 120, PAYLOAD.sha256, FETCHED, None)
        assert rows(conn, "select kind, run_id from ops.batch order by batch_id")[-1] == ("release", "release")


def test_a_record_that_still_fails_stays_with_its_reason(settings: Settings) -> None:
    [asked] = pull(settings, {"status": "merged"})
    report = release(settings, [asked])
    assert report.landed == []
    assert report.kept[asked].startswith("status.in_set: status is merged")
    assert state(settings) == ([], [(asked, "open")])


def test_an_override_lands_it_flagged_and_keeps_the_reason(settings: Settings) -> None:
    [asked] = pull(settings, {"status": "merged"})
    assert release(settings, [asked], override="核实无误").landed == [asked]
    assert state(settings) == ([(ROW["credit_code"], "模拟企业0", ["status.in_set"])], [(asked, "released")])
    with connect(settings.database_url) as conn:
        assert rows(conn, "select run_id from ops.batch where kind = 'release'") == [("release, overridden: 核实无误",)]


def test_an_override_without_reason_is_refused(settings: Settings) -> None:
    [asked] = pull(settings, {"status": "merged"})
    with pytest.raises(UserError, match="reason"):
        release(settings, [asked], override="  ")
    assert state(settings)[0] == []


def test_one_record_with_two_failures_is_one_row(settings: Settings) -> None:
    asked = pull(settings, {"status": "merged", "static_level": "purple"})
    assert len(asked) == 2
    assert sorted(release(settings, asked[:1], override="x").landed) == asked
    landed, quarantined = state(settings)
    assert [flags for _, _, flags in landed] == [["static_level.in_set", "status.in_set"]]
    assert {status for _, status in quarantined} == {"released"}


def test_numbers_that_json_lacks_come_back_as_what_they_were(settings: Settings) -> None:
    asked = pull(settings, {"source_x": float("nan"), "source_y": float("-inf")})
    assert set(release(settings, asked).kept) == set(asked)
    release(settings, asked, override="x")
    with connect(settings.database_url) as conn:
        [(x, y)] = rows(conn, "select source_x::text, source_y::text from landing.enterprise")
    assert (x, y) == ("NaN", "-Infinity")


def test_a_held_batch_is_released_record_by_record(settings: Settings, contracts: Path) -> None:
    lenient = 'severity: error, implementation: {type: expect_column_values_to_be_in_set, kwargs: {value_set: ["active"'
    correct(contracts, lenient, lenient.replace("error", "critical"))
    pull(settings, {}, {"status": "merged", "credit_code": "91140100MA0ABCDE2X"})
    with connect(settings.database_url) as conn:
        [(first,), (second,)] = rows(conn, "select id from quarantine.record order by record ->> 'status'")
    assert state(settings) == ([], sorted([(first, "held"), (second, "held")]))
    assert set(release(settings, [first, second], override="x").kept) == {first, second}  # critical knows no override
    assert release(settings, [first]).landed == [first]
    assert state(settings) == ([(ROW["credit_code"], "模拟企业0", [])], sorted([(first, "released"), (second, "held")]))


@pytest.mark.parametrize("record", [None, {"统一社会信用代码": "x"}, {"credit_code": "x"}])
def test_what_was_never_read_into_columns_is_for_a_replay(settings: Settings, record: dict[str, Any] | None) -> None:
    reject = QuarantineRow("enterprise", PAYLOAD.sha256, "line 7", "csv.row", "unreadable", record=record)
    [asked] = pull(settings, rejected=reject)
    report = release(settings, [asked], override="x")
    assert report.landed == []
    assert "replay" in report.kept[asked]
    assert state(settings)[1] == [(asked, "open")]


def test_an_unknown_id_is_said_to_be_unknown(settings: Settings) -> None:
    [asked] = pull(settings, {"status": "merged"})
    with pytest.raises(UserError, match="4711"):
        release(settings, [asked, 4711], override="x")
    assert state(settings) == ([], [(asked, "open")])


def test_the_report_says_what_became_of_every_record() -> None:
    report = ReleaseReport(landed=[3, 1], kept={2: "status.in_set: broken"})
    assert report.lines() == ["1: released 已释放", "3: released 已释放", "2: stays 保留: status.in_set: broken"]


def test_a_feed_in_use_is_left_alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    [asked] = pull(settings, {"status": "merged"})
    monkeypatch.setattr("riskmap.quarantine.LOCK_WAIT_S", 0)
    with connect(settings.database_url) as other, ledger.feed_lock(other, "enterprise_register") as locked:
        assert locked
        assert "being ingested" in release(settings, [asked], override="x").kept[asked]
    assert state(settings)[0] == []


def test_a_commit_that_is_refused_closes_nothing(settings: Settings) -> None:
    from warehouse.errors import WarehouseError

    asked = pull(settings, {"enterprise_name": None})
    with connect(settings.database_url) as conn:
        conn.execute("alter table landing.enterprise add constraint named check (enterprise_name is not null)")
    with pytest.raises((WarehouseError, psycopg.Error)):
        release(settings, asked, override="x")
    assert state(settings) == ([], [(one, "open") for one in asked])
