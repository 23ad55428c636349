"""The gate: one table of one batch in, what may land and what must be quarantined out.

Severity decides (docs/gate.md): a broken ``critical`` rule holds every row, ``error`` removes the row, ``warning``
lands it flagged, ``info`` is counted. Nothing here looks at the wall clock: ages are measured against the time at
which a row's payload was fetched, so a replay next year judges like the first pull.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from expectations import frames, suite
from expectations.frames import Rows
from expectations.reasons import expected, reasons, samples
from expectations.suite import SEVERITIES, Check
from feeds.contract import Contract, Severity, Table

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite

MAX_ROWS = 250_000
"""Rows judged at once, so that memory stays bounded. A longer table is judged in slices of this size."""

QUALITY_FLAGS = pa.field("quality_flags", pa.list_(pa.string()))


@dataclass(frozen=True)
class Failure:
    """One row that broke one rule. ``row`` is its position in the frame, ``record`` its columns as JSON values."""

    row: int
    rule: str
    reason: str
    severity: Severity
    column: str | None
    record: Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What the gate says of one frame.

    ``kept`` is the frame without the failing rows, plus ``quality_flags`` (list of rule names). When the batch is
    ``held`` it is empty, and ``failures`` names every row once per critical rule. ``results`` holds one small JSON
    object per table for ``ops.validation``; Data Docs are built from it (``expectations.data_docs``).
    """

    kept: pa.Table
    failures: Sequence[Failure]
    held: bool
    results: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class _Outcome:
    """What became of one check on the whole frame; ``rows`` is empty where the rule names none."""

    check: Check
    success: bool
    rows: Rows
    observed: Any = None


@dataclass(frozen=True)
class _Compiled:
    """Everything about a contract's table that does not depend on a frame; made once per process."""

    name: str
    checks: tuple[Check, ...]
    latest: tuple[suite.Latest, ...]
    json_columns: frozenset[str]

    @cached_property
    def suite(self) -> ExpectationSuite:
        from expectations import _gx  # loads Great Expectations

        return _gx.compile_suite(self.name, self.checks)


_compiled: dict[tuple[str, str], _Compiled] = {}


def check(
    table: Table,
    frame: pa.Table,
    *,
    contract: Contract,
    fetched_at_column: str = "fetched_at",
    override: bool = False,
) -> Verdict:
    """Judge ``frame`` (columns of ``table``, ``extra``, and where each row came from) by its contract.

    ``fetched_at_column`` names the timestamptz column with the fetch time of each row's payload. With ``override``
    (a person has decided to land the rows all the same) ``error`` rules flag like ``warning`` ones.
    Raises GateError when a rule cannot be evaluated, ValueError when a row has no fetch time.
    """
    if fetched_at_column not in frame.column_names or frame.column(fetched_at_column).null_count:
        raise ValueError(f"rows of {table.name} without {fetched_at_column} cannot be judged; add it to the frame")
    compiled = _compile(contract, table)
    outcomes = _judge(compiled, frame, fetched_at_column) if frame.num_rows else []
    broken = {severity: _broken(outcomes, severity) for severity in SEVERITIES}
    held = bool(broken["critical"])
    if held:
        removed = np.arange(frame.num_rows)
        failures = list(_held(compiled, frame, broken["critical"]))
    else:
        if override:
            broken["warning"], broken["error"] = broken["error"] + broken["warning"], []
        removed = _union(outcome.rows for outcome in broken["error"])
        failures = list(_failed(compiled, frame, broken["error"], removed))
    stays = np.ones(frame.num_rows, dtype=bool)
    stays[removed] = False
    flagged = frame.append_column(QUALITY_FLAGS, _quality_flags(frame.num_rows, broken["warning"]))
    result = _result(compiled, contract, frame, outcomes, len(removed))
    return Verdict(flagged.filter(pa.array(stays)), failures, held, [result])


def hold(frame: pa.Table, *, because: str) -> list[Failure]:
    """Failures for every row of a table that is held only because another table of its batch is."""
    reason = f"the batch is held because of {because}；本批次因 {because} 整批暂扣"
    every = np.arange(frame.num_rows)
    return [
        Failure(row, "batch.held", reason, "critical", None, record)
        for row, record in zip(every.tolist(), frames.records(frame, every), strict=True)
    ]


def _compile(contract: Contract, table: Table) -> _Compiled:
    key = (contract.sha256, table.name)
    if key not in _compiled:
        json_columns = frozenset({"extra", *(c.name for c in table.columns if c.physical_type == "jsonb")})
        _compiled[key] = _Compiled(
            f"{contract.id}.{table.name}",
            suite.checks(contract, table),
            suite.latest_columns(contract, table),
            json_columns,
        )
    return _compiled[key]


def _judge(compiled: _Compiled, frame: pa.Table, fetched_at: str) -> list[_Outcome]:
    """The outcome of every check whose columns the frame has; ``table.columns`` tells of those it lacks."""
    from expectations import _gx

    present = set(frame.column_names)
    checks = [check for check in compiled.checks if present.issuperset(check.columns)]
    gx_suite = compiled.suite if len(checks) == len(compiled.checks) else _gx.compile_suite(compiled.name, checks)
    success = dict.fromkeys((check.rule for check in checks), True)
    rows: dict[str, list[Rows]] = {check.rule: [np.empty(0, np.int64)] for check in checks}
    observed: dict[str, Any] = {}
    for start in range(0, frame.num_rows, MAX_ROWS):
        judged = frames.judged_frame(
            frame.slice(start, MAX_ROWS),
            fetched_at=fetched_at,
            latest=compiled.latest,
            json_columns=compiled.json_columns,
        )
        for outcome in _gx.judge(judged, gx_suite, checks):
            success[outcome.rule] &= outcome.success
            rows[outcome.rule].append(np.asarray(outcome.rows, np.int64) + start)
            observed[outcome.rule] = outcome.observed
    return [
        _Outcome(check, success[check.rule], np.concatenate(rows[check.rule]), observed[check.rule]) for check in checks
    ]


def _broken(outcomes: Sequence[_Outcome], severity: Severity) -> list[_Outcome]:
    return [outcome for outcome in outcomes if not outcome.success and outcome.check.severity == severity]


def _union(parts: Iterable[Rows]) -> Rows:
    return np.unique(np.concatenate([np.empty(0, np.int64), *parts]))


def _failed(compiled: _Compiled, frame: pa.Table, broken: Sequence[_Outcome], removed: Rows) -> Iterator[Failure]:
    """One failure per row and broken rule; the rules that a row broke share one record."""
    record = dict(zip(removed.tolist(), frames.records(frame, removed), strict=True))
    for outcome in broken:
        told = reasons(outcome.check)
        values = _values(compiled, frame, outcome, outcome.rows)
        for row, value in zip(outcome.rows.tolist(), values, strict=True):
            yield Failure(row, outcome.check.rule, told(value), "error", outcome.check.subject, record[row])


def _held(compiled: _Compiled, frame: pa.Table, broken: Sequence[_Outcome]) -> Iterator[Failure]:
    """Every row, once per critical rule: a row that broke the rule says how, the others why they wait."""
    record = frames.records(frame, np.arange(frame.num_rows))
    for outcome in broken:
        check = outcome.check
        told = reasons(check)
        how = dict(zip(outcome.rows.tolist(), map(told, _values(compiled, frame, outcome, outcome.rows)), strict=True))
        why = f"the batch is held: {check.rule}, {expected(check)}；整批暂扣"
        if check.rule == suite.COLUMNS_RULE:
            why = _columns_reason(frame, check)
        for row, columns in enumerate(record):
            yield Failure(row, check.rule, how.get(row, why), "critical", check.subject, columns)


def _columns_reason(frame: pa.Table, check: Check) -> str:
    wanted = [name for name in check.kwargs["column_set"] if not suite.is_helper(name)]
    found = [name for name in frame.column_names if name not in frames.PROVENANCE]
    missing = ", ".join(name for name in wanted if name not in found) or "-"
    unknown = ", ".join(name for name in found if name not in wanted) or "-"
    return (
        f"the frame's columns are not the contract's: missing {missing}; unknown {unknown}"
        f"；列与契约不符：缺少 {missing}；未知 {unknown}"
    )


def _values(compiled: _Compiled, frame: pa.Table, outcome: _Outcome, rows: Rows) -> list[Any]:
    """What each row holds in the column that the rule is about, as JSON values."""
    subject = outcome.check.subject
    if subject is None:
        return [None] * len(rows)
    if subject == suite.NUL_COLUMN:
        return frames.columns_holding_nul(frame.take(rows), compiled.json_columns)
    return [record[subject] for record in frames.records(frame.select([subject]), rows)]


def _quality_flags(rows: int, broken: Sequence[_Outcome]) -> pa.ListArray[Any]:
    """One list of broken rule names per row, in the order of the rules; mostly empty lists."""
    row = np.concatenate([np.empty(0, np.int64), *(outcome.rows for outcome in broken)])
    rule = np.concatenate([np.empty(0, np.int64), *(np.full(len(o.rows), i) for i, o in enumerate(broken))])
    order = np.argsort(row, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=rows))])
    names = pa.array([outcome.check.rule for outcome in broken], pa.string())
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names.take(pa.array(rule[order], pa.int64())))


def _result(
    compiled: _Compiled, contract: Contract, frame: pa.Table, outcomes: Sequence[_Outcome], removed: int
) -> dict[str, Any]:
    """The JSON object of ``ops.validation``; ``statistics`` are those of the GX suite, whatever the severity."""
    failing = [outcome for outcome in outcomes if not outcome.success]
    worst = max((SEVERITIES.index(outcome.check.severity) for outcome in failing), default=None)
    passed = len(outcomes) - len(failing)
    return {
        "table": compiled.name.split(".", 1)[1],
        "suite": compiled.name,
        "contract_sha256": contract.sha256,
        "success": worst is None or SEVERITIES[worst] in ("info", "warning"),
        "max_severity": None if worst is None else SEVERITIES[worst],
        "rows": frame.num_rows,
        "failed_rows": removed,
        "statistics": {
            "evaluated_expectations": len(outcomes),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(failing),
            "success_percent": 100.0 * passed / len(outcomes) if outcomes else None,
        },
        "rules": [_rule_result(compiled, frame, outcome) for outcome in outcomes],
    }


def _rule_result(compiled: _Compiled, frame: pa.Table, outcome: _Outcome) -> dict[str, Any]:
    check = outcome.check
    told: dict[str, Any] = {
        "rule": check.rule,
        "expectation": check.expectation,
        "kwargs": dict(check.kwargs),
        "severity": check.severity,
        "success": outcome.success,
    }
    if not outcome.success:
        told["expected"] = expected(check)
        told["failed"] = len(outcome.rows)
        seen = _values(compiled, frame, outcome, outcome.rows[:100]) if check.subject else []
        told["sample"] = samples(seen or [outcome.observed])
    return told
