"""What happened to one feed: promises, points, polls, records. Plain data; moments are local seconds since 1970.

All of China lives by one zone without summer time, so local seconds run evenly and a day is 86,400 of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

HOUR = 3600.0
DAY = 86400.0
FOREVER = 253402243200.0  # 9999-12-31 00:00 UTC
OBSERVATIONS = "observation.event_at"


@dataclass(frozen=True)
class Version:
    """A promise, from ``valid_from`` until ``valid_to``."""

    valid_from: float
    valid_to: float
    activated_at: float
    department: str
    kind: str
    register: str | None
    every_s: float | None
    transfer_times: tuple[str, ...] | None
    frequency_s: float
    latency_s: float
    target: float | None = None
    full: float | None = None
    low: float | None = None

    def in_force(self, moment: float) -> bool:
        return self.valid_from <= moment < self.valid_to


@dataclass(frozen=True)
class Entry:
    """What a register says of a point from ``valid_from`` on; of a point that is gone nothing is said."""

    point: str
    valid_from: float
    valid_to: float
    register: str
    is_in_use: bool
    category: str
    region: str | None
    owner: str | None
    batch: int
    is_gone: bool = False


@dataclass(frozen=True)
class Owner:
    """An enterprise and its industry; before its register knew it, it was what it was called first."""

    code: str
    industry: str
    valid_from: float
    valid_to: float


@dataclass(frozen=True)
class Batch:
    """One attempt to fetch, as the ledger has it."""

    number: int
    kind: str
    state: str
    fetched_at: float
    committed_at: float
    published_at: float | None
    is_refused: bool = False

    @property
    def is_poll(self) -> bool:
        """The source answered: what was written again from the archive is no answer, what was refused no sign of it."""
        return self.kind == "pull" and self.state in {"LANDED", "NOT_MODIFIED"} and not self.is_refused


@dataclass(frozen=True)
class Record:
    """One observation as it came; the same key again with another content revises it."""

    point: str
    variable: str
    event_at: float
    issued_at: float | None
    content: int
    batch: Batch

    @property
    def key(self) -> tuple[str, str, float]:
        return self.point, self.variable, self.event_at


@dataclass(frozen=True)
class Exclusion:
    """An entry of the seed; without a reason and an approval it excludes nothing."""

    point: str | None
    excluded_from: float
    excluded_to: float | None
    reason: str | None
    approved_by: str | None


@dataclass(frozen=True)
class History:
    """All that happens to a feed. ``known`` is what of it is known at a moment."""

    seed: str
    feed_id: str
    active_until: float | None
    versions: tuple[Version, ...]
    entries: tuple[Entry, ...]
    batches: tuple[Batch, ...]
    records: tuple[Record, ...]
    exclusions: tuple[Exclusion, ...]
    owners: tuple[Owner, ...]

    @property
    def activated_at(self) -> float:
        """When the feed was last switched on: what is older was not fetched live."""
        return self.versions[-1].activated_at

    def known(self, as_of: float) -> History:
        """What has been heard by ``as_of``: what was promised, registered, committed and published by then."""
        versions = [v for v in self.versions if v.valid_from <= as_of]
        versions = [v if v.valid_to <= as_of else replace(v, valid_to=FOREVER) for v in versions]
        batches = {b.number: _published(b, as_of) for b in self.batches if b.committed_at <= as_of}
        records = (replace(r, batch=batches[r.batch.number]) for r in self.records if r.batch.number in batches)
        is_off = self.active_until is not None and self.active_until <= as_of
        return replace(
            self,
            active_until=self.active_until if is_off else None,
            versions=tuple(versions),
            entries=_in_order([e for e in self.entries if e.batch in batches]),
            batches=tuple(batches.values()),
            records=tuple(_landed(sorted(records, key=lambda r: r.batch.committed_at))),
        )


def _published(batch: Batch, as_of: float) -> Batch:
    is_out = batch.published_at is not None and batch.published_at <= as_of
    return batch if is_out else replace(batch, published_at=None)


def _landed(arrivals: list[Record]) -> list[Record]:
    """One record per key: the last revision; a mere repeat leaves the record as it came first."""
    found: dict[tuple[str, str, float], Record] = {}
    for record in arrivals:
        if record.key not in found or found[record.key].content != record.content:
            found[record.key] = record
    return list(found.values())


def _in_order(entries: list[Entry]) -> tuple[Entry, ...]:
    """Every entry is valid until the next one about the same point."""
    ordered = sorted(entries, key=lambda e: (e.point, e.valid_from))
    ends = [
        later.valid_from if later is not None and later.point == entry.point else FOREVER
        for entry, later in zip(ordered, [*ordered[1:], None], strict=False)
    ]
    return tuple(replace(e, valid_to=end) for e, end in zip(ordered, ends, strict=True) if not e.is_gone)
