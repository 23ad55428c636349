"""A real SMTP server on loopback for tests: STARTTLS or TLS, logins, refusals by script; keeps the mails it took."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class LocalSmtp:
    """``refuses``: recipient, or DATA -> the answer (``550 no such user``) instead of 250."""

    tls: ssl.SSLContext | None = None
    is_smtps: bool = False
    login: tuple[str, str] | None = None
    refuses: Mapping[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    were_encrypted: list[bool] = field(default_factory=list)
    port: int = 0


@contextmanager
def serve(**options: object) -> Iterator[LocalSmtp]:
    local = LocalSmtp(**options)  # type: ignore[arg-type]

    class Handler(_Conversation):
        server_state = local

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        local.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield local
        server.shutdown()
        thread.join()


class _Conversation(socketserver.BaseRequestHandler):
    server_state: LocalSmtp

    def handle(self) -> None:
        state, self.encrypted, self.known, to = self.server_state, False, False, list[str]()
        if state.is_smtps:
            self._encrypt()
        self.stream = self.request.makefile("rwb")
        self._say("220 local ESMTP")
        while line := self.stream.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    self._greet()
                case "STARTTLS":
                    self._say("220 go on")
                    self._encrypt()
                    self.stream = self.request.makefile("rwb")
                case "AUTH":
                    self._log_in(rest)
                case "MAIL":
                    to = []
                    self._say("250 ok" if self.known or not state.login else "530 log in first")
                case "RCPT":
                    address = rest.partition("<")[2].partition(">")[0]
                    answer = state.refuses.get(address, "250 ok")
                    to += [address] if answer.startswith("250") else []
                    self._say(answer)
                case "DATA":
                    self._take(to)
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _greet(self) -> None:
        state = self.server_state
        offers = ["250-local", "250-8BITMIME"]
        offers += ["250-STARTTLS"] if state.tls and not self.encrypted else []
        offers += ["250-AUTH PLAIN"] if state.login else []
        self._say("\r\n".join([*offers, "250 SIZE 10000000"]))

    def _log_in(self, rest: str) -> None:
        said = base64.b64decode(rest.rpartition(" ")[2]).decode().split("\0")
        self.known = tuple(said[1:]) == self.server_state.login
        self._say("235 welcome" if self.known else "535 wrong password")

    def _take(self, to: list[str]) -> None:
        state = self.server_state
        if answer := state.refuses.get("DATA"):
            self._say(answer)
            return
        self._say("354 go on")
        lines = []
        while (line := self.stream.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        state.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))  # type: ignore[arg-type]
        state.recipients.append(to)
        state.were_encrypted.append(self.encrypted)
        self._say("250 taken")

    def _encrypt(self) -> None:
        assert self.server_state.tls
        self.request = self.server_state.tls.wrap_socket(self.request, server_side=True)
        self.encrypted = True

    def _say(self, text: str) -> None:
        self.stream.write(f"{text}\r\n".encode())
        self.stream.flush()
