"""QWeather: two releases, one meaning; what tells that it failed; warnings with their chains. All data are invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.weather.qweather import PARSER

NOW = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
ADDRESS = "https://host.example.org/v7/weather/now?location=101100703"


def parse(document: Any, source: str = ADDRESS, **options: Any) -> Parsed:
    return PARSER.parse(Payload(json.dumps(document).encode(), source, "now", NOW), options)


def rows(parsed: Parsed, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parsed.tables[table].to_pylist()
    return found


def values(parsed: Parsed, table: str = "observation") -> dict[str, Any]:
    assert not parsed.rejects
    return {
        row["variable"]: row["value"] if row["value_text"] is None else row["value_text"] for row in rows(parsed, table)
    }


def v7(**members: Any) -> dict[str, Any]:
    return {"code": "200", "updateTime": "2026-08-10T15:40+08:00", "fxLink": "https://example.org", **members}


def now(**more: str) -> dict[str, str]:
    return {"obsTime": "2026-08-10T15:30+08:00", "temp": "24", "windSpeed": "36", "vis": "16", "humidity": "72", **more}


def v1_current(**more: Any) -> dict[str, Any]:
    return {
        "metadata": {"tag": "simulated"},
        "condition": {"text": "少云", "code": "102"},
        "temperature": {"value": 24, "unit": "°C"},
        "humidity": 0.72,
        "wind": {
            "direction": {"degree": 226, "compass": "sw"},
            "speed": {"value": 10, "unit": "m/s"},
            "scale": 3,
        },
        "visibility": {"value": 16000, "unit": "m"},
        "precipitation": {"amount": {"value": 1.2, "unit": "mm"}, "intensity": {"value": 1.2, "unit": "mm/h"}},
        **more,
    }


def test_both_releases_give_the_same_values_although_the_units_changed() -> None:
    old, new = values(parse(v7(now=now()))), values(parse(v1_current()))
    shared = ("air_temperature_c", "relative_humidity_pct", "wind_speed_m_s", "visibility_m")
    assert [old[name] for name in shared] == [24.0, 72.0, 10.0, 16000.0]
    assert [new[name] for name in shared] == [24.0, 72.0, 10.0, 16000.0]
    assert (new["wind_direction_deg"], new["rain_mm"], new["rain_intensity_mm_h"]) == (226.0, 1.2, 1.2)


def test_times_without_seconds_and_the_source_of_what_was_converted() -> None:
    found = {
        row["variable"]: row
        for row in rows(parse(v7(now=now(windScale="5", windDir="西南风", wind360="226"))), "observation")
    }
    wind = found["wind_speed_m_s"]
    assert wind["event_at"] == datetime(2026, 8, 10, 7, 30, tzinfo=UTC)
    assert wind["issued_at"] == datetime(2026, 8, 10, 7, 40, tzinfo=UTC)
    assert json.loads(wind["extra"]) == {"member": "windSpeed", "value": "36", "windScale": "5"}
    assert json.loads(found["wind_direction_deg"]["extra"]) == {"windDir": "西南风"}


@pytest.mark.parametrize(
    ("source", "options", "code"),
    [
        (ADDRESS, {"place_code": "SIM"}, "SIM"),
        (ADDRESS, {}, "101100703"),
        ("https://host.example.org/weather/v1/current/35.74/111.71", {}, "111.71,35.74"),
        ("https://host.example.org/v7/grid-weather/now?location=111.71,35.74", {}, "111.71,35.74"),
    ],
)
def test_the_place_is_what_was_asked_for(source: str, options: dict[str, Any], code: str) -> None:
    assert {row["station_code"] for row in rows(parse(v7(now=now()), source, **options), "observation")} == {code}


def test_the_place_of_a_file_is_in_its_link_or_told_as_unknown() -> None:
    linked = v7(now=now()) | {"fxLink": "https://www.qweather.com/weather/linfen-101100701.html"}
    assert rows(parse(linked, "now.json"), "observation")[0]["station_code"] == "101100701"
    lost = parse(v7(now=now()), "now.json")
    assert [drift.field for drift in lost.drift] == ["(place from file name)"]


def test_missing_texts_give_no_row_and_are_counted() -> None:
    parsed = parse(v7(now=now(temp="", precip="", humidity="NaN")))
    assert set(values(parsed)) == {"wind_speed_m_s", "visibility_m"}
    assert {(drift.field, drift.count) for drift in parsed.drift} == {("(missing)", 2), ("(not finite)", 1)}


@pytest.mark.parametrize("code", ["204", "400", "401", "402", "403", "404", "429", "500", 401, "no such"])
def test_another_code_than_200_is_a_rejected_payload(code: Any) -> None:
    parsed = parse({"code": code})
    assert (parsed.outcome, [reject.rule for reject in parsed.rejects]) == (Outcome.REJECTED, ["qweather.code"])


def test_a_problem_document_is_rejected_with_its_reason() -> None:
    parsed = parse({"error": {"status": 403, "title": "NO CREDIT", "detail": "模拟"}})
    assert parsed.rejects[0].reason == "QWeather refuses: 403 NO CREDIT 模拟"


@pytest.mark.parametrize(
    "document",
    [
        v7(warning=[]),
        v7(hourly=[]),
        {"metadata": {"tag": "t", "zeroResult": True}},
        {"metadata": {"tag": "t", "zeroResult": True}, "alerts": []},
    ],
)
def test_an_answer_that_says_there_is_nothing_is_an_empty_success(document: dict[str, Any]) -> None:
    parsed = parse(document)
    assert (parsed.outcome, parsed.records) == (Outcome.ACCEPTED, 0)


@pytest.mark.parametrize(
    "members",
    [
        {"storm": [{"id": "SIM_1"}]},
        {"isActive": "0", "track": [{"time": "2026-08-10T15:00+08:00"}]},
        {"forecast": [{"fxTime": "2026-08-10T15:00+08:00"}]},
        {"location": [{"name": "模拟县"}]},
        {"topCityList": []},
        {"poi": []},
        {"warningLocList": []},
        {"sunrise": "2026-08-10T05:00+08:00", "sunset": "2026-08-10T19:00+08:00"},
        {"moonrise": "2026-08-10T05:00+08:00", "moonPhase": []},
        {"solarElevationAngle": "42"},
        {"daily": [{"date": "2026-08-10", "type": "1", "name": "洗车指数"}]},
        {"radiation": []},
        {"currentsTable": [], "currentsHourly": []},
    ],
)
def test_documented_kinds_that_are_not_read_are_refused_by_name(members: dict[str, Any]) -> None:
    parsed = parse(v7(**members))
    assert [reject.rule for reject in parsed.rejects] == ["qweather.kind.unsupported"]


def test_a_reply_of_unknown_members_is_no_empty_success() -> None:
    for document in (v7(mystery=[1]), {"metadata": {"tag": "t"}, "mystery": 1}):
        assert [reject.rule for reject in parse(document).rejects] == ["qweather.kind.unknown"]


def test_a_day_ends_where_the_place_is() -> None:
    day = {"fxDate": "2026-08-10", "tempMax": "31", "precip": "12.5", "windSpeedDay": "18", "sunrise": "05:30"}
    parsed = parse(v7(daily=[day]))
    found = {row["variable"]: row for row in rows(parsed, "forecast")}
    assert values(parsed, "forecast") == {
        "air_temperature_max_c": 31.0,
        "rain_daily_mm": 12.5,
        "wind_speed_day_m_s": 5.0,
    }
    assert found["rain_daily_mm"]["event_at"] == datetime(2026, 8, 10, 16, tzinfo=UTC)
    assert found["rain_daily_mm"]["interval_h"] == 24.0
    assert found["rain_daily_mm"]["model"] == "qweather"


def test_a_day_without_update_time_is_one_of_the_contracts_zone() -> None:
    reply = {"code": "200", "daily": [{"fxDate": "2026-08-10", "tempMax": "31"}]}
    (row,) = rows(parse(reply, zone="Europe/London"), "forecast")
    assert row["event_at"] == datetime(2026, 8, 10, 23, tzinfo=UTC)
    assert row["issued_at"] == NOW


def test_minutes_hours_history_and_tides() -> None:
    at = "2026-08-10T16:00+08:00"
    assert values(parse(v7(minutely=[{"fxTime": at, "precip": "0.15", "type": "rain"}])), "forecast") == {
        "rain_5min_mm": 0.15
    }
    assert values(parse(v7(hourly=[{"fxTime": at, "pop": "30", "precip": "1"}])), "forecast") == {
        "rain_probability_pct": 30.0,
        "rain_mm": 1.0,
    }
    history = {
        "code": "200",
        "weatherDaily": {"date": "2026-08-09", "tempMax": "33"},
        "weatherHourly": [{"time": "2026-08-09 00:00", "temp": "28"}],
    }
    found = {row["variable"]: row["event_at"] for row in rows(parse(history), "observation")}
    assert found["air_temperature_c"] == datetime(2026, 8, 8, 16, tzinfo=UTC)
    assert found["air_temperature_max_c"] == datetime(2026, 8, 9, 16, tzinfo=UTC)
    tide = v7(tideTable=[{"fxTime": at, "height": "2.17", "type": "H"}], tideHourly=[{"fxTime": at, "height": "-0.1"}])
    assert values(parse(tide), "forecast") == {"tide_extreme_level_m": 2.17, "tide_level_m": -0.1}


def test_air_of_both_releases() -> None:
    at = "2026-08-10T15:00+08:00"
    old = parse(v7(now={"pubTime": at, "aqi": "28", "category": "优", "pm2p5": "5", "co": "0.2"}))
    assert values(old) == {"aqi": 28.0, "pm2p5_ug_m3": 5.0, "co_mg_m3": 0.2}
    new = parse(
        {
            "metadata": {"tag": "t"},
            "indexes": [{"code": "us-epa", "aqi": 46, "level": "1", "primaryPollutant": {"code": "pm2p5"}}],
            "pollutants": [
                {"code": "pm2p5", "concentration": {"value": 11.0, "unit": "μg/m3"}},
                {"code": "no2", "concentration": {"value": 6.77, "unit": "ppb"}},
            ],
            "stations": [{"id": "SIM1", "name": "模拟站"}],
        }
    )
    found = {row["variable"]: (row["value"], row["unit"]) for row in rows(new, "observation")}
    assert found == {"aqi_us_epa": (46.0, "1"), "pm2p5_ug_m3": (11.0, "µg/m3"), "no2": (6.77, "ppb")}
    assert rows(new, "station")[0]["station_code"] == "SIM1"


def test_days_of_v1_with_their_halves() -> None:
    half = {
        "forecastStartTime": "2026-08-10T23:00Z",
        "forecastEndTime": "2026-08-11T11:00Z",
        "precipitation": {"amount": {"value": 3, "unit": "mm"}, "probability": 0.64, "type": "rain"},
        "humidity": 0.5,
    }
    day = {
        "forecastStartTime": "2026-08-10T16:00Z",
        "forecastEndTime": "2026-08-11T16:00Z",
        "temperatureMax": {"value": 30.5, "unit": "°C"},
        "daytime": half,
        "astro": {"sunrise": "x"},
    }
    found = {row["variable"]: row for row in rows(parse({"metadata": {}, "days": [day]}), "forecast")}
    assert {name: (row["value"], row["interval_h"]) for name, row in found.items()} == {
        "air_temperature_max_c": (30.5, 24.0),
        "rain_day_mm": (3.0, 12.0),
        "rain_probability_day_pct": (64.0, 12.0),
        "relative_humidity_day_pct": (50.0, None),
    }
    assert found["rain_day_mm"]["event_at"] == datetime(2026, 8, 11, 11, tzinfo=UTC)


def alert(**more: Any) -> dict[str, Any]:
    return {
        "id": "202608101519105837988676",
        "senderName": "模拟县气象台",
        "issuedTime": "2026-08-10T15:19+08:00",
        "messageType": {"code": "update", "supersedes": ["202608081140100706230391"]},
        "eventType": {"name": "暴雨", "code": "1003"},
        "severity": "severe",
        "urgency": None,
        "color": {"code": "orange", "red": 255, "green": 128, "blue": 0, "alpha": 1},
        "effectiveTime": "2026-08-10T15:19+08:00",
        "onsetTime": "2026-08-10T16:00+08:00",
        "expireTime": "2026-08-11T15:19+08:00",
        "headline": "模拟县气象台更新暴雨橙色预警信号（模拟）",
        "responseTypes": [],
        **more,
    }


def only(parsed: Parsed, table: str) -> dict[str, Any]:
    assert not parsed.rejects
    (row,) = rows(parsed, table)
    return row


def v1_alerts(*alerts: Any) -> dict[str, Any]:
    return {"metadata": {"tag": "t", "zeroResult": False}, "alerts": list(alerts)}


def test_a_warning_of_v1() -> None:
    parsed = parse(v1_alerts(alert()), region_code="140502")
    message, info, area = (only(parsed, name) for name in ("warning", "warning_info", "warning_area"))
    assert (message["msg_type"], message["status"], message["cap_version"]) == ("Update", "Actual", "qweather-v1")
    assert message["sent_at"] == datetime(2026, 8, 10, 7, 19, tzinfo=UTC)
    assert message["event_at"] == datetime(2026, 8, 10, 8, tzinfo=UTC)
    assert (info["severity"], info["urgency"], info["certainty"]) == ("Severe", None, None)
    assert (info["colour"], info["colour_source"], info["event"]) == ("orange", "parameter", "暴雨")
    assert (area["region_code"], area["geometry_source"]) == ("140502", "geocode")
    assert parsed.drift == []


def test_what_it_supersedes_is_named_in_full_where_ids_carry_their_time() -> None:
    (reference,) = json.loads(only(parse(v1_alerts(alert())), "warning")["reference_list"])
    assert reference == "模拟县气象台,202608081140100706230391,2026-08-08T03:40:00+00:00"
    plain = alert(messageType={"code": "cancel", "supersedes": ["B"]}, id="A")
    message = only(parse(v1_alerts(plain)), "warning")
    assert (message["msg_type"], json.loads(message["reference_list"])) == ("Cancel", ["B"])


def test_fields_of_earlier_releases_are_read_all_the_same() -> None:
    earlier = alert(msgType="Update", eventCodes=["OLD"], severity="Severe", color="Orange")
    del earlier["messageType"]
    parsed = parse(v1_alerts(earlier))
    assert only(parsed, "warning")["msg_type"] == "Update"
    assert json.loads(only(parsed, "warning_info")["event_codes"]) == {"qweather": "1003", "eventCodes": ["OLD"]}


def test_a_warning_of_v7_with_the_spelling_seen_in_the_wild() -> None:
    old = {
        "id": "10110070320260810153000500681616",
        "sender": "",
        "pubTime": "2026-08-10T15:30+08:00",
        "title": "模拟县气象台解除大风蓝色预警",
        "startTime": "2026-08-10T15:30+08:00",
        "endTime": "",
        "status": "Cancle",
        "severity": "Standard",
        "severityColor": "Blue",
        "type": "1006",
        "typeName": "大风",
        "related": "10110070320260810103000500681616",
    }
    parsed = parse(v7(warning=[old]))
    message, info = only(parsed, "warning"), only(parsed, "warning_info")
    assert (message["sender"], message["msg_type"]) == ("qweather", "Cancel")
    assert json.loads(message["reference_list"]) == [
        "qweather,10110070320260810103000500681616,2026-08-10T02:30:00+00:00"
    ]
    assert (info["severity"], info["colour"], info["expires_at"]) == ("Unknown", "blue", None)
    assert {(drift.table, drift.field) for drift in parsed.drift} == {
        ("warning", "messageType"),
        ("warning_info", "severity"),
    }


def test_a_colour_that_the_title_contradicts_is_marked() -> None:
    found = only(parse(v1_alerts(alert(headline="暴雨黄色预警升级为红色"))), "warning_info")
    assert (found["colour"], found["colour_conflict"]) == ("red", True)


def test_a_warning_that_cannot_be_read_does_not_hide_the_others() -> None:
    parsed = parse(
        v1_alerts(alert(), alert(id=None), alert(issuedTime="soon"), "text", alert(id="9", color={"red": 1e400}))
    )
    assert [reject.rule for reject in parsed.rejects] == [
        "qweather.alert.key",
        "qweather.alert.time",
        "qweather.alert",
        "qweather.number.finite",
    ]
    assert len(rows(parsed, "warning")) == 1
