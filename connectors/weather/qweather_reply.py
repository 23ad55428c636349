"""One reply of QWeather while it is read: where it was taken, when it was issued, what it gave so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from connectors import forecast, observation
from connectors.clock import BEIJING, ClockError, to_utc, zone_named
from connectors.model import Payload, Reject
from connectors.refusal import RefusedError
from connectors.telling import MISSING
from connectors.text import storable
from connectors.weather.qweather_fields import Value
from connectors.weather.qweather_place import Place, place_of
from connectors.weather.readings import Readings

_MODEL = "qweather"


class Reply:
    """``zone`` is that of days and of times without one: the offset of updateTime, else the contract's."""

    def __init__(
        self, document: dict[str, Any], payload: Payload, options: Mapping[str, Any], readings: Readings
    ) -> None:
        self.document, self.fetched_at, self.readings, self.options = document, payload.fetched_at, readings, options
        self.zone: tzinfo = zone_named(str(options.get("zone") or BEIJING))
        self.place: Place = place_of(payload, document, options)
        update = document.get("updateTime")
        self.issued_at = self.instant(update) if update else None
        if isinstance(update, str) and update[-6:-5] in {"+", "-"}:
            self.zone = datetime.fromisoformat(update).tzinfo or self.zone

    def instant(self, text: Any, *, date_only: bool = False) -> datetime:
        try:
            return to_utc(str(text), self.zone, date_only=date_only)
        except (ClockError, ValueError) as error:
            raise RefusedError("qweather.time", storable(str(error))) from None

    def items(self, *members: str) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
        """(member, where, object) of the lists of these names; what is no object is rejected."""
        for member in members:
            held = self.document.get(member)
            for index, item in enumerate(held if isinstance(held, list) else [held]):
                where = f"{member}[{index}]" if isinstance(held, list) else member
                if isinstance(item, dict):
                    yield member, where, item
                elif member in self.document:
                    self.reject(where, RefusedError("qweather.item", f"{member} holds something that is no object"))

    def reject(self, where: str, error: RefusedError, item: Any = None) -> None:
        record = storable(item) if isinstance(item, dict) else None
        self.readings.rejects.append(Reject(where, error.rule, str(error), None, record))

    def tell_place(self, table: str) -> None:
        if self.place.is_file_name:
            self.readings.told.add(table, "(place from file name)", self.place.code)

    def observed(self, values: Iterable[Value], at: datetime, kind: str, station_code: str | None = None) -> None:
        if station_code is None:
            self.tell_place(observation.TABLE)
        key = {"station_code": station_code or self.place.code, "event_at": at, "issued_at": self.issued_at}
        for value in values:
            self._land(observation.TABLE, {**key, "source_table": kind}, value)

    def forecast(self, values: Iterable[Value], at: datetime, kind: str) -> None:
        self.tell_place(forecast.TABLE)
        key = {
            "place_code": self.place.code,
            "longitude": self.place.longitude,
            "latitude": self.place.latitude,
            "model": _MODEL,
            "issued_at": self.issued_at or self.fetched_at,
            "event_at": at,
            "source_table": kind,
        }
        for value in values:
            self._land(forecast.TABLE, key, value)

    def _land(self, table: str, key: dict[str, Any], value: Value) -> None:
        field = value.field
        row = {**key, "variable": field.variable, "unit": field.unit.symbol, "interval_h": field.interval_h}
        more = {name: raw for name, raw in value.more.items() if raw not in (None, "")}
        if field.is_text:
            if value.raw in (None, ""):
                self.readings.told.add(table, MISSING, value.name)
            else:
                self.readings.add(table, {**row, "value_text": str(value.raw)}, more)
            return
        number = self.readings.number(table, value.name, value.raw)
        if number is not None:
            if field.unit.factor != 1:
                more |= {"member": value.name, "value": value.raw}
            self.readings.add(table, {**row, "value": field.unit.convert(number)}, more)


def keep_unknown(reply: Reply, table: str, values: list[Value], unknown: Mapping[str, Any]) -> None:
    """Members that nobody knows are told, and stay beside the first value of their object."""
    reply.readings.unknown(table, unknown)
    if unknown and (sent := next((value for value in values if value.raw not in (None, "")), None)):
        sent.more.update(unknown)
