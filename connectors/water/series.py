"""Time series of WaterML 1.x, the same in its XML and its JSON dress -> observations and stations.

Two methods of one parameter at one site (a bubbler and a radar, say) must not share a key: see :func:`_labels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from connectors.clock import ClockError, to_utc
from connectors.refusal import RefusedError
from connectors.water.gathering import Gathered, Row
from connectors.water.quantities import Measure, known_quantity, measure, slug
from connectors.water.usgs_parameters import INSTANTANEOUS, measure_of

DAY = timedelta(days=1)
_DATA_TYPES = {"average": "mean", "maximum": "max", "minimum": "min", "cumulative": "total", "median": "median"}
_WATER = ("surface water", "groundwater", "ground water", "sea water", "water")


@dataclass(frozen=True)
class Site:
    """A place as the reply describes it; ``zone`` is its standard time, where it says one."""

    code: str
    agency: str | None = None
    name: str | None = None
    kind: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    zone: tzinfo | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Point:
    """One value. ``utc`` (without a zone mark) goes before ``time``, ``offset`` is that of a naive ``time``."""

    value: Any
    time: str | None
    utc: str | None = None
    offset: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Block:
    """The values of one method; ``id`` tells it from others, ``description`` is empty for the usual one."""

    id: str
    description: str
    points: list[Point]


@dataclass
class Series:
    """One parameter at one site; ``is_usgs`` says that ``code`` is a parameter code of the USGS."""

    site: Site
    code: str
    name: str
    unit: str | None
    is_usgs: bool
    statistic: str = ""
    medium: str = ""
    no_data: float | None = None
    blocks: list[Block] = field(default_factory=list)


def gather(series: Series, where: str, out: Gathered, zone: tzinfo, source_table: str) -> None:
    """Everything that ``series`` holds; ``zone`` is meant where neither a value nor its site says one."""
    out.station(where, _station(series.site))
    for block, label in zip(series.blocks, _labels(series), strict=True):
        variable = _measure(series, label)
        no_data = _converted_mark(variable) if series.no_data == -999999.0 else None
        for number, point in enumerate(block.points, 1):
            place = f"{where}, value {number}"
            try:
                event_at, hours = _moment(point, series, zone, out.format_name)
            except RefusedError as error:
                out.refused(place, error, {"time": point.time, "value": str(point.value), "site": series.site.code})
                continue
            row: Row = {
                "station_code": series.site.code,
                "event_at": event_at,
                "interval_h": hours,
                "owner_code": series.site.agency,
                "source_table": source_table,
                "extra": _extra(series, block, point),
            }
            raw = None if no_data is not None and _is_about(point.value, no_data) else point.value
            out.value(place, raw, variable, row, series.no_data)


def _station(site: Site) -> Row:
    return {
        "station_code": site.code,
        "station_name": site.name,
        "station_type": site.kind,
        "longitude": site.longitude,
        "latitude": site.latitude,
        "authority": site.agency,
        "extra": site.extra or None,
    }


def _labels(series: Series) -> Sequence[str]:
    """What distinguishes the blocks in the variable's name: the method's description where the USGS gives one.

    Blocks that it leaves alike are ordered by method id: the first keeps the bare name, the others get their id.
    """
    plain = [slug(block.description) if series.is_usgs else "" for block in series.blocks]
    plain = ["" if label == _statistic_word(series) else label for label in plain]
    order = sorted(range(len(plain)), key=lambda i: (len(series.blocks[i].id), series.blocks[i].id))
    seen: set[str] = set()
    labels = list(plain)
    for index in order:
        if plain[index] in seen and series.blocks[index].id:
            labels[index] = f"{plain[index]}_{slug(series.blocks[index].id)}".strip("_")
        seen.add(plain[index])
    return labels


def _statistic_word(series: Series) -> str:
    return slug(series.statistic)


def _measure(series: Series, label: str) -> Measure:
    if series.is_usgs:
        return measure_of(series.code, series.unit, series.statistic, label)
    quantity = known_quantity(series.name)
    if slug(series.name) == "temperature":
        medium = series.medium.lower()
        quantity = "water_temperature" if medium in _WATER else "air_temperature" if medium == "air" else None
    kind = _DATA_TYPES.get(series.statistic.lower())
    own = f"{series.name or series.code} {kind or ''}"
    found = measure(f"{quantity}_{kind}" if quantity and kind else quantity, own, series.unit)
    return Measure(**{**vars(found), "variable": f"{found.variable}#{label}"}) if label else found


def _converted_mark(variable: Measure) -> float | None:
    """What -999999 ft3/s becomes in the hands of a client that converts units before it looks: -28316.8 m3/s."""
    return -28316.8 if variable.unit == "m3/s" and variable.converted is None else None


def _is_about(value: Any, mark: float) -> bool:
    try:
        return abs(float(value) - mark) < 0.05
    except (TypeError, ValueError):
        return False


def _moment(point: Point, series: Series, zone: tzinfo, format_name: str) -> tuple[datetime, float | None]:
    """(instant, hours): a statistic of a day, which has no time of day, is known at its end."""
    if not point.time and not point.utc:
        raise RefusedError(f"{format_name}.value.time", "the value has no time")
    text = (point.time or "").strip()
    try:
        if point.utc:
            return to_utc(point.utc, UTC), None
        if point.offset and "+" not in text and text.count("-") == 2 and not text.endswith("Z"):
            text += point.offset
        moment = to_utc(text, series.site.zone or zone, date_only=True)
    except ClockError as error:
        raise RefusedError(f"{format_name}.value.time", str(error)) from error
    is_naive = "Z" not in text and "+" not in text and text.count("-") == 2
    if series.is_usgs and is_naive and series.statistic not in INSTANTANEOUS:
        return moment + DAY, 24.0
    return moment, None


def _extra(series: Series, block: Block, point: Point) -> dict[str, Any]:
    extra = {"parameter": series.code, **point.extra}
    if block.description:
        extra["method"] = block.description
    if block.id and len(series.blocks) > 1:
        extra["method_id"] = block.id
    return extra
