"""The yearly report from landing: the border of the year, what has no place, what is told twice, what nobody tells.

The clock stands still at AS_OF; how a figure is judged is unit tests beside the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import psycopg
import pytest
from dbt_rows import CAP, REGISTER, SHANGHAI, Rows, settings_for

from feeds import registry
from riskmap import dbt_runner
from riskmap.errors import UserError
from riskmap.report import report
from riskmap.settings import Settings
from tests.report_figures import differences
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

AS_OF = datetime(2026, 8, 10, 12, tzinfo=SHANGHAI)
COUNTY = "141022"
PLANT, SHOP = "91141022MNTEST001A", "91141022MNTEST002B"
TOLD = (
    *("inspection", "hidden_danger_ledger", "enforcement_case", "incident", "drill", "training", "emergency_plan"),
    *("enterprise_register", "camera", "reserve_depot", "rescue_team", "ai_finding", CAP, "warning_receipt"),
)


Told = Mapping[tuple[int, str, str], dict[str, Any]]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture(scope="module")
def settings(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
        conn.execute("update ops.feed set activated_at = %s, active_from = %s", (day("2026-08-01"), day("2026-08-01")))
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        for feed_id in TOLD:
            rows.batch(feed_id, at=day("2026-08-01"))
        for code, level, parent in (("140000", "province", None), ("141000", "city", "140000")):
            rows.region(code, level, parent, (105, 35, 106, 36))
        rows.region(COUNTY, "county", "141000", (105, 35, 106, 36))
        _registers(rows)
        _oversight(rows)
        _ledgers_of_the_bureau(rows)
        _warnings(rows)
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    options = ["--exclude-resource-type", "test", "unit_test", "--vars", json.dumps({"as_of": AS_OF.isoformat()})]
    result = dbt_runner.invoke(["build", "--select", "+metric_work_report", *options], settings=settings)
    assert result.success, [node for node in result.nodes if node["status"] != "success"]
    return settings


@pytest.fixture
def rows(settings: Settings) -> Iterator[Rows]:
    with psycopg.connect(settings.database_url) as conn:
        conn.execute("set jit = off")
        yield Rows(conn)
        conn.rollback()


def _registers(rows: Rows) -> None:
    for code, is_key, level in ((PLANT, True, "red"), (SHOP, False, None)):
        place = {"longitude": 105.5, "latitude": 35.5, "source_crs": "EPSG:4326", "region_code": COUNTY}
        names = {"credit_code": code, "enterprise_name": f"模拟{code}", "industry": "hazchem", "status": "active"}
        rows.land(
            "enterprise",
            REGISTER,
            **names,
            **place,
            is_key_enterprise=is_key,
            static_level=level,
            updated_at=day("2025-01-01"),
        )
    for camera, is_known in (("C1", day("2024-01-01")), ("C2", None)):
        rows.land("camera", "camera", camera_code=camera, region_code="141022101", installed_at=is_known)
    rows.land("rescue_team", "rescue_team", team_code="T", team_type="综合救援队", members=42, region_code="141022101")


def _oversight(rows: Rows) -> None:
    for number, when in enumerate(("2026-01-01T00:30", "2025-12-31T23:30", "2026-03-01T09:00")):
        rows.land(
            "inspection",
            "inspection",
            inspection_code=f"I{number}",
            enterprise_code=PLANT,
            check_type="专项检查",
            checked_at=day(when),
        )
    danger = {"danger_code": "D", "enterprise_code": PLANT, "danger_name": "模拟：积水", "danger_level": "general"}
    for feed_id in ("hidden_danger_ledger", "hazchem_prevention"):  # one danger, told by two
        times = {"found_at": day("2026-02-01"), "registered_at": day("2026-02-01"), "updated_at": day("2026-02-01")}
        rows.land("hidden_danger", feed_id, **danger, **times, state="rectifying")
    for case, state, fine in (("A", "已处罚", 1000.5), ("B", "已撤销", 5000.0)):
        decided = {"filed_at": day("2026-02-02"), "decided_at": day("2026-02-09"), "fine_cny": fine, "state": state}
        rows.land("enforcement_case", "enforcement_case", case_code=case, enterprise_code=PLANT, **decided)
    accident(rows, "old", "2024-06-01T08:00", deaths=1)
    accident(rows, "same days", "2025-08-10T23:30", deaths=2)
    accident(rows, "later that year", "2025-08-11T00:30", deaths=4)
    accident(rows, "now", "2026-08-10T08:00", deaths=1)
    accident(rows, "nobody told", "2026-05-01T08:00", deaths=None)


def accident(rows: Rows, code: str, when: str, deaths: int | None) -> None:
    rows.land("incident", "incident", incident_code=code, region_code="141022101", happened_at=day(when), deaths=deaths)


def _ledgers_of_the_bureau(rows: Rows) -> None:
    for number, (when, people) in enumerate((("2026-01-01T00:00", 20), ("2025-12-31T23:59", 30), ("2026-06-01", 40))):
        counts = {"participants": people, "certificates": people // 2}
        rows.land("training", "training", course_code=f"C{number}", held_at=day(when), **counts)
    for number, (when, kind, people) in enumerate(
        (("2026-04-01", "综合演练", 100), ("2026-05-01", "专项演练", None), ("2026-08-11", "专项演练", 50))
    ):
        names = {"drill_code": f"D{number}", "drill_name": "模拟演练", "drill_type": kind}
        rows.land("drill", "drill", **names, participants=people, held_at=day(when))
    for number, kind in enumerate(("总体预案", "专项预案")):
        times = {"issued_at": day("2021-05-01"), "filed_at": day("2026-05-01"), "updated_at": day("2026-05-01")}
        names = {"plan_code": f"P{number}", "plan_name": "模拟预案", "plan_type": kind}
        rows.land("emergency_plan", "emergency_plan", **names, **times)


def _warnings(rows: Rows) -> None:
    first = rows.warning("W", day("2026-07-01T08:00"), info={"colour": "orange"})
    rows.warning("W2", day("2026-07-01T10:00"), msg_type="Update", refers_to=[first], info={"colour": "red"})
    rows.warning("TEST", day("2026-07-02T08:00"), status="Exercise")
    receipt = {"warning_identifier": "W", "enterprise_code": PLANT, "channel": "app", "people_moved": 7}
    sent = {
        "sent_at": day("2026-07-01T08:05"),
        "delivered_at": day("2026-07-01T08:06"),
        "updated_at": day("2026-07-01"),
    }
    rows.land("warning_receipt", "warning_receipt", **receipt, **sent)


@pytest.fixture(scope="module")
def told(settings: Settings) -> Told:
    """The rows of the mart by year, region and figure."""
    with psycopg.connect(settings.database_url) as conn:
        conn.execute("set jit = off")
        found = Rows(conn).all("select * from metrics.metric_work_report")
    return {(row["year"], row["region_code"], row["figure_code"]): row for row in found}


def test_figures_are_those_of_the_facts(rows: Rows) -> None:
    assert differences(rows.conn, 2026, COUNTY) == {}


def test_a_year_begins_at_midnight_in_shanghai(told: Told) -> None:
    for code, before, now in (("inspections", 1, 2), ("courses", 1, 2), ("training_person_times", 30, 60)):
        assert (told[2025, COUNTY, code]["value"], told[2026, COUNTY, code]["value"]) == (before, now), code


def test_the_running_year_stands_against_the_same_days(told: Told) -> None:
    accidents, deaths = told[2026, COUNTY, "accidents"], told[2026, COUNTY, "deaths"]
    assert (accidents["value"], accidents["last_year_value"], accidents["change_pct"]) == (2, 1, 100)
    assert (deaths["value"], deaths["last_year_value"], deaths["change_pct"]) == (1, 2, -50)
    assert told[2025, COUNTY, "deaths"]["value"] == 6
    assert (accidents["state"], str(accidents["period_to"])) == ("PARTIAL", "2026-08-10")
    # checks are known since the last evening of 2025 only
    assert told[2026, COUNTY, "inspections"]["is_last_year_known"] is False


def test_what_has_no_place_is_the_bureau_s_own(told: Told) -> None:
    assert told[2026, COUNTY, "drills"]["value"] == 2  # the third is tomorrow
    assert told[2026, COUNTY, "drill_person_times"]["value"] == 100  # one does not say how many came
    assert told[2026, COUNTY, "plans_general"]["value"] == 1
    assert told[2026, "140000", "plans_filed"]["value"] == 2
    town = told[2026, "141022101", "drills"]
    assert (town["value"], town["unknown_because"]) == (None, "not_by_region")
    assert told[2026, "141022101", "accidents"]["value"] == 2


def test_what_is_told_twice_counts_once_and_what_was_withdrawn_does_not(told: Told) -> None:
    assert told[2026, COUNTY, "dangers"]["value"] == 1
    assert told[2026, COUNTY, "cases_filed"]["value"] == 1
    assert told[2026, COUNTY, "fines_cny"]["value"] == 1000.5
    assert told[2026, COUNTY, "warnings_sent"]["value"] == 1  # neither the update nor the exercise
    reached = told[2026, COUNTY, "warnings_reached_pct"]
    assert (reached["numerator"], reached["denominator"], reached["value"]) == (1, 2, 50)
    assert told[2026, COUNTY, "people_moved"]["value"] == 7


def test_what_nobody_tells_is_not_zero(told: Told) -> None:
    unknown = {
        code: row["unknown_because"]
        for (year, region, code), row in told.items()
        if (year, region) == (2026, COUNTY) and row["value"] is None
    }
    assert unknown["forest_fire_calls"] == "no_feed"  # a contract, but nobody ever polled it
    assert unknown["rescue_actions"] == "no_feed"  # no contract
    assert unknown["drills_faster_pct"] == "nothing_to_divide"
    assert told[2026, COUNTY, "video_findings"]["value"] == 0  # polled, and nothing was found
    assert told[2026, COUNTY, "depots"]["value"] == 0  # an empty register
    assert told[2025, COUNTY, "cameras"]["unknown_because"] == "before_records"
    assert told[2026, COUNTY, "cameras"]["value"] == 2


def test_what_lands_late_counts_without_a_build(rows: Rows) -> None:
    accident(rows, "late", "2026-01-01T00:10", deaths=3)
    where = "year = 2026 and region_code = %s and figure_code = 'deaths'"
    assert rows.one(f"select value from metrics.metric_work_report where {where}", COUNTY)["value"] == 4


def test_the_report_is_written_from_them(settings: Settings) -> None:
    text = report(settings, 2026, COUNTY, "md", "zh").decode()
    assert "发生生产安全事故2起，同比上升100%，死亡1人，同比下降50%" in text
    assert text.startswith("# 【模拟】模拟 141022" + "2026年度")
    assert "| 森林火情接报 | – |" in text


def test_an_unknown_region_or_year_says_what_there_is(settings: Settings) -> None:
    with pytest.raises(UserError, match=r"no figures of 2031.*2024, 2025, 2026"):
        report(settings, 2031, COUNTY, "md", "zh")
    with pytest.raises(UserError, match=r"knows no region 999999.*141022"):
        report(settings, 2026, "999999", "md", "zh")
