"""Messages by HTTP POST: as JSON of our own, signed, or in the words of the group robots of WeCom and DingTalk."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import requests

from riskmap.watch.channels import Message, SendError

Style = Literal["webhook", "wecom", "dingtalk"]
STYLES = ("webhook", "wecom", "dingtalk")
TIMEOUT_S = 10
WECOM_BYTES = 2048
DINGTALK_BYTES = 18_000
"""[K]: the longest text that these robots take, from their public descriptions; not tried on the real services."""


@dataclass(frozen=True)
class WebhookChannel:
    """``url`` of a robot holds its key, so it is neither shown nor kept."""

    name: Style
    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)

    def send(self, message: Message) -> None:
        body = json.dumps(_BODIES[self.name](message), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": message.message_id}
        url = self.url
        if self.secret and self.name == "webhook":
            headers |= signature(self.secret, body, int(time.time()))
        elif self.secret and self.name == "dingtalk":
            url += ("&" if urlsplit(url).query else "?") + urlencode(dingtalk_signature(self.secret, time.time()))
        try:
            answer = requests.post(url, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False)
        except requests.RequestException as error:  # its text would hold the address, and with it the key
            raise SendError(f"no answer from {urlsplit(self.url).hostname}: {type(error).__name__}") from None
        self._judge(answer)

    def _judge(self, answer: requests.Response) -> None:
        """Robots refuse with status 200 and an errcode."""
        host = urlsplit(self.url).hostname
        if not 200 <= answer.status_code < 300:
            passing = answer.status_code >= 500 or answer.status_code in (408, 425, 429)
            raise SendError(f"{host} answered {answer.status_code}", is_final=not passing)
        if self.name == "webhook":
            return
        try:
            code = answer.json()["errcode"]
        except (ValueError, TypeError, KeyError):
            raise SendError(f"{host} gave an answer without errcode") from None
        if code != 0:
            raise SendError(f"{host} refused with errcode {code}")


def signature(secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """HMAC-SHA256 over ``timestamp.body``: who knows the secret can tell that it is ours, and not an old one again."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-RiskMap-Timestamp": str(timestamp), "X-RiskMap-Signature": f"sha256={digest}"}


def dingtalk_signature(secret: str, now: float) -> dict[str, str]:
    """[K] As the robot's page describes it: base64 of HMAC-SHA256 over milliseconds, a line feed and the secret."""
    timestamp = str(round(now * 1000))
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return {"timestamp": timestamp, "sign": base64.b64encode(digest).decode()}


def _plain(message: Message) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "type": message.type,
        "created_at": message.created_at.isoformat(),
        "subject": message.subject,
        "text": message.body,
        **message.payload,
    }


def _wecom(message: Message) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": cut(f"{message.subject}\n{message.body}", WECOM_BYTES)}}


def _dingtalk(message: Message) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": cut(f"{message.subject}\n{message.body}", DINGTALK_BYTES)}}


_BODIES: Mapping[str, Callable[[Message], dict[str, Any]]] = {
    "webhook": _plain,
    "wecom": _wecom,
    "dingtalk": _dingtalk,
}


def cut(text: str, longest: int) -> str:
    """The text in at most so many bytes of UTF-8, never within a character."""
    encoded = text.encode()
    if len(encoded) <= longest:
        return text
    return encoded[: longest - 4].decode(errors="ignore") + " …"
