"""What is committed together, as values. Nothing here talks to a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

import pyarrow as pa

Kind = Literal["pull", "replay", "release"]
State = Literal["LANDED", "HELD", "NOT_MODIFIED"]
Severity = Literal["critical", "error", "warning", "info"]


class PayloadOutcome(NamedTuple):
    """What became of one payload: its outcome (ACCEPTED, PARTIAL, REJECTED) and how many records were rejected."""

    sha256: str
    outcome: str
    rejects: int


@dataclass(frozen=True)
class QuarantineRow:
    """One record that broke one rule; ``table`` and ``payload_sha256`` are None where they are not known."""

    table: str | None
    payload_sha256: str | None
    where: str
    rule: str
    reason: str
    severity: Severity = "error"
    record: Mapping[str, Any] | None = None
    status: Literal["open", "held"] = "open"


@dataclass(frozen=True)
class Batch:
    """One commit: records, quarantine, ledger and cursor.

    ``tables``: landing table -> Arrow table with the contract's columns of that table, ``extra`` (text of a JSON
    object), ``payload_sha256``, ``fetched_at`` and ``quality_flags`` (list of text). ``cursor`` None leaves the
    cursor where it is. A HELD or NOT_MODIFIED batch has no records. ``validations``: what the gate said, one JSON
    object per table with at least table, success, max_severity, rows and failed_rows. ``released``: ids of
    quarantined records that this batch lands, closed in the same transaction. ``reread_since``: when the replay began
    (clock of the database) of which this batch is a part.
    """

    feed_id: str
    run_id: str
    kind: Kind
    started_at: datetime
    fetched_at: datetime | None
    state: State = "LANDED"
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    quarantined: Sequence[QuarantineRow] = ()
    payloads: Sequence[PayloadOutcome] = ()
    validations: Sequence[Mapping[str, Any]] = ()
    drift: Sequence[Mapping[str, Any]] = ()
    cursor: Mapping[str, Any] | None = None
    released: Sequence[int] = ()
    reread_since: datetime | None = None

    def __post_init__(self) -> None:
        if self.state != "LANDED" and any(table.num_rows for table in self.tables.values()):
            raise ValueError(f"a batch in state {self.state} lands no records")
        for time in (self.started_at, self.fetched_at):
            if time is not None and time.tzinfo is None:
                raise ValueError("the times of a batch need a time zone")


@dataclass(frozen=True)
class Counts:
    """What a commit did. ``records`` = inserted + updated + unchanged; ``tables`` are those whose rows changed."""

    batch_id: int
    records: int
    inserted: int
    updated: int
    unchanged: int
    quarantined: int
    rejects: int
    tables: tuple[str, ...]
