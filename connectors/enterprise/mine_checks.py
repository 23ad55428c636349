"""What is asked of every record of a mine's file, whatever its type; and how a refused one is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from connectors.enterprise.mine_file import MineFile, repaired
from connectors.enterprise.mine_layouts import Layout
from connectors.model import Drift, Reject
from connectors.text import is_damaged

MASK = "***"
_OTHER_MINE = re.compile(r"\d{12}(?=\d)", re.ASCII)


class Refusal(NamedTuple):
    rule: str
    reason: str


@dataclass
class Records:
    """What the records of one file, or of one part of it, became."""

    table: pa.Table
    rejects: list[Reject]
    drift: list[Drift]


def layout_of(file: MineFile) -> Layout:
    """The layout that most records fit by their number of fields; the first if none fits any."""
    layouts = file.dialect.layouts_of(file.type)
    if len(layouts) == 1:
        return layouts[0]
    counts = [record.count(";") + 1 for record in file.records]
    return max(layouts, key=lambda layout: counts.count(len(layout.fields)))


def well_formed(file: MineFile, fields: int, refused: dict[int, Refusal]) -> list[int]:
    """Indexes of the records that have the right number of fields and undamaged text."""
    separators = [record.count(";") for record in file.records]
    if not file.is_suspicious and separators.count(fields - 1) == len(separators):
        return list(range(len(separators)))
    for index, (record, count) in enumerate(zip(file.records, separators, strict=True)):
        if "；" in record:
            refused[index] = Refusal("mine.separator.full_width", "the record holds a full-width ； instead of ;")
        elif count != fields - 1:
            reason = f"the record has {count + 1} fields, {file.type} has {fields}"
            refused[index] = Refusal("mine.record.fields", reason)
        elif is_damaged(record):
            reason = "the text was destroyed by a wrong decoding before it was sent (U+FFFD, 锟斤拷)"
            refused[index] = Refusal("mine.record.mojibake", reason)
    return [index for index in range(len(separators)) if index not in refused]


def point_refusal(code: str, mine_code: str) -> Refusal | None:
    """Why a point's code cannot be taken; a code that does not start with twelve digits may be anybody's own."""
    if code.startswith(mine_code):
        return None
    if not code:
        return Refusal("mine.point.empty", "the record has no point code")
    other = _OTHER_MINE.match(code)
    if other:
        reason = f"the point belongs to mine {other[0]}, the file to mine {mine_code}"
        return Refusal("mine.point.other_mine", reason)
    return None


def as_rejects(file: MineFile, layout: Layout, refused: Mapping[int, Refusal]) -> list[Reject]:
    """What is told of refused records: the record as it was, without what says who a person is."""
    return [
        Reject(
            f"record {file.first + index}",
            refusal.rule,
            refusal.reason,
            layout.table,
            _shown(repaired(file.records[index], file.dialect), layout),
        )
        for index, refusal in sorted(refused.items())
    ]


def _shown(record: str, layout: Layout) -> dict[str, str] | None:
    """None if it names persons and nobody can tell where."""
    if not layout.is_personal:
        return {"record": record}
    fields = record.split(";")
    if len(fields) != len(layout.fields):
        return None
    masked = [MASK if field.is_personal and text else text for field, text in zip(layout.fields, fields, strict=True)]
    return {"record": ";".join(masked)}
