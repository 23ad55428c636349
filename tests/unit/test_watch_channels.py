"""Channels against real servers: what arrives, what is refused, what is worth another attempt, what is never shown."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskmap.watch.channels import Channel, Message, SendError
from riskmap.watch.mail import MailChannel
from riskmap.watch.webhook import WebhookChannel, cut
from tests.local_http import LocalHttp, Reply, serve
from tests.local_smtp import serve as serve_mail
from tests.remote_folder import write_certificate

MESSAGE = Message(
    "6c0e0b0e-0000-4000-8000-000000000001",
    "opened",
    datetime(2026, 11, 22, 8, 30, tzinfo=UTC),
    "[RiskMap] 告警 气象 数据源未按时获取",
    "【错误】气象\n.一行以点开头\n- 已 15 分钟",
    {"groups": [{"kind": "feed_not_polled"}]},
)
TO = ("duty@example.org", "chief@example.org")


@pytest.fixture
def http() -> Iterator[LocalHttp]:
    with serve() as server:
        yield server


def refused(channel: Channel) -> SendError:
    with pytest.raises(SendError) as caught:
        channel.send(MESSAGE)
    return caught.value


def test_a_webhook_gets_signed_json_with_a_key_by_which_it_knows_repeats(http: LocalHttp) -> None:
    channel = WebhookChannel("webhook", http.on("/hook", Reply(status=204)), "hush")
    channel.send(MESSAGE)
    channel.send(MESSAGE)
    first, second = http.asked
    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == MESSAGE.message_id
    signed = f"{first.headers['X-RiskMap-Timestamp']}.".encode() + first.body
    assert first.headers["X-RiskMap-Signature"] == f"sha256={hmac.new(b'hush', signed, hashlib.sha256).hexdigest()}"
    told = json.loads(first.body)
    assert (told["subject"], told["text"]) == (MESSAGE.subject, MESSAGE.body)
    assert (told["type"], told["groups"]) == ("opened", [{"kind": "feed_not_polled"}])


def test_robots_get_text_in_their_own_words(http: LocalHttp) -> None:
    fine = Reply(b'{"errcode": 0, "errmsg": "ok"}')
    WebhookChannel("wecom", http.on("/cgi-bin/webhook/send", fine) + "?key=hush").send(MESSAGE)
    WebhookChannel("dingtalk", http.on("/robot/send", fine) + "?access_token=hush", "SEC").send(MESSAGE)
    wecom, dingtalk = http.asked
    assert wecom.query == {"key": "hush"}
    assert json.loads(wecom.body) == {"msgtype": "text", "text": {"content": f"{MESSAGE.subject}\n{MESSAGE.body}"}}
    stamp = dingtalk.query["timestamp"]
    digest = hmac.new(b"SEC", f"{stamp}\nSEC".encode(), hashlib.sha256).digest()
    assert base64.b64decode(dingtalk.query["sign"]) == digest
    assert dingtalk.query["access_token"] == "hush"


@pytest.mark.parametrize(
    ("status", "is_final"),
    [(500, False), (503, False), (429, False), (408, False), (301, True), (401, True), (404, True)],
)
def test_what_passes_is_tried_again_and_what_does_not_is_not(http: LocalHttp, status: int, is_final: bool) -> None:
    channel = WebhookChannel("webhook", http.on("/hook", Reply(status=status, headers={"Location": "/elsewhere"})))
    assert refused(channel).is_final is is_final
    assert http.paths() == ["/hook"], "a message follows no redirect"


def test_robots_that_refuse_with_200_have_refused(http: LocalHttp) -> None:
    for answer in (b'{"errcode": 93000, "errmsg": "invalid webhook url"}', b"<html>login</html>", b"[]"):
        error = refused(WebhookChannel("wecom", http.on("/send", Reply(answer)) + "?key=hush"))
        assert "hush" not in str(error)
        assert not error.is_final


def test_nobody_there_is_told_without_the_address() -> None:
    error = refused(WebhookChannel("wecom", "http://127.0.0.1:9/send?key=hush"))
    assert str(error) == "no answer from 127.0.0.1: ConnectionError"
    assert error.__cause__ is None


def test_a_text_is_cut_between_characters() -> None:
    assert cut("水" * 5, 15) == "水" * 5
    assert cut("水" * 6, 15) == "水" * 3 + " …"
    assert len(cut("a水" * 4000, 2048).encode()) <= 2048


def test_mail_arrives_encrypted_with_its_chinese_subject(tmp_path: Path) -> None:
    write_certificate(tmp_path / "cert.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem")
    for scheme in ("smtp", "smtps"):
        with serve_mail(tls=context, is_smtps=scheme == "smtps", login=("me@here", "p@ss/word")) as server:
            url = f"{scheme}://me%40here:p%40ss%2Fword@127.0.0.1:{server.port}?ca={tmp_path / 'cert.pem'}"
            MailChannel(url, "RiskMap <riskmap@example.org>", TO).send(MESSAGE)
        assert server.were_encrypted == [True]
        assert server.recipients == [list(TO)]
        (mail,) = server.mails
        assert mail["Subject"] == MESSAGE.subject
        assert mail["Message-ID"] == f"<{MESSAGE.message_id}@example.org>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail.get_content().strip() == MESSAGE.body


def test_no_password_crosses_the_wire_in_clear(tmp_path: Path) -> None:
    with serve_mail(login=("me", "hush")) as server:
        error = refused(MailChannel(f"smtp://me:hush@127.0.0.1:{server.port}", "r@example.org", TO))
    assert str(error) == "127.0.0.1 does not let us in: SMTPNotSupportedError"
    assert server.mails == []


def test_a_certificate_of_a_stranger_is_refused(tmp_path: Path) -> None:
    write_certificate(tmp_path / "cert.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem")
    with serve_mail(tls=context) as server:
        error = refused(MailChannel(f"smtp://127.0.0.1:{server.port}", "r@example.org", TO))
    assert (str(error), error.is_final) == ("no mail through 127.0.0.1: SSLCertVerificationError", False)


def plain(port: int) -> MailChannel:
    return MailChannel(f"smtp://127.0.0.1:{port}?tls=none", "r@example.org", TO)


def test_refusals_of_a_mail_server() -> None:
    with serve_mail(login=("me", "hush")) as server:
        wrong = MailChannel(f"smtp://me:wrong@127.0.0.1:{server.port}?tls=none", "r@example.org", TO)
        assert str(refused(wrong)) == "127.0.0.1 does not let us in: SMTPAuthenticationError"
    for answer, is_final in (("450 later", False), ("550 no such user", True)):
        with serve_mail(refuses=dict.fromkeys(TO, answer)) as server:
            error = refused(plain(server.port))
        assert (error.is_final, "example.org" in str(error)) == (is_final, False)
        with serve_mail(refuses={"DATA": answer}) as server:
            assert refused(plain(server.port)).is_final is is_final
    assert str(refused(plain(9))) == "no mail through 127.0.0.1: ConnectionRefusedError"


def test_one_recipient_who_is_refused_is_told_of_and_the_other_has_it_once() -> None:
    with serve_mail(refuses={TO[1]: "550 no such user"}) as server:
        error = refused(plain(server.port))
    assert (str(error), error.is_final) == ("127.0.0.1 refused 1 of 2 recipients: [550]", True)
    assert server.recipients == [[TO[0]]]
