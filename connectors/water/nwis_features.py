"""Features of the USGS Water Data API (OGC API - Features): one value or one place each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from connectors.clock import ClockError, to_utc
from connectors.coordinates import CoordinateError, to_wgs84
from connectors.refusal import RefusedError
from connectors.water.gathering import Gathered, Row
from connectors.water.quantities import slug
from connectors.water.usgs_parameters import INSTANTANEOUS, measure_of

_FOOT = 0.3048
_SQUARE_MILE = 2.589988110336  # km2
_VALUE = {"monitoring_location_id", "parameter_code", "time", "value"}
_PLACE = {"monitoring_location_number", "monitoring_location_name"}
_KNOWN_VALUE = frozenset(
    {"approval_status", "id", "last_modified", "qualifier", "statistic_id", "time_series_id", "unit_of_measure"}
    | {"method_category", "day", "month", "year", "time_of_day", "reading_type", "vertical_datum", "control_condition"}
    | {"field_measurements_series_id", "field_visit_id", "measurement_rated", "measuring_agency"}
    | {"observing_procedure", "observing_procedure_code", "internal_id", "daily_id", "continuous_id", "parameter_name"}
    | _VALUE
)
_LOST_IN_COLUMNS = _VALUE | {"statistic_id", "unit_of_measure", "last_modified", "id", "day", "month", "year"}
_KNOWN_PLACE = frozenset(
    {"agency_code", "agency_name", "altitude", "altitude_accuracy", "altitude_method_code", "altitude_method_name"}
    | {"aquifer_code", "aquifer_type_code", "basin_code", "construction_date", "contributing_drainage_area"}
    | {"country_code", "country_name", "county_code", "county_name", "depth_source_code", "district_code"}
    | {"drainage_area", "hole_constructed_depth", "horizontal_position_method_code", "revision_created", "data_types"}
    | {"horizontal_position_method_name", "horizontal_positional_accuracy", "horizontal_positional_accuracy_code"}
    | {"hydrologic_unit_code", "id", "last_modified", "minor_civil_division_code", "national_aquifer_code"}
    | {"original_horizontal_datum", "original_horizontal_datum_name", "site_type", "site_type_code", "state_code"}
    | {"state_name", "time_zone_abbreviation", "uses_daylight_savings", "vertical_datum", "vertical_datum_name"}
    | {"well_constructed_depth", "revision_note", "revision_modified", "time_zone"}
    | _PLACE
)


def read(document: Mapping[str, Any], out: Gathered, zone: tzinfo) -> None:
    """Every feature of a reply. Raises RefusedError where none of them is of a collection that is read."""
    features = [document] if document.get("type") == "Feature" else document.get("features")
    if not isinstance(features, list):
        raise RefusedError("nwis.shape", "the collection has no list of features")
    if not features and "numberReturned" not in document:
        reason = "an empty collection without numberReturned is not a reply of the Water Data API"
        raise RefusedError("nwis.shape", reason)
    readable = [_kind(feature) for feature in features]
    if features and not any(readable):
        raise RefusedError("nwis.collection.unknown", "the features are neither water values nor monitoring locations")
    for number, (feature, kind) in enumerate(zip(features, readable, strict=True), 1):
        where = f"features[{number}]"
        try:
            if kind is None:
                raise RefusedError("nwis.feature.shape", "the feature is neither a water value nor a location")
            (_value if kind == "value" else _place)(feature, where, out, zone)
        except RefusedError as error:
            out.refused(where, error, feature)


def _kind(feature: Any) -> str | None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return None
    if properties.keys() >= _VALUE:
        return "value"
    return "place" if properties.keys() >= _PLACE and "parameter_code" not in properties else None


def _value(feature: Mapping[str, Any], where: str, out: Gathered, zone: tzinfo) -> None:
    said = feature["properties"]
    agency, station = _identity(said["monitoring_location_id"])
    event_at, hours = _moment(said, zone)
    series = str(said.get("time_series_id") or said.get("field_measurements_series_id") or "")
    variable = measure_of(
        str(said["parameter_code"]), said.get("unit_of_measure") or None, str(said.get("statistic_id") or "")
    )
    if series:
        variable = replace(variable, variable=f"{variable.variable}#{slug(series)[:8]}")
    extra = {name: value for name, value in said.items() if name not in _LOST_IN_COLUMNS and value not in (None, "")}
    for name in extra.keys() - _KNOWN_VALUE:
        out.tell(name, extra[name])
    row: Row = {
        "station_code": station,
        "event_at": event_at,
        "interval_h": hours,
        "owner_code": agency,
        "source_table": "water_data_daily" if hours else "water_data",
        "issued_at": _modified(said),
        "extra": {"parameter": said["parameter_code"], **extra},
    }
    out.value(where, said["value"], variable, row)


def _identity(text: Any) -> tuple[str | None, str]:
    """``USGS-01646500`` -> agency and number: NWIS, which these collections succeed, names stations by the number."""
    agency, dash, number = str(text or "").rpartition("-")
    if not number:
        raise RefusedError("nwis.feature.station", "the feature names no monitoring location")
    return (agency if dash else None), number


def _moment(said: Mapping[str, Any], zone: tzinfo) -> tuple[datetime, float | None]:
    """(instant, hours). A daily statistic is known at the end of its day; field visits write date and time apart."""
    text, clock = str(said["time"] or ""), said.get("time_of_day")
    if clock and "T" not in text:
        text = f"{text}T{clock}"
    is_day = len(text) == len("2026-08-10")
    try:
        moment = to_utc(text, zone, date_only=is_day)
    except ClockError as error:
        raise RefusedError("nwis.value.time", str(error)) from error
    if is_day and str(said.get("statistic_id") or "") not in INSTANTANEOUS:
        return moment + timedelta(days=1), 24.0
    return moment, None


def _modified(said: Mapping[str, Any]) -> datetime | None:
    text = said.get("last_modified")
    try:
        return to_utc(str(text), UTC) if text else None
    except ClockError:
        return None


def _place(feature: Mapping[str, Any], where: str, out: Gathered, zone: tzinfo) -> None:
    del zone
    said = feature["properties"]
    geometry = feature.get("geometry")
    longitude, latitude = _point(geometry)
    extra = {
        name: value
        for name, value in said.items()
        if name not in {*_PLACE, "id", "agency_code", "site_type", "last_modified"} and value not in (None, "")
    }
    for name in extra.keys() - _KNOWN_PLACE:
        out.tell(name, extra[name], "station")
    out.station(
        where,
        {
            "station_code": str(said["monitoring_location_number"]),
            "station_name": said["monitoring_location_name"],
            "station_type": said.get("site_type"),
            "longitude": longitude,
            "latitude": latitude,
            "datum_name": said.get("vertical_datum"),
            "datum_elevation_m": _metres(said.get("altitude"), _FOOT),
            "catchment_km2": _metres(said.get("drainage_area"), _SQUARE_MILE),
            "authority": said.get("agency_code"),
            "modified_at": _modified(said),
            "extra": extra,
        },
    )


def _point(geometry: Any) -> tuple[float | None, float | None]:
    try:
        x, y = geometry["coordinates"][:2]
        return to_wgs84(float(x), float(y), "EPSG:4326")
    except (TypeError, KeyError, ValueError, CoordinateError):
        return None, None


def _metres(value: Any, factor: float) -> float | None:
    return float(f"{value * factor:.12g}") if isinstance(value, int | float) else None
