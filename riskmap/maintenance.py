"""What grows without end and may be forgotten: details in the ledger, and Airflow's task logs.

Records, payloads, batches and quarantine are never dropped here; they are the product. Airflow's finished runs lie in
its own database, which tasks may not touch: docs/operations.md says how to clean that.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from riskmap.settings import Settings
from warehouse.db import connect
from warehouse.retention import prune

LOG_DAYS = 14
"""A feed that comes every 30 s writes 2,880 logs a day: two weeks of them are more than anybody looks back."""


def prune_ledger(settings: Settings) -> dict[str, int]:
    """Drop old details of the ledger; returns rows per kind."""
    with connect(settings.database_url) as conn:
        return prune(conn)


def prune_logs(folder: Path, *, keep_days: int = LOG_DAYS) -> int:
    """Delete files last written more than ``keep_days`` ago, and the folders that this empties; returns the files."""
    before = (datetime.now(UTC) - timedelta(days=keep_days)).timestamp()
    pruned = 0
    removed: set[Path] = set()
    for parent, folders, names in os.walk(folder, topdown=False):
        here = Path(parent)
        old = [here / name for name in names if (here / name).lstat().st_mtime < before]
        for file in old:
            file.unlink(missing_ok=True)
        pruned += len(old)
        emptied = bool(old) or any(here / name in removed for name in folders)
        if emptied and here != folder and not any(here.iterdir()):
            with suppress(OSError):  # a task that starts just now may write here: then the folder stays
                here.rmdir()
                removed.add(here)
    return pruned
