"""The watcher as a process of a home: it stays without a warehouse, starts anew when a setting changes, stops."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskmap.errors import UserError
from riskmap.settings import env_text
from riskmap.stack import embedded, watch
from riskmap.stack.memory import prepare_home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("RISKMAP_FEEDS_DEFAULT", "off")
    monkeypatch.delenv("RISKMAP_DATABASE_URL", raising=False)
    prepare_home(tmp_path)
    yield tmp_path
    watch.process(tmp_path).stop()


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline, file
        time.sleep(0.05)


def test_it_stays_without_a_warehouse_and_starts_anew_after_a_change(home: Path) -> None:
    settings = {"RISKMAP_DATABASE_URL": "postgresql://me:hush@127.0.0.1:9/none", "RISKMAP_WATCH_EVERY_S": "1"}
    (home / "env").write_text(env_text(settings), encoding="utf-8")
    watch.start(home)
    wait_for(home / "run" / "watch-outage.json")
    first = watch.process(home).pid
    assert first is not None
    watch.start(home)
    assert watch.process(home).pid == first
    assert embedded.state(home)["watch"]["running"]
    assert json.loads((home / "run" / "watch-outage.json").read_text())["told"] == {}, "it may only restart"
    (home / "env").write_text(env_text({**settings, "RISKMAP_NOTIFY_LANGUAGE": "zh"}), encoding="utf-8")
    watch.start(home)
    assert watch.process(home).pid not in {None, first}
    assert "hush" not in watch.process(home).log.read_text()
    watch.process(home).stop()
    assert watch.process(home).pid is None


def test_a_setting_that_cannot_be_meant_stops_the_start_and_not_the_watcher(home: Path) -> None:
    (home / "env").write_text(env_text({"RISKMAP_NOTIFY_SMTP_URL": "mail.example.org"}), encoding="utf-8")
    with pytest.raises(UserError, match="RISKMAP_NOTIFY_SMTP_URL"):
        watch.start(home)
    assert watch.process(home).pid is None
