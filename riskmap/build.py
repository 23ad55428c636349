"""Bring the marts up to what the ledger says has landed.

Asset events only wake this up; they coalesce and may come late. The work list is computed from the ledger: the
batches that no successful build has published yet. Running it twice, or with nothing to do, changes nothing.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from pathlib import Path

from expectations import data_docs
from riskmap import dbt_runner
from riskmap.errors import UserError
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

log = logging.getLogger(__name__)

METRICS = "path:models/metrics"


@dataclass
class BuildReport:
    build_id: int
    batches: int
    selection: list[str]
    nodes: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


def build(settings: Settings, *, full: bool = False) -> BuildReport:
    """Run dbt on what has changed and record the publication. Raises UserError when a model or test fails."""
    started = time.monotonic()
    with connect(settings.database_url) as conn, ledger.build_lock(conn):
        work = ledger.unpublished_batches(conn)
        first = full or not ledger.has_published(conn)
        selection = [] if first else _selection(work)
        batch_ids = [batch.batch_id for batch in work]
        build_id = ledger.start_build(conn, selection=selection, batches=len(batch_ids))
        result = dbt_runner.run(
            selection,
            {} if first else {"batch_ids": batch_ids},
            settings=settings,
            full=full,
        )
        failures = [
            f"{node['name']}: {node['message']}" for node in result.nodes if node["status"] in ("error", "fail")
        ]
        report = BuildReport(build_id, len(batch_ids), selection, len(result.nodes), failures=failures)
        if not result.success:
            error = "; ".join(failures) or "dbt did not run"
            ledger.fail_build(conn, build_id, nodes=result.nodes, error=error)
            raise UserError(
                f"build {build_id} failed: {error}",
                f"read {settings.home / 'dbt-target'}, mend the model or the data, then run 'riskmap build'",
            )
        ledger.publish(conn, batch_ids, build_id=build_id, nodes=result.nodes)
    report.seconds = round(time.monotonic() - started, 3)
    log.info("build %s: %s batches, %s nodes, %ss", build_id, report.batches, report.nodes, report.seconds)
    return report


def build_data_docs(settings: Settings) -> Path:
    """Render the last validation results of every suite as static pages; returns the index page."""
    with connect(settings.database_url) as conn:
        stored = ledger.recent_validations(conn, per_suite=5)
    results = [
        data_docs.StoredResult(row.feed_id, row.table_name, row.batch_id, row.validated_at, row.result)
        for row in stored
    ]
    return data_docs.build(results, settings.home / "data_docs")


def _selection(work: list[ledger.PendingBatch]) -> list[str]:
    """dbt selectors: everything downstream of the landing tables that received rows, and the metrics."""
    tables = sorted({table for batch in work for table in batch.tables})
    return [*(f"source:landing.{table}+" for table in tables), METRICS]
