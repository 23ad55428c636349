"""The SL 323-2011 tables that are read: what each column becomes.

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

    ``interval`` names the column with the hours that an amount covers, ``hours`` is the same as a constant, ``trend``
    the column that says with one digit whether the level falls, rises or stays (which digit is which: trend_codes).
    """

    column: str
    variable: str
    unit: str
    interval: str | None = None
    hours: float | None = None
    trend: str | None = None


@dataclass(frozen=True)
class RealTime:
    """A real-time table; ``raw`` goes to extra.

    Columns in ``primary`` (the first measure's, if none are named) are why the table exists: one of them must be there,
    and a value that is missing in it is counted. ``parts`` are key columns beside station and time: the gate, the pump.
    """

    measures: tuple[Measure, ...]
    raw: frozenset[str]
    parts: tuple[str, ...] = ()
    primary: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        return self.primary or (self.measures[0].column,)


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
            Measure("Z", "water_level_m", "m", trend="WPTN"),
            Measure("Q", "discharge_m3_s", "m3/s"),
            Measure("XSA", "cross_section_m2", "m2"),
            Measure("XSAVV", "velocity_mean_m_s", "m/s"),
            Measure("XSMXV", "velocity_max_m_s", "m/s"),
        ),
        frozenset({"FLWCHRCD", "WPTN", "MSQMT", "MSAMT", "MSVMT"}),
    ),
    "ST_RSVR_R": RealTime(
        (
            Measure("RZ", "reservoir_level_m", "m", trend="RWPTN"),
            Measure("W", "reservoir_storage_1e6_m3", "1e6 m3"),
            Measure("INQ", "inflow_m3_s", "m3/s", interval="INQDR"),
            Measure("OTQ", "outflow_m3_s", "m3/s"),
            Measure("BLRZ", "tailwater_level_m", "m"),
        ),
        frozenset({"RWCHRCD", "RWPTN", "MSQMT"}),
    ),
    "ST_WAS_R": RealTime(
        (
            Measure("UPZ", "upstream_water_level_m", "m", trend="SUPWPTN"),
            Measure("DWZ", "downstream_water_level_m", "m", trend="SDWWPTN"),
            Measure("TGTQ", "sluice_discharge_m3_s", "m3/s"),
        ),
        frozenset({"SWCHRCD", "SUPWPTN", "SDWWPTN", "MSQMT"}),
        primary=("UPZ", "DWZ", "TGTQ"),
    ),
    "ST_GATE_R": RealTime(
        (
            Measure("GTOPHGT", "gate_opening_m", "m"),
            Measure("GTOPNUM", "gates_open_count", "1"),
            Measure("GTQ", "gate_discharge_m3_s", "m3/s"),
        ),
        frozenset({"MSQMT"}),
        parts=("EXKEY", "EQPTP", "EQPNO", "GTNAME"),
        primary=("GTOPHGT", "GTOPNUM", "GTQ"),
    ),
    "ST_PUMP_R": RealTime(
        (
            Measure("PPUPZ", "upstream_water_level_m", "m", trend="PPUPWPTN"),
            Measure("PPDWZ", "downstream_water_level_m", "m", trend="PPDWWPTN"),
            Measure("OMCN", "pumps_running_count", "1"),
            Measure("OMPWR", "pump_power_kw", "kW"),
            Measure("PMPQ", "pump_discharge_m3_s", "m3/s"),
        ),
        frozenset({"PPWCHRCD", "PPUPWPTN", "PPDWWPTN", "MSQMT", "PDCHCD"}),
        parts=("PUMPNAME",),
        primary=("PPUPZ", "PPDWZ", "OMCN", "OMPWR", "PMPQ"),
    ),
    "ST_TIDE_R": RealTime(
        (
            Measure("TDZ", "tide_level_m", "m", trend="TDPTN"),
            Measure("AIRP", "pressure_hpa", "hPa"),
        ),
        frozenset({"TDCHRCD", "TDPTN", "HLTDMK"}),
    ),
    "ST_SOIL_R": RealTime(
        (
            Measure("SLM10", "soil_moisture_10cm_pct", "%"),
            Measure("SLM20", "soil_moisture_20cm_pct", "%"),
            Measure("SLM30", "soil_moisture_30cm_pct", "%"),
            Measure("SLM40", "soil_moisture_40cm_pct", "%"),
            Measure("SLM60", "soil_moisture_60cm_pct", "%"),
            Measure("SLM80", "soil_moisture_80cm_pct", "%"),
            Measure("SLM100", "soil_moisture_100cm_pct", "%"),
            Measure("VTAVSLM", "soil_moisture_vertical_mean_pct", "%"),
        ),
        frozenset({"VTAVSLMT", "SRLSLM", "SLMMMT", "CRPTY", "CRPGRWST", "HITRSN", "EXKEY"}),
        primary=("SLM10", "SLM20", "SLM30", "SLM40", "SLM60", "SLM80", "SLM100", "VTAVSLM"),
    ),
    "ST_GRW_R": RealTime(
        (
            Measure("GWZ", "groundwater_level_m", "m", trend="GWPTN"),
            Measure("GWBD", "groundwater_depth_m", "m"),
        ),
        frozenset({"GWCHRCD", "GWPTN"}),
        primary=("GWZ", "GWBD"),
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
    "ST_RSVRFCCH_B": Register(
        "reservoir_threshold",
        {},
        {
            "CKFLZ": "check_flood_level_m",
            "DSFLZ": "design_flood_level_m",
            "NORMZ": "normal_level_m",
            "DDZ": "dead_level_m",
            "DAMEL": "dam_crest_m",
            "TTCP": "total_storage_1e6_m3",
            "FLDCP": "flood_storage_1e6_m3",
            "ACTCP": "active_storage_1e6_m3",
            "DDCP": "dead_storage_1e6_m3",
            "HHRZ": "highest_observed_m",
        },
        frozenset({"RSVRTP", "CKFLCP", "DSFLCP", "NORMCP", "HHRZTM", "HMXW", "HMXWTM", "HMXINQ", "RSTDR", "HMXINQTM"})
        | frozenset({"HMXOTQ", "HMXOTQTM", "RHMXOTQ", "RHMXOTQTM", "LAZ", "LAZTM", "SFQ", "STDQ", "RSVRPWL", "ACTZ"})
        | frozenset({"HLRZ", "HLRZTM", "HMNINQ", "HMNINQTM", "TAZ", "TAQ"}),
    ),
}

SEASONS, FORECASTS = "ST_RSVRFSR_B", "F_RNFL_H"
"""Flood-season limits (several rows a reservoir) and forecast rain: neither measures nor a row per station."""

SOURCE_TABLES = {
    "ST_STBPRP_B": SourceTable(("STCD",)),
    "ST_RVFCCH_B": SourceTable(("STCD",), required=False),
    "ST_RSVRFCCH_B": SourceTable(("STCD",), required=False),
    SEASONS: SourceTable(("STCD",), required=False),
    "ST_PPTN_R": SourceTable(("STCD", "TM"), "TM"),
    "ST_RIVER_R": SourceTable(("STCD", "TM"), "TM"),
    "ST_RSVR_R": SourceTable(("STCD", "TM"), "TM"),
    **{
        name: SourceTable(("STCD", "TM"), "TM", required=False)
        for name in ("ST_WAS_R", "ST_GATE_R", "ST_PUMP_R", "ST_TIDE_R", "ST_SOIL_R", "ST_GRW_R")
    },
    FORECASTS: SourceTable(("FYMDH", "YMDH"), "FYMDH", required=False),
}
"""What the database transport reads: keys that must exist, and the column a growing table is paged by."""

# A table betrays itself by columns that only it has; asked in this order.
_SIGNS = (
    ("ST_PPTN_R", ("STCD", "DRP")),
    ("ST_RVFCCH_B", ("STCD", "WRZ")),
    ("ST_RVFCCH_B", ("STCD", "LDKEL")),
    (SEASONS, ("STCD", "FSLTDZ")),
    ("ST_RSVRFCCH_B", ("STCD", "CKFLZ")),
    ("ST_RSVRFCCH_B", ("STCD", "NORMZ", "DDZ")),
    (FORECASTS, ("FYMDH", "YMDH", "RN")),
    ("ST_STBPRP_B", ("STCD", "STNM", "STTP")),
    ("ST_GATE_R", ("STCD", "TM", "GTOPHGT")),
    ("ST_WAS_R", ("STCD", "TM", "UPZ")),
    ("ST_PUMP_R", ("STCD", "TM", "PPUPZ")),
    ("ST_TIDE_R", ("STCD", "TM", "TDZ")),
    ("ST_SOIL_R", ("STCD", "TM", "SLM10")),
    ("ST_GRW_R", ("STCD", "TM", "GWZ")),
    ("ST_RSVR_R", ("STCD", "TM", "RZ")),
    ("ST_RIVER_R", ("STCD", "TM", "Z")),
)


def table_of_columns(columns: set[str]) -> str | None:
    """The table that rows with these (upper-case) columns come from, None if that is not clear."""
    return next((table for table, signs in _SIGNS if columns.issuperset(signs)), None)
