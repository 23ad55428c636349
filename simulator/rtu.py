"""The county's hydrological stations on the telephone: each calls the centre, reports, and waits for its receipt.

What is not receipted is sent again under the same serial, at once three times and then at every turn, until the
report is a day old. One thread with an event loop serves all stations.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from simulator.county import Station
from simulator.delivery import Progress
from simulator.sl651 import ACK, EOT, ESC, FIVE_MINUTES, Report, Telemetry, receipt
from simulator.world import SimulatorError, floor

HISTORY = timedelta(hours=2)
KEPT = timedelta(hours=24)
ANSWER_S = 15.0
TRIES = 3


def called(address: str) -> tuple[str, int]:
    """Host and port to call for the address that somebody listens at: all addresses are this machine's, too."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdecimal():
        raise SimulatorError(f"{address!r} is no address to call; write host:port.")
    return "127.0.0.1" if host in ("0.0.0.0", "[::]") else host.strip("[]"), int(port)  # noqa: S104 - not bound here


class Rtus:
    """The stations of one world, calling ``address`` (``host:port``)."""

    def __init__(self, address: str, home: Path, telemetry: Telemetry) -> None:
        self.host, self.port = called(address)
        self.telemetry, self.home = telemetry, home / "rtu"
        self.damaged = 0  # fault: so many of the next frames arrive with a wrong check sum
        self.repeated = 0  # fault: so many of the next receipted reports are sent once more
        self._busy = threading.Lock()

    def advance(self, now: datetime) -> int:
        """Every station calls and reports what is due; the number of receipted reports. One turn at a time."""
        if not self._busy.acquire(blocking=False):
            return 0
        try:
            return asyncio.run(self._turn(now))
        finally:
            self._busy.release()

    async def _turn(self, now: datetime) -> int:
        counts = await asyncio.gather(*(self._call(s, now) for s in self.telemetry.stations), return_exceptions=True)
        failed = [c for c in counts if isinstance(c, BaseException)]
        if failed:
            raise OSError(f"{len(failed)} of {len(counts)} stations got no receipt ({failed[0] or 'silence'})")
        return sum(c for c in counts if isinstance(c, int))

    async def _call(self, station: Station, now: datetime) -> int:
        """One station's call."""
        progress = Progress(self.home, station.code)
        done = progress.until()
        slot = max(done or floor(now, 300) - HISTORY, floor(now, 300) - KEPT)
        if slot + FIVE_MINUTES > now:
            return 0
        reader, writer = await asyncio.wait_for(asyncio.open_connection(self.host, self.port), ANSWER_S)
        count = 0
        try:
            writer.write(self.telemetry.heartbeat(station, now))
            while (slot := slot + FIVE_MINUTES) <= now:
                for report in self.telemetry.reports(station, slot):
                    await self._deliver(report, reader, writer)
                    count += 1
                progress.reached(slot)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        return count

    async def _deliver(self, report: Report, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send until it is receipted. Raises OSError if the centre stays silent."""
        for _ in range(TRIES):
            await self._send(report, writer)
            if await self._is_receipted(report, reader):
                if self.repeated > 0:
                    self.repeated -= 1
                    await self._send(report, writer)
                    await self._is_receipted(report, reader)
                return
        raise OSError("no receipt")

    async def _send(self, report: Report, writer: asyncio.StreamWriter) -> None:
        raw = report.frame
        if self.damaged > 0:
            self.damaged -= 1
            raw = raw[:-1] + bytes([raw[-1] ^ 0x5A])
        writer.write(raw)
        await writer.drain()

    async def _is_receipted(self, report: Report, reader: asyncio.StreamReader) -> bool:
        """Read until the report's own receipt; other answers (to heartbeats, to repeats) pass by."""
        held = b""
        while True:
            try:
                data = await asyncio.wait_for(reader.read(4096), ANSWER_S)
            except TimeoutError:
                return False
            if not data:
                raise OSError("the centre hung up")
            held += data
            while found := receipt(held):
                held = held[held.find(b"\x7e\x7e") + 2 :]
                _, function, serial, end = found
                if (function, serial) == (report.function, report.serial):
                    return end in (EOT, ACK, ESC)
