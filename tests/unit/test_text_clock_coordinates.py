"""Decoding, clocks, numbers and coordinates: the small things that go wrong everywhere."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clock import ClockError, to_utc, zone_named
from connectors.coordinates import (
    CoordinateError,
    crs_named,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    projected_to_wgs84,
    to_wgs84,
    wgs84_to_gcj02,
)
from connectors.errors import ConfigurationError
from connectors.numbers import NotFiniteError, NumberError, to_number
from connectors.text import Decoded, UndecodableError, count_damage, decode, is_storable, storable

BEIJING = ZoneInfo("Asia/Shanghai")
TEXT = "模拟煤矿;甲烷;℃"


@pytest.mark.parametrize(
    ("body", "codec"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("gbk"), "gb18030"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.encode("utf-16"), "utf-16-le"),
        ("\ufeff".encode("utf-16-be") + TEXT.encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_text_is_decoded_without_guessing_and_the_codec_is_told(body: bytes, codec: str) -> None:
    decoded = decode(body)
    assert (decoded.text, decoded.codec, decoded.damaged) == (TEXT, codec, 0)


@pytest.mark.parametrize(
    "body",
    [b"\xff\xff\xff", TEXT.encode() + b"\x80", TEXT.encode()[:-1], b"a\x00b", b"\xef\xbb\xbf\xff"],
    ids=["neither", "UTF-8 with a stray byte", "UTF-8 cut in a character", "NUL", "BOM before nonsense"],
)
def test_what_is_no_text_is_refused_not_replaced(body: bytes) -> None:
    with pytest.raises(UndecodableError):
        decode(body)


@pytest.mark.parametrize(
    "text",
    [
        "模拟县水务局 实时雨水情数据 翼城站 浍河 警戒水位",
        "企业名称,统一社会信用代码,行业类别,坐标系,风险等级,重点企业",
        "1301综采工作面回风流甲烷传感器 激光 粉尘浓度 烟雾 馈电状态",
    ],
)
def test_text_in_gb18030_is_not_taken_for_broken_utf8(text: str) -> None:
    assert decode(text.encode("gb18030")) == Decoded(text, "gb18030")


def test_text_that_was_destroyed_before_is_counted() -> None:
    assert decode("甲\ufffd烷锟斤拷".encode()).damaged == 2
    assert count_damage("Ã¯Â¿Â½") == 1
    assert count_damage(TEXT) == 0


def test_what_json_smuggles_past_the_decoder_is_found_and_made_visible() -> None:
    assert is_storable({"a": ["甲", 1, None]})
    for bad in ("\x00", {"a": ["\ud800"]}, {"\x00": 1}):
        assert not is_storable(bad)
    assert storable({"a": ["x\x00", "\ud800"]}) == {"a": ["x\\u0000", "\\ud800"]}
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert not is_storable(deep)
    assert "nested too deeply" in str(storable(deep))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-08-10 08:05:00", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),
        ("2026-08-10T08:05:00.250", datetime(2026, 8, 10, 0, 5, 0, 250_000, tzinfo=UTC)),
        ("2026/8/10 8:05", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),
        ("20260810080500", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),
        ("2026-08-10 08:05:00+00:00", datetime(2026, 8, 10, 8, 5, tzinfo=UTC)),
        ("2026-08-10T08:05:00Z", datetime(2026, 8, 10, 8, 5, tzinfo=UTC)),
    ],
)
def test_local_time_becomes_an_instant_of_its_zone(text: str, expected: datetime) -> None:
    assert to_utc(text, BEIJING) == expected
    assert to_utc(text, BEIJING).tzinfo is UTC


def test_24_00_is_the_next_day_only_where_the_format_says_so() -> None:
    expected = datetime(2026, 8, 31, 16, 0, tzinfo=UTC)
    assert to_utc("2026-08-31 24:00:00", BEIJING, midnight_24=True) == expected
    with pytest.raises(ClockError, match="24:00"):
        to_utc("2026-08-31 24:00:00", BEIJING)
    with pytest.raises(ClockError):
        to_utc("2026-08-31 24:00:01", BEIJING, midnight_24=True)


def test_a_bare_date_is_a_time_only_where_the_format_says_so() -> None:
    assert to_utc("2026-08-10", BEIJING, date_only=True) == datetime(2026, 8, 9, 16, 0, tzinfo=UTC)
    with pytest.raises(ClockError, match="time of day"):
        to_utc("2026-08-10", BEIJING)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "23-06-2020 11:00:00",
        "2026-02-30 08:00:00",
        "2026-08-10 08：05：00",
        "2026-08-10 08:60:00",
        "1780000000",
        "2026-08-10 08:05:00+99:00",
        "0001-01-01 00:00:00",
        "9999-12-31 24:00:00",
        "２０２６-08-10 08:05:00",
    ],
)
def test_any_other_time_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ClockError) as caught:
        to_utc(text, BEIJING, midnight_24=True)
    assert str(caught.value)


@pytest.mark.parametrize(
    ("text", "word"), [("1986-05-04 02:30:00", "does not exist"), ("1986-09-14 01:30:00", "happened twice")]
)
def test_hours_that_daylight_saving_skipped_or_repeated_are_refused(text: str, word: str) -> None:
    with pytest.raises(ClockError, match=word):
        to_utc(text, BEIJING)


def test_an_unknown_zone_is_an_error_of_ours_not_of_the_data() -> None:
    with pytest.raises(ConfigurationError, match="Asia/Peking"):
        zone_named("Asia/Peking")


@pytest.mark.parametrize(
    ("value", "number"), [("-0.30", -0.3), (" 5 ", 5.0), ("1e3", 1000.0), (7, 7.0), ("+.5", 0.5), ("2.", 2.0)]
)
def test_numbers(value: object, number: float) -> None:
    assert to_number(value) == number


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "inf", "1e400", 10**400, float("nan"), math.inf])
def test_numbers_that_are_not_finite(value: object) -> None:
    with pytest.raises(NotFiniteError):
        to_number(value)


@pytest.mark.parametrize("value", ["", "good", "1_000", "１２", "1,5", "0x10", True, None, [1]])
def test_what_is_no_number(value: object) -> None:
    with pytest.raises(NumberError):
        to_number(value)


@pytest.mark.parametrize(
    ("lat", "lon", "gcj_lat", "gcj_lon"),
    [
        (39.9042, 116.4074, 39.905603, 116.413642),
        (36.6512, 117.1201, 36.651630, 117.126228),
        (35.5, 106.9, 35.499432, 106.904304),
    ],
)
def test_gcj02_at_the_reference_points(lat: float, lon: float, gcj_lat: float, gcj_lon: float) -> None:
    assert wgs84_to_gcj02(lon, lat) == pytest.approx((gcj_lon, gcj_lat), abs=1e-6)
    assert to_wgs84(gcj_lon, gcj_lat, "火星坐标系") == pytest.approx((lon, lat), abs=1e-6)


def test_gcj02_does_not_shift_outside_china() -> None:
    assert wgs84_to_gcj02(-0.1276, 51.5072) == (-0.1276, 51.5072)
    assert to_wgs84(139.69, 35.69, "BD-09") == (139.69, 35.69)


@given(st.floats(74, 135), st.floats(4, 53))
def test_map_shifts_are_undone_to_a_millimetre(lon: float, lat: float) -> None:
    shifted = wgs84_to_gcj02(lon, lat)
    assert shifted != (lon, lat)
    assert gcj02_to_wgs84(*shifted) == pytest.approx((lon, lat), abs=1e-8)
    assert to_wgs84(*gcj02_to_bd09(*shifted), "BD-09") == pytest.approx((lon, lat), abs=1e-8)


def test_projected_metres_are_northing_first_with_the_zone_in_the_easting() -> None:
    place = projected_to_wgs84(4245615.60, 36372560.60, "EPSG:4524")
    assert place == pytest.approx((106.542457, 38.334344), abs=1e-6)
    assert to_wgs84(36372560.60, 4245615.60, "EPSG:4524") == place


@pytest.mark.parametrize(
    ("northing", "easting"),
    [(36372560.60, 4245615.60), (4245615.60, 372560.60), (4245615.60, 38372560.60), (0.1, 36500000.0)],
    ids=["swapped", "no zone prefix", "prefix of another zone", "in the sea"],
)
def test_metres_that_are_no_place_of_their_projection_are_refused(northing: float, easting: float) -> None:
    with pytest.raises(CoordinateError, match="EPSG:4524"):
        projected_to_wgs84(northing, easting, "EPSG:4524")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("WGS84", "EPSG:4326"),
        ("cgcs2000坐标系", "EPSG:4490"),
        ("GCJ02", "GCJ-02"),
        ("百度坐标", "BD-09"),
        ("4526", "EPSG:4526"),
    ],
)
def test_reference_systems_have_one_spelling(text: str, name: str) -> None:
    assert crs_named(text) == name


@pytest.mark.parametrize("text", ["EPSG:2343", "EPSG:4214", "EPSG:99999", "西安80", "local", ""])
def test_reference_systems_that_need_local_parameters_or_are_unknown_are_refused(text: str) -> None:
    with pytest.raises(CoordinateError):
        crs_named(text)
