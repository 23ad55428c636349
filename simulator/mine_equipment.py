"""Important equipment of the mines (MT/T 1201.2 layout): main fans everywhere, one other system per mine.

Header of five fields; definitions ``JC`` of 12, values ``SS`` of 8 every minute, events ``YC`` of 13 fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from simulator.county import County, Mine
from simulator.delivery import Document
from simulator.mines import FAN_STANDS, FAN_STOPS, MINUTE, Mines, file_name, text_time
from simulator.world import World, dice

MISSING = "-9999"


class Quantity(NamedTuple):
    """What a point of a machine measures; ``alarm`` is the upper limit."""

    type_code: str
    name: str
    unit: str
    base: float
    swing: float
    alarm: float
    top: float


class System(NamedTuple):
    prefix: str
    code: str
    name: str
    machine: str
    quantities: tuple[Quantity, ...]


MAIN_FAN = System(
    "TF",
    "30",
    "主通风机监测系统",
    "模拟主通风机",
    (
        Quantity("3001", "负压", "Pa", 2_100, 120, 3_000, 5_000),
        Quantity("3002", "风量", "m3/min", 6_400, 250, 9_000, 12_000),
        Quantity("3003", "温度", "℃", 58, 5, 85, 150),
        Quantity("3004", "振动", "mm/s", 2.1, 0.6, 7.1, 20),
    ),
)
OTHERS = (
    System("PS", "31", "主排水监测系统", "模拟主排水泵", (Quantity("3101", "排水量", "m3/h", 85, 12, 200, 300),)),
    System("LJ", "32", "立井提升监测系统", "模拟立井提升机", (Quantity("3201", "速度", "m/s", 5.5, 2, 9, 15),)),
    System("XJ", "33", "斜井提升监测系统", "模拟斜井提升机", (Quantity("3301", "速度", "m/s", 2.8, 0.8, 4, 8),)),
    System("KY", "34", "空压机监测系统", "模拟空压机", (Quantity("3401", "压力", "MPa", 0.72, 0.03, 0.85, 1.6),)),
    System("JC", "35", "绞车监测系统", "模拟绞车", (Quantity("3501", "电流", "A", 140, 30, 260, 400),)),
)


class Equipment:
    """The files of the equipment systems as a function of time."""

    def __init__(self, world: World, county: County, mines: Mines) -> None:
        self.world, self.county, self.mines = world, county, mines

    def systems(self, mine: Mine) -> tuple[System, System]:
        return MAIN_FAN, OTHERS[self.county.mines.index(mine) % len(OTHERS)]

    def first(self, at: datetime) -> Iterable[Document]:
        for mine in self.county.mines:
            for system in self.systems(mine):
                yield self._document(mine, system, "JC", at, self._definitions(mine, system))

    def documents(self, since: datetime, until: datetime) -> Iterator[Document]:
        minute = since
        while (minute := minute + MINUTE) <= until:
            for mine in self.county.mines:
                for system in self.systems(mine):
                    yield self._document(mine, system, "SS", minute, self._values(mine, system, minute))
                if minute == self._fan_runs_again() and mine is self.mines.gassy_mine:
                    yield self._document(mine, MAIN_FAN, "YC", minute, [self._standstill(mine, minute)])

    def _document(
        self, mine: Mine, system: System, kind: str, at: datetime, records: list[tuple[object, ...]]
    ) -> Document:
        """This vendor's files have a line break after each ``~``."""
        header = (mine.code, mine.name, system.code, system.name, text_time(at))
        rows = "".join(";".join(map(_text, row)) + "~\n" for row in (header, *records))
        return Document(file_name(mine, f"{system.prefix}{kind}", at), f"{rows}||".encode())

    def _point(self, mine: Mine, system: System, quantity: Quantity) -> str:
        return f"{mine.code}{system.code}MN{quantity.type_code}001A"

    def _definitions(self, mine: Mine, system: System) -> list[tuple[object, ...]]:
        defined = text_time(self.world.anchor - timedelta(days=90))
        return [
            (
                *(self._point(mine, system, q), q.type_code, q.name, system.machine, f"模拟{system.machine[2:]}房"),
                *(q.unit, q.top, 0, q.alarm, None, None, defined),
            )
            for q in system.quantities
        ]

    def _values(self, mine: Mine, system: System, at: datetime) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        for quantity in system.quantities:
            point = self._point(mine, system, quantity)
            value, status = self.measure(mine, quantity, point, at)
            fields = (quantity.type_code, quantity.name, system.machine, value, quantity.unit, status, text_time(at))
            rows.append((point, *fields))
        return rows

    def measure(self, mine: Mine, quantity: Quantity, point: str, at: datetime) -> tuple[str, int]:
        """Value as sent and status bits (1 alarm, 128 fault). A fault is sent as -9999."""
        if dice(self.world.seed, "fault", point, int(at.timestamp()) // 3600) < 0.003:
            return MISSING, 128
        if quantity.type_code in ("3001", "3002") and self.stands(mine, at):
            return "0.00", 0
        own = dice(self.world.seed, "own", point) - 0.5
        wobble = dice(self.world.seed, "wobble", point, int(at.timestamp()) // 60) - 0.5
        value = quantity.base + quantity.swing * (own + 0.5 * wobble)
        return f"{value:.2f}", int(value >= quantity.alarm)

    def stands(self, mine: Mine, at: datetime) -> bool:
        """The scenario ``gas``: it is the main fan of the gassy mine that stands."""
        if self.world.scenario != "gas" or mine is not self.mines.gassy_mine:
            return False
        return FAN_STOPS <= at - self.world.anchor < FAN_STOPS + FAN_STANDS

    def _fan_runs_again(self) -> datetime | None:
        return self.world.anchor + FAN_STOPS + FAN_STANDS if self.world.scenario == "gas" else None

    def _standstill(self, mine: Mine, at: datetime) -> tuple[object, ...]:
        quantity, began = MAIN_FAN.quantities[1], text_time(self.world.anchor + FAN_STOPS)
        point = self._point(mine, MAIN_FAN, quantity)
        return (
            *(point, quantity.type_code, quantity.name, MAIN_FAN.machine, 1, began, text_time(at), 1, text_time(at)),
            *(f"{quantity.base:.2f}", began, "0.00", text_time(at)),
        )


def _text(field: object) -> str:
    return "" if field is None else str(field)
