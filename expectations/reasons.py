"""What a person reads about a value that broke a rule: which column, which value, what was expected; en and zh.

Only the offending value is shown, cut short; never the rest of its record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from expectations.suite import NUL_COLUMN, Check

MAX_VALUE = 80
MAX_SET = 200


def reasons(check: Check) -> Callable[[Any], str]:
    """A function from an offending value of ``check`` to the sentence for a person."""
    if check.subject is None:
        text = f"{check.title}: {expected(check)}"
        return lambda _: text
    if check.subject == NUL_COLUMN:
        return lambda value: (
            f"text of {value} holds the character NUL, which PostgreSQL cannot store；{value} 含空字符 NUL，无法入库"
        )
    en, zh = _expected(check)
    name, title = check.subject, check.title
    return lambda value: f"{name} is {shown(value)}, expected {en}；{title}为 {shown(value)}，应{zh}"


def expected(check: Check) -> str:
    """What ``check`` asks for, without a value, in both languages."""
    en, zh = _expected(check)
    return f"expected {en}；应{zh}"


def shown(value: Any) -> str:
    """``value`` as it stands in a reason: cut at 80 characters, control characters made visible."""
    if value is None:
        return "null"
    text = str(value)[: MAX_VALUE + 1]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


def samples(values: Sequence[Any]) -> list[str]:
    """Offending values as they may be stored beside a rule: distinct, at most three, short."""
    return list(dict.fromkeys(shown(value) for value in values if value is not None))[:3]


def _expected(check: Check) -> tuple[str, str]:
    if check.latest is not None:
        slack = f"{check.latest.slack_s:g}"
        return f"at most {slack} s after the payload was fetched", f"不晚于获取时间后 {slack} 秒"
    if check.rule.endswith(".finite"):
        return "a finite number", "为有限数值"
    described = _WORDS.get(check.expectation)
    if described:
        return described(check.kwargs)
    told = {k: v for k, v in check.kwargs.items() if not k.startswith("column")}
    text = shown(f"{check.expectation} {told}" if told else check.expectation)
    return f"to meet {text}", f"满足 {text}"


def _between(kwargs: Mapping[str, Any]) -> tuple[str, str]:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if low is not None and high is not None:
        return f"{low} to {high}", f"在 {low} 至 {high} 之间"
    return (f"at least {low}", f"不小于 {low}") if low is not None else (f"at most {high}", f"不大于 {high}")


def _in_set(kwargs: Mapping[str, Any]) -> tuple[str, str]:
    values = ", ".join(map(str, kwargs.get("value_set") or ()))
    values = values if len(values) <= MAX_SET else f"{values[:MAX_SET]}…"
    return f"one of {values}", f"为其中之一：{values}"


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "expect_column_values_to_not_be_null": lambda _: ("a value", "有值"),
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_match_regex": lambda k: (f"to match {k.get('regex')}", f"符合 {k.get('regex')}"),
    "expect_column_pair_values_a_to_be_greater_than_b": lambda k: (
        f"to be greater than {k.get('column_B')}",
        f"大于 {k.get('column_B')}",
    ),
    "expect_table_columns_to_match_set": lambda k: (
        f"exactly the columns {', '.join(k['column_set'])}",
        f"恰有这些列：{'、'.join(k['column_set'])}",
    ),
}
