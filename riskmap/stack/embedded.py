"""The whole stack of one home: up, down, and what of it runs."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from feeds import registry
from riskmap.settings import REPOSITORY, Settings, env_text, home_of, read_env
from riskmap.stack import airflow, intake, loopback, watch
from riskmap.stack.airflow import Airflow
from riskmap.stack.airflow_api import USER
from riskmap.stack.errors import StackError
from riskmap.stack.memory import Memory, locked, port_is_free, prepare_home, write_private
from riskmap.stack.postgres import PrivateCluster
from riskmap.stack.prepare import prepare_warehouse
from riskmap.stack.processes import Process, stop_all

Progress = Callable[[str], None]

WAREHOUSE_ROLES = ("riskmap_loader", "riskmap_transformer", "riskmap_reader", "riskmap_map")
SIMULATOR_WITHIN_S = 120


def up(home: Path | None = None, *, simulator: bool = True, progress: Progress) -> Settings:
    """Start what doesn't run yet and return when all of it is healthy and the warehouse is prepared.

    Independent steps run at the same time. Only the scheduler waits for all others, because it starts tasks at once.
    Raises UserError if a part can't be started.
    """
    home = home or home_of()
    prepare_home(home)
    with locked(home / ".up.lock"), ThreadPoolExecutor() as pool:
        cluster = PrivateCluster(home)
        if cluster.start():
            _stop_clients(home)  # should any still run, they have lost their database
        progress(f"PostgreSQL listens on 127.0.0.1:{cluster.port}")
        # Those who come to us look the addresses up: they are written before the synthetic ones start.
        doors = _write_doors(home)
        if simulator:
            _start_simulator(cluster, doors)
        scheduler = Airflow(home, cluster.url("airflow", "airflow"))
        airflow_ready = pool.submit(_start_airflow, scheduler, cluster, progress)
        settings = _write_settings(cluster, scheduler, doors)
        warehouse_ready = pool.submit(_prepare, cluster, settings, progress)
        if simulator:
            settings = _write_settings(cluster, scheduler, _addresses_of_simulator(home))
            progress("the synthetic source systems 模拟 answer")
        warehouse_ready.result()
        intake.start(home)
        progress("the intake takes what sources send")
        airflow_ready.result()
        scheduler.start(["scheduler"])
        scheduler.wait_until_healthy()
        scheduler.api.ensure_pools({f"source_{feed}": 1 for feed in registry.load_all()})
        progress(f"Airflow is healthy at {scheduler.url}")
        watch.start(home)
        progress("the watcher looks for what is wrong")
    return settings


def down(home: Path | None = None, *, progress: Progress) -> None:
    """Stop everything, the database last. What doesn't run is no error."""
    home = home or home_of()
    if not home.is_dir():
        return
    with locked(home / ".up.lock"):
        cluster = PrivateCluster(home)
        progress("stopping Airflow, which may have to end its tasks first")
        _stop_clients(home)
        progress("stopping PostgreSQL")
        cluster.stop()


def state(home: Path) -> dict[str, Any]:
    """What runs: name of the part -> {running, pid, log}, for the database {running, port, log}."""
    cluster = PrivateCluster(home)
    parts: dict[str, Any] = {
        process.name: {"running": process.pid is not None, "pid": process.pid, "log": str(process.log)}
        for process in [*airflow.processes(home).values(), *_others(home)]
    }
    running = cluster.running()
    return {
        "postgres": {"running": running, "port": cluster.port if running else None, "log": str(cluster.log)},
        **parts,
    }


def _stop_clients(home: Path) -> None:
    watch.process(home).stop()
    Airflow(home, "").stop()
    stop_all(_others(home))


def _others(home: Path) -> list[Process]:
    """What runs besides database and Airflow."""
    return [intake.process(home), watch.process(home), _simulator(home), _data_docs(home)]


def _start_airflow(scheduler: Airflow, cluster: PrivateCluster, progress: Progress) -> None:
    first = not scheduler.passwords_file.exists()
    scheduler.configure()
    if first:
        progress(f"Airflow's user is {USER}, the password {scheduler.password}")
        progress(f"(not shown again; it is kept in {scheduler.passwords_file})")
    cluster.ensure_database("airflow", "airflow")
    scheduler.migrate()
    scheduler.start(["api-server", "dag-processor", "triggerer"])
    progress("Airflow's processes start")


def _prepare(cluster: PrivateCluster, settings: Settings, progress: Progress) -> None:
    cluster.ensure_role("riskmap", member_of=WAREHOUSE_ROLES)
    cluster.ensure_database("riskmap", "riskmap", extensions=["postgis"])
    prepare_warehouse(settings)
    progress("the warehouse is ready")


def _write_settings(cluster: PrivateCluster, scheduler: Airflow, sources: dict[str, str]) -> Settings:
    """Add what we know to the home's env file; lines that a person added stay."""
    home = cluster.home
    file = home / "env"
    ours = {
        "RISKMAP_DATABASE_URL": cluster.url("riskmap", "riskmap"),
        "RISKMAP_ARCHIVE_URL": (home / "archive").as_uri(),
        "RISKMAP_AIRFLOW_URL": scheduler.url,
        "RISKMAP_DATA_DOCS_URL": _start_data_docs(home),
    }
    write_private(file, env_text({**read_env(file), **ours, **sources}))
    return Settings.load({**os.environ, "RISKMAP_HOME": str(home)})


def _write_doors(home: Path) -> dict[str, str]:
    """Where sources come to us, written for them to find; returns the variables."""
    file = home / "env"
    doors = intake.variables(home)
    write_private(file, env_text({**read_env(file), **doors}))
    return doors


def _start_simulator(cluster: PrivateCluster, doors: dict[str, str]) -> None:
    """Start the demo's source systems. ``doors``: where those of them that come to us find us."""
    home = cluster.home
    folder = home / "simulator"
    folder.mkdir(exist_ok=True)
    cluster.ensure_database("exchange", "exchange")
    exchange = cluster.url("exchange", "exchange")
    port = _port(home, "simulator", _simulator(home))
    command = [sys.executable, "-m", "simulator", "serve", "--home", str(folder), "--port", str(port)]
    # The URL goes through the environment: a command line can be read by every user of the machine.
    environment = {**os.environ, **doors, "PYTHONPATH": str(REPOSITORY), "EXCHANGE_DATABASE_URL": exchange}
    _simulator(home).start(command, environment)


def _addresses_of_simulator(home: Path) -> dict[str, str]:
    """Wait until it answers; then the variables that name its addresses to the contracts."""
    url = f"http://127.0.0.1:{Memory(home).port('simulator')}/health"
    addresses = home / "simulator" / "address.json"  # there while it serves
    deadline = time.monotonic() + SIMULATOR_WITHIN_S
    while loopback.get(url) is None or not addresses.exists():
        _simulator(home).require_alive()
        if time.monotonic() > deadline:
            raise StackError(
                f"The synthetic source systems do not answer after {SIMULATOR_WITHIN_S} s",
                f"read {_simulator(home).log}, then run 'riskmap up' again",
            )
        time.sleep(0.2)
    variables: dict[str, str] = json.loads(addresses.read_text(encoding="utf-8"))["variables"]
    return variables


def _start_data_docs(home: Path) -> str:
    folder = home / "data_docs"
    folder.mkdir(exist_ok=True)
    port = _port(home, "data_docs", _data_docs(home))
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(folder), str(port)]
    _data_docs(home).start(command, os.environ)
    return f"http://127.0.0.1:{port}/"


def _simulator(home: Path) -> Process:
    return Process(home, "simulator")


def _data_docs(home: Path) -> Process:
    return Process(home, "data-docs")


def _port(home: Path, name: str, process: Process) -> int:
    """The remembered port, or another if somebody took it while the process was down."""
    memory = Memory(home)
    if process.pid is None and not port_is_free(memory.port(name)):
        return memory.change_port(name)
    return memory.port(name)
