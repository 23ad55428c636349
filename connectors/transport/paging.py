"""Page after page of a JSON source until its true end; anything that looks like an end but is none raises."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from connectors.errors import ContractError
from connectors.transport.http import Answer, host_key
from connectors.transport.redaction import redact_url

MAX_PAGES = 10_000
_CHOSEN = re.compile(r"(?P<list>\w+)\[(?P<member>\w+)=(?P<value>[^\]]+)\]")


@dataclass(frozen=True)
class Paging:
    """How a source pages. Paths are dotted ("metadata.total"); ``items`` leads to the list in a page.

    ``next_link``: the address of the next page stands at ``next``, the last page has none. A name that has a dot itself
    ("@iot.nextLink") is written as it is; "links[rel=next].href" takes the member of a list whose rel is next.

    ``offset``: parameters ``limit`` and ``offset`` (FDSN counts from ``first`` = 1), the end is an empty page: a short
    one may only mean that the source allows less than ``size``. ``total``: where the source says how many items there
    are in all.
    """

    kind: Literal["next_link", "offset"]
    items: str
    next: str | None = None
    total: str | None = None
    size: int = 20_000
    first: int = 1

    def __post_init__(self) -> None:
        if self.kind not in {"next_link", "offset"}:
            raise ValueError(f"paging kind must be next_link or offset, got {self.kind}")
        if not self.items:
            raise ValueError("paging needs items, the path of the list in a page")
        if (self.kind == "next_link") != bool(self.next):
            raise ValueError("paging by next_link needs next, paging by offset must not have it")
        if self.size < 1:
            raise ValueError(f"paging size must be at least 1, got {self.size}")


@dataclass(frozen=True)
class _Page:
    items: list[Any]
    next: str | None
    total: int | None


def pages(get: Callable[[str], Answer], url: str, paging: Paging) -> Iterator[Answer]:
    """Every page in order, the first one even if it is empty. What was yielded counts only if the loop ends well.

    Raises what ``get`` raises, and ContractError when a page cannot be read, an address or a page comes again,
    the next page lies on another host, or the items do not add up to the declared total.
    """
    address: str | None = _first_address(url, paging)
    seen_addresses: set[str] = set()
    seen_pages: set[str] = set()
    received, total, source = 0, None, redact_url(url)
    while address is not None:
        number = len(seen_addresses) + 1
        if address in seen_addresses or number > MAX_PAGES:
            raise _broken("The source leads from page to page in a circle", number, source)
        seen_addresses.add(address)
        answer = get(address)
        page = _read(answer, number, paging)
        _refuse_repeated(page, seen_pages, number, source)
        received += len(page.items)
        total = total if page.total is None else page.total
        if page.items or number == 1:
            yield answer
        address = _next_address(url, address, page, received, paging)
    if paging.total is not None and received != total:
        raise ContractError(
            f"The source declares {'no total' if total is None else f'{total} items in all'} and sent {received}",
            remedy="nothing was taken over; run again, and if it lasts ask the operator whether a filter hides items",
            source=source,
        )


def _refuse_repeated(page: _Page, seen: set[str], number: int, source: str) -> None:
    """Compare items, not bytes: a source that ignores the offset may still stamp each answer with the time."""
    if page.items:
        digest = hashlib.sha256(json.dumps(page.items, sort_keys=True).encode()).hexdigest()
        if digest in seen:
            raise _broken("The source sent the same page twice", number, source)
        seen.add(digest)


def with_params(url: str, params: dict[str, str]) -> str:
    """``url`` with query parameters set, those of the same name replaced."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in params]
    return urlunsplit(parts._replace(query=urlencode([*kept, *params.items()])))


def _first_address(url: str, paging: Paging) -> str:
    if paging.kind == "next_link":
        return url
    return with_params(url, {"limit": str(paging.size), "offset": str(paging.first)})


def _next_address(url: str, here: str, page: _Page, received: int, paging: Paging) -> str | None:
    if paging.kind == "offset":
        if not page.items:
            return None
        return with_params(url, {"limit": str(paging.size), "offset": str(paging.first + received)})
    if page.next is None:
        return None
    there = urljoin(here, page.next)
    if host_key(there) != host_key(url) or urlsplit(there).scheme != urlsplit(url).scheme:
        raise ContractError(
            f"The next page lies on another host ({host_key(there)})",
            remedy="if the source has moved, put the new address into the contract; logins are not carried along",
            source=redact_url(url),
        )
    return there


def _read(answer: Answer, number: int, paging: Paging) -> _Page:
    if answer.status == 204:  # FDSN: no data
        return _Page([], None, 0 if number == 1 else None)
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise _broken("A page is not whole JSON", number, answer.url) from None
    items = _at(document, paging.items)
    if not isinstance(items, list):
        raise _broken(f"A page has no list at {paging.items}", number, answer.url)
    following = _at(document, paging.next) if paging.next else None
    if following is not None and not isinstance(following, str):
        raise _broken(f"What stands at {paging.next} is no address", number, answer.url)
    total = _at(document, paging.total) if paging.total else None
    if total is not None and (not isinstance(total, int) or isinstance(total, bool)):
        raise _broken(f"What stands at {paging.total} is no count", number, answer.url)
    return _Page(items, following or None, total)


def _at(document: Any, path: str) -> Any:
    if isinstance(document, dict) and path in document:
        return document[path]
    for name in path.split("."):
        chosen = _CHOSEN.fullmatch(name)
        if not isinstance(document, dict):
            return None
        document = _chosen(document, chosen) if chosen else document.get(name)
    return document


def _chosen(document: dict[str, Any], which: re.Match[str]) -> Any:
    """The member of a list that has the wanted value, None if there is none."""
    members = document.get(which["list"])
    found = [m for m in members if isinstance(m, dict)] if isinstance(members, list) else []
    return next((m for m in found if m.get(which["member"]) == which["value"]), None)


def _broken(what: str, number: int, source: str) -> ContractError:
    return ContractError(
        f"{what} (page {number})",
        remedy="nothing was taken over, partial data would look whole; run again, and if it lasts ask the operator",
        source=source,
    )
