"""The gate: what lands, what is quarantined and what a person reads about it, on contracts made for the purpose."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from expectations import gate
from expectations.gate import Verdict
from feeds.contract import Contract
from feeds.reading import read
from feeds.registry import load

FETCHED = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TYPES = {
    "text": pa.string(),
    "jsonb": pa.string(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "double precision": pa.float64(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
}

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: gauge
name: 试验站 Gauges
version: 1.0.0
status: active
domain: water
description: {purpose: test}
servers: [{server: source, type: api, location: "http://127.0.0.1/"}]
schema:
  - name: reading
    physicalName: landing.reading
    businessName: 读数
    quality: TABLE_RULES
    properties:
      - {name: code, businessName: 站码, physicalType: text, required: true, primaryKey: true, primaryKeyPosition: 1}
      - name: event_at
        businessName: 时间
        physicalType: timestamptz
        required: true
        primaryKey: true
        primaryKeyPosition: 2
        logicalTypeOptions: {timezone: true, defaultTimezone: Etc/UTC}
      - name: issued_at
        businessName: 发布
        physicalType: timestamptz
        logicalTypeOptions: {timezone: true, defaultTimezone: Etc/UTC}
      - {name: value, businessName: 数值, physicalType: double precision, quality: VALUE_RULES}
      - name: level
        businessName: 水位
        physicalType: double precision
        logicalTypeOptions: {minimum: 0, maximum: 100}
      - {name: flags, businessName: 状态位, physicalType: integer, logicalTypeOptions: {minimum: 0}}
      - {name: online, businessName: 在线, physicalType: boolean, required: true}
      - {name: colour, businessName: 颜色, physicalType: text, quality: COLOUR_RULES}
      - {name: details, businessName: 明细, physicalType: jsonb}
team: {name: Test bureau}
slaProperties:
  - {property: frequency, value: 60, unit: s}
  - {property: latency, value: 60, unit: s, element: reading.event_at}
  - {property: retention, value: 1, unit: y}
customProperties:
  - {property: department, value: 水务}
  - {property: connector, value: {transport: http, format: test}}
  - {property: clock, value: {event: event_at, issued: issued_at, zone: Etc/UTC, max_future_s: 600}}
  - {property: crs, value: EPSG:4326}
  - {property: expected, value: {kind: polls}}
"""


def rule(severity: str, expectation: str, **kwargs: Any) -> dict[str, Any]:
    return {
        "type": "custom",
        "engine": "greatExpectations",
        "severity": severity,
        "implementation": {"type": expectation, "kwargs": kwargs},
    }


def contract_with(tmp_path: Path, **rules: list[dict[str, Any]]) -> Contract:
    """The test contract with quality rules for ``value``, ``colour`` or the ``table``."""
    text = CONTRACT
    for place in ("value", "colour", "table"):
        text = text.replace(f"{place.upper()}_RULES", json.dumps(rules.get(place, []), ensure_ascii=False))
    file = tmp_path / "gauge.yml"
    file.write_text(text, encoding="utf-8")
    return read(file)


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    return contract_with(tmp_path)


def good_row(contract: Contract, table: str) -> dict[str, Any]:
    """A row that breaks none of the derived rules: every column filled, numbers inside their bounds."""
    row: dict[str, Any] = {}
    for column in contract.table(table).columns:
        number = column.minimum if column.minimum is not None else 1
        row[column.name] = {
            "text": "甲",
            "jsonb": '{"备注":"正常"}',
            "timestamptz": FETCHED - timedelta(minutes=5),
            "double precision": float(number),
            "integer": int(number),
            "bigint": int(number),
            "boolean": True,
        }[column.physical_type]
    return row


def frame_of(contract: Contract, table: str, changes: list[Mapping[str, Any]]) -> pa.Table:
    """Good rows with ``changes``, one row each; text keys are made distinct."""
    rows = [{**good_row(contract, table), "extra": None, **change} for change in changes]
    first = contract.table(table).key[0]
    for number, (row, change) in enumerate(zip(rows, changes, strict=True)):
        if first not in change:
            row[first] = f"{row[first]}{number}"
        row.setdefault("payload_sha256", "00")
        row.setdefault("fetched_at", FETCHED)
    columns = {c.name: TYPES[c.physical_type] for c in contract.table(table).columns}
    columns |= {"extra": pa.string(), "payload_sha256": pa.string(), "fetched_at": TYPES["timestamptz"]}
    return pa.table({name: pa.array([row[name] for row in rows], type_) for name, type_ in columns.items()})


def judge(contract: Contract, *changes: Mapping[str, Any]) -> Verdict:
    table = contract.tables[0].name
    return gate.check(contract.table(table), frame_of(contract, table, list(changes)), contract=contract)


def broken(verdict: Verdict) -> set[tuple[int, str]]:
    return {(failure.row, failure.rule) for failure in verdict.failures}


def kept_codes(verdict: Verdict) -> list[str]:
    return verdict.kept.column("code").to_pylist()


# -- derived rules ------------------------------------------------------------------------------------------


def test_good_rows_land_as_they_are(contract: Contract) -> None:
    frame = frame_of(contract, "reading", [{}, {}])
    verdict = gate.check(contract.table("reading"), frame, contract=contract)
    assert verdict.kept.drop_columns(["quality_flags"]).equals(frame)
    assert verdict.kept.column("quality_flags").to_pylist() == [[], []]
    assert (verdict.failures, verdict.held) == ([], False)
    assert verdict.results[0]["success"] is True
    assert verdict.results[0]["max_severity"] is None


@pytest.mark.parametrize(
    ("change", "rule_name"),
    [
        ({"code": None}, "code.not_null"),
        ({"event_at": None}, "event_at.not_null"),
        ({"online": None}, "online.not_null"),
        ({"level": 100.5}, "level.between"),
        ({"level": -0.5}, "level.between"),
        ({"level": float("nan")}, "level.between"),
        ({"level": float("inf")}, "level.between"),
        ({"value": float("nan")}, "value.finite"),
        ({"value": float("inf")}, "value.finite"),
        ({"value": float("-inf")}, "value.finite"),
        ({"flags": -1}, "flags.between"),
        ({"event_at": datetime(2999, 1, 1, tzinfo=UTC)}, "event_at.not_in_future"),
        ({"event_at": FETCHED + timedelta(seconds=601)}, "event_at.not_in_future"),
        ({"issued_at": FETCHED + timedelta(seconds=601)}, "issued_at.not_in_future"),
        ({"event_at": datetime(1899, 12, 30, tzinfo=UTC)}, "event_at.not_before_1900"),
        ({"issued_at": datetime(1, 1, 1, tzinfo=UTC)}, "issued_at.not_before_1900"),
        ({"colour": "a\x00b"}, "text.nul"),
        ({"details": '{"a":"\\u0000"}'}, "text.nul"),
        ({"extra": '{"a":"\\u0000"}'}, "text.nul"),
    ],
)
def test_a_row_that_breaks_a_derived_rule_is_quarantined_alone(
    contract: Contract, change: Mapping[str, Any], rule_name: str
) -> None:
    verdict = judge(contract, {}, change, {})
    assert broken(verdict) == {(1, rule_name)}
    assert verdict.failures[0].severity == "error"
    assert kept_codes(verdict) == ["甲0", "甲2"]
    assert verdict.results[0]["max_severity"] == "error"
    assert verdict.results[0]["failed_rows"] == 1
    assert verdict.results[0]["success"] is False


@pytest.mark.parametrize(
    "change",
    [
        {"value": None, "level": None, "flags": None, "issued_at": None, "colour": None, "details": None},
        {"value": 1.7976931348623157e308},
        {"value": -0.0, "level": 0.0, "flags": 0},
        {"level": 100.0},
        {"event_at": FETCHED + timedelta(seconds=600)},
        {"event_at": datetime(1900, 1, 1, tzinfo=UTC)},
        {"details": '{"a":"\\\\u0000"}'},  # an escaped backslash, then plain text
        {"colour": "\\u0000"},  # plain text is no JSON
        {"extra": '{"新字段":1}'},
    ],
)
def test_what_the_contract_allows_lands(contract: Contract, change: Mapping[str, Any]) -> None:
    verdict = judge(contract, change, {})
    assert broken(verdict) == set()
    assert verdict.kept.num_rows == 2


def test_one_row_may_break_several_rules_and_is_removed_once(contract: Contract) -> None:
    verdict = judge(contract, {"level": 200.0, "flags": -5, "online": None}, {})
    assert broken(verdict) == {(0, "level.between"), (0, "flags.between"), (0, "online.not_null")}
    assert len(verdict.failures) == 3
    assert kept_codes(verdict) == ["甲1"]
    assert verdict.results[0]["failed_rows"] == 1


def test_a_clock_is_judged_against_its_own_payload(contract: Contract) -> None:
    at = FETCHED + timedelta(hours=3)
    verdict = judge(contract, {"event_at": at}, {"event_at": at, "fetched_at": at})
    assert broken(verdict) == {(0, "event_at.not_in_future")}


def test_rows_without_fetch_time_are_refused(contract: Contract) -> None:
    with pytest.raises(ValueError, match="fetched_at"):
        judge(contract, {"fetched_at": None})


def test_a_repeated_key_is_counted_and_lands(contract: Contract) -> None:
    verdict = judge(contract, {"code": "乙"}, {"code": "乙"}, {"code": "丙"})
    assert verdict.failures == []
    assert verdict.kept.num_rows == 3
    [entry] = [r for r in verdict.results[0]["rules"] if not r["success"]]
    assert (entry["rule"], entry["severity"], entry["failed"]) == ("key.unique", "info", 2)
    assert verdict.results[0]["success"] is True
    assert verdict.results[0]["max_severity"] == "info"


def test_integers_and_booleans_with_nulls_keep_their_meaning(contract: Contract) -> None:
    verdict = judge(contract, {"flags": None}, {"flags": -1}, {"online": None}, {"online": False})
    assert broken(verdict) == {(1, "flags.between"), (2, "online.not_null")}
    assert verdict.kept.column("flags").to_pylist() == [None, 0]
    assert verdict.kept.column("online").to_pylist() == [True, False]
    assert verdict.kept.schema.field("flags").type == pa.int32()


# -- severities ---------------------------------------------------------------------------------------------


def test_a_warning_lands_flagged(tmp_path: Path) -> None:
    contract = contract_with(
        tmp_path,
        value=[rule("warning", "expect_column_values_to_be_between", max_value=50)],
        colour=[rule("warning", "expect_column_values_to_be_in_set", value_set=["红", "橙"])],
    )
    verdict = judge(contract, {"value": 60.0, "colour": "红"}, {"value": 1.0, "colour": "橙"}, {"value": 60.0})
    assert verdict.failures == []
    flags = verdict.kept.column("quality_flags").to_pylist()
    assert flags == [["value.between"], [], ["value.between", "colour.in_set"]]
    assert verdict.results[0]["max_severity"] == "warning"
    assert verdict.results[0]["success"] is True


def test_flags_stay_with_their_rows_when_others_are_removed(tmp_path: Path) -> None:
    contract = contract_with(tmp_path, value=[rule("warning", "expect_column_values_to_be_between", max_value=50)])
    verdict = judge(contract, {"flags": -1, "value": 60.0}, {}, {"value": 60.0})
    assert kept_codes(verdict) == ["甲1", "甲2"]
    assert verdict.kept.column("quality_flags").to_pylist() == [[], ["value.between"]]


def test_info_is_only_counted(tmp_path: Path) -> None:
    contract = contract_with(tmp_path, value=[rule("info", "expect_column_values_to_be_between", max_value=50)])
    verdict = judge(contract, {"value": 60.0}, {})
    assert verdict.kept.column("quality_flags").to_pylist() == [[], []]
    assert {r["rule"]: r["failed"] for r in verdict.results[0]["rules"] if not r["success"]} == {"value.between": 1}


def test_a_critical_rule_holds_every_row(tmp_path: Path) -> None:
    contract = contract_with(tmp_path, value=[rule("critical", "expect_column_values_to_be_between", max_value=50)])
    verdict = judge(contract, {}, {"value": 60.0}, {"flags": -1})
    assert verdict.held
    assert verdict.kept.num_rows == 0
    assert broken(verdict) == {(0, "value.between"), (1, "value.between"), (2, "value.between")}
    assert {failure.severity for failure in verdict.failures} == {"critical"}
    assert "60.0" in verdict.failures[1].reason
    assert "the batch is held" in verdict.failures[0].reason
    assert verdict.results[0]["max_severity"] == "critical"
    assert verdict.results[0]["failed_rows"] == 3


def test_a_rule_about_the_whole_table_can_hold_it(tmp_path: Path) -> None:
    few = rule("critical", "expect_table_row_count_to_be_between", min_value=2)
    contract = contract_with(tmp_path, table=[few])
    assert not judge(contract, {}, {}).held
    verdict = judge(contract, {})
    assert verdict.held
    assert broken(verdict) == {(0, "table.row_count_to_be_between")}


def test_a_rule_about_the_whole_table_cannot_be_an_error(tmp_path: Path) -> None:
    contract = contract_with(tmp_path, table=[rule("error", "expect_table_row_count_to_be_between", min_value=2)])
    with pytest.raises(ValueError, match="make it critical, warning or info"):
        judge(contract, {})


def test_great_expectations_calls_critical_what_holds_the_batch_and_nothing_else(tmp_path: Path) -> None:
    from expectations import _gx, suite

    contract = contract_with(
        tmp_path,
        value=[rule("critical", "expect_column_values_to_be_between", max_value=50)],
        colour=[rule("warning", "expect_column_values_to_be_in_set", value_set=["红"])],
    )
    checks = suite.checks(contract, contract.table("reading"))
    gx_says = {e.meta["rule"]: e.severity.value for e in _gx.compile_suite("s", checks).expectations}
    assert {rule for rule, severity in gx_says.items() if severity == "critical"} == {"table.columns", "value.between"}
    assert gx_says["colour.in_set"] == gx_says["level.between"] == "warning"
    assert gx_says["key.unique"] == "info"


# -- the contract's own rules -------------------------------------------------------------------------------


def test_chinese_sets_and_patterns(tmp_path: Path) -> None:
    contract = contract_with(
        tmp_path,
        colour=[
            rule("error", "expect_column_values_to_be_in_set", value_set=["红色", "橙色", "红色㐀"]),
            rule("error", "expect_column_values_to_match_regex", regex="^[红橙]色$"),
        ],
    )
    verdict = judge(contract, {"colour": "红色"}, {"colour": "绿色"}, {"colour": "红色㐀"}, {"colour": None})
    assert broken(verdict) == {(1, "colour.in_set"), (1, "colour.matches_regex"), (2, "colour.matches_regex")}
    reason = next(f.reason for f in verdict.failures if f.rule == "colour.in_set")
    assert reason == (
        "colour is 绿色, expected one of 红色, 橙色, 红色㐀；颜色为 绿色，应为其中之一：红色, 橙色, 红色㐀"
    )


def test_a_pattern_with_lookahead(tmp_path: Path) -> None:
    contract = contract_with(tmp_path, colour=[rule("error", "expect_column_values_to_match_regex", regex="^(?!坏)")])
    assert broken(judge(contract, {"colour": "好"}, {"colour": "坏"})) == {(1, "colour.matches_regex")}


def test_two_ranges_on_one_column_are_two_rules(tmp_path: Path) -> None:
    between = "expect_column_values_to_be_between"
    contract = contract_with(
        tmp_path, value=[rule("error", between, max_value=90), rule("warning", between, max_value=50)]
    )
    verdict = judge(contract, {"value": 95.0}, {"value": 60.0}, {"value": 10.0})
    assert broken(verdict) == {(0, "value.between")}
    assert verdict.kept.column("quality_flags").to_pylist() == [["value.between_2"], []]


def test_two_columns_compared(tmp_path: Path) -> None:
    later = rule(
        "error",
        "expect_column_pair_values_a_to_be_greater_than_b",
        column_A="issued_at",
        column_B="event_at",
        or_equal=True,
        ignore_row_if="either_value_is_missing",
    )
    contract = contract_with(tmp_path, table=[later])
    verdict = judge(contract, {"issued_at": FETCHED - timedelta(days=1)}, {"issued_at": None}, {})
    assert broken(verdict) == {(0, "issued_at.greater_than")}


@pytest.mark.parametrize(
    "bad",
    [
        rule("error", "expect_column_values_to_be_wonderful"),
        rule("error", "expect_column_values_to_be_in_set", set_of_values=["红"]),
        rule("error", "expect_column_values_to_match_regex", regex="(["),
    ],
)
def test_a_rule_that_cannot_be_run_stops_the_gate_and_names_itself(tmp_path: Path, bad: dict[str, Any]) -> None:
    from expectations._gx import GateError

    contract = contract_with(tmp_path, colour=[bad])
    with pytest.raises(GateError, match=r"rule colour\..* To recover"):
        judge(contract, {})


# -- columns ------------------------------------------------------------------------------------------------


def test_an_unknown_column_holds_the_batch(contract: Contract) -> None:
    frame = frame_of(contract, "reading", [{}, {}]).append_column("surprise", pa.array([1, 2]))
    verdict = gate.check(contract.table("reading"), frame, contract=contract)
    assert verdict.held
    assert broken(verdict) == {(0, "table.columns"), (1, "table.columns")}
    assert "unknown surprise" in verdict.failures[0].reason


def test_a_missing_column_holds_the_batch_and_the_other_rules_still_run(contract: Contract) -> None:
    frame = frame_of(contract, "reading", [{"flags": -1}]).drop_columns(["level"])
    verdict = gate.check(contract.table("reading"), frame, contract=contract)
    assert verdict.held
    assert "missing level" in verdict.failures[0].reason
    failed = {r["rule"] for r in verdict.results[0]["rules"] if not r["success"]}
    assert failed == {"table.columns", "flags.between"}
    assert "level.between" not in {r["rule"] for r in verdict.results[0]["rules"]}


def test_an_empty_frame_passes_without_great_expectations(contract: Contract) -> None:
    verdict = judge(contract)
    assert verdict.kept.schema.names[-1] == "quality_flags"
    assert verdict.results[0]["success"] is True
    assert (verdict.results[0]["rows"], verdict.results[0]["rules"]) == (0, [])


# -- what is handed on --------------------------------------------------------------------------------------


def test_a_record_is_json_that_postgresql_can_store(contract: Contract) -> None:
    verdict = judge(contract, {"value": float("nan"), "level": float("-inf"), "colour": "a\x00b", "code": "丁"})
    record = verdict.failures[0].record
    text = json.dumps(record, allow_nan=False, ensure_ascii=False)
    assert "\x00" not in text
    assert record == {
        "code": "丁",
        "event_at": "2026-11-22T07:55:00.000000Z",
        "issued_at": "2026-11-22T07:55:00.000000Z",
        "value": "NaN",
        "level": "-Infinity",
        "flags": 0,
        "online": True,
        "colour": "a␀b",
        "details": '{"备注":"正常"}',
        "extra": None,
    }


def test_a_reason_shows_the_value_cut_short_and_nothing_else_of_the_record(tmp_path: Path) -> None:
    contract = contract_with(tmp_path, colour=[rule("error", "expect_column_values_to_be_in_set", value_set=["红"])])
    verdict = judge(contract, {"colour": "长" * 500 + "尾", "code": "机密"})
    [failure] = verdict.failures
    assert "长" * 80 + "…" in failure.reason
    assert "尾" not in failure.reason
    assert "机密" not in failure.reason
    assert len(failure.reason) < 400


def test_results_are_small_json_with_counts_per_rule(contract: Contract) -> None:
    verdict = judge(contract, *({"level": 200.0 + i} for i in range(40)), {"value": float("nan")})
    result = json.loads(json.dumps(verdict.results[0], allow_nan=False))
    failed = {r["rule"]: r["failed"] for r in result["rules"] if not r["success"]}
    assert failed == {"level.between": 40, "value.finite": 1}
    assert all(len(r["sample"]) <= 3 for r in result["rules"] if not r["success"])
    assert result["statistics"]["unsuccessful_expectations"] == 2
    assert result["statistics"]["evaluated_expectations"] == len(result["rules"])
    assert len(json.dumps(result)) < 8_000


def test_the_same_frame_gets_the_same_verdict(tmp_path: Path) -> None:
    contract = contract_with(tmp_path, value=[rule("warning", "expect_column_values_to_be_between", max_value=50)])
    changes = [{"level": 200.0, "flags": -1}, {"value": 60.0}, {"code": None}, {}]
    first, second = judge(contract, *changes), judge(contract, *changes)
    assert first.failures == second.failures
    assert first.kept.equals(second.kept)
    assert first.results == second.results


def test_a_table_held_for_its_sibling_gives_up_every_row(contract: Contract) -> None:
    failures = gate.hold(frame_of(contract, "reading", [{}, {}]), because="warning: table.columns")
    assert [(f.row, f.rule, f.severity) for f in failures] == [
        (0, "batch.held", "critical"),
        (1, "batch.held", "critical"),
    ]
    assert failures[1].record["code"] == "甲1"


# -- volume -------------------------------------------------------------------------------------------------


def test_every_one_of_210_000_failing_rows_is_named(contract: Contract) -> None:
    rows = 250_000
    template = frame_of(contract, "reading", [{}])
    levels = [200.0 if i % 100 < 84 else 50.0 for i in range(rows)]
    columns = {
        name: pa.array([template.column(name)[0].as_py()] * rows, template.schema.field(name).type)
        for name in template.column_names
    }
    columns["level"] = pa.array(levels, pa.float64())
    columns["code"] = pa.array([str(i) for i in range(rows)])
    verdict = gate.check(contract.table("reading"), pa.table(columns), contract=contract)
    assert {f.rule for f in verdict.failures} == {"level.between"}
    assert [f.row for f in verdict.failures] == [i for i in range(rows) if i % 100 < 84]
    assert verdict.kept.num_rows == 40_000
    assert verdict.failures[-1].record["code"] == str(verdict.failures[-1].row)


def test_an_override_flags_what_it_lands(tmp_path: Path) -> None:
    warned = rule("warning", "expect_column_values_to_be_between", max_value=50)
    held = rule("critical", "expect_column_values_to_be_in_set", value_set=["红"])
    contract = contract_with(tmp_path, value=[warned], colour=[held])
    table = contract.table("reading")
    frame = frame_of(contract, "reading", [{"flags": -1, "value": 60.0, "colour": "红"}, {"colour": "红"}])
    verdict = gate.check(table, frame, contract=contract, override=True)
    assert verdict.failures == []
    assert verdict.kept.column("quality_flags").to_pylist() == [["flags.between", "value.between"], []]
    frame = frame_of(contract, "reading", [{"colour": "绿"}])
    assert gate.check(table, frame, contract=contract, override=True).held


def test_rows_beyond_one_slice_keep_their_positions(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "MAX_ROWS", 2)
    verdict = judge(contract, {}, {}, {"flags": -1}, {}, {"level": -1.0})
    assert broken(verdict) == {(2, "flags.between"), (4, "level.between")}
    assert kept_codes(verdict) == ["甲0", "甲1", "甲3"]
    assert len(verdict.results) == 1


# -- the five feeds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feed", "table"),
    [("water_regime", "station"), ("enterprise_register", "enterprise"), ("coal_mine_safety", "sensor")],
)
def test_swapped_coordinates_are_quarantined(feed: str, table: str) -> None:
    contract = load(feed)
    right = {"longitude": 112.55, "latitude": 37.87}
    swapped = {"longitude": 37.87, "latitude": 112.55}
    frame = frame_of(contract, table, [right, swapped])
    verdict = gate.check(contract.table(table), frame, contract=contract)
    positions = {(f.row, f.rule) for f in verdict.failures if f.column in ("longitude", "latitude")}
    assert positions == {(1, "longitude.between"), (1, "latitude.between")}


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"event_at": FETCHED + timedelta(hours=72)}, set()),
        ({"event_at": FETCHED + timedelta(days=31)}, {"event_at.not_in_future"}),
        ({"sent_at": FETCHED + timedelta(hours=1)}, {"sent_at.not_in_future"}),
    ],
)
def test_a_warning_may_announce_what_comes_in_72_hours(change: Mapping[str, Any], rules: set[str]) -> None:
    contract = load("weather_warning")
    words = {"status": "Actual", "msg_type": "Alert", "scope": "Public"}
    verdict = gate.check(contract.table("warning"), frame_of(contract, "warning", [words | change]), contract=contract)
    assert {rule for _, rule in broken(verdict)} == rules


def test_every_table_of_every_feed_has_a_suite_that_runs() -> None:
    from feeds.registry import load_all

    contracts = load_all()
    assert len(contracts) >= 5
    for contract in contracts.values():
        for table in contract.tables:
            frame = frame_of(contract, table.name, [{}])
            verdict = gate.check(table, frame, contract=contract)
            derived = {f.rule for f in verdict.failures} - {
                f"{column.name}.{own}"
                for column in table.columns
                for own in ("in_set", "matches_regex")
                if column.rules
            }
            assert derived == set(), f"{contract.id}.{table.name}"


def test_contracts_and_the_gate_load_without_great_expectations() -> None:
    code = (
        "import sys, feeds.registry, riskmap.settings, expectations, expectations.gate, expectations.data_docs; "
        "sys.exit('great_expectations' in sys.modules or 'pandas' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
