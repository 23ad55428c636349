"""What the kinds of RDB tables mean: columns -> observations and stations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from connectors.clock import ClockError, to_utc
from connectors.numbers import NumberError, to_number
from connectors.refusal import RefusedError
from connectors.water.gathering import Gathered, Row
from connectors.water.quantities import slug
from connectors.water.usgs_parameters import INSTANTANEOUS, measure_of, zone_of

Lines = list[tuple[int, dict[str, str]]]

VALUE_COLUMN = re.compile(
    r"(?!.*_cd$)(?:(?P<series>\d+)_)?(?P<parameter>\d{5})(?:_(?P<statistic>\d{5}))?(?:_(?P<more>\w+))?"
)
_DESCRIPTION = re.compile(r"#\s+(?P<series>\d+)\s+(?P<parameter>\d{5})(?:\s+(?P<statistic>\d{5}))?\s+(?P<text>\S.*)")
_BRACKETS = re.compile(r"\[([^\]]+)\]")
_ESTIMATED = re.compile(r"^[eE]\s*(?=[\d.])|(?<=\d)_?[eE]$")
_WORD = re.compile(r"[A-Za-z_*-][A-Za-z_* -]*")
_FOOT = 0.3048
_SQUARE_MILE = 2.589988110336  # km2
_SITE = frozenset(
    {"agency_cd", "site_no", "station_nm", "site_tp_cd", "lat_va", "long_va", "dec_lat_va", "dec_long_va"}
    | {"coord_meth_cd", "coord_acy_cd", "coord_datum_cd", "dec_coord_datum_cd", "district_cd", "state_cd"}
    | {"county_cd", "country_cd", "land_net_ds", "map_nm", "map_scale_fc", "alt_va", "alt_meth_cd", "alt_acy_va"}
    | {"alt_datum_cd", "huc_cd", "basin_cd", "topo_cd", "instruments_cd", "construction_dt", "inventory_dt"}
    | {"drain_area_va", "contrib_drain_area_va", "tz_cd", "local_time_fg", "reliability_cd", "gw_file_cd"}
    | {"nat_aqfr_cd", "aqfr_cd", "aqfr_type_cd", "well_depth_va", "hole_depth_va", "depth_src_cd", "project_no"}
    | {"data_types_cd", "rt_bol", "peak_begin_date", "peak_end_date", "peak_count_nu", "sv_begin_date"}
    | {"sv_end_date", "sv_count_nu", "qw_begin_date", "qw_end_date", "qw_count_nu", "gw_begin_date", "gw_end_date"}
    | {"gw_count_nu", "site_web_cd", "lat_long_ds"}
)
# A series catalogue repeats the site for each of its series.
_CATALOGUE = frozenset(
    {"data_type_cd", "parm_cd", "stat_cd", "ts_id", "loc_web_ds", "medium_grp_cd", "parm_grp_cd", "srs_id", "access_cd"}
    | {"begin_date", "end_date", "count_nu", "loc_nm", "stat_type", "dd_nu"}
)
_IN_COLUMNS = {"agency_cd", "site_no", "station_nm", "site_tp_cd", "dec_lat_va", "dec_long_va", "alt_va"}
_IN_COLUMNS |= {"alt_datum_cd", "drain_area_va", "alt"}


def read_sites(columns: list[str], rows: Lines, comments: list[str], out: Gathered, zone: tzinfo) -> None:
    """The site file -> station; degrees in the datum that ``extra`` names, feet -> metres, square miles -> km2."""
    del comments, zone
    for line, row in rows:
        try:
            station = _station(row)
        except RefusedError as error:
            out.refused(f"line {line}", error, row, "station")
            continue
        out.station(f"line {line}", station)
    for column in columns:
        if column not in _SITE | _CATALOGUE:
            out.tell(column, next((row[column] for _, row in rows), ""), "station", len(rows))


def _station(row: Mapping[str, str]) -> Row:
    extra = {name: text for name, text in row.items() if text and name not in _IN_COLUMNS and name not in _CATALOGUE}
    return {
        "station_code": _site(row),
        "station_name": row.get("station_nm") or None,
        "station_type": row.get("site_tp_cd") or None,
        "longitude": _number(row, "dec_long_va"),
        "latitude": _number(row, "dec_lat_va"),
        "datum_name": row.get("alt_datum_cd") or None,
        "datum_elevation_m": _scaled(row, "alt_va", _FOOT),
        "catchment_km2": _scaled(row, "drain_area_va", _SQUARE_MILE),
        "authority": row.get("agency_cd") or None,
        "extra": extra,
    }


def read_values(columns: list[str], rows: Lines, comments: list[str], out: Gathered, zone: tzinfo) -> None:
    """Instantaneous (with tz_cd) and daily values: a column per series, its qualifiers in ``…_cd`` beside it."""
    series = {name: match for name in columns if (match := VALUE_COLUMN.fullmatch(name))}
    labels = _labels(series, comments)
    known = {*series, *(f"{name}_cd" for name in series), "agency_cd", "site_no", "datetime", "tz_cd"}
    for line, row in rows:
        where = f"line {line}"
        try:
            shared = _shared(row, "iv" if "tz_cd" in row else "dv")
            moment = _moment(row["datetime"], row.get("tz_cd"), zone)
        except RefusedError as error:
            out.refused(where, error, row)
            continue
        unknown = {name: text for name, text in row.items() if name not in known and text}
        for name, match in series.items():
            statistic = match["statistic"] or ""
            is_daily = "tz_cd" not in row and statistic not in INSTANTANEOUS
            at: Row = {"event_at": moment + timedelta(days=1), "interval_h": 24.0} if is_daily else {"event_at": moment}
            extra: dict[str, Any] = {"parameter": match["parameter"], **unknown}
            if flags := row.get(f"{name}_cd"):
                extra["qualifiers"] = re.split(r"[\s:]+", flags)
            variable = measure_of(match["parameter"], None, statistic, labels[name])
            out.value(f"{where}, {name}", _value(row[name], extra), variable, {**shared, **at, "extra": extra})
        for name, text in unknown.items():
            out.tell(name, text)


def _labels(series: Mapping[str, re.Match[str]], comments: list[str]) -> dict[str, str]:
    """As in connectors.water.series: by the description in brackets; alike, the lowest number keeps the bare name."""
    described = {
        (found["series"], found["parameter"]): found["text"]
        for line in comments
        if (found := _DESCRIPTION.fullmatch(line.rstrip()))
    }
    labels: dict[str, str] = {}
    seen: set[tuple[str, str, str]] = set()
    for name, match in sorted(series.items(), key=lambda item: (len(item[1]["series"] or ""), item[1]["series"] or "")):
        text = described.get((match["series"] or "", match["parameter"]), "")
        brackets = _BRACKETS.search(text)
        label = slug(brackets.group(1)) if brackets else slug(match["more"] or "")
        kind = (match["parameter"], match["statistic"] or "", label)
        labels[name] = f"{label}_{match['series']}".strip("_") if kind in seen and match["series"] else label
        seen.add(kind)
    return labels


def read_peaks(columns: list[str], rows: Lines, comments: list[str], out: Gathered, zone: tzinfo) -> None:
    """The largest discharge of each water year and its stage; ag_* is the highest stage if it was another day's."""
    del columns, comments
    for line, row in rows:
        for date, time, wanted in (
            ("peak_dt", "peak_tm", (("peak_va", "00060", "peak_cd"), ("gage_ht", "00065", "gage_ht_cd"))),
            ("ag_dt", "ag_tm", (("ag_gage_ht", "00065", "ag_gage_ht_cd"),)),
        ):
            if not any(row.get(column) for column, _, _ in wanted):
                if date == "peak_dt":
                    out.missing(f"{row.get('site_no')} peak {row.get(date)}")
                continue
            try:
                shared = _shared(row, "peaks")
                moment = _peak_moment(row.get(date, ""), row.get(time, ""), zone)
            except RefusedError as error:
                out.refused(f"line {line}", error, row)
                continue
            for column, parameter, flags in wanted:
                extra = {name: row[name] for name in (flags, "year_last_pk") if row.get(name)}
                extra |= {"parameter": parameter} if row.get(time) else {"parameter": parameter, "precision": "day"}
                middle = "annual_max" if column == "ag_gage_ht" else "peak"
                variable = measure_of(parameter, None, middle)
                place = f"line {line}, {column}"
                out.value(place, row.get(column), variable, {**shared, "event_at": moment, "extra": extra})


def _peak_moment(date: str, time: str, zone: tzinfo) -> datetime:
    if re.fullmatch(r"\d{4}-(?:00-\d\d|\d\d-00)", date):
        raise RefusedError("rdb.peak.date", f"{date} names no day: month or day of this peak is not known")
    try:
        return to_utc(f"{date} {time}".strip(), zone, midnight_24=True, date_only=True)
    except ClockError as error:
        raise RefusedError("rdb.peak.date", str(error)) from error


def read_measurements(columns: list[str], rows: Lines, comments: list[str], out: Gathered, zone: tzinfo) -> None:
    """Discharge and stage as somebody measured them on the spot."""
    del columns, comments
    _read_single(
        rows, out, zone, ("measurement_dt", None, "tz_cd"), (("discharge_va", "00060"), ("gage_height_va", "00065"))
    )


def read_groundwater(columns: list[str], rows: Lines, comments: list[str], out: Gathered, zone: tzinfo) -> None:
    """Depth below land surface, and the level above the datum that the row names."""
    del columns, comments
    _read_single(rows, out, zone, ("lev_dt", "lev_tm", "lev_tz_cd"), (("lev_va", "72019"), ("sl_lev_va", "")))


def _read_single(
    rows: Lines,
    out: Gathered,
    zone: tzinfo,
    clock: tuple[str, str | None, str],
    values: tuple[tuple[str, str], ...],
) -> None:
    date, time, tz = clock
    # Names of persons (party_nm) are nobody's business here.
    left_out = {date, time, tz, "agency_cd", "site_no", "party_nm", *(column for column, _ in values)}
    for line, row in rows:
        try:
            shared = _shared(row, "measurements" if time is None else "gwlevels")
            moment = _moment(" ".join(filter(None, (row[date], row.get(time or "")))), row.get(tz), zone)
        except RefusedError as error:
            out.refused(f"line {line}", error, {name: text for name, text in row.items() if name != "party_nm"})
            continue
        extra = {name: text for name, text in row.items() if text and name not in left_out}
        for column, parameter in values:
            code = parameter or {"NGVD29": "62610", "NAVD88": "62611"}.get(row.get("sl_datum_cd", ""), "")
            if column == "sl_lev_va" and not row.get(column):
                continue  # the same level once more, above a datum, where there is one
            variable = measure_of(
                code or f"level_above_{slug(row.get('sl_datum_cd', '')) or 'datum'}", None if code else "ft"
            )
            at = {**shared, "event_at": moment, "extra": {**extra, "parameter": code or column}}
            out.value(f"line {line}, {column}", _value(row.get(column, ""), {}), variable, at)


def _shared(row: Mapping[str, str], kind: str) -> Row:
    return {"station_code": _site(row), "owner_code": row.get("agency_cd") or None, "source_table": f"rdb_{kind}"}


def _site(row: Mapping[str, str]) -> str:
    if not row.get("site_no"):
        raise RefusedError("rdb.row.site", "the row has no site number")
    return row["site_no"]


def _moment(text: str, abbreviation: str | None, zone: tzinfo) -> datetime:
    local = zone_of(abbreviation) if abbreviation else zone
    if local is None:
        raise RefusedError(
            "rdb.row.zone", f"the zone {abbreviation!r} is not known; which offset it means is not guessed"
        )
    try:
        return to_utc(text, local, date_only=True)
    except ClockError as error:
        raise RefusedError("rdb.row.time", str(error)) from error


def _value(text: str, extra: dict[str, Any]) -> str | None:
    """The number in a cell; None for the words that stand in for one (Ice, Eqp, ***), which ``extra`` keeps."""
    if text and _WORD.fullmatch(text) and text.lower() not in {"nan", "inf", "infinity", "-inf", "-infinity"}:
        extra["flag"] = text
        return None
    if _ESTIMATED.search(text):
        extra["flag"] = text
        return _ESTIMATED.sub("", text)
    return text


def _number(row: Mapping[str, str], column: str) -> float | None:
    text = row.get(column)
    if not text:
        return None
    try:
        return to_number(text)
    except NumberError as error:
        raise RefusedError("rdb.site.number", f"{column}: {error}") from error


def _scaled(row: Mapping[str, str], column: str, factor: float) -> float | None:
    number = _number(row, column)
    return None if number is None else float(f"{number * factor:.12g}")


KINDS: tuple[tuple[Callable[[list[str], Lines, list[str], Gathered, tzinfo], None], frozenset[str]], ...] = (
    (read_peaks, frozenset({"site_no", "peak_dt", "peak_va"})),
    (read_measurements, frozenset({"site_no", "measurement_dt", "discharge_va"})),
    (read_groundwater, frozenset({"site_no", "lev_dt", "lev_va"})),
    (read_sites, frozenset({"site_no", "station_nm"})),
)
"""Which columns betray a kind, asked in this order."""
