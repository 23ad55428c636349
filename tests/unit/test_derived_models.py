"""Models that are written from contracts: a first staging model per table, and the clocks of all feeds."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from feeds import clocks, registry, staging

CONTRACTS = registry.load_all()


def test_a_first_staging_model_reads_every_column_once() -> None:
    table = CONTRACTS["coal_mine_water"].table("water_point")
    text = staging.staging_model(table, codes={"point_code"})
    assert text.startswith("-- One row per point")
    named = re.findall(r"^ {8}(\w+),?$", text, re.MULTILINE)
    assert len(named) == len(set(named))
    columns = {column.name for column in table.columns}
    assert columns - set(named) == {"longitude", "latitude"}
    assert "{{ as_point('longitude', 'latitude') }} as geometry" in text
    assert set(named) - columns == {"feed_id", "quality_flags", "fetched_at", "landed_at", "batch_id"}


def test_lists_stay_lists_and_codes_stand_among_the_ids() -> None:
    table = CONTRACTS["coal_mine_equipment"].table("equipment_point")
    text = staging.staging_model(table)
    assert "{{ as_array('related_points') }} as related_points" in text
    assert text.index("mine_code") < text.index("---------- attributes")


def test_an_element_has_one_entry_however_many_feeds_promise_it() -> None:
    found = clocks.clocks_of(CONTRACTS.values())
    elements = [entry.element for entry in found]
    assert elements == sorted({contract.latency_element for contract in CONTRACTS.values()})


def test_what_the_source_may_leave_out_is_counted_under_the_fetch() -> None:
    by_element = {entry.element: entry for entry in clocks.clocks_of(CONTRACTS.values())}
    assert by_element["landslide.updated_at"].counted == "coalesce(updated_at, fetched_at)"
    assert by_element["observation.event_at"].counted == "event_at"  # plain, so that its index serves


def test_feeds_that_disagree_about_the_clocks_of_a_promise_are_named() -> None:
    one = CONTRACTS["water_regime"]
    other = replace(one, id="water_regime_2", clock=replace(one.clock, issued="landed_at"))
    with pytest.raises(ValueError, match="water_regime and water_regime_2 promise the latency"):
        clocks.clocks_of([one, other])
