"""Measurements of a record: columns of values, or records that name their quantity, in our units."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.declared.columns import Target
from connectors.declared.document import Cells, Record
from connectors.declared.profile import Long, TableMap, Value
from connectors.declared.tally import Tally
from connectors.declared.values import Missing, Reader, mapped, matched
from connectors.observation import DIMENSIONLESS
from connectors.refusal import RefusedError
from connectors.units import Unit, unit_of

Row = dict[str, Any]


class Measures:
    """``of(record)`` gives (columns of a row, what to keep in its extra) per value that is not missing."""

    def __init__(
        self, mapping: TableMap, target: Target, reader: Reader, units: Mapping[str, str], tally: Tally
    ) -> None:
        self.mapping, self.target, self.reader, self.units, self.tally = mapping, target, reader, units, tally
        self._missing = {
            id(value): Missing(reader.marks, value.missing) for values in mapping.values.values() for value in values
        }

    def of(self, record: Record) -> Iterator[tuple[Row, Row]]:
        for column, alternatives in self.mapping.values.items():
            name = next((n for n in (column, *alternatives[0].aliases) if n in record.cells), None)
            if name is None:
                continue
            try:
                row = self._value(record.cells, name, alternatives)
            except RefusedError as error:
                self.tally.reject(f"{record.where}, {name}", error, record.cells)
                continue
            if row is not None:
                yield row
        if self.mapping.long is not None and (row := self._long(record.cells, self.mapping.long)) is not None:
            yield row

    def _value(self, cells: Cells, column: str, alternatives: tuple[Value, ...]) -> tuple[Row, Row] | None:
        raw = cells[column]
        for spec in alternatives:
            if spec.when and not spec.when.matches(cells):
                continue
            if (mark := self._missing[id(spec)].mark(raw)) is not None:
                self.tally.miss(mark)
                return None
            if spec.pattern and not spec.pattern.search(str(raw)) and spec is not alternatives[-1]:
                continue
            return self._converted(raw, spec, spec.unit or self.units.get(column, ""), column)
        raise RefusedError("mapped.pattern", f"{str(raw)[:40]!r} is none of the values that are expected there")

    def _long(self, cells: Cells, long: Long) -> tuple[Row, Row] | None:
        name, raw = self.reader.source(cells, long.name), self.reader.source(cells, long.value)
        if name is None:
            raise RefusedError("mapped.name.missing", "the record does not say what was measured")
        if raw is None:
            sent = next((cells[column] for column in long.value.column if column in cells), None)
            self.tally.miss(self.reader.missing.mark(sent) or "null")
            return None
        unit = str((self.reader.source(cells, long.unit) if long.unit else None) or "")
        spec = long.variables.get(str(name))
        if spec is None or not _is_of(spec, unit):
            self.tally.see(str(name), f"{raw} {unit}".strip())
            spec = Value(variable=_own_name(str(name), unit))
        return self._converted(raw, spec, unit, str(name))

    def _converted(self, raw: Any, spec: Value, sent: str, parameter: str) -> tuple[Row, Row]:
        """A number in our unit; what the source wrote is kept where it was converted or cut."""
        text = str(raw).strip()
        taken: Any = matched(spec.pattern, text) if spec.pattern else raw
        if spec.map is not None:
            taken = mapped(spec.map, taken)
        number = self.reader.number(taken)
        if spec.scale != 1.0:
            number = float(f"{number * spec.scale:.12g}")
        unit = unit_of(sent)
        if not _fits(spec.variable, unit):
            raise RefusedError("mapped.unit", f"the unit {sent!r} does not go with {spec.variable}")
        value = unit.convert(number) if unit else number
        row: Row = {"variable": spec.variable, "value": value, "unit": unit.symbol if unit else sent or DIMENSIONLESS}
        if spec.interval_h is not None:
            row["interval_h"] = spec.interval_h
        if spec.map is not None:
            row["value_text"] = text
        is_changed = spec.scale != 1.0 or (unit is not None and (unit.factor, unit.offset) != (1.0, 0.0))
        if not is_changed and not (spec.pattern and taken != text):
            return row, {}
        return row, {"source_parameter": parameter, "source_unit": sent, "source_value": text}


def _fits(variable: str, unit: Unit | None) -> bool:
    return unit is None or variable.endswith(f"_{unit.suffix}")


def _is_of(spec: Value, sent: str) -> bool:
    """Is ``sent`` the unit that the profile names, or one that is converted to that of the variable's name?"""
    if spec.unit is not None and sent.strip().lower() == spec.unit.lower():
        return True
    unit = unit_of(sent)
    return unit is not None and _fits(spec.variable, unit)


def _own_name(name: str, unit: str) -> str:
    """The source's own name for a quantity that the profile does not know, with the unit behind it."""
    known = unit_of(unit)
    return "_".join(part for part in (_snake(name), known.suffix if known else _snake(unit)) if part)


def _snake(text: str) -> str:
    return re.sub(r"[^0-9a-z\u4e00-\u9fff]+", "_", text.lower()).strip("_")
