"""Requests that prove anew, each time, who asks: what is computed here goes to the source's own host and nowhere else.

Neither the password nor what was computed from it ever stands in an address that is kept: the client signs a copy.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit


class Signed(NamedTuple):
    """What is really asked: an address with its proof, and headers that carry one."""

    url: str
    headers: Mapping[str, str]


class Signer(Protocol):
    def sign(self, url: str, now: datetime) -> Signed: ...


@dataclass(frozen=True)
class CmaMusic:
    """CMA MUSIC (天擎): ``sign`` is the MD5 over all parameters, the password and the node, sorted by name.

    The values are signed as they are, before they are encoded for the address. ``nonce`` is for tests.
    """

    user: str
    password: str = field(repr=False)
    service_node_id: str = "NMIC_MUSIC_CMADAAS"
    nonce: Callable[[], str] = field(default=lambda: str(uuid.uuid4()), repr=False)

    def sign(self, url: str, now: datetime) -> Signed:
        parts = urlsplit(url)
        ours = {
            "serviceNodeId": self.service_node_id,
            "userId": self.user,
            "timestamp": str(int(now.timestamp() * 1000)),
            "nonce": self.nonce(),
        }
        sent = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **ours}
        sent.pop("sign", None)
        sent.pop("pwd", None)
        sent["sign"] = music_signature({**sent, "pwd": self.password})
        return Signed(urlunsplit(parts._replace(query=urlencode(sent, quote_via=quote))), {})


def music_signature(parameters: Mapping[str, str]) -> str:
    """Upper-case hexadecimal MD5 of ``k=v`` joined by ``&`` in the order of the names."""
    text = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


@dataclass(frozen=True)
class EdDsaToken:
    """A bearer token (JWT, Ed25519) as QWeather wants it: ``kid`` in its head; ``sub``, ``iat``, ``exp``, no more."""

    key_id: str
    project_id: str
    private_key_file: str = field(repr=False)
    valid_s: int = 900

    def sign(self, url: str, now: datetime) -> Signed:
        # Issued half a minute ago: the clock of the source may be behind ours.
        issued = now - timedelta(seconds=30)
        claims = {
            "sub": self.project_id,
            "iat": int(issued.timestamp()),
            "exp": int(issued.timestamp()) + self.valid_s,
        }
        head = _part({"alg": "EdDSA", "kid": self.key_id})
        signing = f"{head}.{_part(claims)}"
        token = f"{signing}.{_base64(self._key().sign(signing.encode()))}"
        return Signed(url, {"Authorization": f"Bearer {token}"})

    def _key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(Path(self.private_key_file).read_bytes(), password=None)
        except OSError as error:
            raise ValueError(f"the private key file cannot be read ({error.strerror})") from None
        except (ValueError, TypeError):
            raise ValueError("the private key file holds no PEM private key without a password") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("the private key is not an Ed25519 key")
        return key

    def __post_init__(self) -> None:
        if not 0 < self.valid_s <= 24 * 3600:
            raise ValueError("valid_s of a token must lie between 1 and 86400")
        self._key()


_KINDS: Mapping[str, Callable[..., Signer]] = {"cma_music": CmaMusic, "eddsa_token": EdDsaToken}


def signer(declared: Mapping[str, Any] | None) -> Signer | None:
    """The signer that the option ``sign`` declares. ValueError or TypeError (told by the registry) if it is wrong."""
    if declared is None:
        return None
    rest = dict(declared)
    kind = str(rest.pop("kind", None))
    if kind not in _KINDS:
        raise ValueError(f"sign.kind must be one of {', '.join(sorted(_KINDS))}, got {kind}")
    if blank := sorted(name for name, value in rest.items() if value in {None, ""}):
        raise ValueError(f"sign lacks a value for {', '.join(blank)}")
    return _KINDS[kind](**rest)


def _part(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
