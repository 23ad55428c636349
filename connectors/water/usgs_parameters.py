"""Codes of the US Geological Survey: parameters (what and in which unit), statistics of daily values, zones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

from connectors.water.quantities import Measure, measure, slug

# code -> (our quantity, the unit that the code itself fixes; RDB says no other)
PARAMETERS: dict[str, tuple[str, str]] = {
    "00010": ("water_temperature", "deg C"),
    "00011": ("water_temperature", "deg F"),
    "00020": ("air_temperature", "deg C"),
    "00021": ("air_temperature", "deg F"),
    "00025": ("pressure", "mm/Hg"),
    "00035": ("wind_speed", "mph"),
    "00036": ("wind_direction", "deg"),
    "00045": ("rain", "in"),
    "00052": ("relative_humidity", "%"),
    "00054": ("reservoir_storage", "ac-ft"),
    "00055": ("velocity", "ft/s"),
    "00060": ("discharge", "ft3/s"),
    "00061": ("discharge", "ft3/s"),
    "00062": ("reservoir_level", "ft"),
    "00065": ("water_level", "ft"),
    "00095": ("conductivity", "uS/cm @25C"),
    "00300": ("dissolved_oxygen", "mg/l"),
    "00301": ("dissolved_oxygen_saturation", "% saturatn"),
    "00400": ("ph", "std units"),
    "62608": ("solar_radiation", "W/m2"),
    "62610": ("groundwater_level_ngvd29", "ft"),
    "62611": ("groundwater_level_navd88", "ft"),
    "62614": ("reservoir_level_ngvd29", "ft"),
    "62615": ("reservoir_level_navd88", "ft"),
    "62619": ("tide_level_ngvd29", "ft"),
    "62620": ("tide_level_navd88", "ft"),
    "63158": ("water_level_ngvd29", "ft"),
    "63160": ("water_level_navd88", "ft"),
    "63680": ("turbidity", "FNU"),
    "70969": ("battery", "volts"),
    "72019": ("groundwater_depth", "ft"),
    "72020": ("reservoir_level_ngvd29", "ft"),
    "72137": ("discharge_tidally_filtered", "ft3/s"),
    "72147": ("sensor_depth", "ft"),
    "72255": ("velocity_mean", "ft/s"),
    "80154": ("suspended_sediment", "mg/l"),
    "80155": ("suspended_sediment_discharge", "tons/day"),
    "99133": ("nitrate_nitrite", "mg/l as N"),
    "99137": ("nitrate_nitrite", "mg/l as N"),
}
INSTANTANEOUS = frozenset({"", "00000", "00011"})
_STATISTICS = {
    "00001": "max",
    "00002": "min",
    "00003": "mean",
    "00006": "sum",
    "00008": "median",
    "00009": "std",
}
# Units that the water agencies write and connectors.units has no reason to know; suffix and symbol, unconverted.
_OWN_UNITS = {
    "std units": ("", "1"),
    "fnu": ("fnu", "FNU"),
    "ntu": ("ntu", "NTU"),
    "% saturatn": ("pct", "%"),
    "mg/l as n": ("mg_l", "mg/l"),
    "tons/day": ("short_ton_d", "short ton/d"),
}
_ZONES = {
    **{"UTC": 0, "GMT": 0, "Z": 0, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7},
    **{"MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "HDT": -9, "SST": -11, "GST": 10},
    **{"CHST": 10},
}


def zone_of(abbreviation: str) -> timezone | None:
    """The fixed offset behind ``tz_cd``; CST is the one of Chicago. None for what is not in the table of the USGS."""
    hours = _ZONES.get(abbreviation.strip().upper())
    return None if hours is None else timezone(timedelta(hours=hours))


def measure_of(code: str, unit_text: str | None, statistic: str = "", label: str = "") -> Measure:
    """The variable of a parameter.

    A statistic of a day is part of the name (``discharge_daily_mean_m3_s``; the daily sum of rain is
    ``rain_daily_mm``), and so is ``label``, which tells two methods of one parameter at one site apart
    (``reservoir_level_m#radar``). Unknown parameters are called ``usgs_<code>``.
    """
    quantity, unit = PARAMETERS.get(code, (None, None))
    is_gust = quantity == "wind_speed" and label == "gust"
    if is_gust:
        quantity, label = "wind_gust", ""
    span = _span(statistic)
    if quantity is not None and span:
        quantity = "rain_daily" if (quantity, span) == ("rain", "daily_sum") else f"{quantity}_{span}"
    found = _own_unit(quantity, unit_text or unit) or measure(quantity, _unknown_name(code, span), unit_text or unit)
    if not found.is_known:
        found = replace(found, told=f"{code} [{unit_text or unit or 'unknown'}]")
    return replace(found, variable=f"{found.variable}#{label}") if label else found


def _span(statistic: str) -> str:
    """ "" for instantaneous values, else the middle of the name; codes that are not known keep their number."""
    if statistic in INSTANTANEOUS:
        return ""
    if statistic in _STATISTICS:
        return f"daily_{_STATISTICS[statistic]}"
    return f"daily_stat_{statistic}" if statistic.isdigit() else slug(statistic)


def _unknown_name(code: str, span: str) -> str:
    return f"usgs_{code}_{span}".rstrip("_")


def _own_unit(quantity: str | None, unit_text: str | None) -> Measure | None:
    own = _OWN_UNITS.get((unit_text or "").strip().lower())
    if quantity is None or own is None:
        return None
    suffix, symbol = own
    return Measure(f"{quantity}_{suffix}".rstrip("_"), symbol)
