"""Slots: the stretches of time in which something is owed once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tests.reference.history import DAY, Version


@dataclass(frozen=True)
class Grid:
    """Begins of slots: every so many seconds from 1970 on, or at certain times of every day."""

    every_s: float | None
    transfers: tuple[float, ...] | None

    def begins(self, first: float, before: float) -> Iterator[tuple[float, float]]:
        """Begin and end of all slots that begin in [first, before)."""
        begin, end = self.around(first)
        while begin < before:
            if begin >= first:
                yield begin, end
            begin, end = self.around(end)

    def around(self, moment: float) -> tuple[float, float]:
        """Begin and end of the slot that goes on at a moment."""
        if self.transfers is None:
            assert self.every_s is not None
            begin = math.floor(moment / self.every_s) * self.every_s
            return begin, begin + self.every_s
        midnight = math.floor(moment / DAY) * DAY
        begins = [midnight + n * DAY + second for n in (-1, 0, 1) for second in self.transfers]
        return max(b for b in begins if b <= moment), min(b for b in begins if b > moment)


def grid(version: Version) -> Grid:
    if version.transfer_times is not None:
        return Grid(None, tuple(sorted(second_of_day(t) for t in version.transfer_times)))
    return Grid(version.every_s if version.kind == "entity_slots" else version.frequency_s, None)


def second_of_day(time: str) -> float:
    hours, minutes = time.split(":")
    return int(hours) * 3600.0 + int(minutes) * 60.0


def first_transfer(moment: float, version: Version) -> float:
    """The first time at or after ``moment`` at which the source hands over."""
    begin, end = grid(version).around(moment)
    return moment if begin == moment else end
