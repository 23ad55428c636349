"""Sources that come to us, against a real warehouse over real sockets: nobody is told "kept" before it is committed.

Stations and enterprises are synthetic 模拟.
"""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
import pytest

from connectors import registry
from connectors.errors import ConfigurationError
from expectations import _gx  # noqa: F401 - it loads for seconds, while a station waits
from feeds.registry import load, load_all
from riskmap.committer import Committer
from riskmap.ingest import declared, ingest, replay
from riskmap.settings import Settings
from tests.rtu import STATION, frame, level, read_answer, report
from warehouse import ledger
from warehouse.db import connect

ROOT = Path(__file__).resolve().parents[2]
ACK, EOT, NAK = 0x06, 0x04, 0x15
SALT = "a salt of tests, 模拟"
OURS = "application_name = 'riskmap intake' and datname = current_database()"
SERVICE = [sys.executable, "-c", "from riskmap.cli import main; main()", "intake"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Post:
    """A place that sources come to; ``rows`` asks the warehouse."""

    settings: Settings
    tcp: int
    push: int

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.settings.database_url) as conn:
            return conn.execute(query.encode()).fetchall()

    def execute(self, command: str) -> None:
        with connect(self.settings.database_url) as conn:
            conn.execute(command.encode())

    def call(self) -> socket.socket:
        return wait_for(lambda: socket.create_connection(("127.0.0.1", self.tcp), 5))

    def post(
        self, path: str, document: Any, headers: dict[str, str] | None = None, *, login: bool = True
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.push, timeout=60)
        wait_for(connection.connect)
        sent = {"Content-Type": "application/json", **(LOGIN if login else {}), **(headers or {})}
        connection.request("POST", path, body, sent)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, said


LOGIN = {"Authorization": "Basic " + base64.b64encode(b"plants:mock").decode()}


def wait_for(what: Callable[[], Any], patience_s: float = 30.0) -> Any:
    """``what()`` once it neither raises OSError nor says something false."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            if (found := what()) is not False:
                return found
        except OSError:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


@pytest.fixture
def post(warehouse_url: str, tmp_path: Path) -> Post:
    tcp, push = free_port(), free_port()
    with connect(warehouse_url) as conn:
        ledger.register_feeds(conn, load_all().values())
    variables = {
        "SL651_LISTEN": f"127.0.0.1:{tcp}",
        "PUSH_LISTEN": f"127.0.0.1:{push}",
        "PERSON_SALT": SALT,
        "HAZCHEM_USER": "plants",
        "HAZCHEM_PASSWORD": "mock",
        "RISKMAP_DATABASE_URL": warehouse_url,
        "RISKMAP_ARCHIVE_URL": (tmp_path / "archive").as_uri(),
    }
    settings = Settings(
        tmp_path, warehouse_url, variables["RISKMAP_ARCHIVE_URL"], None, None, None, MappingProxyType(variables)
    )
    return Post(settings, tcp, push)


@contextmanager
def serving(post: Post, feed: str, patience_s: float = 20.0, **options: Any) -> Iterator[None]:
    """The listener and the committer of one feed, in threads of this process; ``options`` over the contract's."""
    contract = load(feed)
    declaration, address = declared(contract, post.settings.variables)
    listener = registry.listen({**contract.parser_options, **declaration, **options}, source=address)
    committer = Committer(contract, post.settings, patience_s=patience_s)
    stop = threading.Event()
    threads = [
        threading.Thread(target=committer.run),
        threading.Thread(target=listener.serve, args=(committer.deliver, stop)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        threads[1].join()
        committer.close()
        threads[0].join()


@pytest.fixture
def station(post: Post) -> Iterator[socket.socket]:
    with serving(post, "hydro_rtu"), post.call() as line:
        yield line


def landed(post: Post) -> list[tuple[Any, ...]]:
    return post.rows("select station_code, variable, value from landing.observation order by event_at, variable")


def danger(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"d{number}",
        "companyCode": "911405MOCK",
        "dangerName": "模拟隐患",
        "dangerLevel": "0",
        "dangerState": "0",
        "registTime": "2026-08-10 08:00:00",
        "updateDate": "2026-08-10 09:00:00",
        **more,
    }


# -- stations over TCP ------------------------------------------------------------------------------------


def test_a_report_is_confirmed_when_it_is_in_the_warehouse(post: Post, station: socket.socket) -> None:
    station.sendall(frame(report(level(1.234), serial=7)))
    answer = read_answer(station)
    assert landed(post) == [("10100001", "water_level_m", 1.234)], "it was confirmed before it was there"
    assert answer[:2] == b"\x7e\x7e"
    assert answer[2:7].hex() == STATION, "downlink: the station comes before the centre"
    assert answer[10] == 0x32, "the function is echoed"
    assert answer[11] >> 4 == 8
    assert answer[14:16] == (7).to_bytes(2, "big"), "the serial is echoed"
    assert answer[-3] == EOT
    ((kind, state, outcome),) = post.rows(
        "select kind, state, outcome from ops.batch join ops.batch_payload using (batch_id)"
    )
    assert (kind, state, outcome) == ("pull", "LANDED", "ACCEPTED")


def test_no_confirmation_without_a_commit_and_the_next_try_is_confirmed(post: Post) -> None:
    post.execute("create function no() returns trigger language plpgsql as $$ begin raise 'not today'; end $$")
    post.execute("create trigger no before insert on ops.batch_payload execute function no()")
    with serving(post, "hydro_rtu"), post.call() as line:
        line.sendall(frame(report(level(1.0))))
        with pytest.raises(TimeoutError):
            read_answer(line, 3.0)
        assert landed(post) == []
        assert post.rows("select state, error is not null from ops.batch") == [("FAILED", True)]
        post.execute("drop trigger no on ops.batch_payload")
        line.sendall(frame(report(level(1.0))))
        assert read_answer(line)[-3] == EOT
    assert landed(post) == [("10100001", "water_level_m", 1.0)]


def test_the_service_survives_a_warehouse_that_cuts_its_connections(post: Post) -> None:
    with serving(post, "hydro_rtu"), post.call() as line:
        line.sendall(frame(report(level(1.0), serial=1)))
        assert read_answer(line)[-3] == EOT
        post.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where {OURS}")
        line.sendall(frame(report(level(2.0), serial=2, observed="2608100805")))
        assert read_answer(line)[-3] == EOT
    assert [value for *_, value in landed(post)] == [1.0, 2.0]


def test_a_replay_that_holds_the_feed_is_waited_for(post: Post) -> None:
    with serving(post, "hydro_rtu"), post.call() as line:
        with connect(post.settings.database_url) as conn, ledger.feed_lock(conn, "hydro_rtu") as locked:
            assert locked
            line.sendall(frame(report(level(1.0))))
            with pytest.raises(TimeoutError):
                read_answer(line, 1.5)
        assert read_answer(line)[-3] == EOT


def test_a_damaged_frame_is_refused_at_once_kept_and_quarantined(post: Post, station: socket.socket) -> None:
    good = frame(report(level(1.0)))
    bad = good[:30] + bytes([good[30] ^ 1]) + good[31:]
    station.sendall(bad)
    assert read_answer(station)[-3] == NAK
    wait_for(lambda: post.rows("select rule from quarantine.record") == [("sl651.frame.crc",)])
    assert post.rows("select size_bytes from ops.payload") == [(len(bad),)]
    station.sendall(good)
    assert read_answer(station)[-3] == EOT
    assert len(landed(post)) == 1


def test_a_retransmission_lands_on_itself(post: Post, station: socket.socket) -> None:
    for _ in range(2):
        station.sendall(frame(report(level(1.0), serial=65535)))
        assert read_answer(station)[-3] == EOT
    station.sendall(frame(report(level(2.0), serial=1, observed="2608100805")))  # the serial wraps
    assert read_answer(station)[-3] == EOT
    assert [value for *_, value in landed(post)] == [1.0, 2.0]


def test_packets_become_one_payload_and_one_confirmation(post: Post, station: socket.socket) -> None:
    body = report(level(1.0) + "3812" + "1268", serial=9)
    parts = [body[:20], body[20:30], body[30:]]
    frames = [frame(part, packet=(3, index)) for index, part in enumerate(parts, start=1)]
    station.sendall(frames[0] + frames[1])
    with pytest.raises(TimeoutError):
        read_answer(station, 1.0)
    station.sendall(frames[2])
    assert read_answer(station)[-3] == EOT
    assert [(variable, value) for _, variable, value in landed(post)] == [("battery_v", 12.68), ("water_level_m", 1.0)]
    assert post.rows("select size_bytes from ops.payload") == [(sum(map(len, frames)),)]


def test_a_packet_that_is_missing_is_asked_for(post: Post, station: socket.socket) -> None:
    body = report(level(1.0))
    parts = [frame(body[:20], packet=(3, 1)), frame(body[20:30], packet=(3, 2)), frame(body[30:], packet=(3, 3))]
    station.sendall(parts[0] + parts[2])
    asked = read_answer(station)
    assert asked[-3] == NAK
    assert asked[14:17].hex() == "003002", "total and index of the packet that is missing"
    station.sendall(parts[1])
    assert read_answer(station)[-3] == EOT
    assert len(landed(post)) == 1


def test_a_heartbeat_is_answered_and_is_no_data(post: Post, station: socket.socket) -> None:
    station.sendall(frame(bytes.fromhex("0001260810080000"), 0x2F))
    assert read_answer(station)[10] == 0x2F
    assert post.rows("select count(*) from ops.payload") == [(0,)]


def test_frames_in_pieces_and_several_at_once(post: Post, station: socket.socket) -> None:
    frames = [frame(report(level(n), serial=n, observed=f"26081008{n:02}")) for n in range(1, 21)]
    stream = b"noise" + b"".join(frames)
    for start in range(0, len(stream), 37):
        station.sendall(stream[start : start + 37])
    serials = [int.from_bytes(read_one(station)[14:16], "big") for _ in frames]
    assert serials == list(range(1, 21)), "answers come in the order of the reports"
    assert len(landed(post)) == 20
    assert post.rows("select count(*) < 20 from ops.batch") == [(True,)], "one commit for many"


def read_one(line: socket.socket) -> bytes:
    """One answer out of several that may come in one piece."""
    line.settimeout(20)
    size = 25
    heard = b""
    while len(heard) < size:
        heard += line.recv(size - len(heard))
    return heard


def test_a_wrong_password_is_hung_up_on(post: Post) -> None:
    with serving(post, "hydro_rtu", password="B0B0"), post.call() as line:
        line.sendall(frame(report(level(1.0))))
        assert read_answer(line) == b""
    assert post.rows("select count(*) from ops.payload") == [(0,)]


def test_what_stations_sent_can_be_replayed(post: Post) -> None:
    with serving(post, "hydro_rtu"), post.call() as line:
        line.sendall(frame(report(level(1.0))))
        assert read_answer(line)[-3] == EOT
    before = landed(post)
    post.execute("truncate landing.observation")
    replay("hydro_rtu", post.settings, run_id="test")
    assert landed(post) == before


# -- pushes over HTTP -------------------------------------------------------------------------------------


def test_a_push_is_answered_row_by_row(post: Post) -> None:
    rows = [danger(1), danger(2, dangerLevel="7"), danger(3, checkAcceptTime="2026-08-01 00:00:00"), danger(4)]
    with serving(post, "hazchem_prevention"):
        status, _, said = post.post("/hazchem/sec_hidden_danger_info", {"datas": rows})
    assert (status, said["data"]["code"]) == (200, 200)
    refused = {(row["id"], row["rule"]) for row in said["data"]["rows"]}
    assert refused == {("d2", "hazchem.code.unmapped"), ("911405MOCK-d3", "accepted_at.greater_than")}
    codes = post.rows("select danger_code from landing.hidden_danger order by 1")
    assert codes == [("911405MOCK-d1",), ("911405MOCK-d4",)]
    assert post.rows("select count(*) from quarantine.record where status = 'open'") == [(2,)]


def test_acceptance_without_its_time_and_comment_is_flagged(post: Post) -> None:
    accepted = {"dangerState": "9", "checkAcceptTime": "2026-08-11 08:00:00", "checkAcceptComment": "合格"}
    with serving(post, "hazchem_prevention"):
        post.post(
            "/hazchem/sec_hidden_danger_info", {"datas": [danger(1, **accepted), danger(2, dangerState="9"), danger(3)]}
        )
    flags = dict(post.rows("select danger_code, quality_flags from landing.hidden_danger"))
    assert flags["911405MOCK-d1"] == flags["911405MOCK-d3"] == []
    assert sorted(flags["911405MOCK-d2"]) == ["acceptance_comment.not_null", "accepted_at.not_null"]


def test_a_push_that_cannot_be_stored_is_told_to_come_back(post: Post) -> None:
    post.execute("create function no() returns trigger language plpgsql as $$ begin raise 'not today'; end $$")
    post.execute("create trigger no before insert on ops.batch_payload execute function no()")
    with serving(post, "hazchem_prevention"):
        status, headers, said = post.post("/hazchem/sec_hidden_danger_info", {"datas": [danger(1)]})
    assert status == 503
    assert int(headers["retry-after"]) > 0
    assert said["data"]["code"] == 500
    assert post.rows("select count(*) from landing.hidden_danger") == [(0,)]


def test_a_push_that_is_no_message_is_told_so(post: Post) -> None:
    with serving(post, "hazchem_prevention"):
        status, _, said = post.post("/hazchem/sec_hidden_danger_info", b"<html>")
        assert status == 422
        assert said["data"]["code"] == 500
        assert said["data"]["rows"][0]["rule"] == "hazchem.json"
        assert post.post("/elsewhere/x", {"datas": []})[0] == 404
        assert post.post("/hazchemistry/x", {"datas": []})[0] == 404
        assert post.post("/hazchem/x", b"<a/>", {"Content-Type": "application/xml"})[0] == 415
        status, _, said = post.post("/hazchem/sec_hidden_danger_info", {"datas": []})
        assert (status, said["data"]["code"]) == (200, 200)


def test_compressed_bodies_are_unpacked_and_bounded(post: Post) -> None:
    zipped = {"Content-Encoding": "gzip"}
    with serving(post, "hazchem_prevention", max_body_bytes=2000):
        body = gzip.compress(json.dumps({"datas": [danger(1)]}).encode())
        assert post.post("/hazchem/sec_hidden_danger_info", body, zipped)[0] == 200
        assert post.post("/hazchem/sec_hidden_danger_info", gzip.compress(b" " * 1_000_000), zipped)[0] == 413
        assert post.post("/hazchem/sec_hidden_danger_info", b" " * 2001)[0] == 413
        assert post.post("/hazchem/sec_hidden_danger_info", b"no gzip", zipped)[0] == 400
    assert post.rows("select count(*) from landing.hidden_danger") == [(1,)]


@pytest.mark.parametrize(
    ("options", "good"),
    [
        ({"token": "secret-token", "user": None, "password": None}, "Bearer secret-token"),
        ({"user": "mock", "password": "密码:x"}, "Basic " + base64.b64encode("mock:密码:x".encode()).decode()),
    ],
)
def test_only_those_who_may_are_heard(post: Post, options: dict[str, Any], good: str) -> None:
    with serving(post, "hazchem_prevention", **options):
        for wrong in ({}, {"Authorization": good[:-3]}, {"Authorization": "Bearer "}, {"Authorization": "Basic ???"}):
            status, headers, _ = post.post(
                "/hazchem/sec_hidden_danger_info", {"datas": [danger(1)]}, wrong, login=False
            )
            assert status == 401
            assert headers["www-authenticate"].startswith(good.split(maxsplit=1)[0])
        assert post.post("/hazchem/sec_hidden_danger_info", {"datas": [danger(1)]}, {"Authorization": good})[0] == 200
    assert post.rows("select count(*) from ops.payload") == [(1,)]


def test_a_body_in_chunks_is_read_whole(post: Post) -> None:
    body = json.dumps({"datas": [danger(1)]}).encode()
    with serving(post, "hazchem_prevention"):
        connection = http.client.HTTPConnection("127.0.0.1", post.push, timeout=60)
        wait_for(connection.connect)
        parts = iter([body[:50], body[50:]])
        connection.request("POST", "/hazchem/sec_hidden_danger_info", parts, LOGIN, encode_chunked=True)
        assert connection.getresponse().status == 200
        connection.close()


def test_names_of_persons_are_nowhere_in_the_warehouse(post: Post) -> None:
    rows = [danger(1, liablePerson="模拟甲", registrant="模拟乙"), danger(2, dangerLevel="7", liablePerson="模拟甲")]
    with serving(post, "hazchem_prevention"):
        post.post("/hazchem/sec_hidden_danger_info", {"datas": rows})
    kept = post.rows(
        "select to_jsonb(d)::text from landing.hidden_danger d"
        " union all select to_jsonb(q)::text from quarantine.record q"
    )
    assert len(kept) == 2
    assert not [row for (row,) in kept if "模拟甲" in row or "模拟乙" in row]
    assert post.rows("select length(responsible_person_hash) from landing.hidden_danger") == [(32,)]


def test_two_feeds_share_one_address(post: Post) -> None:
    with serving(post, "hazchem_prevention"), serving(post, "hazchem_prevention", path="/other"):
        assert post.post("/other/sec_hidden_danger_info", {"datas": [danger(1)]})[0] == 200
        assert post.post("/hazchem/sec_hidden_danger_info", {"datas": [danger(2)]})[0] == 200


# -- the service ------------------------------------------------------------------------------------------


def test_a_source_that_comes_to_us_is_not_pulled(post: Post) -> None:
    with pytest.raises(ConfigurationError, match="riskmap intake"):
        ingest("hydro_rtu", post.settings, run_id="test")


def test_the_service_serves_every_feed_and_ends_when_asked(post: Post) -> None:
    feeds = [f for f, c in load_all().items() if c.connector["transport"] not in {"tcp", "http_push"}]
    environment = {**os.environ, **post.settings.variables, "RISKMAP_HOME": str(post.settings.home)}
    environment["RISKMAP_FEEDS_DISABLED"] = ",".join(feeds)
    service = subprocess.Popen(SERVICE, cwd=ROOT, env=environment)
    try:
        with post.call() as line:
            line.sendall(frame(report(level(1.0))))
            assert read_answer(line, 60)[-3] == EOT
            assert post.post("/hazchem/sec_hidden_danger_info", {"datas": [danger(1)]})[0] == 200
            service.send_signal(signal.SIGTERM)
            assert service.wait(30) == 0
    finally:
        service.kill()
        service.wait()


def test_a_kill_before_the_commit_leaves_nothing_confirmed(post: Post) -> None:
    """Killed while the commit waits for a lock: the station has heard nothing, and the next service takes it again."""
    environment = {**os.environ, **post.settings.variables, "RISKMAP_HOME": str(post.settings.home)}
    environment["RISKMAP_FEEDS_DISABLED"] = ",".join(f for f in load_all() if f != "hydro_rtu")
    with psycopg.connect(post.settings.database_url) as blocker:
        blocker.execute("lock table ops.cursor, landing.observation in access exclusive mode")
        service = subprocess.Popen(SERVICE, cwd=ROOT, env=environment)
        with post.call() as line:
            line.sendall(frame(report(level(1.0))))
            blocked = f"select exists (select from pg_stat_activity where {OURS} and wait_event_type = 'Lock')"
            wait_for(lambda: post.rows(blocked) == [(True,)], 60)
            service.kill()
            service.wait()
            assert read_answer(line) == b""
        blocker.rollback()
    assert landed(post) == []
    with serving(post, "hydro_rtu"), post.call() as line:
        line.sendall(frame(report(level(1.0))))
        assert read_answer(line)[-3] == EOT
    assert len(landed(post)) == 1
