"""A small SFTP server over a folder, as a mine's or a county's file exchange has one. One user, one password."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from paramiko.sftp import SFTP_FAILURE, SFTP_OK


class SftpFolderServer:
    """Serves ``folder`` as ``/`` on loopback until it is closed; ``port`` 0 takes a free one.

    ``key_file`` keeps the host key from one start to the next, so that a client's knowledge of it stays true.
    """

    def __init__(
        self,
        folder: Path,
        user: str,
        password: str,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        key_file: Path | None = None,
    ) -> None:
        self.folder, self.user, self._password = folder.resolve(), user, password
        self.key = _host_key(key_file)
        self._socket = socket.create_server((host, port))
        self.port: int = self._socket.getsockname()[1]
        self._transports: list[paramiko.Transport] = []
        self._thread = threading.Thread(target=self._accept, name=f"sftp-{self.port}", daemon=True)
        self._thread.start()

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.key)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # closing alone does not wake the thread that waits for callers
        self._socket.close()
        for transport in self._transports:
            transport.close()
        self._thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed: the end
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, root=self.folder)
            self._transports = [one for one in self._transports if one.is_active()]
            self._transports.append(transport)
            try:
                transport.start_server(server=_Login(self.user, self._password))
            except (paramiko.SSHException, EOFError, OSError):  # a client that went away
                transport.close()


@contextmanager
def serve_sftp(folder: Path, user: str = "mine", password: str = "secret", port: int = 0) -> Iterator[SftpFolderServer]:  # noqa: S107 - a toy
    server = SftpFolderServer(folder, user, password, port=port)
    try:
        yield server
    finally:
        server.close()


def fingerprint_of(key_file: Path) -> str:
    """The fingerprint of the host key of a server that keeps it there, also of one that is yet to start."""
    return _fingerprint(_host_key(key_file))


def _fingerprint(key: paramiko.ECDSAKey) -> str:
    return f"SHA256:{key.fingerprint.removeprefix('SHA256:').rstrip('=')}"


def _host_key(key_file: Path | None) -> paramiko.ECDSAKey:
    if key_file is not None and key_file.exists():
        return paramiko.ECDSAKey.from_private_key_file(str(key_file))
    key = paramiko.ECDSAKey.generate()
    if key_file is not None:
        key_file.parent.mkdir(parents=True, exist_ok=True)
        key.write_private_key_file(str(key_file))
    return key


class _Login(paramiko.ServerInterface):
    def __init__(self, user: str, password: str) -> None:
        self._expected = (user, password)

    def check_auth_password(self, username: str, password: str) -> int:
        known = (username, password) == self._expected
        return paramiko.common.AUTH_SUCCESSFUL if known else paramiko.common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        is_session = kind == "session"
        return paramiko.common.OPEN_SUCCEEDED if is_session else paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def get_allowed_auths(self, username: str) -> str:
        return "password"


class _Folder(paramiko.SFTPServerInterface):
    """Paths of the client are below ``root``, whatever they say."""

    def __init__(self, server: paramiko.ServerInterface, *args: object, root: Path, **more: object) -> None:
        super().__init__(server)
        self._root = root

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        try:
            found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in os.scandir(self._real(path))]
        except OSError as error:
            return _code(error)
        return [paramiko.SFTPAttributes.from_stat(status, name) for name, status in found]

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        return self.lstat(path)

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(self._real(path).lstat())
        except OSError as error:
            return _code(error)

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        is_writing = bool(flags & (os.O_WRONLY | os.O_RDWR))
        try:
            file = os.fdopen(os.open(self._real(path), flags, 0o644), "r+b" if is_writing else "rb")
        except OSError as error:
            return _code(error)
        handle = _Handle(flags)
        handle.readfile = file  # type: ignore[attr-defined] # how paramiko's handle takes its files
        if is_writing:
            handle.writefile = file  # type: ignore[attr-defined]
        return handle

    def remove(self, path: str) -> int:
        return self._done(lambda: self._real(path).unlink())

    def rename(self, oldpath: str, newpath: str) -> int:
        """As SFTP version 3 has it: over nothing."""
        if self._real(newpath).exists():
            return SFTP_FAILURE
        return self._done(lambda: self._real(oldpath).rename(self._real(newpath)))

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return self._done(lambda: self._real(oldpath).replace(self._real(newpath)))

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        return self._done(lambda: self._real(path).mkdir())

    def _real(self, path: str) -> Path:
        return self._root / self.canonicalize(path).lstrip("/")

    def _done(self, act: Callable[[], object]) -> int:
        try:
            act()
        except OSError as error:
            return _code(error)
        return SFTP_OK


class _Handle(paramiko.SFTPHandle):
    def stat(self) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))  # type: ignore[attr-defined]
        except OSError as error:
            return _code(error)


def _code(error: OSError) -> int:
    return paramiko.SFTPServer.convert_errno(error.errno or 0)
