"""What grows without end and may be forgotten: details in the ledger, Airflow's finished runs and its task logs.

Records, payloads, batches and quarantine are never dropped here; they are the product.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from riskmap.errors import UserError
from riskmap.settings import Settings
from warehouse.db import connect
from warehouse.retention import prune

RUNS_DAYS = 14
"""A feed that comes every 30 s makes 2,880 runs a day: two weeks of them are more than anybody looks back."""


def prune_ledger(settings: Settings) -> dict[str, int]:
    """Drop old details of the ledger; returns rows per kind."""
    with connect(settings.database_url) as conn:
        return prune(conn)


def prune_airflow(airflow_home: Path, *, keep_days: int = RUNS_DAYS) -> dict[str, int]:
    """Forget Airflow's runs and task logs older than ``keep_days``: its state is disposable, the ledger is not.

    Raises UserError with Airflow's last words if its own clean-up fails.
    """
    before = datetime.now(UTC) - timedelta(days=keep_days)
    limits = ["--clean-before-timestamp", before.isoformat()]
    command = ["db", "clean", *limits, "--skip-archive", "--error-on-cleanup-failure", "--yes"]
    environment = {**os.environ, "AIRFLOW_HOME": str(airflow_home)}
    done = subprocess.run(
        [sys.executable, "-m", "airflow", *command], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = " / ".join(done.stderr.strip().splitlines()[-3:])
        raise UserError(
            f"Airflow could not forget its old runs: {last}", "run 'airflow db clean' by hand to see it whole"
        )
    return {"task logs": _prune_files(airflow_home / "logs", before)}


def _prune_files(folder: Path, before: datetime) -> int:
    """Delete files that were last written before ``before``, and folders that this empties; returns the files."""
    pruned = 0
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            file = Path(parent, name)
            if file.stat(follow_symlinks=False).st_mtime < before.timestamp():
                file.unlink(missing_ok=True)
                pruned += 1
        if pruned and Path(parent) != folder and not any(Path(parent).iterdir()):
            Path(parent).rmdir()
    return pruned
