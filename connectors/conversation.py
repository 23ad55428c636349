"""Between a station that calls us and the format it speaks: bytes heard, messages to keep, answers to send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from connectors.model import Parser, Receipt


@dataclass(frozen=True)
class Message:
    """A whole message: the bytes to keep, its name, and what its sender is told once they are committed.

    ``answer`` is made when it is sent; None: the sender expects nothing. ``at_once`` is sent without waiting (a refusal
    of a damaged frame: nothing in it is promised to be kept).
    """

    body: bytes
    name: str
    answer: Callable[[Receipt], bytes] | None = None
    at_once: bytes = b""


@dataclass(frozen=True)
class Answer:
    """Something to send that needs no commit: a heartbeat is no data."""

    body: bytes


class HangUpError(Exception):
    """The other side must not be listened to any longer; ``str(error)`` says why, for the log."""


class Conversation(Protocol):
    """One connection of one station, bytes turned into messages. Not shared, keeps what is unfinished."""

    def receive(self, data: bytes) -> Iterable[Message | Answer]:
        """What ``data`` completed. Raises HangUpError."""
        ...

    def pause(self) -> Iterable[Message | Answer]:
        """Nothing came for a while: what lies there unfinished will not be finished."""
        ...


@runtime_checkable
class ConversingParser(Parser, Protocol):
    """A format that is spoken over a connection."""

    def conversation(self, options: Mapping[str, Any]) -> Conversation: ...
