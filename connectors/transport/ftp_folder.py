"""A folder on an FTP server: passive, plain (``ftp://``) or with TLS (``ftps://``: AUTH TLS on the usual port)."""

from __future__ import annotations

import ftplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from socket import gaierror, socket
from typing import cast

from connectors.clock import ClockError, to_utc
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

DEFAULT_PORT = 21
_BLOCK = 256 * 1024


class FtpFolder:
    """``ftp://user:password@host:port/folder``; the folder is one below where the login ends.

    ``ca_bundle``: a PEM file of authorities for ``ftps://``, where the server's certificate is not a public one.
    """

    def __init__(self, location: str, *, is_secure: bool, ca_bundle: str | None = None) -> None:
        self.remote = parse_address(location, DEFAULT_PORT)
        self.source = self.remote.shown
        self.path = self.remote.path.removeprefix("/")
        self.is_secure, self.ca_bundle = is_secure, ca_bundle

    def address(self, name: str) -> str:
        return f"{self.source}/{name}"

    @contextmanager
    def session(self) -> Iterator[FtpSession]:
        remote = self.remote
        with _ftp_errors(remote, OSError):
            server = self._client()
            try:
                server.connect(remote.host, remote.port, timeout=TIMEOUT_S)
                _login(server, remote)
                if self.path:
                    _enter(server, self.path, remote)
                yield FtpSession(server, remote)
                with suppress(ftplib.Error, OSError, EOFError):
                    server.quit()
            finally:
                server.close()

    def _client(self) -> ftplib.FTP:
        if not self.is_secure:
            return ftplib.FTP()  # noqa: S321 - the address says ftp://; mines have nothing better
        try:
            return _FtpTls(context=ssl.create_default_context(cafile=self.ca_bundle))
        except (OSError, ssl.SSLError):
            raise ConfigurationError(
                f"The authorities in {self.ca_bundle} cannot be read", remedy="give a PEM file as ca_bundle"
            ) from None


class _FtpTls(ftplib.FTP_TLS):
    """Data connections go on with the TLS session of the control connection: many servers insist on it."""

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket, int | None]:
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - it is what FTP_TLS calls, too
        session = cast(ssl.SSLSocket, self.sock).session
        return self.context.wrap_socket(connection, server_hostname=self.host, session=session), size


class FtpSession:
    """Whether the server knows MLST (RFC 3659) is found out once; older ones are asked for size and time by name."""

    def __init__(self, server: ftplib.FTP, remote: RemoteAddress) -> None:
        self._server, self._remote = server, remote
        self._knows_mlst = True

    def entries(self, wanted: Callable[[str], bool]) -> list[Entry]:
        try:
            listed = [(name, facts) for name, facts in self._server.mlsd() if wanted(name)]
        except ftplib.error_perm as error:
            if not _is_unknown_command(error):
                raise cannot_list(self._remote, _told(error)) from None
            self._knows_mlst = False
            return [found for name in self._names() if wanted(name) and (found := self.look(name))]
        return [found for name, facts in listed if (found := _entry(name, facts))]

    def look(self, name: str) -> Entry | None:
        with _ftp_errors(self._remote):
            try:
                if not self._knows_mlst:
                    return self._asked(name)
                answer = self._server.sendcmd(f"MLST {name}")
            except ftplib.error_perm as error:
                if not _is_unknown_command(error):
                    return None
                self._knows_mlst = False
                return self._asked(name)
        facts = answer.splitlines()[1].strip().partition(" ")[0]
        return _entry(name, dict(_pair(fact) for fact in facts.rstrip(";").split(";")))

    def read(self, name: str, limit: int) -> tuple[Entry, bytes]:
        before = self.look(name)
        if before is None:
            raise FileNotFoundError(name)
        with _ftp_errors(self._remote), _file_errors():
            return before, self._fetched(name, limit)

    def move(self, name: str, folder: str, target: str) -> None:
        with _ftp_errors(self._remote), _file_errors():
            made = ""
            for part in folder.split("/"):
                made = f"{made}/{part}" if made else part
                with suppress(ftplib.error_perm):  # it may be there; if it is not, the rename tells
                    self._server.mkd(made)
            with suppress(ftplib.error_perm):  # not every server renames over what is there
                self._server.delete(f"{folder}/{target}")
            self._server.rename(name, f"{folder}/{target}")

    def _fetched(self, name: str, limit: int) -> bytes:
        body = bytearray()
        with self._server.transfercmd(f"RETR {name}") as connection:
            while len(body) < limit and (block := connection.recv(min(_BLOCK, limit - len(body)))):
                body += block
            if isinstance(connection, ssl.SSLSocket):
                with suppress(OSError):  # some servers close without a word
                    connection.unwrap()
        self._server.voidresp()
        return bytes(body)

    def _names(self) -> list[str]:
        try:
            return [name.rpartition("/")[2] for name in self._server.nlst()]
        except ftplib.error_perm as error:
            if _told(error).startswith("550"):  # what many servers answer for an empty folder
                return []
            raise cannot_list(self._remote, _told(error)) from None

    def _asked(self, name: str) -> Entry | None:
        self._server.voidcmd("TYPE I")
        with suppress(ftplib.error_perm):  # a folder has no size
            size = self._server.size(name)
            told = self._server.sendcmd(f"MDTM {name}").partition(" ")[2]
            return None if size is None else Entry(name, size, _nanoseconds(told))
        return None


def _login(server: ftplib.FTP, remote: RemoteAddress) -> None:
    try:
        server.login(remote.user, remote.password)
    except ftplib.error_perm:
        raise login_refused(remote) from None
    if isinstance(server, ftplib.FTP_TLS):
        server.prot_p()
    server.voidcmd("TYPE I")


def _enter(server: ftplib.FTP, path: str, remote: RemoteAddress) -> None:
    try:
        server.cwd(path)
    except ftplib.error_perm as error:
        raise cannot_list(remote, _told(error)) from None


def _pair(fact: str) -> tuple[str, str]:
    name, _, value = fact.partition("=")
    return name.lower(), value


def _entry(name: str, facts: dict[str, str]) -> Entry | None:
    if facts.get("type", "").lower() != "file":
        return None
    return Entry(name, int(facts.get("size") or 0), _nanoseconds(facts.get("modify", "")))


def _nanoseconds(told: str) -> int:
    """``yyyyMMddHHmmss[.fff]`` in UTC; 0 where the server does not say: only the size then shows a change."""
    try:
        at: datetime = to_utc(told.partition(".")[0], UTC)
    except ClockError:
        return 0
    return int(at.timestamp()) * 1_000_000_000


def _is_unknown_command(error: ftplib.error_perm) -> bool:
    return _told(error)[:3] in {"500", "501", "502", "504"}


def _told(error: Exception) -> str:
    """The server's answer, one line of it."""
    return " ".join(str(error).split())[:120]


@contextmanager
def _file_errors() -> Iterator[None]:
    """A refusal that is about one file."""
    try:
        yield
    except ftplib.error_perm as error:
        raise PermissionError(13, _told(error)) from None


@contextmanager
def _ftp_errors(remote: RemoteAddress, *also: type[Exception]) -> Iterator[None]:
    """``also``: what else can only be the connection's fault, there being no file in hand yet."""
    with network_errors(remote):
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise ConfigurationError(
                f"The certificate of {remote.where} cannot be trusted ({error.verify_message})",
                remedy="if the server has an authority of its own, give its PEM file as ca_bundle of the connector",
                source=remote.shown,
            ) from None
        except (ssl.SSLError, ftplib.Error):
            raise broken(remote) from None
        except (ConnectionError, TimeoutError, gaierror):
            raise
        except also:
            raise broken(remote) from None
