"""What the watcher tries out itself: whether Airflow answers, somebody listens for senders, and the disk has room."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator

import requests

from feeds.registry import load_enabled, resolve
from riskmap.settings import Settings
from riskmap.watch.signals import Signal, clear, tell
from warehouse.db import Connection

STANDS_FOR_S = 300
"""A probe is repeated at each look; should the watcher die, what it found is not true for ever."""
DOORS = ("tcp", "http_push")
EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - what is listened at, not what we bind
TIMEOUT_S = 15
"""A machine that is busy starting answers late, and is not sick."""

log = logging.getLogger(__name__)


def probe(conn: Connection, settings: Settings) -> None:
    """Try everything and tell what is wrong; what is well again is cleared."""
    failed = []
    for kind, look in (("airflow_unhealthy", _airflow), ("intake_down", _intake), ("disk_low", _disk)):
        try:
            found = list(look(settings))
        except Exception as error:  # a probe that cannot be made must not hide the others
            log.exception("the probe %s failed", kind)
            failed.append(kind)
            why = type(error).__name__
            tell(
                conn,
                Signal(
                    "check_failed", kind, STANDS_FOR_S, f"探测 {kind} 失败：{why}", f"the probe {kind} failed: {why}"
                ),
            )
            continue
        for signal in found:
            tell(conn, signal)
        clear(conn, kind, but=[signal.object for signal in found])
    clear(conn, "check_failed", but=failed)


def _airflow(settings: Settings) -> Iterator[Signal]:
    """Airflow's word about itself. That it says "healthy" proves nothing: the ledger has the last word."""
    if settings.airflow_url is None:
        return
    session = requests.Session()
    session.trust_env = False  # of this installation: neither proxies nor .netrc
    try:
        answer = session.get(f"{settings.airflow_url}/api/v2/monitor/health", timeout=TIMEOUT_S)
        answer.raise_for_status()
        report = answer.json()
        sick = {
            name: part.get("status") for name, part in report.items() if part.get("status") not in ("healthy", None)
        }
    except (requests.RequestException, ValueError, AttributeError) as error:
        sick = {"api-server": type(error).__name__}
    for name, status in sick.items():
        yield Signal(
            "airflow_unhealthy", name, STANDS_FOR_S, f"Airflow 的 {name}：{status}", f"Airflow's {name}: {status}"
        )


def _intake(settings: Settings) -> Iterator[Signal]:
    """A connection to each address that senders use; a broker of others' (MQTT) is not ours to probe."""
    addresses: dict[str, list[str]] = {}
    for contract in load_enabled(settings.variables).values():
        if contract.connector["transport"] in DOORS:
            try:
                addresses.setdefault(str(resolve(contract.location, settings.variables)), []).append(contract.id)
            except KeyError:
                continue  # set up wrong: the intake says so in its log, riskmap doctor as well
    for address, feeds in addresses.items():
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection(("127.0.0.1" if host in EVERYWHERE else host, int(port)), TIMEOUT_S).close()
        except (OSError, ValueError) as error:
            names, why = ", ".join(feeds), type(error).__name__
            yield Signal(
                "intake_down",
                address,
                STANDS_FOR_S,
                f"{address} 无人接收（{names}）：{why}",
                f"nobody listens at {address} ({names}): {why}",
            )


def _disk(settings: Settings) -> Iterator[Signal]:
    free = os.statvfs(settings.home)
    gigabytes = round(free.f_bavail * free.f_frsize / 1e9, 1)
    yield Signal(
        "disk_low",
        "home",
        STANDS_FOR_S,
        f"数据目录所在磁盘剩余 {gigabytes} GB",
        f"{gigabytes} GB are free where RISKMAP_HOME lies",
        value=gigabytes,
        unit="GB",
    )
