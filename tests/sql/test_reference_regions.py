"""Region boundaries: all of China, each code once, every parent there."""

from __future__ import annotations

from batches import one

from warehouse.db import Connection
from warehouse.reference import SOURCE, load_regions


def test_regions(conn: Connection) -> None:
    rows = load_regions(conn)
    levels = dict(conn.execute("select level, count(*) from landing.region_boundary group by level").fetchall())
    assert rows == sum(levels.values())
    assert levels["province"] == 34
    assert levels["city"] > 300
    assert levels["county"] > 2800
    assert one(conn, "select bool_and(st_isvalid(geom) and not st_isempty(geom)) from landing.region_boundary")
    assert one(conn, "select distinct source from landing.region_boundary") == SOURCE

    orphans = """
        select count(*) from landing.region_boundary as child
        left join landing.region_boundary as parent on parent.region_code = child.parent_code
        where child.level <> 'province' and parent.region_code is null
    """
    assert one(conn, orphans) == 0
    parents = "select region_code, parent_code from landing.region_boundary where region_code = any(%s) order by 1"
    wanted = ["110101", "140522", "441900", "460321", "659001"]
    assert conn.execute(parents, (wanted,)).fetchall() == [
        ("110101", "110000"),  # a municipality's district: no city between
        ("140522", "140500"),
        ("441900", "440000"),  # a city without counties of its own
        ("460321", "460300"),
        ("659001", "650000"),  # a county-level city directly under its region
    ]
    jincheng = "st_setsrid(st_makepoint(112.85, 35.49), 4326)"
    inside = f"select region_code from landing.region_boundary where level = 'city' and st_contains(geom, {jincheng})"
    assert one(conn, inside) == "140500"

    assert load_regions(conn) == 0
    conn.execute("update ops.reference set version = 'older'")
    assert load_regions(conn) == rows
