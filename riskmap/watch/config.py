"""How the watcher of this installation is set up: how often it looks, when it speaks, through which channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from riskmap.errors import UserError
from riskmap.watch.channels import Channel, LogChannel
from riskmap.watch.mail import MailChannel
from riskmap.watch.webhook import STYLES, Style, WebhookChannel

Language = Literal["zh", "en", "both"]
LANGUAGES = ("zh", "en", "both")


@dataclass(frozen=True)
class WatchConfig:
    """Seconds unless named otherwise.

    ``group_wait_s``: so long a group of breaches is collected before its first message. ``group_interval_s``:
    between two messages of a group about something new. ``repeat_s``: between two about the same. ``max_per_hour``:
    messages per channel and hour; what is beyond goes into digests, one in ``digest_s`` at most. ``resolve_after_s``:
    so long a breach must be gone before it counts as over, so that one that flickers is one.
    """

    home: Path
    every_s: float = 30
    group_wait_s: float = 30
    group_interval_s: float = 300
    repeat_s: float = 4 * 3600
    max_per_hour: int = 20
    digest_s: float = 600
    resolve_after_s: float = 60
    language: Language = "both"
    channels: tuple[Channel, ...] = field(default=(LogChannel(),), repr=False)

    @classmethod
    def of(cls, home: Path, variables: Mapping[str, str]) -> WatchConfig:
        """Read the variables RISKMAP_WATCH_* and RISKMAP_NOTIFY_*. Raises UserError for what cannot be meant."""
        language = variables.get("RISKMAP_NOTIFY_LANGUAGE", "both")
        if language not in LANGUAGES:
            raise UserError(f"RISKMAP_NOTIFY_LANGUAGE is {language!r}", f"set it to one of {', '.join(LANGUAGES)}")
        return cls(
            home=home,
            every_s=_number(variables, "RISKMAP_WATCH_EVERY_S", cls.every_s, least=1),
            group_wait_s=_number(variables, "RISKMAP_NOTIFY_GROUP_WAIT_S", cls.group_wait_s),
            repeat_s=_number(variables, "RISKMAP_NOTIFY_REPEAT_S", cls.repeat_s, least=60),
            max_per_hour=int(_number(variables, "RISKMAP_NOTIFY_MAX_PER_HOUR", cls.max_per_hour, least=1)),
            language=cast(Language, language),
            channels=(LogChannel(), *_webhooks(variables), *_mail(variables)),
        )


def _number(variables: Mapping[str, str], name: str, default: float, least: float = 0) -> float:
    text = variables.get(name, str(default))
    try:
        number = float(text)
    except ValueError:
        number = least - 1
    if not number >= least:
        raise UserError(f"{name} is {text!r}", f"set it to a number of at least {least:g}, or leave it out")
    return number


def _webhooks(variables: Mapping[str, str]) -> list[Channel]:
    found: list[Channel] = []
    for style in STYLES:
        prefix = f"RISKMAP_NOTIFY_{style.upper()}"
        if url := variables.get(f"{prefix}_URL"):
            if not url.startswith(("http://", "https://")):
                raise UserError(f"{prefix}_URL is no address", "begin it with https://")
            found.append(WebhookChannel(cast(Style, style), url, variables.get(f"{prefix}_SECRET")))
    return found


def _mail(variables: Mapping[str, str]) -> list[Channel]:
    if not (url := variables.get("RISKMAP_NOTIFY_SMTP_URL")):
        return []
    if not url.startswith(("smtp://", "smtps://")):
        raise UserError("RISKMAP_NOTIFY_SMTP_URL is no address of a mail server", "write smtp://user:password@host:587")
    sender = variables.get("RISKMAP_NOTIFY_MAIL_FROM", "")
    recipients = tuple(name.strip() for name in variables.get("RISKMAP_NOTIFY_MAIL_TO", "").split(",") if name.strip())
    if not sender or not recipients:
        raise UserError(
            "RISKMAP_NOTIFY_SMTP_URL is set, but not who writes to whom",
            "set RISKMAP_NOTIFY_MAIL_FROM, and RISKMAP_NOTIFY_MAIL_TO (several by commas)",
        )
    return [MailChannel(url, sender, recipients)]
