"""A year of records adds up to about what a county's yearly report tells, for whatever seed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from simulator.assets import plan_codes
from simulator.cap import Bulletin
from simulator.management import DANGER_KINDS, DANGER_TEXTS, Accident, Management, is_workday
from simulator.mines import Mines
from simulator.nature import nature
from simulator.world import BEIJING, World

START = datetime(2026, 8, 10, 14, 0, tzinfo=BEIJING)
YEAR = [date(2025, 8, 11) + timedelta(days=i) for i in range(365)]
WORLD = World(seed=1, scenario="year", start=START, launched=datetime.now(UTC), speed=0.0)


@pytest.fixture(scope="module", params=[1, 2, 5])
def management(request: pytest.FixtureRequest) -> Management:
    world = replace(WORLD, seed=request.param)
    return Management(world, nature(world).layout)


def test_checks_and_what_they_found(management: Management) -> None:
    inspections = [i for day in YEAR for i in management.inspections(day)]
    dangers = [d for i in inspections for d in i.dangers]
    assert len(inspections) == pytest.approx(1259, rel=0.1)
    assert len(dangers) == pytest.approx(2625, rel=0.12)
    assert sum(i.is_ordered for i in inspections) == pytest.approx(875, rel=0.15)
    assert sum(i.rechecked_at is not None for i in inspections) == pytest.approx(784, rel=0.15)
    assert sum(d.rectified_at is not None for d in dangers) / len(dangers) == pytest.approx(0.987, abs=0.01)
    assert 0 < sum(d.is_major for d in dangers) < 0.05 * len(dangers)


def test_what_is_wrong_is_of_many_kinds_and_seldom_the_same_again(management: Management) -> None:
    dangers = sorted((d for day in YEAR for d in management.dangers(day)), key=lambda d: d.found_at)
    assert sum(len(texts) for texts in DANGER_TEXTS.values()) >= 60
    assert set(DANGER_TEXTS) == set(DANGER_KINDS)
    ended: dict[tuple[str, str], datetime | None] = {}
    again = 0
    for danger in dangers:
        last = ended.get((danger.enterprise.code, danger.text))
        again += last is not None and last < danger.found_at
        ended[danger.enterprise.code, danger.text] = danger.accepted_at
    assert again / len(dangers) == pytest.approx(0.035, abs=0.02)


def test_cases_and_fines(management: Management) -> None:
    cases = [c for day in YEAR for c in management.cases(day)]
    assert len(cases) == pytest.approx(24, rel=0.25)
    assert sum(c.closed is not None for c in cases) >= len(cases) - 3
    assert sum(c.fine_yuan for c in cases) == pytest.approx(2_180_000, rel=0.35)
    known = {i.code for day in YEAR for i in management.inspections(day)}
    assert {c.inspection for c in cases} <= known


def test_drills_courses_accidents(management: Management) -> None:
    drills = [d for day in YEAR for d in management.drills(day)]
    assert len(drills) == pytest.approx(130, rel=0.2)
    assert {d.kind for d in drills} >= {"专项演练", "现场处置演练"}
    assert 20 <= sum(len(management.courses(day)) for day in YEAR) <= 55
    assert {d.plan for d in drills} <= {code for codes in plan_codes(management.world.seed).values() for code in codes}
    assert len({d.plan for d in drills}) > 40


def test_accidents_are_fewer_than_in_the_year_before(management: Management) -> None:
    def of(year: int) -> list[Accident]:
        days = [date(year, 1, 1) + timedelta(days=i) for i in range(365)]
        return [a for day in days for a in management.accidents(day)]

    this, last = of(2026), of(2025)
    assert len(this) == pytest.approx(8, abs=2)
    assert 100 * (len(this) - len(last)) / len(last) == pytest.approx(-57, abs=10)
    assert sum(a.dead for a in last) > 0
    assert [a for a in (*this, *last) if a.reported_at <= a.at] == []


def test_findings_are_denied_or_dealt_with(management: Management) -> None:
    found = [f for day in YEAR for f in management.findings(day)]
    judged = [f for f in found if f.judged_at]
    assert sum(f.is_true for f in judged) / len(judged) == pytest.approx(0.95, abs=0.03)
    assert [f for f in found if f.handled_at and not (f.judged_at and f.is_true and f.judged_at < f.handled_at)] == []
    assert 0.7 < sum(f.handled_at is not None for f in found) / len(found) < 0.9


def test_the_season_shows(management: Management) -> None:
    def count(month: int) -> int:
        return sum(len(management.inspections(day)) for day in YEAR if day.month == month)

    assert count(6) > 1.5 * count(2)
    assert [day for day in YEAR if not is_workday(day) and management.inspections(day)] == []


def test_dangers_end_in_order_and_are_known_only_as_far_as_the_clock_has_come(management: Management) -> None:
    dangers = [d for day in YEAR for d in management.dangers(day)]
    for danger in dangers:
        times = [t for t in (danger.found_at, danger.rectified_at, danger.accepted_at) if t]
        assert times == sorted(times)
    some = next(d for d in dangers if d.accepted_at)
    assert some.as_of(some.found_at).state == "整改中"
    assert some.rectified_at is not None
    assert some.as_of(some.rectified_at).state == "待验收"
    assert some.state == "已销号"
    assert any(d.rectified_at and d.rectified_at > d.deadline for d in dangers), "some are late, as in life"


def test_gas_anomalies_warnings_and_alarms_of_a_year(tmp_path: Path) -> None:
    n = nature(WORLD)
    mines = Mines(tmp_path, tmp_path, WORLD, n.layout.county, n.weather)
    midnights = [datetime(d.year, d.month, d.day, tzinfo=BEIJING) for d in YEAR]
    anomalies = [a for m in midnights for a in mines.anomalies(m)]
    assert len(anomalies) == pytest.approx(37, rel=0.5)
    assert all(0.7 < a.peak_pct < 1.0 for a in anomalies)
    assert sum(len(n.plants.excursions(m)) for m in midnights) == pytest.approx(86, rel=0.35)
    office = Bulletin(tmp_path, WORLD, n.layout.county, n.weather)
    warnings = [m for m in office.between(START - timedelta(days=365), START) if m.msg_type == "Alert"]
    assert len([m for m in warnings if m.status == "Actual"]) == pytest.approx(46, rel=0.35)
    assert {"暴雨", "雷电", "大风"} <= {m.event for m in warnings}
    leads = [(m.onset - m.sent) / timedelta(hours=1) for m in warnings if m.onset]
    assert len(leads) > 0.9 * len(warnings)
    assert max(leads) > 72
    assert 1 <= sum(m.colour == "orange" for m in warnings) <= 10
    assert sum(lead > 4 for lead in leads) > 0.4 * len(leads)
    assert [m for m in warnings if m.onset and m.expires and not m.sent < m.onset < m.expires] == []
    told = office.between(START - timedelta(days=365), START)
    assert len({m.identifier for m in told}) == len(told)
    early = next(m for m in warnings if m.onset and m.onset - m.sent > timedelta(hours=70))
    in_force = early.sent + timedelta(hours=71)
    assert early.identifier.encode() in office.feed(in_force, "http://x")[0], "listed while in force"


def test_same_seed_same_year() -> None:
    first, second = (Management(WORLD, nature(WORLD).layout) for _ in range(2))
    for day in YEAR[:40]:
        assert first.inspections(day) == second.inspections(day)
        assert first.cases(day) == second.cases(day)
        assert first.accidents(day) == second.accidents(day)
