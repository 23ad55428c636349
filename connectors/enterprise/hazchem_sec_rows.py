"""One row of a sec_* table -> one record: codes read as words, times as instants, persons as hashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from connectors.arrow import as_json
from connectors.clock import ClockError, to_utc
from connectors.enterprise import hidden_danger_table
from connectors.enterprise.hazchem_sec_tables import Field, SecTable
from connectors.json_text import not_finite
from connectors.numbers import NumberError, to_number
from connectors.person import hashed, is_personal
from connectors.refusal import RefusedError
from connectors.telling import Told
from connectors.text import is_damaged, is_storable

_FLAGS = {"0": False, "false": False, "否": False, "1": True, "true": True, "是": True}
_MISSING = ("", "null", "NULL", "None")
_ENDED = ("accepted", "closed")
_INT32 = 2**31 - 1


@dataclass
class Reader:
    """The rows of one message. ``told`` counts, by landing table and name, what is worth knowing of them."""

    zone: tzinfo
    words: Mapping[str, Mapping[str, str]]
    salt: str | None
    company: str | None = None
    told: Told = field(default_factory=Told)

    def record(self, table: SecTable, row: Mapping[str, Any]) -> dict[str, Any]:
        """Raises RefusedError: a row is whole or it is none."""
        _check(row)
        company = _text(row.get("companyCode")) or self.company
        record: dict[str, Any] = {}
        for wanted in table.fields:
            value = company if wanted.column == "enterprise_code" else self._value(table, wanted, row, company)
            if value is None and wanted.is_required:
                raise RefusedError("hazchem.value.missing", f"{wanted.names[0]} is empty")
            record[wanted.column] = value
        if table.landing == hidden_danger_table.TABLE:
            # Acceptance is the last step that this exchange knows: it closes the danger.
            record["closed_at"] = record["accepted_at"] if record["state"] in _ENDED else None
        if record["updated_at"] is None:
            record["updated_at"] = self._first_time(row)
        return {**record, "extra": as_json(self._extra(table, row) or None)}

    def _value(self, table: SecTable, wanted: Field, row: Mapping[str, Any], company: str | None) -> Any:
        name = next((name for name in wanted.names if _text(row.get(name)) is not None), None)
        if name is None:
            return None
        raw = row[name]
        if name != wanted.names[0] and name != "id":
            self.told.add(table.landing, f"(alias) {name}")
        if wanted.kind == "person":
            return self._person(table, raw)
        if wanted.kind == "code":
            return f"{company}-{_text(raw)}" if company else None
        if wanted.kind == "word":
            return self._word(wanted, name, raw)
        return _READERS[wanted.kind](name, raw, self.zone)

    def _person(self, table: SecTable, raw: Any) -> str | None:
        if self.salt is None:
            self.told.add(table.landing, "(no salt)")
        return hashed(_text(raw), self.salt)

    def _word(self, wanted: Field, name: str, raw: Any) -> str:
        code = str(_text(raw))
        words = self.words[wanted.column]
        if code not in words:
            known = ", ".join(words)
            raise RefusedError("hazchem.code.unmapped", f"{name} is {code[:20]!r}; the contract maps only {known}")
        return words[code]

    def _first_time(self, row: Mapping[str, Any]) -> datetime | None:
        """When the row says it was made, for one that was never changed."""
        for name in ("updateDate", "createDate", "registTime"):
            if _text(row.get(name)) is not None:
                return _time(name, row[name], self.zone)
        return None

    def _extra(self, table: SecTable, row: Mapping[str, Any]) -> dict[str, Any]:
        extra: dict[str, Any] = {}
        read = {name for wanted in table.fields for name in wanted.names}
        for name, value in row.items():
            if name in read or _text(value) is None:
                continue
            if name in table.persons or is_personal(name):
                if (hidden := self._person(table, value)) is not None:
                    extra[f"{name}_hash"] = hidden
                continue
            if name not in table.kept:
                self.told.add(table.landing, name, value)
            extra[name] = value
        return extra


def shown(table: SecTable | None, row: Any) -> dict[str, Any]:
    """A refused row as it may be shown: without its persons."""
    if not isinstance(row, dict):
        return {"row": str(row)[:200]}
    if table is None:
        return {"id": row.get("id")}
    persons = table.persons | {name for wanted in table.fields if wanted.kind == "person" for name in wanted.names}
    return {
        name: "(a person)" if value and (name in persons or is_personal(name)) else value for name, value in row.items()
    }


def _check(row: Mapping[str, Any]) -> None:
    for number in not_finite(dict(row)):
        raise RefusedError("hazchem.number.not_finite", f"{number} is no number that can be kept")
    if not is_storable(dict(row)):
        raise RefusedError("hazchem.text.unstorable", "a text holds NUL or half a character, which no database keeps")
    for name, value in row.items():
        if isinstance(value, str) and is_damaged(value):
            raise RefusedError("hazchem.text.damaged", f"{name} was destroyed by an earlier decoding")


def _text(value: Any) -> str | None:
    """The value as text without outer blanks; None if there is none."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return None if text in _MISSING else text


def _time(name: str, raw: Any, zone: tzinfo) -> datetime:
    """Local time as text; some systems send milliseconds since 1970 [K]."""
    text = str(_text(raw))
    try:
        if text.isdecimal() and len(text) == 13:
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        return to_utc(text, zone, date_only=True)
    except ClockError as error:
        raise RefusedError("hazchem.time", f"{name}: {error}") from None


def _deadline(name: str, raw: Any, zone: tzinfo) -> datetime:
    """A deadline that is a bare date lasts until that day is over."""
    moment = _time(name, raw, zone)
    return moment + timedelta(days=1) if len(str(_text(raw))) <= len("2026-08-10") else moment


def _number(name: str, raw: Any, zone: tzinfo) -> float:
    try:
        return to_number(raw)
    except NumberError as error:
        raise RefusedError("hazchem.number", f"{name}: {error}") from None


def _integer(name: str, raw: Any, zone: tzinfo) -> int:
    number = _number(name, raw, zone)
    if not number.is_integer() or abs(number) > _INT32:
        raise RefusedError("hazchem.number", f"{name}: {number:g} is no count")
    return int(number)


def _yuan(name: str, raw: Any, zone: tzinfo) -> float:
    return float(f"{_number(name, raw, zone) * 10_000:.12g}")


def _flag(name: str, raw: Any, zone: tzinfo) -> bool:
    text = str(_text(raw)).lower()
    if text not in _FLAGS:
        raise RefusedError("hazchem.flag", f"{name} is {text[:20]!r}, neither 0 nor 1")
    return _FLAGS[text]


def _plain(name: str, raw: Any, zone: tzinfo) -> str | None:
    if isinstance(raw, dict | list):
        raise RefusedError("hazchem.text", f"{name} holds a structure where a text is expected")
    return _text(raw)


_READERS: Mapping[str, Callable[[str, Any, tzinfo], Any]] = {
    "text": _plain,
    "time": _time,
    "deadline": _deadline,
    "number": _number,
    "integer": _integer,
    "ten_thousand": _yuan,
    "flag": _flag,
}
