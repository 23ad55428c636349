"""The main job of ``make demo``: every feed and the build, run by Airflow, waited for, failures named."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from feeds.registry import load_all
from riskmap.errors import UserError
from riskmap.settings import Settings
from riskmap.stack.airflow_api import AirflowApi
from warehouse import builds, ledger
from warehouse.db import Connection, connect

PATIENCE_S = 300.0
POLL_S = 0.5


def run_main_job(settings: Settings, *, progress: Callable[[str], None]) -> None:
    """Trigger every ingest DAG, wait for all, then for the build that publishes what they landed."""
    api = AirflowApi.of(settings)
    dags = [f"ingest_{feed}" for feed in load_all()]
    api.wait_for_dags([*dags, "build"])
    progress(f"Airflow has read {len(dags) + 1} DAGs; running every feed")
    _wait_for_runs(api, {dag: api.trigger(dag) for dag in dags}, progress)
    progress("every feed is in; waiting for the build that publishes them")
    _wait_for_publication(settings)
    progress("the marts are published")


def _wait_for_runs(api: AirflowApi, runs: dict[str, str], progress: Callable[[str], None]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    waiting = dict(runs)
    failed: list[str] = []
    while waiting:
        for dag, run in list(waiting.items()):
            state = api.run_state(dag, run)
            if state in ("success", "failed"):
                progress(f"{dag}: {state}")
                failed += [dag] if state == "failed" else []
                del waiting[dag]
        if waiting and time.monotonic() > deadline:
            raise UserError(
                f"{', '.join(waiting)} did not end within {PATIENCE_S:.0f} s", "look at the runs in Airflow"
            )
        time.sleep(POLL_S)
    if failed:
        raise UserError(f"{', '.join(failed)} failed", "open the run in Airflow, or see 'riskmap status'")


def _wait_for_publication(settings: Settings) -> None:
    """Wait until every batch landed before now is published; the assets wake the build, we only wait."""
    deadline = time.monotonic() + PATIENCE_S
    started = datetime.now(UTC)
    with connect(settings.database_url) as conn:
        landed = _unpublished(conn)
        while landed & _unpublished(conn) or not builds.has_succeeded(conn):
            last = builds.last_build(conn)
            if last and last.error and last.finished_at > started:
                raise UserError(f"the build failed: {last.error}", "run 'riskmap build' to see it whole")
            if time.monotonic() > deadline:
                raise UserError("the build did not publish in time", "look at DAG 'build' in Airflow")
            time.sleep(POLL_S)


def _unpublished(conn: Connection) -> set[int]:
    return {batch.batch_id for batch in ledger.unpublished_batches(conn)}
