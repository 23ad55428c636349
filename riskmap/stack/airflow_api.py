"""The few calls of Airflow's REST API that the command line and the tests need."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import requests

from riskmap.settings import Settings
from riskmap.stack.errors import StackError
from riskmap.stack.memory import Memory

USER = "admin"


class AirflowApi:
    """A client that logs in when first used and again when its token has expired."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self._login = {"username": user, "password": password}
        self._session = requests.Session()
        self._session.trust_env = False  # loopback: neither proxies nor .netrc

    @classmethod
    def of(cls, settings: Settings) -> AirflowApi:
        """The client of an embedded stack, whose password lies in its home."""
        if settings.airflow_url is None:
            raise StackError("No Airflow is known", "run 'riskmap up', or set RISKMAP_AIRFLOW_URL")
        return cls(settings.airflow_url, USER, Memory(settings.home).secret("airflow.admin"))

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None, run_id: str | None = None) -> str:
        """Start a run now; returns its run id, which Airflow makes up if none is given. ``conf`` overrides params."""
        body = {"logical_date": None, "conf": dict(conf or {}), "dag_run_id": run_id}
        return str(self._call("POST", f"/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """``queued``, ``running``, ``success`` or ``failed``."""
        return str(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def unfinished_run(self, dag_id: str) -> str | None:
        """The id of the DAG's latest run, if that is still queued or running."""
        runs = self._call("GET", f"/dags/{dag_id}/dagRuns", params={"limit": 1, "order_by": "-run_after"})["dag_runs"]
        return str(runs[0]["dag_run_id"]) if runs and runs[0]["state"] in {"queued", "running"} else None

    def dag_ids(self) -> list[str]:
        """Ids of the DAGs that have been parsed, sorted."""
        dags = self._call("GET", "/dags", params={"limit": 100, "order_by": "dag_id"})["dags"]
        return [str(dag["dag_id"]) for dag in dags]

    def import_errors(self) -> list[str]:
        """The DAG files that could not be parsed, each with the last line of its traceback."""
        errors = self._call("GET", "/importErrors", params={"limit": 100})["import_errors"]
        return [f"{error['filename']}: {str(error['stack_trace']).strip().splitlines()[-1]}" for error in errors]

    def wait_for_dags(self, wanted: Iterable[str], within_s: float = 120) -> None:
        """Return when all these DAGs have been parsed. Raises StackError on an import error or after ``within_s``."""
        deadline = time.monotonic() + within_s
        while missing := sorted(set(wanted) - set(self.dag_ids())):
            if errors := self.import_errors():
                raise StackError(f"Airflow cannot read {errors[0]}", "mend the file; it is read again within a minute")
            if time.monotonic() > deadline:
                raise StackError(f"Airflow has not read the DAGs {', '.join(missing)}", "read the dag-processor's log")
            time.sleep(0.5)

    def ensure_pools(self, slots: Mapping[str, int]) -> None:
        """Create the pools that don't exist; slots of existing ones are left as somebody may have set them."""
        pools = [{"name": name, "slots": count, "include_deferred": False} for name, count in slots.items()]
        action = {"action": "create", "entities": pools, "action_on_existence": "skip"}
        result = self._call("PATCH", "/pools", json={"actions": [action]})
        errors = (result.get("create") or {}).get("errors")
        if errors:
            raise StackError(f"Airflow did not create its pools: {errors}", "read the api-server's log")

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = self._session.request(method, f"{self.url}/api/v2{path}", timeout=30, **options)
        if answer.status_code == requests.codes.unauthorized:
            self._log_in()
            answer = self._session.request(method, f"{self.url}/api/v2{path}", timeout=30, **options)
        if not answer.ok:
            raise StackError(
                f"Airflow answered {answer.status_code} to {method} {path}: {answer.text[:300]}",
                "look at the DAG in Airflow's pages, or at the api-server's log",
            )
        return dict(answer.json())

    def _log_in(self) -> None:
        answer = self._session.post(f"{self.url}/auth/token", json=self._login, timeout=30)
        if not answer.ok:
            raise StackError(
                f"Airflow refused the login of {self._login['username']} ({answer.status_code})",
                "run 'riskmap down' and 'riskmap up': the passwords file is written anew",
            )
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
