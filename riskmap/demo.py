"""The main job of ``make demo``: every feed and the build, run by Airflow, waited for, failures named."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from connectors.transports import is_listener
from feeds.registry import load_enabled
from riskmap.errors import UserError
from riskmap.settings import Settings
from riskmap.stack.airflow_api import AirflowApi
from riskmap.status import status
from warehouse import builds, ledger
from warehouse.db import Connection, connect

PATIENCE_S = 300.0
POLL_S = 0.5
FREQUENT_S = 60.0
FIGURES_WITHIN_S = 120.0


def run_main_job(settings: Settings, *, progress: Callable[[str], None]) -> None:
    """Trigger every ingest DAG, wait for all, then for the build that publishes what they landed."""
    api = AirflowApi.of(settings)
    feeds = load_enabled(settings.variables).items()
    dags = [f"ingest_{feed}" for feed, contract in feeds if not is_listener(contract.connector["transport"])]
    api.wait_for_dags([*dags, "build"])
    progress(f"Airflow has read {len(dags) + 1} DAGs; running every feed")
    # Of a feed that the scheduler has just begun, that run is waited for: a second one would only stand behind it.
    _wait_for_runs(api, {dag: api.unfinished_run(dag) or api.trigger(dag) for dag in dags}, progress)
    progress("every feed is in; waiting for the build that publishes them")
    _wait_for_publication(settings)
    progress("the marts are published")
    _wait_for_figures(settings, progress)


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


def _wait_for_figures(settings: Settings, progress: Callable[[str], None]) -> None:
    """At the first start no minute has passed that coverage and delays could be counted over: wait for one."""
    frequent = {
        contract.id for contract in load_enabled(settings.variables).values() if contract.frequency_s <= FREQUENT_S
    }
    deadline = time.monotonic() + FIGURES_WITHIN_S
    told = False
    while time.monotonic() < deadline:
        feeds = [feed for feed in status(settings)["feeds"] if feed["id"] in frequent]
        if all(feed["coverage"] is not None and feed["delay_p95_s"] is not None for feed in feeds):
            return
        if not told:
            progress("waiting for the first live minutes, over which coverage and delays are counted")
            told = True
        time.sleep(2)
