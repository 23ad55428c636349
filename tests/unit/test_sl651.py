"""SL 651-2014: what frames hold, bit by bit, and what is said of broken ones. All frames but one are invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.errors import ConfigurationError
from connectors.model import Outcome, Parsed, Payload
from connectors.registry import parser
from feeds.registry import load
from tests.rtu import ascii_frame, frame, level, report

PUBLISHED = (
    "7E7E010010100001A00032002B02000C200724172349F1F1001010000148F0F02007241723"
    "2019000130221900004039230000055038121268038397"
)
"""A frame that was published with its decoding; formats.md 3.2."""
EIGHT = datetime(2026, 8, 10, 0, 0, tzinfo=UTC)  # 08:00 in Beijing


def parse(body: bytes, **options: Any) -> Parsed:
    payload = Payload(body, "frames", "frames", datetime(2026, 8, 10, 1, tzinfo=UTC))
    return parser("sl651").parse(payload, {**load("hydro_rtu").parser_options, **options})


def rows(parsed: Parsed) -> list[dict[str, Any]]:
    return parsed.tables["observation"].to_pylist() if parsed.tables else []


def values(parsed: Parsed) -> dict[str, float]:
    return {row["variable"]: row["value"] for row in rows(parsed)}


def told(parsed: Parsed) -> dict[str, int]:
    return {drift.field: drift.count for drift in parsed.drift}


def rules(parsed: Parsed) -> list[str]:
    return [reject.rule for reject in parsed.rejects]


@pytest.mark.parametrize(
    "body",
    [
        bytes.fromhex(PUBLISHED),
        PUBLISHED.encode(),
        f"# a frame\n\n{PUBLISHED[:40]} {PUBLISHED[40:60].lower()}\n{PUBLISHED[60:]}  # its end\n".encode(),
        b"noise~" + bytes.fromhex(PUBLISHED) + b"~",
    ],
    ids=["raw", "text", "commented text", "noise around it"],
)
def test_the_published_frame(body: bytes) -> None:
    parsed = parse(body)
    assert values(parsed) == {
        "rain_current_mm": 13.0,
        "rain_5min_mm": 4.0,
        "water_level_m": 0.55,
        "battery_v": 12.68,
    }
    row = rows(parsed)[2]
    assert (row["station_code"], row["unit"]) == ("10100001", "m")
    assert row["event_at"] == datetime(2020, 7, 24, 9, 23, tzinfo=UTC), "Beijing's 17:23"
    assert row["issued_at"] == datetime(2020, 7, 24, 9, 23, 49, tzinfo=UTC)
    assert json.loads(row["extra"]) == {"centre": "01", "serial": 12, "station_class": "H"}
    assert not parsed.rejects


def test_a_minus_is_not_missing_and_missing_is_no_row() -> None:
    parsed = parse(frame(report(level(-1.25) + "2719FFFFFF" + "3812FFFF" + "2019000000")))
    assert values(parsed) == {"water_level_m": -1.25, "rain_current_mm": 0.0}
    assert told(parsed) == {"(missing)": 2}


def test_five_minute_rain_ends_with_the_time_of_observation() -> None:
    parsed = parse(frame(report("F460" + "000102030405060708FF0AFE", letter="P"), 0x34))
    rain = rows(parsed)
    assert {row["variable"] for row in rain} == {"rain_mm"}
    assert [row["value"] for row in rain] == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 25.4]
    assert rain[0]["event_at"] == EIGHT - timedelta(minutes=55)
    assert rain[-1]["event_at"] == EIGHT
    assert rain[-1]["interval_h"] == pytest.approx(1 / 12)
    assert told(parsed) == {"(missing)": 1}


def test_relative_levels_are_not_levels() -> None:
    parsed = parse(frame(report("F5C0" + "0064" * 11 + "FFFF" + "F6C0" + "0001" * 12), 0x34))
    by_variable = {name: [r["value"] for r in rows(parsed) if r["variable"] == name] for name in values(parsed)}
    assert by_variable == {"water_level_relative_m": [1.0] * 11, "water_level_relative_2_m": [0.01] * 12}


def test_the_rain_of_an_additional_report_is_never_added_up() -> None:
    array = "F460" + "01" * 12
    assert {row["variable"] for row in rows(parse(frame(report(array), 0x33)))} == {"rain_5min_mm"}
    storm = parse(frame(report("2519000305"), 0x33), rain_from="P1")
    assert values(storm) == {"rain_storm_mm": 30.5}
    hourly = report("1A19000123" + array)
    assert "rain_1h_mm" in values(parse(frame(hourly, 0x34)))
    summed = values(parse(frame(hourly, 0x34), rain_from="P1"))
    assert summed == {"rain_mm": 12.3, "rain_5min_mm": 0.1}
    assert "rain_1h_mm" in values(parse(frame(hourly, 0x33), rain_from="P1"))


def test_the_rain_of_the_day_is_that_of_the_day_which_ended_at_eight() -> None:
    (row,) = rows(parse(frame(report("1F19000456", observed="2608100800"), 0x34)))
    assert (row["variable"], row["value"], row["interval_h"], row["event_at"]) == ("rain_daily_mm", 45.6, 24.0, EIGHT)
    later = parse(frame(report("1F19000456", observed="2608101000"), 0x32))
    assert rows(later)[0]["interval_h"] is None
    assert told(later) == {"(daily rain not at 8 o'clock)": 1}


def test_the_status_word_speaks_with_our_bits() -> None:
    (row,) = rows(parse(frame(report("4520" + "00000147"))))
    assert row["value_text"] == "ac_lost low_battery stage_limit stage_gauge_fault memory_fault"
    assert row["status_flags"] == 2 | 1 | 128
    assert (row["variable"], row["value"], row["unit"]) == ("rtu_status", 0x147, "1")


def test_an_evenly_spaced_report() -> None:
    series = "0418000005" + "2219" + "000001" + "000002" + "FFFFFF" + "000004"
    parsed = parse(frame(report(series), 0x31), rain_from="PN05")
    assert [(row["event_at"] - EIGHT).seconds // 60 for row in rows(parsed)] == [0, 5, 15]
    assert [row["value"] for row in rows(parsed)] == [0.1, 0.2, 0.4]
    assert {row["variable"] for row in rows(parsed)} == {"rain_mm"}
    last = parse(frame(report(series), 0x31), series_time="last")
    assert rows(last)[-1]["event_at"] == EIGHT
    with_battery = parse(frame(report(series + "38121268"), 0x31))
    assert values(with_battery)["battery_v"] == 12.68
    assert rules(parse(frame(report(series + "00"), 0x31))) == ["sl651.series"]


def test_levels_of_a_reservoir_have_its_names() -> None:
    levels = "3B2300245440" + "3A2300201000"
    assert values(parse(frame(report(levels, letter="K")))) == {"reservoir_level_m": 245.44, "tailwater_level_m": 201.0}
    assert values(parse(frame(report(levels, letter="Z")))) == {"upstream_level_m": 245.44, "downstream_level_m": 201.0}


def test_an_address_of_a_region_is_kept_whole() -> None:
    parsed = parse(frame(report(level(1), station="14050200FF"), station="14050200FF"))
    assert rows(parsed)[0]["station_code"] == "14050200FF"
    relayed = parse(frame(report(level(1), station="0010100002")))
    assert rows(relayed)[0]["station_code"] == "10100002"
    assert json.loads(rows(relayed)[0]["extra"])["sent_by"] == "10100001"


def test_unknown_guides_land_as_sent_and_are_told() -> None:
    parsed = parse(frame(report("7F110042" + "7E10ABCD" + level(1))))
    by_name = {row["variable"]: row for row in rows(parsed)}
    assert (by_name["element_7f"]["value"], by_name["element_7f"]["unit"]) == (4.2, "unknown")
    assert (by_name["element_7e"]["value"], by_name["element_7e"]["value_text"]) == (None, "abcd")
    assert told(parsed) == {"7F": 1, "7E": 1}
    declared = {"7F": {"variable": "turbidity_ntu", "unit": "NTU"}}
    assert values(parse(frame(report("7F110042")), elements=declared)) == {"turbidity_ntu": 4.2}


@pytest.mark.parametrize(("function", "name"), [(0x2F, "(heartbeat frame)"), (0x30, "(test frame)")])
def test_heartbeats_and_tests_are_no_observations(function: int, name: str) -> None:
    parsed = parse(frame(report(level(1)), function))
    assert (parsed.outcome, parsed.records, told(parsed)) == (Outcome.ACCEPTED, 0, {name: 1})


def test_pictures_manual_texts_and_configuration_are_told() -> None:
    assert told(parse(frame(report("F3F3FFD8FF"), 0x36))) == {"(picture)": 1}
    assert told(parse(frame(report("F2F2" + b"ABC".hex()), 0x35))) == {"(manual text)": 1}
    assert told(parse(frame(report(level(1)), 0x45))) == {"(frame without data)": 1}


def test_a_broken_frame_costs_that_frame_only() -> None:
    good = [frame(report(level(n), observed=f"260810080{n}")) for n in range(3)]
    flipped = bytearray(good[1])
    flipped[30] ^= 0x10
    parsed = parse(good[0] + bytes(flipped) + good[2])
    assert (len(rows(parsed)), rules(parsed)) == (2, ["sl651.frame.crc"])
    assert "A000" not in json.dumps(parsed.rejects[0].record).upper(), "its password is covered"
    longer = bytearray(good[1])
    longer[12] += 5
    parsed = parse(good[0] + bytes(longer) + good[2])
    assert (len(rows(parsed)), rules(parsed)) == (2, ["sl651.frame.length"])
    parsed = parse(good[0] + good[1][:25] + good[2])
    assert (len(rows(parsed)), len(rules(parsed))) == (2, 1)
    parsed = parse(good[0] + good[1][:25])
    assert (len(rows(parsed)), rules(parsed)) == (1, ["sl651.frame.incomplete"])


def test_what_follows_a_cut_element_is_refused_and_what_came_before_stands() -> None:
    parsed = parse(frame(report(level(1) + "2719")))
    assert (values(parsed), rules(parsed)) == ({"water_level_m": 1.0}, ["sl651.element.cut"])
    parsed = parse(frame(report(level(1) + "27190A0000" + "38121268")))
    assert (values(parsed), rules(parsed)) == ({"water_level_m": 1.0, "battery_v": 12.68}, ["sl651.value"])


@pytest.mark.parametrize("when", ["2613100800", "2608102400", "2608106000", "26081008FF"])
def test_an_impossible_time_is_refused(when: str) -> None:
    assert rules(parse(frame(report(level(1), observed=when)))) == ["sl651.time"]


def test_values_without_a_time_are_refused() -> None:
    body = bytes.fromhex("0001260810080000F1F1001010000148" + level(1))
    assert rules(parse(frame(body))) == ["sl651.observed"]


def test_packets_in_any_order_and_twice_are_one_report() -> None:
    body = report(level(1) + "38121268")
    parts = [frame(body[:20], packet=(2, 1)), frame(body[20:], packet=(2, 2))]
    assert values(parse(parts[0] + parts[1])) == {"water_level_m": 1.0, "battery_v": 12.68}
    assert values(parse(parts[1] + parts[0] + parts[0])) == {"water_level_m": 1.0, "battery_v": 12.68}
    assert rules(parse(parts[0])) == ["sl651.packet.missing"]
    torn = frame(report(level(2), serial=11)[:20], packet=(2, 1))
    parsed = parse(torn + parts[0] + parts[1])
    assert (len(rows(parsed)), rules(parsed)) == (2, ["sl651.packet.missing"])


def test_packet_numbers_that_are_counted_in_the_length_are_understood() -> None:
    from tests.rtu import crc

    body = report(level(1))
    whole = bytes.fromhex("7E7E010010100001A00032") + (len(body) + 3).to_bytes(2, "big")
    whole += b"\x16" + (1 << 12 | 1).to_bytes(3, "big") + body + b"\x03"
    assert values(parse(whole + crc(whole))) == {"water_level_m": 1.0}


def test_the_ascii_variant() -> None:
    text = "000C260810080010 ST 0010100001 H TT 2608100800 PJ 13.0 Z -0.550 VT 12.68 Q M DRP 000102030405060708090AFF"
    parsed = parse(ascii_frame(text, 0x34))
    assert not parsed.rejects
    found = values(parsed)
    assert (found["rain_current_mm"], found["water_level_m"], found["battery_v"]) == (13.0, -0.55, 12.68)
    assert [row["value"] for row in rows(parsed) if row["variable"] == "rain_mm"][-1] == 1.0
    assert told(parsed) == {"(missing)": 2}
    assert rows(parsed)[0]["station_code"] == "10100001"


def test_a_line_of_text_that_is_not_hexadecimal_costs_that_line() -> None:
    parsed = parse(f"{PUBLISHED}\nnot a frame\n{PUBLISHED[:-1]}\n".encode())
    assert len(rows(parsed)) == 4
    assert rules(parsed) == ["sl651.hex", "sl651.hex"]


def test_a_downlink_frame_in_a_capture_is_told() -> None:
    from tests.rtu import crc

    whole = bytes.fromhex("7E7E001010000101A00032800802000C26081008000004")
    parsed = parse(bytes.fromhex(PUBLISHED) + whole + crc(whole))
    assert (len(rows(parsed)), told(parsed)) == (4, {"(downlink frame)": 1})


def test_wrong_options_are_named() -> None:
    with pytest.raises(ConfigurationError, match="rain_from"):
        parse(bytes.fromhex(PUBLISHED), rain_from="PX")
    with pytest.raises(ConfigurationError, match="series_time"):
        parse(bytes.fromhex(PUBLISHED), series_time="middle")
