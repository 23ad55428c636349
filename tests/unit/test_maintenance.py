"""Old task logs are forgotten, young ones and what is open stay."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from riskmap.maintenance import prune_logs


def test_old_logs_go_and_take_their_empty_folders_with_them(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    (tmp_path / "just made").mkdir()
    for name, age in (("old/run/1.log", 20), ("mixed/run/1.log", 20), ("mixed/run/2.log", 1)):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("模拟")
        then = (now - timedelta(days=age)).timestamp()
        os.utime(file, (then, then))
    assert prune_logs(tmp_path, keep_days=14) == 2
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")) == [
        "just made",
        "mixed",
        "mixed/run",
        "mixed/run/2.log",
    ]


def test_a_folder_that_is_not_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert prune_logs(tmp_path / "logs") == 0
