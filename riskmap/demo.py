"""The main job of ``make demo``: every feed and the build, run by Airflow, waited for, failures named."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from feeds.registry import load_all
from riskmap.errors import UserError
from riskmap.settings import Settings
from riskmap.stack.airflow_api import AirflowApi
from warehouse import ledger
from warehouse.db import connect

PATIENCE_S = 300.0
POLL_S = 0.5


def run_main_job(settings: Settings, *, progress: Callable[[str], None]) -> None:
    """Trigger every ingest DAG, wait for all, then for the build that publishes what they landed."""
    api = AirflowApi.of(settings)
    dags = [f"ingest_{feed}" for feed in load_all()]
    _wait_for_dags(api, [*dags, "build"], progress)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    runs = {dag: api.trigger(dag, run_id=f"demo__{stamp}") for dag in dags}
    _wait_for_runs(api, runs, progress)
    progress("ingest is done; building the marts")
    _wait_for_publication(api, settings, progress)


def _wait_for_dags(api: AirflowApi, wanted: list[str], progress: Callable[[str], None]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while missing := set(wanted) - set(api.dag_ids()):
        errors = api.import_errors()
        if errors:
            raise UserError(f"a DAG file does not load: {errors[0]}", "mend it, then run the command again")
        if time.monotonic() > deadline:
            raise UserError(
                f"Airflow does not show {', '.join(sorted(missing))}", "read .riskmap/logs/dag-processor.log"
            )
        time.sleep(POLL_S)
    progress(f"Airflow knows {len(wanted)} DAGs")


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


def _wait_for_publication(api: AirflowApi, settings: Settings, progress: Callable[[str], None]) -> None:
    """Wait until every batch landed before now is published; the assets wake the build, we only wait."""
    deadline = time.monotonic() + PATIENCE_S
    with connect(settings.database_url) as conn:
        landed = {batch.batch_id for batch in ledger.unpublished_batches(conn)}
        while landed & {batch.batch_id for batch in ledger.unpublished_batches(conn)} or not ledger.has_published(conn):
            failure = ledger.last_build_error(conn)
            if failure:
                raise UserError(f"the build failed: {failure}", "run 'riskmap build' to see it whole")
            if time.monotonic() > deadline:
                raise UserError("the build did not publish in time", "look at DAG 'build' in Airflow")
            time.sleep(POLL_S)
    progress("the marts are published")
