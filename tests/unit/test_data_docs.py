"""Data Docs: pages that stand alone, stay few, and show what a source sent without running it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from expectations.data_docs import KEPT, StoredResult, build

AT = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)


class Page(HTMLParser):
    """Tags, references and text of a page; references to other hosts must not exist."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []
        self.text = ""
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for name, value in attrs if name in ("href", "src", "action", "data")]

    def handle_data(self, data: str) -> None:
        self.text += data


def rule(name: str, expectation: str, severity: str = "error", failed: int = 0, **more: Any) -> dict[str, Any]:
    kwargs, sample = more.pop("kwargs"), more.pop("sample", [])
    entry = {"rule": name, "expectation": expectation, "kwargs": kwargs, "severity": severity, "success": not failed}
    return entry | ({"failed": failed, "sample": sample, "expected": more.pop("expected", "")} if failed else {})


def result(*rules: dict[str, Any]) -> dict[str, Any]:
    failing = [r for r in rules if not r["success"]]
    return {
        "success": not failing,
        "max_severity": "error" if failing else None,
        "rows": 100,
        "failed_rows": sum(r["failed"] for r in failing),
        "statistics": {
            "evaluated_expectations": len(rules),
            "successful_expectations": len(rules) - len(failing),
            "unsuccessful_expectations": len(failing),
            "success_percent": 50.0,
        },
        "rules": list(rules),
    }


IN_SET = rule(
    "status.in_set",
    "expect_column_values_to_be_in_set",
    failed=3,
    kwargs={"column": "status", "value_set": ["在用", "停用"]},
    sample=["坏<script>alert(1)</script>", "关 & 停"],
    expected="expected one of 在用, 停用；应为其中之一：在用, 停用",
)
NOT_NULL = rule("code.not_null", "expect_column_values_to_not_be_null", kwargs={"column": "code"})
PATTERN = rule(
    "code.matches_regex", "expect_column_values_to_match_regex", kwargs={"column": "code", "regex": "^(?<!x)[红橙]$"}
)


def stored(batch: int, feed: str = "water_regime", **more: Any) -> StoredResult:
    return StoredResult(
        feed_id=feed,
        table="station",
        batch_id=batch,
        validated_at=AT + timedelta(minutes=batch),
        result=more.get("result", result(NOT_NULL, IN_SET, PATTERN)),
    )


def test_a_page_shows_rules_counts_and_chinese(tmp_path: Path) -> None:
    build([stored(7)], tmp_path)
    page = Page(tmp_path / stored(7).file)
    assert "RiskMap 一张图" in page.text
    assert "status.in_set" in page.text
    assert "应为其中之一：在用, 停用" in page.text
    assert "3 unexpected values found. 3% of 100 total rows." in page.text  # GX's own words
    assert "2026-11-22 08:07:00" in page.text  # Beijing time
    assert "^(?<!x)[红橙]$" in page.text


def test_what_a_source_sent_is_text_not_markup(tmp_path: Path) -> None:
    build([stored(7)], tmp_path)
    page = Page(tmp_path / stored(7).file)
    assert "script" not in page.tags
    assert "坏<script>alert(1)</script>" in page.text
    assert "关 & 停" in page.text


def test_pages_fetch_nothing(tmp_path: Path) -> None:
    build([stored(1), stored(2, feed="earthquake")], tmp_path)
    files = sorted(tmp_path.glob("*.html"))
    assert len(files) == 3
    for file in files:
        page = Page(file)
        assert [r for r in page.references if not re.fullmatch(r"[\w.]+\.html", r)] == []
        assert {"script", "link", "img", "iframe", "base"}.isdisjoint(page.tags)
        assert not re.search(r"url\(|@import|https?://", file.read_text(encoding="utf-8"))


def test_the_index_links_the_newest_results_and_nothing_else(tmp_path: Path) -> None:
    index = build([*(stored(i) for i in range(1, 9)), stored(3, feed="earthquake")], tmp_path)
    newest = [stored(i).file for i in (8, 7, 6, 5, 4)]
    quake = stored(3, feed="earthquake").file
    assert len(set(newest)) == KEPT
    assert Page(index).references == [quake, *newest]
    assert {f.name for f in tmp_path.iterdir()} == {"index.html", quake, *newest}


def test_building_again_removes_what_is_no_longer_linked(tmp_path: Path) -> None:
    build([stored(1), stored(2)], tmp_path)
    build([stored(3)], tmp_path)
    assert {f.name for f in tmp_path.iterdir()} == {"index.html", stored(3).file}


def test_a_batch_id_that_comes_again_gets_a_page_of_its_own(tmp_path: Path) -> None:
    build([stored(1)], tmp_path)
    build([stored(1, result=result(NOT_NULL))], tmp_path)
    [page] = [f for f in tmp_path.iterdir() if f.name != "index.html"]
    assert "status.in_set" not in Page(page).text


def test_a_page_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    build([stored(1)], tmp_path)
    page = tmp_path / stored(1).file
    before = page.stat().st_ino
    build([stored(1), stored(2)], tmp_path)
    assert page.stat().st_ino == before


def test_no_results_yet(tmp_path: Path) -> None:
    assert "还没有校验结果" in Page(build([], tmp_path / "docs")).text


@pytest.mark.parametrize(
    "entry",
    [
        rule("t.columns", "expect_table_columns_to_match_set", "critical", 100, kwargs={"column_set": ["甲", "乙"]}),
        rule("key.unique", "expect_compound_columns_to_be_unique", "info", 2, kwargs={"column_list": ["a", "b"]}),
        rule(
            "event_at.not_in_future",
            "expect_column_pair_values_a_to_be_greater_than_b",
            failed=1,
            kwargs={"column_A": "fetched_at + 600 s", "column_B": "event_at", "or_equal": True},
            sample=["2999-01-01T00:00:00Z"],
        ),
        rule("value.finite", "expect_column_values_to_be_between", failed=1, kwargs={"column": "v", "max_value": 9.0}),
        {
            **rule("t.rows", "expect_table_row_count_to_be_between", "critical", 1, kwargs={"min_value": 2}),
            "failed": 0,
            "sample": ["1"],
        },
    ],
)
def test_every_kind_of_rule_renders(tmp_path: Path, entry: dict[str, Any]) -> None:
    one = stored(1, result=result(entry))
    build([one], tmp_path)
    text = Page(tmp_path / one.file).text
    assert entry["rule"] in text
    assert "Rendering failed" not in text
    assert "exception" not in text.lower()


def test_pages_are_built_from_what_the_gate_gives(tmp_path: Path) -> None:
    import pyarrow as pa

    from expectations import gate
    from feeds.registry import load

    contract = load("water_regime")
    table = contract.table("flood_threshold")
    types = {"text": pa.string(), "double precision": pa.float64(), "timestamptz": pa.timestamp("us", tz="UTC")}
    columns = {c.name: pa.array([None, None], types[c.physical_type]) for c in table.columns}
    columns |= {"station_code": pa.array(["站一", None])}
    columns |= {"extra": pa.nulls(2, pa.string()), "payload_sha256": pa.array(["a", "b"])}
    columns |= {"fetched_at": pa.array([AT, AT], types["timestamptz"])}
    verdict = gate.check(table, pa.table(columns), contract=contract)
    one = StoredResult("water_regime", table.name, 1, AT, verdict.results[0])
    build([one], tmp_path)
    text = Page(tmp_path / one.file).text
    assert "station_code.not_null" in text
    assert "1 unexpected values found" in text
