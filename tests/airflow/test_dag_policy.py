"""Policy of the DAG files: the exact set of DAGs, owners, tags, limits, no deprecations, no heavy parsing."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.transports import is_listener
from feeds.registry import load_all, load_enabled
from riskmap.settings import variables_of
from warehouse import ledger
from warehouse.commit import fail_batch
from warehouse.db import connect

pytestmark = pytest.mark.airflow

REPOSITORY = Path(__file__).resolve().parents[2]
FEEDS = load_enabled(variables_of())
PULLED = {feed: c for feed, c in FEEDS.items() if not is_listener(c.connector["transport"])}
EXPECTED = {f"ingest_{feed}" for feed in PULLED} | {"build", "replay", "maintenance"}


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All DAGs by id, parsed with deprecations as errors."""
    os.environ["AIRFLOW_HOME"] = str(tmp_path_factory.mktemp("airflow"))
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(REPOSITORY / "dags"))
    assert not bag.import_errors, bag.import_errors
    return dict(bag.dags)


def test_the_dags_are_exactly_these(dags: dict[str, Any]) -> None:
    assert set(dags) == EXPECTED


def test_every_dag_is_documented_owned_and_bounded(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        assert len(dag.doc_md or "") > 60, dag_id
        assert dag.description, dag_id
        assert dag.max_active_runs == 1, dag_id
        assert dag.dagrun_timeout is not None, dag_id
        assert dag.catchup is False, dag_id
        assert dag.start_date is None or dag.start_date.tzinfo is not None, dag_id
        assert dag.tags & {"ingest", "build", "replay", "maintenance"}, dag_id
        for task in dag.tasks:
            assert task.owner not in ("", "airflow"), f"{dag_id}.{task.task_id}"
            assert task.execution_timeout is not None, f"{dag_id}.{task.task_id}"


def test_ingest_is_one_fat_task_in_the_pool_of_its_source(dags: dict[str, Any]) -> None:
    for feed, contract in PULLED.items():
        dag = dags[f"ingest_{feed}"]
        (task,) = dag.tasks
        assert task.pool == f"source_{feed}"
        assert task.owner == contract.department
        assert [asset.name for asset in task.outlets] == [f"landed_{feed}"]
        assert task.retries >= 1


def test_wrong_set_up_fails_at_once_and_a_sick_source_is_retried(dags: dict[str, Any]) -> None:
    from airflow.sdk import RetryAction

    from connectors.errors import ConfigurationError, ContractError, RateLimitedError, TransientError

    (task,) = dags["ingest_weather_warning"].tasks

    def action(error: Exception) -> RetryAction:
        return task.retry_policy.evaluate(error, 1, 3, None).action

    assert action(ConfigurationError("x", remedy="y")) == RetryAction.FAIL
    assert action(ContractError("x", remedy="y")) == RetryAction.FAIL
    assert action(TransientError("x", remedy="y")) == RetryAction.RETRY
    assert action(RateLimitedError("x", remedy="y")) == RetryAction.RETRY


def test_the_build_is_woken_by_every_feed(dags: dict[str, Any]) -> None:
    woken_by = {asset.name for asset in dags["build"].timetable.asset_condition.objects}
    assert woken_by == {f"landed_{feed}" for feed in FEEDS}


def test_replay_takes_typed_parameters(dags: dict[str, Any]) -> None:
    schema = dags["replay"].params.get_param("feed").schema
    assert schema["enum"] == list(load_all())
    with pytest.raises(Exception, match="not one of"):
        dags["replay"].params.get_param("mode").resolve("sideways")


def test_parsing_is_light_and_without_deprecations() -> None:
    """GX, dbt, pandas and pyarrow must not be imported, and no old Airflow path may be used, when DAGs are parsed."""
    code = (
        "import runpy, sys, warnings\n"
        "import airflow.sdk\n"
        "before = set(sys.modules)\n"
        "warnings.simplefilter('error', DeprecationWarning)\n"
        "for name in ('ingest', 'build', 'replay', 'maintenance'): runpy.run_path(f'dags/{name}.py')\n"
        "new = set(sys.modules) - before\n"
        "heavy = {'great_expectations', 'dbt', 'pandas', 'pyarrow', 'psycopg', 'requests'} & new\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    environment = {**os.environ, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_parsing_twice_gives_the_same_dags() -> None:
    """No now(), no random: otherwise every parse makes a new Dag version."""
    code = (
        "import json\n"
        "from airflow.dag_processing.dagbag import DagBag\n"
        "from airflow.serialization.serialized_objects import DagSerialization\n"
        "dags = DagBag(dag_folder='dags').dags\n"
        "out = [DagSerialization.to_dict(dags[name]) for name in sorted(dags)]\n"
        f"assert len(out) == {len(EXPECTED)}, len(out)\n"
        "print(json.dumps(out, sort_keys=True, default=str))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        for seed in ("1", "2")
    ]
    assert runs[0].returncode == 0, runs[0].stderr
    assert runs[0].stdout.splitlines()[-1] == runs[1].stdout.splitlines()[-1]


def test_a_run_that_fails_or_takes_too_long_is_written_down(dags: dict[str, Any]) -> None:
    """By name, for the DAG processor and the executor; and nothing is sent from Airflow."""
    from airflow.sdk import SyncCallback

    for dag_id, dag in dags.items():
        if dag_id == "replay":  # somebody who started it waits for it
            continue
        (notice,) = (
            [dag.on_failure_callback] if not isinstance(dag.on_failure_callback, list) else dag.on_failure_callback
        )
        feed = dag_id.removeprefix("ingest_") if dag_id.startswith("ingest_") else None
        assert (notice.kind, notice.feed_id) == ("run_failed", feed)
        if dag_id == "maintenance":
            continue
        (deadline,) = dag.deadline
        assert deadline.interval < dag.dagrun_timeout, "told before Airflow ends it"
        assert isinstance(deadline.callback, SyncCallback)
        assert deadline.callback.path == "riskmap.airflow_notices.RunNotice"
        assert deadline.callback.kwargs["feed_id"] == feed


def test_notices_reach_the_ledger_unless_it_knows(
    dags: dict[str, Any], warehouse_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Airflow calls them: after a failed run with the DAG, after a missed deadline with the run as JSON."""
    from unittest.mock import Mock

    import structlog
    from airflow.sdk.execution_time.callback_supervisor import execute_callback

    monkeypatch.setenv("RISKMAP_DATABASE_URL", warehouse_url)
    dag = dags["ingest_weather_warning"]
    callback = dag.on_failure_callback[0] if isinstance(dag.on_failure_callback, list) else dag.on_failure_callback
    with connect(warehouse_url) as conn:
        ledger.register_feeds(conn, [FEEDS["weather_warning"]])
        fail_batch(conn, "weather_warning", run_id="r1", kind="pull", started_at=datetime.now(UTC), error="no")
        for run in ("r1", "r2"):
            callback({"dag": Mock(dag_id=dag.dag_id), "run_id": run, "reason": "task_failure"})
        told = conn.execute("select kind, object, feed_id, message_en from ops.signal").fetchall()
        late = {"dag_id": dag.dag_id, "dag_run_id": "r3"}
        deadline = dag.deadline[0].callback
        kwargs = {**deadline.kwargs, "context": {"dag_run": late, "deadline": {"id": "1"}}}
        done = execute_callback(deadline.path, kwargs, Path("dags/ingest.py"), None, structlog.get_logger())
        overdue = conn.execute("select message_en from ops.signal where kind = 'run_overdue'").fetchall()
    text = "ingest_weather_warning: the run r2 failed: task_failure"
    assert told == [("run_failed", dag.dag_id, "weather_warning", text)], "of r1 the ledger has the error"
    assert done == (True, None)
    assert overdue == [("ingest_weather_warning: the run r3 has not ended in its time",)]


def test_no_task_hides_the_failure_of_another(dags: dict[str, Any]) -> None:
    """A run is judged by its last tasks: one that runs whatever happened before it would paint a failure green."""
    from airflow.sdk import TriggerRule

    for dag_id, dag in dags.items():
        for task in dag.tasks:
            assert task.trigger_rule == TriggerRule.ALL_SUCCESS, f"{dag_id}.{task.task_id}"
