"""The way of a record through ``ingest`` against a real warehouse: reruns, replays, kills, two runners, bad input.

Sources are real (HTTP on loopback, folders, a database that refuses us); what they hold is synthetic 模拟.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from connectors.errors import ConfigurationError, ContractError, TransientError
from feeds.registry import load_all
from riskmap.ingest import IngestReport, ingest, replay
from riskmap.settings import Settings
from tests.local_http import LocalHttp, Reply, serve
from warehouse import ledger
from warehouse.db import connect

MINE = "141022009901"
ROOT = Path(__file__).resolve().parents[2]
TECHNICAL = {"batch_id", "landed_at", "fetched_at", "seen_at"}
"""Columns that say when and by whom a row was written; a rerun may change them, never the rest."""


@dataclass
class County:
    """The sources of a test and the warehouse they end in."""

    settings: Settings
    http: LocalHttp
    inbox: Path
    register: Path

    def run(self, feed: str) -> IngestReport:
        return ingest(feed, self.settings, run_id="test")

    def mine_file(self, minute: int, body: str | bytes | None = None, kind: str = "CDSS") -> Path:
        """Put a mine's file into the inbox, by default with three good records."""
        at = datetime(2026, 8, 10, 8, minute)  # noqa: DTZ001 - wall clock of the mine
        if body is None:
            records = "".join(
                f"{MINE}01MN0001{n:06d};甲烷;{n}号测点;0.{n}{minute:02d};%CH4;0;{at:%Y-%m-%d %H:%M:%S}~"
                for n in range(3)
            )
            body = f"{MINE};模拟煤矿;{at:%Y-%m-%d %H:%M:%S}~{records}||"
        file = self.inbox / f"{MINE}_{kind}_{at:%Y%m%d%H%M%S}.txt"
        file.write_bytes(body if isinstance(body, bytes) else body.encode())
        return file

    def quakes(self, *features: dict[str, Any]) -> None:
        body = json.dumps({"type": "FeatureCollection", "metadata": {"count": len(features)}, "features": features})
        self.http.on("/quakes", Reply(body.encode(), headers={"Content-Type": "application/json"}))

    def warnings(self, document: bytes) -> None:
        self.http.on("/cap/1.xml", Reply(document, headers={"Content-Type": "application/xml"}))
        entry = (
            f'<entry><id>1</id><updated>2026-08-10T00:00:00Z</updated><link href="{self.http.url}/cap/1.xml"/></entry>'
        )
        index = f'<feed xmlns="http://www.w3.org/2005/Atom"><id>模拟</id>{entry}</feed>'
        self.http.on("/cap", Reply(index.encode(), headers={"Content-Type": "application/atom+xml"}))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.settings.database_url) as conn:
            return conn.execute(query.encode()).fetchall()

    def landed(self, table: str) -> list[tuple[Any, ...]]:
        """The business content of a landing table, in the order of all its columns."""
        with connect(self.settings.database_url) as conn:
            cursor = conn.execute(sql.SQL("select * from landing.{} limit 0").format(sql.Identifier(table)))
            names = [column.name for column in cursor.description or () if column.name not in TECHNICAL]
            columns = sql.SQL(", ").join(map(sql.Identifier, names))
            query = sql.SQL("select {} from landing.{} order by {}::text").format(
                columns, sql.Identifier(table), sql.SQL("row({})").format(columns)
            )
            return conn.execute(query).fetchall()


def quake(event_id: str = "xx1", **changes: Any) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(hours=1)
    stamp = int(at.timestamp() * 1000)
    properties = {
        "mag": 3.1,
        "place": "模拟地点",
        "time": stamp,
        "updated": stamp + 1000,
        "status": "automatic",
        "type": "earthquake",
        "ids": f",{event_id},",
    } | changes.pop("properties", {})
    geometry = {"type": "Point", "coordinates": [111.8, 35.6, 9.0]}
    return {"type": "Feature", "id": event_id, "properties": properties, "geometry": geometry} | changes


def warning(**changes: str) -> bytes:
    fields = {"identifier": "模拟-1", "sent": "2026-08-10T08:05:00+08:00", "prologue": "", "event": "暴雨"} | changes
    return (
        (
            '<?xml version="1.0" encoding="UTF-8"?>{prologue}<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
            "<identifier>{identifier}</identifier><sender>test@example.org</sender><sent>{sent}</sent><status>Test</status>"
            "<msgType>Alert</msgType><scope>Public</scope><info><category>Met</category><event>{event}</event>"
            "<urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty>"
            "<area><areaDesc>模拟县</areaDesc><circle>35.6,111.8 5</circle></area></info></alert>"
        )
        .format(**fields)
        .encode()
    )


@pytest.fixture
def county(warehouse_url: str, tmp_path: Path) -> Iterator[County]:
    inbox, register = tmp_path / "inbox", tmp_path / "register"
    inbox.mkdir()
    register.mkdir()
    with connect(warehouse_url) as conn:
        ledger.register_feeds(conn, load_all().values())
    with serve() as http:
        variables = {
            "CAP_FEED_URL": f"{http.url}/cap",
            "QUAKE_FEED_URL": f"{http.url}/quakes",
            "MINE_INBOX": str(inbox),
            "REGISTER_INBOX": str(register),
            "EXCHANGE_DATABASE_URL": "postgresql://nobody:secret-word@127.0.0.1:9/exchange",
        }
        archive = (tmp_path / "archive").as_uri()
        settings = Settings(tmp_path, warehouse_url, archive, None, None, None, MappingProxyType(variables))
        yield County(settings, http, inbox, register)


def quarantined(county: County) -> list[tuple[Any, ...]]:
    return county.rows("select rule, status from quarantine.record order by rule")


# -- once, whatever happens ----------------------------------------------------------------------------------------


def test_running_again_changes_nothing(county: County) -> None:
    county.quakes(quake("a"), quake("b"))
    first = county.run("earthquake")
    before = county.landed("earthquake")
    again = county.run("earthquake")
    assert (first.inserted, again.records, again.not_modified) == (2, 0, 1)
    assert county.landed("earthquake") == before


def test_a_file_that_comes_twice_is_landed_once(county: County) -> None:
    file = county.mine_file(1)
    body = file.read_bytes()
    county.run("coal_mine_safety")
    before = county.landed("observation")
    assert not file.exists(), "an acknowledged file leaves the inbox"
    file.write_bytes(body)
    again = county.run("coal_mine_safety")
    assert (again.records, again.inserted, again.updated) == (3, 0, 0)
    assert county.landed("observation") == before


def test_a_replay_from_the_archive_gives_the_same_tables(county: County) -> None:
    county.mine_file(1)
    county.mine_file(2, f"{MINE};模拟煤矿;2026-08-10 08:02:00~broken~||")
    county.mine_file(3)
    county.run("coal_mine_safety")
    before, held_back = county.landed("observation"), quarantined(county)
    assert len(before) == 6
    assert held_back
    with connect(county.settings.database_url) as conn:
        conn.execute("truncate landing.observation, quarantine.record")
    report = replay("coal_mine_safety", county.settings, run_id="replay")
    assert county.landed("observation") == before
    assert quarantined(county) == held_back
    assert report.records == 6
    assert county.rows("select count(*) from ops.cursor where feed_id = 'coal_mine_safety'") == [(1,)]


def test_a_replay_with_a_mended_parser_mends_every_record(county: County) -> None:
    """Also where the mended reading is another time of issue, and where a later file has revised the record."""
    for minute in range(1, 8):
        county.mine_file(minute)
    county.run("coal_mine_safety")
    right = county.landed("observation")
    for number in (7.0, -7.0):
        with connect(county.settings.database_url) as conn:  # as an earlier, wrong parser would have read it
            conn.execute("update landing.observation set value = %s, record_hash = md5(record_hash)", (number,))
            conn.execute("update landing.observation set issued_at = issued_at + interval '8 hours'")
        assert county.landed("observation") != right
        report = replay("coal_mine_safety", county.settings, run_id="replay")
        assert county.landed("observation") == right
        assert report.updated == len(right)
    again = replay("coal_mine_safety", county.settings, run_id="again")
    assert (again.inserted, again.updated) == (0, 0)


CHILD = """
import os, signal, sys
from types import MappingProxyType
from pathlib import Path
import json
import riskmap.ingest as way
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.archive import Archive
from connectors.transport.files import FilesConnector

orders = json.loads(sys.argv[1])

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

def then_die(function):
    return lambda *args, **kwargs: (function(*args, **kwargs), die())

def commit_until(step):
    commit = way.commit_batch
    return lambda conn, contract, batch: commit(conn, contract, batch, on_step=lambda s: die() if s == step else None)

kills = {
    "archived": lambda: setattr(Archive, "put_all", then_die(Archive.put_all)),
    "payloads recorded": lambda: setattr(ledger, "record_payloads", then_die(ledger.record_payloads)),
    "judged": lambda: setattr(way, "commit_batch", die),
    "landed": lambda: setattr(way, "commit_batch", commit_until("landed observation")),
    "recorded": lambda: setattr(way, "commit_batch", commit_until("recorded")),
    "committed": lambda: setattr(way, "commit_batch", commit_until("committed")),
    "acknowledged": lambda: setattr(FilesConnector, "acknowledge", then_die(FilesConnector.acknowledge)),
    "never": lambda: None,
}
kills[orders["kill_at"]]()
variables = MappingProxyType(orders["variables"])
settings = Settings(Path("."), orders["url"], orders["archive"], None, None, None, variables)
print(way.ingest("coal_mine_safety", settings, run_id="child").inserted)
"""


def child(county: County, kill_at: str) -> subprocess.Popen[str]:
    """Another process that ingests the mine files, and kills itself after a step."""
    orders = {
        "kill_at": kill_at,
        "url": county.settings.database_url,
        "archive": county.settings.archive_url,
        "variables": dict(county.settings.variables),
    }
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps(orders)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.parametrize(
    "kill_at",
    ["archived", "payloads recorded", "judged", "landed", "recorded", "committed", "acknowledged"],
)
def test_killed_between_any_two_steps_and_run_again(county: County, kill_at: str) -> None:
    for minute in range(4):
        county.mine_file(minute)
    process = child(county, kill_at)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    visible = len(county.landed("observation"))
    assert visible == (12 if kill_at in ("committed", "acknowledged") else 0)
    with connect(county.settings.database_url) as conn, ledger.feed_lock(conn, "coal_mine_safety", wait_s=30) as free:
        assert free, "the dead runner's lock is gone"
    county.run("coal_mine_safety")
    assert len(county.landed("observation")) == 12
    assert quarantined(county) == []
    assert list(county.inbox.glob("*.txt")) == []


def test_two_runners_at_once_land_everything_once(county: County) -> None:
    for minute in range(6):
        county.mine_file(minute)
    both = [child(county, "never") for _ in range(2)]
    inserted = [int(process.communicate()[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(inserted) == 18
    assert len(county.landed("observation")) == 18


# -- bad input: an error that says what to do, or a quarantined record; never a loss, never a silent zero -----------


def failure(county: County) -> str:
    ((state, error),) = county.rows("select state, error from ops.batch order by batch_id desc limit 1")
    assert state == "FAILED"
    assert "To recover: " in error
    return str(error)


def test_a_source_that_does_not_answer(county: County) -> None:
    county.http.close()
    with pytest.raises(TransientError):
        county.run("earthquake")
    assert urlsplit(county.http.url).netloc in failure(county)


def test_a_database_that_does_not_answer_keeps_its_password(county: County) -> None:
    with pytest.raises(TransientError):
        county.run("water_regime")
    assert "secret-word" not in failure(county)


def test_wrong_credentials_are_not_retried(county: County) -> None:
    county.http.on("/quakes", Reply(b"who are you", 401))
    with pytest.raises(ConfigurationError) as error:
        county.run("earthquake")
    assert not error.value.retryable
    failure(county)


def test_a_web_page_where_data_should_be_is_no_empty_success(county: County) -> None:
    county.http.on("/quakes", Reply(b"<!DOCTYPE html><html>log in</html>", headers={"Content-Type": "text/html"}))
    with pytest.raises(ContractError):
        county.run("earthquake")
    failure(county)


def test_an_xml_bomb_is_quarantined(county: County) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    county.warnings(warning(prologue=bomb, event="&b;"))
    report = county.run("weather_warning")
    assert report.quarantined == 1
    assert quarantined(county) == [("xml.dtd", "open")]
    assert county.landed("warning") == []


def test_a_number_that_is_none_is_quarantined_and_its_neighbour_lands(county: County) -> None:
    county.quakes(quake("good"), quake("bad", properties={"mag": float("nan")}))
    county.run("earthquake")
    assert county.rows("select event_id from landing.earthquake") == [("good",)]
    ((rule, record),) = county.rows("select rule, record from quarantine.record")
    assert rule.startswith("quake.")
    assert record["id"] == "bad"


def test_bytes_in_gbk_are_read(county: County) -> None:
    file = county.mine_file(1)
    file.write_bytes(file.read_bytes().decode().encode("gb18030"))
    assert county.run("coal_mine_safety").inserted == 3
    assert county.rows("select distinct variable from landing.observation") == [("methane_pct",)]


def test_unknown_fields_are_kept_and_reported(county: County) -> None:
    county.quakes(quake(properties={"intensity_cn": 4}))
    county.run("earthquake")
    assert county.rows("select extra from landing.earthquake") == [({"intensity_cn": 4},)]
    ((drift,),) = county.rows("select drift from ops.batch")
    assert [(d["table"], d["field"], d["count"]) for d in drift] == [("earthquake", "intensity_cn", 1)]


def test_swapped_coordinates_are_quarantined(county: County) -> None:
    header = "统一社会信用代码,企业名称,行业类别,经度,纬度,坐标系,风险等级,重点企业,更新时间\n"
    row = "91110000600037341L,模拟企业,煤矿,{},{},EPSG:4490,红,是,2026-08-01 08:00:00\n"
    (county.register / "register.csv").write_text(
        header
        + row.format("35.6", "111.8")
        + row.format("111.8", "35.6").replace("91110000600037341L", "91110108MA01ABCD2H"),
        encoding="utf-8",
    )
    county.run("enterprise_register")
    assert county.rows("select credit_code from landing.enterprise") == [("91110108MA01ABCD2H",)]
    assert county.rows("select count(*) from quarantine.record where reason ilike '%swap%'") == [(1,)]


def test_a_record_from_the_year_2999_is_quarantined(county: County) -> None:
    far = int(datetime(2999, 1, 1, tzinfo=UTC).timestamp() * 1000)
    county.quakes(quake("good"), quake("bad", properties={"time": far, "updated": far}))
    county.run("earthquake")
    assert county.rows("select event_id from landing.earthquake") == [("good",)]
    assert {rule for rule, _ in quarantined(county)} == {"event_at.not_in_future", "updated_at.not_in_future"}


def test_a_half_written_file_is_waited_for_and_then_told(county: County) -> None:
    whole = county.mine_file(1)
    half = county.mine_file(2)
    half.write_bytes(half.read_bytes()[:-10])
    assert county.run("coal_mine_safety").inserted == 3
    assert not whole.exists()
    assert half.exists(), "its writer may still be busy"
    an_hour_ago = datetime.now(UTC).timestamp() - 3600
    os.utime(half, (an_hour_ago, an_hour_ago))
    county.run("coal_mine_safety")
    assert [rule for rule, _ in quarantined(county)] == ["mine.file.incomplete"]


def test_a_variable_that_is_not_set_is_named(county: County) -> None:
    bare = Settings(
        county.settings.home,
        county.settings.database_url,
        county.settings.archive_url,
        None,
        None,
        None,
        MappingProxyType({}),
    )
    with pytest.raises(ConfigurationError, match="QUAKE_FEED_URL"):
        ingest("earthquake", bare, run_id="test")
    assert "QUAKE_FEED_URL" in failure(county)


def test_the_bytes_of_a_rejected_payload_are_in_the_archive(county: County) -> None:
    county.http.on(
        "/quakes", Reply(b'{"type": "FeatureCollection", "features": [', headers={"Content-Type": "application/json"})
    )
    county.run("earthquake")
    ((uri, outcome),) = county.rows(
        "select archive_uri, outcome from ops.payload join ops.batch_payload using (feed_id, sha256)"
    )
    assert outcome == "REJECTED"
    assert Path(urlsplit(uri).path).exists()
    with psycopg.connect(county.settings.database_url) as conn:
        assert conn.execute("select count(*) from quarantine.record").fetchone() == (1,)
