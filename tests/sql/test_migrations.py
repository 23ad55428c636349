"""Migrations: applied once, never changed afterwards, safe when several processes or databases start at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from warehouse.db import connect, without_password
from warehouse.errors import MigrationError, WarehouseError
from warehouse.migrate import FOLDER, migrate

ALL = sorted(file.stem for file in FOLDER.glob("*.sql"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations that a test may change."""
    return Path(shutil.copytree(FOLDER, tmp_path / "migrations"))


def test_a_second_run_has_nothing_to_do(empty_database: str) -> None:
    assert migrate(empty_database) == ALL
    assert migrate(empty_database) == []


def test_a_later_migration_is_applied_alone(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    (folder / "900_more.sql").write_text("create table ops.more (id int);")
    assert migrate(empty_database, folder) == ["900_more"]


def test_a_changed_migration_is_refused(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    file = folder / "002_ledger.sql"
    file.write_text(file.read_text() + "\n-- one more line\n")
    with pytest.raises(MigrationError, match="002_ledger was applied to this database and has been changed"):
        migrate(empty_database, folder)


def test_a_failing_migration_leaves_no_trace(empty_database: str, folder: Path) -> None:
    (folder / "900_broken.sql").write_text("create table ops.half (id int); select 1 / 0;")
    with pytest.raises(MigrationError, match="900_broken failed: division by zero"):
        migrate(empty_database, folder)
    with connect(empty_database) as conn:
        assert conn.execute("select to_regclass('ops.half')").fetchone() == (None,)
        assert conn.execute("select max(name) from ops.migration").fetchone() == (ALL[-1],)


def test_feeds_of_an_old_warehouse_get_the_version_that_they_have(empty_database: str, folder: Path) -> None:
    newer = [file for file in folder.glob("*.sql") if file.stem >= "007"]
    for file in newer:
        file.rename(file.with_suffix(".later"))
    migrate(empty_database, folder)
    query = """
        insert into ops.feed (feed_id, name, domain, department, owner, version, frequency_s, latency_s,
            latency_element, zone, crs, event_column, main_table, tables, expected, closing, contract, contract_sha256,
            activated_at, active_from, active_until)
        values (%s, '', '', '', '', '1.2.3', 60, 300, 'a.b', '', '', '', '', '{}', '{"kind": "polls"}', '{}', '{}', 'f',
            '2026-01-02', '2026-01-01', %s)
    """
    with connect(empty_database) as conn, conn.cursor() as cursor:
        cursor.executemany(query, [("on", None), ("off", "2026-03-01"), ("never", "2025-12-01")])
    for file in newer:
        file.with_suffix(".later").rename(file)
    assert migrate(empty_database, folder)[0] == "007_feed_version"
    with connect(empty_database) as conn:
        found = conn.execute(
            """select feed_id, valid_from::date::text, valid_to::date::text, activated_at::date::text, version,
                 latency_s, expected
               from ops.feed_version order by feed_id"""
        ).fetchall()
        may = "select has_table_privilege('riskmap_loader', 'ops.feed_version', %s)"
        assert all(conn.execute(may, (what,)).fetchone() == (True,) for what in ("select", "insert", "update"))
    rest = ("2026-01-02", "1.2.3", 300, {"kind": "polls"})
    assert found == [
        ("never", "2026-01-01", "2026-01-01", *rest),
        ("off", "2026-01-01", "2026-03-01", *rest),
        ("on", "2026-01-01", "9999-12-31", *rest),
    ]


def test_flags_of_old_batches_are_counted_from_what_the_gate_said(empty_database: str, folder: Path) -> None:
    migration = next(folder.glob("*_batch_flagged.sql"))
    later = migration.rename(migration.with_suffix(".later"))
    migrate(empty_database, folder)
    said = """
        insert into ops.feed (feed_id, name, domain, department, owner, version, frequency_s, latency_s,
            latency_element, zone, crs, event_column, main_table, tables, expected, closing, contract, contract_sha256,
            active_from)
        values ('f', '', '', '', '', '1.2.3', 60, 300, 'a.b', '', '', '', '', '{}', '{}', '{}', '{}', 'f', now());
        insert into ops.batch (feed_id, run_id, kind, state, started_at)
        values ('f', '', 'pull', 'LANDED', now()), ('f', '', 'pull', 'HELD', now());
        insert into ops.validation (batch_id, feed_id, table_name, success, rows, failed_rows, result)
        select batch_id, 'f', 'observation', true, 9, 0, '{"rules": [
            {"rule": "b", "severity": "warning", "success": false, "failed": 2},
            {"rule": "a", "severity": "warning", "success": true},
            {"rule": "c", "severity": "error", "success": false, "failed": 3}]}'
        from ops.batch
    """
    with connect(empty_database) as conn:
        conn.execute(said)
        later.rename(migration)
        assert migrate(empty_database, folder) == [migration.stem]
        found = conn.execute("select state, flagged from ops.batch order by batch_id").fetchall()
    assert found == [("LANDED", [{"table": "observation", "rule": "b", "count": 2}]), ("HELD", [])]


def test_several_processes_and_databases_at_once(new_database: Callable[[], str]) -> None:
    urls = [new_database(), new_database()]
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [urls[0], urls[1], urls[0], urls[1]]))
    assert sorted(applied) == [[], [], ALL, ALL]


def test_an_owner_without_the_right_to_make_roles_is_told_so(cluster_url: str, empty_database: str) -> None:
    """The four roles exist in this cluster, so that the membership is what is missing."""
    migrate(empty_database)
    database = urlsplit(empty_database).path.lstrip("/")
    role = f"{database}_poor"
    with psycopg.connect(empty_database, autocommit=True) as root:
        for schema in ("ops", "landing", "quarantine", "staging", "intermediate", "marts", "metrics"):
            root.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
        root.execute(sql.SQL("create role {} login password 'poor'").format(sql.Identifier(role)))
        root.execute(sql.SQL("alter database {} owner to {}").format(sql.Identifier(database), sql.Identifier(role)))
    parts = urlsplit(empty_database)
    poor = parts._replace(netloc=f"{role}:poor@{parts.hostname}:{parts.port}").geturl()
    try:
        with pytest.raises(
            MigrationError, match=r"not a member of the role riskmap_loader.*let a superuser run"
        ) as error:
            migrate(poor)
        assert f'"grant riskmap_loader to {role}"' in error.value.remedy
    finally:
        with psycopg.connect(empty_database, autocommit=True) as root:
            root.execute(sql.SQL("reassign owned by {} to current_user").format(sql.Identifier(role)))
            root.execute(sql.SQL("drop owned by {}").format(sql.Identifier(role)))
            root.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


def test_an_unreachable_server_is_a_sentence_without_the_password() -> None:
    with pytest.raises(WarehouseError, match="no connection to the warehouse") as error:
        connect("postgresql://riskmap:geheim@127.0.0.1:1/riskmap?application_name=x")
    assert error.value.retryable
    assert "geheim" not in str(error.value)
    assert without_password("postgresql://a:b@h:5/d?password=c") == "postgresql://a@h:5/d"


def test_readers_do_not_pay_for_compilation(empty_database: str) -> None:
    name = sql.Identifier(urlsplit(empty_database).path.lstrip("/"))
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute(sql.SQL("alter database {} reset all").format(name))
    migrate(empty_database)
    with psycopg.connect(empty_database) as conn:
        row = conn.execute(
            "select setconfig from pg_db_role_setting inner join pg_database on oid = setdatabase"
            " where datname = current_database() and setrole = 0"
        ).fetchone()
        assert row is not None
        assert "jit=off" in row[0]
