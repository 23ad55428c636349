"""The watcher: look, put out what is due, send it, again and again. It needs nothing but the warehouse and a clock."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import psycopg

from riskmap.settings import Settings
from riskmap.watch import outage
from riskmap.watch.config import WatchConfig
from riskmap.watch.outbox import deliver
from riskmap.watch.probes import probe
from riskmap.watch.store import Looked, look
from warehouse.db import advisory_lock, connect
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

_LOCK = "riskmap.watch"
STATEMENT_TIMEOUT = "60s"
"""A warehouse that does not answer for so long is as good as none."""


def serve(settings: Settings, stop: threading.Event) -> None:
    """Watch until ``stop`` is set."""
    config = WatchConfig.of(settings.home, settings.variables)
    log.info("watching every %.0f s; channels: %s", config.every_s, ", ".join(c.name for c in config.channels))
    while not stop.is_set():
        try:
            watch(settings, config)
        except Exception:
            # The watcher is the last to give up. What keeps it from looking shows as its age in `riskmap status`.
            log.exception("this look failed; the next one follows in %.0f s", config.every_s)
        stop.wait(config.every_s)


def watch(settings: Settings, config: WatchConfig) -> Looked | None:
    """One look, and the messages that are due. None if another watcher is at it, or the warehouse does not answer."""
    _beat(settings.home)
    try:
        with connect(settings.database_url, application_name="riskmap watch") as conn:
            conn.execute("select set_config('statement_timeout', %s, false)", (STATEMENT_TIMEOUT,))
            with advisory_lock(conn, _LOCK, wait_s=0) as is_ours:
                if not is_ours:
                    log.info("another watcher is looking")
                    return None
                outage.over(conn, config)
                probe(conn, settings)
                looked = look(conn, config)
                deliver(conn, config.channels)
    except (WarehouseError, psycopg.Error) as error:
        first_line = str(error).strip().partition("\n")[0]
        log.error("the warehouse does not answer: %s", first_line)
        outage.lasts(config, first_line)
        raise
    return looked


def _beat(home: Path) -> None:
    """For whoever looks after the watcher: the time of this file is that of its last look."""
    file = home / "run" / "watch.alive"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
