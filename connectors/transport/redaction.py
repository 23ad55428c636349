"""The one place that takes secrets out of addresses and messages before anybody can read or store them."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

MASK = "***"

# Parts of parameter names, compared without case, "-" and "_"; short ones only as the whole name, so that
# "monkey", "design" and "author" stay readable.
_SECRET_PART = re.compile(r"passw|passphrase|secret|token|apikey|accesskey|appkey|credential|signature|authorization")
_SECRET_WHOLE = frozenset({"key", "pwd", "pass", "sign", "sig", "auth", "sid", "jwt", "ak", "sk"})
_URL = re.compile(r"""[a-z][a-z0-9+.-]*://[^\s'"<>]+""", re.IGNORECASE)
_PAIR = re.compile(
    r"""\b(password|passwd|pwd|secret|token|api[-_]?key|access[-_]?key)(\s*[=:]\s*)('[^']*'|"[^"]*"|[^\s,;&'"]+)""",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Whether a parameter or header of this name is likely to hold a secret."""
    flat = re.sub(r"[-_.]", "", name).lower()
    return flat in _SECRET_WHOLE or _SECRET_PART.search(flat) is not None


def redact_url(url: str) -> str:
    """``url`` without user and password, with the values of secret-shaped query parameters masked."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:  # not an address at all: nothing of it is safe to show
        return "(unreadable address)"
    return urlunsplit((parts.scheme, host, parts.path, _redact_query(parts.query), _redact_query(parts.fragment)))


def _redact_query(query: str) -> str:
    if "=" not in query:
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(is_secret_name(name) for name, _ in pairs):
        return query  # as it was written, not as urlencode would write it
    masked = [(name, MASK if is_secret_name(name) else value) for name, value in pairs]
    return urlencode(masked, quote_via=quote, safe="*:/,")


def redact(text: str) -> str:
    """A message with every address in it redacted, and ``password=...`` and ``Bearer ...`` masked."""
    text = _URL.sub(lambda found: redact_url(found.group()), text)
    text = _PAIR.sub(lambda found: f"{found.group(1)}{found.group(2)}{MASK}", text)
    return _HEADER.sub(lambda found: f"{found.group(1)} {MASK}", text)
