"""Sources that are asked for a span of time: ``{start}`` and ``{end}`` in an address, and which spans are due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.errors import ConfigurationError
from connectors.model import Interval
from connectors.transport.redaction import redact_url


@dataclass(frozen=True)
class TimeRange:
    """``format`` (strftime) writes both ends in UTC, cut to whole ``unit_s``, since a source counts in its own steps.

    ``overlap_s`` is asked for again each time, for what came late; ``first_s`` is how far back the first pull goes;
    a span never covers more than ``longest_s``, so that a gap of days does not become one enormous answer.
    """

    format: str = "%Y-%m-%dT%H:%M:%SZ"
    overlap_s: int = 3600
    first_s: int = 86400
    longest_s: int = 86400
    unit_s: int = 1

    def __post_init__(self) -> None:
        if self.overlap_s < 0 or min(self.first_s, self.longest_s, self.unit_s) <= 0:
            raise ValueError("first_s, longest_s and unit_s of time_range must be above 0, overlap_s not below")
        if self.longest_s <= self.overlap_s:
            raise ValueError("longest_s of time_range must be longer than overlap_s, or the feed would never advance")

    def spans(self, until: str | None, now: datetime, interval: Interval | None) -> Iterator[Interval]:
        """Half-open spans, oldest first: those of ``interval``, else from the cursor (less the overlap) to ``now``."""
        if interval is not None:
            start, end = interval.start, interval.end
        else:
            # The running unit is asked for as well: what it holds so far is news, and the overlap reads it again.
            end = self._floor(now) + timedelta(seconds=self.unit_s)
            first = now - timedelta(seconds=self.first_s)
            start = datetime.fromisoformat(until) - timedelta(seconds=self.overlap_s) if until else first
            start = min(self._floor(start), end - timedelta(seconds=self.unit_s))
        while start < end:
            stop = min(start + timedelta(seconds=self.longest_s), end)
            yield Interval(start, stop)
            start = stop

    def fill(self, url: str, span: Interval) -> str:
        """The address of that span; percent-encoded braces count, too. ConfigurationError if it has no place for it."""
        plain = url.replace("%7Bstart%7D", "{start}").replace("%7Bend%7D", "{end}")
        if "{start}" not in plain or "{end}" not in plain:
            raise ConfigurationError(
                "The address has no {start} and {end}, which the walk time_range fills in",
                remedy="put both into the address in the contract or its environment variable",
                source=redact_url(url),
            )
        start, end = (moment.astimezone(UTC).strftime(self.format) for moment in (span.start, span.end))
        return plain.replace("{start}", start).replace("{end}", end)

    def _floor(self, moment: datetime) -> datetime:
        seconds = int(moment.timestamp())
        return datetime.fromtimestamp(seconds - seconds % self.unit_s, UTC)
