"""From the words of a contract to objects: a format's parser, a source system's connector.

Parsers and transports are imported when they are asked for, so that one feed does not load the libraries of another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any, TypeVar

from connectors.errors import ConfigurationError
from connectors.formats import FORMATS
from connectors.model import About, Connector, IndexParser, Listener, Parser, TableParser
from connectors.transports import is_listener

Options = TypeVar("Options")
Bound = TypeVar("Bound")


_COMMON = frozenset({"transport", "format", "location", "url", "zone", "max_future_s", "crs", "tables"})
"""The last four come from the contract: one mapping serves ``connect``, ``listen`` and ``parse``."""


def parser(name: str, options: Mapping[str, Any] | None = None) -> Parser:
    """The parser of a format; ``options`` decide what it reads where the format is a declared one.

    Raises ConfigurationError for an unknown name (with the known ones) and for options that declare nothing usable.
    """
    module = _module(name)
    found: Parser = module.parser_for(options or {}) if FORMATS[name].is_declared else module.PARSER
    return found


def about(name: str) -> About:
    """What a person should know of a format. Raises ConfigurationError for an unknown name."""
    found: About = _module(name).ABOUT
    return found


def _module(name: str) -> Any:
    if name not in FORMATS:
        raise ConfigurationError(f"There is no format {name!r}", remedy=f"use one of {', '.join(sorted(FORMATS))}")
    return import_module(FORMATS[name].module)


def connect(declaration: Mapping[str, Any], *, source: str) -> Connector:
    """The connector that a contract declares, with every ``${NAME}`` already resolved.

    ``declaration`` is the property ``connector``; its ``location`` or ``url`` goes before ``source``, the location
    of the contract's server. Raises ConfigurationError that names the option which is wrong or unknown.
    """
    transport = str(declaration.get("transport"))
    if is_listener(transport):
        raise ConfigurationError(
            f"This source comes to us (transport {transport}): there is nothing to pull",
            remedy="let 'riskmap intake' run, which takes what such sources send",
        )
    return _bound(_TRANSPORTS, transport, declaration, source)


def listen(declaration: Mapping[str, Any], *, source: str) -> Listener:
    """The listener that a contract declares, for a source that comes to us; arguments and errors as in ``connect``."""
    transport = str(declaration.get("transport"))
    if transport in _TRANSPORTS:
        raise ConfigurationError(
            f"This source is pulled (transport {transport}): it does not come to us",
            remedy="use 'riskmap ingest', or declare tcp, http_push or mqtt",
        )
    return _bound(_LISTENERS, transport, declaration, source)


def _bound(
    transports: Mapping[str, Callable[[Parser, str, Mapping[str, Any]], Bound]],
    transport: str,
    declaration: Mapping[str, Any],
    source: str,
) -> Bound:
    """Parser, address and options, bound together by the transport."""
    if transport not in transports:
        known = ", ".join(sorted({*_TRANSPORTS, *_LISTENERS}))
        raise ConfigurationError(f"There is no transport {transport!r}", remedy=f"use one of {known}")
    bound = parser(str(declaration.get("format")), declaration)
    address = str(declaration.get("url") or declaration.get("location") or source)
    if not address or "${" in address:
        raise ConfigurationError(
            f"The source of {bound.format} has no address ({address or 'empty'})",
            remedy="set the environment variable that the contract names",
        )
    try:
        return transports[transport](bound, address, declaration)
    except (ValueError, TypeError, LookupError) as error:  # what the value objects refuse; LookupError: a zone
        raise ConfigurationError(
            f"The connector of {bound.format} is declared wrong: {error}",
            remedy="correct the property connector of the contract",
        ) from None


def _http(bound: Parser, address: str, declaration: Mapping[str, Any]) -> Connector:
    from connectors.transport.http import HttpClient, HttpOptions
    from connectors.transport.paging import Paging
    from connectors.transport.retry import RetryPolicy
    from connectors.transport.time_range import TimeRange
    from connectors.transport.walks import HttpConnector

    _refuse_unknown(bound, declaration, {"walk", "paging", "query_url", "retry", "time_range", *_names(HttpOptions)})
    walk = declaration.get("walk", "single")
    if walk not in {"single", "cap_feed", "time_range"}:
        raise ValueError(f"walk must be single, cap_feed or time_range, got {walk}")
    if walk == "cap_feed" and not isinstance(bound, IndexParser):
        raise ValueError(f"walk cap_feed needs a format with an index of documents, {bound.format} has none")
    return HttpConnector(
        parser=bound,
        client=HttpClient(_build(HttpOptions, declaration), RetryPolicy(**_section(declaration, "retry") or {})),
        url=address,
        walk=walk,
        expect=FORMATS[bound.format].expect,
        paging=Paging(**section) if (section := _section(declaration, "paging")) is not None else None,
        query_url=declaration.get("query_url"),
        time_range=TimeRange(**_section(declaration, "time_range") or {}) if walk == "time_range" else None,
    )


def _database(bound: Parser, address: str, declaration: Mapping[str, Any]) -> Connector:
    from connectors.transport.database import DatabaseConnector, DatabaseOptions

    if not isinstance(bound, TableParser):
        raise ValueError(f"the format {bound.format} names no tables to read from a database")
    _refuse_unknown(bound, declaration, _names(DatabaseOptions))
    return DatabaseConnector(bound, address, _build(DatabaseOptions, declaration))


def _files(bound: Parser, address: str, declaration: Mapping[str, Any]) -> Connector:
    from connectors.transport.files import FilesConnector, FilesOptions

    _refuse_unknown(bound, declaration, _names(FilesOptions))
    return FilesConnector(bound, address, _build(FilesOptions, declaration))


_TRANSPORTS: Mapping[str, Callable[[Parser, str, Mapping[str, Any]], Connector]] = {
    "http": _http,
    "database": _database,
    "files": _files,
}


def _tcp(bound: Parser, address: str, declaration: Mapping[str, Any]) -> Listener:
    from connectors.conversation import ConversingParser
    from connectors.transport.tcp import TcpListener, TcpOptions

    if not isinstance(bound, ConversingParser):
        raise ValueError(f"the format {bound.format} is not spoken over a connection")
    _refuse_unknown(bound, declaration, _names(TcpOptions))
    bound.conversation(declaration)  # what is wrong with its options is said now, not to the first caller
    return TcpListener(bound, address, _build(TcpOptions, declaration), lambda: bound.conversation(declaration))


def _http_push(bound: Parser, address: str, declaration: Mapping[str, Any]) -> Listener:
    from connectors.transport.http_push import HttpPushListener, PushOptions

    _refuse_unknown(bound, declaration, _names(PushOptions))
    return HttpPushListener(bound, address, _build(PushOptions, declaration))


def _mqtt(bound: Parser, address: str, declaration: Mapping[str, Any]) -> Listener:
    from connectors.transport.mqtt import MqttListener, MqttOptions

    _refuse_unknown(bound, declaration, _names(MqttOptions))
    return MqttListener(bound, address, _build(MqttOptions, declaration))


_LISTENERS: Mapping[str, Callable[[Parser, str, Mapping[str, Any]], Listener]] = {
    "tcp": _tcp,
    "http_push": _http_push,
    "mqtt": _mqtt,
}


def _names(options: type[Any]) -> set[str]:
    return {field.name for field in fields(options)}


def _build(options: Callable[..., Options], declaration: Mapping[str, Any]) -> Options:
    """The value object from those parts of the declaration that are its own."""
    own = {field.name for field in fields(options)}  # type: ignore[arg-type] # a dataclass, said less exactly
    return options(**{name: value for name, value in declaration.items() if name in own})


def _section(declaration: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    section = declaration.get(name)
    if section is not None and not isinstance(section, Mapping):
        raise ValueError(f"{name} must be a mapping")
    return None if section is None else dict(section)


def _refuse_unknown(bound: Parser, declaration: Mapping[str, Any], own: set[str]) -> None:
    known = {*_COMMON, *FORMATS[bound.format].options, *own}
    if unknown := sorted(str(name) for name in declaration if name not in known):
        raise ValueError(f"it knows no option {', '.join(unknown)} (it knows {', '.join(sorted(known))})")
