"""Which world this is and what time it is there.

Everything the simulator sends is a function of (seed, scenario, start, time). The first launch writes those
facts into the home folder; a restart reads them back and so goes on with the same world.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

BEIJING = timezone(timedelta(hours=8))
SCENARIOS = ("storm", "quiet", "gas", "quake", "data_island", "year")
RECORDS_BACK, WARNINGS_BACK = timedelta(days=60), timedelta(hours=24)
ISLAND, ISLAND_AFTER, ISLAND_LASTS = "水利", timedelta(minutes=10), timedelta(hours=6)
OLD_NAMES = {"calm": "quiet"}


class SimulatorError(Exception):
    """Something a person has to put right; ``str()`` is a sentence and what to do."""


def dice(*key: object) -> float:
    """A number in [0, 1) that depends on ``key`` alone, the same in every process."""
    digest = hashlib.blake2b("/".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def floor(moment: datetime, seconds: int) -> datetime:
    """The last multiple of ``seconds`` (of the Unix clock) at or before ``moment``."""
    stamp = int(moment.timestamp())
    return datetime.fromtimestamp(stamp - stamp % seconds, BEIJING)


def write_whole(path: Path, body: bytes) -> None:
    """Write beside the target, then rename: a reader sees all of the file or none."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(body)
    part.replace(path)


@dataclass(frozen=True)
class World:
    """``start`` is the world's time at first launch (the storm centres on it), ``launched`` the real time then."""

    seed: int
    scenario: str
    start: datetime
    launched: datetime
    speed: float

    @property
    def climate(self) -> str:
        """What the weather is like: ``storm``, ``quiet``, or ``year`` (a storm now and then, after the season)."""
        if self.scenario == "year":
            return "year"
        return "storm" if self.scenario in ("storm", "data_island") else "quiet"

    def shares(self, department: str, at: datetime) -> bool:
        """Does a department give its data away at a time? In the scenario ``data_island`` one stops for six hours."""
        return self.shared_until(department, at) == at

    def shared_until(self, department: str, at: datetime) -> datetime:
        """The last instant up to ``at`` of which a department gave its data away."""
        stops = self.anchor + ISLAND_AFTER
        is_silent = self.scenario == "data_island" and department == ISLAND and stops <= at < stops + ISLAND_LASTS
        return stops - timedelta(seconds=1) if is_silent else at

    def now(self) -> datetime:
        """The world's time (Beijing): the real time, unless ``--start`` or ``--speed`` say otherwise."""
        elapsed = datetime.now(UTC) - self.launched
        return (self.start + elapsed * self.speed).astimezone(BEIJING)

    @property
    def records_from(self) -> datetime:
        """Since when the bureaus' records are told: for sixty days, in a year's world so long that the last whole year
        has one before it.
        """
        if self.scenario != "year":
            return self.start - RECORDS_BACK
        return datetime(self.start.astimezone(BEIJING).year - 3, 12, 1, tzinfo=BEIJING)

    @property
    def warnings_from(self) -> datetime:
        """Since when warnings and the answers to them are told."""
        return self.records_from if self.scenario == "year" else self.start - WARNINGS_BACK

    @property
    def first_live(self) -> datetime:
        """When a first warning and a first earthquake come in: soon after launch, for whoever has just started."""
        return floor(self.start, 1) + timedelta(seconds=45)

    @property
    def anchor(self) -> datetime:
        """The instant around which the scenario is written."""
        return floor(self.start, 300)


def open_world(
    home: Path,
    *,
    seed: int | None = None,
    scenario: str | None = None,
    start: datetime | None = None,
    speed: float | None = None,
) -> World:
    """The world of ``home``, made if there is none. ``None`` means "as it is, else the default".

    Raises SimulatorError if the home holds a world with other facts than those asked for.
    """
    scenario = OLD_NAMES.get(scenario or "", scenario)
    asked = {"seed": seed, "scenario": scenario, "start": start, "speed": speed}
    path = home / "world.json"
    if path.exists():
        world = _read(path)
        different = [k for k, v in asked.items() if v is not None and v != getattr(world, k)]
        if different:
            raise SimulatorError(
                f"{path} holds a world with another {', '.join(different)}. Choose another --home, or delete "
                "the folder together with the databases it fed."
            )
        return world
    launched = datetime.now(UTC)
    world = World(
        seed=1 if seed is None else seed,
        scenario=scenario or SCENARIOS[0],
        start=start or launched.astimezone(BEIJING),
        launched=launched,
        speed=1.0 if speed is None else speed,
    )
    home.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(asdict(world), default=datetime.isoformat, indent=1).encode())
    return world


def _read(path: Path) -> World:
    try:
        facts = json.loads(path.read_text("utf-8"))
        return World(
            seed=facts["seed"],
            scenario=OLD_NAMES.get(facts["scenario"], facts["scenario"]),
            start=datetime.fromisoformat(facts["start"]),
            launched=datetime.fromisoformat(facts["launched"]),
            speed=facts["speed"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise SimulatorError(f"{path} can't be read ({error!r}). Delete it to begin a new world.") from error
