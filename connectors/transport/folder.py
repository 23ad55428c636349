"""What a folder must be able to do, wherever it lies: list, look, read, move. The rules of use are in ``files.py``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


@dataclass(frozen=True)
class Entry:
    """A plain file as it was listed or read; two that are equal were not written to in between.

    ``identity`` tells a file from another one of the same name, where the folder knows (the inode), else 0.
    """

    name: str
    size: int
    mtime_ns: int
    identity: int = 0

    @property
    def mtime(self) -> datetime:
        return datetime.fromtimestamp(self.mtime_ns / 1e9, UTC)


class Session(Protocol):
    """An open folder. Names are relative to it, with ``/`` between folders.

    An OSError is about one file (FileNotFoundError: it is gone); what is wrong with the folder or the way to it is a
    ConnectorError.
    """

    def entries(self, wanted: Callable[[str], bool]) -> list[Entry]:
        """The plain files whose names are wanted; links are none, they could lead anywhere."""
        ...

    def look(self, name: str) -> Entry | None:
        """The file as it is now; None if there is none, or no plain file."""
        ...

    def read(self, name: str, limit: int) -> tuple[Entry, bytes]:
        """The file as it was when it was opened, and its bytes, at most ``limit``."""
        ...

    def move(self, name: str, folder: str, target: str) -> None:
        """To ``folder/target``, over whatever is there; the folder is made if need be."""
        ...


class Folder(Protocol):
    """``source`` is its address without secrets."""

    source: str

    def session(self) -> AbstractContextManager[Session]: ...

    def address(self, name: str) -> str:
        """Of a file in it, without secrets."""
        ...
