"""Code lists of the double-prevention exchange (sec_*) -> our words; dialects are options of the contract.

A code that no list has is refused: a grade that is guessed is worse than one in quarantine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.enterprise.hidden_danger_table import LEVELS, STATES
from connectors.errors import ConfigurationError

WORDS: Mapping[str, Mapping[str, str]] = {
    "danger_level": {"0": "general", "1": "major"},
    "state": {"0": "rectifying", "1": "awaiting_acceptance", "9": "accepted"},
    "manage_type": {"0": "at_once", "1": "by_deadline"},
    "source_kind": {
        "1": "daily",
        "2": "comprehensive",
        "3": "professional",
        "4": "seasonal",
        "5": "holiday",
        "6": "accident_analogy",
        "7": "resumption",
        "8": "external_expert",
        "9": "control_failure",
        "10": "other",
    },
    "category": {
        "1": "safety",
        "2": "process",
        "3": "electrical",
        "4": "instrument",
        "5": "fire",
        "6": "layout",
        "7": "equipment",
        "8": "other",
    },
}
OPTIONS = {
    "danger_levels": "danger_level",
    "danger_states": "state",
    "danger_sources": "source_kind",
    "danger_categories": "category",
    "manage_types": "manage_type",
}
"""Option of a contract -> the column whose code list it replaces (levels: 1/2 is not 0/1 with one more) or, for states
and the rest, adds to."""
_REPLACED = frozenset({"danger_level"})
_ALLOWED = {"danger_level": LEVELS, "state": STATES}


def words_of(options: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    """The code lists of one feed. Raises ConfigurationError for a word that we do not have."""
    lists = dict(WORDS)
    for option, column in OPTIONS.items():
        declared = {str(code): str(word) for code, word in (options.get(option) or {}).items()}
        if unknown := set(declared.values()) - set(_ALLOWED.get(column, declared.values())):
            raise ConfigurationError(
                f"{option} maps to {', '.join(sorted(unknown))}, which {column} does not have",
                remedy=f"use {', '.join(_ALLOWED[column])}",
            )
        if declared:
            lists[column] = declared if column in _REPLACED else {**lists[column], **declared}
    return lists
