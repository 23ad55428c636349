"""National early-warning messages (12379): colours, codes, times, identifiers. All data are invented, 模拟."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import ConfigurationError
from connectors.model import Outcome, Parsed, Payload
from connectors.weather.cap_12379 import PARSER

CODE = "14050241600000"
IDENTIFIER = f"{CODE}_20260810080500_1"
HEAD = {
    "identifier": IDENTIFIER,
    "sender": "模拟县气象台",
    "senderCode": CODE,
    "sendTime": "2026-08-10 08:05:00+08:00",
    "status": "Exercise",
    "msgType": "Alert",
    "scope": "Public",
    "code": "<method><methodName>SMS</methodName><message>模拟短信</message><audienceGrp>a1,</audienceGrp></method>",
    "secClassification": "None",
    "note": "",
    "references": "",
}
INFO = {
    "language": "zh-CN",
    "eventType": "11B03",
    "urgency": "Unknown",
    "severity": "Orange",
    "certainty": "Unknown",
    "effective": "2026-08-10 08:05:00+08:00",
    "onset": "",
    "expires": "20260810200500",
    "senderName": "模拟县气象台",
    "headline": "模拟县气象台发布暴雨橙色预警[II级/严重]（模拟）",
    "description": "模拟",
    "instruction": "",
    "web": "",
}
AREA = "<areaDesc>模拟县</areaDesc><polygon/><circle/><geocode>140502000000</geocode>"


def leaves(values: dict[str, str | None]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items() if value is not None)


def alert(area: str = AREA, **changes: str | None) -> str:
    """An alert; a change to None leaves the element out."""
    head = {name: changes.get(name, value) for name, value in HEAD.items()}
    info = {name: changes.get(name, value) for name, value in INFO.items()}
    more = leaves({name: value for name, value in changes.items() if name not in HEAD | INFO})
    return f"<alert>{leaves(head)}<info>{leaves(info)}{more}<area>{area}</area></info></alert>"


def read(body: str, **options: Any) -> Parsed:
    payload = Payload(body.encode(), "inbox/1.xml", "1.xml", datetime(2026, 8, 10, tzinfo=UTC))
    return PARSER.parse(payload, {"zone": "Asia/Shanghai", **options})


def only(parsed: Parsed, table: str) -> dict[str, Any]:
    [row] = parsed.tables[table].to_pylist()
    return row


def drift(parsed: Parsed) -> dict[str, int]:
    return {f"{seen.table}.{seen.field}": seen.count for seen in parsed.drift}


def rules(parsed: Parsed) -> list[str]:
    return [reject.rule for reject in parsed.rejects]


def test_a_message_is_read_as_it_is_meant() -> None:
    parsed = read(alert())
    assert (parsed.outcome, drift(parsed)) == (Outcome.ACCEPTED, {})
    warning, info, area = (only(parsed, name) for name in ("warning", "warning_info", "warning_area"))
    sent = datetime(2026, 8, 10, 0, 5, tzinfo=UTC)
    assert (warning["sender"], warning["identifier"], warning["sent_at"]) == (CODE, IDENTIFIER, sent)
    assert (warning["restriction"], warning["codes"], warning["cap_version"]) == (None, '["SMS"]', "1.2")
    assert (info["event"], info["event_type_code"], info["categories"]) == ("暴雨", "11B03", '["Met"]')
    assert json.loads(info["event_codes"]) == {"GB/T 35561": "11B03"}
    assert (info["severity"], info["colour"], info["colour_source"]) == ("Severe", "orange", "parameter")
    assert json.loads(info["parameters"]) == {"severity": "Orange"}
    assert (info["sender_name"], info["onset_at"]) == ("模拟县气象台", None)
    assert info["expires_at"] == datetime(2026, 8, 10, 12, 5, tzinfo=UTC)
    assert (area["region_code"], area["geometry_source"]) == ("140502", "geocode")


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("20260810080500", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),
        ("2026-08-10 08:05:00", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),
        ("2026-08-10 08:05:00+08:00", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),
        ("2026-08-10T00:05:00Z", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),
        ("2026-08-10 24:00:00", datetime(2026, 8, 10, 16, 0, tzinfo=UTC)),
    ],
)
def test_both_forms_of_time_are_beijing_time(written: str, instant: datetime) -> None:
    parsed = read(alert(sendTime=written))
    assert only(parsed, "warning")["sent_at"] == instant
    assert drift(parsed) == {}


@pytest.mark.parametrize("written", ["", "20261310080500", "10.08.2026", "2026-08-10"])
def test_a_message_without_a_time_of_sending_is_a_reject(written: str) -> None:
    parsed = read(alert(sendTime=written))
    assert parsed.outcome is Outcome.REJECTED
    assert rules(parsed) == ["cap_12379.sent.time" if written else "cap_12379.sent.missing"]


@pytest.mark.parametrize(
    ("severity", "headline", "found", "cap"),
    [
        ("Red", "暴雨红色预警", ("red", "parameter", False), "Extreme"),
        ("yellow", "暴雨预警", ("yellow", "parameter", False), "Moderate"),
        ("BLUE", "大风蓝色预警[IV级/一般]", ("blue", "parameter", False), "Minor"),
        ("Yellow", "将暴雨黄色预警信号升级为橙色", ("orange", "headline", True), "Moderate"),
        ("Orange", "将暴雨橙色预警信号降级为黄色", ("yellow", "headline", True), "Severe"),
        ("Orange", "解除暴雨橙色预警信号", ("orange", "parameter", False), "Severe"),
        ("Unknown", "暴雨橙色预警", ("orange", "headline", False), "Unknown"),
        ("uknown", "暴雨预警", ("unknown", "none", False), "Unknown"),
        ("2", "暴雨预警", ("unknown", "none", False), "Unknown"),
        (None, "暴雨橙色预警", ("orange", "headline", False), None),
    ],
)
def test_the_colour_comes_from_severity_and_the_titles_last_colour_wins(
    severity: str | None, headline: str, found: tuple[str, str, bool], cap: str | None
) -> None:
    info = only(read(alert(severity=severity, headline=headline)), "warning_info")
    assert (info["colour"], info["colour_source"], info["colour_conflict"]) == found
    assert info["severity"] == cap


@pytest.mark.parametrize(
    ("code", "event", "system", "type_code"),
    [
        ("11B06", "大风", "GB/T 35561", "11B06"),
        ("11B0604", "大风", "GB/T 35561", "11B06"),
        ("11D02", "泥石流", "GB/T 35561", "11D02"),
        ("11B99", "11B99", "GB/T 35561", "11B99"),
        ("p0002001", "暴雨", "weather.com.cn", None),
        ("p0000002", "p0000002", "weather.com.cn", None),
        ("ZZZ", "ZZZ", "eventType", None),
    ],
)
def test_a_code_names_the_event_and_never_the_colour(code: str, event: str, system: str, type_code: str | None) -> None:
    parsed = read(alert(eventType=code, severity="Unknown", headline="预警"))
    info = only(parsed, "warning_info")
    assert (info["event"], info["event_type_code"], info["colour"]) == (event, type_code, "unknown")
    assert json.loads(info["event_codes"]) == {system: code}
    assert ("warning_info.eventType.unknown" in drift(parsed)) == (event == code)


def test_without_a_code_the_title_says_what_the_event_is() -> None:
    assert only(read(alert(eventType="", headline="模拟预警")), "warning_info")["event"] == "模拟预警"


@pytest.mark.parametrize(
    ("identifier", "flaw"),
    [
        (IDENTIFIER, None),
        (f"{CODE}_20260810080500", None),
        (f"{CODE}_20260810080500_12", "form"),
        ("模拟-1", "form"),
        (f"{CODE}_20260230080500_1", "time"),
        ("62082341600000_20260810080500_1", "sender"),
    ],
)
def test_an_identifier_against_the_rule_is_counted_and_the_warning_lands(identifier: str, flaw: str | None) -> None:
    parsed = read(alert(identifier=identifier))
    assert only(parsed, "warning")["identifier"] == identifier
    assert drift(parsed) == ({f"warning.identifier.{flaw}": 1} if flaw else {})


def test_characters_that_no_reference_could_hold_are_replaced_and_counted() -> None:
    parsed = read(alert(identifier="模拟, 1"))
    assert only(parsed, "warning")["identifier"] == "模拟_1"
    assert drift(parsed) == {"warning.identifier.form": 1, "warning.identifier.characters": 1}


@pytest.mark.parametrize("name", ["identifier", "status", "msgType", "scope"])
def test_what_a_message_cannot_do_without(name: str) -> None:
    parsed = read(alert(**{name: None}))
    assert (parsed.outcome, rules(parsed)) == (Outcome.REJECTED, [f"cap_12379.{name}.missing"])


def test_misspellings_are_read_and_counted() -> None:
    parsed = read(alert(msgType="Cancle", urgency="uknown", certainty="立即", references=IDENTIFIER))
    assert only(parsed, "warning")["msg_type"] == "Cancel"
    info = only(parsed, "warning_info")
    assert (info["urgency"], info["certainty"]) == ("Unknown", "Unknown")
    assert drift(parsed) == {
        "warning.msgType.alias": 1,
        "warning_info.urgency.alias": 1,
        "warning_info.certainty.unknown": 1,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{CODE}_20260810060000", [f"{CODE}_20260810060000"]),
        (f"{CODE}_20260810060000_1,{CODE}_20260810070000_2", [f"{CODE}_20260810060000_1", f"{CODE}_20260810070000_2"]),
        (f"{CODE},{IDENTIFIER},20260810060000", [f"{CODE},{IDENTIFIER},2026-08-09T22:00:00+00:00"]),
        (f"{CODE},{IDENTIFIER},2026-08-10 06:00:00+08:00 x1", [f"{CODE},{IDENTIFIER},2026-08-09T22:00:00+00:00", "x1"]),
    ],
)
def test_references_are_identifiers_or_triples(text: str, expected: list[str]) -> None:
    parsed = read(alert(msgType="Update", references=text))
    assert (parsed.outcome, json.loads(only(parsed, "warning")["reference_list"])) == (Outcome.ACCEPTED, expected)


def test_an_update_that_names_nothing_lands_and_is_told() -> None:
    parsed = read(alert(msgType="Update"))
    assert (parsed.outcome, rules(parsed)) == (Outcome.PARTIAL, ["cap_12379.references.missing"])


def test_an_area_with_several_codes_is_several_areas() -> None:
    parsed = read(alert("<areaDesc>模拟甲县,模拟乙县</areaDesc><geocode>140502000000,140521000000</geocode>"))
    areas = parsed.tables["warning_area"].to_pylist()
    assert [(a["area_index"], a["area_desc"], a["region_code"]) for a in areas] == [
        (0, "模拟甲县", "140502"),
        (1, "模拟乙县", "140521"),
    ]


def test_an_area_told_twice_is_one_area() -> None:
    parsed = read(alert("<areaDesc>模拟省,模拟省</areaDesc><geocode>140000000000,140000000000</geocode>"))
    assert only(parsed, "warning_area")["region_code"] == "140000"


def test_a_drawn_area_keeps_its_shape_and_all_codes() -> None:
    shape = "<polygon>35,112 35,113 36,113 35,112</polygon><geocode>140502000000;140521000000</geocode>"
    area = only(read(alert(f"<areaDesc>模拟</areaDesc>{shape}")), "warning_area")
    assert (area["geometry_source"], json.loads(area["geocodes"])) == (
        "polygon",
        {"GB/T 2260": ["140502000000", "140521000000"]},
    )


def test_names_of_persons_and_recipients_do_not_land() -> None:
    parsed = read(alert(senderName="模拟员"))
    assert only(parsed, "warning_info")["sender_name"] == "模拟县气象台"
    assert drift(parsed) == {"warning_info.senderName.person": 1}
    landed = json.dumps([t.to_pylist() for t in parsed.tables.values()], default=str, ensure_ascii=False)
    assert not any(word in landed for word in ("模拟员", "模拟短信", "a1,"))


def test_a_secret_level_is_a_restriction() -> None:
    assert only(read(alert(secClassification="内部")), "warning")["restriction"] == "内部"


def test_several_alerts_of_one_file_are_all_read() -> None:
    body = "".join(alert(identifier=f"{CODE}_2026081008050{n}_1") for n in range(3))
    parsed = read(f"<Envelope><Body>{body}</Body></Envelope>")
    assert (parsed.outcome, parsed.tables["warning"].num_rows) == (Outcome.ACCEPTED, 3)


def test_one_broken_alert_does_not_cost_the_others() -> None:
    parsed = read(f"<alerts>{alert(sendTime='')}{alert()}</alerts>")
    assert (parsed.outcome, rules(parsed)) == (Outcome.PARTIAL, ["cap_12379.sent.missing"])
    assert parsed.rejects[0].where == "alert[0]/sent"


def test_other_spellings_are_declared() -> None:
    body = alert().replace("sendTime>", "sent_time>").replace("eventType>", "eventtype>")
    assert rules(read(body)) == ["cap_12379.sent.missing"]
    parsed = read(body, elements={"sendTime": "sent_time", "eventType": ["evType", "eventtype"]})
    assert (parsed.outcome, only(parsed, "warning_info")["event"]) == (Outcome.ACCEPTED, "暴雨")


@pytest.mark.parametrize("elements", [{"colour": "c"}, ["sendTime"]])
def test_a_spelling_of_nothing_is_a_wrong_contract(elements: object) -> None:
    with pytest.raises(ConfigurationError, match="elements"):
        read(alert(), elements=elements)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<warnings/>", "cap_12379.root"),
        ('<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><sent>x</sent></alert>', "cap_12379.cap"),
        ("<!DOCTYPE a><alert/>", "xml.dtd"),
        ("<html></html>", "xml.html"),
    ],
)
def test_other_documents_are_rejected(body: str, rule: str) -> None:
    assert (read(body).outcome, rules(read(body))) == (Outcome.REJECTED, [rule])


def test_gbk_is_read() -> None:
    body = ('<?xml version="1.0" encoding="GBK"?>' + alert()).encode("gbk")
    parsed = PARSER.parse(Payload(body, "1.xml", "1.xml", datetime(2026, 8, 10, tzinfo=UTC)), {})
    assert only(parsed, "warning_info")["event"] == "暴雨"


def test_an_unknown_element_is_kept_and_counted() -> None:
    parsed = read(alert(mood="x"))
    assert drift(parsed) == {"warning_info.mood": 1}
    assert json.loads(only(parsed, "warning_info")["extra"]) == {"mood": ["x"]}
