"""Daily GNSS positions: exact sums, dates written twice, widths, station. Stations are invented 模拟."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.geology.gnss_tenv3 import PARSER
from connectors.model import Outcome, Parsed, Payload

HEADER = (
    "site YYMMMDD yyyy.yyyy __MJD week d reflon _e0(m) __east(m) ____n0(m) _north(m) u0(m) ____up(m) _ant(m) "
    "sig_e(m) sig_n(m) sig_u(m) __corr_en __corr_eu __corr_nu _latitude(deg) _longitude(deg) __height(m)"
)
LINE = (
    "MONI 24SEP28 2024.7420 60581 2333 6 112.8 -593 -1.072137 2145086 1.422967 1123 0.944785 1.0010 "
    "0.000830 0.000734 0.003220 -0.024419 0.045824 -0.075936 35.5 112.85 1123.94478"
)


def parse(*lines: str) -> Parsed:
    return PARSER.parse(Payload("\n".join(lines).encode(), "file", "MONI.tenv3", datetime.now(UTC)), {})


def rows(parsed: Parsed, table: str = "observation") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parsed.tables[table].to_pylist()
    return found


def test_both_parts_of_a_position_are_added_exactly() -> None:
    found = {row["variable"]: row for row in rows(parse(HEADER, LINE))}
    values = {name: row["value"] for name, row in found.items()}
    assert values == {"gnss_east_m": -594.072137, "gnss_north_m": 2145087.422967, "gnss_up_m": 1123.944785}
    east = found["gnss_east_m"]
    assert east["event_at"] == datetime(2024, 9, 28, 12, tzinfo=UTC)
    assert (east["station_code"], east["unit"], east["interval_h"], east["source_table"]) == (
        "MONI",
        "m",
        24.0,
        "tenv3",
    )
    assert json.loads(east["extra"]) == {"reference_longitude": 112.8, "antenna_m": 1.001, "sigma_m": 0.00083}


def test_a_rebase_of_the_integer_part_is_no_jump() -> None:
    other = LINE.replace("24SEP28", "24SEP29").replace("60581", "60582").replace("-593 -1.072137", "-595  0.927863")
    east = [row["value"] for row in rows(parse(HEADER, LINE, other)) if row["variable"] == "gnss_east_m"]
    assert east == [-594.072137, -594.072137]


def test_the_header_is_not_needed_and_years_turn_at_1980() -> None:
    old = LINE.replace("24SEP28", "99DEC31").replace("60581", "51543")
    found = rows(parse(old, LINE))
    assert [row["event_at"].year for row in found] == [1999] * 3 + [2024] * 3


def test_the_station_stands_where_its_newest_line_has_it() -> None:
    older = LINE.replace("24SEP28", "24SEP27").replace("60581", "60580").replace("35.5", "35.4")
    [station] = rows(parse(HEADER, LINE, older), "station")
    assert (station["station_code"], station["longitude"], station["latitude"]) == ("MONI", 112.85, 35.5)
    assert station["modified_at"] is None, "another day's place is no other definition of the site"
    assert json.loads(station["extra"]) == {"height_m": 1123.94478}


def test_longitudes_that_are_counted_westwards_are_turned() -> None:
    [station] = rows(parse(LINE.replace(" 112.85 ", " -247.15 ")), "station")
    assert station["longitude"] == pytest.approx(112.85)


def test_twenty_columns_give_no_station() -> None:
    parsed = parse(" ".join(LINE.split()[:20]))
    assert len(rows(parsed)) == 3
    assert rows(parsed, "station") == []


def test_a_header_alone_is_an_empty_series() -> None:
    parsed = parse(HEADER)
    assert (parsed.outcome, parsed.records) == (Outcome.ACCEPTED, 0)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (LINE.rsplit(" ", 1)[0], "gnss_tenv3.cells"),
        (LINE.replace("24SEP28", "24SEP31"), "gnss_tenv3.date"),
        (LINE.replace("24SEP28", "2024-09-28"), "gnss_tenv3.date"),
        (LINE.replace("60581", "60582"), "gnss_tenv3.date.mjd"),
        (LINE.replace("1.422967", "NaN"), "gnss_tenv3.gnss_north_m.finite"),
        (LINE.replace("1.422967", "*"), "gnss_tenv3.gnss_north_m.number"),
    ],
)
def test_a_line_that_cannot_be_read_is_rejected_alone(line: str, rule: str) -> None:
    parsed = parse(HEADER, line, LINE)
    assert [(reject.rule, reject.where) for reject in parsed.rejects] == [(rule, "line 2")]
    assert len(rows(parsed)) == 3


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        (("",), "gnss_tenv3.empty"),
        (("Sta Lat Long",), "gnss_tenv3.shape"),
        ((" ".join(LINE.split()[:16]),), "gnss_tenv3.columns"),
        (("MONI 24SEP28 2024.7420 -2e6 5e6 2e6",), "gnss_tenv3.columns"),
    ],
)
def test_other_files_are_one_reject(lines: tuple[str, ...], rule: str) -> None:
    parsed = parse(*lines)
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert parsed.outcome is Outcome.REJECTED


def test_a_day_that_comes_twice_lands_once_and_is_told() -> None:
    parsed = parse(HEADER, LINE, LINE.replace("1.422967", "1.5"))
    assert [row["value"] for row in rows(parsed) if row["variable"] == "gnss_north_m"] == [2145087.5]
    assert [(drift.field, drift.count) for drift in parsed.drift] == [("(duplicate key)", 3)]
