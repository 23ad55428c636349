"""A folder that other systems write into: which files are ready, read whole, put away only after the commit."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from connectors.errors import ConfigurationError
from connectors.model import Cursor, Interval, Parser, Payload, Pull, Reject

log = logging.getLogger(__name__)

PULL_BYTES = 8 * 1024 * 1024
PULL_FILES = 2_000
MAX_FILE_BYTES = 256 * 1024 * 1024
PROCESSED = "Processed"


@dataclass(frozen=True)
class FilesOptions:
    """``pattern`` is matched without regard to case. ``acknowledge``: ``move`` files to Processed/YYYYMMDD, or
    ``keep`` them and remember name, size, time and sha256. ``patience_s``: how long an incomplete file is waited for.
    """

    pattern: str = "*"
    acknowledge: Literal["move", "keep"] = "move"
    patience_s: float = 600.0

    def __post_init__(self) -> None:
        if self.acknowledge not in {"move", "keep"}:
            raise ValueError(f"acknowledge must be move or keep, got {self.acknowledge}")
        if self.patience_s < 0:
            raise ValueError(f"patience_s must not be negative, got {self.patience_s}")
        if not self.pattern or "/" in self.pattern:
            raise ValueError("pattern must be a file name pattern without a folder")


@dataclass(frozen=True)
class _Found:
    """A file as it was listed or read; two that are equal were not written to in between."""

    name: str
    size: int
    mtime_ns: int
    inode: int

    @property
    def mtime(self) -> datetime:
        return datetime.fromtimestamp(self.mtime_ns / 1e9, UTC)


class FilesConnector:
    """A local folder bound to a format. A parser with ``is_complete(body) -> bool`` is asked before a file is taken.

    Cursor of ``keep``: ``files``: name -> {size, mtime_ns, sha256}. ``unreadable``: names that were reported.
    """

    def __init__(
        self,
        parser: Parser,
        location: str,
        options: FilesOptions | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.parser = parser
        self.options = options or FilesOptions()
        self.folder = _folder(location)
        self._now = now

    def pull(self, cursor: Cursor, interval: Interval | None = None) -> Iterator[Pull]:
        if interval is not None:
            raise ConfigurationError(
                "A folder cannot be asked for an interval of event time",
                remedy="replay the interval from the archive, or put the files back into the folder",
                source=str(self.folder),
            )
        listed = self._listed()
        known, reported = _kept(cursor, listed), {name for name in cursor.get("unreadable", []) if name in listed}
        payloads: list[Payload] = []
        rejects: list[Reject] = []
        size, is_quiet = 0, True
        for name, found in listed.items():
            if payloads and (size + found.size > PULL_BYTES or len(payloads) >= PULL_FILES):
                is_quiet = False
                yield Pull(tuple(payloads), _cursor(known, reported), rejects=tuple(rejects))
                payloads, rejects, size = [], [], 0
            if self._is_known(found, known):
                continue
            taken = self._take(found)
            if isinstance(taken, Reject):
                rejects += [] if name in reported else [taken]
                reported.add(name)
                continue
            if taken is None:
                continue
            reported.discard(name)
            if self._is_new(taken, found, known):
                payloads.append(taken)
                size += len(taken.body)
        is_quiet = is_quiet and not payloads and not rejects
        if payloads or rejects or is_quiet:
            yield Pull(tuple(payloads), _cursor(known, reported), not_modified=is_quiet, rejects=tuple(rejects))

    def acknowledge(self, pull: Pull) -> None:
        """After the commit: move the pull's files to ``Processed/YYYYMMDD/``; nothing is ever deleted.

        A file that was written to since it was read stays for the next pull. Raises ConfigurationError if a file
        cannot be moved, after all the others were.
        """
        if self.options.acknowledge == "keep":
            return
        failed = []
        for payload in pull.payloads:
            try:
                self._put_away(payload)
            except OSError as error:
                failed.append(f"{payload.name} ({error.strerror})")
        if failed:
            raise ConfigurationError(
                f"{len(failed)} files were taken over but cannot be moved: {', '.join(failed[:5])}",
                remedy=f"allow this user to write into {self.folder}; until then they are read again and again",
                source=str(self.folder),
            )

    def _listed(self) -> dict[str, _Found]:
        """Plain files that match, by name. Hidden, ``.part`` and lock files (~$) are somebody else's."""
        try:
            entries = sorted(os.scandir(self.folder), key=lambda entry: entry.name)
        except OSError as error:
            raise ConfigurationError(
                f"The folder cannot be listed ({error.strerror})",
                remedy="create it, or correct its path in the environment, and allow this user to read it",
                source=str(self.folder),
            ) from None
        listed = {}
        for entry in entries:
            name = entry.name
            if name.startswith((".", "~$")) or name.lower().endswith(".part"):
                continue
            if fnmatchcase(name.lower(), self.options.pattern.lower()) and (found := self._look(name)):
                listed[name] = found
        return listed

    def _look(self, name: str) -> _Found | None:
        """The file as it is now; None if it has vanished or is no plain file (links could lead anywhere)."""
        try:
            status = (self.folder / name).lstat()
        except FileNotFoundError:
            return None
        return _found(name, status) if stat.S_ISREG(status.st_mode) else None

    def _is_known(self, found: _Found, known: dict[str, Any]) -> bool:
        entry = known.get(found.name)
        return entry is not None and (entry["size"], entry["mtime_ns"]) == (found.size, found.mtime_ns)

    def _is_new(self, payload: Payload, found: _Found, known: dict[str, Any]) -> bool:
        """Whether the content is new; with ``keep`` it is remembered either way."""
        if self.options.acknowledge == "move":
            return True
        before = known.get(found.name, {}).get("sha256")
        known[found.name] = {"size": found.size, "mtime_ns": found.mtime_ns, "sha256": payload.sha256}
        return bool(before != payload.sha256)

    def _take(self, found: _Found) -> Payload | Reject | None:
        """The file's bytes; None while it is still being written or if it has vanished; a Reject if unreadable."""
        if found.size > MAX_FILE_BYTES:
            return self._unreadable(found, "fetch.file_too_large", f"it is larger than {MAX_FILE_BYTES} bytes")
        try:
            with (self.folder / found.name).open("rb") as file:
                before = _found(found.name, os.fstat(file.fileno()))
                body = file.read(MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            log.info("%s vanished before it could be read", found.name)
            return None
        except OSError as error:
            return self._unreadable(found, "fetch.file_unreadable", error.strerror or type(error).__name__)
        if not (found == before == self._look(found.name)) or len(body) != found.size:
            log.info("%s is being written to; left for the next round", found.name)
            return None
        if not self._is_complete(body, found):
            return None
        return Payload(
            body=body,
            source=(self.folder / found.name).as_uri(),
            name=found.name,
            fetched_at=self._now(),
            facts={"size": str(found.size), "mtime": found.mtime.isoformat(), "mtime_ns": str(found.mtime_ns)},
        )

    def _is_complete(self, body: bytes, found: _Found) -> bool:
        """True if the parser finds the end mark, or if ``patience_s`` is over: then the parser rejects the file."""
        is_complete = getattr(self.parser, "is_complete", None)
        if is_complete is None or is_complete(body):
            return True
        age_s = (self._now() - found.mtime).total_seconds()
        if age_s >= self.options.patience_s:
            return True
        log.info("%s has no end yet; left for a later round", found.name)
        return False

    def _unreadable(self, found: _Found, rule: str, why: str) -> Reject:
        return Reject(
            where=found.name,
            rule=rule,
            reason=f"The file {found.name} was not read: {why}",
            record={"name": found.name, "size": found.size, "mtime": found.mtime.isoformat()},
        )

    def _put_away(self, payload: Payload) -> None:
        now = self._look(payload.name)
        if now is None:
            log.info("%s was gone before it could be put away", payload.name)
            return
        if (str(now.size), str(now.mtime_ns)) != (payload.facts["size"], payload.facts["mtime_ns"]):
            log.info("%s was written to after it was read; left for the next round", payload.name)
            return
        folder = self.folder / PROCESSED / payload.fetched_at.astimezone().strftime("%Y%m%d")
        folder.mkdir(parents=True, exist_ok=True)
        (self.folder / payload.name).rename(_free_name(folder, payload))


def _free_name(folder: Path, payload: Payload) -> Path:
    """Where the file may go: over a copy of itself, never over other content."""
    wanted = folder / payload.name
    target, number = wanted, 0
    while target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() != payload.sha256:
        number += 1
        target = wanted.with_name(f"{wanted.stem}.{number}{wanted.suffix}")
    return target


def _folder(location: str) -> Path:
    """The folder of a path or of a ``file://`` address."""
    if "://" not in location:
        return Path(location).absolute()
    parts = urlsplit(location)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        raise ConfigurationError(
            f"Files cannot be read from {parts.scheme}://",
            remedy="mount the folder on this machine and give its path",
        )
    return Path(unquote(parts.path)).absolute()


def _found(name: str, status: os.stat_result) -> _Found:
    return _Found(name, status.st_size, status.st_mtime_ns, status.st_ino)


def _kept(cursor: Cursor, listed: dict[str, _Found]) -> dict[str, Any]:
    """What the cursor remembers of files that still lie there."""
    return {name: dict(entry) for name, entry in cursor.get("files", {}).items() if name in listed}


def _cursor(known: dict[str, Any], reported: set[str]) -> Cursor:
    return {"files": {name: dict(entry) for name, entry in known.items()}, "unreadable": sorted(reported)}
