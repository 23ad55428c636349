"""What a person asks for; everything has a valid default, and what was not said is marked for checking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.clock import BEIJING
from connectors.coordinates import CoordinateError, crs_named
from riskmap.errors import UserError
from riskmap.scaffold.names import is_reserved
from riskmap.scaffold.parts import Kind

Transport = Literal["http", "files", "http_push", "mqtt"]
DOMAINS = ("weather", "water", "geology", "enterprise")
_ID = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LONGEST_ID = 30  # a partition of the landing table carries it twice, in PostgreSQL's 63 bytes
_SECRET = re.compile(r"key|token|secret|passw|sign", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """A new feed. Seconds for ``every_s`` and ``latency_s``; raises UserError for what cannot be."""

    id: str
    kind: Kind | None = None
    transport: Transport = "http"
    domain: str = "water"
    department: str | None = None
    title: str | None = None
    url: str | None = None
    zone: str = BEIJING
    crs: str = "EPSG:4490"
    every_s: int = 600
    latency_s: int = 3600

    def __post_init__(self) -> None:
        check_id(self.id)
        _one_of("kind", self.kind, (None, *get_args(Kind)))
        _one_of("transport", self.transport, get_args(Transport))
        _one_of("domain", self.domain, DOMAINS)
        if self.every_s < 1 or self.latency_s < 1:
            raise UserError("The cadence and the promise must be above 0 seconds", "give --every and --latency seconds")
        try:
            ZoneInfo(self.zone)
            crs_named(self.crs)
        except (ZoneInfoNotFoundError, ValueError, CoordinateError) as error:
            raise UserError(
                f"Zone or CRS is not known: {error}", "use names such as Asia/Shanghai, EPSG:4490"
            ) from None
        check_url(self.url)

    @property
    def name(self) -> str:
        return self.title or self.id.replace("_", " ")

    @property
    def address(self) -> str:
        """Where the source is: a literal URL if one was given, else a variable of the feed's own."""
        if self.url:
            return self.url
        ending = {"http": "URL", "files": "INBOX", "http_push": "", "mqtt": "BROKER_URL"}[self.transport]
        return f"${{{self.id.upper()}_{ending}}}" if ending else "${PUSH_LISTEN}"


def check_id(feed_id: str) -> None:
    """Raises UserError for an id that is no name of a feed and a table."""
    if not _ID.fullmatch(feed_id) or len(feed_id) > _LONGEST_ID or is_reserved(feed_id):
        raise UserError(
            f"'{feed_id}' cannot be the id of a feed",
            f"use up to {_LONGEST_ID} characters of lower-case snake_case, no word of SQL, such as my_pump",
        )


def check_url(url: str | None) -> None:
    """Raises UserError for an address that holds a secret: contracts are public."""
    if url is None or url.startswith("${"):
        return
    parts = urlsplit(url)
    if parts.username or parts.password or any(_SECRET.search(name) for name, _ in parse_qsl(parts.query)):
        raise UserError("The address holds a login or a key", "leave --url out and set the variable instead")


def _one_of(name: str, value: object, known: tuple[object, ...]) -> None:
    if value not in known:
        words = ", ".join(str(word) for word in known if word)
        raise UserError(f"There is no {name} '{value}'", f"use one of {words}")
