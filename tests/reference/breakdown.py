"""Coverage by county and industry: what metric_coverage_breakdown_daily adds up."""

from __future__ import annotations

from collections import defaultdict

from tests.reference.availability import Row, availability
from tests.reference.history import DAY, History
from tests.reference.timeliness import percent

LIVE = ("full", "partial_high", "over_reporting")
CLASSES = (*LIVE, "partial_low", "silent", "pending", "not_expected", "no_schedule")
SUMS = (
    "expected_slots", "received_slots", "live_slots", "in_time_slots", "pending_slots", "excluded_slots", "n_records",
    "unexpected_records",
)  # fmt: skip


def breakdown(history: History, as_of: float) -> dict[tuple[object, ...], Row]:
    """Rows by day, county and industry."""
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for (_, day), row in availability(history, as_of, DAY).items():
        county = str(row["region_code"])[:6] if row["region_code"] else "unknown"
        groups[day, county, row["industry"] or "none"].append(row)
    return {key: _sum(rows) for key, rows in groups.items()}


def _sum(rows: list[Row]) -> Row:
    sums = {name: sum(int(str(row[name])) for row in rows) for name in SUMS}
    slots = [sum(int(str(row[name])) for name in ("expected_slots", "pending_slots", "excluded_slots")) for row in rows]
    classes = [row["class"] for row in rows]
    return {
        "department": rows[0]["department"],
        "n_points": sum(bool(row["is_in_use"]) for row in rows),
        "n_entities": sum(n > 0 for n in slots),
        "n_live": sum(c in LIVE for c in classes),
        **{f"n_{name}": classes.count(name) for name in CLASSES},
        "n_unknown_entities": classes.count("unknown_entity"),
        **sums,
        "coverage_pct": percent(sums["received_slots"], sums["expected_slots"]),
        "in_time_pct": percent(sums["in_time_slots"], sums["live_slots"]),
    }
