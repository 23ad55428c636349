"""Requests that are signed anew, spans of time, failures told in a body: over a real server, nothing left behind."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.errors import ConfigurationError, ContractError, RateLimitedError
from connectors.model import Cursor, Interval, Pull
from connectors.registry import connect
from connectors.transport.auth import CmaMusic, EdDsaToken, music_signature, signer
from connectors.transport.time_range import TimeRange
from tests.local_http import Asked, LocalHttp, Reply, serve

NOW = datetime(2026, 8, 10, 8, 0, 30, tzinfo=UTC)
PASSWORD = "invented-password"
SIGN = {"kind": "cma_music", "user": "SIM_USER", "password": PASSWORD, "service_node_id": "SIM_NODE"}
SPANS = {"format": "%Y%m%d%H%M%S", "overlap_s": 600, "first_s": 7200, "longest_s": 86400, "unit_s": 60}
GOOD = {"returnCode": "0", "DS": [{"Station_Id_C": "SIM1", "Datetime": "20260810080000", "TEM": "20"}]}


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHttp]:
    monkeypatch.setenv("NO_PROXY", "*")
    with serve() as server:
        yield server


def reply(document: Any) -> Reply:
    return Reply(json.dumps(document).encode(), headers={"Content-Type": "application/json"})


def music(source: LocalHttp, **more: Any) -> Any:
    declaration = {"transport": "http", "format": "cma_music", "walk": "time_range", "time_range": SPANS, "sign": SIGN}
    address = f"{source.url}/api?interfaceId=getSurfEleByTimeRange&timeRange=[{{start}},{{end}})"
    quick = {"retry": {"attempts": 3, "base_s": 0.001, "cap_s": 0.001}}
    return connect({**declaration, **quick, **more}, source=address)


def pulled(connector: Any, cursor: Cursor | None = None, interval: Interval | None = None) -> list[Pull]:
    return list(connector.pull(cursor or {}, interval))


def test_the_signature_is_that_of_the_published_vector() -> None:
    parameters = {
        "serviceNodeId": "NMIC_MUSIC_CMADAAS",
        "method": "callAPI_to_serializedStr",
        "userId": "BETC_TEST",
        "interfaceId": "getSurfEleByTime",
        "language": "Python",
        "clientversion": "V2.0.0",
        "dataCode": "SURF_CHN_MUL_HOR",
        "elements": "Station_Id_C,PRE_1h,TEM",
        "times": "20260810000000",
        "dataFormat": "json",
        "timestamp": "1760000000000",
        "nonce": "11111111-2222-3333-4444-555555555555",
    }
    assert music_signature({**parameters, "pwd": "secret"}) == "D91C59B60B9C3E9D7E738CC9F22ED49F"


def test_a_signed_address_is_the_vector_again() -> None:
    own = CmaMusic("BETC_TEST", "secret", nonce=lambda: "11111111-2222-3333-4444-555555555555")
    address = (
        "http://host/api?method=callAPI_to_serializedStr&interfaceId=getSurfEleByTime&language=Python"
        "&clientversion=V2.0.0&dataCode=SURF_CHN_MUL_HOR&elements=Station_Id_C,PRE_1h,TEM&times=20260810000000"
        "&dataFormat=json"
    )
    signed = own.sign(address, datetime.fromtimestamp(1760000000, UTC))
    assert "sign=D91C59B60B9C3E9D7E738CC9F22ED49F" in signed.url
    assert "secret" not in signed.url
    assert "pwd" not in signed.url


def test_every_request_is_signed_anew_and_nothing_of_it_is_kept(source: LocalHttp) -> None:
    source.on("/api", [Reply(status=500), reply(GOOD)])
    (pull,) = pulled(music(source))
    first, second = source.asked
    for asked in (first, second):
        parameters = {name: value for name, value in asked.query.items() if name != "sign"}
        assert asked.query["sign"] == music_signature({**parameters, "pwd": PASSWORD})
        assert "pwd" not in asked.query
    assert first.query["nonce"] != second.query["nonce"]
    (payload,) = pull.payloads
    kept = json.dumps([payload.source, payload.name, dict(payload.facts), pull.cursor])
    for secret in (PASSWORD, "sign=", "nonce", "timestamp", second.query["sign"]):
        assert secret not in kept


def test_an_error_shows_neither_password_nor_signature(source: LocalHttp) -> None:
    source.on("/api", Reply(status=403))
    with pytest.raises(ConfigurationError) as caught:
        pulled(music(source))
    assert PASSWORD not in str(caught.value)
    assert source.asked[0].query["sign"] not in str(caught.value)


def test_another_host_gets_no_signature(source: LocalHttp) -> None:
    with serve() as foreign:
        foreign.on("/there", reply(GOOD))
        source.on("/api", Reply(status=302, headers={"Location": f"{foreign.url}/there"}))
        pulled(music(source))
        (asked,) = foreign.asked
    assert not {"sign", "nonce", "userId"} & set(asked.query)


def test_a_refusal_in_the_body_fails_the_fetch(source: LocalHttp) -> None:
    source.on("/api", reply({"returnCode": -1004, "flag": "slb", "returnMessage": "Password Error"}))
    with pytest.raises(ConfigurationError, match="Password Error"):
        pulled(music(source))
    source.on("/api", reply({"returnCode": -2001, "returnMessage": "bad element"}))
    with pytest.raises(ContractError, match="-2001"):
        pulled(music(source))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"code": "401"}, ConfigurationError),
        ({"code": "429"}, RateLimitedError),
        ({"code": "404"}, ContractError),
        ({"error": {"status": 403, "title": "NO CREDIT"}}, ConfigurationError),
    ],
)
def test_v7_codes_fail_the_fetch(source: LocalHttp, body: dict[str, Any], kind: type[Exception]) -> None:
    source.on("/now", reply(body))
    declaration = {"transport": "http", "format": "qweather", "place_code": "SIM"}
    with pytest.raises(kind):
        pulled(connect(declaration, source=f"{source.url}/now"))


def test_an_api_key_goes_into_a_header_of_its_host_only(source: LocalHttp) -> None:
    source.on("/now", reply({"code": "200", "warning": []}))
    host = source.url.removeprefix("http://")
    declaration = {"transport": "http", "format": "qweather", "headers": {host: {"X-QW-Api-Key": "invented"}}}
    (pull,) = pulled(connect(declaration, source=f"{source.url}/now"))
    assert source.asked[0].headers["X-QW-Api-Key"] == "invented"
    assert "invented" not in pull.payloads[0].source


def test_a_token_is_what_the_service_documents(source: LocalHttp, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    file = tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    source.on("/now", reply({"code": "200", "warning": []}))
    sign = {"kind": "eddsa_token", "key_id": "KID", "project_id": "PROJECT", "private_key_file": str(file)}
    pulled(connect({"transport": "http", "format": "qweather", "sign": sign}, source=f"{source.url}/now"))
    scheme, token = source.asked[0].headers["Authorization"].split(" ")
    head, claims, signature = token.split(".")
    key.public_key().verify(_decoded(signature), f"{head}.{claims}".encode())
    assert scheme == "Bearer"
    assert json.loads(_decoded(head)) == {"alg": "EdDSA", "kid": "KID"}
    found = json.loads(_decoded(claims))
    assert (found["sub"], found["exp"] - found["iat"], set(found)) == ("PROJECT", 900, {"sub", "iat", "exp"})


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_a_signer_that_is_declared_wrong_is_refused_by_name(source: LocalHttp) -> None:
    for wrong, told in (
        ({"kind": "md5"}, "sign.kind"),
        ({"kind": "cma_music", "user": "", "password": "x"}, "user"),
        ({"kind": "cma_music", "user": "x"}, "password"),
        ({"kind": "eddsa_token", "key_id": "a", "project_id": "b", "private_key_file": "/nowhere"}, "private key"),
    ):
        with pytest.raises(ConfigurationError, match=told):
            music(source, sign=wrong)
    assert signer(None) is None
    assert PASSWORD not in repr(CmaMusic("u", PASSWORD))


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("no key")
    with pytest.raises(ValueError, match="no PEM private key"):
        EdDsaToken("k", "p", str(file))


def test_the_first_pull_goes_back_and_the_next_starts_with_the_overlap(source: LocalHttp) -> None:
    bodies = iter([GOOD, {**GOOD, "takeTime": "1"}])
    source.on("/api", lambda asked: reply(next(bodies)))
    connector = music(source)
    (first,) = pulled(connector)
    (second,) = pulled(connector, first.cursor)
    until = datetime.fromisoformat(first.cursor["until"])
    asked = [_span(one) for one in source.asked]
    assert timedelta(hours=2) <= asked[0][1] - asked[0][0] <= timedelta(hours=2, minutes=2)
    assert asked[0][1] == until
    assert asked[1][0] == until - timedelta(minutes=10)
    assert second.payloads


def _span(asked: Asked) -> tuple[datetime, datetime]:
    start, end = asked.query["timeRange"].strip("[)").split(",")
    found = [datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC) for text in (start, end)]
    return found[0], found[1]


def test_an_interval_is_asked_for_as_it_is_and_leaves_the_cursor(source: LocalHttp) -> None:
    source.on("/api", reply(GOOD))
    day = Interval(datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 8, 3, tzinfo=UTC))
    found = pulled(music(source), {"until": "2026-08-10T00:00:00+00:00"}, day)
    assert [_span(asked) for asked in source.asked] == [
        (datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 8, 2, tzinfo=UTC)),
        (datetime(2026, 8, 2, tzinfo=UTC), datetime(2026, 8, 3, tzinfo=UTC)),
    ]
    assert [pull.cursor for pull in found] == [{"until": "2026-08-10T00:00:00+00:00"}] * 2
    assert all(pull.payloads for pull in found)


def test_a_long_gap_is_caught_up_in_steps_and_a_failure_keeps_what_was_done() -> None:
    times = TimeRange(overlap_s=60, longest_s=3600, unit_s=60)
    spans = list(times.spans("2026-08-10T05:30:00+00:00", NOW, None))
    assert [(s.start.strftime("%H:%M"), s.end.strftime("%H:%M")) for s in spans] == [
        ("05:29", "06:29"),
        ("06:29", "07:29"),
        ("07:29", "08:01"),
    ]


def test_a_cursor_of_the_future_still_asks_for_something() -> None:
    (span,) = TimeRange(unit_s=60).spans("2027-01-01T00:00:00+00:00", NOW, None)
    assert span.end - span.start == timedelta(seconds=60)


def test_an_address_without_places_for_the_span_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="start"):
        TimeRange().fill("http://host/api?times=now", Interval(NOW, NOW + timedelta(hours=1)))
    with pytest.raises(ValueError, match="longest_s"):
        TimeRange(overlap_s=3600, longest_s=3600)
