"""When to try again, as a value: how often, how long to wait, when to give up."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class RetryPolicy:
    """``attempts`` tries in all, waits of full jitter below ``base_s * 2**n`` and ``cap_s``, within ``budget_s``.

    A Retry-After of the source is obeyed up to ``retry_after_cap_s``; what asks for more is the scheduler's
    business, not that of a sleeping worker. All times in seconds.
    """

    attempts: int = 4
    base_s: float = 0.5
    cap_s: float = 20.0
    retry_after_cap_s: float = 60.0
    budget_s: float = 180.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts must be at least 1, got {self.attempts}")
        if not 0 < self.base_s <= self.cap_s:
            raise ValueError(f"base_s must be above 0 and at most cap_s, got {self.base_s} and {self.cap_s}")
        if self.retry_after_cap_s < 0:
            raise ValueError(f"retry_after_cap_s must not be negative, got {self.retry_after_cap_s}")
        if self.budget_s <= 0:
            raise ValueError(f"budget_s must be above 0, got {self.budget_s}")

    def delay_s(self, failures: int, retry_after: float | None, dice: Callable[[], float] = random.random) -> float:
        """How long to wait after the ``failures``-th failure (1 = the first); ``dice`` gives numbers in [0, 1).

        Full jitter keeps many workers that failed together from coming back together.
        """
        jitter = dice() * min(self.cap_s, self.base_s * 2.0 ** (failures - 1))
        return jitter if retry_after is None else max(retry_after, jitter)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait as told by a Retry-After header: a number of seconds or an HTTP date; None if unreadable."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000": an HTTP date is GMT whatever else it says
        moment = moment.replace(tzinfo=now.tzinfo)
    return max(0.0, (moment - now).total_seconds())
