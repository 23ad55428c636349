"""Where one METAR ends and the next begins: bulletins with ``=``, files of one report per line, cycle files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from connectors.clock import ClockError, to_utc
from connectors.weather.bulletin import Line

START = re.compile(
    r"(?:(?P<kind>METAR|SPECI) +)?(?:COR +)?(?P<station>[A-Z][A-Z0-9]{3}) +"
    r"(?:COR +)?(?:(?P<d>\d{2})(?P<h>\d{2})(?P<m>\d{2})Z|(?P<nil>NIL))(?: +(?P<rest>.*))?",
    re.ASCII | re.DOTALL,
)
_CYCLE = re.compile(r"(\d{4})/(\d{2})/(\d{2}) (\d{2}):(\d{2})", re.ASCII)
_KIND = re.compile(r"(METAR|SPECI)(?: +(?:COR|\d{6}Z))?", re.ASCII)
_FORECASTS = frozenset({"FT", "FC"})  # TAF: their reports look alike


class ScannedReport(NamedTuple):
    """One report; ``dated`` is the line before it that gives its date; one that is not ``is_whole`` broke off."""

    line: int
    kind: str
    text: str
    dated: datetime | None
    is_whole: bool


def scan(found: Sequence[Line]) -> tuple[list[ScannedReport], list[Line]]:
    """The reports, and the lines that are neither reports nor around them."""
    scanner = _Scanner(needs_end=any("=" in line.text or line.heading for line in found))
    for line in found:
        scanner.take(line)
    scanner.close()
    return scanner.reports, scanner.strays


class _Scanner:
    def __init__(self, *, needs_end: bool) -> None:
        self.reports: list[ScannedReport] = []
        self.strays: list[Line] = []
        self._needs_end = needs_end
        self._pending: list[str] = []
        self._first_line = 0
        self._kind, self._dated, self._is_forecast = "METAR", None, False  # type: str, datetime | None, bool

    def take(self, line: Line) -> None:
        if line.heading:
            self.close()
            self._kind, self._dated = "SPECI" if line.heading == "SP" else "METAR", None
            self._is_forecast = line.heading in _FORECASTS
        elif match := _KIND.fullmatch(line.text):
            self.close()
            self._kind = match[1]
        elif match := _CYCLE.fullmatch(line.text):
            self.close()
            self._dated = _dated(match)
        else:
            *ended, last = line.text.split("=")
            for piece in ended:
                self._piece(line, piece.strip())
                self.close(is_ended=True)
            self._piece(line, last.strip())

    def _piece(self, line: Line, text: str) -> None:
        if not text:
            return
        if not self._is_forecast and START.match(text):
            self.close()
            self._first_line = line.number
            self._pending.append(text)
        elif self._pending:
            self._pending.append(text)
        else:
            self.strays.append(line)

    def close(self, *, is_ended: bool = False) -> None:
        if self._pending:
            text, is_whole = " ".join(self._pending), is_ended or not self._needs_end
            self.reports.append(ScannedReport(self._first_line, self._kind, text, self._dated, is_whole))
            self._pending.clear()


def _dated(cycle: re.Match[str]) -> datetime | None:
    try:
        return to_utc(f"{cycle[1]}-{cycle[2]}-{cycle[3]} {cycle[4]}:{cycle[5]}", UTC)
    except ClockError:
        return None
