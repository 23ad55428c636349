"""Bytes -> text without guessing, and the marks of text that was destroyed before it reached us.

Nothing is ever decoded with replacement characters: a name that was repaired by chance is worse than a file in
quarantine, which can still be read once its sender has said what it is.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Any

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MOJIBAKE = ("\ufffd", "锟斤拷", "ï¿½", "Ã¯Â¿Â½")
_UTF8_HAN = re.compile(rb"[\xe2-\xe9][\x80-\xbf]{2}")  # a Chinese character or sign in UTF-8
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_DEEPEST = 50
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class UndecodableError(ValueError):
    """The bytes are text in none of the encodings that the sources of this country write."""


@dataclass(frozen=True)
class Decoded:
    """Text, the codec that read it, and how often it holds marks of an earlier, failed decoding."""

    text: str
    codec: str
    damaged: int = 0


def decode(body: bytes) -> Decoded:
    """Decode by byte order mark, else as strict UTF-8, else as GB18030 (which contains GBK and GB 2312).

    Raises UndecodableError, with the offset of the first bad byte, if all of them fail, if it is UTF-8 with a few
    broken bytes, or if the text holds characters that no database column can keep (NUL).
    """
    for bom, codec in _BOMS:
        if body.startswith(bom):
            return _decoded(body[len(bom) :], codec)
    try:
        return _decoded(body, "utf-8")
    except UndecodableError:
        # GB18030 gives nearly any bytes a meaning: one broken byte in a UTF-8 file would turn all of it to nonsense.
        if 3 * len(_UTF8_HAN.findall(body)) > len(_NOT_ASCII.findall(body)) / 2:
            raise
        return _decoded(body, "gb18030")


def _decoded(body: bytes, codec: str) -> Decoded:
    try:
        text = body.decode(codec)
    except UnicodeDecodeError as error:
        raise UndecodableError(f"the bytes are not text: read as {codec} they break at byte {error.start}") from error
    text = text.removeprefix("\ufeff")
    if "\x00" in text:
        raise UndecodableError(f"the text holds a NUL character at position {text.index(chr(0))}: not a text file")
    return Decoded(text, codec, count_damage(text))


def count_damage(text: str) -> int:
    """How often ``text`` holds U+FFFD or what U+FFFD became when it was decoded once more (锟斤拷)."""
    return sum(text.count(mark) for mark in _MOJIBAKE)


def is_damaged(text: str) -> bool:
    """True if a part of ``text`` was lost in an earlier decoding; it cannot be repaired."""
    return any(mark in text for mark in _MOJIBAKE)


def is_storable(value: Any) -> bool:
    """False if ``value`` (anything JSON can hold) has a NUL or half a surrogate pair in one of its strings.

    JSON escapes can smuggle both past a decoder; neither Arrow nor PostgreSQL can keep them. Also False for what is
    nested too deeply to be looked at.
    """
    if isinstance(value, str):
        return not _UNSTORABLE.search(value)
    try:
        if isinstance(value, dict):
            return all(is_storable(k) and is_storable(v) for k, v in value.items())
        return all(map(is_storable, value)) if isinstance(value, list) else True
    except RecursionError:
        return False


def storable(value: Any, depth: int = 0) -> Any:
    """``value`` with such characters written out as escapes: for a quarantine record, never for a landed one."""
    if isinstance(value, str):
        return _UNSTORABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", value)
    if depth > _DEEPEST and isinstance(value, dict | list):
        return "(nested too deeply)"
    if isinstance(value, dict):
        return {storable(k): storable(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [storable(v, depth + 1) for v in value]
    return value
