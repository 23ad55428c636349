"""A small FTP server over a folder, as a mine's file exchange has one. One user, one password, passive transfers."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pyftpdlib.authorizers import DummyAuthorizer  # type: ignore[import-untyped]
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler  # type: ignore[import-untyped]
from pyftpdlib.ioloop import IOLoop  # type: ignore[import-untyped]
from pyftpdlib.servers import FTPServer  # type: ignore[import-untyped]


class FtpFolderServer:
    """Serves ``folder`` on loopback until it is closed; ``port`` 0 takes a free one.

    ``certificate``: a PEM file with key and certificate, then TLS is asked for. ``unknown``: commands that this server
    does not know, as old ones do not (MLSD, MLST).
    """

    def __init__(
        self,
        folder: Path,
        user: str,
        password: str,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        certificate: Path | None = None,
        unknown: Sequence[str] = (),
    ) -> None:
        authorizer = DummyAuthorizer()
        authorizer.add_user(user, password, str(folder.resolve()), perm="elradfmw")
        base = FTPHandler if certificate is None else TLS_FTPHandler
        commands = {name: facts for name, facts in base.proto_cmds.items() if name not in unknown}
        told = {"authorizer": authorizer, "proto_cmds": commands, "banner": "ready"}
        if certificate is not None:
            told |= {"certfile": str(certificate), "tls_control_required": True, "tls_data_required": True}
        self._loop = IOLoop()
        self._server = FTPServer((host, port), type("Handler", (base,), told), ioloop=self._loop)
        self.port: int = self._server.address[1]
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"ftp-{self.port}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._is_closing.set()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while not self._is_closing.is_set():
            self._loop.loop(timeout=0.1, blocking=False)  # serve_forever would log a line at every turn
        self._server.close_all()


@contextmanager
def serve_ftp(
    folder: Path,
    user: str = "mine",
    password: str = "secret",  # noqa: S107 - a toy
    port: int = 0,
    *,
    certificate: Path | None = None,
    unknown: Sequence[str] = (),
) -> Iterator[FtpFolderServer]:
    server = FtpFolderServer(folder, user, password, port=port, certificate=certificate, unknown=unknown)
    try:
        yield server
    finally:
        server.close()
