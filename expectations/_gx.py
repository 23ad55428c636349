"""The only module that imports Great Expectations; a scheduler may preload it before it forks.

One ephemeral context per process, one compiled suite per contract and table. Two passes: BOOLEAN_ONLY over the
whole suite, then COMPLETE over what failed, which names every failing row by its position in the frame.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
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

GX_SEVERITY: Mapping[Severity, str] = {"critical": "critical", "error": "warning", "warning": "warning", "info": "info"}
"""GX knows three severities. Its ``critical`` means exactly ours: the batch is held. Ours is kept in ``meta``."""


class GateError(RuntimeError):
    """A rule could not be evaluated at all: the contract is wrong, and neither passing nor failing would be true."""


@dataclass(frozen=True)
class RuleOutcome:
    """What became of one check on one frame; ``rows`` are positions in it, empty where the rule names none."""

    rule: str
    success: bool
    rows: Sequence[int] = ()


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
                f"rule {check.rule} of {name} is no expectation that Great Expectations can run: {error}. "
                "To recover: correct type and kwargs of the rule in the contract"
            ) from error
    return ExpectationSuite(name=name, expectations=expectations)


def judge(frame: pd.DataFrame, suite: ExpectationSuite, checks: Sequence[Check]) -> list[RuleOutcome]:
    """Run ``suite`` (compiled from ``checks``) on ``frame``; outcomes in the order of ``checks``.

    Raises GateError when an expectation raised instead of judging.
    """
    batch = _batch_definition().get_batch(batch_parameters={"dataframe": frame})
    success = {rule: result.success for rule, result in _results(batch, suite, "BOOLEAN_ONLY").items()}
    failed = [check for check in checks if not success[check.rule] and check.names_rows]
    rows: dict[str, Sequence[int]] = {}
    if failed:
        again = _results(batch, compile_suite(f"{suite.name} again", failed), "COMPLETE")
        rows = {rule: result.result["unexpected_index_list"] for rule, result in again.items()}
    return [RuleOutcome(check.rule, bool(success[check.rule]), rows.get(check.rule, ())) for check in checks]


def _results(batch: Any, suite: ExpectationSuite, result_format: str) -> dict[str, Any]:
    results = {}
    for result in batch.validate(suite, result_format=result_format).results:
        rule = result.expectation_config.meta["rule"]
        if raised := _raised(result.exception_info):
            raise GateError(
                f"rule {rule} of {suite.name} could not be evaluated: {raised}. "
                "To recover: correct the rule in the contract; the payload is archived and can be replayed"
            )
        results[rule] = result
    return results


def _raised(info: Mapping[str, Any]) -> str | None:
    """The message of an exception that GX caught; it nests it one level deep per metric that failed."""
    entries = [info, *(value for value in info.values() if isinstance(value, Mapping))]
    raised = [entry for entry in entries if entry.get("raised_exception")]
    return str(raised[0].get("exception_message")) if raised else None


@cache
def _batch_definition() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")
