"""The bureaus' uploads: files of rows into a folder per feed, all that is known at first, then what is new.

Most are CSV in UTF-8 with BOM; what has two tables is a workbook; one bureau saves in GB18030.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from simulator.asset_tables import AssetTables
from simulator.delivery import Document, Folder, Progress
from simulator.event_tables import EventTables, Row
from simulator.sheets import to_csv, to_xlsx, with_header
from simulator.world import floor

HOUR, FIVE_MINUTES = 3600, 300
ALWAYS = timedelta(days=3650)  # what was missed in a pause is uploaded after it, however long it was
Events = Callable[[datetime, datetime], list[Row]]
State = Callable[[date], list[Row]]


@dataclass(frozen=True)
class Upload:
    """What one feed gets: tables by title, of states (once, and daily if ``daily``) or of events, every ``every_s``."""

    feed: str
    states: tuple[tuple[str, State], ...] = ()
    events: tuple[tuple[str, Events], ...] = ()
    every_s: int = HOUR
    daily: bool = False
    encoding: str = "utf-8-sig"
    back: timedelta = timedelta(0)  # how far the first file of events goes back

    def first(self, at: datetime) -> Iterable[Document]:
        if self.states:
            yield self._document(at, [(title, rows(at.date())) for title, rows in self.states])

    def documents(self, since: datetime, until: datetime) -> Iterator[Document]:
        """One file for the whole span, at most: nobody uploads the missed hours one by one."""
        begin, end = floor(since, self.every_s), floor(until, self.every_s)
        if self.daily and begin.date() < end.date():
            yield self._document(end, [(title, rows(end.date())) for title, rows in self.states])
        if not self.events or begin == end:
            return
        tables = [(title, rows(begin, end)) for title, rows in self.events]
        filled = [(title, rows) for title, rows in tables if rows]
        if filled:
            yield self._document(end, filled)

    def _document(self, at: datetime, tables: list[tuple[str, list[Row]]]) -> Document:
        name = f"{self.feed}_模拟_{at:%Y%m%d%H%M%S}"
        if len(self.states) + len(self.events) > 1:
            return Document(f"{name}.xlsx", to_xlsx({title: with_header(rows) for title, rows in tables}, at))
        return Document(f"{name}.csv", to_csv(tables[0][1]).encode(self.encoding))


def uploads(
    events: EventTables, assets: AssetTables, records_back: timedelta, warnings_back: timedelta
) -> tuple[Upload, ...]:
    """Every feed that somebody uploads to; how far back their first files of records and of receipts go."""

    def recorded(feed: str, *tables: tuple[str, Events], encoding: str = "utf-8-sig") -> Upload:
        return Upload(feed, events=tables, encoding=encoding, back=records_back)

    receipts = (("预警回执", events.receipts),)
    return (
        recorded("inspection", ("行政检查", events.inspections), ("执法文书", events.documents)),
        recorded("hidden_danger_ledger", ("隐患", events.dangers)),
        recorded("enforcement_case", ("行政处罚案件", events.cases)),
        recorded("drill", ("应急演练", events.drills)),
        recorded("training", ("安全培训", events.courses), encoding="gb18030"),
        recorded("incident", ("生产安全事故", events.accidents)),
        recorded("forest_fire_call", ("森林火情接报", events.fire_calls)),
        recorded("ai_finding", ("视频智能识别结果", events.findings)),
        Upload("warning_receipt", events=receipts, every_s=FIVE_MINUTES, back=warnings_back),
        Upload("camera", states=(("视频监控点", assets.cameras),), daily=True),
        Upload("emergency_plan", states=(("应急预案", assets.plans),)),
        Upload("rescue_team", states=(("救援队伍", assets.teams), ("救援装备", assets.equipment))),
        Upload("reserve_depot", states=(("物资储备库", assets.depots), ("物资库存", assets.stock))),
        Upload("responsible_person", states=(("责任人", assets.persons),)),
        Upload("sharing_promise", states=(("数据共享承诺", assets.promises),)),
        Upload("supply_link", states=(("供应关系", assets.supplies),)),
        Upload("village", states=(("行政村", assets.villages),)),
        Upload("waterlogging_point", states=(("易积水点", assets.waterlogging),)),
        Upload("hazard_inventory", states=(("重大危险源存量", assets.inventories),)),
        Upload("enterprise_credit", states=(("安全信用", assets.credit),)),
    )


class Uploads:
    """The hand that uploads: a folder per feed below ``inbox``."""

    def __init__(self, inbox: Path, home: Path, all_uploads: tuple[Upload, ...]) -> None:
        self.all = all_uploads
        self.folders = [
            Folder(inbox / one.feed, Progress(home / "written", f"upload_{one.feed}"), one, one.back, ALWAYS)
            for one in all_uploads
        ]

    def advance(self, now: datetime) -> int:
        """Upload what is due; the number of files."""
        return sum(folder.advance(now) for folder in self.folders)
