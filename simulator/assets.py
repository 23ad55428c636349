"""What the county 模拟 has against danger: cameras, depots, teams, plans; who supplies whom; who shares what."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from simulator.county import REGION_CODE, anywhere, near
from simulator.enterprises import Enterprise
from simulator.layout import Layout, Site, lay_out

CAMERAS = 580
PLANS = 128
DEPOTS = 12
GOLDEN = 0.618034
OLD_PLANS = 0.32  # of the plans were not updated for more than three years
EXPIRED_EXTINGUISHERS = 0.3
# Kind of material, its class, unit, pieces in the county (about), years until it expires (0: never).
MATERIALS = (
    ("灭火器", "消防", "具", 180, 5),
    ("救生衣", "防汛", "件", 150, 8),
    ("沙袋", "防汛", "条", 120, 0),
    ("帐篷", "安置", "顶", 70, 10),
    ("发电机", "电力", "台", 24, 0),
    ("排水泵", "防汛", "台", 26, 0),
    ("正压式呼吸器", "个人防护", "套", 40, 6),
    ("气体检测仪", "侦检", "台", 36, 3),
    ("防护服", "个人防护", "套", 60, 5),
    ("应急照明灯", "照明", "盏", 52, 0),
    ("卫星电话", "通信", "部", 12, 0),
    ("担架", "医疗", "副", 30, 0),
)
DEPARTMENTS = (
    *("应急管理", "气象", "水利", "自然资源", "地震", "能源", "矿山安全监察", "消防", "公安"),
    *("交通运输", "电力", "通信", "住建", "生态环境", "卫生健康", "工业和信息化", "农业农村", "林业"),
)


@dataclass(frozen=True)
class Camera:
    code: str
    name: str
    object_code: str
    lon: float
    lat: float
    is_clever: bool  # watched by image recognition


@dataclass(frozen=True)
class Stock:
    """Pieces of one kind in one depot. ``expires`` is None for what does not."""

    depot: Site
    material: str
    kind: str
    unit: str
    pieces: int
    bought: date
    expires: date | None


@dataclass(frozen=True)
class Team:
    code: str
    name: str
    kind: str  # 综合, 专业, 企业专职, 社会
    people: int
    vehicles: int
    skills: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Plan:
    code: str
    name: str
    kind: str  # 总体, 专项, 部门, 企业
    owner_code: str
    filed: date
    updated: date


@dataclass(frozen=True)
class Supply:
    supplier: Enterprise
    customer: Enterprise
    goods: str
    share: float  # of what the customer uses


@lru_cache(maxsize=4)
def cameras(seed: int) -> tuple[Camera, ...]:
    """580 cameras, most of them at mines and plants."""
    rng, layout = random.Random(f"{seed}/cameras"), lay_out(seed)
    watched: list[tuple[str, str, float, float]] = []
    share = {"coal_mine": 28, "tailings": 6, "hazchem": 6, "non_coal_mine": 5, "metallurgy": 2}
    for firm in layout.enterprises:
        watched += [(firm.code, firm.name, firm.lon, firm.lat)] * share.get(firm.industry, 0)
    watched += [(s.code, s.name, s.lon, s.lat) for s in layout.waterlogging]
    watched += [(s.code, s.name, s.lon, s.lat) for s in layout.hazard_points]
    others = [e for e in layout.enterprises if e.industry == "manufacturing"]
    while len(watched) < CAMERAS:
        firm = rng.choice(others)
        watched.append((firm.code, firm.name, firm.lon, firm.lat))
    found = []
    for i, (code, name, lon, lat) in enumerate(watched[:CAMERAS], 1):
        x, y = near(layout.county.boundary, rng, (lon, lat), 0.1)
        found.append(Camera(f"MNSP{i:016d}", f"{name}摄像机{i:03d}", code, x, y, rng.random() < 0.07))
    return tuple(found)


@lru_cache(maxsize=4)
def depots(seed: int) -> tuple[Site, ...]:
    """Twelve depots, most of them near the county town: the hills are far from help, as everywhere."""
    rng, layout = random.Random(f"{seed}/depots"), lay_out(seed)
    found = []
    for i in range(1, DEPOTS + 1):
        town = layout.towns[0] if i <= 5 else layout.towns[(i - 5) % len(layout.towns)]
        lon, lat = near(layout.county.boundary, rng, (town.lon, town.lat), 1.5)
        found.append(Site(f"MNCK{i:02d}", f"模拟{i:02d}号应急物资库", lon, lat))
    return tuple(found)


def stock(seed: int, today: date) -> tuple[Stock, ...]:
    """What lies in the depots, as counted ``today``."""
    rng = random.Random(f"{seed}/stock")
    found = []
    for material, kind, unit, pieces, years in MATERIALS:
        holders = rng.sample(depots(seed), k=min(DEPOTS, max(4, pieces // 12)))
        for depot in holders:
            count = max(1, round(pieces / len(holders) * rng.uniform(0.75, 1.25)))
            overdue = rng.random() < EXPIRED_EXTINGUISHERS if material == "灭火器" else rng.random() < 0.06
            age = rng.randint(365 * years + 20, 365 * years + 700) if overdue else rng.randint(30, 340 * max(1, years))
            bought = today - timedelta(days=age)
            expires = bought + timedelta(days=365 * years) if years else None
            found.append(Stock(depot, material, kind, unit, count, bought, expires))
    return tuple(found)


@lru_cache(maxsize=4)
def teams(seed: int) -> tuple[Team, ...]:
    """One general team, three special ones, those of enterprises, and volunteers."""
    rng, layout = random.Random(f"{seed}/teams"), lay_out(seed)
    seat = layout.towns[0]
    plan = [
        ("模拟综合应急救援队", "综合", 42, 8, "综合救援", seat.lon, seat.lat),
        *(
            (f"模拟{skill}救援队", "专业", rng.randint(18, 30), 2, skill, *_around(layout, rng, seat.lon, seat.lat))
            for skill in ("矿山", "危化", "防汛")
        ),
    ]
    firms = [*layout.by_industry["coal_mine"], *layout.by_industry["hazchem"][:6]]
    plan += [(f"{f.name}救援队", "企业专职", rng.randint(8, 24), 1, "本企业", f.lon, f.lat) for f in firms]
    for i in range(1, 6):
        lon, lat = anywhere(layout.county.boundary, rng)
        plan.append((f"模拟志愿救援队{i}号", "社会", rng.randint(12, 60), rng.randint(0, 2), "搜救", lon, lat))
    return tuple(Team(f"MNDW{i:03d}", *facts) for i, facts in enumerate(plan, 1))


def _around(layout: Layout, rng: random.Random, lon: float, lat: float) -> tuple[float, float]:
    return near(layout.county.boundary, rng, (lon, lat), 2)


@lru_cache(maxsize=16)
def plans(seed: int, today: date) -> tuple[Plan, ...]:
    """128 plans as filed: one general, 23 special, the others of key enterprises; a third of them old."""
    return tuple(_plans(random.Random(f"{seed}/plans"), lay_out(seed), today))


@lru_cache(maxsize=4)
def plan_codes(seed: int) -> Mapping[str, list[str]]:
    """The codes of plans by their kind, those of enterprises also by the enterprise's code."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, kind, firm in _planned(lay_out(seed)):
        found[kind].append(code)
        if firm:
            found[firm.code].append(code)
    return dict(found)


def _planned(layout: Layout) -> Iterator[tuple[str, str, Enterprise | None]]:
    """Code, kind and owner of each plan: the first of many enterprises have one."""
    firms = [*layout.key_enterprises, *(e for e in layout.enterprises if not e.is_key)]
    for i in range(1, PLANS + 1):
        yield f"MNYA{i:04d}", "总体" if i == 1 else "专项" if i <= 24 else "企业", firms[i - 25] if i > 24 else None


def _plans(rng: random.Random, layout: Layout, today: date) -> Iterator[Plan]:
    for i, (code, kind, firm) in enumerate(_planned(layout), 1):
        name = f"{firm.name}生产安全事故应急预案" if firm else f"模拟县{kind}应急预案{i:02d}"
        is_old = (
            i * GOLDEN % 1 < OLD_PLANS
        )  # spread evenly: with chance alone a hundred plans may have a fifth or a half
        years = rng.uniform(3.05, 6) if is_old else rng.uniform(0.05, 2.9)
        updated = today - timedelta(days=int(365 * years))
        filed = updated + timedelta(days=rng.randint(5, 15))
        yield Plan(code, name, kind, firm.code if firm else REGION_CODE, filed, updated)


@lru_cache(maxsize=4)
def supplies(seed: int) -> tuple[Supply, ...]:
    """Who supplies whom: plants of the chemical and metal trades have several customers each."""
    rng, layout = random.Random(f"{seed}/supplies"), lay_out(seed)
    goods = {"coal_mine": "原煤", "hazchem": "化工原料", "metallurgy": "铸件", "non_coal_mine": "矿石"}
    customers = [e for e in layout.enterprises if e.industry in ("manufacturing", "metallurgy", "hazchem")]
    found = []
    for supplier in layout.enterprises:
        if supplier.industry in goods:
            chosen = rng.sample([c for c in customers if c is not supplier], k=rng.randint(1, 4))
            found += [Supply(supplier, c, goods[supplier.industry], round(rng.uniform(0.05, 0.8), 2)) for c in chosen]
    return tuple(found)
