"""One CAP element at a time: what it holds, what is wrong with it, and what CAP does not know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element

from connectors.model import Drift, Reject
from connectors.weather.cap_values import BadValue, coded_word, instant
from connectors.xml import local_name, namespace, text_of

SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"

_LONGEST_EXAMPLE, _LONGEST_REASON = 200, 500  # characters; the archive has the rest


class Refused(Exception):
    """The message as a whole cannot be used; the pieces of the Reject that says why."""

    def __init__(self, where: str, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.where, self.rule, self.reason = where, rule, reason


@dataclass
class Notes:
    """What reading has met: rejects, and drift counted per table and field.

    ``message`` names the message that is being read; together with the place it keeps the raw records of two
    rejects apart, which quarantine would otherwise take for one. ``format`` is what the source speaks: a rule
    ``cap.sent.zone`` is ``nws.sent.zone`` there.
    """

    format: str = "cap"
    rejects: list[Reject] = field(default_factory=list)
    message: Mapping[str, str] = field(default_factory=dict)
    _seen: dict[tuple[str, str], tuple[int, str | None]] = field(default_factory=dict)

    def drift(self, table: str, name: str, example: str | None, count: int = 1) -> None:
        before, first = self._seen.get((table, name), (0, example and example[:_LONGEST_EXAMPLE]))
        self._seen[table, name] = (before + count, first)

    def reject(self, where: str, rule: str, reason: str, table: str, record: Mapping[str, Any] | None) -> None:
        raw = None if record is None else {**self.message, "at": where, **record}
        rule = f"{self.format}.{rule.removeprefix('cap.')}" if rule.startswith("cap.") else rule
        self.rejects.append(Reject(where, rule, reason[:_LONGEST_REASON], table, raw))

    def add(self, other: Notes) -> None:
        self.rejects += other.rejects
        for (table, name), (count, example) in other._seen.items():
            self.drift(table, name, example, count)

    @property
    def drifts(self) -> list[Drift]:
        return [Drift(table, name, count, example) for (table, name), (count, example) in self._seen.items()]


@dataclass(frozen=True)
class Kind:
    """A kind of CAP element: the landing table it goes to, and the names of its children in CAP's order."""

    table: str
    names: str

    @cached_property
    def children(self) -> tuple[str, ...]:
        return tuple(self.names.split())


class Block:
    """An element with its children by name; what CAP does not know is kept for ``extra`` and noted as drift.

    ``remarks`` is what we have to say in ``extra``. ``zone`` is what a time without an offset takes; None refuses
    such times.
    """

    def __init__(self, element: Element, kind: Kind, where: str, zone: tzinfo | None, notes: Notes) -> None:
        self.element, self.kind, self.where, self.zone, self.notes = element, kind, where, zone, notes
        self.remarks: dict[str, Any] = {}
        self._strange: dict[str, list[Any]] = {}
        self._children: dict[str, list[Element]] = {}
        home = namespace(element)
        for child in element:
            name = local_name(child)
            if namespace(child) == home and name in kind.children:
                self._children.setdefault(name, []).append(child)
            elif child.tag == SIGNATURE:
                self.remarks["signed"] = True  # CAP allows it; it is not verified, and the bytes keep it
            else:
                self._unknown(child, name if namespace(child) == home else child.tag)
        for name, value in element.attrib.items():  # CAP has none; what tells a schema's place says nothing
            if not name.startswith(_SCHEMA_INSTANCE):
                self._strange[f"@{name.rpartition('}')[2]}"] = [value]
                self.note(f"@{name.rpartition('}')[2]}", value)
        self._check_order()

    def elements(self, name: str) -> list[Element]:
        return self._children.get(name, [])

    def texts(self, name: str) -> list[str]:
        """The texts of all children of a name, empty ones left out."""
        return [text for text in map(text_of, self.elements(name)) if text]

    def text(self, name: str) -> str | None:
        """The text of a child, None if it is absent or empty; if it is repeated, the lines of all."""
        texts = self.texts(name)
        if len(texts) > 1:
            self.note(f"{name}.repeated", texts[1])
        return "\n".join(texts) or None

    def required(self, name: str) -> str:
        """The text of a child that must be there once. Raises Refused."""
        texts = self.texts(name)
        if len(texts) != 1:
            why, reason = ("repeated", "stands there more than once") if texts else ("missing", "is missing or empty")
            raise Refused(self.at(name), f"cap.{name}.{why}", f"{name} {reason}, and a message needs exactly one")
        return texts[0]

    def required_word(self, name: str) -> str:
        """The coded word of a child that must be there once. Raises Refused."""
        return self._word(name, self.required(name))

    def word(self, name: str) -> str | None:
        """The coded word of a child, None and noted if it is absent. Raises Refused for a word CAP does not have."""
        if self.texts(name):
            return self._word(name, self.required(name))
        self.note(f"{name}.missing", None)
        return None

    def required_time(self, name: str) -> datetime:
        """The instant of a child that must be there once. Raises Refused."""
        try:
            return self._instant(name, self.required(name))
        except BadValue as bad:
            raise Refused(self.at(name), f"cap.{name}.{bad.why}", f"{name}: {bad}") from None

    def time(self, name: str) -> datetime | None:
        """The instant of a child, None if it is absent; one that cannot be read is None and a Reject."""
        text = self.text(name)
        try:
            return self._instant(name, text) if text else None
        except BadValue as bad:
            self.reject(name, bad.why, f"{name}: {bad}", text)
            return None

    def number(self, name: str) -> float | None:
        """The number of a child, None if it is absent; one that cannot be read is None and a Reject."""
        text = self.text(name)
        try:
            value = float(text) if text else None
        except ValueError:
            value = float("nan")
        if value is not None and not abs(value) < 1e9:  # NaN too
            self.reject(name, "number", f"{name} is {text!r}, which is no finite number", text)
            return None
        return value

    def pairs(self, name: str) -> dict[str, list[str]]:
        """valueName -> values in order of appearance; also CAP 1.0's ``name=value``, and several pairs in one."""
        found: dict[str, list[str]] = {}
        for element in self.elements(name):
            named = [text_of(child) for child in element if local_name(child) == "valueName"]
            values = [text_of(child) for child in element if local_name(child) == "value"]
            if not len(element):
                key, _, value = text_of(element).partition("=")
                named, values = [key.strip()], [value.strip()]
            if len(named) != len(values):
                self.reject(
                    name, "pair", f"{name} has {len(named)} valueName and {len(values)} value", text_of(element)
                )
                continue
            for key, value in zip(named, values, strict=True):
                found.setdefault(key, []).append(value)
        return found

    def extra(self) -> dict[str, Any] | None:
        """Remarks and unknown elements; an element that has the name of a remark is put into angle brackets."""
        strange = {f"<{name}>" if name in self.remarks else name: value for name, value in self._strange.items()}
        return {**self.remarks, **strange} or None

    def at(self, name: str) -> str:
        """Where in the payload a child is."""
        return f"{self.where}/{name}" if self.where else name

    def note(self, name: str, example: str | None) -> None:
        self.notes.drift(self.kind.table, name, example)

    def alias(self, name: str, written: str, meant: str) -> None:
        """Keep and count a value that was read as another one."""
        self.remarks.setdefault("aliases", {})[name] = written
        self.note(f"{name}.alias", f"{written} -> {meant}")

    def reject(self, name: str, why: str, reason: str, value: str | None) -> None:
        """A part of the message is lost, the rest stands."""
        element = name.partition("[")[0]
        self.notes.reject(self.at(name), f"cap.{element}.{why}", reason, self.kind.table, {element: value})

    def _word(self, name: str, written: str) -> str:
        try:
            word = coded_word(name, written)
        except BadValue as bad:
            raise Refused(self.at(name), f"cap.{name}.{bad.why}", str(bad)) from None
        if word != written:
            self.alias(name, written, word)
        return word

    def _instant(self, name: str, written: str) -> datetime:
        moment, naive = instant(written, self.zone)
        if naive:
            self.remarks.setdefault("aliases", {})[name] = written
            self.note(f"{name}.naive_time", f"{written} taken as {self.zone}")
        return moment

    def _unknown(self, child: Element, name: str) -> None:
        value = plain(child)
        self._strange.setdefault(name, []).append(value)
        self.note(name, str(value))

    def _check_order(self) -> None:
        """CAP fixes an order; real senders do not keep it, and nothing depends on it: noted, not refused."""
        names = [local_name(child) for child in self.element if local_name(child) in self._children]
        places = [self.kind.children.index(name) for name in names]
        late = next((i for i in range(1, len(places)) if places[i] < places[i - 1]), None)
        if late is not None:
            self.note("order", f"{names[late]} after {names[late - 1]}")


def plain(element: Element) -> Any:
    """An element as JSON values: its text, or an object of its attributes and children."""
    if not len(element) and not element.attrib:
        return text_of(element)
    value: dict[str, Any] = {f"@{name}": text for name, text in element.attrib.items()}
    for child in element:
        value.setdefault(local_name(child), []).append(plain(child))
    if not len(element):
        value["text"] = text_of(element)
    return value
