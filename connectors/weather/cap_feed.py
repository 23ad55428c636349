"""Atom and RSS indexes of CAP documents: which documents they list, and which alerts they carry themselves.

The US index (and others like it) repeats a few flat ``cap:*`` elements in each entry. Such an entry is a listing,
not a message: it has no identifier, sender or sent, and its document has all of it. The flat elements are kept in
the listing's ``extra``, for the case that the document is gone when we ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

from connectors.weather.cap_reading import plain
from connectors.weather.cap_values import BadValue, instant
from connectors.xml import local_name, namespace, text_of

VERSIONS = {
    "urn:oasis:names:tc:emergency:cap:1.2": "1.2",
    "urn:oasis:names:tc:emergency:cap:1.1": "1.1",
    "urn:oasis:names:tc:emergency:cap:1.0": "1.0",
    "http://www.incident.com/cap/1.0": "1.0",
}
"""CAP's namespaces -> version."""

_INDEXES = {
    "{http://www.w3.org/2005/Atom}feed",
    "{http://purl.org/atom/ns#}feed",
    "rss",
    "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF",
}


@dataclass(frozen=True)
class Entry:
    """One entry of an index. ``url`` is absolute, None if the entry has no usable link."""

    where: str
    url: str | None
    entry_id: str | None
    title: str | None
    updated: str | None
    alerts: tuple[Element, ...]
    flat: dict[str, Any]


def is_alert(element: Element) -> bool:
    return local_name(element) == "alert" and namespace(element) in VERSIONS


def is_index(root: Element) -> bool:
    """Atom, RSS 2.0 or RSS 1.0; an <rss> without a channel is none."""
    return root.tag in _INDEXES and (root.tag != "rss" or root.find("channel") is not None)


def entries(root: Element, base: str) -> list[Entry]:
    """The entries of an index in order; relative links are resolved against ``base``."""
    return [_entry(element, f"entry[{i}]", base) for i, element in enumerate(_entry_elements(root))]


def entry_time(text: str | None, zone: tzinfo | None) -> datetime | None:
    """``updated`` or ``pubDate`` as an instant; None if it is absent or no time. A naive one takes ``zone``."""
    if not text:
        return None
    try:
        return instant(text, zone)[0]
    except BadValue:
        pass
    try:
        moment = parsedate_to_datetime(text)
        # RFC 5322: "-0000" is UTC without a word on the local zone, and comes back naive.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _entry_elements(root: Element) -> Iterator[Element]:
    for holder in (root, *(child for child in root if local_name(child) == "channel")):
        yield from (child for child in holder if local_name(child) in ("entry", "item"))


def _entry(element: Element, where: str, base: str) -> Entry:
    entry_id = _first(element, "id", "guid")
    return Entry(
        where=where,
        url=_url(element, entry_id, base),
        entry_id=entry_id,
        title=_first(element, "title"),
        updated=_first(element, "updated", "pubDate", "date", "published"),
        alerts=tuple(found for found in element.iter() if is_alert(found)),
        flat={
            local_name(child): plain(child) for child in element if namespace(child) in VERSIONS and not is_alert(child)
        },
    )


def _first(element: Element, *names: str) -> str | None:
    """The first non-empty text of a child with one of the names, tried in their order; CAP's own do not count."""
    for name in names:
        for child in element:
            if local_name(child) == name and namespace(child) not in VERSIONS and text_of(child):
                return text_of(child)
    return None


def _url(element: Element, entry_id: str | None, base: str) -> str | None:
    candidates = sorted(_candidates(element), key=lambda candidate: candidate[0])
    addresses = [urljoin(base, address) for _, address in candidates if _fetchable(address)]
    if not addresses and entry_id and urlsplit_scheme(entry_id) in ("http", "https"):
        addresses = [entry_id]
    return addresses[0] if addresses else None


def _candidates(element: Element) -> Iterator[tuple[int, str]]:
    """(rank, address) of every link: CAP first, other XML next, web pages last."""
    for child in element:
        name = local_name(child)
        if name == "link" and child.get("rel", "alternate") in ("alternate", "related", "enclosure"):
            yield _rank(child.get("type", "")), child.get("href") or text_of(child)
        elif name == "enclosure" and "xml" in child.get("type", ""):
            yield _rank(child.get("type", "")), child.get("url", "")


def _rank(media_type: str) -> int:
    if "cap" in media_type:
        return 0
    if "xml" in media_type and "html" not in media_type:
        return 1
    return 3 if "html" in media_type else 2


def _fetchable(address: str) -> bool:
    return bool(address) and urlsplit_scheme(address) in ("", "http", "https")


def urlsplit_scheme(address: str) -> str | None:
    """The scheme of an address, "" for a relative one, None if it is no address at all."""
    try:
        return urlsplit(address).scheme
    except ValueError:
        return None
