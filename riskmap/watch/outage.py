"""When the warehouse itself does not answer, there is no outbox: what was told lies in a file of the home.

The file outlives the watcher, so that a restart, or a cron job that runs it each minute, does not tell anew.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from psycopg.types.json import Jsonb

from riskmap.stack.memory import write_private
from riskmap.watch import text
from riskmap.watch.channels import Message, SendError
from riskmap.watch.config import WatchConfig
from riskmap.watch.plan import Breach, Group, Planned
from warehouse.db import Connection, own_transaction

log = logging.getLogger(__name__)

KIND = "database_unreachable"
GROUP = f"-|{KIND}"
Clock = Callable[[], datetime]


@dataclass
class _Memory:
    """``told``: channel -> when it took the last message about this outage (Unix time)."""

    since: float
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    told: dict[str, float] = field(default_factory=dict)
    error: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


def lasts(config: WatchConfig, error: str, clock: Clock = _now) -> None:
    """The warehouse cannot be asked: say so once the group wait is over, then again as seldom as of anything else."""
    now = clock().timestamp()
    memory = _read(config) or _Memory(since=now)
    memory.error = error
    memory.since = min(memory.since, now)  # our clock may have gone back
    _write(config, memory)
    if now - memory.since < config.group_wait_s:
        return
    for channel in config.channels:
        told = memory.told.get(channel.name)
        if told is not None and 0 <= now - told < config.repeat_s:
            continue
        try:
            channel.send(_message(config, memory, None, clock()))
        except SendError as refused:
            log.error("channel %s: %s", channel.name, refused)
            continue
        memory.told[channel.name] = now
        _write(config, memory)


def over(conn: Connection, config: WatchConfig, clock: Clock = _now) -> None:
    """The warehouse answers again: note the outage, and tell those who were told of it, through the outbox."""
    if (memory := _read(config)) is None:
        return
    message = _message(config, memory, clock(), clock())
    (facts,) = message.payload["groups"][0]["resolved"]
    with own_transaction(conn):
        row = conn.execute(
            """
            insert into ops.breach
                (breach_key, kind, severity, since, opened_at, resolved_at, message_zh, message_en, resolution_told_at)
            select
                kind, kind, severity, least(%(since)s, now()), least(%(since)s, now()), now(), %(message_zh)s,
                %(message_en)s, now()
            from ops.breach_rule where kind = %(key)s
            returning breach_id
            """,
            {**facts, "key": KIND, "since": datetime.fromtimestamp(memory.since, UTC)},
        ).fetchone()
        for channel in memory.told:
            # Should we be killed before the file is gone, the same message is not put out twice.
            conn.execute(
                """
                insert into ops.notification (message_id, channel, type, group_key, breach_ids, subject, body, payload)
                values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing
                """,
                (
                    message.message_id,
                    channel,
                    message.type,
                    GROUP,
                    [row[0]] if row else [],
                    message.subject,
                    message.body,
                    Jsonb({**message.payload, "keys": [GROUP]}),
                ),
            )
    _file(config).unlink(missing_ok=True)


def _message(config: WatchConfig, memory: _Memory, ended: datetime | None, now: datetime) -> Message:
    since = datetime.fromtimestamp(memory.since, UTC)
    texts = {
        "message_zh": f"数据仓库没有应答：{memory.error}",
        "message_en": f"the warehouse does not answer: {memory.error}",
        "title_zh": "数据库无法访问",
        "title_en": "the warehouse does not answer",
        "what_to_do_zh": "运行 riskmap doctor；查看 postgres/server.log（常见原因：磁盘满）",
        "what_to_do_en": "run riskmap doctor; read postgres/server.log (often the disk is full)",
    }
    breach = Breach.of_watcher(KIND, since, texts, ended)
    group = Group(GROUP, resolved=[breach]) if ended else Group(GROUP, [breach])
    planned = Planned("resolved" if ended else "opened", [group])
    # The id of the end differs from that of the beginning, and neither changes between two attempts.
    message_id = str(uuid.uuid5(uuid.UUID(memory.message_id), "over")) if ended else memory.message_id
    return Message(
        message_id,
        planned.type,
        now,
        text.subject(planned, config.language),
        text.body(planned, config.language),
        text.payload(planned),
    )


def _file(config: WatchConfig) -> Path:
    return config.home / "run" / "watch-outage.json"


def _read(config: WatchConfig) -> _Memory | None:
    try:
        return _Memory(**json.loads(_file(config).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):  # none, or of another version: it begins now
        return None


def _write(config: WatchConfig, memory: _Memory) -> None:
    _file(config).parent.mkdir(parents=True, exist_ok=True)
    write_private(_file(config), json.dumps(asdict(memory)))
