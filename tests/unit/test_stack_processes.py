"""Background processes: found again, never mistaken for another, stopped with everything they started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskmap.stack.errors import StackError
from riskmap.stack.memory import Memory
from riskmap.stack.processes import Process

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(600)",
]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path, "sleeper")
    yield process
    process.stop(patience_s=0)


def wait_for_log(process: Process) -> str:
    deadline = time.monotonic() + 20
    while not process.log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return process.log.read_text()


def wait_until_gone(pid: int | None) -> None:
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.02)


def test_a_second_start_finds_the_first(process: Process) -> None:
    assert process.start(SLEEP, os.environ)
    pid = process.pid
    assert pid is not None
    assert not Process(process.home, "sleeper").start(SLEEP, os.environ)
    assert process.pid == pid
    assert os.getsid(pid) == pid


def test_stop_ends_it_and_can_be_repeated(process: Process) -> None:
    process.start(SLEEP, os.environ)
    pid = process.pid
    process.stop()
    process.stop()
    assert process.pid is None
    assert not process.pid_file.exists()
    assert pid is not None


def test_what_ignores_the_request_is_killed_with_its_children(process: Process) -> None:
    process.start(STUBBORN, os.environ)
    child = int(wait_for_log(process))
    process.stop(patience_s=0.2)
    assert process.pid is None
    wait_until_gone(child)


@pytest.mark.parametrize("again", [True, False], ids=["at the next start", "at a stop"])
def test_children_that_outlived_a_killed_process_are_ended(process: Process, again: bool) -> None:
    process.start(STUBBORN, os.environ)
    child = int(wait_for_log(process))
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    while process.pid is not None:
        time.sleep(0.02)
    assert Path(f"/proc/{child}/cmdline").read_bytes()
    if again:
        process.start(SLEEP, os.environ)
    else:
        process.stop()
    wait_until_gone(child)


@pytest.mark.parametrize("changed", [{"ticks": 1}, {"boot": "another"}])
def test_a_recycled_pid_is_never_signalled(process: Process, changed: dict[str, object]) -> None:
    stranger = subprocess.Popen(SLEEP, stdout=subprocess.DEVNULL)
    try:
        process.start(SLEEP, os.environ)
        own = json.loads(process.pid_file.read_text())
        process.pid_file.write_text(json.dumps({**own, "pid": stranger.pid, **changed}))
        assert process.pid is None
        process.stop()
        assert stranger.poll() is None
        process.pid_file.write_text(json.dumps(own))
    finally:
        stranger.kill()
        stranger.wait()


def test_what_died_is_reported_with_the_end_of_its_log(process: Process) -> None:
    process.start([sys.executable, "-c", "raise SystemExit('no such feed')"], os.environ)
    deadline = time.monotonic() + 20
    while process.pid is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    with pytest.raises(StackError, match="no such feed"):
        process.require_alive()


def test_a_large_log_is_set_aside(process: Process) -> None:
    process.log.parent.mkdir(parents=True)
    process.log.write_bytes(b"x" * 10_000_001)
    process.start(SLEEP, os.environ)
    assert process.log.with_suffix(".log.1").stat().st_size == 10_000_001


def test_secrets_and_ports_are_made_once(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    password, port = memory.secret("a"), memory.port("a")
    again = Memory(tmp_path)
    assert (again.secret("a"), again.port("a")) == (password, port)
    assert again.secret("b") != password
    assert again.port("b") != port
    assert again.change_port("a") not in {port, again.port("b")}
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
