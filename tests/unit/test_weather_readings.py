"""Text that no database can keep costs its own row, under the name of the format that sent it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors import observation
from connectors.weather.readings import Readings

ROW = {"variable": "rain_mm", "event_at": datetime(2026, 8, 10, tzinfo=UTC), "unit": "mm", "source_table": "x"}


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_a_row_with_text_that_cannot_be_kept_is_refused_and_its_neighbours_land(text: str) -> None:
    readings = Readings("synop", observation.TABLE)
    readings.add(observation.TABLE, {**ROW, "station_code": "1", "value": 1.0})
    readings.add(observation.TABLE, {**ROW, "station_code": text, "value": 2.0})
    readings.add(observation.TABLE, {**ROW, "station_code": "3", "value": 3.0}, {"note": text})
    parsed = readings.parsed()
    assert [(r.where, r.rule) for r in parsed.rejects] == [("row 2 of observation", "synop.text.storable")] * 2
    assert parsed.tables[observation.TABLE]["station_code"].to_pylist() == ["1"]
