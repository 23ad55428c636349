"""One ingest DAG per feed that is pulled, made from the contracts. What comes to us is taken by `riskmap intake`.

Each run is one task: fetch -> archive -> gate -> land, one transaction per pull, with its steps in `ops.batch` and
the task log. A run with nothing new ends as *skipped* and wakes nobody. The schedule is the contract's cadence;
the cursor lives in the warehouse, so a missed or repeated run loses and doubles nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import (
    DAG,
    Asset,
    DeltaTriggerTimetable,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    get_current_context,
    task,
)

from connectors.errors import ConfigurationError, ContractError, RateLimitedError, TransientError
from connectors.transports import is_listener
from feeds.contract import Contract
from feeds.registry import load_enabled
from riskmap.airflow_notices import RunNotice, overdue
from riskmap.settings import variables_of

RETRIES = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=ConfigurationError, action=RetryAction.FAIL, reason="set up wrong: retrying cannot help"),
        RetryRule(exception=ContractError, action=RetryAction.FAIL, reason="the source broke its contract"),
        RetryRule(exception=RateLimitedError, action=RetryAction.RETRY, retry_delay=timedelta(minutes=2)),
        RetryRule(exception=TransientError, action=RetryAction.RETRY, retry_delay=timedelta(seconds=20)),
    ]
)


def ingest_dag(contract: Contract) -> DAG:
    """The DAG of one feed; its asset is the feed's landed data."""
    # A feed that answers again ends its notice before.
    stands_for_s = 3600 + 2 * contract.frequency_s
    landed = Asset(name=f"landed_{contract.id}", uri=f"riskmap://landing/{contract.id}", group="landing")
    with DAG(
        dag_id=f"ingest_{contract.id}",
        dag_display_name=f"ingest {contract.name}",
        description=contract.description,
        doc_md=f"{__doc__}\n**{contract.name}**: every {contract.frequency_s:.0f} s, department {contract.department}.",
        schedule=DeltaTriggerTimetable(timedelta(seconds=contract.frequency_s)),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(minutes=30),
        deadline=overdue(timedelta(minutes=15), stands_for_s=stands_for_s, feed_id=contract.id),
        on_failure_callback=RunNotice("run_failed", stands_for_s, contract.id),
        default_args={"owner": contract.department, "retries": 2, "retry_policy": RETRIES},
        tags=["ingest", f"domain:{contract.domain}"],
    ) as dag:

        @task(
            task_id="ingest",
            outlets=[landed],
            pool=f"source_{contract.id}",
            execution_timeout=timedelta(minutes=20),
        )
        def ingest() -> dict[str, object]:
            from riskmap.tasks import ingest_task

            context = get_current_context()
            report = ingest_task(contract.id, context["run_id"])
            context["outlet_events"][landed].extra = {"batches": report["batches"]}
            return report

        ingest()
    return dag


for _contract in load_enabled(variables_of()).values():
    if is_listener(_contract.connector["transport"]):
        continue
    globals()[f"ingest_{_contract.id}"] = ingest_dag(_contract)
