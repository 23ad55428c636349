"""Elements of CMA MUSIC -> our variables, units and the hours that an amount covers."""

from __future__ import annotations

import re
from typing import NamedTuple

from connectors.units import UNITS, Unit, unit_of

_HPA, _C, _PCT, _M, _MM, _M_S, _DEG = (UNITS[name] for name in ("hpa", "c", "%", "m", "mm", "m/s", "°"))
_CM_AS_MM = Unit("mm", "mm", 10.0)


class Element(NamedTuple):
    """How a value is kept; ``is_unknown`` says that its name and unit are the source's own."""

    variable: str
    unit: Unit
    interval_h: float | None = None
    is_unknown: bool = False


_KNOWN = {
    "PRS": Element("pressure_hpa", _HPA),
    "PRS_Sea": Element("sea_level_pressure_hpa", _HPA),
    "PRS_Change_3h": Element("pressure_change_3h_hpa", _HPA),
    "PRS_Change_24h": Element("pressure_change_24h_hpa", _HPA),
    "PRS_Max": Element("pressure_max_hpa", _HPA, 1.0),
    "PRS_Min": Element("pressure_min_hpa", _HPA, 1.0),
    "TEM": Element("air_temperature_c", _C),
    "TEM_Max": Element("air_temperature_max_c", _C, 1.0),
    "TEM_Min": Element("air_temperature_min_c", _C, 1.0),
    "TEM_ChANGE_24h": Element("air_temperature_change_24h_c", _C),
    "TEM_Max_24h": Element("air_temperature_max_24h_c", _C, 24.0),
    "TEM_Min_24h": Element("air_temperature_min_24h_c", _C, 24.0),
    "DPT": Element("dew_point_c", _C),
    "RHU": Element("relative_humidity_pct", _PCT),
    "RHU_Min": Element("relative_humidity_min_pct", _PCT, 1.0),
    "VAP": Element("vapour_pressure_hpa", _HPA),
    "VIS": Element("visibility_m", _M),
    "VIS_HOR_1MI": Element("visibility_1min_m", _M),
    "VIS_HOR_10MI": Element("visibility_10min_m", _M),
    "VIS_Min": Element("visibility_min_m", _M, 1.0),
    "WIN_S_Avg_2mi": Element("wind_speed_m_s", _M_S),
    "WIN_D_Avg_2mi": Element("wind_direction_deg", _DEG),
    "WIN_S_Avg_10mi": Element("wind_speed_10min_m_s", _M_S),
    "WIN_D_Avg_10mi": Element("wind_direction_10min_deg", _DEG),
    "WIN_S_INST": Element("wind_speed_instant_m_s", _M_S),
    "WIN_D_INST": Element("wind_direction_instant_deg", _DEG),
    "WIN_S_Max": Element("wind_speed_max_m_s", _M_S, 1.0),
    "WIN_D_S_Max": Element("wind_direction_of_max_deg", _DEG, 1.0),
    "WIN_S_Inst_Max": Element("wind_gust_m_s", _M_S, 1.0),
    "WIN_D_INST_Max": Element("wind_gust_direction_deg", _DEG, 1.0),
    "GST": Element("ground_temperature_c", _C),
    "Snow_Depth": Element("snow_depth_mm", _CM_AS_MM),
    "EVP": Element("evaporation_mm", _MM),
    "EVP_Big": Element("evaporation_large_pan_mm", _MM),
    "PRE": Element("rain_mm", _MM, 1 / 60),
}
_RAIN = re.compile(r"PRE_(?P<hours>\d{1,2})h")


def element(name: str, stated_unit: str | None) -> Element:
    """The element of that name; the unit that the reply states goes before the usual one.

    An unknown element, or a known one in a unit of another kind, keeps its own name in lower case. One key holds one
    value, so sums over other spans than an hour have names of their own (``rain_24h_mm``).
    """
    stated = unit_of(stated_unit) if stated_unit else None
    known = _KNOWN.get(name)
    if known is None and (match := _RAIN.fullmatch(name)):
        hours = int(match["hours"])
        known = Element("rain_mm" if hours == 1 else f"rain_{hours}h_mm", _MM, float(hours))
    if known and (stated is None or stated.suffix == known.unit.suffix):
        return known._replace(unit=stated or known.unit)
    own = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unnamed"
    if stated:
        return Element(f"{own}_{stated.suffix}", stated, is_unknown=True)
    return Element(own, Unit("", stated_unit or "1"), is_unknown=True)
