"""A folder of this machine, or one that is mounted here."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.errors import ConfigurationError
from connectors.transport.folder import Entry


class LocalFolder:
    """It is its own session: there is nothing to open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.source = str(path)

    @contextmanager
    def session(self) -> Iterator[LocalFolder]:
        yield self

    def address(self, name: str) -> str:
        return (self.path / name).as_uri()

    def entries(self, wanted: Callable[[str], bool]) -> list[Entry]:
        try:
            names = os.listdir(self.path)  # noqa: PTH208 - names are all that is needed
        except OSError as error:
            raise ConfigurationError(
                f"The folder cannot be listed ({error.strerror})",
                remedy="create it, or correct its path in the environment, and allow this user to read it",
                source=self.source,
            ) from None
        return [found for name in names if wanted(name) and (found := self.look(name))]

    def look(self, name: str) -> Entry | None:
        try:
            status = (self.path / name).lstat()
        except FileNotFoundError:
            return None
        return _entry(name, status) if stat.S_ISREG(status.st_mode) else None

    def read(self, name: str, limit: int) -> tuple[Entry, bytes]:
        with (self.path / name).open("rb") as file:
            return _entry(name, os.fstat(file.fileno())), file.read(limit)

    def move(self, name: str, folder: str, target: str) -> None:
        (self.path / folder).mkdir(parents=True, exist_ok=True)
        (self.path / name).rename(self.path / folder / target)


def _entry(name: str, status: os.stat_result) -> Entry:
    return Entry(name, status.st_size, status.st_mtime_ns, status.st_ino)
