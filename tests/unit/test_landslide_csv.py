"""Catalogues of landslides and inventories of sites. All of them are invented 模拟."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from connectors.geology.landslide_csv import PARSER
from connectors.model import Outcome, Parsed, Payload

NOW = datetime(2026, 8, 10, 8, tzinfo=UTC)
NASA = "event_id,event_date,event_time,landslide_category,longitude,latitude"
SITES = "统一编号,名称,灾害类型,经度,纬度"
SALT = "a salt of tests, 模拟"


def read(body: bytes, **options: Any) -> Parsed:
    return PARSER.parse(
        Payload(body, "file", "slopes.csv", NOW), {"zone": "Asia/Shanghai", "crs": "EPSG:4490"} | options
    )


def parse(*lines: str, **options: Any) -> Parsed:
    return read("\n".join(lines).encode(), **options)


def rows(parsed: Parsed, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parsed.tables[table].to_pylist() if table in parsed.tables else []
    return found


def landslide(parsed: Parsed) -> dict[str, Any]:
    assert [*parsed.rejects] == []
    [row] = rows(parsed, "landslide")
    return row


def site(parsed: Parsed) -> dict[str, Any]:
    assert [*parsed.rejects] == []
    [row] = rows(parsed, "hazard_site")
    return row


@pytest.mark.parametrize(
    ("date", "clock", "hour", "precision"),
    [
        ("8/10/2026 0:00", "", (0, 0), "day"),
        ("8/10/2026 7:30", "", (7, 30), "minute"),
        ("8/10/2026 7:30", "8:00", (7, 30), "minute"),  # the column of the time is rounded to hours
        ("8/10/2026 0:00", "8:00", (8, 0), "minute"),
        ("8/10/2026 0:00", "Night", (0, 0), "day"),
        ("08/10/2026 07:30:00 PM", "", (19, 30), "minute"),
        ("08/10/2026 12:00:00 AM", "", (0, 0), "day"),
        ("8/10/26", "", (0, 0), "day"),
        ("2026-08-10T07:30:00.000", "", (7, 30), "minute"),
        ("2026/08/10 07:30:00+00", "", (7, 30), "minute"),
        ("2026-08-10", "", (0, 0), "day"),
    ],
)
def test_dates_are_month_first_and_midnight_is_no_time(
    date: str, clock: str, hour: tuple[int, int], precision: str
) -> None:
    row = landslide(parse(NASA, f"7,{date},{clock},mudslide,112.85,35.5"))
    assert row["event_at"] == datetime(2026, 8, 10, *hour, tzinfo=UTC)
    assert row["event_precision"] == precision


def test_the_zone_of_events_is_declared_for_them_alone() -> None:
    row = landslide(parse(NASA, "7,8/10/2026 0:00,,mudslide,112.85,35.5", event_zone="Asia/Shanghai"))
    assert (row["event_at"], row["event_precision"]) == (datetime(2026, 8, 9, 16, tzinfo=UTC), "day")


def test_words_counts_and_accuracy() -> None:
    header = NASA + ",landslide_trigger,landslide_size,landslide_setting,fatality_count,injury_count,location_accuracy"
    row = landslide(
        parse(header, "7,8/10/2026,,Debris flow,112.85,35.5,Tropical cyclone,Very_large,Above road,11,,25km")
    )
    words = [row[name] for name in ("category", "trigger", "size", "setting")]
    assert words == ["debris_flow", "tropical_cyclone", "very_large", "above_road"]
    assert (row["fatalities"], row["injuries"]) == (11, None)
    assert (row["accuracy"], row["accuracy_km"]) == ("25km", 25.0)
    for written, number in (("exact", 0.0), ("unknown", None), ("Known_within_1_km", 1.0), ("Known_exactly", 0.0)):
        row = landslide(parse(NASA + ",location_accuracy", f"7,8/10/2026,,x,1,2,{written}"))
        assert (row["accuracy"], row["accuracy_km"]) == (written, number)


def test_older_and_newer_exports_have_other_names() -> None:
    coolr = (
        "OBJECTID,src_name,src_link,ev_id,ev_date,ev_time,ev_title,ls_cat,ls_trig,loc_acc,fatalities,latitude,longitude"
    )
    row = landslide(
        parse(coolr + ",ctry_code,edate", "1,模拟,u,7,8/10/2026 0:00,,T,landslide,rain,1km,2,35.5,112.85,CN,8/11/2026")
    )
    assert (row["event_id"], row["title"], row["trigger"], row["country_code"]) == ("7", "T", "rain", "CN")
    assert row["updated_at"] == datetime(2026, 8, 11, tzinfo=UTC)
    assert json.loads(row["extra"]) == {"OBJECTID": "1"}
    old = "id,date,time,country_name,state/province,population,latitude,longitude,hazard_type,landslide_type,trigger"
    parsed = parse(old, "7,8/10/26,Night,China,Shanxi,10,35.5,112.85,Landslide,Mudslide,Downpour")
    row = landslide(parsed)
    assert (row["category"], row["region"], row["event_precision"]) == ("mudslide", "Shanxi", "day")
    assert json.loads(row["extra"]) == {"event_time": "Night", "hazard_type": "Landslide", "population": "10"}
    assert [*parsed.drift] == []


def test_a_description_may_have_many_lines() -> None:
    parsed = parse(NASA + ",event_description", '7,8/10/2026,,x,1,2,"first\nsecond, third"', "8,8/10/2026,,x,1,2,")
    assert [row["description"] for row in rows(parsed, "landslide")] == ["first\nsecond, third", None]


def test_a_clock_of_the_office_that_cannot_be_read_loses_no_landslide() -> None:
    parsed = parse(NASA + ",last_edited_date", "7,8/10/2026,,x,1,2,TASTANLE")
    assert landslide(parsed)["updated_at"] is None
    assert [drift.field for drift in parsed.drift] == ["updated_at (unreadable)"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (",8/10/2026,,x,1,2", "landslide_csv.event_id"),
        ("7,,,x,1,2", "landslide_csv.event_date"),
        ("7,31/8/2026,,x,1,2", "landslide_csv.event_date"),
        ("7,8/10/2026,,x,east,2", "landslide_csv.longitude.number"),
        ("7,8/10/2026,,x,NaN,2", "landslide_csv.longitude.finite"),
        ("7,8/10/2026,,x,1", "landslide_csv.cells"),
        ("7,8/10/2026,,x,1,2,3", "landslide_csv.cells"),
        ("7,8/10/2026,,锟斤拷,1,2", "landslide_csv.damaged"),
    ],
)
def test_a_landslide_that_cannot_be_read_is_rejected_alone(line: str, rule: str) -> None:
    parsed = parse(NASA, line, "8,8/10/2026,,x,1,2")
    assert [(reject.rule, reject.where) for reject in parsed.rejects] == [(rule, "line 2")]
    assert len(rows(parsed, "landslide")) == 1


def test_a_site_of_an_inventory() -> None:
    header = (
        SITES + ",规模等级,体积(万m3),稳定性,险情等级,风险等级,威胁户数,威胁人数,威胁财产（万元）,是否监测,更新时间"
    )
    row = site(parse(header, "MN1,模拟滑坡,滑坡,112.85,35.5,中型,12.5,较差,大型,橙色,6,21,350,是,2026年8月1日"))
    expected = {
        "site_code": "MN1",
        "hazard_type": "landslide",
        "scale": "medium",
        "volume_1e4_m3": 12.5,
        "stability": "fairly_stable",
        "danger_level": "large",
        "risk_level": "orange",
        "threatened_households": 6,
        "threatened_people": 21,
        "threatened_property_1e4_cny": 350.0,
        "is_monitored": True,
        "source_crs": "EPSG:4490",
        "updated_at": datetime(2026, 7, 31, 16, tzinfo=UTC),
    }
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("x", "y", "longitude", "latitude"),
    [
        ("112°51′00″", "35°30′0″", 112.85, 35.5),
        ("112度51分", "35度30分", 112.85, 35.5),
        ("112.85", "35.5", 112.85, 35.5),
        ("", "", None, None),
        ("0", "0", None, None),
    ],
)
def test_coordinates_come_as_degrees_in_two_spellings(
    x: str, y: str, longitude: float | None, latitude: float | None
) -> None:
    row = site(parse(SITES, f"MN1,a,滑坡,{x},{y}"))
    assert (row["longitude"], row["latitude"]) == (
        longitude if longitude is None else pytest.approx(longitude),
        latitude if latitude is None else pytest.approx(latitude),
    )


def test_a_row_may_name_its_reference_system() -> None:
    row = site(parse(SITES + ",坐标系", "MN1,a,滑坡,106.904304,35.499432,GCJ-02"))
    assert (row["longitude"], row["latitude"]) == pytest.approx((106.9, 35.5), abs=1e-6)
    assert row["source_crs"] == "GCJ-02"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("MN1,a,滑坡,35.5,112.85", "landslide_csv.coordinates.swapped"),
        ("MN1,a,滑坡,112.85,", "landslide_csv.coordinates.half"),
        ("MN1,a,滑坡,112°61′0″,35.5", "landslide_csv.coordinates"),
        ("MN1,a,滑坡,212.85,35.5", "landslide_csv.coordinates"),
        (",a,滑坡,112.85,35.5", "landslide_csv.site_code"),
    ],
)
def test_a_site_that_cannot_be_placed_is_rejected_alone(line: str, rule: str) -> None:
    parsed = parse(SITES, line, "MN2,b,崩塌,112.85,35.5")
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert [row["hazard_type"] for row in rows(parsed, "hazard_site")] == ["rock_fall"]


def test_units_of_the_header_are_converted() -> None:
    row = site(parse(SITES + ",威胁财产(元),体积(m³)", "MN1,a,滑坡,112.85,35.5,3500000,125000"))
    assert (row["threatened_property_1e4_cny"], row["volume_1e4_m3"]) == (350.0, 12.5)


def test_persons_are_hashed_with_a_salt_and_telephones_never_land() -> None:
    lines = SITES + ",监测责任人,联系电话,村负责人", "MN1,a,滑坡,112.85,35.5,模拟人甲,13800000000,模拟人乙"
    kept = parse(*lines, salt=SALT)
    assert len(site(kept)["monitor_person"]) == 32
    bare = parse(*lines)
    assert site(bare)["monitor_person"] is None
    assert "monitor_person (no salt)" in {drift.field for drift in bare.drift}
    broken = parse(lines[0], lines[1].replace("112.85", "east"))
    for parsed in (kept, bare, broken):
        everything = repr([rows(parsed, "hazard_site"), parsed.rejects, parsed.drift])
        assert all(personal not in everything for personal in ("模拟人甲", "模拟人乙", "13800000000"))


def test_a_better_alias_goes_before_another() -> None:
    row = site(parse("编号,统一编号,灾害类型,经度,纬度", "1,MN1,滑坡,112.85,35.5"))
    assert row["site_code"] == "MN1"
    assert json.loads(row["extra"]) == {"编号": "1"}


def test_words_that_nobody_knows_stay_and_are_told() -> None:
    parsed = parse(SITES + ",险情等级,风险等级", "MN1,a,雪崩,112.85,35.5,很大,紫色")
    row = site(parsed)
    assert (row["hazard_type"], row["danger_level"], row["risk_level"]) == ("雪崩", "很大", None)
    assert {drift.field for drift in parsed.drift} == {
        "hazard_type (unknown word)",
        "danger_level (unknown word)",
        "risk_level (unknown word)",
    }


def test_a_site_without_a_date_counts_as_of_the_fetch() -> None:
    assert site(parse(SITES, "MN1,a,滑坡,112.85,35.5"))["updated_at"] == NOW


def test_workbooks_are_read_below_their_title_and_other_sheets_are_told() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["模拟县地质灾害隐患点台账"])
    sheet.append([*SITES.split(","), "调查时间"])
    sheet.append(["MN1", "a", "泥石流", 112.85, 35.5, datetime(2026, 8, 1)])  # noqa: DTZ001 - cells have no zone
    book.create_sheet("填表说明").append(["说明"])
    buffer = io.BytesIO()
    book.save(buffer)
    parsed = read(buffer.getvalue())
    row = site(parsed)
    assert (row["hazard_type"], row["updated_at"]) == ("debris_flow", datetime(2026, 7, 31, 16, tzinfo=UTC))
    assert [drift.field for drift in parsed.drift] == ["(sheet not read)"]


def test_an_export_of_a_chinese_spreadsheet_is_gb18030() -> None:
    parsed = read("\n".join([SITES, "MN1,模拟滑坡,滑坡,112.85,35.5"]).encode("gb18030"))
    assert site(parsed)["site_name"] == "模拟滑坡"
    assert [(drift.field, drift.example) for drift in parsed.drift] == [("(encoding)", "gb18030")]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "landslide_csv.file.empty"),
        ("<html></html>", "landslide_csv.file.kind"),
        ("id,time,latitude,longitude,mag\n1,2,3,4,5", "landslide_csv.header"),
        ("event_id,event_date,longitude,latitude\n1,8/10/2026,1,2", "landslide_csv.header"),
        (NASA + ',event_id\n7,8/10/2026,,x,1,2,"7', "landslide_csv.file.csv"),
        (NASA + ",event_id\n7,8/10/2026,,x,1,2,7", "landslide_csv.header.repeated"),
    ],
)
def test_other_tables_are_one_reject(text: str, rule: str) -> None:
    parsed = parse(text)
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert parsed.outcome is Outcome.REJECTED
