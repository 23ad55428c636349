"""Versioned SQL for what neither contracts nor dbt own: ``migrations/NNN_name.sql``, applied once, in order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import psycopg

from warehouse.db import Connection, connect
from warehouse.errors import MigrationError

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 5_294_260_117  # any number, the same for all who migrate

_BOOTSTRAP = """
create schema if not exists ops;
create table if not exists ops.migration (
    name text primary key,
    sha256 text not null,
    applied_at timestamptz not null default now()
);
"""


@dataclass(frozen=True)
class Migration:
    name: str
    sql: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql).hexdigest()


def migrate(url: str, folder: Path = FOLDER) -> list[str]:
    """Apply what has not been applied yet, each file in a transaction; returns the names of the applied files.

    Safe to call from several processes at once. Raises MigrationError when a file that was applied has changed
    since, or when the database refuses one (then that file left no trace, earlier ones stay).
    """
    with connect(url, application_name="riskmap migrate") as conn:
        conn.execute("set lock_timeout = 0")  # whoever else migrates will be done soon enough
        conn.execute("select pg_advisory_lock(%s)", (_LOCK,))
        conn.execute(_BOOTSTRAP)
        pending = _pending(conn, folder)
        for migration in pending:
            _apply(conn, migration)
    return [migration.name for migration in pending]


def _pending(conn: Connection, folder: Path) -> list[Migration]:
    applied = dict(conn.execute("select name, sha256 from ops.migration").fetchall())
    files = [Migration(file.stem, file.read_bytes()) for file in sorted(folder.glob("[0-9][0-9][0-9]_*.sql"))]
    for migration in files:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise MigrationError(
                f"the migration {migration.name} was applied to this database and has been changed since",
                remedy="restore the file and put the change into a new migration",
            )
    return [migration for migration in files if migration.name not in applied]


def _apply(conn: Connection, migration: Migration) -> None:
    try:
        with conn.transaction():
            conn.execute(migration.sql)
            conn.execute("insert into ops.migration (name, sha256) values (%s, %s)", (migration.name, migration.sha256))
    except psycopg.Error as error:
        hint = error.diag.message_hint or "repair what the message names, then migrate again"
        raise MigrationError(
            f"the migration {migration.name} failed: {error.diag.message_primary or error}", remedy=hint
        ) from error
