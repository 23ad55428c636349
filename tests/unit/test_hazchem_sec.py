"""Double prevention (sec_*): codes, dialects, life cycle, ciphers, and the defects of its senders. All invented."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from connectors.errors import ConfigurationError
from connectors.model import Outcome, Parsed, Payload, Receipt, Reject
from connectors.registry import parser
from feeds.registry import load

SALT = "a salt of tests only"
KEY = "0123456789abcdef"
IV = "fedcba9876543210"


def danger(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"d{number}",
        "companyCode": "911405MOCK",
        "dangerName": "模拟隐患",
        "dangerLevel": "0",
        "dangerState": "0",
        "registTime": "2026-08-10 08:00:00",
        **more,
    }


def parse(document: Any, name: str = "sec_hidden_danger_info.json", **options: Any) -> Parsed:
    body = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    payload = Payload(body, name, name, datetime(2026, 8, 12, tzinfo=UTC))
    return parser("hazchem_sec").parse(payload, {**load("hazchem_prevention").parser_options, **options})


def rows(parsed: Parsed, table: str = "hidden_danger") -> list[dict[str, Any]]:
    return parsed.tables[table].to_pylist() if table in parsed.tables else []


def rules(parsed: Parsed) -> list[str]:
    return [reject.rule for reject in parsed.rejects]


def told(parsed: Parsed) -> dict[str, int]:
    return {f"{drift.table}.{drift.field}": drift.count for drift in parsed.drift}


def closed(text: str, mode: Any, *, zero: bool = False) -> bytes:
    plain = text.encode()
    short = 16 - len(plain) % 16
    plain += b"\x00" * short if zero else bytes([short]) * short
    encryptor = Cipher(algorithms.AES(KEY.encode()), mode).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def test_a_danger_from_registration_to_acceptance() -> None:
    row = danger(
        dangerLevel="1",
        dangerSrc="7",
        hazardDangerType="5",
        dangerManageType="1",
        dangerManageDeadline="2026-08-20",
        cost="1.5",
        dangerState="9",
        checkAcceptTime="2026-08-11 17:30:00",
        checkAcceptComment="合格",
        updateDate="2026-08-11 18:00:00",
        riskMeasureId="m1",
    )
    (landed,) = rows(parse({"datas": [row]}))
    expected = {
        "danger_code": "911405MOCK-d1",
        "enterprise_code": "911405MOCK",
        "danger_level": "major",
        "source_kind": "resumption",
        "category": "fire",
        "manage_type": "by_deadline",
        "state": "accepted",
        "cost_cny": 15000.0,
        "registered_at": datetime(2026, 8, 10, 0, tzinfo=UTC),
        "deadline_at": datetime(2026, 8, 20, 16, tzinfo=UTC),  # the end of the 20th in Beijing
        "accepted_at": datetime(2026, 8, 11, 9, 30, tzinfo=UTC),
        "closed_at": datetime(2026, 8, 11, 9, 30, tzinfo=UTC),
        "updated_at": datetime(2026, 8, 11, 10, tzinfo=UTC),
    }
    assert {name: landed[name] for name in expected} == expected
    assert json.loads(landed["extra"]) == {"riskMeasureId": "m1"}


def test_codes_that_no_list_has_are_refused() -> None:
    parsed = parse([danger(1, dangerLevel="2"), danger(2, dangerState="5"), danger(3, dangerSrc="11"), danger(4)])
    assert (rules(parsed), len(rows(parsed))) == (["hazchem.code.unmapped"] * 3, 1)
    assert parsed.outcome is Outcome.PARTIAL


def test_dialects_are_options() -> None:
    levels = {"1": "general", "2": "major"}
    parsed = parse(
        [danger(1, dangerLevel="1"), danger(2, dangerLevel=2), danger(3, dangerLevel="0")], danger_levels=levels
    )
    assert [row["danger_level"] for row in rows(parsed)] == ["general", "major"]
    assert rules(parsed) == ["hazchem.code.unmapped"], "0 is no level of a sender who writes 1 and 2"
    states = parse([danger(1, dangerState="-1"), danger(2, dangerState=6)])
    assert [row["state"] for row in rows(states)] == ["found", "closed"]
    with pytest.raises(ConfigurationError, match="danger_levels"):
        parse([danger()], danger_levels={"1": "huge"})


def test_the_misspelt_source_is_read_and_told() -> None:
    parsed = parse([danger(dangersSrc="1")])
    assert rows(parsed)[0]["source_kind"] == "daily"
    assert told(parsed) == {"hidden_danger.(alias) dangersSrc": 1}


def test_deleted_rows_land_as_deleted() -> None:
    parsed = parse([danger(1, deleted="1"), danger(2, deleted=0), danger(3, deleted="x")])
    assert [row["is_deleted"] for row in rows(parsed)] == [True, False]
    assert rules(parsed) == ["hazchem.flag"]


def test_of_two_versions_the_later_change_stands_whatever_came_last() -> None:
    newer = danger(dangerState="1", updateDate="2026-08-12 08:00:00")
    older = danger(dangerState="0", updateDate="2026-08-11 08:00:00")
    for order in ([newer, older], [older, newer]):
        parsed = parse(order)
        assert [row["state"] for row in rows(parsed)] == ["awaiting_acceptance"]
        assert told(parsed) == {"hidden_danger.(duplicate key)": 1}


def test_persons_are_hashes_with_a_salt_and_nothing_without() -> None:
    row = danger(liablePerson="模拟甲", registrant="模拟乙", createBy="模拟 乙", createByMobile="13800000000")
    salted = rows(parse([row], salt=SALT))[0]
    extra = json.loads(salted["extra"])
    assert extra["registrant_hash"] == extra["createBy_hash"] != salted["responsible_person_hash"]
    assert "模拟甲" not in json.dumps(salted, default=str, ensure_ascii=False)
    assert "13800000000" not in json.dumps(salted, default=str)
    bare = parse([row])
    assert rows(bare)[0]["responsible_person_hash"] is None
    assert told(bare)["hidden_danger.(no salt)"] == 4
    refused = parse([danger(dangerLevel="7", liablePerson="模拟甲")]).rejects[0]
    assert refused.record is not None
    assert refused.record["liablePerson"] == "(a person)"
    with pytest.raises(ConfigurationError, match="too short"):
        parse([row], salt="short")


def test_tables_of_employees_are_counted_and_not_landed() -> None:
    people = [{"id": "1", "companyCode": "x", "name": "模拟甲"}]
    parsed = parse({"datas": people}, "sec_employee_file")
    assert (parsed.outcome, parsed.records) == (Outcome.ACCEPTED, 0)
    assert told(parsed) == {"sec_employee_file.(personal data, not landed)": 1}


@pytest.mark.parametrize(
    ("name", "row", "table", "key"),
    [
        ("sec_security_risk_unit", {"riskUnitName": "罐区"}, "risk_unit", "unit_code"),
        ("sec_security_risk_events", {"riskEventName": "泄漏", "riskUnitId": "u1"}, "risk_event", "event_code"),
        ("sec_security_risk_control_measures", {"riskMeasureDesc": "巡检"}, "control_measure", "measure_code"),
        ("sec_hidden_check_mission", {"checkCycle": "1", "riskMeasureId": "m"}, "check_mission", "mission_code"),
        ("sec_hidden_check_record", {"checkTaskId": "t", "isDefend": "1"}, "check_record", "record_code"),
        ("sec_deactivated_maintenance_record", {"stopReason": "检修"}, "maintenance_stop", "stop_code"),
        ("sec_production_promise", {"commitDate": "2026-08-10", "unitsNumber": "3"}, "safety_promise", "promise_code"),
        ("sec_special_job_ticket_approval", {"ticketType": "1", "ticketID": "d1"}, "work_ticket", "ticket_code"),
        (
            "sec_special_job_ticket_gas_analysis",
            {"gasType": "1", "analysisResults": "0.5", "ticketID": "t", "ticketType": "1"},
            "gas_analysis",
            "analysis_code",
        ),
    ],
)
def test_every_table_by_its_name_and_by_its_fields(name: str, row: dict[str, str], table: str, key: str) -> None:
    whole = {"id": "d1", "companyCode": "911405MOCK", **row}
    for parsed in (parse({"datas": [whole]}, f"{name}_20260810.json"), parse([whole], "export.json")):
        assert not parsed.rejects
        assert [record[key] for record in rows(parsed, table)] == ["911405MOCK-d1"]


def test_references_are_spelled_as_the_keys_they_point_at() -> None:
    (event,) = rows(
        parse([{"id": 7, "companyCode": "c", "riskEventName": "泄漏", "riskUnitId": 3}], "x.json"), "risk_event"
    )
    assert (event["event_code"], event["unit_code"]) == ("c-7", "c-3")


@pytest.mark.parametrize(
    ("cipher", "datas"),
    [
        ({"mode": "ECB"}, lambda text: base64.b64encode(closed(text, modes.ECB())).decode()),
        ({"mode": "CBC", "iv": IV, "text_spelling": "hex"}, lambda text: closed(text, modes.CBC(IV.encode())).hex()),
        (
            {"padding": "zero"},
            lambda text: base64.b64encode(closed(text, modes.ECB(), zero=True)).decode(),
        ),
        (
            {"key": KEY.encode().hex(), "key_spelling": "hex"},
            lambda text: base64.urlsafe_b64encode(closed(text, modes.ECB())).decode(),
        ),
    ],
    ids=["ecb", "cbc", "zero padding", "key in hexadecimal"],
)
def test_closed_messages_are_opened_as_the_contract_says(cipher: dict[str, str], datas: Any) -> None:
    message = {"datas": datas(json.dumps([danger()], ensure_ascii=False))}
    assert len(rows(parse(message, cipher={"key": KEY, **cipher}))) == 1
    assert rules(parse(message)) == ["hazchem.cipher"]
    assert rules(parse(message, cipher={"key": KEY[::-1]}))[0].startswith("hazchem.")


@pytest.mark.parametrize(
    "cipher",
    [{"kind": "rot13"}, {"key": "short"}, {"mode": "CBC", "key": KEY}, {"key": KEY, "padding": "x"}, {"mode": "x"}],
)
def test_a_cipher_that_cannot_work_is_refused(cipher: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="cipher"):
        parse([danger()], cipher=cipher)


def test_files_of_one_row_per_line() -> None:
    lines = "\n".join([json.dumps(danger(n), ensure_ascii=False) for n in (1, 2)] + ["{broken}", json.dumps(danger(3))])
    parsed = parse(lines.encode(), "export.ndjson")
    assert len(rows(parsed)) == 3
    assert [(reject.where, reject.rule) for reject in parsed.rejects] == [("line 3", "hazchem.json")]


def test_numbers_that_are_none_and_texts_that_were_destroyed_are_refused() -> None:
    body = json.dumps([danger(1, cost=0), danger(2)]).replace('"cost": 0', '"cost": 1e400').encode()
    assert rules(parse(body)) == ["hazchem.number.not_finite"]
    assert rules(parse([danger(1, cost="much"), danger(2, dangerDesc="锟斤拷"), danger(3, dangerDesc="a\x00b")])) == [
        "hazchem.number",
        "hazchem.text.damaged",
        "hazchem.text.unstorable",
    ]


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"id": ""}, "hazchem.value.missing"),
        ({"companyCode": None}, "hazchem.value.missing"),
        ({"registTime": "2026-13-01 00:00:00"}, "hazchem.time"),
        ({"dangerDesc": {"a": 1}}, "hazchem.text"),
    ],
)
def test_rows_that_lack_what_they_need_are_refused(more: dict[str, Any], rule: str) -> None:
    assert rules(parse([danger(**more)])) == [rule]


def test_the_company_of_the_message_stands_for_rows_that_name_none() -> None:
    row = danger()
    del row["companyCode"]
    assert rows(parse({"companyCode": "c9", "datas": [row]}))[0]["danger_code"] == "c9-d1"


def test_milliseconds_are_understood() -> None:
    assert rows(parse([danger(registTime=1786320000000)]))[0]["registered_at"] == datetime.fromtimestamp(
        1786320000, UTC
    )


def test_an_empty_message_is_accepted_and_something_else_is_not() -> None:
    assert parse({"datas": []}).outcome is Outcome.ACCEPTED
    assert parse([]).outcome is Outcome.ACCEPTED, "the file's name says of which table it is"
    assert rules(parse([], "x.json")) == ["hazchem.table.unknown"]
    assert rules(parse({"datas": {}})) == ["hazchem.document"]
    assert rules(parse([{"id": 1, "companyCode": "c"}], "x.json")) == ["hazchem.table.unknown"]


def test_what_a_sender_is_told() -> None:
    speaking = parser("hazchem_sec")
    reject = Reject("row 2", "hazchem.time", "why", "hidden_danger", {"id": "d2"})
    partly = speaking.reply(Receipt(Outcome.PARTIAL, 1, [reject]))  # type: ignore[attr-defined]
    assert partly.status == 200
    assert partly.document["data"]["code"] == 200
    assert partly.document["data"]["rows"] == [{"id": "d2", "where": "row 2", "rule": "hazchem.time", "reason": "why"}]
    nothing = speaking.reply(Receipt(Outcome.REJECTED, 0, [reject]))  # type: ignore[attr-defined]
    assert (nothing.status, nothing.document["data"]["code"]) == (422, 500)
