"""Alerts that come in an envelope: EDXL-DE distributions and lists of alerts. All data are invented."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.weather.cap import PARSER

CAP = "urn:oasis:names:tc:emergency:cap:1.2"


def alert(number: int, space: str = f' xmlns="{CAP}"', prefix: str = "", status: str = "Exercise") -> str:
    parts = {
        "identifier": f"SIM-{number}",
        "sender": "synthetic@example.org",
        "sent": "2026-08-10T08:05:00+08:00",
        "status": status,
        "msgType": "Alert",
        "scope": "Public",
    }
    inside = "".join(f"<{prefix}{name}>{value}</{prefix}{name}>" for name, value in parts.items())
    return f"<{prefix}alert{space}>{inside}</{prefix}alert>"


def edxl(*contents: str, version: str = "1.0", status: str = "Exercise") -> str:
    return (
        f'<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:{version}">'
        "<distributionID>SIM-D-1</distributionID><senderID>synthetic@example.org</senderID>"
        f"<dateTimeSent>2026-08-10T08:06:00+08:00</dateTimeSent><distributionStatus>{status}</distributionStatus>"
        + "".join(f"<contentObject>{content}</contentObject>" for content in contents)
        + "</EDXLDistribution>"
    )


def old(inside: str) -> str:
    return f"<xmlContent><embeddedXMLContent>{inside}</embeddedXMLContent></xmlContent>"


def new(inside: str) -> str:
    return f"<contentXML><embeddedXMLContent>{inside}</embeddedXMLContent></contentXML>"


def payload(body: str) -> Payload:
    return Payload(body.encode(), "https://cap.example/all", "all", datetime(2026, 8, 10, tzinfo=UTC))


def read(body: str) -> Parsed:
    return PARSER.parse(payload(body), {})


def identifiers(parsed: Parsed) -> list[str]:
    return parsed.tables["warning"].column("identifier").to_pylist()


@pytest.mark.parametrize(
    "body",
    [
        edxl(old(alert(1)), old(alert(2))),
        edxl(old(alert(1) + alert(2))),
        edxl(new(alert(1)), new(alert(2)), version="2.0"),
        edxl(old(escape(alert(1))), old(f"<![CDATA[<?xml version='1.0'?>{alert(2)}]]>")),
        f'<alerts xmlns="{CAP}">{alert(1, "")}{alert(2, "")}</alerts>',
        f'<ns2:alerts xmlns:ns2="{CAP}">{alert(1, "", "ns2:")}{alert(2, "", "ns2:")}</ns2:alerts>',
        f"<reply><data>{alert(1)}</data><data>{alert(2)}</data></reply>",
    ],
)
def test_every_alert_of_an_envelope_is_read(body: str) -> None:
    parsed = read(body)
    assert parsed.outcome is Outcome.ACCEPTED
    assert identifiers(parsed) == ["SIM-1", "SIM-2"]
    assert parsed.drift == []
    assert PARSER.links(payload(body)) == []


@pytest.mark.parametrize("body", [edxl(), f'<alerts xmlns="{CAP}"/>'])
def test_an_empty_envelope_says_that_there_is_no_alert(body: str) -> None:
    assert (read(body).outcome, read(body).records) == (Outcome.ACCEPTED, 0)


@pytest.mark.parametrize("body", ["<alerts/>", '<reply xmlns="urn:x"><data/></reply>'])
def test_an_unknown_document_without_alerts_is_no_empty_envelope(body: str) -> None:
    assert [reject.rule for reject in read(body).rejects] == ["cap.root.unknown"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (old("<map/>"), "cap.edxl.content"),
        ("<nonXMLContent><mimeType>image/png</mimeType></nonXMLContent>", "cap.edxl.content"),
        (old(escape(alert(1)[:-3])), "xml.malformed"),
    ],
)
def test_a_content_object_without_an_alert_is_told_and_the_rest_lands(content: str, rule: str) -> None:
    parsed = read(edxl(content, old(alert(2))))
    assert (parsed.outcome, identifiers(parsed)) == (Outcome.PARTIAL, ["SIM-2"])
    assert [(reject.rule, reject.where) for reject in parsed.rejects] == [(rule, "contentObject[0]")]


def test_an_exercise_in_an_actual_distribution_is_told() -> None:
    parsed = read(edxl(old(alert(1)), old(alert(2, status="Actual")), status="Actual"))
    assert [(seen.field, seen.count) for seen in parsed.drift] == [("edxl.status", 1)]
    assert parsed.tables["warning"].column("status").to_pylist() == ["Exercise", "Actual"]


def test_one_alert_in_two_distributions_is_one_row_with_the_same_content() -> None:
    first, second = (read(edxl(old(alert(1))).replace("SIM-D-1", name)) for name in ("SIM-D-1", "SIM-D-2"))
    assert first.tables["warning"].equals(second.tables["warning"])
