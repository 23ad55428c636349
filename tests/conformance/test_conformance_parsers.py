"""What is asked of every parser, whatever its format: the declarations are in cases.py."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import ConfigurationError
from connectors.formats import FORMATS
from connectors.model import Outcome, Parser
from connectors.registry import parser
from tests.conformance.case import Case, columns, contract, key, rows, told
from tests.conformance.cases import CASES

PAGE = 5
COUNTS = [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 1]

TYPES = {
    "text": pa.string(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "double precision": pa.float64(),
    "integer": pa.int32(),
    "boolean": pa.bool_(),
    "jsonb": pa.string(),
}
"""How a contract's physical type travels in Arrow; jsonb as a string that holds JSON."""

every_format = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


def test_every_format_has_a_case() -> None:
    assert {case.format for case in CASES.values()} == set(FORMATS)


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"cap, cap_12379, .*, waterml"):
        parser("xml")


@every_format
def test_the_parser_is_what_the_registry_says(case: Case) -> None:
    found = parser(case.format, case.options())
    assert isinstance(found, Parser)
    assert found.format == case.format


@every_format
def test_contract_and_parser_agree_on_every_column(case: Case) -> None:
    schemas = {
        schema["name"]: pa.schema(
            [(column["name"], TYPES[column["physicalType"]]) for column in columns(case.feed, schema["name"])]
            + [("extra", pa.string())]
        )
        for schema in contract(case.feed)["schema"]
    }
    offered = parser(case.format, case.options()).tables
    # A format may give more kinds of records than one feed of it wants; what the feed wants must be as it says.
    assert {name: str(offered.get(name)) for name in schemas} == {name: str(schema) for name, schema in schemas.items()}


@every_format
@pytest.mark.parametrize("count", COUNTS)
def test_as_many_records_as_were_sent(case: Case, count: int) -> None:
    parsed = case.parse(case.build(range(count)))
    assert len(rows(parsed, case.table)) == count
    if count == 0 and case.empty_is_rejected:
        assert parsed.outcome is Outcome.REJECTED
    else:
        assert told(parsed.rejects) == "[]"


@every_format
def test_tables_are_exactly_in_the_schema_and_keys_are_never_null(case: Case) -> None:
    parsed = case.parse(case.build(range(7)))
    assert parsed.records
    for name, table in parsed.tables.items():
        assert table.schema.equals(parser(case.format, case.options()).tables[name])
        for column in key(case.feed, name):
            assert table[column].null_count == 0
        keys = [tuple(row[column] for column in key(case.feed, name)) for row in table.to_pylist()]
        assert len(set(keys)) == len(keys)


@every_format
def test_jsonb_columns_hold_json(case: Case) -> None:
    parsed = case.parse(case.build(range(3)))
    for name, table in parsed.tables.items():
        wanted = [c["name"] for c in columns(case.feed, name) if c["physicalType"] == "jsonb"]
        for value in (value for column in [*wanted, "extra"] for value in table[column].to_pylist()):
            assert value is None or isinstance(json.loads(value), list | dict)


@every_format
def test_parsing_is_pure(case: Case) -> None:
    for body in (case.build(range(4)), case.build([0, 0]), b"<html></html>"):
        once, again = case.parse(body), case.parse(body)
        assert once.tables.keys() == again.tables.keys()
        assert all(table.equals(again.tables[name]) for name, table in once.tables.items())
        assert (list(once.rejects), list(once.drift)) == (list(again.rejects), list(again.drift))


@every_format
def test_a_record_that_comes_twice_lands_once_and_is_told(case: Case) -> None:
    parsed = case.parse(case.build([0, 1, 0]))
    assert len(rows(parsed, case.table)) == 2
    assert parsed.drift or parsed.rejects


@every_format
def test_a_field_that_nobody_knows_is_kept_and_told(case: Case) -> None:
    if case.unknown is None:
        pytest.skip("fields of this format have places, not names: one more of them is a broken record")
    body, field = case.unknown
    parsed = case.parse(body)
    assert told(parsed.rejects) == "[]"
    assert [drift.field for drift in parsed.drift if field in drift.field]
    kept = [row["extra"] for table in parsed.tables.values() for row in table.to_pylist() if row["extra"]]
    assert any(field in extra for extra in kept)


@every_format
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"<html><body>please log in</body></html>",
        b"<!DOCTYPE html>\n<title>502 Bad Gateway</title>",
        b"\x00\xff\xfe\xff" * 50,
        b"PK\x03\x04 not really an archive",
        "内部错误".encode("gb18030"),
        b"null",
        b"[]",
        b"{}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_payload_is_one_reject_never_an_empty_success(case: Case, body: bytes) -> None:
    parsed = case.parse(body)
    assert (parsed.outcome, parsed.records) == (Outcome.REJECTED, 0)
    assert all(r.rule.count(".") >= 1 and r.reason and r.where for r in parsed.rejects)


@every_format
def test_bytes_in_another_encoding_are_read_right_or_rejected(case: Case) -> None:
    whole = case.build(range(2))
    body = whole.decode().encode("gb18030")
    parsed = case.parse(body)
    if parsed.records:
        assert all(
            {**row, "extra": None} == {**other, "extra": None}
            for row, other in zip(rows(parsed, case.table), rows(case.parse(whole), case.table), strict=True)
        )
    else:
        assert parsed.rejects


@every_format
def test_text_that_was_destroyed_on_the_way_does_not_land_unnoticed(case: Case) -> None:
    good = case.build([0])
    word = next((word for word in ("甲烷", "模拟") if word.encode() in good), None)
    if word is None:
        pytest.skip("the fixture of this format has no Chinese text")
    parsed = case.parse(good.replace(word.encode(), "锟斤拷".encode()))
    assert parsed.rejects or parsed.drift


@every_format
def test_a_document_that_breaks_off_never_looks_whole(case: Case) -> None:
    body = case.build(range(5))
    for length in range(0, len(body) - 1, max(1, len(body) // 23)):
        parsed = case.parse(body[:length])
        told(parsed.rejects)
        if case.cut_shows:
            assert parsed.rejects
            assert parsed.records == 0
        else:
            assert len(rows(parsed, case.table)) <= 5


@every_format
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_damage_crashes_a_parser(case: Case, data: st.DataObject) -> None:
    body = bytearray(case.build(range(3)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        piece = data.draw(
            st.sampled_from([b"", b"\x00", b"\xff", b'"', b"<", b";", b"~", b"NaN", b"1e400", b"9" * 400])
        )
        body[at : at + data.draw(st.integers(0, 30))] = piece
    parsed = case.parse(bytes(body))
    told(parsed.rejects)
    assert all(
        table.schema.equals(parser(case.format, case.options()).tables[name]) for name, table in parsed.tables.items()
    )
