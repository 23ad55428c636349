"""The simulated mines and the register: files whole, valid, repeatable, and caught up after a pause."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from shapely.geometry import Point
from stdnum.cn import uscc

from simulator import mines as mines_module
from simulator.county import METHANE, build
from simulator.enterprises import credit_code
from simulator.mines import Mines
from simulator.register import HEADERS, Register
from simulator.weather import Weather
from simulator.world import BEIJING, World

START = datetime(2026, 8, 10, 14, 0, tzinfo=BEIJING)
WORLD = World(seed=1, scenario="storm", start=START, launched=datetime.now(UTC), speed=0.0)
COUNTY = build(1)


def new_mines(folder: Path) -> Mines:
    folder.mkdir(exist_ok=True)
    return Mines(folder / "inbox", folder, WORLD, COUNTY, Weather(WORLD))


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (folder / "inbox").iterdir()}


def records(body: bytes) -> list[list[str]]:
    text = body.decode().replace("\n", "")
    assert text.endswith("~||")
    return [record.split(";") for record in text.removesuffix("~||").split("~")]


def test_the_first_start_leaves_two_hours_of_whole_files(tmp_path: Path) -> None:
    written = new_mines(tmp_path / "a").advance(START)
    files = contents(tmp_path / "a")
    definitions = [n for n in files if "_CDDY_" in n]
    assert len(definitions) == 7
    assert len(files) - 7 == written
    assert 7 * 120 * 0.95 <= written <= 7 * 120  # a broken link may hold back the newest files of a mine
    assert [n for n in files if not n.endswith(".txt")] == []
    for name, body in files.items():
        header, *rows = records(body)
        mine, kind, _ = name.split("_")
        assert header[0] == mine
        assert "模拟" in header[1]
        assert {len(row) for row in rows} == {24 if kind == "CDDY" else 7}
        assert {row[0][:12] for row in rows} == {mine}


def test_stepwise_and_at_once_give_the_same_files(tmp_path: Path) -> None:
    at_once, stepwise = new_mines(tmp_path / "a"), new_mines(tmp_path / "b")
    until = START + timedelta(minutes=65)
    stepwise.advance(START)
    for minutes in (1, 2, 9, 40):
        new_mines(tmp_path / "b").advance(START + timedelta(minutes=minutes))
    new_mines(tmp_path / "b").advance(until)
    at_once.advance(until)
    begin = f"{until - mines_module.HISTORY + timedelta(minutes=10):%Y%m%d%H%M%S}"

    def recent(folder: Path) -> dict[str, bytes]:
        return {n: b for n, b in contents(folder).items() if n[-18:-4] > begin}

    assert recent(tmp_path / "a") == recent(tmp_path / "b")
    assert any("_CDDY_" in name for name in recent(tmp_path / "a"))  # the point that was redefined


def test_a_call_within_the_same_minute_writes_nothing(tmp_path: Path) -> None:
    mines = new_mines(tmp_path)
    mines.advance(START)
    before = contents(tmp_path)
    assert mines.advance(START + timedelta(seconds=50)) == 0
    assert contents(tmp_path) == before


def test_writing_pauses_while_nobody_takes_the_files_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mines = new_mines(tmp_path)
    mines.advance(START)
    monkeypatch.setattr(mines_module, "MOST_WAITING", mines.waiting() - 1)
    assert mines.advance(START + timedelta(minutes=1)) == 0
    for path in (tmp_path / "inbox").iterdir():
        path.unlink()
    assert mines.advance(START + timedelta(minutes=2)) >= 10


def test_gas_rises_with_the_storm_at_one_mine_only(tmp_path: Path) -> None:
    mines = new_mines(tmp_path)
    alarmed = set()
    for mine in COUNTY.mines:
        for sensor in mine.sensors:
            if sensor.kind is METHANE:
                for minutes in range(-60, 60):
                    _, status = mines.measure(sensor, START + timedelta(minutes=minutes))
                    alarmed |= {(mine.code, status)} if status & mines_module.ALARM else set()
    assert {code for code, _ in alarmed} == {mines.gassy_mine.code}
    assert 3 in {status for _, status in alarmed}  # alarm and power cut together


def test_test_gas_is_flagged_and_alarms_nobody(tmp_path: Path) -> None:
    mines = new_mines(tmp_path)
    quiet = next(m for m in COUNTY.mines if m is not mines.gassy_mine)
    seen = [
        mines.measure(sensor, START + timedelta(minutes=minute))
        for sensor in quiet.sensors
        if sensor.kind is METHANE
        for minute in range(1440)
    ]
    high = [(value, status) for value, status in seen if status != mines_module.FAULT and float(value) >= 1.0]
    assert high
    assert {status for _, status in high} == {mines_module.CALIBRATION}


def test_definitions_give_northing_then_easting_of_zone_37(tmp_path: Path) -> None:
    mines = new_mines(tmp_path)
    _, *rows = records(mines.definitions(COUNTY.mines[0], START))
    for row in rows:
        assert 3.9e6 < float(row[19]) < 4.0e6
        assert 37.5e6 < float(row[20]) < 37.7e6


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path, WORLD, COUNTY)


def test_the_register_holds_a_thousand_valid_enterprises_and_six_broken_rows(register: Register) -> None:
    rows = list(csv.DictReader(io.StringIO(register.csv().decode("utf-8-sig"))))
    good, broken = rows[:1000], rows[1000:]
    assert tuple(rows[0]) == HEADERS
    assert len(broken) == 6
    assert len({row["统一社会信用代码"] for row in good}) == 1000
    assert [row for row in good if not uscc.is_valid(row["统一社会信用代码"])] == []
    assert sum(row["行业类别"] == "煤矿" for row in good) == 7
    assert [row["企业名称"] for row in good if "模拟" not in row["企业名称"]] == []
    assert {row["风险等级"] for row in good} == set("红橙黄蓝")
    assert {row["坐标系"] for row in good} == {"EPSG:4490", "GCJ-02", "BD-09", "EPSG:4525"}
    assert [uscc.is_valid(row["统一社会信用代码"]) for row in broken] == [False, True, True, False, True, True]


def test_mines_of_the_register_are_the_mines_of_the_files(register: Register) -> None:
    rows = csv.DictReader(io.StringIO(register.csv().decode("utf-8-sig")))
    assert {row["煤矿编码"] for row in rows} - {""} == {mine.code for mine in COUNTY.mines}


def test_plain_coordinates_lie_in_the_county(register: Register) -> None:
    places = [Point(float(e.x), float(e.y)) for e in register.entries if e.crs == "EPSG:4490"]
    assert len(places) > 700
    assert all(COUNTY.boundary.contains(place) for place in places)


def test_the_update_is_a_workbook_with_later_times(register: Register, tmp_path: Path) -> None:
    assert register.advance(START) == 1
    assert register.advance(START + timedelta(minutes=9)) == 0
    assert register.advance(START + timedelta(minutes=10)) == 1
    assert register.advance(START + timedelta(minutes=11)) == 0
    sheet = openpyxl.load_workbook(next(tmp_path.glob("*.xlsx")))["企业名录"]
    header, *rows = sheet.iter_rows(values_only=True)
    assert header == HEADERS
    known = {e.code: e for e in register.entries}
    assert sum(row[0] not in known for row in rows) == 3
    assert [row for row in rows if row[0] in known and str(row[-1]) <= known[str(row[0])].updated] == []


def test_same_world_same_bytes(register: Register, tmp_path: Path) -> None:
    other = Register(tmp_path, WORLD, build(1))
    assert other.csv() == register.csv()
    assert other.xlsx() == register.xlsx()


def test_credit_codes_carry_region_and_check_character() -> None:
    codes = [credit_code(i) for i in range(1, 200)]
    assert all(uscc.is_valid(code) and code.startswith("91141022MNMN") for code in codes)
