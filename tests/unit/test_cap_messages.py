"""One CAP document -> rows: what stands, what is refused, what is counted as drift (formats.md 2.1-2.3, 9)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import ConfigurationError
from connectors.model import Outcome, Parsed, Parser, Payload
from connectors.weather.cap import PARSER
from feeds.registry import load

OPTIONS = {"zone": "Asia/Shanghai", "colour_parameters": ["color", "预警颜色"]}
HEAD = {
    "identifier": "62082341600000_20260810080500_1",
    "sender": "62082341600000",
    "sent": "2026-08-10T08:05:00+08:00",
    "status": "Actual",
    "msgType": "Alert",
    "scope": "Public",
}
INFO = {
    "category": "Met",
    "event": "暴雨",
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Likely",
}


def elements(values: dict[str, str | None]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items() if value is not None)


def pair(name: str, key: str, value: str) -> str:
    return f"<{name}><valueName>{key}</valueName><value>{value}</value></{name}>"


def info(more: str = "", **changes: str | None) -> str:
    return f"<info>{elements(INFO | changes)}{more}</info>"


def alert(*infos: str, more: str = "", version: str = "1.2", **changes: str | None) -> str:
    namespace = f"urn:oasis:names:tc:emergency:cap:{version}"
    return f'<alert xmlns="{namespace}">{elements(HEAD | changes)}{more}{"".join(infos)}</alert>'


def read(document: str | bytes, **options: Any) -> Parsed:
    body = document.encode() if isinstance(document, str) else document
    payload = Payload(body, "https://cap.example/1.xml", "1.xml", datetime(2026, 8, 10, 1, tzinfo=UTC))
    return PARSER.parse(payload, {**OPTIONS, **options})


def row(parsed: Parsed, table: str = "warning", index: int = 0) -> dict[str, Any]:
    return parsed.tables[table].to_pylist()[index]


def rules(parsed: Parsed) -> list[str]:
    return [reject.rule for reject in parsed.rejects]


def drift(parsed: Parsed) -> dict[str, int]:
    return {f"{seen.table}.{seen.field}": seen.count for seen in parsed.drift}


def test_it_is_a_parser_and_its_tables_are_those_of_the_contract() -> None:
    assert isinstance(PARSER, Parser)
    contract = load("weather_warning")
    assert set(PARSER.tables) == {table.name for table in contract.tables}
    for table in contract.tables:
        assert PARSER.tables[table.name].names == [*(column.name for column in table.columns), "extra"]
    for name, table in read(alert(info())).tables.items():
        assert table.schema.equals(PARSER.tables[name])


def test_a_whole_message() -> None:
    area = "<area><areaDesc>模拟县</areaDesc>" + pair("geocode", "CPEAS Geographic Code", "620823000000") + "</area>"
    codes = pair("eventCode", "GB/T 35561", "11B03")
    times = "<effective>2026-08-10T08:05:00+08:00</effective><expires>2026-08-10T20:05:00+08:00</expires>"
    title = "<headline>模拟县气象台将暴雨黄色预警信号升级为橙色</headline>" + pair("parameter", "Color", "Orange")
    parsed = read(alert(info(codes + times + title + area, event="暴雨"), source="模拟"))
    assert parsed.outcome is Outcome.ACCEPTED
    warning, body, place = row(parsed), row(parsed, "warning_info"), row(parsed, "warning_area")
    assert warning["sent_at"] == datetime(2026, 8, 10, 0, 5, tzinfo=UTC)
    assert warning["event_at"] == warning["sent_at"]
    assert warning["cap_version"] == "1.2"
    assert warning["document_url"] == "https://cap.example/1.xml"
    assert warning["reference_list"] is None
    assert body["event_type_code"] == "11B03"
    assert json.loads(body["categories"]) == ["Met"]
    assert body["language"] == "en-US"
    assert body["expires_at"] == datetime(2026, 8, 10, 12, 5, tzinfo=UTC)
    assert (body["colour"], body["colour_source"], body["colour_conflict"]) == ("orange", "parameter", False)
    assert place["region_code"] == "620823"
    assert place["geometry_source"] == "geocode"
    assert json.loads(place["geocodes"]) == {"CPEAS Geographic Code": ["620823000000"]}


@pytest.mark.parametrize("name", ["identifier", "sender", "sent", "status", "msgType", "scope"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_message_without_a_required_element_is_one_reject(name: str, value: str | None) -> None:
    parsed = read(alert(info(), **{name: value}))
    assert parsed.outcome is Outcome.REJECTED
    assert parsed.records == 0
    assert rules(parsed) == [f"cap.{name}.missing"]
    kept = parsed.rejects[0].record or {}
    assert all(kept[other] == text for other, text in HEAD.items() if other != name)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"status": "Real"}, "cap.status.enum"),
        ({"msgType": "Alarm"}, "cap.msgType.enum"),
        ({"scope": "World"}, "cap.scope.enum"),
        ({"identifier": "a,b"}, "cap.identifier.characters"),
        ({"identifier": "a&lt;b"}, "cap.identifier.characters"),
        ({"sender": "a&amp;b"}, "cap.sender.characters"),
        ({"sent": "yesterday"}, "cap.sent.time"),
        ({"sent": "2026-02-30T08:00:00+08:00"}, "cap.sent.time"),
        ({"sent": "2026-08-10T08:05:00+15:00"}, "cap.sent.time"),
        ({"sent": "2026-08-10T08:05:00,+08:00"}, "cap.sent.time"),
    ],
)
def test_a_message_with_a_wrong_value_is_refused(change: dict[str, str], rule: str) -> None:
    parsed = read(alert(info(), **change))
    assert (parsed.outcome, parsed.records, rules(parsed)) == (Outcome.REJECTED, 0, [rule])


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"event": None}, "cap.event.missing"), ({"severity": "Huge"}, "cap.severity.enum"),
     ({"urgency": "now"}, "cap.urgency.enum"), ({"certainty": "99 %"}, "cap.certainty.enum")],
)  # fmt: skip
def test_a_bad_info_refuses_the_whole_message_and_says_where(change: dict[str, str | None], rule: str) -> None:
    parsed = read(alert(info(), info(**change)))
    assert (parsed.outcome, parsed.records, rules(parsed)) == (Outcome.REJECTED, 0, [rule])
    assert parsed.rejects[0].where.startswith("info[1]/")


def test_misspelt_and_lower_case_words_are_read_kept_and_counted() -> None:
    parsed = read(
        alert(
            info(severity="uknown", urgency="immediate"),
            msgType="Cancle",
            more="<references>a,b,2026-08-10T06:00:00+08:00</references>",
        )
    )
    assert parsed.outcome is Outcome.ACCEPTED
    assert row(parsed)["msg_type"] == "Cancel"
    assert json.loads(row(parsed)["extra"]) == {"aliases": {"msgType": "Cancle"}}
    body = row(parsed, "warning_info")
    assert (body["severity"], body["urgency"]) == ("Unknown", "Immediate")
    assert json.loads(body["extra"])["aliases"] == {"severity": "uknown", "urgency": "immediate"}
    assert drift(parsed)["warning.msgType.alias"] == 1
    assert drift(parsed)["warning_info.severity.alias"] == 1


def test_a_colour_in_the_place_of_the_severity_is_an_alias() -> None:
    body = row(read(alert(info(severity="Red"))), "warning_info")
    assert (body["severity"], body["colour"], body["colour_source"]) == ("Extreme", "red", "severity")


def test_what_is_missing_but_not_required_is_null_and_noted() -> None:
    parsed = read(alert(info(category=None, urgency=None, severity=None, certainty=None)))
    assert parsed.outcome is Outcome.ACCEPTED
    body = row(parsed, "warning_info")
    assert [body[name] for name in ("categories", "urgency", "severity", "certainty")] == [None] * 4
    assert (body["colour"], body["colour_source"]) == ("unknown", "none")
    assert {f"warning_info.{name}.missing" for name in INFO if name != "event"} <= set(drift(parsed))


def test_a_message_without_info_is_a_record_that_happens_when_it_is_sent() -> None:
    parsed = read(alert(msgType="Cancel", more="<references>a,b,2026-08-10T06:00:00+08:00</references>"))
    assert parsed.outcome is Outcome.ACCEPTED
    assert (parsed.tables["warning"].num_rows, parsed.tables["warning_info"].num_rows) == (1, 0)
    assert row(parsed)["event_at"] == row(parsed)["sent_at"]


def test_the_event_begins_at_the_earliest_onset_else_at_the_earliest_effective_time() -> None:
    late = info("<onset>2026-08-11T00:00:00Z</onset>")
    early = info("<effective>2026-08-09T00:00:00Z</effective><onset>2026-08-10T12:00:00Z</onset>")
    assert row(read(alert(late, early)))["event_at"] == datetime(2026, 8, 10, 12, tzinfo=UTC)
    without = info("<effective>2026-08-09T00:00:00Z</effective>")
    assert row(read(alert(info(), without)))["event_at"] == datetime(2026, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-08-10T08:05:00Z", datetime(2026, 8, 10, 8, 5, tzinfo=UTC)),
        ("2026-08-10T08:05:00-00:00", datetime(2026, 8, 10, 8, 5, tzinfo=UTC)),
        ("2026-08-10T08:05:00.25+08:00", datetime(2026, 8, 10, 0, 5, 0, 250000, tzinfo=UTC)),
        ("2026-08-10T24:00:00+08:00", datetime(2026, 8, 10, 16, tzinfo=UTC)),
        ("2026-12-31T24:00:00+00:00", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-08-10T08:05+0800", datetime(2026, 8, 10, 0, 5, tzinfo=UTC)),
        ("2999-01-01T00:00:00+00:00", datetime(2999, 1, 1, tzinfo=UTC)),  # the gate's business
    ],
)
def test_times_that_mean_one_instant_are_read(text: str, expected: datetime) -> None:
    parsed = read(alert(info(), sent=f" {text} "))
    assert parsed.outcome is Outcome.ACCEPTED
    assert row(parsed)["sent_at"] == expected


def test_a_time_without_offset_takes_the_feed_zone_and_is_noted() -> None:
    parsed = read(alert(info(), sent="2026-08-10T08:05:00"))
    assert row(parsed)["sent_at"] == datetime(2026, 8, 10, 0, 5, tzinfo=UTC)
    assert drift(parsed)["warning.sent.naive_time"] == 1
    assert json.loads(row(parsed)["extra"]) == {"aliases": {"sent": "2026-08-10T08:05:00"}}


def test_a_time_without_offset_is_refused_where_no_zone_is_known() -> None:
    parsed = read(alert(info(), sent="2026-08-10T08:05:00"), zone=None)
    assert (parsed.outcome, rules(parsed)) == (Outcome.REJECTED, ["cap.sent.zone"])
    parsed = read(alert(info("<expires>2026-08-10T09:05:00</expires>")), zone=None)
    assert (parsed.outcome, rules(parsed)) == (Outcome.PARTIAL, ["cap.expires.zone"])


def test_a_zone_that_does_not_exist_is_a_mistake_of_the_contract() -> None:
    with pytest.raises(ConfigurationError, match="Asia/Atlantis"):
        read(alert(info()), zone="Asia/Atlantis")


def test_an_unreadable_optional_time_is_lost_but_not_the_warning() -> None:
    parsed = read(alert(info("<onset>soon</onset><expires>2026-13-01T00:00:00Z</expires>")))
    assert (parsed.outcome, rules(parsed)) == (Outcome.PARTIAL, ["cap.onset.time", "cap.expires.time"])
    assert parsed.rejects[0].where == "info[0]/onset"
    assert row(parsed, "warning_info")["expires_at"] is None
    assert row(parsed)["event_at"] == row(parsed)["sent_at"]


def test_references_are_triples_in_order_whatever_separates_them() -> None:
    first = "urn:oid:2.49.0.0.156.0,urn:oid:2.49.0.1.156.0.1,2026-08-10T06:00:00+08:00"
    second = "62082341600000,an id with blanks,2026-08-10T07:00:00-00:00"
    naive = "62082341600000,x,2026-08-10T07:00:00"
    parsed = read(alert(info(), msgType="Update", more=f"<references> {first}\n\n\t{second} {naive}</references>"))
    assert parsed.outcome is Outcome.ACCEPTED
    assert json.loads(row(parsed)["reference_list"]) == [first, second, "62082341600000,x,2026-08-09T23:00:00+00:00"]


def test_a_broken_reference_is_a_reject_and_the_others_stay() -> None:
    good = "62082341600000,x,2026-08-10T06:00:00+08:00"
    text = f"only-an-id {good} a,b,2026-99-10T06:00:00+08:00"
    parsed = read(alert(info(), msgType="Update", more=f"<references>{text}</references>"))
    assert rules(parsed) == ["cap.references.triple"] * 2
    assert json.loads(row(parsed)["reference_list"]) == [good]


@pytest.mark.parametrize("msg_type", ["Update", "Cancel", "Ack", "Error"])
def test_an_update_that_names_no_message_lands_with_a_reject(msg_type: str) -> None:
    parsed = read(alert(info(), msgType=msg_type, more="<references/>"))
    assert (parsed.outcome, rules(parsed)) == (Outcome.PARTIAL, ["cap.references.missing"])
    assert parsed.tables["warning"].num_rows == 1


def test_lists_with_quotes_and_blanks() -> None:
    more = '<addresses>"模拟 应急局" b@example</addresses><code>profile:a</code><code>b</code>'
    more += '<incidents>i1 "i 2"</incidents>'
    warning = row(read(alert(info(), more=more)))
    assert json.loads(warning["addresses"]) == ["模拟 应急局", "b@example"]
    assert json.loads(warning["codes"]) == ["profile:a", "b"]
    assert json.loads(warning["incidents"]) == ["i1", "i 2"]


def test_several_infos_and_areas_keep_their_places() -> None:
    area = "<area><areaDesc>{}</areaDesc></area>"
    parsed = read(
        alert(info(area.format("a") + area.format("b"), language="zh-CN"), info(area.format("c"), language="en-US"))
    )
    assert [r["language"] for r in parsed.tables["warning_info"].to_pylist()] == ["zh-CN", "en-US"]
    places = [(r["info_index"], r["area_index"], r["area_desc"]) for r in parsed.tables["warning_area"].to_pylist()]
    assert places == [(0, 0, "a"), (0, 1, "b"), (1, 0, "c")]


def test_repeated_parameters_become_an_array_and_a_resource_stays_readable() -> None:
    resource = f"<resource><resourceDesc>map</resourceDesc><derefUri>{'A' * 5000}</derefUri></resource>"
    twice = (
        pair("parameter", "BLOCKCHANNEL", "EAS")
        + pair("parameter", "BLOCKCHANNEL", "NWEM")
        + pair("parameter", "x", "1")
    )
    parsed = read(alert(info(twice + resource)))
    body = row(parsed, "warning_info")
    assert json.loads(body["parameters"]) == {"BLOCKCHANNEL": ["EAS", "NWEM"], "x": "1"}
    [kept] = json.loads(body["extra"])["resource"]
    assert kept["resourceDesc"] == ["map"]
    assert kept["derefUri"] == ["5000 characters, kept in the archived payload"]
    assert parsed.drift == []


def test_unknown_elements_are_kept_and_reported() -> None:
    parsed = read(alert(info("<magnitude unit='M'>6</magnitude>"), more="<region><code>7</code></region>"))
    assert parsed.outcome is Outcome.ACCEPTED
    assert json.loads(row(parsed)["extra"]) == {"region": [{"code": ["7"]}]}
    assert json.loads(row(parsed, "warning_info")["extra"]) == {"magnitude": [{"@unit": "M", "text": "6"}]}
    assert drift(parsed) == {"warning.region": 1, "warning_info.magnitude": 1}


def test_an_unknown_element_with_the_name_of_a_remark_is_kept_beside_it() -> None:
    parsed = read(alert(info(), msgType="alert", more="<aliases>x</aliases><signed>y</signed><password>z</password>"))
    remark = {"aliases": {"msgType": "alert"}, "password": "removed"}
    assert json.loads(row(parsed)["extra"]) == {**remark, "<aliases>": ["x"], "signed": ["y"]}


def test_two_lost_parts_of_one_payload_stay_two_records() -> None:
    bad = info("<expires>soon</expires>")
    records = [str(reject.record) for reject in read(alert(bad, bad)).rejects]
    assert len(set(records)) == 2


def test_endless_values_do_not_end_up_in_reasons_and_examples() -> None:
    parsed = read(alert(info(f"<expires>{'9' * 10_000}</expires><strange>{'9' * 10_000}</strange>")))
    assert len(parsed.rejects[0].reason) <= 500
    assert len(parsed.drift[0].example or "") <= 200


def test_a_signature_is_allowed_and_only_marked() -> None:
    signature = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature>'
    parsed = read(alert(info(), more=signature))
    assert json.loads(row(parsed)["extra"]) == {"signed": True}
    assert parsed.drift == []


def test_another_order_than_the_schema_is_read_and_noted() -> None:
    parsed = read(alert(info("<language>zh-CN</language>")))
    assert parsed.outcome is Outcome.ACCEPTED
    assert drift(parsed) == {"warning_info.order": 1}


def test_an_identifier_with_blanks_is_read_and_noted() -> None:
    parsed = read(alert(info(), identifier="alert 7"))
    assert row(parsed)["identifier"] == "alert 7"
    assert drift(parsed) == {"warning.identifier.blanks": 1}


def test_same_identifier_with_a_new_sent_is_another_key() -> None:
    first, second = read(alert(info())), read(alert(info(), sent="2026-08-10T08:06:00+08:00"))
    assert row(first)["identifier"] == row(second)["identifier"]
    assert row(first)["sent_at"] != row(second)["sent_at"]


@pytest.mark.parametrize(
    ("namespace", "version"),
    [("urn:oasis:names:tc:emergency:cap:1.1", "1.1"), ("http://www.incident.com/cap/1.0", "1.0")],
)
def test_older_versions_are_read(namespace: str, version: str) -> None:
    document = alert(info(certainty="Very Likely")).replace("urn:oasis:names:tc:emergency:cap:1.2", namespace)
    parsed = read(document)
    assert row(parsed)["cap_version"] == version
    assert row(parsed, "warning_info")["certainty"] == "Likely"


def test_cap_1_0_pairs_are_read_and_its_password_is_never_kept() -> None:
    document = alert(info("<eventCode>SAME=CAE</eventCode>"), more="<password>hunter2</password>")
    parsed = read(document.replace("urn:oasis:names:tc:emergency:cap:1.2", "http://www.incident.com/cap/1.0"))
    assert json.loads(row(parsed, "warning_info")["event_codes"]) == {"SAME": "CAE"}
    assert "hunter2" not in str(parsed.tables)
    later = read(alert(info(), more="<password>hunter2</password>"))
    assert "hunter2" not in str(later.tables)
    refused = read(alert(info(), scope=None, more="<password>hunter2</password>"))
    assert "hunter2" not in str(refused)


def test_prefixed_elements_are_the_same_message() -> None:
    plain = alert(info("<area><areaDesc>a</areaDesc></area>"))
    prefixed = (
        plain.replace("xmlns=", "xmlns:cap=")
        .replace("</", "</cap:")
        .replace("<", "<cap:")
        .replace("<cap:/cap:", "</cap:")
    )
    assert row(read(prefixed)) == row(read(plain))


def test_parsing_twice_gives_the_same_tables() -> None:
    document = alert(info(pair("parameter", "b", "1") + pair("parameter", "a", "2")), more="<z/><y/>")
    assert read(document).tables == read(document).tables


def test_an_attribute_is_kept_and_lang_is_a_language_where_no_other_is_said() -> None:
    """CAP has no attributes; a German exchange says the language of each info with one."""
    parsed = read(alert(info().replace("<info>", '<info lang="DE">'), info("<language>zh-CN</language>")))
    first, second = parsed.tables["warning_info"].to_pylist()
    assert (first["language"], second["language"]) == ("DE", "zh-CN")
    assert json.loads(first["extra"])["@lang"] == ["DE"]
    assert drift(parsed)["warning_info.@lang"] == 1


def test_where_the_schema_lies_is_no_attribute_of_the_alert() -> None:
    where = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x cap.xsd"'
    parsed = read(alert(info()).replace("<alert ", f"<alert {where} "))
    assert (row(parsed)["extra"], drift(parsed)) == (None, {})
