"""How the inside of a parser says no: raised deep down, turned into a Reject where payload and record are known."""

from __future__ import annotations


class RefusedError(ValueError):
    """A record, or a whole payload, that cannot be read: ``rule`` as in Reject, ``str(error)`` tells a person why."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
