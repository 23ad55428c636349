"""Settings: the environment first, then the home's file, then an error that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskmap.errors import UserError
from riskmap.settings import REPOSITORY, Settings, env_text, home_of, read_env

URL = "postgresql://riskmap:s3cret@127.0.0.1:5999/riskmap"


def test_the_home_defaults_to_the_checkout() -> None:
    assert home_of({}) == REPOSITORY / ".riskmap"
    assert home_of({"RISKMAP_HOME": ""}) == REPOSITORY / ".riskmap"


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "env").write_text(env_text({"RISKMAP_DATABASE_URL": URL, "MINE_INBOX": "/file", "CAP_FEED_URL": "a"}))
    settings = Settings.load({"RISKMAP_HOME": str(tmp_path), "MINE_INBOX": "/set"})
    assert settings.database_url == URL
    assert settings.home == tmp_path
    assert settings.variables["MINE_INBOX"] == "/set"
    assert settings.variables["CAP_FEED_URL"] == "a"
    assert settings.archive_url == f"file://{tmp_path}/archive"
    assert settings.map_url is None


def test_without_a_warehouse_the_error_names_command_and_variable(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"riskmap up.*RISKMAP_DATABASE_URL"):
        Settings.load({"RISKMAP_HOME": str(tmp_path)})


def test_passwords_stay_out_of_repr(tmp_path: Path) -> None:
    settings = Settings.load({"RISKMAP_HOME": str(tmp_path), "RISKMAP_DATABASE_URL": URL})
    assert "s3cret" not in repr(settings)


def test_any_value_survives_writing_and_reading(tmp_path: Path) -> None:
    variables = {"A": "with space & 'quote' \"double\" $HOME #no", "B": "煤矿", "C": "x=y=z"}
    (tmp_path / "env").write_text(env_text(variables), encoding="utf-8")
    assert read_env(tmp_path / "env") == variables


@pytest.mark.parametrize("line", ["no equals", "A=b c", "A='b", "1A=b"])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "env").write_text(f"GOOD=1\n{line}\n")
    with pytest.raises(UserError, match="line 2"):
        read_env(tmp_path / "env")
