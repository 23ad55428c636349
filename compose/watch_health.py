"""Exit status 0 if the watcher has looked lately. Not by the warehouse: while that is away, the watcher says so."""

import os
import sys
import time
from pathlib import Path

LATELY_S = 300

age = time.time() - Path(os.environ["RISKMAP_HOME"], "run", "watch.alive").stat().st_mtime
sys.exit(0 if age < LATELY_S else f"the watcher last looked {age:.0f} s ago")
