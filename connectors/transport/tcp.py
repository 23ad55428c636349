"""A TCP server for stations that call us: bytes in, whole messages handed over, answers after their commit.

What a message is, and what its sender is answered, the format knows (its ``Conversation``); here are sockets, limits
and order. A message whose commit fails is not answered: its station sends it again, that is what the protocol is for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

from connectors.conversation import Answer, Conversation, HangUpError, Message
from connectors.errors import ConfigurationError
from connectors.model import Deliver, Parser, Payload, Receipt

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TcpOptions:
    """``idle_s``: a connection on which so long nothing came is closed. ``pause_s``: a frame must go on within it.

    ``max_waiting``: messages of one connection that may wait for their commit before we stop reading from it.
    """

    idle_s: float = 900.0
    pause_s: float = 10.0
    max_connections: int = 2000
    max_waiting: int = 16

    def __post_init__(self) -> None:
        if not 0 < self.pause_s <= self.idle_s:
            raise ValueError("pause_s must be positive and at most idle_s")
        if self.max_connections < 1 or self.max_waiting < 1:
            raise ValueError("max_connections and max_waiting must be at least 1")


LAST_ANSWERS_S = 10.0
_CHUNK = 64 * 1024


class TcpListener:
    """Listens at ``address`` (``host:port``); every connection has a conversation of its own."""

    def __init__(self, parser: Parser, address: str, options: TcpOptions, talk: Callable[[], Conversation]) -> None:
        self._parser, self._options, self._talk = parser, options, talk
        self._host, self._port = host_and_port(address)
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def parser(self) -> Parser:
        return self._parser

    def serve(self, deliver: Deliver, stop: Event) -> None:
        asyncio.run(self._serve(deliver, stop))

    async def _serve(self, deliver: Deliver, stop: Event) -> None:
        try:
            server = await asyncio.start_server(lambda r, w: self._accept(r, w, deliver), self._host, self._port)
        except OSError as error:
            raise ConfigurationError(
                f"Nothing can listen at {self._host}:{self._port}: {error.strerror or error}",
                remedy="free the port, or name another one where the contract's variable is set",
            ) from error
        log.info("listening at %s:%s for %s", self._host, self._port, self._parser.format)
        await asyncio.to_thread(stop.wait)
        server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deliver: Deliver) -> None:
        peer = str((writer.get_extra_info("peername") or ["unknown"])[0])
        if len(self._connections) >= self._options.max_connections:
            log.warning("%s is turned away: %s connections are open", peer, len(self._connections))
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - start_server runs this in a task
        self._connections.add(task)
        try:
            await _Connection(reader, writer, self._talk(), deliver, options=self._options, peer=peer).run()
        except asyncio.CancelledError:
            pass  # we are stopping; its last answers were given as far as there was time
        except Exception:
            log.exception("the connection of %s failed", peer)
        finally:
            self._connections.discard(task)
            writer.close()


class _Connection:
    """Reads in one task, answers in another: a report is not kept waiting by the commit of the one before."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        talk: Conversation,
        deliver: Deliver,
        *,
        options: TcpOptions,
        peer: str,
    ) -> None:
        self._reader, self._writer, self._talk, self._deliver = reader, writer, talk, deliver
        self._options, self._peer = options, peer
        self._waiting: asyncio.Queue[tuple[Message, Future[Receipt]] | None] = asyncio.Queue(options.max_waiting)

    async def run(self) -> None:
        answering = asyncio.create_task(self._answer())
        try:
            await self._read()
        except ConnectionError as error:
            log.info("%s is gone: %s", self._peer, error)
        except HangUpError as error:
            log.warning("%s is hung up on: %s", self._peer, error)
        finally:
            # Whoever ends this, what was taken is still answered, if its commit comes soon.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._finish(answering), LAST_ANSWERS_S)
            answering.cancel()

    async def _finish(self, answering: asyncio.Task[None]) -> None:
        await self._waiting.put(None)
        await answering

    async def _read(self) -> None:
        silent_s = 0.0
        while silent_s < self._options.idle_s:
            try:
                data = await asyncio.wait_for(self._reader.read(_CHUNK), self._options.pause_s)
            except TimeoutError:
                silent_s += self._options.pause_s
                await self._take(self._talk.pause())
                continue
            if not data:
                await self._take(self._talk.pause())
                return
            silent_s = 0.0
            await self._take(self._talk.receive(data))
        log.info("%s said nothing for %.0f s; its connection is closed", self._peer, silent_s)

    async def _take(self, heard: Iterable[Message | Answer]) -> None:
        for item in heard:
            if isinstance(item, Answer):
                await self._send(item.body)
                continue
            await self._send(item.at_once)
            payload = Payload(item.body, f"tcp://{self._peer}", item.name, datetime.now(UTC))
            await self._waiting.put((item, self._deliver(payload)))  # waits while too many are under way

    async def _answer(self) -> None:
        while (waiting := await self._waiting.get()) is not None:
            message, receipt = waiting
            try:
                received = await asyncio.wrap_future(receipt)
            except Exception as error:  # noqa: BLE001 - whatever prevented the commit: silence, and it is sent again
                log.warning("%s is not answered, %s is not committed: %s", self._peer, message.name, error)
                continue
            if message.answer is not None:
                await self._send(message.answer(received))

    async def _send(self, data: bytes) -> None:
        if not data:
            return
        with suppress(ConnectionError):  # it hung up before it heard: it asks again, and is told the same
            self._writer.write(data)
            try:
                await asyncio.wait_for(self._writer.drain(), self._options.idle_s)
            except TimeoutError:  # it asks and never reads
                self._writer.transport.abort()


def host_and_port(address: str) -> tuple[str, int]:
    """``127.0.0.1:9000`` or ``[::1]:9000`` or ``tcp://…`` in its parts; port 0 lets the system choose."""
    host, colon, port = address.rpartition("://")[2].rstrip("/").rpartition(":")
    if not colon or not port.isdecimal() or not host or int(port) > 65535:
        raise ValueError(f"{address!r} is no address to listen at; write it like 0.0.0.0:9000")
    return host.strip("[]"), int(port)
