"""Faults on demand. Each is listed in docs/simulator.md with what RiskMap is expected to do.

HTTP faults wait for the next matching requests; file and database faults act at once.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.enterprises import credit_code
from simulator.exchange import TABLES, naive, upsert
from simulator.mines import file_name, text_time
from simulator.register import to_csv
from simulator.wire_faults import WIRE_FAULTS
from simulator.world import SimulatorError, dice, floor, write_whole

if TYPE_CHECKING:
    from simulator.app import Simulator

XML_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE alert [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>'
    b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&d;</identifier></alert>'
)
HTML = "<!DOCTYPE html><html><body><h1>模拟登录页</h1><p>请先登录</p></body></html>".encode()


@dataclass
class HttpFault:
    """A fault that the next ``count`` requests below ``path`` will meet."""

    kind: str
    count: int
    path: str
    seconds: float


# kind -> the path it acts on unless told otherwise
HTTP_KINDS = {
    "503": "/",
    "429": "/",
    "not_found": "/cap/alerts/",
    "truncate": "/",
    "html": "/",
    "slow": "/",
    "xml_bomb": "/cap/alerts/",
    "nan": "/quake/",
    "unknown_field": "/quake/",
    "music_refused": "/music-ws/",
}


class HttpFaults:
    """The faults that wait. Safe for the server's threads."""

    def __init__(self) -> None:
        self._waiting: list[HttpFault] = []
        self._lock = threading.Lock()

    def add(self, kind: str, *, count: int = 1, path: str | None = None, seconds: float = 30) -> HttpFault:
        if kind not in HTTP_KINDS:
            raise SimulatorError(f"unknown HTTP fault {kind!r}; known: {', '.join(HTTP_KINDS)}.")
        if count < 1:
            raise SimulatorError("count must be 1 or more.")
        fault = HttpFault(kind, count, path or HTTP_KINDS[kind], seconds)
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, path: str) -> HttpFault | None:
        """The fault that a request to ``path`` meets, if any; it is used up once."""
        with self._lock:
            fault = next((f for f in self._waiting if path.startswith(f.path)), None)
            if fault:
                fault.count -= 1
                if fault.count == 0:
                    self._waiting.remove(fault)
            return fault

    def waiting(self) -> list[dict[str, object]]:
        with self._lock:
            return [vars(f).copy() for f in self._waiting]


def spoil(kind: str, body: bytes) -> bytes:
    """The body as the faults of content would have it; other kinds leave it alone."""
    if kind == "xml_bomb":
        return XML_BOMB
    if kind == "html":
        return HTML
    if kind == "music_refused":
        return b'{"returnCode": -1004, "flag": "slb", "returnMessage": "Password Error"}'
    if kind == "nan":
        return re.sub(rb'"mag": [^,]+', b'"mag": NaN', body, count=1)
    if kind == "unknown_field":
        return body.replace(b'"properties": {', '"properties": {"simulatedField": "模拟新字段", '.encode(), 1)
    return body


def half_file(sim: Simulator, now: datetime) -> str:
    """A mine file that breaks off in the middle of a record and is never finished."""
    mine = sim.county.mines[0]
    at = floor(now, 60) + timedelta(seconds=17)
    whole = sim.mines.realtime(mine, at)
    name = file_name(mine, "CDSS", at)
    _drop(sim.places.mine_inbox, name, whole[: len(whole) // 2].decode("utf-8", errors="ignore").encode())
    return name


def duplicate_file(sim: Simulator, now: datetime) -> str:
    """The file of ten minutes ago once more, under the same name."""
    mine = sim.county.mines[1]
    at = floor(now, 60) - timedelta(minutes=10)
    name = file_name(mine, "CDSS", at)
    _drop(sim.places.mine_inbox, name, sim.mines.realtime(mine, at))
    return name


def gbk_file(sim: Simulator, now: datetime) -> str:
    """A mine file in GB18030 instead of UTF-8."""
    mine = sim.county.mines[2]
    at = floor(now, 60) + timedelta(seconds=23)
    name = file_name(mine, "CDSS", at)
    _drop(sim.places.mine_inbox, name, sim.mines.realtime(mine, at).decode().encode("gb18030"))
    return name


def gbk_register(sim: Simulator, now: datetime) -> str:
    """A register upload in GB18030, as a Chinese spreadsheet saves CSV."""
    entry = replace(sim.register.entries[10], updated=text_time(now))
    return _upload(sim, now, "gbk", to_csv([entry]).encode("gb18030"))


def swapped_coordinates(sim: Simulator, now: datetime) -> str:
    """A register upload with longitude and latitude exchanged in each of its three rows."""
    entries = [replace(e, code=credit_code(9100 + i)) for i, e in enumerate(sim.register.entries[20:23])]
    rows = [replace(e, x="35.70", y="111.75", crs="EPSG:4490", updated=text_time(now)) for e in entries]
    return _upload(sim, now, "swapped", to_csv(rows).encode("utf-8-sig"))


def _upload(sim: Simulator, now: datetime, word: str, body: bytes) -> str:
    name = f"enterprise_register_{now:%Y%m%d%H%M%S}_{word}.csv"
    _drop(sim.places.register_inbox, name, body)
    return name


def _drop(inbox: Path, name: str, body: bytes) -> None:
    inbox.mkdir(parents=True, exist_ok=True)
    write_whole(inbox / name, body)


def late_rows(sim: Simulator, now: datetime) -> str:
    """Rain of five hours ago, between the full five minutes, that arrives only now."""
    at = floor(now, 300) - timedelta(hours=5, minutes=-1)
    rows = [(g.code, naive(at), round(dice("late", g.code, at), 1), 0.02, None, "7") for g in sim.county.gauges[:10]]
    return _insert(sim, "st_pptn_r", rows)


def revision(sim: Simulator, now: datetime) -> str:
    """The rain of an hour ago gets another value under the same key."""
    at = floor(now, 300) - timedelta(hours=1)
    rows = [(g.code, naive(at), 9.9, 0.08, None, "7") for g in sim.county.gauges[:5]]
    return _insert(sim, "st_pptn_r", rows)


def year_2999(sim: Simulator, now: datetime) -> str:
    """A river level from the year 2999: a station whose clock has gone astray."""
    station = sim.county.rivers[0]
    at = naive(floor(now, 300)).replace(year=2999, day=1)
    return _insert(sim, "st_river_r", [(station.code, at, round(station.base_level, 3), 12.5, "6")])


def _insert(sim: Simulator, table: str, rows: Sequence[tuple[object, ...]]) -> str:
    if sim.exchange is None:
        raise SimulatorError("this simulator has no exchange database; start it with --exchange-url.")
    with sim.exchange.connect() as connection:
        count = upsert(connection, table, TABLES[table], ("stcd", "tm"), iter(rows))
    return f"{count} rows in {table}"


def naive_cap(sim: Simulator, now: datetime) -> str:
    """A warning whose ``sent`` carries no zone."""
    return sim.bulletin.issue({"event": "大风", "colour": "blue", "naive": True}, now).identifier


def swapped_polygon(sim: Simulator, now: datetime) -> str:
    """A warning whose polygon gives longitude before latitude."""
    return sim.bulletin.issue({"event": "大风", "colour": "yellow", "swapped": True}, now).identifier


SOURCE_FAULTS: Mapping[str, Callable[[Simulator, datetime], str]] = {
    fault.__name__: fault
    for fault in (
        *(half_file, duplicate_file, gbk_file, gbk_register, swapped_coordinates),
        *(late_rows, revision, year_2999, naive_cap, swapped_polygon),
    )
}


def all_kinds() -> list[str]:
    return [*HTTP_KINDS, *SOURCE_FAULTS, *WIRE_FAULTS]


def cause(sim: Simulator, order: Mapping[str, object]) -> dict[str, object]:
    """Carry out a fault order ``{"kind", "count", "path", "seconds"}``; what was done. Raises SimulatorError."""
    kind = str(order.get("kind", ""))
    if kind in SOURCE_FAULTS:
        with sim.lock:
            return {"kind": kind, "done": SOURCE_FAULTS[kind](sim, sim.world.now())}
    count, seconds, path = int(str(order.get("count", 1))), float(str(order.get("seconds", 30))), order.get("path")
    if kind in WIRE_FAULTS:
        with sim.lock:
            return {"kind": kind, "done": WIRE_FAULTS[kind](sim, count, seconds)}
    if kind not in HTTP_KINDS:
        raise SimulatorError(f"unknown fault {kind!r}; known: {', '.join(all_kinds())}.")
    fault = sim.http_faults.add(kind, count=count, path=None if path is None else str(path), seconds=seconds)
    return {"kind": kind, "waiting": fault.count, "path": fault.path}
