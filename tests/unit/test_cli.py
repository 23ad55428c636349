"""The command line as a person meets it: exit statuses 0, 1, 2, one sentence per error, one JSON object per answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from feeds.registry import folder, load_all
from warehouse import ledger
from warehouse.db import connect

COMMANDS = [
    "up",
    "down",
    "demo",
    "status",
    "psql",
    "doctor",
    "ingest",
    "intake",
    "build",
    "replay",
    "parse",
    "feeds",
    "quarantine",
    "watch",
    "notify",
    "breaches",
    "report",
]
SUBCOMMANDS = [
    *(f"feeds {name}" for name in ("list", "show", "check")),
    *(f"quarantine {name}" for name in ("list", "show", "release")),
    *(f"breaches {name}" for name in ("list", "show", "ack", "silence", "unsilence")),
]


def riskmap(
    *arguments: str, env: dict[str, str] | None = None, home: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, away from any stack of this machine."""
    variables = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder().parent), **(env or {})}
    if home is not None:
        variables["RISKMAP_HOME"] = str(home)
    code = "from riskmap.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=variables, check=False
    )


@pytest.mark.parametrize("command", [[], *(name.split() for name in [*COMMANDS, *SUBCOMMANDS])])
def test_every_command_explains_itself(command: list[str]) -> None:
    done = riskmap(*command, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout


def test_calling_it_wrongly_is_2() -> None:
    assert riskmap("ingest").returncode == 2
    assert riskmap("no-such-command").returncode == 2
    assert riskmap("parse", "no-such-format", "x").returncode == 2


def test_without_a_stack_it_says_what_to_do(tmp_path: Path) -> None:
    done = riskmap("status", home=tmp_path)
    assert done.returncode == 1
    assert "To recover: run 'make demo'" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_an_unreachable_warehouse_is_a_sentence_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://riskmap:secret-word@127.0.0.1:9/riskmap"
    done = riskmap("status", home=tmp_path, env={"RISKMAP_DATABASE_URL": url})
    assert done.returncode == 1
    assert "To recover: " in " ".join(done.stderr.split())
    assert "secret-word" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_feeds_list_and_show(tmp_path: Path) -> None:
    listed = riskmap("feeds", "list", home=tmp_path)
    assert listed.returncode == 0
    assert all(feed in listed.stdout for feed in load_all())
    shown = riskmap("feeds", "show", "earthquake", home=tmp_path)
    assert "magnitude" in shown.stdout
    assert riskmap("feeds", "show", "moonquake", home=tmp_path).returncode == 1


def test_feeds_check_names_file_and_line(tmp_path: Path) -> None:
    text = (folder() / "earthquake.yml").read_text(encoding="utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace("{property: frequency", "{property: sometimes"), encoding="utf-8")
    done = riskmap("feeds", "check", str(broken))
    assert done.returncode == 1
    assert "broken.yml:" in done.stderr
    assert "cadence" in done.stderr
    assert riskmap("feeds", "check").returncode == 0


def test_feeds_check_refuses_what_the_standard_does_not_know(tmp_path: Path) -> None:
    text = (folder() / "earthquake.yml").read_text(encoding="utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace("tenant: demo-county", "tenant: {not: a text}"), encoding="utf-8")
    done = riskmap("feeds", "check", str(broken))
    assert done.returncode == 1
    assert "tenant" in done.stdout
    assert "Traceback" not in done.stderr


def test_parse_answers_one_object_per_file(tmp_path: Path) -> None:
    good = tmp_path / "good.geojson"
    good.write_text('{"type": "FeatureCollection", "metadata": {"count": 0}, "features": []}', encoding="utf-8")
    bad = tmp_path / "bad.geojson"
    bad.write_text("<html>no data</html>", encoding="utf-8")
    done = riskmap("parse", "quake", str(good), str(bad), "--json")
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, "one file could be read"
    assert [report["outcome"] for report in reports] == ["ACCEPTED", "REJECTED"]
    assert all(set(r) == {"file", "format", "outcome", "tables", "drift", "rejects"} for r in reports)
    assert set(reports[1]["rejects"][0]) == {"where", "rule", "reason"}
    assert riskmap("parse", "quake", str(bad), "--json").returncode == 1


def test_status_json_has_the_agreed_shape(tmp_path: Path, warehouse_url: str) -> None:
    with connect(warehouse_url) as conn:
        ledger.register_feeds(conn, load_all().values())
    done = riskmap("status", "--json", home=tmp_path, env={"RISKMAP_DATABASE_URL": warehouse_url})
    report = json.loads(done.stdout)
    assert set(report) == {"database_url", "airflow_url", "map_url", "data_docs_url", "feeds", "breaches", "watched_at"}
    assert report["map_url"] is None
    assert (report["breaches"], report["watched_at"]) == ([], None), "nothing is owed yet, and nobody watches"
    assert [feed["id"] for feed in report["feeds"]] == list(load_all())
    for feed in report["feeds"]:
        assert set(feed) == {
            "id", "name", "domain", "department", "records", "quarantined", "last_event_at", "last_success_at",
            "delay_p95_s", "coverage", "state",
        }  # fmt: skip
        assert feed["state"] == "NO_EVIDENCE"
        assert feed["coverage"] is None, "nothing known is not zero and not good"


def test_psql_passes_its_arguments_on(tmp_path: Path, warehouse_url: str) -> None:
    done = riskmap("psql", "-Atc", "select 1 + 1", home=tmp_path, env={"RISKMAP_DATABASE_URL": warehouse_url})
    assert done.stdout.strip() == "2", done.stderr


def test_quarantine_of_an_unknown_id_is_a_sentence(tmp_path: Path, warehouse_url: str) -> None:
    done = riskmap("quarantine", "show", "12345", home=tmp_path, env={"RISKMAP_DATABASE_URL": warehouse_url})
    assert done.returncode == 1
    assert "12345" in done.stderr
    assert "Traceback" not in done.stderr
