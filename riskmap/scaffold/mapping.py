"""The mapping profile of a feed, from the parts of its sample: lines of YAML below ``profile:`` in the contract."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from riskmap.scaffold import names
from riskmap.scaffold.columns import Column
from riskmap.scaffold.parts import LongForm, Parts
from riskmap.scaffold.request import Request
from riskmap.scaffold.sample import Sample
from riskmap.scaffold.text import line

UNKNOWN_UNIT = "unknown"
"""What stands in the column ``unit`` as long as nobody has written the unit: never silently "none"."""
_AMOUNTS = ("rain", "precip", "snowfall")


def head(request: Request, sample: Sample, parts: Parts) -> list[str]:
    """What all profiles begin with: the layout of the bytes, the marks of missing values, the envelope."""
    marks = list(dict.fromkeys(mark for column in parts.columns for mark in column.marks))
    layout = dict(sample.layout)
    lines = [
        line(8, "profile", request.id),
        line(8, "title", request.name),
        line(8, "source", "A sample of the source, see tests/fixtures/feeds", "name the document that describes it"),
        line(8, "input", layout, "code as seen in the sample, is it success?" if "success" in layout else ""),
        line(8, "zone", request.zone),
    ]
    if marks:
        lines.append(line(8, "missing", marks, "seen in the sample; add what else means: no value"))
    if envelope := [column.name for column in parts.columns if parts.is_envelope(column)]:
        lines.append(line(8, "ignore", envelope, "tells of the reply, not of a record"))
    return [*lines, line(8, "tables")]


def time_field(event: Sequence[Column], zone: str) -> tuple[dict[str, Any], str]:
    """An instant as a profile's field, and what to look at."""
    way: dict[str, Any] = {"time": event[0].name, **event[0].time}
    if len(event) > 1:
        way = {"time": [column.name for column in event]}
        if formats := event[0].time.get("formats"):
            seconds = ":%S" if str(event[1].values[0]).count(":") == 2 else ""
            way["formats"] = f"{formats} %H:%M{seconds}"
    if event[0].has_zone:
        return way, ""
    return way, f"no zone in it, taken for {zone}" + (", a day is its start" if way.get("date_only") else "")


class Observations:
    """Tables ``observation`` and, if there are coordinates, ``station``."""

    def __init__(self, request: Request, sample: Sample, parts: Parts) -> None:
        self.request, self.sample, self.parts = request, sample, parts
        assert parts.code is not None, "an observation has a code"  # noqa: S101 - Parts.kind has asked
        self.code = parts.code
        self.used: set[str] = set()

    @property
    def has_stations(self) -> bool:
        place = self.parts.place
        return place is not None and place[0].level >= self.code.level

    def lines(self) -> list[str]:
        stations = self._station() if self.has_stations else []
        return [*stations, *self._observation()]

    def _station(self) -> list[str]:
        level, (x, y) = self.code.level, self.parts.place or (self.code, self.code)
        lines = [line(10, "station")]
        if level:
            path = self.sample.records.split(".")[:-level]
            lines.append(line(12, "records", ".".join(path)))
        else:
            lines.append(line(12, "repeats", True))
        lines += [line(12, "crs", self.request.crs, "of the coordinates as sent"), line(12, "fields")]
        lines.append(self._field("station_code", self.code, level))
        name = self.parts.name(level)
        lines.append(self._field("station_name", name or self.code, level, "" if name else "no name in the sample"))
        if kind := self.parts.called(names.TYPE, level):
            lines.append(self._field("station_type", kind, level))
        else:
            lines.append(line(14, "station_type", {"value": self.request.id}, "what kind of place is it?"))
        lines += [self._field("longitude", x, level), self._field("latitude", y, level)]
        region = next((c for c in self.parts.columns if names.is_region(c.name) and c.level >= level), None)
        if region:
            lines.append(self._field("region_code", region, level))
        above = [c for c in self._left() if c.level >= level] if level else []
        self.used |= {column.name for column in above}
        if above:
            lines.append(line(12, "keep", [_at(c, level) for c in above], "kept in extra; a column of station fits?"))
        return lines

    def _field(self, target: str, column: Column, level: int, check: str = "") -> str:
        self.used.add(column.name)
        return line(14, target, _at(column, level), check)

    def _observation(self) -> list[str]:
        event, doubt = time_field(self.parts.event, self.request.zone)
        doubt = "; ".join(said for said in (doubt, self.parts.event_doubt) if said)
        self.used |= {self.code.name, *(column.name for column in self.parts.event)}
        check = "" if names.is_code(self.code.name) else "a name is taken for the code"
        fields = [line(14, "station_code", self.code.name, check), line(14, "event_at", event, doubt)]
        if issued := self.parts.issued:
            self.used.add(issued.name)
            fields.append(line(14, "issued_at", *time_field([issued], self.request.zone)))
        measured = self._long(self.parts.long) if self.parts.long else self._values()
        lines = [line(10, "observation"), line(12, "fields"), *fields, *measured]
        if left := self._left():
            doubts = "; ".join(f"{column.name} {column.doubt}" for column in left if column.doubt)
            check = "kept in extra, not measured" + (f" ({doubts})" if doubts else "")
            lines.append(line(12, "keep", [column.name for column in left], check))
        return lines

    def _left(self) -> list[Column]:
        played = self.used | {c.name for c in (*self.parts.values, *self.parts.event, self.parts.issued) if c}
        if self.parts.long:
            played |= {c.name for c in (self.parts.long.name, self.parts.long.unit) if c}
        return [c for c in self.parts.columns if c.name not in played and not self.parts.is_envelope(c)]

    def _values(self) -> list[str]:
        lines = [line(12, "values")]
        taken: set[str] = set()
        for column in self.parts.values:
            variable, unit, check = measured(column.name, taken)
            taken.add(variable)
            lines.append(line(14, column.name, {"variable": variable, "unit": unit}, check))
        return lines

    def _long(self, long: LongForm) -> list[str]:
        lines = [line(12, "long"), line(14, "name", long.name.name), line(14, "value", long.value.name)]
        sent = dict.fromkeys(str(value) for value in long.name.values)
        if long.unit:
            lines.append(line(14, "unit", long.unit.name))
            sent |= dict(zip(map(str, long.name.values), map(str, long.unit.values), strict=False))
        lines.append(line(14, "variables"))
        taken: set[str] = set()
        for name, unit in sent.items():
            variable, stated, check = measured(name, taken, unit)
            taken.add(variable)
            lines.append(line(16, name, {"variable": variable, "unit": stated if long.unit else ""}, check))
        return lines


def measured(name: str, taken: Iterable[str], said: str | None = None) -> tuple[str, str, str]:
    """(variable, unit as sent, what to look at) of a quantity; ``said``: the unit that stands beside it."""
    base, unit = split = names.split_unit(name)
    unit = said or unit
    base = split[0] or "quantity"
    amount = "; an amount: add interval_h" if any(word in base for word in _AMOUNTS) else ""
    if unit is None:
        return names.unique(base, set(taken)), UNKNOWN_UNIT, f"the name states no unit{amount}"
    suffix = names.suffix_of(unit)
    base = base.removesuffix(f"_{suffix}")
    variable, number = f"{base}_{suffix}", 2
    while variable in set(taken):
        variable, number = f"{base}_{number}_{suffix}", number + 1
    return variable, unit, f"unit by its name{amount}" if said is None else amount.removeprefix("; ")


def _at(column: Column, level: int) -> str:
    """The column's name as it is seen ``level`` levels further up."""
    return column.name[3 * level :]
