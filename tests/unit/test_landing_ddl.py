"""What feeds must agree on before a landing table exists for them; no database needed."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from feeds import registry
from feeds.contract import Column, Contract
from warehouse import ddl
from warehouse.db import Connection
from warehouse.errors import LandingError
from warehouse.landing import ensure_tables

CONTRACTS = registry.load_all()
WATER, MINES = CONTRACTS["water_regime"], CONTRACTS["coal_mine_safety"]
NO_DATABASE = cast(Connection, None)  # every check below comes before the first statement


def with_columns(contract: Contract, columns: tuple[Column, ...]) -> Contract:
    tables = [replace(t, columns=columns) if t.name == "observation" else t for t in contract.tables]
    return replace(contract, tables=tuple(tables))


COLUMNS = MINES.table("observation").columns


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            tuple(replace(c, physical_type="text") if c.name == "value" else c for c in COLUMNS),
            "column value is double precision in one and text in the other",
        ),
        (
            (*COLUMNS, Column("quality", "text", "质量")),
            "column quality is absent in one and text in the other",
        ),
        (
            tuple(c for c in COLUMNS if c.name != "unit"),
            "column unit is text in one and absent in the other",
        ),
        (
            tuple(replace(c, key_position=4) if c.name == "unit" else c for c in COLUMNS),
            r"the key is \(station_code, variable, event_at\) in one and \(station_code, variable, event_at, unit\)",
        ),
        ((*COLUMNS[:-2], COLUMNS[-1], COLUMNS[-2]), "column source_table stands in another place"),
    ],
)
def test_feeds_that_disagree_about_a_table_are_named_with_the_column(columns: tuple[Column, ...], said: str) -> None:
    with pytest.raises(LandingError, match=f"water_regime and coal_mine_safety declare the table observation.*{said}"):
        ensure_tables(NO_DATABASE, [WATER, with_columns(MINES, columns)])


def test_descriptions_and_duties_may_differ() -> None:
    columns = tuple(replace(c, description="other", required=not c.required) for c in COLUMNS)
    assert ddl.Shape.of(with_columns(MINES, columns).table("observation")) == ddl.Shape.of(WATER.table("observation"))


@pytest.mark.parametrize("name", ["batch_id", "extra", "seen_at"])
def test_names_that_landing_needs_are_refused(name: str) -> None:
    with pytest.raises(LandingError, match=f"declares the column {name}, a name that landing needs"):
        ensure_tables(NO_DATABASE, [with_columns(WATER, (*COLUMNS, Column(name, "text", "x")))])


def test_a_name_that_postgresql_would_cut_is_refused() -> None:
    with pytest.raises(LandingError, match="longer than 63 bytes"):
        ensure_tables(NO_DATABASE, [replace(WATER, id="w" * 60)])
