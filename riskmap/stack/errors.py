"""What can go wrong while the embedded stack is started or stopped."""

from __future__ import annotations


class StackError(Exception):
    """A part of the stack cannot run; ``remedy`` says what a person should do about it."""

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}. To recover: {self.remedy}"
