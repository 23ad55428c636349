"""Open-Meteo: series as columns beside a column of times, one document per place or a list of them.

Everything in it was computed by a model, the block ``current`` too: all of it lands in ``forecast``. The service does
not say when a model run was issued, so the time of the fetch stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import pyarrow as pa

from connectors import forecast
from connectors.clock import ClockError, to_utc
from connectors.errors import ConnectorError, ContractError
from connectors.json_text import NotFinite, read_json
from connectors.model import About, Parsed, Payload, Reject
from connectors.refusal import RefusedError
from connectors.telling import MISSING
from connectors.text import storable
from connectors.weather.open_meteo_names import Series, series
from connectors.weather.readings import Readings, rejected

TABLE = forecast.TABLE
_BLOCKS = {"minutely_15": 0.25, "hourly": 1.0, "daily": 24.0, "current": None, "current_weather": None}
"""Block -> hours that its amounts cover; for the current ones the block itself says (``interval`` in seconds)."""
_OLD_NAMES = {
    "temperature": "temperature_2m",
    "windspeed": "wind_speed_10m",
    "winddirection": "wind_direction_10m",
    "weathercode": "weather_code",
}
"""Of ``current_weather``, which ``current`` replaced in 2023."""
_PLACE = frozenset(
    {"latitude", "longitude", "elevation", "generationtime_ms", "utc_offset_seconds", "timezone", "location_id"}
    | {"timezone_abbreviation", *_BLOCKS, *(f"{block}_units" for block in _BLOCKS)}
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ABOUT = About(
    title="Open-Meteo forecast 开放气象预报（多模式）",
    reads="Hourly, daily, 15-minute and current values of weather models for one place or several.",
    quirks=(
        "Values come as columns beside a column of times; a column of another length refuses that block.",
        "With several models each column carries the model's name at its end (temperature_2m_gfs_global); the names "
        "are found from the longest known variable that a column starts with. Without one the model is best_match.",
        "Models without a variable send the unit `undefined` and nulls: nothing lands, the nulls are counted.",
        "Times are local by the reply's own offset, one for the whole reply, or seconds since 1970.",
        "The daily block speaks of local days: event_at is the end of the day, interval_h 24.",
        "Wind in km/h is kept in m/s, the source's value stays in extra; fresh snow stays in cm.",
        "Amounts of a day or of 15 minutes have names of their own (rain_daily_mm): at midnight an hour ends as well.",
        "Errors come as {error: true, reason}.",
    ),
    limits=(
        "issued_at is the time of the fetch: the reply does not say when a model run was issued.",
        "place_code is `latitude,longitude` as in the reply: the model's grid point, not the point that was asked for.",
        "A column whose variable is not known keeps its whole name, model included, and is told as drift.",
    ),
    verified=("two recorded replies of 15 variables by 12 models, three hours apart",),
)


class OpenMeteoParser:
    """``connectors.model.AnswerParser`` for ``open_meteo``; it has no options."""

    format = "open_meteo"
    tables: Mapping[str, pa.Schema] = {TABLE: forecast.SCHEMA}

    def failure(self, body: bytes, source: str) -> ConnectorError | None:
        try:
            _places(body)
        except RefusedError as error:
            if error.rule == "open_meteo.error":
                return ContractError(str(error), remedy="correct the parameters of the address", source=source)
        return None

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        try:
            places = _places(payload.body)
        except RefusedError as error:
            return rejected(self.tables, error.rule, str(error))
        readings = Readings(self.format, TABLE)
        for index, place in enumerate(places):
            where = f"[{index}]" if len(places) > 1 else "payload"
            try:
                _place(readings, place, payload.fetched_at, where)
            except RefusedError as error:
                readings.rejects.append(Reject(where, error.rule, str(error), TABLE))
        return readings.parsed()


PARSER = OpenMeteoParser()


def _places(body: bytes) -> list[dict[str, Any]]:
    document = read_json(body, "open_meteo")
    places = document if isinstance(document, list) else [document]
    if not places or not all(isinstance(place, dict) for place in places):
        raise RefusedError("open_meteo.reply", "the document is neither a place with its series nor a list of them")
    for place in places:
        if place.get("error") is True:
            raise RefusedError("open_meteo.error", f"Open-Meteo refuses: {storable(str(place.get('reason')))}")
    if not any(isinstance(place.get(block), dict) for place in places for block in _BLOCKS):
        raise RefusedError("open_meteo.reply", f"no place has a block of values ({', '.join(_BLOCKS)})")
    return places


def _place(readings: Readings, place: Mapping[str, Any], fetched_at: datetime, where: str) -> None:
    latitude, longitude = (_coordinate(place, name) for name in ("latitude", "longitude"))
    row = {
        "place_code": f"{place['latitude']},{place['longitude']}",
        "issued_at": fetched_at,
        "longitude": longitude,
        "latitude": latitude,
    }
    zone = _zone(place)
    readings.damage(TABLE, place.values())
    readings.unknown(TABLE, {name: value for name, value in place.items() if name not in _PLACE})
    for block, step in _BLOCKS.items():
        if (columns := place.get(block)) is None:
            continue
        try:
            if not isinstance(columns, dict) or not isinstance(units := place.get(f"{block}_units") or {}, dict):
                raise RefusedError("open_meteo.block", f"the block {block} holds no columns with their units")
            hours, columns = (step, columns) if step else _current(columns)
            if block == "current_weather":
                columns, units = _renamed(columns), _renamed(units)
            times = list(_times(columns.get("time"), units.get("time"), zone, is_day=block == "daily"))
            found = [(series(name, units.get(name), hours), v) for name, v in columns.items() if name != "time"]
            _block(readings, {**row, "source_table": block}, times, found)
        except RefusedError as error:
            readings.rejects.append(Reject(f"{where}.{block}", error.rule, str(error), TABLE))


def _coordinate(place: Mapping[str, Any], name: str) -> float:
    value = place.get(name)
    if isinstance(value, bool | NotFinite) or not isinstance(value, int | float):
        raise RefusedError("open_meteo.position", f"the {name} of the place is {value!r}, no number of degrees")
    return float(value)


def _zone(place: Mapping[str, Any]) -> tzinfo:
    """The reply's offset from UTC: the same for all of its times, whatever daylight saving does within it."""
    offset = place.get("utc_offset_seconds", 0)
    if isinstance(offset, bool) or not isinstance(offset, int) or abs(offset) >= 24 * 3600:
        raise RefusedError("open_meteo.offset", f"utc_offset_seconds is {offset!r}, no offset from UTC")
    return timezone(timedelta(seconds=offset))


def _current(values: Mapping[str, Any]) -> tuple[float | None, dict[str, Any]]:
    """The block ``current`` as columns of one value each, and the hours that its ``interval`` (seconds) covers."""
    seconds = values.get("interval")
    hours = seconds / 3600 if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None
    return hours, {name: [value] for name, value in values.items() if name != "interval"}


def _renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_OLD_NAMES.get(name, name): value for name, value in values.items()}


def _block(
    readings: Readings, row: dict[str, Any], times: Sequence[datetime], columns: Sequence[tuple[Series, Any]]
) -> None:
    for found, values in columns:
        if not isinstance(values, list) or len(values) != len(times):
            raise RefusedError("open_meteo.length", f"the column {found.column} has not one value per time")
    for found, values in columns:
        _column(readings, found, times, values, row)


def _column(
    readings: Readings, found: Series, times: Sequence[datetime], values: Sequence[Any], place: dict[str, Any]
) -> None:
    if found.is_unknown:
        readings.told.add(TABLE, found.column, values[0] if values else None, len(values))
    missing = 0
    row = {**place, "variable": found.variable, "model": found.model, "interval_h": found.interval_h}
    for at, raw in zip(times, values, strict=True):
        if raw is None:
            missing += 1
            continue
        if found.is_text:
            readings.add(TABLE, {**row, "event_at": at, "value_text": str(raw), "unit": "1"})
            continue
        value = readings.number(TABLE, found.column, raw)
        if value is None:
            continue
        unit = found.unit
        converted = unit.factor != 1 or unit.offset != 0 or found.is_unknown
        extra = {"column": found.column, "value": raw, "unit": found.stated_unit} if converted else None
        readings.add(TABLE, {**row, "event_at": at, "value": unit.convert(value), "unit": unit.symbol}, extra)
    if missing:
        readings.told.add(TABLE, MISSING, found.column, missing)


def _times(column: Any, unit: Any, zone: tzinfo, *, is_day: bool) -> Iterator[datetime]:
    """Instants; of days the end, that is the start of the next local day."""
    if not isinstance(column, list):
        raise RefusedError("open_meteo.time", "the column of times is no list")
    for value in column:
        try:
            if unit == "unixtime" or (isinstance(value, int) and not isinstance(value, bool)):
                start = _EPOCH + timedelta(seconds=int(value))
            else:
                start = to_utc(str(value), zone, date_only=is_day)
            yield start + timedelta(days=1) if is_day else start
        except (ClockError, ValueError, TypeError, OverflowError) as error:
            raise RefusedError("open_meteo.time", f"{storable(str(value))!r} is no time ({error})") from None
