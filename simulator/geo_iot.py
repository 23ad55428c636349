"""Landslide monitoring: devices at hazard points, one JSON message per device and turn, keys in UTC.

``Lx_XX_n`` identifiers. Three dialects are spoken: plain JSON, JSON behind a three-byte envelope, and one of gateways
that speak for children of their own codes, misspell ``singal_nb`` and give a crack as an object instead of a number.
A device whose link was broken tells several instants in one message.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from simulator.instruments import Instrument, at_hazard_points
from simulator.layout import Slope
from simulator.nature import Nature
from simulator.world import dice, floor

TURN = timedelta(minutes=5)
LINK = timedelta(minutes=60)  # a link is whole or broken for an hour
ENVELOPE_TYPE = 1
IDENTIFIERS = {
    "gnss": "L1_GP",
    "crack": "L1_LF",
    "tilt": "L1_QJ",
    "rain": "L3_YL",
    "moisture": "L3_HS",
    "pore_pressure": "L3_SY",
}
PRODUCT = "MNDZ"  # 模拟地灾
Values = dict[str, object]


class Message(NamedTuple):
    topic: str
    body: bytes


class Gateway(NamedTuple):
    """The device that speaks for a hazard point; ``children`` are its instruments by device code."""

    code: str
    slope: Slope
    children: dict[str, Instrument]
    dialect: str  # plain, enveloped, odd


class GeoIot:
    """The messages of one world, as a function of time."""

    def __init__(self, nature: Nature) -> None:
        self.nature = nature

    @cached_property
    def gateways(self) -> tuple[Gateway, ...]:
        instruments: dict[str, list[Instrument]] = defaultdict(list)
        for instrument in at_hazard_points(self.nature.layout, self.nature.world.seed):
            instruments[instrument.slope.code].append(instrument)
        found = []
        for i, slope in enumerate(self.nature.layout.hazard_points):
            code = f"{990_054_000 + i}"
            children = {f"{code}{n:02d}": one for n, one in enumerate(instruments[slope.code], 1)}
            found.append(Gateway(code, slope, children, ("plain", "enveloped", "odd")[i % 3]))
        return tuple(found)

    def messages(self, since: datetime, until: datetime) -> Iterator[Message]:
        """What is sent in (since, until]."""
        turn = floor(since, 300)
        while (turn := turn + TURN) <= until:
            for gateway in self.gateways:
                if instants := self._instants(gateway, turn):
                    yield self.message(gateway, instants)

    def _instants(self, gateway: Gateway, turn: datetime) -> list[datetime]:
        """The instants told at a turn: none while the link is broken, all that was missed when it is mended."""
        if self._is_broken(gateway, turn):
            return []
        instants, earlier = [turn], turn - TURN
        while self._is_broken(gateway, earlier) and turn - earlier < timedelta(hours=4):
            instants.append(earlier)
            earlier -= TURN
        return instants[::-1]

    def _is_broken(self, gateway: Gateway, at: datetime) -> bool:
        hour = floor(at, int(LINK.total_seconds()))
        return dice(self.nature.world.seed, "link", gateway.code, int(hour.timestamp())) < 0.02

    def message(self, gateway: Gateway, instants: list[datetime]) -> Message:
        """One message with every instrument at each of the instants."""
        own: dict[str, Values] = {"S1_ZT_1": self._status(gateway, gateway.code, instants)}
        devices = {gateway.code: own}
        for code, instrument in gateway.children.items():
            values: Values = {utc(at): self._leaf(gateway, instrument, at) for at in instants}
            identifier = f"{IDENTIFIERS[instrument.kind]}_{instrument.number}"
            if gateway.dialect == "odd":
                status = self._status(gateway, code, instants)
                devices[code] = {identifier: values, "S1_ZT_1": status}
            else:
                own[identifier] = values
        body = json.dumps(devices, ensure_ascii=False).encode()
        if gateway.dialect == "enveloped":
            body = bytes([ENVELOPE_TYPE]) + len(body).to_bytes(2, "big") + body
        topic = "$dp" if gateway.dialect == "plain" else f"/sys/{PRODUCT}/{gateway.code}/thing/property/post"
        return Message(topic, body)

    def _leaf(self, gateway: Gateway, instrument: Instrument, at: datetime) -> object:
        readings = self.nature.readings
        if instrument.kind == "gnss":
            x, y, z = readings.movement(instrument, at)
            return {"gpsTotalX": round(x, 2), "gpsTotalY": round(y, 2), "gpsTotalZ": round(z, 2)}
        value = readings.number(instrument, at, rain_minutes=10)
        if instrument.kind == "tilt":
            x, y = round(0.8 * value, 3), round(0.6 * value, 3)
            return {"X": x, "Y": y, "Z": round(90 - value, 3), "angle": round(value, 3)}
        if instrument.kind == "rain":
            total = readings.running_rain_mm(instrument, at)
            return {"value": round(value, 1), "totalValue": round(total, 1)}
        if instrument.kind == "crack" and gateway.dialect != "odd":
            return round(value, 2)
        return {"value": round(value, 2)}

    def _status(self, gateway: Gateway, device: str, instants: list[datetime]) -> Values:
        """A device's state; that of a gateway mirrors its children's."""
        found: Values = {}
        spelling = "singal_nb" if gateway.dialect == "odd" else "signal_NB"
        place: Values = {"lon": gateway.slope.lon, "lat": gateway.slope.lat}
        if gateway.dialect == "odd":
            place = {k: str(v) for k, v in place.items()}
        for at in instants:
            charge = 70 + 28 * dice(self.nature.world.seed, "charge", device, at.date())
            air = self.nature.atmosphere.air(gateway.slope.lon, gateway.slope.lat, at)
            states = {
                f"{IDENTIFIERS[one.kind]}_{one.number}": int(
                    dice(self.nature.world.seed, "state", code, int(at.timestamp()) // 86_400) < 0.004
                )
                for code, one in gateway.children.items()
                if device in (code, gateway.code)
            }
            found[utc(at)] = {
                "ext_power_volt": 0,
                "solar_volt": round(17.2 if 7 <= at.hour < 18 else 0.3, 1),
                "battery_dump_energy": round(charge, 1),
                "battery_volt": round(11.4 + charge / 80, 2),
                "temp": round(air.temperature_c + 4, 1),
                "humidity": round(air.humidity_pct * 0.6, 1),
                "signal_4g": -60 - int(40 * dice(gateway.code, "signal")),
                spelling: -90,
                "sw_version": "模拟V1.0",
                **place,
                "sensor_state": states,
            }
        return found


def utc(at: datetime) -> str:
    """``2026-03-14T07:04:03.000Z``, the key under which values stand."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
