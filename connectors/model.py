"""What passes between a source system, a parser and the warehouse: bytes in, Arrow tables out.

Nothing here knows of Airflow, of the warehouse or of a particular feed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from threading import Event
from typing import Any, BinaryIO, Protocol, runtime_checkable

import pyarrow as pa

from connectors.errors import ConnectorError

Cursor = dict[str, Any]
"""Where the next pull starts; JSON values only. An empty dict means "from the beginning"."""


@dataclass(frozen=True)
class Interval:
    """A half-open span of event time ``[start, end)``; both ends carry a zone."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("an interval needs time zones at both ends")
        if self.start >= self.end:
            raise ValueError(f"an interval needs start < end, got {self.start} .. {self.end}")


@dataclass(frozen=True)
class Payload:
    """Bytes exactly as the source sent them, with the facts of their transport.

    ``source`` is the address they came from with every secret removed; ``name`` is the file name or last
    path segment, which some formats need to be read at all (coal-mine files carry mine, type and time in it).
    """

    body: bytes
    source: str
    name: str
    fetched_at: datetime
    media_type: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.fetched_at.tzinfo is None:
            raise ValueError("fetched_at needs a time zone")

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


class Outcome(StrEnum):
    """What became of one payload (formats of the acceptance rules: docs/CONTEXT.md)."""

    ACCEPTED = "ACCEPTED"  # everything in it was read
    PARTIAL = "PARTIAL"  # some records were rejected, the rest stands
    REJECTED = "REJECTED"  # nothing in it could be used


@dataclass(frozen=True)
class Reject:
    """One record, or one whole payload, that could not be read; it goes to quarantine as it is.

    ``where`` points into the payload ("record 12", "info[0]/area[2]", "line 7"); ``rule`` is a stable dotted
    name ("cap.sent.zone"), ``reason`` a sentence for a person; ``record`` the raw fields, if there are any.
    """

    where: str
    rule: str
    reason: str
    table: str | None = None
    record: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Drift:
    """A field that the format does not know; its value is kept in the record's ``extra``."""

    table: str
    field: str
    count: int = 1
    example: str | None = None


@dataclass(frozen=True)
class Parsed:
    """The records of one payload: one Arrow table per landing table, exactly in the parser's schema."""

    tables: Mapping[str, pa.Table]
    rejects: Sequence[Reject] = ()
    drift: Sequence[Drift] = ()

    @property
    def records(self) -> int:
        return sum(t.num_rows for t in self.tables.values())

    @property
    def outcome(self) -> Outcome:
        if not self.rejects:
            return Outcome.ACCEPTED
        return Outcome.PARTIAL if self.records else Outcome.REJECTED


@runtime_checkable
class Parser(Protocol):
    """One format: bytes -> records. Pure: no network, no clock, no warehouse.

    ``tables`` maps each landing table to its Arrow schema: the contract's columns of that table in order,
    plus ``extra`` (a string holding a JSON object of unknown fields, null if there are none). A malformed
    payload is a Reject, never an exception and never an empty success.
    """

    format: str
    tables: Mapping[str, pa.Schema]

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed: ...


@dataclass(frozen=True)
class Link:
    """A document that an index lists, as its parser read it.

    ``updated`` is the entry's revision mark exactly as written (only compared for equality); ``embedded`` says
    that the entry carries the whole document itself, so that nothing is left to fetch.
    """

    url: str
    entry_id: str | None = None
    updated: str | None = None
    embedded: bool = False


@runtime_checkable
class IndexParser(Parser, Protocol):
    """A format whose feed is an index of documents (CAP in Atom or RSS).

    ``links`` raises ContractError if the index cannot be read: an empty list means an empty index. Payloads of
    the index carry the fact ``role=index``, its documents ``role=document``.
    """

    def links(self, payload: Payload) -> list[Link]: ...


@runtime_checkable
class AnswerParser(Parser, Protocol):
    """A format whose source answers with status 200 and tells in the body that it failed (CMA MUSIC, QWeather v7)."""

    def failure(self, body: bytes, source: str) -> ConnectorError | None:
        """What the answer says went wrong, to be raised: the fetch fails and the cursor stands. None if all is well.

        Asked of answers that came over HTTP only; ``parse`` rejects the same bodies, wherever they come from.
        """
        ...


@dataclass(frozen=True)
class SourceTable:
    """A database table that a format is read from; column names are compared without regard to case.

    ``columns`` are those that must exist (the key); every other column is read too and left to the parser.
    ``time_column`` orders the rows of a growing table, None marks a register that is read whole. A missing
    table that is not ``required`` is reported, a required one ends the pull.
    """

    columns: tuple[str, ...]
    time_column: str | None = None
    required: bool = True


@runtime_checkable
class TableParser(Parser, Protocol):
    """A format that lives in database tables (SL 323); one JSON payload holds rows of one table."""

    source_tables: Mapping[str, SourceTable]


@dataclass(frozen=True)
class Pull:
    """What is fetched, and later committed, together; ``cursor`` is where to go on once it is committed.

    ``not_modified`` marks a poll that the source answered with "nothing new" (304): it has no payloads and
    still counts as a timely poll. ``rejects`` are documents that could not be fetched for good (a listed
    address that is gone): they are quarantined like any other reject.
    """

    payloads: tuple[Payload, ...]
    cursor: Cursor
    not_modified: bool = False
    rejects: tuple[Reject, ...] = ()


class Connector(Protocol):
    """A source system, ready to be pulled: a transport bound to an address, with its format."""

    @property
    def parser(self) -> Parser: ...

    def pull(self, cursor: Cursor, interval: Interval | None = None) -> Iterator[Pull]:
        """Fetch what is new since ``cursor``, or, statelessly, what happened in ``interval``.

        Raises ConnectorError; whatever was yielded before is whole and may be committed.
        """
        ...

    def acknowledge(self, pull: Pull) -> None:
        """Called after the commit of a pull: the only moment at which a source may be changed (files moved)."""
        ...


@runtime_checkable
class StreamParser(Parser, Protocol):
    """A format whose files may be larger than memory: records come out while the bytes go in."""

    def parse_stream(self, stream: BinaryIO, head: Payload, options: Mapping[str, Any]) -> Iterator[Parsed]:
        """Parts of at most some 8 MB of records; ``head`` is the payload without its bytes.

        The parts together hold what ``parse`` would give, but for keys that come again in another part: those are
        left to landing, which knows the same rule.
        """
        ...


@dataclass(frozen=True)
class Receipt:
    """What became of a delivered payload, told after the commit and never before it."""

    outcome: Outcome
    records: int  # that stand in landing, new or not
    rejects: Sequence[Reject] = ()  # by the parser and by the gate, row by row


Deliver = Callable[[Payload], Future[Receipt]]
"""Hands a payload to the warehouse. The future ends with the commit, or with the error that prevented it:
a sender must then not be told that all is well."""


class Listener(Protocol):
    """A source that comes to us: frames over TCP, pushes over HTTP, messages of a broker."""

    @property
    def parser(self) -> Parser: ...

    def serve(self, deliver: Deliver, stop: Event) -> None:
        """Take what comes until ``stop`` is set; acknowledge to the sender only what has been committed.

        Raises ConfigurationError if it cannot listen at all; what a sender does wrong is never an exception.
        """
        ...


@dataclass(frozen=True)
class About:
    """What a person should know of a format; its page in docs/connectors/ is generated from this.

    Sentences in plain English, the title in both languages. ``verified`` says against what it was held: recordings,
    a published schema, an independent implementation; "own fixtures" where nothing better exists. What the reference
    could not verify is said in ``limits`` with the mark [K].
    """

    title: str
    reads: str
    quirks: Sequence[str] = ()
    limits: Sequence[str] = ()
    verified: Sequence[str] = ()
