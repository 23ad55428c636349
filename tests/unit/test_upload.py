"""Uploads: the bureau's own tables as people fill them in, and the traps of their spreadsheets."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from connectors.errors import ConfigurationError
from connectors.model import Outcome, Parsed, Payload
from connectors.person import hashed
from connectors.registry import parser
from feeds.registry import load, load_all

NOW = datetime(2026, 8, 10, 8, tzinfo=UTC)
SALT = "a salt of this test only"
FEEDS = sorted(feed for feed, contract in load_all().items() if contract.connector["format"] == "upload")


def parse(feed: str, body: str | bytes, **more: Any) -> Parsed:
    told = load(feed).parser_options | {"salt": SALT} | more
    payload = Payload(body.encode() if isinstance(body, str) else body, "x", "x.csv", NOW)
    return parser("upload", told).parse(payload, told)


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows(parsed: Parsed, table: str) -> list[dict[str, Any]]:
    return parsed.tables[table].to_pylist() if table in parsed.tables else []


def rules(parsed: Parsed) -> list[str]:
    return [reject.rule for reject in parsed.rejects]


HEADER = "检查编号,统一社会信用代码,检查类型,检查时间,检查人员,是否联合检查,发现隐患数"
GOOD = "JC1,91140500MA0000017T,日常检查,2026-08-01 09:30,张三、李四,是,3"


def test_a_row_by_chinese_titles() -> None:
    parsed = parse("inspection", f"{HEADER}\n{GOOD}\n")
    [row] = rows(parsed, "inspection")
    assert row["checked_at"] == datetime(2026, 8, 1, 1, 30, tzinfo=UTC)
    assert (row["is_joint"], row["danger_count"], row["extra"]) == (True, 3, None)
    assert json.loads(row["inspector_hashes"]) == [hashed("张三", SALT), hashed("李四", SALT)]
    assert "张" not in json.dumps(row, ensure_ascii=False, default=str)
    assert parsed.outcome is Outcome.ACCEPTED


def test_titles_names_hints_and_a_heading_above() -> None:
    text = "模拟县检查台账,,\n * 检查编号（必填） ,enterprise_code,检查时间\nJC1,91140500MA0000017T,2026年8月1日\n,,\n"
    [row] = rows(parse("inspection", text), "inspection")
    assert (row["inspection_code"], row["checked_at"]) == ("JC1", datetime(2026, 7, 31, 16, tzinfo=UTC))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_encodings_of_office_software(encoding: str) -> None:
    parsed = parse("inspection", f"{HEADER}\n{GOOD}\n".encode(encoding))
    assert rows(parsed, "inspection")[0]["check_type"] == "日常检查"


@pytest.mark.parametrize(
    ("column", "cell", "rule"),
    [
        ("检查时间", "上周三", "upload.time"),
        ("检查时间", "2026-02-30", "upload.time"),
        ("发现隐患数", "3处", "upload.number"),
        ("发现隐患数", "1,259", "upload.number"),
        ("发现隐患数", "2.5", "upload.number"),
        ("发现隐患数", "NaN", "upload.number"),
        ("发现隐患数", "1e400", "upload.number"),
        ("是否联合检查", "也许", "upload.truth"),
        ("统一社会信用代码", "9.11E+17", "upload.code.scientific"),
        ("统一社会信用代码", "", "upload.value.required"),
        ("检查编号", "", "upload.value.required"),
        ("检查类型", "锟斤拷", "upload.row.mojibake"),
    ],
)
def test_a_wrong_cell_costs_its_row_and_names_line_and_column(column: str, cell: str, rule: str) -> None:
    cells = GOOD.split(",")
    cells[HEADER.split(",").index(column)] = f'"{cell}"'
    parsed = parse("inspection", f"{HEADER}\n{','.join(cells)}\n{GOOD.replace('JC1', 'JC2')}\n")
    assert [row["inspection_code"] for row in rows(parsed, "inspection")] == ["JC2"]
    [reject] = parsed.rejects
    assert (reject.where, reject.rule) == ("line 2", rule)
    assert column in reject.reason
    assert reject.record is not None
    assert reject.record["检查人员"] == "(a person)"


def test_a_row_of_another_width_is_rejected() -> None:
    assert rules(parse("inspection", f"{HEADER}\n{GOOD},7\n{GOOD[:20]}\n")) == ["upload.row.cells"] * 2


def test_a_missing_required_column_rejects_the_file_and_is_named() -> None:
    parsed = parse("inspection", "检查编号,检查时间\nJC1,2026-08-01\n")
    assert (parsed.outcome, rules(parsed)) == (Outcome.REJECTED, ["upload.header.missing"])
    assert "统一社会信用代码 (enterprise_code)" in parsed.rejects[0].reason


def test_spreadsheets() -> None:
    header = HEADER.split(",")
    lines: list[list[Any]] = [
        header,
        ["JC1", "91140500MA0000017T", "日常检查", datetime(2026, 8, 1, 9, 30), None, "否", 3],  # noqa: DTZ001
        [20260801002, "91140500MA0000017T", None, "2026-08-01", None, True, 3.0],
        ["JC3", 911405000000000017, "日常检查", "2026-08-01", None, "否", 3],
        ["JC4", "91140500MA0000017T", "日常检查", 46235.5, None, "否", 3],
        ["JC5", "91140500MA0000017T", "日常检查", "2026-08-01", None, "否", "=A1+1"],
        [None, "91140500MA0000017T", "日常检查", "2026-08-01", None, "否", 3],
        [None] * 7,
        [None] * 9,
    ]
    parsed = parse("inspection", workbook(填表说明=[["每行一次检查"]], 检查=lines))
    found = {row["inspection_code"]: row for row in rows(parsed, "inspection")}
    assert list(found) == ["JC1", "20260801002"]
    assert found["JC1"]["checked_at"] == datetime(2026, 8, 1, 1, 30, tzinfo=UTC)
    assert (found["20260801002"]["is_joint"], found["20260801002"]["danger_count"]) == (True, 3)
    assert [(reject.where, reject.rule) for reject in parsed.rejects] == [
        ("检查 row 4", "upload.code.scientific"),
        ("检查 row 5", "upload.time.serial"),
        ("检查 row 6", "upload.cell.formula"),
        ("检查 row 7", "upload.value.required"),
    ]
    assert "2026-08-01" in parsed.rejects[1].reason
    assert [(seen.field, seen.example) for seen in parsed.drift] == [("(sheet not read)", "填表说明")]


def test_a_workbook_may_hold_several_tables_of_the_contract() -> None:
    depot = [["仓库编号", "仓库名称"], ["CK1", "模拟库"]]
    stock = [
        ["仓库编号", "物资编码", "批次", "物资名称", "库存数量", "计量单位", "盘点时间"],
        ["CK1", "W1", 0, "编织袋", 800, "条", "2026-08-01"],
    ]
    parsed = parse("reserve_depot", workbook(仓库=depot, 库存=stock))
    assert [row["depot_code"] for row in rows(parsed, "reserve_depot")] == ["CK1"]
    assert [(row["batch_no"], row["quantity"]) for row in rows(parsed, "reserve_stock")] == [("0", 800.0)]
    assert (rules(parsed), parsed.drift) == ([], [])


def test_unknown_columns_are_kept_and_told_but_persons_are_kept_nowhere() -> None:
    parsed = parse("inspection", f"{HEADER},备注,陪同人员,手机号\n{GOOD},雨天,王五,13800000000\n")
    [row] = rows(parsed, "inspection")
    assert json.loads(row["extra"]) == {"备注": "雨天"}
    assert {seen.field: seen.count for seen in parsed.drift} == {"备注": 1, "手机号": 1, "陪同人员": 1}


def test_the_last_of_two_rows_of_one_key_stands() -> None:
    parsed = parse("inspection", f"{HEADER}\n{GOOD}\n{GOOD[:-1]}5\n")
    assert [row["danger_count"] for row in rows(parsed, "inspection")] == [5]
    assert [seen.field for seen in parsed.drift] == ["(duplicate key)"]


def test_without_a_salt_no_person_is_kept_and_that_is_told() -> None:
    for salt in (None, "", "${PERSON_SALT}"):
        parsed = parse("inspection", f"{HEADER}\n{GOOD}\n", salt=salt)
        assert rows(parsed, "inspection")[0]["inspector_hashes"] is None
        assert [seen.field for seen in parsed.drift] == ["inspector_hashes.(no salt)"]


def test_a_person_that_is_part_of_the_key_needs_a_salt() -> None:
    body = "对象编码,责任类型,责任人,更新时间\nWKK001,包保责任人,张三,2026-08-01\n"
    assert rules(parse("responsible_person", body, salt=None)) == ["upload.person.salt"]
    assert rows(parse("responsible_person", body), "responsible_person")[0]["person_hash"] == hashed("张三", SALT)


def test_an_upload_without_a_contract_cannot_be_read() -> None:
    with pytest.raises(ConfigurationError, match="contract"):
        parser("upload", {})


@pytest.mark.parametrize("feed", FEEDS)
def test_every_upload_contract_reads_a_table_made_of_its_own_titles(feed: str) -> None:
    words = {
        "text": "模拟",
        "timestamptz": "2026-08-01 09:00",
        "double precision": 1,
        "integer": 1,
        "boolean": "是",
        "jsonb": "甲；乙",
    }
    for table in load(feed).tables:
        line = [words[column.physical_type] for column in table.columns]
        parsed = parse(feed, workbook(**{table.name: [[column.title for column in table.columns], line]}))
        assert rules(parsed) == []
        assert len(rows(parsed, table.name)) == 1


def test_the_tables_of_all_uploads_can_be_told_apart() -> None:
    from riskmap.parse import default_options

    told = default_options("upload")
    for feed in FEEDS:
        for table in load(feed).tables:
            header = ",".join(column.title for column in table.columns)
            line = ",".join("2026-08-01" if c.physical_type == "timestamptz" else "1" for c in table.columns)
            payload = Payload(f"{header}\n{line}\n".encode(), "x", "x.csv", NOW)
            parsed = parser("upload", told).parse(payload, told)
            assert (list(parsed.tables), rules(parsed)) == ([table.name], [])


def test_defusedxml_reads_workbooks_also_where_lxml_is_installed() -> None:
    code = "import connectors.sheet, openpyxl; print(openpyxl.LXML, openpyxl.DEFUSEDXML)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
