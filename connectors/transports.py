"""The ways in which payloads reach us, by name. A table and nothing else, so that a DAG file can ask it."""

from __future__ import annotations

LISTENERS = frozenset({"tcp", "http_push", "mqtt"})
"""Sources that come to us; ``riskmap intake`` takes them. All other transports are pulled, on a schedule."""


def is_listener(transport: str) -> bool:
    """Whether a source with this transport comes to us, so that there is nothing to pull."""
    return transport in LISTENERS
