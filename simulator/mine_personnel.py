"""Personnel positioning of the mines (MT/T 1201.3 layout): cards, areas, stations; every five minutes who is where.

Nobody is real: a miner is 模拟矿工 and a number. Three shifts of eight hours; when the gassy mine's fan stands, its
people leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from pyproj import Transformer

from simulator.county import County, Mine
from simulator.delivery import Document
from simulator.mines import FAN_STANDS, FAN_STOPS, PROJECTED_CRS, Mines, file_name, text_time
from simulator.world import World, dice, floor

FIVE_MINUTES = timedelta(minutes=5)
SHIFT = timedelta(hours=8)
PEOPLE = 48  # with a card, per mine
STATIONS = 8
AREAS = (("井口区域", 60), ("重点区域", 16), ("限制区域", 6), ("其它区域", 60))
TRADES = ("采煤工", "掘进工", "瓦斯检查工", "电钳工", "安全检查工", "运输工")
UNKNOWN_TIME = "xxxx-xx-xx xx:xx:xx"  # one mine's old dialect for "no time yet"
Row = tuple[object, ...]


class Stay(NamedTuple):
    """A person's time below ground in one shift."""

    enters: datetime
    leaves: datetime


class Personnel:
    """The files of the positioning systems as a function of time."""

    def __init__(self, world: World, county: County, mines: Mines) -> None:
        self.world, self.county, self.mines = world, county, mines
        self.transform = Transformer.from_crs("EPSG:4490", PROJECTED_CRS)

    def first(self, at: datetime) -> Iterable[Document]:
        for mine in self.county.mines:
            yield self._document(mine, "RYXX", at, self._people(mine))
            yield self._document(mine, "RYQY", at, self._areas(mine))
            yield self._document(mine, "RYJZ", at, self._stations(mine))

    def documents(self, since: datetime, until: datetime) -> Iterator[Document]:
        slot = floor(since, 300)
        while (slot := slot + FIVE_MINUTES) <= until:
            for mine in self.county.mines:
                yield self._document(mine, "RYSS", slot, self._positions(mine, slot))
                yield self._document(mine, "JZSS", slot, self._station_states(mine, slot))
                if crowded := self._crowded(mine, slot):
                    yield self._document(mine, "RYCY", slot, [crowded])

    def _document(self, mine: Mine, kind: str, at: datetime, rows: Iterable[Row]) -> Document:
        header: Row = (mine.code, mine.name, text_time(at))
        if kind == "RYXX":
            header = (mine.code, mine.name, 500, "KJ000", "模拟人员定位系统", "模拟厂家", "2030-01-01", text_time(at))
        body = "".join(";".join("" if f is None else str(f) for f in row) + "~" for row in (header, *rows))
        return Document(file_name(mine, kind, at), f"{body}||".encode())

    def _people(self, mine: Mine) -> list[Row]:
        rows: list[Row] = []
        for n in range(1, PEOPLE + 1):
            born = f"{1964 + int(38 * dice(self.world.seed, 'born', mine.code, n))}-01-01"
            trade = "水泵工" if _is_at_the_pumps(n) else TRADES[n % len(TRADES)]
            rows.append(
                (
                    _card(mine, n),
                    f"模拟矿工{n:04d}",
                    trade,
                    "",
                    f"模拟{1 + n % 4}队",
                    born,
                    "",
                    int(n <= 3),
                    int(n % 9 == 0),
                )
            )
        return rows

    def _areas(self, mine: Mine) -> list[Row]:
        return [(kind, _area(mine, i), quota, f"模拟{kind}") for i, (kind, quota) in enumerate(AREAS, 1)]

    def _stations(self, mine: Mine) -> list[Row]:
        northing, easting = self.transform.transform(mine.lat, mine.lon)
        return [
            (
                *(_station(mine, s), f"模拟基站{s}", f"{northing + 120 * s:.2f}", f"{easting - 60 * s:.2f}"),
                *(f"{-180 - 20 * s:.1f}", f"模拟巷道{s}"),
            )
            for s in range(1, STATIONS + 1)
        ]

    def stay(self, mine: Mine, number: int, at: datetime) -> Stay | None:
        """The stay of the shift that runs at ``at``; None if the person has another shift, or a day off."""
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        shift = at.hour // 8
        key = (self.world.seed, "shift", mine.code, number, midnight.date())
        if number % 3 != shift or (dice(*key) < 0.12 and not _is_at_the_pumps(number)):
            return None
        enters = midnight + shift * SHIFT + timedelta(minutes=int(40 * dice(*key, "in")))
        leaves = midnight + (shift + 1) * SHIFT - timedelta(minutes=1 + int(40 * dice(*key, "out")))
        if _is_at_the_pumps(number):
            enters, leaves = midnight + shift * SHIFT, midnight + (shift + 1) * SHIFT
        alarm = self.evacuated_at(mine)
        if alarm and enters < alarm + FAN_STANDS:
            leaves = min(leaves, max(enters, alarm + timedelta(minutes=4 + int(22 * dice(*key, "flees")))))
        return Stay(enters, leaves)

    def evacuated_at(self, mine: Mine) -> datetime | None:
        """When the mine's people are called out: as the main fan stops (scenario ``gas``)."""
        gas = self.world.scenario == "gas" and mine is self.mines.gassy_mine
        return self.world.anchor + FAN_STOPS if gas else None

    def below(self, mine: Mine, at: datetime) -> list[int]:
        """Numbers of the people who are below ground."""
        stays = ((n, self.stay(mine, n, at)) for n in range(1, PEOPLE + 1))
        return [n for n, stay in stays if stay and stay.enters <= at < stay.leaves]

    def _positions(self, mine: Mine, at: datetime) -> list[Row]:
        """Those below, and those who came out within the last five minutes."""
        rows: list[Row] = []
        for n in range(1, PEOPLE + 1):
            stay = self.stay(mine, n, at)
            if stay and stay.enters <= at < stay.leaves + FIVE_MINUTES:
                rows.append(self._position(mine, n, stay, at))
        return rows

    def _position(self, mine: Mine, number: int, stay: Stay, at: datetime) -> Row:
        is_in = at < stay.leaves
        station, entered = self._where(mine, number, stay, at)
        area = _area(mine, 1 + station % len(AREAS))
        left = None if is_in else text_time(stay.leaves)
        if is_in and mine is self.county.mines[2]:
            left = UNKNOWN_TIME
        track = ",".join(f"{_station(mine, s)}&{text_time(t)}" for s, t in self._track(mine, number, stay, at))
        distance = f"{40 * (dice(self.world.seed, 'm', mine.code, number, int(at.timestamp())) - 0.5):.1f}"
        return (
            *(_card(mine, number), f"模拟矿工{number:04d}", 1 if is_in else 2, text_time(stay.enters), left),
            *(area, text_time(entered), _station(mine, station), text_time(entered), "三八制", distance, 0),
            *(int(number <= 3), int(number % 9 == 0), track),
        )

    def _track(self, mine: Mine, number: int, stay: Stay, at: datetime) -> list[tuple[int, datetime]]:
        """The last stations passed, oldest first."""
        moves = int((min(at, stay.leaves) - stay.enters) / timedelta(minutes=40))
        found = []
        for i in range(max(0, moves - 2), moves + 1):
            station = 1 + int(STATIONS * dice(self.world.seed, "goes", mine.code, number, stay.enters, i))
            found.append((station, stay.enters + i * timedelta(minutes=40)))
        return found

    def _where(self, mine: Mine, number: int, stay: Stay, at: datetime) -> tuple[int, datetime]:
        return self._track(mine, number, stay, at)[-1]

    def _station_states(self, mine: Mine, at: datetime) -> list[Row]:
        rows: list[Row] = []
        for s in range(1, STATIONS + 1):
            broken = dice(self.world.seed, "station", mine.code, s, int(at.timestamp()) // 3600) < 0.01
            rows.append((_station(mine, s), 1 if broken else 0, 1, text_time(at)))
        return rows

    def _crowded(self, mine: Mine, at: datetime) -> Row | None:
        """More people in the restricted area than its quota allows."""
        kind, quota = AREAS[2]
        inside = []
        for n in self.below(mine, at):
            stay = self.stay(mine, n, at)
            if stay and 1 + self._where(mine, n, stay, at)[0] % len(AREAS) == 3:
                inside.append(_card(mine, n))
        if len(inside) <= quota:
            return None
        return kind, len(inside), _area(mine, 3), f"模拟{kind}", text_time(at), "&".join(inside)


def _is_at_the_pumps(number: int) -> bool:
    """One of each shift, relieved at the place of work: a mine is never without people, whatever the hour."""
    return number > PEOPLE - 3


def _card(mine: Mine, number: int) -> str:
    return f"{mine.code}{number:05d}"


def _area(mine: Mine, number: int) -> str:
    return f"{mine.code}{number:04d}"


def _station(mine: Mine, number: int) -> str:
    return f"{_area(mine, 1)}{number:06d}"
