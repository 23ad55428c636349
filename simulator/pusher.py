"""The plants' senders: rows of the ``sec_*`` tables, at most twenty a call, sent again until they are taken.

Where a key is given, ``datas`` is AES-ECB with PKCS#7 padding in Base64 [K]; without one it is a plain JSON array.
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from pathlib import Path

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator.delivery import Progress
from simulator.hazchem_sec import TABLES, DoublePrevention, Row
from simulator.world import floor

ROWS_A_CALL = 20
TIMEOUT_S = 90


@dataclass(frozen=True)
class Receiver:
    """Where to send: a base address below which each table has its path; user and password for Basic, if asked for."""

    url: str
    user: str | None = None
    password: str | None = None
    key: str | None = None


class Pusher:
    """The sending side of one world."""

    def __init__(self, receiver: Receiver, home: Path, tables: DoublePrevention) -> None:
        self.receiver, self.tables = receiver, tables
        self.progress = Progress(home, "pushed")
        self.twice = 0  # fault: so many of the next calls are made twice, as if the reply had been lost

    def advance(self, now: datetime) -> int:
        """Send what was made or changed since the last turn; the number of rows.

        Raises OSError if the receiver can't be reached or can't store; then all of the turn is sent again.
        """
        since, until = self.progress.until(), floor(now, 60)
        if since is not None and since >= until:
            return 0
        count = 0
        for table in TABLES:
            for batch in _batches(self.tables.rows(table, since, until)):
                self._send(table, batch)
                count += len(batch)
        self.progress.reached(until)
        return count

    def _send(self, table: str, rows: list[Row]) -> None:
        for _ in range(2 if self.twice > 0 else 1):
            self._call(table, rows)
        self.twice = max(0, self.twice - 1)

    def _call(self, table: str, rows: list[Row]) -> None:
        """One call. What the receiver refuses for good (4xx) is gone, as with real senders, which only log it."""
        plain = json.dumps(rows, ensure_ascii=False)
        datas: object = encrypted(plain, self.receiver.key) if self.receiver.key else rows
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self.receiver.user is not None:
            pair = f"{self.receiver.user}:{self.receiver.password}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        body = json.dumps({"datas": datas, "synthetic": "模拟"}, ensure_ascii=False).encode()
        url = f"{self.receiver.url.rstrip('/')}/{table}"
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - given by the operator
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                answer.read()
        except urllib.error.HTTPError as error:
            with error:
                if error.code >= 500 or error.code in (401, 404, 429):
                    raise OSError(f"{table} is not taken now: HTTP {error.code}") from None
        except (urllib.error.URLError, HTTPException) as error:
            raise OSError(f"the receiver of pushes does not answer ({error})") from None


def encrypted(text: str, key: str) -> str:
    """AES-ECB, PKCS#7, Base64. The key is text of 16, 24 or 32 bytes."""
    padder = padding.PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key.encode()), modes.ECB()).encryptor()  # noqa: S305 - what plants are said to use
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def _batches(rows: list[Row]) -> Iterator[list[Row]]:
    for i in range(0, len(rows), ROWS_A_CALL):
        yield rows[i : i + ROWS_A_CALL]
