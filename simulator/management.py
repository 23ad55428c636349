"""The emergency bureau's own year: checks, hidden dangers, orders, cases, drills, training, accidents, day by day.

Nothing here is a total. Each day has its events, drawn from (seed, day) at a rate that the season and the working
week shape; a year of them adds up to about what a county's yearly report tells.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from simulator.assets import Camera, cameras, plan_codes
from simulator.enterprises import Enterprise
from simulator.layout import Layout, Town
from simulator.world import BEIJING, World

# Share of a usual month's work: few checks around the Spring Festival, many in June, the month of safety.
SEASON = (0.85, 0.55, 1.15, 1.05, 1.1, 1.35, 1.15, 1.1, 1.1, 0.85, 1.0, 0.95)
INSPECTIONS_PER_WORKDAY = 5.2
AGAIN = 0.065  # of the dangers are what is wrong at the enterprise over and over; half of them come back within a year
DANGERS_PER_INSPECTION = {"red": 2.7, "orange": 2.15, "yellow": 1.65, "blue": 1.15}
RECTIFIED = 0.987
MAJOR = 0.015
CASES_PER_YEAR = 24
FINE_YUAN = 75_000  # the median; the mean of a log-normal of width 0.6 is a fifth above it
STOPPED_PER_INSPECTION = 0.007
JOINT_PER_INSPECTION = 0.022
DRILLS_PER_WORKDAY = 0.52
COURSES_PER_WORKDAY = 0.14
ACCIDENTS_PER_YEAR = 8
SAFER = 0.43  # as many accidents as in the year before, in the year in which the world begins
FIRE_CALLS_PER_DAY = 12 / 365
FINDINGS_PER_DAY = 2.6
TRUE_FINDINGS = 0.95  # of those that somebody looked at

CHECKS = ("日常检查", "专项检查", "综合检查", "季节性检查", "节假日检查")
DANGER_KINDS = ("安全", "工艺", "电气", "仪表", "消防", "总图", "设备", "其他")
DANGER_TEXTS = {
    "安全": (
        *("未设置安全警示标志", "防护栏缺失", "安全操作规程未上墙", "安全培训记录不全"),
        *("劳动防护用品未按规定佩戴", "有限空间未挂牌", "隐患台账缺失", "应急物资过期"),
    ),
    "工艺": (
        *("动火作业票不全", "操作参数超出工艺卡片范围", "工艺变更未评估", "装卸作业未接地"),
        *("交接班记录缺失", "应急停车按钮被遮挡", "联锁摘除未审批", "物料堆放超高"),
    ),
    "电气": (
        *("静电接地不良", "临时用电不规范", "配电箱未上锁", "电缆绝缘破损"),
        *("漏电保护器失效", "防爆接线盒缺螺栓", "照明灯具不防爆", "接地电阻未检测"),
    ),
    "仪表": (
        *("可燃气体探测器未检定", "压力表超过检定期", "液位计显示不准", "报警器未投用"),
        *("温度变送器失灵", "视频画面遮挡", "传感器断线", "联锁仪表未校验"),
    ),
    "消防": (
        *("安全出口堵塞", "灭火器压力不足", "消火栓前堆放杂物", "应急照明不亮"),
        *("防火门常开", "消防水池水位不足", "喷淋管道锈蚀", "疏散指示标志损坏"),
    ),
    "总图": (
        *("消防车道被占用", "边坡排水沟堵塞", "防火间距不足", "厂区道路破损"),
        *("围墙倒塌未修复", "雨水管网淤积", "临时建筑占压管线", "道路限高缺失"),
    ),
    "设备": (
        *("设备带病运行", "通风设施故障", "传动部位无防护罩", "安全阀未校验"),
        *("皮带机急停拉绳失效", "起重吊钩无防脱装置", "储罐腐蚀", "水泵备用泵失效"),
    ),
    "其他": (
        *("应急预案未演练", "特种作业证过期", "外包单位未纳入管理", "值班记录缺失"),
        *("职业危害告知缺失", "双重预防清单未更新", "安全投入未单列", "班组安全活动未开展"),
    ),
}
DANGER_PLACES = {
    "coal_mine": ("采煤工作面", "掘进工作面", "回风巷", "运输巷", "变电所", "水泵房"),
    "non_coal_mine": ("采场", "台阶", "运输道路", "破碎站", "炸药库外围", "排土场"),
    "tailings": ("坝面", "排洪系统", "库区道路", "放矿支管", "坝肩", "观测房"),
    "hazchem": ("罐区", "装卸台", "反应车间", "泵房", "控制室", "库房"),
}
OTHER_PLACES = ("车间", "库房", "配电室", "装卸口", "办公楼", "食堂")
ACCIDENT_KINDS = ("机械伤害", "高处坠落", "物体打击", "火灾", "车辆伤害", "触电", "中毒窒息")
FINDING_KINDS = ("未戴安全帽", "人员闯入", "离岗睡岗", "烟火识别", "皮带异物", "超员作业")
TREATMENTS = ("现场纠正", "停止作业并教育", "通知企业整改")
DRILL_KINDS = (("综合演练", 4), ("专项演练", 23), ("现场处置演练", 103))


@dataclass(frozen=True)
class Danger:
    """A hidden danger 隐患 from its finding to its end. Times are Beijing; None: has not come about."""

    code: str
    inspection: str
    enterprise: Enterprise
    is_major: bool
    kind: str
    text: str
    found_at: datetime
    deadline: datetime
    rectified_at: datetime | None
    accepted_at: datetime | None
    person: str
    cost_yuan: int

    def as_of(self, now: datetime) -> Danger:
        """The danger as it was known at ``now``."""
        rectified = self.rectified_at if self.rectified_at and self.rectified_at <= now else None
        accepted = self.accepted_at if self.accepted_at and self.accepted_at <= now else None
        return replace(self, rectified_at=rectified, accepted_at=accepted)

    @property
    def state(self) -> str:
        return "已销号" if self.accepted_at else "待验收" if self.rectified_at else "整改中"


@dataclass(frozen=True)
class Inspection:
    code: str
    enterprise: Enterprise
    kind: str
    at: datetime
    inspectors: str
    dangers: tuple[Danger, ...]
    is_joint: bool
    is_ordered: bool  # a rectification order was given
    rechecked_at: datetime | None
    is_stopped: bool  # production had to stop


@dataclass(frozen=True)
class Case:
    code: str
    inspection: str
    enterprise: Enterprise
    opened: date
    closed: date | None
    fine_yuan: int
    reason: str


@dataclass(frozen=True)
class Drill:
    code: str
    name: str
    kind: str
    at: datetime
    organiser: str
    people: int
    minutes: int
    plan: str  # the code of the plan that was drilled; empty where there is none


@dataclass(frozen=True)
class Course:
    code: str
    name: str
    at: datetime
    people: int
    certificates: int


@dataclass(frozen=True)
class Accident:
    code: str
    enterprise: Enterprise
    kind: str
    at: datetime
    reported_at: datetime
    dead: int
    hurt: int
    loss_yuan: int


@dataclass(frozen=True)
class Finding:
    """What image recognition saw on a camera; ``judged_at``: when somebody looked at it. None: has not come about."""

    code: str
    camera: Camera
    kind: str
    at: datetime
    judged_at: datetime | None
    is_true: bool
    handled_at: datetime | None
    treatment: str


@dataclass(frozen=True)
class FireCall:
    """A call about a fire in the woods, from the call to its end."""

    code: str
    town: Town
    called_at: datetime
    dispatched_at: datetime
    arrived_at: datetime
    out_at: datetime
    is_false: bool
    burnt_ha: float


def is_workday(day: date) -> bool:
    """Monday to Friday outside the long holidays (their dates by the solar calendar, near enough for a year)."""
    holidays = ((1, 1, 3), (2, 9, 17), (5, 1, 5), (10, 1, 7))
    return day.weekday() < 5 and not any(m == day.month and a <= day.day <= b for m, a, b in holidays)


def poisson(rng: random.Random, mean: float) -> int:
    """How many of many rare things happen (Knuth)."""
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count


class Management:
    """The records of one world, by day."""

    def __init__(self, world: World, layout: Layout) -> None:
        self.world, self.layout = world, layout
        weight = {"red": 12.0, "orange": 7.0, "yellow": 1.6, "blue": 0.5}
        self._weights = [weight[e.level] * (4 if e.is_dangerous else 1) for e in layout.enterprises]

    def _dice(self, what: str, day: date) -> random.Random:
        return random.Random(f"{self.world.seed}/{what}/{day}")

    @lru_cache(maxsize=64)  # noqa: B019 - one Management lives as long as the process
    def _rare_days(self, what: str, year: int, per_year: float, *, works: bool) -> tuple[date, ...]:
        """The days of a year on which something rare happens; ``works``: workdays only. The number differs by a tenth
        from year to year, not by as much as chance alone would have it: a county's year should look like one.
        """
        rng = random.Random(f"{self.world.seed}/{what}/{year}")
        days = [date(year, 1, 1) + timedelta(days=i) for i in range(365)]
        chosen = [day for day in days if is_workday(day)] if works else days
        return tuple(rng.choices(chosen, k=round(per_year * rng.uniform(0.9, 1.1))))

    @lru_cache(maxsize=1024)  # noqa: B019 - one Management lives as long as the process
    def inspections(self, day: date) -> tuple[Inspection, ...]:
        rng = self._dice("inspections", day)
        if not is_workday(day):
            return ()
        count = poisson(rng, INSPECTIONS_PER_WORKDAY * SEASON[day.month - 1])
        firms = rng.choices(self.layout.enterprises, self._weights, k=count)
        return tuple(self._inspection(rng, day, i, firm) for i, firm in enumerate(firms, 1))

    def _inspection(self, rng: random.Random, day: date, number: int, firm: Enterprise) -> Inspection:
        at = _moment(day, rng.randint(9 * 60, 16 * 60 + 30))
        code = f"MNJC{day:%Y%m%d}{number:02d}"
        count = poisson(rng, DANGERS_PER_INSPECTION[firm.level])
        dangers = tuple(self._danger(rng, code, i, firm, at) for i in range(1, count + 1))
        ordered = bool(dangers) and rng.random() < 0.82
        rechecked = ordered and rng.random() < 0.9
        return Inspection(
            code=code,
            enterprise=firm,
            kind=rng.choices(CHECKS, (60, 22, 6, 8, 4))[0],
            at=at,
            inspectors="、".join(f"模拟执法员{n:02d}" for n in sorted(rng.sample(range(1, 37), 2))),
            dangers=dangers,
            is_joint=rng.random() < JOINT_PER_INSPECTION,
            is_ordered=ordered,
            rechecked_at=at + timedelta(days=rng.randint(7, 32)) if rechecked else None,
            is_stopped=bool(dangers) and rng.random() < STOPPED_PER_INSPECTION * 1.15,
        )

    def _danger(self, rng: random.Random, inspection: str, number: int, firm: Enterprise, at: datetime) -> Danger:
        kind, text = self._wrong(rng, firm)
        is_major = rng.random() < MAJOR
        days = rng.choice((15, 30, 60)) if is_major else rng.choice((1, 3, 7, 15))
        deadline = at + timedelta(days=days)
        rectified = at + days * timedelta(days=1) * rng.triangular(0.1, 1.35, 0.7)
        is_rectified = rng.random() < RECTIFIED
        accepted = rectified + timedelta(hours=rng.triangular(3, 96, 20))
        return Danger(
            code=f"{inspection}-{number}",
            inspection=inspection,
            enterprise=firm,
            is_major=is_major,
            kind=kind,
            text=text,
            found_at=at,
            deadline=deadline,
            rectified_at=_whole(rectified) if is_rectified else None,
            accepted_at=_whole(accepted) if is_rectified else None,
            person=f"模拟责任人{rng.randint(1, 380):03d}",
            cost_yuan=round(rng.lognormvariate(7.2, 1.1)) + (20_000 if is_major else 0),
        )

    def _wrong(self, rng: random.Random, firm: Enterprise) -> tuple[str, str]:
        """What is wrong, and where. Now and then it is what each enterprise has trouble with, over and over."""
        if rng.random() < AGAIN:
            rng = random.Random(f"{self.world.seed}/weak spot/{firm.code}")
        kind = rng.choice(DANGER_KINDS)
        place = f"{rng.randint(1, 9)}号{rng.choice(DANGER_PLACES.get(firm.industry, OTHER_PLACES))}"
        return kind, f"模拟：{place}{rng.choice(DANGER_TEXTS[kind])}"

    def dangers(self, day: date) -> list[Danger]:
        """Found on the day."""
        return [danger for inspection in self.inspections(day) for danger in inspection.dangers]

    def cases(self, day: date) -> list[Case]:
        """Opened on the day, after its checks."""
        rng, found = self._dice("cases", day), []
        checks = [inspection for inspection in self.inspections(day) if inspection.dangers]
        count = self._rare_days("cases", day.year, CASES_PER_YEAR, works=True).count(day)
        for inspection in rng.sample(checks, min(count, len(checks))):
            closed = day + timedelta(days=rng.randint(12, 45)) if rng.random() < 0.97 else None
            fine = round(FINE_YUAN * rng.lognormvariate(0, 0.6), -2)
            reason = inspection.dangers[0].text
            code = inspection.code.replace("JC", "AJ")
            found.append(Case(code, inspection.code, inspection.enterprise, day, closed, int(fine), reason))
        return found

    def drills(self, day: date) -> list[Drill]:
        rng = self._dice("drills", day)
        count = poisson(rng, DRILLS_PER_WORKDAY * SEASON[day.month - 1]) if is_workday(day) else 0
        plans, found = plan_codes(self.world.seed), []
        for i in range(1, count + 1):
            kind = rng.choices([k for k, _ in DRILL_KINDS], [w for _, w in DRILL_KINDS])[0]
            firm = rng.choice(self.layout.key_enterprises)
            plan = rng.choice(plans["总体" if kind == "综合演练" else "专项"])
            if kind == "现场处置演练":
                plan = plans.get(firm.code, [""])[0]
            organiser = firm.name if kind == "现场处置演练" else "模拟县应急管理局"
            at = _moment(day, rng.randint(9 * 60, 16 * 60))
            people = {"综合演练": 180, "专项演练": 45, "现场处置演练": 14}[kind] + rng.randint(-8, 20)
            name = f"模拟{organiser.removeprefix('模拟')}{kind}"
            found.append(Drill(f"MNYL{day:%Y%m%d}{i}", name, kind, at, organiser, people, rng.randint(12, 75), plan))
        return found

    def courses(self, day: date) -> list[Course]:
        rng = self._dice("courses", day)
        count = poisson(rng, COURSES_PER_WORKDAY * SEASON[day.month - 1]) if is_workday(day) else 0
        return [
            Course(
                f"MNPX{day:%Y%m%d}{i}",
                f"模拟安全培训班{day:%m%d}-{i}",
                _moment(day, 540),
                people := rng.randint(45, 110),
                round(people * rng.uniform(0.4, 0.7)),
            )
            for i in range(1, count + 1)
        ]

    def accidents(self, day: date) -> list[Accident]:
        rng, found = self._dice("accidents", day), []
        years_ago = max(0, min(1, self.world.start.year - day.year))
        mean = ACCIDENTS_PER_YEAR / SAFER**years_ago
        for i in range(1, self._rare_days("accidents", day.year, mean, works=False).count(day) + 1):
            firm = rng.choices(self.layout.enterprises, self._weights)[0]
            at = _moment(day, rng.randint(0, 1439))
            late = 150 if rng.random() < 0.1 else rng.randint(4, 50)  # minutes; an hour is allowed
            dead = 1 if rng.random() < 0.35 else 0
            hurt = rng.choice((0, 1, 1, 2))
            reported = at + timedelta(minutes=late)
            loss = round(rng.lognormvariate(10.5, 0.9), -2)
            kind = rng.choice(ACCIDENT_KINDS)
            found.append(Accident(f"MNSG{day:%Y%m%d}{i}", firm, kind, at, reported, dead, hurt, int(loss)))
        return found

    def fire_calls(self, day: date) -> list[FireCall]:
        """Most of them in the dry spring, when graves are swept and fields are burnt."""
        rng, found = self._dice("fire calls", day), []
        mean = FIRE_CALLS_PER_DAY * (3 if 2 <= day.month <= 5 else 0.35)
        for i in range(1, poisson(rng, mean) + 1):
            called = _moment(day, rng.randint(8 * 60, 20 * 60))
            left = called + timedelta(minutes=rng.randint(2, 12))
            arrived = left + timedelta(minutes=rng.randint(12, 65))
            out = arrived + timedelta(minutes=rng.randint(5, 240))
            is_false = rng.random() < 0.4
            burnt = 0.0 if is_false else round(rng.lognormvariate(-1.2, 1), 2)
            town = rng.choice(self.layout.towns)
            found.append(FireCall(f"MNHQ{day:%Y%m%d}{i}", town, called, left, arrived, out, is_false, burnt))
        return found

    def findings(self, day: date) -> list[Finding]:
        """Of the clever cameras; most are judged within the hour, and what is true is dealt with within the day."""
        rng = self._dice("findings", day)
        clever = [c for c in cameras(self.world.seed) if c.is_clever]
        found = []
        for i in range(1, poisson(rng, FINDINGS_PER_DAY) + 1):
            at = _moment(day, rng.randint(0, 1439))
            judged = at + timedelta(minutes=rng.randint(2, 70)) if rng.random() < 0.9 else None
            is_true = rng.random() < TRUE_FINDINGS
            handled = judged + timedelta(minutes=rng.randint(5, 600)) if judged and is_true else None
            handled = handled if rng.random() < 0.93 else None
            facts = rng.choice(clever), rng.choice(FINDING_KINDS), at, judged, is_true, handled, rng.choice(TREATMENTS)
            found.append(Finding(f"MNAI{day:%Y%m%d}{i:02d}", *facts))
        return found


def _moment(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING) + timedelta(minutes=minute)


def _whole(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
