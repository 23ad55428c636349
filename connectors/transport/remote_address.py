"""``sftp://user:password@host:port/folder`` -> its parts; what can be shown of it; what its failures mean."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.errors import ConfigurationError, ConnectorError, TransientError
from connectors.transport.redaction import redact_url

_LATER = "nothing to do now: the next run tries again; if it lasts, "
TIMEOUT_S = 30.0
"""How long a server may be silent."""


@dataclass(frozen=True)
class RemoteAddress:
    """``shown`` is the address without user, password and parameters; ``parameters`` are those behind ``?``."""

    host: str
    port: int
    user: str = field(repr=False)
    password: str = field(repr=False)
    path: str
    shown: str
    parameters: dict[str, str]

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"


def parse_address(location: str, default_port: int) -> RemoteAddress:
    """ConfigurationError for an address that has no host."""
    try:
        parts = urlsplit(location)
        host, port = parts.hostname, parts.port or default_port
    except ValueError:
        host = None
    if not host:
        raise ConfigurationError(
            "The address of the folder cannot be used",
            remedy="write it as sftp://user:password@host:port/folder; signs like @ or / in a password as %40 and %2F",
        )
    # "+" is a sign of base64 here, not a blank
    parameters = dict(parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True))
    shown = redact_url(parts._replace(query="", fragment="").geturl()).rstrip("/")
    return RemoteAddress(
        host, port, unquote(parts.username or ""), unquote(parts.password or ""), unquote(parts.path), shown, parameters
    )


@contextmanager
def network_errors(address: RemoteAddress) -> Iterator[None]:
    """What the network does to us, as a ConnectorError that names the host and no secret."""
    try:
        yield
    except ConnectorError:
        raise
    except socket.gaierror:
        raise TransientError(
            f"The name {address.host} cannot be resolved",
            remedy="check the spelling of the host, and the DNS of this machine",
            source=address.shown,
        ) from None
    except ConnectionRefusedError:
        raise TransientError(
            f"{address.where} refuses connections",
            remedy="check host and port, and that the source is running",
            source=address.shown,
        ) from None
    except TimeoutError:
        raise TransientError(
            f"{address.where} did not answer in time", remedy=_LATER + "ask its operator", source=address.shown
        ) from None
    except (EOFError, ConnectionError):
        raise broken(address) from None


def broken(address: RemoteAddress) -> TransientError:
    return TransientError(
        f"The connection to {address.where} broke off or could not be made",
        remedy=_LATER + "check the network",
        source=address.shown,
    )


def login_refused(address: RemoteAddress) -> ConfigurationError:
    return ConfigurationError(
        f"{address.where} refuses the login", remedy="correct user and password of the address", source=address.shown
    )


def cannot_list(address: RemoteAddress, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The folder cannot be listed ({why})",
        remedy="create it on the server, or correct the path in the address, and allow the user to read it",
        source=address.shown,
    )
