"""AES as a contract declares it; the vectors are those of NIST (SP 800-38A, F.1 and F.2), padding added."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher as Primitive
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from connectors.cipher import Cipher, CipherError

KEY = "2b7e151628aed2a6abf7158809cf4f3c"
PLAIN = "6bc1bee22e409f96e93d7e117393172a"
ECB = "3ad77bb40d7a3660a89ecaf32466ef97"
CBC = "7649abac8119b246cee98e9b12e9197d"
IV = bytes(range(16))


def encrypted(plain: bytes, key: bytes, mode: Any) -> bytes:
    padder = PKCS7(128).padder()
    encryptor = Primitive(algorithms.AES(key), mode).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def test_published_vectors() -> None:
    key, plain = bytes.fromhex(KEY), bytes.fromhex(PLAIN)
    ecb, cbc = encrypted(plain, key, modes.ECB()), encrypted(plain, key, modes.CBC(IV))
    assert (ecb[:16].hex(), cbc[:16].hex()) == (ECB, CBC)
    assert Cipher(key_spelling="hex", text_spelling="hex").decrypt(ecb.hex(), KEY) == plain
    prefixed = Cipher("CBC", "hex", "base64", "prefix")
    assert prefixed.decrypt(base64.b64encode(IV + cbc).decode(), KEY) == plain


def test_keys_and_texts_come_in_several_spellings() -> None:
    key = "0123456789abcdef"
    body = encrypted("模拟".encode(), key.encode(), modes.ECB())
    for spelling, written in (
        ("utf8", key),
        ("hex", key.encode().hex()),
        ("base64", base64.b64encode(key.encode()).decode()),
    ):
        assert Cipher(key_spelling=spelling).decrypt(base64.b64encode(body).decode(), written) == "模拟".encode()  # type: ignore[arg-type]
    wrapped = base64.encodebytes(body).decode()
    assert Cipher().decrypt(wrapped, key) == "模拟".encode()
    fixed = base64.b64encode(encrypted(b"x", key.encode(), modes.CBC(b"fedcba9876543210"))).decode()
    for iv in ("fedcba9876543210", b"fedcba9876543210".hex()):
        assert Cipher("CBC", iv=iv).decrypt(fixed, key) == b"x"


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("%%%", "0123456789abcdef", "not base64"),
        ("", "0123456789abcdef", "whole blocks"),
        (base64.b64encode(b"short").decode(), "0123456789abcdef", "whole blocks"),
        (base64.b64encode(bytes(32)).decode(), "hush-invented", "16, 24 or 32"),
        (base64.b64encode(bytes(32)).decode(), "0123456789abcdef", "does not decrypt"),
    ],
)
def test_what_does_not_decrypt_says_why_and_never_the_key(text: str, key: str, says: str) -> None:
    with pytest.raises(CipherError, match=says) as refused:
        Cipher().decrypt(text, key)
    assert key not in str(refused.value)


@pytest.mark.parametrize(
    "declared",
    [
        {"mode": "GCM"},
        {"mode": "CBC"},
        {"iv": "prefix"},
        {"mode": "CBC", "iv": "short"},
        {"key_spelling": "rot13"},
        {"padding": "x"},
    ],
)
def test_a_wrong_declaration_is_refused(declared: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"cipher|spelling|iv"):
        Cipher(**declared)
