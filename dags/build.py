"""Build the marts when something has landed, and every two minutes for what only time changes.

Asset events coalesce and may be lost, so they only wake this DAG: the work list comes from the ledger
(`ops.batch` without `ops.publication`). dbt runs in the task's own process with a kept manifest. The Data Docs are
rendered beside it: neither may hide that the other failed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable, task

from feeds.registry import load_enabled
from riskmap.airflow_notices import RunNotice, overdue
from riskmap.settings import variables_of

LANDED = [
    Asset(name=f"landed_{feed}", uri=f"riskmap://landing/{feed}", group="landing")
    for feed in load_enabled(variables_of())
]

with DAG(
    dag_id="build",
    dag_display_name="build 一张图",
    description="dbt on what the ledger says has landed, and the Data Docs.",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/2 * * * *", timezone="UTC"),
        assets=AssetAny(*LANDED),
    ),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
    deadline=overdue(timedelta(minutes=20), stands_for_s=3600),
    on_failure_callback=RunNotice("run_failed", stands_for_s=600),
    default_args={"owner": "应急", "retries": 1, "retry_delay": timedelta(seconds=20)},
    tags=["build"],
):

    @task(execution_timeout=timedelta(minutes=20))
    def build() -> dict[str, object]:
        from riskmap.tasks import build_task

        return build_task()

    @task(execution_timeout=timedelta(minutes=10))
    def data_docs() -> str:
        from riskmap.tasks import data_docs_task

        return data_docs_task()

    build()
    data_docs()
