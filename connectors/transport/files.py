"""A folder that other systems write into: which files are ready, read whole, put away only after the commit.

The folder may lie here, on an SFTP server or on an FTP server: the rules are the same.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from connectors.errors import ConfigurationError
from connectors.model import Cursor, Interval, Parser, Payload, Pull, Reject
from connectors.transport.folder import Entry, Folder, Session
from connectors.transport.local_folder import LocalFolder

log = logging.getLogger(__name__)

PULL_BYTES = 8 * 1024 * 1024
PULL_FILES = 2_000
MAX_FILE_BYTES = 256 * 1024 * 1024
PROCESSED = "Processed"


@dataclass(frozen=True)
class FilesOptions:
    """``pattern`` is one name pattern or a list, matched without regard to case; those that begin with ``!`` take
    away again, so that feeds can share a folder. ``acknowledge``: ``move`` files to Processed/YYYYMMDD, or ``keep``
    them and remember name, size, time and sha256. ``patience_s``: how long an incomplete file is waited for.
    ``host_key``, ``key_file`` (SFTP) and ``ca_bundle`` (FTP with TLS): see the folders of those kinds.
    """

    pattern: str | Sequence[str] = "*"
    acknowledge: Literal["move", "keep"] = "move"
    patience_s: float = 600.0
    host_key: str | None = None
    key_file: str | None = None
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        if self.acknowledge not in {"move", "keep"}:
            raise ValueError(f"acknowledge must be move or keep, got {self.acknowledge}")
        if self.patience_s < 0:
            raise ValueError(f"patience_s must not be negative, got {self.patience_s}")
        if not all(self.patterns) or any("/" in pattern for pattern in self.patterns) or not self.taking:
            raise ValueError("pattern must be file name patterns without a folder, one of them without !")

    @property
    def patterns(self) -> tuple[str, ...]:
        return (self.pattern,) if isinstance(self.pattern, str) else tuple(self.pattern)

    @property
    def taking(self) -> tuple[str, ...]:
        return tuple(pattern for pattern in self.patterns if not pattern.startswith("!"))

    def wants(self, name: str) -> bool:
        """Hidden, ``.part`` and lock files (~$) are somebody else's."""
        lower = name.lower()
        if lower.startswith((".", "~$")) or lower.endswith(".part"):
            return False
        refused = [pattern[1:] for pattern in self.patterns if pattern.startswith("!")]
        return _matches(lower, self.taking) and not _matches(lower, refused)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns)


class FilesConnector:
    """A folder bound to a format. A parser with ``is_complete(body) -> bool`` is asked before a file is taken.

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
        self.folder = folder_at(location, self.options)
        self._now = now

    def pull(self, cursor: Cursor, interval: Interval | None = None) -> Iterator[Pull]:
        if interval is not None:
            raise ConfigurationError(
                "A folder cannot be asked for an interval of event time",
                remedy="replay the interval from the archive, or put the files back into the folder",
                source=self.folder.source,
            )
        listed = self._listed()
        known, reported = _kept(cursor, listed), {name for name in cursor.get("unreadable", []) if name in listed}
        is_quiet = True
        # A session ends before the pull is handed out: no connection idles while a batch is committed.
        for group in _groups([found for found in listed.values() if not _is_known(found, known)]):
            payloads: list[Payload] = []
            rejects: list[Reject] = []
            with self.folder.session() as session:
                for found in group:
                    taken = self._take(session, found)
                    if isinstance(taken, Reject):
                        rejects += [] if found.name in reported else [taken]
                        reported.add(found.name)
                    elif taken is not None:
                        reported.discard(found.name)
                        payloads += [taken] if self._is_new(taken, found, known) else []
            if payloads or rejects:
                is_quiet = False
                yield Pull(tuple(payloads), _cursor(known, reported), rejects=tuple(rejects))
        if is_quiet:
            yield Pull((), _cursor(known, reported), not_modified=True)

    def acknowledge(self, pull: Pull) -> None:
        """After the commit: move the pull's files to ``Processed/YYYYMMDD/``; nothing is ever deleted.

        A file that was written to since it was read stays for the next pull. Raises ConfigurationError if a file
        cannot be moved, after all the others were.
        """
        if self.options.acknowledge == "keep" or not pull.payloads:
            return
        failed = []
        with self.folder.session() as session:
            for payload in pull.payloads:
                try:
                    self._put_away(session, payload)
                except OSError as error:
                    failed.append(f"{payload.name} ({error.strerror or type(error).__name__})")
        if failed:
            raise ConfigurationError(
                f"{len(failed)} files were taken over but cannot be moved: {', '.join(failed[:5])}",
                remedy=f"allow this user to write into {self.folder.source}; until then they are read again and again",
                source=self.folder.source,
            )

    def _listed(self) -> dict[str, Entry]:
        """Plain files that match, by name, in the order of their names."""
        with self.folder.session() as session:
            found = session.entries(self.options.wants)
        return {entry.name: entry for entry in sorted(found, key=lambda entry: entry.name)}

    def _is_new(self, payload: Payload, found: Entry, known: dict[str, Any]) -> bool:
        """Whether the content is new; with ``keep`` it is remembered either way."""
        if self.options.acknowledge == "move":
            return True
        before = known.get(found.name, {}).get("sha256")
        known[found.name] = {"size": found.size, "mtime_ns": found.mtime_ns, "sha256": payload.sha256}
        return bool(before != payload.sha256)

    def _take(self, session: Session, found: Entry) -> Payload | Reject | None:
        """The file's bytes; None while it is still being written or if it has vanished; a Reject if unreadable."""
        if found.size > MAX_FILE_BYTES:
            return self._unreadable(found, "fetch.file_too_large", f"it is larger than {MAX_FILE_BYTES} bytes")
        try:
            before, body = session.read(found.name, MAX_FILE_BYTES + 1)
            after = session.look(found.name)
        except FileNotFoundError:
            log.info("%s vanished before it could be read", found.name)
            return None
        except OSError as error:
            return self._unreadable(found, "fetch.file_unreadable", error.strerror or type(error).__name__)
        if not (found == before == after) or len(body) != found.size:
            log.info("%s is being written to; left for the next round", found.name)
            return None
        if not self._is_complete(body, found):
            return None
        return Payload(
            body=body,
            source=self.folder.address(found.name),
            name=found.name,
            fetched_at=self._now(),
            facts={"size": str(found.size), "mtime": found.mtime.isoformat(), "mtime_ns": str(found.mtime_ns)},
        )

    def _is_complete(self, body: bytes, found: Entry) -> bool:
        """True if the parser finds the end mark, or if ``patience_s`` is over: then the parser rejects the file."""
        is_complete = getattr(self.parser, "is_complete", None)
        if is_complete is None or is_complete(body):
            return True
        age_s = (self._now() - found.mtime).total_seconds()
        if age_s >= self.options.patience_s:
            return True
        log.info("%s has no end yet; left for a later round", found.name)
        return False

    def _unreadable(self, found: Entry, rule: str, why: str) -> Reject:
        return Reject(
            where=found.name,
            rule=rule,
            reason=f"The file {found.name} was not read: {why}",
            record={"name": found.name, "size": found.size, "mtime": found.mtime.isoformat()},
        )

    def _put_away(self, session: Session, payload: Payload) -> None:
        now = session.look(payload.name)
        if now is None:
            log.info("%s was gone before it could be put away", payload.name)
            return
        if (str(now.size), str(now.mtime_ns)) != (payload.facts["size"], payload.facts["mtime_ns"]):
            log.info("%s was written to after it was read; left for the next round", payload.name)
            return
        folder = f"{PROCESSED}/{payload.fetched_at.astimezone():%Y%m%d}"
        session.move(payload.name, folder, _free_name(session, folder, payload))


def _free_name(session: Session, folder: str, payload: Payload) -> str:
    """Where the file may go: over a copy of itself, never over other content."""
    wanted = Path(payload.name)
    target, number = payload.name, 0
    while (there := session.look(f"{folder}/{target}")) and not _is_copy(session, there, payload):
        number += 1
        target = f"{wanted.stem}.{number}{wanted.suffix}"
    return target


def _is_copy(session: Session, there: Entry, payload: Payload) -> bool:
    if there.size != len(payload.body):
        return False
    return hashlib.sha256(session.read(there.name, there.size + 1)[1]).hexdigest() == payload.sha256


def folder_at(location: str, options: FilesOptions) -> Folder:
    """The folder of a path or of a ``file://``, ``sftp://``, ``ftp://`` or ``ftps://`` address."""
    if "://" not in location:
        return LocalFolder(Path(location).absolute())
    parts = urlsplit(location)
    if parts.scheme == "sftp":
        from connectors.transport.sftp_folder import SftpFolder  # paramiko is needed by few

        return SftpFolder(location, options.host_key, options.key_file)
    if parts.scheme in {"ftp", "ftps"}:
        from connectors.transport.ftp_folder import FtpFolder

        return FtpFolder(location, is_secure=parts.scheme == "ftps", ca_bundle=options.ca_bundle)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        raise ConfigurationError(
            f"Files cannot be read from {parts.scheme}://",
            remedy="give a path, or an address that begins with file://, sftp://, ftp:// or ftps://",
        )
    return LocalFolder(Path(unquote(parts.path)).absolute())


def _groups(files: Sequence[Entry]) -> Iterator[list[Entry]]:
    """What is fetched and committed together: at most so many bytes and files."""
    group: list[Entry] = []
    size = 0
    for found in files:
        if group and (size + found.size > PULL_BYTES or len(group) >= PULL_FILES):
            yield group
            group, size = [], 0
        group.append(found)
        size += found.size
    if group:
        yield group


def _is_known(found: Entry, known: dict[str, Any]) -> bool:
    entry = known.get(found.name)
    return entry is not None and (entry["size"], entry["mtime_ns"]) == (found.size, found.mtime_ns)


def _kept(cursor: Cursor, listed: dict[str, Entry]) -> dict[str, Any]:
    """What the cursor remembers of files that still lie there."""
    return {name: dict(entry) for name, entry in cursor.get("files", {}).items() if name in listed}


def _cursor(known: dict[str, Any], reported: set[str]) -> Cursor:
    return {"files": {name: dict(entry) for name, entry in known.items()}, "unreadable": sorted(reported)}
