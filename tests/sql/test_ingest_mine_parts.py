"""Mines' files from SFTP, FTP and a folder into a real warehouse. All files are synthetic (模拟)."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from connectors.person import hashed
from feeds.registry import load_all
from riskmap.ingest import ingest, replay
from riskmap.settings import Settings
from tests.remote_folder import SECRET, ftp, sftp
from warehouse import ledger
from warehouse.db import connect

MINE = "141022009901"
SALT = "0123456789abcdef-invented"
AT = "2026-08-10 08:04:58"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def settings_for(home: Path, url: str, **variables: str) -> Settings:
    with connect(url) as conn:
        ledger.register_feeds(conn, load_all().values())
    return Settings(home, url, (home / "archive").as_uri(), None, None, None, MappingProxyType(variables))


def put(inbox: Path, kind: str, *records: str, header: str = "") -> None:
    body = "~".join([f"{MINE};模拟煤矿;{header}2026-08-10 08:05:00", *records]) + "~||"
    (inbox / f"{MINE}_{kind}_20260810080500.txt").write_text(body, encoding="utf-8")


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with connect(url) as conn:
        return conn.execute(query.encode()).fetchall()


def everything(url: str, feed: str) -> str:
    """All that the warehouse holds of a feed, as text."""
    tables = [table.name for table in load_all()[feed].tables]
    found = [rows(url, f"select * from landing.{table} where feed_id = '{feed}'") for table in tables]
    return str([found, *(rows(url, f"select * from {t}") for t in ("quarantine.record", "ops.batch", "ops.payload"))])


def test_persons_come_over_sftp_and_land_as_hashes(warehouse_url: str, tmp_path: Path, inbox: Path) -> None:
    area, station = f"{MINE}0005", f"{MINE}0005000010"
    at = "2026-08-10 07:00:00"
    where = f"{area};{at};{station};{at};三八制;-12.5;正常;0;1;{station}&{at}"
    put(inbox, "RYSS", *(f"{MINE}9000{n};模拟某人;1;{at};;{where}" for n in range(6)), f"{MINE}90009;模拟某人;1")
    put(inbox, "RYCY", f"重点区域;12;{area};1301工作面;{AT};{MINE}90001&{MINE}90002")
    put(inbox, "RYQJ", "a;b;c")
    put(inbox, "CDSS", f"{MINE}01MN0001001A01;甲烷;T1;0.42;%CH4;0;{AT}")
    with sftp(inbox) as remote:
        address = f"{remote.address}?host_key={remote.options['host_key']}"
        settings = settings_for(tmp_path, warehouse_url, MINE_PERSONNEL_INBOX=address, PERSON_SALT=SALT)
        report = ingest("coal_mine_personnel", settings, run_id="test")
        assert (report.records, report.quarantined) == (7, 2)
        assert ingest("coal_mine_personnel", settings, run_id="again").not_modified == 1
    assert {path.name for path in inbox.iterdir()} == {"Processed", f"{MINE}_CDSS_20260810080500.txt"}
    found = rows(warehouse_url, "select person_hash, in_out, mine_code from landing.person_position order by 1")
    assert found == sorted((hashed(f"{MINE}9000{n}", SALT), "in", MINE) for n in range(6))
    assert rows(warehouse_url, "select alarm_type, value from landing.alarm") == [("over_quota", 12.0)]
    held = everything(warehouse_url, "coal_mine_personnel")
    assert not any(secret in held for secret in ("模拟某人", f"{MINE}9000", SALT, SECRET))
    again = replay("coal_mine_personnel", settings, run_id="replay")
    assert (again.inserted, again.updated) == (0, 0)


def test_water_comes_over_ftp_and_equipment_from_a_folder(warehouse_url: str, tmp_path: Path, inbox: Path) -> None:
    put(inbox, "CGKCDDY", f"{MINE}MN01;0502;水文孔1;延安组;50;60;70;0.2;3937200.5;37436800.5;900;2026-07-11")
    put(inbox, "CGKCDSS", f"{MINE}MN01;0;10.5;26.0;{AT}", f"{MINE}MN02;0;-9999;;{AT}")
    put(inbox, "TFSS", f"{MINE}30MN0001A1;0001;温度;F01;61.5;℃;good;{AT}", header="30;通风机;")
    put(inbox, "TFJC", f"{MINE}30MN0001A1;0001;温度;F01;轴承;℃;150;0;80;;;2026-07-11 08:00:00", header="30;通风机;")
    with ftp(inbox) as remote:
        settings = settings_for(
            tmp_path, warehouse_url, MINE_WATER_INBOX=remote.address, MINE_EQUIPMENT_INBOX=str(inbox)
        )
        assert ingest("coal_mine_water", settings, run_id="test").records == 3
        assert ingest("coal_mine_equipment", settings, run_id="test").records == 2
    found = rows(warehouse_url, "select feed_id, variable, value from landing.observation order by variable")
    assert found == [
        ("coal_mine_water", "groundwater_level_m", 10.5),
        ("coal_mine_equipment", "temperature_c", 61.5),
        ("coal_mine_water", "water_temperature_c", 26.0),
    ]
    assert rows(warehouse_url, "select point_kind, longitude is not null from landing.water_point") == [
        ("observation_hole", True)
    ]
    assert rows(warehouse_url, "select system_code, alarm_upper from landing.equipment_point") == [("30", 80.0)]
    assert {path.name for path in inbox.iterdir()} == {"Processed"}
