"""A mapping profile as a value: what a source's document looks like and what its columns mean.

The language is described for people in docs/profiles.md. Whatever could only fail later is refused when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from connectors.units import unit_of

Scalar = str | int | float | bool
PLACES = re.compile(r"\{([^{}]+)\}")
"""Where a template takes a column's text."""


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _by_text(value: Any) -> Any:
    """YAML reads the keys 3 and true as such; a source sends text."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else value


def _column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Words = Annotated[dict[str, Scalar], BeforeValidator(_by_text)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class When(Part):
    """True for records whose ``column`` matches ``pattern`` somewhere."""

    column: str
    pattern: re.Pattern[str]

    def matches(self, cells: Mapping[str, Any]) -> bool:
        return bool(self.pattern.search(str(cells.get(self.column) or "")))


class Source(Part):
    """Where a value comes from: the first of the ``column`` names that is filled, a constant or a template.

    ``pattern``: its first group is taken, or all that it matches; a text it does not match is refused. ``map``: words
    of the source -> ours; a word that is not in it is refused. ``default`` stands where the source says nothing.
    """

    column: Texts = ()
    value: Scalar | None = None
    template: str | None = None
    pattern: re.Pattern[str] | None = None
    map: Words | None = None
    default: Scalar | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if sum((bool(self.column), self.value is not None, self.template is not None, bool(self._moments()))) != 1:
            raise ValueError("it needs exactly one of column, value, template or (for times) time")
        return self

    def _moments(self) -> tuple[Source, ...]:
        return ()

    def wanted(self) -> list[tuple[str, ...]]:
        """Sets of columns of each of which a header must have one."""
        if self.template is not None:
            return [(name,) for name in PLACES.findall(self.template)]
        return [self.column] if self.column else []


AnySource = Annotated[Source, BeforeValidator(_column)]


class Field(Source):
    """What fills one column of a table. ``time``: parts of a time, joined by a blank, read by ``formats`` (strptime),
    as ``epoch``, or in the usual spellings; ``zone`` is an IANA name or an offset, or a source of one. ``scale``
    multiplies a number. ``optional``: the document may lack its columns.
    """

    time: tuple[AnySource, ...] = ()
    formats: Texts = ()
    epoch: Literal["s", "ms", "dotnet"] | None = None
    zone: str | Source | None = None
    date_only: bool = False
    midnight_24: bool = False
    scale: float = 1.0
    optional: bool = False

    @model_validator(mode="before")
    @classmethod
    def _one_time(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("time"), str):
            return {**data, "time": (data["time"],)}
        return data

    @model_validator(mode="after")
    def _time_options_need_a_time(self) -> Field:
        if not self.time and (self.formats or self.epoch or self.zone or self.date_only or self.midnight_24):
            raise ValueError("formats, epoch, zone, date_only and midnight_24 need time")
        return self

    def _moments(self) -> tuple[Source, ...]:
        return self.time

    def wanted(self) -> list[tuple[str, ...]]:
        """Sets of columns of each of which a header must have one."""
        zone = self.zone.wanted() if isinstance(self.zone, Source) else []
        return [*super().wanted(), *(names for part in self.time for names in part.wanted()), *zone]


class Value(Part):
    """What a column of measurements means. ``unit`` is the unit as the source sends it (none: the units row says it);
    the value is converted to the unit that ends the variable's name. ``missing``: marks beside those of the profile.
    """

    variable: str
    unit: str | None = None
    scale: float = 1.0
    interval_h: float | None = None
    pattern: re.Pattern[str] | None = None
    map: Words | None = None
    when: When | None = None
    missing: Texts = ()
    aliases: Texts = ()
    optional: bool = False

    @model_validator(mode="after")
    def _name_ends_with_its_unit(self) -> Value:
        unit = unit_of(self.unit) if self.unit else None
        if unit is not None and not self.variable.endswith(f"_{unit.suffix}"):
            raise ValueError(f"the unit {self.unit} is kept as {unit.symbol}: end {self.variable} with _{unit.suffix}")
        return self


def _alternatives(value: Any) -> Any:
    return (value,) if isinstance(value, dict) else value


Alternatives = Annotated[tuple[Value, ...], BeforeValidator(_alternatives)]


class Long(Part):
    """Records that name their quantity themselves. A name outside ``variables`` keeps its own name and is told."""

    name: AnySource
    value: AnySource
    unit: AnySource | None = None
    variables: dict[str, Value] = {}


class TableMap(Part):
    """How records become rows of one table.

    ``records``: where in the JSON they are, if not where the profile says. ``where``: only records that match all.
    ``keep``: known columns that stay in ``extra``. ``repeats``: every record tells it again (a register beside its
    measurements), so repeated keys are no news. ``crs``: of longitude and latitude as sent. ``columns`` and ``key``
    describe a table of the profile's own.
    """

    records: str | None = None
    where: tuple[When, ...] = ()
    fields: dict[str, Annotated[Field, BeforeValidator(_column)]]
    values: dict[str, Alternatives] = {}
    long: Long | None = None
    keep: Texts = ()
    repeats: bool = False
    crs: str | None = None
    columns: dict[str, str] | None = None
    key: Texts = ()

    @property
    def has_values(self) -> bool:
        return bool(self.values) or self.long is not None

    def used(self) -> set[str]:
        """Every column that the table knows of."""
        long = [self.long.name, self.long.value, self.long.unit] if self.long else []
        sources = [*self.fields.values(), *(source for source in long if source is not None)]
        specs = [spec for specs in self.values.values() for spec in specs]
        names = {name for source in sources for names in source.wanted() for name in names}
        names |= {*self.keep, *self.values, *(alias for spec in specs for alias in spec.aliases)}
        return names | {when.column for when in (*self.where, *(spec.when for spec in specs if spec.when))}


class Success(Part):
    """What a reply says at ``path`` if all went well: servers tell of failures with status 200."""

    path: str
    values: tuple[Scalar, ...]


class Input(Part):
    """How the bytes are laid out. Lines: ``skip_lines`` before the header, then the header (or ``columns`` in its
    place), a ``units_row``, ``skip_after`` more lines. ``multiline``: quoted texts may run over lines; where they never
    do, a wrong quote costs its own line only. JSON: ``records`` is the dotted path of the records.
    """

    kind: Literal["csv", "blank", "fixed", "xlsx", "json", "ndjson"]
    encoding: str | None = None
    delimiter: str = ","
    quote: str | None = '"'
    multiline: bool = True
    comment: str | None = None
    skip_lines: int = 0
    columns: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    units_row: bool = False
    skip_after: int = 0
    sheet: str | None = None
    records: str = ""
    success: Success | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Input:
        if (self.kind == "fixed") != bool(self.widths) or len(self.widths) > len(self.columns):
            raise ValueError("kind fixed, and no other, needs widths and as many columns")
        if self.is_json and (self.columns or self.units_row or self.skip_lines or self.skip_after):
            raise ValueError("JSON has no header: columns, units_row, skip_lines and skip_after are of tables")
        return self

    @property
    def is_json(self) -> bool:
        return self.kind in ("json", "ndjson")


class Recognise(Part):
    """What a document must look like to be of this profile without being told: header names or keys of the first
    record (``exact``: no others), a first line, a file name.
    """

    columns: Texts = ()
    exact: bool = False
    first_line: re.Pattern[str] | None = None
    name: re.Pattern[str] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Recognise:
        if not self.columns and self.first_line is None:
            raise ValueError("a profile is recognised by columns or first_line")
        return self


class Profile(Part):
    """``recognise`` is left out where a document does not show what it is; ``ignore``: columns that say nothing new."""

    profile: str
    title: str
    source: str
    assumptions: tuple[str, ...] = ()
    input: Input
    recognise: Recognise | None = None
    zone: str | None = None
    missing: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    ignore: tuple[str, ...] = ()
    tables: dict[str, TableMap]

    def records_of(self, table: str) -> str:
        """The path of that table's records."""
        own = self.tables[table].records
        return self.input.records if own is None else own
