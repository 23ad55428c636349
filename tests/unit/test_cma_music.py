"""CMA MUSIC: UTC hours, texts as numbers, marks of missing values, failures in the body. All data are invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.weather.cma_music import PARSER

NOW = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)


def parse(document: Any, **options: Any) -> Parsed:
    return PARSER.parse(Payload(json.dumps(document).encode(), "http://host/api", "api", NOW), options)


def reply(*rows: Any, **more: Any) -> dict[str, Any]:
    return {"returnCode": "0", "returnMessage": "Query Succeed", "rowCount": str(len(rows)), "DS": list(rows), **more}


def row(**elements: str) -> dict[str, str]:
    return {"Station_Id_C": "M0001", "Year": "2026", "Mon": "8", "Day": "10", "Hour": "0", **elements}


def found(parsed: Parsed) -> dict[str, dict[str, Any]]:
    return {row["variable"]: row for row in parsed.tables["observation"].to_pylist()}


def test_the_hour_is_utc_and_never_beijing() -> None:
    (one,) = found(parse(reply(row(TEM="23.4")), zone="Asia/Shanghai")).values()
    assert (one["event_at"], one["value"], one["unit"]) == (datetime(2026, 8, 10, 0, tzinfo=UTC), 23.4, "℃")


@pytest.mark.parametrize(
    ("times", "minute"),
    [
        ({"Datetime": "2026-08-10 00:05:00"}, 5),
        ({"Datetime": "20260810000500"}, 5),
        ({"Datetime": "202608100005"}, 5),
        ({"Datetime": "2026081000"}, 0),
        ({"Min": "5"}, 5),
    ],
)
def test_every_way_to_write_the_time(times: dict[str, str], minute: int) -> None:
    (one,) = found(parse(reply(row(TEM="1", **times)))).values()
    assert one["event_at"] == datetime(2026, 8, 10, 0, minute, tzinfo=UTC)


def test_sums_over_different_hours_do_not_share_a_key() -> None:
    values = found(parse(reply(row(PRE_1h="0.2", PRE_6h="3", PRE_24h="12.5"))))
    assert {name: (one["value"], one["interval_h"]) for name, one in values.items()} == {
        "rain_mm": (0.2, 1.0),
        "rain_6h_mm": (3.0, 6.0),
        "rain_24h_mm": (12.5, 24.0),
    }


@pytest.mark.parametrize("mark", ["999999", "999998", "999990", "", None])
def test_marks_of_missing_values_are_no_values(mark: str | None) -> None:
    parsed = parse(reply({**row(TEM="-3.5"), "PRE_1h": mark}))
    assert {name: one["value"] for name, one in found(parsed).items()} == {"air_temperature_c": -3.5}
    assert [(drift.field, drift.count) for drift in parsed.drift] == [("(missing)", 1)]


def test_what_is_not_finite_never_lands() -> None:
    parsed = parse(reply(row(TEM="1e400", RHU="NaN", PRS="905")))
    assert set(found(parsed)) == {"pressure_hpa"}
    assert [(drift.field, drift.count) for drift in parsed.drift] == [("(not finite)", 2)]


def test_quality_codes_stay_with_their_value() -> None:
    values = found(parse(reply(row(TEM="23.4", Q_TEM="2", RHU="80"))))
    assert json.loads(values["air_temperature_c"]["extra"]) == {"quality_code": "2"}
    assert values["relative_humidity_pct"]["extra"] is None


def test_the_unit_that_the_reply_states_goes_before_the_usual_one() -> None:
    units = {"fieldNames": "Station_Id_C PRS Mystery", "fieldUnits": "- Pa m/s"}
    parsed = parse(reply(row(PRS="90500", Mystery="7"), **units))
    values = found(parsed)
    assert (values["pressure_hpa"]["value"], values["mystery_m_s"]["unit"]) == (905.0, "m/s")
    assert [drift.field for drift in parsed.drift] == ["Mystery"]


def test_stations_come_along_where_they_are_named() -> None:
    place = {"Station_Name": "模拟站", "Lat": "35.74", "Lon": "111.71", "Alti": "812.5", "Admin_Code_CHN": "140502"}
    (one,) = parse(reply(row(TEM="1", **place))).tables["station"].to_pylist()
    assert (one["station_code"], one["longitude"], one["latitude"]) == ("M0001", 111.71, 35.74)
    assert (one["region_code"], json.loads(one["extra"])) == ("140502", {"elevation_m": 812.5})


def test_a_station_that_every_hour_describes_alike_is_no_repeated_key() -> None:
    place = {"Station_Name": "模拟站", "Lat": "35.7400", "Lon": "111.7100"}
    hours = [row(TEM="1", Hour=str(hour), **place) for hour in (1, 2, 3)]
    parsed = parse(reply(*hours))
    assert parsed.tables["station"].num_rows == 1
    assert list(parsed.drift) == []
    moved = parse(reply(*hours, row(TEM="1", Hour="4", **{**place, "Lon": "111.7200"}), hours[0]))
    assert moved.tables["station"].column("longitude").to_pylist() == [111.71]
    assert ("station", "(duplicate key)", 1) in [(one.table, one.field, one.count) for one in moved.drift]


@pytest.mark.parametrize("code", [-1004, "-1", "1", ""])
def test_another_return_code_is_a_failure_and_no_empty_success(code: Any) -> None:
    parsed = parse({"returnCode": code, "flag": "slb", "returnMessage": "Password Error"})
    assert (parsed.outcome, [r.rule for r in parsed.rejects]) == (Outcome.REJECTED, ["cma_music.return_code"])
    assert "Password Error" in parsed.rejects[0].reason


def test_no_records_is_said_by_an_empty_list_or_by_a_code_of_the_contract() -> None:
    assert parse(reply()).outcome is Outcome.ACCEPTED
    empty = {"returnCode": "-1", "returnMessage": "no data"}
    assert parse(empty, empty_codes=[-1]).outcome is Outcome.ACCEPTED
    assert PARSER.failure(json.dumps(reply()).encode(), "http://host") is None


def test_success_without_rows_is_rejected() -> None:
    assert [r.rule for r in parse({"returnCode": "0"}).rejects] == ["cma_music.rows"]


def test_a_count_that_does_not_fit_is_told() -> None:
    parsed = parse(reply(row(TEM="1")) | {"rowCount": "24"})
    assert [r.rule for r in parsed.rejects] == ["cma_music.count"]
    assert parsed.records == 1


def test_rows_without_station_or_time_are_rejected_and_the_rest_stands() -> None:
    day_only = {name: value for name, value in row(TEM="1").items() if name != "Hour"}
    bad = [{"TEM": "1"}, day_only, row(TEM="1", Mon="13"), "text"]
    parsed = parse(reply(*bad, row(TEM="2")))
    assert [r.rule for r in parsed.rejects] == [
        "cma_music.station.missing",
        "cma_music.time.missing",
        "cma_music.time",
        "cma_music.row",
    ]
    assert len(found(parsed)) == 1
