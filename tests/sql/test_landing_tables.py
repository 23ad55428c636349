"""Landing tables follow the contracts, also when a contract changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from batches import CONTRACTS, WATER, batch, observation, one

from feeds.contract import Column, Contract
from warehouse.commit import commit_batch
from warehouse.db import Connection
from warehouse.errors import LandingError
from warehouse.landing import ensure_tables


def altered(contract: Contract, table: str, *columns: Column) -> Contract:
    """``contract`` with columns added to ``table``, or replaced where the name is known."""
    tables = []
    for known in contract.tables:
        new = {c.name: c for c in columns} if known.name == table else {}
        kept = tuple(new.pop(c.name, c) for c in known.columns)
        tables.append(replace(known, columns=(*kept, *new.values())))
    return replace(contract, tables=tuple(tables))


def test_a_second_run_changes_nothing(fresh_conn: Connection) -> None:
    assert ensure_tables(fresh_conn, CONTRACTS.values()) == []


def test_one_table_per_kind_of_record_and_one_partition_per_feed(fresh_conn: Connection) -> None:
    partitions = "select count(*) from pg_inherits where inhparent = 'landing.observation'::regclass"
    speakers = [feed for feed, contract in CONTRACTS.items() if any(t.name == "observation" for t in contract.tables)]
    assert one(fresh_conn, partitions) == len(speakers)
    key = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'observation__water_regime_pkey'"
    assert one(fresh_conn, key) == "PRIMARY KEY (feed_id, station_code, variable, event_at)"
    assert (
        one(fresh_conn, "select count(*) from pg_indexes where indexdef like '%observation__water_regime % (batch_id)'")
        == 1
    )


def test_comments_speak_two_languages(fresh_conn: Connection) -> None:
    assert one(fresh_conn, "select obj_description('landing.observation'::regclass)").startswith(
        "观测 One row per station"
    )
    place = "(select attnum from pg_attribute where attrelid = 'landing.observation'::regclass and attname = 'unit')"
    assert one(fresh_conn, f"select col_description('landing.observation'::regclass, {place})") == "单位 unit of value"


def test_a_new_column_of_the_contract_widens_the_table_and_keeps_the_records(fresh_conn: Connection) -> None:
    commit_batch(fresh_conn, WATER, batch(observation()))
    hash_before = one(fresh_conn, "select record_hash from landing.observation")
    quality = Column("quality_code", "text", "质量码", "code of the source")
    contracts = [altered(CONTRACTS[name], "observation", quality) for name in ("water_regime", "coal_mine_safety")]
    assert ensure_tables(fresh_conn, contracts) == ["added landing.observation.quality_code"]
    assert ensure_tables(fresh_conn, contracts) == []

    wider = batch(observation(quality_code=None), observation(minute=5, quality_code="good"), contract=contracts[0])
    counts = commit_batch(fresh_conn, contracts[0], wider)
    assert (counts.inserted, counts.updated, counts.unchanged) == (1, 0, 1)
    assert hash_before == one(fresh_conn, "select record_hash from landing.observation where quality_code is null")


def test_a_changed_type_asks_for_a_migration(fresh_conn: Connection) -> None:
    contracts = [
        altered(CONTRACTS[name], "observation", Column("value", "text", "观测值"))
        for name in ("water_regime", "coal_mine_safety")
    ]
    with pytest.raises(LandingError, match=r"column value of landing.observation is double precision.*migration"):
        ensure_tables(fresh_conn, contracts)


def test_a_changed_key_asks_for_a_migration(fresh_conn: Connection) -> None:
    longer = Column("station_name", "text", "测站名称", key_position=2)
    with pytest.raises(LandingError, match=r"key of landing.station is \(station_code\), the contract asks for"):
        ensure_tables(fresh_conn, [altered(WATER, "station", longer)])


def test_nothing_is_created_when_one_table_is_refused(fresh_conn: Connection) -> None:
    contract = altered(WATER, "station", Column("note", "text", "备注"))
    contract = altered(contract, "flood_threshold", Column("left_dyke_m", "text", "左堤高程"))
    with pytest.raises(LandingError, match="left_dyke_m"):
        ensure_tables(fresh_conn, [contract])
    assert (
        one(
            fresh_conn,
            "select count(*) from information_schema.columns where column_name = 'note' "
            "and table_schema = 'landing' and table_name = 'station'",
        )
        == 0
    )
