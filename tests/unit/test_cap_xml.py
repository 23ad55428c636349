"""Bytes that claim to be XML: encodings, and everything that is not the document we asked for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.weather.cap import PARSER
from connectors.xml import MAX_DEPTH, XmlError, parse_xml

BODY = (
    '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><sender>s</sender>'
    "<sent>2026-08-10T08:05:00+08:00</sent><status>Actual</status><msgType>Alert</msgType>"
    "<source>模拟县气象台</source><scope>Public</scope></alert>"
)
LATIN = BODY.replace("模拟县气象台", "Usulután")
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><alert>&c;</alert>'
)
EXTERNAL = '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/hostname">]><alert>&x;</alert>'


def read(body: bytes) -> Parsed:
    payload = Payload(body, "https://cap.example/1.xml", "1.xml", datetime(2026, 8, 10, tzinfo=UTC))
    return PARSER.parse(payload, {})


def declared(encoding: str, text: str = BODY) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>{text}'


@pytest.mark.parametrize(
    ("body", "source"),
    [
        (BODY.encode(), "模拟县气象台"),
        (declared("UTF-8").encode("utf-8-sig"), "模拟县气象台"),
        (declared("UTF-16").encode("utf-16"), "模拟县气象台"),
        (declared("utf-16").encode(), "模拟县气象台"),  # .NET writes this over UTF-8
        (declared("us-ascii").encode(), "模拟县气象台"),
        (declared("GBK").encode("gbk"), "模拟县气象台"),
        (declared("gb2312", BODY.replace("县", "镕")).encode("gb18030"), "模拟镕气象台"),
        (declared("GB18030").encode("gb18030"), "模拟县气象台"),
        (declared("ISO-8859-1", LATIN).encode("latin-1"), "Usulután"),
        (declared("ISO-8859-1").encode("utf-16"), "模拟县气象台"),  # the mark decides
        (b"\n\n " + BODY.encode(), "模拟县气象台"),
    ],
)
def test_the_encoding_is_the_one_the_bytes_declare(body: bytes, source: str) -> None:
    parsed = read(body)
    assert parsed.outcome is Outcome.ACCEPTED
    assert parsed.tables["warning"].to_pylist()[0]["source"] == source
    assert parsed.drift == []


@pytest.mark.parametrize("text", [BODY, declared("UTF-8")])
def test_gbk_bytes_that_claim_to_be_utf_8_are_read_and_noted(text: str) -> None:
    parsed = read(text.encode("gbk"))
    assert parsed.tables["warning"].to_pylist()[0]["source"] == "模拟县气象台"
    assert [(seen.table, seen.field) for seen in parsed.drift] == [("warning", "encoding")]


def test_one_damaged_byte_is_not_taken_for_another_encoding() -> None:
    damaged = BODY.encode().replace("县".encode(), b"\xff\xbf\xbf")
    assert [reject.rule for reject in read(damaged).rejects] == ["xml.encoding"]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "xml.empty"),
        (b"\xef\xbb\xbf  \n", "xml.empty"),
        (b"<!DOCTYPE html><html><body>Login</body></html>", "xml.html"),
        (b"  <!-- a --><!-- b -->\n<HTML><p>503</HTML>", "xml.html"),
        (b'{"code": "200"}', "xml.not_xml"),
        (b"STCD,TM,Z\n1,2,3", "xml.not_xml"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "xml.not_xml"),
        (BODY.encode()[:-20], "xml.malformed"),
        (BODY.encode().replace(b"<scope>", b"<scope"), "xml.malformed"),
        (BODY.replace("模拟", "&nbsp;").encode(), "xml.malformed"),
        (BODY.encode() + b"<alert/>", "xml.malformed"),
        (declared("klingon").encode(), "xml.encoding"),
        (declared("zlib").encode(), "xml.encoding"),
        (declared("GBK").encode()[:-1] + b"\xff", "xml.encoding"),
        (BOMB.encode(), "xml.dtd"),
        (EXTERNAL.encode(), "xml.dtd"),
        (b"<!DOCTYPE alert><alert/>", "xml.dtd"),
        (b"<a>" * 5000 + b"</a>" * 5000, "xml.depth"),
        (b'<alert xmlns="urn:oasis:names:tc:emergency:alerts:1.2"/>', "cap.namespace.unknown"),
        (b"<alert/>", "cap.namespace.unknown"),
        (b"<quakeml/>", "cap.root.unknown"),
        (b"<rss version='2.0'/>", "cap.root.unknown"),
        (b"<feed><entry/></feed>", "cap.root.unknown"),
    ],
)
def test_anything_else_is_one_reject_with_a_reason(body: bytes, rule: str) -> None:
    parsed = read(body)
    assert (parsed.outcome, parsed.records) == (Outcome.REJECTED, 0)
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert parsed.rejects[0].reason
    assert "/etc/hostname" not in parsed.rejects[0].reason


def test_deep_but_sane_nesting_is_read() -> None:
    depth = MAX_DEPTH
    assert parse_xml(b"<a>" * depth + b"</a>" * depth).root.tag == "a"
    with pytest.raises(XmlError, match="nested"):
        parse_xml(b"<a>" * (depth + 1) + b"</a>" * (depth + 1))


HUGE = 1_000_000


def within(element: str, text: str) -> bytes:
    """BODY with an info whose event, headline or polygon is ``text``, or with ``text`` as references."""
    fill = {
        "references": f"<references>{text}</references>",
        "headline": f"<info><event>e</event><headline>{text}</headline></info>",
        "polygon": f"<info><event>e</event><area><polygon>{text}</polygon></area></info>",
    }
    return BODY.replace("</alert>", fill[element] + "</alert>").encode()


@pytest.mark.parametrize(
    "body",
    [
        b"<!--" + b"--><!--" * 100_000,
        within("references", "a" * HUGE),
        within("references", "a " * HUGE),
        within("references", "a," * HUGE),
        within("polygon", "1" * HUGE),
        within("polygon", "1 " + " " * HUGE + ",x"),
        within("headline", "red" + " " * HUGE + "x"),
        BODY.replace("2026-08-10", " " * HUGE).encode(),
    ],
)
def test_no_text_makes_a_pattern_search_for_ever(body: bytes) -> None:
    # Patterns that try again from every position would need hours for these: the test would hang, not fail slowly.
    parsed = read(body)
    assert parsed.rejects or parsed.records
