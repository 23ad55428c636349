"""``riskmap doctor``: what the stack needs, whether it is there, and what to do if it is not."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import requests

from feeds.lines import ContractProblem
from feeds.registry import load_all, load_enabled, resolve
from riskmap.settings import Settings
from warehouse.db import connect


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    found: str
    remedy: str = ""


def examine() -> Iterator[Check]:
    """Check after check, cheap ones first; a failed one does not stop the others."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("Python", (3, 11) <= sys.version_info[:2] < (3, 14), version, "use Python 3.11, 3.12 or 3.13")
    yield _attempt("contracts", _contracts, "run 'riskmap feeds check'")
    try:
        settings = Settings.load()
    except Exception as error:  # noqa: BLE001 - a doctor reports whatever it finds
        yield Check("settings", False, str(error), "run 'make demo' or 'riskmap up'")
        return
    yield _attempt("warehouse", lambda: _warehouse(settings), "run 'riskmap up'; logs lie under .riskmap/logs")
    yield _attempt("addresses of the sources", lambda: _addresses(settings), "set the variable it names")
    yield _attempt("intake", lambda: _intake(settings), "run 'riskmap up', or 'riskmap intake'; see .riskmap/logs")
    yield _attempt("Airflow", lambda: _airflow(settings), "run 'riskmap up'; logs lie under .riskmap/logs")
    free = os.statvfs(settings.home)
    gigabytes = free.f_bavail * free.f_frsize / 1e9
    yield Check("free disk", gigabytes > 2, f"{gigabytes:.1f} GB", "free some space; the archive and database grow")


def _attempt(name: str, look: Callable[[], str], remedy: str) -> Check:
    try:
        return Check(name, True, look())
    except Exception as error:  # noqa: BLE001 - a doctor reports whatever it finds
        return Check(name, False, str(error), getattr(error, "remedy", remedy))


def _contracts() -> str:
    try:
        return f"{len(load_all())} contracts can be checked"
    except ContractProblem as problem:
        raise RuntimeError(str(problem)) from problem


def _warehouse(settings: Settings) -> str:
    with connect(settings.database_url) as conn:
        row = conn.execute("select current_setting('server_version'), postgis_lib_version()").fetchone()
    return f"PostgreSQL {row[0]}, PostGIS {row[1]}" if row else "no answer"


def _addresses(settings: Settings) -> str:
    for contract in load_enabled(settings.variables).values():
        resolve([contract.location, dict(contract.connector)], settings.variables)
    return "every ${NAME} of the feeds that run here is set"


def _intake(settings: Settings) -> str:
    """Whether somebody listens where sources come to us. A service of its own (compose) is not ours to examine."""
    listening = set()
    for contract in load_enabled(settings.variables).values():
        if contract.connector["transport"] not in {"tcp", "http_push"}:
            continue
        host, _, port = resolve(contract.location, settings.variables).rpartition(":")
        if host == "127.0.0.1":
            socket.create_connection((host, int(port)), timeout=5).close()
            listening.add(f"{host}:{port}")
    return f"listens at {', '.join(sorted(listening))}" if listening else "no source comes to this machine's loopback"


def _airflow(settings: Settings) -> str:
    answer = requests.get(f"{settings.airflow_url}/api/v2/monitor/health", timeout=5)
    answer.raise_for_status()
    ill = [name for name, part in answer.json().items() if part.get("status") not in ("healthy", None)]
    if ill:
        raise RuntimeError(f"{', '.join(ill)} not healthy")
    return f"healthy at {settings.airflow_url}"
