"""The geological monitoring platform's MQTT broker: a private mosquitto on loopback, and the hand that publishes to it.

Mosquitto is a program of the system (package ``mosquitto``), because no broker that pip installs keeps sessions as
MQTT asks for. Where it is missing, this source is missing, and the simulator says so.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulator.delivery import Progress
from simulator.geo_iot import GeoIot
from simulator.world import SimulatorError, floor

PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin"
WITHIN_S = 15.0
HISTORY = timedelta(hours=2)
KEPT = timedelta(hours=24)
ITERATIONS = 1_000  # the password is random, so it need not be slow to guess
NOBODY = "No matching subscribers"


def binary() -> str | None:
    """Where mosquitto is, or None; system folders are often not on a user's path."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=PLACES)


class Broker:
    """One mosquitto with its state in ``folder``; sessions and what they wait for survive a restart."""

    def __init__(self, folder: Path, user: str, password: str, *, port: int = 0, host: str = "127.0.0.1") -> None:
        program = binary()
        if program is None:
            raise SimulatorError("there is no mosquitto for the MQTT source; install the system's package mosquitto.")
        self.port = port if port and _is_free(host, port) else _free_port(host)
        folder.mkdir(parents=True, exist_ok=True)
        users = folder / "users"
        users.write_text(f"{user}:{_hashed(password)}\n", "utf-8")
        users.chmod(0o600)
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} {host}\nuser {getpass.getuser()}\nallow_anonymous false\npassword_file {users}\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 60\nmax_queued_messages 100000\n",
            "utf-8",
        )
        _end_left_over(folder, config)
        with (folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=log)
        (folder / "pid").write_text(str(self._process.pid), "utf-8")
        self._wait(host, folder)

    def _wait(self, host: str, folder: Path) -> None:
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex((host, self.port)) == 0:
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        self.close()
        raise SimulatorError(f"the MQTT broker does not start; read {folder / 'mosquitto.log'}.")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


def _end_left_over(folder: Path, config: Path) -> None:
    """End the broker of a simulator that was killed: two must not share one folder. Elsewhere than on Linux, none is
    found, and it goes on at its old port.
    """
    pid_file = folder / "pid"
    command = Path("/proc") / (pid_file.read_text("utf-8") if pid_file.exists() else "none") / "cmdline"
    try:
        if str(config).encode() in command.read_bytes():
            os.kill(int(command.parent.name), signal.SIGTERM)
            deadline = time.monotonic() + WITHIN_S
            while command.read_bytes() and time.monotonic() < deadline:
                time.sleep(0.02)
    except (OSError, ValueError):
        return


def _hashed(password: str) -> str:
    """As mosquitto's password file has it: PBKDF2 with SHA-512."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) != 0


class Publisher:
    """The gateways' messages, published with QoS 1. What nobody has subscribed to yet is kept for later, for a day."""

    def __init__(self, home: Path, geo_iot: GeoIot, user: str, password: str) -> None:
        self.geo_iot, self.user, self.password = geo_iot, user, password
        self.progress = Progress(home / "written", "geo_iot")
        self.address: tuple[str, int] | None = None

    def advance(self, now: datetime) -> int:
        """Publish what is due; the number of messages.

        Raises OSError if the broker does not take them, or nobody listens: then all of it is published again.
        """
        if self.address is None:
            return 0
        until = floor(now, 60)
        since = max(self.progress.until() or until - HISTORY, until - KEPT)
        count = 0
        messages = self.geo_iot.messages(since, until)
        if first := next(messages, None):
            with _Session(self.address, self.user, self.password) as session:
                session.publish(first.topic, first.body)
                session.finish()  # the others are not worth making up while nobody takes this one
                for message in messages:
                    session.publish(message.topic, message.body)
                session.finish()
                count = len(session.sent)
        self.progress.reached(until)
        return count


class _Session:
    """A connection that knows how the broker took each message (MQTT 5, whose receipts say it)."""

    def __init__(self, address: tuple[str, int], user: str, password: str) -> None:
        self.address, self.refused = address, ""
        self.client = Client(
            CallbackAPIVersion.VERSION2, client_id=f"simulator-{os.getpid()}", protocol=MQTTProtocolVersion.MQTTv5
        )
        self.client.username_pw_set(user, password)
        self.client.on_publish = self._taken
        self.client.on_connect = self._connected
        self.ready = threading.Event()
        self.sent: list[MQTTMessageInfo] = []

    def __enter__(self) -> _Session:
        self.client.connect(*self.address)
        self.client.loop_start()
        if not self.ready.wait(WITHIN_S) or self.refused:
            self.__exit__()
            raise OSError(f"the broker does not let the gateways in ({self.refused or 'silence'})")
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def publish(self, topic: str, body: bytes) -> None:
        self.sent.append(self.client.publish(topic, body, qos=1))

    def finish(self) -> None:
        """Wait for all receipts."""
        for info in self.sent:
            info.wait_for_publish(WITHIN_S)
            if not info.is_published():
                raise OSError("the broker does not confirm what the gateways publish")
        if self.refused:
            raise OSError(f"nobody takes what the gateways publish ({self.refused})")

    def _connected(self, client: Client, data: object, flags: object, reason: ReasonCode, more: object) -> None:
        if reason.is_failure:
            self.refused = str(reason)
        self.ready.set()

    def _taken(self, client: Client, data: object, number: int, reason: ReasonCode, more: Properties) -> None:
        if reason.is_failure or str(reason) == NOBODY:
            self.refused = str(reason)
