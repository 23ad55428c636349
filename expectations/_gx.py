"""The only module that imports Great Expectations; a scheduler may preload it before it forks.

One ephemeral context per process, one compiled suite per contract and table. Two passes: BOOLEAN_ONLY over the
whole suite, then COMPLETE over what failed, which names every failing row by its position in the frame.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from expectations.suite import Check
from feeds.contract import Severity

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read at import

import great_expectations as gx
from great_expectations.core import ExpectationSuite
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

if TYPE_CHECKING:
    import pandas as pd

logging.getLogger("great_expectations").setLevel(logging.WARNING)  # a task's log is about the feed, not about GX

GX_SEVERITY: Mapping[Severity, str] = {"critical": "critical", "error": "warning", "warning": "warning", "info": "info"}
"""GX knows three severities. Its ``critical`` means exactly ours: the batch is held. Ours is kept in ``meta``."""


class GateError(RuntimeError):
    """A rule could not be evaluated at all: the contract is wrong, and neither passing nor failing would be true."""


_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class RuleOutcome:
    """What became of one check on one frame: positions of the failing rows, or what a rule about the table saw."""

    rule: str
    success: bool
    rows: Sequence[int] = ()
    observed: Any = None


def configuration(check: Check) -> ExpectationConfiguration:
    return ExpectationConfiguration(
        type=check.expectation,
        kwargs=dict(check.kwargs),
        meta={"rule": check.rule, "severity": check.severity},
        severity=GX_SEVERITY[check.severity],
    )


def compile_suite(name: str, checks: Sequence[Check]) -> ExpectationSuite:
    """A GX suite of ``checks``. Raises GateError for an expectation that GX does not know or cannot build.

    The constructor takes expectations as they are; ``add_expectation_configuration`` would replace, in silence, one
    of the same type and column.
    """
    expectations = []
    for check in checks:
        try:
            expectations.append(configuration(check).to_domain_obj())
        except Exception as error:
            raise GateError(
                f"rule {check.rule} of {name} is no expectation that Great Expectations can run: {_one_line(error)}. "
                "To recover: correct type and kwargs of the rule in the contract"
            ) from error
    return ExpectationSuite(name=name, expectations=expectations)


def judge(frame: pd.DataFrame, suite: ExpectationSuite, checks: Sequence[Check]) -> list[RuleOutcome]:
    """Run ``suite`` (compiled from ``checks``) on ``frame``; outcomes in the order of ``checks``.

    Raises GateError when an expectation raised instead of judging. One frame at a time, whatever the threads: GX keeps
    the frame that it is asked of in its one context, and would judge one frame by the columns of another.
    """
    with _ONE_AT_A_TIME:
        batch = _batch_definition().get_batch(batch_parameters={"dataframe": frame})
        first = _results(batch, suite, "BOOLEAN_ONLY")
        failed = [check for check in checks if not first[check.rule].success]
        again = _results(batch, compile_suite(f"{suite.name} again", failed), "COMPLETE") if failed else {}
    return [_outcome(check, again.get(check.rule)) for check in checks]


def _outcome(check: Check, failure: Any) -> RuleOutcome:
    if failure is None:
        return RuleOutcome(check.rule, success=True)
    rows = failure.result.get("unexpected_index_list")
    if check.names_rows and rows is None:
        raise GateError(
            f"rule {check.rule} failed without naming its rows. "
            f"To recover: give {check.expectation} another severity than error, or use another expectation"
        )
    return RuleOutcome(check.rule, False, rows or (), failure.result.get("observed_value"))


def _results(batch: Any, suite: ExpectationSuite, result_format: str) -> dict[str, Any]:
    results = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # patterns with groups are welcome
        warnings.simplefilter("ignore", DeprecationWarning)  # GX against pandas, not ours to mend
        judged = batch.validate(suite, result_format=result_format).results
    for result in judged:
        rule = result.expectation_config.meta["rule"]
        if raised := _raised(result.exception_info):
            raise GateError(
                f"rule {rule} of {suite.name} could not be evaluated: {_one_line(raised)}. "
                "To recover: correct the rule in the contract; the payload is archived and can be replayed"
            )
        results[rule] = result
    return results


def _raised(info: Mapping[str, Any]) -> str | None:
    """The message of an exception that GX caught; it nests it one level deep per metric that failed."""
    entries = [info, *(value for value in info.values() if isinstance(value, Mapping))]
    raised = [entry for entry in entries if entry.get("raised_exception")]
    return str(raised[0].get("exception_message")) if raised else None


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


@cache
def _batch_definition() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")
