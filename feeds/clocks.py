"""The clocks of every feed's main table under common names, as the dbt model ``int_feed__clock``.

``python -m feeds.clocks > dbt/models/intermediate/int_feed__clock.sql``; a test compares them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import NamedTuple

from feeds.contract import Contract

_HEAD = """\
-- Generated: `python -m feeds.clocks > dbt/models/intermediate/int_feed__clock.sql`; a test compares them.
-- One row per record of a main table and promise about it, straight from landing, whose columns the contracts name.
-- `promise_element` says to which feeds the row counts, `promise_at` is where their promise starts to count (null where
-- the source does not say), `counted_at` the time under which the record is counted even so, `is_time_fixed` whether no
-- revision of the record changes that. No CTE around it: PostgreSQL would not find the newest record by an index then.
"""


class Clocks(NamedTuple):
    """What the feeds of one promise agree on. ``counted`` is an SQL expression that is never null, ``is_fixed`` says
    that no revision changes it, as it belongs to the key."""

    element: str
    table: str
    event: str
    issued: str
    promise: str
    counted: str
    is_fixed: bool


def clocks_of(contracts: Iterable[Contract]) -> list[Clocks]:
    """One entry per element that a latency promise is about, sorted.

    Raises ValueError where two feeds promise the same of a table but name other columns as its clocks.
    """
    found: dict[str, tuple[Clocks, str]] = {}
    for contract in sorted(contracts, key=lambda contract: contract.id):
        clocks = _clocks(contract)
        known, feed_id = found.setdefault(clocks.element, (clocks, contract.id))
        if known != clocks:
            raise ValueError(
                f"the feeds {feed_id} and {contract.id} promise the latency of {clocks.element}, but their clocks are "
                f"({known.event}, {known.issued}) and ({clocks.event}, {clocks.issued}); make them agree"
            )
    return [found[element][0] for element in sorted(found)]


def _clocks(contract: Contract) -> Clocks:
    table, element = contract.main_table, contract.latency_element
    promise = element.split(".", 1)[1]
    column = table.column(promise)
    is_never_null = column is not None and (column.required or column.key_position is not None)
    counted = promise if is_never_null else f"coalesce({promise}, fetched_at)"
    is_fixed = column is not None and column.key_position is not None
    return Clocks(element, table.name, contract.clock.event, contract.clock.issued, promise, counted, is_fixed)


def model(contracts: Iterable[Contract]) -> str:
    """The text of the model ``int_feed__clock``."""
    return _HEAD + "\nunion all\n\n".join(_branch(clocks) for clocks in clocks_of(contracts))


def _branch(clocks: Clocks) -> str:
    return f"""\
select
    '{clocks.element}' as promise_element,
    feed_id,
    batch_id,
    {_named(clocks.event, "event_at")},
    {_named(clocks.issued, "issued_at")},
    {_named(clocks.promise, "promise_at")},
    {_named(clocks.counted, "counted_at")},
    {"true" if clocks.is_fixed else "false"} as is_time_fixed,
    fetched_at,
    landed_at
from {{{{ source('landing', '{clocks.table}') }}}}
"""  # noqa: S608 - the text of a model; names of contracts are snake_case, checked when they are read


def _named(column: str, name: str) -> str:
    return column if column == name else f"{column} as {name}"


if __name__ == "__main__":
    from feeds.registry import load_all

    sys.stdout.write(model(load_all().values()))
