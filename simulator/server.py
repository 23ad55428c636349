"""HTTP: the warnings, the earthquakes, the state of the simulator and its faults."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import psycopg

from simulator import cap, faults
from simulator.app import Simulator
from simulator.quake import DAY, collection
from simulator.world import SimulatorError

HOST = "127.0.0.1"
ADMIN = ("/health", "/faults", "/cap/issue")
LARGEST_ORDER = 100_000  # bytes


@dataclass
class Answer:
    """``validated``: it carries ETag and Last-Modified and may be answered with 304."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    modified: datetime | None = None
    validated: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


def as_json(status: int, content: object) -> Answer:
    return Answer(status, json.dumps(content, ensure_ascii=False).encode())


def as_text(status: int, sentence: str) -> Answer:
    return Answer(status, f"{sentence}\n".encode(), "text/plain; charset=utf-8")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, sim: Simulator, port: int, host: str = HOST) -> None:
        super().__init__((host, port), Handler)
        self.sim, self.host = sim, host

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "RiskMapSimulator"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        fault = None if path in ADMIN else self.server.sim.http_faults.take(path)
        if fault:
            self._send_spoilt(fault)
            return
        answer = self._route()
        if answer.validated and self._is_unchanged(answer):
            self._send(Answer(304, validated=False, headers=_validators(answer)))
        else:
            self._send(answer)

    def do_POST(self) -> None:
        sim = self.server.sim
        try:
            order = self._order()
            if self.path == "/faults":
                self._send(as_json(201, faults.cause(sim, order)))
            elif self.path == "/cap/issue":
                message = sim.bulletin.issue(order, sim.world.now())
                url = f"{self.server.url}/cap/alerts/{message.identifier}.xml"
                sent = cap.cap_time(message.sent)
                self._send(as_json(201, {"identifier": message.identifier, "sent": sent, "url": url}))
            else:
                self._send(as_text(404, f"nothing is posted to {self.path}; try /faults or /cap/issue."))
        except (SimulatorError, ValueError) as error:
            self._send(as_text(400, str(error)))
        except (psycopg.Error, OSError) as error:
            self._send(as_text(500, f"the fault could not be caused: {error}"))

    def do_DELETE(self) -> None:
        if self.path == "/faults":
            self.server.sim.http_faults.clear()
            self._send(Answer(204))
        else:
            self._send(as_text(404, f"nothing is deleted at {self.path}; try /faults."))

    def _order(self) -> dict[str, object]:
        length = int(self.headers.get("Content-Length", 0))
        if length > LARGEST_ORDER:
            raise SimulatorError("the order is too long.")
        order = json.loads(self.rfile.read(length) or b"{}")
        if not isinstance(order, dict):
            raise SimulatorError("an order is a JSON object.")
        return order

    def _route(self) -> Answer:
        sim, parts = self.server.sim, urlsplit(self.path)
        params, now = dict(parse_qsl(parts.query, keep_blank_values=True)), sim.world.now()
        exact: dict[str, Callable[[], Answer]] = {
            "/health": lambda: as_json(200, sim.health()),
            "/faults": lambda: as_json(200, sim.http_faults.waiting()),
            "/cap/feed.xml": lambda: self._feed(now),
            "/music-ws/api": lambda: as_json(200, sim.music.answer(params, now)),
        }
        below: dict[str, Callable[[str], Answer]] = {
            "/cap/alerts/": lambda rest: self._alert(rest.removesuffix(".xml"), now),
            "/monitor/": lambda rest: self._monitor(rest, params, now),
            "/quake/": lambda _: self._quake(parts.path, params, now),
            "/fdsnws/": lambda _: self._quake(parts.path, params, now),
        }
        if parts.path in exact:
            return exact[parts.path]()
        for prefix, answer in below.items():
            if parts.path.startswith(prefix):
                return answer(parts.path.removeprefix(prefix))
        return as_text(404, f"{parts.path} is not served here; see docs/simulator.md.")

    def _feed(self, now: datetime) -> Answer:
        body, changed = self.server.sim.bulletin.feed(now, self.server.url)
        return Answer(200, body, "application/atom+xml; charset=utf-8", changed, validated=True)

    def _alert(self, identifier: str, now: datetime) -> Answer:
        message = self.server.sim.bulletin.find(identifier, now)
        if message is None:
            return as_text(404, f"no warning {identifier}.")
        return Answer(200, cap.document(message), "application/cap+xml", message.sent, validated=True)

    def _quake(self, path: str, params: dict[str, str], now: datetime) -> Answer:
        quakes, url = self.server.sim.quakes, self.server.url
        if path == "/quake/summary/all_day.geojson":
            found = quakes.summary(now, url)
            answer = as_json(200, found)
            changed = max((v.updated for v in quakes.current(now - DAY, now, now)), default=None)
            answer.modified, answer.validated = changed, True
            return answer
        if path == "/fdsnws/event/1/query":
            try:
                result = quakes.query(params, now, url)
            except SimulatorError as error:
                return as_text(400, str(error))
            return Answer(204) if result is None else as_json(200, result)
        event_id = path.removeprefix("/quake/detail/").removesuffix(".geojson")
        one = [v for v in quakes.current(now - 2 * DAY, now, now) if event_id in v.ids]
        if not one:
            return as_text(404, f"{path} is not served here; see docs/simulator.md.")
        return as_json(200, collection(one, url, url=f"{url}{path}", generated=one[0].updated, title="模拟"))

    def _monitor(self, kind: str, params: dict[str, str], now: datetime) -> Answer:
        """The platforms of ponds, plants and pipes."""
        try:
            return as_json(200, self.server.sim.monitor.page(kind, params, now))
        except SimulatorError as error:
            return as_text(400, str(error))

    def _is_unchanged(self, answer: Answer) -> bool:
        """RFC 9110: If-None-Match wins over If-Modified-Since."""
        if tags := self.headers.get("If-None-Match"):
            return tags.strip() == "*" or answer.etag in (t.strip().removeprefix("W/") for t in tags.split(","))
        since = self.headers.get("If-Modified-Since")
        if not since or answer.modified is None:
            return False
        try:
            return answer.modified.replace(microsecond=0) <= parsedate_to_datetime(since)
        except (ValueError, TypeError):
            return False

    def _send_spoilt(self, fault: faults.HttpFault) -> None:
        """What the request meets instead of a good answer. No ETag: a spoilt body must not be cached as good."""
        if fault.kind == "503":
            self._send(as_text(503, "模拟故障 simulated outage"))
        elif fault.kind == "429":
            answer = as_text(429, "模拟限流 simulated rate limit")
            answer.headers["Retry-After"] = "1"
            self._send(answer)
        elif fault.kind == "not_found":
            self._send(as_text(404, "模拟故障 simulated: gone"))
        else:
            if fault.kind == "slow":
                time.sleep(fault.seconds)
            answer = self._route()
            media_type = "text/html; charset=utf-8" if fault.kind == "html" else answer.media_type
            spoilt = Answer(200, faults.spoil(fault.kind, answer.body), media_type)
            self._send(spoilt, cut_short=fault.kind == "truncate")

    def _send(self, answer: Answer, *, cut_short: bool = False) -> None:
        self.send_response(answer.status)
        headers = {**answer.headers, **(_validators(answer) if answer.validated else {})}
        if answer.status not in (204, 304):
            headers |= {"Content-Type": answer.media_type, "Content-Length": str(len(answer.body))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(answer.body[: len(answer.body) // 2] if cut_short else answer.body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the reader gave up, as after a slow answer
        if cut_short:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Silent: readers poll every minute and their own logs tell more."""


def _validators(answer: Answer) -> dict[str, str]:
    headers = {"ETag": answer.etag, "Cache-Control": "max-age=0"}
    if answer.modified:
        headers["Last-Modified"] = format_datetime(answer.modified.astimezone(UTC), usegmt=True)
    return headers
