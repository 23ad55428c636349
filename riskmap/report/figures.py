"""The figures of one region and year, read from the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from riskmap.errors import UserError
from warehouse.db import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A row of metrics.metric_work_report; what each column means stands in the data dictionary."""

    figure_code: str
    section: str
    name_zh: str
    name_en: str
    unit_zh: str | None
    unit_en: str | None
    form: str
    definition_zh: str
    definition_en: str
    source_feeds: list[str]
    simulated_feeds: list[str]
    value: float | None
    numerator: float | None
    denominator: float | None
    last_year_value: float | None
    change: float | None
    change_pct: float | None
    state: str
    unknown_because: str | None
    period_from: date
    period_to: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearbook:
    """All figures of a region and year, in the order of the report."""

    year: int
    region_code: str
    region_name: str
    as_of: datetime
    figures: tuple[Figure, ...]

    @property
    def by_code(self) -> Mapping[str, Figure]:
        return {figure.figure_code: figure for figure in self.figures}

    @property
    def source_feeds(self) -> frozenset[str]:
        return frozenset(feed for figure in self.figures for feed in figure.source_feeds)

    @property
    def simulated_feeds(self) -> frozenset[str]:
        return frozenset(feed for figure in self.figures for feed in figure.simulated_feeds)


_FIGURES = sql.SQL(
    "select {} from metrics.metric_work_report where year = %s and region_code = %s order by figure_order, figure_code"
)
_COLUMNS = tuple(Figure.__dataclass_fields__)
_YEARS = "select distinct year from metrics.metric_work_report where region_code = %s order by year"
_REGIONS = """
    select region_code || coalesce(' ' || region_name, '') as region from metrics.metric_work_report
    where region_level in ('county', 'city', 'province')
    group by region_code, region_name order by region_code limit 10
"""


def read(conn: Connection, year: int, region_code: str) -> Yearbook:
    """Read a region's year. Raises UserError where nothing is known of it, saying what there is."""
    conn.execute("set jit = off")  # compiling this wide view takes longer than reading it
    with conn.cursor(row_factory=dict_row) as cursor:
        try:
            names = sql.SQL(", ").join(map(sql.Identifier, (*_COLUMNS, "region_name", "as_of")))
            rows = cursor.execute(_FIGURES.format(names), (year, region_code)).fetchall()
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            raise UserError(
                "The warehouse has no figures of any year yet, or an older version has made them", "run 'riskmap build'"
            ) from error
        if not rows:
            raise _nothing(conn, year, region_code)
    return Yearbook(
        year=year,
        region_code=region_code,
        region_name=rows[0]["region_name"] or region_code,
        as_of=rows[0]["as_of"],
        figures=tuple(Figure(**{name: row[name] for name in _COLUMNS}) for row in rows),
    )


def _nothing(conn: Connection, year: int, region_code: str) -> UserError:
    years = [str(row[0]) for row in conn.execute(_YEARS, (region_code,)).fetchall()]
    if years:
        return UserError(f"Of {region_code} there are no figures of {year}", f"ask for one of {', '.join(years)}")
    regions = [str(row[0]) for row in conn.execute(_REGIONS).fetchall()]
    known = f"ask for a town of, or for one of: {', '.join(regions)}" if regions else "ingest some feeds and build"
    return UserError(f"The warehouse knows no region {region_code}", known)
