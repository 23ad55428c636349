"""How a feed over HTTP is walked: one document (paged or not), spans of time, or an index and its documents."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Literal
from urllib.parse import urlsplit

from connectors.errors import ConfigurationError, ConnectorError, ContractError
from connectors.formats import Expect
from connectors.model import AnswerParser, Cursor, IndexParser, Interval, Link, Parser, Payload, Pull, Reject
from connectors.transport.http import Answer, HttpClient, Validators
from connectors.transport.paging import Paging, pages, with_params
from connectors.transport.redaction import redact_url
from connectors.transport.time_range import TimeRange

log = logging.getLogger(__name__)

Walk = Literal["single", "cap_feed", "time_range"]

PULL_BYTES = 8 * 1024 * 1024
"""A pull of documents is closed once it is this large; the rest comes in the next one."""

_REFUSALS = frozenset({401, 403, 407})


@dataclass(frozen=True)
class HttpConnector:
    """A feed over HTTP, ready to be pulled (``connectors.model.Connector``).

    ``query_url`` is an FDSN event service for intervals; without it an interval pull fetches the feed as it is.
    The walk ``time_range`` fills ``{start}`` and ``{end}`` of the address in and never fetches the feed as a whole.
    Its cursor: ``http`` (validators and sha256 of the feed's address), and for an index ``documents`` (digest of
    a listed address -> revision mark of its entry when it was fetched); for spans ``until``, where
    the next begins, and ``sha256`` of the last one.
    """

    parser: Parser
    client: HttpClient
    url: str = field(repr=False)  # it may hold a key
    walk: Walk = "single"
    expect: Expect = "any"
    paging: Paging | None = None
    query_url: str | None = field(default=None, repr=False)
    time_range: TimeRange | None = None

    def pull(self, cursor: Cursor, interval: Interval | None = None) -> Iterator[Pull]:
        if self.time_range is not None:
            yield from self._spans(self.time_range, cursor, interval)
        elif interval is not None and self.query_url:
            yield self._query(self.query_url, cursor, interval)
        elif self.walk == "cap_feed":
            yield from self._documents({} if interval else cursor, keep=cursor if interval else None)
        else:
            yield self._single({} if interval else cursor, keep=cursor if interval else None)

    def acknowledge(self, pull: Pull) -> None:
        """A source over HTTP is never changed by us."""

    def _query(self, query_url: str, cursor: Cursor, interval: Interval) -> Pull:
        """What happened in ``interval``, oldest first, by the parameters of the FDSN event service."""
        ends = {"starttime": interval.start, "endtime": interval.end}
        params = {name: end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") for name, end in ends.items()}
        url = with_params(query_url, {"format": "geojson", "orderby": "time-asc", **params})
        answers = pages(self._get, url, self.paging or Paging("offset", items="features"))
        return Pull(tuple(_payload(answer) for answer in answers), cursor)

    def _spans(self, times: TimeRange, cursor: Cursor, interval: Interval | None) -> Iterator[Pull]:
        """Span after span, oldest first; each is a pull of its own, so that a long gap is caught up in steps."""
        last = cursor.get("sha256")
        for span in times.spans(cursor.get("until"), self.client.now(), interval):
            url = times.fill(self.url, span)
            answers = list(pages(self._get, url, self.paging)) if self.paging else [self._get(url)]
            if interval is not None:
                yield Pull(tuple(_payload(answer) for answer in answers), cursor)
                continue
            digest = _digest(answers)
            fresh: Cursor = {"until": span.end.astimezone(UTC).isoformat(), "sha256": digest}
            is_known, last = digest == last, digest
            yield Pull(() if is_known else tuple(_payload(a) for a in answers), fresh, not_modified=is_known)

    def _single(self, cursor: Cursor, keep: Cursor | None) -> Pull:
        """One document. Validators serve unpaged ones only: those of page 1 say nothing of page 2."""
        if self.paging is not None:
            answers = list(pages(self._get, self.url, self.paging))
        else:
            answers = [self._get(self.url, validators=_validators(cursor, self.url))]
        digest = _digest(answers)
        known = _known(cursor, self.url)
        if answers[0].status == 304 or digest == known.get("sha256"):
            return Pull((), cursor if keep is None else keep, not_modified=True)
        entry = {"sha256": digest} if self.paging else _entry(answers[0])
        fresh = {"http": {redact_url(self.url): entry}}
        return Pull(tuple(_payload(answer) for answer in answers), fresh if keep is None else keep)

    def _documents(self, cursor: Cursor, keep: Cursor | None) -> Iterator[Pull]:
        parser = self._indexing_parser()
        index = self._get(self.url, validators=_validators(cursor, self.url))
        if index.status == 304 or _digest([index]) == _known(cursor, self.url).get("sha256"):
            yield Pull((), cursor if keep is None else keep, not_modified=True)
            return
        payload = _payload(index, role="index")
        try:
            links = [link for link in parser.links(payload) if not link.embedded]
        except ContractError as error:
            # Archived and rejected by the parser, but the cursor stands: the next poll asks again for all of it.
            log.warning("the index cannot be read: %s", error)
            yield Pull((payload,), _without_validators(cursor) if keep is None else keep)
            return
        walk = _Documents(self._get, cursor.get("documents", {}), cursor.get("refused", {}))
        for payloads, rejects, is_last in walk.fetch(payload, links):
            fresh: Cursor = {"documents": dict(walk.settled), "refused": dict(walk.refused)}
            if is_last and not walk.refused:  # the index counts as read only when everything it lists is settled
                fresh["http"] = {redact_url(self.url): _entry(index)}
            yield Pull(payloads, fresh if keep is None else keep, rejects=rejects)

    def _indexing_parser(self) -> IndexParser:
        if not isinstance(self.parser, IndexParser):
            raise ConfigurationError(
                f"The format {self.parser.format} has no index of documents",
                remedy="use walk: single for this format in the connector of the contract",
            )
        return self.parser

    def _get(self, url: str, validators: Validators | None = None) -> Answer:
        answer = self.client.get(url, expect=self.expect, validators=validators)
        parser = self.parser if answer.status == 200 else None
        error = parser.failure(answer.body, answer.url) if isinstance(parser, AnswerParser) else None
        if error is not None:
            raise error
        return answer


Marks = dict[str, str | None]
"""Digest of a listed address -> revision mark of its entry."""


class _Documents:
    """The documents of one index. ``settled`` need no second look, ``refused`` are told once and tried each time."""

    def __init__(self, get: Callable[[str], Answer], settled: Marks, refused: Marks) -> None:
        self._get = get
        self.settled = settled
        self.refused = refused

    def fetch(
        self, index: Payload, links: Iterable[Link]
    ) -> Iterator[tuple[tuple[Payload, ...], tuple[Reject, ...], bool]]:
        """Payloads and rejects in batches of about ``PULL_BYTES``, and whether it was the last batch.

        A document that is gone for good (4xx) is settled as a reject and asked for again only when its entry
        changes. One that is refused (401, 403) or hidden behind a login page is a reject too, but stays open.
        A source that is ill for now raises, and with it the pull.
        """
        listed: dict[str, Link] = {}
        for link in links:
            listed.setdefault(_mark(link.url), link)
        self.settled = {mark: self.settled[mark] for mark in listed if mark in self.settled}
        self.refused = {mark: self.refused[mark] for mark in listed if mark in self.refused}
        payloads, rejects, size = [index], list[Reject](), len(index.body)
        for mark, link in listed.items():
            if mark in self.settled and self.settled[mark] == link.updated:
                continue
            if size >= PULL_BYTES:
                yield tuple(payloads), tuple(rejects), False
                payloads, rejects, size = [], [], 0
            found = self._document(mark, link)
            if isinstance(found, Payload):
                payloads.append(found)
                size += len(found.body)
            elif found is not None:
                rejects.append(found)
        yield tuple(payloads), tuple(rejects), True

    def _document(self, mark: str, link: Link) -> Payload | Reject | None:
        """The document, or the reject it becomes; None where that was told before."""
        try:
            document = _payload(self._get(link.url), role="document")
        except ConnectorError as error:
            if error.retryable:
                raise
            if not _is_final(link, error):
                is_told = mark in self.refused and self.refused[mark] == link.updated
                self.settled.pop(mark, None)
                self.refused[mark] = link.updated
                return None if is_told else _gone("fetch.document_refused", link, error)
            self._settle(mark, link)
            return _gone("fetch.document_gone", link, error)
        self._settle(mark, link)
        return document

    def _settle(self, mark: str, link: Link) -> None:
        self.settled[mark] = link.updated
        self.refused.pop(mark, None)


def _is_final(link: Link, error: ConnectorError) -> bool:
    """Whether asking again for an unchanged entry is pointless; a missing right can be granted tomorrow."""
    if not link.url.lower().startswith(("http://", "https://")):
        return True
    status = error.status_code
    return status is not None and 400 <= status < 500 and status not in _REFUSALS


def _gone(rule: str, link: Link, error: ConnectorError) -> Reject:
    url = redact_url(link.url)
    return Reject(
        where=url,
        rule=rule,
        reason=str(error),
        record={"document_url": url, "entry_id": link.entry_id, "updated": link.updated, "status": error.status_code},
    )


def _payload(answer: Answer, role: str | None = None) -> Payload:
    facts = {
        "status": str(answer.status),
        "role": role,
        "etag": answer.validators.etag,
        "last_modified": answer.validators.last_modified,
        "final_url": answer.final_url if answer.final_url != answer.url else None,
    }
    path = urlsplit(answer.url).path.rstrip("/")
    return Payload(
        body=answer.body,
        source=answer.url,
        name=path.rpartition("/")[2] or urlsplit(answer.url).netloc,
        fetched_at=answer.fetched_at,
        media_type=answer.media_type,
        facts={name: value for name, value in facts.items() if value is not None},
    )


def _digest(answers: Iterable[Answer]) -> str:
    whole = hashlib.sha256()
    for answer in answers:
        whole.update(hashlib.sha256(answer.body).digest())
    return whole.hexdigest()


def _mark(url: str) -> str:
    """The name of a listed address in the cursor: short, and without the secrets an address can hold."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def _entry(answer: Answer) -> dict[str, str]:
    entry = {
        "etag": answer.validators.etag,
        "last_modified": answer.validators.last_modified,
        "sha256": _digest([answer]),
    }
    return {name: value for name, value in entry.items() if value is not None}


def _known(cursor: Cursor, url: str) -> Mapping[str, str]:
    known: Mapping[str, str] = cursor.get("http", {}).get(redact_url(url), {})
    return known


def _validators(cursor: Cursor, url: str) -> Validators:
    known = _known(cursor, url)
    return Validators(known.get("etag"), known.get("last_modified"))


def _without_validators(cursor: Cursor) -> Cursor:
    return {name: value for name, value in cursor.items() if name != "http"}
