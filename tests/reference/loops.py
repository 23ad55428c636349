"""Closed loops: how many came to each stage, and when. Loops drawn at random, and their figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.reference.availability import Row
from tests.reference.history import DAY, HOUR
from tests.reference.timeliness import percent, percentile

MINUTE = 60.0
STAGES = ("respond", "dispose", "close")
DANGER_STAGES = ("register", "rectify", "accept", "close")
OUTCOMES = {
    "n_on_time": "MET",
    "n_late": "MISSED",
    "n_pending": "PENDING",
    "n_no_evidence": "NO_EVIDENCE",
    "n_lapsed": "LAPSED",
    "n_unpromised": "UNPROMISED",
}


@dataclass(frozen=True)
class Loop:
    """Something that asks for answers: times and deadlines per stage. A stage may be reached at a time untold."""

    key: str
    kind: str
    region: str | None
    grade: str | None
    opened_at: float
    times: tuple[float | None, ...]
    deadlines: tuple[float | None, ...]
    n_reached: int
    evidence: str = "known"
    ended_at: float | None = None
    is_lapsed: bool = False
    back_at: int | None = None
    is_duplicate: bool = False

    @property
    def stages(self) -> tuple[str, ...]:
        return DANGER_STAGES if self.kind == "hidden_danger" else STAGES


@dataclass(frozen=True)
class Promise:
    """Minutes that are promised for a grade of danger: from finding to register and rectify, from there to close."""

    respond_min: float
    dispose_min: float
    close_after_min: float


def draw_loops(seed: str, end: float, n: int) -> list[Loop]:
    random = Random(seed)
    kinds: dict[str, Callable[[Random, str, float], Loop]] = {
        "warning": _any_loop, "alarm": _any_loop, "video_finding": _any_loop, "inspection_order": _any_loop,
        "hidden_danger": _danger,
    }  # fmt: skip
    found = []
    for index in range(n):
        kind = random.choice(list(kinds))
        opened_at = end - random.choice((0.1, 1, 3, 60)) * DAY + random.randrange(0, int(2 * DAY), 7)
        found.append(kinds[kind](random, f"{kind}|{index}", min(opened_at, end - 60)))
    return found


def _place(random: Random) -> tuple[str | None, str | None]:
    return random.choice((None, "620823", "620824101")), random.choice((None, "orange", "red"))


def _walk(random: Random, since: float, n: int) -> Iterator[float | None]:
    """Times of stages, some untold, one now and then before the beginning."""
    moment = since - (random.choice((900.0, 30.5)) if random.random() < 0.08 else 0.0)
    for _ in range(n):
        moment += random.choice((0.0, 90.5, 20 * MINUTE, 5 * HOUR, 2 * DAY))
        yield None if random.random() < 0.2 else moment


def _any_loop(random: Random, key: str, opened_at: float) -> Loop:
    region, grade = _place(random)
    times = [*_walk(random, opened_at, random.randint(0, 3)), None, None, None][:3]
    deadlines = [random.choice((None, opened_at + HOUR, opened_at + DAY)) for _ in STAGES]
    reached = [index + 1 for index, at in enumerate(times) if at is not None]
    ended_at = opened_at + random.choice((0.5 * HOUR, 12 * HOUR)) if random.random() < 0.4 else None
    return Loop(
        key=key,
        kind=key.split("|", maxsplit=1)[0],
        region=region,
        grade=grade,
        opened_at=opened_at,
        times=tuple(times),
        deadlines=tuple(deadlines),
        n_reached=max(reached, default=0),
        evidence=random.choice(("known", "known", "known", "awaited", "none")),
        ended_at=ended_at,
        is_lapsed=ended_at is not None and not reached,
    )


def _danger(random: Random, key: str, opened_at: float) -> Loop:
    region, _ = _place(random)
    n_reached = random.randint(0, 4)
    times = [*_walk(random, opened_at, n_reached), None, None, None, None][:4]
    deadline = random.choice((None, opened_at + 3 * DAY, opened_at + 30 * DAY, opened_at - DAY))
    return Loop(
        key=key,
        kind="hidden_danger",
        region=region,
        grade=random.choice((None, "general", "major")),
        opened_at=opened_at,
        times=tuple(times),
        deadlines=(None, deadline, None, None),
        n_reached=n_reached,
        back_at=random.choice((None, None, None, 1, 2, 3)),
        is_duplicate=random.random() < 0.1,
    )


def closed_loops(loops: list[Loop], as_of: float, promises: dict[str, Promise]) -> dict[tuple[object, ...], Row]:
    """metric_closed_loop: rows by day of opening, kind, county, grade and stage."""
    cells: dict[tuple[object, ...], list[tuple[Loop, int]]] = defaultdict(list)
    for loop in loops:
        for index, stage in enumerate(loop.stages):
            # papers of inspections tell of the closing only; a danger found twice is one
            if not loop.is_duplicate and (loop.kind != "inspection_order" or stage == "close"):
                place = (loop.region or "unknown")[: 7 if loop.region is None else 6], loop.grade or "unknown"
                cells[loop.opened_at // DAY * DAY, loop.kind, *place, stage].append((loop, index))
    return {key: _row(members, as_of, promises) for key, members in cells.items()}


def _row(members: list[tuple[Loop, int]], as_of: float, promises: dict[str, Promise]) -> Row:
    outcomes = [_outcome(loop, index, as_of, promises) for loop, index in members]
    counts = {name: outcomes.count(outcome) for name, outcome in OUTCOMES.items()}
    told = [(loop.times[index], loop.opened_at) for loop, index in members]
    minutes = [(at - opened_at) / MINUTE for at, opened_at in told if at is not None]
    later = [m for m in minutes if m >= 0]
    is_danger = members[0][0].kind == "hidden_danger"
    return {
        "stage_no": members[0][1] + 1,
        "n_opened": len(members),
        "n_reached_stage": sum(index < loop.n_reached for loop, index in members),
        **counts,
        "n_due": counts["n_on_time"] + counts["n_late"],
        "n_went_back": sum(loop.back_at == index for loop, index in members) if is_danger else None,
        "n_negative": sum(m < 0 for m in minutes),
        "p50_min": percentile(later, 0.5),
        "p90_min": percentile(later, 0.9),
        "p95_min": percentile(later, 0.95),
        "max_min": max(later, default=None),
        "on_time_pct": percent(counts["n_on_time"], counts["n_on_time"] + counts["n_late"]),
    }


def _outcome(loop: Loop, index: int, as_of: float, promises: dict[str, Promise]) -> str:
    """Exactly one per loop and stage. An untold time was that of a later stage at the latest."""
    due_at = deadline(loop, index, promises)
    if index < loop.n_reached:
        told = [at for at in loop.times[index + 1 :] if at is not None]
        at = loop.times[index] if loop.times[index] is not None else min(told, default=None)
        if due_at is None:
            return "UNPROMISED"
        if at is not None and at <= due_at:
            return "MET"
        return "NO_EVIDENCE" if loop.times[index] is None else "MISSED"
    if loop.evidence != "known":
        return "NO_EVIDENCE" if loop.evidence == "none" else "PENDING"
    judged_at = as_of if loop.ended_at is None else min(as_of, loop.ended_at)
    if due_at is not None and due_at < judged_at:
        return "MISSED"
    return "LAPSED" if loop.is_lapsed else "PENDING"


def deadline(loop: Loop, index: int, promises: dict[str, Promise]) -> float | None:
    """The record's own; of dangers else by the promise for their grade. One before the finding means nothing."""
    if loop.kind != "hidden_danger":
        return loop.deadlines[index]
    promise = promises.get(loop.grade or "any", promises["any"])
    own = loop.deadlines[1]
    is_usable = own is not None and own >= loop.opened_at
    rectify_at = own if is_usable else loop.opened_at + promise.dispose_min * MINUTE
    assert rectify_at is not None
    return {
        0: loop.opened_at + promise.respond_min * MINUTE,
        1: rectify_at,
        2: None,
        3: rectify_at + promise.close_after_min * MINUTE,
    }[index]
