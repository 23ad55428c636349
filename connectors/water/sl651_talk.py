"""What a centre station says to the stations that call it (SL 651-2014, mode M2 and, for several packets, M3).

A report is confirmed once it is committed. A frame with a wrong check sum is refused (NAK), so that it comes again; a
report with a packet missing is asked for that packet. [K]: which end mark a confirmation has.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from connectors.clock import BEIJING, zone_named
from connectors.conversation import Answer, HangUpError, Message
from connectors.model import Receipt
from connectors.water.sl651_frame import (
    ACK,
    EOT,
    ESC,
    HEARTBEAT,
    NAK,
    UP,
    Broken,
    Frame,
    Noise,
    Packet,
    Scanner,
    answer,
)
from connectors.water.sl651_reports import Assembler, Report, Unfinished

log = logging.getLogger(__name__)

CONFIRM = {"eot": EOT, "ack": ACK, "esc": ESC}
"""EOT: nothing more, hang up if you like. ESC: stay on the line."""

_MOST_ASKED = 3
_LARGEST_REPORT = 4 * 1024 * 1024
_MOST_NOISE = 64 * 1024


@dataclass
class Sl651Conversation:
    """Options: ``password`` (four hexadecimal digits) that every frame must carry, none by default; ``confirm``."""

    password: str | None
    confirm: int
    zone: tzinfo
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _scanner: Scanner = field(default_factory=Scanner)
    _assembler: Assembler = field(default_factory=Assembler)
    _asked: int = 0
    _noise: int = 0

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Sl651Conversation:
        confirm = str(options.get("confirm", "eot"))
        if confirm not in CONFIRM:
            raise ValueError(f"confirm must be one of {', '.join(CONFIRM)}, got {confirm}")
        password = options.get("password")
        zone = zone_named(options.get("zone", BEIJING))
        return cls(str(password).upper() if password else None, CONFIRM[confirm], zone)

    def receive(self, data: bytes) -> Iterator[Message | Answer]:
        for found in self._scanner.feed(data):
            yield from self._heard(found)

    def pause(self) -> Iterator[Message | Answer]:
        for found in self._scanner.end():
            yield from self._heard(found)
        yield from self._ask_or_give_up()

    def _heard(self, found: Frame | Broken | Noise) -> Iterable[Message | Answer]:
        if isinstance(found, Noise):
            self._noise += len(found.raw)
            if self._noise > _MOST_NOISE:
                raise HangUpError("it sends something other than SL 651")
            return
        frame = found.frame if isinstance(found, Broken) else found
        if frame is not None:
            self._check(frame)
        if isinstance(found, Broken):
            yield Message(found.raw, "damaged frame", at_once=self._told(frame, NAK) if frame else b"")
        elif found.direction == UP:
            yield from self._frame(found)

    def _check(self, frame: Frame) -> None:
        if self.password is not None and frame.password != self.password:
            raise HangUpError(f"a frame of station {frame.station} does not carry the password")

    def _frame(self, frame: Frame) -> Iterator[Message | Answer]:
        if frame.function == HEARTBEAT:
            yield Answer(self._told(frame, self.confirm))
            return
        if frame.packet is not None and not 1 <= frame.packet.number <= frame.packet.total:
            yield Message(frame.raw, "packet that cannot be")
            return
        report = self._assembler.add(frame)
        if report is not None:
            self._asked = 0
            yield self._message(report)
        elif frame.is_last:
            yield from self._ask_or_give_up()
        torn = self._assembler.given_up
        self._assembler.given_up = []
        yield from (Message(one.raw, "torn report") for one in torn)
        if sum(one.size for one in self._assembler.unfinished) > _LARGEST_REPORT:
            raise HangUpError("its unfinished reports are larger than any report may be")

    def _ask_or_give_up(self) -> Iterator[Message | Answer]:
        """Ask for the first packet that is missing; a report that stays torn is handed over so that it is seen."""
        if not self._assembler.unfinished:
            return
        if self._asked < _MOST_ASKED:
            self._asked += 1
            yield from (Answer(self._missing(one)) for one in self._assembler.unfinished)
            return
        self._asked = 0
        yield from (Message(one.raw, "torn report") for one in self._assembler.drop())

    def _missing(self, unfinished: Unfinished) -> bytes:
        return self._told(unfinished.newest, NAK, Packet(unfinished.total, unfinished.missing[0]))

    def _message(self, report: Report) -> Message:
        head = report.head
        name = f"{head.station}_{head.function:02X}_{head.serial:05}"

        def confirmation(_: Receipt) -> bytes:
            return self._told(head, self.confirm)

        return Message(report.raw, name, confirmation)

    def _told(self, frame: Frame, end: int, packet: Packet | None = None) -> bytes:
        local = self.now().astimezone(self.zone)
        body = frame.serial.to_bytes(2, "big") + bytes.fromhex(local.strftime("%y%m%d%H%M%S"))
        return answer(frame, end, body, packet)
