"""What a measure of the Environment Agency is: a station, a variable, an interval.

A measure is named ``<station>-<parameter>-<qualifier>-<value type>-<period>-<unit>``
(``1029TH-level-stage-i-15_min-mASD``); replies of readings may say no more than that name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.refusal import RefusedError
from connectors.units import Unit
from connectors.water.quantities import Measure, measure, slug

_NOTATION = re.compile(
    r"(?P<station>.+?)-(?P<parameter>level|flow|rainfall|temperature|wind)-(?P<qualifier>.*)-"
    r"(?P<kind>[a-z]+|Mean|Max|Min)-(?P<period>[\w.]+?)-(?P<unit>[^-]+|---)",
    re.IGNORECASE,
)
_USUAL_PERIOD = 900  # seconds
_KINDS = {
    "i": "",
    "instantaneous": "",
    "t": "",
    "total": "",
    "mean": "mean",
    "max": "max",
    "maximum": "max",
    "min": "min",
}
_KINDS |= {"minimum": "min", "m": "mean"}
_PERIODS = {"min": 60, "h": 3600, "d": 86400}
# What is measured, by parameter and the first word of the qualifier; the rest of the qualifier stays in the name.
_LEVELS = {
    "": "water_level",
    "stage": "water_level",
    "downstream_stage": "downstream_water_level",
    "tidal_level": "tide_level",
    "groundwater": "groundwater_level",
    "reservoir_level": "reservoir_level",
    "logged": "groundwater_level_logged",
    "dipped": "groundwater_level_dipped",
    "crest_tapping": "crest_water_level",
    "height": "height",
}
_UNITS = {"m3/s": "m3/s", "m3_s": "m3/s", "mm": "mm", "deg": "deg", "m/s": "m/s", "m_s": "m/s", "knots": "knots"}
_UNITS |= {"l/s": "l/s", "l_s": "l/s", "ml/d": "ml/d", "ml_d": "ml/d", "deg_c": "deg_c", "c": "deg_c"}


@dataclass(frozen=True)
class Described:
    station: str
    notation: str
    measure: Measure
    hours: float | None  # that an amount or a mean covers


def described(item: Mapping[str, Any]) -> Described:
    """From the item itself. Raises RefusedError if it does not say of which station it is."""
    notation = str(item.get("notation") or str(item.get("@id", "")).rsplit("/", 1)[-1])
    named = _NOTATION.fullmatch(notation)
    station = last_part(item.get("station")) or (named["station"] if named else item.get("stationReference"))
    if isinstance(station, list) or not station:
        raise RefusedError("uk_ea.measure.station", "the measure names no station, or several")
    found = {
        "station": str(station),
        "parameter": str(item.get("parameter", "")),
        "qualifier": str(item.get("qualifier") or ""),
        "kind": str(item.get("valueType") or (named["kind"] if named else "i")),
        "unit": str(item.get("unitName") or (named["unit"] if named else "")),
    }
    seconds = item.get("period")
    return _described(notation, found, float(seconds) if isinstance(seconds, int | float) else None)


def read_notation(notation: str) -> Described:
    """From the name of a measure alone. Raises RefusedError if it has another form."""
    named = _NOTATION.fullmatch(notation)
    if named is None:
        raise RefusedError("uk_ea.measure.notation", f"the name of the measure {notation[:80]!r} has another form")
    number, _, unit = named["period"].partition("_")
    seconds = float(number) * _PERIODS[unit] if number.isdigit() and unit in _PERIODS else None
    return _described(notation, named.groupdict(), seconds)


def last_part(address: Any) -> str:
    """The identity of a station: two regions share references (E1901-anglian, E1901-southern), not addresses."""
    if isinstance(address, Mapping):
        address = address.get("@id")
    return str(address or "").rstrip("/").rsplit("/", 1)[-1]


def _described(notation: str, said: Mapping[str, str], seconds: float | None) -> Described:
    kind = _KINDS.get(said["kind"].lower(), slug(said["kind"]))
    quantity, sensor = _quantity(said["parameter"].lower(), said["qualifier"])
    unit = said["unit"]
    level_above = (
        {"maod": "_aod", "mbdat": "_bdat"}.get(unit.lower(), "") if said["parameter"].lower() == "level" else ""
    )
    name = f"{quantity}{level_above}" + (f"_{kind}" if kind else "") if quantity else None
    own = f"{said['parameter']} {said['qualifier']} {kind}"
    shown = "unknown" if unit in {"", "---"} else _UNITS.get(unit.lower(), unit)
    found = measure(name, own, shown)
    if "_mm" in found.variable and said["parameter"].lower() == "level":
        metres = Unit("m", "m", 0.001)  # a level in millimetres is a level
        found = replace(found, variable=f"{name}_m", unit="m", converted=metres, source_unit="mm")
    is_amount = said["parameter"].lower() == "rainfall" or bool(kind)
    apart = [sensor] if sensor else []
    if seconds is not None and seconds != _USUAL_PERIOD:
        apart.append(f"{seconds / 60:g}_min")
    if apart:
        found = replace(found, variable=f"{found.variable}#{'_'.join(apart)}")
    return Described(said["station"], notation, found, seconds / 3600 if is_amount and seconds else None)


def _quantity(parameter: str, qualifier: str) -> tuple[str | None, str]:
    """(our word, what tells a second sensor apart): "Stage 2", "Tipping Bucket Raingauge", "Logged"."""
    base, _, number = qualifier.rpartition(" ")
    words, sensor = (base, number) if number.isdigit() and base else (qualifier, "")
    kind = slug(words)
    if parameter == "level":
        return _LEVELS.get(kind), sensor
    if parameter == "flow":
        return "discharge", "_".join(filter(None, ("" if kind in {"", "logged", "flow"} else kind, sensor)))
    if parameter == "rainfall":
        return "rain", "_".join(filter(None, ("" if "raingauge" in kind or not kind else kind, sensor)))
    if parameter == "temperature":
        return {"dry_bulb": "air_temperature", "water": "water_temperature"}.get(kind), sensor
    if parameter == "wind":
        return {"speed": "wind_speed", "direction": "wind_direction"}.get(kind), sensor
    return None, sensor
