"""Bodies that a source encrypts with a shared AES key: which mode and which spelling of key and text is declared.

No standard of these feeds that we could read fixes mode, padding or spelling [K], so nothing here is a default of a
standard: it is what the option ``cipher`` of a contract says, or else what implementers most often do.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Literal

Spelling = Literal["utf8", "hex", "base64"]
_BLOCK = 16
_KEYS = (16, 24, 32)  # bytes

_HEX_IV = re.compile(r"[0-9A-Fa-f]{32}")
_STANDARD = str.maketrans("-_", "+/")


class CipherError(ValueError):
    """The text cannot be decrypted with this key and mode; ``str(error)`` says why and never holds the key."""


@dataclass(frozen=True)
class Cipher:
    """AES as ``cipher`` declares it. ``iv`` is needed for CBC: 16 bytes as text or in hexadecimal, or
    ``prefix`` if it leads the text.

    ``key_spelling`` and ``text_spelling``: how key and encrypted text are written. ``padding``: ``zero`` takes all NUL
    from the end of the plain text, and cannot show a wrong key.
    """

    mode: Literal["ECB", "CBC"] = "ECB"
    key_spelling: Spelling = "utf8"
    text_spelling: Literal["hex", "base64"] = "base64"
    iv: str | None = None
    padding: Literal["pkcs7", "zero"] = "pkcs7"

    def __post_init__(self) -> None:
        if self.mode not in {"ECB", "CBC"}:
            raise ValueError(f"cipher mode must be ECB or CBC, got {self.mode}")
        if self.key_spelling not in {"utf8", "hex", "base64"} or self.text_spelling not in {"hex", "base64"}:
            raise ValueError("key_spelling must be utf8, hex or base64, text_spelling hex or base64")
        if self.padding not in {"pkcs7", "zero"}:
            raise ValueError(f"the padding of a cipher is pkcs7 or zero, got {self.padding}")
        if (self.mode == "CBC") != (self.iv is not None):
            raise ValueError("cipher mode CBC needs an iv (16 bytes of text, or prefix), ECB must not have one")
        if self.iv not in {None, "prefix"} and len(_iv(self.iv)) != _BLOCK:
            raise ValueError(
                "the iv of a cipher has 16 bytes: that many characters, or twice as many hexadecimal digits"
            )

    def check_key(self, key: str) -> None:
        """Raises CipherError for a key that AES cannot have, or that is not spelled as declared."""
        self._key(key)

    def _key(self, key: str) -> bytes:
        plain = _spelled(key, self.key_spelling, "key")
        if len(plain) not in _KEYS:
            raise CipherError("the key is none of AES: it has 16, 24 or 32 bytes")
        return plain

    def decrypt(self, text: str, key: str) -> bytes:
        """What was encrypted. Raises CipherError for a wrong key as far as the padding shows it."""
        from cryptography.hazmat.primitives.ciphers import Cipher as Primitive
        from cryptography.hazmat.primitives.ciphers import algorithms, modes
        from cryptography.hazmat.primitives.padding import PKCS7

        body, iv = _spelled(text, self.text_spelling, "text"), _iv(self.iv)
        if self.iv == "prefix":
            iv, body = body[:_BLOCK], body[_BLOCK:]
        if not body or len(body) % _BLOCK or (self.mode == "CBC" and len(iv) != _BLOCK):
            raise CipherError("the encrypted text is not made of whole blocks of 16 bytes")
        mode = modes.CBC(iv) if self.mode == "CBC" else modes.ECB()  # noqa: S305 - the sender's choice, not ours
        decryptor = Primitive(algorithms.AES(self._key(key)), mode).decryptor()
        padded = decryptor.update(body) + decryptor.finalize()
        if self.padding == "zero":
            return padded.rstrip(b"\x00")
        unpadder = PKCS7(_BLOCK * 8).unpadder()
        try:
            return unpadder.update(padded) + unpadder.finalize()
        except ValueError:
            raise CipherError("the text does not decrypt: the key or the declared mode is not the sender's") from None


def _iv(written: str | None) -> bytes:
    text = str(written or "")
    return bytes.fromhex(text) if _HEX_IV.fullmatch(text) else text.encode()


def _spelled(text: str, spelling: Spelling, what: str) -> bytes:
    plain = "".join(text.split())
    try:
        if spelling == "hex":
            return bytes.fromhex(plain)
        # The alphabet for addresses (- and _) is read as well.
        return text.encode() if spelling == "utf8" else base64.b64decode(plain.translate(_STANDARD), validate=True)
    except (ValueError, binascii.Error):
        raise CipherError(f"the {what} is not {spelling}") from None
