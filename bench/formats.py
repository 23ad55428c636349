"""How fast every format is parsed on one core, and what of the real recordings beside the checkout it reads.

python -m bench.formats [--records 20000] [--rounds 3]

The documents are the invented ones of the conformance suite, with many records in each; the recordings are read where
they lie (../shared/data/recorded) and are left out where they are absent.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from pathlib import Path

from connectors.model import Outcome
from connectors.registry import parser
from riskmap.parse import default_options, parse_files
from tests.conformance.case import Case
from tests.conformance.cases import CASES
from tests.recorded.expected import Expected
from tests.recorded.test_recorded import FOLDER, RECORDED


def rate(case: Case, records: int, rounds: int) -> tuple[int, float]:
    """(records in a document, records per second, median of ``rounds``); tables beside the main one count as well."""
    payload, options = case.payload(_document(case, records)), case.options()
    reader = parser(case.format, options)
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        parsed = reader.parse(payload, options)
        seconds.append(time.perf_counter() - began)
    assert parsed.outcome is Outcome.ACCEPTED, parsed.rejects[:1]
    return parsed.records, parsed.records / statistics.median(seconds)


def _document(case: Case, records: int) -> bytes:
    """As many records as the fixture of the format can number (a minute has no more than 60 of them, for instance)."""
    for count in (records, 1_000, 60, 20):
        try:
            body = case.build(range(count))
            parsed = case.parse(body)
            if parsed.outcome is Outcome.ACCEPTED and parsed.records >= count:  # none fell together
                return body
        except (ValueError, OverflowError):
            continue
    raise ValueError(f"{case.format}: its fixture cannot hold 20 records")


def recorded() -> dict[str, tuple[int, int, int]]:
    """Format -> files read, records, rejects among the recordings that the table of the tests gives to it."""
    files: dict[str, list[tuple[Path, Expected]]] = defaultdict(list)
    for name, expected in RECORDED.items():
        if (FOLDER / name).is_file():
            files[expected.format].append((FOLDER / name, expected))
    counted = {}
    for format_name, entries in files.items():
        reports = [
            report
            for path, expected in entries
            for report in parse_files(format_name, [path], default_options(format_name, expected.profile))
        ]
        records = sum(sum(report["tables"].values()) for report in reports)
        counted[format_name] = (len(reports), records, sum(len(report["rejects"]) for report in reports))
    return counted


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=20_000)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    seen = recorded()
    print(
        "| format | records in a document | records/s | recorded files | records | rejects |\n|---|---|---|---|---|---|"
    )
    for name, case in CASES.items():
        files, records, rejects = seen.get(case.format, (0, 0, 0)) if name == case.format else (0, 0, 0)
        held, per_second = rate(case, chosen.records, chosen.rounds)
        print(
            f"| {name} | {held:,} | {per_second:,.0f} | {files or ''} | {records or ''} | {rejects or ''} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
