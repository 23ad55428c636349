"""Enterprise registers as people upload them. All enterprises are synthetic (模拟); the codes are the reference's."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest

from connectors.coordinates import gcj02_to_bd09, wgs84_to_gcj02
from connectors.enterprise.credit_code import credit_code
from connectors.enterprise.enterprise_csv import PARSER
from connectors.model import Outcome, Parsed, Payload
from connectors.refusal import RefusedError

FETCHED = datetime(2026, 8, 10, 0, 5, tzinfo=UTC)
LON, LAT = 111.75, 35.70
CODES = ("91110000600037341L", "91350100M000100Y43", "91110108MA01ABCD2H")
ROW: dict[str, Any] = {
    "统一社会信用代码": CODES[0],
    "企业名称": "模拟煤业有限公司",
    "行业代码": "0610",
    "行业类别": "煤矿",
    "行政区划代码": "141022",
    "地址": "模拟路1号",
    "经度": str(LON),
    "纬度": str(LAT),
    "坐标系": "EPSG:4490",
    "风险等级": "红",
    "重点企业": "是",
    "煤矿编码": "141022009901",
    "从业人数": "320",
    "经营状态": "在业",
    "更新时间": "2026-08-01 08:00:00",
}


def to_csv(*rows: dict[str, Any], encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def to_xlsx(*rows: dict[str, Any], title: str | None = None, more: dict[str, list[list[Any]]] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    if title:
        sheet.append([title])
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    for name, lines in (more or {}).items():
        extra = book.create_sheet(name)
        for line in lines:
            extra.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parse(body: bytes, **options: Any) -> Parsed:
    return PARSER.parse(Payload(body, "register", "register.csv", FETCHED), {"zone": "Asia/Shanghai"} | options)


def rows(parsed: Parsed) -> list[dict[str, Any]]:
    return parsed.tables["enterprise"].to_pylist() if parsed.tables else []


def only(parsed: Parsed) -> dict[str, Any]:
    assert not parsed.rejects
    (row,) = rows(parsed)
    return row


EXPECTED = {
    "credit_code": CODES[0],
    "updated_at": datetime(2026, 8, 1, 0, 0, tzinfo=UTC),
    "enterprise_name": "模拟煤业有限公司",
    "industry_code": "0610",
    "industry": "coal_mine",
    "region_code": "141022",
    "address": "模拟路1号",
    "longitude": LON,
    "latitude": LAT,
    "source_x": LON,
    "source_y": LAT,
    "source_crs": "EPSG:4490",
    "static_level": "red",
    "is_key_enterprise": True,
    "mine_code": "141022009901",
    "employees": 320,
    "status": "active",
    "extra": None,
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_csv_row_is_an_enterprise(encoding: str) -> None:
    parsed = parse(to_csv(ROW, encoding=encoding))
    assert parsed.tables["enterprise"].schema == PARSER.tables["enterprise"]
    assert only(parsed) == EXPECTED
    assert [d.example for d in parsed.drift] == (["gb18030"] if encoding == "gbk" else [])


def test_english_headers_and_words_say_the_same() -> None:
    english = {
        "credit_code": CODES[0].lower(),
        "enterprise_name": ROW["企业名称"],
        "Industry": "coal_mine",
        "longitude": LON,
        "latitude": LAT,
        "crs": "4490",
        "static_level": "Red",
        "is_key_enterprise": "true",
        "status": "active",
        "updated_at": "2026-08-01T08:00:00+08:00",
    }
    absent = dict.fromkeys(("industry_code", "region_code", "address", "mine_code", "employees"))
    assert only(parse(to_csv(english))) == EXPECTED | absent


def test_headers_may_carry_units_marks_and_a_title_above() -> None:
    marked = {f"{name}（必填）" if name != "经度" else "经度(°) *": value for name, value in ROW.items()}
    assert only(parse(to_csv(marked))) == EXPECTED
    assert only(parse(to_xlsx(ROW, title="模拟县企业名录"))) == EXPECTED


def test_a_workbook_says_the_same_as_a_csv() -> None:
    typed = ROW | {
        "经度": LON,
        "纬度": LAT,
        "从业人数": 320.0,
        "行政区划代码": 141022,
        "更新时间": datetime(2026, 8, 1, 8, 0),  # noqa: DTZ001 - a cell has no zone
    }
    assert only(parse(to_xlsx(typed | {"重点企业": True}))) == EXPECTED
    assert only(parse(to_xlsx(ROW | {"更新时间": date(2026, 8, 1)})))["updated_at"] == datetime(
        2026, 7, 31, 16, tzinfo=UTC
    )


def test_every_register_sheet_of_a_workbook_is_read_and_the_others_are_told() -> None:
    second = ROW | {"统一社会信用代码": CODES[1]}
    sheets = {"第二页": [list(second), list(second.values())], "填写说明": [["请如实填写"], ["谢谢"]]}
    parsed = parse(to_xlsx(ROW, more=sheets))
    assert [row["credit_code"] for row in rows(parsed)] == list(CODES[:2])
    assert [(d.field, d.count, d.example) for d in parsed.drift] == [("(sheet not read)", 2, "填写说明")]


def test_trailing_blank_cells_of_a_workbook_are_no_broken_row() -> None:
    short = {name: ROW[name] for name in ROW if name != "经营状态"} | {"经营状态": None}
    assert only(parse(to_xlsx(short)))["status"] is None


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("written", ["{}", " {} ", "{}\u3000"])
def test_the_reference_codes_are_valid_however_they_are_written(code: str, written: str) -> None:
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in code)
    for text in (code, code.lower(), full_width):
        assert credit_code(written.format(text)) == code


def test_letters_are_allowed_where_the_standard_allows_them() -> None:
    assert credit_code("A2110000600037341G") == "A2110000600037341G"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty"),
        ("911100006000373410", "check"),
        ("91110000600037314L", "check"),  # two digits exchanged
        ("9111OOOO600037341L", "format"),  # O is not guessed to be 0
        ("9111000060003734IL", "format"),
        ("91110000600037341", "format"),
        ("9.11E+17", "scientific"),
        ("9.1411E17", "scientific"),
    ],
)
def test_codes_that_are_wrong_are_refused_with_the_rule(text: str, rule: str) -> None:
    with pytest.raises(RefusedError) as caught:
        credit_code(text)
    assert caught.value.rule == f"enterprise.credit_code.{rule}"


def test_every_single_wrong_character_is_found() -> None:
    for place in range(18):
        for other in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            if other != CODES[0][place]:
                with pytest.raises(RefusedError):
                    credit_code(CODES[0][:place] + other + CODES[0][place + 1 :])


GCJ = wgs84_to_gcj02(LON, LAT)
BD = gcj02_to_bd09(*GCJ)


@pytest.mark.parametrize(
    ("x", "y", "crs", "name"),
    [
        (*GCJ, "GCJ-02", "GCJ-02"),
        (*GCJ, "火星坐标系", "GCJ-02"),
        (*BD, "BD09", "BD-09"),
        (LON, LAT, "WGS84", "EPSG:4326"),
        (37567878.58, 3952515.06, "EPSG:4525", "EPSG:4525"),
    ],
)
def test_coordinates_are_converted_from_what_the_row_declares(x: float, y: float, crs: str, name: str) -> None:
    row = only(parse(to_csv(ROW | {"经度": repr(x), "纬度": repr(y), "坐标系": crs})))
    assert (row["longitude"], row["latitude"]) == pytest.approx((LON, LAT), abs=2e-6)
    assert (row["source_x"], row["source_y"], row["source_crs"]) == (x, y, name)


def test_a_register_without_a_column_for_it_takes_the_contracts_system() -> None:
    plain = {name: value for name, value in ROW.items() if name != "坐标系"}
    assert only(parse(to_csv(plain), crs="EPSG:4326"))["source_crs"] == "EPSG:4326"
    assert [reject.rule for reject in parse(to_csv(plain)).rejects] == ["enterprise.crs.undeclared"]


@pytest.mark.parametrize(("x", "y"), [("", ""), ("0", "0")])
def test_an_enterprise_without_a_place_is_still_an_enterprise(x: str, y: str) -> None:
    row = only(parse(to_csv(ROW | {"经度": x, "纬度": y, "坐标系": ""})))
    assert (row["longitude"], row["latitude"], row["source_crs"]) == (None, None, "unknown")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"统一社会信用代码": "9.11E+17"}, "credit_code.scientific"),
        ({"统一社会信用代码": CODES[0][:-1] + "0"}, "credit_code.check"),
        ({"经度": str(LAT), "纬度": str(LON)}, "coordinates.swapped"),
        ({"经度": str(LAT), "纬度": str(LON), "坐标系": "GCJ-02"}, "coordinates.swapped"),
        ({"坐标系": ""}, "crs.undeclared"),
        ({"坐标系": "西安80"}, "coordinates.impossible"),
        ({"坐标系": "EPSG:4525"}, "coordinates.impossible"),
        ({"纬度": ""}, "coordinates.half"),
        ({"经度": "不详"}, "x.number"),
        ({"经度": "NaN"}, "x.number"),
        ({"风险等级": "紫"}, "static_level.unknown"),
        ({"重点企业": "也许"}, "is_key_enterprise.unknown"),
        ({"从业人数": "约300"}, "employees.number"),
        ({"从业人数": "3.5"}, "employees.number"),
        ({"更新时间": "去年"}, "updated_at.time"),
        ({"更新时间": ""}, "updated_at.time"),
        ({"企业名称": "模拟\ufffd公司"}, "row.mojibake"),
    ],
)
def test_a_bad_row_costs_itself_only_and_is_kept_as_typed(changes: dict[str, str], rule: str) -> None:
    parsed = parse(to_csv(ROW | {"统一社会信用代码": CODES[1]}, ROW | changes), crs="EPSG:4326")
    assert parsed.outcome is Outcome.PARTIAL
    assert [row["credit_code"] for row in rows(parsed)] == [CODES[1]]
    (reject,) = parsed.rejects
    assert (reject.where, reject.rule, reject.table) == ("line 3", f"enterprise.{rule}", "enterprise")
    assert reject.record == ROW | changes


def test_swapped_coordinates_are_called_so() -> None:
    (reject,) = parse(to_csv(ROW | {"经度": str(LAT), "纬度": str(LON)})).rejects
    assert "swapped" in reject.reason


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("红 红色 重大风险 一级 red RED", "red"),
        ("橙 较大 Ⅱ级 orange", "orange"),
        ("黄色 一般风险 三级 yellow", "yellow"),
        ("蓝 低风险 IV级 blue", "blue"),
        ("未评估 unknown", "unknown"),
    ],
)
def test_words_for_levels(words: str, level: str) -> None:
    for word in words.split():
        assert only(parse(to_csv(ROW | {"风险等级": word})))["static_level"] == level


def test_an_enterprise_that_nobody_graded_is_unknown_not_blue() -> None:
    assert only(parse(to_csv(ROW | {"风险等级": ""})))["static_level"] == "unknown"


def test_what_only_the_contract_can_judge_is_left_to_the_gate() -> None:
    row = only(parse(to_csv(ROW | {"企业名称": "", "重点企业": "", "经营状态": "奇怪", "经度": "10", "纬度": "20"})))
    assert (row["enterprise_name"], row["is_key_enterprise"], row["status"], row["longitude"]) == (
        None,
        None,
        "奇怪",
        10.0,
    )


def test_unknown_industries_land_as_sent_and_are_counted() -> None:
    parsed = parse(to_csv(ROW | {"行业类别": "航天"}))
    assert only(parsed)["industry"] == "航天"
    assert [(d.field, d.count) for d in parsed.drift] == [("industry", 1)]


def test_unknown_columns_are_kept_and_told() -> None:
    parsed = parse(to_csv(ROW | {"备注": "模拟", "空列": ""}))
    assert json.loads(only(parsed)["extra"]) == {"备注": "模拟"}
    assert [(d.field, d.count) for d in parsed.drift] == [("备注", 1)]


def test_of_a_repeated_entry_the_last_stands_and_it_is_told() -> None:
    parsed = parse(to_csv(ROW, ROW | {"风险等级": "橙"}, ROW | {"更新时间": "2026-08-02 08:00:00"}))
    assert [row["static_level"] for row in rows(parsed)] == ["orange", "red"]
    assert [(d.field, d.count) for d in parsed.drift] == [("(duplicate key)", 1)]


@pytest.mark.parametrize("column", ["统一社会信用代码", "企业名称", "行业类别", "风险等级", "重点企业", "更新时间"])
def test_a_missing_header_is_named(column: str) -> None:
    parsed = parse(to_csv({name: value for name, value in ROW.items() if name != column}))
    assert (parsed.outcome, [r.rule for r in parsed.rejects]) == (Outcome.REJECTED, ["enterprise.header.missing"])
    assert column[:2] in parsed.rejects[0].reason


def test_two_headers_of_one_meaning_are_refused() -> None:
    assert [r.rule for r in parse(to_csv(ROW | {"lon": "111"})).rejects] == ["enterprise.header.repeated"]


def test_rows_with_other_widths_are_rejected() -> None:
    whole = to_csv(ROW, encoding="utf-8").decode()
    broken = whole + f"{CODES[1]},模拟企业\n" + whole.splitlines()[1] + ",one,more\n"
    parsed = parse(broken.encode())
    assert (parsed.records, [r.rule for r in parsed.rejects]) == (1, ["enterprise.row.cells"] * 2)


def test_formulas_and_numbers_for_codes_in_a_workbook_are_rejected() -> None:
    parsed = parse(
        to_xlsx(
            ROW | {"统一社会信用代码": CODES[1]},
            ROW | {"从业人数": "=SUM(1,2)"},
            ROW | {"统一社会信用代码": 911100006000373416},
            ROW | {"企业名称": "#N/A"},
        )
    )
    assert parsed.records == 1
    assert [(r.where, r.rule) for r in parsed.rejects] == [
        ("Sheet row 3", "enterprise.cell.formula"),
        ("Sheet row 4", "enterprise.credit_code.scientific"),
        ("Sheet row 5", "enterprise.cell.formula"),
    ]


def test_a_workbook_whose_declared_size_is_too_small_is_read_to_its_end() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(to_xlsx(ROW))) as source, zipfile.ZipFile(out, "w") as target:
        for item in source.namelist():
            content = source.read(item)
            if item == "xl/worksheets/sheet1.xml":
                assert b'<dimension ref="A1:O2"' in content
                content = content.replace(b'<dimension ref="A1:O2"', b'<dimension ref="A1"')
            target.writestr(item, content)
    assert only(parse(out.getvalue())) == EXPECTED


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/workbook.xml", "w") as member:
        for _ in range(257):
            member.write(bytes(2**20))
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "file.empty"),
        (b"\n \n", "file.empty"),
        (to_csv(ROW).splitlines()[0], "file.empty"),
        (b"<html>login</html>", "file.kind"),
        (b'[{"name": "x"}]', "file.kind"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file.xls"),
        (b"PK\x03\x04 torn", "file.xlsx"),
        (to_xlsx(ROW)[:-300], "file.xlsx"),
        (b'a,b\n"x', "file.csv"),
        (b"\xff\xff\xff", "file.encoding"),
    ],
)
def test_what_is_no_register_is_refused_with_a_reason(body: bytes, rule: str) -> None:
    parsed = parse(body)
    assert (parsed.outcome, [r.rule for r in parsed.rejects]) == (Outcome.REJECTED, [f"enterprise.{rule}"])
    assert parsed.rejects[0].reason


def test_a_zip_bomb_is_not_unpacked() -> None:
    assert [r.rule for r in parse(zip_bomb()).rejects] == ["enterprise.file.size"]
