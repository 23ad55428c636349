"""Messages of slopes: frames, control bytes, encryption, channels, children, back-fill. Devices are invented 模拟."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from connectors.errors import ConfigurationError
from connectors.geology.geo_iot import PARSER
from connectors.model import Outcome, Parsed, Payload

NOW = datetime(2026, 3, 14, 8, tzinfo=UTC)
AT = "2026-03-14T07:04:03.000Z"
INSTANT = datetime(2026, 3, 14, 7, 4, 3, tzinfo=UTC)
DEVICE = "990054920"
KEY = "0123456789abcdef"


def parse(message: Any, topic: str = "$dp", **options: Any) -> Parsed:
    body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
    payload = Payload(body, "mqtt://host:1883", topic, NOW, facts={"topic": topic})
    return PARSER.parse(payload, {"zone": "Asia/Shanghai", "crs": "EPSG:4490"} | options)


def rows(parsed: Parsed, table: str = "observation") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parsed.tables[table].to_pylist() if table in parsed.tables else []
    return found


def values(parsed: Parsed) -> dict[tuple[str, str], float]:
    assert [*parsed.rejects] == []
    return {(row["station_code"], row["variable"]): row["value"] for row in rows(parsed)}


def drift(parsed: Parsed) -> dict[str, int]:
    return {seen.field: seen.count for seen in parsed.drift}


def one(identifier: str, content: Any) -> dict[str, Any]:
    return {DEVICE: {identifier: {AT: content}}}


def encrypted(plain: bytes, app: Any = "62000001", key: str = KEY) -> dict[str, Any]:
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key.encode()), modes.ECB()).encryptor()
    body = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    return {"header": {"appId": app}, "bodies": {"body": base64.b64encode(body).decode()}}


def framed(document: Any, kind: int = 2) -> bytes:
    body = json.dumps(document).encode()
    return bytes([kind]) + len(body).to_bytes(2, "big") + body


CRACK = one("L1_LF_1", 12.4)


@pytest.mark.parametrize("content", [12.4, "12.4", {"value": 12.4}, {"value": " 12.4 "}])
def test_a_leaf_is_an_object_or_a_bare_number(content: Any) -> None:
    parsed = parse(one("L1_LF_1", content))
    assert values(parsed) == {(DEVICE, "crack_mm"): 12.4}
    [row] = rows(parsed)
    assert (row["event_at"], row["unit"], row["source_table"], row["extra"]) == (INSTANT, "mm", "L1_LF_1", None)


@pytest.mark.parametrize(
    ("identifier", "content", "expected"),
    [
        (
            "L1_QJ_1",
            {"X": 3.1, "Y": -5, "Z": 83.9, "angle": 84.1, "AZI": 12},
            {"tilt_x_deg": 3.1, "tilt_y_deg": -5, "tilt_z_deg": 83.9, "tilt_deg": 84.1, "tilt_azimuth_deg": 12},
        ),
        (
            "L1_GP_1",
            {"gpsTotalX": 1.5, "gpsTotalY": -2, "gpsTotalZ": 0},
            {"displacement_x_mm": 1.5, "displacement_y_mm": -2, "displacement_z_mm": 0},
        ),
        ("L1_SW_1", {"dispsX": 1, "dispsY": 2}, {"deep_displacement_x_mm": 1, "deep_displacement_y_mm": 2}),
        ("L1_JS_1", {"gX": 0.1}, {"acceleration_x_m_s2": 0.1}),
        ("L3_YL_1", {"value": 0.5, "totalValue": 130.5}, {"rain_mm": 0.5, "rain_total_mm": 130.5}),
        ("L3_DB_1", {"value": 1.2, "temp": 8}, {"water_level_m": 1.2, "water_temperature_c": 8}),
        ("L3_DX_1", {"value": 1.2, "temp": 8}, {"groundwater_level_m": 1.2, "groundwater_temperature_c": 8}),
        ("L3_SY_1", 35, {"pore_pressure_kpa": 35}),
        ("L3_QY_1", {"value": 101.325}, {"pressure_hpa": 1013.25}),
        ("L4_NW_1", 0.8, {"mud_level_m": 0.8}),
        (
            "S1_ZT_1",
            {"battery_volt": 12.6, "temp": 21, "signal_4g": -71},
            {"battery_v": 12.6, "housing_temperature_c": 21, "signal_4g_dbm": -71},
        ),
    ],
)
def test_leaves_mean_what_their_identifier_says(identifier: str, content: Any, expected: dict[str, float]) -> None:
    parsed = parse(one(identifier, content))
    assert values(parsed) == {(DEVICE, name): value for name, value in expected.items()}
    assert drift(parsed) == {}


@pytest.mark.parametrize("kind", [1, 2])
def test_a_frame_head_is_taken_off_and_its_length_is_held_to(kind: int) -> None:
    assert values(parse(framed(CRACK, kind))) == {(DEVICE, "crack_mm"): 12.4}
    for body in (framed(CRACK)[:-1], framed(CRACK) + b" "):
        assert [reject.rule for reject in parse(body).rejects] == ["geo_iot.frame.length"]


@pytest.mark.parametrize("prefix", [b"\x10", b"\x00\x00", b"\x02\x01\x0a\x10", b"\r\n\t"])
def test_control_bytes_before_the_message_are_skipped(prefix: bytes) -> None:
    assert values(parse(prefix + json.dumps(CRACK).encode())) == {(DEVICE, "crack_mm"): 12.4}


def test_a_frame_with_a_file_is_refused() -> None:
    assert [reject.rule for reject in parse(framed({"fileType": "jpg"}, 3)).rejects] == ["geo_iot.frame.file"]


@pytest.mark.parametrize("plain", [json.dumps(CRACK).encode(), framed(CRACK), b"\x10" + json.dumps(CRACK).encode()])
def test_an_encrypted_message_is_read_with_the_key_of_its_app(plain: bytes) -> None:
    for app in ("62000001", 62000001):
        assert values(parse(encrypted(plain, app), keys={"62000001": KEY})) == {(DEVICE, "crack_mm"): 12.4}
    assert values(parse(framed(encrypted(plain)), keys={"62000001": KEY})) == {(DEVICE, "crack_mm"): 12.4}


@pytest.mark.parametrize(
    ("message", "keys", "rule"),
    [
        (encrypted(b"{}"), {}, "geo_iot.key.missing"),
        (encrypted(b"{}"), {"62000001": "${GEO_IOT_KEY}"}, "geo_iot.key.missing"),
        (encrypted(b"{}"), {"62000001": "fedcba9876543210"}, "geo_iot.decrypt"),
        (encrypted(b"not json"), {"62000001": KEY}, "geo_iot.json"),
        ({"header": {}, "bodies": {"body": "x"}}, {"62000001": KEY}, "geo_iot.encrypted"),
        ({"header": {"appId": "1"}, "bodies": []}, {"62000001": KEY}, "geo_iot.encrypted"),
    ],
)
def test_what_cannot_be_decrypted_is_rejected_and_can_be_replayed(
    message: Any, keys: dict[str, str], rule: str
) -> None:
    parsed = parse(message, keys=keys)
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert KEY not in str(parsed.rejects)


def test_a_wrong_cipher_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigurationError, match="cipher"):
        parse(CRACK, cipher={"mode": "XTS"})


def test_many_instants_in_one_message_are_rows_of_their_own() -> None:
    series = {f"2026-03-14T0{hour}:04:03.000Z": hour / 10 for hour in range(8)}
    found = rows(parse({DEVICE: {"L1_LF_1": series}}))
    assert [(row["event_at"].hour, row["value"]) for row in found] == [(hour, hour / 10) for hour in range(8)]


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-03-14T07:04:03.000Z", 7),
        ("2026-03-14T15:04:03+08:00", 7),
        ("2026-03-14 15:04:03", 7),
        ("1773471843000", 7),
    ],
)
def test_instants_with_an_offset_are_what_they_say_others_are_local(written: str, hour: int) -> None:
    [row] = rows(parse({DEVICE: {"L1_LF_1": {written: 1}}}))
    assert row["event_at"] == INSTANT.replace(hour=hour)


def test_a_value_without_an_instant_counts_as_received_and_is_told() -> None:
    parsed = parse({DEVICE: {"L1_LF_1": 12.4, "L1_QJ_1": {"X": 1}}})
    assert {row["event_at"] for row in rows(parsed)} == {NOW}
    assert drift(parsed) == {"(no instant)": 2}


def test_the_first_channel_is_the_device_further_ones_are_points_of_their_own() -> None:
    channels = {f"L1_LF_{n}": {AT: n} for n in (1, 2, 11)}
    assert values(parse({DEVICE: channels})) == {
        (DEVICE, "crack_mm"): 1,
        (f"{DEVICE}/L1_LF_2", "crack_mm"): 2,
        (f"{DEVICE}/L1_LF_11", "crack_mm"): 11,
    }


def test_a_declared_child_has_its_own_code_and_state_an_unlisted_one_is_not_the_gateways() -> None:
    message = {
        DEVICE: {
            "L1_LF_1": {AT: 1},
            "L1_LF_2": {AT: 2},
            "S1_ZT_1": {AT: {"battery_volt": 12, "sensor_state": {"L1_LF_1": 0, "L1_LF_2": 3}}},
        }
    }
    parsed = parse(message, children={DEVICE: {"L1_LF_1": "child-1"}})
    assert values(parsed) == {
        ("child-1", "crack_mm"): 1,
        ("child-1", "sensor_state_l1_lf"): 0,
        (f"{DEVICE}/L1_LF_2", "crack_mm"): 2,
        (f"{DEVICE}/L1_LF_2", "sensor_state_l1_lf"): 3,
        (DEVICE, "battery_v"): 12,
    }
    assert drift(parsed) == {"(unlisted child)": 2}
    [child] = [row for row in rows(parsed) if row["variable"] == "crack_mm" and row["station_code"] == "child-1"]
    assert json.loads(child["extra"]) == {"gateway": DEVICE}


def test_topics_name_the_device_where_the_message_does_not() -> None:
    members = {"L1_LF_1": {AT: 1}}
    direct = parse(members, "/sys/product/dev9/thing/property/post")
    assert values(direct) == {("dev9", "crack_mm"): 1}
    wrapped = parse({"messageType": "property", "properties": members}, "/sys/product/dev9/thing/property/post")
    assert values(wrapped) == {("dev9", "crack_mm"): 1}
    behind = parse(members, "/sys/product/gateway/sub/dev8/thing/property/post")
    assert values(behind) == {("dev8", "crack_mm"): 1}
    assert json.loads(rows(behind)[0]["extra"]) == {"gateway": "gateway"}
    assert [reject.rule for reject in parse(members, "$dp").rejects] == ["geo_iot.device"]


def test_a_status_message_makes_the_station_and_those_of_its_further_channels() -> None:
    status = {"lon": "112.85", "lat": "35.5", "sw_version": "v2", "singal_nb": -90, "sensor_state": {"L1_LF_2": 0}}
    parsed = parse(one("S1_ZT_1", status))
    assert values(parsed) == {(DEVICE, "signal_nb"): -90, (f"{DEVICE}/L1_LF_2", "sensor_state_l1_lf"): 0}
    stations = {row["station_code"]: row for row in rows(parsed, "station")}
    assert set(stations) == {DEVICE, f"{DEVICE}/L1_LF_2"}
    assert {(row["longitude"], row["latitude"]) for row in stations.values()} == {(112.85, 35.5)}
    assert {row["modified_at"] for row in stations.values()} == {None}, "saying it again changes no definition"
    assert json.loads(stations[DEVICE]["extra"]) == {"sw_version": "v2"}


@pytest.mark.parametrize("place", [{"lon": 0, "lat": 0}, {"lon": "", "lat": ""}, {"lon": None, "lat": None}, {}])
def test_a_device_that_does_not_know_where_it_is_makes_no_station(place: dict[str, Any]) -> None:
    parsed = parse(one("S1_ZT_1", {"battery_volt": 12} | place))
    assert (rows(parsed, "station"), [*parsed.rejects]) == ([], [])


@pytest.mark.parametrize("place", [{"lon": "east", "lat": "35"}, {"lon": "212.85", "lat": "35"}, {"lon": "112.85"}])
def test_a_position_that_is_none_costs_the_station_not_the_values(place: dict[str, Any]) -> None:
    parsed = parse(one("S1_ZT_1", {"battery_volt": 12} | place))
    assert [reject.rule for reject in parsed.rejects] == ["geo_iot.position"]
    assert len(rows(parsed)) == 1


def test_the_newest_position_of_a_back_filled_message_stands() -> None:
    later = "2026-03-14T07:09:03.000Z"
    status = {later: {"lon": 112.86, "lat": 35.5}, AT: {"lon": 112.85, "lat": 35.5}}
    [station] = rows(parse({DEVICE: {"S1_ZT_1": status}}), "station")
    assert station["longitude"] == 112.86


def test_horns_are_no_measurement_and_raw_gnss_is_kept_beside_its_values() -> None:
    parsed = parse({DEVICE: {"L4_LB_1": {AT: 1}, "L1_GP_1": {AT: {"gpsTotalX": 1, "gpsInitial": "abc"}}}})
    assert values(parsed) == {(DEVICE, "displacement_x_mm"): 1}
    assert drift(parsed) == {"L4_LB (actuator)": 1}
    assert json.loads(rows(parsed)[0]["extra"]) == {"gpsInitial": "abc"}


def test_missing_values_give_no_row_and_genuine_negatives_do() -> None:
    parsed = parse(one("L1_QJ_1", {"X": None, "Y": "", "Z": -9999, "angle": -84.1}))
    assert values(parsed) == {(DEVICE, "tilt_deg"): -84.1}
    assert drift(parsed) == {"(missing)": 3}


def test_unknown_leaves_and_kinds_keep_their_names_and_are_told() -> None:
    parsed = parse({DEVICE: {"L1_LF_1": {AT: {"value": 1, "ageing": 3}}, "L9_AB_1": {AT: 2}, "L2_QQ_1": {AT: 4}}})
    assert values(parsed) == {
        (DEVICE, "crack_mm"): 1,
        (DEVICE, "lf_ageing"): 3,
        (DEVICE, "l9_ab_1"): 2,
        (DEVICE, "qq_value"): 4,
    }
    assert set(drift(parsed)) == {"L1_LF.ageing", "L9_AB_1", "L2_QQ.value"}
    [ageing] = [row for row in rows(parsed) if row["variable"] == "lf_ageing"]
    assert (ageing["unit"], json.loads(ageing["extra"])) == ("unstated", {"field": "ageing"})


def test_the_platforms_flavour() -> None:
    entry = {
        "deviceCode": "dev7",
        "time": "2026-03-14 15:04:03",
        "keyValues": [
            {"key": "gpsTotalX", "value": 1.5},
            {"key": "L1_QJ_1.X", "value": "2"},
            {"key": "value", "value": 3},
        ],
    }
    for document in (entry, [entry], {"code": 200, "data": [entry]}, {"data": {"list": [entry]}}):
        parsed = parse(document, topic="list")
        assert values(parsed) == {("dev7", "displacement_x_mm"): 1.5, ("dev7", "tilt_x_deg"): 2, ("dev7", "value"): 3}
        assert {row["event_at"] for row in rows(parsed)} == {INSTANT}
        assert drift(parsed) == {"value": 1}


@pytest.mark.parametrize("change", [{"time": None}, {"deviceCode": ""}, {"keyValues": [1]}])
def test_an_entry_of_the_platform_that_lacks_something_is_refused(change: dict[str, Any]) -> None:
    entry = {"deviceCode": "dev7", "time": "2026-03-14 15:04:03", "keyValues": [{"key": "gpsTotalX", "value": 1}]}
    assert [reject.rule for reject in parse(entry | change).rejects] == ["geo_iot.platform"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ({"value": "much"}, "geo_iot.number"),
        ({"value": True}, "geo_iot.number"),
        ({"value": {"deep": 1}}, "geo_iot.number"),
        ([1, 2], "geo_iot.number"),
    ],
)
def test_a_value_that_is_none_is_rejected_alone(content: Any, rule: str) -> None:
    parsed = parse({DEVICE: {"L1_LF_1": {AT: content}, "L1_QJ_1": {AT: {"X": 1}}}})
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert (len(rows(parsed)), parsed.outcome) == (1, Outcome.PARTIAL)


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "1e400", "1" * 5000])
def test_numbers_that_are_none_are_rejected_alone(literal: str) -> None:
    body = json.dumps({DEVICE: {"L1_QJ_1": {AT: {"X": "HERE", "Y": 2}}}}).replace('"HERE"', literal)
    parsed = parse(body.encode())
    assert [reject.rule for reject in parsed.rejects] == ["geo_iot.number.finite"]
    assert len(rows(parsed)) == 1


def test_an_instant_that_is_none_is_rejected_alone() -> None:
    parsed = parse({DEVICE: {"L1_LF_1": {"2026-13-14T07:04:03.000Z": 1, AT: 2}}})
    assert [reject.rule for reject in parsed.rejects] == ["geo_iot.time"]
    assert [row["value"] for row in rows(parsed)] == [2]


def test_text_that_no_database_keeps_and_nesting_without_end_are_rejected() -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    for content in ({AT: {"a\x00b": 1}}, {AT: {"x": "\ud800"}}, {AT: deep}):
        parsed = parse(json.dumps({DEVICE: {"L1_LF_1": content, "L1_QJ_1": {AT: {"X": 1}}}}).encode())
        assert {reject.rule for reject in parsed.rejects} <= {"geo_iot.text", "geo_iot.json"}
        assert parsed.rejects
        json.dumps([reject.record for reject in parsed.rejects], allow_nan=False)


def test_a_file_of_messages_for_replay_has_one_per_line() -> None:
    lines = [CRACK, encrypted(framed(one("L1_LF_1", 9))), one("L1_QJ_1", {"X": 1})]
    body = "\r\n".join(["\x10" + json.dumps(line) for line in lines] + ["", '{"990054920": {"L1_'])
    parsed = parse(body.encode(), topic="replay.ndjson", keys={"62000001": KEY})
    assert [row["value"] for row in rows(parsed)] == [9, 1]
    assert [(reject.where, reject.rule) for reject in parsed.rejects] == [("line 5", "geo_iot.json")]
    assert drift(parsed) == {"(duplicate key)": 1}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "geo_iot.empty"),
        (b"\x10\x00", "geo_iot.empty"),
        (b"<html></html>", "geo_iot.json"),
        (b"\xff\xff\xff\x80", "geo_iot.encoding"),
        (b"{}", "geo_iot.shape"),
        (b'{"990054920": {}}', "geo_iot.shape"),
        (b"[]", "geo_iot.shape"),
        (b'{"a": {"b": 1}}', "geo_iot.shape"),
        (b'{"990054920": {"L1_LF_1": {}}, "x": 1}', "geo_iot.shape"),
        (b"a\nb\nc", "geo_iot.json"),
    ],
)
def test_what_is_no_message_is_one_reject(body: bytes, rule: str) -> None:
    parsed = parse(body)
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert (parsed.records, parsed.outcome) == (0, Outcome.REJECTED)


def test_a_device_with_an_empty_series_says_truly_nothing() -> None:
    parsed = parse({DEVICE: {"L1_LF_1": {}}})
    assert (parsed.records, parsed.outcome) == (0, Outcome.ACCEPTED)
