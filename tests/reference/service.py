"""Whether promises were kept: hour by hour, and how many hours of a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tests.reference.availability import TARGET, Row, last_before, points, polled, promises
from tests.reference.history import DAY, FOREVER, HOUR, History, Version
from tests.reference.slots import first_transfer
from tests.reference.timeliness import WHOLE_WAY, percent, timeliness

TIMELINESS_TARGET, SLA_TARGET = Fraction("0.9"), Fraction("0.95")
PROMISES = ("coverage", "timeliness", "all")


@dataclass(frozen=True)
class Slots:
    """What was owed by all points of a feed, or by the feed itself, in slots that begin in an hour."""

    expected: int
    received: int
    pending: int
    excluded: int
    target: Fraction


def sla_hours(history: History, as_of: float) -> dict[tuple[object, ...], Row]:
    """metric_sla_hourly: rows by hour and promise, for hours in which anything was promised."""
    versions = promises(history)
    slots = _slots(history, as_of)
    records = timeliness(history, as_of, HOUR)
    found: dict[tuple[object, ...], Row] = {}
    for hour in sorted({h for v in versions for h in _hours(v, as_of)}):
        in_force = [v for v in versions if v.valid_from < hour + HOUR and v.valid_to > hour]
        last = max(in_force, key=lambda v: v.valid_from)
        due_at = first_transfer(hour + HOUR, last) if last.transfer_times else hour + HOUR
        is_over = due_at + max(v.latency_s for v in in_force) <= as_of
        is_excluded = _is_excluded(history, hour)
        coverage = _coverage(slots[hour], last, is_excluded=is_excluded, is_running=hour + HOUR > as_of)
        delays = _delays(records.get((hour, WHOLE_WAY), {}), is_excluded=is_excluded, is_over=is_over)
        found[hour, "coverage"], found[hour, "timeliness"] = coverage, delays
        nothing: Row = {"target": None, "n_owed": None, "n_kept": None, "n_pending": None, "n_unpublished": 0}
        found[hour, "all"] = nothing | {"state": _both(str(coverage["state"]), str(delays["state"]), last.kind)}
    return found


def sla_days(history: History, as_of: float) -> dict[tuple[object, ...], Row]:
    """metric_sla_daily: rows by day and promise."""
    states: dict[tuple[float, str], Counter[str]] = defaultdict(Counter)
    for (hour, promise), row in sla_hours(history, as_of).items():
        assert isinstance(hour, float)
        states[hour // DAY * DAY, str(promise)][str(row["state"])] += 1
    return {
        (day, promise): {
            "department": last_before(promises(history), day + DAY).department,
            "n_windows": count.total(),
            "n_windows_judged": count["MET"] + count["MISSED"],
            "n_met": count["MET"],
            "n_missed": count["MISSED"],
            "n_pending": count["PENDING"],
            "n_no_evidence": count["NO_EVIDENCE"],
            "n_excluded": count["EXCLUDED"],
            "met_pct": percent(count["MET"], count["MET"] + count["MISSED"]),
            "target": float(SLA_TARGET),
            "state": _state_of_day(count),
        }
        for (day, promise), count in states.items()
    }


def _hours(version: Version, as_of: float) -> Iterator[float]:
    hour = version.valid_from // HOUR * HOUR
    while hour <= as_of and hour < version.valid_to:
        yield hour
        hour += HOUR


def _slots(history: History, as_of: float) -> dict[float, Slots]:
    found: dict[float, Slots] = defaultdict(lambda: Slots(0, 0, 0, 0, Fraction(0)))
    for entity in [*points(history, as_of).values(), polled(history, as_of)]:
        for hour, window in entity.windows(HOUR).items():
            counts, sums = window.counts, found[hour]
            found[hour] = Slots(
                sums.expected + counts["expected_slots"],
                sums.received + counts["received_slots"],
                sums.pending + counts["pending_slots"],
                sums.excluded + counts["excluded_slots"],
                sums.target + window.target,
            )
    return found


def _is_excluded(history: History, hour: float) -> bool:
    """The whole hour is, for the whole feed, by one entry."""
    return any(
        e.excluded_from <= hour and hour + HOUR <= (FOREVER if e.excluded_to is None else e.excluded_to)
        for e in history.exclusions
        if e.point is None and e.reason and e.approved_by
    )


def _coverage(slots: Slots, promise: Version, *, is_excluded: bool, is_running: bool) -> Row:
    if is_excluded or (slots.excluded and not slots.expected + slots.pending):
        state = "EXCLUDED"
    elif is_running or slots.pending:
        state = "PENDING"
    elif not slots.expected:
        state = "NO_EVIDENCE"
    else:
        state = "MET" if slots.received >= slots.target else "MISSED"
    return {
        "target": TARGET if promise.target is None else promise.target,
        "n_owed": slots.expected,
        "n_kept": slots.received,
        "n_pending": slots.pending,
        "n_unpublished": 0,
        "state": state,
    }


def _delays(records: Row, *, is_excluded: bool, is_over: bool) -> Row:
    """What is not visible although its time is over is late."""
    promised, within, unpublished = (
        int(str(records.get(name) or 0)) for name in ("n_promised", "n_within_promise", "n_pending")
    )
    if is_excluded:
        state = "EXCLUDED"
    elif not is_over:
        state = "PENDING"
    elif not promised + unpublished:
        state = "NO_EVIDENCE"
    else:
        state = "MET" if within >= TIMELINESS_TARGET * (promised + unpublished) else "MISSED"
    return {
        "target": float(TIMELINESS_TARGET),
        "n_owed": promised + (unpublished if is_over else 0),
        "n_kept": within,
        "n_pending": 0 if is_over else unpublished,
        "n_unpublished": unpublished,
        "state": state,
    }


def _both(coverage: str, delays: str, kind: str) -> str:
    """The worse of the two; where a source owes no records and had none, nothing is late."""
    for state in ("EXCLUDED", "MISSED", "PENDING"):
        if state in {coverage, delays}:
            return state
    is_quiet = coverage == "MET" and kind == "polls"
    return "MET" if delays == "MET" or is_quiet else "NO_EVIDENCE"


def _state_of_day(count: Counter[str]) -> str:
    if count["MISSED"] > (1 - SLA_TARGET) * (count["MET"] + count["MISSED"] + count["PENDING"]):
        return "MISSED"
    return next(s for s in ("PENDING", "MET", "NO_EVIDENCE", "EXCLUDED") if count[s])
