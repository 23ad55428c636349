"""One world with all its source systems, and what each has to do as time goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from simulator.asset_tables import AssetTables
from simulator.broker import Publisher
from simulator.cap import Bulletin
from simulator.delivery import Folder, Progress, Writer
from simulator.event_tables import EventTables
from simulator.exchange import Exchange
from simulator.faults import HttpFaults
from simulator.gates import Gates, login_of
from simulator.geo_iot import GeoIot
from simulator.hazchem_sec import DoublePrevention
from simulator.management import Management
from simulator.mine_equipment import Equipment
from simulator.mine_personnel import Personnel
from simulator.mine_water import MineWater
from simulator.mines import Mines
from simulator.monitor import Monitor
from simulator.music import Music
from simulator.nature import nature
from simulator.people import Answers
from simulator.pusher import Pusher, Receiver
from simulator.register import Register
from simulator.rtu import Rtus
from simulator.sl651 import Telemetry
from simulator.slope_radar import SlopeRadars
from simulator.uploads import Upload, Uploads, uploads
from simulator.warning12379 import Terminal
from simulator.world import SimulatorError, World, floor

HISTORY = timedelta(hours=2)
CALLS_AGAIN_S = 10  # whoever called in vain tries again then, not only at its next turn


@dataclass(frozen=True)
class Places:
    """Where the sources write, and whom they call. Without an address there is no such source."""

    home: Path
    mine_inbox: Path
    register_inbox: Path
    exchange_url: str | None
    centre: str | None = None  # host:port that the hydrological stations call
    receiver: Receiver | None = None  # of the hazchem plants' pushes

    def folder(self, name: str) -> Path:
        """A folder of the home into which a source drops its files."""
        return self.home / name


@dataclass(frozen=True)
class Source:
    """A source system: its rhythm in seconds, what it does then, which department shares it.

    ``calls``: it speaks to somebody who may let it wait, so it takes its turns in a thread of its own.
    """

    name: str
    rhythm_s: int
    step: Callable[[datetime], int]
    department: str
    calls: bool = False


class Simulator:
    """The source systems of one world."""

    def __init__(self, places: Places, world: World) -> None:
        self.places, self.world = places, world
        self.login = login_of(places.home)
        self.nature = nature(world)
        self.county, self.weather = self.nature.layout.county, self.nature.weather
        self.bulletin = Bulletin(places.home, world, self.county, self.weather)
        self.quakes = self.nature.quakes
        self.mines = Mines(places.mine_inbox, places.home, world, self.county, self.weather)
        self.register = Register(places.register_inbox, world, self.county)
        self.exchange = Exchange(places.exchange_url, world, self.county, self.weather) if places.exchange_url else None
        self.music = Music(self.nature, self.login.user, self.login.password)
        self.monitor = Monitor(self.nature)
        self.gates = Gates(places.home, self.login, places.folder("mine_personnel"), places.folder("mine_water"))
        self.publisher = Publisher(places.home, GeoIot(self.nature), self.login.user, self.login.password)
        telemetry = Telemetry(world, self.county, self.weather, self.nature.hydrology)
        self.rtus = Rtus(places.centre, places.home, telemetry) if places.centre else None
        self.pusher = Pusher(places.receiver, places.home, DoublePrevention(world)) if places.receiver else None
        self.uploads = self._uploads()
        self.http_faults = HttpFaults()
        self.errors: dict[str, str] = {}
        self.lock = threading.Lock()  # the clock's thread and a fault must not write at once
        self._sources = self._all_sources()
        self._done: dict[str, datetime] = {}
        self._calls: dict[str, threading.Thread] = {}
        self._said: list[str] = []

    def prepare(self) -> dict[str, int]:
        """Write the history, of a department that is silent as far as it spoke; how many rows and files.

        Raises SimulatorError.
        """
        if self.exchange:
            self.exchange.prepare()
        now = self.world.now()
        ready = [source for source in self._sources if not source.calls]
        return {source.name: source.step(self.world.shared_until(source.department, now)) for source in ready}

    def _all_sources(self) -> list[Source]:
        assets = AssetTables(self.world.seed, self.nature.layout)
        inventory = Upload("geohazard_site", states=(("隐患点清单", assets.hazard_sites),))
        found = [
            Source("mines", 60, self.mines.advance, "矿山"),
            self._dropper("mine_personnel", "矿山", Personnel(self.world, self.county, self.mines)),
            self._dropper("mine_water", "矿山", MineWater(self.world, self.county, self.weather)),
            self._dropper("mine_equipment", "矿山", Equipment(self.world, self.county, self.mines)),
            Source("register", 60, self.register.advance, "应急"),
            self._dropper("warning_12379", "气象", Terminal(self.bulletin), self._since(self.world.warnings_from)),
            self._dropper("geohazard_site", "自然资源", inventory),
            self._dropper("upload/slope_monitoring", "矿山", SlopeRadars(self.nature)),
            Source("uploads", 60, self.uploads.advance, "应急"),
            Source("geo_iot", 60, self.publisher.advance, "自然资源", calls=True),
        ]
        if self.exchange:
            found.insert(0, Source("exchange", 300, self.exchange.advance, "水利"))
        if self.rtus:
            found.append(Source("rtu", 60, self.rtus.advance, "水利", calls=True))
        if self.pusher:
            found.append(Source("pushes", 60, self.pusher.advance, "应急", calls=True))
        return found

    def _dropper(self, name: str, department: str, writer: Writer, history: timedelta = HISTORY) -> Source:
        """A source that drops its files into the folder of its name."""
        progress = Progress(self.places.home / "written", name.replace("/", "_"))
        return Source(name, 60, Folder(self.places.folder(name), progress, writer, history).advance, department)

    def _uploads(self) -> Uploads:
        layout = self.nature.layout
        assets = AssetTables(self.world.seed, layout)
        events = EventTables(layout, Management(self.world, layout), self.bulletin, Answers(self.world, layout))
        found = uploads(events, assets, self._since(self.world.records_from), self._since(self.world.warnings_from))
        return Uploads(self.places.folder("upload"), self.places.home, found)

    def _since(self, moment: datetime) -> timedelta:
        """How long ago that is when the world begins."""
        return self.world.start - moment

    def tick(self) -> list[str]:
        """Do what is due; the sentences to log. A source that fails is tried again at its next turn, or soon if it
        calls somebody.
        """
        now = self.world.now()
        for source in self._sources:
            in_vain = source.calls and source.name in self.errors
            turn = floor(now, CALLS_AGAIN_S if in_vain else source.rhythm_s)
            if self._done.get(source.name) == turn or not self.world.shares(source.department, now):
                continue
            if not source.calls:
                self._done[source.name] = turn
                with self.lock:
                    self._step(source, now)
            elif source.name not in self._calls or not self._calls[source.name].is_alive():
                self._done[source.name] = turn
                self._calls[source.name] = threading.Thread(target=self._step, args=(source, now), daemon=True)
                self._calls[source.name].start()
        said, self._said = self._said, []
        return said

    def _step(self, source: Source, now: datetime) -> None:
        """One turn. What goes wrong is said once, not at every turn."""
        try:
            source.step(now)
            self.errors.pop(source.name, None)
        except (SimulatorError, psycopg.Error, OSError) as error:
            if self.errors.get(source.name) != str(error):
                self._said.append(f"{source.name}: {error}")
            self.errors[source.name] = str(error)

    def health(self) -> dict[str, object]:
        return {
            "status": "degraded" if self.errors else "ok",
            "synthetic": True,
            "now": self.world.now().isoformat(timespec="seconds"),
            "seed": self.world.seed,
            "scenario": self.world.scenario,
            "start": self.world.start.isoformat(timespec="seconds"),
            "errors": dict(self.errors),
        }
