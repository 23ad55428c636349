"""What a home remembers between two starts: generated secrets and chosen ports.

Two files: ``secrets.json`` (mode 600) and ``ports.json``. Both change only under a lock and are replaced as a
whole, so two commands at once agree and a kill leaves the old file or the new one.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` by ``text``, readable by its owner only from the first byte on."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def prepare_home(home: Path) -> None:
    """Create the home: others may pass through (PostgreSQL runs as a user of its own) but not list it."""
    if not home.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file ``path``; it ends with the process, so it is never left behind."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def port_is_free(port: int) -> bool:
    """Whether nothing listens on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Memory:
    """Secrets and ports of one home, made when first asked for and the same from then on."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
        return str(self._remember("secrets.json", name, make))

    def port(self, name: str) -> int:
        return int(self._remember("ports.json", name, self._new_port))

    def change_port(self, name: str) -> int:
        """Choose another port for ``name``: somebody else has taken the one it had."""
        with locked(self.home / ".memory.lock"):
            ports = self._read("ports.json")
            ports[name] = self._new_port()
            write_private(self.home / "ports.json", json.dumps(ports, indent=1))
        return int(ports[name])

    def _new_port(self) -> int:
        # A port that another part of this home remembers counts as taken even while that part is down.
        taken = set(self._read("ports.json").values())
        while (port := free_port()) in taken:
            continue
        return port

    def _remember(self, file: str, name: str, make: Callable[[], Any]) -> Any:
        with locked(self.home / ".memory.lock"):
            known = self._read(file)
            if name not in known:
                known[name] = make()
                write_private(self.home / file, json.dumps(known, indent=1))
        return known[name]

    def _read(self, file: str) -> dict[str, Any]:
        path = self.home / file
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
