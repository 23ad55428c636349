"""SQL against a second implementation in plain Python (tests/reference), over histories drawn at random.

Many histories land in one warehouse as many feeds, because a build costs far more than a history. They are built as of
one moment; then more of each becomes known (late, revised, other contracts, other points) and only what the batches
touched is built; then everything is built from nothing. Each time all rows and columns must be what Python says.

RISKMAP_HISTORIES says how many are drawn, RISKMAP_SEED which; a release tries a thousand.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import pytest
from dbt_rows import SHANGHAI, settings_for
from reference_rows import local_second, moment, read, write, write_loops

from riskmap import dbt_runner
from riskmap.settings import REPOSITORY, Settings
from tests.reference.availability import Row, availability, coverage
from tests.reference.breakdown import breakdown
from tests.reference.events import answered_late, draw
from tests.reference.history import DAY, HOUR, History
from tests.reference.loops import Promise, closed_loops, draw_loops
from tests.reference.service import sla_days, sla_hours
from tests.reference.timeliness import rounded_percentile, timeliness

pytestmark = pytest.mark.dbt

HISTORIES = int(os.environ.get("RISKMAP_HISTORIES", "24"))
SEED = os.environ.get("RISKMAP_SEED", "22")
AT_ONCE = 100
LOOP_PROMISES = REPOSITORY / "dbt/seeds/loop_promise.csv"
PROMISED_MIN = ("respond_within_min", "dispose_within_min", "close_after_min")
KEPT_DAYS = 35  # availability_hours_days of dbt_project.yml

# the day after a month's end, with half of the histories' last days before it
FIRST_AS_OF = local_second(datetime(2026, 3, 1, 14, 0, 20, tzinfo=SHANGHAI))
LAST_AS_OF = FIRST_AS_OF + 17 * HOUR
Rows = dict[tuple[object, ...], Row]


@dataclass(frozen=True)
class Metric:
    """A table, its key beside the feed, what Python says that it holds, and which of these columns it lacks.

    ``is_settled``: where hours of points are no longer kept, only a full build judges anew.
    """

    table: str
    key: tuple[str, ...]
    wanted: Callable[[History, float], Rows]
    lacks: tuple[str, ...] = ()
    is_settled: bool = False


def _point_hours(history: History, as_of: float) -> Rows:
    """Hours are kept for so many days; older ones count only in their days."""
    rows = availability(history, as_of, HOUR)
    first = _first_kept(as_of)
    return {(hour, code): row for (code, hour), row in rows.items() if isinstance(hour, float) and hour >= first}


def _point_days(history: History, as_of: float) -> Rows:
    return {
        (day, code): row | {"is_live": row["class"] in {"full", "over_reporting", "partial_high"}}
        for (code, day), row in availability(history, as_of, DAY).items()
    }


def _hours(history: History, as_of: float) -> Rows:
    return timeliness(history, as_of, HOUR)


def _days(history: History, as_of: float) -> Rows:
    """Percentiles of a day are of the delays as the hours keep them, which are at most so much off."""
    rows = timeliness(history, as_of, DAY)
    for row in rows.values():
        for name in ("p50_s", "p90_s", "p95_s", "p99_s"):
            exact, kept = row[name], rounded_percentile(row, name)
            assert exact == kept or abs(exact - kept) <= max(0.5, 0.005 * exact)  # type: ignore[operator,type-var,arg-type]
            row[name] = kept
    return rows


DESCRIBED = ("department", "region_code", "credit_code", "industry", "category")
METRICS = (
    Metric("metric_availability_hourly", ("hour_at", "point_code"), _point_hours, DESCRIBED),
    Metric("metric_availability_daily", ("day", "point_code"), _point_days),
    Metric("metric_coverage_daily", ("day",), coverage),
    Metric("metric_coverage_breakdown_daily", ("day", "region_code", "industry"), breakdown),
    Metric("metric_timeliness_hourly", ("hour_at", "leg"), _hours, ("department", "within_promise_pct")),
    Metric("metric_timeliness_daily", ("day", "leg"), _days, ("delays_s", "delay_counts")),
    Metric("metric_sla_hourly", ("hour_at", "promise"), sla_hours, is_settled=True),
    Metric("metric_sla_daily", ("day", "promise"), sla_days, is_settled=True),
)
DIMENSIONS = ("dim_feed", "dim_feed_version", "dim_monitoring_point", "metric_exclusion")
MODELS = ("int_coverage__obligation", "int_sla__settled_hour", *(metric.table for metric in METRICS))


def test_sql_agrees_with_python(empty_metrics: Settings, first_number: int, capsys: pytest.CaptureFixture[str]) -> None:
    histories = _histories(first_number, min(AT_ONCE, HISTORIES - first_number))
    n_cells = 0
    for as_of, is_full in ((FIRST_AS_OF, True), (LAST_AS_OF, False), (LAST_AS_OF, True)):
        known = [history.known(as_of) for history in histories if history.versions[0].valid_from <= as_of]
        with psycopg.connect(empty_metrics.database_url) as conn:
            write(conn, known)
        new = [n for history in histories for n in _landed_between(history, FIRST_AS_OF, LAST_AS_OF)]
        _build(empty_metrics, as_of, None if is_full else new)
        with psycopg.connect(empty_metrics.database_url) as conn:
            for metric in METRICS:
                n_cells += _compare(conn, metric, known, as_of, "full" if is_full else "incremental")
    with capsys.disabled():
        print(f" {len(histories)} histories of seed {SEED}, {n_cells} cells compared, no difference", end="")  # noqa: T201


def test_loops_agree_with_python(empty_metrics: Settings) -> None:
    loops = draw_loops(SEED, LAST_AS_OF, 60 * HISTORIES)
    promised = {
        row["grade"]: Promise(*(float(row[name]) for name in PROMISED_MIN))
        for row in csv.DictReader(LOOP_PROMISES.open(encoding="utf-8"))
        if row["loop_kind"] == "hidden_danger"
    }
    with psycopg.connect(empty_metrics.database_url) as conn:
        write_loops(conn, loops)
    _dbt(empty_metrics, LAST_AS_OF, None, ("loop_promise", "int_closed_loop__stage", "metric_closed_loop"))
    key = ("opened_on", "loop_kind", "region_code", "grade", "stage")
    with psycopg.connect(empty_metrics.database_url) as conn:
        found = read(conn, "select '' as feed_id, * from metrics.metric_closed_loop", key)[""]
    wanted = closed_loops(loops, LAST_AS_OF, promised)
    for cell in sorted({*wanted, *found}, key=str):
        about = [loop for loop in loops if (loop.opened_at // DAY * DAY, loop.kind) == cell[:2]]
        difference = _difference(wanted.get(cell), found.get(cell))
        assert difference is None, f"seed {SEED}, {cell}: {difference}\n" + "\n".join(map(str, about[:20]))


@pytest.fixture(params=range(0, HISTORIES, AT_ONCE))
def first_number(request: pytest.FixtureRequest) -> int:
    """Where a portion of the histories begins: one warehouse is to hold no more than AT_ONCE."""
    return int(request.param)


@pytest.fixture(scope="module")
def empty_metrics(module_warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse without any history, in which dimensions and metrics stand, empty."""
    settings = settings_for(module_warehouse_url, tmp_path_factory.mktemp("home"))
    _dbt(settings, FIRST_AS_OF, None, [f"+{name}" for name in (*DIMENSIONS, *MODELS)])
    with psycopg.connect(module_warehouse_url) as conn:
        # records of any feed may be landed
        conn.execute("create table landing.observation_reference partition of landing.observation default")
    return settings


def _histories(first: int, n: int) -> list[History]:
    numbers = range(first, first + n)
    drawn = [draw(f"{SEED}.{i}", f"h{i:04}", LAST_AS_OF, first_batch=1 + 10_000 * i) for i in numbers]
    return [*drawn, answered_late("late", FIRST_AS_OF, LAST_AS_OF, first_batch=1 + 10_000 * (first + n))]


def _landed_between(history: History, after: float, until: float) -> Iterator[int]:
    """What a build is given to publish. An answer without news is a poll, but nothing that must be published."""
    return (b.number for b in history.batches if after < b.committed_at <= until and b.state == "LANDED")


def _build(settings: Settings, as_of: float, batch_ids: list[int] | None) -> None:
    _dbt(settings, as_of, batch_ids, MODELS)


def _dbt(settings: Settings, as_of: float, batch_ids: list[int] | None, selection: Sequence[str]) -> None:
    at = moment(as_of)
    assert at is not None
    variables = json.dumps({"as_of": at.isoformat(), "batch_ids": batch_ids})
    full = ["--full-refresh"] if batch_ids is None else []
    command = ["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    result = dbt_runner.invoke([*command, "--vars", variables, *full, "--select", *selection], settings=settings)
    bad = [f"{n['name']}: {n['message']}" for n in result.nodes if n["status"] not in {"success", "pass"}]
    assert result.success, "\n".join(bad)


def _compare(conn: psycopg.Connection[Any], metric: Metric, known: Sequence[History], as_of: float, build: str) -> int:
    """How many cells were compared; fails with the first that differs, and all that happened to it."""
    found = read(conn, f"select * from metrics.{metric.table} order by feed_id", metric.key)
    n_cells = 0
    for history in known:
        wanted, got = _without(metric.wanted(history, as_of), metric.lacks), found.get(history.feed_id, {})
        for key in sorted({*wanted, *got}, key=str):
            if metric.is_settled and build == "incremental" and _begin(key) < _first_kept(as_of):
                continue
            difference = _difference(wanted.get(key), got.get(key))
            if difference:
                pytest.fail(f"{metric.table}, {build} build: {difference}\n{_story(history, metric, key, as_of)}")
            n_cells += len(wanted[key])
    return n_cells


def _without(rows: Rows, columns: Sequence[str]) -> Rows:
    return {key: {name: row[name] for name in row if name not in columns} for key, row in rows.items()}


def _difference(wanted: Row | None, got: Row | None) -> str | None:
    if wanted is None or got is None:
        return f"Python has {wanted}\nSQL has {got}"
    assert set(wanted) == set(got), f"columns are not the same: {set(wanted) ^ set(got)}"
    told = [
        f"{name}: Python {wanted[name]}, SQL {got[name]}" for name in wanted if not _is_same(wanted[name], got[name])
    ]
    return "\n".join(told) or None


def _is_same(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, float) and isinstance(got, (int, float)):
        return math.isclose(wanted, got, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(wanted, list) and isinstance(got, list):
        return len(wanted) == len(got) and all(map(_is_same, wanted, got))
    return bool(wanted == got)


def _begin(key: tuple[object, ...]) -> float:
    return next(k for k in key if isinstance(k, float))


def _first_kept(as_of: float) -> float:
    """The first day whose hours of points are kept."""
    return as_of // DAY * DAY - KEPT_DAYS * DAY


def _story(history: History, metric: Metric, key: tuple[object, ...], as_of: float) -> str:
    """What is needed to find the fault: the seed, the promises and entries, the records near the cell."""
    begin = _begin(key)
    length_s = HOUR if "hour_at" in metric.key else DAY
    near = [
        r for r in history.records if begin - DAY <= r.event_at < begin + length_s + DAY and r.point in {*key, r.point}
    ]
    lines = [
        f"history {history.seed} (feed {history.feed_id}) as of {_clock(as_of)}, cell {_clock(begin)} {key}",
        f"activated {_clock(history.activated_at)}, until {_clock(history.active_until)}",
        *(f"{_clock(v.valid_from)} to {_clock(v.valid_to)}: {v}" for v in history.versions),
        *(f"{_clock(e.valid_from)} to {_clock(e.valid_to)}: {e}" for e in history.entries if e.point in key),
        *(f"{_clock(e.excluded_from)} to {_clock(e.excluded_to)}: {e}" for e in history.exclusions),
        *(f"{_clock(r.event_at)}: {r}" for r in near[:15]),
    ]
    return "\n".join(lines)


def _clock(local_s: float | None) -> str:
    at = moment(local_s)
    return "-" if at is None else at.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S.%f")[:-4]
