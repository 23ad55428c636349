"""The body of a pushed request: read whole or not at all, never more than allowed, unpacked as its headers say."""

from __future__ import annotations

import zlib
from email.message import Message
from io import BufferedIOBase

_CHUNK = 64 * 1024
_LONGEST_LINE = 256


class BodyError(Exception):
    """The request cannot be taken; ``status`` says it to the sender, ``str(error)`` explains."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def read_body(stream: BufferedIOBase, headers: Message, largest: int) -> bytes:
    """Raises BodyError: 400 breaks off, badly framed; 411; 413 larger than ``largest`` bytes (unpacked, too); 415."""
    body = _framed(stream, headers, largest)
    coding = (headers.get("Content-Encoding") or "identity").strip().lower()
    if coding == "identity":
        return body
    if coding in {"gzip", "x-gzip", "deflate"}:
        return _unpacked(body, largest)
    raise BodyError(415, f"content encoding {coding[:40]!r} is not known here; send gzip or none")


def _framed(stream: BufferedIOBase, headers: Message, largest: int) -> bytes:
    if (headers.get("Transfer-Encoding") or "").strip().lower() == "chunked":
        return _chunked(stream, largest)
    length = (headers.get("Content-Length") or "").strip()
    if not length:
        raise BodyError(411, "say how long the body is: Content-Length or chunked transfer")
    if not length.isdecimal():
        raise BodyError(400, "Content-Length is no number")
    if int(length) > largest:
        raise BodyError(413, f"the body has {length} bytes, at most {largest} are taken")
    return _exactly(stream, int(length))


def _chunked(stream: BufferedIOBase, largest: int) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        digits = stream.readline(_LONGEST_LINE).split(b";", 1)[0].strip()
        try:
            size = int(digits, 16)
        except ValueError:
            raise BodyError(400, "the chunks of the body are framed wrongly") from None
        total += size
        if size < 0 or total > largest:
            raise BodyError(413, f"the body is larger than {largest} bytes")
        if size == 0:
            while stream.readline(_LONGEST_LINE).strip():
                continue
            return b"".join(parts)
        parts.append(_exactly(stream, size))
        if stream.readline(_LONGEST_LINE).strip():
            raise BodyError(400, "the chunks of the body are framed wrongly")


def _exactly(stream: BufferedIOBase, size: int) -> bytes:
    body = bytearray()
    while len(body) < size:
        part = stream.read(min(_CHUNK, size - len(body)))
        if not part:
            raise BodyError(400, f"the body breaks off after {len(body)} of {size} bytes")
        body += part
    return bytes(body)


def _unpacked(body: bytes, largest: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=47)  # gzip or zlib, by its own header
    try:
        plain = unpacker.decompress(body, largest + 1)
    except zlib.error as error:
        raise BodyError(400, f"the compressed body is damaged: {error}") from None
    if len(plain) > largest:
        raise BodyError(413, f"the body is larger than {largest} bytes once it is unpacked")
    if not unpacker.eof:
        raise BodyError(400, "the compressed body breaks off")
    return plain
