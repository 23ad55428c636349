"""A subscriber that acknowledges a message only after its commit, and whose broker keeps what it missed.

The session at the broker is persistent (a fixed client id, never a clean session) and everything is asked for with
QoS 1: what was published while we were away, or not yet acknowledged when we died, comes when we are back. A broker
sends again only to a new connection, so a commit that fails ends the connection. Each connection is a client of its
own: an acknowledgement that is late never reaches the next connection, where its number may mean another message.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import Any
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from connectors.errors import ConfigurationError
from connectors.model import Deliver, Parser, Payload, Receipt

log = logging.getLogger(__name__)

QOS = 1
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
LAST_RECEIPTS_S = 30.0
_POLL_S = 0.2
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_LOGIN = frozenset({"Bad user name or password", "Not authorized", "Client identifier not valid"})


@dataclass(frozen=True)
class MqttOptions:
    """``client_id`` names our session at the broker: two subscribers with one id throw each other out.

    ``max_in_flight``: messages that may wait for their commit before we stop reading. ``ca_file``: the authority of a
    broker whose certificate the system does not trust (``mqtts`` only).
    """

    topics: Sequence[str]
    client_id: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    keepalive_s: int = 60
    max_in_flight: int = 200

    def __post_init__(self) -> None:
        if isinstance(self.topics, str) or not self.topics or not all(self.topics):
            raise ValueError("topics must be a list of topic filters")
        if not self.client_id:
            raise ValueError("client_id must not be empty: without one the broker keeps nothing for us")
        if self.keepalive_s < 1 or self.max_in_flight < 1:
            raise ValueError("keepalive_s and max_in_flight must be at least 1")


@dataclass(frozen=True)
class _Broker:
    host: str
    port: int
    is_tls: bool
    user: str | None
    password: str | None = field(repr=False)

    @property
    def source(self) -> str:
        return f"{'mqtts' if self.is_tls else 'mqtt'}://{self.host}:{self.port}"


class MqttListener:
    """Subscribes at ``address`` (``mqtt://host:1883`` or ``mqtts://host:8883``, user and password in it or not)."""

    def __init__(self, parser: Parser, address: str, options: MqttOptions) -> None:
        self._parser, self._options = parser, options
        self._broker = _broker(address, options)

    @property
    def parser(self) -> Parser:
        return self._parser

    def serve(self, deliver: Deliver, stop: Event) -> None:
        """One connection after the other until ``stop``, with longer and longer pauses while they come to nothing."""
        pause = FIRST_PAUSE_S
        while not stop.is_set():
            connection = _Connection(self._broker, self._options, deliver, stop)
            connection.run()
            if stop.is_set():
                return
            pause = FIRST_PAUSE_S if connection.acknowledged else min(2 * pause, LONGEST_PAUSE_S)
            log.info("%s: connecting again in %.0f s", self._broker.source, pause)
            stop.wait(pause)


class _Connection:
    """One connection, from connect to the last acknowledgement that it can carry."""

    def __init__(self, broker: _Broker, options: MqttOptions, deliver: Deliver, stop: Event) -> None:
        self._broker, self._options, self._deliver, self._stop = broker, options, deliver, stop
        self._over = Event()  # nothing more can come of this connection
        self._refused: str | None = None
        self._slots = threading.BoundedSemaphore(options.max_in_flight)
        self.acknowledged = 0
        self._gone = Event()  # and nothing can be acknowledged on it any more
        self._client = _client(broker, options)
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._received

    def run(self) -> None:
        """Raises ConfigurationError if the broker refuses who we are or what we ask for."""
        source = self._broker.source
        try:
            self._client.connect(self._broker.host, self._broker.port, self._options.keepalive_s)
        except ssl.SSLCertVerificationError as error:
            remedy = "name the broker's authority in the contract (ca_file)"
            what = f"The certificate of the broker is not trusted ({error.verify_message})"
            raise ConfigurationError(what, remedy=remedy, source=source) from None
        except OSError as error:
            log.warning("%s cannot be reached: %s", source, error.strerror or error)
            return
        self._client.loop_start()
        try:
            while not self._stop.wait(_POLL_S) and not self._over.is_set():
                pass
            self._wait_for_receipts()
        finally:
            self._client.disconnect()
            self._client.loop_stop()  # after the last acknowledgement has been written
        if self._refused:
            remedy = "correct user, password, client_id or topics where the contract's variables are set"
            raise ConfigurationError(self._refused, remedy=remedy, source=source)

    def _wait_for_receipts(self) -> None:
        """What is in hand is acknowledged if its commit comes soon; else the broker sends it again."""
        deadline = time.monotonic() + LAST_RECEIPTS_S
        held = 0
        while held < self._options.max_in_flight and not self._gone.is_set():
            if self._slots.acquire(timeout=_POLL_S):
                held += 1
            elif time.monotonic() > deadline:
                log.warning("%s: some messages are not committed yet; they will be sent again", self._broker.source)
                return

    # -- called by the client's own thread ---------------------------------------------------------------

    def _connected(
        self, client: Client, _: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            what = f"The broker does not let us in: {reason}"
            log.warning("%s: %s", self._broker.source, what)
            self._refused = what if str(reason) in _LOGIN else None
            self._over.set()
            return
        log.info("%s: connected, the broker %s us", self._broker.source, "knows" if flags.session_present else "meets")
        client.subscribe([(topic, QOS) for topic in self._options.topics])

    def _subscribed(
        self, client: Client, _: Any, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        if refused := [
            topic for topic, reason in zip(self._options.topics, reasons, strict=False) if reason.is_failure
        ]:
            self._refused = f"The broker does not let us subscribe to {', '.join(refused)}"
            self._over.set()

    def _disconnected(
        self, client: Client, _: Any, flags: DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            log.warning("%s: the connection is gone: %s", self._broker.source, reason)
        self._gone.set()
        self._over.set()

    def _received(self, client: Client, _: Any, message: MQTTMessage) -> None:
        """Hand a message over. While too many wait for their commit, nothing more is read: the broker keeps it."""
        while not self._slots.acquire(timeout=_POLL_S):
            if self._ends:
                return
        if self._ends:
            self._slots.release()
            return
        facts = {"topic": message.topic, "qos": str(message.qos)}
        facts |= {"retained": "true"} if message.retain else {}
        facts |= {"sent_again": "true"} if message.dup else {}
        payload = Payload(bytes(message.payload), self._broker.source, message.topic, datetime.now(UTC), facts=facts)
        mid, qos = message.mid, message.qos
        self._deliver(payload).add_done_callback(lambda receipt: self._settled(mid, qos, receipt))

    @property
    def _ends(self) -> bool:
        return self._stop.is_set() or self._over.is_set()

    # -- called by whoever commits -----------------------------------------------------------------------

    def _settled(self, mid: int, qos: int, receipt: Future[Receipt]) -> None:
        """After the commit: acknowledge, whatever became of the records; a bad message is not better the next time."""
        error = receipt.exception()
        if error is None:
            self._client.ack(mid, qos)
            self.acknowledged += 1
        else:
            log.warning("%s: message %s is not committed and not acknowledged: %s", self._broker.source, mid, error)
            self._over.set()
        self._slots.release()


def _client(broker: _Broker, options: MqttOptions) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=options.client_id,
        clean_session=False,
        protocol=MQTTProtocolVersion.MQTTv311,
        manual_ack=True,
        reconnect_on_failure=False,
    )
    if broker.user is not None:
        client.username_pw_set(broker.user, broker.password)
    if broker.is_tls:
        try:
            client.tls_set(ca_certs=options.ca_file)
        except OSError as error:
            raise ConfigurationError(
                f"The file of the broker's authority cannot be read: {error}",
                remedy="correct ca_file in the contract",
                source=broker.source,
            ) from None
    return client


def _broker(address: str, options: MqttOptions) -> _Broker:
    parts = urlsplit(address)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("the address of a broker is written like mqtt://host:1883 or mqtts://host:8883")
    if options.ca_file and parts.scheme != "mqtts":
        raise ValueError("ca_file goes with an address that begins with mqtts://")
    return _Broker(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        is_tls=parts.scheme == "mqtts",
        user=options.user or (unquote(parts.username) if parts.username else None),
        password=options.password or (unquote(parts.password) if parts.password else None),
    )
