"""A contract that cannot be checked is refused with the line that lacks something."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from feeds.lines import ContractProblem
from feeds.reading import read
from feeds.registry import folder, load, load_all, resolve

_HAN = re.compile("[\u4e00-\u9fff]")
FEEDS = sorted(file.stem for file in folder().glob("*.yml"))


def _without(mapping: dict[str, Any], key: str) -> None:
    del mapping[key]


def _drop_entry(entries: list[dict[str, Any]], name: str) -> None:
    entries[:] = [entry for entry in entries if entry["property"] != name]


def _drop_key(document: dict[str, Any]) -> None:
    for column in document["schema"][0]["properties"]:
        column.pop("primaryKey", None)


def _drop_zone(document: dict[str, Any]) -> None:
    del document["schema"][0]["properties"][1]["logicalTypeOptions"]


def _break_severity(document: dict[str, Any]) -> None:
    rules = next(c for c in document["schema"][0]["properties"] if "quality" in c)["quality"]
    rules[0]["severity"] = "grave"


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], None]], Path]:
    """Writes the earthquake contract with one thing changed, line by line comparable to the original."""

    def write(change: Callable[[dict[str, Any]], None]) -> Path:
        document = yaml.safe_load((folder() / "earthquake.yml").read_text(encoding="utf-8"))
        change(document)
        file = tmp_path / "edited.yml"
        file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return file

    return write


def test_every_feed_lies_in_the_file_of_its_name() -> None:
    assert list(load_all()) == FEEDS
    assert len(FEEDS) >= 30


def test_contracts_assert_nothing_that_they_do_not_say() -> None:
    for feed, contract in load_all().items():
        rules = [rule for table in contract.tables for column in table.columns for rule in column.rules]
        bounded = [c for table in contract.tables for c in table.columns if c.minimum is not None or c.required]
        assert rules or bounded, feed
        assert all(column.title for table in contract.tables for column in table.columns), feed
        assert "servers" in contract.document, feed


@pytest.mark.parametrize("feed", FEEDS)
def test_a_contract_tells_people_what_it_holds(feed: str) -> None:
    """Both languages, and a word on every column: the data dictionary and the catalogue are made of it."""
    contract = load(feed)
    assert contract.document["tags"][:2] == [contract.department, contract.domain]
    assert contract.document["description"]["limitations"]
    silent = [
        f"{table['name']}.{column['name']}"
        for table in contract.document["schema"]
        for column in table["properties"]
        if not column.get("description") or not _HAN.search(column.get("businessName", ""))
    ]
    assert silent == []


@pytest.mark.parametrize("feed", FEEDS)
def test_contracts_are_valid_for_the_standard(feed: str) -> None:
    document = OpenDataContractStandard.from_file(str(folder() / f"{feed}.yml"))
    assert document.id == feed
    assert document.schema_


def _expect(**values: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        _drop_entry(document["customProperties"], "expected")
        document["customProperties"].append({"property": "expected", "value": {"kind": "polls"} | values})

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: _drop_entry(d["slaProperties"], "frequency"), "cadence"),
        (lambda d: _drop_entry(d["slaProperties"], "latency"), "how late"),
        (lambda d: _drop_entry(d["slaProperties"], "retention"), "kept"),
        (lambda d: _without(d, "team"), "owner"),
        (lambda d: _drop_entry(d["customProperties"], "department"), "department"),
        (lambda d: _drop_entry(d["customProperties"], "clock"), "zone of naive times"),
        (lambda d: _drop_entry(d["customProperties"], "crs"), "coordinate"),
        (lambda d: _drop_entry(d["customProperties"], "expected"), "coverage"),
        (lambda d: _drop_entry(d["customProperties"], "connector"), "reached"),
        (lambda d: _without(d, "servers"), "server"),
        (lambda d: _without(d, "schema"), "no table"),
        (_drop_key, "no key"),
        (_drop_zone, "without a zone"),
        (_break_severity, "severity 'grave'"),
        (lambda d: d["slaProperties"][1].update(element="earthquake.nowhere"), "no table.column"),
        (lambda d: d["slaProperties"][0].update(value=0), "positive number"),
        (lambda d: d["schema"][0].update(physicalName="public.earthquake"), "physicalName"),
        (lambda d: d["schema"][0]["properties"][0].update(physicalType="uuid"), "physicalType 'uuid'"),
        (lambda d: d["customProperties"].append({"property": "full_list", "value": "list_[0-9].csv"}), "full_list"),
        (lambda d: d["customProperties"].append({"property": "full_list", "value": True}), "full_list"),
        (_expect(transfer_times=[]), "transfer_times"),
        (_expect(transfer_times=["8:00"]), "transfer_times"),
        (_expect(transfer_times=["08:00", "24:00"]), "transfer_times"),
        (_expect(transfer_times=["08:00", "08:00"]), "different times"),
        (_expect(transfer_times=["08:00", 1200]), "in quotes"),  # 20:00 without quotes is a number of YAML
        (_expect(target=95), "expected.target is 95"),
        (_expect(availability_low=0, availability_full=1), "expected.availability_low is 0"),
        (_expect(availability_low=0.9, availability_full=0.8), "above availability_full"),
        (_expect(availability_full=0.9), "names one of"),
    ],
)
def test_what_cannot_be_checked_is_refused(
    edited: Callable[[Callable[[dict[str, Any]], None]], Path], change: Callable[[dict[str, Any]], None], says: str
) -> None:
    with pytest.raises(ContractProblem, match=says) as problem:
        read(edited(change))
    assert str(problem.value).startswith(f"edited.yml:{problem.value.line}: ")
    assert "To fix: " in str(problem.value)


def test_a_source_may_transfer_a_few_times_a_day(edited: Callable[[Callable[[dict[str, Any]], None]], Path]) -> None:
    promised = {"transfer_times": ["08:00", "20:00"], "availability_full": 0.9, "availability_low": 0.5}
    assert read(edited(_expect(**promised))).expected == {"kind": "polls"} | promised
    station = {"kind": "entity_slots", "register": "earthquake", "entity": "event_id"}
    assert read(edited(_expect(**station, **promised))).expected == station | promised
    with pytest.raises(ContractProblem, match="'every_s' or 'transfer_times'"):
        read(edited(_expect(**station)))


def test_the_refusal_names_the_line_of_the_column(edited: Callable[[Callable[[dict[str, Any]], None]], Path]) -> None:
    file = edited(_drop_zone)
    with pytest.raises(ContractProblem) as problem:
        read(file)
    assert "updated_at" in file.read_text(encoding="utf-8").splitlines()[problem.value.line - 1]


def test_broken_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.yml"
    file.write_text("id: x\nname: [unclosed\n", encoding="utf-8")
    with pytest.raises(ContractProblem, match=r"broken\.yml:\d+: not valid YAML"):
        read(file)


def test_two_contracts_cannot_share_an_id(tmp_path: Path) -> None:
    text = (folder() / "earthquake.yml").read_text(encoding="utf-8")
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    (tmp_path / "b.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ContractProblem, match=r"taken by a\.yml"):
        load_all(tmp_path)


def test_history_and_clock_are_read() -> None:
    contract = load("water_regime")
    assert contract.history == timedelta(days=1)
    assert contract.clock.zone == "Asia/Shanghai"
    assert contract.main_table.name == "observation"
    assert contract.table("observation").key == ("station_code", "variable", "event_at")


def test_an_unknown_feed_is_answered_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="known feeds: ai_finding, "):
        load("coal_mine")


def test_variables_are_filled_in_at_any_depth() -> None:
    resolved = resolve({"url": "${A}/x", "list": ["${A}", 3]}, {"A": "http://h"})
    assert resolved == {"url": "http://h/x", "list": ["http://h", 3]}


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(KeyError, match=r"\$\{CAP_FEED_URL\}"):
        resolve("${CAP_FEED_URL}", {})


def test_reading_contracts_stays_light() -> None:
    """DAG files read contracts at every parse; that must not drag in what takes seconds."""
    code = (
        "import sys, feeds.registry, riskmap.tasks, connectors.errors; feeds.registry.load_all();"
        "heavy = {'great_expectations', 'dbt', 'pandas', 'pyarrow', 'airflow'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
