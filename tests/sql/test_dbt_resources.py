"""Plans, reserves, rescue, mines, lifelines and sharing on a real warehouse: one build, then what commits change.

The rules one by one are unit tests of the dbt project; here places, codes and the ledger meet as records land.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import psycopg
import pytest
from dbt_rows import MINES, REGISTER, Rows, settings_for

from feeds import registry
from riskmap import dbt_runner
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

MINE = "620823009203"
MINE_CREDIT, WORKS, SHOP = "91620823MNMN00001A", "91620823MNMN00002B", "91620823MNMN00003C"
PERSONS = "coal_mine_personnel"
GAS = "gas_network"
LONGITUDE, LATITUDE = 105.5, 35.5
MARTS = (
    *("plan_status", "drill_yearly", "reserve_coverage_region", "reserve_item_status", "rescue_reach"),
    *("mine_status", "lifeline_status", "supply_exposure", "department_sharing"),
)


@pytest.fixture(scope="module")
def built(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
        # nothing was owed before a feed was switched on, and these were long ago
        conn.execute(
            "update ops.feed set activated_at = now() - interval '9 days', active_from = now() - interval '9 days'"
        )
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        _enterprises(rows)
        _reserves(rows)
        _mine(rows)
        _gas(rows)
    args = ["build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
    args += ["--select", *(f"+{mart}" for mart in MARTS)]
    result = dbt_runner.invoke(args, settings=settings_for(module_warehouse_url, tmp_path_factory.mktemp("home")))
    assert result.success, [node for node in result.nodes if node["status"] not in {"success", "pass"}]
    return module_warehouse_url


@pytest.fixture
def rows(built: str) -> Iterator[Rows]:
    with psycopg.connect(built) as conn:
        yield Rows(conn)
        conn.rollback()


def north(km: float) -> float:
    """The latitude so many km north of LATITUDE, by the radius of the meridian there (WGS 84)."""
    flattening = 1 / 298.257223563
    e2 = flattening * (2 - flattening)
    radius = 6378.137 * (1 - e2) / (1 - e2 * math.sin(math.radians(LATITUDE)) ** 2) ** 1.5
    return LATITUDE + math.degrees(km / radius)


def _enterprises(rows: Rows) -> None:
    for code, name, industry, mine in (
        (MINE_CREDIT, "模拟煤矿", "coal_mine", MINE),
        (WORKS, "模拟化工厂", "hazchem", None),
        (SHOP, "模拟商店", "commerce", None),
    ):
        names = {"credit_code": code, "enterprise_name": name, "industry": industry, "mine_code": mine}
        place = {"longitude": LONGITUDE, "latitude": LATITUDE, "source_crs": "EPSG:4326", "region_code": "620823"}
        more = {"updated_at": rows.ago(days=400), "static_level": "red", "is_key_enterprise": True, "status": "active"}
        rows.land("enterprise", REGISTER, **names, **place, **more)
    link = {"product": "原煤", "is_critical": True, "updated_at": rows.ago(days=1)}
    rows.land("supply_link", "supply_link", supplier_code=MINE, customer_code=WORKS, stock_days=3, **link)
    rows.land("supply_link", "supply_link", supplier_code=WORKS, customer_code=SHOP, stock_days=4, **link)
    rows.land("supply_link", "supply_link", supplier_code=SHOP, customer_code=MINE_CREDIT, stock_days=5, **link)


def _reserves(rows: Rows) -> None:
    year = rows.ago(hours=0).year
    for number, km in ((1, 0.0), (2, 20.0)):
        names = {"village_code": f"62082390100{number}", "village_name": f"模拟{number}村", "town_name": "模拟镇"}
        place = {"longitude": LONGITUDE, "latitude": north(km), "region_code": "620823901"}
        rows.land("village", "village", **names, **place, year=year, population=100 * number)
    feed = "reserve_depot"
    for code, km in (("NEAR", 7.9), ("FAR", 29.0)):
        place = {"longitude": LONGITUDE, "latitude": north(km), "region_code": "620823901"}
        rows.land("reserve_depot", feed, depot_code=code, depot_name=f"模拟{code}", **place)
        batch = {"item_code": "X", "batch_no": "1", "item_name": "干粉灭火器", "unit": "具", "quantity": 9}
        rows.land("reserve_stock", feed, depot_code=code, **batch, expires_at=rows.ago(days=-100))
    place = {"longitude": LONGITUDE, "latitude": north(3), "region_code": "620823901"}
    rows.land(
        "rescue_team", "rescue_team", team_code="T", team_name="模拟队", team_type="综合救援队", members=9, **place
    )
    pump = {"equipment_code": "P", "team_code": "T", "equipment_type": "排水泵", "quantity": 2, "usable_quantity": 2}
    rows.land("rescue_equipment", "rescue_team", **pump)


def _mine(rows: Rows) -> None:
    point = f"{MINE}01MN0001001A01"
    for days in (300, 100):  # defined twice, and one sensor all the same
        limits = {"alarm_upper": 1.0, "unit": "%CH4", "sensor_type_code": "0001", "value_type": "MN"}
        at = rows.ago(days=days)
        rows.land("sensor", MINES, point_code=point, defined_at=at, issued_at=at, mine_code=MINE, **limits)
    for minutes, value in ((1, 1.4), (3, 1.2), (2, 1.3)):
        at = rows.ago(minutes=minutes)
        rows.observation(MINES, point, "methane_pct", at, value, unit="%CH4", owner_code=MINE)
    rows.land("mine_area", PERSONS, area_code=f"{MINE}0001", mine_code=MINE, quota=1, issued_at=rows.ago(days=1))
    for minutes, persons in ((7, "abc"), (2, "ab")):
        for person in persons:
            at = rows.ago(minutes=minutes)
            where = {"area_code": f"{MINE}0001", "mine_code": MINE, "in_out": "in"}
            rows.land("person_position", PERSONS, person_hash=person, event_at=at, issued_at=at, **where)
    rows.land("camera", "camera", camera_code="C", enterprise_code=MINE, is_online=True, updated_at=rows.ago(hours=1))


def _gas(rows: Rows) -> None:
    for number in (1, 2):
        place = {"longitude": LONGITUDE, "latitude": north(0.4 * number), "region_code": "620823"}
        rows.land("station", GAS, station_code=f"G{number}", station_type="gas_pressure", authority="模拟燃气", **place)
    rows.observation(GAS, "G1", "gas_pressure_kpa", rows.ago(minutes=2), 310, unit="kPa")
    alarm = {"point_code": "G1", "alarm_type": "over_limit", "started_at": rows.ago(hours=30), "level": "red"}
    rows.land("alarm", GAS, **alarm, issued_at=rows.ago(hours=30))
    rows.batch(GAS, at=rows.ago(seconds=60))


def coverage(rows: Rows, number: int) -> tuple[object, object]:
    found = rows.one(
        "select is_covered, covering_km from marts.reserve_coverage where hazard_type = 'fire' and village_code = %s",
        f"62082390100{number}",
    )
    return found["is_covered"], found["covering_km"]


class TestReserves:
    def test_distances_are_metres_on_the_ground(self, rows: Rows) -> None:
        assert coverage(rows, 1) == (True, pytest.approx(7.9, abs=0.005))
        assert coverage(rows, 2) == (False, pytest.approx(9.0, abs=0.02))

    def test_the_town_adds_its_villages_up(self, rows: Rows) -> None:
        found = rows.one(
            "select * from marts.reserve_coverage_region where hazard_type = 'fire' and region_code = '620823901'"
        )
        assert (found["n_villages"], found["n_covered"], found["covered_pct"]) == (2, 1, 50)
        assert (found["population"], found["population_covered"]) == (300, 100)
        assert found["covering_mean_km"] == pytest.approx(8.45, abs=0.02)

    def test_stock_that_expires_stops_covering_without_a_build(self, rows: Rows) -> None:
        rows.conn.execute(
            "update landing.reserve_stock set expires_at = %s where depot_code = 'NEAR'", (rows.ago(days=2),)
        )
        assert coverage(rows, 1) == (False, pytest.approx(29.0, abs=0.05))
        found = rows.one("select expired_quantity, expired_pct from marts.reserve_item_status")
        assert (found["expired_quantity"], found["expired_pct"]) == (9, 50)

    def test_a_count_that_is_revised_downwards_counts(self, rows: Rows) -> None:
        rows.conn.execute("update landing.reserve_stock set quantity = 4 where depot_code = 'NEAR'")
        assert coverage(rows, 1)[0] is False

    def test_the_nearest_team_with_a_pump(self, rows: Rows) -> None:
        pump = "select * from marts.rescue_reach where target_code = %s and equipment_type = '排水泵'"
        found = rows.one(pump, WORKS)
        assert (found["team_code"], found["distance_km"]) == ("T", pytest.approx(3, abs=0.005))
        rows.conn.execute("update landing.rescue_equipment set usable_quantity = 0")
        assert rows.one(pump, WORKS)["team_code"] is None


class TestPlans:
    def plan(self, rows: Rows, code: str, years: float, **more: object) -> None:
        clocks = {"issued_at": rows.ago(days=3000), "revised_at": rows.ago(days=365.25 * years)}
        rows.land(
            "emergency_plan", "emergency_plan", plan_code=code, plan_type="企业预案", state="有效", **clocks, **more
        )

    def test_a_plan_is_there_as_soon_as_it_lands(self, rows: Rows) -> None:
        self.plan(rows, "OLD", 3.1, enterprise_code=MINE)  # by its mine code
        self.plan(rows, "NEW", 2.9, enterprise_code=WORKS)
        drill = {"drill_code": "D", "enterprise_code": WORKS, "drill_type": "专项演练", "participants": 30}
        rows.land("drill", "drill", **drill, held_at=rows.ago(days=30))
        found = rows.all(
            "select plan_code, credit_code, is_outdated, is_drilled_in_year from marts.fct_plan order by 1"
        )
        assert [tuple(one.values()) for one in found] == [
            ("NEW", WORKS, False, True),
            ("OLD", MINE_CREDIT, True, False),
        ]
        status = rows.one("select * from marts.plan_status")
        assert (status["region_code"], status["n_outdated"], status["n_dated"]) == ("620823", 1, 2)
        assert rows.one("select sum(person_times) as n from marts.drill_yearly")["n"] == 30


class TestMine:
    def test_the_three_systems_meet_under_one_mine(self, rows: Rows) -> None:
        rows.batch(MINES, at=rows.ago(seconds=30))
        found = rows.one("select * from marts.mine_status")
        assert (found["mine_code"], found["credit_code"], found["is_connected"]) == (MINE, MINE_CREDIT, True)
        assert (found["n_sensors"], found["n_sensors_reporting"], found["n_cameras_online"]) == (1, 1, 1)
        # two in the newest snapshot, of whom the area may hold one; methane stands above its limit meanwhile
        assert (found["persons_below"], found["n_areas_over_quota"]) == (2, 1)
        assert (found["n_gas_alarms_open"], found["persons_below_in_gas_alarm"]) == (1, 2)

    def test_a_late_snapshot_of_before_changes_nothing(self, rows: Rows) -> None:
        at = rows.ago(minutes=4)
        where = {"area_code": f"{MINE}0001", "mine_code": MINE, "in_out": "in", "issued_at": at}
        rows.land("person_position", PERSONS, person_hash="late", event_at=at, **where)
        assert rows.one("select persons_below as n from marts.mine_status")["n"] == 2

    def test_without_any_fresh_snapshot_nobody_knows(self, rows: Rows) -> None:
        rows.conn.execute("update landing.person_position set event_at = event_at - interval '1 hour'")
        assert rows.one("select personnel_state, persons_below from marts.mine_status") == {
            "personnel_state": "NO_EVIDENCE",
            "persons_below": None,
        }
        rows.batch(PERSONS, at=rows.ago(seconds=30))
        assert rows.one("select personnel_state as state from marts.mine_status")["state"] == "DISCONNECTED"


def test_a_gas_network_with_a_standing_alarm_and_a_silent_point(rows: Rows) -> None:
    found = rows.one("select * from marts.lifeline_status")
    assert (found["lifeline"], found["state"]) == ("gas", "ALARM")
    assert (found["n_points"], found["n_reporting"], found["n_silent"]) == (2, 1, 1)
    assert found["ranges_24h"] == {"gas_pressure_kpa": {"min": 310, "max": 310}}
    near = rows.all("select point_code, n_enterprises_nearby from marts.lifeline_point order by 1")
    assert [tuple(one.values()) for one in near] == [("G1", 3), ("G2", 0)]  # at 400 and 800 m


def test_a_supplier_is_known_by_its_mine_code_and_circles_end(rows: Rows) -> None:
    found = rows.one("select * from marts.supply_exposure where origin_code = %s", MINE_CREDIT)
    assert (found["n_reached"], found["n_stopped"], found["first_stop_after_days"]) == (2, 2, 3)
    rows.conn.execute("update landing.supply_link set valid_to = now() where supplier_code = %s", (WORKS,))
    assert rows.one("select n_reached as n from marts.supply_exposure where origin_code = %s", MINE_CREDIT)["n"] == 1


def test_a_promise_is_held_against_the_ledger(rows: Rows) -> None:
    promise = {"department": "住建", "feed_code": GAS, "feed_name": "燃气", "cadence_s": 21600, "max_delay_s": 0}
    rows.land("sharing_promise", "sharing_promise", **promise, promised_from=rows.ago(days=5))
    shared = "select state, expected_deliveries, received_deliveries from marts.department_sharing where feed_code = %s"
    assert tuple(rows.one(shared, GAS).values()) == ("DELIVERING", 4, 1)
    rows.batch(GAS, at=rows.ago(hours=7))
    rows.batch(GAS, at=rows.ago(hours=8))
    rows.batch(GAS, at=rows.ago(hours=14), state="HELD")  # nothing of it landed
    rows.batch(GAS, at=rows.ago(hours=20), kind="replay")  # nobody asked the source
    assert tuple(rows.one(shared, GAS).values()) == ("DELIVERING", 4, 2)
    rows.conn.execute("delete from ops.batch where fetched_at > %s", (rows.ago(hours=6.5),))
    assert rows.one(shared, GAS)["state"] == "LATE"
