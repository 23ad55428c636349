"""Loaded by every Airflow process; makes the scheduler import what tasks need before it forks its workers.

LocalExecutor forks without exec, so a task inherits these modules instead of spending seconds on importing them
(Great Expectations alone takes about three). Nothing but imports may happen here: a connection or a thread that was
opened before a fork is broken after it. The other processes run no tasks and stay small.
"""

from __future__ import annotations

import importlib
import sys

TASK_MODULES = (
    "expectations._gx",  # and with it Great Expectations
    "expectations._render",
    "dbt.cli.main",
    "dbt.adapters.postgres",
    "pandas",
    "pyarrow",
    "psycopg",
    "pgpq",
    "requests",
    "riskmap.tasks",
    "riskmap.ingest",
    "riskmap.build",
)

if sys.argv[1:2] == ["scheduler"]:
    for _module in TASK_MODULES:
        importlib.import_module(_module)

__all__: list[str] = []  # Airflow would take every other name for a setting of its own
