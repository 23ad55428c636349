"""No secret survives redaction, and what is no secret stays readable."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.transport.redaction import is_secret_name, redact, redact_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:pw@host:81/a?b=c", "http://host:81/a?b=c"),
        ("postgresql://reader:p%40ss@db.example/exchange", "postgresql://db.example/exchange"),
        ("https://host/a?api_key=x1&region=140502", "https://host/a?api_key=***&region=140502"),
        ("https://host/a?Sign=x1&userId=u&pwd=x2", "https://host/a?Sign=***&userId=u&pwd=***"),
        ("https://host/a?access-token=x1#token=x2", "https://host/a?access-token=***#token=***"),
        (
            "https://host/a?starttime=2026-01-01T00:00:00&limit=5",
            "https://host/a?starttime=2026-01-01T00:00:00&limit=5",
        ),
        ("http://user:p@ss@host/a", "http://host/a"),
        ("http://[::1", "(unreadable address)"),
        ("folder/file.txt", "folder/file.txt"),
    ],
)
def test_addresses(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@pytest.mark.parametrize(
    "message",
    [
        "cannot open http://user:hush@host/x?key=hush today",
        "connection failed: password=hush host=db",
        "password: 'hush'",
        "Authorization: Bearer hushhushhush",
        "HTTPSConnectionPool: url: https://host/a?token=hush (caused by ...)",
    ],
)
def test_messages(message: str) -> None:
    assert "hush" not in redact(message)


@pytest.mark.parametrize("name", ["monkey", "design", "author", "signal", "region", "limit", "tokyo"])
def test_harmless_names_are_not_masked(name: str) -> None:
    assert not is_secret_name(name)


@given(
    secret=st.text("abcdefghijklmnopqrstuvwxyz0123456789@:/?#%&=+", min_size=1).map(lambda s: f"HUSH{s}HUSH"),
    name=st.sampled_from(["password", "api_key", "X-Api-Key", "token", "sign", "clientSecret"]),
)
def test_no_part_of_a_password_or_key_is_ever_left(secret: str, name: str) -> None:
    url = f"http://user:{quote(secret, safe='')}@host/path?a=1&{name}={quote(secret, safe='')}"
    assert "HUSH" not in redact_url(url)
    assert "HUSH" not in redact(f"it failed at {url} again")
