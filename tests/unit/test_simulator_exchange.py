"""The simulated exchange database, on a real PostgreSQL: the standard's tables, filled the same however often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from simulator import faults
from simulator.app import Places, Simulator
from simulator.county import Station, build
from simulator.exchange import Exchange
from simulator.weather import Weather
from simulator.world import BEIJING, SimulatorError, World

START = datetime(2026, 8, 10, 14, 2, 30, tzinfo=BEIJING)
WORLD = World(seed=1, scenario="storm", start=START, launched=datetime.now(UTC), speed=0.0)
COUNTY = build(1)


def exchange(url: str, world: World = WORLD) -> Exchange:
    return Exchange(url, world, COUNTY, Weather(world))


def fetch(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def wall(text: str) -> datetime:
    """A wall-clock time as the tables hold it."""
    return datetime.fromisoformat(text)


@pytest.fixture
def filled(empty_database: str) -> str:
    source = exchange(empty_database)
    source.prepare()
    source.advance(START)
    return empty_database


def test_a_day_of_every_station_in_five_minutes(filled: str) -> None:
    counts = {
        table: fetch(filled, f"select count(distinct stcd), count(*), min(tm), max(tm) from {table}")[0]
        for table in ("st_pptn_r", "st_river_r", "st_rsvr_r")
    }
    assert [counts[t][0] for t in counts] == [59, 8, 3]  # one gauge is not in use
    for stations, rows, first, last in counts.values():
        assert 0.985 * 288 * int(str(stations)) < int(str(rows)) < 288 * int(str(stations))  # a few never come
        assert first == wall("2026-08-09 14:05")
        assert last == wall("2026-08-10 14:00")


def test_names_are_padded_and_times_carry_no_zone(filled: str) -> None:
    columns = dict(
        fetch(filled, "select column_name, data_type from information_schema.columns where table_name = 'st_stbprp_b'")
    )
    assert columns["stcd"] == columns["stnm"] == "character"
    assert columns["moditime"] == "timestamp without time zone"
    [(padded,)] = fetch(filled, "select octet_length(stcd) from st_stbprp_b limit 1")
    assert padded == 18


def test_register_and_thresholds_have_their_gaps(filled: str) -> None:
    assert fetch(filled, "select count(*), count(*) filter (where usfl = '0') from st_stbprp_b") == [(71, 1)]
    assert fetch(filled, "select count(*) from st_stbprp_b where sttp = 'ZZ' and dtmnm is null") == [(1,)]
    assert fetch(filled, "select count(*), count(wrz), count(grz) from st_rvfcch_b") == [(7, 5, 2)]
    levels = (
        "select count(*) from st_rsvrfcch_b where ddz < normz and normz < dsflz and dsflz < ckflz and ckflz < damel"
    )
    assert fetch(filled, levels) == [(3,)]
    assert fetch(filled, "select count(*), count(distinct stcd), min(bgmd), max(edmd) from st_rsvrfsr_b") == [
        (6, 3, "0701", "0930")
    ]


def test_the_storm_raises_a_river_above_its_warning_level(filled: str) -> None:
    exchange(filled).advance(START + timedelta(hours=2))
    above = "select count(distinct r.stcd) from st_river_r r join st_rvfcch_b f using (stcd) where r.z > f.wrz and r.tm"
    [(before,)] = fetch(filled, f"{above} < '2026-08-10 12:00'")
    [(later,)] = fetch(filled, f"{above} > '2026-08-10 14:00'")
    assert before == 0
    assert int(str(later)) >= 2


def test_stepwise_with_restarts_and_at_once_give_the_same_rows(new_database: Callable[[], str]) -> None:
    until = START + timedelta(hours=2)
    stepwise, at_once = new_database(), new_database()
    for url in (stepwise, at_once):
        exchange(url).prepare()
    for minutes in (0, 3, 4, 41, 42, 95):
        exchange(stepwise).advance(START + timedelta(minutes=minutes))
    exchange(stepwise).advance(until)
    exchange(at_once).advance(until)
    for table in ("st_pptn_r", "st_river_r", "st_rsvr_r"):
        query = f"select * from {table} where tm > '2026-08-09 16:00' order by stcd, tm"
        rows = fetch(at_once, query)
        assert rows
        assert fetch(stepwise, query) == rows


def test_storage_follows_the_level_by_one_curve(filled: str) -> None:
    """Readings, limits and characteristic levels of a reservoir lie on the same line: 10^6 m³ over m."""
    points = """
        select stcd, rz as level, w as storage from st_rsvr_r
        union all select stcd, fsltdz, fsltdw from st_rsvrfsr_b
        union all select stcd, ckflz, ttcp from st_rsvrfcch_b
    """
    fits = fetch(
        filled,
        f"select count(*), min(regr_r2) from (select regr_r2(storage, level) from ({points}) p"
        " where storage is not null and level is not null group by stcd) r",
    )
    assert fits[0][0] == 3
    assert float(str(fits[0][1])) > 0.99


def test_a_second_call_changes_nothing(filled: str) -> None:
    assert exchange(filled).advance(START + timedelta(seconds=10)) == 0


def test_late_rows_come_later_and_wrong_values_are_corrected(filled: str) -> None:
    source = exchange(filled)
    slots = [START.replace(minute=0, second=0) + timedelta(minutes=5 * i) for i in range(1, 288)]
    fates = [(gauge, slot, *source.fate(gauge, slot)) for gauge in COUNTY.gauges for slot in slots]
    late = next((g, s, came) for g, s, came, _ in fates if came and came > s)
    wrong = next((g, s, corrected) for g, s, _, corrected in fates if corrected)

    def amount_at(gauge: Station, slot: datetime, now: datetime) -> object:
        source.advance(now)
        query = f"select drp from st_pptn_r where stcd = '{gauge.code}' and tm = '{slot:%Y-%m-%d %H:%M}'"
        return next((drp for (drp,) in fetch(filled, query)), None)

    gauge, slot, came = late
    assert amount_at(gauge, slot, came - timedelta(seconds=1)) is None
    assert amount_at(gauge, slot, came) is not None
    gauge, slot, corrected = wrong
    with psycopg.connect(filled) as connection:
        connection.execute("delete from st_pptn_r")
    first = amount_at(gauge, slot, slot)
    assert float(str(first)) - float(str(amount_at(gauge, slot, corrected))) == pytest.approx(6.0)


def test_another_seed_has_another_rain(new_database: Callable[[], str]) -> None:
    urls = new_database(), new_database()
    for url, seed in zip(urls, (1, 2), strict=True):
        source = exchange(url, replace(WORLD, seed=seed))
        source.prepare()
        source.advance(START)
    query = "select * from st_pptn_r order by stcd, tm"
    assert fetch(urls[0], query) != fetch(urls[1], query)


def test_an_unreachable_database_is_named_with_what_to_do() -> None:
    with pytest.raises(SimulatorError, match=r"can't be reached .* correct --exchange-url"):
        exchange("postgresql://nobody@127.0.0.1:9/none").prepare()


@pytest.fixture
def sim(filled: str, tmp_path: Path) -> Simulator:
    return Simulator(Places(tmp_path, tmp_path / "mine", tmp_path / "register", filled), WORLD)


def test_fault_late_rows(sim: Simulator, filled: str) -> None:
    faults.cause(sim, {"kind": "late_rows"})
    assert fetch(filled, "select count(*) from st_pptn_r where tm = '2026-08-10 09:01'") == [(10,)]


def test_fault_revision(sim: Simulator, filled: str) -> None:
    query = "select count(*) from st_pptn_r where tm = '2026-08-10 13:00' and drp = 9.9"
    assert fetch(filled, query) == [(0,)]
    faults.cause(sim, {"kind": "revision"})
    assert fetch(filled, query) == [(5,)]


def test_fault_year_2999_does_not_stop_the_telemetry(sim: Simulator, filled: str) -> None:
    faults.cause(sim, {"kind": "year_2999"})
    assert fetch(filled, "select count(*) from st_river_r where tm > '2990-01-01'") == [(1,)]
    exchange(filled).advance(START + timedelta(minutes=10))
    assert fetch(filled, "select max(tm) from st_rsvr_r") == [(wall("2026-08-10 14:10"),)]
