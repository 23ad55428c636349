"""From nothing to a checked feed with the command line alone, each tool in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from feeds.registry import folder

ROOT = folder().parent
RUFF = ("--no-cache", "--config", str(ROOT / "pyproject.toml"))
WELLS = "测站编码,站名,经度,纬度,时间,水位(m)\n0012,模拟一号井,112.81,35.51,2026-08-10 08:00,12.5\n"
SHELTERS = "shelterCode,name,people,order\nMN-1,模拟避难所,300,1\n"


def run(*command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    return subprocess.run(command, capture_output=True, text=True, env=variables, cwd=ROOT, check=False)


def riskmap(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-c", "from riskmap.cli import main; main()", *arguments)


def tool(name: str, *arguments: str) -> None:
    done = run(str(Path(sys.executable).parent / name), *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def its_test(tmp_path: Path, feed: str) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "tests" / "feeds" / f"test_feed_{feed}.py"
    return run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(file)),
        env={"RISKMAP_FEEDS": str(tmp_path / "feeds")},
    )


@pytest.mark.parametrize(
    ("feed", "name", "text", "words"),
    [
        ("mock_pump", None, None, "10 rows of observation"),
        ("mock_wells", "wells.csv", WELLS, "1 rows of station, 1 rows of observation"),
        ("mock_shelters", "shelters.csv", SHELTERS, "1 rows of mock_shelters"),
    ],
)
def test_a_new_feed_passes_every_check(
    tmp_path: Path, feed: str, name: str | None, text: str | None, words: str
) -> None:
    options = ["--into", str(tmp_path / "out")]
    if name and text:
        (tmp_path / name).write_text(text, encoding="utf-8")
        options += ["--sample", str(tmp_path / name), "--department", "应急", "--name", "模拟 Mock"]
    done = riskmap("feeds", "new", feed, *options)
    assert done.returncode == 0, done.stderr
    assert words in done.stdout
    assert ("must be synthetic 模拟, or cleared" in done.stdout) == bool(name)

    contract = tmp_path / "out" / "feeds" / f"{feed}.yml"
    assert riskmap("feeds", "check", str(contract)).returncode == 0
    tool("datacontract", "lint", str(contract))
    tool("yamllint", "--strict", str(contract))
    tool("ruff", "check", *RUFF, "--extend-ignore", "S101", str(tmp_path / "out" / "tests"))
    tool("ruff", "format", "--check", *RUFF, str(tmp_path / "out" / "tests"))
    passed = its_test(tmp_path / "out", feed)
    assert passed.returncode == 0, passed.stdout
    assert "2 passed" in passed.stdout

    again = riskmap("feeds", "new", feed, *options)
    assert again.returncode == 1
    assert "already" in again.stderr


def test_the_test_of_a_feed_fails_once_its_contract_is_wrong(tmp_path: Path) -> None:
    assert riskmap("feeds", "new", "mock_pump", "--into", str(tmp_path)).returncode == 0
    contract = tmp_path / "feeds" / "mock_pump.yml"
    text = contract.read_text(encoding="utf-8")
    wrong = text.replace("event_at: {time: time}", "event_at: {time: stationName}")
    assert wrong != text
    contract.write_text(wrong, encoding="utf-8")
    failed = its_test(tmp_path, "mock_pump")
    assert failed.returncode == 1
    assert "mapped." in failed.stdout


def test_the_staging_model_of_a_new_table_is_clean_sql(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(SHELTERS, encoding="utf-8")
    done = riskmap("feeds", "new", "mock_shelters", "--sample", str(tmp_path / "s.csv"), "--into", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "feeds.derive" in done.stdout
    model = (tmp_path / "dbt" / "models" / "staging" / "stg_mock_shelters.sql").read_text(encoding="utf-8")
    for column in ("shelter_code", "name", "people", "source_order", "updated_at"):
        assert f"        {column}," in model
    assert "source('landing', 'mock_shelters')" in model


def test_a_second_source_needs_one_file_only(tmp_path: Path) -> None:
    done = riskmap("feeds", "new", "second_pond", "--like", "tailings_monitoring", "--into", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["second_pond.yml"]
    assert "set ${SECOND_POND_URL}" in done.stdout
    assert riskmap("feeds", "check", str(tmp_path / "feeds" / "second_pond.yml")).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [("My-Feed",), ("mock_pump", "--sample", "no-such-file.json"), ("mock_pump", "--like", "no_such_feed")],
)
def test_a_refusal_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = riskmap("feeds", "new", *arguments, "--into", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("riskmap: ")
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
