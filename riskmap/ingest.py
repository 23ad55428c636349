"""The way of a record: source -> archive -> parser -> gate -> one transaction.

One call of ``ingest`` is one Airflow task. It may be killed at any instant and started again, or run twice at
once: bytes are archived before they are read, everything else is written in the transaction that also moves the
cursor, and the source is touched (files moved) only after that transaction has been committed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import psycopg
import pyarrow as pa

from connectors import registry as formats
from connectors.errors import ConfigurationError
from connectors.model import Connector, Cursor, Interval, Parsed, Parser, Payload, Pull, Reject
from expectations import gate
from feeds.contract import Contract
from feeds.registry import load, resolve, resolve_known
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.archive import Archive
from warehouse.batch import Batch, Counts, Kind, PayloadOutcome, QuarantineRow
from warehouse.commit import commit_batch, fail_batch
from warehouse.db import connect

log = logging.getLogger(__name__)

REPLAY_PAYLOADS = 500
REPLAY_BYTES = 8 * 1024 * 1024
"""A replay commits at most so much at once: small files are read together, memory stays bounded."""


@dataclass
class IngestReport:
    """What one run did, for the task log, the asset event and the command line."""

    feed_id: str
    batches: list[int] = field(default_factory=list)
    records: int = 0
    inserted: int = 0
    updated: int = 0
    quarantined: int = 0
    held: int = 0
    not_modified: int = 0
    busy: bool = False
    seconds: float = 0.0

    def add(self, counts: Counts, *, held: bool, not_modified: bool) -> None:
        self.batches.append(counts.batch_id)
        self.records += counts.records
        self.inserted += counts.inserted
        self.updated += counts.updated
        self.quarantined += counts.quarantined
        self.held += held
        self.not_modified += not_modified


def ingest(feed_id: str, settings: Settings, *, run_id: str, interval: Interval | None = None) -> IngestReport:
    """Pull what is new of one feed (or, statelessly, of ``interval``) and land it.

    Raises ConnectorError when the source cannot be read; what was committed before stays. When another runner
    holds the feed, nothing is done and the report says ``busy``: that runner does the work.
    """
    contract = load(feed_id)
    source = _Source(contract, settings, interval)
    run = Run(contract, settings, run_id, "pull", keep_cursor=interval is None)
    return run.over(source.pull, acknowledge=source.acknowledge)


def replay(feed_id: str, settings: Settings, *, run_id: str, interval: Interval | None = None) -> IngestReport:
    """Read archived payloads again (all, or those fetched in ``interval``) without touching the network."""
    contract = load(feed_id)
    archive = Archive(settings.archive_url)

    def pulls(_: Cursor) -> Iterator[Pull]:
        with connect(settings.database_url) as conn:
            start, end = (interval.start, interval.end) if interval else (None, None)
            stored = ledger.payloads(conn, feed_id, start=start, end=end)
        group: list[Payload] = []
        for row in stored:
            group.append(
                Payload(
                    body=archive.get(row.sha256),
                    source=row.source,
                    name=row.name,
                    fetched_at=row.fetched_at,
                    media_type=row.media_type,
                    facts=row.facts,
                )
            )
            if len(group) >= REPLAY_PAYLOADS or sum(len(payload.body) for payload in group) >= REPLAY_BYTES:
                yield Pull(payloads=tuple(group), cursor={})
                group = []
        if group:
            yield Pull(payloads=tuple(group), cursor={})

    return Run(contract, settings, run_id, "replay", keep_cursor=False).over(pulls)


class _Source:
    """The source system of a feed, connected at the first pull: a wrong set-up is a failed batch like any other."""

    def __init__(self, contract: Contract, settings: Settings, interval: Interval | None) -> None:
        self.contract, self.variables, self.interval = contract, settings.variables, interval

    @cached_property
    def connector(self) -> Connector:
        contract = self.contract
        declaration, address = declared(contract, self.variables)
        if declaration["transport"] == "database":  # the other transports take all that their source holds
            declaration["history_h"] = contract.history.total_seconds() / 3600
        return formats.connect({**contract.parser_options, **declaration}, source=address)

    def pull(self, cursor: Cursor) -> Iterator[Pull]:
        return self.connector.pull(cursor, self.interval)

    def acknowledge(self, pull: Pull) -> None:
        self.connector.acknowledge(pull)


def declared(contract: Contract, variables: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """What the contract says of its connector, and its address, with every ${NAME} filled in.

    Raises ConfigurationError naming a variable that is not set.
    """
    try:
        return resolve(dict(contract.connector), variables), resolve(contract.location, variables)
    except KeyError as error:
        raise ConfigurationError(str(error.args[0]), remedy="set it, then run the feed again") from error


class Run:
    """One run over one feed: the same way for bytes from a source, from the archive, or from a sender at our door."""

    def __init__(self, contract: Contract, settings: Settings, run_id: str, kind: Kind, *, keep_cursor: bool) -> None:
        self.contract, self.run_id, self.kind, self.keep_cursor = contract, run_id, kind, keep_cursor
        self.reread_since: datetime | None = None
        self.database_url = settings.database_url
        self.archive = Archive(settings.archive_url)
        self.options = resolve_known(contract.parser_options, settings.variables)
        self.parser = formats.parser(str(contract.connector["format"]), self.options)

    def over(
        self,
        pulls: Callable[[Cursor], Iterator[Pull]],
        acknowledge: Callable[[Pull], None] = lambda pull: None,
    ) -> IngestReport:
        """Commit pull after pull; the cursor moves, and the source is acknowledged, only with the commit."""
        feed_id = self.contract.id
        report = IngestReport(feed_id)
        started = time.monotonic()
        with connect(self.database_url) as conn, ledger.feed_lock(conn, feed_id) as locked:
            if not locked:
                log.warning("feed %s is being ingested by another runner; nothing to do here", feed_id)
                report.busy = True
                return report
            began = datetime.now(UTC)
            self.reread_since = _now(conn) if self.kind == "replay" else None
            try:
                for pull in pulls(ledger.read_cursor(conn, feed_id) if self.keep_cursor else {}):
                    batch = self.batch(conn, pull, began)
                    counts = commit_batch(conn, self.contract, batch)
                    acknowledge(pull)
                    report.add(counts, held=batch.state == "HELD", not_modified=pull.not_modified)
                    _log_batch(batch, counts)
                    began = datetime.now(UTC)
            except Exception as error:
                with suppress(psycopg.Error):  # the connection may be what failed; the first error is the one to tell
                    fail_batch(conn, feed_id, run_id=self.run_id, kind=self.kind, started_at=began, error=str(error))
                raise
        report.seconds = round(time.monotonic() - started, 3)
        return report

    def batch(self, conn: psycopg.Connection[Any], pull: Pull, began: datetime) -> Batch:
        """Archive, parse and judge one pull; none of its records is visible until the batch is committed."""
        contract = self.contract
        if self.kind != "replay":
            uris = self.archive.put_all(payload.body for payload in pull.payloads)
            ledger.record_payloads(conn, contract.id, zip(pull.payloads, uris, strict=True))
        read = read_payloads(contract, self.parser, pull.payloads, self.options)
        judged = judge(contract, read.tables)
        return Batch(
            feed_id=contract.id,
            run_id=self.run_id,
            kind=self.kind,
            state="HELD" if judged.held_by else "NOT_MODIFIED" if pull.not_modified else "LANDED",
            started_at=began,
            fetched_at=max((p.fetched_at for p in pull.payloads), default=began),
            tables=judged.kept,
            quarantined=[*read.rejected, *(_rejected(reject, None) for reject in pull.rejects), *judged.failed],
            payloads=read.outcomes,
            validations=judged.validations,
            drift=read.drift,
            cursor=pull.cursor if self.keep_cursor else None,
            reread_since=self.reread_since,
        )


@dataclass(frozen=True)
class Judged:
    """What the gate says of a batch. ``held_by`` names the tables that broke a critical rule; then nothing is kept."""

    kept: Mapping[str, pa.Table]
    failed: Sequence[QuarantineRow]
    validations: Sequence[Mapping[str, Any]]
    held_by: Sequence[str]


def judge(contract: Contract, tables: Mapping[str, pa.Table]) -> Judged:
    """Put every table of a batch through the gate; one that must be held holds the whole batch."""
    verdicts = {name: gate.check(contract.table(name), table, contract=contract) for name, table in tables.items()}
    held_by = [name for name, verdict in verdicts.items() if verdict.held]
    failed: list[QuarantineRow] = []
    for name, verdict in verdicts.items():
        failed += _quarantine_rows(name, tables[name], verdict.failures, held=bool(held_by))
        if held_by and not verdict.held:
            waiting = gate.hold(verdict.kept, because=", ".join(held_by))
            failed += _quarantine_rows(name, verdict.kept, waiting, held=True)
    return Judged(
        kept={} if held_by else {name: verdict.kept for name, verdict in verdicts.items()},
        failed=failed,
        validations=[result for verdict in verdicts.values() for result in verdict.results],
        held_by=held_by,
    )


@dataclass(frozen=True)
class ReadPayloads:
    """The records of several payloads, one table per kind, each row knowing the payload it came from."""

    tables: Mapping[str, pa.Table]
    rejected: Sequence[QuarantineRow]
    outcomes: Sequence[PayloadOutcome]
    drift: Sequence[Mapping[str, Any]]


def read_payloads(
    contract: Contract, parser: Parser, payloads: Iterable[Payload], options: Mapping[str, Any]
) -> ReadPayloads:
    """Parse payloads and join their tables, adding ``payload_sha256`` and ``fetched_at`` to every row."""
    parts: dict[str, list[pa.Table]] = {}
    rejected: list[QuarantineRow] = []
    outcomes: list[PayloadOutcome] = []
    drift: dict[tuple[str, str], dict[str, Any]] = {}
    for payload in payloads:
        parsed = _declared_only(contract, parser.parse(payload, options))
        for name, table in parsed.tables.items():
            if table.num_rows:
                parts.setdefault(name, []).append(_with_origin(table, payload))
        rejected += [_rejected(reject, payload.sha256) for reject in parsed.rejects]
        outcomes.append(PayloadOutcome(payload.sha256, parsed.outcome.value, len(parsed.rejects)))
        for seen in parsed.drift:
            entry = drift.setdefault(
                (seen.table, seen.field),
                {"table": seen.table, "field": seen.field, "count": 0, "example": seen.example},
            )
            entry["count"] += seen.count
    tables = {name: pa.concat_tables(tables) for name, tables in parts.items()}
    return ReadPayloads(tables, rejected, outcomes, list(drift.values()))


def _declared_only(contract: Contract, parsed: Parsed) -> Parsed:
    """``parsed`` without the tables that this feed's contract does not have: they are told as rejects, not dropped."""
    declared = {table.name for table in contract.tables}
    foreign = {name: table.num_rows for name, table in parsed.tables.items() if table.num_rows and name not in declared}
    if not foreign:
        return parsed
    rejects = [
        Reject(
            where="payload",
            rule="contract.table_unknown",
            reason=f"{rows} records of {name} came in, a table that the contract of {contract.id} does not have",
            table=name,
        )
        for name, rows in foreign.items()
    ]
    kept = {name: table for name, table in parsed.tables.items() if name not in foreign}
    return Parsed(kept, [*parsed.rejects, *rejects], parsed.drift)


def _with_origin(table: pa.Table, payload: Payload) -> pa.Table:
    rows = table.num_rows
    origin = pa.array([payload.sha256] * rows, pa.string())
    fetched = pa.array([payload.fetched_at] * rows, pa.timestamp("us", tz="UTC"))
    return table.append_column("payload_sha256", origin).append_column("fetched_at", fetched)


def _rejected(reject: Reject, sha256: str | None) -> QuarantineRow:
    return QuarantineRow(
        table=reject.table,
        payload_sha256=sha256,
        where=reject.where,
        rule=reject.rule,
        reason=reject.reason,
        severity="error",
        record=reject.record,
        status="open",
    )


def _quarantine_rows(
    name: str, table: pa.Table, failures: Iterable[gate.Failure], *, held: bool
) -> Iterator[QuarantineRow]:
    origin = table.column("payload_sha256")
    for failure in failures:
        yield QuarantineRow(
            table=name,
            payload_sha256=origin[failure.row].as_py(),
            where=f"row {failure.row}",
            rule=failure.rule,
            reason=failure.reason,
            severity=failure.severity,
            record=failure.record,
            status="held" if held else "open",
        )


def _now(conn: psycopg.Connection[Any]) -> datetime | None:
    row = conn.execute("select clock_timestamp()").fetchone()
    return row[0] if row else None


def _log_batch(batch: Batch, counts: Counts) -> None:
    log.info(
        "feed %s batch %s: %s, %s records (%s new, %s revised, %s unchanged), %s quarantined, %s payloads",
        batch.feed_id,
        counts.batch_id,
        batch.state,
        counts.records,
        counts.inserted,
        counts.updated,
        counts.unchanged,
        counts.quarantined,
        len(batch.payloads),
    )
    for seen in batch.drift:
        log.warning("feed %s: %s.%s is not in the contract", batch.feed_id, seen["table"], seen["field"])
