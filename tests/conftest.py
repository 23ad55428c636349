"""Databases for tests: a private PostgreSQL cluster per session, databases of their own per test.

Set RISKMAP_TEST_CLUSTER_URL (a superuser's URL) to use a cluster that runs already.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from feeds import registry
from riskmap.stack.postgres import PrivateCluster
from warehouse import landing
from warehouse.db import connect
from warehouse.migrate import migrate

_numbers = itertools.count()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's system user can reach; tmp_path is closed to it when tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="riskmap-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """Superuser URL of a PostgreSQL with PostGIS, for this session."""
    given = os.environ.get("RISKMAP_TEST_CLUSTER_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="riskmap-test-"))
    folder.chmod(0o711)
    cluster = PrivateCluster(folder)
    cluster.start()
    try:
        with psycopg.connect(cluster.url(), autocommit=True) as connection:
            connection.execute("alter system set fsync = off")  # it is thrown away; clients are killed, the server not
            connection.execute("select pg_reload_conf()")
        yield cluster.url()
    finally:
        cluster.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgis_template(cluster_url: str) -> Iterator[str]:
    """Name of a database that holds nothing but PostGIS, to be cloned."""
    with _new_database(cluster_url, "template1") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create extension postgis")
        yield _name(url)


@pytest.fixture(scope="session")
def warehouse_template(cluster_url: str, postgis_template: str) -> Iterator[str]:
    """Name of a database with all migrations and the landing tables of all contracts, to be cloned."""
    with _new_database(cluster_url, postgis_template) as url:
        _prepare_warehouse(url)
        yield _name(url)


@pytest.fixture
def new_database(cluster_url: str, postgis_template: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases with PostGIS, one URL per call, for tests that need more than one."""
    opened = []

    def make() -> str:
        opened.append(_new_database(cluster_url, postgis_template))
        return opened[-1].__enter__()

    yield make
    for database in opened:
        database.__exit__(None, None, None)


@pytest.fixture
def empty_database(cluster_url: str, postgis_template: str) -> Iterator[str]:
    """URL of a fresh database that holds PostGIS and nothing else."""
    with _new_database(cluster_url, postgis_template) as url:
        yield url


@pytest.fixture(scope="module")
def module_empty_database(cluster_url: str, postgis_template: str) -> Iterator[str]:
    """The same for a whole test module."""
    with _new_database(cluster_url, postgis_template) as url:
        yield url


@pytest.fixture
def warehouse_url(cluster_url: str, warehouse_template: str) -> Iterator[str]:
    """URL of a fresh warehouse: migrated, with the landing tables of all contracts, without records."""
    with _new_database(cluster_url, warehouse_template) as url:
        yield url


@pytest.fixture(scope="module")
def module_warehouse_url(cluster_url: str, warehouse_template: str) -> Iterator[str]:
    """The same for a whole test module whose tests keep out of each other's way."""
    with _new_database(cluster_url, warehouse_template) as url:
        yield url


def _prepare_warehouse(url: str) -> None:
    migrate(url)
    with connect(url) as connection:
        landing.ensure_tables(connection, registry.load_all().values())


@contextmanager
def _new_database(cluster_url: str, template: str) -> Iterator[str]:
    name = f"riskmap_test_{os.getpid()}_{next(_numbers)}"
    create = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
    as_our_own = sql.SQL("alter database {} set jit = off").format(sql.Identifier(name))
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    with psycopg.connect(cluster_url, autocommit=True) as connection:
        connection.execute(create)
        connection.execute(as_our_own)
    try:
        yield urlsplit(cluster_url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(cluster_url, autocommit=True) as connection:
            connection.execute(drop)


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")
