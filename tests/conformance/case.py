"""What the conformance suite must know of a format: one small declaration. All data are invented."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from connectors.model import Parsed, Payload, Reject
from connectors.registry import parser
from feeds.registry import load

FEEDS = Path(__file__).parents[2] / "feeds"
NOW = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
BEIJING = timedelta(hours=8)


@dataclass(frozen=True)
class Case:
    """``build(numbers)`` makes a document with one record of ``table`` per number; equal numbers, equal records.

    ``name(number)`` is the payload's name. ``unknown`` is a document of one record with a field the format does not
    know and what the drift calls it; None where fields have no names. ``cut_shows``: a document that breaks off can
    be told from a whole one. ``empty_is_rejected``: the format has no way to say "no records".
    For sources over HTTP that page: ``paging`` as a contract declares it (else the feed's own), and for ``next_link``
    ``page(numbers, next)``, the document of one page whose successor lies at ``next``.
    """

    format: str
    feed: str
    table: str
    build: Callable[[Sequence[int]], bytes]
    name: Callable[[int], str]
    unknown: tuple[bytes, str] | None = None
    cut_shows: bool = True
    empty_is_rejected: bool = False
    paging: Mapping[str, Any] | None = None
    page: Callable[[Sequence[int], str | None], bytes] | None = None

    @property
    def transport(self) -> str:
        return str(custom(self.feed, "connector")["transport"])

    def payload(self, body: bytes, number: int = 0) -> Payload:
        return Payload(body, f"http://source/{self.name(number)}", self.name(number), NOW)

    def parse(self, body: bytes, number: int = 0) -> Parsed:
        return parser(self.format, self.options()).parse(self.payload(body, number), self.options())

    def options(self) -> dict[str, Any]:
        """What the contract tells the parser."""
        return load(self.feed).parser_options


@cache
def contract(feed: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FEEDS / f"{feed}.yml").read_text(encoding="utf-8"))
    return loaded


def custom(feed: str, name: str) -> Any:
    return next(entry["value"] for entry in contract(feed)["customProperties"] if entry["property"] == name)


def columns(feed: str, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(s["properties"] for s in contract(feed)["schema"] if s["name"] == table)
    return found


def key(feed: str, table: str) -> list[str]:
    return [column["name"] for column in columns(feed, table) if column.get("primaryKey")]


def rows(parsed: Parsed, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parsed.tables[table].to_pylist() if table in parsed.tables else []
    return found


def told(rejects: Sequence[Reject]) -> str:
    """The rejects as the ledger will keep them: JSON that PostgreSQL takes."""
    return json.dumps([[r.where, r.rule, r.reason, r.table, r.record] for r in rejects], allow_nan=False, default=str)
