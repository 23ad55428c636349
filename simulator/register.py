"""The enterprise register as the bureau uploads it: one CSV with everything, later one XLSX with changes.

A few rows are broken on purpose, as in any hand-kept register.
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from fast_geocn.coord import wgs84_to_bd09, wgs84_to_gcj02
from pyproj import Transformer

from simulator.county import ENTERPRISES, REGION_CODE, County, Place
from simulator.enterprises import Enterprise, credit_code, enterprises
from simulator.mines import PROJECTED_CRS, text_time
from simulator.sheets import to_xlsx
from simulator.world import World, write_whole

HEADERS = (
    *("统一社会信用代码", "企业名称", "行业代码", "行业类别", "行政区划代码", "地址", "经度", "纬度", "坐标系"),
    *("风险等级", "重点企业", "煤矿编码", "从业人数", "经营状态", "更新时间"),
)
UPDATE_AFTER = timedelta(minutes=10)
WORDS = {  # how the bureau writes what the code calls by its English name
    **{"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝"},
    **{"active": "在业", "stopped": "停产", "closed": "注销"},
    **{"coal_mine": "煤矿", "non_coal_mine": "非煤矿山", "tailings": "尾矿库", "hazchem": "危险化学品"},
    **{"metallurgy": "冶金", "manufacturing": "制造业", "commerce": "商贸"},
}


@dataclass(frozen=True)
class Entry:
    """One row, in the order of HEADERS; everything as text, as a register holds it (words: ``WORDS``)."""

    code: str
    name: str
    industry_code: str
    industry: str
    region: str
    address: str
    x: str
    y: str
    crs: str
    level: str
    key: str
    mine_code: str
    employees: str
    status: str
    updated: str


class Register:
    """The register of one world, and the hand that uploads it."""

    def __init__(self, inbox: Path, world: World, county: County) -> None:
        self.inbox, self.world, self.county = inbox, world, county
        self.projection = Transformer.from_crs("EPSG:4490", PROJECTED_CRS)

    def advance(self, now: datetime) -> int:
        """Upload what is due and not there yet; the number of files."""
        due = [(f"enterprise_register_{self.world.anchor:%Y%m%d}.csv", self.world.anchor, self.csv)]
        updated = self.world.anchor + UPDATE_AFTER
        due.append((f"enterprise_register_{updated:%Y%m%d%H%M}_update.xlsx", updated, self.xlsx))
        written = 0
        for name, at, body in due:
            path = self.inbox / name
            if at <= now and not path.exists():
                self.inbox.mkdir(parents=True, exist_ok=True)
                write_whole(path, body())
                written += 1
        return written

    def csv(self) -> bytes:
        """UTF-8 with BOM and CRLF, as a spreadsheet saves it."""
        return to_csv([*self.entries, *self.broken()]).encode("utf-8-sig")

    def xlsx(self) -> bytes:
        """Changed levels, a stop of production and three new enterprises."""
        rows = [HEADERS, *(cells(entry) for entry in self.changes())]
        return to_xlsx({"企业名录": rows}, self.world.anchor + UPDATE_AFTER)

    @cached_property
    def entries(self) -> list[Entry]:
        """One row per enterprise, coal mines first."""
        rng = random.Random(f"{self.world.seed}/register")
        return [self._entry(rng, enterprise) for enterprise in enterprises(self.world.seed, self.county)]

    def _entry(self, rng: random.Random, enterprise: Enterprise) -> Entry:
        x, y, crs = self._in_some_crs(rng, (enterprise.lon, enterprise.lat))
        updated = self.world.anchor - timedelta(days=rng.randint(1, 300), minutes=rng.randint(0, 1439))
        return Entry(
            code=enterprise.code,
            name=enterprise.name,
            industry_code=enterprise.industry_code,
            industry=enterprise.industry,
            region=REGION_CODE,
            address=f"翼城县模拟路{enterprise.number}号",
            x=x,
            y=y,
            crs=crs,
            level=enterprise.level,
            key="是" if enterprise.is_key else "否",
            mine_code=enterprise.mine_code,
            employees=str(enterprise.employees),
            status="active" if rng.random() < 0.96 else rng.choice(("stopped", "closed")),
            updated=text_time(updated),
        )

    def _in_some_crs(self, rng: random.Random, place: Place) -> tuple[str, str, str]:
        """Most rows are CGCS2000; web maps and surveyors left others."""
        lon, lat = place
        draw = rng.random()
        if draw < 0.84:
            return f"{lon:.6f}", f"{lat:.6f}", "EPSG:4490"
        if draw < 0.91:
            x, y = wgs84_to_gcj02(lon, lat)
            return f"{x:.6f}", f"{y:.6f}", "GCJ-02"
        if draw < 0.96:
            x, y = wgs84_to_bd09(lon, lat)
            return f"{x:.6f}", f"{y:.6f}", "BD-09"
        northing, easting = self.projection.transform(lat, lon)
        return f"{easting:.2f}", f"{northing:.2f}", PROJECTED_CRS

    def broken(self) -> list[Entry]:
        """Rows that must end in quarantine, or with a flag; see docs/simulator.md."""
        good = [replace(e, name=f"{e.name}（错行）", x="111.75", y="35.70", crs="EPSG:4490") for e in self.entries[-6:]]
        codes = [credit_code(9000 + i) for i in range(6)]
        wrong = "0" if codes[0][-1] != "0" else "1"
        return [
            replace(good[0], code=codes[0][:-1] + wrong),
            replace(good[1], code=codes[1], x="35.70", y="111.75"),
            replace(good[2], code=codes[2], level="紫"),
            replace(good[3], code="9.11410E+17"),
            replace(good[4], code=codes[4], x="不详", y=""),
            replace(good[5], code=codes[5], name=""),
        ]

    def changes(self) -> list[Entry]:
        """The later upload: 20 new levels, one stop, three newcomers."""
        rng = random.Random(f"{self.world.seed}/changes")
        at = text_time(self.world.anchor + UPDATE_AFTER - timedelta(minutes=1))
        raised = {"blue": "yellow", "yellow": "orange", "orange": "red", "red": "orange"}
        changed = [replace(e, level=raised[e.level], updated=at) for e in rng.sample(self.entries, 20)]
        stopped = replace(self.entries[0], status="stopped", updated=at)
        newcomers = [
            replace(
                self.entries[-i], code=credit_code(ENTERPRISES + 100 + i), name=f"模拟新办企业{i:03d}号", updated=at
            )
            for i in (1, 2, 3)
        ]
        return [stopped, *(e for e in changed if e.code != stopped.code), *newcomers]


def cells(entry: Entry) -> tuple[str, ...]:
    """The row as the bureau writes it."""
    return tuple(WORDS.get(text, text) for text in astuple(entry))


def to_csv(entries: list[Entry]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADERS)
    writer.writerows(cells(e) for e in entries)
    return out.getvalue()
