"""Rows of landing and ledger for tests of the dbt project, and dbt itself on a test's warehouse."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from riskmap import dbt_runner
from riskmap.settings import Settings

CAP = "weather_warning"
WATER = "water_regime"
MINES = "coal_mine_safety"
QUAKES = "earthquake"
REGISTER = "enterprise_register"
SENDER = "62082341600000"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def settings_for(url: str, home: Path) -> Settings:
    return Settings(
        home=home,
        database_url=url,
        archive_url="file:///nowhere",
        airflow_url=None,
        data_docs_url=None,
        map_url=None,
        variables=MappingProxyType({}),
    )


def build(settings: Settings, *selection: str, batch_ids: Sequence[int] | None = None, full: bool = False) -> None:
    """Run dbt and fail with what it said if it does not succeed."""
    result = dbt_runner.run(
        selection, {} if batch_ids is None else {"batch_ids": list(batch_ids)}, settings=settings, full=full
    )
    bad = [f"{n['name']}: {n['message']}" for n in result.nodes if n["status"] not in {"success", "pass"}]
    assert result.success, "\n".join(bad)
    assert not bad


class Rows:
    """Writes rows as the loader would, through one connection."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn
        self.now: datetime = conn.execute("select now()").fetchone()[0]

    def ago(self, **delta: float) -> datetime:
        return self.now - timedelta(**delta)

    def all(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, values).fetchall()

    def promise_since_ever(self) -> None:
        """What ops.feed says now was promised all the time that the feeds are active: for tests that edited it."""
        self.conn.execute("delete from ops.feed_version")
        self.conn.execute(
            """insert into ops.feed_version (feed_id, valid_from, valid_to, activated_at, version, contract_sha256,
                      department, frequency_s, latency_s, latency_element, expected)
               select feed_id, active_from, greatest(coalesce(active_until, '9999-12-31 00:00:00+00'), active_from),
                      activated_at, version, contract_sha256, department, frequency_s, latency_s, latency_element,
                      expected
                 from ops.feed"""
        )

    def one(self, query: str, *values: Any) -> dict[str, Any]:
        rows = self.all(query, *values)
        assert len(rows) == 1, rows
        return rows[0]

    def batch(self, feed_id: str, *, at: datetime | None = None, state: str = "LANDED", kind: str = "pull") -> int:
        at = at or self.now
        return self.insert(
            "ops.batch",
            {"feed_id": feed_id, "run_id": "test", "kind": kind, "state": state, "started_at": at, "fetched_at": at}
            | {"committed_at": at},
            "batch_id",
        )

    def land(self, table: str, feed_id: str, **values: Any) -> None:
        origin = {"feed_id": feed_id, "batch_id": 0, "payload_sha256": "-", "record_hash": "-"}
        fetched = values.get("fetched_at", self.now)
        clocks = {"fetched_at": fetched, "landed_at": fetched, "seen_at": fetched}
        self.insert(f"landing.{table}", origin | clocks | values)

    def insert(self, table: str, values: Mapping[str, Any], returning: str | None = None) -> Any:
        plain = {k: Jsonb(v) if isinstance(v, (dict, list)) and k != "quality_flags" else v for k, v in values.items()}
        query = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, plain)),
            sql.SQL(", ").join(sql.Placeholder() * len(plain)),
        )
        if returning:
            query += sql.SQL(" returning {}").format(sql.Identifier(returning))
        result = self.conn.execute(query, list(plain.values()))
        return result.fetchone()[0] if returning else None

    def region(self, code: str, level: str, parent: str | None, box: tuple[float, float, float, float]) -> None:
        self.conn.execute(
            """insert into landing.region_boundary
               values (%s, %s, %s, %s, st_multi(st_makeenvelope(%s, %s, %s, %s, 4326)), 'test')""",
            (code, f"模拟 {code}", level, parent, *box),
        )

    def warning(self, identifier: str, sent_at: datetime, **options: Any) -> tuple[str, str, datetime]:
        """A CAP message with an area per info; options: msg_type, status, refers_to, url, info(s), area, batch."""
        key = (SENDER, identifier, sent_at)
        names = {"sender": SENDER, "identifier": identifier, "sent_at": sent_at, "batch_id": options.get("batch", 0)}
        self.land(
            "warning",
            CAP,
            **names,
            status=options.get("status", "Actual"),
            msg_type=options.get("msg_type", "Alert"),
            scope="Public",
            reference_list=[reference(*triple) for triple in options.get("refers_to", [])],
            cap_version="1.2",
            document_url=options.get("url"),
            event_at=options.get("event_at", sent_at),
        )
        for index, info in enumerate(options.get("infos", [options.get("info", {})])):
            given = {"event": "暴雨", "colour": "yellow", "language": "zh-CN"} | info
            self.land(
                "warning_info",
                CAP,
                **names,
                info_index=index,
                effective_at=sent_at,
                colour_source="parameter",
                colour_conflict=False,
                **given,
            )
            area = {"geometry_source": "polygon", "area_wkt": box(105, 35, 106, 36)} | options.get("area", {})
            self.land("warning_area", CAP, **names, info_index=index, area_index=0, **area)
        return key

    def observation(
        self, feed_id: str, point: str, variable: str, at: datetime, value: float | None, **more: Any
    ) -> None:
        self.land(
            "observation",
            feed_id,
            station_code=point,
            variable=variable,
            event_at=at,
            value=value,
            **{"unit": "m", "source_table": "test"} | more,
        )


def reference(sender: str, identifier: str, sent_at: datetime) -> str:
    return f"{sender},{identifier},{sent_at.astimezone(SHANGHAI).isoformat(timespec='seconds')}"


def box(west: float, south: float, east: float, north: float) -> str:
    ring = ", ".join(f"{x} {y}" for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south)))
    return f"MULTIPOLYGON((({ring})))"


def loads(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
