"""The five SL 323-2011 tables that are read: what each column becomes.

Columns that the standard has and no landing column holds are kept raw in ``extra``; only columns that the
standard does not have count as drift. The digits of WPTN mean different things at different bureaus, so they stay
raw as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.model import SourceTable


@dataclass(frozen=True)
class Measure:
    """One column of a real-time table that becomes one variable; the unit is the standard's.

    ``interval`` names the column with the hours that an amount covers, ``hours`` is the same as a constant.
    """

    column: str
    variable: str
    unit: str
    interval: str | None = None
    hours: float | None = None


@dataclass(frozen=True)
class RealTime:
    """A real-time table: the first measure is why the table exists, so its absence is told; ``raw`` goes to extra."""

    measures: tuple[Measure, ...]
    raw: frozenset[str]


@dataclass(frozen=True)
class Register:
    """A table of one row per station: column -> landing column, by kind of value."""

    table: str
    texts: dict[str, str]
    numbers: dict[str, str]
    raw: frozenset[str]


REAL_TIME = {
    "ST_PPTN_R": RealTime(
        (
            Measure("DRP", "rain_mm", "mm", interval="INTV"),
            Measure("DYP", "rain_daily_mm", "mm", hours=24.0),
        ),
        frozenset({"PDR", "WTH"}),
    ),
    "ST_RIVER_R": RealTime(
        (
            Measure("Z", "water_level_m", "m"),
            Measure("Q", "discharge_m3_s", "m3/s"),
            Measure("XSA", "cross_section_m2", "m2"),
            Measure("XSAVV", "velocity_mean_m_s", "m/s"),
            Measure("XSMXV", "velocity_max_m_s", "m/s"),
        ),
        frozenset({"FLWCHRCD", "WPTN", "MSQMT", "MSAMT", "MSVMT"}),
    ),
    "ST_RSVR_R": RealTime(
        (
            Measure("RZ", "reservoir_level_m", "m"),
            Measure("W", "reservoir_storage_1e6_m3", "1e6 m3"),
            Measure("INQ", "inflow_m3_s", "m3/s", interval="INQDR"),
            Measure("OTQ", "outflow_m3_s", "m3/s"),
            Measure("BLRZ", "tailwater_level_m", "m"),
        ),
        frozenset({"RWCHRCD", "RWPTN", "MSQMT"}),
    ),
}

REGISTERS = {
    "ST_STBPRP_B": Register(
        "station",
        {
            "STNM": "station_name",
            "STTP": "station_type",
            "RVNM": "river_name",
            "HNNM": "hydrographic_net",
            "BSNM": "basin_name",
            "STLC": "location",
            "ADDVCD": "region_code",
            "DTMNM": "datum_name",
            "ADMAUTH": "authority",
            "LOCALITY": "exchange_unit",
        },
        {
            "LGTD": "longitude",
            "LTTD": "latitude",
            "DTMEL": "datum_elevation_m",
            "DTPR": "datum_correction_m",
            "DRNA": "catchment_km2",
        },
        frozenset({"FRGRD", "ESSTYM", "BGFRYM", "ATCUNIT", "STBK", "STAZT", "DSTRVM", "PHCD", "COMMENTS"}),
    ),
    "ST_RVFCCH_B": Register(
        "flood_threshold",
        {},
        {
            "LDKEL": "left_dyke_m",
            "RDKEL": "right_dyke_m",
            "WRZ": "warning_level_m",
            "WRQ": "warning_discharge_m3_s",
            "GRZ": "guarantee_level_m",
            "GRQ": "guarantee_discharge_m3_s",
            "FLPQ": "bankfull_discharge_m3_s",
            "OBHTZ": "highest_observed_m",
        },
        frozenset({"OBHTZTM", "IVHZ", "IVHZTM", "OBMXQ", "OBMXQTM", "IVMXQ", "IVMXQTM", "HMXS", "HMXSTM", "HMXAVV"})
        | frozenset({"HMXAVVTM", "HLZ", "HLZTM", "HMNQ", "HMNQTM", "TAZ", "TAQ", "LAZ", "LAQ", "SFZ", "SFQ"}),
    ),
}

SOURCE_TABLES = {
    "ST_STBPRP_B": SourceTable(("STCD",)),
    "ST_RVFCCH_B": SourceTable(("STCD",), required=False),
    "ST_PPTN_R": SourceTable(("STCD", "TM"), "TM"),
    "ST_RIVER_R": SourceTable(("STCD", "TM"), "TM"),
    "ST_RSVR_R": SourceTable(("STCD", "TM"), "TM"),
}
"""What the database transport reads: keys that must exist, and the column a growing table is paged by."""

# A table betrays itself by columns that only it has; asked in this order.
_SIGNS = (
    ("ST_PPTN_R", ("DRP",)),
    ("ST_RVFCCH_B", ("WRZ",)),
    ("ST_RVFCCH_B", ("LDKEL",)),
    ("ST_STBPRP_B", ("STNM", "STTP")),
    ("ST_RSVR_R", ("RZ", "TM")),
    ("ST_RIVER_R", ("Z", "TM")),
)


def table_of_columns(columns: set[str]) -> str | None:
    """The table that rows with these (upper-case) columns come from, None if that is not clear."""
    if "STCD" not in columns:
        return None
    return next((table for table, signs in _SIGNS if columns.issuperset(signs)), None)
