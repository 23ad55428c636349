"""One world with all its source systems, and what each has to do as time goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from simulator.cap import Bulletin
from simulator.exchange import Exchange
from simulator.faults import HttpFaults
from simulator.mines import Mines
from simulator.nature import nature
from simulator.register import Register
from simulator.world import SimulatorError, World, floor


@dataclass(frozen=True)
class Places:
    """Where the sources write. Without ``exchange_url`` there is no water bureau."""

    home: Path
    mine_inbox: Path
    register_inbox: Path
    exchange_url: str | None


class Simulator:
    """The source systems of one world."""

    def __init__(self, places: Places, world: World) -> None:
        self.places, self.world = places, world
        self.nature = nature(world)
        self.county, self.weather = self.nature.layout.county, self.nature.weather
        self.bulletin = Bulletin(places.home, world, self.county, self.weather)
        self.quakes = self.nature.quakes
        self.mines = Mines(places.mine_inbox, places.home, world, self.county, self.weather)
        self.register = Register(places.register_inbox, world, self.county)
        self.exchange = Exchange(places.exchange_url, world, self.county, self.weather) if places.exchange_url else None
        self.http_faults = HttpFaults()
        self.errors: dict[str, str] = {}
        self.lock = threading.Lock()  # the clock's thread and a fault must not write at once
        self._done: dict[str, datetime] = {}

    def prepare(self) -> dict[str, int]:
        """Write the history; how many rows and files. Raises SimulatorError."""
        if self.exchange:
            self.exchange.prepare()
        now = self.world.now()
        return {name: step(now) for name, _, step in self._sources()}

    def _sources(self) -> list[tuple[str, int, Callable[[datetime], int]]]:
        """Name, rhythm in seconds, and what to do then."""
        exchange = [("exchange", 300, self.exchange.advance)] if self.exchange else []
        return [*exchange, ("mines", 60, self.mines.advance), ("register", 60, self.register.advance)]

    def tick(self) -> list[str]:
        """Do what is due; the sentences to log. A source that fails is tried again at its next turn."""
        said = []
        now = self.world.now()
        for name, rhythm, step in self._sources():
            turn = floor(now, rhythm)
            if self._done.get(name) == turn:
                continue
            self._done[name] = turn
            try:
                with self.lock:
                    step(now)
                self.errors.pop(name, None)
            except (SimulatorError, psycopg.Error, OSError) as error:
                self.errors[name] = str(error)
                said.append(f"{name}: {error}")
        return said

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
