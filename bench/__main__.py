"""All benchmarks, one after the other, with the machine that gave the figures: python -m bench"""

from __future__ import annotations

import os
import platform
import subprocess
import sys

BENCHMARKS = ("bench.formats", "bench.mine_backlog", "bench.gate", "bench.ingest_backlog", "bench.metrics")


def main() -> None:
    print(
        f"machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    for name in BENCHMARKS:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, "-m", name], check=True)


if __name__ == "__main__":
    main()
