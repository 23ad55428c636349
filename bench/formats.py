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
from riskmap.parse import parse_files
from tests.conformance.case import Case
from tests.conformance.cases import CASES
from tests.recorded.expected import Expected
from tests.recorded.test_recorded import FOLDER, RECORDED


def rate(case: Case, records: int, rounds: int) -> float:
    """Records per second, median of ``rounds``; what a document holds beside its main table counts as well."""
    body = case.build(range(records))
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        parsed = case.parse(body)
        seconds.append(time.perf_counter() - began)
    assert parsed.outcome is Outcome.ACCEPTED, parsed.rejects[:1]
    return parsed.records / statistics.median(seconds)


def recorded() -> dict[str, tuple[int, int, int]]:
    """Format -> files read, records, rejects among the recordings that the table of the tests gives to it."""
    files: dict[str, list[tuple[Path, Expected]]] = defaultdict(list)
    for name, expected in RECORDED.items():
        if (FOLDER / name).is_file():
            files[expected.format].append((FOLDER / name, expected))
    counted = {}
    for format_name, entries in files.items():
        reports = list(parse_files(format_name, [path for path, _ in entries]))
        records = sum(sum(report["tables"].values()) for report in reports)
        counted[format_name] = (len(reports), records, sum(len(report["rejects"]) for report in reports))
    return counted


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=20_000)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    seen = recorded()
    print("| format | records/s | recorded files | records | rejects |\n|---|---|---|---|---|")
    for name, case in CASES.items():
        files, records, rejects = seen.get(case.format, (0, 0, 0)) if name == case.format else (0, 0, 0)
        print(
            f"| {name} | {rate(case, chosen.records, chosen.rounds):,.0f} | {files or ''} | {records or ''} "
            f"| {rejects or ''} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
