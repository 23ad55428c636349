"""Coordinates as Chinese registers give them -> WGS 84 degrees (EPSG:4326), longitude first.

GCJ-02 (map providers) and BD-09 (Baidu) are shifted by public formulas without a published inverse; it is found
by iteration. Surveyors' coordinates are projected metres, northing first, with the zone number in front of the
easting. A result that is not finite, or far from where its projection is meant for, is refused.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from math import cos, pi, sin, sqrt
from typing import Any

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

_SEMI_MAJOR = 6378245.0  # Krasovsky 1940, which the formula uses whatever the datum
_ECCENTRICITY = 0.00669342162296594323
_BAIDU = pi * 3000.0 / 180.0
_SAME_DATUM = ("World Geodetic System 1984", "China 2000")  # equal to within decimetres
_AREA_MARGIN = 3.0  # degrees: mines do use the zone next door
_NAMES = {
    "wgs84": "EPSG:4326",
    "cgcs2000": "EPSG:4490",
    "2000": "EPSG:4490",
    "国家2000": "EPSG:4490",
    "大地2000": "EPSG:4490",
    "gcj02": "GCJ-02",
    "火星": "GCJ-02",
    "高德": "GCJ-02",
    "腾讯": "GCJ-02",
    "bd09": "BD-09",
    "bd09ll": "BD-09",
    "百度": "BD-09",
}


class CoordinateError(ValueError):
    """Coordinates that cannot be placed; ``str(error)`` says why."""


def crs_named(text: str) -> str:
    """The one spelling of a declared reference system: ``GCJ-02``, ``BD-09`` or ``EPSG:nnnn``.

    CoordinateError for an unknown name, and for datums (1980 西安, 1954 北京) that need local parameters.
    """
    key = re.sub(r"[\s_\-()（）]|坐标系|坐标|国家大地", "", text).lower()
    if key in _NAMES:
        return _NAMES[key]
    code = re.fullmatch(r"(?:epsg:?)?(\d{4,5})", key)
    if not code:
        raise CoordinateError(f"the reference system {text!r} is not known; declare an EPSG code, GCJ-02 or BD-09")
    name = f"EPSG:{code.group(1)}"
    _crs(name)
    return name


def is_projected(crs: str) -> bool:
    """True if ``crs`` (as :func:`crs_named` spells it) gives metres, not degrees."""
    return crs.startswith("EPSG:") and bool(_crs(crs).is_projected)


def to_wgs84(x: float, y: float, crs: str) -> tuple[float, float]:
    """(longitude, latitude) in degrees of a point in ``crs``; x is longitude or easting, y latitude or northing.

    Raises CoordinateError if the system is unknown or the result is not a place it is meant for.
    """
    name = crs_named(crs)
    if is_projected(name):
        return projected_to_wgs84(y, x, name)
    if not (abs(x) <= 180 and abs(y) <= 90):
        raise CoordinateError(f"({x}, {y}) are not degrees of longitude and latitude")
    if name == "GCJ-02":
        return gcj02_to_wgs84(x, y)
    if name == "BD-09":
        return gcj02_to_wgs84(*bd09_to_gcj02(x, y))
    return x, y


def projected_to_wgs84(northing: float, easting: float, crs: str) -> tuple[float, float]:
    """(longitude, latitude) of projected metres, given in the order of the registers: northing first."""
    west, south, east, north = _area(crs)
    longitude, latitude = _transformer(crs).transform(easting, northing)
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        raise CoordinateError(f"northing {northing}, easting {easting} is no place in {crs}: are they swapped?")
    if not (west <= longitude <= east and south <= latitude <= north):
        raise CoordinateError(
            f"northing {northing}, easting {easting} lies outside the area of {crs}: is it the right zone and prefix?"
        )
    return longitude, latitude


def in_china(longitude: float, latitude: float) -> bool:
    """The bounding box in which GCJ-02 shifts; outside it GCJ-02 is WGS 84."""
    return 72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271


def wgs84_to_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    if not in_china(longitude, latitude):
        return longitude, latitude
    x, y = longitude - 105.0, latitude - 35.0
    wave = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + wave
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + wave
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    radians = latitude / 180.0 * pi
    squash = 1 - _ECCENTRICITY * sin(radians) ** 2
    meridian = _SEMI_MAJOR * (1 - _ECCENTRICITY) / (squash * sqrt(squash))
    parallel = _SEMI_MAJOR / sqrt(squash) * cos(radians)
    return longitude + east * 180.0 / (parallel * pi), latitude + north * 180.0 / (meridian * pi)


def gcj02_to_wgs84(longitude: float, latitude: float) -> tuple[float, float]:
    """The inverse, to better than 1e-9 degrees (0.1 mm): the shift changes so slowly that a few steps are enough."""
    if not in_china(longitude, latitude):
        return longitude, latitude
    x, y = longitude, latitude
    for _ in range(20):
        shifted_x, shifted_y = wgs84_to_gcj02(x, y)
        step_x, step_y = longitude - shifted_x, latitude - shifted_y
        x, y = x + step_x, y + step_y
        if abs(step_x) < 1e-10 and abs(step_y) < 1e-10:
            break
    return x, y


def bd09_to_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """The inverse of Baidu's second shift, by iteration like the first."""
    if not in_china(longitude, latitude):
        return longitude, latitude
    x, y = longitude - 0.0065, latitude - 0.006
    for _ in range(20):
        shifted_x, shifted_y = gcj02_to_bd09(x, y)
        step_x, step_y = longitude - shifted_x, latitude - shifted_y
        x, y = x + step_x, y + step_y
        if abs(step_x) < 1e-10 and abs(step_y) < 1e-10:
            break
    return x, y


def gcj02_to_bd09(longitude: float, latitude: float) -> tuple[float, float]:
    if not in_china(longitude, latitude):
        return longitude, latitude
    radius = sqrt(longitude**2 + latitude**2) + 0.00002 * sin(latitude * _BAIDU)
    angle = math.atan2(latitude, longitude) + 0.000003 * cos(longitude * _BAIDU)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


@lru_cache(maxsize=64)
def _crs(name: str) -> Any:
    try:
        crs = CRS.from_user_input(name)
    except CRSError as error:
        raise CoordinateError(f"{name} is not a reference system that PROJ knows") from error
    datum = crs.geodetic_crs.datum.name if crs.geodetic_crs else ""
    if not datum.startswith(_SAME_DATUM):
        raise CoordinateError(f"{name} ({datum}) needs local parameters; ask the owner for CGCS2000 coordinates")
    return crs


@lru_cache(maxsize=64)
def _transformer(name: str) -> Any:
    return Transformer.from_crs(_crs(name), CRS.from_epsg(4326), always_xy=True)


@lru_cache(maxsize=64)
def _area(name: str) -> tuple[float, float, float, float]:
    bounds = _crs(name).area_of_use.bounds
    return bounds[0] - _AREA_MARGIN, bounds[1] - _AREA_MARGIN, bounds[2] + _AREA_MARGIN, bounds[3] + _AREA_MARGIN
