"""What was owed and what came: slot by slot, then counted per point and window."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from tests.reference.history import DAY, FOREVER, Entry, History, Version
from tests.reference.slots import grid

Row = dict[str, object]
TARGET, FULL, LOW = 0.95, 0.8, 0.3
OVER_REPORTING_FACTOR = 2
SLOT_COUNTS = (
    "expected_slots", "received_slots", "live_slots", "in_time_slots", "pending_slots", "excluded_slots",
    "n_records", "unexpected_records", "slot_records", "slot_variables",
)  # fmt: skip


@dataclass(frozen=True)
class Sign:
    """Something that fills a slot: a record, or a poll that was answered."""

    at: float
    landed_at: float
    variable: str = "poll"


@dataclass(frozen=True)
class Stretch:
    """A time in which an entity was watched under one promise; slots that are not over by ``over_by`` are not owed."""

    since: float
    until: float
    over_by: float
    version: Version
    is_scheduled: bool


@dataclass
class Window:
    """The slots that begin in a window, and the records of these slots."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SLOT_COUNTS, 0))
    target: Fraction = Fraction(0)
    is_in_use: bool = False
    is_scheduled: bool = False

    @property
    def n_slots(self) -> int:
        return sum(self.counts[name] for name in ("expected_slots", "pending_slots", "excluded_slots"))

    def add(self, **counts: int) -> None:
        for name, n in counts.items():
            self.counts[name] += n


def promises(history: History) -> list[Version]:
    """The versions in order. Nobody could poll before the feed was switched on, whatever history its source holds."""
    found = []
    for version in sorted(history.versions, key=lambda v: v.valid_from):
        since = version.valid_from if version.kind == "entity_slots" else max(version.valid_from, version.activated_at)
        if since < version.valid_to:
            found.append(Version(**(version.__dict__ | {"valid_from": since})))
    return found


def last_before(versions: list[Version], moment: float) -> Version:
    return max((v for v in versions if v.valid_from < moment), key=lambda v: v.valid_from)


class Entity:
    """A point, or the feed itself where polls are owed: what was owed by it, and what came of it."""

    def __init__(
        self, history: History, as_of: float, code: str | None, stretches: list[Stretch], signs: Iterable[Sign]
    ):
        self.as_of, self.is_point, self.stretches = as_of, code is not None, stretches
        self.signs = sorted(signs, key=lambda s: s.at)
        self.times = [s.at for s in self.signs]
        self.versions = [v for v in promises(history) if self.is_point or v.kind == "polls"]
        self.excluded = [
            (e.excluded_from, FOREVER if e.excluded_to is None else e.excluded_to)
            for e in history.exclusions
            if e.reason and e.approved_by and e.point in {None, code}
        ]

    def windows(self, length_s: float) -> dict[float, Window]:
        """What was counted, by the begin of the window. A window that has not begun is none."""
        found: dict[float, Window] = defaultdict(Window)
        for stretch in self.stretches:
            for begin in self._touched(stretch, length_s):
                found[begin].is_in_use = True
                found[begin].is_scheduled |= stretch.is_scheduled
            for begin, end in self._owed(stretch):
                self._count_slot(found[begin // length_s * length_s], begin, end, stretch.version)
        for sign in self.signs:
            version = next((v for v in self.versions if v.in_force(sign.at)), None)
            if version is not None:
                place = self._place(sign, version)
                if place // length_s <= self.as_of // length_s:
                    is_known = any(s.since <= place < s.until for s in self.stretches)
                    found[place // length_s * length_s].add(n_records=1, unexpected_records=int(not is_known))
        return dict(found)

    def _touched(self, stretch: Stretch, length_s: float) -> Iterator[float]:
        begin = stretch.since // length_s * length_s
        while stretch.since <= self.as_of and begin <= self.as_of and begin < stretch.until:
            yield begin
            begin += length_s

    def _owed(self, stretch: Stretch) -> Iterator[tuple[float, float]]:
        """Slots that have begun, and that the entity could finish before it went."""
        if stretch.is_scheduled:
            for begin, end in grid(stretch.version).begins(stretch.since, min(stretch.until, self.as_of + 1)):
                if begin <= self.as_of and end <= stretch.over_by:
                    yield begin, end

    def _count_slot(self, window: Window, begin: float, end: float, version: Version) -> None:
        if any(first <= begin < before for first, before in self.excluded):
            window.add(excluded_slots=1)
            return
        if end + (version.latency_s if self.is_point else 0) > self.as_of:
            window.add(pending_slots=1)
            return
        is_live = end + version.latency_s >= version.activated_at  # what was over before can only be back-filled
        window.add(expected_slots=1, live_slots=int(is_live))
        window.target += Fraction(str(TARGET if version.target is None else version.target))
        came = self.signs[bisect_left(self.times, begin) : bisect_left(self.times, end)]
        if came:
            window.add(
                received_slots=1,
                in_time_slots=int(is_live and min(s.landed_at for s in came) <= end + version.latency_s),
                slot_records=len(came),
                slot_variables=len({s.variable for s in came}),
            )

    def _place(self, sign: Sign, version: Version) -> float:
        """Where a record is counted: where its slot began, if the promise of its time had slots and knew that one."""
        if self.is_point and version.kind != "entity_slots":
            return sign.at
        begin, _ = grid(version).around(sign.at)
        return begin if begin >= version.valid_from else sign.at


def points(history: History, as_of: float) -> dict[str, Entity]:
    """All points that registers had in use, and all of which records came."""
    signs = defaultdict(list)
    for record in history.records:
        signs[record.point].append(Sign(record.event_at, record.batch.committed_at, record.variable))
    terms = _terms(history.entries)
    return {
        code: Entity(history, as_of, code, _watched(history, terms.get(code, [])), signs[code])
        for code in {*terms, *signs}
    }


def polled(history: History, as_of: float) -> Entity:
    """The feed itself, where it owes polls."""
    stretches = [
        Stretch(v.valid_from, v.valid_to, _switched_off(history, v), v, True)
        for v in promises(history)
        if v.kind == "polls"
    ]
    signs = [Sign(b.fetched_at, b.committed_at) for b in history.batches if b.is_poll]
    return Entity(history, as_of, None, stretches, signs)


def _terms(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Uninterrupted times in use per point. Cameras are a list and report nothing."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda e: e.valid_from):
        if entry.is_in_use and entry.register != "camera":
            terms = found[entry.point]
            if terms and terms[-1].valid_to == entry.valid_from:
                terms[-1] = replace(terms[-1], valid_to=entry.valid_to)
            else:
                terms.append(entry)
    return found


def _watched(history: History, terms: list[Entry]) -> list[Stretch]:
    return [
        Stretch(
            since=max(version.valid_from, term.valid_from),
            until=min(version.valid_to, term.valid_to),
            over_by=min(_switched_off(history, version), term.valid_to),
            version=version,
            is_scheduled=version.kind == "entity_slots" and version.register == term.register,
        )
        for version in promises(history)
        for term in terms
        if version.valid_from < term.valid_to and term.valid_from < version.valid_to
    ]


def _switched_off(history: History, version: Version) -> float:
    """When the feed was switched off after a version, however often the promise had changed until then."""
    end = version.valid_to
    for later in promises(history):
        if later.valid_from == end:
            end = later.valid_to
    return end


def availability(history: History, as_of: float, length_s: float) -> dict[tuple[object, ...], Row]:
    """metric_availability_hourly (or _daily): rows by point and begin of the window."""
    found: dict[tuple[object, ...], Row] = {}
    for code, entity in points(history, as_of).items():
        for begin, window in entity.windows(length_s).items():
            promise = last_before(promises(history), begin + length_s)
            entry = _described(history, code, begin, begin + length_s)
            found[(code, begin)] = window.counts | {
                "target_slots": float(window.target),
                "is_in_use": window.is_in_use,
                "is_scheduled": window.is_scheduled,
                "class": _class(window, promise, is_registered=entry is not None),
                "department": promise.department,
                "region_code": entry.region if entry else None,
                "credit_code": entry.owner if entry else None,
                "industry": _industry(history, entry, begin + length_s),
                "category": entry.category if entry else None,
            }
    return found


def _described(history: History, code: str, begin: float, end: float) -> Entry | None:
    """What the register said last in a window, if possible while the point was in use."""
    said = [
        e
        for e in history.entries
        if e.point == code and e.register != "camera" and e.valid_from < end and e.valid_to > begin
    ]
    return max(said, key=lambda e: (e.is_in_use, e.valid_from), default=None)


def _industry(history: History, entry: Entry | None, end: float) -> str | None:
    """The owner's when the window ended, or the first that is known of it."""
    known = [o for o in history.owners if entry is not None and o.code == entry.owner]
    begun = [o for o in known if o.valid_from < end] or known[:1]
    return max(begun, key=lambda o: o.valid_from).industry if begun else None


def _class(window: Window, promise: Version, *, is_registered: bool) -> str:
    counts = window.counts
    full = Fraction(str(FULL if promise.full is None else promise.full))
    low = Fraction(str(LOW if promise.low is None else promise.low))
    if not window.is_in_use and not is_registered:
        return "unknown_entity"
    if window.is_in_use and not window.is_scheduled:
        return "no_schedule"
    if counts["expected_slots"] == 0:
        return "pending" if counts["pending_slots"] else "not_expected"
    share = Fraction(counts["received_slots"], counts["expected_slots"])
    if share == 0:
        return "silent"
    if share < full:
        return "partial_low" if share < low else "partial_high"
    is_over = counts["slot_records"] > OVER_REPORTING_FACTOR * counts["slot_variables"]
    return "over_reporting" if is_over else "full"


def coverage(history: History, as_of: float) -> dict[tuple[object, ...], Row]:
    """metric_coverage_daily: rows by day, for days on which anything was promised."""
    days: dict[float, list[tuple[bool, Window]]] = defaultdict(list)
    for entity in [*points(history, as_of).values(), polled(history, as_of)]:
        for day, window in entity.windows(DAY).items():
            if entity.is_point or window.is_in_use:
                days[day].append((entity.is_point, window))
    versions = promises(history)
    begun = sorted({d for v in versions for d in _days(v.valid_from, min(v.valid_to, as_of + 1), as_of)})
    return {
        (day,): _coverage_row(days[day], last_before(versions, day + DAY))
        | {"rejected_records": sum(b.is_refused and b.committed_at // DAY * DAY == day for b in history.batches)}
        for day in begun
    }


def _days(since: float, before: float, as_of: float) -> Iterator[float]:
    day = since // DAY * DAY
    while day < before and day <= as_of:
        yield day
        day += DAY


def _coverage_row(windows: list[tuple[bool, Window]], promise: Version) -> Row:
    def total(name: str) -> int:
        return sum(w.counts[name] for _, w in windows)

    expected, received = total("expected_slots"), total("received_slots")
    target = sum((w.target for _, w in windows), Fraction(0))
    if expected:
        state = "MET" if received >= target else "MISSED"
    else:
        pending = "PENDING" if total("pending_slots") else None
        state = pending or ("EXCLUDED" if total("excluded_slots") else "NO_EVIDENCE")
    return {
        "department": promise.department,
        "kind": promise.kind,
        "n_entities": sum(not is_point or w.n_slots > 0 for is_point, w in windows),
        **{name: total(name) for name in SLOT_COUNTS[:6]},
        "unexpected_records": sum(w.counts["unexpected_records"] for is_point, w in windows if is_point),
        "coverage": received / expected if expected else None,
        "target": float(target / expected) if expected else TARGET if promise.target is None else promise.target,
        "state": state,
    }
