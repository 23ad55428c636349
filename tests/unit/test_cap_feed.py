"""Atom and RSS indexes: what they list, what they carry, and what cannot be followed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import ContractError
from connectors.model import IndexParser, Link, Outcome, Parsed, Payload
from connectors.weather.cap import PARSER

FETCHED = datetime(2026, 8, 10, 1, tzinfo=UTC)
ALERT = (
    '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{}</identifier><sender>s</sender>'
    "<sent>2026-08-10T08:05:00+08:00</sent><status>Actual</status><msgType>Alert</msgType>"
    "<source>{}</source><scope>Public</scope></alert>"
)


def payload(body: str) -> Payload:
    return Payload(body.encode(), "https://cap.example/feed/atom.xml", "atom.xml", FETCHED, facts={"role": "index"})


def read(body: str) -> Parsed:
    return PARSER.parse(payload(body), {"zone": "Asia/Shanghai"})


def listings(parsed: Parsed) -> list[dict[str, Any]]:
    return parsed.tables["warning_listing"].to_pylist()


def atom(*entries: str) -> str:
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:cap="urn:oasis:names:tc:emergency:cap:1.1">{inside}</feed>'


def rss(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>t</title>{"".join(f"<item>{i}</item>" for i in items)}</channel></rss>'


def test_it_is_an_index_parser() -> None:
    assert isinstance(PARSER, IndexParser)


def test_an_atom_index_lists_documents_as_they_were_seen_at_the_fetch() -> None:
    entry = '<id>urn:1</id><title>暴雨</title><updated>2026-08-10T08:05:00+08:00</updated><link href="../cap/1.xml"/>'
    parsed = read(atom(entry))
    assert parsed.outcome is Outcome.ACCEPTED
    assert listings(parsed) == [
        {
            "document_url": "https://cap.example/cap/1.xml",
            "entry_id": "urn:1",
            "title": "暴雨",
            "entry_updated_at": datetime(2026, 8, 10, 0, 5, tzinfo=UTC),
            "listed_at": FETCHED,
            "extra": None,
        }
    ]
    expected = Link("https://cap.example/cap/1.xml", "urn:1", "2026-08-10T08:05:00+08:00")
    assert PARSER.links(payload(atom(entry))) == [expected]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 10 Aug 2026 08:05:00 +0800", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),
        ("Mon, 10 Aug 2026 00:05:00 GMT", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),
        ("Mon, 10 Aug 2026 00:05:00 -0000", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),
        ("2026-08-10 08:05:00", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),  # naive: the feed's zone
        ("the other day", None),
    ],
)
def test_an_rss_index_and_its_dates(date: str, expected: datetime | None) -> None:
    item = f"<title>t</title><link>https://cap.example/1.xml</link><guid>g1</guid><pubDate>{date}</pubDate>"
    parsed = read(rss(item))
    [listing] = listings(parsed)
    assert (listing["document_url"], listing["entry_id"]) == ("https://cap.example/1.xml", "g1")
    assert listing["entry_updated_at"] == expected
    assert [seen.field for seen in parsed.drift] == ([] if expected else ["updated.time"])


def test_rss_1_0_is_read() -> None:
    body = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        "<channel><title>t</title></channel><item><link>https://cap.example/1.xml</link></item></rdf:RDF>"
    )
    assert [link.url for link in PARSER.links(payload(body))] == ["https://cap.example/1.xml"]


@pytest.mark.parametrize(
    ("links", "chosen"),
    [
        ('<link href="/a" type="text/html"/><link rel="related" type="application/cap+xml" href="/a.cap"/>', "a.cap"),
        ('<link href="/a.html" type="text/html"/><link href="/a.xml" type="application/xml"/>', "a.xml"),
        ('<link href="/a.html" type="text/html"/><link href="/a"/>', "a"),
        ('<link href="/a.html" type="text/html"/>', "a.html"),
        ('<link rel="self" href="/self"/><link href="/a"/>', "a"),
        ('<link href="/a?x=1&amp;y=2"/>', "a?x=1&y=2"),
        ("<id>https://cap.example/only-id</id>", "only-id"),
    ],
)  # fmt: skip
def test_the_cap_document_is_preferred_among_links(links: str, chosen: str) -> None:
    assert [link.url for link in PARSER.links(payload(atom(links)))] == [f"https://cap.example/{chosen}"]


@pytest.mark.parametrize(
    "links", ["", '<link href=""/>', '<link href="file:///etc/passwd"/>', '<link href="http://[oops"/>']
)
def test_an_entry_that_leads_nowhere_is_a_reject_and_the_others_stand(links: str) -> None:
    body = atom(f"<id>urn:lost</id><title>t</title>{links}", '<link href="/2.xml"/>')
    parsed = read(body)
    assert parsed.outcome is Outcome.PARTIAL
    [reject] = parsed.rejects
    assert (reject.where, reject.rule) == ("entry[0]", "cap.entry.link")
    assert reject.record == {"at": "entry[0]", "id": "urn:lost", "title": "t"}
    assert [link.url for link in PARSER.links(payload(body))] == ["https://cap.example/2.xml"]


@pytest.mark.parametrize("body", [atom(), rss()])
def test_an_empty_index_is_a_good_answer(body: str) -> None:
    parsed = read(body)
    assert (parsed.outcome, parsed.records) == (Outcome.ACCEPTED, 0)
    assert PARSER.links(payload(body)) == []


def test_flat_cap_elements_make_a_listing_and_no_message() -> None:
    entry = (
        '<link href="/1.xml"/><title>Wind</title><cap:event>Wind Advisory</cap:event><cap:severity>Minor</cap:severity>'
        "<cap:geocode><valueName>UGC</valueName><value>NMZ501</value></cap:geocode>"
    )
    parsed = read(atom(entry))
    assert {name: table.num_rows for name, table in parsed.tables.items() if table.num_rows} == {"warning_listing": 1}
    flat = {"event": "Wind Advisory", "severity": "Minor", "geocode": {"valueName": ["UGC"], "value": ["NMZ501"]}}
    assert json.loads(listings(parsed)[0]["extra"]) == {"cap": flat}
    assert parsed.drift == []


def test_an_embedded_alert_is_a_message_at_the_address_of_its_entry() -> None:
    entry = f'<id>urn:1</id><link href="/1.xml"/><content type="text/xml">{ALERT.format("1", "a")}</content>'
    parsed = read(atom(entry))
    assert parsed.outcome is Outcome.ACCEPTED
    [warning] = parsed.tables["warning"].to_pylist()
    assert warning["document_url"] == listings(parsed)[0]["document_url"] == "https://cap.example/1.xml"
    assert PARSER.links(payload(atom(entry)))[0].embedded is True


def test_an_embedded_alert_needs_no_link() -> None:
    parsed = read(atom(f"<id>urn:1</id><content>{ALERT.format('1', 'a')}</content>"))
    assert parsed.outcome is Outcome.ACCEPTED
    assert parsed.tables["warning"].to_pylist()[0]["document_url"] == "https://cap.example/feed/atom.xml#urn:1"
    assert listings(parsed)[0]["document_url"] == "https://cap.example/feed/atom.xml#urn:1"


def test_one_bad_embedded_alert_does_not_cost_the_others() -> None:
    good, bad = ALERT.format("1", "a"), ALERT.format("2", "a").replace("Public", "World")
    parsed = read(atom(f'<link href="/1"/>{good}', f'<link href="/2"/>{bad}'))
    assert parsed.tables["warning"].num_rows == 1
    assert [(reject.where, reject.rule) for reject in parsed.rejects] == [("entry[1]/scope", "cap.scope.enum")]


def test_the_same_alert_twice_is_one_row_and_another_content_is_a_reject() -> None:
    same = read(atom(f'<link href="/1"/>{ALERT.format("1", "a")}', f'<link href="/2"/>{ALERT.format("1", "a")}'))
    assert (same.outcome, same.tables["warning"].num_rows) == (Outcome.ACCEPTED, 1)
    assert [seen.field for seen in same.drift] == ["alert.repeated"]
    other = read(atom(f'<link href="/1"/>{ALERT.format("1", "a")}', f'<link href="/2"/>{ALERT.format("1", "b")}'))
    assert other.tables["warning"].num_rows == 1
    assert [reject.rule for reject in other.rejects] == ["cap.alert.conflict"]


def test_a_document_listed_twice_is_listed_once() -> None:
    body = atom('<id>a</id><link href="/1"/>', '<id>b</id><link href="/1"/>')
    assert [listing["entry_id"] for listing in listings(read(body))] == ["b"]
    assert len(PARSER.links(payload(body))) == 1


def test_secrets_in_addresses_are_fetched_with_but_not_stored() -> None:
    body = atom('<link href="https://u:p@cap.example/1.xml?token=t0p&amp;id=7"/>')
    assert PARSER.links(payload(body))[0].url == "https://u:p@cap.example/1.xml?token=t0p&id=7"
    stored = listings(read(body))[0]["document_url"]
    assert "t0p" not in stored
    assert "u:p@" not in stored


@pytest.mark.parametrize(
    "body", ["<html><body>503</body></html>", '{"code": "200"}', atom()[:-9], "<quakeml/>", "<rss/>"]
)
def test_links_of_what_is_no_index_is_an_error_that_says_what_to_do(body: str) -> None:
    with pytest.raises(ContractError, match="To recover"):
        PARSER.links(payload(body))


def test_an_alert_in_the_place_of_an_index_has_no_links() -> None:
    assert PARSER.links(payload(ALERT.format("1", "a"))) == []
