"""A real HTTP server on loopback for tests: answers by script, remembers what it was asked."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """``declared_length`` larger than the body makes a body that breaks off; None tells the truth."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    declared_length: int | None = None


Answerer = Callable[[Asked], Reply]


class LocalHttp:
    """``on(path, reply)`` takes a Reply, a function of the request, or a list of replies (the last one stays)."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[str, Answerer] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def on(self, path: str, answer: Reply | Answerer | list[Reply]) -> str:
        """Answer requests for ``path``; returns its address."""
        if isinstance(answer, Reply):
            self._answers[path] = lambda asked: answer
        elif isinstance(answer, list):
            left = list(answer)
            self._answers[path] = lambda asked: left.pop(0) if len(left) > 1 else left[0]
        else:
            self._answers[path] = answer
        return self.url + path

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        local = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name is the library's
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body)
                local.asked.append(asked)
                answer = local._answers.get(parts.path)
                reply = answer(asked) if answer else Reply(b"nothing here", 404)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status not in {204, 304}:
                    length = len(reply.body) if reply.declared_length is None else reply.declared_length
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(reply.body)

            do_POST = do_GET

            def log_message(self, *args: object) -> None:
                """Quiet."""

        return Handler


@contextmanager
def serve(tls: ssl.SSLContext | None = None) -> Iterator[LocalHttp]:
    server = LocalHttp(tls)
    try:
        yield server
    finally:
        server.close()
