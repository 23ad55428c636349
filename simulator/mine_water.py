"""Water hazard of the mines (MT/T 1201.4 layout): observation holes, rain, inflow, drainage, pumps, every ten minutes.

Groundwater follows the rain by more than a day, inflow follows the groundwater, and the pumps follow the inflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from pyproj import Transformer

from simulator.county import County, Mine
from simulator.delivery import Document
from simulator.hydrology import Stores
from simulator.mines import PROJECTED_CRS, file_name, text_time
from simulator.weather import Weather
from simulator.world import World, dice, floor

TEN_MINUTES = timedelta(minutes=10)
RESPONSE_H = 28.0
PUMP_M3_H = 85.0
HEAVY_MM = 10.0  # in ten minutes; one implementer writes the status 32 for it [K]
BLUE_RISE_M = 0.8  # a rise of the groundwater by so much is told as an early warning
Row = tuple[object, ...]


class MineWater:
    """The files of the water systems as a function of time."""

    def __init__(self, world: World, county: County, weather: Weather) -> None:
        self.world, self.county, self.weather = world, county, weather
        self.transform = Transformer.from_crs("EPSG:4490", PROJECTED_CRS)
        begin = floor(world.anchor - timedelta(days=6), 900)
        self._stores = {m.code: Stores(weather, m.lon, m.lat, RESPONSE_H, begin) for m in county.mines}

    def first(self, at: datetime) -> Iterable[Document]:
        for mine in self.county.mines:
            for kind, rows in self._definitions(mine).items():
                yield self._document(mine, kind, at, rows)

    def documents(self, since: datetime, until: datetime) -> Iterator[Document]:
        slot = floor(since, 600)
        while (slot := slot + TEN_MINUTES) <= until:
            for mine in self.county.mines:
                for kind, rows in self._values(mine, slot).items():
                    yield self._document(mine, kind, slot, rows)
                if self._passes_blue(mine, slot):
                    yield self._document(mine, "CGKCDYC", slot, [self._warning(mine, slot)])

    def _document(self, mine: Mine, kind: str, at: datetime, rows: Iterable[Row]) -> Document:
        header = (mine.code, mine.name, text_time(at))
        body = "".join(";".join("" if f is None else str(f) for f in row) + "~" for row in (header, *rows))
        return Document(file_name(mine, kind, at), f"{body}||".encode())

    def rise_m(self, mine: Mine, at: datetime) -> float:
        """How far the groundwater stands above its dry level."""
        return 0.05 * self._stores[mine.code].held_mm(at)

    def inflow_m3_h(self, mine: Mine, at: datetime) -> float:
        own = dice(self.world.seed, "inflow", mine.code)
        wobble = dice(self.world.seed, "inflow", mine.code, int(at.timestamp()) // 600) - 0.5
        return 28 + 40 * own + 24 * self.rise_m(mine, at) + 2 * wobble

    def _definitions(self, mine: Mine) -> dict[str, list[Row]]:
        northing, easting = self.transform.transform(mine.lat, mine.lon)
        place: Row = (f"{northing:.2f}", f"{easting:.2f}", "612.40")
        day = f"{self.world.anchor - timedelta(days=200):%Y-%m-%d}"
        holes = [
            (_point(mine, "0502", i), "0502", f"模拟长观孔{i}", "模拟奥灰含水层", 42, 310, 352, 108, *place, day)
            for i in (1, 2)
        ]
        pump = ("模拟中央泵房", "模拟1号泵", 0.72, 320, 20)
        return {
            "CGKCDDY": holes,
            "JSLCDDY": [(_point(mine, "0501", 1), "翻斗式", "模拟雨量站", day, "模拟厂家", day, *place)],
            "YSLCDDY": [(_point(mine, "0503", 1), "模拟涌水点", "模拟采区", "0503", "m³/h", *place, day)],
            "PSLCDDY": [(_point(mine, "0504", 1), "模拟排水点", "模拟采区", *place, *pump, day)],
        }

    def _values(self, mine: Mine, at: datetime) -> dict[str, list[Row]]:
        now, rise, inflow = text_time(at), self.rise_m(mine, at), self.inflow_m3_h(mine, at)
        rain = self.weather.rain_mm(mine.lon, mine.lat, at, 10)
        hole, gauge, inlet, drain = (_point(mine, f"050{kind}", 1) for kind in (2, 1, 3, 4))
        runs, since = self._pump(mine, at)
        started, stopped = (text_time(since), None) if runs else (None, text_time(since))
        return {
            "CGKCDSS": [
                (hole, 0, f"{414.2 + rise:.3f}", "12.9", now),
                (_point(mine, "0502", 2), 0, f"{417.2 + 0.8 * rise:.3f}", "13.2", now),
            ],
            "JSLCDSS": [(gauge, text_time(at - TEN_MINUTES), now, now, 32 if rain >= HEAVY_MM else 0, f"{rain:.1f}")],
            "YSLCDSS": [(inlet, 0, f"{inflow:.1f}", now)],
            "PSLCDSS": [(drain, f"{PUMP_M3_H if runs else 0:.1f}", 0, f"{inflow * at.hour:.0f}", now)],
            "SBCDSS": [(drain, "模拟1号泵", started, stopped, int(runs), now)],
        }

    def _pump(self, mine: Mine, at: datetime) -> tuple[bool, datetime]:
        """Does the pump run, and since when: out of every two hours as long as the inflow asks for."""
        begin = floor(at, 7200)
        minutes = min(110, 10 * round(12 * self.inflow_m3_h(mine, begin) / PUMP_M3_H))
        stops = begin + timedelta(minutes=minutes)
        return (True, begin) if at < stops else (False, stops)

    def _passes_blue(self, mine: Mine, at: datetime) -> bool:
        return self.rise_m(mine, at - TEN_MINUTES) < BLUE_RISE_M <= self.rise_m(mine, at)

    def _warning(self, mine: Mine, at: datetime) -> Row:
        text = f"实时预警{self.rise_m(mine, at):.4f}m>涨阈值（蓝）{BLUE_RISE_M:.2f}m"
        now = text_time(at)
        return _point(mine, "0502", 1), "0502", "模拟长观孔1", 1, text, now, 4, "降雨补给", "模拟责任人001", None, now


def _point(mine: Mine, type_code: str, number: int) -> str:
    return f"{mine.code}03MN{type_code}{number:03d}A"
