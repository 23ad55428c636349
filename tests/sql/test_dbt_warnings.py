"""Whom warnings reach: areas, enterprises and receipts, in small builds and in one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from dbt_rows import CAP, REGISTER, SENDER, Rows, box, settings_for

from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

RECEIPTS = "warning_receipt"
TERMINAL = "warning_12379"
PERSONS = "responsible_person"
MARTS = ("warning_gap", "warning_reach_daily", "warning_lead", "warning_exposure", "warning_receipt_orphan")
KEPT = ("dim_enterprise", "dim_enterprise_alias", "int_warning__enterprise", "int_warning__answer")
SENT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)  # of most messages
WEST = box(105, 35, 105.5, 36)  # holds half of the enterprises


@pytest.fixture(scope="module")
def settings(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        conn.execute("update ops.feed set activated_at = %s, active_from = %s", (rows.ago(days=9), rows.ago(days=9)))
        conn.execute("update ops.feed set latency_s = 600 where feed_id = %s", (RECEIPTS,))
        rows.batch(RECEIPTS)
        _county(rows)
        _first_messages(rows)
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    build(settings, *(f"+{mart}" for mart in MARTS), "+fct_closed_loop")
    return settings


@pytest.fixture
def rows(settings: Settings) -> Iterator[Rows]:
    with psycopg.connect(settings.database_url) as conn:
        yield Rows(conn)
        conn.rollback()


def build(settings: Settings, *selection: str, batch_ids: list[int] | None = None) -> None:
    variables = json.dumps({} if batch_ids is None else {"batch_ids": batch_ids})
    args = ["build", "--exclude-resource-types", "test", "unit_test", "--vars", variables, "--select", *selection]
    result = dbt_runner.invoke(args, settings=settings)
    assert result.success, [node for node in result.nodes if node["status"] == "error"]


def code(number: int) -> str:
    return f"91620823MA{number:07d}X"


def _county(rows: Rows) -> None:
    """A hundred enterprises in ten columns; every second is a key enterprise; 96 to 98 are special."""
    rows.region("620000", "province", None, (100, 30, 110, 40))
    rows.region("620800", "city", "620000", (104, 34, 107, 37))
    rows.region("620823", "county", "620800", (105, 35, 106, 36))
    for n in range(100):
        _enterprise(rows, n, rows.ago(days=99))
    rows.conn.execute("update landing.enterprise set status = 'closed' where credit_code = %s", (code(96),))
    unplaced = (
        "update landing.enterprise set longitude = null, latitude = null, region_code = %s where credit_code = %s"
    )
    rows.conn.execute(unplaced, ("620823001", code(97)))
    rows.conn.execute(unplaced, (None, code(98)))


def _enterprise(rows: Rows, n: int, updated_at: Any, east: float = 0, batch: int = 0) -> None:
    place = {
        "longitude": 105.05 + 0.1 * (n % 10) + east,
        "latitude": 35.05 + 0.1 * (n // 10),
        "source_crs": "EPSG:4326",
    }
    entry: dict[str, Any] = {
        "credit_code": code(n),
        "enterprise_name": f"模拟{n}",
        "industry": "commerce",
        "status": "active",
    }
    entry |= {"is_key_enterprise": n % 2 == 0, "static_level": "blue", "region_code": None, "updated_at": updated_at}
    rows.land("enterprise", REGISTER, **entry, **place, batch_id=batch)


def _first_messages(rows: Rows) -> None:
    rows.warning("POLYGON", SENT, info={"colour": "orange", "event_type_code": "11B03"}, area={"area_wkt": WEST})
    geocode = {"area_wkt": None, "geometry_source": "geocode", "region_code": "620823"}
    rows.warning("GEOCODE", SENT, area=geocode)
    rows.warning("DRILL", SENT, status="Exercise", area=geocode)
    receipt(rows, "GEOCODE", 0, delivered=1)
    receipt(rows, "GEOCODE", 2, delivered=200, acknowledged=210)  # after the promise
    receipt(rows, "GEOCODE", 4)
    receipt(rows, "DRILL", 0, delivered=1)
    receipt(rows, "CIRCLE", 44, delivered=1)  # before the warning itself has come
    receipt(rows, "POLYGON", 9, delivered=1)  # stands in the east
    receipt(rows, "GEOCODE", 96, delivered=1)  # closed
    receipt(rows, "GEOCODE", 777, delivered=1)  # in no register


def receipt(rows: Rows, identifier: str, n: int, batch: int = 0, **minutes: float) -> None:
    """Keywords are the minutes since the warning was sent."""
    clocks = {f"{stage}_at": SENT + timedelta(minutes=after) for stage, after in minutes.items()}
    names: dict[str, Any] = {
        "warning_identifier": identifier,
        "enterprise_code": code(n),
        "channel": "平台",
        "batch_id": batch,
    }
    rows.land("warning_receipt", RECEIPTS, **names, sent_at=SENT, updated_at=SENT, **clocks)


def states(rows: Rows, identifier: str) -> dict[str, int]:
    query = """select receipt_state, count(*)::int as n from marts.fct_warning_enterprise
                where identifier = %s and not is_copy group by 1"""
    return {row["receipt_state"]: row["n"] for row in rows.all(query, identifier)}


# ---- one after the other: the small builds below add to what stands here ------------------------------------------


def test_a_polygon_meets_those_who_stand_in_it(rows: Rows) -> None:
    assert states(rows, "POLYGON") == {"NOT_REACHED": 50}
    assert states(rows, "DRILL") == {}


def test_a_geocode_meets_also_those_whom_the_register_gives_no_place(rows: Rows) -> None:
    assert states(rows, "GEOCODE") == {"NOT_REACHED": 95, "DELIVERED": 1, "ACKNOWLEDGED": 1, "SENT": 1}
    found = rows.all("select credit_code from marts.fct_warning_enterprise where covered_by = 'region_code'")
    assert [row["credit_code"] for row in found] == [code(97)]


def test_receipts_that_belong_nowhere_are_listed_with_the_reason(rows: Rows) -> None:
    found = rows.all("select warning_identifier, enterprise_code, reason from marts.warning_receipt_orphan")
    assert {tuple(row.values()) for row in found} == {
        ("DRILL", code(0), "not_a_warning"),
        ("CIRCLE", code(44), "unknown_warning"),
        ("POLYGON", code(9), "not_in_area"),
        ("GEOCODE", code(96), "closed_enterprise"),
        ("GEOCODE", code(777), "unknown_enterprise"),
    }


def test_the_share_reached_is_that_of_key_enterprises(rows: Rows) -> None:
    found = rows.one("select * from marts.warning_reach where identifier = 'GEOCODE'")
    counts = ("n_enterprises", "n_key", "n_reached", "n_reached_in_time", "n_acknowledged", "n_not_reached")
    assert [found[name] for name in counts] == [98, 48, 2, 1, 1, 46]
    assert found["reached_pct"] == 4.17  # 2 of 48


def test_a_gap_names_who_must_be_called(rows: Rows) -> None:
    found = rows.all("select * from marts.warning_gap where warning_key like '%%,GEOCODE,%%'")
    assert len(found) == 47  # all but the one that acknowledged
    delivered = next(row for row in found if row["credit_code"] == code(0))
    assert delivered["missing"] == "not acknowledged; no responsible person"
    assert 175 < delivered["overdue_min"] < 300  # yellow: two hours of five, and what the tests took


def test_a_loop_is_owed_by_key_enterprises_only(rows: Rows) -> None:
    found = rows.all(
        "select loop_state, count(*)::int as n from marts.fct_closed_loop where subject = '暴雨' group by 1"
    )
    assert {row["loop_state"]: row["n"] for row in found} == {"OVERDUE": 30 + 48}


@pytest.mark.parametrize(("expires", "state"), [(None, "absent"), (-1, "active")])
def test_a_warning_without_end_ends_when_its_feed_is_switched_off(
    rows: Rows, expires: float | None, state: str
) -> None:
    expires_at = None if expires is None else rows.ago(hours=expires)
    rows.warning("OFF", rows.ago(hours=3), info={"expires_at": expires_at})
    read = "select state, ended_at from intermediate.int_warning__state where identifier = 'OFF'"
    assert rows.one(read)["state"] == "active"
    off = rows.ago(hours=1)
    rows.conn.execute("update ops.feed set active_until = %s where feed_id = %s", (off, CAP))
    assert rows.one(read) == {"state": state, "ended_at": off if state == "absent" else None}
    rows.conn.execute("update ops.feed set active_until = null where feed_id = %s", (CAP,))
    assert rows.one(read)["state"] == "active"


Deed = Callable[[Rows, int], None]


def circle_comes_after_its_receipt(rows: Rows, batch: int) -> None:
    circle = {"area_wkt": None, "geometry_source": "circle", "circles": ["35.45,105.45 12"]}
    rows.warning("CIRCLE", SENT, area=circle, batch=batch)


def area_is_revised(rows: Rows, batch: int) -> None:
    """Only the area is written anew; the message itself keeps its batch."""
    rows.conn.execute(
        "update landing.warning_area set area_wkt = %s, batch_id = %s where identifier = 'POLYGON'",
        (box(105, 35, 105.3, 36), batch),
    )


def enterprise_had_moved(rows: Rows, batch: int) -> None:
    """An older version becomes known late: when the warnings went out, number 0 stood far away."""
    _enterprise(rows, 0, rows.ago(days=2), east=9, batch=batch)


def late_receipts(rows: Rows, batch: int) -> None:
    for n in range(10, 100, 10):
        receipt(rows, "POLYGON", n, batch, delivered=1, acknowledged=2, acted=3)


def the_other_feed_brings_it_too(rows: Rows, batch: int) -> None:
    for table in ("warning", "warning_info", "warning_area"):
        rows.conn.execute(
            f"""insert into landing.{table}
                select (jsonb_populate_record(null::landing.{table}, to_jsonb(t) || %s)).*
                  from landing.{table} t where identifier = 'GEOCODE'""",
            (json.dumps({"feed_id": TERMINAL, "batch_id": batch}),),
        )


def update_and_cancel(rows: Rows, batch: int) -> None:
    second = SENT + timedelta(hours=1)
    info = {"colour": "red", "event_type_code": "11B03"}
    alert, update = (SENDER, "POLYGON", SENT), (SENDER, "UPDATE", second)
    rows.warning(
        "UPDATE", second, msg_type="Update", refers_to=[alert], info=info, area={"area_wkt": WEST}, batch=batch
    )
    rows.warning("CANCEL", SENT + timedelta(hours=2), msg_type="Cancel", refers_to=[update], batch=batch)


def somebody_answers(rows: Rows, batch: int) -> None:
    who = {"object_code": code(10), "role": "安全管理人员", "person_hash": "h", "object_type": "企业"}
    rows.land(PERSONS, PERSONS, **who, valid_from=rows.ago(days=99), updated_at=rows.ago(days=1), batch_id=batch)


BUILDS: tuple[tuple[Deed, ...], ...] = (
    (late_receipts, update_and_cancel),
    (area_is_revised, enterprise_had_moved),
    (somebody_answers, the_other_feed_brings_it_too, circle_comes_after_its_receipt),
)


def kept(settings: Settings) -> list[dict[str, Any]]:
    with psycopg.connect(settings.database_url) as conn:
        pairs = "select * from intermediate.int_warning__enterprise order by feed_id, warning_key, credit_code"
        answers = "select * from intermediate.int_warning__answer order by warning_key, credit_code"
        return Rows(conn).all(pairs) + Rows(conn).all(answers)


def test_small_builds_give_what_one_build_gives(settings: Settings) -> None:
    for deeds in BUILDS:
        with psycopg.connect(settings.database_url) as conn:
            rows = Rows(conn)
            batches = [rows.batch(RECEIPTS) for _ in deeds]
            for deed, batch in zip(deeds, batches, strict=True):
                deed(rows, batch)
        build(settings, *KEPT, batch_ids=batches)
    small = kept(settings)
    build(settings, *KEPT)
    assert kept(settings) == small


def test_what_the_late_records_changed(rows: Rows) -> None:
    assert states(rows, "CIRCLE") == {"DELIVERED": 1, "NOT_REACHED": 4}  # 12 km: no diagonal neighbours
    assert states(rows, "POLYGON") == {"ACTED": 9, "NOT_REACHED": 20}  # 30 in the smaller area, one has moved
    assert states(rows, "UPDATE") == {"NOT_REACHED": 49}
    copies = rows.one(
        "select count(*) filter (where is_copy) as n, count(*) as m from marts.fct_warning_enterprise"
        " where identifier = 'GEOCODE'"
    )
    assert copies == {"n": 97, "m": 2 * 97}
    reach = rows.one("select n_key, n_reached from marts.warning_reach where identifier = 'GEOCODE'")
    assert reach == {"n_key": 47, "n_reached": 1}
    person = rows.all("select distinct responsible_roles from marts.fct_warning_enterprise where n_responsible = 1")
    assert person == [{"responsible_roles": "安全管理人员"}]


def test_an_answer_to_orange_is_none_to_red(rows: Rows) -> None:
    found = rows.one(
        "select loop_state, grade, stage, ended_at is not null as is_over from marts.fct_closed_loop"
        " where loop_kind = 'warning' and credit_code = %s and object_code like '%%,POLYGON,%%'",
        code(10),
    )
    assert found == {"loop_state": "LAPSED", "grade": "red", "stage": "opened", "is_over": True}
