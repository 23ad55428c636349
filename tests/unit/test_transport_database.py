"""Exchange databases, on a real PostgreSQL: what is read, from where on, and how each failure is told."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pyarrow as pa
import pytest
from psycopg import sql

from connectors.errors import ConfigurationError, ConnectorError, ContractError, TransientError
from connectors.model import Cursor, Interval, Parsed, Payload, Pull, SourceTable
from connectors.transport import database
from connectors.transport.database import DatabaseConnector, DatabaseOptions


class Tables:
    """A toy format of one register and one growing table."""

    format = "toy"
    tables: Mapping[str, pa.Schema] = {}
    source_tables: Mapping[str, SourceTable] = {
        "ST_STBPRP_B": SourceTable(("STCD",)),
        "ST_RVFCCH_B": SourceTable(("STCD",), required=False),
        "ST_RIVER_R": SourceTable(("STCD", "TM"), "TM"),
    }

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        raise NotImplementedError


@pytest.fixture
def source(empty_database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create table st_stbprp_b (stcd char(8), stnm text, lgtd numeric(10, 6))")
        connection.execute('create table "ST_RIVER_R" ("STCD" char(8), "TM" timestamp, "Z" numeric(7, 3), "Q" float8)')
        connection.execute("create table st_rvfcch_b (stcd char(8), wrz numeric(7, 3))")
        connection.execute("insert into st_stbprp_b values ('31005650', '模拟水库', 112.850000)")
        yield connection


def report(source: psycopg.Connection[Any], *rows: tuple[str, str, float | None]) -> None:
    source.cursor().executemany('insert into "ST_RIVER_R" values (%s, %s, %s, null)', rows)


def connector(url: str, **options: Any) -> DatabaseConnector:
    return DatabaseConnector(Tables(), url, DatabaseOptions(**options))


def pull(url: str, cursor: Cursor | None = None, **options: Any) -> Pull:
    (only,) = connector(url, **options).pull(cursor or {})
    json.dumps(only.cursor)
    return only


def rows(one: Pull, table: str) -> list[list[Any]]:
    return [row for p in one.payloads if p.facts["table"] == table for row in json.loads(p.body)["rows"]]


def times(one: Pull) -> list[str]:
    return [row[1] for row in rows(one, "ST_RIVER_R")]


def test_registers_come_whole_and_values_without_loss(source: psycopg.Connection[Any], empty_database: str) -> None:
    report(source, ("a", "2026-01-15 08:00:00", 245.440))
    source.execute("""insert into "ST_RIVER_R" values ('b', '2026-01-15 08:00:00.25', 'NaN', 'Infinity')""")
    only = pull(empty_database)
    assert {p.name: p.media_type for p in only.payloads} == dict.fromkeys(
        ["ST_STBPRP_B.json", "ST_RVFCCH_B.json", "ST_RIVER_R.json"], "application/json"
    )
    station = json.loads(only.payloads[0].body)
    assert station["table"] == "ST_STBPRP_B"
    assert station["columns"] == ["stcd", "stnm", "lgtd"]
    assert station["rows"] == [["31005650", "模拟水库", "112.850000"]]
    assert rows(only, "ST_RIVER_R") == [
        ["a       ", "2026-01-15T08:00:00", "245.440", None],
        ["b       ", "2026-01-15T08:00:00.25", "NaN", "Infinity"],
    ]


def test_the_first_pull_reaches_back_from_the_newest_row_not_from_now(
    source: psycopg.Connection[Any], empty_database: str
) -> None:
    report(source, ("a", "2020-01-01 00:00", 1), ("a", "2020-01-01 23:00", 2), ("a", "2020-01-02 12:00", 3))
    assert times(pull(empty_database, history_h=24)) == ["2020-01-01T23:00:00", "2020-01-02T12:00:00"]


def test_later_pulls_read_the_overlap_again_so_that_late_reports_and_revisions_are_seen(
    source: psycopg.Connection[Any], empty_database: str
) -> None:
    report(source, ("a", "2020-01-01 08:00", 1), ("a", "2020-01-02 08:00", 2))
    first = pull(empty_database, overlap_h=6)
    report(source, ("late", "2020-01-02 03:00", 9), ("too late", "2020-01-02 01:00", 9), ("b", "2020-01-02 09:00", 3))
    source.execute("""update "ST_RIVER_R" set "Z" = 7 where "TM" = '2020-01-02 08:00'""")
    second = pull(empty_database, first.cursor, overlap_h=6)
    assert [(row[0].strip(), row[2]) for row in rows(second, "ST_RIVER_R")] == [
        ("late", "9.000"),
        ("a", "7.000"),
        ("b", "3.000"),
    ]
    assert second.cursor["tables"]["ST_RIVER_R"]["watermark"] == "2020-01-02T09:00:00"


def test_an_unchanged_database_is_a_fresh_poll_and_unchanged_tables_are_not_sent_again(
    source: psycopg.Connection[Any], empty_database: str
) -> None:
    report(source, ("b", "2020-01-02 08:00", 2), ("a", "2020-01-02 08:00", 1))
    first = pull(empty_database)
    source.execute('create table x as select * from "ST_RIVER_R" order by "STCD"; truncate "ST_RIVER_R"')
    source.execute('insert into "ST_RIVER_R" select * from x')  # another physical order
    second = pull(empty_database, first.cursor)
    assert (second.not_modified, second.payloads, second.cursor) == (True, (), first.cursor)
    report(source, ("a", "2020-01-02 09:00", 3))
    third = pull(empty_database, second.cursor)
    assert [p.name for p in third.payloads] == ["ST_RIVER_R.json"]


def test_a_row_from_the_year_2999_does_not_stop_the_reading(
    source: psycopg.Connection[Any], empty_database: str
) -> None:
    report(source, ("a", "2020-01-02 08:00", 1), ("a", "2999-01-01 00:00", 2), ("a", "infinity", 3))
    first = pull(empty_database)
    assert times(first) == ["2020-01-02T08:00:00", "2999-01-01T00:00:00", "infinity"]
    report(source, ("a", "2020-01-02 09:00", 4))
    assert "2020-01-02T09:00:00" in times(pull(empty_database, first.cursor))


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 13])
def test_every_row_exactly_once_whatever_the_size_of_a_chunk(
    source: psycopg.Connection[Any], empty_database: str, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(database, "PAYLOAD_ROWS", 4)
    monkeypatch.setattr(database, "PULL_ROWS", 8)
    # Many stations at one time and the same key twice: a page boundary may fall anywhere.
    report(source, *((f"s{n // 2}", "2020-01-02 08:00", n) for n in range(count)))
    pulls = list(connector(empty_database).pull({}))
    assert sorted(float(row[2]) for one in pulls for row in rows(one, "ST_RIVER_R")) == [float(n) for n in range(count)]
    assert all(int(p.facts["rows"]) <= 4 for one in pulls for p in one.payloads)


def test_a_backlog_resumes_after_a_crash_between_two_pulls(
    source: psycopg.Connection[Any], empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PAYLOAD_ROWS", 2)
    monkeypatch.setattr(database, "PULL_ROWS", 4)
    report(source, *(("a", f"2020-01-02 {hour:02}:00", hour) for hour in range(12)))
    pulls = connector(empty_database, overlap_h=1).pull({})
    first = next(pulls)
    pulls.close()
    rest = [
        row[1] for one in connector(empty_database, overlap_h=1).pull(first.cursor) for row in rows(one, "ST_RIVER_R")
    ]
    assert sorted({*times(first), *rest}) == [f"2020-01-02T{hour:02}:00:00" for hour in range(12)]


def test_an_interval_is_half_open_in_the_zone_of_the_tables_and_leaves_the_cursor(
    source: psycopg.Connection[Any], empty_database: str
) -> None:
    report(source, *(("a", f"2020-01-02 {hour:02}:00", hour) for hour in range(12)))
    span = Interval(datetime(2020, 1, 2, 0, tzinfo=UTC), datetime(2020, 1, 2, 2, tzinfo=UTC))
    (only,) = connector(empty_database).pull({"kept": 1}, span)
    assert times(only) == ["2020-01-02T08:00:00", "2020-01-02T09:00:00"]
    assert only.cursor == {"kept": 1}


def test_an_optional_table_that_is_absent_is_told_once(source: psycopg.Connection[Any], empty_database: str) -> None:
    source.execute("drop table st_rvfcch_b")
    first = pull(empty_database)
    assert [(r.rule, r.where) for r in first.rejects] == [("fetch.table_absent", "ST_RVFCCH_B")]
    second = pull(empty_database, first.cursor)
    assert (second.rejects, second.not_modified) == ((), True)
    source.execute("create table st_rvfcch_b (stcd char(8), wrz numeric(7, 3))")
    assert [p.name for p in pull(empty_database, second.cursor).payloads] == ["ST_RVFCCH_B.json"]


def test_an_optional_table_without_its_key_is_absent_and_does_not_stop_the_others(
    source: psycopg.Connection[Any], empty_database: str
) -> None:
    source.execute("alter table st_rvfcch_b drop column stcd")
    first = pull(empty_database)
    assert [(r.rule, r.where) for r in first.rejects] == [("fetch.table_absent", "ST_RVFCCH_B")]
    assert "ST_RVFCCH_B.json" not in [p.name for p in first.payloads]


def failure(url: str, **options: Any) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        list(connector(url, **options).pull({}))
    assert "pw-invented" not in str(caught.value)
    return caught.value


def test_a_required_table_or_key_column_that_is_missing_is_named(
    source: psycopg.Connection[Any], empty_database: str
) -> None:
    source.execute('alter table "ST_RIVER_R" rename column "TM" to "ZEIT"')
    error = failure(empty_database)
    assert type(error) is ContractError
    assert "ST_RIVER_R has no column TM" in str(error)
    source.execute('drop table "ST_RIVER_R"')
    error = failure(empty_database)
    assert type(error) is ContractError
    assert "no table ST_RIVER_R" in str(error)


def with_login(url: str, login: str = "", path: str | None = None, port: int | None = None) -> str:
    parts = urlsplit(url)
    login = login or parts.netloc.rpartition("@")[0]
    netloc = f"{login}@{parts.hostname or ''}:{port or parts.port or ''}"
    return parts._replace(netloc=netloc, path=path or parts.path).geturl()


@pytest.fixture
def reader(source: psycopg.Connection[Any], empty_database: str) -> Iterator[str]:
    """URL of an account that may read two of the tables."""
    name = f"reader_{urlsplit(empty_database).path.strip('/')}"
    role = sql.Identifier(name)
    source.execute(sql.SQL("create role {} login password 'pw-invented'").format(role))
    source.execute(sql.SQL("grant select on st_stbprp_b, st_rvfcch_b to {}").format(role))
    yield with_login(empty_database, f"{name}:pw-invented")
    source.execute(sql.SQL("drop owned by {}").format(role))
    source.execute(sql.SQL("drop role {}").format(role))


def test_a_table_that_the_account_may_not_read_is_as_good_as_missing(reader: str) -> None:
    error = failure(reader)
    assert type(error) is ContractError
    assert "ST_RIVER_R" in str(error)


def test_refused_logins_and_unknown_databases_are_configuration_errors(empty_database: str) -> None:
    for wrong in (
        with_login(empty_database, "nobody_of_that_name:pw-invented"),
        with_login(empty_database, path="/no_such_database"),
    ):
        error = failure(wrong)
        assert type(error) is ConfigurationError
        assert "environment" in error.remedy


def test_an_unreachable_database_is_transient_and_names_no_password() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = failure(f"postgresql://reader:pw-invented@127.0.0.1:{port}/exchange")
    assert type(error) is TransientError
    assert f"postgresql://127.0.0.1:{port}/exchange" in str(error)
    error = failure("postgresql://reader:pw-invented@nowhere.invalid/exchange")
    assert type(error) is TransientError


@pytest.mark.parametrize(
    "url", ["postgresql://u:pw-invented@h:port/x", "host=", "nonsense", "mysql://u:pw-invented@h/x"]
)
def test_an_address_that_is_none_is_a_configuration_error(url: str) -> None:
    assert type(failure(url)) is ConfigurationError


def test_a_query_that_takes_too_long_is_transient(source: psycopg.Connection[Any], empty_database: str) -> None:
    source.execute('drop table "ST_RIVER_R"')
    source.execute('create view "ST_RIVER_R" as select \'a\' as "STCD", now()::timestamp as "TM" from pg_sleep(30)')
    error = failure(empty_database, statement_timeout_s=1)
    assert type(error) is TransientError
    assert "statement_timeout_s" in error.remedy


def test_the_source_cannot_be_written_to(source: psycopg.Connection[Any], empty_database: str) -> None:
    source.execute("create function meddle() returns text language sql as 'delete from st_stbprp_b returning stnm'")
    source.execute('drop table "ST_RIVER_R"')
    source.execute('create view "ST_RIVER_R" as select meddle() as "STCD", now()::timestamp as "TM"')
    assert isinstance(failure(empty_database), ContractError)
    assert source.execute("select count(*) from st_stbprp_b").fetchone() == (1,)


def test_payloads_name_their_source_without_the_login(source: psycopg.Connection[Any], empty_database: str) -> None:
    only = pull(empty_database)
    assert all("@" not in p.source for p in only.payloads)
    assert {p.source.rpartition("#")[2] for p in only.payloads} == {"ST_STBPRP_B", "ST_RVFCCH_B", "ST_RIVER_R"}


@pytest.mark.parametrize(
    "wrong", [{"overlap_h": -1}, {"history_h": -1}, {"zone": "Mars/Base"}, {"connect_timeout_s": 0}]
)
def test_senseless_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, LookupError)):
        DatabaseOptions(**wrong)
