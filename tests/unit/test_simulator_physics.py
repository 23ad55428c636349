"""Things follow from one another and in order: rain, then rivers, then the ground, then its movement; answers last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator.cap import Bulletin
from simulator.mines import FAN_STANDS, FAN_STOPS, Mines
from simulator.nature import Nature, nature
from simulator.people import Answers
from simulator.plants import GAS_WELL
from simulator.world import BEIJING, World, open_world

START = datetime(2026, 8, 10, 14, 0, tzinfo=BEIJING)
STEP = timedelta(minutes=10)


def world(scenario: str, seed: int = 1) -> World:
    return World(seed=seed, scenario=scenario, start=START, launched=datetime.now(UTC), speed=0.0)


@pytest.fixture(scope="module")
def storm() -> Nature:
    return nature(world("storm"))


def peak(value: Callable[[datetime], float]) -> datetime:
    """When a value is largest, from two hours before to twelve hours after the start."""
    return max((START + i * STEP for i in range(-12, 72)), key=value)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rain_then_river_then_pore_pressure_then_rest(seed: int) -> None:
    n = nature(world("storm", seed))
    slope, river = n.ground.weak_slope, n.layout.county.rivers[0]
    rain_at = peak(lambda at: n.weather.rain_mm(slope.lon, slope.lat, at, 60))
    river_at = peak(lambda at: n.hydrology.river(river, at).level_m)
    pressure_at = peak(lambda at: n.ground.ground(slope, at).pore_pressure_kpa)
    moves_most_at = peak(lambda at: n.ground.ground(slope, at).rate_mm_d)
    assert rain_at < river_at < pressure_at <= moves_most_at
    assert n.ground.displacement_mm(slope, pressure_at) < n.ground.displacement_mm(slope, pressure_at + 6 * STEP)


def test_larger_catchments_run_off_longer(storm: Nature) -> None:
    stations = sorted(storm.layout.county.rivers[:5], key=lambda s: s.catchment_km2 or 0)
    left = []
    for station in (stations[0], stations[-1]):
        highest = max(storm.hydrology.rise_m(station, START + i * STEP) for i in range(30))
        left.append(storm.hydrology.rise_m(station, START + timedelta(hours=4)) / highest)
    assert left[0] < left[1]


def test_the_settled_dam_moves_first_and_its_beach_gets_shorter_than_allowed(storm: Nature) -> None:
    weak = storm.ground.weak_pond
    others = [p for p in storm.layout.ponds if p is not weak]
    soon = START + timedelta(hours=1)
    rates = [storm.ground.ground(p.dam, soon).rate_mm_d for p in others]
    assert storm.ground.ground(weak.dam, soon).rate_mm_d > 10 * max(rates)
    before, later = (storm.ground.pond(weak, START + timedelta(hours=h)) for h in (-1, 5))
    assert before.dry_beach_m > weak.least_beach_m > later.dry_beach_m
    assert later.level_m - before.level_m == pytest.approx(before.freeboard_m - later.freeboard_m)
    assert storm.ground.pond(weak, START + timedelta(hours=2)).phreatic_m < before.phreatic_m


def test_a_quiet_world_moves_nothing_but_by_creep() -> None:
    n = nature(world("quiet"))
    for slope in n.layout.slopes:
        moved = n.ground.displacement_mm(slope, START + timedelta(hours=12)) - n.ground.displacement_mm(slope, START)
        assert moved == pytest.approx(n.ground.as_built(slope).creep_mm_d / 2)
    assert n.hydrology.rise_m(n.layout.county.rivers[0], START) < 0.2


def test_the_state_of_the_ground_does_not_depend_on_who_asked_before(storm: Nature) -> None:
    slope, late = storm.layout.hazard_points[0], START + timedelta(hours=30)
    fresh = nature(world("storm"))
    assert fresh.ground.ground(slope, late) == storm.ground.ground(slope, late)
    for hours in (3, -5, 8):
        at = START + timedelta(hours=hours)
        assert fresh.ground.ground(slope, at) == storm.ground.ground(slope, at)


def test_a_strong_quake_moves_slopes_at_once_and_near_ones_more() -> None:
    n = nature(world("quake"))
    main = max(n.ground.strong_quakes, key=lambda q: q.mag or 0)
    assert (main.mag or 0) >= 5

    def step(code: str) -> float:
        slope = next(s for s in n.layout.slopes if s.code == code)
        around = [n.ground.displacement_mm(slope, main.at + timedelta(seconds=s)) for s in (-1, 1)]
        return around[1] - around[0]

    steps = {s.code: step(s.code) for s in n.layout.slopes}
    assert max(steps.values()) > 10
    ordinary = [s for s in n.layout.hazard_points if s.code != n.ground.weak_slope.code]
    distance = {s.code: (s.lon - main.lon) ** 2 + (s.lat - main.lat) ** 2 for s in ordinary}
    by_distance = sorted(distance, key=lambda code: distance[code])
    assert sum(steps[c] for c in by_distance[:15]) > sum(steps[c] for c in by_distance[-15:])


def test_streets_flood_within_the_storm_and_drain_after_it(storm: Nature) -> None:
    depths = {
        hours: max(storm.hydrology.street_water_m(s, START + timedelta(hours=hours)) for s in storm.layout.waterlogging)
        for hours in (-3, 0, 4)
    }
    assert depths[-3] == pytest.approx(0, abs=0.001)
    assert depths[0] > 0.1
    assert depths[4] < 0.01


def test_the_storm_brings_a_cool_moist_gust_and_a_dip_of_pressure(storm: Nature) -> None:
    quiet = nature(world("quiet")).atmosphere.air(111.80, 35.66, START)
    gust = storm.atmosphere.air(111.80, 35.66, START)
    assert gust.temperature_c < quiet.temperature_c - 3
    assert gust.humidity_pct > quiet.humidity_pct + 15
    assert gust.sea_level_hpa < quiet.sea_level_hpa - 2
    assert gust.gust_m_s > 15
    assert gust.dew_point_c < gust.temperature_c
    assert 850 < gust.pressure_hpa < 980


def mines(scenario: str, folder: Path) -> Mines:
    n = nature(world(scenario))
    return Mines(folder, folder, n.world, n.layout.county, n.weather)


def test_methane_gathers_while_the_fan_stands_and_goes_when_it_runs(tmp_path: Path) -> None:
    source = mines("gas", tmp_path)
    head = next(s for s in source.gassy_mine.sensors if s.kind.name == "甲烷")
    fan = next(s for s in source.gassy_mine.sensors if s.kind.name == "设备开停")

    def level(minutes: float) -> float:
        return source._level(head, START + timedelta(minutes=minutes))

    stops, runs = FAN_STOPS / timedelta(minutes=1), (FAN_STOPS + FAN_STANDS) / timedelta(minutes=1)
    assert level(stops - 1) < 0.8
    assert level(stops + 15) > 1.0
    assert level(runs - 1) > 2.0
    assert level(runs + 60) < 0.8
    assert source.measure(fan, START + timedelta(minutes=20)) == ("0", 0)


def test_methane_breathes_with_the_barometer(tmp_path: Path) -> None:
    gas, quiet = mines("gas", tmp_path), mines("quiet", tmp_path)
    others = [s for m in gas.county.mines if m is not gas.gassy_mine for s in m.sensors if s.kind.name == "甲烷"]
    at = START + timedelta(hours=2)
    assert gas.atmosphere.fall_hpa_3h(111.8, 35.7, at) > 10
    more = [gas._level(s, at) - quiet._level(s, at) for s in others]
    assert min(more) >= 0
    assert max(more) > 0.05


def test_a_leaking_pipe_fills_the_wells_beside_it() -> None:
    n = nature(world("gas"))
    wells = [p for p in n.plants.lifelines if p.kind is GAS_WELL]
    limit = GAS_WELL.limits.h or 0
    at_start = [p.code for p in wells if n.plants.value(p, START) > limit]
    later = [p.code for p in wells if n.plants.value(p, START + timedelta(minutes=40)) > limit]
    assert at_start == []
    assert len(later) == 2


def test_warnings_come_before_what_they_warn_of_and_answers_after_them(storm: Nature, tmp_path: Path) -> None:
    office = Bulletin(tmp_path, storm.world, storm.layout.county, storm.weather)
    sent = office.between(START - timedelta(hours=6), START + timedelta(hours=6))
    first = next(m for m in sent if m.event == "暴雨" and m.status == "Actual")
    assert first.sent < START - timedelta(hours=1)
    slopes = next(m for m in sent if m.event == "地质灾害气象风险")
    moving = peak(lambda at: storm.ground.ground(storm.ground.weak_slope, at).rate_mm_d)
    assert slopes.sent < moving
    answers = Answers(storm.world, storm.layout)
    for message in sent:
        for receipt in answers.to(message):
            assert message.sent < receipt.delivered_at
            assert receipt.acknowledged_at is None or receipt.delivered_at <= receipt.acknowledged_at
            assert receipt.acted_at is None or (receipt.acknowledged_at or receipt.acted_at) < receipt.acted_at


def test_about_seventy_percent_are_reached_by_machine_and_some_never_answer(storm: Nature, tmp_path: Path) -> None:
    office = Bulletin(tmp_path, storm.world, storm.layout.county, storm.weather)
    sent = office.between(START - timedelta(hours=6), START + timedelta(hours=6))
    answers = Answers(storm.world, storm.layout)
    receipts = [r for m in sent for r in answers.to(m)]
    share = sum(r.channel == "平台推送" for r in receipts) / len(receipts)
    assert 0.6 < share < 0.8
    assert any(r.acknowledged_at is None for r in receipts)
    orange = next(m for m in sent if m.event == "暴雨" and m.colour == "orange")
    assert {"停产撤人", "加强巡查"} <= {r.action for r in answers.to(orange)}
    nobody = [answers.to(m) for m in sent if m.status != "Actual" or m.msg_type == "Cancel"]
    assert nobody == [[]] * len(nobody)


def test_the_old_name_of_the_quiet_scenario_still_opens_a_world(tmp_path: Path) -> None:
    assert open_world(tmp_path, scenario="calm", start=START).scenario == "quiet"
    assert open_world(tmp_path, scenario="calm") == open_world(tmp_path, scenario="quiet")
