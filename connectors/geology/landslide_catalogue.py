"""Catalogues of landslides as NASA exports them (GLC, COOLR): what the columns are called and mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any

from connectors.arrow import as_json
from connectors.clock import ClockError, local_to_utc, to_utc
from connectors.geology.landslide import LANDSLIDE
from connectors.geology.slope_table import FORMAT, Row, count, number, text
from connectors.refusal import RefusedError
from connectors.sheet import Cell
from connectors.telling import Told

ALIASES: Mapping[str, tuple[str, ...]] = {
    "event_id": ("event_id", "ev_id", "id"),
    "event_date": ("event_date", "ev_date", "date", "date_"),
    "event_time": ("event_time", "ev_time", "time", "time_"),
    "title": ("event_title", "ev_title"),
    "description": ("event_description", "ev_desc"),
    "category": ("landslide_category", "ls_cat", "landslide_type"),
    "trigger": ("landslide_trigger", "ls_trig", "trigger"),
    "size": ("landslide_size", "ls_size"),
    "setting": ("landslide_setting", "ls_setting"),
    "fatalities": ("fatality_count", "fatalities"),
    "injuries": ("injury_count", "injuries"),
    "longitude": ("longitude", "lon"),
    "latitude": ("latitude", "lat"),
    "location": ("location_description", "loc_desc"),
    "accuracy": ("location_accuracy", "loc_acc"),
    "storm_name": ("storm_name",),
    "country": ("country_name", "ctry_name", "countryname"),
    "country_code": ("country_code", "ctry_code", "countrycode"),
    "region": ("admin_division_name", "div_name", "state/province", "adminname1"),
    "source_name": ("source_name", "src_name"),
    "source_url": ("source_link", "src_link"),
    "updated": ("last_edited_date", "edate", "tstamp"),
}
"""Our name -> the names in the exports of 2018, of COOLR and of before 2016."""
REQUIRED = ("event_id", "event_date", "longitude", "latitude", "category")

KEPT = frozenset(
    {"photo_link", "photos_link", "comments", "notes", "geolocation", "objectid", "hazard_type", "continent_code"}
    | {"event_import_source", "event_import_id", "ev_imp_src", "ev_imp_id", "cat_src", "cat_id", "nearest_places"}
    | {"admin_division_population", "population", "div_pop", "adminname2", "city/town", "near", "distance", "country"}
    | {"gazeteer_closest_point", "gazeteer_distance", "gazetteer_closest_point", "gazetteer_distance", "gaz_point"}
    | {"gaz_dist", "submitted_date", "created_date", "sdate", "cdate", "continentcode", "key_", "version"}
    | {"changeset_id", "formatted_date", "x", "y", "submitted_user", "created_user", "last_edited_user"}
)
"""Columns without one of ours: known, and kept in ``extra``."""
_PERSONS = frozenset({"submitted_user", "created_user", "last_edited_user"})  # account names; not landed
_AMERICAN = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AP])M)?)?", re.IGNORECASE
)
_SHORT_OFFSET = re.compile(r"([+-]\d{2})$")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")
_KM = re.compile(r"(?:Known_within_)?(\d+(?:\.\d+)?)[\s_]*km", re.IGNORECASE)
_EXACT = frozenset({"exact", "known_exactly"})
_WORDS = ("category", "trigger", "size", "setting")
_TEXTS = ("title", "description", "location", "storm_name", "country", "country_code", "region")


def record(row: Row, zone: tzinfo, told: Told) -> dict[str, Any]:
    """One landslide. Raises RefusedError for what its identity, time, place or toll needs."""
    event_id = text(row, "event_id")
    if event_id is None:
        raise RefusedError(f"{FORMAT}.event_id", "the landslide has no event id")
    event_at, precision, extra = _event_at(row, zone)
    accuracy = text(row, "accuracy")
    found: dict[str, Any] = {name: text(row, name) for name in _TEXTS}
    found |= {name: _word(text(row, name)) for name in _WORDS}
    found |= {
        "event_id": event_id,
        "event_at": event_at,
        "event_precision": precision,
        "fatalities": count(row, "fatalities"),
        "injuries": count(row, "injuries"),
        "longitude": number(row, "longitude"),
        "latitude": number(row, "latitude"),
        "accuracy": accuracy,
        "accuracy_km": _accuracy_km(accuracy),
        "source_name": text(row, "source_name"),
        "source_url": text(row, "source_url"),
    }
    try:
        found["updated_at"] = _instant(row["updated"], zone) if "updated" in row else None
    except RefusedError:  # a clock of the catalogue's office: no reason to lose a landslide
        told.add(LANDSLIDE, "updated_at (unreadable)", row["updated"])
        extra["updated"] = row["updated"]
    for name, cell in row.items():
        if name in ALIASES or name.lower() in _PERSONS:
            continue
        extra[name] = cell
        if name.lower() not in KEPT:
            told.add(LANDSLIDE, name, cell)
    return found | {"extra": as_json(extra or None)}


def _event_at(row: Row, zone: tzinfo) -> tuple[datetime, str, dict[str, Any]]:
    """The instant, how precise it is, and the words of a time that is none ("Night").

    Midnight stands for an unknown time of day, unless the column of the time says otherwise.
    """
    day, clock = row.get("event_date"), text(row, "event_time")
    if day is None:
        raise RefusedError(f"{FORMAT}.event_date", "the landslide has no date")
    moment = _instant(day, zone)
    local = moment.astimezone(zone)
    match = _TIME.fullmatch(clock or "")
    if (local.hour, local.minute) != (0, 0):
        return moment, "minute", {}
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        return moment, "day", {"event_time": clock} if clock else {}
    try:
        exact = local_to_utc(local.replace(tzinfo=None, hour=int(match[1]), minute=int(match[2])), zone)
    except ClockError as error:
        raise RefusedError(f"{FORMAT}.event_date", str(error)) from None
    return exact, "minute", {}


def _instant(cell: Cell, zone: tzinfo) -> datetime:
    try:
        if isinstance(cell, date):
            return local_to_utc(cell, zone)
        written = str(cell)
        if american := _AMERICAN.fullmatch(written):
            written = _iso(american)
        return to_utc(_SHORT_OFFSET.sub(r"\1:00", written) if ":" in written else written, zone, date_only=True)
    except ClockError as error:
        raise RefusedError(f"{FORMAT}.event_date", str(error)) from None


def _iso(match: re.Match[str]) -> str:
    """Month first, as the catalogue writes it; two-digit years up to 69 are of this century."""
    month, day, year, hour, minute, second, half = match.groups()
    if len(year) == 2:
        year = f"{20 if int(year) < 70 else 19}{year}"
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half.upper() == "P" else 0)
    return f"{year}-{month}-{day} {hours}:{minute or '00'}:{second or '00'}"


def _word(words: str | None) -> str | None:
    return None if words is None else re.sub(r"[\s/-]+", "_", words.lower())


def _accuracy_km(accuracy: str | None) -> float | None:
    if accuracy is None:
        return None
    match = _KM.fullmatch(accuracy)
    return float(match[1]) if match else 0.0 if accuracy.lower() in _EXACT else None
