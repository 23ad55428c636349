"""Faults of the wires besides HTTP: servers that are down, damaged frames, things said twice, half files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from simulator.delivery import Document
from simulator.mine_personnel import Personnel
from simulator.uploads import Upload
from simulator.world import SimulatorError, floor, write_whole

if TYPE_CHECKING:
    from simulator.app import Simulator

Fault = Callable[["Simulator", int, float], str]


def _down(name: str) -> Fault:
    def shut(sim: Simulator, count: int, seconds: float) -> str:
        sim.gates.shut(name)
        timer = threading.Timer(seconds, sim.gates.open, [name])
        timer.daemon = True
        timer.start()
        return f"{name} is down for {seconds:.0f} s"

    return shut


def rtu_crc(sim: Simulator, count: int, seconds: float) -> str:
    """The next frames of stations arrive with a wrong check sum; each is sent again."""
    if sim.rtus is None:
        raise SimulatorError("no stations call here; start the simulator with --centre.")
    sim.rtus.damaged += count
    return f"{count} frames"


def rtu_repeat(sim: Simulator, count: int, seconds: float) -> str:
    """The next reports are sent once more under the same serial, as if their receipts had been lost."""
    if sim.rtus is None:
        raise SimulatorError("no stations call here; start the simulator with --centre.")
    sim.rtus.repeated += count
    return f"{count} reports"


def push_repeat(sim: Simulator, count: int, seconds: float) -> str:
    """The next pushes are made twice, as if the reply had been lost."""
    if sim.pusher is None:
        raise SimulatorError("nothing is pushed here; start the simulator with --push-url.")
    sim.pusher.twice += count
    return f"{count} pushes"


def half_personnel(sim: Simulator, count: int, seconds: float) -> str:
    """A personnel file on the SFTP server that breaks off and is never finished."""
    now = floor(sim.world.now(), 300) + timedelta(seconds=17)
    writer = Personnel(sim.world, sim.county, sim.mines)
    whole = next(writer.documents(now - timedelta(minutes=5), now))
    half = Document(whole.name.replace("00.txt", "17.txt"), whole.body[: len(whole.body) // 2])
    return _drop(sim, "mine_personnel", half)


def half_upload(sim: Simulator, count: int, seconds: float) -> str:
    """A workbook that breaks off: the upload of the depots was cut."""
    depots = next(one for one in sim.uploads.all if one.feed == "reserve_depot")
    return _drop(sim, "upload/reserve_depot", _half_of(depots, sim))


def _half_of(upload: Upload, sim: Simulator) -> Document:
    whole = next(iter(upload.first(sim.world.now())))
    return Document(whole.name.replace("模拟", "模拟_half"), whole.body[: len(whole.body) // 2])


def _drop(sim: Simulator, folder: str, document: Document) -> str:
    inbox = sim.places.folder(folder)
    inbox.mkdir(parents=True, exist_ok=True)
    write_whole(inbox / document.name, document.body)
    return document.name


WIRE_FAULTS: Mapping[str, Fault] = {
    "sftp_down": _down("sftp"),
    "ftp_down": _down("ftp"),
    "broker_down": _down("mqtt"),
    **{fault.__name__: fault for fault in (rtu_crc, rtu_repeat, push_repeat, half_personnel, half_upload)},
}
