"""The watcher on a real warehouse, against real receivers: once each, whatever is killed, silenced or unreachable."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from riskmap.cli import app
from riskmap.settings import REPOSITORY, Settings
from riskmap.watch import loop, outage, store
from riskmap.watch.channels import LogChannel, Message, SendError
from riskmap.watch.config import WatchConfig
from riskmap.watch.outbox import MOST_ATTEMPTS, deliver
from riskmap.watch.signals import Signal, clear, tell
from riskmap.watch.webhook import WebhookChannel
from tests.local_http import Asked, LocalHttp, Reply, serve
from warehouse import ledger
from warehouse.db import Connection, advisory_lock, connect
from warehouse.errors import WarehouseError


class Ear:
    """A channel that hears everything, or refuses with what it is given."""

    name = "ear"

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.refusal: SendError | None = None

    def send(self, message: Message) -> None:
        if self.refusal:
            raise self.refusal
        self.heard.append(message)

    def said(self) -> list[tuple[str, int]]:
        """Type and number of breaches of each message, once."""
        heard = [(m.type, sum(len(g[k]) for g in m.payload["groups"] for k in KINDS)) for m in self.heard]
        self.heard = []
        return heard


KINDS = ("opened", "repeated", "resolved")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def config(home: Path, ear: Ear) -> WatchConfig:
    return WatchConfig(home=home, group_wait_s=0, language="en", channels=(LogChannel(), ear))


@pytest.fixture
def quiet(conn: Connection) -> Connection:
    """A warehouse in which nothing is wrong and nobody was told anything."""
    conn.execute("delete from ops.signal; delete from ops.notification; delete from ops.breach; delete from ops.watch")
    conn.execute("delete from ops.silence")
    conn.execute("update ops.feed set activated_at = now()")
    return conn


def wrong(conn: Connection, number: int = 1, kind: str = "intake_down", feed_id: str | None = None) -> None:
    for each in range(number):
        tell(conn, Signal(kind, f"thing {each}", 3600, f"故障 {each}", f"fault {each}", feed_id=feed_id))


def later(conn: Connection, seconds: float) -> None:
    """Let time pass for everything that the watcher remembers."""
    for table, columns in {
        "breach": ("since", "opened_at", "last_seen_at", "resolved_at", "told_at", "resolution_told_at"),
        "notification": ("created_at", "next_attempt_at", "sent_at"),
        "silence": ("until", "created_at"),
    }.items():
        moved = ", ".join(f"{column} = {column} - interval '{seconds} seconds'" for column in columns)
        conn.execute(f"update ops.{table} set {moved}".encode())


def look(conn: Connection, config: WatchConfig) -> store.Looked:
    looked = store.look(conn, config)
    deliver(conn, config.channels)
    return looked


def rows(conn: Connection, query: str) -> list[Any]:
    return conn.execute(query.encode()).fetchall()


def test_opened_told_gone_and_told_again(quiet: Connection, config: WatchConfig, ear: Ear) -> None:
    assert look(quiet, config) == store.Looked(0, 0, 0)
    wrong(quiet)
    later(quiet, 0)
    assert look(quiet, config) == store.Looked(1, 1, 0), "it has to settle for a minute"
    later(quiet, 60)
    assert look(quiet, config).n_messages == 1
    assert ear.said() == [("opened", 1)]
    assert look(quiet, config).n_messages == 0
    clear(quiet, "intake_down")
    later(quiet, 59)
    look(quiet, config)
    assert rows(quiet, "select count(*) from ops.breach where resolved_at is null") == [(1,)], "it may only flicker"
    later(quiet, 300)
    assert look(quiet, config) == store.Looked(0, 0, 1)
    assert ear.said() == [("resolved", 1)]
    wrong(quiet)
    look(quiet, config)
    assert rows(quiet, "select count(*), count(resolved_at) from ops.breach") == [(2, 1)], "the next one is another"
    assert look(quiet, config).n_messages == 0


def test_what_is_over_before_it_settled_was_never_told(quiet: Connection, config: WatchConfig, ear: Ear) -> None:
    wrong(quiet)
    look(quiet, config)
    clear(quiet, "intake_down")
    later(quiet, 90)
    look(quiet, config)
    later(quiet, 900)
    look(quiet, config)
    assert ear.said() == []
    assert rows(quiet, "select resolved_at is not null from ops.breach") == [(True,)]


def test_a_storm_of_500_is_one_message_and_new_ones_come_together(
    quiet: Connection, config: WatchConfig, ear: Ear
) -> None:
    wrong(quiet, 500)
    look(quiet, config)
    later(quiet, 60)
    look(quiet, config)
    assert ear.said() == [("opened", 500)]
    for minute in range(5):
        tell(quiet, Signal("intake_down", f"more {minute}", 3600, "又", "more"))
        later(quiet, 60)
        look(quiet, config)
    assert ear.said() == [("opened", 4)], "five minutes between two messages of a group; the last has to settle"
    later(quiet, 4 * 3600)
    look(quiet, config)
    assert ear.said() == [("opened", 505)], "one is new, the others still stand"


def test_a_storm_of_everything_stays_below_the_cap(quiet: Connection, config: WatchConfig, ear: Ear) -> None:
    kinds = ("intake_down", "airflow_unhealthy", "run_failed", "run_overdue", "check_failed")
    feeds = [row[0] for row in rows(quiet, "select min(feed_id) from ops.feed group by department")]
    for kind in kinds:
        for feed in feeds:
            tell(quiet, Signal(kind, feed, 3600, "故障", "fault", feed_id=feed))
    look(quiet, replace(config, group_wait_s=600))
    later(quiet, 900)
    n_groups = len(kinds) * len(feeds)
    assert n_groups > config.max_per_hour
    look(quiet, config)
    heard = ear.said()
    assert [kind for kind, _ in heard] == ["opened"] * 20 + ["digest"]
    assert sum(number for _, number in heard) == n_groups
    look(quiet, config)
    assert ear.said() == []


def test_acknowledged_silenced_and_explained(quiet: Connection, config: WatchConfig, ear: Ear) -> None:
    wrong(quiet)
    look(quiet, config)
    later(quiet, 60)
    look(quiet, config)
    assert ear.said() == [("opened", 1)]
    number = store.acknowledge(quiet, "intake_down:thing 0", by="值班员", note="电话已通")
    later(quiet, 90_000)
    look(quiet, config)
    assert ear.said() == [], "no repeat of what somebody looks after"
    assert store.find(quiet, str(number))["acknowledged_by"] == "值班员"

    silence = store.silence(quiet, hours=1, reason="检修", by="me", kind="run_failed")
    wrong(quiet, kind="run_failed")
    look(quiet, config)
    later(quiet, 900)
    assert look(quiet, config) == store.Looked(2, 1, 0)
    store.unsilence(quiet, silence)
    look(quiet, config)
    assert ear.said() == [("opened", 1)], "it still stands, and nobody knew"
    with pytest.raises(KeyError, match="in force"):
        store.unsilence(quiet, silence)

    tell(quiet, Signal("scheduler_dead", "x", 3600, "停", "dead"))
    tell(quiet, Signal("run_overdue", "y", 3600, "慢", "slow"))
    look(quiet, config)
    later(quiet, 900)
    look(quiet, config)
    assert [m.payload["groups"][0]["kind"] for m in ear.heard] == ["scheduler_dead"], "it explains the other"
    states = {row["kind"]: row["state"] for row in store.list_now(quiet)}
    assert states == {
        "intake_down": "acknowledged", "run_failed": "inhibited", "run_overdue": "inhibited", "scheduler_dead": "told"
    }  # fmt: skip


def test_a_silence_matches_all_that_it_names(quiet: Connection, config: WatchConfig, ear: Ear) -> None:
    wrong(quiet, kind="batch_held", feed_id="earthquake")
    store.silence(quiet, hours=1, reason="other feed", by="me", kind="batch_held", feed_id="met_station")
    store.silence(quiet, hours=1, reason="other department", by="me", department="水利")
    assert look(quiet, config).n_messages == 1
    store.silence(quiet, hours=9, reason="this one", by="me", breach_key="batch_held:earthquake:thing 0")
    later(quiet, 5 * 3600)
    assert look(quiet, config).n_messages == 0
    later(quiet, 5 * 3600)
    assert look(quiet, config).n_messages == 1, "the silence has ended"
    with pytest.raises(KeyError, match="no feed_id 'nowhere'"):
        store.silence(quiet, hours=1, reason="x", by="me", feed_id="nowhere")


def test_a_look_that_breaks_off_leaves_no_trace(
    quiet: Connection, config: WatchConfig, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong(quiet)
    look(quiet, config)
    later(quiet, 60)
    with monkeypatch.context() as broken:
        broken.setattr(store, "_forget_silenced", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            store.look(quiet, config)
    assert rows(quiet, "select count(*) from ops.notification") == [(0,)]
    assert rows(quiet, "select told_at from ops.breach") == [(None,)]
    look(quiet, config)
    assert ear.said() == [("opened", 1)]


def test_a_refused_message_is_tried_again_later_and_later(quiet: Connection, config: WatchConfig, ear: Ear) -> None:
    wrong(quiet)
    look(quiet, config)
    later(quiet, 60)
    ear.refusal = SendError("host answered 503")
    look(quiet, config)

    def first(channel: str) -> Any:
        """State, attempts, error and minutes until the next attempt of its first message."""
        query = """
            select state, attempts, error, round(extract(epoch from next_attempt_at - now()) / 60)
            from ops.notification where channel = '{}' order by notification_id
        """
        return rows(quiet, query.format(channel))[0]

    assert first("ear") == ("PENDING", 1, "host answered 503", 1)
    assert first("log")[0] == "SENT", "one channel does not wait for another"
    look(quiet, config)
    assert first("ear")[1] == 1, "not before its time"
    for minutes in (2, 4, 8):
        quiet.execute("update ops.notification set next_attempt_at = now() where channel = 'ear'")
        look(quiet, config)
        assert first("ear")[3] == minutes
    assert "channel_failing:ear" in {row["breach_key"] for row in store.list_now(quiet)}
    ear.refusal = None
    quiet.execute("update ops.notification set next_attempt_at = now() where channel = 'ear'")
    look(quiet, config)
    assert [m.payload["groups"][0]["kind"] for m in ear.heard] == ["intake_down", "channel_failing"]
    assert "channel_failing:ear" not in {row["breach_key"] for row in store.list_now(quiet)}


def test_what_can_never_be_sent_ends_as_failed(quiet: Connection, config: WatchConfig, ear: Ear) -> None:
    wrong(quiet)
    look(quiet, config)
    later(quiet, 60)
    ear.refusal = SendError("host answered 404", is_final=True)
    look(quiet, config)
    assert rows(quiet, "select state from ops.notification where channel = 'ear'") == [("FAILED",)]
    ear.refusal = SendError("host answered 503")
    quiet.execute(
        "update ops.notification set state = 'PENDING', attempts = %s, next_attempt_at = now() where channel = 'ear'",
        (MOST_ATTEMPTS - 1,),
    )
    deliver(quiet, config.channels)
    assert rows(quiet, "select state from ops.notification where channel = 'ear'") == [("FAILED",)]
    quiet.execute("update ops.notification set state = 'PENDING', next_attempt_at = now() where channel = 'ear'")
    deliver(quiet, [LogChannel()])
    left = rows(quiet, "select state, error from ops.notification where channel = 'ear'")
    assert left == [("FAILED", "the channel is not set up any more")]


class Killed(BaseException):
    """Nothing in the watcher catches it, as nothing catches a SIGKILL."""


def test_killed_at_any_statement_nothing_is_lost_and_nothing_comes_a_third_time(
    quiet: Connection, registered_url: str, config: WatchConfig, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(config, channels=(ear,))
    execute, left, victim = psycopg.Cursor.execute, [0], [quiet]

    def execute_or_die(cursor: Any, *arguments: Any, **options: Any) -> Any:
        if cursor.connection is victim[0]:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
        return execute(cursor, *arguments, **options)

    twice = 0
    for instant in range(60):
        quiet.execute("delete from ops.signal; delete from ops.notification; delete from ops.breach")
        wrong(quiet)
        store.look(quiet, config)
        later(quiet, 60)
        with monkeypatch.context() as patched, connect(registered_url) as dying:
            victim[0], left[0] = dying, instant
            patched.setattr(psycopg.Cursor, "execute", execute_or_die)
            try:
                look(dying, config)
                is_over = True
            except Killed:
                is_over = False
        quiet.execute("update ops.notification set next_attempt_at = now()")
        for _ in range(2):
            look(quiet, config)
        assert len({message.message_id for message in ear.heard}) == 1, f"killed before statement {instant + 1}"
        assert len(ear.heard) <= 2
        assert rows(quiet, "select state from ops.notification") == [("SENT",)]
        twice += len(ear.heard) == 2
        ear.heard = []
        if is_over:
            break
    assert (is_over, instant > 8, twice) == (True, True, 1), "only a kill between sending and noting it repeats it"


def test_two_watchers_at_once_say_it_once(
    quiet: Connection, registered_url: str, home: Path, config: WatchConfig, ear: Ear
) -> None:
    wrong(quiet)
    look(quiet, config)
    later(quiet, 60)
    store.look(quiet, config)
    with connect(registered_url) as other:
        threads = [threading.Thread(target=deliver, args=(c, config.channels)) for c in (quiet, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert ear.said() == [("opened", 1)]
    with connect(registered_url) as other, advisory_lock(other, "riskmap.watch", 0):
        assert loop.watch(settings_of(registered_url, home), config) is None


def settings_of(url: str, home: Path, **variables: str) -> Settings:
    told = {"RISKMAP_FEEDS_DEFAULT": "off", **variables}
    return Settings(home, url, "file:///nowhere", None, None, None, MappingProxyType(told))


# A watcher of its own process, killed while the receiver has the message and has not answered.

CLI = [sys.executable, "-c", "from riskmap.cli import main; main()"]


def environment(url: str, home: Path, **more: str) -> dict[str, str]:
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "RISKMAP_FEEDS_DEFAULT": "off"}
    return {**base, "RISKMAP_HOME": str(home), "RISKMAP_DATABASE_URL": url, **more}


def riskmap(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CLI, *arguments], env=env, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def http() -> Iterator[LocalHttp]:
    with serve() as server:
        yield server


def test_killed_while_it_sends_it_sends_once_more_under_the_same_id(
    quiet: Connection, registered_url: str, home: Path, config: WatchConfig, http: LocalHttp
) -> None:
    arrived, release = threading.Event(), threading.Event()

    def hang(_: Asked) -> Reply:
        arrived.set()
        release.wait(60)
        return Reply()

    url = http.on("/hook", hang)
    hook = WebhookChannel("webhook", url)
    wrong(quiet)
    look(quiet, config)
    later(quiet, 60)
    store.look(quiet, replace(config, channels=(hook,)))
    env = environment(registered_url, home, RISKMAP_NOTIFY_WEBHOOK_URL=url)
    with subprocess.Popen([*CLI, "watch"], env=env, stderr=subprocess.DEVNULL) as watcher:
        assert arrived.wait(60)
        watcher.send_signal(signal.SIGKILL)
    release.set()
    assert rows(quiet, "select state, attempts from ops.notification") == [("PENDING", 1)]
    http.on("/hook", Reply())
    deadline = time.monotonic() + 30
    while rows(quiet, "select count(*) from pg_stat_activity where application_name = 'riskmap watch'") != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert deliver(quiet, [hook]) == 0, "claimed: not before its next attempt"
    quiet.execute("update ops.notification set next_attempt_at = now()")
    assert deliver(quiet, [hook]) == 1
    assert deliver(quiet, [hook]) == 0
    first, second = http.asked
    assert (first.body, first.headers["Idempotency-Key"]) == (second.body, second.headers["Idempotency-Key"])
    assert rows(quiet, "select state, attempts from ops.notification") == [("SENT", 2)]


def test_the_command_line(
    quiet: Connection, registered_url: str, home: Path, http: LocalHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = http.on("/hook", Reply())
    env = environment(registered_url, home, RISKMAP_NOTIFY_WEBHOOK_URL=hook, RISKMAP_NOTIFY_WEBHOOK_SECRET="hush")
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, arguments)
        return done.exit_code, done.output

    assert run("watch", "--once")[0] == 0
    wrong(quiet, kind="batch_held")
    assert riskmap(env, "watch", "--once").returncode == 1, "an error stands"
    told = json.loads(run("breaches", "list", "--json")[1])
    (breach,) = told["breaches"]
    assert (breach["breach_key"], breach["state"], breach["message_zh"]) == ("batch_held:thing 0", "new", "故障 0")
    assert run("breaches", "ack", str(breach["breach_id"]), "--by", "值班员", "--note", "看过")[0] == 0
    assert "值班员" in run("breaches", "show", "batch_held:thing 0")[1]
    assert run("breaches", "silence", "--kind", "batch_held", "--reason", "检修", "--by", "值班员")[0] == 0
    assert run("watch", "--once")[0] == 0, "a silenced error is known"
    silences = json.loads(run("breaches", "list", "--json")[1])["silences"]
    assert [s["reason"] for s in silences] == ["检修"]
    assert run("breaches", "unsilence", str(silences[0]["silence_id"]))[0] == 0
    assert run("breaches", "silence", "--reason", "all")[0] == 2
    assert run("breaches", "ack", "999999")[0] == 1
    assert run("notify")[0] == 0
    assert json.loads(http.asked[-1].body)["type"] == "test"
    report = json.loads(run("status", "--json")[1])
    assert [(b["breach_key"], b["state"]) for b in report["breaches"]] == [("batch_held:thing 0", "acknowledged")]
    assert report["watched_at"] is not None
    assert "batch_held:thing 0" in run("status")[1]


def test_notify_says_which_channel_refuses_and_that_there_is_none(registered_url: str, home: Path) -> None:
    env = environment(registered_url, home)
    none = riskmap(env, "notify")
    assert (none.returncode, "No channel is set up" in none.stderr) == (1, True)
    refused = riskmap({**env, "RISKMAP_NOTIFY_WECOM_URL": "http://127.0.0.1:9/send?key=hush"}, "notify")
    assert refused.returncode == 1
    assert "wecom: no answer from 127.0.0.1" in refused.stdout
    assert "hush" not in refused.stdout + refused.stderr


# The warehouse itself is away.


def away(home: Path) -> Settings:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return settings_of(f"postgresql://me:hush@127.0.0.1:{port}/none", home)


def test_a_warehouse_that_does_not_answer_is_told_from_memory_once(
    quiet: Connection, registered_url: str, home: Path, config: WatchConfig, ear: Ear
) -> None:
    config = replace(config, group_wait_s=30)
    for _ in range(2):
        with pytest.raises(WarehouseError):
            loop.watch(away(home), config)
    assert ear.heard == [], "it may only restart"
    backdate(home, 31)
    ear.refusal = SendError("no answer")
    with pytest.raises(WarehouseError):
        loop.watch(away(home), config)
    ear.refusal = None
    for _ in range(3):  # also of another process: what was told lies in a file
        with pytest.raises(WarehouseError):
            loop.watch(away(home), config)
    (message,) = ear.heard
    assert "the warehouse does not answer: no connection to the warehouse at postgresql://me@127.0.0.1" in message.body
    assert "hush" not in message.body
    ear.heard = []
    loop.watch(settings_of(registered_url, home), config)
    assert ear.said() == [("resolved", 1)]
    assert rows(quiet, "select kind, resolved_at is not null from ops.breach") == [("database_unreachable", True)]
    loop.watch(settings_of(registered_url, home), config)
    assert ear.said() == []


def backdate(home: Path, seconds: float) -> None:
    file = home / "run" / "watch-outage.json"
    known = json.loads(file.read_text())
    file.write_text(json.dumps({**known, "since": known["since"] - seconds}))


def test_the_clock_of_this_host_runs_ahead_and_is_set_back(
    quiet: Connection, registered_url: str, home: Path, config: WatchConfig, ear: Ear
) -> None:
    outage.lasts(config, "x")
    backdate(home, -86_400)
    outage.lasts(replace(config, group_wait_s=30), "x")
    loop.watch(settings_of(registered_url, home), config)
    assert [kind for kind, _ in ear.said()] == ["opened", "resolved"]
    assert rows(quiet, "select since <= resolved_at from ops.breach") == [(True,)]


def test_the_watcher_goes_on_after_a_look_that_failed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    stop = threading.Event()

    def fail(*_: object) -> None:
        looks.append(1)
        if len(looks) == 3:
            stop.set()
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(loop, "watch", fail)
    loop.serve(settings_of("postgresql://nowhere", home, RISKMAP_WATCH_EVERY_S="1"), stop)
    assert len(looks) == 3


def test_probes_of_a_stack_that_is_down(quiet: Connection, registered_url: str, home: Path, http: LocalHttp) -> None:
    """Airflow does not answer, nobody listens for stations: told; well again: gone."""
    (home / "run").mkdir()
    down = settings_of(
        registered_url, home, RISKMAP_FEEDS_ENABLED="hydro_rtu,hazchem_prevention", SL651_LISTEN="0.0.0.0:9"
    )
    from riskmap.watch.probes import probe

    ledger.register_feeds(quiet, [])
    probe(quiet, replace(down, airflow_url="http://127.0.0.1:9"))
    told = dict(rows(quiet, "select breach_key, message_en from ops.breach_now where kind <> 'disk_low'"))
    assert told == {
        "airflow_unhealthy:api-server": "Airflow's api-server: ConnectionError",
        "intake_down:0.0.0.0:9": "nobody listens at 0.0.0.0:9 (hydro_rtu): ConnectionRefusedError",
    }
    health = {
        "metadatabase": {"status": "healthy"},
        "scheduler": {"status": "unhealthy"},
        "triggerer": {"status": None},
    }
    http.on("/api/v2/monitor/health", Reply(json.dumps(health).encode()))
    with socket.create_server(("127.0.0.1", 0)) as door:
        listening = {**down.variables, "SL651_LISTEN": f"0.0.0.0:{door.getsockname()[1]}"}
        probe(quiet, replace(down, airflow_url=http.url, variables=MappingProxyType(listening)))
    told = dict(rows(quiet, "select breach_key, message_zh from ops.breach_now where kind <> 'disk_low'"))
    assert told == {"airflow_unhealthy:scheduler": "Airflow 的 scheduler：unhealthy"}
