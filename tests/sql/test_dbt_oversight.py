"""Oversight from landing to its marts: dangers, checks, accidents, credit, promises, double prevention.

The clock stands still at AS_OF; the rules one by one are unit tests beside the models. Here: that what lands in its own
codes, types and zones comes out as the figures of a report, and that later builds say what a build from nothing would.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from dbt_rows import REGISTER, SHANGHAI, Rows, settings_for

from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

AS_OF = datetime(2026, 8, 10, 12, tzinfo=SHANGHAI)
PUSH, LEDGER = "hazchem_prevention", "hidden_danger_ledger"
PLANT, MINE, SHUT = "91141022MNTEST001A", "91141022MNTEST002B", "91141022MNTEST003C"
MINE_CODE = "141022009203"
MARTS = (
    *("hazard_yearly", "hazard_ledger_gap", "inspection_yearly", "inspector_load", "recheck_gap", "incident_yoy"),
    *("zero_accident", "credit_list", "training_yearly", "safety_promise_daily", "double_prevention_status"),
)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def build(settings: Settings, selection: Sequence[str], *options: str) -> None:
    variables = ["--vars", json.dumps({"as_of": AS_OF.isoformat()})]
    kinds = ["--exclude-resource-type", "test", "unit_test"]
    result = dbt_runner.invoke(["build", "--select", *selection, *kinds, *variables, *options], settings=settings)
    assert result.success, [node for node in result.nodes if node["status"] != "success"]


@pytest.fixture(scope="module")
def settings(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
        conn.execute("update ops.feed set activated_at = %s", (day("2026-08-07"),))
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        for code, level, parent in (("140000", "province", None), ("141000", "city", "140000")):
            rows.region(code, level, parent, (105, 35, 106, 36))
        rows.region("141022", "county", "141000", (105, 35, 106, 36))
        _register(rows)
        _dangers(rows)
        _checks(rows)
        _accidents(rows)
        _pushes(rows)
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    build(settings, [f"+{mart}" for mart in MARTS])
    return settings


@pytest.fixture
def rows(settings: Settings) -> Iterator[Rows]:
    with psycopg.connect(settings.database_url) as conn:
        yield Rows(conn)
        conn.rollback()


def _register(rows: Rows) -> None:
    common = {"longitude": 105.5, "latitude": 35.5, "source_crs": "EPSG:4326", "is_key_enterprise": True}
    common |= {"updated_at": day("2025-01-01"), "region_code": "141022"}
    for code, industry, level, status, mine in (
        (PLANT, "hazchem", "red", "active", None),
        (MINE, "coal_mine", "orange", "active", MINE_CODE),
        (SHUT, "hazchem", "blue", "closed", None),
    ):
        names = {"credit_code": code, "enterprise_name": f"模拟{code}", "industry": industry, "mine_code": mine}
        rows.land("enterprise", REGISTER, **names, static_level=level, status=status, **common)


def danger(rows: Rows, feed: str, code: str, owner: str | None, found: str, **more: Any) -> None:
    names = {"danger_code": code, "enterprise_code": owner, "danger_name": "模拟：静电接地不良", "description": "-"}
    clocks = {"found_at": day(found), "registered_at": day(found), "updated_at": day(found)}
    state = {"danger_level": "general", "state": "rectifying"}
    rows.land("hidden_danger", feed, **names | clocks | state | more)


def _dangers(rows: Rows) -> None:
    ended = {"rectified_at": day("2026-01-03"), "accepted_at": day("2026-01-04"), "closed_at": day("2026-01-04")}
    # on the last evening of the old year in UTC: of the new year here
    danger(rows, LEDGER, "first", PLANT, "2026-01-01T00:30", state="closed", deadline_at=day("2026-01-04"), **ended)
    danger(rows, LEDGER, "again", PLANT, "2026-03-01", deadline_at=AS_OF, danger_level="major")
    danger(rows, PUSH, "again", PLANT, "2026-02-28", deadline_at=day("2026-03-02"), danger_level="major")
    danger(rows, PUSH, "pair", PLANT, "2026-03-01", deadline_at=day("2026-03-05"))
    danger(rows, PUSH, "withdrawn", PLANT, "2026-03-02", state="found", is_deleted=True)
    # a mine names itself by the code of mines; its order of 5 August is a bare date
    danger(rows, LEDGER, "mine", None, "2026-08-01", mine_code=MINE_CODE, danger_name="模拟：积水")
    rows.land(
        "rectification_order",
        LEDGER,
        order_code="O",
        danger_code="mine",
        ordered_at=day("2026-08-01"),
        deadline_at=day("2026-08-05"),
    )
    danger(rows, LEDGER, "stranger", "91000000000000000X", "2026-04-01")


def _checks(rows: Rows) -> None:
    for number, (owner, when, found) in enumerate(
        ((PLANT, "2026-02-01T09:00", 2), (PLANT, "2026-03-01T09:00", 1), (PLANT, "2026-04-01T09:00", 0))
    ):
        code = f"I{number}"
        rows.land(
            "inspection",
            "inspection",
            inspection_code=code,
            enterprise_code=owner,
            check_type="专项检查",
            checked_at=day(when),
            inspector_hashes=["p", "q"],
            danger_count=found,
            major_danger_count=0,
        )
        ordered = {"issued_at": day(when) + timedelta(hours=1), "deadline_at": day(when) + timedelta(days=7)}
        papers = {"document_code": f"{code}-2", "inspection_code": code, "document_type": "责令限期整改指令书"}
        rows.land("inspection_document", "inspection", **papers, **ordered)
    rows.land(
        "enforcement_case",
        "enforcement_case",
        case_code="A",
        inspection_code="I0",
        enterprise_code=PLANT,
        filed_at=day("2026-02-02"),
        decided_at=day("2026-02-09"),
        fine_cny=20000.0,
        state="已处罚",
    )
    rows.land("training", "training", course_code="T", held_at=day("2026-05-05"), participants=40, certificates=10)


def _accidents(rows: Rows) -> None:
    rows.land(
        "incident",
        "incident",
        incident_code="S",
        enterprise_code=PLANT,
        region_code="141022001003",
        happened_at=day("2026-01-01T00:10"),
        deaths=1,
        injuries=0,
    )
    for number in (1, 2, 3):
        code = f"14102200100{number}"
        said = None if number == 2 else True
        names = {"village_code": code, "year": 2026, "region_code": "141022001", "village_name": f"模拟{number}村"}
        rows.land("village", "village", **names, is_zero_accident=said)
    for quarter, kind in (("2025Q4", "红榜"), ("2026Q1", "黑榜")):
        names = {"enterprise_code": PLANT, "quarter": quarter, "list_type": kind, "score": 40.0}
        rows.land("enterprise_credit", "enterprise_credit", **names, listed_at=day("2026-04-10"))


def _pushes(rows: Rows) -> None:
    made = {"enterprise_code": PLANT, "created_at": day("2026-08-01"), "updated_at": day("2026-08-01")}
    rows.land("risk_unit", PUSH, unit_code="U", unit_name="模拟单元", **made)
    mission = {"mission_code": "M", "measure_code": "K", "cycle": 1.0, "cycle_unit": "天"}
    rows.land("check_mission", PUSH, **mission, starts_at=day("2026-08-06"), **made)
    for number, when in enumerate(("2026-08-06T09:00", "2026-08-08T09:00", "2026-08-08T10:00")):
        rows.land("check_record", PUSH, record_code=f"R{number}", mission_code="M", checked_at=day(when), **made)
    for number, when in enumerate(("2026-08-07T00:05", "2026-08-09T23:55")):
        rows.land("safety_promise", PUSH, promise_code=f"P{number}", promised_at=day(when), hot_works=1, **made)


def figures(rows: Rows, mart: str, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    found = rows.all(f"select {columns} from marts.{mart} where {where} order by {columns}")
    return [tuple(row.values()) for row in found]


def test_a_danger_is_one_row_with_its_owner_and_its_deadline(rows: Rows) -> None:
    found = {row["danger_code"]: row for row in rows.all("select * from marts.fct_hazard")}
    assert set(found) == {"first", "again", "pair", "mine", "stranger"}
    again, mine = found["again"], found["mine"]
    assert (again["feed_id"], again["n_feeds"], again["recurs_danger_code"]) == (LEDGER, 2, "first")
    assert (again["deadline_state"], again["is_overdue"]) == ("pending", False)  # its deadline is this very moment
    assert (found["pair"]["duplicate_of"], found["pair"]["is_overdue"]) == ("again", True)
    assert (mine["credit_code"], mine["region_code"], mine["deadline_source"]) == (MINE, "141022", "order")
    assert mine["deadline_at"] == day("2026-08-06")
    assert mine["overdue_days"] == pytest.approx(4.5)
    assert (found["stranger"]["credit_code"], found["stranger"]["region_code"]) == (None, None)


def test_the_year_of_dangers_counts_each_once(rows: Rows) -> None:
    columns = "region_level, n_dangers, n_possible_duplicates, n_major, n_rectified, n_overdue, n_recurrences"
    county = ("county", 3, 1, 1, 1, 1, 1)
    assert figures(rows, "hazard_yearly", columns, "region_level in ('county', 'unknown')") == [
        county,
        ("unknown", 1, 0, 0, 0, 0, 0),
    ]
    states = figures(rows, "hazard_ledger_gap", "credit_code, ledger_state")
    assert states == [(PLANT, "kept"), (MINE, "kept")]


def test_the_year_of_checks(rows: Rows) -> None:
    found = rows.one("select * from marts.inspection_yearly where region_level = 'county'")
    assert (found["region_name"], found["year"]) == ("模拟 141022", 2026)
    assert (found["n_inspections"], found["n_special"], found["n_orders"], found["n_dangers_found"]) == (3, 3, 3, 3)
    assert (found["n_cases_filed"], found["n_cases_closed"], found["fines_cny"]) == (1, 0, 20000)
    assert (found["n_rechecks_owed"], found["n_rechecks_made"], found["rechecks_made_pct"]) == (3, 0, 0)
    assert (found["n_enterprises"], found["n_inspectors"], found["enterprises_per_inspector"]) == (2, 2, 1)
    assert found["n_inspections_change_pct"] is None
    assert figures(rows, "recheck_gap", "owner_code, missed_running, is_listed") == [(PLANT, 3, True)]
    assert figures(rows, "inspector_load", "person_hash, n_inspections, n_enterprises") == [("p", 3, 1), ("q", 3, 1)]


def test_a_late_note_ends_the_run_at_once(rows: Rows) -> None:
    note = {"document_code": "I2-5", "inspection_code": "I2", "document_type": "整改复查意见书"}
    rows.land("inspection_document", "inspection", **note, issued_at=day("2026-08-10T09:00"))
    assert figures(rows, "recheck_gap", "missed_running, n_rechecks_late, is_listed") == [(0, 1, False)]


def test_accidents_and_who_was_free_of_them(rows: Rows) -> None:
    columns = "period, n_incidents, deaths, is_last_year_known, n_incidents_change_pct"
    assert figures(rows, "incident_yoy", columns, "region_level = 'county' and year = 2026") == [
        ("first_half", 1, 1, False, None),
        ("second_half", 0, 0, False, None),
        ("year", 1, 1, False, None),
    ]
    columns = "unit_kind, n_units, n_zero, n_contradicted, n_unknown, zero_pct"
    assert figures(rows, "zero_accident", columns, "region_level = 'county' and year = 2026") == [
        ("enterprise", 2, 1, 0, 0, 50.0),
        ("village", 3, 1, 1, 1, 33.33),
    ]


def test_an_accident_of_last_year_that_is_told_late_changes_the_comparison(rows: Rows) -> None:
    names = {"enterprise_code": PLANT, "region_code": "141022", "deaths": 0, "injuries": 1}
    rows.land("incident", "incident", incident_code="L", happened_at=day("2025-01-01"), **names)
    rows.land("incident", "incident", incident_code="N", happened_at=day("2025-08-11"), **names)
    found = rows.one(
        "select * from marts.incident_yoy where region_level = 'county' and year = 2026 and period = 'year'"
    )
    assert (found["is_last_year_known"], found["n_incidents_last_year"]) == (True, 1)
    assert (found["n_incidents_change_pct"], found["deaths_change"], found["deaths_change_pct"]) == (0, 1, None)


def test_credit_training_promises_and_double_prevention(rows: Rows) -> None:
    columns = "quarter, list, change, is_standing, is_black_and_overdue"
    assert figures(rows, "credit_list", columns) == [
        ("2025Q4", "red", "no_quarter_before", False, False),
        ("2026Q1", "black", "worse", True, False),  # what is overdue may be a pending one, told twice
    ]
    assert figures(rows, "training_yearly", "year, n_courses, n_participants, certificates_pct") == [(2026, 1, 40, 25)]
    columns = "day, is_pending, n_owed, n_made, made_pct"
    assert figures(rows, "safety_promise_daily", columns, "region_level = 'county'") == [
        (day("2026-08-07").date(), False, 1, 1, 100.0),
        (day("2026-08-08").date(), False, 1, 0, 0.0),
        (day("2026-08-09").date(), False, 1, 1, 100.0),
        (day("2026-08-10").date(), True, 1, 0, None),
    ]
    columns = "owner_code, n_units, n_missions, n_checks_owed, n_checks_done, checks_done_pct"
    assert figures(rows, "double_prevention_status", columns) == [(PLANT, 1, 1, 4, 2, 50.0)]


def test_a_later_build_says_what_a_build_from_nothing_says(settings: Settings) -> None:
    """Revised, withdrawn and late records; the kept table holds no memory of what it was."""
    with psycopg.connect(settings.database_url) as conn:
        rows = Rows(conn)
        conn.execute("update landing.hidden_danger set is_deleted = true where danger_code = 'first'")
        conn.execute(
            """update landing.hidden_danger set state = 'closed', closed_at = %s, updated_at = %s
               where feed_id = %s and danger_code = 'again'""",
            (AS_OF, AS_OF, PUSH),
        )
        danger(rows, LEDGER, "late", SHUT, "2025-01-05", state="found")
    kept = "select * from intermediate.int_hazard__standing order by danger_code"
    build(settings, ["int_hazard__standing"])
    with psycopg.connect(settings.database_url) as conn:
        later = Rows(conn).all(kept)
        found = {row["danger_code"]: row for row in Rows(conn).all("select * from marts.fct_hazard")}
    assert set(found) == {"again", "pair", "mine", "stranger", "late"}
    assert (found["again"]["stage"], found["again"]["feed_id"], found["again"]["is_recurrence"]) == (
        "closed",
        PUSH,
        False,
    )
    with psycopg.connect(settings.database_url) as conn:
        conn.execute("truncate intermediate.int_hazard__standing")
    build(settings, ["int_hazard__standing"])
    with psycopg.connect(settings.database_url) as conn:
        assert Rows(conn).all(kept) == later
