"""Airflow of one home: its configuration, its metadata database and its four processes, all on loopback."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from riskmap.settings import REPOSITORY
from riskmap.stack import loopback
from riskmap.stack.airflow_api import USER, AirflowApi
from riskmap.stack.errors import StackError
from riskmap.stack.memory import Memory, port_is_free, write_private
from riskmap.stack.processes import Process, stop_all

LOCAL_SETTINGS = Path(__file__).parent / "airflow_config"
HEALTHY_WITHIN_S = 180

CONFIGURATION = """\
# Written by 'riskmap up' at every start; changes made here are lost. Everything that isn't named has Airflow's default.
# The scheduler holds this state of the code in memory, and is started anew when it differs: {code}

[core]
dags_folder = {repository}/dags
executor = LocalExecutor
# Above the number of cores, because tasks mostly wait for sources and for the database.
parallelism = 6
# The product's DAGs only, and running: nobody should have to switch the demo on by hand.
load_examples = False
dags_are_paused_at_creation = False
fernet_key = {fernet_key}
simple_auth_manager_users = {user}:admin
simple_auth_manager_passwords_file = {passwords_file}

[database]
sql_alchemy_conn = postgresql+psycopg2://{database}
# The default, asyncpg, would be one more driver; psycopg 3 is there anyway.
sql_alchemy_conn_async = postgresql+psycopg://{database}

[logging]
base_log_folder = {home}/logs
# The files are read by people, too.
colored_console_log = False

[api]
host = 127.0.0.1
port = {port}
base_url = {url}
# One is enough for one machine, and each costs 300 MB.
workers = 1
secret_key = {secret_key}
instance_name = RiskMap

[api_auth]
jwt_secret = {jwt_secret}

[workers]
# The supervisor of a task that has ended sleeps for as long as this before it frees its slot: with the default of
# 5 s, twenty short tasks take three times as long.
min_heartbeat_interval = 1

[scheduler]
# The default of 1 s is most of the pause between two tasks.
scheduler_idle_sleep_time = 0.2
# A task that was killed with the machine holds its feed's only run until it is missed; the default is 300 s.
task_instance_heartbeat_timeout = 60

[dag_processor]
# A handful of files; a second parser would only compete with the tasks.
parsing_processes = 1

[triggerer]
# No task defers; it is there for the operators and deadlines of those who extend the DAGs.
capacity = 50
"""


class Airflow:
    """The four processes of one home; ``database_url`` is the metadata database."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.home = home
        self.folder = home / "airflow"
        self.database_url = database_url
        self.memory = Memory(home)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.memory.port('airflow')}"

    @property
    def password(self) -> str:
        return self.memory.secret("airflow.admin")

    @property
    def passwords_file(self) -> Path:
        return self.folder / "passwords.json"

    @property
    def api(self) -> AirflowApi:
        return AirflowApi(self.url, USER, self.password)

    def configure(self) -> None:
        """Write configuration and passwords file, both mode 600; stop processes that run with another configuration."""
        self.folder.mkdir(exist_ok=True)
        if processes(self.home)["api-server"].pid is None and not port_is_free(self.memory.port("airflow")):
            self.memory.change_port("airflow")
        write_private(self.passwords_file, json.dumps({USER: self.password}))
        text = CONFIGURATION.format(
            code=state_of_code(),
            repository=REPOSITORY,
            home=self.folder,
            user=USER,
            passwords_file=self.passwords_file,
            database=self.database_url.removeprefix("postgresql://"),
            port=self.memory.port("airflow"),
            url=self.url,
            fernet_key=self.memory.secret("airflow.fernet_key", _fernet_key),
            secret_key=self.memory.secret("airflow.secret_key"),
            jwt_secret=self.memory.secret("airflow.jwt_secret", lambda: secrets.token_urlsafe(64)),
        )
        file = self.folder / "airflow.cfg"
        if not file.exists() or file.read_text() != text:
            self.stop()
            write_private(file, text)

    def migrate(self) -> None:
        """Bring the metadata database to this Airflow's schema; skipped, because it is slow, when it is there."""
        record = self.folder / "migrated.json"
        wanted = {"airflow": importlib.metadata.version("apache-airflow"), "revision": self._revision()}
        if wanted["revision"] is not None and record.exists() and json.loads(record.read_text()) == wanted:
            return
        log = self.home / "logs" / "airflow-db-migrate.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("wb") as output:
            command = [sys.executable, "-m", "airflow", "db", "migrate"]
            done = subprocess.run(
                command, cwd=self.home, env=self.environment(), stdout=output, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode != 0:
            last = " / ".join(log.read_text(errors="replace").splitlines()[-3:])
            raise StackError(
                f"Airflow's database could not be migrated: {last}", f"read {log} and run 'riskmap up' again"
            )
        write_private(record, json.dumps({**wanted, "revision": self._revision()}))

    def start(self, names: Iterable[str]) -> None:
        """Start these of the four processes, those that don't run yet."""
        known = processes(self.home)
        for name in names:
            known[name].start([sys.executable, "-m", "airflow", *COMMANDS[name]], self.environment())

    def stop(self) -> None:
        """Stop all four: the scheduler first, while running tasks can still report, then the others at once."""
        known = processes(self.home)
        stop_all([known.pop("scheduler")], patience_s=10)  # a task that is killed after that is simply run again
        stop_all(known.values(), patience_s=5)  # nothing is lost with them

    def wait_until_healthy(self) -> None:
        """Return when all four have reported since their start. Raises StackError if one ends or takes too long."""
        known = processes(self.home)
        deadline = time.monotonic() + HEALTHY_WITHIN_S
        while missing := _not_yet_healthy(self._health(), known):
            for process in known.values():
                process.require_alive()
            if time.monotonic() > deadline:
                raise StackError(
                    f"Airflow is not healthy after {HEALTHY_WITHIN_S} s; still missing: {', '.join(missing)}",
                    f"read {' and '.join(str(known[name].log) for name in missing)}, then run 'riskmap up' again",
                )
            time.sleep(0.25)

    def environment(self) -> dict[str, str]:
        """The environment of every Airflow process: ours, without settings of another Airflow that may be around."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        return {
            **kept,
            "AIRFLOW_HOME": str(self.folder),
            "RISKMAP_HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join([str(LOCAL_SETTINGS), str(REPOSITORY)]),
            "NO_PROXY": "127.0.0.1,localhost",  # tasks report to the API server on loopback, never through a proxy
            "no_proxy": "127.0.0.1,localhost",
            "OPENBLAS_NUM_THREADS": "1",  # the scheduler forks after the imports: no threads may be there by then
            "GX_ANALYTICS_ENABLED": "false",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
        }

    def _revision(self) -> str | None:
        try:
            with psycopg.connect(self.database_url) as connection:
                row = connection.execute("select version_num from alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
        return str(row[0]) if row else None

    def _health(self) -> dict[str, Any]:
        answer = loopback.get(f"{self.url}/api/v2/monitor/health")
        return dict(answer.json()) if answer else {}


COMMANDS = {
    "api-server": ["api-server"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],  # logs are files on this machine: no second server, no second port
    "scheduler": ["scheduler", "--skip-serve-logs"],
}


def processes(home: Path) -> dict[str, Process]:
    """The four processes by name, in the order in which they are started."""
    return {name: Process(home, f"airflow-{name}") for name in COMMANDS}


def _not_yet_healthy(health: dict[str, Any], known: dict[str, Process]) -> list[str]:
    if not health:
        return ["api-server"]
    missing = []
    for name in ("dag-processor", "triggerer", "scheduler"):
        key = name.replace("-", "_")
        report = health.get(key) or {}
        heartbeat = report.get(f"latest_{key}_heartbeat")
        # A heartbeat of the time before a restart counts as healthy for Airflow for half a minute, but not for us.
        fresh = heartbeat is not None and datetime.fromisoformat(heartbeat).timestamp() >= known[name].started_at
        if report.get("status") != "healthy" or not fresh:
            missing.append(name)
    return missing


def state_of_code() -> str:
    """Changes whenever a Python file of ours, or the lock, does."""
    files = [REPOSITORY / "requirements" / "run.txt"]
    for package in ("connectors", "expectations", "feeds", "riskmap", "warehouse"):
        files += sorted((REPOSITORY / package).rglob("*.py"))
    facts = [f"{file}:{file.stat().st_mtime_ns}" for file in files if file.exists()]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
