"""``datacontract lint`` over all contracts in one process: its imports take longer than any contract."""

from __future__ import annotations

import sys
from pathlib import Path

from datacontract.data_contract import DataContract


def main() -> int:
    bad = 0
    for file in sorted(Path("feeds").glob("*.yml")):
        run = DataContract(data_contract_file=str(file)).lint()
        if run.result != "passed":
            bad += 1
            for check in run.checks:
                sys.stderr.write(f"{file}: {check.result}: {check.reason}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
