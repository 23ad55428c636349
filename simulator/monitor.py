"""Monitoring platforms of enterprises and of the town's pipes: JSON pages over HTTP, points with their latest readings.

The shapes are of no standard: they are those of the profiles that the product documents. ``/monitor/KIND``, pages of
``PAGE`` points linked by ``next``; readings are the last half hour, or those since ``?since=`` (ISO 8601). Slope radars
drop files with one JSON object per line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple

from simulator.county import REGION_CODE
from simulator.instruments import Instrument, at_dams
from simulator.mines import text_time
from simulator.nature import Nature
from simulator.plants import (
    COMBUSTIBLE,
    GAS_FLOW,
    GAS_PRESSURE,
    GAS_WELL,
    TANK_LEVEL,
    TANK_PRESSURE,
    TANK_TEMPERATURE,
    TOXIC_GAS,
    WATER_FLOW,
    WATER_PRESSURE,
    Excursion,
    HazardSource,
    Kind,
    Point,
)
from simulator.world import BEIJING, SimulatorError, dice, floor

PAGE = 40
TRUE_ALARMS = 0.97
USUAL = timedelta(minutes=30)
LONGEST = timedelta(hours=24)
STEP = {"tailings_pond": 600, "hazchem_tank": 300, "hazchem_gas": 300}
TOWN_STEP = 300  # s, of gas, water and bridges
GRADES = {2: "二等", 3: "三等", 4: "四等", 5: "五等"}
# The kind of a point -> its item in the document, and what the sender's unit is of ours.
ITEMS: Mapping[str, tuple[str, float]] = {
    TANK_TEMPERATURE.name: ("temperature", 1),
    TANK_PRESSURE.name: ("pressure", 0.001),
    TANK_LEVEL.name: ("level", 1),
    GAS_PRESSURE.name: ("pressure", 1000),
    GAS_FLOW.name: ("flow", 1),
    GAS_WELL.name: ("wellMethane", 1),
    WATER_PRESSURE.name: ("pressure", 1),
    WATER_FLOW.name: ("flow", 1),
    "bridge_strain": ("strain", 1),
    "bridge_deflection": ("deflection", 1),
    "bridge_acceleration": ("acceleration", 0.001),
}
UNITS = {"pressure": "MPa", "level": "m", "temperature": "℃", "wellMethane": "%LEL", "flow": "m3/h"}
GAS_OF = {"液氨": "NH3", "液氯": "Cl2"}
DAM_ITEMS = {
    "phreatic": "phreaticLine",
    "pore_pressure": "porePressure",
    "dry_beach": "dryBeach",
    "pond_level": "pondLevel",
    "rain": "rainfall",
    "seepage": "seepage",
}
Record = dict[str, object]


class Device(NamedTuple):
    """What the platform lists as one point: a tank with three sensors, a detector, an instrument."""

    code: str
    name: str
    type: str
    lon: float
    lat: float
    points: tuple[Point, ...]
    more: Record
    gas: str = ""  # what a detector smells


class Monitor:
    """The platforms of one world."""

    def __init__(self, nature: Nature) -> None:
        self.nature = nature

    def kinds(self) -> list[str]:
        """What ``page`` can be asked for."""
        return ["tailings_pond", *self._devices]

    def page(self, kind: str, params: Mapping[str, str], now: datetime) -> Record:
        """One page of a platform's points. Raises SimulatorError for parameters that make no sense."""
        since, number = _since(params, now), _page_number(params)
        if kind == "tailings_pond":
            everything: list[Instrument] | list[Device] = self._dams
        elif kind in self._devices:
            everything = self._devices[kind]
        else:
            raise SimulatorError(f"no platform {kind!r}; known: {', '.join(self.kinds())}.")
        shown = everything[PAGE * (number - 1) : PAGE * number]
        points = [
            self._of_dam(one, since, now) if isinstance(one, Instrument) else self._of_device(kind, one, since, now)
            for one in shown
        ]
        query = f"page={number + 1}" + (f"&since={params['since']}" if "since" in params else "")
        is_last = PAGE * number >= len(everything)
        return {
            "code": 0,
            "message": "ok 模拟",
            "synthetic": True,
            "total": len(everything),
            "next": None if is_last else f"/monitor/{kind}?{query}",
            "points": points,
        }

    # Tailings ponds

    @cached_property
    def _dams(self) -> list[Instrument]:
        return list(at_dams(self.nature.layout, self.nature.world.seed))

    def _of_dam(self, instrument: Instrument, since: datetime, now: datetime) -> Record:
        pond = instrument.pond
        assert pond is not None  # noqa: S101 - at_dams gives only those
        firm = pond.enterprise
        return {
            **_head(instrument.code, instrument.name, f"dam_{instrument.kind}"),
            **_owner(firm.code, firm.name),
            "location": f"模拟坝面{instrument.number}",
            "longitude": instrument.slope.lon,
            "latitude": instrument.slope.lat,
            "inUse": True,
            "pondCode": pond.dam.code,
            "pondName": f"{firm.name}库区",
            "pondGrade": GRADES[pond.grade],
            "elevation": pond.crest_m,
            "readings": [self._dam_reading(instrument, at) for at in _times(since, now, STEP["tailings_pond"])],
        }

    def _dam_reading(self, instrument: Instrument, at: datetime) -> Record:
        readings, time = self.nature.readings, {"time": text_time(at)}
        if instrument.kind == "gnss":
            moved = readings.movement(instrument, at)
            names = ("displacementX", "displacementY", "displacementZ")
            return {**time, **{name: round(mm, 2) for name, mm in zip(names, moved, strict=True)}}
        value = round(readings.number(instrument, at), 3)
        found: Record = {**time, DAM_ITEMS[instrument.kind]: value}
        if instrument.kind == "pond_level" and instrument.pond:
            found["freeboard"] = round(instrument.pond.crest_m - value, 3)
        return found

    # Plants and lifelines

    @cached_property
    def _devices(self) -> dict[str, list[Device]]:
        found: dict[str, list[Device]] = defaultdict(list)
        for source in self.nature.plants.sources:
            found["hazchem_tank"] += _tanks(source)
            found["hazchem_gas"] += _detectors(source)
        for point in self.nature.plants.lifelines:
            for kind, owner in (("gas_network", "MNRQ"), ("water_supply", "MNGS"), ("bridge", "MNQL")):
                if point.owner.startswith(owner):
                    found[kind].append(_town_device(kind, point))
        return dict(found)

    def _of_device(self, kind: str, device: Device, since: datetime, now: datetime) -> Record:
        step = STEP.get(kind, TOWN_STEP)
        return {
            **_head(device.code, device.name, device.type),
            "longitude": device.lon,
            "latitude": device.lat,
            "inUse": True,
            **device.more,
            "readings": [self._reading(kind, device, at) for at in _times(since, now, step)],
            "alarms": [a for point in device.points for a in self._alarms(kind, device, point, since, now)],
        }

    def _reading(self, kind: str, device: Device, at: datetime) -> Record:
        """A value in two hundred is missing: null in one vendor's documents, -9999 in another's."""
        found: Record = {"time": text_time(at)}
        for point in device.points:
            value: object = self._value(kind, point, at)
            if dice(self.nature.world.seed, "missing", point.code, int(at.timestamp())) < 0.005:
                value = None if len(point.code) % 2 else -9999
            if kind == "hazchem_gas":
                return {**found, "gas": device.gas, "value": value, "unit": point.kind.unit}
            found[ITEMS[point.kind.name][0]] = value
        return found

    def _value(self, kind: str, point: Point, at: datetime) -> float:
        factor = 1.0 if kind == "hazchem_gas" else ITEMS[point.kind.name][1]
        return round(self.nature.plants.value(point, at) * factor, 4)

    def _alarms(self, kind: str, device: Device, point: Point, since: datetime, now: datetime) -> Iterator[Record]:
        """What began or ended since, as far as it is known now; in a year's world all that it has seen."""
        limits = point.kind.limits
        if self.nature.world.scenario == "year":
            since = self.nature.world.records_from
        for found in self._excursions(point, since.date(), now.date()):
            if found.begin > now or found.end <= since or limits.h is None:
                continue
            is_high_high = limits.hh is not None and found.reaches >= limits.hh
            peak_at = found.begin + (found.end - found.begin) / 2
            acknowledged = found.begin + timedelta(minutes=3)
            item = device.gas or ITEMS[point.kind.name][0]
            factor = 1.0 if kind == "hazchem_gas" else ITEMS[point.kind.name][1]
            is_over = found.end <= now
            is_true = dice(self.nature.world.seed, "true", point.code, found.begin.date()) < TRUE_ALARMS
            yield {
                "type": "over_limit",
                "limit": "HH" if is_high_high else "H",
                "level": "red" if is_high_high else "orange",
                "item": item,
                "unit": _sent_unit(kind, point.kind, item),
                "start": text_time(found.begin),
                "end": text_time(found.end) if is_over else None,
                "peak": round(found.reaches * factor, 3) if now >= peak_at else None,
                "peakTime": text_time(peak_at) if now >= peak_at else None,
                "acknowledged": text_time(acknowledged) if now >= acknowledged else None,
                "confirmed": is_true if is_over else None,
                "reason": ("模拟扰动" if is_true else "模拟误报：探头受潮") if is_over else None,
                "measure": ("模拟处置" if is_true else "模拟：校验探头") if is_over else None,
            }

    @lru_cache(maxsize=4096)  # noqa: B019 - one Monitor lives as long as the process
    def _excursions(self, point: Point, first: date, last: date) -> tuple[Excursion, ...]:
        """Of a point's days from the first to the last."""
        midnight = datetime(first.year, first.month, first.day, tzinfo=BEIJING)
        days = (midnight + timedelta(days=i) for i in range((last - first).days + 1))
        found = (self.nature.plants.excursion(point, day) for day in days)
        return tuple(dict.fromkeys(one for one in found if one))


def _tanks(source: HazardSource) -> Iterator[Device]:
    tanks = [p for p in source.points if p.kind in (TANK_TEMPERATURE, TANK_PRESSURE, TANK_LEVEL)]
    for i in range(0, len(tanks), 3):
        three = tuple(tanks[i : i + 3])
        limits = {
            ITEMS[p.kind.name][0]: {
                name: None if limit is None else round(limit * ITEMS[p.kind.name][1], 3)
                for name, limit in zip(("HH", "H", "L", "LL"), p.kind.limits, strict=True)
            }
            for p in three
        }
        more: Record = {
            **_owner(source.enterprise.code, source.enterprise.name),
            "hazardCode": source.code,
            "medium": source.chemical,
            "limits": limits,
        }
        name = three[0].name.removesuffix("温度")
        yield Device(f"{source.code}-T{i // 3 + 1}", name, "tank", three[0].lon, three[0].lat, three, more)


def _detectors(source: HazardSource) -> Iterator[Device]:
    for point in source.points:
        if point.kind in (COMBUSTIBLE, TOXIC_GAS):
            gas = "combustible" if point.kind is COMBUSTIBLE else GAS_OF.get(source.chemical, "H2S")
            more: Record = {
                **_owner(source.enterprise.code, source.enterprise.name),
                "hazardCode": source.code,
                "gasPoint": True,
            }
            yield Device(point.code, point.name, "gas_detector", point.lon, point.lat, (point,), more, gas)


def _town_device(kind: str, point: Point) -> Device:
    more = {
        "gas_network": {"pipeline": "模拟中压线"},
        "water_supply": {"district": "模拟城区"},
        "bridge": {"bridgeCode": point.owner, "bridgeName": f"模拟{point.owner[-1]}号桥", "span": "1"},
    }[kind]
    owner = _owner("", f"模拟{ {'gas_network': '燃气', 'water_supply': '供水', 'bridge': '市政'}[kind] }公司")
    facts: Record = {**owner, **more}
    return Device(point.code, point.name, point.kind.name, point.lon, point.lat, (point,), facts)


def _head(code: str, name: str, kind: str) -> Record:
    return {"pointCode": code, "pointName": name, "pointType": kind}


def _owner(code: str, name: str) -> Record:
    return {"ownerCode": code or None, "ownerName": name, "regionCode": REGION_CODE}


def _sent_unit(kind: str, point_kind: Kind, item: str) -> str:
    if kind == "gas_network" and item == "pressure":
        return "kPa"
    if kind == "bridge" and item == "acceleration":
        return "m/s2"
    return point_kind.unit if kind == "hazchem_gas" else UNITS.get(item, point_kind.unit)


def _times(since: datetime, now: datetime, step_s: int) -> list[datetime]:
    """The measuring times in (since, now]."""
    at, found = floor(now, step_s), []
    while at > since:
        found.append(at)
        at -= timedelta(seconds=step_s)
    return found[::-1]


def _since(params: Mapping[str, str], now: datetime) -> datetime:
    if "since" not in params:
        return now - USUAL
    try:
        since = datetime.fromisoformat(params["since"])
    except ValueError:
        raise SimulatorError(f"since is no ISO 8601 time: {params['since']!r}.") from None
    since = since if since.tzinfo else since.replace(tzinfo=BEIJING)
    return max(since.astimezone(BEIJING), now - LONGEST)


def _page_number(params: Mapping[str, str]) -> int:
    text = params.get("page", "1")
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise SimulatorError(f"page must be a number from 1 on, not {text!r}.")
    return int(text)
