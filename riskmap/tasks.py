"""What the DAGs call: each function is the whole of one task. Heavy imports happen inside, never at DAG parse."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any


def ingest_task(feed_id: str, run_id: str) -> dict[str, Any]:
    """Ingest one feed; skips (so that no build is woken) when the source had nothing new."""
    from airflow.sdk.exceptions import AirflowSkipException

    from riskmap.ingest import ingest
    from riskmap.settings import Settings

    report = ingest(feed_id, Settings.load(), run_id=run_id)
    if report.busy:
        raise AirflowSkipException(f"another runner is ingesting {feed_id}")
    if not (report.inserted or report.updated or report.quarantined):
        raise AirflowSkipException(f"{feed_id}: the source has nothing new; the poll is recorded")
    return dataclasses.asdict(report)


def replay_task(feed_id: str, start: str | None, end: str | None, run_id: str) -> dict[str, Any]:
    """Parse archived payloads of one feed again, those fetched in [start, end) or all."""
    from connectors.model import Interval
    from riskmap.ingest import replay
    from riskmap.settings import Settings

    interval = Interval(datetime.fromisoformat(start), datetime.fromisoformat(end)) if start and end else None
    return dataclasses.asdict(replay(feed_id, Settings.load(), run_id=run_id, interval=interval))


def refetch_task(feed_id: str, start: str, end: str, run_id: str) -> dict[str, Any]:
    """Ask the source again for what happened in [start, end), leaving the cursor alone (a backfill)."""
    from connectors.model import Interval
    from riskmap.ingest import ingest
    from riskmap.settings import Settings

    interval = Interval(datetime.fromisoformat(start), datetime.fromisoformat(end))
    return dataclasses.asdict(ingest(feed_id, Settings.load(), run_id=run_id, interval=interval))


def build_task(*, everything: bool = False) -> dict[str, Any]:
    """Publish what the ledger says is new; ``everything`` builds and tests all models."""
    from riskmap.build import build
    from riskmap.settings import Settings

    return dataclasses.asdict(build(Settings.load(), everything=everything))


def data_docs_task() -> str:
    """Render the last validation results."""
    from riskmap.build import build_data_docs
    from riskmap.settings import Settings

    return str(build_data_docs(Settings.load()))


def maintenance_task() -> dict[str, int]:
    """Drop what the ledger keeps for a limited time only, and old task logs."""
    import os
    from pathlib import Path

    from riskmap.maintenance import prune_ledger, prune_logs
    from riskmap.settings import Settings

    return {**prune_ledger(Settings.load()), "task logs": prune_logs(Path(os.environ["AIRFLOW_HOME"], "logs"))}
