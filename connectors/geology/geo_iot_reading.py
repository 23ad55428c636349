"""What the devices of one message mean: rows of observations and stations, refusals, and what is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from connectors import observation, station
from connectors.arrow import as_json, to_table
from connectors.clock import BEIJING, ClockError, to_utc, zone_named
from connectors.coordinates import CoordinateError, crs_named, to_wgs84
from connectors.duplicates import last_wins
from connectors.geology.geo_iot_variables import (
    ACTUATORS,
    ALIASES,
    PLATFORM_KEYS,
    SENSOR_STATE,
    UNSTATED,
    VARIABLES,
    Variable,
)
from connectors.geology.geo_iot_wire import FORMAT, IDENTIFIER, Device
from connectors.json_text import NotFinite
from connectors.model import Parsed, Reject
from connectors.numbers import NotFiniteError, NumberError, to_number
from connectors.refusal import RefusedError
from connectors.telling import MISSING, Told
from connectors.text import is_damaged, is_storable, storable

_TIME = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}.*|\d{13}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SENTINELS = frozenset({-9999.0, 999999.0, -999999.0})
_KEPT = frozenset({"gpsinitial", "sw_version"})
"""Leaves that describe: kept with the values of their instant or with the station, no observation themselves."""
_PLACE = frozenset({"lon", "lat"})


class Reading:
    """What one payload gives, as it is met."""

    def __init__(self, fetched_at: datetime, options: Mapping[str, Any]) -> None:
        self.fetched_at = fetched_at
        self.zone: tzinfo = zone_named(options.get("zone", BEIJING))
        self.crs = str(options.get("crs") or "EPSG:4490")
        self.children: Mapping[str, Mapping[str, str]] = options.get("children") or {}
        self.rows: list[dict[str, Any]] = []
        self.stations: dict[str, dict[str, Any]] = {}
        self._placed_at: dict[str, datetime] = {}
        self.rejects: list[Reject] = []
        self.told = Told()

    def parsed(self) -> Parsed:
        rows, repeated = last_wins(self.rows, observation.KEY, observation.TABLE)
        rows = [{**row, "extra": as_json(row["extra"] or None)} for row in rows]
        tables = {
            observation.TABLE: to_table(observation.SCHEMA, rows),
            station.TABLE: to_table(station.SCHEMA, list(self.stations.values())),
        }
        return Parsed(tables, self.rejects, [*self.told.drift(), *repeated])

    def device(self, device: Device) -> None:
        if not is_storable(device.code) or is_damaged(device.code) or not device.code.strip():
            self._refuse(device, "", RefusedError(f"{FORMAT}.device", "the device code is empty or destroyed"), None)
            return
        for name, content in device.members.items():
            if not (is_storable(name) and is_storable(content)):
                reason = "a text holds a NUL or half a character, or it is nested too deeply: no database keeps it"
                self._refuse(device, name, RefusedError(f"{FORMAT}.text", reason), {name: content})
                continue
            identifier = _identifier(name)
            if identifier is None:
                self._unknown_member(device, name, content)
                continue
            kind, channel, leaf = identifier
            if kind in ACTUATORS:
                self.told.add(observation.TABLE, f"{kind} (actuator)", content)
                continue
            for instant, leaves in self._instants(device, name, content):
                values = leaves if leaf is None else {leaf: leaves}
                self._values(device, f"{kind}_{channel}", instant, values)

    def _instants(self, device: Device, name: str, content: Any) -> Iterator[tuple[datetime, Any]]:
        """(instant, leaves or bare value); content without instants counts as of the moment of receipt."""
        if not isinstance(content, dict) or not any(_TIME.fullmatch(key) for key in content):
            if content != {}:
                self.told.add(observation.TABLE, "(no instant)", name)
                yield self.fetched_at, content
            return
        for key, leaves in content.items():
            try:
                yield _instant(key, self.zone), leaves
            except RefusedError as error:
                self._refuse(device, name, error, {key: leaves})

    def _values(self, device: Device, name: str, instant: datetime, leaves: Any) -> None:
        if isinstance(leaves, list) or leaves is None:
            leaves = {"value": leaves}
        leaves = leaves if isinstance(leaves, dict) else {"value": leaves}
        first = len(self.rows)
        for leaf, value in leaves.items():
            try:
                self._value(device, name, instant, leaf, value)
            except RefusedError as error:
                self._refuse(device, f"{name}@{instant:%Y-%m-%dT%H:%M:%SZ}.{leaf}", error, {leaf: value})
        if len(self.rows) > first:
            self.rows[first]["extra"] |= {leaf: value for leaf, value in leaves.items() if leaf.lower() == "gpsinitial"}
        if name.startswith("S1_"):
            self._station(device, instant, leaves)

    def _value(self, device: Device, name: str, instant: datetime, leaf: str, value: Any) -> None:
        kind, _, _ = name.rpartition("_")
        plain = ALIASES.get(leaf.lower(), leaf.lower())
        if plain in _KEPT or (name.startswith("S1_") and plain in _PLACE):
            return
        if plain == "sensor_state" and isinstance(value, dict):
            for state_of, state in value.items():
                self._sensor_state(device, name, instant, state_of, state)
            return
        known = VARIABLES.get(kind, {}).get(plain) or (SENSOR_STATE if plain == "sensor_state" else None)
        row = self._row(device, name, instant)
        if known is None:
            known = Variable(_snake(f"{kind.partition('_')[2]}_{leaf}"), UNSTATED)
            self.told.add(observation.TABLE, f"{kind}.{leaf}", value)
            row["extra"]["field"] = leaf
            if isinstance(value, str) and not _is_number(value):
                self._text(row, known, value)
                return
        self._number(row, known, value)

    def _sensor_state(self, device: Device, name: str, instant: datetime, state_of: str, state: Any) -> None:
        """The state of a channel belongs to the channel's own point, not to the gateway that reports it."""
        match = IDENTIFIER.fullmatch(state_of)
        row = self._row(device, state_of if match else name, instant)
        variable = f"{SENSOR_STATE.name}_{_snake(match['kind'] if match else state_of)}"
        self._number(row, Variable(variable, SENSOR_STATE.unit), state)

    def _row(self, device: Device, name: str, instant: datetime) -> dict[str, Any]:
        code, gateway = self._point(device, name)
        extra = {"gateway": gateway} if gateway else {}
        return {"station_code": code, "event_at": instant, "source_table": name, "extra": extra}

    def _point(self, device: Device, name: str) -> tuple[str, str | None]:
        """The code of the point that ``name`` measures at, and the gateway that speaks for it."""
        children = self.children.get(device.code) or {}
        if name in children:
            return str(children[name]), device.code
        if children and not name.startswith("S1_"):
            self.told.add(observation.TABLE, "(unlisted child)", f"{device.code}/{name}")
            return f"{device.code}/{name}", device.gateway
        return device.code if name.endswith("_1") else f"{device.code}/{name}", device.gateway

    def _number(self, row: dict[str, Any], variable: Variable, value: Any) -> None:
        if value is None or (isinstance(value, str) and not isinstance(value, NotFinite) and not value.strip()):
            self.told.add(observation.TABLE, MISSING, variable.name)
            return
        if isinstance(value, dict | list):
            raise RefusedError(f"{FORMAT}.number", f"{variable.name} is not a number but {type(value).__name__}")
        try:
            number = to_number(value)
        except NotFiniteError as error:
            raise RefusedError(f"{FORMAT}.number.finite", str(error)) from None
        except NumberError as error:
            raise RefusedError(f"{FORMAT}.number", str(error)) from None
        if number in _SENTINELS:
            self.told.add(observation.TABLE, MISSING, variable.name)
            return
        value = number if variable.factor == 1.0 else float(f"{number * variable.factor:.12g}")
        self.rows.append({**row, "variable": variable.name, "unit": variable.unit, "value": value})

    def _text(self, row: dict[str, Any], variable: Variable, value: str) -> None:
        if is_damaged(value):
            raise RefusedError(f"{FORMAT}.text", "the text was destroyed by a wrong decoding (U+FFFD, 锟斤拷)")
        more = {"variable": variable.name, "unit": variable.unit, "value_text": value, "missing_reason": "no_number"}
        self.rows.append({**row, **more})

    def _station(self, device: Device, instant: datetime, leaves: Mapping[str, Any]) -> None:
        """The place that a status message gives, for the device and for its further channels."""
        plain = {leaf.lower(): value for leaf, value in leaves.items()}
        place = [plain.get(name) for name in ("lon", "lat")]
        if all(part in (None, "", 0, "0") for part in place):
            return
        try:
            longitude, latitude = to_wgs84(to_number(place[0]), to_number(place[1]), crs_named(self.crs))
        except (NumberError, CoordinateError) as error:
            refused = RefusedError(f"{FORMAT}.position", f"the position cannot be used: {error}")
            self._refuse(device, "S1_ZT", refused, {"lon": place[0], "lat": place[1]})
            return
        states = plain.get("sensor_state")
        names = [*device.members, *(states if isinstance(states, dict) else ())]
        codes = {self._channel(device, name) for name in names if IDENTIFIER.fullmatch(name)}
        version = plain.get("sw_version")
        for code in sorted(codes | {device.code}):
            if code in self.stations and self._placed_at[code] > instant:
                continue
            self._placed_at[code] = instant
            # No modified_at: when a device says again where it is, its definition does not begin anew.
            self.stations[code] = {
                "station_code": code,
                "station_name": code,
                "station_type": "geohazard",
                "longitude": longitude,
                "latitude": latitude,
                "extra": as_json({"sw_version": version} if version else None),
            }

    def _channel(self, device: Device, name: str) -> str:
        """The point of a channel at the device itself; a child stands elsewhere, and its own register says where."""
        if name in (self.children.get(device.code) or {}):
            return device.code
        return device.code if name.endswith("_1") else f"{device.code}/{name}"

    def _unknown_member(self, device: Device, name: str, content: Any) -> None:
        """A member that is no identifier: with instants it is measured by something, without it is kept in words."""
        self.told.add(observation.TABLE, name, content)
        if not isinstance(content, dict) or not any(_TIME.fullmatch(key) for key in content):
            self.rejects.append(
                Reject(
                    f"{device.where} {device.code}.{name}".strip(),
                    f"{FORMAT}.member",
                    "the member is no identifier (Lx_XX_n) and has no instants",
                    observation.TABLE,
                    storable({name: content}),
                )
            )
            return
        for instant, value in self._instants(device, name, content):
            try:
                row = {"station_code": device.code, "event_at": instant, "source_table": "keyValues"}
                row["extra"] = {"field": name}
                self._number(row, Variable(_snake(name), UNSTATED), value)
            except RefusedError as error:
                self._refuse(device, name, error, {name: value})

    def _refuse(self, device: Device, name: str, error: RefusedError, record: Any) -> None:
        where = f"{device.where} {device.code}.{name}".strip()
        self.rejects.append(Reject(storable(where), error.rule, str(error), observation.TABLE, storable(record)))


def _identifier(name: str) -> tuple[str, str, str | None] | None:
    """(kind, channel, leaf) of ``L1_QJ_1``, ``L1_QJ_1.X`` or of a platform key that means one thing only."""
    head, _, leaf = name.partition(".")
    if match := IDENTIFIER.fullmatch(head):
        return match["kind"], match["channel"], leaf or None
    if known := PLATFORM_KEYS.get(name.lower()):
        return known[0], "1", known[1]
    return None


def _instant(text: str, zone: tzinfo) -> datetime:
    if text.isdecimal() and len(text) == 13:
        return _EPOCH + timedelta(milliseconds=int(text))
    try:
        return to_utc(text, zone)
    except ClockError as error:
        raise RefusedError(f"{FORMAT}.time", str(error)) from None


def _is_number(text: str) -> bool:
    try:
        to_number(text)
    except NotFiniteError:
        return True
    except NumberError:
        return False
    return True


def _snake(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_").lower()
