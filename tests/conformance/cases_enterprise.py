"""Cases of the formats of enterprises: invented documents with one record per number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from stdnum.cn import uscc

from tests.conformance.case import Case


def mine_name(number: int, kind: str = "CDSS") -> str:
    moment = datetime(2026, 8, 10, 8, 5, tzinfo=UTC) + timedelta(seconds=number)
    return f"620823009203_{kind}_{moment:%Y%m%d%H%M%S}.txt"


def mine_txt(numbers: Sequence[int]) -> bytes:
    records = "".join(
        f"62082300920301MN0001{n:03}A01;甲烷;1301综采工作面;0.42;%CH4;0;2026-08-10 08:04:58~" for n in numbers
    )
    return f"620823009203;模拟煤矿;2026-08-10 08:05:00~{records}||".encode()


def mine_part(kind: str, feed: str, table: str, record: str, header: str = "") -> Case:
    """One record per number of a file type of another part; ``{n}`` in the record is the number."""

    def build(numbers: Sequence[int]) -> bytes:
        records = "".join(record.replace("{n}", f"{n:04}") + "~" for n in numbers)
        return f"620823009203;模拟煤矿;{header}2026-08-10 08:05:00~{records}||".encode()

    return Case("mine_txt", feed, table, build, lambda n: mine_name(n, kind), empty_is_rejected=True)


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


def hazchem_sec(numbers: Sequence[int], **more: object) -> bytes:
    rows = [
        {
            "id": f"d{n}",
            "companyCode": "911405MOCK",
            "dangerName": "模拟隐患",
            "dangerLevel": "0",
            "dangerState": "0",
            "registTime": "2026-08-10 08:00:00",
            "dangerManageDeadline": "2026-08-20 08:00:00",
            "updateDate": "2026-08-10 09:00:00",
            **more,
        }
        for n in numbers
    ]
    return json.dumps({"datas": rows}, ensure_ascii=False).encode()


def hidden_danger(numbers: Sequence[int], column: str = "", value: str = "") -> bytes:
    header = "隐患编号,发现时间,隐患地点,隐患内容,隐患等级,责任单位,隐患状态" + column
    rows = [f"YH{n},2026-08-01 09:00:00,模拟工作面,模拟：照明不足{n},C,模拟区队,已五定{value}" for n in numbers]
    return "\n".join([header, *rows, ""]).encode()


CASES = (
    Case(
        "hidden_danger",
        "hidden_danger_ledger",
        "hidden_danger",
        hidden_danger,
        lambda n: f"dangers_{n}.csv",
        (hidden_danger([0], ",备用字段", ",x"), "备用字段"),
        cut_shows=False,
        empty_is_rejected=True,
    ),
    Case(
        "hazchem_sec",
        "hazchem_prevention",
        "hidden_danger",
        hazchem_sec,
        lambda n: "push.json",
        (hazchem_sec([0], oddity="1"), "oddity"),
    ),
    Case("mine_txt", "coal_mine_safety", "observation", mine_txt, mine_name, empty_is_rejected=True),
    mine_part("RYQY", "coal_mine_personnel", "mine_area", "重点区域;620823009203{n};30;1301综采工作面"),
    mine_part("YSLCDSS", "coal_mine_water", "observation", "620823009203YSL{n};0;12.5;2026-08-10 08:04:58"),
    mine_part(
        "TFSS",
        "coal_mine_equipment",
        "observation",
        "62082300920330MN0001{n};0001;温度;F01;61.5;℃;good;2026-08-10 08:04:58",
        "30;主要通风机监控系统;",
    ),
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
