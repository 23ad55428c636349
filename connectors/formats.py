"""The formats we speak: where the parser of each lives, what it may be told, what its source must send.

A table and nothing else, so that a command line or a DAG can name the formats without loading any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Expect = Literal["xml", "json", "text", "any"]
"""What a source over HTTP must send; all but ``any`` refuse an HTML page that some proxy put in its place."""


@dataclass(frozen=True)
class Format:
    """``module`` holds ``PARSER`` and ``ABOUT``; where the tables follow from the options (``is_declared``), it holds
    ``parser_for(options)`` in place of ``PARSER``. ``options`` are what a contract may say to it.
    """

    module: str
    options: frozenset[str] = frozenset()
    expect: Expect = "any"
    is_declared: bool = False


def _of(module: str, *options: str, expect: Expect = "any", is_declared: bool = False) -> Format:
    return Format(f"connectors.{module}", frozenset(options), expect, is_declared)


FORMATS: Mapping[str, Format] = {
    # weather
    "cap": _of("weather.cap", "colour_parameters", expect="xml"),
    "cap_12379": _of("weather.cap_12379", "elements", expect="xml"),
    "qweather": _of("weather.qweather", "place_code", "region_code", expect="json"),
    "cma_music": _of("weather.cma_music", "empty_codes", expect="json"),
    "open_meteo": _of("weather.open_meteo", expect="json"),
    "nws": _of("weather.nws", expect="json"),
    "metar": _of("weather.metar", "as_of"),
    "synop": _of("weather.synop", "as_of"),
    # water
    "sl323": _of("water.sl323", "aliases", "trend_codes"),
    "sl651": _of("water.sl651", "rain_from", "elements", "series_time", "password", "confirm"),
    "nwis": _of("water.nwis", expect="json"),
    "waterml": _of("water.waterml", expect="xml"),
    "rdb": _of("water.rdb", expect="text"),
    "uk_ea": _of("water.uk_ea", expect="json"),
    "sensorthings": _of("water.sensorthings", expect="json"),
    # geology
    "quake": _of("geology.quake", expect="json"),
    "quakeml": _of("geology.quakeml", "status_if_unstated", expect="xml"),
    "fdsn_text": _of("geology.fdsn_text", "status_if_unstated", expect="text"),
    "cenc": _of("geology.cenc", expect="text"),
    "geo_iot": _of("geology.geo_iot", "keys", "cipher", "children"),
    "gnss_tenv3": _of("geology.gnss_tenv3"),
    "insar_csv": _of("geology.insar_csv", "columns", "displacement_unit"),
    "landslide_csv": _of("geology.landslide_csv", "event_zone", "salt"),
    # enterprise
    "enterprise_csv": _of("enterprise.enterprise_csv"),
    "mine_txt": _of("enterprise.mine_txt", "projected_crs", "dialect", "salt", "max_bad_share"),
    "hazchem_sec": _of(
        "enterprise.hazchem_sec",
        "salt",
        "cipher",
        "danger_levels",
        "danger_states",
        "danger_sources",
        "danger_categories",
        "manage_types",
        expect="json",
    ),
    "hidden_danger": _of("enterprise.hidden_danger", "salt"),
    # any domain: what a record looks like is declared in the contract
    "mapped": _of("declared.mapped", "profile", is_declared=True),
    "upload": _of("declared.upload", "salt", is_declared=True),
}
