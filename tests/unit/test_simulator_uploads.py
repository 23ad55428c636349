"""What the bureaus upload: files per feed, all synthetic, complete at first and then only what is new."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest

from simulator.app import Places, Simulator
from simulator.world import BEIJING, World

START = datetime(2026, 8, 10, 14, 2, tzinfo=BEIJING)


def simulator(home: Path, scenario: str = "storm") -> Simulator:
    world = World(seed=1, scenario=scenario, start=START, launched=datetime.now(UTC), speed=0.0)
    return Simulator(Places(home, home / "mine", home / "register", None), world)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    simulator(tmp_path).uploads.advance(START)
    return tmp_path / "upload"


def rows(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding))))


def only(folder: Path) -> Path:
    [path] = folder.iterdir()
    return path


def test_every_feed_has_a_folder_of_its_own_and_names_say_synthetic(inbox: Path) -> None:
    folders = {path.name for path in inbox.iterdir()}
    assert len(folders) == 20
    files = [path for folder in inbox.iterdir() for path in folder.iterdir()]
    assert len(files) >= 17
    assert [path for path in files if "模拟" not in path.name or not path.name.startswith(path.parent.name)] == []


def test_sizes_are_those_of_the_county(inbox: Path) -> None:
    assert len(rows(only(inbox / "camera"))) == 580
    assert len(rows(only(inbox / "village"))) == 151
    assert len(rows(only(inbox / "emergency_plan"))) == 128
    assert len(rows(only(inbox / "waterlogging_point"))) == 30
    book = openpyxl.load_workbook(only(inbox / "reserve_depot"))
    assert book.sheetnames == ["物资储备库", "物资库存"]
    assert book["物资储备库"].max_row == 13
    stock = list(book["物资库存"].iter_rows(values_only=True))
    assert 700 < sum(int(str(row[5])) for row in stock[1:]) < 900


def test_one_bureau_saves_in_gb18030(inbox: Path) -> None:
    [first, *_] = rows(only(inbox / "training"), "gb18030")
    assert first["培训名称"].startswith("模拟")


def test_checks_and_their_papers_come_in_one_workbook(inbox: Path) -> None:
    book = openpyxl.load_workbook(only(inbox / "inspection"))
    checks = list(book["行政检查"].iter_rows(values_only=True))
    papers = list(book["执法文书"].iter_rows(values_only=True))
    kinds = {row[2] for row in papers[1:]}
    assert {"现场检查记录", "责令限期整改指令书", "整改复查意见书"} <= kinds
    assert sum(row[2] == "现场检查记录" for row in papers) == len(checks) - 1


def test_receipts_name_warnings_and_grow_as_answers_come(tmp_path: Path) -> None:
    sim = simulator(tmp_path)
    sim.uploads.advance(START)
    inbox = tmp_path / "upload" / "warning_receipt"
    first = rows(only(inbox))
    known = {m.identifier for m in sim.bulletin.between(START - timedelta(days=2), START)}
    assert {row["预警标识"] for row in first} <= known
    keys = [(row["预警标识"], row["统一社会信用代码"]) for row in first]
    assert len(set(keys)) == len(keys)
    waiting = {key for key, row in zip(keys, first, strict=True) if not row["确认时间"]}
    assert waiting
    sim.uploads.advance(START + timedelta(hours=3))
    [later] = [path for path in inbox.iterdir() if path != min(inbox.iterdir())]
    answered = {(r["预警标识"], r["统一社会信用代码"]) for r in rows(later) if r["确认时间"]}
    assert answered & waiting
    assert {"是", "否"} & {r["是否停工"] for r in rows(later)}


def is_time(text: str) -> bool:
    return text[:2] == "20" and text[4:5] == "-"


def test_no_file_tells_of_the_future(inbox: Path) -> None:
    now = f"{START:%Y-%m-%d %H:%M:%S}"
    for feed in ("hidden_danger_ledger", "enforcement_case", "drill", "warning_receipt", "ai_finding"):
        for row in rows(only(inbox / feed)):
            late = {title for title, text in row.items() if is_time(text) and text > now}
            assert late <= {"整改期限"}


def test_nothing_new_is_uploaded_within_the_same_minutes_and_events_come_by_the_hour(tmp_path: Path) -> None:
    sim = simulator(tmp_path)
    sim.uploads.advance(START)
    assert sim.uploads.advance(START + timedelta(seconds=20)) == 0
    sim.uploads.advance(START + timedelta(hours=4))
    dangers = sorted((tmp_path / "upload" / "hidden_danger_ledger").iterdir())
    assert len(dangers) == 2
    first, second = (rows(path) for path in dangers)
    changed = {row["隐患编号"] for row in first} & {row["隐患编号"] for row in second}
    assert changed, "an old danger whose state has changed comes again"


def test_a_year_of_records_is_uploaded_at_once(tmp_path: Path) -> None:
    simulator(tmp_path, "year").uploads.advance(START)
    dangers = rows(only(tmp_path / "upload" / "hidden_danger_ledger"))
    in_2025 = [row for row in dangers if row["发现时间"].startswith("2025")]
    assert 2200 < len(in_2025) < 3100
    book = openpyxl.load_workbook(only(tmp_path / "upload" / "inspection"))
    checked = [str(row[5]) for row in book["行政检查"].iter_rows(min_row=2, values_only=True)]
    for year in ("2024", "2025"):
        assert 1100 < sum(at.startswith(year) for at in checked) < 1420, "a year, and one before it"
    assert min(checked) < "2024"


def test_the_inventory_of_hazard_points_names_sixty(tmp_path: Path) -> None:
    sim = simulator(tmp_path)
    source = next(s for s in sim._sources if s.name == "geohazard_site")
    assert source.step(START) == 1
    found = rows(only(tmp_path / "geohazard_site"))
    assert len(found) == 60
    assert {row["坐标系"] for row in found} == {"EPSG:4490"}
    assert [row for row in found if "模拟" not in row["名称"]] == []


def test_what_ends_after_midnight_is_not_lost(tmp_path: Path) -> None:
    sim = simulator(tmp_path, "year")
    tables = sim.uploads.all
    accidents = next(one for one in tables if one.feed == "incident").events[0][1]
    begin = START - timedelta(days=365)
    at_once = {row["事故编号"] for row in accidents(begin, START)}
    hours = [begin + timedelta(hours=i) for i in range(365 * 24 + 1)]
    by_the_hour = {row["事故编号"] for a, b in pairwise(hours) for row in accidents(a, b)}
    assert at_once
    assert by_the_hour == at_once
