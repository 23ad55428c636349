"""Airflow's configuration names options that exist, and is written once; its health is believed only when fresh."""

from __future__ import annotations

import configparser
import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from riskmap.settings import REPOSITORY
from riskmap.stack import airflow
from riskmap.stack.airflow import Airflow
from riskmap.stack.airflow_api import AirflowApi
from riskmap.stack.errors import StackError
from riskmap.stack.memory import Memory, write_private
from riskmap.stack.processes import Process

DATABASE = "postgresql://airflow:secret@127.0.0.1:5999/airflow"


def known_options() -> set[tuple[str, str]]:
    spec = find_spec("airflow")
    assert spec is not None
    assert spec.origin is not None
    text = (Path(spec.origin).parent / "config_templates" / "config.yml").read_text()
    return {(section, option) for section, body in yaml.safe_load(text).items() for option in body["options"]}


def test_every_option_exists_in_the_installed_airflow(tmp_path: Path) -> None:
    stack = Airflow(tmp_path, DATABASE)
    stack.configure()
    written = configparser.ConfigParser()
    written.read(tmp_path / "airflow" / "airflow.cfg")
    ours = {(section, option) for section in written.sections() for option in written.options(section)}
    assert len(ours) > 20
    assert ours <= known_options()


def test_every_option_of_the_services_exists_too() -> None:
    names = re.findall(r"AIRFLOW__([A-Z_]+?)__([A-Z_]+):", (REPOSITORY / "docker-compose.yml").read_text())
    assert len(names) > 10
    assert {(section.lower(), option.lower()) for section, option in names} <= known_options()


def test_secrets_are_private_and_stay_the_same(tmp_path: Path) -> None:
    Airflow(tmp_path, DATABASE).configure()
    config, passwords = tmp_path / "airflow" / "airflow.cfg", tmp_path / "airflow" / "passwords.json"
    first = config.read_text()
    assert {file.stat().st_mode & 0o777 for file in (config, passwords)} == {0o600}
    Airflow(tmp_path, DATABASE).configure()
    assert config.read_text() == first
    assert json.loads(passwords.read_text()) == {"admin": Memory(tmp_path).secret("airflow.admin")}


def test_processes_with_another_configuration_are_stopped(tmp_path: Path) -> None:
    Airflow(tmp_path, DATABASE).configure()
    process = airflow.processes(tmp_path)["triggerer"]
    process.start(["sleep", "600"], {"PATH": "/usr/bin:/bin"})
    Airflow(tmp_path, DATABASE).configure()
    assert process.pid is not None
    Airflow(tmp_path, DATABASE.replace("5999", "5998")).configure()
    assert process.pid is None


def test_settings_of_another_airflow_do_not_leak_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "True")
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    environment = Airflow(tmp_path, DATABASE).environment()
    assert environment["AIRFLOW_HOME"] == str(tmp_path / "airflow")
    assert "AIRFLOW__CORE__LOAD_EXAMPLES" not in environment


@pytest.mark.parametrize(("age_s", "missing"), [(-1, []), (60, ["dag-processor", "triggerer", "scheduler"])])
def test_heartbeats_from_before_the_start_do_not_count(tmp_path: Path, age_s: float, missing: list[str]) -> None:
    known = airflow.processes(tmp_path)
    for process in known.values():
        process.pid_file.parent.mkdir(exist_ok=True)
        write_private(process.pid_file, json.dumps({"started_at": time.time()}))
    heartbeat = datetime.fromtimestamp(time.time() - age_s, UTC).isoformat()
    health = {
        key: {"status": "healthy", f"latest_{key}_heartbeat": heartbeat}
        for key in ("scheduler", "triggerer", "dag_processor")
    }
    assert airflow._not_yet_healthy(health, known) == missing
    assert airflow._not_yet_healthy({}, known) == ["api-server"]


def test_a_process_that_ends_is_named_while_waiting(tmp_path: Path) -> None:
    stack = Airflow(tmp_path, DATABASE)
    for name in airflow.COMMANDS:
        Process(tmp_path, f"airflow-{name}").start(["sh", "-c", f"echo {name} is out of memory"], {"PATH": "/bin"})
    with pytest.raises(StackError, match="is out of memory"):
        stack.wait_until_healthy()


class FakeAirflow(BaseHTTPRequestHandler):
    """Speaks the part of the API that the client uses; the token runs out after three calls."""

    dags = ("build",)
    errors: tuple[dict[str, str], ...] = ()
    calls = 0

    def do_GET(self) -> None:
        if self._refused():
            return
        if self.path.startswith("/api/v2/importErrors"):
            self._send(200, {"import_errors": list(self.errors)})
        else:
            self._send(200, {"dags": [{"dag_id": name} for name in self.dags]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/auth/token":
            good = body == {"username": "admin", "password": "right"}
            self._send(201 if good else 401, {"access_token": "fresh"} if good else {"detail": "no"})
        elif not self._refused():
            self._send(200, {"dag_run_id": body["dag_run_id"] or "made_up", "conf": body["conf"]})

    def _refused(self) -> bool:
        type(self).calls += 1
        if self.headers.get("Authorization") == "Bearer fresh" and self.calls % 3:
            return False
        self._send(401, {"detail": "not authenticated"})
        return True

    def _send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[tuple[str, type[FakeAirflow]]]:
    handler = type("Handler", (FakeAirflow,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


def test_the_client_logs_in_again_when_its_token_has_expired(server: tuple[str, type[FakeAirflow]]) -> None:
    api = AirflowApi(server[0], "admin", "right")
    assert [api.dag_ids() for _ in range(7)] == [["build"]] * 7
    assert api.trigger("build", run_id="mine") == "mine"
    assert api.trigger("build") == "made_up"


def test_a_wrong_password_is_an_error_with_a_remedy(server: tuple[str, type[FakeAirflow]]) -> None:
    with pytest.raises(StackError, match=r"refused the login.*To recover"):
        AirflowApi(server[0], "admin", "wrong").dag_ids()


def test_a_dag_file_that_cannot_be_read_ends_the_wait(server: tuple[str, type[FakeAirflow]]) -> None:
    url, handler = server
    api = AirflowApi(url, "admin", "right")
    api.wait_for_dags(["build"])
    handler.errors = ({"filename": "ingest.py", "stack_trace": "Traceback\nKeyError: 'x'"},)
    with pytest.raises(StackError, match=r"ingest\.py: KeyError"):
        api.wait_for_dags(["build", "ingest_earthquake"])
