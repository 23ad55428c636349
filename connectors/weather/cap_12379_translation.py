"""An alert of the national early-warning system (12379), said in CAP's words.

Most of its elements have CAP's names already. The others are put into CAP's terms here, and what CAP does not know is
handed on, so that the reader of CAP keeps and counts it. What may be personal is left out on purpose: the platforms
write the name of the officer who signs into ``senderName`` and the recipients into ``code/method``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from xml.etree.ElementTree import Element

from connectors.clock import ClockError, to_utc
from connectors.errors import ConfigurationError
from connectors.weather.cap_12379_codes import event, identifier_flaw
from connectors.weather.cap_colour import coded_colour
from connectors.weather.cap_reading import Notes
from connectors.weather.cap_values import BadValue, coded_word
from connectors.xml import local_name, text_of

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
COLOUR_PARAMETER = "severity"
"""Under this name the colour as it was sent stands among the parameters."""

_ALERT = (
    "identifier sender senderCode sendTime status msgType source scope secClassification restriction addresses code "
    "note references incidents info"
)
_INFO = (
    "language category event eventType responseType urgency severity certainty audience eventCode effective onset "
    "expires senderName headline description instruction web contact parameter resource area"
)
_AREA = "areaDesc polygon circle geocode altitude ceiling"
NAMES = frozenset(f"{_ALERT} {_INFO} {_AREA}".split())
"""The element names that the option ``elements`` may give other spellings to."""

_SEVERITY = {"red": "Extreme", "orange": "Severe", "yellow": "Moderate", "blue": "Minor"}
_UNIT = re.compile(r"[局台站部厅委办处所]|中心|政府|指挥|公司|集团|服务|平台")
_TRIPLE = re.compile(
    r"([^\s,;；，]+),([^\s,;；，]+),(\d{14}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)",
    re.ASCII,
)

Parts = dict[str, list[Element]]


def spellings(elements: object) -> Mapping[str, str]:
    """The option ``elements`` (our name -> what the source writes, one or several) as: what it writes -> our name.

    Raises ConfigurationError for a name that the format has not.
    """
    remedy = f"write elements as our name -> the source's name; our names are {', '.join(sorted(NAMES))}"
    if not isinstance(elements, Mapping):
        raise ConfigurationError("the option elements is not a mapping", remedy=remedy)
    found = {name: name for name in NAMES}
    for ours, theirs in elements.items():
        if ours not in NAMES:
            raise ConfigurationError(f"the option elements names {ours!r}, which this format has not", remedy=remedy)
        found.update(dict.fromkeys([theirs] if isinstance(theirs, str) else theirs, str(ours)))
    return found


def references(text: str, zone: tzinfo | None) -> tuple[list[str], list[str]]:
    """(what is referred to, nothing): bare identifiers as they stand, triples with their time made ISO 8601.

    A bare identifier does not say when that message was sent; the time within it is not that of sending.
    """
    named, end = [], 0
    for match in _TRIPLE.finditer(text):
        named += _identifiers(text[end : match.start()])
        named.append(f"{match[1]},{match[2]},{_iso(match[3], zone)}")
        end = match.end()
    return [*named, *_identifiers(text[end:])], []


def to_cap(alert: Element, names: Mapping[str, str], zone: tzinfo, notes: Notes) -> Element:
    """The ``<alert>`` of CAP 1.2 that says the same."""
    parts = _parts(alert, names)
    sender, code = _first(parts, "sender"), _first(parts, "senderCode")
    _identify(parts, code, notes)
    for name in ("sender", "senderCode"):
        parts.pop(name, None)
    if key := code or sender:
        parts["sender"] = [_leaf("sender", _tidy("sender", key, notes))]
    parts["sent"] = [_leaf("sent", _iso(text_of(sent), zone)) for sent in parts.pop("sendTime", [])]
    levels = [text_of(level) for level in parts.pop("secClassification", [])]
    closed = [_leaf("restriction", level) for level in levels if level not in ("", "None", "公开")]
    parts["restriction"] = [*parts.pop("restriction", []), *closed]
    parts["code"] = [_leaf("code", word) for held in parts.pop("code", []) for word in _channels(held)]
    parts["info"] = [_info(info, names, sender, zone, notes) for info in parts.pop("info", [])]
    return _joined("alert", _ALERT.replace("sendTime", "sent"), parts)


def _identify(parts: Parts, code: str | None, notes: Notes) -> None:
    """Mark an identifier that breaks the rule of 31 characters; it never costs us the warning."""
    identifier = _first(parts, "identifier")
    if identifier is None:
        return
    if flaw := identifier_flaw(identifier, code):
        notes.drift("warning", f"identifier.{flaw}", identifier)
    parts["identifier"] = [_leaf("identifier", _tidy("identifier", identifier, notes))]


def _tidy(name: str, text: str, notes: Notes) -> str:
    """Without the characters that CAP forbids in keys, because a list of references could not name such a message."""
    tidy = re.sub(r"[,<&\s]+", "_", text)
    if tidy != text:
        notes.drift("warning", f"{name}.characters", text)
    return tidy


def _channels(code: Element) -> Iterator[str]:
    """Profile marks, or the channels that a message goes out by; its recipients and their texts stay in the archive."""
    named = [text_of(child) for child in code.iter() if local_name(child) == "methodName"]
    yield from (word for word in (named if len(code) else [text_of(code)]) if word)


def _info(info: Element, names: Mapping[str, str], sender: str | None, zone: tzinfo, notes: Notes) -> Element:
    parts = _parts(info, names)
    for name in ("effective", "onset", "expires"):
        parts[name] = [_leaf(name, _iso(text_of(time), zone)) for time in parts.get(name, []) if text_of(time)]
    _event(parts, notes)
    for name in ("urgency", "certainty"):
        parts[name] = [_word(name, text_of(word), notes) for word in parts.get(name, []) if text_of(word)]
    _colour(parts, notes)
    signed = _first(parts, "senderName")
    if signed and not _UNIT.search(signed):
        notes.drift("warning_info", "senderName.person", None)
        signed = None
    if unit := signed or sender:
        parts["senderName"] = [_leaf("senderName", unit)]
    parts["area"] = [area for held in parts.pop("area", []) for area in _areas(held, names)]
    return _joined("info", _INFO, parts)


def _event(parts: Parts, notes: Notes) -> None:
    """``event`` and ``eventCode`` of CAP, and its category, from the one ``eventType``."""
    code = _first(parts, "eventType") or ""
    parts.pop("eventType", None)
    kind = event(code)
    if code and kind.name is None:
        notes.drift("warning_info", "eventType.unknown", code)
    named = _first(parts, "event") or kind.name or code or _first(parts, "headline")
    if named:
        parts["event"] = [_leaf("event", named)]
    if code:
        parts.setdefault("eventCode", []).append(_pair("eventCode", kind.system or "eventType", code))
    if kind.category and not parts.get("category"):
        parts["category"] = [_leaf("category", kind.category)]


def _colour(parts: Parts, notes: Notes) -> None:
    """``severity`` holds a colour: it becomes a parameter, and CAP's severity follows from it (our mapping [K])."""
    written = _first(parts, "severity")
    if written is None:
        return
    colour = coded_colour(written)
    parts.setdefault("parameter", []).append(_pair("parameter", COLOUR_PARAMETER, written))
    parts["severity"] = [_leaf("severity", _SEVERITY[colour]) if colour else _word("severity", written, notes)]


def _word(name: str, written: str, notes: Notes) -> Element:
    """A coded word; one that CAP does not have becomes Unknown: how certain it is must not cost us a warning."""
    try:
        coded_word(name, written)
    except BadValue:
        notes.drift("warning_info", f"{name}.unknown", written)
        return _leaf(name, "Unknown")
    return _leaf(name, written)


def _areas(area: Element, names: Mapping[str, str]) -> Iterator[Element]:
    """One area per region code where nothing is drawn: a warning for two counties is a warning for both."""
    parts = _parts(area, names)
    if any(len(code) for code in parts.get("geocode", [])):  # CAP's own valueName and value
        yield _joined("area", _AREA, parts)
        return
    codes = list(dict.fromkeys(code for held in parts.pop("geocode", []) for code in _listed(text_of(held))))
    places = list(dict.fromkeys(_listed(_first(parts, "areaDesc") or "")))
    drawn = any(text_of(shape) for name in ("polygon", "circle") for shape in parts.get(name, []))
    groups = [[code] for code in codes] if len(codes) > 1 and not drawn else [codes]
    for i, group in enumerate(groups):
        own = {**parts, "geocode": [_pair("geocode", "GB/T 2260", code) for code in group]}
        if len(groups) > 1 and len(places) == len(codes):
            own["areaDesc"] = [_leaf("areaDesc", places[i])]
        yield _joined("area", _AREA, own)


def _listed(text: str) -> list[str]:
    return [piece for piece in re.split(r"[,，;；、\s]+", text) if piece]


def _identifiers(text: str) -> list[str]:
    return [piece for piece in re.split(r"[,，;；\s]+", text) if piece]


def _iso(text: str, zone: tzinfo | None) -> str:
    """A time in either form as CAP writes it; what is no time stays, for the reader to refuse."""
    try:
        return to_utc(text, zone, midnight_24=True).isoformat() if zone else text
    except ClockError:
        return text


def _parts(element: Element, names: Mapping[str, str]) -> Parts:
    """The children by our names, in CAP's namespace; unknown ones under their own."""
    parts: Parts = {}
    for child in element:
        name = names.get(local_name(child), local_name(child))
        parts.setdefault(name, []).append(_renamed(child, name))
    return parts


def _renamed(element: Element, name: str) -> Element:
    copy = Element(f"{{{CAP}}}{name}", element.attrib)
    copy.text = element.text
    copy.extend(_renamed(child, local_name(child)) for child in element)
    return copy


def _first(parts: Parts, name: str) -> str | None:
    return next((text for text in map(text_of, parts.get(name, [])) if text), None)


def _leaf(name: str, text: str) -> Element:
    element = Element(f"{{{CAP}}}{name}")
    element.text = text
    return element


def _pair(name: str, key: str, value: str) -> Element:
    element = Element(f"{{{CAP}}}{name}")
    element.extend((_leaf("valueName", key), _leaf("value", value)))
    return element


def _joined(name: str, order: str, parts: Parts) -> Element:
    """The parts in CAP's order, unknown ones behind them."""
    element = Element(f"{{{CAP}}}{name}")
    element.extend(_ordered(order.split(), parts))
    return element


def _ordered(order: Iterable[str], parts: Parts) -> Iterator[Element]:
    for name in [*order, *(name for name in parts if name not in order)]:
        yield from parts.get(name, [])
