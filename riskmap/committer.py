"""Payloads that were handed to us -> commits, a group at a time, and a receipt for each payload after its commit."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import NamedTuple

import psycopg

from connectors.model import Outcome, Payload, Pull, Receipt, Reject
from feeds.contract import Contract
from riskmap.ingest import Run
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.batch import Batch
from warehouse.commit import commit_batch, fail_batch
from warehouse.db import Connection, connect
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

GATHER_S = 1.0
QUIET_S = 0.1
GATHER_PAYLOADS = 500
GATHER_BYTES = 8 * 1024 * 1024
"""Many small reports, one commit: a group is open for a second at most, and closed when nobody came for a tenth."""

PATIENCE_S = 20.0
"""So long a group is tried again while the warehouse is ill (it restarts); then its senders go unanswered."""

LOCK_WAIT_S = 5.0


class _Handed(NamedTuple):
    payload: Payload
    receipt: Future[Receipt]


class Committer:
    """The one writer of one feed. ``deliver`` may be called from any thread; ``run`` is the writer's own."""

    def __init__(self, contract: Contract, settings: Settings, *, patience_s: float = PATIENCE_S) -> None:
        self._contract, self._patience_s = contract, patience_s
        self._database_url = settings.database_url
        started = datetime.now(UTC).isoformat(timespec="seconds")
        self._run = Run(contract, settings, f"intake__{started}", "pull", keep_cursor=False)
        self._handed: queue.SimpleQueue[_Handed | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._conn: Connection | None = None

    def deliver(self, payload: Payload) -> Future[Receipt]:
        """Hand over a payload. Never waits: how many may be under way at once is the listener's business."""
        handed = _Handed(payload, Future())
        handed.receipt.set_running_or_notify_cancel()  # a listener that gives up waiting does not undo the commit
        self._handed.put(handed)
        return handed.receipt

    def close(self) -> None:
        """Let ``run`` end once everything that was handed over before is done."""
        self._closing.set()
        self._handed.put(None)

    def run(self) -> None:
        is_last = False
        while not is_last:
            group, is_last = self._gather()
            if group:
                self._settle(group)
        self._disconnect()

    def _gather(self) -> tuple[list[_Handed], bool]:
        """The next group, and whether it is the last one."""
        first = self._handed.get()
        if first is None:
            return [], True
        group, size = [first], len(first.payload.body)
        deadline = time.monotonic() + GATHER_S
        while len(group) < GATHER_PAYLOADS and size < GATHER_BYTES:
            try:
                handed = self._handed.get(timeout=max(0.0, min(QUIET_S, deadline - time.monotonic())))
            except queue.Empty:
                break
            if handed is None:
                return group, True
            group.append(handed)
            size += len(handed.payload.body)
        return group, False

    def _settle(self, group: Sequence[_Handed]) -> None:
        """Commit a group, or tell its senders why not. One bad payload of many does not fail the others."""
        try:
            receipts = self._commit_patiently(
                list({handed.payload.sha256: handed.payload for handed in group}.values())
            )
        except Exception as error:
            if len(group) > 1 and not _is_passing(error):
                for handed in group:
                    self._settle([handed])
                return
            log.exception(
                "feed %s: %s payloads are not committed; their senders are not told that they are",
                self._contract.id,
                len(group),
            )
            for handed in group:
                handed.receipt.set_exception(error)
            return
        for handed in group:
            handed.receipt.set_result(receipts[handed.payload.sha256])

    def _commit_patiently(self, payloads: Sequence[Payload]) -> dict[str, Receipt]:
        """Try again while the warehouse is ill for now: the senders are still waiting for their answers."""
        deadline = time.monotonic() + self._patience_s
        pause = 0.25
        while True:
            began = datetime.now(UTC)
            try:
                return self._commit(payloads, began)
            except Exception as error:
                if not _is_passing(error) or time.monotonic() + pause > deadline:
                    self._note_failure(began, error)
                    raise
                log.warning("feed %s: %s; trying again", self._contract.id, error)
                self._disconnect()
            time.sleep(pause)
            pause = min(2 * pause, 4.0)

    def _commit(self, payloads: Sequence[Payload], began: datetime) -> dict[str, Receipt]:
        conn = self._connected()
        with self._feed(conn):
            batch = self._run.batch(conn, Pull(payloads=tuple(payloads), cursor={}), began)
            if batch.state != "HELD" or len(payloads) == 1:
                counts = commit_batch(conn, self._contract, batch)
                what = (self._contract.id, counts.batch_id, len(payloads), counts.records)
                log.info("feed %s batch %s: %s payloads, %s records", *what)
                return _receipts(batch)
        # What one sender did is not held against the others of its group.
        return {sha256: receipt for payload in payloads for sha256, receipt in self._commit([payload], began).items()}

    @contextmanager
    def _feed(self, conn: Connection) -> Iterator[None]:
        """Be the feed's only runner. A replay may hold it: then that is waited for, unless we are to end."""
        while True:
            with ledger.feed_lock(conn, self._contract.id, wait_s=LOCK_WAIT_S) as locked:
                if locked:
                    yield
                    return
            if self._closing.is_set():
                raise WarehouseError("the feed is held by another runner", remedy="wait for it to end", retryable=True)
            log.info("feed %s is held by another runner; waiting for it", self._contract.id)

    def _note_failure(self, began: datetime, error: Exception) -> None:
        with suppress(psycopg.Error, WarehouseError):  # the warehouse may be what failed; the first error is told
            fail_batch(
                self._connected(),
                self._contract.id,
                run_id=self._run.run_id,
                kind="pull",
                started_at=began,
                error=str(error),
            )

    def _connected(self) -> Connection:
        if self._conn is None:
            self._conn = connect(self._database_url, application_name="riskmap intake")
        return self._conn

    def _disconnect(self) -> None:
        if self._conn is not None:
            with suppress(psycopg.Error):
                self._conn.close()
            self._conn = None


def _is_passing(error: Exception) -> bool:
    """Whether the same may go well in a while: the server restarts, a connection broke, a lock was held."""
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) or bool(
        getattr(error, "retryable", False)
    )


def _receipts(batch: Batch) -> dict[str, Receipt]:
    """What each sender is told, by the payload's hash: how many records stand, and every one that does not."""
    rejects: dict[str | None, list[Reject]] = {}
    for row in batch.quarantined:
        rejects.setdefault(row.payload_sha256, []).append(
            Reject(row.where, row.rule, row.reason, row.table, row.record)
        )
    records: Counter[str] = Counter()
    for table in batch.tables.values():
        records.update(str(sha256) for sha256 in table.column("payload_sha256").to_pylist())
    return {
        sha256: Receipt(_outcome(records[sha256], told), records[sha256], told)
        for sha256, told in ((payload.sha256, rejects.get(payload.sha256, [])) for payload in batch.payloads)
    }


def _outcome(records: int, rejects: Sequence[Reject]) -> Outcome:
    if not rejects:
        return Outcome.ACCEPTED
    return Outcome.PARTIAL if records else Outcome.REJECTED
