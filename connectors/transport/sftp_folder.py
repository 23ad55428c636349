"""A folder on an SFTP server. Its host key must be known: an unknown one is refused with its fingerprint."""

from __future__ import annotations

import base64
import hashlib
import posixpath
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import paramiko

from connectors.errors import ConfigurationError
from connectors.transport.folder import Entry
from connectors.transport.remote_address import (
    TIMEOUT_S,
    RemoteAddress,
    broken,
    cannot_list,
    login_refused,
    network_errors,
    parse_address,
)

DEFAULT_PORT = 22


class SftpFolder:
    """``sftp://user:password@host:port/folder``; ``/~/folder`` is one below the user's home.

    ``host_key`` is a fingerprint (``SHA256:...``) or lines of a known_hosts file; it may stand in the address, too
    (``?host_key=SHA256:...``). ``key_file`` logs in with a private key in place of the password.
    """

    def __init__(self, location: str, host_key: str | None = None, key_file: str | None = None) -> None:
        self.remote = parse_address(location, DEFAULT_PORT)
        self.source = self.remote.shown
        self.host_key = host_key or self.remote.parameters.get("host_key")
        self.key_file = key_file
        path = self.remote.path
        self.path = path.removeprefix("/~/") or "." if path.startswith("/~") else path or "."

    def address(self, name: str) -> str:
        return f"{self.source}/{name}"

    @contextmanager
    def session(self) -> Iterator[SftpSession]:
        with _ssh_errors(self.remote, OSError), closing(self._connected()) as transport:
            client = paramiko.SFTPClient.from_transport(transport)
            if client is None:
                raise broken(self.remote)
            client.get_channel().settimeout(TIMEOUT_S)  # type: ignore[union-attr] # it has just been opened
            yield SftpSession(client, self.path, self.remote)

    def _connected(self) -> paramiko.Transport:
        remote = self.remote
        transport = paramiko.Transport(socket.create_connection((remote.host, remote.port), TIMEOUT_S))
        transport.banner_timeout = transport.auth_timeout = TIMEOUT_S
        try:
            transport.start_client(timeout=TIMEOUT_S)
            _check_host_key(transport.get_remote_server_key(), self.host_key, remote)
            if self.key_file:
                transport.auth_publickey(remote.user, _private_key(self.key_file))
            else:
                transport.auth_password(remote.user, remote.password)
        except BaseException:
            transport.close()
            raise
        return transport


class SftpSession:
    def __init__(self, client: paramiko.SFTPClient, path: str, remote: RemoteAddress) -> None:
        self._client, self._path, self._remote = client, path, remote

    def entries(self, wanted: Callable[[str], bool]) -> list[Entry]:
        try:
            listed = self._client.listdir_attr(self._path)
        except (FileNotFoundError, PermissionError) as error:
            raise cannot_list(self._remote, error.strerror or "refused") from None
        return [found for one in listed if wanted(one.filename) and (found := _entry(one.filename, one))]

    def look(self, name: str) -> Entry | None:
        with _ssh_errors(self._remote):
            try:
                return _entry(name, self._client.lstat(self._full(name)))
            except FileNotFoundError:
                return None

    def read(self, name: str, limit: int) -> tuple[Entry, bytes]:
        with _ssh_errors(self._remote), self._client.open(self._full(name), "rb") as file:
            before = _entry(name, file.stat())
            if before is None:
                raise FileNotFoundError(name)
            file.prefetch(min(before.size, limit))
            return before, file.read(limit)

    def move(self, name: str, folder: str, target: str) -> None:
        with _ssh_errors(self._remote):
            made = self._path
            for part in folder.split("/"):
                made = posixpath.join(made, part)
                try:
                    self._client.stat(made)
                except FileNotFoundError:
                    self._client.mkdir(made)
            goal = posixpath.join(made, target)
            with suppress(FileNotFoundError):  # a plain rename, which every server knows, goes over nothing
                self._client.remove(goal)
            self._client.rename(self._full(name), goal)

    def _full(self, name: str) -> str:
        return posixpath.join(self._path, name)


def fingerprint(key: paramiko.PKey) -> str:
    """As OpenSSH writes it: ``SHA256:`` and base64 without padding."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")


def _check_host_key(key: paramiko.PKey, known: str | None, remote: RemoteAddress) -> None:
    if known and _is_known(key, known, remote):
        return
    found = fingerprint(key)
    if known:
        what = f"The host key of {remote.where} is not the declared one: it is {found}"
        remedy = "ask its operator, by another way than this connection, whether the key was changed"
    else:
        what = f"The host key of {remote.where} is not known: it is {found}"
        remedy = f"compare it with what its operator says, then add ?host_key={found} to the address"
    raise ConfigurationError(what, remedy=remedy, source=remote.shown)


def _is_known(key: paramiko.PKey, known: str, remote: RemoteAddress) -> bool:
    for line in known.splitlines():
        text = line.strip()
        if text.startswith("SHA256:"):
            if text.rstrip("=") == fingerprint(key):
                return True
            continue
        entry = paramiko.hostkeys.HostKeyEntry.from_line(text) if text and not text.startswith("#") else None
        if entry is None or entry.key is None or entry.key.asbytes() != key.asbytes():
            continue
        names = {remote.host} if remote.port == DEFAULT_PORT else {f"[{remote.host}]:{remote.port}"}
        if names & set(entry.hostnames or ()):
            return True
    return False


def _private_key(key_file: str) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(Path(key_file))
    except (OSError, ValueError, paramiko.SSHException) as error:
        raise ConfigurationError(
            f"The private key {key_file} cannot be read ({type(error).__name__})",
            remedy="give the path of an unencrypted private key that this user may read as key_file",
        ) from None


def _entry(name: str, found: paramiko.SFTPAttributes) -> Entry | None:
    if not stat.S_ISREG(found.st_mode or 0):
        return None
    return Entry(name, found.st_size or 0, (found.st_mtime or 0) * 1_000_000_000)


@contextmanager
def _ssh_errors(remote: RemoteAddress, *also: type[Exception]) -> Iterator[None]:
    """``also``: what else can only be the connection's fault, there being no file in hand yet."""
    with network_errors(remote):
        try:
            yield
        except paramiko.AuthenticationException:
            raise login_refused(remote) from None
        except paramiko.SSHException:
            raise broken(remote) from None
        except (ConnectionError, TimeoutError, socket.gaierror):
            raise
        except also:
            raise broken(remote) from None
