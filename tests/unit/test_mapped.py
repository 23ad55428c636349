"""Mapped documents: what a profile may say, exact values, zones, units, and everything that must not land unnoticed."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from connectors.declared.profiles import shipped, shipped_names
from connectors.errors import ConfigurationError
from connectors.model import Outcome, Parsed, Payload
from connectors.registry import parser

NOW = datetime(2026, 8, 10, 8, tzinfo=UTC)
OBSERVATION: dict[str, Any] = {
    "fields": {"station_code": "code", "event_at": {"time": "time"}},
    "values": {"level": {"variable": "water_level_m", "unit": "m"}},
}


def profile(layout: dict[str, Any] | None = None, table: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "profile": "invented",
        "title": "模拟 / invented",
        "source": "invented",
        "input": {"kind": "csv"} | (layout or {}),
        "tables": {"observation": OBSERVATION | (table or {})},
        **more,
    }


def parse(body: str | bytes, declared: Any, name: str = "x.csv", **options: Any) -> Parsed:
    told = {"profile": declared, **options}
    body = body.encode() if isinstance(body, str) else body
    return parser("mapped", told).parse(Payload(body, name, name, NOW), told)


def rows(parsed: Parsed, table: str = "observation") -> list[dict[str, Any]]:
    return parsed.tables[table].to_pylist() if table in parsed.tables else []


def rules(parsed: Parsed) -> list[str]:
    return [reject.rule for reject in parsed.rejects]


def drift(parsed: Parsed) -> dict[str, int]:
    return {f"{seen.table}.{seen.field}": seen.count for seen in parsed.drift}


def test_a_row_becomes_an_observation_with_zone_unit_and_source() -> None:
    parsed = parse("code,time,level\nA,2026-08-10 16:00:00,3.25\n", profile(zone="Asia/Shanghai"))
    [row] = rows(parsed)
    assert (row["station_code"], row["variable"], row["value"], row["unit"]) == ("A", "water_level_m", 3.25, "m")
    assert (row["event_at"], row["source_table"], row["extra"]) == (NOW, "invented", None)
    assert (parsed.outcome, drift(parsed)) == (Outcome.ACCEPTED, {})


def test_the_zone_of_the_feed_goes_before_that_of_the_profile_and_a_field_s_own_before_both() -> None:
    body = "code,time,level\nA,2026-08-10 08:00:00,1\n"
    assert rows(parse(body, profile(zone="Asia/Shanghai"), zone="UTC"))[0]["event_at"] == NOW
    own = {"fields": {"station_code": "code", "event_at": {"time": "time", "zone": "-06:00"}}}
    assert rows(parse(body, profile(table=own), zone="UTC"))[0]["event_at"] == NOW.replace(hour=14)


@pytest.mark.parametrize(
    ("spec", "text", "value", "unit"),
    [
        ({"variable": "air_temperature_c", "unit": "K"}, "273.15", 0.0, "℃"),
        ({"variable": "pressure_hpa", "unit": "Pa"}, "93284.05", 932.8405, "hPa"),
        ({"variable": "water_level_m", "unit": "ft"}, "10", 3.048, "m"),
        ({"variable": "reservoir_storage_1e6_m3", "unit": "1e6 m3", "scale": 100}, "2.5", 250.0, "1e6 m3"),
        ({"variable": "strain_ue", "unit": "με"}, "85.2", 85.2, "με"),
        ({"variable": "change", "unit": "1"}, "+4", 4.0, "1"),
        ({"variable": "water_level_m", "unit": "m"}, "-0.31", -0.31, "m"),
    ],
)
def test_values_come_in_our_units(spec: dict[str, Any], text: str, value: float, unit: str) -> None:
    [row] = rows(parse(f"code,time,level\nA,2026-08-10 08:00,{text}\n", profile(table={"values": {"level": spec}})))
    assert (row["value"], row["unit"]) == (value, unit)
    assert (row["extra"] is not None) is (value != float(text))


def test_what_was_converted_keeps_what_the_source_wrote() -> None:
    table = {"values": {"level": {"variable": "water_level_m", "unit": "ft"}}}
    [row] = rows(parse("code,time,level\nA,2026-08-10 08:00,10\n", profile(table=table)))
    assert json.loads(row["extra"]) == {"source_parameter": "level", "source_unit": "ft", "source_value": "10"}


def test_missing_marks_give_no_row_and_are_told_once() -> None:
    lines = [f"A,2026-08-10 08:0{n}:00,{value}" for n, value in enumerate(("1", "", "-", "-9999.0", "MM", "0"))]
    parsed = parse("code,time,level\n" + "\n".join(lines), profile(missing=["-", "-9999", "MM"]))
    assert [row["value"] for row in rows(parsed)] == [1.0, 0.0]
    assert drift(parsed) == {"observation.(missing)": 4}
    assert rules(parsed) == []


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "1e400", "abc", "1_000", "3,5"])
def test_what_is_no_finite_number_is_rejected_and_the_row_s_other_values_land(bad: str) -> None:
    table = {"values": OBSERVATION["values"] | {"rain": {"variable": "rain_mm", "unit": "mm", "interval_h": 1}}}
    parsed = parse(f'code,time,level,rain\nA,2026-08-10 08:00,"{bad}",2\n', profile(table=table))
    assert rules(parsed) == ["mapped.number"]
    assert parsed.rejects[0].where == "line 2, level"
    assert [(row["variable"], row["interval_h"]) for row in rows(parsed)] == [("rain_mm", 1.0)]


def test_decimal_commas_and_thousands() -> None:
    body = 'code;time;level\nA;2026-08-10 08:00;"1.234,5"\nA;2026-08-10 08:01;"12.34,5"\n'
    parsed = parse(body, profile({"delimiter": ";"}, decimal=",", thousands="."))
    assert [row["value"] for row in rows(parsed)] == [1234.5]
    assert rules(parsed) == ["mapped.number"]


def test_one_column_of_two_meanings_by_pattern_and_by_another_column() -> None:
    values = {
        "flow": [
            {
                "variable": "reservoir_storage_1e6_m3",
                "unit": "1e6 m3",
                "scale": 100,
                "pattern": r"^\(([\d.]+)\)亿$",
            },
            {"variable": "inflow_m3_s", "unit": "m3/s", "when": {"column": "code", "pattern": "入库$"}},
            {"variable": "discharge_m3_s", "unit": "m3/s"},
        ]
    }
    fields = {
        "station_code": {"column": "code", "pattern": "^(.+?)(?:入库|蓄水量)?$"},
        "event_at": {"time": ["day", {"value": "08:00"}]},
    }
    body = "day,code,flow\n2026-08-10,甲,12\n2026-08-10,甲入库,13\n2026-08-10,甲蓄水量,(2.19)亿\n2026-08-10,甲,(x)亿\n"
    parsed = parse(body, profile(table={"fields": fields, "values": values}, zone="Asia/Shanghai"))
    found = {row["variable"]: (row["station_code"], row["value"]) for row in rows(parsed)}
    assert found == {
        "discharge_m3_s": ("甲", 12.0),
        "inflow_m3_s": ("甲", 13.0),
        "reservoir_storage_1e6_m3": ("甲", 219.0),
    }
    assert rules(parsed) == ["mapped.number"]


def test_records_that_name_their_quantity() -> None:
    long = {
        "name": "what",
        "value": "amount",
        "unit": "unit",
        "variables": {"Level": {"variable": "water_level_m"}, "pH": {"variable": "ph", "unit": "std"}},
    }
    fields = OBSERVATION["fields"]
    table = {"fields": fields, "long": long}
    lines = ["Level,10,ft", "pH,7.5,STD", "Chloride (Cl),3,mg/L", "Level,4,furlong", "pH,,std", "Level,x,m"]
    body = "code,time,what,amount,unit\n" + "\n".join(f"A,2026-08-10 08:0{n},{x}" for n, x in enumerate(lines))
    declared = profile()
    declared["tables"] = {"observation": table}
    parsed = parse(body, declared)
    assert [(row["variable"], row["value"], row["unit"]) for row in rows(parsed)] == [
        ("water_level_m", 3.048, "m"),
        ("ph", 7.5, "STD"),
        ("chloride_cl_mg_l", 3.0, "mg/l"),
        ("level_furlong", 4.0, "furlong"),
    ]
    assert drift(parsed) == {
        "observation.Chloride (Cl)": 1,
        "observation.Level": 1,
        "observation.(missing)": 1,
    }
    assert rules(parsed) == ["mapped.number"]


@pytest.mark.parametrize(
    ("time", "text", "expected"),
    [
        ({"time": "time", "epoch": "s"}, "1786348800", NOW),
        ({"time": "time", "epoch": "ms"}, "1786348800000", NOW),
        ({"time": "time", "epoch": "dotnet"}, "/Date(1786348800000)/", NOW),
        ({"time": "time", "epoch": "dotnet"}, "/Date(1786348800000+0800)/", NOW),
        ({"time": "time", "formats": ["%d-%m-%Y %H:%M:%S"]}, "10-08-2026 16:00:00", NOW),
        ({"time": "time", "formats": ["%d.%m.%Y", "%Y%m%dT%H%M%S%z"]}, "20260810T080000Z", NOW),
        ({"time": "time"}, "2026-08-10T10:00:00+02:00", NOW),
        ({"time": "time", "midnight_24": True}, "2026-08-09 24:00:00", NOW.replace(day=9, hour=16)),
        ({"time": "time", "date_only": True}, "2026-08-10", NOW.replace(day=9, hour=16)),
    ],
)
def test_times(time: dict[str, Any], text: str, expected: datetime) -> None:
    table = {"fields": {"station_code": "code", "event_at": time}}
    [row] = rows(parse(f"code,time,level\nA,{text},1\n", profile(table=table, zone="Asia/Shanghai")))
    assert row["event_at"] == expected


@pytest.mark.parametrize("text", ["2026-13-01 00:00", "10:00", "", "2026-08-10", "99999999999999999999"])
def test_a_time_that_is_none_costs_the_record(text: str) -> None:
    parsed = parse(f"code,time,level\nA,{text},1\n", profile())
    assert (parsed.outcome, len(parsed.rejects)) == (Outcome.REJECTED, 1)
    assert parsed.rejects[0].rule in {"mapped.time", "mapped.key.missing"}


def test_a_time_that_daylight_saving_repeats_is_rejected() -> None:
    parsed = parse("code,time,level\nA,2025-11-02 01:30:00,1\n", profile(), zone="America/Chicago")
    assert rules(parsed) == ["mapped.time"]


def test_the_zone_may_stand_in_the_record() -> None:
    fields = {
        "station_code": "code",
        "event_at": {"time": "time", "zone": {"column": "tz", "map": {3: "-06:00", "CDT": "-05:00"}}},
    }
    body = "code,time,tz,level\nA,2026-08-10 02:00,3,1\nB,2026-08-10 03:00,CDT,1\nC,2026-08-10 03:00,XYZ,1\n"
    parsed = parse(body, profile(table={"fields": fields}))
    assert {row["event_at"] for row in rows(parsed)} == {NOW}
    assert rules(parsed) == ["mapped.word"]


def test_unknown_columns_are_kept_and_told_known_ones_not() -> None:
    table = OBSERVATION | {"keep": ["remark"]}
    declared = profile(ignore=["id"])
    declared["tables"] = {"observation": table}
    parsed = parse("id,code,time,level,remark,new\n7,A,2026-08-10 08:00,1,ice,x\n", declared)
    assert json.loads(rows(parsed)[0]["extra"]) == {"remark": "ice", "new": "x"}
    assert drift(parsed) == {"observation.new": 1}


def test_a_header_without_the_key_is_rejected_and_one_without_a_value_told() -> None:
    parsed = parse("time,level\n2026-08-10 08:00,1\n", profile())
    assert rules(parsed) == ["mapped.column.missing"]
    assert "code" in parsed.rejects[0].reason
    table = {"values": OBSERVATION["values"] | {"rain": {"variable": "rain_mm", "unit": "mm"}}}
    parsed = parse("code,time,level\nA,2026-08-10 08:00,1\n", profile(table=table))
    assert drift(parsed) == {"observation.(column missing)": 1}
    assert rules(parse("code,time,other\nA,2026-08-10 08:00,1\n", profile())) == ["mapped.column.missing"]


def test_a_line_of_another_width_costs_itself_only() -> None:
    parsed = parse("code,time,level\nA,2026-08-10 08:00,1,140\nB,2026-08-10 08:00,2\nC,2026\n", profile())
    assert [row["station_code"] for row in rows(parsed)] == ["B"]
    assert [(reject.where, reject.rule) for reject in parsed.rejects] == [
        ("line 2", "mapped.row.cells"),
        ("line 4", "mapped.row.cells"),
    ]


def test_a_wrong_quote_costs_the_file_or_where_texts_never_run_over_lines_its_line() -> None:
    body = "code,time,level\n'O'Neill',2026-08-10 08:00,1\nB,2026-08-10 08:00,2\n"
    assert rules(parse(body, profile({"quote": "'"}))) == ["mapped.csv"]
    parsed = parse(body, profile({"quote": "'", "multiline": False}))
    assert ([row["station_code"] for row in rows(parsed)], rules(parsed)) == (["B"], ["mapped.csv"])


def test_layouts_of_text() -> None:
    toa5 = '"TOA5","x"\n# hint\ncode,time,level\n-,-,ft\n-,-,Smp\nA,2026-08-10 08:00,10\n'
    layout = {"skip_lines": 1, "comment": "#", "units_row": True, "skip_after": 1}
    [row] = rows(parse(toa5, profile(layout, {"values": {"level": {"variable": "water_level_m"}}})))
    assert row["value"] == 3.048
    blank = "  A   20260810 0800   1.5\n\n  B 20260810 0800 2\n"
    fields = {"station_code": "code", "event_at": {"time": ["day", "clock"], "formats": "%Y%m%d %H%M"}}
    columns = {"columns": ["code", "day", "clock", "level"]}
    parsed = parse(blank, profile({"kind": "blank"} | columns, {"fields": fields}, zone="UTC"))
    assert [(row["station_code"], row["value"], row["event_at"]) for row in rows(parsed)] == [
        ("A", 1.5, NOW),
        ("B", 2.0, NOW),
    ]
    fixed = "A 202608100800 1.5\n"
    parsed = parse(fixed, profile({"kind": "fixed", "widths": [2, 8, 4, 5]} | columns, {"fields": fields}, zone="UTC"))
    assert [row["value"] for row in rows(parsed)] == [1.5]


def test_gbk_and_a_byte_order_mark_are_read() -> None:
    body = "code,time,level\n龙门,2026-08-10 08:00,1\n"
    parsed = parse(body.encode("gb18030"), profile())
    assert (rows(parsed)[0]["station_code"], drift(parsed)) == ("龙门", {"observation.(encoding)": 1})
    assert rows(parse(b"\xef\xbb\xbf" + body.encode(), profile()))[0]["station_code"] == "龙门"


def test_a_workbook_is_read_by_its_sheet() -> None:
    book = openpyxl.Workbook()
    book.active.title = "hints"
    sheet = book.create_sheet("data")
    for line in (["code", "time", "level"], [140500, datetime(2026, 8, 10, 16), 1.5]):  # noqa: DTZ001 - as cells are
        sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    declared = profile({"kind": "xlsx", "sheet": "data"}, zone="Asia/Shanghai")
    [row] = rows(parse(file.getvalue(), declared))
    assert (row["station_code"], row["event_at"], row["value"]) == ("140500", NOW, 1.5)
    assert rules(parse(file.getvalue(), profile({"kind": "xlsx", "sheet": "gone"}))) == ["mapped.sheet"]


def nested(**more: Any) -> dict[str, Any]:
    declared = profile({"kind": "json", "records": "ponds.points", "success": {"path": "code", "values": [0]}}, **more)
    declared["tables"] = {
        "station": {
            "crs": "EPSG:4490",
            "fields": {
                "station_code": "id",
                "station_name": {"template": "{../name}-{id}"},
                "longitude": "place.0",
                "latitude": "place.1",
            },
        },
        "observation": {
            "records": "ponds.points.readings",
            "fields": {"station_code": "../id", "owner_code": "../../owner", "event_at": {"time": "t"}},
            "values": {"v": {"variable": "water_level_m", "unit": "m"}},
        },
    }
    declared["ignore"] = ["../../code"]
    return declared


def pond(points: Any) -> str:
    return json.dumps({"code": 0, "ponds": [{"name": "模拟库", "owner": "E1", "points": points}]})


def test_children_carry_the_fields_of_their_parents() -> None:
    readings = [{"t": "2026-08-10 08:00", "v": 1}, {"t": "2026-08-10 08:05", "v": None}]
    parsed = parse(pond([{"id": "P1", "place": [112.5, 35.5], "readings": readings}]), nested(zone="UTC"))
    [station] = rows(parsed, "station")
    assert (station["station_name"], station["longitude"], station["latitude"]) == ("模拟库-P1", 112.5, 35.5)
    [row] = rows(parsed)
    assert (row["station_code"], row["owner_code"], row["value"], row["event_at"]) == ("P1", "E1", 1.0, NOW)
    assert drift(parsed) == {"observation.(missing)": 1}


def test_new_members_are_told_by_the_table_at_their_level() -> None:
    point = {"id": "P1", "colour": "x", "readings": [{"t": "2026-08-10 08:00", "v": 1, "flag": 2}]}
    parsed = parse(pond([point]), nested(zone="UTC"))
    assert drift(parsed) == {"station.colour": 1, "observation.flag": 1}
    assert json.loads(rows(parsed, "station")[0]["extra"]) == {"colour": "x"}
    assert json.loads(rows(parsed)[0]["extra"]) == {"flag": 2}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (json.dumps({"code": 500, "ponds": []}), "mapped.failure"),
        (json.dumps({"ponds": []}), "mapped.success.missing"),
        (json.dumps({"code": 0}), "mapped.records.missing"),
        (json.dumps({"code": 0, "ponds": [{"points": None}]}), "mapped.records.missing"),
        (json.dumps({"code": 0, "ponds": [{"points": [7]}]}), "mapped.record.kind"),
        ('{"code": 0, "ponds": [{"points"', "mapped.json"),
        ("<html>log in</html>", "mapped.json"),
        ("", "mapped.empty"),
    ],
)
def test_a_reply_that_tells_of_a_failure_is_never_an_empty_success(body: str, rule: str) -> None:
    parsed = parse(body, nested())
    assert parsed.outcome is Outcome.REJECTED
    assert set(rules(parsed)) == {rule}


def test_no_records_is_an_answer() -> None:
    parsed = parse(pond([]), nested())
    assert (parsed.outcome, parsed.records) == (Outcome.ACCEPTED, 0)


def test_numbers_that_json_cannot_hold_do_not_land() -> None:
    body = pond([{"id": "P1", "readings": [{"t": "2026-08-10 08:00", "v": 1}]}]).replace('"v": 1', '"v": 1e400')
    parsed = parse(body, nested())
    assert (rules(parsed), rows(parsed)) == (["mapped.number"], [])


def test_broken_lines_of_ndjson_cost_themselves() -> None:
    lines = '{"code": "A", "time": "2026-08-10 08:00", "level": 1}\nnot json\n{"code": "B", "time": "2026-08-10 08:00"'
    parsed = parse(lines, profile({"kind": "ndjson"}))
    assert [row["station_code"] for row in rows(parsed)] == ["A"]
    assert [(reject.where, reject.rule) for reject in parsed.rejects] == [
        ("line 2", "mapped.json"),
        ("line 3", "mapped.json"),
    ]


@pytest.mark.parametrize(
    ("x", "y", "crs", "expected"),
    [
        ("116.413642", "39.905603", "GCJ-02", (116.4074, 39.9042)),
        ("0", "0", "EPSG:4326", (None, None)),
        ("", "", "EPSG:4326", (None, None)),
    ],
)
def test_places_are_converted(x: str, y: str, crs: str, expected: tuple[float | None, float | None]) -> None:
    station = {"crs": crs, "fields": {"station_code": "code", "longitude": "x", "latitude": "y"}}
    declared = profile()
    declared["tables"] = {"station": station}
    [row] = rows(parse(f"code,x,y\nA,{x},{y}\n", declared), "station")
    assert (row["longitude"], row["latitude"]) == pytest.approx(expected, abs=1e-5) if expected[0] else (None, None)


def test_half_a_place_and_an_impossible_one_are_rejected() -> None:
    station = {"crs": "EPSG:4326", "fields": {"station_code": "code", "longitude": "x", "latitude": "y"}}
    declared = profile()
    declared["tables"] = {"station": station}
    assert rules(parse("code,x,y\nA,112,\nB,35.5,112.5\n", declared)) == ["mapped.place", "mapped.place"]


def test_words_are_mapped_and_unknown_ones_rejected() -> None:
    table = {"values": {"level": {"variable": "valve_open", "unit": "1", "map": {"开": 1, "关": 0}}}}
    parsed = parse("code,time,level\nA,2026-08-10 08:00,开\nB,2026-08-10 08:00,半\n", profile(table=table))
    assert [(row["value"], row["value_text"]) for row in rows(parsed)] == [(1.0, "开")]
    assert rules(parsed) == ["mapped.word"]


def test_rows_that_are_meant_for_no_table_are_filtered() -> None:
    parsed = parse(
        "kind,code,time,level\nR,A,2026-08-10 08:00,1\nX,B,2026-08-10 08:00,2\n",
        profile(table={"where": [{"column": "kind", "pattern": "^R$"}]}),
    )
    assert [row["station_code"] for row in rows(parsed)] == ["A"]


def test_the_station_may_stand_in_the_file_s_name_only() -> None:
    fields = {"station_code": {"column": "(name)", "pattern": "^(\\w{5})"}, "event_at": {"time": "time"}}
    body = "time,level\n2026-08-10 08:00,1\n"
    [row] = rows(parse(body, profile(table={"fields": fields}), name="BDVF1.rain"))
    assert row["station_code"] == "BDVF1"
    assert rules(parse(body, profile(table={"fields": fields}), name="x")) == ["mapped.pattern"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"input": {"kind": "csv", "delimeter": ";"}}, "input.delimeter"),
        ({"input": {"kind": "telegram"}}, "input.kind"),
        ({"tables": {"weather": OBSERVATION}}, "tables.weather"),
        ({"tables": {"observation": {"fields": {"station_code": "code"}}}}, "key"),
        ({"tables": {"observation": OBSERVATION | {"fields": {"place": "code"}}}}, "no such column"),
        ({"tables": {"observation": OBSERVATION | {"fields": {"event_at": "time"}}}}, "timestamptz"),
        (
            {"tables": {"observation": OBSERVATION | {"values": {"x": {"variable": "level_m", "unit": "mm"}}}}},
            "end level_m with _mm",
        ),
        (
            {"tables": {"observation": OBSERVATION | {"fields": {"station_code": {"column": "a", "value": "b"}}}}},
            "exactly one",
        ),
        (
            {"tables": {"observation": OBSERVATION | {"fields": {"station_code": {"column": "a", "pattern": "("}}}}},
            "pattern",
        ),
    ],
)
def test_a_profile_that_is_wrong_is_refused_with_the_place(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as refusal:
        parser("mapped", {"profile": profile() | change})
    assert "invented" in str(refusal.value)


def test_an_unknown_profile_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="tailings_pond"):
        parser("mapped", {"profile": "no_such"})


def test_a_contract_s_table_that_the_profile_does_not_fill_is_refused() -> None:
    tables = {"inspection": [{"name": "inspection_code", "type": "text", "key": True}]}
    with pytest.raises(ConfigurationError, match="inspection"):
        parser("mapped", {"profile": profile(), "tables": tables})


def test_without_a_profile_exactly_one_must_fit() -> None:
    parsed = parse("a,b\n1,2\n", None)
    assert rules(parsed) == ["mapped.profile.none"]
    assert all(name in parsed.rejects[0].reason for name in ("tailings_pond", "skab"))
    kbdi = "County,Min,Max,Average,Change\nModel,1,2,3,+4\n"
    assert len(rows(parse(kbdi, None, name="summ20161010.csv"))) == 4
    assert rules(parse(kbdi.replace("Change", "Change,More"), None)) == ["mapped.profile.none"]


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_profiles_bear_their_names_and_say_what_they_take_for_granted(name: str) -> None:
    found = next(profile for profile in shipped() if profile.profile == name)
    assert found.title.count(" / ") == 1
    assert found.assumptions
