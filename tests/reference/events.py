"""Histories drawn at random, the same for the same seed. Most of what goes wrong with real feeds happens in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from tests.reference.history import DAY, FOREVER, HOUR, Batch, Entry, Exclusion, History, Owner, Record, Version
from tests.reference.slots import grid

TRANSFERS = (("06:00", "18:00"), ("08:00",), ("00:00", "12:00"), ("07:30", "11:15", "19:45"))
LENGTHS_S = (300.0, 600.0, HOUR, 5400.0, 6 * HOUR, 7 * HOUR, DAY)
LATENCIES_S = (60.0, 900.0, 2 * HOUR, 25 * HOUR)
VARIABLES = ("rain_mm", "water_level_m", "discharge_m3_s")
REGISTERS = ("station", "sensor")
CATEGORIES = ("river", "reservoir")


@dataclass(frozen=True)
class Frame:
    """What a drawing is about: a feed from ``start`` until ``end``; numbers of its batches begin at ``first_batch``."""

    random: Random
    feed_id: str
    start: float
    end: float
    first_batch: int


def owners(end: float) -> tuple[Owner, ...]:
    """Enterprises whose points all histories that end then share: one changes its trade, one is known late."""
    changed_at = end - 1.6 * DAY
    return (
        Owner("E1", "coal_mine", end - 300 * DAY, changed_at),
        Owner("E1", "chemical", changed_at, FOREVER),
        Owner("E2", "commerce", end - 0.7 * DAY, FOREVER),
    )


def draw(seed: str, feed_id: str, end: float, first_batch: int) -> History:
    """A history whose last moment is ``end``."""
    random = Random(seed)
    length_s = random.choice(LENGTHS_S)
    days = random.choice({300.0: (1, 2), 600.0: (1, 2)}.get(length_s, (2, 4, 6) if length_s < DAY else (6, 20, 45)))
    start = end - days * DAY - random.randrange(0, int(DAY), 60)
    if random.random() < 0.12:  # a feed of today
        start = end - random.randrange(int(4 * HOUR), int(16 * HOUR), 60)
    frame = Frame(random, feed_id, start, end, first_batch)
    # what the source holds of the time before is fetched as well
    activated_at = float(int(start + random.choice((0.0, random.uniform(0.0, 0.25))) * (end - start)))
    versions, active_until = _versions(frame, length_s, activated_at)
    batches = _batches(frame, versions)
    return History(
        seed=seed,
        feed_id=feed_id,
        active_until=active_until,
        versions=versions,
        entries=tuple(_entries(frame, versions, batches)),
        batches=batches,
        records=tuple(_records(frame, versions, batches)),
        exclusions=tuple(_exclusions(frame)),
        owners=owners(end),
    )


def answered_late(feed_id: str, judged_at: float, end: float, first_batch: int) -> History:
    """Dice hit it too seldom: an answer is on its way when its hour is judged, and afterwards all is quiet."""
    start = judged_at // HOUR * HOUR - 14 * HOUR
    promise = Version(start, FOREVER, start, "水利局", "polls", None, None, None, 1800.0, latency_s=10.0)
    batches = []
    for index in range(int((end - start) // 1800)):
        fetched_at = start + index * 1800 + 1750
        is_slow = fetched_at < judged_at < fetched_at + 1800
        state = "NOT_MODIFIED" if is_slow or fetched_at > judged_at else "LANDED"
        committed_at = fetched_at + (90 if is_slow else 2)
        batches.append(Batch(first_batch + index, "pull", state, fetched_at, committed_at, committed_at + 60))
    return History("answered_late", feed_id, None, (promise,), (), tuple(batches), (), (), owners(end))


def _moment(frame: Frame, first: float | None = None, before: float | None = None) -> float:
    """Any moment: on a slot, on the hour, at midnight, or between."""
    first, before = first or frame.start, before or frame.end
    exactness = frame.random.choice((1.0, 60.0, 300.0, HOUR, DAY))
    moment = frame.random.uniform(first, before) // exactness * exactness
    return moment if first <= moment < before else float(int(frame.random.uniform(first, before)))


def _promise(frame: Frame, length_s: float) -> Version:
    kind = frame.random.choice(("entity_slots", "entity_slots", "entity_slots", "polls"))
    by_transfers = length_s >= 6 * HOUR and frame.random.random() < 0.4
    is_default = frame.random.random() < 0.5
    return Version(
        valid_from=frame.start,
        valid_to=FOREVER,
        activated_at=frame.start,
        department=frame.random.choice(("水利局", "气象局")),
        kind=kind,
        register=frame.random.choice(REGISTERS) if kind == "entity_slots" else None,
        every_s=length_s if kind == "entity_slots" and not by_transfers else None,
        transfer_times=frame.random.choice(TRANSFERS) if by_transfers else None,
        frequency_s=max(length_s, 1800.0),
        latency_s=frame.random.choice(LATENCIES_S),
        target=None if is_default else frame.random.choice((0.5, 0.9, 1.0)),
        full=None if is_default else 0.6,
        low=None if is_default else 0.25,
    )


def _versions(frame: Frame, length_s: float, activated_at: float) -> tuple[tuple[Version, ...], float | None]:
    """Promises that change at any moment, gaps in which the feed is off, and since when it is off at the end."""
    cuts = sorted({frame.start, *(_moment(frame, activated_at + 1) for _ in range(frame.random.choice((0, 1, 1, 2))))})
    found: list[Version] = []
    for valid_from, valid_to in zip(cuts, [*cuts[1:], FOREVER], strict=True):
        if found and frame.random.random() < 0.6:  # the same with another length or limit
            near = frame.random.choice([s for s in LENGTHS_S if length_s / 4 <= s <= length_s * 12])
            promise = replace(found[-1], latency_s=frame.random.choice(LATENCIES_S), frequency_s=max(near, 1800.0))
            promise = replace(promise, every_s=near if promise.every_s else None)
        else:
            promise = _promise(frame, length_s)
        on_since = max(found[-1].valid_from, activated_at) if found else valid_from
        if valid_from - on_since > 2 * HOUR and frame.random.random() < 0.3:
            found[-1] = replace(found[-1], valid_to=_moment(frame, on_since + 1, valid_from))
            if found[-1].valid_to < valid_from:
                activated_at = valid_from
        found.append(replace(promise, valid_from=valid_from, valid_to=valid_to, activated_at=activated_at))
    active_until = None
    on_since = max(found[-1].valid_from, activated_at)
    if frame.random.random() < 0.15 and frame.end - on_since > 2 * HOUR:
        active_until = _moment(frame, on_since + HOUR, frame.end)
        found[-1] = replace(found[-1], valid_to=active_until)
    return tuple(found), active_until


def _batches(frame: Frame, versions: tuple[Version, ...]) -> tuple[Batch, ...]:
    """Fetches now and then, closer where polls are owed; some fail, are held, refused, or are replays."""
    found = []
    number = frame.first_batch
    moment = frame.start + frame.random.randrange(0, 3600)
    while moment < frame.end:
        version = next((v for v in versions if v.in_force(moment)), versions[-1])
        committed_at = moment + frame.random.choice((0.25, 2.0, 75.0))
        state = frame.random.choices(("LANDED", "NOT_MODIFIED", "HELD", "FAILED"), (14, 3, 1, 2))[0]
        visible_at = committed_at + frame.random.choice((1.75, 40.0, 40.0, 900.0, 30000.0))
        found.append(
            Batch(
                number=number,
                kind=frame.random.choices(("pull", "replay"), (12, 1))[0],
                state=state,
                fetched_at=moment,
                committed_at=committed_at,
                published_at=visible_at if state == "LANDED" and frame.random.random() < 0.93 else None,
                is_refused=state == "LANDED" and frame.random.random() < 0.04,
            )
        )
        number += 1
        step = version.frequency_s if version.kind == "polls" else (frame.end - frame.start) / 50
        gap = 6 if frame.random.random() < 0.03 else 1
        moment += max(gap * step * frame.random.choice((0.5, 1.0, 1.0, 1.0, 1.5)), 300.0) // 0.25 * 0.25
    return tuple(found)


def _entries(frame: Frame, versions: tuple[Version, ...], batches: tuple[Batch, ...]) -> Iterator[Entry]:
    """Points that come, are described anew, are switched off and on, vanish; a camera; one that was never in use."""
    landed = [b for b in batches if b.state == "LANDED"]
    registers = [v.register for v in versions if v.register] or [REGISTERS[0]]
    for index in range(frame.random.randint(1, 4) if landed else 0):
        since = frame.start - 5 * DAY if frame.random.random() < 0.5 else _moment(frame)
        moments = sorted({since, *(_moment(frame) for _ in range(frame.random.choice((0, 0, 1, 2, 3))))})
        register = frame.random.choice([*registers * 6, *REGISTERS, "camera"])
        is_in_use = frame.random.random() < 0.9
        for moment in moments:
            told_at = frame.random.choice((frame.start, moment, frame.random.uniform(moment, frame.end)))
            told_by = next((b for b in landed if b.committed_at >= told_at), landed[-1])
            yield Entry(
                point=f"P{index}",
                valid_from=moment,
                valid_to=FOREVER,
                register=register,
                is_in_use=is_in_use,
                category=frame.random.choice(CATEGORIES),
                region=frame.random.choice((None, "620823", "620824", "620824101")),
                owner=frame.random.choice((None, "E1", "E2")),
                batch=told_by.number,
                is_gone=moment != since and told_by.committed_at < frame.end - DAY and frame.random.random() < 0.15,
            )
            is_in_use = frame.random.random() < 0.6


def _records(frame: Frame, versions: tuple[Version, ...], batches: tuple[Batch, ...]) -> Iterator[Record]:
    landed = [b for b in batches if b.state == "LANDED"]
    if not landed:
        return
    for point in ("P0", "P1", "P2", "P3", "UNKNOWN"):
        share = frame.random.choice((0.0, 0.15, 0.3, 0.6, 0.95, 1.0))
        variables = frame.random.sample(VARIABLES, frame.random.choice((1, 1, 2, 3)))
        n_at_most = frame.random.choice((1, 1, 1, 2, 6))
        for event_at in _events(frame, versions, share, n_at_most):
            for variable in variables:
                if frame.random.random() < 0.9:
                    yield from _arrivals(frame, landed, point, variable, event_at)


def _events(frame: Frame, versions: tuple[Version, ...], share: float, n_at_most: int) -> Iterator[float]:
    """When something was observed: in a share of the slots, at their edges and between, whole days empty."""
    if share == 0:
        return
    silent = {frame.random.randint(int(frame.start // DAY), int(frame.end // DAY)) for _ in range(2)}
    moment = frame.start - 2 * HOUR
    while moment < frame.end:
        version = next((v for v in versions if v.in_force(moment)), versions[0])
        begin, end = grid(version).around(moment)
        sparse = max(1.0, (frame.end - frame.start) / (end - begin) / 60)  # 60 slots with records are enough
        if begin // DAY not in silent and frame.random.random() < share / sparse**0.5:
            for _ in range(frame.random.randint(1, n_at_most)):
                yield begin + frame.random.choice((0.0, 1.0, (end - begin) // 2, end - begin - 0.25))
                yield begin + frame.random.randrange(0, int(end - begin)) if n_at_most > 1 else begin
        moment = end if sparse < 2 else end + frame.random.randint(0, int(sparse)) * (end - begin)


def _arrivals(frame: Frame, landed: list[Batch], point: str, variable: str, event_at: float) -> Iterator[Record]:
    """How one observation came: soon, late, with a wrong clock, twice, revised later."""
    delay = frame.random.choice((5.0, 60.0, 60.0, 600.0, HOUR, 9 * HOUR, 30 * HOUR, -900.0))
    came = [b for b in landed if b.fetched_at >= event_at + delay]
    if not came:
        return
    issued_at = frame.random.choice((None, event_at, event_at + 30.0, event_at + 3000.25, event_at - 45.0))
    record = Record(point, variable, event_at, issued_at, 0, came[0])
    yield record
    if frame.random.random() < 0.08:
        yield replace(record, batch=frame.random.choice(came))
    if frame.random.random() < 0.08:
        again = frame.random.choice(came)
        yield replace(record, batch=again, content=1, issued_at=frame.random.choice((issued_at, again.fetched_at - 20)))


def _exclusions(frame: Frame) -> Iterator[Exclusion]:
    if frame.random.random() < 0.6:
        return
    for _ in range(frame.random.randint(1, 2)):
        first = _moment(frame)
        until = _moment(frame, first + 1, frame.end + DAY)
        yield Exclusion(
            point=frame.random.choice((None, None, "P0", "P1")),
            excluded_from=first,
            excluded_to=frame.random.choice((until, until, until, None)),
            reason=frame.random.choice(("平台改造", "平台改造", "平台改造", None)),
            approved_by=frame.random.choice(("值班", "值班", "值班", None)),
        )
