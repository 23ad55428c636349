"""Contract table -> the ordered list of checks that its frames are judged by; no Great Expectations in here.

What a contract says about a column (required, minimum, maximum, key, clock, type) becomes checks of severity
``error``; its own quality rules keep the severity they name. Rule names are stable, because quarantine, quality
flags and metrics are keyed by them: ``column.short_name``, or ``table.short_name`` for a rule about all columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from feeds.contract import Contract, Rule, Severity, Table

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error", "critical")
"""From harmless to holding the batch."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Nothing that a source system measures or publishes is older; 0001-01-01 and 1899-12-30 are unset clocks."""

ANNOUNCED_S = 30 * 86_400.0
"""How far ahead of its publication an event may lie where it is announced, not observed: 30 days."""

LARGEST_DOUBLE = 1.7976931348623157e308
NUL_COLUMN = "columns holding NUL"
COLUMNS_RULE = "table.columns"

_SHORT_NAMES = {
    "expect_column_values_to_not_be_null": "not_null",
    "expect_column_values_to_match_regex": "matches_regex",
    "expect_column_values_to_not_match_regex": "not_matches_regex",
    "expect_column_pair_values_a_to_be_greater_than_b": "greater_than",
    "expect_column_value_lengths_to_be_between": "length_between",
    "expect_column_value_lengths_to_equal": "length_equal",
    "expect_compound_columns_to_be_unique": "unique",
    "expect_select_column_values_to_be_unique_within_record": "unique_within_record",
}
_PREFIXES = ("expect_column_values_to_be_", "expect_column_values_to_", "expect_column_", "expect_table_", "expect_")


_ROW_EXPECTATIONS = (
    "expect_column_values_",
    "expect_column_value_lengths_",
    "expect_column_pair_values_",
    "expect_multicolumn_",
    "expect_compound_columns_",
    "expect_select_column_values_",
)


@dataclass(frozen=True)
class Latest:
    """A helper column of the frame: the latest instant that a clock may show, ``fetched_at`` plus ``slack_s``."""

    slack_s: float

    @property
    def column(self) -> str:
        return f"fetched_at + {self.slack_s:g} s"


@dataclass(frozen=True)
class Check:
    """One expectation, ready to be run; ``subject`` is the column whose value a reason shows."""

    rule: str
    expectation: str
    kwargs: Mapping[str, Any]
    severity: Severity
    subject: str | None = None
    columns: tuple[str, ...] = ()
    title: str = ""
    latest: Latest | None = None

    @property
    def names_rows(self) -> bool:
        """Whether a failure points at rows; a rule about the table as a whole (counts, means) does not."""
        return self.expectation.startswith(_ROW_EXPECTATIONS)


def checks(contract: Contract, table: Table) -> tuple[Check, ...]:
    """All checks of one table, in a stable order: columns of the frame, derived rules, the contract's own rules.

    Raises ValueError for a contract rule that cannot do what its severity promises.
    """
    derived = [_columns(contract, table), *_derived(contract, table)]
    own = [_own(rule, table) for column in table.columns for rule in column.rules]
    own += [_own(rule, table) for rule in table.rules]
    return tuple(_with_unique_names([*derived, *own, _repeated_key(table)]))


def is_helper(column: str) -> bool:
    """Whether ``column`` was added to the frame for a rule and is no column of the contract."""
    return " " in column


def frame_columns(contract: Contract, table: Table) -> tuple[str, ...]:
    """The columns that a frame must have, beside those that say where its rows came from."""
    return (*(c.name for c in table.columns), "extra")


def latest_columns(contract: Contract, table: Table) -> tuple[Latest, ...]:
    """The helper columns that the clock rules of ``table`` compare with."""
    return tuple(dict.fromkeys(latest for _, latest in _clocks(contract, table)))


def _columns(contract: Contract, table: Table) -> Check:
    helpers = [NUL_COLUMN, *(latest.column for latest in latest_columns(contract, table))]
    kwargs = {"column_set": [*frame_columns(contract, table), *helpers], "exact_match": True}
    return Check(COLUMNS_RULE, "expect_table_columns_to_match_set", kwargs, "critical", title=table.title)


def _derived(contract: Contract, table: Table) -> Iterator[Check]:
    for column in table.columns:
        about: dict[str, Any] = {"subject": column.name, "columns": (column.name,), "title": column.title}
        kwargs: dict[str, Any] = {"column": column.name}
        between = "expect_column_values_to_be_between"
        if column.required or column.key_position is not None:
            name = "expect_column_values_to_not_be_null"
            yield Check(f"{column.name}.not_null", name, kwargs, "error", **about)
        bounds = {"min_value": column.minimum, "max_value": column.maximum}
        bounds = {side: value for side, value in bounds.items() if value is not None}
        if bounds:
            yield Check(f"{column.name}.between", between, kwargs | bounds, "error", **about)
        if column.physical_type == "double precision" and len(bounds) < 2:  # two bounds refuse infinity by themselves
            finite = {"min_value": -LARGEST_DOUBLE, "max_value": LARGEST_DOUBLE}
            yield Check(f"{column.name}.finite", between, kwargs | finite, "error", **about)
    for name, latest in _clocks(contract, table):
        yield from _clock(name, latest, table)
    yield Check(
        "text.nul",
        "expect_column_values_to_be_null",
        {"column": NUL_COLUMN},
        "error",
        subject=NUL_COLUMN,
        title="文本",
    )


def _clocks(contract: Contract, table: Table) -> Iterator[tuple[str, Latest]]:
    """The columns that are clocks: issued, event, and every instant in the key; each with its latest instant.

    An event that is no part of the key may be announced before it comes (the onset of a warning), and so may one that
    shares the key with the time of its issue (the valid time of a forecast).
    """
    clock = contract.clock
    issued = table.column(clock.issued) if clock.issued else None
    is_forecast = issued is not None and issued.key_position is not None
    for column in table.columns:
        if column.physical_type != "timestamptz":
            continue
        if is_forecast and column.name == clock.event:
            yield column.name, Latest(ANNOUNCED_S)
        elif column.name == clock.issued or column.key_position is not None:
            yield column.name, Latest(clock.max_future_s)
        elif column.name == clock.event:
            yield column.name, Latest(ANNOUNCED_S)


def _clock(name: str, latest: Latest, table: Table) -> Iterator[Check]:
    column = table.column(name)
    title = column.title if column else name
    yield Check(
        f"{name}.not_in_future",
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": latest.column, "column_B": name, "or_equal": True, "ignore_row_if": "either_value_is_missing"},
        "error",
        subject=name,
        columns=(name,),
        title=title,
        latest=latest,
    )
    yield Check(
        f"{name}.not_before_1900",
        "expect_column_values_to_be_between",
        {"column": name, "min_value": EARLIEST.isoformat()},
        "error",
        subject=name,
        columns=(name,),
        title=title,
    )


def _own(rule: Rule, table: Table) -> Check:
    kwargs = dict(rule.kwargs)
    if rule.column is not None:
        kwargs.setdefault("column", rule.column)
    named = [kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs]
    named += kwargs.get("column_list", [])
    subject = kwargs.get("column", kwargs.get("column_A"))
    column = table.column(subject) if subject else None
    check = Check(
        rule=f"{subject or 'table'}.{_short_name(rule.expectation)}",
        expectation=rule.expectation,
        kwargs=kwargs,
        severity=rule.severity,
        subject=subject,
        columns=tuple(named),
        title=column.title if column else table.title,
    )
    if rule.severity == "error" and not check.names_rows:
        raise ValueError(
            f"rule {check.rule} of table {table.name} has severity 'error', but {rule.expectation} is about the table "
            "as a whole and names no row that could be quarantined; make it critical, warning or info"
        )
    return check


def _repeated_key(table: Table) -> Check:
    """A key that comes twice in one batch is normal (overlapping polls): landing keeps one. Only counted."""
    if len(table.key) == 1:
        name = "expect_column_values_to_be_unique"
        kwargs: dict[str, Any] = {"column": table.key[0]}
    else:
        kwargs = {"column_list": list(table.key), "ignore_row_if": "any_value_is_missing"}
        name = "expect_compound_columns_to_be_unique"
    return Check("key.unique", name, kwargs, "info", columns=table.key, title=table.title)


def _short_name(expectation: str) -> str:
    if expectation in _SHORT_NAMES:
        return _SHORT_NAMES[expectation]
    prefix = next(prefix for prefix in (*_PREFIXES, "") if expectation.startswith(prefix))
    return expectation.removeprefix(prefix)


def _with_unique_names(found: list[Check]) -> Iterator[Check]:
    """A second rule of one name becomes ``name_2``: a warning range inside an error range, say.

    A rule that repeats another one word for word is left out; the more severe of the two stays.
    """
    said: dict[str, Check] = {}
    for check in found:
        words = f"{check.expectation} {sorted(check.kwargs.items(), key=str)}"
        if words not in said or SEVERITIES.index(check.severity) > SEVERITIES.index(said[words].severity):
            said[words] = check
    seen: dict[str, int] = {}
    for check in said.values():
        seen[check.rule] = seen.get(check.rule, 0) + 1
        repeat = seen[check.rule]
        yield check if repeat == 1 else replace(check, rule=f"{check.rule}_{repeat}")
