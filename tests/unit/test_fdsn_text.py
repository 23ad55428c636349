"""FDSN event text: spellings of the header, empty cells, no events, and what is something else. Invented 模拟."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.geology.fdsn_text import PARSER
from connectors.model import Outcome, Parsed, Payload

HEADER = (
    "#EventID|Time|Latitude|Longitude|Depth/km|Author|Catalog|Contributor|ContributorID|MagType|Magnitude|MagAuthor|"
    "EventLocationName"
)
LINE = "xx1|2026-08-10T07:00:00.52|35.5|112.85|12.5|AA|CC|BB|bb1|ml|2.5|MM|模拟县"


def parse(*lines: str, options: dict[str, Any] | None = None, **facts: str) -> Parsed:
    body = "\n".join(lines).encode()
    return PARSER.parse(Payload(body, "http://host/query", "query", datetime.now(UTC), facts=facts), options or {})


def rows(parsed: Parsed) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parsed.tables["earthquake"].to_pylist()
    return found


def test_a_line_is_an_event() -> None:
    [row] = rows(parse(HEADER, LINE))
    assert (row["event_id"], row["magnitude"], row["magnitude_type"], row["place"]) == ("xx1", 2.5, "ml", "模拟县")
    assert (row["longitude"], row["latitude"], row["depth_km"]) == (112.85, 35.5, 12.5)
    assert row["event_at"] == row["updated_at"] == datetime(2026, 8, 10, 7, 0, 0, 520_000, tzinfo=UTC)
    assert (row["status"], row["event_type"], row["net"]) == ("automatic", "not reported", "BB")
    assert json.loads(row["ids"]) == ["xx1", "bb1"]
    assert json.loads(row["sources"]) == ["AA", "BB", "MM"]


@pytest.mark.parametrize("change", [str.upper, str.lower, lambda text: text.replace("|", " | "), lambda t: t[1:]])
def test_the_header_may_be_written_in_many_ways(change: Any) -> None:
    assert len(rows(parse(change(HEADER), LINE))) == 1


def test_columns_are_found_by_name_and_the_type_is_taken_where_it_is_given() -> None:
    parsed = parse("#EventType|EventID|Time|Magnitude|Longitude|Latitude", "Quarry Blast|1|2026-08-10T07:00:00||1|2")
    [row] = rows(parsed)
    assert (row["event_type"], row["magnitude"], row["depth_km"]) == ("quarry blast", None, None)
    assert (row["longitude"], row["latitude"]) == (1.0, 2.0)


def test_the_status_is_what_the_contract_says() -> None:
    assert rows(parse(HEADER, LINE, options={"status_if_unstated": "reviewed"}))[0]["status"] == "reviewed"


@pytest.mark.parametrize("lines", [(HEADER,), (HEADER, ""), (HEADER, HEADER)])
def test_a_header_alone_says_that_there_are_no_events(lines: tuple[str, ...]) -> None:
    parsed = parse(*lines)
    assert (parsed.outcome, parsed.records) == (Outcome.ACCEPTED, 0)


def test_status_204_says_so_too_and_an_empty_answer_does_not() -> None:
    assert parse("", status="204").outcome is Outcome.ACCEPTED
    assert parse("").outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("xx1|2026-08-10T07:00:00", "fdsn_text.cells"),
        (LINE + "|more", "fdsn_text.cells"),
        (LINE.replace("xx1|", "|", 1), "fdsn_text.event_id"),
        (LINE.replace("2026-08-10T07:00:00.52", ""), "fdsn_text.time"),
        (LINE.replace("2026-08-10T07:00:00.52", "2026-08-10"), "fdsn_text.time"),
        (LINE.replace("35.5", "35,5"), "fdsn_text.latitude.number"),
        (LINE.replace("|2.5|", "|NaN|"), "fdsn_text.magnitude.finite"),
    ],
)
def test_a_line_that_cannot_be_read_is_rejected_alone(line: str, rule: str) -> None:
    parsed = parse(HEADER, line, LINE)
    assert [(reject.rule, reject.where) for reject in parsed.rejects] == [(rule, "line 2")]
    assert parsed.records == 1


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        (("#Network|Station|Latitude|Longitude|Elevation|SiteName|StartTime|EndTime",), "fdsn_text.stations"),
        (("Error 400: Bad Request", "start-time is no time"), "fdsn_text.header"),
        (("a,b,c", "1,2,3"), "fdsn_text.header"),
        ((HEADER + "|Magnitude", LINE + "|3"), "fdsn_text.header.repeated"),
    ],
)
def test_other_documents_are_one_reject(lines: tuple[str, ...], rule: str) -> None:
    parsed = parse(*lines)
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert parsed.outcome is Outcome.REJECTED


def test_unknown_columns_and_repeated_events_are_told() -> None:
    parsed = parse(HEADER + "|Shaking", LINE + "|7", LINE + "|7")
    assert {drift.field: drift.count for drift in parsed.drift} == {"Shaking": 2, "(duplicate key)": 1}
    assert json.loads(rows(parsed)[0]["extra"]) == {"Shaking": "7"}
