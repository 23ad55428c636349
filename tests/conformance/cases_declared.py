"""Cases of the formats of what a contract declares: invented documents with one record per number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tests.conformance.case import Case


def moment(number: int) -> datetime:
    return datetime(2026, 8, 10, 7, tzinfo=UTC) + timedelta(seconds=number)


def tailings(numbers: Sequence[int], further: str | None = None, **more: str) -> bytes:
    """One point with one reading per number, as connectors/profiles/tailings_pond.yml writes the shape down."""
    points = [
        {
            "pointCode": f"WKK001-P{n}",
            "pointName": "模拟浸润线测点",
            "pointType": "phreatic_line",
            "pondCode": "WKK001",
            "longitude": 112.85,
            "latitude": 35.5,
            "readings": [{"time": "2026-08-10 15:00:00", "phreaticLine": 4.25, **more}],
        }
        for n in numbers
    ]
    document = {"code": 0, "message": "ok", "total": len(points), "next": further, "points": points}
    return json.dumps(document, ensure_ascii=False).encode()


def slope(numbers: Sequence[int], **more: str) -> bytes:
    lines = [
        {
            "slopeCode": "BP001",
            "areaCode": f"BP001-A{n}",
            "areaName": "模拟北帮",
            "longitude": 112.91,
            "latitude": 35.62,
            "scanTime": int(moment(n).timestamp() * 1000),
            "losDisplacement": 12.4,
            **more,
        }
        for n in numbers
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def drill(numbers: Sequence[int], column: str = "", value: str = "") -> bytes:
    header = "演练编号,演练名称,演练类型,组织单位,演练时间,演练时长（分钟）,参演人数,更新时间" + column
    rows = [f"YL{n},模拟演练{n},综合演练,模拟应急局,2026-08-01 09:00,45,180,2026-08-02{value}" for n in numbers]
    return "\n".join([header, *rows, ""]).encode()


CASES = (
    Case(
        "mapped",
        "tailings_monitoring",
        "observation",
        tailings,
        lambda n: "tailings.json",
        (tailings([0], oddity="1"), "oddity"),
        paging={"kind": "next_link", "items": "points", "next": "next"},  # a page does not know the total
        page=tailings,
    ),
    Case(
        "mapped",
        "slope_monitoring",
        "observation",
        slope,
        lambda n: f"slope_{n}.ndjson",
        (slope([0], oddity="1"), "oddity"),
        cut_shows=False,
        empty_is_rejected=True,
    ),
    Case(
        "upload",
        "drill",
        "drill",
        drill,
        lambda n: f"drill_{n}.csv",
        (drill([0], ",备用字段", ",x"), "备用字段"),
        cut_shows=False,
        empty_is_rejected=True,
    ),
)
