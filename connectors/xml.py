"""XML from strangers: bytes -> elements, or one clear sentence about why not.

Document type declarations are refused as a whole: no feed needs them, and entity bombs and external entities
live in them. The encoding is taken from the bytes (mark, then declaration, then trial), never from the header
of the answer, which is wrong more often.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_DEPTH = 64
"""Deeper nesting than any feed has; what walks elements recursively may rely on it."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")
_HTML = re.compile(r"(?>\s*<!--.*?-->)*+\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
# GB2312 and GBK are subsets of GB 18030, and senders of one often write characters of the next.
_GB = frozenset({"gb2312", "gbk", "gb18030"})
# A declaration that can be read byte by byte is not UTF-16, whatever it says (a habit of .NET); ASCII is UTF-8.
_REALLY_UTF8 = frozenset({"utf-16", "utf-16-le", "utf-16-be", "ascii"})
_ENCODINGS = _GB | frozenset(
    {"utf-8", "iso8859-1", "iso8859-2", "iso8859-15", "big5"}
    | {f"cp125{n}" for n in range(9)}
    | {"shift_jis", "euc_jp", "euc_kr"}
)


class XmlError(ValueError):
    """The bytes are no usable XML; ``rule`` is a stable dotted name, ``str(error)`` a sentence for a person."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason


@dataclass(frozen=True)
class Document:
    """A parsed document; ``guessed_encoding`` is set where the bytes were not in the encoding they claim."""

    root: Element
    guessed_encoding: str | None = None


def parse_xml(body: bytes) -> Document:
    """Read one XML document. Raises XmlError for anything else: HTML, JSON, an empty or a truncated body, a DTD."""
    text, guessed = _decode(body)
    text = text.lstrip("\ufeff \t\r\n")
    if not text:
        raise XmlError("xml.empty", "the payload is empty; nothing was sent")
    if _HTML.match(text[:4096]):
        raise XmlError("xml.html", "the payload is an HTML page, not XML; a login or error page took its place")
    if not text.startswith("<"):
        raise XmlError("xml.not_xml", f"the payload is not XML; it starts with {text[:20]!r}")
    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise XmlError("xml.dtd", "the document declares a DTD or entities, which are refused for safety") from None
    except (ParseError, ValueError) as error:
        raise XmlError("xml.malformed", f"the XML breaks off or is not well-formed: {error}") from None
    if _deeper_than(root, MAX_DEPTH):
        raise XmlError("xml.depth", f"the XML is nested more than {MAX_DEPTH} deep")
    return Document(root, guessed)


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: Element) -> str:
    """The namespace of an element, "" if it has none."""
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""


def text_of(element: Element) -> str:
    """All text inside an element, outer blanks removed."""
    return "".join(element.itertext()).strip()


def _decode(body: bytes) -> tuple[str, str | None]:
    declared = _declared(body)
    try:
        return body.decode(declared), None
    except UnicodeDecodeError:
        if declared == "utf-8" and _more_wrong_than_right(body):
            return _decode_gb(body), "gb18030"
        raise XmlError("xml.encoding", f"the bytes are not valid {declared}, which they should be in") from None


def _declared(body: bytes) -> str:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return encoding
    declaration = _DECLARATION.match(body[:200])
    if not declaration:
        return "utf-8"
    name = declaration[1].decode("ascii")
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if known in _REALLY_UTF8:
        return "utf-8"
    if known not in _ENCODINGS:
        raise XmlError("xml.encoding", f"the document declares the encoding {name!r}, which is not known here")
    return "gb18030" if known in _GB else known


def _more_wrong_than_right(body: bytes) -> bool:
    """True where text outside ASCII is mostly not UTF-8: another encoding, rather than a damaged byte."""
    text = body.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    right = sum(character > "\x7f" for character in text) - wrong
    return wrong > right


def _decode_gb(body: bytes) -> str:
    try:
        return body.decode("gb18030")
    except UnicodeDecodeError:
        raise XmlError("xml.encoding", "the bytes are neither valid UTF-8 nor valid GB 18030") from None


def _deeper_than(root: Element, limit: int) -> bool:
    level = [root]
    for _ in range(limit):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True
