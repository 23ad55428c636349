"""One small declaration per format; the suite beside it asks the same of all of them.

A new format joins by adding a Case here and, for its transport, a source in ``sources.py``. All data are invented.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from stdnum.cn import uscc

from connectors.model import Parsed, Payload, Reject
from connectors.registry import parser

FEEDS = Path(__file__).parents[2] / "feeds"
NOW = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
BEIJING = timedelta(hours=8)


@dataclass(frozen=True)
class Case:
    """``build(numbers)`` makes a document with one record of ``table`` per number; equal numbers, equal records.

    ``name(number)`` is the payload's name. ``unknown`` is a document of one record with a field the format does not
    know and what the drift calls it; None where fields have no names. ``cut_shows``: a document that breaks off can
    be told from a whole one. ``empty_is_rejected``: the format has no way to say "no records".
    """

    format: str
    feed: str
    table: str
    build: Callable[[Sequence[int]], bytes]
    name: Callable[[int], str]
    unknown: tuple[bytes, str] | None = None
    cut_shows: bool = True
    empty_is_rejected: bool = False

    def payload(self, body: bytes, number: int = 0) -> Payload:
        return Payload(body, f"http://source/{self.name(number)}", self.name(number), NOW)

    def parse(self, body: bytes, number: int = 0) -> Parsed:
        return parser(self.format).parse(self.payload(body, number), self.options())

    def options(self) -> dict[str, Any]:
        """What the contract tells the parser."""
        declared, clock = custom(self.feed, "connector"), custom(self.feed, "clock")
        return {**declared, "zone": clock["zone"], "max_future_s": clock["max_future_s"]}


@cache
def contract(feed: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FEEDS / f"{feed}.yml").read_text(encoding="utf-8"))
    return loaded


def custom(feed: str, name: str) -> Any:
    return next(entry["value"] for entry in contract(feed)["customProperties"] if entry["property"] == name)


def columns(feed: str, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(s["properties"] for s in contract(feed)["schema"] if s["name"] == table)
    return found


def key(feed: str, table: str) -> list[str]:
    return [column["name"] for column in columns(feed, table) if column.get("primaryKey")]


def quake(numbers: Sequence[int], **more: Any) -> bytes:
    features = [
        {
            "type": "Feature",
            "id": f"xx{n}",
            "properties": {"time": 1786000000000 + n, "updated": 1786000000000, "mag": 2.5, "place": "模拟县"}
            | {"status": "reviewed", "type": "earthquake"}
            | more,
            "geometry": {"type": "Point", "coordinates": [112.85, 35.5, 10.0]},
        }
        for n in numbers
    ]
    document = {"type": "FeatureCollection", "metadata": {"count": len(features)}, "features": features}
    return json.dumps(document, ensure_ascii=False).encode()


def alert(number: int, more: str = "") -> str:
    return f"""<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>SIM-{number}</identifier><sender>synthetic@example.org</sender><sent>2026-08-10T08:05:00+08:00</sent>
  <status>Exercise</status><msgType>Alert</msgType><scope>Public</scope>{more}
  <info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency>
    <severity>Severe</severity><certainty>Likely</certainty><headline>模拟县发布暴雨橙色预警（模拟）</headline>
    <area><areaDesc>模拟县</areaDesc><geocode><valueName>CPEAS</valueName><value>140502000000</value></geocode></area>
  </info></alert>"""


def cap(numbers: Sequence[int]) -> bytes:
    entries = "".join(
        f"<entry><id>urn:e{n}</id><title>t</title><updated>2026-08-10T00:05:00Z</updated>"
        f'<content type="text/xml">{alert(n)}</content></entry>'
        for n in numbers
    )
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:f</id><title>模拟</title>{entries}</feed>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{feed}'.encode()


def river_row(number: int) -> list[Any]:
    moment = datetime(2026, 8, 10, 8, 0, tzinfo=UTC) + timedelta(minutes=number)
    return [f"{number:08}", moment.strftime("%Y-%m-%dT%H:%M:%S"), "245.440"]


def sl323(numbers: Sequence[int]) -> bytes:
    rows = [river_row(n) for n in numbers]
    return json.dumps({"table": "ST_RIVER_R", "columns": ["STCD", "TM", "Z"], "rows": rows}).encode()


def mine_name(number: int) -> str:
    moment = datetime(2026, 8, 10, 8, 5, tzinfo=UTC) + timedelta(seconds=number)
    return f"620823009203_CDSS_{moment:%Y%m%d%H%M%S}.txt"


def mine_txt(numbers: Sequence[int]) -> bytes:
    records = "".join(
        f"62082300920301MN0001{n:03}A01;甲烷;1301综采工作面;0.42;%CH4;0;2026-08-10 08:04:58~" for n in numbers
    )
    return f"620823009203;模拟煤矿;2026-08-10 08:05:00~{records}||".encode()


def credit_code(number: int) -> str:
    body = f"91140500MA{number:07}"
    return body + uscc.calc_check_digit(body)


def enterprise_csv(numbers: Sequence[int], column: str = "", value: str = "") -> bytes:
    header = "统一社会信用代码,企业名称,行业类别,行政区划代码,经度,纬度,坐标系,风险等级,重点企业,更新时间" + column
    rows = [
        f"{credit_code(n)},模拟企业{n},煤矿,140502,112.85,35.5,EPSG:4490,橙色,是,2026-08-01 09:00:00{value}"
        for n in numbers
    ]
    return "\n".join([header, *rows, ""]).encode()


CASES: Mapping[str, Case] = {
    case.format: case
    for case in (
        Case("quake", "earthquake", "earthquake", quake, lambda n: "all_week.geojson", (quake([0], mmi2=4), "mmi2")),
        Case(
            "cap",
            "weather_warning",
            "warning",
            cap,
            lambda n: f"{n}.xml",
            (alert(0, "<mood>x</mood>").encode(), "mood"),
        ),
        Case(
            "sl323",
            "water_regime",
            "observation",
            sl323,
            lambda n: "ST_RIVER_R.json",
            (
                b'{"table":"ST_RIVER_R","columns":["STCD","TM","Z","NEW"],"rows":[["1","2026-08-10T08:00:00",1,2]]}',
                "NEW",
            ),
        ),
        Case("mine_txt", "coal_mine_safety", "observation", mine_txt, mine_name, empty_is_rejected=True),
        Case(
            "enterprise_csv",
            "enterprise_register",
            "enterprise",
            enterprise_csv,
            lambda n: f"register_{n}.csv",
            (enterprise_csv([0], ",备用字段", ",x"), "备用字段"),
            cut_shows=False,
            empty_is_rejected=True,
        ),
    )
}


def rows(parsed: Parsed, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parsed.tables[table].to_pylist() if table in parsed.tables else []
    return found


def told(rejects: Sequence[Reject]) -> str:
    """The rejects as the ledger will keep them: JSON that PostgreSQL takes."""
    return json.dumps([[r.where, r.rule, r.reason, r.table, r.record] for r in rejects], allow_nan=False, default=str)
