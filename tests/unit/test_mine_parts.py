"""Coal mines beyond CDDY and CDSS: records of every type, dialects, streams. All files are synthetic (模拟)."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.enterprise import mine_stream
from connectors.enterprise.mine_layouts import LAYOUTS, UNDOCUMENTED
from connectors.enterprise.mine_tables import KEYS, SCHEMAS
from connectors.enterprise.mine_txt import PARSER
from connectors.errors import ConfigurationError
from connectors.model import Outcome, Parsed, Payload, StreamParser
from connectors.person import hashed

MINE = "620823009203"
HEADER = f"{MINE};模拟煤矿;2026-08-10 08:05:00"
FETCHED = datetime(2026, 8, 10, 0, 5, 30, tzinfo=UTC)
ISSUED = datetime(2026, 8, 10, 0, 5, tzinfo=UTC)
SALT = "0123456789abcdef-invented"
OPTIONS = {"zone": "Asia/Shanghai", "max_future_s": 600, "projected_crs": "EPSG:4524", "salt": SALT}
AT = "2026-08-10 08:04:58"
XYZ = "4245615.60;36372560.60;1229.00"


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=8)


def parse(kind: str, *records: str, header: str = HEADER, name: str = MINE, **options: Any) -> Parsed:
    body = ("~".join([header, *records]) + "~||").encode()
    file = f"{name}_{kind}_20260810080500.txt"
    return PARSER.parse(Payload(body, file, file, FETCHED), OPTIONS | options)


def rows(parsed: Parsed) -> list[dict[str, Any]]:
    assert not parsed.rejects
    ((_, table),) = parsed.tables.items()
    return [{key: value for key, value in row.items() if value is not None} for row in table.to_pylist()]


def only(parsed: Parsed) -> dict[str, Any]:
    (row,) = rows(parsed)
    return row


def extra(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row.get("extra", "{}"))
    return found


def values(parsed: Parsed) -> list[tuple[Any, ...]]:
    return [(row["variable"], row.get("value"), row["unit"], row.get("value_text")) for row in rows(parsed)]


# --- safety ------------------------------------------------------------------------------------------------------


def ycbj(kind: str = "001", ended: str = "2026-08-10 08:03:00") -> str:
    return (
        f"{MINE}01MN0001001A01;甲烷;1301工作面;%CH4;{kind};2026-08-10 08:00:00;{ended};1.62;2026-08-10 08:01:30;"
        f"0.91;2026-08-10 08:00:00;1.20;风筒脱落;恢复通风;2026-08-10 08:04:00;模拟某人;{AT}"
    )


def test_an_alarm_of_the_safety_system() -> None:
    row = only(parse("YCBJ", ycbj()))
    assert extra(row) == {
        "entered_at": "2026-08-10T00:04:00+00:00",
        "mean": 1.2,
        "minimum": 0.91,
        "minimum_at": "2026-08-10T00:00:00+00:00",
        "reported_at": "2026-08-10T00:04:58+00:00",
        "type_name": "甲烷",
    }
    row.pop("extra")
    assert row == {
        "point_code": f"{MINE}01MN0001001A01",
        "alarm_type": "over_limit",
        "started_at": beijing("2026-08-10 08:00:00"),
        "ended_at": beijing("2026-08-10 08:03:00"),
        "variable": "methane_pct",
        "value": 1.62,
        "value_at": beijing("2026-08-10 08:01:30"),
        "unit": "%CH4",
        "location": "1301工作面",
        "reason": "风筒脱落",
        "measure": "恢复通风",
        "owner_code": MINE,
        "source_table": "YCBJ",
        "issued_at": ISSUED,
    }


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("002", "power_cut"),
        ("003", "feed"),
        ("004", "line_broken"),
        ("005", "base_power_lost"),
        ("006", "base_unreachable"),
        ("007", "calibration"),
        ("008", "over_range"),
        ("009", "pre_alarm_upper"),
    ],
)
def test_kinds_of_alarms(code: str, kind: str) -> None:
    assert only(parse("YCBJ", ycbj(code)))["alarm_type"] == kind


def test_the_peak_of_a_lower_limit_is_its_minimum() -> None:
    row = only(parse("YCBJ", ycbj("010")))
    assert (row["alarm_type"], row["value"], extra(row)["maximum"]) == ("pre_alarm_lower", 0.91, 1.62)


def test_an_alarm_that_lasts_has_no_end_and_an_unknown_kind_is_kept() -> None:
    parsed = parse("YCBJ", ycbj("099", ended=""))
    row = only(parsed)
    assert (row["alarm_type"], "ended_at" in row) == ("099", False)
    assert [(d.field, d.example) for d in parsed.drift] == [("alarm_type", "099")]


def test_statistics_of_a_point() -> None:
    span = "2026-08-10 07:00:00;2026-08-10 08:00:00"
    record = f"{MINE}01MN0001001A01;甲烷;T1;%CH4;{span};0.61;2026-08-10 07:30:00;-9999;;0.42;{AT}"
    nothing = f"{MINE}01MN0001002A01;甲烷;T2;%CH4;{span};-9999;;;;;{AT}"
    parsed = parse("TJSJ", record, nothing)
    row = only(parsed)
    assert (row["variable"], row["maximum"], row["mean"], "minimum" in row) == ("methane_pct", 0.61, 0.42, False)
    assert (row["started_at"], row["ended_at"]) == (beijing("2026-08-10 07:00:00"), beijing("2026-08-10 08:00:00"))
    assert [(d.field, d.count) for d in parsed.drift] == [("(missing)", 1)]


@pytest.mark.parametrize("z", ["", ";1229.00"])
def test_substations_have_four_or_five_fields(z: str) -> None:
    row = only(parse("FZDY", f"{MINE}00001;井底车场;4245615.60;36372560.60{z}"))
    assert (row["substation_code"], row["location"], row.get("z_m")) == (
        f"{MINE}00001",
        "井底车场",
        1229.0 if z else None,
    )
    assert (row["longitude"], row["latitude"]) == pytest.approx((106.542457, 38.334344), abs=1e-6)


def test_states_of_substations_are_two_observations() -> None:
    parsed = parse("FZSS", f"{MINE}00001;2;1;{AT}", f"{MINE}00002;0;;{AT}", f"{MINE}00003;7;9;{AT}")
    assert values(parsed) == [
        ("substation_run_state", 2.0, "1", "fault"),
        ("substation_power_state", 1.0, "1", "direct_current"),
        ("substation_run_state", 0.0, "1", "normal"),
        ("substation_run_state", 7.0, "1", None),
        ("substation_power_state", 9.0, "1", "power_fault"),
    ]
    assert {(d.field, d.count) for d in parsed.drift} == {("(missing)", 1), ("substation_run_state", 1)}


# --- personnel ---------------------------------------------------------------------------------------------------

CARD = f"{MINE}90001"
AREA, STATION = f"{MINE}0005", f"{MINE}0005000010"


def ryss(card: str = CARD, out: str = "", track: str = "") -> str:
    return (
        f"{card};模拟某人;1;2026-08-10 00:20:00;{out};{AREA};2026-08-10 01:00:00;{STATION};2026-08-10 07:55:00;"
        f"三八制;-12.50;正常;0;1;{track}"
    )


def test_a_person_is_a_hash_with_a_place() -> None:
    track = f"{STATION}&2026-08-10 07:40:00,{STATION}&2026-08-10 07:55:00"
    parsed = parse("RYSS", ryss(track=track))
    row = only(parsed)
    assert json.loads(row.pop("track"))[1] == {"at": "2026-08-09T23:55:00+00:00", "station": STATION}
    assert row == {
        "person_hash": hashed(CARD, SALT),
        "event_at": ISSUED,
        "in_out": "in",
        "entered_mine_at": beijing("2026-08-10 00:20:00"),
        "area_code": AREA,
        "entered_area_at": beijing("2026-08-10 01:00:00"),
        "station_code": STATION,
        "entered_station_at": beijing("2026-08-10 07:55:00"),
        "work_system": "三八制",
        "distance_m": -12.5,
        "work_state": "正常",
        "is_leader": False,
        "is_special": True,
        "mine_code": MINE,
        "issued_at": ISSUED,
    }


def test_no_name_and_no_card_leaves_the_parser() -> None:
    header = f"{MINE};模拟煤矿;500;KJ000;模拟系统;模拟厂家;2030-01-01;2026-08-10 08:05:00"
    good = f"{CARD};模拟某人;电钳工;班长;机电队;1990-01-01;;0;1"
    broken = [f"{CARD};模拟某人;电钳工;班长;机电队;1990-01-01;;7;1", f"{CARD};模拟某人;电钳工"]
    for kind, records in (
        ("RYXX", [good] * 10 + broken),
        ("RYSS", [ryss()] * 10 + [ryss(out="gestern"), f"{CARD};模拟某人"]),
        ("RYCY", [f"重点区域;12;{AREA};1301工作面;{AT};{CARD}&{MINE}90002"] * 10 + [f"重点;x;{AREA};a;{AT};{CARD}"]),
        ("YCBJ", [ycbj()] * 10 + [ycbj(ended="gestern")]),
    ):
        parsed = parse(kind, *records, header=header if kind == "RYXX" else HEADER)
        assert parsed.outcome is Outcome.PARTIAL
        shown = str([table.to_pylist() for table in parsed.tables.values()]) + str(parsed.rejects) + str(parsed.drift)
        assert not any(secret in shown for secret in ("模拟某人", "90001", "90002", "1990"))


def test_persons_areas_and_stations() -> None:
    header = f"{MINE};模拟煤矿;500;KJ000;模拟系统;模拟厂家;2030-01-01;2026-08-10 08:05:00"
    person = only(parse("RYXX", f"{CARD};模拟某人;电钳工;班长;机电队;1990-01-01;;0;1", header=header))
    assert (person["person_hash"], person["work_type"], person["duty"], person["team"]) == (
        hashed(CARD, SALT),
        "电钳工",
        "班长",
        "机电队",
    )
    assert (person["is_leader"], person["is_special"]) == (False, True)
    assert extra(person)["quota"] == "500"
    area = only(parse("RYQY", f"重点区域;{AREA};30;1301工作面"))
    assert (area["area_code"], area["area_name"], area["area_type"], area["quota"]) == (
        AREA,
        "1301工作面",
        "重点区域",
        30,
    )
    station = only(parse("RYJZ", f"{STATION};1号基站;0;0;0;1301工作面口"))
    assert (station["station_code"], station["station_name"], station["location"]) == (
        STATION,
        "1号基站",
        "1301工作面口",
    )
    assert "longitude" not in station
    assert values(parse("JZSS", f"{STATION};1;1;{AT}")) == [
        ("base_station_run_state", 1.0, "1", "link_down"),
        ("base_station_power_state", 1.0, "1", None),
    ]


def test_more_persons_than_allowed_is_an_alarm() -> None:
    row = only(parse("RYCY", f"重点区域;12;{AREA};1301工作面;{AT};{CARD}&{MINE}90002"))
    assert (row["point_code"], row["alarm_type"], row["value"], row["variable"], row["started_at"]) == (
        AREA,
        "over_quota",
        12.0,
        "person_count",
        beijing(AT),
    )
    assert extra(row)["person_hashes"] == [hashed(CARD, SALT), hashed(f"{MINE}90002", SALT)]


def test_without_a_salt_no_person_is_read_and_the_rest_is() -> None:
    parsed = parse("RYSS", ryss(), salt=None)
    assert (parsed.outcome, [r.rule for r in parsed.rejects]) == (Outcome.REJECTED, ["mine.file.too_many_bad"])
    assert "PERSON_SALT" in parsed.rejects[0].reason
    row = only(parse("RYCY", f"重点区域;12;{AREA};1301工作面;{AT};{CARD}", salt=None))
    assert "person_hashes" not in extra(row)


# --- water -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "record", "expected"),
    [
        (
            "CGKCDDY",
            f"{MINE}MN01;0502;水文孔1;延安组上段;50;60;70;0.2;{XYZ};2026-07-11",
            {"point_kind": "observation_hole", "aquifer": "延安组上段", "sensor_type_code": "0502"},
        ),
        ("JSLCDDY", f"{MINE}a1;3;降雨量观测站;2023-11-10;模拟厂;2026-07-11;{XYZ}", {"point_kind": "rain"}),
        ("YSLCDDY", f"{MINE}YSL1;车场1号;一采区;0503;m³/h;{XYZ};2026-07-11", {"area_name": "一采区", "unit": "m³/h"}),
        (
            "PSLCDDY",
            f"{MINE}PSL1;水仓1号;一采区;{XYZ};水泵房;1#泵;65.97%;650;6825H;2026-07-11",
            {"point_kind": "drainage", "point_name": "水仓1号"},
        ),
        ("SFSCDDY", f"{MINE}SFS1;水文孔1;m;延安组;1;2;3;4;{XYZ};1.5;20;2026-07-11 00:00:00", {"aquifer": "延安组"}),
        ("SFSCDDY", f"{MINE}SFS1;水文孔1;m;延安组;1;2;3;4;{XYZ};1.5;2026-07-11 00:00:00", {"aquifer": "延安组"}),
        ("DBSCDDY", f"{MINE}DBS1;1;地表水1号;2023-11-10;模拟厂;2026-07-11;0502;m;{XYZ}", {"unit": "m"}),
        (
            "DBCXCDDY",
            f"{MINE}dbcx1;沉陷区;1401.00;100.00;1,2&3,4&5,6;综采;P1;{XYZ};2026-07-11",
            {"point_code": f"{MINE}dbcx1/P1", "area_name": "沉陷区"},
        ),
        ("ZKYL", f"{MINE}ZKYL1;运输巷;1201;距口10米;80;2026-07-11;{XYZ};X;12&10&100", {"sensor_type_code": "1201"}),
    ],
)
def test_points_of_the_water_part(kind: str, record: str, expected: dict[str, Any]) -> None:
    row = only(parse(kind, record))
    assert row | expected == row
    assert (row["x_m"], row["z_m"], row["defined_at"]) == (4245615.6, 1229.0, datetime(2026, 7, 10, 16, tzinfo=UTC))
    assert (row["longitude"], row["latitude"]) == pytest.approx((106.542457, 38.334344), abs=1e-6)
    assert row["point_code"].startswith(MINE)


@pytest.mark.parametrize(
    ("kind", "record", "expected"),
    [
        (
            "CGKCDSS",
            f"{MINE}MN01;00000000;10.5;-26.0;{AT}",
            [("groundwater_level_m", 10.5), ("water_temperature_c", -26.0)],
        ),
        ("JSLCDSS", f"{MINE}a1;2026-08-10 07:50:00;2026-08-10 08:00:00;{AT};32;3.5", [("rain_mm", 3.5)]),
        ("YSLCDSS", f"{MINE}YSL1;0;12.5;{AT}", [("water_inflow_m3_h", 12.5)]),
        (
            "PSLCDSS",
            f"{MINE}PSL1;45.1;00000000;800.0;{AT}",
            [("water_drainage_m3_h", 45.1), ("water_drainage_daily_total_m3", 800.0)],
        ),
        ("SBCDSS", f"{MINE}PSL1;1#泵;2026-08-09 08:00:00;;1;{AT}", [("pump_run_state", 1.0)]),
        ("SFSCDSS", f"{MINE}SFS1;运输巷;10.1;{AT}", [("water_release", 10.1)]),
        ("DBSCDSS", f"{MINE}DBS1;2.5;7.5;0;{AT}", [("water_level_m", 2.5), ("surface_water_value_2", 7.5)]),
        (
            "DBCXCDSS",
            f"{MINE}dbcx1;沉陷区;P1;0;{XYZ};{AT}",
            [("position_northing_m", 4245615.6), ("position_easting_m", 36372560.6), ("position_height_m", 1229.0)],
        ),
        ("ZKSS", f"{MINE}ZKYL1;1201;距口10米;6.5;0;{AT}", [("borehole_stress", 6.5)]),
    ],
)
def test_real_time_values_of_the_water_part(kind: str, record: str, expected: list[tuple[str, float]]) -> None:
    parsed = parse(kind, record)
    assert [(row["variable"], row["value"]) for row in rows(parsed)] == expected
    assert {(row["event_at"], row["source_table"], row["owner_code"]) for row in rows(parsed)} == {
        (beijing(AT), kind, MINE)
    }


def test_two_points_of_one_code_and_two_pumps_of_one_sensor_stay_two() -> None:
    points = parse("DBCXCDSS", f"{MINE}dbcx1;区;P1;0;{XYZ};{AT}", f"{MINE}dbcx1;区;P2;0;{XYZ};{AT}")
    assert len({row["station_code"] for row in rows(points)}) == 2
    assert len(rows(points)) == 6
    pumps = parse("SBCDSS", f"{MINE}PSL1;1#;;;1;{AT}", f"{MINE}PSL1;2#;;;0;{AT}")
    assert values(pumps) == [("pump_run_state", 1.0, "1", "running"), ("pump_run_state", 0.0, "1", "stopped")]


def test_one_missing_value_of_two_costs_itself_only() -> None:
    parsed = parse("CGKCDSS", f"{MINE}MN01;0;-9999;26.0;{AT}", f"{MINE}MN02;0;;;{AT}")
    assert [row["variable"] for row in rows(parsed)] == ["water_temperature_c"]
    assert [(d.field, d.count) for d in parsed.drift] == [("(missing)", 3)]


def test_values_without_a_known_name_are_told() -> None:
    assert [d.field for d in parse("DBSCDSS", f"{MINE}DBS1;2.5;7.5;0;{AT}").drift] == ["surface_water_value_2"]


def test_rain_covers_ten_minutes_and_keeps_its_other_times() -> None:
    row = only(parse("JSLCDSS", f"{MINE}a1;2026-08-10 07:50:00;2026-08-10 08:00:00;{AT};32;3.5"))
    assert (row["interval_h"], row["status_flags"]) == (pytest.approx(1 / 6), 32)
    assert extra(row)["time_1"] == "2026-08-09T23:50:00+00:00"


def test_alarms_of_the_water_part() -> None:
    text = "实时预警3.9676m>涨阈值（蓝）3.00m"
    row = only(
        parse("CGKCDYC", f"{MINE}MN01;0502;水文孔1;1;{text};{AT};4;传感器故障;模拟某人;2026-08-10 08:14:58;{AT}")
    )
    assert (row["alarm_type"], row["level"], row["variable"], row["reason"]) == (
        "abnormal",
        "blue",
        "water_level_m",
        "传感器故障",
    )
    assert row["ended_at"] == beijing("2026-08-10 08:14:58")
    assert "模拟某人" not in str(row)
    drainage = only(
        parse("PSLCDYC", f"{MINE}PSL1;水仓;1;日环比值4589>阙值（红）100.00;{AT};3;数值过小;模拟某人;{AT};{AT}")
    )
    assert (drainage["level"], drainage["variable"]) == ("red", "water_drainage_m3_h")
    stress = only(parse("ZKYC", f"{MINE}ZKYL1;1201;距口10米;1;{AT};{AT};90.5;{AT};31;{AT};60;{AT}"))
    assert (stress["variable"], stress["value"], extra(stress)["mean"]) == ("borehole_stress", 90.5, 60.0)


# --- equipment ---------------------------------------------------------------------------------------------------

EQUIPMENT_HEADER = f"{MINE};模拟煤矿;30;主要通风机监控系统;2026-08-10 08:05:00"


@pytest.mark.parametrize("system", ["TF", "PS", "LJ", "XJ", "KY", "JC"])
def test_equipment_of_all_six_systems(system: str) -> None:
    code = f"{MINE}30MN0001A1"
    point = only(
        parse(
            f"{system}JC",
            f"{code};0001;温度;F01;1号风机轴承;℃;150;0;80;;{code}&{code}2;2026-07-11 08:00:00",
            header=EQUIPMENT_HEADER,
        )
    )
    assert (point["equipment_code"], point["alarm_upper"], point["system_code"]) == ("F01", 80.0, "30")
    assert json.loads(point["related_points"]) == [code, f"{code}2"]
    parsed = parse(
        f"{system}SS",
        f"\n{code};0001;温度;F01;61.5;℃;good;{AT}",
        f"\n{code}2;0001;温度;F01;-9999;℃;fault;{AT}",
        f"\n{code}3;0001;温度;F01;63.0;℃;fault;{AT}",
        header=EQUIPMENT_HEADER,
    )
    found = [(row["variable"], row["value"], row["status_flags"]) for row in rows(parsed)]
    assert found == [("temperature_c", 61.5, 0), ("temperature_c", 63.0, 128)]
    assert [(d.field, d.count) for d in parsed.drift] == [("(missing)", 1)]
    alarm = only(parse(f"{system}YC", f"{code};0001;温度;F01;1;{AT};;2;;;{AT};91.5;{AT}", header=EQUIPMENT_HEADER))
    assert (alarm["variable"], alarm["value"], alarm["alarm_type"]) == ("temperature_c", 91.5, "abnormal")
    assert extra(alarm)["alarm_level"] == "2"
    assert "level" not in alarm


# --- envelope and dialects ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(UNDOCUMENTED))
def test_types_that_nobody_documents_are_refused_with_that_reason(kind: str) -> None:
    (reject,) = parse(kind, "a;b;c").rejects
    assert (reject.rule, kind in reject.reason) == ("mine.type.undocumented", True)


OLD = "150622B0012000200092"
OLD_RECORD = (
    f"{OLD}00001;模拟某人;1;2026-08-10 00:20:00;xxxx-xx-xx xx:xx:xx;{OLD}05;2026-08-10 01:00:00;{OLD}05A;"
    f"2026-08-10 07:55:00;{OLD}06AI&2026-08-10 07:10:37,{OLD}06BI&2026-08-10 07:55:00"
)


@pytest.mark.parametrize("dialect", [None, "inner_mongolia_20"])
def test_the_older_dialect_with_twenty_characters_and_no_mine_in_its_header(dialect: str | None) -> None:
    header = f"2026-08-10 08:05:00;297;{OLD}00009/模拟领导;"
    parsed = parse("RYSS", OLD_RECORD, header=header, name=OLD, dialect=dialect)
    row = only(parsed)
    assert (row["mine_code"], row["in_out"], "left_mine_at" in row) == (OLD, "in", False)
    assert len(json.loads(row["track"])) == 2
    assert "模拟领导" not in str(row)
    strict = parse("RYSS", OLD_RECORD, header=header, name=OLD, dialect="mt_t_1201")
    assert [r.rule for r in strict.rejects] == ["mine.header.fields"]


def test_full_width_signs_are_repaired_only_where_that_is_declared() -> None:
    record = f"{MINE}MN01；0；10.5；26.0；2026-08-10 08：04：58"
    assert [r.rule for r in parse("CGKCDSS", record).rejects] == ["mine.file.too_many_bad"]
    assert len(rows(parse("CGKCDSS", record, dialect="full_width"))) == 2


def test_an_unknown_dialect_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="full_width"):
        parse("CGKCDSS", "x", dialect="klingon")


def test_the_share_of_bad_records_can_be_declared() -> None:
    records = [f"{MINE}MN0{n};0;10.5;26.0;{AT}" for n in range(3)] + ["bad"]
    assert parse("CGKCDSS", *records).outcome is Outcome.REJECTED
    assert parse("CGKCDSS", *records, max_bad_share=0.25).outcome is Outcome.PARTIAL


def test_a_mine_whose_name_was_destroyed_has_none() -> None:
    parsed = parse("RYQY", f"重点;{AREA};30;a", header=HEADER.replace("模拟煤矿", "锟斤拷煤矿"))
    assert "mine_name" not in only(parsed)
    assert [d.field for d in parsed.drift] == ["(damaged header)"]


def test_of_repeated_keys_the_last_stands() -> None:
    parsed = parse("RYQY", f"重点;{AREA};30;a", f"重点;{AREA};40;b")
    assert only(parsed)["quota"] == 40
    assert [(d.field, d.count) for d in parsed.drift] == [("(duplicate key)", 1)]


@pytest.mark.parametrize("kind", sorted(LAYOUTS))
def test_every_layout_fits_its_table(kind: str) -> None:
    for layout in LAYOUTS[kind]:
        columns = set(SCHEMAS[layout.table].names)
        assert layout.constants.keys() <= columns
        given = {field.name for field in layout.fields} | layout.constants.keys()
        of_file = {"event_at", "issued_at", "variable", "owner_code"}
        assert set(KEYS[layout.table]) <= given | of_file


# --- streams -----------------------------------------------------------------------------------------------------


def stream(body: bytes, kind: str = "CDSS", **options: Any) -> list[Parsed]:
    file = f"{MINE}_{kind}_20260810080500.txt"
    return list(PARSER.parse_stream(io.BytesIO(body), Payload(b"", file, file, FETCHED), OPTIONS | options))


def cdss(count: int, separator: str = "~", bad: int = 0) -> bytes:
    records = [f"{MINE}01MN0001{n:03d}A01;甲烷;巷道{n};0.{n:03d};%CH4;0;{AT}" for n in range(count)] + ["bad"] * bad
    return (separator.join([HEADER, *records]) + "~||").encode()


@pytest.mark.parametrize("chunk", [1, 7, 64, 1000, 10**6])
@pytest.mark.parametrize("separator", ["~", "~\r\n"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030"])
def test_parts_hold_what_the_whole_holds(
    chunk: int, separator: str, codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mine_stream, "CHUNK", chunk)
    body = cdss(40, separator, bad=3).decode().encode(codec)
    file = f"{MINE}_CDSS_20260810080500.txt"
    whole = PARSER.parse(Payload(body, file, file, FETCHED), OPTIONS)
    parts = stream(body)
    found = [row for part in parts for table in part.tables.values() for row in table.to_pylist()]
    assert found == whole.tables["observation"].to_pylist()
    assert [reject for part in parts for reject in part.rejects] == list(whole.rejects)
    assert {d.field for part in parts for d in part.drift} == {d.field for d in whole.drift}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (cdss(40)[:-1], "mine.file.incomplete"),
        (cdss(4, bad=2), "mine.file.too_many_bad"),
        (cdss(4).replace(MINE.encode(), b"620823009204"), "mine.header.mine_code"),
        (cdss(4) + b"\xff\xff||", "mine.file.encoding"),
        (cdss(4).replace(b"0.001", b"0.\x0001"), "mine.file.encoding"),
        (b"", "mine.file.incomplete"),
        (b"||", "mine.file.no_records"),
    ],
)
def test_a_stream_is_judged_whole_before_anything_comes_out(
    body: bytes, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mine_stream, "CHUNK", 50)
    (only_part,) = stream(body)
    assert (only_part.records, [reject.rule for reject in only_part.rejects]) == (0, [rule])


def test_nobody_below_ground_is_an_answer() -> None:
    parsed, body = parse("RYSS"), f"{HEADER}~||".encode()
    assert (parsed.outcome, list(parsed.rejects)) == (Outcome.ACCEPTED, [])
    row = only(parsed)
    assert (row["station_code"], row["owner_code"], row["variable"], row["value"]) == (MINE, MINE, "person_count", 0)
    assert (row["event_at"], row["source_table"]) == (ISSUED, "RYSS")
    (streamed,) = stream(body, "RYSS")
    assert (only(streamed), list(streamed.rejects)) == (row, [])
    (refused,) = stream(body, "RYXX")
    assert [reject.rule for reject in refused.rejects] == ["mine.file.no_records"]


def test_a_stream_without_separators_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mine_stream, "CHUNK", 300_000)
    (only_part,) = stream(cdss(4)[:-3] + b"x" * 2_000_000 + b"~||")
    assert [reject.rule for reject in only_part.rejects] == ["mine.record.length"]


def test_rows_of_other_types_stream_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mine_stream, "CHUNK", 100)
    body = ("~".join([HEADER, *(ryss(f"{MINE}{n:05d}") for n in range(20))]) + "~||").encode()
    parts = stream(body, "RYSS")
    assert len(parts) > 5
    assert sum(part.records for part in parts) == 20
    assert isinstance(PARSER, StreamParser)
