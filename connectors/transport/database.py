"""Departmental exchange databases (前置库): rows of the tables that a format lives in, as JSON payloads.

One read-only, repeatable-read transaction sees all tables at the same instant. Growing tables are read from a
watermark minus an overlap: late reports and silent revisions of the last hours come again, and landing them twice
changes nothing. The watermark is the newest time in the data, never the wall clock, because such databases lag.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.types.string import TextLoader

from connectors.errors import ConfigurationError, ConnectorError, ContractError, TransientError
from connectors.model import Cursor, Interval, Payload, Pull, Reject, SourceTable, TableParser
from connectors.transport.redaction import redact, redact_url

log = logging.getLogger(__name__)

PAYLOAD_ROWS = 50_000
PULL_ROWS = 200_000
"""A pull is closed once it holds this many rows; the backlog of a first pull comes in several."""

# Read as the text that PostgreSQL writes: nothing is rounded, "infinity" and year 10000 cannot break the client.
_AS_TEXT = ("numeric", "float4", "float8", "date", "time", "timestamp", "timestamptz", "interval")
_MOMENTS = frozenset({1114, 1184})  # type codes of timestamp and timestamptz


@dataclass(frozen=True)
class DatabaseOptions:
    """``overlap_h`` is read again at each pull, ``history_h`` before the newest row at the first one, in hours.

    ``zone`` is that of the naive times in the tables, needed for intervals only. Time-outs in seconds.
    """

    overlap_h: float = 6.0
    history_h: float = 24.0
    zone: str = "Asia/Shanghai"
    connect_timeout_s: int = 5
    statement_timeout_s: int = 60

    def __post_init__(self) -> None:
        if self.overlap_h < 0 or self.history_h < 0:
            raise ValueError("overlap_h and history_h must not be negative")
        if self.connect_timeout_s < 2 or self.statement_timeout_s < 1:
            raise ValueError("connect_timeout_s must be at least 2, statement_timeout_s at least 1")
        ZoneInfo(self.zone)


@dataclass(frozen=True)
class _Table:
    """A table as it was found: names as the database writes them, ``key`` first the clock, then the station."""

    name: str  # as the parser calls it
    place: tuple[str, str]  # schema and table
    key: tuple[str, ...]
    is_growing: bool


@dataclass
class _State:
    """What becomes the cursor: per table the newest time seen and the digests of what the last pull read."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)

    def as_cursor(self) -> Cursor:
        tables: Cursor = json.loads(json.dumps({"tables": self.tables, "absent": self.absent}))
        return tables


class DatabaseConnector:
    """A PostgreSQL exchange database bound to a format that names its tables (``connectors.model.TableParser``)."""

    def __init__(self, parser: TableParser, url: str, options: DatabaseOptions | None = None) -> None:
        self.parser = parser
        self.options = options or DatabaseOptions()
        self._url = _checked(url)
        self.source = redact_url(url)

    def pull(self, cursor: Cursor, interval: Interval | None = None) -> Iterator[Pull]:
        known: Mapping[str, Any] = {} if interval else cursor
        state = _State()
        is_first, is_quiet = True, True
        with self._transaction() as connection:
            tables, state.absent = self._find(connection)
            rejects = self._absent([name for name in state.absent if name not in known.get("absent", [])])
            for payloads in self._batches(connection, tables, known, state, interval):
                news = rejects if is_first else ()
                is_first = False
                if payloads or news:
                    is_quiet = False
                    yield Pull(payloads, cursor if interval else state.as_cursor(), rejects=news)
        if is_quiet:
            yield Pull((), cursor if interval else state.as_cursor(), not_modified=True)

    def acknowledge(self, pull: Pull) -> None:
        """The source is read-only for us."""

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """A read-only snapshot; every way in which the database can fail leaves here as a ConnectorError."""
        options = self.options
        try:
            with psycopg.connect(
                self._url,
                connect_timeout=options.connect_timeout_s,
                application_name="riskmap",
                options=f"-c statement_timeout={options.statement_timeout_s}s -c datestyle=ISO -c timezone=UTC",
            ) as connection:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                for name in _AS_TEXT:
                    connection.adapters.register_loader(name, TextLoader)
                yield connection
        except psycopg.Error as error:
            raise _database_error(error, self.source) from None

    def _find(self, connection: psycopg.Connection[Any]) -> tuple[list[_Table], list[str]]:
        """The parser's tables as this database spells them, and the optional ones that it lacks (or their key)."""
        found = _columns(connection)
        tables, absent = [], []
        for name, wanted in self.parser.source_tables.items():
            if name.lower() not in found:
                if wanted.required:
                    raise ContractError(
                        f"The database has no table {name} that this account may read",
                        remedy="ask the department to create it or to grant SELECT on it; check the database name",
                        source=self.source,
                    )
                absent.append(name)
                continue
            place, columns = found[name.lower()]
            if not wanted.required and not _names(wanted) <= columns.keys():
                absent.append(name)
                continue
            tables.append(_Table(name, place, self._key(name, wanted, columns), wanted.time_column is not None))
        return tables, absent

    def _key(self, name: str, wanted: SourceTable, columns: Mapping[str, str]) -> tuple[str, ...]:
        names = (*([wanted.time_column] if wanted.time_column else []), *wanted.columns)
        if missing := [column for column in names if column.lower() not in columns]:
            raise ContractError(
                f"Table {name} has no column {', '.join(missing)}",
                remedy="ask the department whether the table was changed; if it was renamed, adapt the format",
                source=self.source,
            )
        return tuple(dict.fromkeys(columns[column.lower()] for column in names))

    def _absent(self, names: Sequence[str]) -> tuple[Reject, ...]:
        """One note for all that are newly absent: a bureau that has the plain tables only is not ten times wrong."""
        if not names:
            return ()
        reason = (
            f"The database has no table {', '.join(names)} with its key columns that this account may read; "
            "what would be in there stays unknown"
        )
        return (Reject(where=", ".join(names), rule="fetch.table_absent", reason=reason),)

    def _batches(
        self,
        connection: psycopg.Connection[Any],
        tables: Sequence[_Table],
        known: Mapping[str, Any],
        state: _State,
        interval: Interval | None,
    ) -> Iterator[tuple[Payload, ...]]:
        """Payloads in groups of about ``PULL_ROWS`` rows; those whose bytes the last pull had too are left out.

        ``state`` advances with what was read, so that a pull that is committed is never asked for again.
        """
        state.tables = {table.name: dict(known.get("tables", {}).get(table.name, {})) for table in tables}
        payloads: list[Payload] = []
        rows = 0
        for table in tables:
            entry = state.tables[table.name]
            before, entry["sha256"] = entry.get("sha256", []), []
            for payload, newest in self._chunks(connection, table, entry.get("watermark"), interval):
                entry["sha256"].append(payload.sha256)
                if newest is not None:
                    entry["watermark"] = max(newest, entry.get("watermark", newest))
                if payload.sha256 not in before:
                    payloads.append(payload)
                    rows += int(payload.facts["rows"])
                if rows >= PULL_ROWS:
                    yield tuple(payloads)
                    payloads, rows = [], 0
        yield tuple(payloads)

    def _chunks(
        self, connection: psycopg.Connection[Any], table: _Table, watermark: str | None, interval: Interval | None
    ) -> Iterator[tuple[Payload, str | None]]:
        """One payload per ``PAYLOAD_ROWS`` rows, at least one, and the newest believable time in it."""
        where, limits = self._window(connection, table, watermark, interval)
        query = sql.SQL("select t.* from {} as t where {} order by {}, t::text").format(
            sql.Identifier(*table.place), where, sql.SQL(", ").join(sql.Identifier("t", name) for name in table.key)
        )
        ceiling = _ceiling(connection)
        with connection.cursor(name="riskmap_pull") as rows:
            rows.execute(query, limits)
            fetched_at = datetime.now(UTC)
            is_first = True
            while (chunk := rows.fetchmany(PAYLOAD_ROWS)) or is_first:
                is_first = False
                columns = [column.name for column in rows.description or ()]
                moments = {i for i, column in enumerate(rows.description or ()) if column.type_code in _MOMENTS}
                lines = [[_value(v, i in moments) for i, v in enumerate(row)] for row in chunk]
                yield self._payload(table, columns, lines, fetched_at), _newest(table, columns, lines, ceiling)

    def _window(
        self, connection: psycopg.Connection[Any], table: _Table, watermark: str | None, interval: Interval | None
    ) -> tuple[sql.Composable, list[Any]]:
        """The condition on the clock; registers have none and are read whole."""
        if not table.is_growing:
            return sql.SQL("true"), []
        clock = sql.Identifier("t", table.key[0])
        if interval is not None:
            ends = [end.astimezone(ZoneInfo(self.options.zone)).replace(tzinfo=None) for end in _ends(interval)]
            return sql.SQL("{0} >= %s::timestamp and {0} < %s::timestamp").format(clock), ends
        hours = self.options.overlap_h
        if watermark is None:
            hours = max(self.options.history_h, hours)
            newest = connection.execute(
                sql.SQL("select max({0}) from {1} as t where {0} <= %s::timestamp").format(
                    clock, sql.Identifier(*table.place)
                ),
                [_ceiling(connection)],
            ).fetchone()
            watermark = newest[0] if newest else None
            if watermark is None:
                return sql.SQL("true"), []
        return sql.SQL("{0} >= %s::timestamp - make_interval(secs => %s)").format(clock), [watermark, hours * 3600]

    def _payload(
        self, table: _Table, columns: Sequence[str], rows: Sequence[Sequence[Any]], fetched_at: datetime
    ) -> Payload:
        document = {"table": table.name, "columns": columns, "rows": rows}
        return Payload(
            body=json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(),
            source=f"{self.source}#{table.name}",
            name=f"{table.name}.json",
            fetched_at=fetched_at,
            media_type="application/json",
            facts={"table": table.name, "rows": str(len(rows))},
        )


def _names(table: SourceTable) -> set[str]:
    """The columns that must exist, in lower case."""
    return {name.lower() for name in (*table.columns, *([table.time_column] if table.time_column else []))}


def _checked(url: str) -> str:
    """``url`` if it names a PostgreSQL server; libpq would fill in what lacks, and reach some other database."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"postgresql", "postgres"} and bool(parts.port or parts.netloc or parts.query)
    except ValueError:  # a port that is no number
        is_good = False
    if not is_good:
        raise ConfigurationError(
            "The address of the database cannot be read",
            remedy="give postgresql://user:password@host:port/database in the environment",
            source=redact_url(url),
        )
    return url


def _columns(connection: psycopg.Connection[Any]) -> dict[str, tuple[tuple[str, str], dict[str, str]]]:
    """Readable tables and views on the search path: lower-case name -> (schema and table, lower-case -> column)."""
    rows = connection.execute(
        """
        select n.nspname, c.relname, a.attname
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind in ('r', 'v', 'm', 'p', 'f')
          and n.nspname = any (current_schemas(false))
          and has_table_privilege(c.oid, 'select')
        order by array_position(current_schemas(false), n.nspname), c.relname, a.attnum
        """
    )
    found: dict[str, tuple[tuple[str, str], dict[str, str]]] = {}
    for schema, table, column in rows:
        place, columns = found.setdefault(table.lower(), ((schema, table), {}))
        if place == (schema, table):
            columns.setdefault(column.lower(), column)
    return found


def _ceiling(connection: psycopg.Connection[Any]) -> str:
    """The latest local time that a watermark may take: a row from the year 2999 must not end the reading."""
    row = connection.execute("select (now() at time zone 'UTC' + interval '1 day')::text").fetchone()
    assert row is not None  # noqa: S101 - a select without a table has one row
    return str(row[0])


def _newest(table: _Table, columns: Sequence[str], rows: Sequence[Sequence[Any]], ceiling: str) -> str | None:
    """The newest time of ``rows`` up to ``ceiling``; ISO texts of one column sort like the times they name."""
    if not table.is_growing:
        return None
    clock, limit = columns.index(table.key[0]), ceiling.replace(" ", "T")
    return max((str(row[clock]) for row in rows if row[clock] is not None and str(row[clock]) <= limit), default=None)


def _value(value: Any, is_moment: bool) -> Any:
    """``value`` for JSON without loss; times as ISO, without a zone where the column has none."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value.replace(" ", "T", 1) if is_moment else value
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)


def _ends(interval: Interval) -> tuple[datetime, datetime]:
    return interval.start, interval.end


def _database_error(error: psycopg.Error, source: str) -> ConnectorError:
    """What a failure of the database means. Messages come from libpq, the server or both, in any language."""
    state, text = error.sqlstate or "", redact(str(error)).strip().split("\n")[0]
    if state == "57014":
        kind: type[ConnectorError] = TransientError
        what = "The database needed too long for a query"
        remedy = "ask for an index on the time column, or raise statement_timeout_s of the connector"
    elif state.startswith(("28", "3D", "42501")) or (not state and "FATAL" in text and not _is_busy(text)):
        kind, what = ConfigurationError, f"The database refused us ({text})"
        remedy = "check user, password and database name in the environment, and the grants of the account"
    elif isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        kind, what = TransientError, f"The database cannot be reached ({text})"
        remedy = "check host and port in the environment and that the database is running; the next run tries again"
    else:
        kind, what = ContractError, f"The database answered with an error ({text})"
        remedy = "read the message; the tables may have changed since the contract was written"
    return kind(what, remedy=remedy, source=source)


def _is_busy(text: str) -> bool:
    return any(
        sign in text for sign in ("starting up", "shutting down", "too many", "recovery", "remaining connection")
    )
