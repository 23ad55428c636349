"""From the bytes that a gateway publishes to JSON per device: frames, control bytes, encryption, flavours.

A message comes plain, behind a frame head (type, big-endian length), behind stray control bytes, or encrypted, and
what was encrypted has a frame head or control bytes again. A file for replay holds one plain message per line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.cipher import Cipher, CipherError
from connectors.json_text import read_json, read_json_text
from connectors.refusal import RefusedError
from connectors.text import UndecodableError, decode

FORMAT = "geo_iot"
IDENTIFIER = re.compile(r"(?P<kind>(?:L[1-4]|S1)_[A-Z]+)_(?P<channel>\d{1,3})")
_TOPIC = re.compile(r"/?sys/[^/]+/(?P<device>[^/]+)(?:/sub/(?P<child>[^/]+))?/thing/property/post")
_CONTROLS = bytes(range(0x20))
_VALUES, _SERIES, _FILE = 1, 2, 3
_HEAD = 3  # bytes: type and length


@dataclass(frozen=True)
class Device:
    """What one device says in one message: identifier (or platform key) -> content."""

    where: str
    code: str
    members: Mapping[str, Any]
    gateway: str | None = None


@dataclass(frozen=True)
class Keys:
    """The AES keys by appId, and how they are used."""

    by_app: Mapping[str, str]
    cipher: Cipher


def devices(body: bytes, topic: str, keys: Keys) -> Iterator[Device | tuple[str, RefusedError]]:
    """Every device of every message; a line of a file that cannot be read as where and why.

    Raises RefusedError if not even the first message can be read.
    """
    found = _documents(body)
    for number, (where, document) in enumerate(found):
        try:
            if isinstance(document, RefusedError):
                raise document
            yield from _devices(where, _decrypted(document, keys), topic)
        except RefusedError as error:
            if number == 0 and len(found) == 1:
                raise
            yield where or "message", error


def _documents(body: bytes) -> list[tuple[str, Any]]:
    """(where, JSON) of the message, or of each line of a file of messages."""
    text = _unframed(body)
    try:
        return [("", read_json(text, FORMAT))]
    except RefusedError as error:
        lines = [line.strip(_CONTROLS + b" ") for line in text.splitlines()]
        if not error.rule.endswith(".json") or sum(map(bool, lines)) < 2:
            raise
        if isinstance(_line(next(line for line in lines if line)), RefusedError):
            raise
    return [(f"line {number}", _line(line)) for number, line in enumerate(lines, 1) if line]


def _line(line: bytes) -> Any:
    try:
        return read_json_text(decode(line).text, FORMAT)
    except UndecodableError as error:
        return RefusedError(f"{FORMAT}.encoding", str(error))
    except RefusedError as error:
        return error


def _unframed(body: bytes) -> bytes:
    """The JSON inside a frame, or behind control bytes."""
    if len(body) > _HEAD and body[0] in (_VALUES, _SERIES, _FILE) and body[_HEAD : _HEAD + 1] == b"{":
        length = int.from_bytes(body[1:_HEAD], "big")
        if body[0] == _FILE:
            raise RefusedError(f"{FORMAT}.frame.file", "the frame carries a file (type 3), no measurements")
        if length != len(body) - _HEAD:
            held = len(body) - _HEAD
            raise RefusedError(f"{FORMAT}.frame.length", f"the frame declares {length} bytes of JSON and holds {held}")
        return body[_HEAD:]
    return body.lstrip(_CONTROLS)


def _decrypted(document: Any, keys: Keys) -> Any:
    if not isinstance(document, dict) or not {"header", "bodies"} <= document.keys():
        return document
    header, bodies = document["header"], document["bodies"]
    app = header.get("appId") if isinstance(header, dict) else None
    text = bodies.get("body") if isinstance(bodies, dict) else None
    if app is None or not isinstance(text, str):
        raise RefusedError(f"{FORMAT}.encrypted", "the encrypted message lacks header.appId or bodies.body")
    key = keys.by_app.get(str(app))
    if key is None:
        reason = f"there is no key for appId {str(app)[:40]!r}: name its variable in the contract (keys), then replay"
        raise RefusedError(f"{FORMAT}.key.missing", reason)
    try:
        return read_json(_unframed(keys.cipher.decrypt(text, key)), FORMAT)
    except CipherError as error:
        raise RefusedError(f"{FORMAT}.decrypt", f"appId {str(app)[:40]!r}: {error}") from None


def _devices(where: str, document: Any, topic: str) -> Iterator[Device]:
    """The devices of one message, whichever flavour it has. Raises RefusedError if it is none of them."""
    if isinstance(document, dict):
        document = _unwrapped(document)
    if isinstance(document, list) and document and all(_is_platform(entry) for entry in document):
        for place, entry in enumerate(document):
            yield _platform(f"{where}[{place}]", entry)
    elif _is_platform(document):
        yield _platform(where, document)
    elif isinstance(document, dict) and _has_identifier(document):
        device, gateway = _of_topic(topic)
        yield Device(where, device, document, gateway)
    elif isinstance(document, dict) and any(_has_identifier(members) for members in document.values()):
        for code, members in document.items():
            if not isinstance(members, dict):
                raise RefusedError(f"{FORMAT}.shape", f"the device {code[:40]!r} holds no members")
            yield Device(where, code, members)
    else:
        raise RefusedError(f"{FORMAT}.shape", "the message holds no identifier such as L1_LF_1 and no keyValues")


def _unwrapped(document: dict[str, Any]) -> Any:
    """What stands inside the platform's answer (``data``, ``data.list``) or a property message (``properties``)."""
    if isinstance(document.get("properties"), dict) and _has_identifier(document["properties"]):
        return document["properties"]
    inside = document.get("data")
    if isinstance(inside, dict) and isinstance(inside.get("list"), list):
        inside = inside["list"]
    return inside if isinstance(inside, list) else document


def _has_identifier(members: Any) -> bool:
    return isinstance(members, dict) and any(IDENTIFIER.match(name) for name in members)


def _is_platform(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("keyValues"), list)


def _platform(where: str, entry: dict[str, Any]) -> Device:
    """``{deviceCode, time, keyValues: [{key, value}]}`` as members with one instant each."""
    code = entry.get("deviceCode") or entry.get("stationId")
    time = entry.get("time") or entry.get("collectTime")
    if not code or not time:
        raise RefusedError(f"{FORMAT}.platform", "the entry of the platform lacks deviceCode or time")
    pairs = entry["keyValues"]
    if not all(isinstance(pair, dict) and isinstance(pair.get("key"), str) for pair in pairs):
        raise RefusedError(f"{FORMAT}.platform", "keyValues holds something other than key and value")
    return Device(where, str(code), {pair["key"]: {str(time): pair.get("value")} for pair in pairs})


def _of_topic(topic: str) -> tuple[str, str | None]:
    """The device that the topic names, and the gateway that speaks for it."""
    match = _TOPIC.fullmatch(topic)
    if not match:
        raise RefusedError(f"{FORMAT}.device", "neither the message nor its topic says which device speaks")
    return (match["child"], match["device"]) if match["child"] else (match["device"], None)
