"""Give quarantined records another hearing: judge them by today's contract and land those that pass.

A record is released as a whole: landing it closes every failure that it had. What was never read into columns (a
parser's reject) cannot be released; after a fix its payload is replayed from the archive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pyarrow as pa

from connectors import registry as formats
from connectors.arrow import TIMESTAMP, to_table
from expectations import gate
from feeds.contract import Contract, Table
from feeds.registry import load_all
from riskmap.errors import UserError
from riskmap.settings import Settings
from warehouse import quarantine as store
from warehouse.batch import Batch
from warehouse.commit import commit_batch
from warehouse.db import Connection, connect
from warehouse.ledger import feed_lock
from warehouse.quarantine import QuarantinedRecord

LOCK_WAIT_S = 60


@dataclass
class ReleaseReport:
    """``landed``: quarantine ids closed, those of the same records included. ``kept``: id -> why it stays."""

    landed: list[int] = field(default_factory=list)
    kept: dict[int, str] = field(default_factory=dict)

    def keep(self, records: Iterable[QuarantinedRecord], why: str) -> None:
        self.kept |= {record.id: why for record in records}

    def lines(self) -> list[str]:
        """The report for a person, one line per record."""
        landed = [f"{one}: released 已释放" for one in sorted(self.landed)]
        return landed + [f"{one}: stays 保留: {why}" for one, why in sorted(self.kept.items())]


@dataclass(frozen=True)
class _Candidate:
    """One record to be judged again, with all the quarantine ids that were asked for and are about it."""

    ids: tuple[int, ...]
    table: str
    payload_sha256: str
    fetched_at: datetime
    row: Mapping[str, Any]


def release(settings: Settings, ids: Sequence[int], *, override: str | None = None) -> ReleaseReport:
    """Judge quarantined records again and land those that pass, in one batch of kind ``release`` per feed.

    With ``override`` (a reason, kept in the batch's ``run_id``) records that break ``error`` rules land too, flagged
    with them; a broken ``critical`` rule keeps all records of its table. Raises UserError for an unknown id.
    """
    if override is not None and not override.strip():
        raise UserError("An override needs a reason", "say why: --override '...'")
    report = ReleaseReport()
    contracts = load_all()
    with connect(settings.database_url) as conn:
        for feed_id, records in _waiting(conn, ids, report).items():
            if feed_id not in contracts:
                report.keep(records, f"there is no contract of feed {feed_id} any more")
                continue
            with feed_lock(conn, feed_id, wait_s=LOCK_WAIT_S) as locked:
                if locked:
                    _release_feed(conn, contracts[feed_id], records, override, report)
                else:
                    report.keep(records, f"feed {feed_id} is being ingested; try again when its run has ended")
    return report


def _waiting(conn: Connection, ids: Sequence[int], report: ReleaseReport) -> dict[str, list[QuarantinedRecord]]:
    """The records that can still be released, by feed."""
    try:
        found = store.fetch_records(conn, ids)
    except KeyError as error:
        raise UserError(str(error.args[0]), "give ids that 'riskmap quarantine list' shows") from error
    waiting: dict[str, list[QuarantinedRecord]] = {}
    for record in found:
        if record.status in store.WAITING:
            waiting.setdefault(record.feed_id, []).append(record)
        else:
            report.keep([record], f"it is {record.status} already")
    return waiting


def _release_feed(
    conn: Connection,
    contract: Contract,
    records: Sequence[QuarantinedRecord],
    override: str | None,
    report: ReleaseReport,
) -> None:
    began = datetime.now(UTC)
    candidates = _candidates(conn, contract, records, report)
    tables: dict[str, pa.Table] = {}
    passed: list[_Candidate] = []
    for name, group in groupby(candidates, key=lambda c: c.table):
        asked = list(group)
        table = contract.table(name)
        verdict = gate.check(table, _frame(contract, table, asked), contract=contract, override=override is not None)
        why = {failure.row: f"{failure.rule}: {failure.reason}" for failure in verdict.failures}
        report.kept |= {one: why[row] for row, candidate in enumerate(asked) if row in why for one in candidate.ids}
        passed += [candidate for row, candidate in enumerate(asked) if row not in why]
        if verdict.kept.num_rows:
            tables[name] = verdict.kept
    if not passed:
        return
    closed = _same_records(conn, [one for candidate in passed for one in candidate.ids])
    batch = Batch(
        feed_id=contract.id,
        run_id="release" if override is None else f"release, overridden: {override}",
        kind="release",
        started_at=began,
        fetched_at=max(candidate.fetched_at for candidate in passed),
        tables=tables,
        released=closed,
    )
    commit_batch(conn, contract, batch)
    report.landed += closed


def _candidates(
    conn: Connection, contract: Contract, records: Sequence[QuarantinedRecord], report: ReleaseReport
) -> list[_Candidate]:
    """The records that can be judged, by table, each once; the others are reported as kept."""
    fetched = _fetch_times(conn, contract.id, {r.payload_sha256 for r in records if r.payload_sha256})
    found: dict[tuple[str, str, str], _Candidate] = {}
    for record in records:
        sha256 = record.payload_sha256
        if (why := _unreadable(contract, record)) or sha256 not in fetched:
            payload = f", payload {sha256}" if sha256 else ""
            report.keep([record], f"{why or 'its payload is unknown'}; replay the feed after a fix{payload}")
            continue
        row, table = record.record or {}, record.table_name or ""
        key = (table, sha256 or "", json.dumps(row, sort_keys=True))
        ids = (*(found[key].ids if key in found else ()), record.id)
        found[key] = _Candidate(ids, table, sha256 or "", fetched[sha256], row)
    return sorted(found.values(), key=lambda c: (c.table, c.ids))


def _unreadable(contract: Contract, record: QuarantinedRecord) -> str | None:
    """Why a record holds no row of its table; None if it does."""
    tables = {table.name: table for table in contract.tables}
    if record.record is None or record.table_name not in tables:
        return "it was never read into columns"
    table = tables[record.table_name]
    if unknown := sorted(set(record.record) - {column.name for column in table.columns} - {"extra"}):
        return f"it has columns that the contract does not know ({', '.join(unknown)})"
    needed = {column.name for column in table.columns if column.required or column.key_position is not None}
    if missing := sorted(needed - set(record.record)):
        return f"it was never read into the columns {', '.join(missing)}"
    return None


def _frame(contract: Contract, table: Table, candidates: Sequence[_Candidate]) -> pa.Table:
    schema = formats.parser(str(contract.connector["format"]), contract.parser_options).tables[table.name]
    rows = [{f.name: _typed(c.row.get(f.name), f.type) for f in schema} for c in candidates]
    origin = pa.array([c.payload_sha256 for c in candidates], pa.string())
    fetched = pa.array([c.fetched_at for c in candidates], TIMESTAMP)
    return to_table(schema, rows).append_column("payload_sha256", origin).append_column("fetched_at", fetched)


def _typed(value: Any, type_: pa.DataType) -> Any:
    """A JSON value of a quarantined record as what it was: ISO times, and the names of numbers that JSON lacks."""
    if value is None:
        return None
    if pa.types.is_timestamp(type_):
        return datetime.fromisoformat(value)
    return float(value) if pa.types.is_floating(type_) else value


def _fetch_times(conn: Connection, feed_id: str, sha256s: Iterable[str]) -> dict[str | None, datetime]:
    """When each payload was last fetched."""
    query = "select sha256, max(fetched_at) from ops.payload where feed_id = %s and sha256 = any(%s) group by sha256"
    return dict(conn.execute(query, (feed_id, list(sha256s))).fetchall())


def _same_records(conn: Connection, ids: Sequence[int]) -> list[int]:
    """``ids`` and every other waiting failure of the same records."""
    query = """
        select distinct other.id
        from quarantine.record as one
        join quarantine.record as other
            on other.feed_id = one.feed_id and other.table_name = one.table_name
            and other.record_hash = one.record_hash and other.payload_sha256 = one.payload_sha256
        where one.id = any(%s) and other.status = any(%s)
        order by other.id
    """
    return [row[0] for row in conn.execute(query, (list(ids), list(store.WAITING))).fetchall()]
