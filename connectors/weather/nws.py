"""api.weather.gov, the open service of the US National Weather Service: alerts, observations, stations, forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from connectors import forecast, observation, station
from connectors.arrow import to_table
from connectors.duplicates import last_wins
from connectors.json_text import not_finite, read_json
from connectors.model import About, Parsed, Payload
from connectors.refusal import RefusedError
from connectors.text import count_damage, decode, is_storable, storable
from connectors.transport.redaction import redact_url
from connectors.weather import nws_alert, nws_forecast, nws_observation
from connectors.weather.cap_message import Messages, Options
from connectors.weather.cap_reading import Notes
from connectors.weather.cap_tables import MESSAGE_TABLES
from connectors.weather.nws_document import TABLES, Item, items

ABOUT = About(
    title="美国国家气象局接口 / US National Weather Service API (api.weather.gov)",
    reads="GeoJSON (a collection or one feature) and JSON-LD (@graph or one object) of /alerts, /alerts/active, "
    "/stations, /stations/{id}/observations[/latest], /gridpoints/{office}/{x},{y}[/forecast[/hourly]].",
    quirks=(
        "Alerts land in the tables of CAP, whose words they use; ends, replacedBy and replacedAt stand among the "
        "parameters, affectedZones among the geocodes, a missing scope is Public.",
        "An alert for zones has no geometry; its geocodes (UGC, SAME) remain.",
        "Units come as unit:, wmoUnit: or an address; values are converted to ours, parameter, unit and quality code "
        "stay in extra. A value of quality X (rejected by the service) lands and is counted.",
        "A quantity that is null or has no member value gives no row and is counted as (missing).",
        "barometricPressure keeps its name: in the reports seen it is the altimeter setting, not station pressure.",
        "Precipitation of the last hour is rain_mm, of 3 and 6 hours rain_3h_mm and rain_6h_mm.",
        "Forecast values stand at the end of their span, with its length; 10 mph is a number, 5 to 10 mph stays text.",
        "An error report (problem+json) is a reject with its own words.",
    ),
    limits=(
        "The holes of a polygon are drawn over, as CAP has none, and counted.",
        "/points and /zones say where to ask and hold no records; they are rejected.",
        "A superseded alert may linger in /alerts/active; what is current follows from the references.",
    ),
    verified=("Recorded replies (tests/recorded); the fixtures of the public client pynws served as a checklist.",),
)


class NwsParser:
    """Format ``nws``; no options."""

    format = "nws"
    tables: Mapping[str, pa.Schema] = {
        **MESSAGE_TABLES,
        observation.TABLE: observation.SCHEMA,
        station.TABLE: station.SCHEMA,
        forecast.TABLE: forecast.SCHEMA,
    }

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        """The records of one reply; only tables that have some are given."""
        reading = _Reading(payload)
        try:
            found = items(read_json(payload.body, self.format), reading.notes)
        except RefusedError as refused:
            reading.notes.reject("payload", refused.rule, str(refused), "observation", None)
            found = []
        for item in found:
            reading.add(item)
        if found and (damage := count_damage(decode(payload.body).text)):
            lost = f"{damage} marks of text that was lost before it was sent"
            reading.notes.drift(TABLES[found[0].kind], "(damaged text)", lost)
        return reading.parsed(self.tables)


PARSER = NwsParser()


class _Reading:
    def __init__(self, payload: Payload) -> None:
        self.payload, self.notes = payload, Notes(NwsParser.format)
        self.messages = Messages(self.notes, Options(zone=None, colour_parameters=()))
        self.rows: dict[str, list[dict[str, Any]]] = {observation.TABLE: [], forecast.TABLE: []}
        self.stations: dict[str, dict[str, Any]] = {}

    def add(self, item: Item) -> None:
        try:
            if not is_storable(item.about):
                raise RefusedError("nws.text", "a text holds NUL or half a character, which no table can keep")
            self._add(item)
        except RefusedError as refused:
            self.notes.reject(item.where, refused.rule, str(refused), TABLES[item.kind], storable(item.about))

    def _add(self, item: Item) -> None:
        if item.kind == "alert":
            if bad := next(not_finite([item.about, item.geometry]), None):
                raise RefusedError("nws.number", f"{bad[:20]} is not a finite number")
            self.messages.add(nws_alert.to_cap(item, self.notes), item.where, redact_url(self.payload.source))
        elif item.kind == "forecast":
            self.rows[forecast.TABLE] += nws_forecast.periods(item, self.payload.fetched_at, self.notes)
        elif item.kind == "gridpoint":
            self.rows[forecast.TABLE] += nws_forecast.grid(item, self.payload.fetched_at, self.notes)
        else:
            if place := nws_observation.station(item, self.notes):
                self._station(place)
            if item.kind == "observation":
                self.rows[observation.TABLE] += nws_observation.observations(item, self.notes)

    def _station(self, place: dict[str, Any]) -> None:
        """The place comes with every observation; only one that differs is worth a word."""
        code = place["station_code"]
        if self.stations.get(code, place) != place:
            self.notes.drift(station.TABLE, "(place differs)", code)
        self.stations[code] = place

    def parsed(self, schemas: Mapping[str, pa.Schema]) -> Parsed:
        keys = {observation.TABLE: observation.KEY, forecast.TABLE: forecast.KEY}
        rows = {**self.messages.rows(), station.TABLE: list(self.stations.values())}
        drift = self.notes.drifts
        for table, key in keys.items():
            rows[table], repeated = last_wins(self.rows[table], key, table)
            drift += repeated
        tables = {name: to_table(schema, rows[name]) for name, schema in schemas.items() if rows[name]}
        return Parsed(tables, self.notes.rejects, drift)
