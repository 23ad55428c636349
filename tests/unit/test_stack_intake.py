"""The intake as a process of a home: found at its remembered address, started anew when a setting changes, stopped."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskmap.settings import env_text, read_env
from riskmap.stack import intake
from riskmap.stack.memory import prepare_home

NOWHERE = "postgresql://riskmap@127.0.0.1:9/none"  # it is asked for only when somebody sends something


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for variable in intake.PORTS:
        monkeypatch.delenv(variable, raising=False)
    prepare_home(tmp_path)
    monkeypatch.setenv("RISKMAP_FEEDS_DISABLED", ",".join(_others()))
    yield tmp_path
    intake.process(tmp_path).stop()


def _others() -> list[str]:
    from feeds.registry import load_all

    return [feed for feed in load_all() if feed not in {"hydro_rtu", "hazchem_prevention"}]


def write_env(home: Path, **more: str) -> dict[str, str]:
    variables = {**read_env(home / "env"), "RISKMAP_DATABASE_URL": NOWHERE, **more}
    (home / "env").write_text(env_text(variables), encoding="utf-8")
    variables.update(intake.variables(home))
    (home / "env").write_text(env_text(variables), encoding="utf-8")
    return variables


def listens(address: str) -> None:
    host, _, port = address.rpartition(":")
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection((host, int(port)), 5).close()
            return
        except OSError:
            assert time.monotonic() < deadline, address
            time.sleep(0.1)


def test_it_listens_stays_and_starts_anew_after_a_change(home: Path) -> None:
    variables = write_env(home)
    intake.start(home)
    listens(variables["SL651_LISTEN"])
    listens(variables["PUSH_LISTEN"])
    first = intake.process(home).pid
    intake.start(home)
    assert intake.process(home).pid == first
    assert write_env(home, SOMETHING="new")["SL651_LISTEN"] == variables["SL651_LISTEN"]
    intake.start(home)
    assert intake.process(home).pid not in {None, first}
    listens(variables["SL651_LISTEN"])


def test_what_a_person_wrote_stays(home: Path) -> None:
    written = write_env(home, SL651_LISTEN="0.0.0.0:9651", PERSON_SALT="of a person's own choosing")
    assert written["SL651_LISTEN"] == "0.0.0.0:9651"
    assert written["PERSON_SALT"] == "of a person's own choosing"
    assert written["PUSH_LISTEN"].startswith("127.0.0.1:")
