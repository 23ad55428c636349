"""Asking our own servers, on loopback."""

from __future__ import annotations

import requests


def get(url: str) -> requests.Response | None:
    """The answer if it is a good one; None if the server is not there yet or is unwell. Never through a proxy."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(url, timeout=5)
        except requests.RequestException:
            return None
    return answer if answer.ok else None
