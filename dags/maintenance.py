"""Once a day, in the quiet hour: build and test every model, and drop what the ledger keeps for a limited time only.

The builds of the day look only at what has landed; what only time or an edited seed changes, and the tests of the
live views, are this DAG's.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, task

from riskmap.airflow_notices import RunNotice

with DAG(
    dag_id="maintenance",
    dag_display_name="maintenance",
    description="Whole build with all tests; retention of the ledger.",
    doc_md=__doc__,
    # 02:17 Asia/Shanghai, the quiet hour. No start date: last night is not made up for while the stack first starts.
    schedule=CronTriggerTimetable("17 18 * * *", timezone="UTC", run_immediately=False),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    on_failure_callback=RunNotice("run_failed", stands_for_s=26 * 3600),  # until after the next night
    default_args={"owner": "应急", "retries": 1, "retry_delay": timedelta(minutes=5)},
    tags=["maintenance"],
):

    @task(execution_timeout=timedelta(minutes=40))
    def build_everything() -> dict[str, object]:
        from riskmap.tasks import build_task

        return build_task(everything=True)

    @task(execution_timeout=timedelta(minutes=20))
    def retention() -> dict[str, int]:
        from riskmap.tasks import maintenance_task

        return maintenance_task()

    build_everything()
    retention()
