"""What a sender that pushes is answered, where its format has a form of its own for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from connectors.model import Outcome, Parser, Receipt


@dataclass(frozen=True)
class Reply:
    status: int
    document: dict[str, Any]


@runtime_checkable
class AnsweringParser(Parser, Protocol):
    """A format that says how a push is answered."""

    def reply(self, receipt: Receipt) -> Reply:
        """After the commit: what became of the records."""
        ...

    def refusal(self, status: int, reason: str) -> Reply:
        """Nothing was committed: the request cannot be taken (4xx), or not now (503)."""
        ...


def status_of(receipt: Receipt) -> int:
    """200 if anything of it stands, or nothing was to stand; 422 if all of it was refused: sending again is no use."""
    return 422 if receipt.outcome is Outcome.REJECTED else 200


def plain_reply(receipt: Receipt) -> Reply:
    rejects = [{"where": reject.where, "rule": reject.rule, "reason": reject.reason} for reject in receipt.rejects]
    document = {"outcome": receipt.outcome.value, "records": receipt.records, "rejects": rejects}
    return Reply(status_of(receipt), document)


def plain_refusal(status: int, reason: str) -> Reply:
    return Reply(status, {"outcome": "FAILED" if status >= 500 else "REFUSED", "reason": reason})
