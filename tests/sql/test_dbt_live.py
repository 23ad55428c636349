"""The live views: what a committed record means for warnings and the map, without any dbt run after it.

The warehouse is built once; every test writes into a transaction of its own, reads the views and rolls back.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from dbt_rows import CAP, MINES, REGISTER, SENDER, WATER, Rows, box, build, reference, settings_for
from psycopg.types.json import Jsonb

from feeds import registry
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

MINE = "620823009203"
SENSOR = f"{MINE}01MN0001001A01"
INSIDE = (105.5, 35.5)


@pytest.fixture(scope="module")
def built_url(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
        # what follows is about these promises, whatever the contracts promise today
        conn.execute("update ops.feed set frequency_s = 60, latency_s = 300 where feed_id = %s", (CAP,))
        # a source of warnings that is switched off is not asked whether it is silent or dead
        conn.execute("update ops.feed set active_until = now() where main_table = 'warning' and feed_id <> %s", (CAP,))
        conn.execute("""update ops.feed set closing = '{"absent_polls": 3}' where feed_id = %s""", (CAP,))
        conn.execute(
            """update ops.feed set latency_s = 1200, expected = expected || '{"every_s": 300}' where feed_id = %s""",
            (WATER,),
        )
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        rows.region("620000", "province", None, (100, 30, 110, 40))
        rows.region("620800", "city", "620000", (104, 34, 107, 37))
        rows.region("620823", "county", "620800", (105, 35, 106, 36))
        _register(rows)
    build(settings_for(module_warehouse_url, tmp_path_factory.mktemp("home")))
    return module_warehouse_url


def _register(rows: Rows) -> None:
    since = rows.ago(days=400)
    common = {"updated_at": since, "longitude": INSIDE[0], "latitude": INSIDE[1], "source_crs": "EPSG:4326"}
    common |= {"is_key_enterprise": True, "region_code": None, "status": "active"}
    for code, industry, level, mine in (
        ("SHOP", "commerce", "blue", None),
        ("WORKS", "hazchem", "unknown", None),
        ("MINE", "coal_mine", "yellow", MINE),
        ("POND", "tailings", "blue", None),
    ):
        names = {"credit_code": code, "enterprise_name": f"模拟{code}", "industry": industry}
        rows.land("enterprise", REGISTER, **names, static_level=level, mine_code=mine, **common)
    for code, kind in (("RIVER", "ZZ"), ("BARE", "ZZ"), ("RAIN", "PP")):
        place = {"longitude": INSIDE[0], "latitude": INSIDE[1]}
        rows.land("station", WATER, station_code=code, station_name=f"模拟{code}", station_type=kind, **place)
    rows.land("flood_threshold", WATER, station_code="RIVER", warning_level_m=10, guarantee_level_m=12)
    rows.land(
        "sensor",
        MINES,
        point_code=SENSOR,
        defined_at=since,
        mine_code=MINE,
        sensor_type_code="0001",
        value_type="MN",
        unit="%CH4",
        alarm_upper=1.0,
        issued_at=since,
    )


@pytest.fixture
def rows(built_url: str) -> Iterator[Rows]:
    with psycopg.connect(built_url) as conn:
        yield Rows(conn)
        conn.rollback()


def states(rows: Rows) -> dict[str, str]:
    return {row["identifier"]: row["state"] for row in rows.all("select identifier, state from marts.fct_warning")}


def current(rows: Rows) -> list[str]:
    found = rows.all("select identifier from marts.fct_warning_current order by identifier")
    return [row["identifier"] for row in found]


def test_a_committed_warning_is_current_at_once(rows: Rows) -> None:
    rows.warning("A", rows.ago(hours=1), info={"expires_at": rows.ago(hours=-5)})
    found = rows.one("select *, st_area(geometry) as area from marts.fct_warning_current")
    assert (found["identifier"], found["colour"], found["geometry_source"]) == ("A", "yellow", "polygon")
    assert found["area"] == pytest.approx(1)


@pytest.mark.parametrize("order", ["alert first", "update first"])
def test_an_update_supersedes_its_alert_in_either_order(rows: Rows, order: str) -> None:
    alert = (SENDER, "A", rows.ago(hours=2).replace(microsecond=0))
    deeds = [
        lambda: rows.warning("A", alert[2]),
        lambda: rows.warning("U", rows.ago(hours=1), msg_type="Update", refers_to=[alert], info={"colour": "orange"}),
    ]
    for deed in deeds if order == "alert first" else reversed(deeds):
        deed()
    assert states(rows) == {"A": "superseded", "U": "active"}
    assert current(rows) == ["U"]
    chain = rows.all("select chain_key, is_latest, superseded_by from marts.fct_warning order by identifier")
    assert {row["chain_key"] for row in chain} == {reference(*alert)}
    assert [row["is_latest"] for row in chain] == [False, True]
    assert chain[0]["superseded_by"].startswith(f"{SENDER},U,")


def test_a_cancel_that_comes_first_waits_for_its_alert(rows: Rows) -> None:
    alert = (SENDER, "A", rows.ago(hours=2).replace(microsecond=0))
    rows.warning("C", rows.ago(hours=1), msg_type="Cancel", refers_to=[alert])
    found = rows.one("select state, chain_key, unknown_references from marts.fct_warning")
    assert (found["state"], found["chain_key"]) == ("cancelled", reference(*alert))
    assert found["unknown_references"] == [reference(*alert)]
    rows.warning("A", alert[2])
    assert states(rows) == {"A": "cancelled", "C": "cancelled"}
    assert current(rows) == []


def test_what_refers_to_an_unknown_message_or_to_nonsense_stands(rows: Rows) -> None:
    unknown = (SENDER, "GONE", rows.ago(days=1).replace(microsecond=0))
    rows.warning("U", rows.ago(hours=1), msg_type="Update", refers_to=[unknown])
    rows.conn.execute(
        "update landing.warning set reference_list = reference_list || %s::jsonb",
        ('["not a triple", "a,b,2026-02-30T25:00:00+08:00", "a,b,c"]',),
    )
    found = rows.one("select state, jsonb_array_length(unknown_references) as n, chain_key from marts.fct_warning")
    assert (found["state"], found["n"], found["chain_key"]) == ("active", 4, reference(*unknown))


class TestBareIdentifiers:
    """The 12379 platform names earlier messages by their identifier alone."""

    def refer(self, rows: Rows, identifier: str, *texts: str) -> None:
        rows.conn.execute(
            "update landing.warning set reference_list = %s where identifier = %s", (Jsonb(list(texts)), identifier)
        )

    @pytest.mark.parametrize("order", ["alert first", "update first"])
    def test_an_update_supersedes_what_it_names(self, rows: Rows, order: str) -> None:
        deeds = [
            lambda: rows.warning("A", rows.ago(hours=2)),
            lambda: rows.warning("U", rows.ago(hours=1), msg_type="Update"),
        ]
        for deed in deeds if order == "alert first" else reversed(deeds):
            deed()
        self.refer(rows, "U", "A")
        assert states(rows) == {"A": "superseded", "U": "active"}
        assert len(rows.all("select distinct chain_key from marts.fct_warning")) == 1

    def test_a_cancel_ends_the_newest_version_and_through_it_the_older(self, rows: Rows) -> None:
        rows.warning("A", rows.ago(hours=3))
        rows.warning("A", rows.ago(hours=2), msg_type="Update")
        rows.warning("C", rows.ago(hours=1), msg_type="Cancel")
        self.refer(rows, "C", "A")
        found = rows.all("select state from marts.fct_warning order by sent_at")
        assert [row["state"] for row in found] == ["superseded", "cancelled", "cancelled"]

    def test_what_is_younger_or_unknown_is_not_meant(self, rows: Rows) -> None:
        rows.warning("C", rows.ago(hours=2), msg_type="Cancel")
        rows.warning("A", rows.ago(hours=1))
        self.refer(rows, "C", "A", "NEVER SEEN")
        assert states(rows) == {"A": "active", "C": "cancelled"}
        assert rows.one("select unknown_references as found from marts.fct_warning where identifier = 'C'") == {
            "found": ["A", "NEVER SEEN"]
        }


def test_a_chain_is_whole_although_its_middle_is_missing(rows: Rows) -> None:
    alert = rows.warning("A", rows.ago(hours=3).replace(microsecond=0))
    middle = (SENDER, "U1", rows.ago(hours=2).replace(microsecond=0))
    rows.warning("U2", rows.ago(hours=1), msg_type="Update", refers_to=[alert, middle])
    rows.warning("B", rows.ago(hours=1), msg_type="Update", refers_to=[middle])
    found = rows.all("select distinct chain_key from marts.fct_warning")
    assert [row["chain_key"] for row in found] == [reference(*alert)]


def test_a_newer_version_of_an_identifier_replaces_the_older(rows: Rows) -> None:
    rows.warning("A", rows.ago(hours=2), info={"colour": "blue"})
    rows.warning("A", rows.ago(hours=1), info={"colour": "red"})
    assert [row["colour"] for row in rows.all("select colour from marts.fct_warning_current")] == ["red"]


def test_an_alert_that_names_another_ends_nothing(rows: Rows) -> None:
    first = rows.warning("A", rows.ago(hours=2).replace(microsecond=0))
    rows.warning("B", rows.ago(hours=1), refers_to=[first])
    assert current(rows) == ["A", "B"]


@pytest.mark.parametrize("status", ["Test", "Exercise", "System", "Draft"])
def test_a_test_is_never_current_and_closes_nothing(rows: Rows, status: str) -> None:
    alert = rows.warning("A", rows.ago(hours=2).replace(microsecond=0))
    rows.warning("T", rows.ago(hours=1), status=status, msg_type="Cancel", refers_to=[alert])
    assert states(rows) == {"A": "active", "T": "not_actual"}


def test_a_warning_expires_only_when_all_its_infos_have(rows: Rows) -> None:
    past, future = {"expires_at": rows.ago(minutes=1), "colour": "red"}, {"expires_at": rows.ago(minutes=-9)}
    rows.warning("HALF", rows.ago(hours=1), infos=[past, future])
    rows.warning("OVER", rows.ago(hours=1), infos=[past, past])
    rows.warning("OPEN", rows.ago(hours=1), infos=[past, {}])
    assert states(rows) == {"HALF": "active", "OVER": "expired", "OPEN": "active"}
    speaking = rows.one("select colour, expires_at from marts.fct_warning where identifier = 'HALF'")
    assert speaking == {"colour": "yellow", "expires_at": future["expires_at"]}
    assert rows.one("select expires_at from marts.fct_warning where identifier = 'OPEN'") == {"expires_at": None}


def test_a_warning_without_infos_stands_without_colour_or_area(rows: Rows) -> None:
    rows.warning("A", rows.ago(hours=1), infos=[])
    found = rows.one("select colour, geometry, geometry_source from marts.fct_warning_current")
    assert found == {"colour": "unknown", "geometry": None, "geometry_source": "none"}


class TestAbsence:
    """Contract: closing.absent_polls = 3."""

    URL = "https://source.example/a.xml"

    @pytest.fixture
    def listed(self, rows: Rows) -> Rows:
        rows.warning("A", rows.ago(hours=2), url=self.URL)
        batch = rows.batch(CAP, at=rows.ago(minutes=60))
        listing = {"document_url": self.URL, "listed_at": rows.ago(minutes=60, seconds=1)}
        rows.land("warning_listing", CAP, **listing, batch_id=batch, payload_sha256="index")
        return rows

    @pytest.mark.parametrize(
        ("polls", "state"),
        [
            (["LANDED", "LANDED"], "active"),
            (["LANDED", "LANDED", "LANDED"], "absent"),
            (["LANDED", "NOT_MODIFIED", "NOT_MODIFIED"], "absent"),
            # "not modified" repeats a list in which it still stands
            (["NOT_MODIFIED", "NOT_MODIFIED", "NOT_MODIFIED", "NOT_MODIFIED"], "active"),
            (["NOT_MODIFIED", "LANDED", "NOT_MODIFIED"], "active"),
            (["LANDED", "FAILED", "HELD", "LANDED"], "active"),
        ],
    )
    def test_polls_without_it(self, listed: Rows, polls: list[str], state: str) -> None:
        for minute, result in enumerate(polls):
            error = {"error": "refused"} if result == "FAILED" else {}
            at = listed.ago(minutes=50 - minute)
            listed.insert(
                "ops.batch",
                {"feed_id": CAP, "run_id": "t", "kind": "pull", "state": result, "started_at": at, "fetched_at": at}
                | {"committed_at": at}
                | error,
            )
        assert states(listed) == {"A": state}

    def test_replays_are_no_polls(self, listed: Rows) -> None:
        for minute in range(5):
            listed.batch(CAP, at=listed.ago(minutes=50 - minute), kind="replay")
        assert states(listed) == {"A": "active"}

    def test_it_comes_back_when_it_is_listed_again(self, listed: Rows) -> None:
        for minute in range(3):
            batch = listed.batch(CAP, at=listed.ago(minutes=50 - minute))
        listed.conn.execute(
            "update landing.warning_listing set listed_at = %s, batch_id = %s",
            (listed.ago(minutes=48, seconds=1), batch),
        )
        assert states(listed) == {"A": "active"}

    def test_a_poll_that_fetched_the_same_list_again_lists_it(self, listed: Rows) -> None:
        for minute in range(4):
            batch = listed.batch(CAP, at=listed.ago(minutes=50 - minute))
            listed.insert(
                "ops.batch_payload",
                {"batch_id": batch, "feed_id": CAP, "sha256": "index", "outcome": "ACCEPTED", "rejects": 0},
            )
        assert states(listed) == {"A": "active"}


class TestArea:
    def drawn(self, rows: Rows, **area: object) -> dict[str, object]:
        rows.warning("A", rows.ago(hours=1), area={"area_wkt": None, "geometry_source": "geocode", **area})
        return rows.one(
            """select geometry_source, matched_level, round(st_area(geometry)::numeric, 2)::float as area,
                 st_isvalid(geometry) as is_valid, st_srid(geometry) as srid from marts.fct_warning_current"""
        )

    @pytest.mark.parametrize(
        ("code", "level", "area"),
        [
            ("620823", "county", 1.0),
            ("620823000000", "county", 1.0),
            ("620899", "city", 9.0),
            ("629999", "province", 100.0),
        ],
    )
    def test_a_code_is_looked_up_and_its_parents_after_it(self, rows: Rows, code: str, level: str, area: float) -> None:
        assert self.drawn(rows, region_code=code) == {
            "geometry_source": "geocode",
            "matched_level": level,
            "area": area,
            "is_valid": True,
            "srid": 4326,
        }

    def test_an_unknown_code_leaves_no_area_and_says_so(self, rows: Rows) -> None:
        found = self.drawn(rows, region_code="990101")
        assert (found["geometry_source"], found["area"]) == ("none", None)

    def test_a_circle_becomes_a_disc_of_kilometres(self, rows: Rows) -> None:
        self.drawn(rows, circles=["35.5,105.5 10", "nonsense"], geometry_source="circle")
        found = rows.one(
            "select geometry_source, st_area(geometry::geography) / 1e6 as km2 from marts.fct_warning_current"
        )
        assert found["geometry_source"] == "circle"
        assert found["km2"] == pytest.approx(314, rel=0.01)

    @pytest.mark.parametrize(
        ("circle", "points", "inside"),
        [
            ("35,179.9 50", [(179.5, 35), (-179.7, 35), (180, 35)], True),
            ("35,179.9 50", [(179.3, 35), (-179.5, 35), (0, 35), (-90, 35), (179.9, 36)], False),
            ("-35,-179.9 50", [(-179.5, -35), (179.7, -35)], True),
            ("-35,-179.9 50", [(0, -35), (105.5, -35)], False),
            ("89.9,120 50", [(120, 89.95), (-60, 89.95), (0, 89.9)], True),
            ("89.9,120 50", [(120, 89.3), (-60, 0)], False),
            ("35.5,105.5 0.1", [(105.5, 35.5)], True),
        ],
    )
    def test_a_circle_over_the_edge_of_the_map_stays_a_circle(
        self, rows: Rows, circle: str, points: list[tuple[float, float]], inside: bool
    ) -> None:
        assert self.drawn(rows, circles=[circle], geometry_source="circle")["is_valid"]
        for point in points:
            found = rows.one(
                "select st_covers(geometry, st_setsrid(st_makepoint(%s, %s), 4326)) as covered "
                "from marts.fct_warning_current",
                *point,
            )
            assert found["covered"] is inside, point

    def test_a_circle_is_as_large_at_the_antimeridian_as_elsewhere(self, rows: Rows) -> None:
        self.drawn(rows, circles=["35,179.9 50"], geometry_source="circle")
        found = rows.one("select st_area(geometry::geography) / 1e6 as km2 from marts.fct_warning_current")
        assert found["km2"] == pytest.approx(7854, rel=0.01)

    def test_a_polygon_beats_its_geocode(self, rows: Rows) -> None:
        found = self.drawn(rows, area_wkt=box(105, 35, 105.5, 35.5), region_code="620000")
        assert (found["geometry_source"], found["area"], found["matched_level"]) == ("polygon", 0.25, None)

    def test_a_self_crossing_polygon_is_made_valid(self, rows: Rows) -> None:
        bow = "MULTIPOLYGON(((105 35, 106 36, 106 35, 105 36, 105 35)))"
        assert self.drawn(rows, area_wkt=bow)["is_valid"]

    def test_text_that_is_no_geometry_does_not_take_the_map_down(self, rows: Rows) -> None:
        found = self.drawn(rows, area_wkt="MULTIPOLYGON(((105 35, 106", region_code="620823")
        assert (found["geometry_source"], found["area"]) == ("geocode", 1.0)
