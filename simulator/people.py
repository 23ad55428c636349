"""The people of the county 模拟: who is responsible for what, and how enterprises answer to warnings.

Nobody is real: a person is 模拟责任人 and a number. About 70 % of the key enterprises are reached by machine, the
others by telephone; some never answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from shapely import Polygon
from shapely.geometry import Point

from simulator.cap import Message
from simulator.enterprises import Enterprise
from simulator.layout import Layout, lay_out
from simulator.plants import hazard_sources
from simulator.weather import COS_LAT, KM_PER_DEGREE
from simulator.world import World, dice

REACHED_BY_MACHINE = 0.7
OUTDOORS = ("coal_mine", "non_coal_mine", "tailings", "hazchem")  # who stops work when weather is dangerous


@dataclass(frozen=True)
class Person:
    code: str
    name: str
    role: str
    object_code: str
    object_name: str
    region: str  # code of the town


@lru_cache(maxsize=4)
def persons(seed: int) -> tuple[Person, ...]:
    """A responsible person for every village, hazard point, waterlogging point, hazard source and key enterprise."""
    layout = lay_out(seed)
    return tuple(Person(f"MNZR{i:05d}", f"模拟责任人{i:03d}", *duty) for i, duty in enumerate(_duties(layout, seed), 1))


def _duties(layout: Layout, seed: int) -> Iterator[tuple[str, str, str, str]]:
    """Role, code and name of what it is for, code of the town."""
    for village in layout.villages:
        yield "村级防汛责任人", village.code, village.name, village.town.code
    for slope in layout.hazard_points:
        yield "群测群防员", slope.code, slope.name, layout.town_of(slope.lon, slope.lat).code
    for site in layout.waterlogging:
        yield "易涝点责任人", site.code, site.name, layout.town_of(site.lon, site.lat).code
    for source in hazard_sources(seed):
        town = layout.town_of(source.enterprise.lon, source.enterprise.lat).code
        for role in ("重大危险源主要负责人", "重大危险源技术负责人", "重大危险源操作负责人"):
            yield role, source.code, source.name, town
    for firm in layout.key_enterprises:
        yield "企业安全负责人", firm.code, firm.name, layout.town_of(firm.lon, firm.lat).code


@dataclass(frozen=True)
class Receipt:
    """How an enterprise took a warning. ``acknowledged_at`` is None if nobody ever answered."""

    message: Message
    enterprise: Enterprise
    channel: str  # 平台推送, 电话通知
    delivered_at: datetime
    acknowledged_at: datetime | None
    action: str  # 停产撤人, 加强巡查, "" if nothing is known
    acted_at: datetime | None

    @property
    def changes_at(self) -> list[datetime]:
        """The instants at which something about it became known."""
        return sorted({t for t in (self.delivered_at, self.acknowledged_at, self.acted_at) if t})


def is_concerned(message: Message, enterprise: Enterprise) -> bool:
    """Does the warning's area hold the enterprise? Without a shape it is the whole county."""
    if message.area is None:
        return True
    kind, text = message.area
    if kind == "circle":
        centre, radius = text.split()
        lat, lon = map(float, centre.split(","))
        east, north = (enterprise.lon - lon) * COS_LAT * KM_PER_DEGREE, (enterprise.lat - lat) * KM_PER_DEGREE
        return east**2 + north**2 <= float(radius) ** 2
    pairs = [pair.split(",") for pair in text.split()]
    shape = Polygon([(float(lon), float(lat)) for lat, lon in pairs])
    return bool(shape.contains(Point(enterprise.lon, enterprise.lat)))


class Answers:
    """The receipts of one world."""

    def __init__(self, world: World, layout: Layout) -> None:
        self.world, self.layout = world, layout

    def to(self, message: Message) -> list[Receipt]:
        """How the key enterprises take a warning. Drills and cancellations ask nobody for an answer."""
        if message.status != "Actual" or message.msg_type == "Cancel":
            return []
        return [self._receipt(message, e) for e in self.layout.key_enterprises if is_concerned(message, e)]

    def is_connected(self, enterprise: Enterprise) -> bool:
        """Can a machine reach the enterprise?"""
        return dice(self.world.seed, "connected", enterprise.code) < REACHED_BY_MACHINE

    def _receipt(self, message: Message, enterprise: Enterprise) -> Receipt:
        key = (self.world.seed, "receipt", message.identifier, enterprise.code)
        answered: datetime | None
        if self.is_connected(enterprise):
            delivered = message.sent + timedelta(seconds=10 + int(80 * dice(*key, "push")))
            waits = timedelta(seconds=int(60 * 2 ** (1 + 6 * dice(*key, "answer"))))  # 2 minutes to 2 hours
            answered = delivered + waits if dice(*key, "silent") > 0.12 else None
        else:
            delivered = message.sent + timedelta(minutes=20 + int(130 * dice(*key, "call")))
            answered = delivered if dice(*key, "silent") > 0.05 else None
        action, acted = "", None
        if answered and dice(*key, "acts") < 0.8:
            must_stop = message.colour in ("red", "orange") and enterprise.industry in OUTDOORS
            action = "停产撤人" if must_stop else "加强巡查"
            acted = answered + timedelta(minutes=15 + int((120 if must_stop else 40) * dice(*key, "acted")))
        return Receipt(
            message=message,
            enterprise=enterprise,
            channel="平台推送" if self.is_connected(enterprise) else "电话通知",
            delivered_at=delivered,
            acknowledged_at=answered,
            action=action,
            acted_at=acted,
        )
