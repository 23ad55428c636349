"""All other records -> rows, field by field as their layout says (``connectors.enterprise.mine_layouts``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors import alarm, observation
from connectors.arrow import as_json, to_table
from connectors.clock import ClockError, to_utc
from connectors.coordinates import CoordinateError, crs_named, projected_to_wgs84
from connectors.duplicates import last_wins
from connectors.enterprise.mine_checks import Records, Refusal, as_rejects, point_refusal, well_formed
from connectors.enterprise.mine_file import MineFile
from connectors.enterprise.mine_layouts import WORDS, Field, Layout
from connectors.enterprise.mine_tables import KEYS, MINE_STATISTIC, PERSON_POSITION, SCHEMAS
from connectors.enterprise.mine_values import NO_NUMBER, SENTINEL, flags_of
from connectors.enterprise.mine_variables import point_kind, type_name, variable_of
from connectors.numbers import NotFiniteError, NumberError, to_number
from connectors.person import hashed
from connectors.refusal import RefusedError
from connectors.telling import MISSING, Told

_TRUTH = {"0": False, "1": True, "否": False, "是": True, "": None}
_LIST = re.compile(r"[&,，、|]+")
_COLOUR = re.compile("[（(]([红橙黄蓝])[)）]")
_COLOURS = {"红": "red", "橙": "orange", "黄": "yellow", "蓝": "blue"}
_LARGEST = 2**31 - 1
_VALUE_KINDS = {"value", "unnamed", "state"}


class RowReader:
    """Reads the records of one file by one layout; ``projected_crs`` is that of X and Y, ``salt`` that of hashes."""

    def __init__(self, file: MineFile, layout: Layout, projected_crs: str | None, salt: str | None) -> None:
        self.file, self.layout, self.projected_crs, self.salt = file, layout, projected_crs, salt
        self.columns = set(SCHEMAS[layout.table].names)
        self.told = Told()

    def read(self) -> Records:
        table = self.layout.table
        refused: dict[int, Refusal] = {}
        rows: list[dict[str, Any]] = []
        for index in well_formed(self.file, len(self.layout.fields), refused):
            try:
                rows += self._rows(self.file.records[index])
            except RefusedError as error:
                refused[index] = Refusal(error.rule, str(error))
        rows, notes = last_wins(rows, KEYS[table], table)
        rejects = as_rejects(self.file, self.layout, refused)
        return Records(to_table(SCHEMAS[table], rows), rejects, notes + self.told.drift())

    def _tell(self, name: str, example: str | None = None) -> None:
        self.told.add(self.layout.table, name, example)

    def _rows(self, record: str) -> list[dict[str, Any]]:
        """One row, or one per value that is not missing."""
        texts = [text.strip() for text in record.split(";")]
        row: dict[str, Any] = {**self.layout.constants}
        extra: dict[str, Any] = {}
        values: list[dict[str, Any]] = []
        for field, text in zip(self.layout.fields, texts, strict=True):
            if field.kind in _VALUE_KINDS:
                values += self._value(field, text)
            elif field.kind == "part":
                code = next(name for name in ("station_code", "point_code") if name in row)
                row[code] = f"{row[code]}/{text}" if text else row[code]
                extra[field.name] = text or None
            elif field.kind == "status":
                row["status_flags"] = flags_of(text) if text else None
                if text and row["status_flags"] is None:
                    extra["status"] = text
                    self._tell("status", text)
            elif field.kind != "drop":
                (row if field.name in self.columns else extra)[field.name] = self._read(field, text)
        self._finish(row, extra)
        found = [{**row, **value} for value in values] if self.layout.table == observation.TABLE else [row]
        if self.layout.table == MINE_STATISTIC and all(row[name] is None for name in ("maximum", "minimum", "mean")):
            self._tell(MISSING, row["point_code"])
            found = []
        self._check_key(found)
        return found

    def _read(self, field: Field, text: str) -> Any:
        """A field's value; RefusedError if it is none of its kind."""
        reader = _READERS.get(field.kind)
        return reader(self, field, text) if reader else text or None

    def number(self, field: Field, text: str) -> float | None:
        if not text:
            return None
        try:
            number = to_number(text)
        except NotFiniteError as error:
            raise RefusedError("mine.value.not_finite", f"{field.name}: {error}") from None
        except NumberError as error:
            raise RefusedError("mine.value.number", f"{field.name}: {error}") from None
        return None if number == SENTINEL else number

    def integer(self, field: Field, text: str) -> int | None:
        number = self.number(field, text)
        if number is None:
            return None
        if number != int(number) or abs(number) > _LARGEST:
            raise RefusedError("mine.value.number", f"{field.name}: {text!r} is not a whole number")
        return int(number)

    def yes_no(self, field: Field, text: str) -> bool | None:
        if text not in _TRUTH:
            raise RefusedError("mine.value.flag", f"{field.name} is neither 0 nor 1")
        return _TRUTH[text]

    def point(self, field: Field, text: str) -> str:
        if refusal := point_refusal(text, self.file.mine_code):
            raise RefusedError(*refusal)
        return text

    def codes(self, field: Field, text: str) -> str | None:
        return as_json([code for code in _LIST.split(text) if code] or None)

    def persons(self, field: Field, text: str) -> list[str]:
        hashes = (self.person(field, person) for person in _LIST.split(text) if person)
        return [one for one in hashes if one]

    def time(self, field: Field, text: str) -> datetime | None:
        if not text or text in self.file.dialect.no_times:
            return None
        try:
            return to_utc(text, self.file.zone, date_only=field.kind == "date")
        except ClockError as error:
            raise RefusedError("mine.record.time", f"{field.name}: {error}") from None

    def person(self, field: Field, text: str) -> str | None:
        if text and self.salt is None:
            self._tell("(no salt)")
        return hashed(text, self.salt)

    def track(self, field: Field, text: str) -> str | None:
        """``station&time,station&time`` -> [{station, at}]."""
        track = []
        for entry in filter(None, text.split(",")):
            station, _, at = entry.partition("&")
            track.append({"station": station.strip(), "at": self.time(field, at.strip())})
        return as_json(track or None)

    def word(self, field: Field, text: str) -> str | None:
        word = WORDS[field.argument].get(text)
        if word is None and text:
            self._tell(field.name, text)
        return word or text or None

    def _value(self, field: Field, text: str) -> list[dict[str, Any]]:
        """The value's columns; none if it is missing. A text that is no number is kept as text."""
        known: dict[str, Any] = {"variable": field.name, "unit": field.argument}
        if field.kind == "unnamed" and text:
            self._tell(field.name, text)
        if field.kind == "state":
            known["unit"] = observation.DIMENSIONLESS
            known["value_text"] = WORDS[field.argument].get(text)
            if text and known["value_text"] is None:
                self._tell(field.name, text)
        try:
            number = None if not text else to_number(text)
        except NotFiniteError as error:
            raise RefusedError("mine.value.not_finite", f"{field.name}: {error}") from None
        except NumberError:
            return [{**known, "value_text": text, "missing_reason": NO_NUMBER}]
        if number is None or number == SENTINEL:
            self._tell(MISSING, field.name)
            return []
        return [{**known, "value": number}]

    def _finish(self, row: dict[str, Any], extra: dict[str, Any]) -> None:
        """What follows from the record as a whole, and from the file it stands in."""
        table, columns, header = self.layout.table, self.columns, self.file.header
        if "variable" in columns and table != observation.TABLE and "variable" not in row:
            self._name_variable(row, extra)
        if table == alarm.TABLE:
            _judge(row, extra)
        if "longitude" in columns and (problem := place(row, self.projected_crs)):
            extra["coordinates"] = problem
            self._tell("coordinates", problem)
        of_file = {
            "mine_code": header.mine_code,
            "mine_name": header.mine_name or None,
            "owner_code": header.mine_code,
            "source_table": self.file.type,
            "issued_at": header.issued_at,
            **header.facts,
        }
        if table == PERSON_POSITION:
            of_file["event_at"] = header.issued_at  # the snapshot has no clock of its own
        row |= {name: value for name, value in of_file.items() if name in columns}
        if "owner_code" not in columns:  # registers keep what the header says of their system
            extra |= {name: value for name, value in header.facts.items() if name not in columns}
        row["extra"] = as_json({name: value for name, value in extra.items() if value not in (None, [])} or None)

    def _name_variable(self, row: dict[str, Any], extra: dict[str, Any]) -> None:
        name, unit, code = extra.get("type_name") or "", row.get("unit") or "", extra.get("type_code")
        kind = f"00MN{code}" if code else point_kind(row["point_code"])
        variable = variable_of(name, unit, kind)
        row["variable"] = variable.name
        if not variable.known:
            self._tell("sensor_type", f"{type_name(name) or code} [{unit}]")

    def _check_key(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            for name in KEYS[self.layout.table]:
                if row.get(name) is not None:
                    continue
                if name == "person_hash" and self.salt is None:
                    reason = "persons are kept as salted hashes only and there is no salt: set PERSON_SALT"
                    raise RefusedError("mine.person.no_salt", reason)
                rule = "mine.record.time" if name.endswith("_at") else "mine.record.key"
                raise RefusedError(rule, f"the record has no {name}, which tells it from others")


_READERS: Mapping[str, Callable[[RowReader, Field, str], Any]] = {
    "number": RowReader.number,
    "integer": RowReader.integer,
    "yes_no": RowReader.yes_no,
    "time": RowReader.time,
    "date": RowReader.time,
    "point": RowReader.point,
    "person": RowReader.person,
    "persons": RowReader.persons,
    "codes": RowReader.codes,
    "track": RowReader.track,
    "word": RowReader.word,
}


def _judge(row: dict[str, Any], extra: dict[str, Any]) -> None:
    """The peak of a lower limit is its minimum; the colour of a limit, where the text names one, is the level."""
    if row.get("alarm_type") == "pre_alarm_lower" and "minimum" in extra:
        row["value"], extra["maximum"] = extra.pop("minimum"), row.get("value")
        row["value_at"], extra["maximum_at"] = extra.pop("minimum_at"), row.get("value_at")
    colours = _COLOUR.findall(extra.get("description") or "")
    if colours:
        row["level"] = _COLOURS[colours[-1]]


def place(row: dict[str, Any], projected_crs: str | None) -> str | None:
    """Set longitude and latitude; the reason if metres are given and cannot be placed."""
    northing, easting = row.get("x_m"), row.get("y_m")
    if not northing and not easting:  # empty, or the (0, 0) of a form that was never filled in
        return None
    if northing is None or easting is None:
        return "only one of X and Y is given"
    if projected_crs is None:
        return "no projected reference system is declared for X and Y"
    try:
        row["longitude"], row["latitude"] = projected_to_wgs84(northing, easting, crs_named(projected_crs))
    except CoordinateError as error:
        return str(error)
    return None
