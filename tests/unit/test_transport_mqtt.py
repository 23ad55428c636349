"""The subscriber against a real broker: nothing is lost, nothing is acknowledged before its commit."""

from __future__ import annotations

import ipaddress
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.errors import ConfigurationError
from connectors.model import Outcome, Payload, Receipt
from connectors.registry import connect, listen
from connectors.transport import mqtt
from tests.local_mqtt import Broker, broker, free_port, needs_broker

pytestmark = needs_broker
DONE = Receipt(Outcome.ACCEPTED, 1)
LONG_S = 30


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(mqtt, "LONGEST_PAUSE_S", 0.2)
    monkeypatch.setattr(mqtt, "LAST_RECEIPTS_S", 0.3)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Broker]:
    with broker(tmp_path) as started:
        yield started


def declaration(url: str, **more: Any) -> dict[str, Any]:
    declared = {"transport": "mqtt", "format": "geo_iot", "url": url, "topics": ["$dp", "a/#"], "client_id": "test"}
    return declared | more


class Warehouse:
    """Takes what is delivered; each receipt is given by hand, or at once by ``settle``."""

    def __init__(self, settle: Callable[[Payload, Future[Receipt]], None] | None = None) -> None:
        self.handed: queue.Queue[tuple[Payload, Future[Receipt]]] = queue.Queue()
        self._settle = settle

    def deliver(self, payload: Payload) -> Future[Receipt]:
        receipt: Future[Receipt] = Future()
        self.handed.put((payload, receipt))
        if self._settle:
            self._settle(payload, receipt)
        return receipt

    def next(self) -> tuple[Payload, Future[Receipt]]:
        return self.handed.get(timeout=LONG_S)

    def bodies(self, count: int) -> list[bytes]:
        return [self.next()[0].body for _ in range(count)]


def commits(_: Payload, receipt: Future[Receipt]) -> None:
    receipt.set_result(DONE)


@contextmanager
def listening(url: str, warehouse: Warehouse, **more: Any) -> Iterator[threading.Thread]:
    stop = threading.Event()
    listener = listen(declaration(url, **more), source=url)
    thread = threading.Thread(target=listener.serve, args=(warehouse.deliver, stop))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(LONG_S)
        assert not thread.is_alive()


def visit(local: Broker) -> None:
    """Connect once, so that the broker knows the session; a message shows that it subscribed."""
    warehouse = Warehouse(commits)
    local.send("a/hello", b"hello", retain=True)
    with listening(local.url, warehouse):
        assert warehouse.bodies(1) == [b"hello"]
    local.send("a/hello", b"", retain=True)
    # The empty message that clears it is the first one that waits for the next visit.


def test_a_message_is_a_payload_with_its_topic_and_facts(local: Broker) -> None:
    warehouse = Warehouse(commits)
    with listening(local.url, warehouse):
        local.send("a/first", b"wake")  # may come before the subscription: nobody waits for it
        local.send("a/keep", b'{"k": 1}', retain=True)
        found = {}
        while b'{"k": 1}' not in found:
            payload, _ = warehouse.next()
            found[payload.body] = payload
    payload = found[b'{"k": 1}']
    assert (payload.name, payload.source) == ("a/keep", local.url)
    assert payload.facts["topic"] == "a/keep"
    assert payload.facts["qos"] == "1"
    assert payload.fetched_at.tzinfo is not None


def test_what_is_sent_while_we_are_away_comes_when_we_are_back(local: Broker) -> None:
    visit(local)
    local.send("$dp", b"one", b"two", b"three")
    warehouse = Warehouse(commits)
    with listening(local.url, warehouse):
        assert warehouse.bodies(4) == [b"", b"one", b"two", b"three"]


def test_what_was_committed_is_acknowledged_and_never_comes_again(local: Broker) -> None:
    visit(local)
    local.send("$dp", b"one")
    for expected in ([b"", b"one"], [b"two"]):  # the second visit gets what is new, and nothing of the first
        warehouse = Warehouse(commits)
        with listening(local.url, warehouse):
            assert warehouse.bodies(len(expected)) == expected
        assert warehouse.handed.empty()
        local.send("$dp", b"two")


def test_what_was_not_committed_comes_again_when_we_stop_in_between(local: Broker) -> None:
    visit(local)
    local.send("$dp", b"one")
    with listening(local.url, waiting := Warehouse()):
        assert waiting.bodies(2) == [b"", b"one"]
    with listening(local.url, warehouse := Warehouse(commits)):
        again = [warehouse.next()[0] for _ in range(2)]
    assert [payload.body for payload in again] == [b"", b"one"]
    assert {payload.facts.get("sent_again") for payload in again} == {"true"}


KILLED = """
import sys, threading
from concurrent.futures import Future
from connectors.registry import listen

def deliver(payload):
    print(payload.body.decode(), flush=True)
    return Future()  # the commit never comes

declared = {"transport": "mqtt", "format": "geo_iot", "topics": ["$dp", "a/#"], "client_id": "test"}
listen(declared, source=sys.argv[1]).serve(deliver, threading.Event())
"""


def test_what_was_in_hand_when_we_were_killed_comes_again(local: Broker) -> None:
    visit(local)
    local.send("$dp", b"one")
    process = subprocess.Popen([sys.executable, "-c", KILLED, local.url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert [process.stdout.readline().strip() for _ in range(2)] == ["", "one"]
    process.kill()
    process.wait()
    process.stdout.close()
    with listening(local.url, warehouse := Warehouse(commits)):
        assert warehouse.bodies(2) == [b"", b"one"]


def test_a_commit_that_fails_is_asked_for_again_on_a_new_connection(local: Broker) -> None:
    failed: list[bytes] = []

    def second_time(payload: Payload, receipt: Future[Receipt]) -> None:
        if payload.body == b"one" and not failed:
            failed.append(payload.body)
            receipt.set_exception(RuntimeError("the warehouse is away"))
        else:
            receipt.set_result(DONE)

    visit(local)
    local.send("$dp", b"one")
    with listening(local.url, warehouse := Warehouse(second_time)):
        assert warehouse.bodies(3) == [b"", b"one", b"one"]
    assert warehouse.handed.empty()


def test_a_bad_message_is_acknowledged_it_is_not_better_the_next_time(local: Broker) -> None:
    visit(local)
    local.send("$dp", b"not json")
    refusing = Warehouse(lambda _, receipt: receipt.set_result(Receipt(Outcome.REJECTED, 0)))
    with listening(local.url, refusing):
        assert refusing.bodies(2) == [b"", b"not json"]
    local.send("$dp", b"after")
    with listening(local.url, warehouse := Warehouse(commits)):
        assert warehouse.bodies(1) == [b"after"]


def test_no_more_is_read_than_may_wait_for_its_commit(local: Broker) -> None:
    visit(local)
    local.send("$dp", *(str(n).encode() for n in range(5)))
    with listening(local.url, warehouse := Warehouse(), max_in_flight=2):
        first, second = warehouse.next(), warehouse.next()
        with pytest.raises(queue.Empty):
            warehouse.handed.get(timeout=0.5)
        first[1].set_result(DONE)
        third = warehouse.next()
        assert third[0].body == b"1"
        for _, receipt in (second, third):
            receipt.set_result(DONE)
        for _ in range(3):
            warehouse.next()[1].set_result(DONE)


def test_a_broker_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    local = Broker(tmp_path, free_port())
    with listening(local.url, warehouse := Warehouse(commits)) as thread:
        local.start()
        try:
            local.send("a/keep", b"late", retain=True)  # kept for whoever subscribes, whenever that is
            assert warehouse.bodies(1) == [b"late"]
        finally:
            local.stop()
        assert thread.is_alive()


def serve(url: str, **more: Any) -> None:
    """Serve until it raises."""
    stop = threading.Event()
    listen(declaration(url, **more), source=url).serve(Warehouse(commits).deliver, stop)


def test_a_refused_login_is_a_matter_of_configuration(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("")
    with (
        broker(tmp_path, "allow_anonymous false", f"password_file {tmp_path / 'users'}") as closed,
        pytest.raises(ConfigurationError) as refused,
    ):
        serve(closed.url, user="riskmap", password="hush-invented")
    assert "does not let us in" in str(refused.value)
    assert "hush-invented" not in str(refused.value)


def authority(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "broker.pem", folder / "broker.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )
    return paths


def test_a_broker_behind_tls_is_held_against_its_authority(tmp_path: Path) -> None:
    certificate, key = authority(tmp_path)
    lines = ("allow_anonymous true", f"certfile {certificate}", f"keyfile {key}")
    with broker(tmp_path, *lines) as secure:
        url = secure.url.replace("mqtt://", "mqtts://")
        with listening(url, warehouse := Warehouse(commits), ca_file=str(certificate)):
            from paho.mqtt import publish

            tls = {"ca_certs": str(certificate)}
            publish.single("a/x", b"safe", 1, True, hostname="127.0.0.1", port=secure.port, tls=tls)
            assert warehouse.bodies(1) == [b"safe"]
        with pytest.raises(ConfigurationError, match="not trusted"):
            serve(url)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"url": "http://127.0.0.1:1"}, "mqtt://host:1883"),
        ({"topics": "a/#"}, "list of topic filters"),
        ({"topics": []}, "list of topic filters"),
        ({"client_id": ""}, "client_id"),
        ({"ca_file": "x.pem"}, "mqtts"),
        ({"max_in_flight": 0}, "at least 1"),
        ({"colour": "red"}, "no option colour"),
    ],
)
def test_a_wrong_declaration_is_refused_before_anything_listens(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        listen(declaration("mqtt://127.0.0.1:1") | change, source="")


def test_a_source_that_comes_to_us_cannot_be_pulled() -> None:
    with pytest.raises(ConfigurationError, match="comes to us"):
        connect(declaration("mqtt://127.0.0.1:1"), source="")


def test_secrets_stay_out_of_what_a_payload_says_of_its_source(local: Broker) -> None:
    url = local.url.replace("mqtt://", "mqtt://riskmap:hush-invented@")
    visit(local)
    with listening(url, warehouse := Warehouse(commits)):
        payload, _ = warehouse.next()
    assert "hush-invented" not in repr(payload)
    assert payload.source == local.url
