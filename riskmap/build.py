"""Bring the marts up to what the ledger says has landed.

Asset events only wake this up; they coalesce and may come late. The work list is computed from the ledger: the
batches that no successful build has published yet. Running it twice, or with nothing to do, changes nothing.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from expectations import data_docs
from riskmap import dbt_runner
from riskmap.errors import UserError
from riskmap.settings import Settings
from warehouse import builds, ledger
from warehouse.db import connect

log = logging.getLogger(__name__)

METRICS = "path:models/metrics"
LEVELS = "tag:levels"


@dataclass(frozen=True)
class BuildReport:
    build_id: str
    batches: int
    selection: list[str]
    nodes: int
    seconds: float


def build(settings: Settings, *, everything: bool = False, full: bool = False) -> BuildReport:
    """Run dbt on what has changed and record the publication. Raises UserError when a model or test fails.

    ``everything`` builds and tests every model, live views included, ``full`` also recreates the tables.
    """
    started = time.monotonic()
    with connect(settings.database_url) as conn, builds.build_lock(conn):
        work = ledger.unpublished_batches(conn)
        everything = everything or full or not builds.has_succeeded(conn)
        selection = [] if everything else _selection(work)
        batch_ids = [batch.batch_id for batch in work]
        build_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
        ledger.start_build(conn, build_id, " ".join(selection) or "everything", len(batch_ids))
        result = dbt_runner.run(selection, {} if everything else {"batch_ids": batch_ids}, settings=settings, full=full)
        if not result.success:
            error = "; ".join(_failures(result)) or "dbt did not run"
            ledger.finish_build(conn, build_id, "FAILED", result.nodes, error)
            raise UserError(
                f"build {build_id} failed: {error}",
                f"read {settings.home / 'dbt-target'}, mend the model or the data, then run 'riskmap build'",
            )
        ledger.publish(conn, batch_ids, build_id, result.nodes)
    seconds = round(time.monotonic() - started, 3)
    log.info("build %s: %s batches, %s nodes, %ss", build_id, len(batch_ids), len(result.nodes), seconds)
    return BuildReport(build_id, len(batch_ids), selection, len(result.nodes), seconds)


def build_data_docs(settings: Settings) -> Path:
    """Render the last validation results of every suite as static pages; returns the index page."""
    with connect(settings.database_url) as conn:
        stored = builds.recent_validations(conn, per_suite=5)
    results = [
        data_docs.StoredResult(row.feed_id, row.table_name, row.batch_id, row.validated_at, row.result)
        for row in stored
    ]
    return data_docs.build(results, settings.home / "data_docs")


def _selection(work: list[ledger.UnpublishedBatch]) -> list[str]:
    """dbt selectors: everything downstream of the landing tables that received rows, and what time alone changes."""
    tables = sorted({table for batch in work for table in batch.tables})
    return [*(f"source:landing.{table}+" for table in tables), LEVELS, METRICS]


def _failures(result: dbt_runner.BuildResult) -> list[str]:
    return [f"{node['name']}: {node['message']}" for node in result.nodes if node["status"] in ("error", "fail")]
