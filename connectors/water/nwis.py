"""USGS water data in JSON -> ``observation`` and ``station``: NWIS web services and their successor.

NWIS (``/nwis/iv``, ``/nwis/dv``; WaterML 1.1 as JSON, switched off not before 2027-05-06) sends nested time series, the
Water Data API (OGC API - Features) GeoJSON with one value per feature. Both name a station by its number alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from connectors.clock import zone_named
from connectors.json_text import read_json
from connectors.model import About, Parsed, Payload
from connectors.refusal import RefusedError
from connectors.water import nwis_features
from connectors.water.gathering import TABLES, Gathered, refusal
from connectors.water.series import Block, Point, Series, Site, gather
from connectors.water.usgs_parameters import zone_of

_VALUE = frozenset({"value", "qualifiers", "dateTime"})
_SERIES = frozenset({"sourceInfo", "variable", "values", "name"})


class NwisParser:
    """Options: ``zone`` of daily dates whose site says none (default UTC)."""

    format = "nwis"
    tables: Mapping[str, pa.Schema] = TABLES

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        zone = zone_named(options.get("zone", "UTC"))
        out = Gathered(self.format)
        try:
            document = read_json(payload.body, self.format)
            if isinstance(document, dict) and document.get("type") in {"FeatureCollection", "Feature"}:
                nwis_features.read(document, out, zone)
            else:
                for number, raw in enumerate(_series_of(document), 1):
                    _gather(raw, f"timeSeries[{number}]", out, zone)
        except RefusedError as error:
            return refusal(error)
        return out.parsed()


def _series_of(document: Any) -> list[Any]:
    value = document.get("value") if isinstance(document, dict) else None
    found = value.get("timeSeries") if isinstance(value, dict) else None
    if not isinstance(found, list):
        reason = "the document has neither value.timeSeries (NWIS) nor features (Water Data API)"
        raise RefusedError("nwis.shape", reason)
    return found


def _gather(raw: Any, where: str, out: Gathered, zone: Any) -> None:
    try:
        series = _series(raw, where, out)
    except (RefusedError, AttributeError, LookupError, TypeError, ValueError) as error:
        rule = error.rule.partition(".")[2] if isinstance(error, RefusedError) else "series.shape"
        record = raw if isinstance(raw, dict) and len(str(raw)) < 2000 else None
        out.reject(where, rule, f"the time series cannot be read: {error}", record)
        return
    for name in raw.keys() - _SERIES:
        out.tell(name, raw[name])
        for block in series.blocks:
            for point in block.points:
                point.extra[name] = raw[name]
    gather(series, where, out, zone, _service(series))


def _service(series: Series) -> str:
    return "nwis_dv" if series.statistic.isdigit() and series.statistic not in {"00000", "00011"} else "nwis_iv"


def _series(raw: Any, where: str, out: Gathered) -> Series:
    variable = raw["variable"]
    codes = variable["variableCode"]
    if not codes or not codes[0].get("value"):
        raise RefusedError("nwis.series.parameter", "it has no parameter code")
    statistic = _statistic(variable)
    no_data = variable.get("noDataValue")
    return Series(
        site=_site(raw["sourceInfo"]),
        code=str(codes[0]["value"]),
        name=str(variable.get("variableName", "")),
        unit=(variable.get("unit") or {}).get("unitCode"),
        is_usgs=True,
        statistic=statistic,
        no_data=float(no_data) if isinstance(no_data, int | float) else None,
        blocks=[_block(block, f"{where}/values[{n}]", out) for n, block in enumerate(raw["values"], 1)],
    )


def _statistic(variable: Mapping[str, Any]) -> str:
    options = (variable.get("options") or {}).get("option") or []
    named: Mapping[str, Any] = next((o for o in options if o.get("name", "Statistic") == "Statistic"), {})
    return str(named.get("optionCode") or named.get("value") or "")


def _block(raw: Any, where: str, out: Gathered) -> Block:
    method: Mapping[str, Any] = next(iter(raw.get("method") or []), {})
    points = [_point(value, f"{where}, value {n}", out) for n, value in enumerate(raw["value"], 1)]
    return Block(
        id=str(method.get("methodID", "")),
        description=str(method.get("methodDescription") or "").strip(),
        points=[point for point in points if point is not None],
    )


def _point(raw: Any, where: str, out: Gathered) -> Point | None:
    if not isinstance(raw, dict):
        out.reject(where, "value.shape", "a value is no object", raw)
        return None
    extra: dict[str, Any] = {name: raw[name] for name in raw.keys() - _VALUE}
    for name, value in extra.items():
        out.tell(name, value)
    qualifiers = raw.get("qualifiers")
    if qualifiers:
        extra["qualifiers"] = qualifiers if isinstance(qualifiers, list) else str(qualifiers).split()
    time = raw.get("dateTime")
    return Point(raw.get("value"), None if time is None else str(time), extra=extra)


def _site(raw: Any) -> Site:
    code = raw["siteCode"][0]
    if not code.get("value"):
        raise RefusedError("nwis.series.site", "it has no site number")
    place = (raw.get("geoLocation") or {}).get("geogLocation") or {}
    properties = {p["name"]: p.get("value") for p in raw.get("siteProperty") or [] if p.get("name")}
    zone = ((raw.get("timeZoneInfo") or {}).get("defaultTimeZone") or {}).get("zoneAbbreviation")
    return Site(
        code=str(code["value"]),
        agency=code.get("agencyCode"),
        name=raw.get("siteName"),
        kind=properties.pop("siteTypeCd", None),
        longitude=_degrees(place.get("longitude")),
        latitude=_degrees(place.get("latitude")),
        zone=zone_of(zone) if zone else None,
        extra={**properties, **({"srs": place["srs"]} if place.get("srs") else {})},
    )


def _degrees(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


PARSER = NwisParser()

ABOUT = About(
    title="美国地质调查局水文数据 USGS water data, JSON (NWIS and Water Data API)",
    reads="NWIS instantaneous and daily values as JSON (value.timeSeries), and the GeoJSON of the Water Data API "
    "(continuous, latest-continuous, daily, latest-daily, field-measurements, monitoring-locations).",
    quirks=(
        "Values are strings in feet, cubic feet and inches; they become metres, m3/s and millimetres, exactly.",
        "-999999 and -28316.8 m3/s (the same after somebody's conversion) are missing; other negatives are values.",
        "Two methods of one parameter at one site: the variable of the one that has a description ends in '#' and the "
        "description (reservoir_level_m#radar); of those that are alike the lowest method id keeps the bare name.",
        "In the Water Data API nothing describes a series and pages split them: each variable ends in '#' and the "
        "first eight characters of its time_series_id (discharge_m3_s#627c1745), so that two never share a key.",
        "A daily statistic is part of the variable (discharge_daily_mean_m3_s); its event_at is the end of that day "
        "in the standard time of the site, its interval 24 hours.",
        "Gage height is above the gage's own zero (water_level_m); levels above NGVD 29 and NAVD 88 are variables of "
        "their own (water_level_navd88_m).",
        "Unknown parameters are called usgs_<code> with the unit as it was sent, and are told.",
    ),
    limits=(
        "Dates of the Water Data API's daily values carry no zone: the contract's zone is taken.",
        "Statistics, ratings and water-quality samples are not read.",
        "Service codes and flags (Ice, Eqp) as the USGS publishes them [K].",
    ),
    verified=("recorded replies of NWIS iv", "shapes of the Water Data API in the fixtures of dataretrieval-python"),
)
