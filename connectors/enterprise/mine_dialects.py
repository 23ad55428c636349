"""How regions and vendors differ from the common layout, as data (option ``dialect``).

Without the option every spelling below is understood; a contract names one where a second reading must be impossible.
What needs no declaration is understood everywhere: line breaks after ``~``, ``good`` and ``fault`` for a status,
eight zeros for a normal one, six more characters in the file name, a mine code of 20 characters with letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.enterprise.mine_layouts import LAYOUTS, Field, Layout
from connectors.enterprise.mine_tables import PERSON_POSITION
from connectors.errors import ConfigurationError

_COMMON_HEADERS = (
    ("mine_code", "mine_name", "issued_at"),
    ("mine_code", "mine_name", "system_code", "system_name", "issued_at"),
    ("mine_code", "mine_name", "quota", "system_model", "system_name", "system_maker", "valid_until", "issued_at"),
)
_TIME_FIRST_HEADERS = (  # no mine code: the file name alone says whose file it is; leaders are named persons
    ("issued_at", "person_count", "-"),
    ("issued_at", "person_count", "-", "-"),
)
_SHORT_RYSS = Layout(
    PERSON_POSITION,
    tuple(
        Field(name, kind, argument)
        for name, kind, argument in (
            ("person_hash", "person", ""),
            ("name", "drop", ""),
            ("in_out", "word", "in_out"),
            ("entered_mine_at", "time", ""),
            ("left_mine_at", "time", ""),
            ("area_code", "text", ""),
            ("entered_area_at", "time", ""),
            ("station_code", "text", ""),
            ("entered_station_at", "time", ""),
            ("track", "track", ""),
        )
    ),
)


@dataclass(frozen=True)
class Dialect:
    """``headers``: names of the header's fields per variant, ``-`` for one that is not kept. ``layouts`` are read
    besides the common ones. ``no_times`` are texts that stand for "no time yet". ``repairs_full_width`` takes
    full-width ； and ： for the signs they are meant to be; otherwise such a record is refused.
    """

    headers: tuple[tuple[str, ...], ...] = _COMMON_HEADERS
    layouts: Mapping[str, tuple[Layout, ...]] = field(default_factory=dict)
    no_times: frozenset[str] = frozenset()
    repairs_full_width: bool = False

    def layouts_of(self, kind: str) -> tuple[Layout, ...]:
        return (*LAYOUTS.get(kind, ()), *self.layouts.get(kind, ()))


_NO_TIME = frozenset({"xxxx-xx-xx xx:xx:xx"})
_ANY = Dialect((*_COMMON_HEADERS, *_TIME_FIRST_HEADERS), {"RYSS": (_SHORT_RYSS,)}, _NO_TIME)

DIALECTS: Mapping[str, Dialect] = {
    "any": _ANY,
    "mt_t_1201": Dialect(),
    "inner_mongolia_20": Dialect(_TIME_FIRST_HEADERS, {"RYSS": (_SHORT_RYSS,)}, _NO_TIME),
    "full_width": Dialect(_ANY.headers, _ANY.layouts, _NO_TIME, repairs_full_width=True),
}


def dialect_of(options: Mapping[str, Any]) -> Dialect:
    """The dialect that the options name, ``any`` if none; ConfigurationError with the known ones for another."""
    name = str(options.get("dialect") or "any")
    if name not in DIALECTS:
        raise ConfigurationError(
            f"There is no mine dialect {name!r}", remedy=f"use one of {', '.join(sorted(DIALECTS))}"
        )
    return DIALECTS[name]
