"""Who is told what and when: grouping, waits, repeats, acknowledged and silenced ones, storms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from riskmap.errors import UserError
from riskmap.watch import text
from riskmap.watch.config import WatchConfig
from riskmap.watch.plan import Breach, Group, Planned, Said, plan

NOW = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)  # in Shanghai it is the new year already
CONFIG = WatchConfig(home=Path("/nowhere"))


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def breach(number: int = 1, **facts: Any) -> Breach:
    """A breach that was opened ten minutes ago."""
    feed = facts.get("feed_id", f"feed_{number}")
    texts = {
        "message_zh": f"数据源 {feed}：已 15 分钟未成功获取",
        "message_en": f"{feed}: not polled for 15 min",
        "title_zh": "数据源未按时获取",
        "title_en": "a feed is not polled in time",
        "what_to_do_zh": "查看运行",
        "what_to_do_en": "look at the runs",
    }
    made = Breach.of_watcher("feed_not_polled", ago(600), texts)
    return replace(made, **{"breach_id": number, "feed_id": feed, "department": "气象", **facts})


def due(breaches: Sequence[Breach], said: Said | None = None, **config: Any) -> list[Planned]:
    return plan(breaches, said or Said(), NOW, replace(CONFIG, **config))


def ids(planned: Planned) -> list[list[int]]:
    return [[b.breach_id for b in part] for g in planned.groups for part in (g.opened, g.repeated, g.resolved)]


def test_breaches_of_a_kind_and_department_are_one_message() -> None:
    planned = due([breach(1), breach(2), breach(3, department="水利"), breach(4, kind="batch_held")])
    assert sorted(ids(p)[0] for p in planned) == [[1, 2], [3], [4]]
    assert {p.type for p in planned} == {"opened"}


def test_errors_come_before_warnings() -> None:
    planned = due([breach(1, kind="a", severity="warning"), breach(2, kind="z")])
    assert [p.groups[0].one.breach_id for p in planned] == [2, 1]


@pytest.mark.parametrize(
    ("opened_s", "settle_s", "told"), [(29, 0, False), (30, 0, True), (209, 180, False), (210, 180, True)]
)
def test_a_group_is_collected_before_its_first_message(opened_s: float, settle_s: float, told: bool) -> None:
    assert bool(due([breach(opened_at=ago(opened_s), settle_s=settle_s)])) is told


def test_a_later_breach_waits_for_the_interval_of_its_group() -> None:
    members = [breach(1, told_at=ago(299)), breach(2)]
    key = "气象|feed_not_polled"
    assert due(members, Said({key: ago(299)})) == []
    (planned,) = due(members, Said({key: ago(300)}))
    assert ids(planned) == [[2], [], []]


def test_what_stands_is_repeated_seldom_and_together() -> None:
    members = [breach(1, told_at=ago(4 * 3600)), breach(2, told_at=ago(4 * 3600)), breach(3, told_at=ago(4 * 3600 - 1))]
    assert due(members) == []
    (planned,) = due(members[:2])
    assert (planned.type, ids(planned)) == ("repeated", [[], [1, 2], []])


def test_what_somebody_acknowledged_is_not_repeated_and_its_end_is_told() -> None:
    known = breach(told_at=ago(90_000), is_acknowledged=True)
    assert due([known]) == []
    (planned,) = due([replace(known, resolved_at=ago(1))])
    assert (planned.type, ids(planned)) == ("resolved", [[], [], [1]])


def test_of_what_is_silenced_or_explained_nobody_is_told() -> None:
    assert due([breach(1, is_silenced=True), breach(2, is_inhibited=True)]) == []
    assert due([breach(told_at=ago(90_000), is_silenced=True)]) == []
    assert due([breach(told_at=ago(90_000), is_silenced=True, resolved_at=ago(1))]) == []
    (told,) = due([breach(told_at=ago(90_000), is_inhibited=True, resolved_at=ago(1))])
    assert told.type == "resolved", "who was told of it before is told of its end"


def test_a_storm_of_one_kind_is_one_message() -> None:
    (planned,) = due([breach(number) for number in range(500)])
    words = text.body(planned, "en")
    assert "new (500):" in words
    assert "- and 480 more: riskmap breaches list" in words
    assert len(words.splitlines()) < 30


def test_a_storm_of_everything_is_few_messages_and_a_digest() -> None:
    storm = [breach(number, department=f"部门{number}") for number in range(500)]
    planned = due(storm)
    assert [p.type for p in planned] == ["opened"] * 20 + ["digest"]
    assert sum(len(p.groups) for p in planned) == 500, "nothing is lost"
    later = due(storm[20:], Said(in_last_hour=20, last_digest_at=ago(599)))
    assert later == [], "the rest waits for the next digest"
    (digest,) = due(storm[20:], Said(in_last_hour=20, last_digest_at=ago(600)))
    assert (digest.type, digest.key, len(digest.groups)) == ("digest", "digest", 480)


def test_no_clock_that_jumps_makes_it_fail() -> None:
    """The database's clock was set back: everything lies in the future."""
    members = [breach(1, opened_at=ago(-3600)), breach(2, told_at=ago(-3600))]
    assert due(members, Said({"气象|feed_not_polled": ago(-3600)}, 0, ago(-3600))) == []


def read(planned: Planned, language: Any) -> str:
    return f"{text.subject(planned, language)}\n{text.body(planned, language)}"


def test_read_aloud_in_chinese() -> None:
    ended = breach(3, resolved_at=ago(60))
    group = Group("气象|feed_not_polled", [breach(1)], [breach(2, since=ago(90_000))], [ended])
    assert read(Planned("opened", [group]), "zh") == (
        "[RiskMap] 告警 气象 数据源未按时获取（新增 1 未恢复 1 恢复 1）\n"
        "【错误】气象 · 数据源未按时获取\n"
        "新增（1）：\n"
        "- 数据源 feed_1：已 15 分钟未成功获取（自 01-01 01:20；编号 1）\n"
        "仍未恢复（1）：\n"
        "- 数据源 feed_2：已 15 分钟未成功获取（自 12-31 00:30；编号 2）\n"
        "已恢复（1）：\n"
        "- 数据源 feed_3：已 15 分钟未成功获取（自 01-01 01:20 至 01-01 01:29；编号 3）\n"
        "\n"
        "处置：查看运行\n"
        "\n"
        "确认：riskmap breaches ack 编号；静默：riskmap breaches silence --help。时间为北京时间。"
    )


def test_read_aloud_in_english() -> None:
    over = Planned("resolved", [Group("k", resolved=[breach(3, department=None, resolved_at=ago(60))])])
    assert read(over, "en") == (
        "[RiskMap] resolved: a feed is not polled in time (1 resolved)\n"
        "[error] system: a feed is not polled in time\n"
        "resolved (1):\n"
        "- feed_3: not polled for 15 min (since 01-01 01:20 until 01-01 01:29; id 3)\n"
        "\n"
        "Acknowledge: riskmap breaches ack ID; silence: riskmap breaches silence --help. Times are of Asia/Shanghai."
    )


def test_both_languages_follow_each_other_and_every_type_has_a_subject() -> None:
    groups = [Group("k", [breach(1)])]
    assert text.subject(Planned("opened", groups), "both").startswith("[RiskMap] 告警 气象 数据源未按时获取（新增 1）")
    for kind in ("opened", "repeated", "resolved", "digest", "test"):
        for language in ("zh", "en", "both"):
            said = text.subject(Planned(kind, groups), language)
            assert "\n" not in said
            assert len(said) >= 12


def test_what_a_source_wrote_stays_one_line() -> None:
    told = breach(1, message_en="it said:\r\nSubject: buy\n\n{{ 7 * 7 }} <b>", department="气象\nBcc: x@example.org")
    words = read(Planned("opened", [Group("k", [told])]), "en")
    assert "- it said: Subject: buy {{ 7 * 7 }} <b> (since" in words
    assert "\n" not in text.subject(Planned("opened", [Group("k", [told])]), "both")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RISKMAP_NOTIFY_LANGUAGE", "de"),
        ("RISKMAP_WATCH_EVERY_S", "often"),
        ("RISKMAP_WATCH_EVERY_S", "0"),
        ("RISKMAP_NOTIFY_MAX_PER_HOUR", "nan"),
        ("RISKMAP_NOTIFY_WEBHOOK_URL", "example.org/hook"),
        ("RISKMAP_NOTIFY_SMTP_URL", "mail.example.org"),
        ("RISKMAP_NOTIFY_SMTP_URL", "smtp://mail.example.org"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(variable: str, value: str) -> None:
    with pytest.raises(UserError, match=variable):
        WatchConfig.of(Path("/nowhere"), {variable: value})


def test_without_channels_there_is_the_log_and_no_secret_is_shown() -> None:
    assert [channel.name for channel in WatchConfig.of(Path("/nowhere"), {}).channels] == ["log"]
    config = WatchConfig.of(
        Path("/nowhere"),
        {
            "RISKMAP_NOTIFY_WECOM_URL": "https://robot.example/send?key=hush",
            "RISKMAP_NOTIFY_WEBHOOK_URL": "https://hook.example",
            "RISKMAP_NOTIFY_WEBHOOK_SECRET": "hush",
            "RISKMAP_NOTIFY_SMTP_URL": "smtp://me:hush@mail.example",
            "RISKMAP_NOTIFY_MAIL_FROM": "riskmap@example.org",
            "RISKMAP_NOTIFY_MAIL_TO": "a@example.org, b@example.org",
        },
    )
    assert [channel.name for channel in config.channels] == ["log", "webhook", "wecom", "mail"]
    assert "hush" not in repr(config) + "".join(map(repr, config.channels))
