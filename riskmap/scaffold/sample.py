"""A sample -> how it is laid out and its records, seen exactly as the mapped parser will see them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.declared.document import Body, Cells, Record, is_pseudo, open_document
from connectors.declared.profile import Input
from connectors.model import Payload
from connectors.refusal import RefusedError
from riskmap.errors import UserError
from riskmap.scaffold.names import QUANTITY, VALUE, is_time

LARGEST = 1024 * 1024
"""Bytes; a sample becomes a fixture of the tests."""
_DELIMITERS = (",", "\t", ";", "|")
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)

BUILT_IN = {
    "synthetic": True,
    "stations": [
        {
            "stationCode": f"MN-000{number}",
            "stationName": f"模拟泵站{number}",
            "longitude": 112.8 + number / 100,
            "latitude": 35.5,
            "readings": [
                {"time": "2026-08-10 08:00:00", "water_level_m": 3.1 + number, "rain_mm": 0.0, "pressure_kpa": 352.5},
                {"time": "2026-08-10 08:05:00", "water_level_m": 3.2 + number, "rain_mm": 0.4, "pressure_kpa": None},
            ],
        }
        for number in (1, 2)
    ],
}
"""What is used where there is no sample: invented (模拟) pumping stations."""


@dataclass(frozen=True)
class Sample:
    """``layout`` is the profile's ``input``. ``wrapper``: the level above the records from which on a JSON reply tells
    of itself, 0 where nothing does. ``cells`` has one entry per record."""

    body: bytes
    suffix: str
    layout: dict[str, Any]
    wrapper: int
    cells: tuple[Cells, ...]

    @property
    def records(self) -> str:
        return str(self.layout.get("records", ""))


def built_in() -> Sample:
    return read_sample(json.dumps(BUILT_IN, ensure_ascii=False, indent=2).encode() + b"\n", "sample.json")


def read_file(file: Path, records: str | None = None) -> Sample:
    """Raises UserError for a file that cannot be read or is none of the layouts."""
    try:
        body = file.read_bytes()
    except OSError as error:
        raise UserError(f"The sample {file} cannot be read: {error.strerror}", "name a file that exists") from None
    return read_sample(body, file.name, records)


def read_sample(body: bytes, name: str, records: str | None = None) -> Sample:
    """Raises UserError. ``records``: the dotted path of the records where the sample has several lists."""
    if len(body) > LARGEST:
        raise UserError(f"The sample has {len(body)} bytes, more than {LARGEST}", "cut it to a few records")
    whole = Body(Payload(body, name, name, _ANY_TIME))
    try:
        text = whole.decoded.text.strip()
        if text.startswith("<"):
            raise UserError(
                "The sample is XML or HTML", "give JSON or a table, or write a parser (docs/adding-a-feed.md)"
            )
        if text.startswith(("{", "[")):
            suffix, layout, wrapper = _json(whole, name, records)
        else:
            suffix, layout, wrapper = _table(text)
        read = list(open_document(whole, Input(**layout)).records(str(layout.get("records", ""))))
    except RefusedError as error:
        raise UserError(f"The sample cannot be read: {error}", "correct it, or give another one") from None
    for item in read:
        if not isinstance(item, Record):
            raise UserError(f"The sample cannot be read at {item[0]}: {item[1]}", "correct it, or give another one")
    cells = tuple(_named(item.cells) for item in read if isinstance(item, Record))
    if not any(cells):
        raise UserError("The sample holds no record", "give one with at least one record, better with ten")
    return Sample(body, suffix, layout, wrapper, cells)


def _named(cells: Cells) -> Cells:
    return {name: cell for name, cell in cells.items() if not is_pseudo(name)}


# -- JSON --------------------------------------------------------------------------------------------------------


def _json(whole: Body, name: str, records: str | None) -> tuple[str, dict[str, Any], int]:
    lines = [line for line in whole.decoded.text.splitlines() if line.strip()]
    if name.lower().endswith((".ndjson", ".jsonl")) or (len(lines) > 1 and all(_is_object(line) for line in lines)):
        roots, kind = [json.loads(line) for line in lines if _is_object(line)], "ndjson"
    else:
        roots, kind = [whole.json], "json"
    path = _records(roots) if records is None else records
    layout: dict[str, Any] = {"kind": kind}
    if path:
        layout["records"] = path
    if kind == "json" and isinstance(roots[0], dict) and (success := _success(roots[0])):
        layout["success"] = success
    return kind, layout, _wrapper(roots[0], path.split(".") if path else [])


def _wrapper(root: Any, path: Sequence[str]) -> int:
    """From which level above a record no list is left: what stands there is there once, around all records."""
    for place, name in enumerate(path):
        root = root.get(name) if isinstance(root, dict) else None
        if isinstance(root, list):
            return len(path) - place
    return 0


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


_Path = tuple[str, ...]


def _records(roots: list[Any]) -> str:
    """The path of the one list of objects. Where lists stand inside one another: the innermost whose objects say a
    time or name their quantity, else the outermost that says anything itself."""
    found: dict[_Path, set[str]] = {}
    for root in roots:
        for path, members in _lists(root, ()):
            found.setdefault(path, set()).update(members)
    if not found:
        _refuse_register_of_names(roots[0])
        return ""
    telling = [path for path, members in found.items() if _is_reading(members)]
    if telling:
        chosen = max(telling, key=len)
        rivals = [path for path in telling if path != chosen[: len(path)]]
    else:
        saying = [path for path, members in found.items() if members] or list(found)
        chosen = min(saying, key=len)
        rivals = [path for path in saying if path != chosen and path[: len(chosen)] != chosen]
    if rivals:
        several = ", ".join(".".join(path) for path in (chosen, *rivals))
        raise UserError(f"The sample has several lists of records: {several}", "say which with --records PATH")
    if any("." in name for name in chosen):
        raise UserError(f"A name on the way to the records has a dot: {chosen}", "write the profile by hand")
    return ".".join(chosen)


def _is_reading(members: Set[str]) -> bool:
    return any(is_time(name) for name in members) or bool(members & set(QUANTITY) and members & set(VALUE))


def _lists(value: Any, path: _Path) -> Iterator[tuple[_Path, list[str]]]:
    """Lists of objects with the names of the plain members of their objects."""
    if isinstance(value, list):
        for item in value:
            yield from _lists(item, path)
    elif isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, list) and item and all(isinstance(part, dict) for part in item):
                yield (*path, name), [member for part in item for member in _scalars(part)]
            if isinstance(item, dict | list):
                yield from _lists(item, (*path, name))


def _scalars(value: Any) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [name for name, item in value.items() if not isinstance(item, dict | list)]


def _refuse_register_of_names(root: Any) -> None:
    """``{"S1": {...}, "S2": {...}}``: the mapping reads lists, it would take this for one record."""
    if isinstance(root, dict) and len(root) > 1 and all(isinstance(item, dict) for item in root.values()):
        shapes = Counter(tuple(item) for item in root.values())
        if len(shapes) == 1:
            raise UserError(
                "The records of the sample are members of an object, named by their code",
                "ask the source for a list, or write a parser (docs/adding-a-feed.md)",
            )


def _success(root: Mapping[str, Any]) -> dict[str, Any] | None:
    """Servers that say ``code`` beside ``message`` tell of failures there, with HTTP status 200."""
    if not {"message", "msg", "errmsg"} & {name.lower() for name in root}:
        return None
    for name, good in (("code", (0, 200, "0", "200")), ("success", (True,))):
        said = root.get(name)
        if said in good and isinstance(said, bool) == (name == "success"):
            return {"path": name, "values": [said]}
    return None


# -- tables ------------------------------------------------------------------------------------------------------


def _table(text: str) -> tuple[str, dict[str, Any], int]:
    header = text.splitlines()[0]
    delimiter = max(_DELIMITERS, key=header.count)
    if not header.count(delimiter):
        raise UserError("The sample is neither JSON nor a table", "give JSON, NDJSON, CSV or TSV")
    layout: dict[str, Any] = {"kind": "csv"}
    if delimiter != ",":
        layout["delimiter"] = delimiter
    return ("tsv" if delimiter == "\t" else "csv"), layout, 0
