"""Exports of hidden-danger ledgers: three kinds of files, states, persons, dates that contradict each other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.enterprise.hidden_danger import PARSER
from connectors.model import Outcome, Parsed, Payload
from connectors.person import hashed
from feeds.registry import load

NOW = datetime(2026, 8, 10, 8, tzinfo=UTC)
SALT = "a salt of this test only"
ENGLISH = (
    "dangerId,findTime,classType,findPerson,checkUnit,address,content,dangerGrade,type,unit,manager,"
    "dangerStatusNum,dangerStatus,dangerReport"
)
DANGER = "7,2026-08-01 00:10:00,零点班,张三、李四,模拟局,副井,模拟：结冰,C,其他,模拟队,王五,00,已现场处理,"


def parse(body: str, **options: Any) -> Parsed:
    return PARSER.parse(Payload(body.encode(), "x", "x.csv", NOW), {"salt": SALT} | options)


def rows(parsed: Parsed, table: str = "hidden_danger") -> list[dict[str, Any]]:
    return parsed.tables[table].to_pylist() if table in parsed.tables else []


def test_a_danger_of_an_english_export() -> None:
    parsed = parse(f"{ENGLISH}\n{DANGER}\n")
    [row] = rows(parsed)
    assert (row["danger_code"], row["state"], row["manage_type"], row["danger_level"]) == (
        "7",
        "closed",
        "at_once",
        "general",
    )
    assert row["found_at"] == datetime(2026, 7, 31, 16, 10, tzinfo=UTC)
    assert row["responsible_person_hash"] == hashed("王五", SALT)
    extra = json.loads(row["extra"])
    assert extra["found_by_hashes"] == [hashed("张三", SALT), hashed("李四", SALT)]
    assert (extra["grade"], extra["shift"], extra["check_unit"]) == ("C", "零点班", "模拟局")
    assert not any(name in json.dumps(row, ensure_ascii=False, default=str) for name in ("张三", "李四", "王五"))
    assert (parsed.outcome, list(parsed.drift)) == (Outcome.ACCEPTED, [])


def test_a_danger_of_a_chinese_ledger_below_a_title_with_its_enterprise() -> None:
    header = "隐患编号,煤矿编码,检查时间,隐患地点,隐患内容,隐患级别,整改期限,验收时间,状态,整改资金（元）,挂牌督办"
    row = "3,140500000017,2026-08-01,模拟面,模拟：漏顶,重大,2026-08-15,2026-08-14 10:00,已销号,20000,是"
    [found] = rows(parse(f"模拟煤矿隐患台账,,,,,,,,,,\n{header}\n{row}\n"))
    assert (found["danger_code"], found["danger_level"], found["state"]) == ("140500000017-3", "major", "closed")
    assert (found["cost_cny"], found["is_supervised"]) == (20000.0, True)
    assert found["accepted_at"] == datetime(2026, 8, 14, 2, tzinfo=UTC)
    assert found["deadline_at"] == datetime(2026, 8, 15, 16, tzinfo=UTC)  # when the 15th is over in Beijing


def test_a_deadline_with_an_hour_ends_at_that_hour() -> None:
    header, row = "隐患编号,检查时间,隐患内容,状态,整改期限", "3,2026-08-01,模拟：漏顶,整改中,"
    for text, ends in (("2026-08-15 00:00", 14), ("20260815000000", 14), ("2026-08-15", 15), ("2026/8/15", 15)):
        [found] = rows(parse(f"{header}\n{row}{text}\n"))
        assert found["deadline_at"] == datetime(2026, 8, ends, 16, tzinfo=UTC), text


@pytest.mark.parametrize(
    ("word", "number", "state"),
    [
        ("已五定", "10", "rectifying"),
        ("已复查", "10", "accepted"),  # the number lags behind
        ("未五定", "00", "found"),
        ("待验收", "", "awaiting_acceptance"),
        ("", "12", "accepted"),
    ],
)
def test_the_word_of_a_state_goes_before_its_number(word: str, number: str, state: str) -> None:
    line = DANGER.replace("00,已现场处理", f"{number},{word}")
    assert rows(parse(f"{ENGLISH}\n{line}\n"))[0]["state"] == state


@pytest.mark.parametrize(("word", "number"), [("正在研究", "10"), ("", "00"), ("", "")])
def test_a_state_that_is_not_known_is_rejected(word: str, number: str) -> None:
    line = DANGER.replace("00,已现场处理", f"{number},{word}")
    parsed = parse(f"{ENGLISH}\n{line}\n{DANGER.replace('7,', '8,', 1)}\n")
    assert [reject.rule for reject in parsed.rejects] == ["hidden_danger.state.unknown"]
    assert len(rows(parsed)) == 1
    assert parsed.rejects[0].record is not None
    assert "王五" not in str(parsed.rejects[0].record)


def test_an_unknown_grade_is_no_reason_to_lose_a_danger() -> None:
    parsed = parse(f"{ENGLISH}\n{DANGER.replace(',C,', ',特级,')}\n")
    assert (rows(parsed)[0]["danger_level"], [seen.field for seen in parsed.drift]) == (None, ["grade.unknown"])


def test_orders_with_contradicting_dates_land() -> None:
    header = "sidingId,dangerId,sidingTime,supervisor,rectificationTime,rectificationMeasure,dutyPerson"
    lines = [
        "1,7,2026-08-04 09:00:00,赵六,2026-08-03 09:00:00,模拟：已整改,王五",
        "2,7,2026-08-04 09:00:00,赵六,2027-08-04 09:00:00,模拟：已整改,王五",
    ]
    parsed = parse("\n".join([header, *lines]))
    found = rows(parsed, "rectification_order")
    assert [row["days_allowed"] for row in found] == [-1.0, 365.0]
    assert found[0]["supervisor_hash"] == hashed("赵六", SALT)
    assert parsed.rejects == []


def test_the_contract_flags_such_orders() -> None:
    table = load("hidden_danger_ledger").table("rectification_order")
    rules = [(rule.expectation, rule.severity) for rule in table.rules]
    assert rules == [("expect_column_pair_values_a_to_be_greater_than_b", "warning")]
    days = table.column("days_allowed")
    assert days is not None
    assert [(rule.kwargs, rule.severity) for rule in days.rules] == [({"min_value": 0, "max_value": 180}, "warning")]


def test_what_was_mended_on_the_spot() -> None:
    header = "disposeId,dangerId,hasSafeMeasure,disposeMeasure,disposeDate,disposePerson"
    parsed = parse(f"{header}\n35,7,1,模拟：已清除,2026-08-02 08:46:50,王五\n36,7,也许,x,2026-08-02,王五\n")
    [row] = rows(parsed, "spot_disposal")
    assert (row["disposal_code"], row["has_safety_measure"]) == ("35", True)
    assert row["disposed_by_hash"] == hashed("王五", SALT)
    assert [reject.rule for reject in parsed.rejects] == ["hidden_danger.has_safety_measure.unknown"]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("2026-08-01 00:10:00", "2026-13-01", "hidden_danger.found_at.time"),
        ("2026-08-01 00:10:00", "", "hidden_danger.found_at.missing"),
        ("模拟：结冰", "", "hidden_danger.description.missing"),
        ("模拟：结冰", "结Ã¯Â¿Â½冰", "hidden_danger.row.mojibake"),
        ("副井,", "副井,多,", "hidden_danger.row.cells"),
    ],
)
def test_a_row_that_cannot_be_read_costs_itself(old: str, new: str, rule: str) -> None:
    parsed = parse(f"{ENGLISH}\n{DANGER.replace(old, new)}\n{DANGER.replace('7,', '8,', 1)}\n")
    assert ([reject.rule for reject in parsed.rejects], len(rows(parsed))) == ([rule], 1)
    assert parsed.rejects[0].where == "line 2"


JOINED = f"{ENGLISH},sidingId,sidingTime,supervisor,rectificationTime,rectificationMeasure,dutyPerson"


def test_a_table_that_joins_dangers_and_their_orders_gives_both() -> None:
    ordered = DANGER.replace("已现场处理", "已四定") + ",45,2026-08-02 08:00:00,赵六,2026-08-05,模拟：除冰,王五"
    parsed = parse(f"{JOINED}\n{ordered}\n{DANGER.replace('7', '8', 1)},,,,,,\n")
    assert [(row["danger_code"], row["state"]) for row in rows(parsed)] == [("7", "rectifying"), ("8", "closed")]
    assert rows(parsed)[0]["responsible_person_hash"] == hashed("王五", SALT)
    [order] = rows(parsed, "rectification_order")
    assert (order["order_code"], order["danger_code"], order["measure"]) == ("45", "7", "模拟：除冰")
    assert order["supervisor_hash"] == hashed("赵六", SALT)
    assert (parsed.outcome, list(parsed.drift)) == (Outcome.ACCEPTED, [])


def test_a_row_of_a_joined_table_that_is_rejected_names_no_person() -> None:
    row = DANGER.replace("已现场处理", "不明") + ",45,2026-08-02 08:00:00,赵六,2026-08-05,模拟：除冰,王五"
    parsed = parse(f"{JOINED}\n{row}\n")
    [reject] = parsed.rejects
    assert reject.rule == "hidden_danger.state.unknown"
    assert not any(name in json.dumps(reject.record, ensure_ascii=False) for name in ("张三", "王五", "赵六"))


def test_another_table_is_rejected_with_what_is_missing() -> None:
    parsed = parse("a,b\n1,2\n")
    assert [reject.rule for reject in parsed.rejects] == ["hidden_danger.header.missing"]
    assert "findTime" in parsed.rejects[0].reason


def test_without_a_salt_no_person_is_kept_and_that_is_told() -> None:
    parsed = parse(f"{ENGLISH}\n{DANGER}\n", salt=None)
    [row] = rows(parsed)
    assert (row["responsible_person_hash"], "found_by_hashes" in json.loads(row["extra"])) == (None, False)
    told = {seen.field: seen.count for seen in parsed.drift}
    assert told == {"found_by.(no salt)": 2, "responsible_person.(no salt)": 1}
