"""InSAR point tables, one row per point and one column per date -> ``observation`` (long) and ``station``.

There is no message standard: deliveries agree on the wide shape only. Which column is what, and the unit of the
displacements, can be declared; what is not declared is recognised by the usual names [K].
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from connectors import observation, station
from connectors.arrow import as_json, to_table
from connectors.clock import BEIJING, ClockError, to_utc, zone_named
from connectors.coordinates import CoordinateError, crs_named, is_projected, to_wgs84
from connectors.duplicates import last_wins
from connectors.errors import ConfigurationError
from connectors.model import About, Parsed, Payload, Reject
from connectors.numbers import NotFiniteError, NumberError, to_number
from connectors.refusal import RefusedError
from connectors.sheet import Cell, Formula, read_sheets
from connectors.telling import MISSING, Told
from connectors.text import UndecodableError, is_damaged, is_storable

ABOUT = About(
    title="InSAR 地表形变点表, wide tables of points and dates",
    reads="One point per row with a column per date (`disp_20260101`, `D20260101`, `20260101`, `2026-01-01`) -> long.",
    quirks=(
        "A value that is empty, -9999 or NaN gives no observation; how many is told per file.",
        "Points without an id are called by their coordinates as they are written.",
        "Height, velocity, coherence and the geometry of the line of sight are kept with the point.",
        "Velocities in mm/a, displacements in the declared unit (default mm), positions in the contract's CRS.",
    ),
    limits=(
        "[K] No standard of column names exists: `columns` maps ours (id, x, y, ...) to those of a delivery.",
        "The time of day of an acquisition is not in the table: `event_at` is the start of its day in the zone.",
        "Displacements refer to the first date and the reference point of the delivery; a new delivery may move both.",
    ),
    verified=("own fixtures after the usual deliveries",),
)

FORMAT = "insar_csv"
VARIABLE = "displacement_los_mm"
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "pid", "point_id", "code", "点号", "编号"),
    "x": ("lon", "longitude", "long", "经度", "easting", "x"),
    "y": ("lat", "latitude", "纬度", "northing", "y"),
    "height_m": ("height", "hgt", "elevation", "高程"),
    "velocity_mm_a": ("vel", "velocity", "mean_velocity", "v", "速率", "年均速率"),
    "velocity_sd_mm_a": ("vel_std", "mean_velocity_std", "v_stdev", "std"),
    "coherence": ("coherence", "coh", "temporal_coherence", "相干性"),
    "incidence_deg": ("incidence", "incidence_angle", "inc"),
    "heading_deg": ("heading", "azimuth", "track_angle"),
    "track": ("track", "orbit", "path"),
}
_DATE = re.compile(r"(?:[A-Za-z]+_?)?((?:19|20)\d{2})[-_.]?(\d{2})[-_.]?(\d{2})")
_TO_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
_SENTINELS = frozenset({-9999.0, -99999.0, -32768.0})


@dataclass(frozen=True)
class _Layout:
    """Places of our columns, of the dates with their instants, and of the columns that nobody knows."""

    places: Mapping[str, int]
    dates: Sequence[tuple[int, datetime]]
    unknown: Mapping[int, str]
    width: int


class InsarCsvParser:
    """Options: ``columns`` (ours -> the delivery's), ``displacement_unit`` (mm, cm, m), ``zone`` and ``crs``."""

    format = FORMAT
    tables: Mapping[str, pa.Schema] = {observation.TABLE: observation.SCHEMA, station.TABLE: station.SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        factor = _factor(options)
        try:
            rows = read_sheets(payload.body, FORMAT)[0].rows
            layout = _layout([str(cell or "").strip() for cell in rows[0][1]], options)
        except UndecodableError as error:
            return Parsed({}, [Reject("payload", f"{FORMAT}.encoding", str(error), observation.TABLE)])
        except RefusedError as error:
            return Parsed({}, [Reject("payload", error.rule, str(error), observation.TABLE)])
        crs = str(options.get("crs") or "EPSG:4326")
        points: list[dict[str, Any]] = []
        values: list[dict[str, Any]] = []
        rejects: list[Reject] = []
        told = Told()
        for where, cells in rows[1:]:
            try:
                point, found = _point(layout, cells, crs, told), _values(layout, cells, factor, told)
            except RefusedError as error:
                record = {"cells": [str(cell)[:80] for cell in cells[:12]]}
                rejects.append(Reject(where, error.rule, str(error), observation.TABLE, record))
                continue
            points.append(point)
            values += [{"station_code": point["station_code"], **value} for value in found]
        values, twice = last_wins(values, observation.KEY, observation.TABLE)
        points, _ = last_wins(points, station.KEY, station.TABLE)  # told once, with the values
        tables = {
            observation.TABLE: to_table(observation.SCHEMA, values),
            station.TABLE: to_table(station.SCHEMA, points),
        }
        return Parsed(tables, rejects, [*told.drift(), *twice])


PARSER = InsarCsvParser()


def _factor(options: Mapping[str, Any]) -> float:
    unit = str(options.get("displacement_unit", "mm"))
    if unit not in _TO_MM:
        raise ConfigurationError(
            f"There is no unit of displacement {unit!r}", remedy=f"declare one of {', '.join(_TO_MM)}"
        )
    return _TO_MM[unit]


def _layout(header: list[str], options: Mapping[str, Any]) -> _Layout:
    declared: Mapping[str, str] = options.get("columns") or {}
    plain = [re.sub(r"[(（].*", "", name).strip().lower() for name in header]
    places: dict[str, int] = {}
    for ours, aliases in _ALIASES.items():
        wanted = (str(declared[ours]).lower(),) if ours in declared else aliases
        if found := next((name for name in wanted if name in plain), None):
            places[ours] = plain.index(found)
    dates = _dates(header, set(places.values()), options)
    if missing := [name for name in ("x", "y") if name not in places]:
        reason = f"the header has no column for {', '.join(missing)} (lon, lat or those declared as columns)"
        raise RefusedError(f"{FORMAT}.header", reason)
    if not dates:
        raise RefusedError(f"{FORMAT}.header.dates", "the header has no column of a date such as disp_20260101")
    used = {*places.values(), *(place for place, _ in dates)}
    unknown = {place: name or f"column {place + 1}" for place, name in enumerate(header) if place not in used}
    return _Layout(places, dates, unknown, len(header))


def _dates(header: list[str], taken: set[int], options: Mapping[str, Any]) -> list[tuple[int, datetime]]:
    zone = zone_named(options.get("zone", BEIJING))
    found: list[tuple[int, datetime]] = []
    for place, name in enumerate(header):
        match = _DATE.fullmatch(name)
        if not match or place in taken:
            continue
        try:
            found.append((place, to_utc("-".join(match.groups()), zone, date_only=True)))
        except ClockError as error:
            raise RefusedError(f"{FORMAT}.header.dates", f"the column {name!r} is no date: {error}") from None
    if len({moment for _, moment in found}) < len(found):
        raise RefusedError(f"{FORMAT}.header.dates", "two columns are of the same date")
    return found


def _point(layout: _Layout, cells: list[Cell], crs: str, told: Told) -> dict[str, Any]:
    if len(cells) != layout.width:
        raise RefusedError(f"{FORMAT}.cells", f"the row has {len(cells)} cells, the header {layout.width}")
    for cell in cells:
        if isinstance(cell, Formula):
            raise RefusedError(f"{FORMAT}.formula", f"the cell {cell[:40]!r} is a formula or an error, not data")
        if isinstance(cell, str) and (is_damaged(cell) or not is_storable(cell)):
            raise RefusedError(f"{FORMAT}.damaged", "the text was destroyed by a wrong decoding (U+FFFD, 锟斤拷)")
    x, y = (_number(cells[layout.places[name]], name) for name in ("x", "y"))
    if x is None or y is None:
        raise RefusedError(f"{FORMAT}.coordinates", "the point has no coordinates")
    try:
        longitude, latitude = to_wgs84(x, y, crs_named(crs))
    except CoordinateError as error:
        raise RefusedError(f"{FORMAT}.coordinates", str(error)) from None
    written = [str(cells[layout.places[name]]).strip() for name in ("x", "y")]
    code = str(cells[layout.places["id"]] or "").strip() if "id" in layout.places else ""
    extra: dict[str, Any] = {
        name: _number(cells[place], name)
        for name, place in layout.places.items()
        if name not in {"id", "x", "y", "track"} and cells[place] not in (None, "")
    }
    if "track" in layout.places and cells[layout.places["track"]]:
        extra["track"] = str(cells[layout.places["track"]])
    if is_projected(crs_named(crs)):
        extra |= {"easting_m": x, "northing_m": y}
    for place, name in layout.unknown.items():
        if cells[place] not in (None, ""):
            extra[name] = str(cells[place])
            told.add(station.TABLE, name, cells[place])
    return {
        "station_code": code or ",".join(written),
        "station_name": code or ",".join(written),
        "station_type": "insar",
        "longitude": longitude,
        "latitude": latitude,
        "extra": as_json(extra or None),
    }


def _values(layout: _Layout, cells: list[Cell], factor: float, told: Told) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for place, moment in layout.dates:
        try:
            value = _number(cells[place], VARIABLE)
        except RefusedError as error:
            if not error.rule.endswith(".finite"):
                raise
            value = None
        if value is None or value in _SENTINELS:
            told.add(observation.TABLE, MISSING, cells[place])
            continue
        row = {"variable": VARIABLE, "event_at": moment, "unit": "mm", "source_table": FORMAT}
        found.append({**row, "value": value if factor == 1.0 else float(f"{value * factor:.12g}")})
    return found


def _number(cell: Cell, name: str) -> float | None:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    try:
        return to_number(cell)
    except NotFiniteError as error:
        raise RefusedError(f"{FORMAT}.{name}.finite", str(error)) from None
    except NumberError as error:
        raise RefusedError(f"{FORMAT}.{name}.number", str(error)) from None
