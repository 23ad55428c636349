"""From a warning's publication to its row in marts.fct_warning_current, on the running demo (make demo).

Warnings are issued by the simulator 模拟 at random moments, so the wait for the next poll is part of the figure. The
peer is the same poll loop without anything around it: what the cadence alone costs.

python -m bench.warning_delay [--warnings 20]
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from urllib.parse import urlsplit

import psycopg
import requests

from feeds.registry import load
from riskmap.settings import Settings

COLOURS = ("blue", "yellow", "orange", "red")
PATIENCE_S = 180.0


def delay(settings: Settings, number: int) -> float:
    """Issue one warning and wait until a reader of the mart sees it; seconds."""
    parts = urlsplit(settings.variables["CAP_FEED_URL"])
    order = {"event": "雷电", "colour": COLOURS[number % 4], "lasts_min": 60}
    answer = requests.post(f"{parts.scheme}://{parts.netloc}/cap/issue", json=order, timeout=10)
    answer.raise_for_status()
    began = time.perf_counter()
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        query = "select 1 from marts.fct_warning_current where identifier = %s"
        while conn.execute(query, (answer.json()["identifier"],)).fetchone() is None:
            if time.perf_counter() - began > PATIENCE_S:
                raise TimeoutError(f"the warning did not appear within {PATIENCE_S:.0f} s")
            time.sleep(0.1)
    return time.perf_counter() - began


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--warnings", type=int, default=20)
    chosen = arguments.parse_args()
    settings = Settings.load()
    cadence = load("weather_warning").frequency_s
    dice = random.Random(1)
    delays = []
    for number in range(chosen.warnings):
        time.sleep(dice.uniform(0, cadence))  # the last one appeared right after a poll: forget that moment
        delays.append(delay(settings, number))
        print(f"warning {number + 1}: {delays[-1]:.1f} s", flush=True)
    p95 = sorted(delays)[max(0, round(0.95 * len(delays)) - 1)]
    print(f"{len(delays)} warnings: p50 {statistics.median(delays):.1f} s, p95 {p95:.1f} s, max {max(delays):.1f} s")
    print(f"the cadence of {cadence:.0f} s alone: p50 {cadence / 2:.1f} s, p95 {0.95 * cadence:.1f} s")


if __name__ == "__main__":
    main()
