"""How long records took: per hour or day and leg of their way, over the single records."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tests.reference.availability import Row, last_before, promises
from tests.reference.history import HOUR, History, Record, Version
from tests.reference.slots import first_transfer

SHARES = {"p50_s": 0.5, "p90_s": 0.9, "p95_s": 0.95, "p99_s": 0.99}
LEGS = (
    "event_to_issued", "issued_to_fetched", "transfer_to_fetched", "fetched_to_landed", "landed_to_published",
    "fetched_to_published", "issued_to_published",
)  # fmt: skip
TINY = 1e-3
WHOLE_WAY = "issued_to_published"


@dataclass
class Delays:
    """The delays of one leg in one window."""

    seconds: list[float] = field(default_factory=list)
    n_negative: int = 0
    n_pending: int = 0
    n_backfill: int = 0
    n_promised: int = 0
    n_within_promise: int = 0


def timeliness(history: History, as_of: float, length_s: float) -> dict[tuple[object, ...], Row]:
    """metric_timeliness_hourly (or _daily): rows by begin of the window and leg.

    There is a window for every hour in which the feed was on, and wherever records were observed.
    """
    found: dict[tuple[float, str], Delays] = defaultdict(Delays)
    hours = set(_running_hours(history, as_of))
    for record in history.records:
        if record.event_at <= as_of:
            hours.add(record.event_at // HOUR * HOUR)
            for leg in _legs(history, record):
                _count(found[record.event_at // length_s * length_s, leg.name], history, record, leg)
    legs = {(hour // length_s * length_s, leg) for hour in hours for leg in _asked(history, hour)}
    versions = promises(history)
    return {
        (begin, leg): _row(found[begin, leg], leg)
        | {
            "department": _owner(versions, begin + length_s),
            "promise_s": _newest_promise(versions, begin, hours, length_s) if leg == WHOLE_WAY else None,
        }
        for begin, leg in legs
    }


def _running_hours(history: History, as_of: float) -> Iterator[float]:
    for version in promises(history):
        hour = max(version.valid_from, version.activated_at) // HOUR * HOUR
        while hour <= as_of and hour < version.valid_to:
            yield hour
            hour += HOUR


def _asked(history: History, hour: float) -> Iterator[str]:
    versions = _in_force_between(promises(history), hour, hour + HOUR)
    is_scheduled = any(v.transfer_times for v in versions)
    return (leg for leg in LEGS if leg != "transfer_to_fetched" or is_scheduled)


def _in_force_between(versions: Sequence[Version], first: float, before: float) -> list[Version]:
    return [v for v in versions if v.valid_from < before and v.valid_to > first]


def _newest_promise(versions: Sequence[Version], begin: float, hours: set[float], length_s: float) -> float | None:
    """Of the newest promise in force in the hour; of a day, in the newest of its hours that had any."""
    for hour in sorted((h for h in hours if begin <= h < begin + length_s), reverse=True):
        found = _in_force_between(versions, hour, hour + HOUR)
        if found:
            return max(found, key=lambda v: v.valid_from).latency_s
    return None


def _owner(versions: list[Version], end: float) -> str | None:
    """Who answered for the feed when the window ended, or first of all."""
    if not versions:
        return None
    return (last_before(versions, end) if versions[0].valid_from < end else versions[0]).department


@dataclass(frozen=True)
class Leg:
    """A part of a record's way; an end is null where the source does not tell, or it has not happened."""

    name: str
    starts_at: float | None
    ends_at: float | None


def _legs(history: History, record: Record) -> Iterator[Leg]:
    batch = record.batch
    promise = _promise(history, record)
    yield Leg("event_to_issued", record.event_at, record.issued_at)
    yield Leg("issued_to_fetched", _issued_at(record), batch.fetched_at)
    if promise is not None and promise.transfer_times:
        yield Leg("transfer_to_fetched", first_transfer(_issued_at(record), promise), batch.fetched_at)
    yield Leg("fetched_to_landed", batch.fetched_at, batch.committed_at)
    yield Leg("landed_to_published", batch.committed_at, batch.published_at)
    yield Leg("fetched_to_published", batch.fetched_at, batch.published_at)
    yield Leg(WHOLE_WAY, _issued_at(record), batch.published_at)


def _switched_on(history: History, record: Record) -> float:
    """When the feed that fetched a record had been switched on: what was live once remains so."""
    return last_before(list(history.versions), record.batch.fetched_at + TINY).activated_at


def _issued_at(record: Record) -> float:
    return record.event_at if record.issued_at is None else record.issued_at


def _promise(history: History, record: Record) -> Version | None:
    return next((v for v in promises(history) if v.in_force(record.event_at)), None)


def _count(delays: Delays, history: History, record: Record, leg: Leg) -> None:
    if record.event_at < _switched_on(history, record):
        delays.n_backfill += 1
    elif leg.ends_at is None and leg.name.endswith("_published"):
        delays.n_pending += 1
    elif leg.starts_at is not None and leg.ends_at is not None:
        seconds = leg.ends_at - leg.starts_at
        if seconds < 0:
            delays.n_negative += 1
            return
        delays.seconds.append(seconds)
        promise = _promise(history, record)
        if promise is not None:
            # the promise counts from the observation, or from the transfer with which the record could be had first
            due_from = first_transfer(_issued_at(record), promise) if promise.transfer_times else record.event_at
            delays.n_promised += 1
            delays.n_within_promise += int(leg.ends_at - due_from <= promise.latency_s)


def _row(delays: Delays, leg: str) -> Row:
    is_whole = leg == WHOLE_WAY
    rounded = Counter(_rounded(s) for s in delays.seconds)
    return {
        "n": len(delays.seconds),
        **{name: percentile(delays.seconds, p) for name, p in SHARES.items()},
        "max_s": max(delays.seconds, default=None),
        "n_negative": delays.n_negative,
        "n_pending": delays.n_pending,
        "n_backfill": delays.n_backfill,
        "n_promised": delays.n_promised if is_whole else None,
        "n_within_promise": delays.n_within_promise if is_whole else None,
        "within_promise_pct": percent(delays.n_within_promise, delays.n_promised) if is_whole else None,
        "delays_s": sorted(rounded) or None,
        "delay_counts": [rounded[s] for s in sorted(rounded)] or None,
    }


def _rounded(seconds: float) -> float:
    """As a distribution keeps it: half a second or half a percent off at most. Halves go to the even neighbour."""
    return round(seconds, 0 if seconds >= 100 else 1 if seconds >= 10 else 2 if seconds >= 1 else 3)


def percent(part: int, whole: int) -> float | None:
    """With two decimals, halves upwards; null of nothing."""
    return math.floor(Fraction(10_000 * part, whole) + Fraction(1, 2)) / 100 if whole else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """As percentile_cont of SQL: between the two neighbours by distance."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    lower, upper = ordered[math.floor(place)], ordered[math.ceil(place)]
    return lower + (place - math.floor(place)) * (upper - lower)


def rounded_percentile(row: Row, name: str) -> float | None:
    """The same of what the distribution keeps: so a day is counted from its hours."""
    seconds, counts = row["delays_s"] or [], row["delay_counts"] or []
    values = [s for s, n in zip(seconds, counts, strict=True) for _ in range(n)]  # type: ignore[call-overload]
    return percentile(values, SHARES[name])
