"""A real source system per transport that holds N records, for the formats of cases.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from connectors.model import Connector
from connectors.registry import connect
from feeds.registry import load
from tests.conformance.cases import CASES
from tests.conformance.cases_water import river_row
from tests.conformance.cases_weather import alert
from tests.local_http import Asked, LocalHttp, Reply, serve
from tests.remote_folder import REMOTES

PAGE = 5
LISTENERS = {"tcp", "http_push", "mqtt"}
PATH = "/records"
SECRET = "hush-invented"
QUICK = {"retry": {"attempts": 2, "base_s": 0.001, "cap_s": 0.001, "retry_after_cap_s": 2}}


@dataclass(frozen=True)
class Source:
    """A source and its declaration as a contract would make it; ``http`` is the server, where there is one."""

    format: str
    address: str
    declaration: Mapping[str, Any]
    http: LocalHttp | None = None
    path: str = ""
    dead_address: str = ""

    def connect(self, address: str | None = None) -> Connector:
        return connect(self.declaration, source=address or self.address)


def declared(name: str, **more: Any) -> dict[str, Any]:
    """The contract's own declaration, without its address."""
    found = load(CASES[name].feed).parser_options
    return {k: v for k, v in found.items() if k not in {"url", "location"} and not str(v).startswith("${")} | more


def paging_of(name: str) -> dict[str, Any]:
    """How the format's source pages, {} if it does not."""
    return dict(CASES[name].paging or declared(name).get("paging") or {})


@contextmanager
def http_source(name: str, count: int) -> Iterator[Source]:
    """One document of everything, or pages of PAGE records where the source pages."""
    case = CASES[name]
    paging = paging_of(name)
    with serve() as http:

        def whole(asked: Asked) -> Reply:
            return Reply(case.build(range(count)))

        def by_offset(asked: Asked) -> Reply:
            start = int(asked.query["offset"]) - paging.get("first", 1)
            return Reply(case.build(range(start, min(start + PAGE, count))))

        def by_link(asked: Asked) -> Reply:
            start = int(asked.query.get("from", "0"))
            end = min(start + PAGE, count)
            further = f"{http.url}{PATH}?from={end}" if end < count else None
            assert case.page is not None
            return Reply(case.page(range(start, end), further))

        http.on(PATH, {"offset": by_offset, "next_link": by_link}.get(paging.get("kind", ""), whole))
        paged = {"paging": paging | ({"size": PAGE} if paging["kind"] == "offset" else {})} if paging else {}
        yield _http_source(name, http, PATH, declared(name, **paged, **QUICK))


@contextmanager
def cap_source(count: int) -> Iterator[Source]:
    """An index and a document per alert."""
    with serve() as http:
        entries = ""
        for n in range(count):
            http.on(f"/{n}.xml", Reply(alert(n).encode()))
            link = f'<link href="{n}.xml" type="application/cap+xml"/>'
            entries += f"<entry><id>urn:{n}</id><title>t</title><updated>2026-08-10T00:05:00Z</updated>{link}</entry>"
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:f</id><title>模拟</title>{entries}</feed>'
        http.on("/index.xml", Reply(feed.encode()))
        yield _http_source("cap", http, "/index.xml", declared("cap", **QUICK))


def _http_source(name: str, http: LocalHttp, path: str, declaration: dict[str, Any]) -> Source:
    span = "&timeRange=[{start},{end})" if declaration.get("walk") == "time_range" else ""
    address = f"http://user:{SECRET}@127.0.0.1:{http.port}{path}?api_key={SECRET}{span}"
    dead = f"http://user:{SECRET}@127.0.0.1:1{path}?api_key={SECRET}{span}"
    return Source(name, address, declaration, http, path, dead)


@contextmanager
def database_source(url: str, count: int) -> Iterator[Source]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "create table st_stbprp_b (stcd char(8), stnm text, sttp char(2), lgtd numeric, lttd numeric)"
        )
        for table, value in (("st_pptn_r", "drp"), ("st_river_r", "z"), ("st_rsvr_r", "rz")):
            connection.execute(f"create table {table} (stcd char(8), tm timestamp, {value} numeric(7, 3))")
        connection.execute("create table st_rvfcch_b (stcd char(8), wrz numeric)")
        connection.cursor().executemany(
            "insert into st_river_r values (%s, %s, %s)", [river_row(n) for n in range(count)]
        )
    dead = urlsplit(url)._replace(netloc=f"user:{SECRET}@127.0.0.1:1").geturl()
    yield Source("sl323", url, declared("sl323"), dead_address=dead)


@contextmanager
def folder_source(name: str, folder: Path, count: int) -> Iterator[Source]:
    case = CASES[name]
    inbox = folder / "inbox"
    inbox.mkdir()
    for n in range(count):
        (inbox / case.name(n)).write_bytes(case.build([n]))
    yield Source(name, str(inbox), declared(name), dead_address=str(folder / "nowhere"))


REMOTE = {"mine_txt:coal_mine_personnel": "sftp", "mine_txt:coal_mine_water": "ftp"}
"""Folders that lie on a server of that kind, as in the demo."""


@contextmanager
def remote_source(name: str, folder: Path, count: int) -> Iterator[Source]:
    with folder_source(name, folder, count) as local, REMOTES[REMOTE[name]](Path(local.address)) as remote:
        declaration = {**local.declaration, **remote.options}
        yield Source(name, remote.address, declaration, dead_address=remote.at(1))


class Sources:
    """Opens a source by format; a test gets one as the fixture ``sources``."""

    def __init__(self, stack: ExitStack, folder: Path, database: Callable[[], str]) -> None:
        self._stack, self._folder, self._database = stack, folder, database

    def open(self, name: str, count: int) -> Source:
        if CASES[name].transport == "http" and declared(name).get("walk") != "cap_feed":
            return self._stack.enter_context(http_source(name, count))
        if name == "cap":
            return self._stack.enter_context(cap_source(count))
        if name == "sl323":
            return self._stack.enter_context(database_source(self._database(), count))
        if name in REMOTE:
            return self._stack.enter_context(remote_source(name, self._folder, count))
        return self._stack.enter_context(folder_source(name, self._folder, count))


def as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
