"""What a failure below HTTP means: which kind of error it is, in a sentence, and what to do."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from connectors.errors import ConfigurationError, ConnectorError, ContractError, TransientError
from connectors.transport.redaction import redact_url

_LATER = "nothing to do now: the next run tries again; if it lasts, "
_RX = requests.exceptions

# In order: a subclass stands before its base. {host} is filled in.
_MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[ConnectorError], str, str], ...] = (
    (_RX.Timeout, TransientError, "{host} did not answer in time", _LATER + "ask its operator"),
    (
        (_RX.ChunkedEncodingError, _RX.ContentDecodingError),
        TransientError,
        "The answer of {host} broke off or could not be unpacked",
        _LATER + "ask its operator",
    ),
    (
        _RX.InvalidHeader,
        ConfigurationError,
        "A header that is declared for {host} cannot be sent",
        "check its value in the environment: no line breaks, plain ASCII",
    ),
    (
        ValueError,  # MissingSchema, InvalidSchema, InvalidURL, a host name that cannot be
        ConfigurationError,
        "The address cannot be used",
        "give a full http:// or https:// address in the contract or its environment variable",
    ),
    (
        _RX.RequestException,
        ContractError,
        "The answer of {host} is not HTTP that can be read",
        "try the address by hand; something other than the source may be listening there",
    ),
    (OSError, TransientError, "The connection to {host} failed", _LATER + "check the network"),
)


def network_error(error: Exception, url: str) -> ConnectorError:
    """The ConnectorError for an exception of requests; its text names the host and no secret."""
    source, host = redact_url(url), _host(url)
    if isinstance(error, _RX.SSLError):
        return _tls_error(error, host, source)
    if isinstance(error, _RX.ConnectionError) and not isinstance(error, _RX.Timeout):
        return _connection_error(error, host, source)
    kind, what, remedy = next(meaning[1:] for meaning in _MEANINGS if isinstance(error, meaning[0]))
    return kind(what.format(host=host), remedy=remedy, source=source)


def _connection_error(error: Exception, host: str, source: str) -> ConnectorError:
    causes = list(_causes(error))
    if any(isinstance(c, socket.gaierror | urllib3.exceptions.NameResolutionError) for c in causes):
        return TransientError(
            f"The name {host} cannot be resolved",
            remedy="check the spelling of the host in the contract, and the DNS of this machine",
            source=source,
        )
    if any(isinstance(c, urllib3.exceptions.ReadTimeoutError | TimeoutError) for c in causes):
        return TransientError(f"{host} did not answer in time", remedy=_LATER + "ask its operator", source=source)
    if any(isinstance(c, ConnectionRefusedError) for c in causes):
        return TransientError(
            f"{host} refuses connections",
            remedy="check host and port in the contract, and that the source is running",
            source=source,
        )
    return TransientError(
        f"The connection to {host} broke off or could not be made",
        remedy=_LATER + "check the network and the proxy",
        source=source,
    )


def _tls_error(error: Exception, host: str, source: str) -> ConnectorError:
    checked = next((c for c in _causes(error) if isinstance(c, ssl.SSLCertVerificationError)), None)
    if checked is None:
        return TransientError(
            f"The secure connection to {host} could not be made", remedy=_LATER + "ask its operator", source=source
        )
    if "expired" in checked.verify_message:
        return ConfigurationError(
            f"The certificate of {host} has expired",
            remedy="ask its operator to renew it; checking is never switched off",
            source=source,
        )
    return ConfigurationError(
        f"The certificate of {host} cannot be trusted ({checked.verify_message})",
        remedy="if the source has an authority of its own, give its PEM file as ca_bundle of the connector",
        source=source,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and everything it wraps; requests and urllib3 wrap by cause, by ``reason`` and by args."""
    todo: list[object] = [error]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        todo += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or "the source"
    except ValueError:
        return "the source"
