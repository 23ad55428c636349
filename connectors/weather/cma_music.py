"""CMA MUSIC (天擎): surface stations' elements as JSON, one row of texts per station and time, in UTC.

A refused request is answered with status 200 and tells so in ``returnCode``: such an answer fails the fetch. Marks of
missing values (999999 and its neighbours) are known from practice only [K]; genuine values never come near them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from connectors import observation, station
from connectors.clock import ClockError, to_utc
from connectors.errors import ConfigurationError, ConnectorError, ContractError
from connectors.json_text import read_json
from connectors.model import About, Parsed, Payload, Reject
from connectors.refusal import RefusedError
from connectors.text import storable
from connectors.weather.music_elements import element
from connectors.weather.readings import Readings, rejected

_MISSING = tuple(float(mark) for mark in range(999990, 1_000_000))
_TIME = ("Datetime", "Year", "Mon", "Month", "Day", "Hour", "Min", "Minute")
_PLACE = ("Station_Id_C", "Station_Id_d", "Station_Name", "Lat", "Lon", "Alti", "Admin_Code_CHN", "Station_levl")
_PLACE_MORE = ("Province", "City", "Cnty", "Town", "Town_code", "Country", "Station_Type", "REP_CORR_ID", "Data_Source")
_ENVELOPE = frozenset(
    {"returnCode", "returnMessage", "rowCount", "colCount", "requestParams", "requestTime", "responseTime", "takeTime"}
    | {"fieldNames", "fieldUnits", "DS", "flag"}
)
_REFUSED_LOGIN = "-1004"

ABOUT = About(
    title="CMA MUSIC surface observations 气象大数据云平台（天擎）地面站观测",
    reads="The JSON reply of getSurfEle...: one row of texts per station and time becomes one observation per element.",
    quirks=(
        "Every request is signed anew (MD5 over all parameters and the password, which itself is never sent).",
        "A refusal comes with status 200: returnCode other than 0 fails the fetch, and the cursor stands.",
        "Times are UTC, as columns Year, Mon, Day, Hour (Min) or as Datetime; amounts end at that time.",
        "999999 and its neighbours are missing values: no row, counted once per payload.",
        "Quality codes (Q_...) stay with their value, in extra as quality_code; nothing is dropped because of one.",
    ),
    limits=(
        "[K] The JSON reply, the marks of missing values and the quality codes rest on clients of the service, not on "
        "its documentation; 999990 (trace) is counted as missing, too.",
        "[K] What the service answers when it holds no records is not known: list its returnCode in empty_codes.",
        "Daily sets, whose rows have no hour, are refused: their days end at different hours per element.",
        "Elements that are not in the table keep their own name and the unit that the reply states, as drift.",
    ),
    verified=("the signature against a vector of the documented algorithm", "own fixtures for the reply"),
)


class CmaMusicParser:
    """``connectors.model.AnswerParser`` for ``cma_music``. Option ``empty_codes``: codes that mean "no records" [K]."""

    format = "cma_music"
    tables: Mapping[str, pa.Schema] = {observation.TABLE: observation.SCHEMA, station.TABLE: station.SCHEMA}

    def failure(self, body: bytes, source: str) -> ConnectorError | None:
        try:
            document = _document(body)
        except RefusedError:
            return None  # not our JSON at all: the parser says so, with the payload in the archive
        code, message = _code(document), storable(str(document.get("returnMessage") or "no message"))
        if code in {"0", None} or "DS" in document:
            return None
        kind = ConfigurationError if code == _REFUSED_LOGIN else ContractError
        remedy = "check user, password, rights and parameters of the interface in the contract and its variables"
        return kind(f"CMA MUSIC refuses with returnCode {code}: {message}", remedy=remedy, source=source)

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        try:
            document = _document(payload.body)
            rows = _rows(document, {str(code) for code in options.get("empty_codes", ())})
        except RefusedError as error:
            return rejected(self.tables, error.rule, str(error))
        readings = Readings(self.format, observation.TABLE, station.TABLE)
        readings.unknown(observation.TABLE, {k: v for k, v in document.items() if k not in _ENVELOPE})
        units = _units(document)
        for index, row in enumerate(rows):
            _read(readings, row, f"DS[{index}]", units)
        _count(readings, document, rows)
        return readings.parsed()


PARSER = CmaMusicParser()


def _document(body: bytes) -> dict[str, Any]:
    document = read_json(body, "cma_music")
    if not isinstance(document, dict) or ("returnCode" not in document):
        raise RefusedError("cma_music.reply", "the document is no reply of CMA MUSIC: it has no returnCode")
    return document


def _code(document: Mapping[str, Any]) -> str | None:
    code = document.get("returnCode")
    return None if code is None else str(code).strip()


def _rows(document: Mapping[str, Any], empty_codes: set[str]) -> Sequence[Any]:
    code, rows = _code(document), document.get("DS")
    if code in empty_codes and not rows:
        return []
    if code != "0":
        message = storable(str(document.get("returnMessage") or "no message"))
        raise RefusedError("cma_music.return_code", f"CMA MUSIC answers with returnCode {code}: {message}")
    if not isinstance(rows, list):
        raise RefusedError("cma_music.rows", "the reply says success and has no list DS of rows")
    return rows


def _units(document: Mapping[str, Any]) -> Mapping[str, str]:
    """Element -> unit as the reply states it, where names and units come side by side (texts or lists)."""
    sides = [document.get("fieldNames"), document.get("fieldUnits")]
    names, units = (side.split() if isinstance(side, str) else side for side in sides)
    if not isinstance(names, list) or not isinstance(units, list) or len(names) != len(units):
        return {}
    return {str(name): str(unit) for name, unit in zip(names, units, strict=True)}


def _count(readings: Readings, document: Mapping[str, Any], rows: Sequence[Any]) -> None:
    declared = document.get("rowCount")
    if declared is None or str(declared).strip() == str(len(rows)):
        return
    reason = f"the reply declares {storable(str(declared))} rows and holds {len(rows)}"
    readings.rejects.append(Reject("rowCount", "cma_music.count", reason, observation.TABLE))


def _read(readings: Readings, row: Any, where: str, units: Mapping[str, str]) -> None:
    try:
        if not isinstance(row, dict):
            raise RefusedError("cma_music.row", "the row is no object of elements")
        code = _text(row.get("Station_Id_C")) or _text(row.get("Station_Id_d"))
        if code is None:
            raise RefusedError("cma_music.station.missing", "the row names no station (Station_Id_C)")
        at = _event_at(row)
    except RefusedError as error:
        record = storable(row if isinstance(row, dict) else {"row": row})
        readings.rejects.append(Reject(where, error.rule, str(error), observation.TABLE, record))
        return
    elements = [name for name in row if name not in _TIME and name not in _PLACE and not _is_quality(name, row)]
    for name in elements:
        if name not in _PLACE_MORE:
            _value(readings, row, name, {"station_code": code, "event_at": at}, units)
    if any(row.get(name) not in {None, ""} for name in ("Lat", "Lon", "Station_Name")):
        _station(readings, row, code)


def _value(
    readings: Readings, row: Mapping[str, Any], name: str, key: dict[str, Any], units: Mapping[str, str]
) -> None:
    known = element(name, units.get(name))
    value = readings.number(observation.TABLE, name, row[name], _MISSING)
    if value is None:
        return
    if known.is_unknown:
        readings.told.add(observation.TABLE, name, row[name])
    extra = {"element": name, "value": row[name]} if known.is_unknown or known.unit.factor != 1 else {}
    quality = _text(row.get(f"Q_{name}"))
    if quality is not None:
        extra["quality_code"] = quality
    found = {
        **key,
        "variable": known.variable,
        "value": known.unit.convert(value),
        "unit": known.unit.symbol,
        "interval_h": known.interval_h,
        "source_table": "DS",
    }
    readings.add(observation.TABLE, found, extra)


def _is_quality(name: str, row: Mapping[str, Any]) -> bool:
    """``Q_TEM`` beside ``TEM``; a lone one belongs to an element that was not asked for, and is kept as unknown."""
    return name.startswith("Q_") and name[2:] in row


def _station(readings: Readings, row: Mapping[str, Any], code: str) -> None:
    latitude, longitude = (readings.number(station.TABLE, name, row.get(name), _MISSING) for name in ("Lat", "Lon"))
    elevation = readings.number(station.TABLE, "Alti", row["Alti"], _MISSING) if "Alti" in row else None
    more = {name: row[name] for name in ("Station_levl", *_PLACE_MORE) if row.get(name) not in {None, ""}}
    more |= {} if elevation is None else {"elevation_m": elevation}
    admin = _text(row.get("Admin_Code_CHN"))
    found = {
        "station_code": code,
        "station_name": _text(row.get("Station_Name")) or code,
        "station_type": "met",
        "longitude": longitude,
        "latitude": latitude,
        "region_code": admin if admin and admin.isdigit() and len(admin) == 6 else None,
    }
    readings.add(station.TABLE, found, more)


def _event_at(row: Mapping[str, Any]) -> datetime:
    """UTC; ``Datetime`` goes before the parts."""
    if (written := _text(row.get("Datetime"))) is not None:
        written = f"{written}00" if len(written) == 12 and written.isdigit() else written
        written = f"{written}0000" if len(written) == 10 and written.isdigit() else written
    else:
        names = (("Year",), ("Mon", "Month"), ("Day",), ("Hour",), ("Min", "Minute"))
        parts = [next((row[n] for n in either if row.get(n) not in {None, ""}), None) for either in names]
        if any(part is None for part in parts[:4]):
            raise RefusedError("cma_music.time.missing", "the row has neither Datetime nor Year, Mon, Day and Hour")
        year, month, day, hour = (_text(part) or "" for part in parts[:4])
        minute = _text(parts[4]) or "0"
        written = f"{year}-{month}-{day} {hour}:{minute.zfill(2)}"
    try:
        return to_utc(written, UTC)
    except ClockError as error:
        raise RefusedError("cma_music.time", storable(str(error))) from None


def _text(value: Any) -> str | None:
    return None if value is None or not str(value).strip() else str(value).strip()
