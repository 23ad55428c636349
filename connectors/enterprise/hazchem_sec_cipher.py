"""``datas`` of a double-prevention message: AES over a JSON array, as the contract says.

[K]: mode, padding, key exchange and spelling are not published; the option ``cipher`` names them: ``{kind: none}`` or
``{kind: aes_cbc | aes_ecb, key: ${VARIABLE}, iv: ..., padding: pkcs7 | zero}``; key and iv are text, or ``hex:`` and
hexadecimal digits.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import ConfigurationError
from connectors.refusal import RefusedError

_BLOCK = 16
_KINDS = ("none", "aes_cbc", "aes_ecb")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


@dataclass(frozen=True)
class Cipher:
    """How to open ``datas``; kind ``none``: it is not closed."""

    kind: str = "none"
    key: bytes = field(default=b"", repr=False)
    iv: bytes = field(default=b"", repr=False)
    padding: str = "pkcs7"

    @classmethod
    def of(cls, declared: Mapping[str, Any] | None) -> Cipher:
        """Raises ConfigurationError for a declaration that cannot work."""
        said = dict(declared or {})
        kind, padding = str(said.pop("kind", "none")), str(said.pop("padding", "pkcs7"))
        key, iv = _secret(said.pop("key", "")), _secret(said.pop("iv", ""))
        if kind not in _KINDS or padding not in {"pkcs7", "zero"} or said:
            raise _wrong(f"kind is one of {', '.join(_KINDS)}, padding pkcs7 or zero, besides them only key and iv")
        if kind != "none" and len(key) not in {16, 24, 32}:
            raise _wrong("its key must have 16, 24 or 32 bytes")
        if kind == "aes_cbc" and len(iv) != _BLOCK:
            raise _wrong("aes_cbc needs an iv of 16 bytes")
        return cls(kind, key, iv, padding)

    def open(self, text: str) -> bytes:
        """The plain bytes. Raises RefusedError: hazchem.cipher."""
        packed = _unspelled(text)
        if not packed or len(packed) % _BLOCK:
            raise RefusedError("hazchem.cipher", f"{len(packed)} bytes are no whole number of AES blocks")
        plain = self._decrypted(packed)
        if self.padding == "zero":
            return plain.rstrip(b"\x00")
        count = plain[-1]
        if not 1 <= count <= _BLOCK or plain[-count:] != bytes([count]) * count:
            raise RefusedError("hazchem.cipher", "what comes out is not padded: another key, mode or padding was used")
        return plain[:-count]

    def _decrypted(self, packed: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers import Cipher as Aes
        from cryptography.hazmat.primitives.ciphers import algorithms, modes

        mode = modes.CBC(self.iv) if self.kind == "aes_cbc" else modes.ECB()  # noqa: S305 - the sender's choice
        decryptor = Aes(algorithms.AES(self.key), mode).decryptor()
        return decryptor.update(packed) + decryptor.finalize()


def _unspelled(text: str) -> bytes:
    """Base64 or hexadecimal text -> bytes."""
    flat = "".join(text.split())
    if _HEX.fullmatch(flat) and len(flat) % (2 * _BLOCK) == 0:
        return bytes.fromhex(flat)
    try:
        return base64.b64decode(flat.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        raise RefusedError("hazchem.cipher", "datas is neither Base64 nor hexadecimal text") from None


def _secret(value: Any) -> bytes:
    text = str(value)
    if not text.startswith("hex:"):
        return text.encode()
    try:
        return bytes.fromhex(text.removeprefix("hex:"))
    except ValueError:
        raise _wrong("what follows hex: is not hexadecimal") from None


def _wrong(what: str) -> ConfigurationError:
    return ConfigurationError(f"The cipher of hazchem_sec is declared wrong: {what}", remedy="correct the contract")
