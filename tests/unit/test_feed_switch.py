"""Feeds are switched on and off in the env file; the ledger then owes nothing of those that are off."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from feeds.registry import DEFAULT, DISABLED, ENABLED, load_all, load_enabled
from riskmap.feed_switch import switch
from riskmap.settings import read_env, variables_of
from warehouse import ledger
from warehouse.db import connect


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("RISKMAP_DATABASE_URL", ENABLED, DISABLED, DEFAULT):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RISKMAP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_feed_is_switched_off_and_on_again_and_other_lines_stay(home: Path) -> None:
    home.mkdir()
    (home / "env").write_text("MINE_INBOX='/a b'\n")
    switch("earthquake", on=False)
    assert "earthquake" not in load_enabled(variables_of())
    assert read_env(home / "env") == {"MINE_INBOX": "/a b", "RISKMAP_FEEDS_DISABLED": "earthquake"}
    switch("earthquake", on=True)
    assert "earthquake" in load_enabled(variables_of())
    assert read_env(home / "env") == {"MINE_INBOX": "/a b"}


def test_a_feed_that_its_contract_leaves_off_is_named_when_it_is_switched_on(home: Path) -> None:
    off = next(contract.id for contract in load_all().values() if not contract.enabled)
    switch(off, on=True)
    switch(off, on=True)
    assert read_env(home / "env") == {"RISKMAP_FEEDS_ENABLED": off}
    assert off in load_enabled(variables_of())


def test_where_nothing_runs_unless_it_is_named_a_feed_is_named_and_forgotten(home: Path) -> None:
    home.mkdir()
    (home / "env").write_text(f"{DEFAULT}=off\n")
    assert load_enabled(variables_of()) == {}
    switch("earthquake", on=True)
    assert read_env(home / "env") == {DEFAULT: "off", ENABLED: "earthquake"}
    assert set(load_enabled(variables_of())) == {"earthquake"}
    switch("earthquake", on=False)
    assert read_env(home / "env") == {DEFAULT: "off"}
    assert load_enabled(variables_of()) == {}


def test_an_unknown_feed_is_refused_and_nothing_is_written(home: Path) -> None:
    with pytest.raises(KeyError, match="there is no feed 'nix'"):
        switch("nix", on=True)
    assert not home.exists()


def test_public_feeds_are_off_by_default_and_marked() -> None:
    public = [contract for contract in load_all().values() if contract.is_public]
    assert public
    assert not any(contract.enabled for contract in public)


def test_the_ledger_knows_what_is_owed(home: Path, warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKMAP_DATABASE_URL", warehouse_url)
    with connect(warehouse_url) as conn:
        ledger.register_feeds(conn, load_enabled(variables_of()).values())
    assert "nothing is owed of it any more" in switch("earthquake", on=False)
    with psycopg.connect(warehouse_url) as conn:
        assert _owed(conn) == set(load_enabled(variables_of()))
        first = conn.execute("select activated_at from ops.feed where feed_id = 'earthquake'").fetchone()
    switch("earthquake", on=True)
    with psycopg.connect(warehouse_url) as conn:
        assert "earthquake" in _owed(conn)
        assert first < conn.execute("select activated_at from ops.feed where feed_id = 'earthquake'").fetchone()


def _owed(conn: psycopg.Connection[tuple[str]]) -> set[str]:
    return {row[0] for row in conn.execute("select feed_id from ops.feed where active_until is null")}
