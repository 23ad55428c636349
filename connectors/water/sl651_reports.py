"""Packets -> reports: a report that was sent in several frames is one again once all of them are there."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.water.sl651_frame import Frame

_Key = tuple[str, int, int]


@dataclass(frozen=True)
class Report:
    """A whole report; ``frames`` are those it came in, in order."""

    frames: tuple[Frame, ...]

    @property
    def head(self) -> Frame:
        return self.frames[0]

    @property
    def body(self) -> bytes:
        return b"".join(frame.body for frame in self.frames)

    @property
    def raw(self) -> bytes:
        return b"".join(frame.raw for frame in self.frames)


@dataclass
class Unfinished:
    """A report of which packets are missing."""

    total: int
    packets: dict[int, Frame] = field(default_factory=dict)

    @property
    def missing(self) -> list[int]:
        return [index for index in range(1, self.total + 1) if index not in self.packets]

    @property
    def size(self) -> int:
        return sum(len(frame.raw) for frame in self.packets.values())

    @property
    def raw(self) -> bytes:
        return b"".join(frame.raw for _, frame in sorted(self.packets.items()))

    @property
    def newest(self) -> Frame:
        return next(reversed(self.packets.values()))


class Assembler:
    """Reports of one stream. A packet that comes again replaces the one before; ``given_up``: what was displaced."""

    def __init__(self) -> None:
        self._open: dict[_Key, Unfinished] = {}
        self.given_up: list[Unfinished] = []

    def add(self, frame: Frame) -> Report | None:
        """The report that ``frame`` completes, if it does."""
        if frame.packet is None:
            return Report((frame,))
        total, index = frame.packet
        key = (frame.station, frame.function, total)
        unfinished = self._open.setdefault(key, Unfinished(total))
        before = unfinished.packets.get(index)
        if index == 1 and before is not None and before.serial != frame.serial:  # a new report: the old one stays torn
            self.given_up.append(unfinished)
            unfinished = self._open[key] = Unfinished(total)
        unfinished.packets[index] = frame
        if unfinished.missing:
            return None
        del self._open[key]
        return Report(tuple(unfinished.packets[number] for number in range(1, total + 1)))

    @property
    def unfinished(self) -> list[Unfinished]:
        return list(self._open.values())

    def drop(self) -> list[Unfinished]:
        """Everything that was never completed; nothing stays."""
        torn = [*self.given_up, *self._open.values()]
        self.given_up, self._open = [], {}
        return torn
