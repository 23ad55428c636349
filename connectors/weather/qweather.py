"""QWeather (和风天气), releases v7 and v1: warnings, current weather and air, forecasts.

A reply does not say what it is: it is known by its members. v7 answers with status 200 and tells in ``code`` whether
it failed; v1 has problem documents. Documented kinds that are no observation, forecast or warning are refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from connectors import forecast, observation, station
from connectors.errors import ConfigurationError, ConnectorError, ContractError, RateLimitedError
from connectors.json_text import read_json
from connectors.model import About, Parsed, Payload
from connectors.refusal import RefusedError
from connectors.text import storable
from connectors.weather import cap_tables
from connectors.weather.qweather_readers import (
    V7_LISTS,
    alerts,
    v1_air,
    v1_current,
    v1_days,
    v1_hours,
    v7_lists,
    v7_now,
)
from connectors.weather.qweather_reply import Reply
from connectors.weather.readings import Readings, rejected

_CODES = {
    "204": "the place has no such data",
    "400": "the request is wrong or lacks a parameter",
    "401": "the key or signature is refused",
    "402": "the quota is used up or the account has no credit",
    "403": "the account has no right to this data",
    "404": "the place or data does not exist",
    "429": "too many requests in a minute",
    "500": "the service failed or timed out",
}
_UNSUPPORTED = {
    "storm": "a list of tropical cyclones",
    "track": "the track of a tropical cyclone",
    "forecast": "the forecast of a tropical cyclone",
    "currentsTable": "tidal currents",
    "currentsHourly": "tidal currents",
    "radiation": "v7 solar radiation, whose units are not documented",
    "location": "a look-up of cities",
    "topCityList": "a list of cities",
    "poi": "a look-up of points of interest",
    "warningLocList": "the list of places with warnings, without the warnings",
    "sunrise": "sunrise and sunset",
    "moonPhase": "phases of the moon",
    "solarElevationAngle": "the position of the sun",
    "asOf": "statistics of the account",
    "balance": "the balance of the account",
}
_V7_ENVELOPE = frozenset({"code", "updateTime", "fxLink", "refer", "summary", "station"})

ABOUT = About(
    title="QWeather 和风天气, v7 and v1",
    reads="Warnings, current weather and air quality, hourly, daily and 5-minute forecasts, history, tides, radiation.",
    quirks=(
        "v7 writes numbers as texts and times without seconds; v1 writes {value, unit}. Both land in the same units: "
        "km/h, km and fractions are converted, and a value that was converted keeps its source in extra.",
        "v7 answers with status 200 and a code in the body; other codes than 200 fail the fetch.",
        "An answer without warnings (zeroResult, an empty list) is an empty success.",
        "Warnings land in the warning tables; messageType or status makes Alert, Update or Cancel, supersedes or "
        "related the references. Fields of earlier releases (msgType, eventCodes, capitalised words) are read, too.",
        "The place is the option place_code, else the address asked for, else the id in fxLink; a file that says "
        "nothing is known by its own name, which is told as drift.",
        "Words beside a number (windDir, windScale, icon, category) stay in the extra of that number.",
        "v1 current weather has no time at all: the fetch stands for it.",
    ),
    limits=(
        "Cyclones, currents, indices of living, sun and moon, places and account statistics are refused by name.",
        "The daily clock is the end of the local day, its zone the offset of updateTime, else that of the contract.",
        "[K] 5-minute rain is taken to end at fxTime, and precip to be rain, whatever its type says.",
        "[K] Nothing documents that an id of a warning carries its time of issue; it is used only where the message "
        "itself shows it.",
    ),
    verified=(
        "the published examples of v7: warnings, now, grid now, air now, hourly, daily",
        "own fixtures for v1 and for the other kinds, after the published examples",
    ),
)


class QWeatherParser:
    """``connectors.model.AnswerParser`` for ``qweather``. Options: ``place_code``; ``region_code`` of warned areas."""

    format = "qweather"
    tables: Mapping[str, pa.Schema] = {
        observation.TABLE: observation.SCHEMA,
        forecast.TABLE: forecast.SCHEMA,
        station.TABLE: station.SCHEMA,
        **{name: cap_tables.TABLES[name] for name in ("warning", "warning_info", "warning_area")},
    }

    def failure(self, body: bytes, source: str) -> ConnectorError | None:
        try:
            _check(_document(body))
        except RefusedError as error:
            if error.rule not in {"qweather.code", "qweather.error"}:
                return None
            text = str(error)
            if "429" in text:
                return RateLimitedError(text, remedy="nothing to do now: a later run tries again", source=source)
            kind = ConfigurationError if any(c in text for c in ("401", "402", "403")) else ContractError
            return kind(text, remedy="check the key, the account and the parameters of the address", source=source)
        return None

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        readings = Readings(self.format, *self.tables)
        try:
            document = _document(payload.body)
            _check(document)
            reply = Reply(document, payload, options, readings)
            _reader(document)(reply)
            if "code" in document:
                known = {*_V7_ENVELOPE, *_V7_READERS}
                readings.unknown(_main_table(document), {k: v for k, v in document.items() if k not in known})
        except RefusedError as error:
            return rejected(self.tables, error.rule, str(error))
        return readings.parsed()


PARSER = QWeatherParser()


def _document(body: bytes) -> dict[str, Any]:
    document = read_json(body, "qweather")
    has_mark = isinstance(document, dict) and ("code" in document or "metadata" in document or "error" in document)
    if not has_mark:
        raise RefusedError("qweather.reply", "the document is no reply of QWeather: it has neither code nor metadata")
    return dict(document)


def _check(document: Mapping[str, Any]) -> None:
    """Refuses what tells that it failed."""
    if isinstance(error := document.get("error"), Mapping):
        said = " ".join(str(error[name]) for name in ("status", "title", "detail") if error.get(name))
        raise RefusedError("qweather.error", f"QWeather refuses: {storable(said) or 'no reason given'}")
    if "code" in document and str(document["code"]) != "200":
        code = str(document["code"])
        meaning = _CODES.get(code, "a code that is not documented")
        raise RefusedError("qweather.code", f"QWeather answers with code {storable(code)}: {meaning}")


def _main_table(document: Mapping[str, Any]) -> str:
    """Where what nobody knows of a v7 reply is counted."""
    if "warning" in document:
        return "warning"
    return (
        observation.TABLE if {"now", "weatherHourly", "weatherDaily", "airHourly"} & set(document) else forecast.TABLE
    )


def _nothing(reply: Reply) -> None:
    """An answer that says so itself: there is none."""


_V7_READERS: Mapping[str, Callable[[Reply], None]] = {
    "warning": alerts,
    "now": v7_now,
    **dict.fromkeys(V7_LISTS, v7_lists),
}
_V1_READERS: Mapping[str, Callable[[Reply], None]] = {
    "alerts": alerts,
    "hours": v1_hours,
    "forecasts": v1_hours,
    "days": v1_days,
    "temperature": v1_current,
    "condition": v1_current,
    "indexes": v1_air,
    "pollutants": v1_air,
}


def _reader(document: Mapping[str, Any]) -> Callable[[Reply], None]:
    """How a reply of these members is read. Raises RefusedError for kinds that we do not read."""
    is_v7 = "code" in document
    daily = document.get("daily")
    if is_v7 and isinstance(daily, list) and daily and isinstance(daily[0], dict) and "fxDate" not in daily[0]:
        raise RefusedError("qweather.kind.unsupported", "the reply holds indices of living: not read by this format")
    for member, read in (_V7_READERS if is_v7 else _V1_READERS).items():
        if member in document:
            return read
    metadata = document.get("metadata")
    if isinstance(metadata, Mapping) and metadata.get("zeroResult") is True:
        return _nothing
    for member, what in _UNSUPPORTED.items():
        if member in document:
            raise RefusedError("qweather.kind.unsupported", f"the reply holds {what}: not read by this format")
    members = ", ".join(sorted(str(name) for name in document)[:8])
    raise RefusedError("qweather.kind.unknown", f"nothing in the reply is known to us (it holds {storable(members)})")
