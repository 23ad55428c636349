"""How fast a backlog of coal-mine files (synthetic 模拟) is read: 200,000 CDSS records in files of about 200.

python bench/mine_backlog.py [--records 200000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import platform
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.enterprise.mine_txt import PARSER
from connectors.model import Payload

MINE = "140581009901"  # synthetic
START = datetime(2026, 8, 10, 0, 0)  # Beijing wall clock  # noqa: DTZ001
PER_FILE = 200
_KINDS = [
    ("MN0001", "甲烷", "%CH4", lambda dice: f"{dice.random():.2f}"),
    ("MN0004", "一氧化碳", "ppm", lambda dice: f"{dice.random() * 20:.1f}"),
    ("MN0002", "风速", "m/s", lambda dice: f"{dice.random() * 4:.2f}"),
    ("MN0003", "温度", "℃", lambda dice: f"{dice.uniform(-5, 30):.1f}"),
    ("KG0010", "烟雾", "", lambda dice: str(int(dice.random() < 0.01))),
]


def make_backlog(folder: Path, records: int) -> list[Path]:
    """Write ``records`` synthetic CDSS records into ``folder``, one file per minute; the paths in order of time."""
    dice = random.Random(20260810)
    paths = []
    for number, first in enumerate(range(0, records, PER_FILE)):
        moment = START + timedelta(minutes=number)
        count = min(PER_FILE, records - first)
        path = folder / f"{MINE}_CDSS_{moment:%Y%m%d%H%M%S}.txt"
        lines = "".join(_record(point, moment, dice) for point in range(count))
        path.write_text(f"{MINE};模拟煤矿;{moment:%Y-%m-%d %H:%M:%S}~{lines}||", encoding="utf-8")
        paths.append(path)
    return paths


def _record(point: int, moment: datetime, dice: random.Random) -> str:
    code, name, unit, value = _KINDS[point % len(_KINDS)]
    number = "" if dice.random() < 0.005 else value(dice)
    status = 0 if number else 32
    seen = moment - timedelta(seconds=dice.randrange(3))
    return f"{MINE}01{code}{point:06d};{name};{point}号测点;{number};{unit};{status};{seen:%Y-%m-%d %H:%M:%S}~"


def time_parse(paths: list[Path]) -> tuple[int, float]:
    """(records, seconds) of reading and parsing all files, without archive, gate or database."""
    fetched_at = datetime.now(UTC)
    options = {"zone": "Asia/Shanghai", "max_future_s": 10**9}
    began = time.perf_counter()
    records = 0
    for path in paths:
        records += PARSER.parse(Payload(path.read_bytes(), str(path), path.name, fetched_at), options).records
    return records, time.perf_counter() - began


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=200_000)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = make_backlog(Path(folder), chosen.records)
        rounds = [time_parse(paths) for _ in range(chosen.rounds)]
    seconds = statistics.median(seconds for _, seconds in rounds)
    records = rounds[0][0]
    print(f"parse: {records} records in {len(paths)} files, {seconds:.2f} s, {records / seconds:,.0f} records/s")
    print(f"machine: {platform.machine()}, Python {platform.python_version()}, median of {chosen.rounds} rounds")


if __name__ == "__main__":
    main()
