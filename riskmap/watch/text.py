"""Messages in words: subject, text and the JSON of webhooks. The templates are files that may be changed."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from riskmap.watch.config import Language
from riskmap.watch.plan import Breach, Group, Planned

TEMPLATES = Path(__file__).parent / "templates"
ZONE = ZoneInfo("Asia/Shanghai")
LONGEST_LIST = 20
"""Breaches that a group names one by one; the others are counted."""


def subject(planned: Planned, language: Language) -> str:
    return " / ".join(_render("subject", one, planned) for one in _languages(language))


def body(planned: Planned, language: Language) -> str:
    return "\n\n".join(_render("body", one, planned) for one in _languages(language))


def payload(planned: Planned) -> dict[str, Any]:
    """What a program wants to know of a message."""
    return {
        "groups": [
            {
                "kind": group.one.kind,
                "severity": group.one.severity,
                "department": group.one.department,
                "what_to_do": group.one.what_to_do_en,
                **{name: [_facts(b) for b in getattr(group, name)] for name in ("opened", "repeated", "resolved")},
            }
            for group in planned.groups
        ]
    }


def _facts(breach: Breach) -> dict[str, Any]:
    return {
        "breach_id": breach.breach_id,
        "breach_key": breach.breach_key,
        "feed_id": breach.feed_id,
        "object": breach.object,
        "since": breach.since.isoformat(),
        "resolved_at": breach.resolved_at.isoformat() if breach.resolved_at else None,
        "value": breach.value,
        "unit": breach.unit,
        "limit": breach.limit_value,
        "message_zh": breach.message_zh,
        "message_en": breach.message_en,
    }


def _languages(language: Language) -> tuple[str, ...]:
    return ("zh", "en") if language == "both" else (language,)


def _render(part: str, language: str, planned: Planned) -> str:
    groups = [_words(group, language) for group in planned.groups]
    text = _environment().get_template(f"{part}.{language}.j2").render(type=planned.type, groups=groups)
    return " ".join(text.split()) if part == "subject" else re.sub(r"\n{3,}", "\n\n", text.strip())


def _words(group: Group, language: str) -> dict[str, Any]:
    return {
        "severity": group.one.severity,
        "department": group.one.department,
        "title": getattr(group.one, f"title_{language}"),
        "what_to_do": getattr(group.one, f"what_to_do_{language}"),
        **{
            name: [
                {
                    "id": breach.breach_id,
                    "since": _local(breach.since),
                    "resolved_at": breach.resolved_at and _local(breach.resolved_at),
                    # What a source wrote may hold line feeds: a breach is one line.
                    "message": " ".join(getattr(breach, f"message_{language}").split()),
                }
                for breach in getattr(group, name)
            ]
            for name in ("opened", "repeated", "resolved")
        },
    }


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%m-%d %H:%M}"


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - plain text, read by people and not by browsers
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["longest"] = LONGEST_LIST
    return environment
