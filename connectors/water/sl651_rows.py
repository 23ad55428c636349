"""The values of one SL 651 report -> rows of ``observation``: which variable, of when, over which interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Protocol

from connectors.arrow import as_json
from connectors.clock import BEIJING, ClockError, to_utc, zone_named
from connectors.errors import ConfigurationError
from connectors.refusal import RefusedError
from connectors.telling import MISSING
from connectors.water.sl651_body import Body, Group, Value
from connectors.water.sl651_elements import (
    ARRAYS,
    AT_A_RESERVOIR,
    FUNCTIONS,
    RAIN_INTERVALS,
    STATUS,
    Element,
    known_elements,
    status_flags,
)
from connectors.water.sl651_frame import ADDITIONAL, HOURLY, PERIOD, QUERY_PERIOD, Frame

_REGULAR = frozenset({PERIOD, HOURLY, QUERY_PERIOD})
_DAY_STARTS_AT = 8  # local hour: the rain of a hydrological day is reported then, for the day that ends


@dataclass(frozen=True)
class Dialect:
    """What the contract says of its stations; see the options of the parser."""

    zone: tzinfo
    elements: Mapping[str, Element]
    rain_from: str
    series_is_first: bool

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Dialect:
        rain_from = str(options.get("rain_from", "DRP"))
        series_time = options.get("series_time", "first")
        if rain_from != "DRP" and rain_from not in RAIN_INTERVALS:
            raise _wrong(f"rain_from must be DRP or one of {', '.join(sorted(RAIN_INTERVALS))}, got {rain_from}")
        if series_time not in {"first", "last"}:
            raise _wrong(f"series_time must be first or last, got {series_time}")
        zone = zone_named(options.get("zone", BEIJING))
        return cls(zone, known_elements(options), rain_from, series_time == "first")

    def instant(self, digits: str) -> datetime:
        """``YYMMDDHHmm`` or ``YYMMDDHHmmSS``, local. Raises RefusedError."""
        try:
            return to_utc(f"20{digits:0<12}", self.zone)
        except ClockError as error:
            raise RefusedError("sl651.time", str(error)) from None


class Listening(Protocol):
    """Who is told what does not become a row."""

    def tell(self, name: str, example: str | None = None, count: int = 1) -> None: ...
    def refuse(self, where: str, error: RefusedError, raw: bytes) -> None: ...


@dataclass(frozen=True)
class ReportRows:
    """One report on its way to rows; ``where`` and ``raw`` are for what must be refused."""

    where: str
    head: Frame
    body: Body
    raw: bytes
    dialect: Dialect
    listening: Listening

    def rows(self) -> Iterator[dict[str, Any]]:
        """Raises RefusedError if one of the report's own clocks cannot be read."""
        issued_at = self.dialect.instant(self.body.sent)
        observed = [self._observed(group) for group in self.body.groups]
        for group, observed_at in zip(self.body.groups, observed, strict=True):
            station = station_code(group.station or self.head.station)
            for row in self._rows(group, observed_at):
                yield {"station_code": station, "issued_at": issued_at, "source_table": self._kind(), **row}

    def _kind(self) -> str:
        return f"{self.head.function:02X} {FUNCTIONS[self.head.function]}"

    def _observed(self, group: Group) -> datetime:
        if group.observed is None:
            raise RefusedError("sl651.observed", "the report has values and no time of observation")
        return self.dialect.instant(group.observed)

    def _rows(self, group: Group, observed_at: datetime) -> Iterator[dict[str, Any]]:
        extra = {"centre": self.head.centre, "serial": self.head.serial, "station_class": group.station_class}
        if group.station not in {None, self.head.station}:
            extra["sent_by"] = station_code(self.head.station)
        for value in group.values:
            if value.is_missing:
                self.listening.tell(MISSING, value.element)
                continue
            element = self.dialect.elements.get(value.element)
            if element is None:
                yield self._unknown(value, extra, self._at(value, observed_at))
            elif value.number is None:
                error = RefusedError("sl651.value", f"the value {value.raw} of {element.name} is no number")
                self.listening.refuse(f"{self.where} {element.name}", error, self.raw)
            else:
                yield {**self._known(value, element, group, self._at(value, observed_at)), "extra": as_json(extra)}

    def _unknown(self, value: Value, extra: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        self.listening.tell(value.element, value.raw)
        return {
            "variable": f"element_{value.element.lower()}",
            "event_at": at,
            "value": value.number,
            "value_text": value.raw if value.number is None else None,
            "unit": "unknown",
            "extra": as_json({**extra, "element": value.element, "raw": value.raw}),
        }

    def _known(self, value: Value, element: Element, group: Group, at: datetime) -> dict[str, Any]:
        row: dict[str, Any] = {
            "variable": self._variable(element, group.station_class),
            "event_at": at,
            "value": value.number,
            "unit": element.unit,
            "interval_h": element.hours,
        }
        if element.code == STATUS:
            row["status_flags"], row["value_text"] = status_flags(int(value.raw, 16))
        if element.name == "PD" and at.astimezone(self.dialect.zone).hour != _DAY_STARTS_AT:
            # Only at 8 o'clock it is certain which day is meant.
            self.listening.tell("(daily rain not at 8 o'clock)", self.head.station)
            row["interval_h"] = None
        return row

    def _variable(self, element: Element, station_class: str | None) -> str:
        """``rain_mm`` is added up: regular reports alone give it. An additional report repeats what they will tell."""
        if element.name == self.dialect.rain_from:
            is_array = element.code in ARRAYS
            if self.head.function in _REGULAR or (is_array and self.head.function != ADDITIONAL):
                return "rain_mm"
        return AT_A_RESERVOIR.get(element.variable, element.variable) if station_class == "K" else element.variable

    def _at(self, value: Value, observed_at: datetime) -> datetime:
        """The instant of one value; the last one of an array is of the time of observation."""
        if value.of == 1:
            return observed_at
        if value.element in ARRAYS:
            return observed_at - timedelta(minutes=5 * (value.of - 1 - value.place))
        steps = value.place if self.dialect.series_is_first else value.place - value.of + 1
        return observed_at + timedelta(minutes=(self.body.step_minutes or 0) * steps)


def station_code(address: str) -> str:
    """``00`` and eight digits are a station's code; other addresses are a region's code and a number, kept whole."""
    return address[2:] if address.startswith("00") and len(address) == 10 else address


def _wrong(what: str) -> ConfigurationError:
    return ConfigurationError(f"The format sl651 is declared wrong: {what}", remedy="correct the contract")
