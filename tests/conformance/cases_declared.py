"""Cases of the formats of what a contract declares: invented documents with one record per number."""

from __future__ import annotations

from tests.conformance.case import Case

CASES: tuple[Case, ...] = ()
