"""The mines' personnel, water and equipment files: the layouts of MT/T 1201, read here by a few lines of our own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator import delivery
from simulator.delivery import Document, Folder, Progress, Writer
from simulator.mine_equipment import Equipment
from simulator.mine_personnel import Personnel
from simulator.mine_water import MineWater
from simulator.mines import FAN_STOPS, Mines
from simulator.nature import nature
from simulator.world import BEIJING, World

START = datetime(2026, 8, 10, 14, 0, tzinfo=BEIJING)
BEGIN = START - timedelta(minutes=30)


def world(scenario: str = "storm") -> World:
    return World(seed=1, scenario=scenario, start=START, launched=datetime.now(UTC), speed=0.0)


def writers(folder: Path, scenario: str = "storm") -> dict[str, Writer]:
    n = nature(world(scenario))
    mines = Mines(folder, folder, n.world, n.layout.county, n.weather)
    return {
        "personnel": Personnel(n.world, n.layout.county, mines),
        "water": MineWater(n.world, n.layout.county, n.weather),
        "equipment": Equipment(n.world, n.layout.county, mines),
    }


def records(document: Document) -> tuple[str, list[str], list[list[str]]]:
    """Kind, header and records of a file."""
    name = re.fullmatch(r"(\d{12})_([A-Z]+)_(\d{14})\.txt", document.name)
    assert name, document.name
    text = document.body.decode().replace("\n", "")
    assert text.endswith("~||")
    header, *rows = [record.split(";") for record in text.removesuffix("~||").split("~")]
    assert header[0] == name[1]
    assert "模拟" in header[1]
    assert header[-1].replace("-", "").replace(" ", "").replace(":", "") == name[3]
    return name[2], header, rows


FIELDS = {
    **{"RYXX": 9, "RYQY": 4, "RYJZ": 6, "RYSS": 15, "JZSS": 4, "RYCY": 6},
    **{"CGKCDDY": 12, "CGKCDSS": 5, "JSLCDDY": 9, "JSLCDSS": 6, "YSLCDDY": 9, "YSLCDSS": 4},
    **{"PSLCDDY": 12, "PSLCDSS": 5, "SBCDSS": 6, "CGKCDYC": 11},
    **{
        f"{prefix}{kind}": count
        for prefix in ("TF", "PS", "LJ", "XJ", "KY", "JC")
        for kind, count in (("JC", 12), ("SS", 8), ("YC", 13))
    },
}
HEADERS = {"RYXX": 8, **dict.fromkeys((k for k in FIELDS if re.fullmatch("(TF|PS|LJ|XJ|KY|JC)(JC|SS|YC)", k)), 5)}


@pytest.mark.parametrize("source", ["personnel", "water", "equipment"])
def test_every_file_has_the_fields_of_its_type(source: str, tmp_path: Path) -> None:
    writer = writers(tmp_path)[source]
    documents = [*writer.first(BEGIN), *writer.documents(BEGIN, START)]
    kinds = set()
    for document in documents:
        kind, header, rows = records(document)
        kinds.add(kind)
        assert len(header) == HEADERS.get(kind, 3), kind
        assert {len(row) for row in rows} <= {FIELDS[kind]}, kind
    expected = {
        "personnel": {"RYXX", "RYQY", "RYJZ", "RYSS", "JZSS"},
        "water": {"CGKCDDY", "CGKCDSS", "JSLCDDY", "JSLCDSS", "YSLCDDY", "YSLCDSS", "PSLCDDY", "PSLCDSS", "SBCDSS"},
        "equipment": {"TFJC", "TFSS", "PSJC", "PSSS", "LJSS", "XJSS", "KYSS", "JCSS"},
    }
    assert expected[source] <= kinds


def test_codes_are_built_as_the_standard_builds_them(tmp_path: Path) -> None:
    for document in writers(tmp_path)["personnel"].documents(BEGIN, START):
        kind, header, rows = records(document)
        mine = header[0]
        for row in rows:
            if kind == "RYSS":
                assert re.fullmatch(mine + r"\d{5}", row[0])
                assert re.fullmatch(mine + r"\d{4}", row[5])
                assert re.fullmatch(mine + r"\d{10}", row[7])
                assert row[1].startswith("模拟矿工")
                assert all(re.fullmatch(mine + r"\d{10}&[-\d: ]{19}", stop) for stop in row[14].split(","))


def below(source: Writer, at: datetime, mine: str) -> int:
    for document in source.documents(at - timedelta(minutes=5), at):
        kind, header, rows = records(document)
        if kind == "RYSS" and header[0] == mine:
            return sum(row[2] == "1" for row in rows)
    raise AssertionError("no positions")


def test_people_leave_the_gassy_mine_when_its_fan_stands(tmp_path: Path) -> None:
    gas = writers(tmp_path, "gas")["personnel"]
    assert isinstance(gas, Personnel)
    mine = gas.mines.gassy_mine.code
    other = next(m.code for m in gas.county.mines if m.code != mine)
    out = START + FAN_STOPS + timedelta(minutes=40)
    assert below(gas, START, mine) > 5
    assert below(gas, out, mine) == 0
    assert below(gas, out, other) > 5


def test_the_main_fan_of_the_gassy_mine_stands_and_tells_of_it_afterwards(tmp_path: Path) -> None:
    gas = writers(tmp_path, "gas")["equipment"]
    assert isinstance(gas, Equipment)
    found: dict[str, list[list[str]]] = {}
    for document in gas.documents(START, START + timedelta(minutes=50)):
        kind, header, rows = records(document)
        if header[0] == gas.mines.gassy_mine.code:
            found.setdefault(kind, []).extend(rows)
    volumes = [float(row[4]) for row in found["TFSS"] if row[2] == "风量" and row[4] != "-9999"]
    assert volumes[0] > 5000
    assert volumes.count(0.0) >= 35
    assert volumes[-1] > 5000
    [event] = found["TFYC"]
    assert event[5] == "2026-08-10 14:05:00"
    assert event[6] == "2026-08-10 14:45:00"


def test_groundwater_rises_long_after_the_rain_and_the_inflow_with_it(tmp_path: Path) -> None:
    water = writers(tmp_path)["water"]
    assert isinstance(water, MineWater)
    mine = water.county.mines[0]
    hours = range(-6, 72)
    highest = max(hours, key=lambda h: water.rise_m(mine, START + timedelta(hours=h)))
    assert highest > 12
    assert water.inflow_m3_h(mine, START + timedelta(hours=highest)) > water.inflow_m3_h(mine, START) + 10


class Numbers:
    """A writer of one file a minute."""

    def first(self, at: datetime) -> list[Document]:
        return [Document("register.txt", b"r")]

    def documents(self, since: datetime, until: datetime) -> list[Document]:  # type: ignore[override]
        minutes = int((until - since) / timedelta(minutes=1))
        return [Document(f"{since + timedelta(minutes=i + 1):%H%M}.txt", b"x") for i in range(minutes)]


def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "in", Progress(tmp_path, "numbers"), Numbers(), timedelta(minutes=10))  # type: ignore[arg-type]


def test_a_folder_gets_history_once_then_only_what_is_new(tmp_path: Path) -> None:
    assert folder(tmp_path).advance(START) == 11
    assert folder(tmp_path).advance(START + timedelta(seconds=30)) == 0
    assert folder(tmp_path).advance(START + timedelta(minutes=3)) == 3
    assert sorted(p.name for p in (tmp_path / "in").iterdir())[-1] == "register.txt"


def test_after_a_long_pause_no_more_than_the_history_is_made_up(tmp_path: Path) -> None:
    folder(tmp_path).advance(START)
    assert folder(tmp_path).advance(START + timedelta(hours=5)) == 10


def test_writing_pauses_while_nobody_takes_the_files_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path).advance(START)
    monkeypatch.setattr(delivery, "MOST_WAITING", 5)
    assert folder(tmp_path).advance(START + timedelta(minutes=1)) == 0
    for path in (tmp_path / "in").iterdir():
        path.unlink()
    assert folder(tmp_path).advance(START + timedelta(minutes=2)) == 2


def test_same_world_same_bytes(tmp_path: Path) -> None:
    for name in ("personnel", "water", "equipment"):
        first, second = (list(writers(tmp_path)[name].documents(BEGIN, START)) for _ in range(2))
        assert first == second
