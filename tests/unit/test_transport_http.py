"""The HTTP client against real servers on loopback: what is tried again, what is refused, what stays secret."""

from __future__ import annotations

import gzip
import ipaddress
import pickle
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.errors import (
    ConfigurationError,
    ConnectorError,
    ContractError,
    RateLimitedError,
    TransientError,
)
from connectors.transport.http import HttpClient, HttpOptions, Validators
from connectors.transport.retry import RetryPolicy, parse_retry_after
from tests.local_http import Asked, LocalHttp, Reply, serve

NOW = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
SECRET = "s3cr3t-value"  # invented


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def source() -> Iterator[LocalHttp]:
    with serve() as server:
        yield server


@pytest.fixture
def foreign() -> Iterator[LocalHttp]:
    with serve() as server:
        yield server


class Watch:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def clock(self) -> float:
        return sum(self.slept)


def client(
    watch: Watch | None = None, options: HttpOptions | None = None, retry: RetryPolicy | None = None
) -> HttpClient:
    watch = watch or Watch()
    return HttpClient(options, retry, sleep=watch.sleep, clock=watch.clock, now=lambda: NOW)


def failure(address: str, made: HttpClient | None = None, expect: str = "any") -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        (made or client()).get(address, expect=expect)  # type: ignore[arg-type]
    return caught.value


def test_a_good_answer_carries_the_bytes_as_sent_and_its_validators(source: LocalHttp) -> None:
    body = "预警".encode()
    address = source.on("/feed.xml", Reply(body, headers={"ETag": '"1"', "Content-Type": "text/xml"}))
    answer = client().get(address)
    assert (answer.status, answer.body, answer.media_type, answer.fetched_at) == (200, body, "text/xml", NOW)
    assert answer.validators == Validators('"1"', None)


def test_gzip_is_unpacked(source: LocalHttp) -> None:
    address = source.on("/f", Reply(gzip.compress(b"data"), headers={"Content-Encoding": "gzip"}))
    assert client().get(address).body == b"data"


def test_a_conditional_get_sends_both_validators_and_takes_304(source: LocalHttp) -> None:
    address = source.on("/f", Reply(status=304))
    answer = client().get(address, validators=Validators('"7"', "Mon, 10 Aug 2026 00:00:00 GMT"))
    assert (answer.status, answer.body) == (304, b"")
    assert source.asked[0].headers["If-None-Match"] == '"7"'
    assert source.asked[0].headers["If-Modified-Since"] == "Mon, 10 Aug 2026 00:00:00 GMT"


def test_304_that_nobody_asked_for_is_no_success(source: LocalHttp) -> None:
    assert isinstance(failure(source.on("/f", Reply(status=304))), ContractError)


def test_a_failing_source_is_tried_again_with_growing_full_jitter(source: LocalHttp) -> None:
    watch = Watch()
    address = source.on("/f", [Reply(status=503), Reply(status=502), Reply(b"at last")])
    assert client(watch).get(address).body == b"at last"
    assert len(source.asked) == 3
    assert len(watch.slept) == 2
    assert watch.slept[0] <= 0.5
    assert watch.slept[1] <= 1.0


def test_the_delay_is_full_jitter_below_base_times_two_to_the_n_and_the_cap() -> None:
    policy = RetryPolicy(base_s=1, cap_s=5)
    assert [policy.delay_s(n, None, dice=lambda: 0.5) for n in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 2.5]
    assert policy.delay_s(1, None, dice=lambda: 0.0) == 0.0
    assert policy.delay_s(1, 7.0, dice=lambda: 0.5) == 7.0


def test_attempts_are_bounded_and_told(source: LocalHttp) -> None:
    address = source.on("/f", Reply(status=500))
    error = failure(address, client(retry=RetryPolicy(attempts=3)))
    assert isinstance(error, TransientError)
    assert (error.status_code, error.retryable, len(source.asked)) == (500, True, 3)
    assert "tried 3 times" in str(error)


def test_the_budget_ends_the_tries_before_the_attempts_do(source: LocalHttp) -> None:
    watch = Watch()
    address = source.on("/f", Reply(status=503, headers={"Retry-After": "40"}))
    error = failure(address, client(watch, retry=RetryPolicy(attempts=10, budget_s=100)))
    assert isinstance(error, RateLimitedError)
    assert watch.slept == [40, 40]


@pytest.mark.parametrize("wish", ["30", format_datetime(NOW + timedelta(seconds=30), usegmt=True)])
def test_retry_after_is_obeyed_as_seconds_and_as_a_date(source: LocalHttp, wish: str) -> None:
    watch = Watch()
    address = source.on("/f", [Reply(status=429, headers={"Retry-After": wish}), Reply(b"ok")])
    assert client(watch).get(address).body == b"ok"
    assert watch.slept == [30]


@pytest.mark.parametrize("wish", ["3600", format_datetime(NOW + timedelta(hours=1), usegmt=True)])
def test_a_wish_beyond_the_cap_is_handed_on_instead_of_slept(source: LocalHttp, wish: str) -> None:
    watch = Watch()
    error = failure(source.on("/f", Reply(status=429, headers={"Retry-After": wish})), client(watch))
    assert isinstance(error, RateLimitedError)
    assert (error.retry_after, watch.slept, len(source.asked)) == (3600, [], 1)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("12", 12.0), (" 0 ", 0.0), ("soon", None), ("-5", None), ("²", None), ("Mon, 10 Aug 2026", None)],
)
def test_unreadable_wishes_are_no_wishes(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


def test_a_date_in_the_past_means_now() -> None:
    assert parse_retry_after(format_datetime(NOW - timedelta(days=1), usegmt=True), NOW) == 0.0


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ContractError),
        (401, ConfigurationError),
        (403, ConfigurationError),
        (404, ConfigurationError),
        (410, ConfigurationError),
        (206, ContractError),
        (302, ContractError),  # without a Location
    ],
)
def test_what_cannot_get_better_is_not_tried_again(source: LocalHttp, status: int, kind: type[ConnectorError]) -> None:
    error = failure(source.on("/f", Reply(status=status)))
    assert type(error) is kind
    assert len(source.asked) == 1
    assert error.remedy in str(error)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_get_better_is_retryable(source: LocalHttp, status: int) -> None:
    assert failure(source.on("/f", Reply(status=status)), client(retry=RetryPolicy(attempts=1))).retryable


def test_a_body_that_breaks_off_is_an_error_and_heals_by_another_try(source: LocalHttp) -> None:
    broken = Reply(b'{"a": 1', declared_length=1000)
    error = failure(source.on("/f", broken), client(retry=RetryPolicy(attempts=2)))
    assert isinstance(error, TransientError)
    assert client().get(source.on("/g", [broken, Reply(b"{}")])).body == b"{}"


@pytest.mark.parametrize(
    "page",
    [
        b"<html><body>login</body></html>",
        b"\xef\xbb\xbf  <!DOCTYPE html><title>x</title>",
        b"<?xml version='1.0'?>\n<!-- x --><!DOCTYPE html PUBLIC '-'><html/>",
    ],
)
@pytest.mark.parametrize("expect", ["xml", "json"])
def test_html_is_never_an_empty_success(source: LocalHttp, page: bytes, expect: str) -> None:
    error = failure(source.on("/f", Reply(page)), expect=expect)
    assert type(error) is ContractError
    assert "HTML" in str(error)


def test_a_feed_that_speaks_of_html_is_not_html(source: LocalHttp) -> None:
    body = b"<?xml version='1.0'?><feed><title>&lt;html&gt;</title><x><![CDATA[<html>]]></x></feed>"
    assert client().get(source.on("/f", Reply(body)), expect="xml").body == body


def test_an_answer_above_the_limit_is_refused_even_when_packed(source: LocalHttp) -> None:
    bomb = gzip.compress(b"0" * 5_000_000)
    address = source.on("/f", Reply(bomb, headers={"Content-Encoding": "gzip"}))
    error = failure(address, client(options=HttpOptions(max_bytes=1_000_000)))
    assert type(error) is ContractError
    assert "1000000 bytes" in str(error)


def test_secrets_of_a_host_stay_with_it_on_a_redirect(source: LocalHttp, foreign: LocalHttp) -> None:
    source.on("/f", Reply(status=302, headers={"Location": f"{foreign.url}/g"}))
    foreign.on("/g", Reply(b"moved"))
    options = HttpOptions(headers={f"127.0.0.1:{source.port}": {"X-Api-Key": SECRET}})
    answer = client(options=options).get(f"http://user:{SECRET}@127.0.0.1:{source.port}/f")
    assert answer.body == b"moved"
    assert source.asked[0].headers["X-Api-Key"] == SECRET
    assert source.asked[0].headers["Authorization"].startswith("Basic ")
    assert SECRET not in str(foreign.asked[0].headers)
    assert "Authorization" not in foreign.asked[0].headers


def test_secrets_go_along_on_a_redirect_within_the_host(source: LocalHttp) -> None:
    source.on("/f", Reply(status=307, headers={"Location": "g"}))
    source.on("/g", Reply(b"ok"))
    client(options=HttpOptions(headers={f"127.0.0.1:{source.port}": {"X-Api-Key": SECRET}})).get(source.url + "/f")
    assert [asked.headers["X-Api-Key"] for asked in source.asked] == [SECRET, SECRET]


def test_a_login_in_a_redirect_is_not_taken_over(source: LocalHttp, foreign: LocalHttp) -> None:
    there = foreign.on("/g", Reply(b"ok")).replace("http://", "http://evil:evil@")
    client().get(source.on("/f", Reply(status=301, headers={"Location": there})))
    assert "Authorization" not in foreign.asked[0].headers


def test_circles_of_redirects_end(source: LocalHttp) -> None:
    error = failure(source.on("/f", Reply(status=302, headers={"Location": "/f"})))
    assert type(error) is ContractError
    assert len(source.asked) == 6


@pytest.mark.parametrize("there", ["file:///etc/hostname", "ftp://127.0.0.1/x", "http://[::1"])
def test_redirects_lead_to_http_only(source: LocalHttp, there: str) -> None:
    error = failure(source.on("/f", Reply(status=302, headers={"Location": there})))
    assert not error.retryable


def test_no_login_is_looked_up_in_netrc(source: LocalHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login someone password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client().get(source.on("/f", Reply(b"ok")))
    assert "Authorization" not in source.asked[0].headers


def test_cookies_are_not_kept(source: LocalHttp) -> None:
    address = source.on("/f", Reply(b"ok", headers={"Set-Cookie": "session=1; Path=/"}))
    made = client()
    made.get(address)
    made.get(address)
    assert "Cookie" not in source.asked[1].headers


def test_the_minimum_interval_per_host_is_kept(source: LocalHttp) -> None:
    watch = Watch()
    made = client(watch, HttpOptions(min_interval_s=2))
    address = source.on("/f", Reply(b"ok"))
    for _ in range(3):
        made.get(address)
    assert watch.slept == [2, 2]


def test_errors_hold_no_secret_and_cross_processes(source: LocalHttp) -> None:
    source.on("/f", Reply(status=500))
    address = f"http://user:{SECRET}@127.0.0.1:{source.port}/f?api_key={SECRET}&region=140502"
    error = failure(address, client(retry=RetryPolicy(attempts=1)))
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    assert (type(copy), copy.status_code, copy.retryable) == (type(error), 500, True)
    assert SECRET not in repr(error) + str(error) + str(error.__cause__)
    assert "region=140502" in str(error)


def test_an_unresolvable_host_and_a_closed_port_are_told_apart_without_the_query() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    once = RetryPolicy(attempts=1)
    refused = failure(f"http://127.0.0.1:{port}/f?token={SECRET}", client(retry=once))
    unknown = failure(f"http://nowhere.invalid/f?token={SECRET}", client(retry=once))
    assert "refuses connections" in str(refused)
    assert "cannot be resolved" in str(unknown)
    assert refused.retryable
    assert unknown.retryable
    assert SECRET not in str(refused) + str(unknown)


@pytest.mark.parametrize("address", ["", "nonsense", "ftp://host/f", "http://", "http://host:port/", "http://[::1/"])
def test_a_bad_address_is_a_configuration_error(address: str) -> None:
    assert type(failure(address)) is ConfigurationError


def test_a_header_that_cannot_be_sent_is_not_shown(source: LocalHttp) -> None:
    options = HttpOptions(headers={f"127.0.0.1:{source.port}": {"X-Api-Key": f"{SECRET}\r\nX: 1"}})
    error = failure(source.url + "/f", client(options=options))
    assert type(error) is ConfigurationError
    assert SECRET not in str(error)


def test_a_silent_server_times_out() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/f"
        error = failure(address, client(options=HttpOptions(read_timeout_s=0.05), retry=RetryPolicy(attempts=1)))
    assert isinstance(error, TransientError)
    assert "in time" in str(error)


def test_a_drip_of_bytes_does_not_outlast_the_budget(source: LocalHttp) -> None:
    watch = Watch()

    def drip(asked: Asked) -> Reply:
        watch.slept.append(200.0)
        return Reply(b"x" * 10)

    error = failure(source.on("/f", drip), client(watch, retry=RetryPolicy(attempts=1, budget_s=100)))
    assert isinstance(error, TransientError)
    assert "not complete after 100 s" in str(error)


@pytest.mark.parametrize(
    "wrong",
    [{"attempts": 0}, {"base_s": 0}, {"base_s": 30}, {"retry_after_cap_s": -1}, {"budget_s": 0}],
)
def test_a_senseless_policy_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        RetryPolicy(**wrong)  # type: ignore[arg-type]


def certificate(folder: Path, valid_until: datetime) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate of 127.0.0.1 and a server context that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(valid_until)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_file = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key_file)
    return pem, context


def test_an_authority_of_the_source_is_trusted_when_declared_and_only_then(tmp_path: Path) -> None:
    pem, context = certificate(tmp_path, datetime(2099, 1, 1, tzinfo=UTC))
    with serve(context) as source:
        address = source.on("/f", Reply(b"ok"))
        assert client(options=HttpOptions(ca_bundle=str(pem))).get(address).body == b"ok"
        error = failure(address)
    assert type(error) is ConfigurationError
    assert "ca_bundle" in str(error)


def test_an_expired_certificate_is_named_as_such(tmp_path: Path) -> None:
    pem, context = certificate(tmp_path, datetime(2021, 1, 1, tzinfo=UTC))
    with serve(context) as source:
        error = failure(source.on("/f", Reply(b"ok")), client(options=HttpOptions(ca_bundle=str(pem))))
    assert type(error) is ConfigurationError
    assert "expired" in str(error)


def test_an_unreadable_ca_bundle_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("not a certificate")
    for path in (tmp_path / "broken.pem", tmp_path / "missing.pem"):
        with pytest.raises(ConfigurationError, match="CA bundle"):
            HttpClient(HttpOptions(ca_bundle=str(path)))


def test_https_is_not_left_for_http(tmp_path: Path, foreign: LocalHttp) -> None:
    pem, context = certificate(tmp_path, datetime(2099, 1, 1, tzinfo=UTC))
    with serve(context) as source:
        address = source.on("/f", Reply(status=302, headers={"Location": foreign.url + "/g"}))
        error = failure(address, client(options=HttpOptions(ca_bundle=str(pem))))
    assert type(error) is ContractError
    assert foreign.asked == []
