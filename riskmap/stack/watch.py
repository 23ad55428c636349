"""The process ``riskmap watch`` of one home: started last and stopped first, so that it tells of no planned stop."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from riskmap.settings import REPOSITORY, variables_of
from riskmap.stack.intake import state_of_settings
from riskmap.stack.memory import write_private
from riskmap.stack.processes import Process
from riskmap.watch.config import WatchConfig


def process(home: Path) -> Process:
    return Process(home, "watch")


def start(home: Path) -> None:
    """Start it, or start it anew if code, contracts or settings have changed since.

    Raises UserError for a setting that cannot be meant: a watcher that ends at its start would tell nobody.
    """
    WatchConfig.of(home, variables_of({**os.environ, "RISKMAP_HOME": str(home)}))
    mark = home / "run" / "watch.state"
    state = state_of_settings(home)
    if not mark.exists() or mark.read_text(encoding="utf-8") != state:
        process(home).stop()
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "RISKMAP_HOME": str(home)}
    process(home).start([sys.executable, "-c", "from riskmap.cli import main; main()", "watch"], environment)
    write_private(mark, state)
