"""Records -> rows of one table, as a profile maps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from connectors.arrow import as_json
from connectors.coordinates import CoordinateError, to_wgs84
from connectors.declared.columns import Target
from connectors.declared.document import Cells, Document, Record
from connectors.declared.known import Known
from connectors.declared.measures import Measures, Row
from connectors.declared.profile import Field, Profile
from connectors.declared.tally import COLUMN_MISSING, Tally
from connectors.declared.values import Reader
from connectors.duplicates import last_wins
from connectors.json_text import NotFinite
from connectors.model import Drift, Reject
from connectors.person import is_personal
from connectors.refusal import RefusedError
from connectors.text import is_damaged, is_storable


class TableRows:
    """The rows of one table of one document."""

    def __init__(self, profile: Profile, target: Target, reader: Reader, document: Document) -> None:
        self.profile, self.target, self.reader, self.document = profile, target, reader, document
        self.mapping = profile.tables[target.name]
        self.tally = Tally(target.name)
        self.known = Known(profile, target.name)
        self.measures = Measures(self.mapping, target, reader, document.units, self.tally)

    def read(self) -> tuple[list[Row], list[Reject], list[Drift]]:
        """Rows, one per key. Raises RefusedError if the header lacks what the key is made of."""
        if self.document.columns is not None:
            self._check_header(self.document.columns)
        rows: list[Row] = []
        for record in self.document.records(self.profile.records_of(self.target.name)):
            if isinstance(record, Record):
                rows += self._rows(record)
            else:
                self.tally.reject(*record)
        notes: list[Drift] = []
        if self.mapping.repeats:
            rows = list({tuple(row[name] for name in self.target.key): row for row in rows}.values())
        else:
            rows, notes = last_wins(rows, self.target.key, self.target.name)
        return rows, self.tally.rejects, notes + self.tally.drift()

    def _check_header(self, columns: tuple[str, ...]) -> None:
        present = {*columns, *self.document.pseudo}
        for name, spec in self.mapping.fields.items():
            for wanted in spec.wanted():
                if present.isdisjoint(wanted):
                    self._lacks(" or ".join(wanted), name in self.target.key, spec.optional)
        values = {(name, *specs[0].aliases): specs[0].optional for name, specs in self.mapping.values.items()}
        lacking = [names for names in values if present.isdisjoint(names)]
        for names in lacking:
            self._lacks(" or ".join(names), len(lacking) == len(values), values[names])
        if repeated := [name for name, n in Counter(columns).items() if n > 1 and name in self.mapping.used()]:
            raise RefusedError("mapped.column.repeated", f"the header has {', '.join(repeated)} more than once")

    def _lacks(self, words: str, is_needed: bool, is_optional: bool) -> None:
        if is_needed:
            raise RefusedError("mapped.column.missing", f"the header lacks {words}, without which there is no record")
        if not is_optional:
            self.tally.see(COLUMN_MISSING, words)

    def _rows(self, record: Record) -> list[Row]:
        if not all(when.matches(record.cells) for when in self.mapping.where):
            return []
        try:
            _refuse_destroyed(record.cells)
            base = {name: self._field(record.cells, name, spec) for name, spec in self.mapping.fields.items()}
            if "source_table" in self.target.columns:
                base.setdefault("source_table", self.profile.profile)
            self._place(base)
            rows = list(self._completed(record, base))
            for row in rows:
                self._refuse_keyless(row)
        except RefusedError as error:
            self.tally.reject(record.where, error, record.cells)
            return []
        return rows

    def _completed(self, record: Record, base: Row) -> Iterator[Row]:
        extra = self._extra(record.cells)
        if not self.mapping.has_values:
            yield base | {"extra": as_json(extra or None)}
            return
        for row, changed in self.measures.of(record):
            yield base | row | {"extra": as_json((extra | changed) or None)}

    def _field(self, cells: Cells, name: str, spec: Field) -> Any:
        try:
            return self.reader.field(cells, spec, self.target.columns[name])
        except RefusedError as error:
            raise RefusedError(error.rule, f"{name}: {error}") from None

    def _refuse_keyless(self, row: Row) -> None:
        for name in self.target.key:
            if row.get(name) is None:
                raise RefusedError("mapped.key.missing", f"the record has no {name}, which is part of its key")

    def _place(self, base: Row) -> None:
        if self.mapping.crs is None:
            return
        x, y = base.get("longitude"), base.get("latitude")
        if not x and not y:  # absent, or the (0, 0) of a form that was never filled in
            base |= {"longitude": None, "latitude": None}
            return
        try:
            if x is None or y is None:
                raise CoordinateError("only one of the two coordinates is given")
            base["longitude"], base["latitude"] = to_wgs84(x, y, self.mapping.crs)
        except CoordinateError as error:
            raise RefusedError("mapped.place", str(error)) from None

    def _extra(self, cells: Cells) -> Row:
        extra: Row = {}
        for name, value in cells.items():
            if name in self.mapping.keep:
                if value not in (None, ""):
                    extra[name] = _jsonable(value)
            elif not self.known(name):
                is_person = is_personal(name)
                self.tally.see(name, "(a person)" if is_person else value)
                if not is_person:
                    extra[name] = _jsonable(value)
        return extra


def _refuse_destroyed(cells: Cells) -> None:
    for name, value in cells.items():
        if isinstance(value, str | dict | list) and not is_storable([name, value]):
            raise RefusedError("mapped.text.destroyed", f"{name!r} holds characters that cannot be stored")
        if isinstance(value, str) and is_damaged(value):
            reason = f"the text of {name} was destroyed by a wrong decoding (U+FFFD, 锟斤拷)"
            raise RefusedError("mapped.text.destroyed", reason)


def _jsonable(value: Any) -> Any:
    """Numbers that JSON cannot hold stay as the text that was sent."""
    if isinstance(value, dict):
        return {name: _jsonable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_jsonable(item) for item in value]
    return str(value) if isinstance(value, NotFinite) else value
