"""Who is told what, decided from the breaches alone: no database, no network, no clock of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from riskmap.watch.config import WatchConfig

Type = Literal["opened", "repeated", "resolved", "digest", "test"]


@dataclass(frozen=True)
class Breach:
    """A row of ops.breach with its rule. ``is_quiet``: silenced, or explained by another breach that is open."""

    breach_id: int
    breach_key: str
    kind: str
    severity: str
    department: str | None
    feed_id: str | None
    object: str | None
    since: datetime
    opened_at: datetime
    resolved_at: datetime | None
    value: float | None
    unit: str | None
    limit_value: float | None
    message_zh: str
    message_en: str
    title_zh: str
    title_en: str
    what_to_do_zh: str
    what_to_do_en: str
    settle_s: float
    told_at: datetime | None
    is_acknowledged: bool
    is_silenced: bool
    is_inhibited: bool

    @classmethod
    def of_watcher(
        cls, kind: str, since: datetime, texts: Mapping[str, str], ended_at: datetime | None = None
    ) -> Breach:
        """One that no row of the warehouse stands for. ``texts``: message, title and what_to_do, in zh and en."""
        return cls(
            **texts,
            breach_id=0,
            breach_key=kind,
            kind=kind,
            severity="error",
            department=None,
            feed_id=None,
            object=None,
            since=since,
            opened_at=since,
            resolved_at=ended_at,
            value=None,
            unit=None,
            limit_value=None,
            settle_s=0,
            told_at=None,
            is_acknowledged=False,
            is_silenced=False,
            is_inhibited=False,
        )

    @property
    def is_quiet(self) -> bool:
        return self.is_silenced or self.is_inhibited

    @property
    def ready_at(self) -> datetime:
        """From when on it may be told."""
        return self.opened_at + timedelta(seconds=self.settle_s)


@dataclass(frozen=True)
class Group:
    """Breaches of one kind and department, and what is new about them."""

    key: str
    opened: Sequence[Breach] = ()
    repeated: Sequence[Breach] = ()
    resolved: Sequence[Breach] = ()

    @property
    def all(self) -> list[Breach]:
        return [*self.opened, *self.repeated, *self.resolved]

    @property
    def one(self) -> Breach:
        """Any of them: kind, department and rule are the same."""
        return self.all[0]

    @property
    def rank(self) -> tuple[bool, bool, str]:
        """What matters most comes first: errors, then what is new."""
        return (self.one.severity != "error", not self.opened, self.key)


@dataclass(frozen=True)
class Said:
    """What was said before: when each group was last told of anything, messages of the last hour, the last digest."""

    groups: dict[str, datetime] = field(default_factory=dict)
    in_last_hour: int = 0
    last_digest_at: datetime | None = None


@dataclass(frozen=True)
class Planned:
    type: Type
    groups: Sequence[Group]

    @property
    def key(self) -> str:
        return self.groups[0].key if len(self.groups) == 1 else "digest"


def group_key(breach: Breach) -> str:
    return f"{breach.department or '-'}|{breach.kind}"


def plan(breaches: Iterable[Breach], said: Said, now: datetime, config: WatchConfig) -> list[Planned]:
    """The messages that are due. What is not in one of them is due again at the next look: nothing is forgotten."""
    by_key: dict[str, list[Breach]] = {}
    for breach in sorted(breaches, key=lambda b: (b.since, b.breach_id)):
        by_key.setdefault(group_key(breach), []).append(breach)
    due = [group for key, members in by_key.items() if (group := _due(key, members, said, now, config))]
    due.sort(key=lambda group: group.rank)
    room = max(config.max_per_hour - said.in_last_hour, 0)
    planned = [Planned(_type(group), [group]) for group in due[:room]]
    rest = due[room:]
    if rest and (said.last_digest_at is None or now - said.last_digest_at >= timedelta(seconds=config.digest_s)):
        planned.append(Planned("digest", rest))
    return planned


def _due(key: str, members: Sequence[Breach], said: Said, now: datetime, config: WatchConfig) -> Group | None:
    """What the group has to say now, or None while it waits."""
    opened = [
        b for b in members if b.resolved_at is None and b.told_at is None and not b.is_quiet and b.ready_at <= now
    ]
    resolved = [b for b in members if b.resolved_at is not None and not b.is_silenced]
    standing = [b for b in members if b.resolved_at is None and b.told_at is not None and not b.is_quiet]
    told = [b for b in standing if not b.is_acknowledged]
    last = said.groups.get(key)
    is_free = last is None or now - last >= timedelta(seconds=config.group_interval_s)
    waited = bool(opened) and now - min(b.ready_at for b in opened) >= timedelta(seconds=config.group_wait_s)
    last_told = max((b.told_at for b in told if b.told_at), default=now)
    is_repeat = now - last_told >= timedelta(seconds=config.repeat_s)
    if is_repeat or (is_free and (waited or resolved)):
        return Group(key, opened, told if is_repeat else [], resolved)
    return None


def _type(group: Group) -> Type:
    return "opened" if group.opened else "repeated" if group.repeated else "resolved"
