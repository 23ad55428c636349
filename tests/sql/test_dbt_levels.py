"""Levels that explain themselves, over the story of a storm: a dam that has settled meets rain, falls silent, is told
late. One warehouse, a handful of builds, each at a moment of its own; the tests read what every build said."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from dbt_rows import CAP, REGISTER, WATER, Rows, box, settings_for

from feeds import registry
from riskmap import dbt_runner
from riskmap.settings import Settings
from warehouse import ledger
from warehouse.db import connect

pytestmark = pytest.mark.dbt

TAILINGS = "tailings_monitoring"
OWNER = "91141022MNMN00208X"  # what devices name must look like a code
POND = f"enterprise:{OWNER}"
GRADED = "enterprise:WORKS"
NOON = datetime.fromisoformat("2026-08-10T12:00:00+00:00")
JUDGING = (
    "int_risk__*",
    "+fct_warning_current,int_warning__*",
    "fct_warning_current",
    "int_earthquake__recent",
    "int_point__variable",
    "one_map_object",
    "tag:levels",
)
HISTORY = "select * from marts.one_map_object_history where object_id = %s order by known_from"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@dataclass
class County:
    """A pond below a gauge, and what the map said of its objects at each build."""

    settings: Settings
    said: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)

    def build(self, minute: int, *selection: str) -> None:
        """All that looks at the clock and leads to levels, or a selection, with the clock at that minute after noon."""
        names = [*(selection or JUDGING), "--vars", json.dumps({"as_of": at(minute).isoformat()})]
        result = dbt_runner.invoke(["run", "--select", *names], settings=self.settings)
        bad = [f"{n['name']}: {n['message']}" for n in result.nodes if n["status"] != "success"]
        assert result.success, bad
        for row in self.rows("select * from marts.one_map_object"):
            self.said[row["object_id"], minute] = row

    def level(self, object_id: str, minute: int) -> str:
        return str(self.said[object_id, minute]["dynamic_level"])

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.settings.database_url) as conn:
            return Rows(conn).all(query, *values)


def _registers(rows: Rows) -> None:
    since = at(-60 * 24 * 30)
    common = {"updated_at": since, "fetched_at": since, "source_crs": "EPSG:4326", "status": "active"}
    place = {"longitude": 105.5, "latitude": 35.5}
    for code, industry, level in ((OWNER, "tailings", "blue"), ("WORKS", "hazchem", "red")):
        names = {"credit_code": code, "enterprise_name": f"模拟{code}", "industry": industry, "static_level": level}
        rows.land("enterprise", REGISTER, **names, is_key_enterprise=True, **common, **place)
    dam = {"station_code": "DAM", "station_name": "模拟坝体", "station_type": "dam_gnss", "fetched_at": since}
    rows.land("station", TAILINGS, **dam, **place, extra={"ownerCode": OWNER, "pondCode": "P1", "pondGrade": "五等"})
    gauge = {"station_code": "RAIN", "station_name": "模拟雨量站", "station_type": "PP", "fetched_at": since}
    rows.land("station", WATER, **gauge, longitude=105.52, latitude=35.52)


def _dam(rows: Rows, minute: float, millimetres: float) -> None:
    rows.observation(TAILINGS, "DAM", "displacement_z_mm", at(minute), millimetres, unit="mm")


def _polls(rows: Rows, minute: float) -> None:
    """Every source of warnings and earthquakes answers, with nothing new."""
    feeds = rows.all("select feed_id from ops.feed where main_table in ('warning', 'earthquake')")
    for feed in feeds:
        rows.batch(feed["feed_id"], at=at(minute), state="NOT_MODIFIED")


@pytest.fixture(scope="module")
def county(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> County:
    with connect(module_warehouse_url) as conn:
        ledger.register_feeds(conn, registry.load_all().values())
        # what follows is about these promises, whatever the contracts promise today: ten minutes are fresh
        conn.execute('update ops.feed set frequency_s = 60, latency_s = 420, expected = \'{"kind": "polls"}\'')
        conn.execute(
            "update ops.feed set active_until = '2026-01-01' where main_table = 'warning' and feed_id <> %s", (CAP,)
        )
    county = County(settings_for(module_warehouse_url, tmp_path_factory.mktemp("home")))
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        # a settled dam in the rain
        _registers(rows)
        rows.observation(WATER, "RAIN", "rain_mm", at(4), 31, unit="mm")
        _dam(rows, 4, -12)
        _polls(rows, 4)
    assert dbt_runner.invoke(["seed"], settings=county.settings).success
    county.build(5, "+tag:levels", "+one_map_object")
    # the dam's device jumps back below the threshold, within the dead band
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        rows.observation(WATER, "RAIN", "rain_mm", at(9), 0, unit="mm")
        _dam(rows, 9, -9)
        _polls(rows, 9)
    county.build(10)
    # everything has been silent for longer than the hold; what the device measured at minute 8 comes late
    with psycopg.connect(module_warehouse_url) as conn:
        _dam(Rows(conn), 8, -30)
    county.build(100)
    # a warning comes over a works that is graded red; the levels are built twice, the second time from nothing
    with psycopg.connect(module_warehouse_url) as conn:
        rows = Rows(conn)
        area = {"area_wkt": box(105, 35, 106, 36)}
        rows.warning("W", at(109), info={"colour": "orange", "expires_at": at(120)}, area=area, event_at=at(109))
        _polls(rows, 109)
    county.build(110)
    county.build(110, "tag:levels", "one_map_object", "--full-refresh")
    return county


def test_a_settled_dam_turns_red_in_the_rain_and_says_why(county: County) -> None:
    row = county.said[POND, 5]
    assert (row["static_level"], row["dynamic_level"], row["level"]) == ("blue", "red", "red")
    assert "stop work" in row["advice"]
    assert row["as_of"] == at(5)
    driver = row["drivers"][0]
    assert (driver["rule"], driver["level"]) == ("rain_on_settled_dam", "red")
    rain, dam = driver["conditions"]
    found = [(c["evidence"], c["variable"], c["value"], c["unit"], c["threshold"]) for c in (rain, dam)]
    assert found == [
        ("water_regime:RAIN", "rain_mm", 31, "mm", 30),
        ("tailings_monitoring:DAM", "displacement_z_mm", -12, "mm", -10),
    ]
    assert datetime.fromisoformat(dam["observed_at"]) == at(4)
    # the rain was the last condition to come true
    assert datetime.fromisoformat(driver["since"]) == at(4)


def test_it_does_not_flap(county: County) -> None:
    assert county.level(POND, 10) == "red"
    dam = county.said[POND, 10]["drivers"][0]["conditions"][1]
    assert (dam["value"], datetime.fromisoformat(dam["met_at"])) == (-9, at(4))


def test_it_is_unknown_when_all_are_silent(county: County) -> None:
    row = county.said[POND, 100]
    assert (row["dynamic_level"], row["level"]) == ("unknown", "blue")
    reasons = {c["reason"] for d in row["drivers"] for c in d["conditions"] if "reason" in c}
    assert "stale" in reasons


def test_a_build_that_never_comes_shows_as_unknown(county: County) -> None:
    """The rain was last told at minute 9 and is fresh for ten minutes; the view looks at the clock, not the build."""
    assert county.said[POND, 10]["valid_until"] == at(19)


def test_warning_times_static_level_gives_advice(county: County) -> None:
    row = county.said[GRADED, 110]
    rules = {driver["rule"]: driver["level"] for driver in row["drivers"]}
    assert rules == {"warning": "orange", "warning_high_risk_stop_work": "red"}
    assert (row["dynamic_level"], row["valid_until"]) == ("red", at(120))
    assert "stop work" in row["advice"]


def test_the_history_has_one_row_per_change_and_outlives_a_full_build(county: County) -> None:
    """A build with the same outcome adds nothing; --full-refresh at minute 110 took nothing away."""
    episodes = [(e["dynamic_level"], e["known_from"], e["known_to"]) for e in county.rows(HISTORY, POND)]
    forever = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
    assert episodes == [
        ("red", at(5), at(100)),
        ("unknown", at(100), at(110)),
        ("orange", at(110), forever),
    ]


def test_a_late_record_changes_nothing_of_what_was_known(county: County) -> None:
    known = "select level from marts.one_map_object_history where object_id = %s and known_from <= %s and known_to > %s"
    assert county.rows(known, POND, at(8), at(8)) == [{"level": "red"}]
    assert county.rows(known, POND, at(105), at(105)) == [{"level": "blue"}]
    red = county.rows(HISTORY, POND)[0]
    assert red["valid_from"] == at(4)
    assert red["drivers"][0]["conditions"][1]["value"] == -12


def test_the_history_is_written_forwards_only(county: County) -> None:
    before = county.rows(HISTORY, POND)
    county.build(50, "tag:levels")
    assert county.rows(HISTORY, POND) == before
