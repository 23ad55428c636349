"""Columns that a format does not know may hold persons: they are told by their header, and neither landed nor kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Parsed, Payload
from connectors.person import is_personal
from connectors.registry import parser

NAME, TELEPHONE = "甄模拟", "13900000000"
ENTERPRISES = "统一社会信用代码,企业名称,行业类别,风险等级,重点企业,更新时间,联系人,联系电话"
ENTERPRISE = f"91110000600037341L,模拟煤业,煤矿,红,是,2026-08-01 08:00:00,{NAME},{TELEPHONE}"
SITES = "统一编号,灾害类型,经度,纬度,联系人,联系电话"
DANGERS = "隐患编号,检查时间,隐患内容,状态,联系人,联系电话"
READINGS = "station,time,rain,联系人,联系电话"
PROFILE = {
    "profile": "invented",
    "title": "模拟 / invented",
    "source": "invented",
    "zone": "Asia/Shanghai",
    "input": {"kind": "csv"},
    "tables": {
        "observation": {
            "fields": {"station_code": "station", "event_at": {"time": "time"}},
            "values": {"rain": {"variable": "rain_mm", "unit": "mm"}},
        }
    },
}

CASES = [
    ("enterprise_csv", "enterprise", ENTERPRISES, ENTERPRISE, ENTERPRISE.replace("红", "紫"), {}),
    (
        "landslide_csv",
        "hazard_site",
        SITES,
        f"X1,滑坡,111.5,35.5,{NAME},{TELEPHONE}",
        f"X2,滑坡,,95,{NAME},{TELEPHONE}",
        {},
    ),
    (
        "hidden_danger",
        "hidden_danger",
        DANGERS,
        f"7,2026-08-01,模拟,已销号,{NAME},{TELEPHONE}",
        f"8,2026-08-01,模拟,?,{NAME},{TELEPHONE}",
        {},
    ),
    (
        "mapped",
        "observation",
        READINGS,
        f"S1,2026-08-10 08:00:00,1.5,{NAME},{TELEPHONE}",
        f"S1,soon,1,{NAME},{TELEPHONE}",
        {"profile": PROFILE},
    ),
]


def everything(parsed: Parsed) -> str:
    return repr(([table.to_pylist() for table in parsed.tables.values()], parsed.rejects, parsed.drift))


@pytest.mark.parametrize(("format_name", "table", "header", "good", "bad", "options"), CASES)
def test_persons_of_unknown_columns_stay_in_the_archive(  # noqa: PLR0917 - a row of the table above
    format_name: str, table: str, header: str, good: str, bad: str, options: dict[str, Any]
) -> None:
    body = f"{header}\n{good}\n{bad}\n".encode()
    payload = Payload(body, "memory:", "x.csv", datetime(2026, 8, 10, tzinfo=UTC))
    parsed = parser(format_name, options).parse(payload, options)
    assert (parsed.tables[table].num_rows, len(parsed.rejects)) == (1, 1)
    assert NAME not in everything(parsed)
    assert TELEPHONE not in everything(parsed)
    assert any("联系人" in note.field for note in parsed.drift)


def test_what_is_no_person_is_not_taken_for_one() -> None:
    headers = ("从业人数", "威胁人口", "责任单位", "station_name", "number", "management_unit")
    assert [header for header in headers if is_personal(header)] == []
