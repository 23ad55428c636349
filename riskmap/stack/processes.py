"""Background processes of one home: started once, found again later, stopped for certain.

A pid alone does not identify a process, because numbers are used again. The pid file therefore holds the start time
and the boot as well, and what doesn't match them is never signalled.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskmap.settings import REPOSITORY
from riskmap.stack.errors import StackError
from riskmap.stack.memory import write_private

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Process:
    """A process that is to run in the background; ``name`` names its pid file and its log."""

    home: Path
    name: str

    @property
    def pid_file(self) -> Path:
        return self.home / "run" / f"{self.name}.json"

    @property
    def log(self) -> Path:
        return self.home / "logs" / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The pid, if the process that was started is still the one that has it."""
        known = self._known()
        if known is None or known["boot"] != BOOT_ID.read_text().strip():
            return None
        pid, ticks = int(known["pid"]), _start_ticks(int(known["pid"]))
        return pid if ticks is not None and ticks == known["ticks"] else None

    @property
    def started_at(self) -> float:
        """Unix time of the last start, 0 if there was none."""
        known = self._known()
        return float(known["started_at"]) if known else 0.0

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> bool:
        """Start it in a session of its own, so that closing the terminal does not end it. False if it runs already."""
        if self.pid is not None:
            return False
        self.kill_remains()
        for folder in (self.pid_file.parent, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        _rotate(self.log)
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                command,
                cwd=self.home,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        known = {
            "pid": child.pid,
            "ticks": _start_ticks(child.pid),
            "boot": BOOT_ID.read_text().strip(),
            "started_at": time.time(),
        }
        write_private(self.pid_file, json.dumps(known))
        return True

    def stop(self, patience_s: float = 15) -> None:
        """Ask it to end; kill its whole session if it doesn't within ``patience_s``. No-op if it doesn't run."""
        stop_all([self], patience_s)

    def kill_remains(self) -> None:
        """Kill what is left of its session: the process itself if it still runs, workers and tasks that outlived it."""
        known = self._known()
        if known is None or known["boot"] != BOOT_ID.read_text().strip():
            return
        leader = int(known["pid"])
        if _start_ticks(leader) not in {None, known["ticks"]}:
            return  # the number belongs to a stranger now
        for pid in _members(leader):
            if self._is_ours(pid):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)

    def _is_ours(self, pid: int) -> bool:
        # Should a stranger have been leader meanwhile and gone again, what it left does not work in our folders.
        try:
            folder = Path(f"/proc/{pid}/cwd").readlink()
        except PermissionError:
            return True  # Airflow's workers hide theirs from everyone but root; only our own user's can be killed
        except OSError:
            return False
        return any(folder.is_relative_to(ours) for ours in (self.home, REPOSITORY))

    def require_alive(self) -> None:
        """Raise StackError, with the end of the log, if it has ended."""
        if self.pid is None:
            raise StackError(
                f"The process {self.name} has ended: {' / '.join(self.last_lines())}",
                remedy=f"read {self.log}, put right what it names and run 'riskmap up' again",
            )

    def last_lines(self, count: int = 3) -> list[str]:
        if not self.log.exists():
            return []
        return self.log.read_text(errors="replace").splitlines()[-count:]

    def _known(self) -> dict[str, Any] | None:
        try:
            return dict(json.loads(self.pid_file.read_text()))
        except FileNotFoundError:
            return None


def stop_all(processes: Iterable[Process], patience_s: float = 15) -> None:
    """Stop several at once; what has not ended after ``patience_s`` is killed, with everything in its session."""
    processes = list(processes)
    for process in processes:
        if (pid := process.pid) is not None:
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience_s
    while any(process.pid is not None for process in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in processes:
        process.kill_remains()
        process.pid_file.unlink(missing_ok=True)


def _start_ticks(pid: int) -> int | None:
    """Start time of a living process in clock ticks since boot; None if it is dead or a zombie."""
    try:
        # The second field, the name, may hold spaces and brackets: read on from the last bracket.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _members(session: int) -> list[int]:
    pids = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError):
            if os.getsid(int(folder.name)) == session:
                pids.append(int(folder.name))
    return pids


def _rotate(log: Path, largest: int = 10_000_000) -> None:
    """Keep one older log, so that a stack that is started for years does not fill the disk with them."""
    if log.exists() and log.stat().st_size > largest:
        log.replace(log.with_suffix(".log.1"))
