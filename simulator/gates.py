"""The servers besides HTTP that readers come to: SFTP, FTP, MQTT. Ports are free ones at first and the same ever after.

User and password are made up once per home, unless the environment brings them along.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from simulator.broker import Broker
from simulator.ftp_server import FtpFolderServer
from simulator.sftp_server import SftpFolderServer, fingerprint_of
from simulator.world import SimulatorError


@dataclass(frozen=True)
class Login:
    user: str
    password: str


def write_private(path: Path, text: str) -> None:
    """For our user's eyes only, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def login_of(home: Path) -> Login:
    """$SIMULATOR_USER and $SIMULATOR_PASSWORD, else those of the home."""
    user, password = os.environ.get("SIMULATOR_USER", "simulator"), os.environ.get("SIMULATOR_PASSWORD")
    path = home / "login.json"
    if password is None and path.exists():
        password = str(json.loads(path.read_text("utf-8"))["password"])
    if password is None:
        password = secrets.token_urlsafe(12)
        write_private(path, json.dumps({"password": password}))
    return Login(user, password)


class Ports:
    """The ports of a home by name of the server."""

    def __init__(self, home: Path) -> None:
        self.path = home / "ports.json"

    def remembered(self, name: str) -> int:
        """$SIMULATOR_SFTP_PORT and its like, else the port of before; 0 if there is none."""
        return int(os.environ.get(f"SIMULATOR_{name.upper()}_PORT") or self._known().get(name, 0))

    def remember(self, name: str, port: int) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_private(self.path, json.dumps({**self._known(), name: port}))

    def _known(self) -> dict[str, int]:
        if not self.path.exists():
            return {}
        return {str(k): int(v) for k, v in json.loads(self.path.read_text("utf-8")).items()}


Gate = SftpFolderServer | FtpFolderServer | Broker
NAMES = ("sftp", "ftp", "mqtt")


class Gates:
    """The servers of a home by name. Each can be shut for a while (faults) and opened again where it was."""

    def __init__(self, home: Path, login: Login, sftp_folder: Path, ftp_folder: Path, host: str = "127.0.0.1") -> None:
        self.home, self.login, self.host = home, login, host
        self.ports = Ports(home)
        self.folders = {"sftp": sftp_folder, "ftp": ftp_folder, "mqtt": home / "mqtt"}
        self.servers: dict[str, Gate] = {}

    def open(self, name: str) -> None:
        """Start a server; the remembered port if it is free, else another. Does nothing if it runs.

        Raises SimulatorError if it can't be started.
        """
        if name in self.servers:
            return
        self.folders[name].mkdir(parents=True, exist_ok=True)
        try:
            server = self._start(name, self.ports.remembered(name))
        except OSError:
            server = self._start(name, 0)
        self.servers[name] = server
        self.ports.remember(name, server.port)

    def _start(self, name: str, port: int) -> Gate:
        folder, user, password = self.folders[name], self.login.user, self.login.password
        if name == "sftp":
            return SftpFolderServer(folder, user, password, port=port, host=self.host, key_file=self._key_file)
        if name == "mqtt":
            return Broker(folder, user, password, port=port, host=self.host)
        return FtpFolderServer(folder, user, password, port=port, host=self.host)

    def shut(self, name: str) -> None:
        """Stop a server. Raises SimulatorError if it does not run."""
        server = self.servers.pop(name, None)
        if server is None:
            raise SimulatorError(f"no {name} server runs here; start the simulator with: serve.")
        server.close()

    def close(self) -> None:
        for name in list(self.servers):
            self.shut(name)

    def url(self, name: str) -> str:
        """The address with user and password; for SFTP with the host key's fingerprint, too.

        Raises SimulatorError if the server does not run, and its port is neither remembered nor set.
        """
        port = self.servers[name].port if name in self.servers else self.ports.remembered(name)
        if not port:
            raise SimulatorError(f"the port of {name} is not known yet; set SIMULATOR_{name.upper()}_PORT.")
        address = f"{name}://{self.login.user}:{self.login.password}@{self.host}:{port}"
        if name == "sftp":
            return f"{address}/?host_key={fingerprint_of(self._key_file)}"
        return address if name == "mqtt" else f"{address}/"

    @property
    def _key_file(self) -> Path:
        return self.home / "sftp_host_key"
