"""Sources that drop files into a folder: what they wrote, and that they wait while nobody takes the files away."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from simulator.world import floor, write_whole

MOST_WAITING = 5_000


class Document(NamedTuple):
    name: str
    body: bytes


class Writer(Protocol):
    """What a source sends, as a function of time."""

    def first(self, at: datetime) -> Iterable[Document]:
        """What the source sends before anything else: its register."""

    def documents(self, since: datetime, until: datetime) -> Iterator[Document]:
        """What it sends in (since, until]."""


class Progress:
    """Until when a source has sent everything, remembered in the home across restarts."""

    def __init__(self, home: Path, name: str) -> None:
        self.path = home / f"{name}.json"

    def until(self) -> datetime | None:
        if not self.path.exists():
            return None
        return datetime.fromisoformat(json.loads(self.path.read_text("utf-8"))["until"])

    def reached(self, moment: datetime) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, json.dumps({"until": moment.isoformat()}).encode())


class Folder:
    """The hand that drops a writer's files into ``inbox``: at first those of ``history``; after a pause it makes up
    what it missed, but no more than ``makes_up`` (as much as ``history``, unless told otherwise).
    """

    def __init__(
        self, inbox: Path, progress: Progress, writer: Writer, history: timedelta, makes_up: timedelta | None = None
    ) -> None:
        self.inbox, self.progress, self.writer = inbox, progress, writer
        self.history, self.makes_up = history, history if makes_up is None else makes_up

    def advance(self, now: datetime) -> int:
        """Write what is due since the last call; the number of files."""
        self.inbox.mkdir(parents=True, exist_ok=True)
        until, known = floor(now, 60), self.progress.until()
        if self.waiting() > MOST_WAITING or (known is not None and known >= until):
            return 0
        since = until - self.history if known is None else max(known, until - self.makes_up)
        count = 0
        if known is None:
            count += self._write(self.writer.first(since))
        count += self._write(self.writer.documents(since, until))
        self.progress.reached(until)
        return count

    def waiting(self) -> int:
        """Files that the reader has not taken away yet. Folders below are the reader's own, for what it has taken."""
        return sum(1 for path in self.inbox.iterdir() if path.is_file())

    def _write(self, documents: Iterable[Document]) -> int:
        count = 0
        for count, document in enumerate(documents, 1):  # noqa: B007 - the last number is the result
            write_whole(self.inbox / document.name, document.body)
        return count
