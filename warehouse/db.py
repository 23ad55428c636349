"""Connections to the warehouse, and the one way in which this package opens transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.pq import TransactionStatus

from warehouse.errors import WarehouseError

Connection = psycopg.Connection[Any]

_SETTINGS = {
    "TimeZone": "UTC",
    "lock_timeout": "60s",  # a lock held that long belongs to something that hangs
    "idle_in_transaction_session_timeout": "10min",
}


def connect(url: str, *, application_name: str = "riskmap") -> Connection:
    """Open a connection in autocommit mode (transactions are opened explicitly), in UTC.

    There is no limit to the duration of a statement: loads and builds take what they take.
    Raises WarehouseError, retryable, when the server can't be reached or refuses the login.
    """
    try:
        conn = psycopg.connect(
            url,
            autocommit=True,
            application_name=application_name,
            connect_timeout=10,
            keepalives_idle=30,
        )
    except psycopg.OperationalError as error:
        raise WarehouseError(
            f"no connection to the warehouse at {without_password(url)}: {str(error).strip()}",
            remedy="check that the database runs and that RISKMAP_DATABASE_URL names it",
            retryable=True,
        ) from error
    for name, value in _SETTINGS.items():
        conn.execute("select set_config(%s, %s, false)", (name, value))
    return conn


def without_password(url: str) -> str:
    """The URL as it may be shown; query options, which may hold secrets as well, are left out."""
    parts = urlsplit(url)
    if not parts.hostname:
        return "(an address that is not a URL)"
    user = f"{parts.username}@" if parts.username else ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{user}{parts.hostname}{port}{parts.path}"


@contextmanager
def advisory_lock(conn: Connection, key: str, wait_s: float) -> Iterator[bool]:
    """Hold a lock of the session that nobody else can hold; yields False if it wasn't free within ``wait_s`` seconds.

    The server frees it when the connection ends, however it ends.
    """
    got = _wait_for_lock(conn, key, wait_s) if wait_s > 0 else _try_lock(conn, key)
    try:
        yield got
    finally:
        if got and not conn.closed:
            conn.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (key,))


def _try_lock(conn: Connection, key: str) -> bool:
    row = conn.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", (key,)).fetchone()
    return bool(row and row[0])


def _wait_for_lock(conn: Connection, key: str, wait_s: float) -> bool:
    try:
        with own_transaction(conn):  # for the time-out only; the lock belongs to the session and outlives it
            conn.execute("select set_config('lock_timeout', %s, true)", (f"{max(1, round(wait_s * 1000))}ms",))
            conn.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (key,))
    except psycopg.errors.LockNotAvailable:
        return False
    return True


@contextmanager
def own_transaction(conn: Connection) -> Iterator[None]:
    """A transaction that is committed when the block ends, never a savepoint inside somebody else's.

    The ledger's promises ("recorded before it is parsed") hold only for what is really committed.
    """
    if conn.info.transaction_status != TransactionStatus.IDLE:
        raise WarehouseError(
            "the connection is inside a transaction already",
            remedy="call this on a connection from warehouse.db.connect, outside of any transaction",
        )
    with conn.transaction():
        yield
