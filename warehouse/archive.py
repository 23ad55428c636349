"""Every payload exactly as it came, content-addressed: ``<url>/ab/abcdef….zst``, on any fsspec URL."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import fsspec
import zstandard

from warehouse.db import without_password
from warehouse.errors import ArchiveError

_WRITERS = 8
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Archive:
    """A store that can only grow: what is in it never changes, so everything after it can be replayed."""

    def __init__(self, url: str) -> None:
        """``url``: ``file:///var/archive``, ``memory://x``, ``s3://bucket/prefix`` (its fsspec driver installed)."""
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise ArchiveError(
                f"the archive {without_password(url)} can't be opened: {error}",
                remedy="check RISKMAP_ARCHIVE_URL and install the fsspec driver of its scheme",
            ) from error

    def put(self, body: bytes) -> str:
        """Store ``body`` and return its archive URI; storing the same bytes again changes nothing."""
        sha256 = hashlib.sha256(body).hexdigest()
        path = self._path(sha256)
        if not self._fs.exists(path):
            self._write(path, zstandard.compress(body))
        return self.uri(sha256)

    def put_all(self, bodies: Iterable[bytes]) -> list[str]:
        """Store several payloads, their URIs in order. Side by side, because each waits for the disk."""
        with ThreadPoolExecutor(_WRITERS) as pool:
            return list(pool.map(self.put, bodies))

    def get(self, sha256: str) -> bytes:
        """The bytes with this hash. Raises ArchiveError if they are missing or no longer what was put in."""
        path = self._path(sha256)
        try:
            body: bytes = zstandard.decompress(self._fs.cat_file(path))
        except FileNotFoundError as error:
            raise ArchiveError(
                f"the archive holds no payload {sha256}",
                remedy="check that RISKMAP_ARCHIVE_URL names the archive this payload was put into",
            ) from error
        except zstandard.ZstdError as error:
            raise _corrupt(sha256, str(error)) from error
        if hashlib.sha256(body).hexdigest() != sha256:
            raise _corrupt(sha256, "its content has another hash")
        return body

    def has(self, sha256: str) -> bool:
        return bool(self._fs.exists(self._path(sha256)))

    def uri(self, sha256: str) -> str:
        return str(self._fs.unstrip_protocol(self._path(sha256)))

    def _path(self, sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256 in hexadecimal: {sha256!r}")
        return f"{self._root.rstrip('/')}/{sha256[:2]}/{sha256}.zst"

    def _write(self, path: str, packed: bytes) -> None:
        # A reader, or a writer that comes after a crash, sees the whole file under its name or none. Two writers of
        # the same bytes may both get here: the second move puts the same bytes in place once more.
        unfinished = f"{path}.{uuid.uuid4().hex}.part"
        try:
            self._fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            with self._fs.open(unfinished, "wb") as file:
                file.write(packed)
                _flush_to_disk(file)
            self._fs.mv(unfinished, path)
        except OSError as error:
            raise ArchiveError(
                f"the archive can't be written: {error}", remedy="check its free space and its permissions"
            ) from error


def _flush_to_disk(file: Any) -> None:
    """The ledger will say that the bytes are kept; after a power cut that must still be true. Local files only."""
    file.flush()
    with contextlib.suppress(OSError, AttributeError):  # remote stores and memory have no descriptor
        os.fsync(file.fileno())


def _corrupt(sha256: str, why: str) -> ArchiveError:
    return ArchiveError(
        f"the archived payload {sha256} is damaged: {why}",
        remedy="restore this file from a backup, or delete it and fetch the payload from its source again",
    )
