"""Which quantity a leaf of an identifier is: code list of the geological-hazard monitoring protocol (2023).

Leaves such as ``value``, ``temp`` or ``X`` mean nothing without the identifier they stand under.
"""

from __future__ import annotations

from typing import NamedTuple

from connectors.observation import DIMENSIONLESS

UNSTATED = "unstated"
"""The unit where the code list that we could read states none [K]."""


class Variable(NamedTuple):
    """``factor`` converts exactly into the unit that we keep."""

    name: str
    unit: str
    factor: float = 1.0


def _axes(name: str, unit: str, leaves: dict[str, str], suffix: str) -> dict[str, Variable]:
    return {leaf: Variable(f"{name}_{axis}_{suffix}", unit) for leaf, axis in leaves.items()}


def _sound(kind: str) -> dict[str, Variable]:
    """Infrasound and ground sound share their leaves; four of them have no stated unit [K]."""
    units = {
        "amplitude": ("db", "dB"),
        "energy": ("mv_ms", "mV·ms"),
        "risetime": ("us", "µs"),
        "duration": ("us", "µs"),
    }
    units |= {"rms": ("v", "V"), "asl": ("db", "dB")}
    known = {leaf: Variable(f"{kind}_{leaf}_{suffix}", unit) for leaf, (suffix, unit) in units.items()}
    known |= {leaf: Variable(f"{kind}_{leaf}", DIMENSIONLESS) for leaf in ("ringing", "risecount")}
    return known | {
        leaf: Variable(f"{kind}_{leaf}", UNSTATED) for leaf in ("osp", "vsp", "freq", "wave", "arrivaltime")
    }


_XYZ = {"x": "x", "y": "y", "z": "z"}

VARIABLES: dict[str, dict[str, Variable]] = {
    "L1_LF": {"value": Variable("crack_mm", "mm")},
    "L1_QJ": _axes("tilt", "°", _XYZ, "deg")
    | {"angle": Variable("tilt_deg", "°"), "azi": Variable("tilt_azimuth_deg", "°")},
    "L1_GP": _axes("displacement", "mm", {f"gpstotal{axis}": axis for axis in _XYZ}, "mm"),
    "L1_SW": _axes("deep_displacement", "mm", {"dispsx": "x", "dispsy": "y"}, "mm"),
    "L1_JS": _axes("acceleration", "m/s2", {f"g{axis}": axis for axis in _XYZ}, "m_s2"),
    "L1_ZD": _axes("vibration_frequency", "Hz", {f"pl{axis}": axis for axis in _XYZ}, "hz")
    | _axes("vibration", "mm", {f"sj{axis}": axis for axis in _XYZ}, "mm")
    | {"value": Variable("vibration_mm", "mm"), "sjvalue": Variable("vibration_total_mm", "mm")},
    "L2_DS": _sound("infrasound"),
    "L2_SF": _sound("ground_sound"),
    "L3_YL": {"value": Variable("rain_mm", "mm"), "totalvalue": Variable("rain_total_mm", "mm")},
    "L3_QW": {"value": Variable("air_temperature_c", "℃")},
    "L3_TW": {"value": Variable("soil_temperature_c", "℃")},
    "L3_HS": {"value": Variable("soil_moisture_pct", "%")},
    "L3_DB": {"value": Variable("water_level_m", "m"), "temp": Variable("water_temperature_c", "℃")},
    "L3_DX": {"value": Variable("groundwater_level_m", "m"), "temp": Variable("groundwater_temperature_c", "℃")},
    "L3_SY": {"value": Variable("pore_pressure_kpa", "kPa")},
    "L3_ST": {"value": Variable("seepage_pressure_kpa", "kPa")},
    "L3_LS": {"value": Variable("flow_velocity_m_s", "m/s")},
    "L3_CJ": {"value": Variable("settlement_mm", "mm")},
    "L3_QY": {"value": Variable("pressure_hpa", "hPa", 10.0)},  # sent in kPa
    "L4_NW": {"value": Variable("mud_level_m", "m")},
    "L4_LD": _axes("radar", "m", _XYZ, "m") | {"speed": Variable("radar_speed_m_s", "m/s")},
    "L4_BMLS": {"value": Variable("surface_velocity_m_s", "m/s")},
    "L4_XDGC": {"value": Variable("height_difference_m", "m")},
    "L4_BBWY": {axis: Variable(f"target_displacement_{axis}", UNSTATED) for axis in ("x", "y")},
    "L4_GLKD": {"value": Variable("flow_width_m", "m")},
    "L4_SSBL": {"value": Variable("water_rock_ratio", DIMENSIONLESS)},
    "L4_PJLJ": {"value": Variable("mean_grain_size", UNSTATED)},
    "L4_ZDLJ": {"value": Variable("largest_grain_size", UNSTATED)},
    "S1_ZT": {
        "ext_power_volt": Variable("external_power_v", "V"),
        "solar_volt": Variable("solar_v", "V"),
        "battery_dump_energy": Variable("battery_pct", "%"),
        "battery_volt": Variable("battery_v", "V"),
        "supply_power": Variable("supplied_power", UNSTATED),
        "consume_power": Variable("consumed_power", UNSTATED),
        "temp": Variable("housing_temperature_c", "℃"),
        "humidity": Variable("housing_humidity_pct", "%"),
        "temp_out": Variable("outside_temperature_c", "℃"),
        "humidity_out": Variable("outside_humidity_pct", "%"),
        "signal_4g": Variable("signal_4g_dbm", "dBm"),
        "signal_nb": Variable("signal_nb", UNSTATED),
        "signal_bd": Variable("signal_bd", UNSTATED),
        "pa_state": Variable("pa_state", DIMENSIONLESS),
        "sound_state": Variable("sound_state", DIMENSIONLESS),
    },
}
"""Identifier without its channel -> leaf in lower case -> what it is."""

ALIASES = {
    "singal_4g": "signal_4g",
    "singal_nb": "signal_nb",
    "singal_bd": "signal_bd",
    "signal_db": "signal_bd",
    "singal_db": "signal_bd",
    "battery_voltage": "battery_volt",
}
"""Misspellings that are met in the field."""

SENSOR_STATE = Variable("sensor_state", DIMENSIONLESS)
ACTUATORS = frozenset({"L4_LB"})
"""Horns: what is set, not what is measured."""

PLATFORM_KEYS: dict[str, tuple[str, str]] = {
    leaf: (kind, leaf)
    for kind in ("L1_GP", "L1_SW", "L1_JS", "L1_QJ")
    for leaf in VARIABLES[kind]
    if leaf not in {"x", "y", "z"}
}
"""Keys of the platform's flavour that mean one thing only, though no identifier stands beside them."""
