"""What installs the product: locks that say nothing of this machine, scripts that fail with a sentence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from riskmap.settings import REPOSITORY

LOCKS = sorted((REPOSITORY / "requirements").glob("*.txt"))


def pins(kind: str) -> set[str]:
    text = (REPOSITORY / "requirements" / f"{kind}.txt").read_text()
    return set(re.findall(r"^[a-z0-9][^ ;\\]*==[^ ;\\]+", text, flags=re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_has_hashes_and_no_address(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock.read_text()


def test_what_runs_is_what_was_tested() -> None:
    assert pins("run") - pins("dev") == set()
    assert len(pins("dev") - pins("run")) > 10


def test_an_unknown_kind_is_refused() -> None:
    done = subprocess.run(
        [REPOSITORY / "scripts" / "bootstrap.sh", "everything"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("bootstrap: unknown kind 'everything'. To recover:")


def test_make_help_lists_every_target() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    # Under `make test` the inner make would take over flags of the outer one, and say where it is.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    command = ["make", "--no-print-directory", "help"]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
    shown = done.stdout
    assert {line.split()[1] for line in shown.splitlines()} == targets


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_the_services_have_no_default_secret() -> None:
    secrets = set(re.findall(r"\$\{([A-Z_]+):\?", (REPOSITORY / "docker-compose.yml").read_text()))
    made = subprocess.run([REPOSITORY / "compose" / "new-secrets.sh"], capture_output=True, text=True, check=True)
    values = dict(line.split("=", 1) for line in made.stdout.splitlines())
    assert set(values) == secrets
    missing = values.popitem()[0]
    command = ["docker-compose", "-f", REPOSITORY / "docker-compose.yml", "config", "--quiet"]
    environment = {"PATH": "/usr/bin:/bin", **values}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"set {missing}" in done.stderr
