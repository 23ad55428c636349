"""A predicted time lies ahead of its issue and is no broken clock; what is observed in the same feed still must not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from connectors import forecast, observation
from expectations import gate
from feeds.registry import load

FETCHED = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)


def broken(name: str, schema: pa.Schema, row: dict[str, Any]) -> list[str]:
    contract = load("water_regime")
    columns = {field.name: pa.array([row.get(field.name)], field.type) for field in schema}
    columns["fetched_at"] = pa.array([FETCHED], pa.timestamp("us", tz="UTC"))
    columns["payload_sha256"] = pa.array(["0" * 64])
    verdict = gate.check(contract.table(name), pa.table(columns), contract=contract)
    return [failure.rule for failure in verdict.failures]


def predicted(issued: datetime, valid: datetime) -> list[str]:
    row = {"place_code": "p", "variable": "rain_mm", "model": "m", "issued_at": issued, "event_at": valid}
    row |= {"value": 1.0, "unit": "mm", "interval_h": 1.0, "source_table": "F_RNFL_H"}
    return broken(forecast.TABLE, forecast.SCHEMA, row)


def test_a_forecast_may_be_valid_in_ten_days_but_not_issued_tomorrow() -> None:
    assert predicted(FETCHED, FETCHED + timedelta(days=10)) == []
    assert predicted(FETCHED, FETCHED + timedelta(days=60)) == ["event_at.not_in_future"]
    assert predicted(FETCHED + timedelta(days=1), FETCHED + timedelta(days=2)) == ["issued_at.not_in_future"]


def test_an_observation_of_tomorrow_is_still_refused() -> None:
    row = {"station_code": "s", "variable": "rain_mm", "event_at": FETCHED + timedelta(days=1)}
    row |= {"value": 1.0, "unit": "mm", "source_table": "ST_PPTN_R"}
    assert broken(observation.TABLE, observation.SCHEMA, row) == ["event_at.not_in_future"]
