"""Who may do what, also to tables that are created after the grants were made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from warehouse.db import Connection

FORBIDDEN = psycopg.errors.InsufficientPrivilege


@contextmanager
def acting_as(fresh_conn: Connection, role: str) -> Iterator[None]:
    fresh_conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
    try:
        yield
    finally:
        fresh_conn.execute("reset role")


def test_readers_see_marts_that_are_made_later_by_the_owner_or_by_dbt(fresh_conn: Connection) -> None:
    fresh_conn.execute("create table marts.by_owner as select 1 as one")
    with acting_as(fresh_conn, "riskmap_transformer"):
        fresh_conn.execute("create table marts.by_dbt as select 1 as one")
        fresh_conn.execute("create view metrics.by_dbt as select count(*) from landing.observation")
    with acting_as(fresh_conn, "riskmap_reader"):
        assert fresh_conn.execute("select one from marts.by_owner").fetchone() == (1,)
        assert fresh_conn.execute("select one from marts.by_dbt").fetchone() == (1,)
        assert fresh_conn.execute("select * from metrics.by_dbt").fetchone() == (0,)


def test_grants_survive_a_rebuild(fresh_conn: Connection) -> None:
    with acting_as(fresh_conn, "riskmap_transformer"):
        for _ in range(2):
            fresh_conn.execute("create table marts.fact__dbt_tmp as select 1 as one")
            fresh_conn.execute("drop table if exists marts.fact")
            fresh_conn.execute("alter table marts.fact__dbt_tmp rename to fact")
    with acting_as(fresh_conn, "riskmap_reader"):
        assert fresh_conn.execute("select one from marts.fact").fetchone() == (1,)


@pytest.mark.parametrize("table", ["landing.observation", "ops.batch", "quarantine.record"])
def test_readers_and_the_map_see_nothing_but_marts(fresh_conn: Connection, table: str) -> None:
    for role in ("riskmap_reader", "riskmap_map"):
        with acting_as(fresh_conn, role), pytest.raises(FORBIDDEN):
            fresh_conn.execute(f"select * from {table}".encode())


def test_the_map_sees_only_what_it_was_given(fresh_conn: Connection) -> None:
    fresh_conn.execute("create view marts.one_map as select 1 as one")
    fresh_conn.execute("create view marts.other as select 1 as one")
    fresh_conn.execute("grant select on marts.one_map to riskmap_map")
    with acting_as(fresh_conn, "riskmap_map"):
        assert fresh_conn.execute("select one from marts.one_map").fetchone() == (1,)
        with pytest.raises(FORBIDDEN):
            fresh_conn.execute("select one from marts.other")


def test_the_loader_writes_landing_and_not_marts(fresh_conn: Connection) -> None:
    fresh_conn.execute("create table marts.fact (one int)")
    with acting_as(fresh_conn, "riskmap_loader"):
        fresh_conn.execute("update landing.observation set value = 1")
        for statement in ("insert into marts.fact values (1)", "create table marts.mine (one int)"):
            with pytest.raises(FORBIDDEN):
                fresh_conn.execute(statement.encode())
        with pytest.raises(FORBIDDEN):
            fresh_conn.execute("update ops.migration set sha256 = ''")


def test_the_transformer_reads_landing_and_does_not_write_it(fresh_conn: Connection) -> None:
    with acting_as(fresh_conn, "riskmap_transformer"):
        fresh_conn.execute("select * from landing.observation")
        fresh_conn.execute("select * from ops.feed")
        with pytest.raises(FORBIDDEN):
            fresh_conn.execute("delete from landing.observation")
