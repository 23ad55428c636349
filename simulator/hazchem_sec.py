"""Double prevention of the hazchem plants (``sec_*`` tables): units, events, measures, missions, records, dangers.

What the senders' defects are (formats.md 5.2) some plants have: one misspells ``dangerSrc``, one never tells that a
danger's state has changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from simulator.management import DANGER_KINDS, DANGER_PLACES, DANGER_TEXTS
from simulator.mines import text_time
from simulator.plants import HazardSource, hazard_sources
from simulator.world import BEIJING, World, dice

Row = dict[str, object]
EVENTS = ("泄漏", "火灾爆炸")
MEASURES = ("工程技术", "维护保养", "人员操作")
FAILS = 0.02  # of the checks find a danger
RECORDS_BACK = timedelta(days=2)
DANGERS_BACK = timedelta(days=30)
DAY = timedelta(days=1)
TABLES = (
    "sec_security_risk_unit",
    "sec_security_risk_events",
    "sec_security_risk_control_measures",
    "sec_hidden_check_mission",
    "sec_hidden_check_record",
    "sec_hidden_danger_info",
    "sec_production_promise",
)


class Danger(NamedTuple):
    """A danger that a check found, and when its state changed."""

    code: str
    source: HazardSource
    measure: str
    record: str
    found: datetime
    rectified: datetime
    accepted: datetime
    deadline: datetime
    is_major: bool

    def state(self, at: datetime) -> str:
        """0 being rectified, 1 waiting for acceptance, 9 accepted."""
        return "9" if at >= self.accepted else "1" if at >= self.rectified else "0"


class Measure(NamedTuple):
    code: str
    event: str
    unit: str
    source: HazardSource
    kind: str


class DoublePrevention:
    """The tables of one world, as a function of time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.made = text_time(world.anchor - timedelta(days=120))

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Three measures against each of two events at each hazard source."""
        return tuple(
            Measure(f"{source.code}-E{e}-M{m}", f"{source.code}-E{e}", f"{source.code}-U", source, kind)
            for source in hazard_sources(self.world.seed)
            for e in range(1, len(EVENTS) + 1)
            for m, kind in enumerate(MEASURES, 1)
        )

    def rows(self, table: str, since: datetime | None, until: datetime) -> list[Row]:
        """Rows made or changed in (since, until]; with ``since`` None all that a first run sends."""
        if table in _STATIC:
            return list(_STATIC[table](self)) if since is None else []
        if table == "sec_hidden_check_record":
            return list(self._records(since or until - RECORDS_BACK, until))
        if table == "sec_production_promise":
            return list(self._promises(since or until - RECORDS_BACK, until))
        return list(self._dangers(since, until))

    def _head(self, code: str, source: HazardSource) -> Row:
        return {"id": code, "companyCode": source.enterprise.code}

    def _audit(self, made: str, changed: str | None = None) -> Row:
        people = {"createBy": "模拟录入员", "updateBy": "模拟录入员"}
        return {"deleted": "0", "createDate": made, "updateDate": changed or made, **people}

    def _units(self) -> Iterator[Row]:
        for source in hazard_sources(self.world.seed):
            yield {
                **self._head(f"{source.code}-U", source),
                "hazardCode": source.code,
                "hazardDep": "模拟车间",
                "hazardLiablePerson": f"模拟责任人{source.enterprise.number:03d}",
                "riskUnitName": f"{source.name}储存单元",
                **self._audit(self.made),
            }

    def _events(self) -> Iterator[Row]:
        for source in hazard_sources(self.world.seed):
            for e, event in enumerate(EVENTS, 1):
                unit, name = f"{source.code}-U", f"模拟{source.chemical}{event}"
                code = f"{source.code}-E{e}"
                yield {**self._head(code, source), "riskUnitId": unit, "riskEventName": name, **self._audit(self.made)}

    def _controls(self) -> Iterator[Row]:
        for measure in self.measures:
            yield {
                **self._head(measure.code, measure.source),
                "riskEventId": measure.event,
                "dataSrc": "1",
                "riskMeasureDesc": f"模拟{measure.kind}措施",
                **{"classify1": measure.kind, "classify2": "模拟二级分类", "classify3": ""},
                "troubleshootContent": f"模拟：检查{measure.kind}",
                **self._audit(self.made),
            }

    def _missions(self) -> Iterator[Row]:
        for measure in self.measures:
            yield {
                **self._head(f"{measure.code}-R", measure.source),
                "riskMeasureId": measure.code,
                "troubleshootContent": f"模拟：检查{measure.kind}",
                **{"checkCycle": "1", "checkCycleUnit": "天", "taskNum": "1"},
                "taskStartTime": self.made,
                **{"workStartTime": "08:00:00", "workEndTime": "18:00:00", "workDayType": "0", "workType": "0"},
                **self._audit(self.made),
            }

    def checks(self, since: datetime, until: datetime) -> Iterator[tuple[Measure, datetime]]:
        """Every measure is checked once a day; the checks of (since, until]."""
        for midnight in _midnights(since, until):
            for measure in self.measures:
                minute = int(8 * 60 + 600 * dice(self.world.seed, "check", measure.code, midnight.date()))
                at = midnight + timedelta(minutes=minute)
                if since < at <= until:
                    yield measure, at

    def _records(self, since: datetime, until: datetime) -> Iterator[Row]:
        for measure, at in self.checks(since, until):
            found = self.danger(measure, at)
            yield {
                **self._head(_record(measure, at), measure.source),
                "checkTaskId": f"{measure.code}-R",
                "checkTime": text_time(at),
                **{"mobileMe": "", "isDefend": "1", "checkStatus": "1" if found else "0"},
                **self._audit(text_time(at)),
            }

    def danger(self, measure: Measure, at: datetime) -> Danger | None:
        """What a check found, if anything."""
        key = (self.world.seed, "double prevention", measure.code, at.date())
        if dice(*key) >= FAILS:
            return None
        is_major = dice(*key, "major") < 0.04
        days = 15 if is_major else 1 + int(6 * dice(*key, "days"))
        rectified = at + timedelta(hours=1 + int(24 * days * 1.2 * dice(*key, "rectified")))
        accepted = rectified + timedelta(minutes=30 + int(2_000 * dice(*key, "accepted")))
        record = _record(measure, at)
        deadline = at + timedelta(days=days)
        return Danger(f"{record}-D", measure.source, measure.code, record, at, rectified, accepted, deadline, is_major)

    def _dangers(self, since: datetime | None, until: datetime) -> Iterator[Row]:
        """Dangers that were found, and those whose state changed; one plant tells only of the former."""
        silent = hazard_sources(self.world.seed)[4].enterprise.code
        for measure, at in self.checks(until - DANGERS_BACK, until):
            danger = self.danger(measure, at)
            if danger is None:
                continue
            turns = [t for t in (danger.found, danger.rectified, danger.accepted) if t <= until]
            known = turns[:1] if danger.source.enterprise.code == silent else turns
            if since is None or known[-1] > since:
                yield self._danger_row(danger, known[-1])

    def _danger_row(self, danger: Danger, at: datetime) -> Row:
        state = danger.state(at)
        number = danger.source.enterprise.number
        kind = 1 + int(8 * dice(danger.code, "kind"))
        src = "dangersSrc" if danger.source is hazard_sources(self.world.seed)[3] else "dangerSrc"
        is_accepted = state == "9"
        return {
            **self._head(danger.code, danger.source),
            "hazardCode": danger.source.code,
            "riskMeasureId": danger.measure,
            "checkRecordId": danger.record,
            "dangerName": f"模拟隐患：{_wrong(danger.code, DANGER_KINDS[kind - 1])}",
            "dangerLevel": "1" if danger.is_major else "0",
            "registTime": text_time(danger.found),
            "registrant": f"模拟责任人{number:03d}",
            src: "1",
            "dangerManageType": "1" if danger.is_major else "0",
            "hazardDangerType": str(kind),
            "hazardCategory": str(1 + kind % 3),
            "dangerDesc": "模拟隐患描述",
            "dangerReason": "模拟原因",
            "controlMeasures": "模拟整改措施",
            "cost": f"{0.05 + 3 * dice(danger.code, 'cost'):.2f}",
            "liablePerson": f"模拟责任人{number + 1:03d}",
            "dangerManageDeadline": text_time(danger.deadline),
            "checkAcceptPerson": f"模拟责任人{number + 2:03d}" if is_accepted else "",
            "checkAcceptTime": text_time(danger.accepted) if is_accepted else "",
            "checkAcceptComment": "模拟：合格" if is_accepted else "",
            "dangerState": state,
            **self._audit(text_time(danger.found), text_time(at)),
        }

    def _promises(self, since: datetime, until: datetime) -> Iterator[Row]:
        """Each plant's promise of the day, at about nine."""
        plants = {s.enterprise.code: s for s in hazard_sources(self.world.seed)}
        for midnight in _midnights(since, until):
            for code, source in plants.items():
                key = (self.world.seed, "promise", code, midnight.date())
                at = midnight + timedelta(minutes=int(8 * 60 + 100 * dice(*key)))
                if not since < at <= until:
                    continue
                fires = int(3 * dice(*key, "fires"))
                yield {
                    **self._head(f"{code}-{midnight:%Y%m%d}", source),
                    **{"unitsNumber": "4", "runNumber": "3", "parkNumber": "1"},
                    **{"firesNumber": str(fires), "fire1Number": "0", "fire2Number": str(fires)},
                    "riskGrade": "3",
                    "commitDate": text_time(at),
                    "commitment": "模拟承诺：今日各项安全风险管控措施已落实",
                    **self._audit(text_time(at)),
                }


_STATIC = {
    "sec_security_risk_unit": DoublePrevention._units,
    "sec_security_risk_events": DoublePrevention._events,
    "sec_security_risk_control_measures": DoublePrevention._controls,
    "sec_hidden_check_mission": DoublePrevention._missions,
}


def _record(measure: Measure, at: datetime) -> str:
    return f"{measure.code}-{at:%Y%m%d}"


def _midnights(since: datetime, until: datetime) -> Iterator[datetime]:
    day = since.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= until:
        yield day
        day += DAY


def _wrong(code: str, kind: str) -> str:
    """What is wrong, and where."""
    places, texts = DANGER_PLACES["hazchem"], DANGER_TEXTS[kind]
    place = f"{1 + int(9 * dice(code, 'number'))}号{places[int(len(places) * dice(code, 'place'))]}"
    return place + texts[int(len(texts) * dice(code, "name"))]
