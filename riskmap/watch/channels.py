"""What a channel is: it takes a message, or says why it doesn't."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """What goes out, the same at each attempt; receivers tell repeats by ``message_id``."""

    message_id: str
    type: str
    created_at: datetime
    subject: str
    body: str
    payload: Mapping[str, Any]


class SendError(Exception):
    """A channel did not take a message; ``is_final``: it never will. The text holds neither secret nor address."""

    def __init__(self, what: str, *, is_final: bool = False) -> None:
        super().__init__(what)
        self.is_final = is_final


class Channel(Protocol):
    @property
    def name(self) -> str:
        """As it stands in ops.notification."""

    def send(self, message: Message) -> None:
        """Return when the other side has taken the message. Raises SendError."""


@dataclass(frozen=True)
class LogChannel:
    """The watcher's own log: always there, so that a message has a place even where nothing else is set up."""

    name: str = "log"

    def send(self, message: Message) -> None:
        log.warning("%s\n%s", message.subject, message.body)
