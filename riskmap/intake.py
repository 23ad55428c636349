"""The service for sources that come to us: what they send is archived, parsed, judged and committed, then receipted.

One thread per feed listens, one commits. A sender is told that all is well only after the commit; whatever goes wrong
before leaves it without an answer, and it sends again. Landing knows its keys, so a report that comes twice is one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from connectors import registry as formats
from connectors.errors import ConfigurationError
from connectors.model import Listener
from connectors.transports import is_listener
from feeds.contract import Contract
from feeds.registry import load_enabled
from riskmap.committer import Committer
from riskmap.ingest import declared
from riskmap.settings import Settings

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True)
class _Door:
    """One feed at our door: who listens, who commits."""

    contract: Contract
    listener: Listener
    committer: Committer


def serve(settings: Settings, stop: threading.Event) -> None:
    """Serve every enabled feed that comes to us until ``stop`` is set; then finish what is in hand.

    A feed that is set up wrong is named in the log and leaves the others alone. Raises ConfigurationError if that is
    so of all of them.
    """
    from expectations import _gx  # noqa: F401 - it loads for seconds: now, not while the first sender waits

    doors = _open(settings)
    committers = [threading.Thread(target=door.committer.run, name=f"commit {door.contract.id}") for door in doors]
    listeners = [
        threading.Thread(target=_listen, args=(door, stop), name=f"listen {door.contract.id}") for door in doors
    ]
    for thread in (*committers, *listeners):
        thread.start()
    stop.wait()
    log.info("stopping: what is in hand is finished first")
    for thread in listeners:
        thread.join()
    for door in doors:
        door.committer.close()
    for thread in committers:
        thread.join()


def _open(settings: Settings) -> list[_Door]:
    ours = [c for c in load_enabled(settings.variables).values() if is_listener(str(c.connector["transport"]))]
    doors = []
    for contract in ours:
        try:
            doors.append(_Door(contract, _listener(contract, settings.variables), Committer(contract, settings)))
        except ConfigurationError as error:
            log.error("feed %s is not served: %s", contract.id, error)
    if ours and not doors:
        raise ConfigurationError("No feed that comes to us can be served", remedy="put right what is logged above")
    return doors


def _listener(contract: Contract, variables: Mapping[str, str]) -> Listener:
    declaration, address = declared(contract, variables)
    return formats.listen({**contract.parser_options, **declaration}, source=address)


def _listen(door: _Door, stop: threading.Event) -> None:
    """Listen until ``stop``; a listener that cannot (its port is taken) or that fails tries again, later and later."""
    pause = FIRST_PAUSE_S
    while not stop.is_set():
        try:
            door.listener.serve(door.committer.deliver, stop)
        except ConfigurationError as error:
            log.error("feed %s is not served for now: %s", door.contract.id, error)
        except Exception:
            log.exception("the listener of feed %s failed; it starts again in %.0f s", door.contract.id, pause)
        stop.wait(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
