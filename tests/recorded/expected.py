"""What one recorded file gives, as the table says it: counts and reasons only, none of its content."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.model import Outcome


@dataclass(frozen=True)
class Expected:
    """What one file gives through one format (and mapping profile); ``drift`` counts per table and field."""

    why: str
    tables: dict[str, int] = field(default_factory=dict)
    rejects: tuple[str, ...] = ()
    drift: dict[str, int] = field(default_factory=dict)
    format: str = "cap"
    profile: str | None = None

    @property
    def outcome(self) -> Outcome:
        if not self.rejects:
            return Outcome.ACCEPTED
        return Outcome.PARTIAL if self.tables else Outcome.REJECTED
