"""Stored results -> the HTML that Great Expectations' own renderers make of them, without GX's page around it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

from expectations._gx import GX_SEVERITY

# GX's page template is a navigation bar, foreign scripts and this loop.
_SECTIONS = "{% for section in sections %}{% set section_loop = loop -%}{% include 'section.j2' %}{% endfor %}"
_NOT_SHOWN = ("Overview", "Run Info")  # our own page says it


def sections(suite: str, result: Mapping[str, Any]) -> str:
    """The rules of one stored result, grouped by column, as an HTML fragment without scripts or links."""
    validation = ExpectationSuiteValidationResult(
        success=result["success"],
        results=[_rule_result(rule, result["rows"]) for rule in result["rules"]],
        suite_name=suite,
        statistics=dict(result["statistics"]),
        meta={},
    )
    document = ValidationResultsPageRenderer(run_info_at_end=True).render(validation).to_json_dict()
    shown = [section for section in document["sections"] if section["section_name"] not in _NOT_SHOWN]
    return str(DefaultJinjaPageView().env.from_string(_SECTIONS).render(sections=shown))


def _rule_result(rule: Mapping[str, Any], rows: int) -> ExpectationValidationResult:
    return ExpectationValidationResult(
        success=rule["success"],
        expectation_config=ExpectationConfiguration(
            type=rule["expectation"],
            kwargs=dict(rule["kwargs"]),
            meta={"rule": rule["rule"], "severity": rule["severity"]},
            severity=GX_SEVERITY[rule["severity"]],
        ),
        result=_counts(rows, 0, []) if rule["success"] else _failure(rule, rows),
        exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
    )


def _failure(rule: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """GX's result fields, from the counts and samples kept; GX puts sample values into the page unescaped."""
    sample = [html.escape(value) for value in rule["sample"]]
    if not rule["failed"]:
        return {"observed_value": ", ".join(sample)}
    return _counts(rows, rule["failed"], sample)


def _counts(rows: int, failed: int, sample: list[str]) -> dict[str, Any]:
    return {
        "element_count": rows,
        "unexpected_count": failed,
        "unexpected_percent": 100.0 * failed / rows if rows else 0.0,
        "partial_unexpected_list": sample,
    }
