"""What a person did or set up wrong: a sentence and what to do about it."""

from __future__ import annotations


class UserError(Exception):
    """Shown as it is, without a traceback; exit status 1."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. To recover: {remedy}")
        self.what = what
        self.remedy = remedy
