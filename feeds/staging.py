"""A first staging model for a kind of record: every column of its contract under its own name, grouped, with geometry.

``python -m feeds.staging TABLE > dbt/models/staging/stg_TABLE.sql``; from then on the model is edited by hand.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable

from feeds import registry
from feeds.contract import Column, Contract, Table

_POSITION = {"longitude", "latitude"}
_REGISTERED = {"enterprise_code", "mine_code", "owner_code", "region_code"}
"""Codes that name an entry of another register, whatever the table."""


def staging_model(table: Table, codes: Iterable[str] = ()) -> str:
    """The SQL text of ``stg_<table>``: ids, attributes, clocks, origin; positions as EPSG:4326 points.

    ``codes`` are names of columns that stand among the ids wherever they occur: the keys of other tables.
    """
    known = {*table.key, *_REGISTERED, *codes}
    ids = [column.name for column in table.columns if column.name in known]
    ids.sort(key=lambda name: name not in table.key)
    others = [column for column in table.columns if column.name not in {*ids, "extra"}]
    clocks = [column.name for column in others if column.physical_type == "timestamptz"]
    attributes = _attributes([column for column in others if column.name not in clocks])
    groups = [
        ("ids", ["feed_id", *ids]),
        ("attributes", [*attributes, "quality_flags"]),
        ("clocks", [*clocks, "fetched_at", "landed_at"]),
        ("origin", ["batch_id"]),
    ]
    blocks = [
        "\n".join([f"        ---------- {title}", *(f"        {column}," for column in columns)])
        for title, columns in groups
    ]
    selected = "\n\n".join(blocks).removesuffix(",")
    return f"""{_grain(table)}with

source as (

    select * from {{{{ source('landing', '{table.name}') }}}}

),

final as (

    select
{selected}

    from source

)

select * from final
"""  # noqa: S608 - the text of a model; names of contracts are snake_case, checked when they are read


def _grain(table: Table) -> str:
    """The table's own description as a comment: it says what a row is."""
    lines = textwrap.wrap(table.description, 117)
    return "".join(f"-- {line}\n" for line in lines)


def _attributes(columns: list[Column]) -> list[str]:
    names = {column.name for column in columns}
    if not names >= _POSITION:
        return [_attribute(column) for column in columns]
    plain = [_attribute(column) for column in columns if column.name not in _POSITION]
    return [*plain, "{{ as_point('longitude', 'latitude') }} as geometry"]


def _attribute(column: Column) -> str:
    """Lists stay lists, also where the source sent none."""
    return f"{{{{ as_array('{column.name}') }}}} as {column.name}" if column.physical_type == "jsonb" else column.name


def key_codes(contracts: Iterable[Contract]) -> set[str]:
    """Names of columns that are, alone, the key of some table."""
    keys = (table.key for contract in contracts for table in contract.tables)
    return {key[0] for key in keys if len(key) == 1}


def main(name: str) -> str:
    contracts = registry.load_all().values()
    for contract in contracts:
        for table in contract.tables:
            if table.name == name:
                return staging_model(table, key_codes(contracts))
    raise KeyError(f"no contract has a table '{name}'")


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1]))
