"""A first staging model for a kind of record: every column of its contract under its own name, grouped, with geometry.

``python -m feeds.staging TABLE > dbt/models/staging/stg_TABLE.sql``; from then on the model is edited by hand.
"""

from __future__ import annotations

import sys

from feeds import registry
from feeds.contract import Column, Table

_POSITION = {"longitude", "latitude"}


def staging_model(table: Table) -> str:
    """The SQL text of ``stg_<table>``: ids, attributes, clocks, origin; positions as EPSG:4326 points."""
    names = {column.name for column in table.columns}
    ids = [column.name for column in table.columns if column.name in table.key]
    clocks = [column.name for column in table.columns if _is_clock(column) and column.name not in table.key]
    rest = [column.name for column in table.columns if column.name not in {*ids, *clocks} and column.name != "extra"]
    if names >= _POSITION:
        rest = [name for name in rest if name not in _POSITION]
        rest.append("{{ as_point('longitude', 'latitude') }} as geometry")
    groups = [
        ("ids", ["feed_id", *ids]),
        ("attributes", [*rest, "quality_flags"]),
        ("clocks", [*clocks, "fetched_at", "landed_at"]),
        ("origin", ["batch_id"]),
    ]
    blocks = [
        "\n".join([f"        ---------- {title}", *(f"        {column}," for column in columns)])
        for title, columns in groups
    ]
    selected = "\n\n".join(blocks).removesuffix(",")
    return f"""with

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


def _is_clock(column: Column) -> bool:
    return column.physical_type == "timestamptz"


def main(name: str) -> str:
    for contract in registry.load_all().values():
        for table in contract.tables:
            if table.name == name:
                return staging_model(table)
    raise KeyError(f"no contract has a table '{name}'")


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1]))
