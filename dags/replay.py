"""Read a feed again: from the archive (`replay`, no network) or from its source (`refetch`, a backfill).

Both leave the cursor alone and may be repeated: records that are already there stay as they are.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param, get_current_context, task

from feeds.registry import load_all

FEEDS = list(load_all())  # also those that are switched off: what they delivered can be read again

with DAG(
    dag_id="replay",
    dag_display_name="replay or refetch a feed",
    description="Parse archived payloads again, or ask the source again for an interval.",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    default_args={"owner": "应急", "retries": 0},
    params={
        "feed": Param(FEEDS[0], type="string", enum=FEEDS, description="feed id"),
        "mode": Param("replay", type="string", enum=["replay", "refetch"], description="archive or source"),
        "start": Param(
            None, type=["null", "string"], format="date-time", description="start of the interval, with zone"
        ),
        "end": Param(None, type=["null", "string"], format="date-time", description="end of the interval, exclusive"),
    },
    tags=["replay"],
):

    @task(execution_timeout=timedelta(hours=6))
    def replay() -> dict[str, object]:
        from riskmap.tasks import refetch_task, replay_task

        context = get_current_context()
        params = context["params"]
        run = refetch_task if params["mode"] == "refetch" else replay_task
        return run(params["feed"], params["start"], params["end"], context["run_id"])

    replay()
