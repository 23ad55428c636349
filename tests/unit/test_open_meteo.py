"""Open-Meteo: columns, models, zones and units. All data are invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.weather.open_meteo import PARSER
from connectors.weather.open_meteo_names import series

NOW = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)


def parse(document: Any) -> Parsed:
    return PARSER.parse(Payload(json.dumps(document).encode(), "https://host/v1/forecast", "forecast", NOW), {})


def place(**blocks: Any) -> dict[str, Any]:
    return {"latitude": 35.75, "longitude": 111.75, "utc_offset_seconds": 28800, "timezone": "Asia/Shanghai", **blocks}


def block(name: str, units: dict[str, str], **columns: Any) -> dict[str, Any]:
    return {name: columns, f"{name}_units": {"time": "iso8601", **units}}


def rows(parsed: Parsed) -> list[dict[str, Any]]:
    assert not parsed.rejects
    found: list[dict[str, Any]] = parsed.tables["forecast"].to_pylist()
    return found


def rules(parsed: Parsed) -> list[str]:
    return [reject.rule for reject in parsed.rejects]


def test_local_times_units_and_the_time_of_issue() -> None:
    hourly = block("hourly", {"wind_speed_10m": "km/h"}, time=["2026-08-10T08:00"], wind_speed_10m=[36.0])
    (row,) = rows(parse(place(**hourly)))
    assert (row["place_code"], row["variable"], row["model"]) == ("35.75,111.75", "wind_speed_m_s", "best_match")
    assert (row["value"], row["unit"], row["event_at"]) == (10.0, "m/s", datetime(2026, 8, 10, 0, tzinfo=UTC))
    assert (row["issued_at"], row["longitude"], row["latitude"]) == (NOW, 111.75, 35.75)
    assert json.loads(row["extra"]) == {"column": "wind_speed_10m", "unit": "km/h", "value": 36.0}


def test_seconds_since_1970_are_instants_whatever_the_offset() -> None:
    hourly = {"hourly": {"time": [1786320000], "rain": [0.5]}, "hourly_units": {"time": "unixtime", "rain": "mm"}}
    (row,) = rows(parse(place(**hourly)))
    assert row["event_at"] == datetime(2026, 8, 10, 0, tzinfo=UTC)


def test_a_day_is_local_ends_at_its_end_and_shares_no_key_with_its_last_hour() -> None:
    daily = block("daily", {"precipitation_sum": "mm"}, time=["2026-08-09"], precipitation_sum=[30.0])
    hourly = block("hourly", {"precipitation": "mm"}, time=["2026-08-10T00:00"], precipitation=[2.0])
    found = {row["variable"]: row for row in rows(parse(place(**daily, **hourly)))}
    assert {name: (row["value"], row["interval_h"]) for name, row in found.items()} == {
        "precipitation_daily_mm": (30.0, 24.0),
        "precipitation_mm": (2.0, 1.0),
    }
    assert {row["event_at"] for row in found.values()} == {datetime(2026, 8, 9, 16, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("column", "unit", "variable", "model"),
    [
        ("temperature_2m", "°C", "air_temperature_c", "best_match"),
        ("temperature_2m_cma_grapes_global", "°C", "air_temperature_c", "cma_grapes_global"),
        ("temperature_2m_max_ecmwf_ifs025", "°C", "air_temperature_max_c", "ecmwf_ifs025"),
        ("wind_direction_10m_dominant_icon_d2", "°", "wind_direction_dominant_deg", "icon_d2"),
        ("precipitation_probability_max", "%", "precipitation_probability_max_pct", "best_match"),
        ("precipitation_gfs_global", "mm", "precipitation_mm", "gfs_global"),
        ("cloud_cover_low_gem_regional", "%", "cloud_cover_low_pct", "gem_regional"),
        ("temperature_2m_member01", "°C", "air_temperature_c", "member01"),
        ("temperature_850hPa_gfs_global", "°C", "temperature_850hpa_c", "gfs_global"),
        ("wind_speed_100m", "km/h", "wind_speed_100m_m_s", "best_match"),
        ("soil_moisture_0_to_7cm", "m³/m³", "soil_moisture_0_to_7cm_m3_m3", "best_match"),
        ("snowfall", "cm", "snowfall_cm", "best_match"),
        ("river_discharge_p75", "m³/s", "discharge_p75_m3_s", "best_match"),
        ("pm2_5", "\u03bcg/m³", "pm2p5_ug_m3", "best_match"),  # with the Greek letter
        ("pm10", "\u00b5g/m³", "pm10_ug_m3", "best_match"),  # with the sign of micro
        ("european_aqi", "EAQI", "european_aqi", "best_match"),
    ],
)
def test_names_of_columns(column: str, unit: str, variable: str, model: str) -> None:
    found = series(column, unit, 1.0)
    assert (found.variable, found.model, found.is_unknown) == (variable, model, False)


def test_a_model_without_the_variable_gives_nothing_and_is_counted() -> None:
    hourly = block(
        "hourly",
        {"rain_gem_regional": "undefined", "rain_icon_d2": "mm"},
        time=["2026-08-10T08:00", "2026-08-10T09:00"],
        rain_gem_regional=[None, None],
        rain_icon_d2=[0.0, None],
    )
    parsed = parse(place(**hourly))
    assert [(row["model"], row["value"]) for row in rows(parsed)] == [("icon_d2", 0.0)]
    assert [(drift.field, drift.count) for drift in parsed.drift] == [("(missing)", 3)]


def test_current_values_are_forecasts_too_with_their_own_step() -> None:
    current = block(
        "current",
        {"rain": "mm", "temperature_2m": "°C"},
        time="2026-08-10T15:45",
        interval=900,
        rain=0.3,
        temperature_2m=21,
    )
    found = {row["variable"]: row for row in rows(parse(place(**current)))}
    assert (found["rain_15min_mm"]["value"], found["rain_15min_mm"]["interval_h"]) == (0.3, 0.25)
    assert found["air_temperature_c"]["source_table"] == "current"


def test_the_older_block_of_current_weather_has_names_of_its_own() -> None:
    older = block(
        "current_weather",
        {"temperature": "°C", "windspeed": "km/h", "weathercode": "wmo code"},
        time="2026-08-10T15:00",
        interval=900,
        temperature=21,
        windspeed=18,
        weathercode=3,
    )
    found = {row["variable"]: row["value"] for row in rows(parse(place(**older)))}
    assert found == {"air_temperature_c": 21.0, "wind_speed_m_s": 5.0, "weather_code": 3.0}


def test_several_places_come_as_a_list() -> None:
    hourly = block("hourly", {"rain": "mm"}, time=["2026-08-10T08:00"], rain=[1.0])
    parsed = parse([place(**hourly), place(**hourly) | {"latitude": 36.0, "location_id": 1}])
    assert [row["place_code"] for row in rows(parsed)] == ["35.75,111.75", "36.0,111.75"]


def test_what_is_not_finite_and_what_nobody_knows_are_told() -> None:
    body = b'{"latitude": 1, "longitude": 2, "hourly_units": {"time": "iso8601", "rain": "mm", "mood": "x"}, '
    body += b'"hourly": {"time": ["2026-08-10T08:00"], "rain": [NaN], "mood": [7]}}'
    parsed = PARSER.parse(Payload(body, "s", "n", NOW), {})
    (row,) = parsed.tables["forecast"].to_pylist()
    assert (row["variable"], row["unit"], row["value"]) == ("mood", "x", 7.0)
    assert {drift.field for drift in parsed.drift} == {"(not finite)", "mood"}


def test_columns_of_another_length_refuse_their_block_whole() -> None:
    hourly = block("hourly", {"rain": "mm"}, time=["2026-08-10T08:00"], rain=[1.0, 2.0])
    daily = block("daily", {"rain_sum": "mm"}, time=["2026-08-10"], rain_sum=[1.0])
    parsed = parse(place(**hourly, **daily))
    assert (rules(parsed), parsed.records) == (["open_meteo.length"], 1)


def test_an_error_is_told_with_its_reason_and_fails_a_fetch() -> None:
    body = {"error": True, "reason": "Minutely API request limit exceeded"}
    assert rules(parse(body)) == ["open_meteo.error"]
    told = PARSER.failure(json.dumps(body).encode(), "https://host")
    assert told is not None
    assert "limit exceeded" in str(told)


@pytest.mark.parametrize("body", [{}, [], [1], {"latitude": 1.0}, {"hourly": "x", "latitude": 1, "longitude": 2}])
def test_another_document_is_rejected(body: Any) -> None:
    assert parse(body).outcome is Outcome.REJECTED


def test_an_empty_series_is_an_empty_success() -> None:
    assert parse(place(**block("hourly", {"rain": "mm"}, time=[], rain=[]))).outcome is Outcome.ACCEPTED
