"""docker-compose.yml: what the services are told of the feeds, with the synthetic sources 模拟 and without."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from feeds.registry import DEFAULT, ENABLED, load_all, load_enabled, resolve
from riskmap.settings import REPOSITORY, env_text, variables_of
from simulator.broker import binary

COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
SERVICES: Mapping[str, Any] = COMPOSE["services"]
TOLD: Mapping[str, str] = COMPOSE["x-riskmap"]["environment"]
OURS = {"SL651_LISTEN", "PUSH_LISTEN", "HAZCHEM_USER", "HAZCHEM_PASSWORD", "PERSON_SALT"}
"""What contracts ask of us, not of the source."""
PORTS = {f"SIMULATOR_{name}_PORT": str(port) for name, port in (("SFTP", 8022), ("FTP", 8021), ("MQTT", 8883))}


def named_in(value: Any) -> set[str]:
    """Every ${NAME} in strings and names, however deep."""
    if isinstance(value, Mapping):
        return named_in(list(value)) | named_in(list(value.values()))
    if isinstance(value, list):
        return set().union(*map(named_in, value))
    return set(re.findall(r"\$\{([A-Z0-9_]+)\}", value)) if isinstance(value, str) else set()


def run(*command: str, said: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), **variables}
    return subprocess.run(
        [sys.executable, *command],
        input=said,
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("feed", load_all())
def test_every_variable_of_a_contract_can_be_set_and_none_has_a_default(feed: str) -> None:
    contract = load_all()[feed]
    needed = named_in([contract.location, dict(contract.connector), dict(contract.parser_options)])
    assert needed <= set(TOLD)
    defaults = {name: TOLD[name] for name in needed - OURS if TOLD[name] != f"${{{name}:-}}"}
    assert defaults == {}, "without an address of its own a feed must fail, not read another"


def test_every_reader_of_the_feeds_is_told_of_them() -> None:
    readers = {"init", "intake", "watch", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"}
    assert {name for name in readers if not {ENABLED, "CAP_FEED_URL"} <= set(SERVICES[name]["environment"])} == set()


def test_the_synthetic_sources_call_the_ports_at_which_the_intake_listens() -> None:
    called = SERVICES["simulator"]["environment"]
    for variable in ("SL651_LISTEN", "PUSH_LISTEN"):
        assert called[variable].partition(":")[::2] == ("intake", TOLD[variable].rpartition(":")[2])
        assert any(port.endswith(f":{called[variable].partition(':')[2]}") for port in SERVICES["intake"]["ports"])


@pytest.mark.skipif(binary() is None, reason="the broker mosquitto is not installed here")
def test_in_the_demo_every_feed_that_runs_finds_its_source(tmp_path: Path) -> None:
    home = str(tmp_path / "simulator")
    place = ("--home", home, "--host", "simulator", "--port", "8090", "--exchange-url", "postgresql://exchange")
    told = run("-m", "simulator", "addresses", *place, **PORTS)
    assert told.returncode == 0, told.stderr
    again = run("-m", "simulator", "addresses", *place, **PORTS)
    assert again.stdout == told.stdout, "password and host key stay"
    (tmp_path / "env").write_text(env_text({DEFAULT: "off", "MINE": "kept"}))
    ours = {
        "RISKMAP_HOME": str(tmp_path),
        **{name: TOLD[name] for name in OURS},
    }
    done = run("compose/sources.py", said=told.stdout, **ours)
    assert (done.returncode, done.stderr) == (0, "")
    variables = variables_of(ours)
    running = load_enabled(variables)
    assert set(running) == {feed for feed, contract in load_all().items() if contract.enabled}
    found = {feed: resolve([c.location, dict(c.connector)], variables) for feed, c in running.items()}
    hosts = set(re.findall(r"://(?:[^/@]*@)?([\w.-]+)", json.dumps(found)))
    assert hosts <= {"simulator", "exchange"}
    assert variables["MINE"] == "kept"
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600


def test_without_the_demo_the_feeds_run_that_are_named(tmp_path: Path) -> None:
    said = json.dumps({DEFAULT: "off"})
    home = {"RISKMAP_HOME": str(tmp_path)}
    nothing = run("compose/sources.py", said=said, **home)
    assert (nothing.returncode, nothing.stderr) == (0, "")
    assert nothing.stdout.startswith("0 feeds run here")
    some = run(
        "compose/sources.py", said=said, RISKMAP_FEEDS_ENABLED="weather_warning, earthquake", CAP_FEED_URL="x", **home
    )
    assert some.stdout == "2 feeds run here: earthquake, weather_warning\n"
    assert some.stderr.startswith("feed earthquake will fail: the contract needs ${QUAKE_FEED_URL}")
    wrong = run("compose/sources.py", said=said, RISKMAP_FEEDS_ENABLED="weather_waring", **home)
    assert wrong.returncode == 1
    assert "weather_waring, which is no feed" in wrong.stderr


def test_the_simulator_refuses_a_demo_of_which_the_services_know_nothing() -> None:
    command = ["bash", str(REPOSITORY / "compose" / "simulator.sh"), "serve"]
    environment = {"PATH": os.environ["PATH"], "COMPOSE_PROFILES": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "COMPOSE_PROFILES=demo" in done.stderr) == (1, True)


def test_the_watcher_looks_where_services_are_and_can_be_told_every_channel(tmp_path: Path) -> None:
    told = SERVICES["watch"]["environment"]
    for variable in ("SL651_LISTEN", "PUSH_LISTEN"):
        assert told[variable] == SERVICES["simulator"]["environment"][variable]
    assert told["RISKMAP_AIRFLOW_URL"] == "http://airflow-api-server:8080"
    known = set(
        re.findall(r"RISKMAP_(?:NOTIFY|WATCH)_[A-Z_]+[A-Z]", (REPOSITORY / "docs" / "operations.md").read_text())
    )
    assert len(known) > 10
    assert {name for name in told if name.startswith(("RISKMAP_NOTIFY_", "RISKMAP_WATCH_"))} == known
    alive = tmp_path / "run" / "watch.alive"
    alive.parent.mkdir()
    alive.touch()
    assert run("compose/watch_health.py", RISKMAP_HOME=str(tmp_path)).returncode == 0
    os.utime(alive, (0, 0))
    ill = run("compose/watch_health.py", RISKMAP_HOME=str(tmp_path))
    assert (ill.returncode, "the watcher last looked" in ill.stderr) == (1, True)


def test_the_demo_is_one_line_of_the_env_file_more() -> None:
    script = str(REPOSITORY / "compose" / "new-secrets.sh")
    names = []
    for arguments in ([], ["demo"]):
        made = subprocess.run([script, *arguments], capture_output=True, text=True, check=True).stdout
        names.append([line.partition("=")[0] for line in made.splitlines()])
    assert names[1] == [*names[0], "COMPOSE_PROFILES"]
    wrong = subprocess.run([script, "dmeo"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (2, "")


def test_the_intake_is_healthy_while_somebody_listens_for_what_is_sent_to_us(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as station_door:
        told = {
            "RISKMAP_HOME": str(tmp_path),
            DEFAULT: "off",
            ENABLED: "hydro_rtu,geohazard_monitoring,earthquake",
            "SL651_LISTEN": f"0.0.0.0:{station_door.getsockname()[1]}",
        }
        healthy = run("compose/intake_health.py", **told)
        assert healthy.returncode == 0, healthy.stderr
    ill = run("compose/intake_health.py", **told)
    assert (ill.returncode, "nobody listens for hydro_rtu" in ill.stderr) == (1, True)
