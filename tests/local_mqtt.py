"""A real broker (mosquitto) for tests: a private process on a free port of loopback, gone with the test.

Of the brokers that pip can install, none keeps sessions and sends unacknowledged messages again as MQTT asks for.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from paho.mqtt import publish

_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
BINARY = shutil.which("mosquitto") or shutil.which("mosquitto", path=_PLACES)
needs_broker = pytest.mark.skipif(BINARY is None, reason="the broker mosquitto is not installed here")


@dataclass
class Broker:
    """``url`` is without user and password; ``lines`` go into its configuration."""

    folder: Path
    port: int
    lines: tuple[str, ...] = ("allow_anonymous true",)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        assert BINARY is not None
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(["user root", f"listener {self.port} 127.0.0.1", *self.lines, ""]))
        log = (self.folder / "mosquitto.log").open("ab")
        self.process = subprocess.Popen([BINARY, "-c", str(config)], stdout=log, stderr=log)
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, (self.folder / "mosquitto.log").read_text()
            time.sleep(0.02)
        raise AssertionError("the broker did not come up")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def send(self, topic: str, *bodies: bytes, retain: bool = False) -> None:
        """Publish with QoS 1; returns once the broker has all of it."""
        messages = [(topic, body, 1, retain) for body in bodies]
        publish.multiple(messages, hostname="127.0.0.1", port=self.port)  # type: ignore[arg-type]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def broker(folder: Path, *lines: str) -> Iterator[Broker]:
    started = Broker(folder, free_port(), lines or ("allow_anonymous true",))
    started.start()
    try:
        yield started
    finally:
        started.stop()
