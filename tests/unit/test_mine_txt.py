"""Coal-mine files: acceptance rules, values, definitions, the JSON flavour. All files here are synthetic (模拟)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.enterprise.mine_txt import PARSER
from connectors.model import Outcome, Parsed, Payload

MINE = "620823009203"
NAME = f"{MINE}_CDSS_20260810080500.txt"
HEADER = f"{MINE};模拟煤矿;2026-08-10 08:05:00"
FETCHED = datetime(2026, 8, 10, 0, 5, 30, tzinfo=UTC)
OPTIONS = {"zone": "Asia/Shanghai", "max_future_s": 600, "projected_crs": "EPSG:4524"}
RECORDED = Path(__file__).parents[3] / "shared/data/recorded/enterprise/licence-unclear"


def record(number: int = 1, value: str = "0.42", status: str = "0", **other: str) -> str:
    fields = {"code": f"{MINE}01MN0001{number:03d}A01", "name": "甲烷", "place": f"1301工作面T{number}", "unit": "%CH4"}
    fields |= {"time": "2026-08-10 08:04:58"} | other
    return ";".join([fields["code"], fields["name"], fields["place"], value, fields["unit"], status, fields["time"]])


def cdss(*records: str, header: str = HEADER, end: str = "~||") -> bytes:
    return ("~".join([header, *records]) + end).encode()


def parse(body: bytes, name: str = NAME, **options: Any) -> Parsed:
    return PARSER.parse(Payload(body, f"folder/{name}", name, FETCHED), OPTIONS | options)


def rows(parsed: Parsed, table: str = "observation") -> list[dict[str, Any]]:
    return parsed.tables[table].to_pylist()


def only(parsed: Parsed) -> dict[str, Any]:
    assert not parsed.rejects
    (row,) = rows(parsed)
    return row


def rules(parsed: Parsed) -> list[str]:
    return [reject.rule for reject in parsed.rejects]


def test_a_record_is_an_observation_with_all_its_clocks() -> None:
    parsed = parse(cdss(record()))
    assert parsed.outcome is Outcome.ACCEPTED
    assert parsed.tables["observation"].schema == PARSER.tables["observation"]
    row = only(parsed)
    assert json.loads(row.pop("extra")) == {"location": "1301工作面T1", "type_name": "甲烷"}
    assert row == {
        "station_code": f"{MINE}01MN0001001A01",
        "variable": "methane_pct",
        "event_at": datetime(2026, 8, 10, 0, 4, 58, tzinfo=UTC),
        "value": 0.42,
        "unit": "%CH4",
        "value_text": None,
        "interval_h": None,
        "status_flags": 0,
        "missing_reason": None,
        "owner_code": MINE,
        "source_table": "CDSS",
        "issued_at": datetime(2026, 8, 10, 0, 5, tzinfo=UTC),
    }


@pytest.mark.parametrize("end", ["~||", "||", "~\n||\r\n", "~||\n"])
@pytest.mark.parametrize("between", ["~", "~\n", "~\r\n"])
def test_line_breaks_mean_nothing(between: str, end: str) -> None:
    body = (between.join([HEADER, record(1), record(2)]) + end).encode()
    assert [row["value"] for row in rows(parse(body))] == [0.42, 0.42]
    assert PARSER.is_complete(body)


@pytest.mark.parametrize(
    "name", [NAME.lower(), f"{MINE}_CDSS_20260810080500123456.txt", f"{MINE}_CDSS_20260810080500.TXT"]
)
def test_file_names_are_matched_by_shape(name: str) -> None:
    assert parse(cdss(record()), name).records == 1


@pytest.mark.parametrize(
    ("body", "name", "rule"),
    [
        (cdss(record()), "notes.txt", "mine.file.name"),
        (cdss(record()), f"{MINE}_XXSJ_20260810080500.txt", "mine.type.unknown"),
        (cdss(record()), f"{MINE}_RYQJ_20260810080500.txt", "mine.type.undocumented"),
        (cdss(record()), "620823009204_CDSS_20260810080500.txt", "mine.header.mine_code"),
        (cdss(record(), end="~"), NAME, "mine.file.incomplete"),
        (cdss(record(), end="~|"), NAME, "mine.file.incomplete"),
        (b"", NAME, "mine.file.incomplete"),
        (cdss(), NAME, "mine.file.no_records"),
        (cdss(record(), header=f"{MINE};模拟煤矿"), NAME, "mine.header.fields"),
        (cdss(record(), header=HEADER.replace(";", "；")), NAME, "mine.separator.full_width"),
        (cdss(record(), header=f"{MINE};模拟煤矿;2026-08-10"), NAME, "mine.header.time"),
        (cdss(record(), header=f"{MINE};模拟煤矿;2026-08-10 08:15:31"), NAME, "mine.header.future"),
        (cdss(record()) + b"\xff\xff", NAME, "mine.file.encoding"),
    ],
)
def test_a_file_that_is_not_to_be_trusted_is_refused_whole(body: bytes, name: str, rule: str) -> None:
    parsed = parse(body, name)
    assert (parsed.outcome, rules(parsed), parsed.records) == (Outcome.REJECTED, [rule], 0)
    assert parsed.rejects[0].reason


def test_a_clock_a_little_ahead_is_tolerated() -> None:
    assert parse(cdss(record(), header=f"{MINE};模拟煤矿;2026-08-10 08:15:30")).outcome is Outcome.ACCEPTED
    assert rules(parse(cdss(record()), max_future_s=-60)) == ["mine.header.future"]


def test_completeness_is_seen_from_the_bytes() -> None:
    whole = cdss(record(1), record(2))
    assert PARSER.is_complete(whole)
    assert not any(PARSER.is_complete(whole[:length]) for length in range(len(whole)))


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (record(9) + ";", "mine.record.fields"),
        (f"{MINE}01MN0001009A01;甲烷", "mine.record.fields"),
        ("", "mine.record.fields"),
        (record(9).replace(";", "；"), "mine.separator.full_width"),
        (record(9, time="2026-08-10 08：04：58"), "mine.record.time"),
        (record(9, time=""), "mine.record.time"),
        (record(9, value="NaN"), "mine.value.not_finite"),
        (record(9, value="-Infinity"), "mine.value.not_finite"),
        (record(9, value="1e400"), "mine.value.not_finite"),
        (record(9, code=""), "mine.point.empty"),
        (record(9, code="62082300920401MN0001001A01"), "mine.point.other_mine"),
        (record(9, place="工作\ufffd面"), "mine.record.mojibake"),
    ],
)
def test_a_bad_record_costs_itself_only(bad: str, rule: str) -> None:
    parsed = parse(cdss(record(1), record(2), bad, record(3), record(4)))
    assert parsed.outcome is Outcome.PARTIAL
    assert [row["station_code"][20:23] for row in rows(parsed)] == ["001", "002", "003", "004"]
    (reject,) = parsed.rejects
    assert (reject.where, reject.rule, reject.table) == ("record 3", rule, "observation")
    assert reject.record == {"record": bad}


def test_more_than_a_fifth_of_bad_records_refuses_the_file() -> None:
    good = [record(number) for number in range(1, 5)]
    assert parse(cdss(*good, "broken")).outcome is Outcome.PARTIAL  # exactly a fifth
    parsed = parse(cdss(*good, "broken", record(9, value="nan")))
    assert (parsed.outcome, rules(parsed)) == (Outcome.REJECTED, ["mine.file.too_many_bad"])
    assert "2 of 6" in parsed.rejects[0].reason


@pytest.mark.parametrize("raw", ["", "-9999", "-9999.00"])
def test_a_value_that_is_missing_gives_no_row_and_is_told(raw: str) -> None:
    parsed = parse(cdss(record(1), record(2, raw), record(3, raw)))
    assert [row["station_code"][20:23] for row in rows(parsed)] == ["001"]
    assert [(d.table, d.field, d.count) for d in parsed.drift] == [("observation", "(missing)", 2)]
    nothing = parse(cdss(record(1, raw)))
    assert (nothing.outcome, nothing.records) == (Outcome.ACCEPTED, 0)


@pytest.mark.parametrize(
    ("raw", "value", "text", "reason"),
    [
        ("-0.03", -0.03, None, None),
        ("0", 0.0, None, None),
        ("故障", None, "故障", "no_number"),
        ("1_0", None, "1_0", "no_number"),
        ("１", None, "１", "no_number"),
    ],
)
def test_negative_values_are_values_and_text_stays_text(
    raw: str, value: float | None, text: str | None, reason: str | None
) -> None:
    row = only(parse(cdss(record(value=raw))))
    assert (row["value"], row["value_text"], row["missing_reason"]) == (value, text, reason)


@pytest.mark.parametrize(
    ("status", "flags", "kept"),
    [
        ("0", 0, None),
        ("00000000", 0, None),
        ("3", 3, None),  # alarm and power cut
        ("12", 12, None),
        ("255", 255, None),
        ("", None, None),
        ("good", 0, None),
        ("fault", 128, None),
        ("256", None, "256"),
        ("00000011", None, "00000011"),  # binary digits in an order that nobody documents
        ("-1", None, "-1"),
        ("奇怪", None, "奇怪"),
    ],
)
def test_status_is_bit_flags_and_what_is_not_understood_is_kept(
    status: str, flags: int | None, kept: str | None
) -> None:
    parsed = parse(cdss(record(status=status)))
    row = only(parsed)
    assert (row["status_flags"], row["value"]) == (flags, 0.42)
    assert json.loads(row["extra"]).get("status") == kept
    assert [(d.field, d.example) for d in parsed.drift] == ([("status", kept)] if kept else [])


@pytest.mark.parametrize(
    ("name", "unit", "kind", "variable"),
    [
        ("甲烷", "%CH4", "MN0001", "methane_pct"),
        ("激光甲烷传感器", "", "MN0001", "methane_pct"),
        ("一氧化碳", "ppm", "MN0004", "carbon_monoxide_ppm"),
        ("CO", "PPM", "MN0004", "carbon_monoxide_ppm"),
        ("风速", "m/s", "MN0002", "wind_speed_m_s"),
        ("温度", "℃", "MN0003", "temperature_c"),
        ("粉尘浓度", "mg/m3", "MN0005", "dust_mg_m3"),
        ("负压", "kPa", "MN0006", "negative_pressure_kpa"),
        ("负压", "Pa", "MN0006", "negative_pressure_pa"),
        ("流量", "m3/min", "LJ0007", "flow_total_m3_min"),
        ("", "mm", "MN0501", "rain_mm"),
        ("馈电", "", "KG0011", "switch_state"),
        ("某种新传感器", "", "KG9999", "switch_state"),
    ],
)
def test_variables_carry_their_unit(name: str, unit: str, kind: str, variable: str) -> None:
    row = only(parse(cdss(record(name=name, unit=unit, code=f"{MINE}01{kind}001A01"))))
    assert (row["variable"], row["unit"]) == (variable, unit or "1")


@pytest.mark.parametrize(
    ("name", "unit", "kind", "variable"),
    [
        ("某种新", "x", "MN0099", "sensor_type_某种新"),
        ("", "", "MN0099", "sensor_type_0099"),
        ("甲烷", "mol", "MN0001", "methane"),
    ],
)
def test_unknown_types_and_units_land_and_are_counted(name: str, unit: str, kind: str, variable: str) -> None:
    code = f"{MINE}01{kind}001A0"
    parsed = parse(cdss(*(record(name=name, unit=unit, code=f"{code}{number}") for number in range(3))))
    assert {row["variable"] for row in rows(parsed)} == {variable}
    assert [(d.table, d.field, d.count, d.example) for d in parsed.drift] == [
        ("observation", "sensor_type", 3, f"{name} [{unit}]")
    ]


def test_switch_points_say_what_their_state_means_where_the_type_says_it() -> None:
    smoke = {"name": "烟雾", "unit": ""}
    parsed = parse(
        cdss(
            record(value="1", code=f"{MINE}01KG0010001A01", **smoke),
            record(value="0", code=f"{MINE}01KG0010002A01", **smoke),
            record(value="1", code=f"{MINE}01KG0015003A01", name="设备开停", unit=""),
        )
    )
    assert [(row["value"], row["value_text"]) for row in rows(parsed)] == [
        (1.0, "有烟雾"),
        (0.0, "无烟雾"),
        (1.0, None),
    ]


def test_of_a_repeated_key_the_last_stands_and_it_is_told() -> None:
    parsed = parse(cdss(record(1, "0.1"), record(2, "0.2"), record(1, "0.9")))
    assert [row["value"] for row in rows(parsed)] == [0.2, 0.9]
    assert [(d.field, d.count) for d in parsed.drift] == [("(duplicate key)", 1)]


def test_the_same_point_at_another_time_is_no_repetition() -> None:
    parsed = parse(cdss(record(1, "0.1"), record(1, "0.9", time="2026-08-10 08:04:59")))
    assert (parsed.records, list(parsed.drift)) == (2, [])


@pytest.mark.parametrize(("codec", "drift"), [("utf-8-sig", []), ("gb18030", ["(encoding)"])])
def test_other_encodings_are_read_and_told(codec: str, drift: list[str]) -> None:
    parsed = parse(cdss(record()).decode().encode(codec))
    assert json.loads(only(parsed)["extra"])["type_name"] == "甲烷"
    assert [d.field for d in parsed.drift] == drift


def test_rejected_and_repeated_records_do_not_shift_the_columns_of_the_others() -> None:
    records = [record(number, value=f"{number}") for number in range(1, 11)]
    records[2:2] = ["short", record(1, "99"), record(50, value="nan")]
    parsed = parse(cdss(*records))
    values = {row["station_code"][20:23]: row["value"] for row in rows(parsed)}
    assert values == {f"{number:03d}": float(number) for number in range(2, 11)} | {"001": 99.0}
    assert [reject.where for reject in parsed.rejects] == ["record 3", "record 5"]


# --- definitions -------------------------------------------------------------------------------------------------


def definition(**changes: str) -> str:
    fields = {
        "code": f"{MINE}01MN0001001A01",
        "system": "01",
        "substation": f"{MINE}00001",
        "type": "0001",
        "value_type": "MN",
        "unit": "%CH4",
        "limits": "4;0;1.0;0.9;;;1.5;1.0;;",
        "on": "",
        "off": "",
        "place": "1301工作面T1",
        "x": "4245615.60",
        "y": "36372560.60",
        "z": "-412.5",
        "related": f"{MINE}01KG0015001A01&{MINE}01KG0015002A01",
        "time": "2026-07-11 08:00:00",
    }
    return ";".join((fields | changes).values())


def cddy(*records: str, **options: Any) -> Parsed:
    return parse(cdss(*records), f"{MINE}_CDDY_20260810080500.txt", **options)


def test_a_definition_is_a_sensor_with_a_place() -> None:
    parsed = cddy(definition())
    assert parsed.outcome is Outcome.ACCEPTED
    assert parsed.tables["sensor"].schema == PARSER.tables["sensor"]
    (row,) = rows(parsed, "sensor")
    assert (row.pop("longitude"), row.pop("latitude")) == pytest.approx((106.542457, 38.334344), abs=1e-6)
    assert json.loads(row.pop("related_points")) == [f"{MINE}01KG0015001A01", f"{MINE}01KG0015002A01"]
    assert {name: value for name, value in row.items() if value is not None} == {
        "point_code": f"{MINE}01MN0001001A01",
        "defined_at": datetime(2026, 7, 11, tzinfo=UTC),
        "mine_code": MINE,
        "mine_name": "模拟煤矿",
        "system_code": "01",
        "substation_code": f"{MINE}00001",
        "sensor_type_code": "0001",
        "value_type": "MN",
        "unit": "%CH4",
        "range_high": 4.0,
        "range_low": 0.0,
        "alarm_upper": 1.0,
        "alarm_upper_release": 0.9,
        "cutoff_upper": 1.5,
        "restore_upper": 1.0,
        "location": "1301工作面T1",
        "x_m": 4245615.6,
        "y_m": 36372560.6,
        "z_m": -412.5,
        "issued_at": datetime(2026, 8, 10, 0, 5, tzinfo=UTC),
    }


def test_a_point_defined_anew_is_a_second_row() -> None:
    parsed = cddy(definition(), definition(unit="ppm", time="2026-08-10 08:00:00"))
    assert [row["unit"] for row in rows(parsed, "sensor")] == ["%CH4", "ppm"]


@pytest.mark.parametrize(("x", "y"), [("", ""), ("0", "0"), ("0.00", "0.0")])
def test_a_form_that_was_not_filled_in_is_no_place(x: str, y: str) -> None:
    (row,) = rows(cddy(definition(x=x, y=y)), "sensor")
    assert (row["longitude"], row["latitude"], row["extra"]) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "options", "reason"),
    [
        ({"x": "36372560.60", "y": "4245615.60"}, {}, "swapped"),
        ({"y": ""}, {}, "only one"),
        ({}, {"projected_crs": None}, "no projected reference system"),
        ({}, {"projected_crs": "EPSG:4530"}, "EPSG:4530"),
    ],
)
def test_a_place_that_cannot_be_found_costs_the_place_not_the_definition(
    changes: dict[str, str], options: dict[str, Any], reason: str
) -> None:
    parsed = cddy(definition(**changes), **options)
    (row,) = rows(parsed, "sensor")
    assert (row["longitude"], row["latitude"]) == (None, None)
    assert reason in json.loads(row["extra"])["coordinates"]
    assert [(d.table, d.field, d.count) for d in parsed.drift] == [("sensor", "coordinates", 1)]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"time": ""}, "mine.record.time"),
        ({"z": "NaN"}, "mine.value.not_finite"),
        ({"x": "north"}, "mine.value.number"),
        ({"code": ""}, "mine.point.empty"),
    ],
)
def test_bad_definitions_are_rejected(changes: dict[str, str], rule: str) -> None:
    good: Sequence[str] = [definition(code=f"{MINE}01MN0001{n:03d}A01") for n in range(2, 7)]
    parsed = cddy(*good, definition(**changes))
    assert (parsed.records, rules(parsed)) == (5, [rule])


# --- the JSON flavour --------------------------------------------------------------------------------------------


def measurement(**changes: Any) -> dict[str, Any]:
    return {
        "transducerCode": "001040",
        "allData": {
            "csMineCode": "620823009",
            "csDataTime": "2026-08-10 08:04:58",
            "ssTransducerName": "甲烷",
            "ssAnalogUnit": "%CH4",
            "ssTransducerPoint": "模拟巷道T1",
            "ssAnalogHigh": "100.00",
            "ssTransducerState": "3",
            "ssAnalogValue": "0.04",
            **changes,
        },
    }


def places(*sensors: Any) -> bytes:
    return json.dumps([{"belongMine": MINE, "pointName": "模拟巷道", "sensor": list(sensors)}]).encode()


def test_the_json_flavour_holds_the_same_measurements() -> None:
    row = only(parse(places(measurement()), "places.json"))
    assert (row["station_code"], row["variable"], row["value"], row["status_flags"], row["owner_code"]) == (
        f"{MINE}001040",
        "methane_pct",
        0.04,
        3,
        MINE,
    )
    assert row["event_at"] == datetime(2026, 8, 10, 0, 4, 58, tzinfo=UTC)
    assert json.loads(row["extra"])["ssAnalogHigh"] == "100.00"
    assert (
        only(parse(json.dumps([measurement()["allData"]]).encode(), "flat.json"))["station_code"]
        == "620823009模拟巷道T1"
    )


@pytest.mark.parametrize(
    ("sensor", "rule"),
    [
        (measurement(csDataTime="yesterday"), "mine.record.time"),
        (measurement(ssAnalogValue="NaN"), "mine.value.not_finite"),
        (measurement(ssAnalogValue=float("nan")), "mine.value.not_finite"),
        (measurement(ssTransducerPoint="\x00"), "mine.record.mojibake"),
        (measurement(ssTransducerPoint="\ud800"), "mine.record.mojibake"),
        (7, "mine.json.record"),
        ({"allData": {"ssTransducerName": "甲烷"}}, "mine.point.empty"),
    ],
)
def test_unusable_measurements_are_rejected_one_by_one(sensor: Any, rule: str) -> None:
    parsed = parse(places(measurement(), sensor), "places.json")
    assert (parsed.records, rules(parsed), parsed.rejects[0].where) == (1, [rule], "[0]/sensor[1]")
    json.dumps(parsed.rejects[0].record, allow_nan=False, ensure_ascii=False).encode()


def test_fields_nobody_knows_are_kept_and_told() -> None:
    parsed = parse(places(measurement(ssNew="7", ssTransducerState="?")), "places.json")
    extra = json.loads(only(parsed)["extra"])
    assert (extra["ssNew"], extra["ssTransducerState"]) == ("7", "?")
    assert {d.field for d in parsed.drift} == {"ssNew", "status"}


@pytest.mark.parametrize(
    "body", [b"[", b"[]", b"{}", b'[{"a": 1}]', b'["x"]', b"[" * 100_000, b'[{"ss\\ud800": "\\u0000"}]']
)
def test_other_json_is_refused(body: bytes) -> None:
    assert parse(body, "other.json").outcome is Outcome.REJECTED


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded files of ../shared are not here")
def test_the_recorded_snapshot_of_a_mine() -> None:
    path = RECORDED / "cn_coal_monitoring_places_A.json"
    parsed = parse(path.read_bytes(), path.name)
    assert (parsed.outcome, parsed.records) == (Outcome.ACCEPTED, 109)
    assert {(d.field, d.count) for d in parsed.drift} == {
        ("(duplicate key)", 1),
        ("(missing)", 23),
        ("(place without sensor)", 35),
    }
    found = rows(parsed)
    assert {row["variable"] for row in found} == {
        "methane_pct",
        "carbon_monoxide_ppm",
        "temperature_c",
        "dust_mg_m3",
    }
