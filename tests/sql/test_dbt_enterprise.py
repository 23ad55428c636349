"""Who is who on a real warehouse: versions of the register, its full lists, and the codes and names of other feeds.

The rules one by one are unit tests of the dbt project; here they meet as records land.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from dbt_rows import MINES, REGISTER, Rows, settings_for

from feeds import registry
from riskmap import dbt_runner
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

A, B, C, D, GONE, REFUSED, MINE = (f"9162082300000{n}000{n}" for n in range(1, 8))
MINE_CODE = "620823009203"
COMPANY = "E-77"
MISTYPED = A.replace("0", "O", 1)


@pytest.fixture(scope="module")
def built(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        rows.region("620000", "province", None, (100, 30, 110, 40))
        rows.region("620800", "city", "620000", (104, 34, 107, 37))
        rows.region("620823", "county", "620800", (105, 35, 106, 36))
        _register(rows)
        _mentions(rows)
    marts = ("dim_enterprise_alias", "enterprise_identity_review", "major_hazard_source", "dim_department")
    args = ["build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"]
    args += ["--select", *(f"+{mart}" for mart in marts)]
    result = dbt_runner.invoke(args, settings=settings_for(module_warehouse_url, tmp_path_factory.mktemp("home")))
    assert result.success, [node for node in result.nodes if node["status"] not in {"success", "pass"}]
    return module_warehouse_url


@pytest.fixture
def rows(built: str) -> Iterator[Rows]:
    with psycopg.connect(built) as conn:
        yield Rows(conn)


def _full_list(rows: Rows, sha256: str, at: datetime) -> int:
    """A fetch of a whole register, in the ledger as ingest leaves it there."""
    batch_id: int = rows.batch(REGISTER, at=at)
    payload = {"feed_id": REGISTER, "sha256": sha256, "source": "folder", "name": "enterprise_register_20260801.csv"}
    more = {"facts": {}, "size_bytes": 1, "archive_uri": "file:///nowhere", "fetched_at": at}
    rows.insert("ops.payload", payload | more)
    outcome = {"outcome": "PARTIAL", "rejects": 1}
    rows.insert("ops.batch_payload", {"batch_id": batch_id, "feed_id": REGISTER, "sha256": sha256} | outcome)
    return batch_id


def _register(rows: Rows) -> None:
    first, second = rows.ago(days=10), rows.ago(days=2)
    _full_list(rows, "first", first)
    newest = _full_list(rows, "second", second)

    def entry(code: str, name: str, days: float, fetched: datetime, seen: datetime, **more: Any) -> None:
        plain: dict[str, Any] = {"region_code": "620823", "industry": "hazchem", "status": "active", "mine_code": None}
        place = {"longitude": 105.5, "latitude": 35.5, "source_x": 105.5, "source_y": 35.5, "source_crs": "EPSG:4326"}
        rows.land(
            "enterprise",
            REGISTER,
            credit_code=code,
            enterprise_name=name,
            updated_at=rows.ago(days=days),
            static_level="blue",
            is_key_enterprise=False,
            fetched_at=fetched,
            seen_at=seen,
            batch_id=newest if fetched == second else newest - 1,
            **(plain | place | more),
        )

    entry(A, "模拟老名化工有限公司", 300, first, first)
    entry(A, "模拟新名化工有限公司", 5, second, second)
    entry(B, "模拟老名化工有限公司", 4, second, second)
    entry(C, "模拟重名(一)化工厂", 300, first, second)
    entry(D, "模拟重名（一）化工厂", 300, first, second, region_code="620824", longitude=106.5)
    entry(GONE, "模拟搬走企业", 300, first, first)
    entry(REFUSED, "模拟错行企业", 300, first, first)
    entry(MINE, "模拟煤矿", 300, first, second, mine_code=MINE_CODE, industry="coal_mine", longitude=108)
    refused = {"feed_id": REGISTER, "batch_id": newest, "table_name": "enterprise", "record_hash": "-"}
    refused |= {"where_in_payload": "row 7", "rule": "x", "reason": "x", "severity": "error", "status": "open"}
    rows.insert("quarantine.record", refused | {"first_seen_at": second, "record": {"企业名称": "模拟错行企业"}})


def _mentions(rows: Rows) -> None:
    incident = {"incident_type": "火灾", "incident_level": "一般", "deaths": 0}
    rows.land("incident", "incident", incident_code="1", happened_at=rows.ago(days=100), **incident)
    rows.conn.execute("update landing.incident set enterprise_name = '模拟老名化工有限公司'")
    check = {"check_type": "专项", "checked_at": rows.ago(days=3)}
    rows.land("inspection", "inspection", inspection_code="1", enterprise_code=f"{A.lower()} ", **check)
    rows.conn.execute("update landing.inspection set enterprise_name = '模拟牌匾上的名字'")
    case = {
        "case_code": "1",
        "enterprise_code": A,
        "enterprise_name": "模拟煤矿",
        "case_reason": "模拟",
        "state": "已立案",
    }
    rows.land("enforcement_case", "enforcement_case", filed_at=rows.ago(days=3), **case)
    receipt = {"warning_identifier": "W", "channel": "短信", "enterprise_name": " 模拟　煤矿有限公司", "action": "无"}
    rows.land("warning_receipt", "warning_receipt", enterprise_code=COMPANY, sent_at=rows.ago(days=3), **receipt)
    camera = {"camera_code": "1", "camera_name": "模拟", "enterprise_code": "模拟重名（一）化工厂"}
    rows.land("camera", "camera", installed_at=rows.ago(days=3), **camera)
    link = {"supplier_code": MISTYPED, "customer_code": B, "product": "模拟"}
    rows.land("supply_link", "supply_link", valid_from=rows.ago(days=3), **link)
    rows.land("risk_unit", "hazchem_prevention", unit_code="1", hazard_code="H1", enterprise_code=COMPANY)
    sensor = {"point_code": f"{MINE_CODE}01", "sensor_type_code": "0001", "value_type": "MN", "mine_code": MINE_CODE}
    rows.land("sensor", MINES, defined_at=rows.ago(days=3), issued_at=rows.ago(days=3), **sensor)


def meaning(rows: Rows, code: str) -> tuple[str | None, str]:
    found = rows.one("select credit_code, rule from marts.dim_enterprise_alias where code = %s", code)
    return found["credit_code"], found["rule"]


def test_what_a_full_list_no_longer_has_is_delisted_and_what_it_refused_is_not(rows: Rows) -> None:
    versions = rows.all("select credit_code, end_reason, is_current from marts.dim_enterprise order by 1, valid_from")
    ends = [(v["credit_code"], v["end_reason"]) for v in versions]
    listed = [(code, None) for code in (A, B, C, D)]
    assert ends == [(A, "changed"), *listed, (GONE, "delisted"), (REFUSED, None), (MINE, None)]
    assert all(v["is_current"] == (v["end_reason"] is None) for v in versions)
    gone = rows.one("select valid_to, batch_id from marts.dim_enterprise where credit_code = %s", GONE)
    second = rows.one("select batch_id, fetched_at from ops.batch order by batch_id desc limit 1")
    assert (gone["valid_to"], gone["batch_id"]) == (second["fetched_at"], second["batch_id"])


def test_a_place_outside_its_own_region_is_flagged(rows: Rows) -> None:
    flagged = rows.all("select credit_code, coordinate_flags from marts.dim_enterprise where coordinate_flags <> '{}'")
    assert [(f["credit_code"], f["coordinate_flags"]) for f in flagged] == [(MINE, ["outside_own_region"])]


@pytest.mark.parametrize(
    ("code", "credit_code", "rule"),
    [
        (A.lower(), A, "credit_code"),
        (MINE_CODE, MINE, "mine_code"),
        ("模拟老名化工有限公司", A, "name"),  # B took the name long after the incident that it is known from
        ("模拟牌匾上的名字", A, "beside_code"),
        ("模拟　煤矿有限公司", MINE, "name_variant"),
        (COMPANY, MINE, "beside_name"),
        ("模拟重名（一）化工厂", None, "unresolved"),
        (MISTYPED, None, "unresolved"),
        ("模拟搬走企业", GONE, "former_name"),
    ],
)
def test_codes_and_names_mean_one_enterprise_or_nobody(
    rows: Rows, code: str, credit_code: str | None, rule: str
) -> None:
    assert meaning(rows, code) == (credit_code, rule)


def test_what_nobody_can_say_waits_with_its_candidates(rows: Rows) -> None:
    cases = rows.all("select * from marts.enterprise_identity_review order by reason, code")
    found = [(c["code"], c["name"], c["reason"], sorted(one["credit_code"] for one in c["candidates"])) for c in cases]
    assert found == [
        (A, "模拟煤矿", "code_and_name_disagree", sorted([A, MINE])),
        (MISTYPED, "", "not_in_register", [A]),
        ("模拟重名(一)化工厂", "", "several_candidates", [C, D]),
        ("模拟重名（一）化工厂", "", "several_candidates", [C, D]),
    ]
    assert [c["feeds"] for c in cases[:2]] == [["enforcement_case"], ["supply_link"]]


def test_a_hazard_source_of_a_risk_unit_is_known_and_its_class_is_not(rows: Rows) -> None:
    source = rows.one("select * from marts.major_hazard_source")
    assert (source["hazard_source_code"], source["credit_code"]) == ("H1", MINE)
    assert (source["hazard_class"], source["static_level"], source["r_value"]) == ("unknown", "unknown", None)


def test_departments_of_all_contracts_are_resolved(rows: Rows) -> None:
    strangers = rows.all("select department_code from marts.dim_department where not is_listed")
    assert strangers == []
    owned = rows.one("select sum(n_feeds) as n from marts.dim_department")
    assert owned["n"] == rows.one("select count(*) as n from ops.feed")["n"]
