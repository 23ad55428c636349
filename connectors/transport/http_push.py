"""A small HTTP server that takes what others push: 200 only once it is committed.

Several feeds share one address, told apart by the first part of the path. It speaks plain HTTP: what crosses a network
belongs behind a proxy with TLS.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import logging
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.errors import ConfigurationError
from connectors.model import Deliver, Parser, Payload
from connectors.pushing import AnsweringParser, Reply, plain_refusal, plain_reply
from connectors.transport.push_body import BodyError, read_body
from connectors.transport.redaction import redact
from connectors.transport.tcp import host_and_port

log = logging.getLogger(__name__)

JSON_TYPES = ("application/json", "application/x-ndjson", "text/json", "text/plain")
RETRY_AFTER_S = 15
MOST_AT_ONCE = 64
"""Requests whose bodies are in memory at once; more are asked to come back."""


@dataclass(frozen=True)
class PushOptions:
    """``path``: where this feed is pushed to, everything below it included. Without ``user`` or ``token`` anybody may.

    ``answer_within_s``: a commit that takes longer is answered with 503; what it commits then is found when it is sent
    again. ``media_types``: content types that are taken; a request that names none is taken, too.
    """

    path: str = "/"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    max_body_bytes: int = 16 * 1024 * 1024
    media_types: tuple[str, ...] = JSON_TYPES
    answer_within_s: float = 60.0

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError(f"path must start with /, got {self.path!r}")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.user is not None and self.token is not None:
            raise ValueError("name either user and password or a token, not both")
        if self.max_body_bytes < 1 or self.answer_within_s <= 0:
            raise ValueError("max_body_bytes and answer_within_s must be positive")

    def allows(self, authorization: str) -> bool:
        kind, _, given = authorization.partition(" ")
        if self.token is not None:
            return kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self.token.encode())
        if self.user is None:
            return True
        try:
            plain = base64.b64decode(given.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return kind.lower() == "basic" and hmac.compare_digest(plain, f"{self.user}:{self.password}".encode())

    @property
    def challenge(self) -> str:
        return "Bearer" if self.token is not None else 'Basic realm="riskmap", charset="UTF-8"'


@dataclass(frozen=True)
class _Feed:
    parser: Parser
    options: PushOptions
    deliver: Deliver

    def refusal(self, status: int, reason: str) -> Reply:
        if isinstance(self.parser, AnsweringParser):
            return self.parser.refusal(status, reason)
        return plain_refusal(status, reason)


class HttpPushListener:
    """One feed at an address that others may share."""

    def __init__(self, parser: Parser, address: str, options: PushOptions) -> None:
        self._parser, self._options = parser, options
        self._address = host_and_port(address)

    @property
    def parser(self) -> Parser:
        return self._parser

    def serve(self, deliver: Deliver, stop: Event) -> None:
        server = _join(self._address, _Feed(self._parser, self._options, deliver))
        try:
            stop.wait()
        finally:
            _leave(server, self._options.path)


class _PushServer(ThreadingHTTPServer):
    """Ends only when every request in hand has been answered."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int]) -> None:
        self.feeds: dict[str, _Feed] = {}
        self.is_closing = Event()
        self.places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, name="http push")

    def start(self) -> None:
        """Answer from now on: not before the first feed is there, or who is early would hear that nothing is taken."""
        self._thread.start()

    def feed_of(self, path: str) -> _Feed | None:
        """The feed with the longest path that ``path`` is, or is below."""
        fitting = [p for p in self.feeds if path == p or path.startswith(p.rstrip("/") + "/")]
        return self.feeds[max(fitting, key=len)] if fitting else None

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end(self) -> None:
        """Take nothing more; what was read is still answered."""
        self.is_closing.set()
        self.shutdown()
        for request in list(self._open):  # those who wait for another request on an open connection
            with suppress(OSError):
                request.shutdown(socket.SHUT_RD)
        self.server_close()
        self._thread.join()


_servers: dict[tuple[str, int], _PushServer] = {}
_joining = threading.Lock()


def _join(address: tuple[str, int], feed: _Feed) -> _PushServer:
    """The process's server at ``address``, started by the first feed that wants it."""
    path = feed.options.path
    with _joining:
        try:
            server = _servers.get(address) or _PushServer(address)
        except OSError as error:
            raise ConfigurationError(
                f"Nothing can listen at {address[0]}:{address[1]}: {error.strerror or error}",
                remedy="free the port, or name another one where the contract's variable is set",
            ) from error
        if path in server.feeds:
            raise ConfigurationError(
                f"Two feeds are pushed to {path} at {address[0]}:{address[1]}", remedy="give each a path of its own"
            )
        server.feeds[path] = feed
        if address not in _servers:
            _servers[address] = server
            server.start()
    log.info("listening at http://%s:%s%s for %s", *address, path, feed.parser.format)
    return server


def _leave(server: _PushServer, path: str) -> None:
    with _joining:
        del server.feeds[path]
        if server.feeds:
            return
        for address in [address for address, known in _servers.items() if known is server]:
            del _servers[address]
    server.end()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "RiskMap", ""
    timeout = 30  # seconds that a sender may be silent inside a request, or between two
    server: _PushServer

    def do_POST(self) -> None:
        path = unquote(urlsplit(self.path).path)
        feed = self.server.feed_of(path)
        if feed is None:
            self._refuse(plain_refusal(404, "nothing is taken at this path"))
        elif not feed.options.allows(self.headers.get("Authorization", "")):
            self._refuse(feed.refusal(401, "user and password, or the token, are wrong"), feed.options.challenge)
        elif (media_type := self.headers.get_content_type()) not in feed.options.media_types and self._names_type():
            self._refuse(feed.refusal(415, f"content type {media_type} is not taken here"))
        else:
            self._take(feed, path)

    do_PUT = do_POST

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(Reply(200, {"status": "healthy"}))
        else:
            self._refuse(plain_refusal(405, "send records with POST"))

    do_HEAD = do_DELETE = do_PATCH = do_GET

    def _names_type(self) -> bool:
        return "Content-Type" in self.headers

    def _take(self, feed: _Feed, path: str) -> None:
        if not self.server.places.acquire(blocking=False):
            self._refuse(feed.refusal(503, "too many requests at once; send it again later"))
            return
        try:
            self._take_in_turn(feed, path)
        finally:
            self.server.places.release()

    def _take_in_turn(self, feed: _Feed, path: str) -> None:
        try:
            body = read_body(self.rfile, self.headers, feed.options.max_body_bytes)
        except BodyError as error:
            self._refuse(feed.refusal(error.status, str(error)))
            return
        except OSError:  # silent or gone in the middle of its body
            self.close_connection = True
            return
        payload = Payload(
            body,
            source=f"http://{self.client_address[0]}{path}",
            name=path.rstrip("/").rpartition("/")[2],
            fetched_at=datetime.now(UTC),
            media_type=self.headers.get_content_type() if self._names_type() else None,
            facts={"path": path},
        )
        try:
            receipt = feed.deliver(payload).result(feed.options.answer_within_s)
        except Exception as error:  # noqa: BLE001 - whatever prevented the commit: the sender must send it again
            log.warning("what %s pushed to %s is not committed: %s", self.client_address[0], path, error)
            self._send(feed.refusal(503, "it could not be stored; send it again later"))
            return
        parser = feed.parser
        self._send(parser.reply(receipt) if isinstance(parser, AnsweringParser) else plain_reply(receipt))

    def _refuse(self, reply: Reply, challenge: str | None = None) -> None:
        """The body was not read: the connection cannot be used again."""
        self.close_connection = True
        self._send(reply, challenge)

    def _send(self, reply: Reply, challenge: str | None = None) -> None:
        body = json.dumps(reply.document, ensure_ascii=False, default=str).encode()
        if self.server.is_closing.is_set():
            self.close_connection = True
        try:
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if challenge:
                self.send_header("WWW-Authenticate", challenge)
            if reply.status == 503:
                self.send_header("Retry-After", str(RETRY_AFTER_S))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except OSError:  # it did not wait for the answer: it sends again, and is told the same
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        log.debug("%s %s", self.client_address[0], redact(format % args))
