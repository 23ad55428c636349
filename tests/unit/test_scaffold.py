"""What a sample shows is used, what it does not show is marked, and the contract reads its own sample whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.model import Payload
from connectors.registry import connect, listen, parser
from feeds.contract import Contract
from feeds.registry import load
from riskmap.errors import UserError
from riskmap.scaffold.build import Made, from_feed, from_sample
from riskmap.scaffold.columns import Column, survey
from riskmap.scaffold.files import Places
from riskmap.scaffold.names import split_unit
from riskmap.scaffold.request import Request
from riskmap.scaffold.sample import Sample, built_in, read_sample

NESTED = {
    "code": 0,
    "message": "ok",
    "data": {
        "total": 2,
        "points": [
            {
                "pointCode": f"MN-{n}",
                "pointName": f"模拟点{n}",
                "lng": 112.8,
                "lat": 35.5 + n / 10,
                "elevation": 812.5,
                "readings": [
                    {"time": "2026-08-10T08:00:00+08:00", "rain_mm": 0.5, "level_ft": 10, "state": 0, "flow": 1.5},
                    {"time": "2026-08-10T09:00:00+08:00", "rain_mm": -9999, "level_ft": 11.5, "state": 1, "flow": None},
                ],
            }
            for n in (1, 2)
        ],
    },
}


def sample(value: Any, name: str = "sample.json", records: str | None = None) -> Sample:
    body = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return read_sample(body.encode(), name, records)


def made(tmp_path: Path, source: Sample, **wishes: Any) -> Made:
    return from_sample(Request("mock_feed", **wishes), source, Places.of(tmp_path))


def profile(found: Made) -> dict[str, Any]:
    wanted: dict[str, Any] = found.contract.connector["profile"]
    return wanted


def rows(contract: Contract, body: bytes, table: str) -> list[dict[str, Any]]:
    options = contract.parser_options
    payload = Payload(body, "s", "s", datetime(2026, 8, 11, tzinfo=UTC))
    found: list[dict[str, Any]] = parser("mapped", options).parse(payload, options).tables[table].to_pylist()
    return found


def test_nested_json_gives_stations_and_observations(tmp_path: Path) -> None:
    source = sample(NESTED)
    found = made(tmp_path, source)
    assert found.trial is not None
    assert found.trial.accepted == {"station": 2, "observation": 8}, "each lacks a rain and a flow"
    assert profile(found)["input"] == {
        "kind": "json",
        "records": "data.points.readings",
        "success": {"path": "code", "values": [0]},
    }
    assert profile(found)["ignore"] == ["../../total", "../../../code", "../../../message"]
    assert profile(found)["tables"]["station"]["records"] == "data.points"
    assert profile(found)["tables"]["station"]["keep"] == ["elevation"]
    first = rows(found.contract, source.body, "observation")
    assert {(row["variable"], row["value"], row["unit"]) for row in first[:3]} == {
        ("rain_mm", 0.5, "mm"),
        ("level_m", 3.048, "m"),
        ("flow", 1.5, "unknown"),
    }
    assert first[0]["event_at"] == datetime(2026, 8, 10, 0, 0, tzinfo=UTC)
    assert rows(found.contract, source.body, "station")[1]["latitude"] == 35.7


def test_a_failure_in_the_body_is_refused_by_the_new_feed(tmp_path: Path) -> None:
    found = made(tmp_path, sample(NESTED))
    options = found.contract.parser_options
    body = json.dumps(NESTED | {"code": 500}).encode()
    parsed = parser("mapped", options).parse(Payload(body, "s", "s", datetime.now(UTC)), options)
    assert {reject.rule for reject in parsed.rejects} == {"mapped.failure"}


def test_a_chinese_table_keeps_its_codes_and_marks(tmp_path: Path) -> None:
    source = sample(
        "测站编码;站名;观测时间;水位(m);气温(°F);电压\n"
        "0012;模拟一站;2026-08-10 08:00;12.5;77;12.6\n0013;模拟二站;2026-08-10 08:00;--;-9999;12\n",
        "sample.csv",
    )
    found = made(tmp_path, source, department="水利", title="模拟站 Mock stations")
    assert profile(found)["input"] == {"kind": "csv", "delimiter": ";"}
    assert profile(found)["missing"] == ["--", "-9999"]
    assert [table.name for table in found.contract.tables] == ["observation"]
    landed = rows(found.contract, source.body, "observation")
    assert [(row["station_code"], row["variable"], row["value"]) for row in landed] == [
        ("0012", "water_level_m", 12.5),
        ("0012", "air_temperature_c", 25.0),
        ("0012", "battery", 12.6),
        ("0013", "battery", 12.0),
    ]
    assert landed[0]["event_at"] == datetime(2026, 8, 10, 0, 0, tzinfo=UTC), "naive times are Beijing time"
    assert not any("department" in what or "name it" in what for _, what in found.checks)


def test_a_sample_without_time_gives_a_table_of_its_own_and_says_so(tmp_path: Path) -> None:
    source = sample("编号,名称,人数,是否启用,order\nMN-1,模拟甲,300,是,1\nMN-2,模拟乙,,否,2\n", "sample.csv")
    found = made(tmp_path, source)
    table = found.contract.table("mock_feed")
    assert {column.name: column.physical_type for column in table.columns} == {
        "code": "text",
        "name": "text",
        "people": "integer",
        "column_4": "boolean",
        "source_order": "integer",
        "updated_at": "timestamptz",
    }
    assert table.key == ("code",)
    assert found.contract.clock.event == "updated_at"
    assert "the sample has no time: what fills it?" in [what for _, what in found.checks]
    assert [file.name for file in found.files][-1] == "stg_mock_feed.sql"
    assert rows(found.contract, source.body, "mock_feed")[1]["people"] is None


def test_records_with_a_start_and_an_end_are_no_observations(tmp_path: Path) -> None:
    alarm = {"alarmId": 1001, "ownerCode": "U1", "startTime": "2026-08-10 08:00:00", "endTime": None, "peak": 12.5}
    found = made(tmp_path, sample([alarm, alarm | {"alarmId": 1002}]))
    assert found.contract.table("mock_feed").key == ("alarm_id",)
    assert found.contract.latency_element == "mock_feed.event_at"


def test_a_key_of_several_columns_is_found_and_marked(tmp_path: Path) -> None:
    text = "code,date,score_kpa\nA,2026-08-10,1.5\nA,2026-08-11,1.5\nB,2026-08-10,1.5\n"
    found = made(tmp_path, sample(text, "s.csv"), kind="record")
    assert found.contract.table("mock_feed").key == ("code", "event_at")
    assert any("is it the key?" in what for _, what in found.checks)


def test_mixed_columns_are_no_measurements(tmp_path: Path) -> None:
    records = [
        {"id": "MN1", "ts": 1786320000000, "level": "12.5", "flow": "1.5", "gas": 0.5},
        {"id": "MN2", "ts": 1786320000000, "level": "over", "flow": 2, "gas": None},
    ]
    found = made(tmp_path, sample(records))
    observation = profile(found)["tables"]["observation"]
    assert list(observation["values"]) == ["flow", "gas"]
    assert observation["keep"] == ["level"]
    assert observation["fields"]["event_at"] == {"time": "ts", "epoch": "ms"}
    assert any("mixed: 1 numbers and 1 other, e.g. 'over'" in what for _, what in found.checks)


def test_records_that_name_their_quantity(tmp_path: Path) -> None:
    lines = [
        {"station": "MN1", "item": item, "value": value, "unit": unit, "date": "2026-08-10", "clock": "08:00"}
        for item, value, unit in (("pm25", 35.5, "ug/m3"), ("temp", 77, "°F"))
    ]
    source = sample("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "s.ndjson")
    found = made(tmp_path, source)
    assert profile(found)["tables"]["observation"]["fields"]["event_at"] == {"time": ["date", "clock"]}
    landed = rows(found.contract, source.body, "observation")
    assert [(row["variable"], row["value"]) for row in landed] == [("pm25_ug_m3", 35.5), ("temp_c", 25.0)]
    assert found.trial is not None
    assert found.trial.told == {}


def test_the_time_of_a_reply_is_used_and_marked(tmp_path: Path) -> None:
    found = made(tmp_path, sample({"time": "2026-08-10 08:00:00", "list": [{"stcd": "1", "z_m": 3.5}]}))
    assert profile(found)["tables"]["observation"]["fields"]["event_at"] == {"time": "../time"}
    assert any("it stands beside the list" in what for _, what in found.checks)


def test_two_names_of_one_quantity_do_not_swallow_each_other(tmp_path: Path) -> None:
    found = made(tmp_path, sample("code,time,temp_c,temp(°C)\nA,2026-08-10 08:00,20,30\n", "s.csv"))
    assert found.trial is not None
    assert found.trial.accepted == {"observation": 2}


def test_the_built_in_sample_says_that_it_is_invented() -> None:
    assert "模拟".encode() in built_in().body


@pytest.mark.parametrize(
    ("value", "name", "words"),
    [
        ("", "s.json", "empty"),
        ("<html/>", "s.html", "XML or HTML"),
        ('{"a": [', "s.json", "not whole JSON"),
        ("[]", "s.json", "no record"),
        ("one two three", "s.txt", "neither JSON nor a table"),
        ({"S1": {"z": 1}, "S2": {"z": 2}}, "s.json", "members of an object"),
        ({"a": [{"x": 1}], "b": [{"y": 1}]}, "s.json", "several lists of records: a, b"),
        ("code,time,z_m\nA,2026-08-10 08:00,1\nB,2026-08-10 08:00\n", "s.csv", "2 cells where 3"),
    ],
)
def test_what_is_no_sample_is_refused_with_a_remedy(value: Any, name: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as refused:
        sample(value, name)
    assert refused.value.remedy


def test_several_lists_are_told_apart_by_their_path(tmp_path: Path) -> None:
    found = made(tmp_path, sample({"a": [{"id": "x"}], "b": [{"id": "y"}, {"id": "z"}]}, records="b"))
    assert found.trial is not None
    assert found.trial.accepted == {"mock_feed": 2}


@pytest.mark.parametrize("bad", ["My", "my-feed", "1feed", "a__b", "_a", "select", "x" * 31, "", "../etc"])
def test_bad_ids_are_refused(bad: str) -> None:
    with pytest.raises(UserError, match="cannot be the id"):
        Request(bad)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "table"},
        {"transport": "tcp"},
        {"domain": "sea"},
        {"zone": "Asia/Nowhere"},
        {"crs": "EPSG"},
        {"every_s": 0},
        {"url": "http://me:word@source/"},
        {"url": "http://source/?api_key=1"},
    ],
)
def test_wrong_wishes_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        Request("mock_feed", **wrong)


def test_observations_are_not_made_of_what_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no time, no measured number"):
        made(tmp_path, sample([{"id": "A"}]), kind="observation")


def test_a_refused_sample_leaves_nothing_behind(tmp_path: Path) -> None:
    text = "code,time,z_m,lon,lat\nA,2026-08-10 08:00,1.5,112.8,35.5\nB,2026-08-10 08:00,1.5,112.9,\n"
    with pytest.raises(UserError, match="only one of the two coordinates"):
        made(tmp_path, sample(text, "s.csv"))
    assert not list(tmp_path.rglob("*"))


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    fixture = tmp_path / "tests" / "fixtures" / "feeds" / "mock_feed.json"
    fixture.parent.mkdir(parents=True)
    fixture.write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="not overwritten"):
        made(tmp_path, built_in())
    assert fixture.read_text(encoding="utf-8") == "mine"
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [fixture]


def test_ids_and_tables_that_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="feed earthquake already"):
        from_sample(Request("earthquake"), built_in(), Places.of(tmp_path))
    with pytest.raises(UserError, match="table named station exists"):
        from_sample(Request("station"), sample([{"id": "A"}]), Places.of(tmp_path))


def test_contracts_go_where_the_installation_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKMAP_FEEDS", str(tmp_path))
    assert Places.of(None).contract("mock_feed") == tmp_path / "mock_feed.yml"


@pytest.mark.parametrize("transport", ["http", "files", "http_push", "mqtt"])
def test_every_transport_can_be_bound(tmp_path: Path, transport: str) -> None:
    contract = made(tmp_path, built_in(), transport=transport).contract
    address = {"http": "http://127.0.0.1/", "files": str(tmp_path), "mqtt": "mqtt://127.0.0.1"}.get(transport)
    declared = {
        name: (address or "127.0.0.1:0") if name in ("url", "location") else value
        for name, value in contract.parser_options.items()
    }
    bind = connect if transport in ("http", "files") else listen
    assert bind(declared, source=address or "127.0.0.1:0").parser.format == "mapped"


def test_shared_tables_have_the_columns_that_they_have_elsewhere(tmp_path: Path) -> None:
    found = made(tmp_path, built_in()).contract
    for table in found.tables:
        other = load("tailings_monitoring").table(table.name)
        assert [(c.name, c.physical_type) for c in table.columns] == [(c.name, c.physical_type) for c in other.columns]
        assert table.key == other.key


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rain_mm", ("rain", "mm")),
        ("流量[m3/s]", ("discharge", "m3/s")),
        ("waterLevelM", ("water_level", "m")),
        ("pressureKPa", ("pressure", "kPa")),
        ("Temp (°C)", ("temp", "°C")),
        ("wind_speed_m_s", ("wind_speed", "m/s")),
        ("temp(max)", ("temp", None)),
        ("flow_in", ("flow_in", None)),
        ("浊度(NTU)", ("turbidity", "NTU")),
        ("mm", ("mm", None)),
    ],
)
def test_units_are_only_those_that_a_name_states(name: str, expected: tuple[str, str | None]) -> None:
    assert split_unit(name) == expected


@pytest.mark.parametrize(
    ("name", "values", "kind", "way"),
    [
        ("t", ["2026-08-10 08:00", "2026/8/9 7:05"], "timestamptz", {}),
        ("t", ["2026-08-10 24:00"], "timestamptz", {"midnight_24": True}),
        ("t", ["2026-08-10"], "timestamptz", {"date_only": True}),
        ("t", ["2026年08月10日 08:00"], "timestamptz", {"formats": "%Y年%m月%d日 %H:%M"}),
        ("tm", [20260810080500], "timestamptz", {}),
        ("tm", ["2026081008"], "timestamptz", {"formats": "%Y%m%d%H"}),
        ("time", [1786320000], "timestamptz", {"epoch": "s"}),
        ("z", [1786320000], "integer", {}),
        ("t", ["10/08/2026 08:00"], "text", {}),
        ("t", ["/Date(1786320000000)/"], "timestamptz", {"epoch": "dotnet"}),
        ("z", ["0012"], "text", {}),
        ("z", [1, 2.5, "3"], "double precision", {}),
        ("z", [3000000000], "bigint", {}),
        ("deviceCode", [12], "text", {}),
        ("z", [True, None], "boolean", {}),
        ("z", ["是", "否"], "boolean", {}),
        ("z", ["1", "0"], "integer", {}),
        ("z", [True, 1], "text", {}),
        ("z", [None, ""], "text", {}),
        ("z", [{"a": []}], "jsonb", {}),
    ],
)
def test_types_are_what_every_value_shows(name: str, values: list[Any], kind: str, way: dict[str, Any]) -> None:
    column: Column = survey([{name: value} for value in values])[0]
    assert (column.kind, dict(column.time)) == (kind, way)


# -- a second source of a known format ---------------------------------------------------------------------------

MODELS = (
    "tailings_monitoring",
    "hazchem_prevention",
    "geohazard_monitoring",
    "inspection",
    "hydro_rtu",
    "met_logger",
    "usgs_water",
    "water_regime",
)
"""One feed per way in which an address is written."""


@pytest.mark.parametrize("model", MODELS)
def test_a_copy_shares_neither_id_nor_address(tmp_path: Path, model: str) -> None:
    first = load(model)
    found = from_feed(Request("second_source"), model, None, Places.of(tmp_path)).contract
    assert found.id == "second_source"
    assert not found.enabled
    assert not found.is_public
    assert found.connector["transport"] == first.connector["transport"]
    if first.connector["transport"] == "http_push":
        assert found.connector["path"] != first.connector.get("path", "/")
    else:
        assert found.location != first.location
    for part in ("url", "client_id"):
        assert found.connector.get(part) != first.connector.get(part) or part not in first.connector
    kept = {name: part for name, part in found.document.items() if name in ("schema", "slaProperties", "team")}
    assert kept == {name: part for name, part in first.document.items() if name in kept}


def test_a_copy_takes_the_wishes_of_its_owner(tmp_path: Path) -> None:
    request = Request("second_source", title="第二座尾矿库", department="自然资源", url="https://source.example/ponds")
    found = from_feed(request, "tailings_monitoring", None, Places.of(tmp_path)).contract
    assert (found.name, found.department, found.location) == (
        "第二座尾矿库",
        "自然资源",
        "https://source.example/ponds",
    )


def test_a_copy_is_held_to_its_sample(tmp_path: Path) -> None:
    file = tmp_path / "quake.csv"
    file.write_text("no such thing\n", encoding="utf-8")
    with pytest.raises(UserError, match="would not be accepted whole"):
        from_feed(Request("second_source"), "tailings_monitoring", file, Places.of(tmp_path))
    with pytest.raises(KeyError, match="no feed 'nothing'"):
        from_feed(Request("second_source"), "nothing", None, Places.of(tmp_path))


def test_what_is_guessed_is_valid_yaml_with_its_comment(tmp_path: Path) -> None:
    found = made(tmp_path, sample('co#de,time,a: b_mm,"x\ny_m"\nA,2026-08-10 08:00,1,2\n', "s.csv"))
    text = found.contract_file.read_text(encoding="utf-8")
    assert yaml.safe_load(text)["id"] == "mock_feed"
    assert all(what for _, what in found.checks)
