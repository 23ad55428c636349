"""All cases by name: the format's own name, or ``format:feed`` for further feeds of the same format."""

from __future__ import annotations

from collections.abc import Mapping

from tests.conformance import cases_declared, cases_enterprise, cases_geology, cases_water, cases_weather
from tests.conformance.case import Case

_MODULES = (cases_weather, cases_water, cases_geology, cases_enterprise, cases_declared)


def _named() -> Mapping[str, Case]:
    named: dict[str, Case] = {}
    for case in (case for module in _MODULES for case in module.CASES):
        named[f"{case.format}:{case.feed}" if case.format in named else case.format] = case
    return named


CASES = _named()
