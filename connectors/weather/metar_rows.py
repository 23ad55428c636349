"""Values of an aviation report -> rows of ``observation``, the same for raw text and for the decoded table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from connectors import observation
from connectors.telling import MISSING
from connectors.weather.metar_report import Reading
from connectors.weather.readings import Readings

UNREAD = "(unread group)"


def land(
    readings: Readings, key: dict[str, Any], values: Iterable[Reading], more: dict[str, Any], unread: Sequence[str] = ()
) -> None:
    """One row per value; what belongs to the whole report, unread groups too, stays with the first of them."""
    for group in unread:
        readings.told.add(observation.TABLE, UNREAD, group)
    rest = {**more, **({"unread": " ".join(unread)} if unread else {})}
    for value in values:
        if value.value is None and value.text is None:
            readings.told.add(observation.TABLE, MISSING, value.variable)
            continue
        row = {**key, "variable": value.variable, "unit": value.unit.symbol, "interval_h": value.interval_h}
        if value.value is None:
            readings.add(observation.TABLE, {**row, "value_text": value.text}, rest)
        else:
            source = {"source_value": value.value} if value.unit.factor != 1 else {}
            number = value.unit.convert(value.value)
            readings.add(observation.TABLE, {**row, "value": number}, {**rest, **(value.more or {}), **source})
        rest = {}
