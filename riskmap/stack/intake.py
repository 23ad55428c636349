"""The process ``riskmap intake`` of one home: where it listens, and that it does."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from feeds import registry
from riskmap.settings import REPOSITORY, read_env
from riskmap.stack.airflow import state_of_code
from riskmap.stack.memory import Memory, port_is_free, write_private
from riskmap.stack.processes import Process

PORTS = {"SL651_LISTEN": "sl651", "PUSH_LISTEN": "push"}
"""Where feeds that come to us are listened for -> the name under which the home remembers the port."""
_OURS = "127.0.0.1:"


def process(home: Path) -> Process:
    return Process(home, "intake")


def variables(home: Path) -> dict[str, str]:
    """What contracts, and the synthetic sources, must be told: where to meet, the login of pushes, the salt of hashes.

    An address on the network, a login or a salt that a person wrote into the home's env file stays.
    """
    memory, written = Memory(home), read_env(home / "env")
    found = {
        "PERSON_SALT": written.get("PERSON_SALT") or memory.secret("person_salt"),
        "HAZCHEM_USER": written.get("HAZCHEM_USER", "plants"),
        "HAZCHEM_PASSWORD": written.get("HAZCHEM_PASSWORD") or memory.secret("hazchem"),
    }
    for variable, name in PORTS.items():
        if process(home).pid is None and not port_is_free(memory.port(name)):
            memory.change_port(name)
        is_ours = written.get(variable, _OURS).startswith(_OURS)
        found[variable] = f"{_OURS}{memory.port(name)}" if is_ours else written[variable]
    return found


def start(home: Path) -> None:
    """Start it, or start it anew if code, contracts or settings have changed since. The warehouse must be ready."""
    mark = home / "run" / "intake.state"
    state = state_of_settings(home)
    if not mark.exists() or mark.read_text(encoding="utf-8") != state:
        process(home).stop()
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "RISKMAP_HOME": str(home)}
    process(home).start([sys.executable, "-c", "from riskmap.cli import main; main()", "intake"], environment)
    write_private(mark, state)


def state_of_settings(home: Path) -> str:
    """Changes whenever code, contracts or the home's env file do: what a process holds in memory."""
    files = [home / "env", *sorted(registry.folder().glob("*.yml"))]
    return hashlib.sha256(state_of_code().encode() + b"".join(file.read_bytes() for file in files)).hexdigest()
