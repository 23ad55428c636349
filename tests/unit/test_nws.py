"""Replies of api.weather.gov: alerts, observations, stations and forecasts. All data are invented, 模拟."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.weather.nws import PARSER

API = "https://api.weather.gov"
SQUARE = [[-120.0, 38.0], [-119.0, 38.0], [-119.0, 39.0], [-120.0, 38.0]]


def read(document: Any) -> Parsed:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return PARSER.parse(Payload(body, f"{API}/x", "x", datetime(2026, 8, 10, tzinfo=UTC)), {})


def rows(parsed: Parsed, table: str) -> list[dict[str, Any]]:
    return parsed.tables[table].to_pylist() if table in parsed.tables else []


def only(parsed: Parsed, table: str) -> dict[str, Any]:
    [row] = rows(parsed, table)
    return row


def values(parsed: Parsed, table: str = "observation") -> dict[str, float]:
    return {row["variable"]: row["value"] for row in rows(parsed, table) if row["value"] is not None}


def drift(parsed: Parsed) -> dict[str, int]:
    return {f"{seen.table}.{seen.field}": seen.count for seen in parsed.drift}


def rules(parsed: Parsed) -> list[str]:
    return [reject.rule for reject in parsed.rejects]


def feature(properties: dict[str, Any], geometry: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties, **more}


def collection(*features: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def point(*coordinates: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(coordinates)}


# --- alerts


def alert(**changes: Any) -> dict[str, Any]:
    known = {
        "@id": f"{API}/alerts/urn:oid:2.49.0.1.840.0.sim.001.1",
        "@type": "wx:Alert",
        "id": "urn:oid:2.49.0.1.840.0.sim.001.1",
        "areaDesc": "Simulated County",
        "geocode": {"UGC": ["CAZ001", "CAZ002"], "SAME": ["006001"]},
        "affectedZones": [f"{API}/zones/forecast/CAZ001"],
        "references": [],
        "sent": "2026-08-09T13:34:00-07:00",
        "effective": "2026-08-09T13:34:00-07:00",
        "onset": "2026-08-09T18:00:00-07:00",
        "expires": "2026-08-10T05:30:00-07:00",
        "ends": "2026-08-11T10:00:00-07:00",
        "status": "Exercise",
        "messageType": "Alert",
        "category": "Met",
        "severity": "Severe",
        "certainty": "Possible",
        "urgency": "Future",
        "event": "Flood Watch",
        "sender": "synthetic@example.org",
        "senderName": "Simulated office",
        "headline": "Flood Watch issued for the simulated county",
        "description": "Simulated.",
        "instruction": None,
        "response": "Prepare",
        "parameters": {"VTEC": ["/O.NEW/"], "BLOCKCHANNEL": ["EAS", "NWEM"]},
    }
    return {**known, **changes}


def test_an_alert_lands_as_the_cap_message_that_it_was() -> None:
    parsed = read(collection(feature(alert())))
    assert (parsed.outcome, drift(parsed)) == (Outcome.ACCEPTED, {})
    warning, info, area = (only(parsed, name) for name in ("warning", "warning_info", "warning_area"))
    assert warning["identifier"] == "urn:oid:2.49.0.1.840.0.sim.001.1"
    assert (warning["sender"], warning["scope"], warning["msg_type"]) == ("synthetic@example.org", "Public", "Alert")
    assert warning["sent_at"] == datetime(2026, 8, 9, 20, 34, tzinfo=UTC)
    assert warning["event_at"] == datetime(2026, 8, 10, 1, 0, tzinfo=UTC)
    assert (info["severity"], info["colour"], info["colour_source"]) == ("Severe", "orange", "severity")
    assert info["expires_at"] == datetime(2026, 8, 10, 12, 30, tzinfo=UTC)
    parameters = {"VTEC": "/O.NEW/", "BLOCKCHANNEL": ["EAS", "NWEM"], "ends": "2026-08-11T10:00:00-07:00"}
    assert json.loads(info["parameters"]) == parameters
    assert json.loads(area["geocodes"]) == {
        "UGC": ["CAZ001", "CAZ002"],
        "SAME": ["006001"],
        "affectedZones": [f"{API}/zones/forecast/CAZ001"],
    }
    assert (area["geometry_source"], area["region_code"]) == ("geocode", None)


@pytest.mark.parametrize(
    "document",
    [
        feature(alert(), id="x"),
        alert(),
        {"@context": {}, "@graph": [alert(geometry=None)]},
        collection(feature(alert()), pagination={"next": f"{API}/alerts?cursor=x"}),
    ],
)
def test_one_feature_and_json_ld_are_the_same(document: Any) -> None:
    assert read(document).tables["warning"].equals(read(collection(feature(alert()))).tables["warning"])


WKT = "MULTIPOLYGON(((-120.0 38.0,-119.0 38.0,-119.0 39.0,-120.0 38.0)))"


@pytest.mark.parametrize(
    ("geometry", "wkt", "told"),
    [
        ({"type": "Polygon", "coordinates": [SQUARE]}, WKT, []),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE]]}, WKT, []),
        ({"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [SQUARE]}]}, WKT, []),
        ({"type": "Polygon", "coordinates": [SQUARE, SQUARE]}, WKT, ["warning_area.geometry.hole"]),
        (point(-120.0, 38.0), None, ["warning_area.geometry.unread"]),
        ({"type": "Polygon", "coordinates": "no"}, None, ["warning_area.geometry.unread"]),
        ("POLYGON((-120.0 38.0,-119.0 38.0,-119.0 39.0,-120.0 38.0))", WKT, []),
        ("MULTIPOLYGON (((-120 38, -119 38, -119 39, -120 38)))", WKT, []),
    ],
)
def test_geometries(geometry: Any, wkt: str | None, told: list[str]) -> None:
    parsed = read(collection(feature(alert(), geometry)))
    assert only(parsed, "warning_area")["area_wkt"] == wkt
    assert list(drift(parsed)) == told


def test_a_shape_that_is_none_costs_the_shape_only() -> None:
    parsed = read(collection(feature(alert(), {"type": "Polygon", "coordinates": [[[1, 2], ["x", 3], None]]})))
    assert (parsed.outcome, rules(parsed)) == (Outcome.PARTIAL, ["nws.polygon"])


def test_references_are_triples() -> None:
    earlier = {"@id": f"{API}/alerts/a", "identifier": "a", "sender": "s@example.org", "sent": "2026-08-09T12:00:00Z"}
    parsed = read(collection(feature(alert(messageType="Update", references=[earlier]))))
    assert json.loads(only(parsed, "warning")["reference_list"]) == ["s@example.org,a,2026-08-09T12:00:00Z"]
    broken = read(collection(feature(alert(messageType="Update", references=["a"]))))
    assert rules(broken) == ["nws.references.triple"]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"sent": None}, "nws.sent.missing"),
        ({"sent": "2026-08-09T12:00:00"}, "nws.sent.zone"),
        ({"messageType": "Ping"}, "nws.msgType.enum"),
        ({"event": None}, "nws.event.missing"),
        ({"description": "a\x00b"}, "nws.text"),
    ],
)
def test_an_alert_that_cannot_be_used_is_a_reject_and_the_next_one_lands(changes: dict[str, Any], rule: str) -> None:
    parsed = read(collection(feature(alert(id="1", **changes)), feature(alert(id="2"))))
    assert rules(parsed) == [rule]
    assert parsed.rejects[0].where.startswith("features[0]")
    assert only(parsed, "warning")["identifier"] == "2"


def test_a_number_that_is_none_in_an_alert_is_a_reject() -> None:
    body = json.dumps(collection(feature(alert(parameters={"x": [7.25]})))).replace("7.25", "1e400")
    assert rules(read(body.encode())) == ["nws.number"]


# --- observations


def quantity(value: Any, unit: str | None = "wmoUnit:degC", quality: str = "V") -> dict[str, Any]:
    return {"unitCode": unit, "value": value, "qualityControl": quality}


def observation(**quantities: Any) -> dict[str, Any]:
    properties = {
        "@id": f"{API}/stations/XSIM/observations/2026-08-10T00:53:00+00:00",
        "@type": "wx:ObservationStation",
        "elevation": {"unitCode": "wmoUnit:m", "value": 3},
        "station": f"{API}/stations/XSIM",
        "timestamp": "2026-08-10T00:53:00+00:00",
        "icon": None,
        **quantities,
    }
    return feature(properties, point(-122.5, 37.5))


@pytest.mark.parametrize(
    ("name", "held", "variable", "value", "unit"),
    [
        ("temperature", quantity(22.8), "air_temperature_c", 22.8, "℃"),
        ("temperature", quantity(50, "unit:degF"), "air_temperature_c", 10.0, "℃"),
        ("temperature", quantity("-5", "unit:degC"), "air_temperature_c", -5.0, "℃"),
        ("temperature", quantity(1, "http://codes.wmo.int/common/unit/degC"), "air_temperature_c", 1.0, "℃"),
        ("windSpeed", quantity(7.2, "wmoUnit:km_h-1"), "wind_speed_m_s", 2.0, "m/s"),
        ("windSpeed", quantity(10, "unit:m_s-1"), "wind_speed_m_s", 10.0, "m/s"),
        ("windDirection", quantity(20, "wmoUnit:degree_(angle)"), "wind_direction_deg", 20.0, "°"),
        ("barometricPressure", quantity(101860, "wmoUnit:Pa"), "barometric_pressure_hpa", 1018.6, "hPa"),
        ("seaLevelPressure", quantity(101870, "wmoUnit:Pa"), "sea_level_pressure_hpa", 1018.7, "hPa"),
        ("relativeHumidity", quantity(75.5, "wmoUnit:percent"), "relative_humidity_pct", 75.5, "%"),
        ("visibility", quantity(16090, "wmoUnit:m"), "visibility_m", 16090.0, "m"),
    ],
)
def test_units_are_converted(name: str, held: dict[str, Any], variable: str, value: float, unit: str) -> None:
    parsed = read(collection(observation(**{name: held})))
    row = only(parsed, "observation")
    assert (parsed.outcome, drift(parsed)) == (Outcome.ACCEPTED, {})
    assert (row["variable"], row["value"], row["unit"]) == (variable, pytest.approx(value), unit)
    assert (row["station_code"], row["event_at"]) == ("XSIM", datetime(2026, 8, 10, 0, 53, tzinfo=UTC))
    kept = {"parameter": name, "unit": held["unitCode"], "quality_control": "V"}
    assert json.loads(row["extra"]) == kept


def test_amounts_and_extremes_say_what_they_cover() -> None:
    parsed = read(
        observation(
            precipitationLastHour=quantity(0.0012, "wmoUnit:m"),
            precipitationLast3Hours=quantity(2.5, "wmoUnit:mm"),
            precipitationLast6Hours=quantity(0, "wmoUnit:m"),
            maxTemperatureLast24Hours=quantity(30),
        )
    )
    found = {row["variable"]: (row["value"], row["interval_h"]) for row in rows(parsed, "observation")}
    assert found == {
        "rain_mm": (1.2, 1.0),
        "rain_3h_mm": (2.5, 3.0),
        "rain_6h_mm": (0.0, 6.0),
        "air_temperature_max_c": (30.0, 24.0),
    }


def test_missing_values_give_no_row_and_are_counted() -> None:
    parsed = read(observation(temperature=quantity(None), dewpoint={"unitCode": "wmoUnit:degC"}, windGust=quantity("")))
    assert rows(parsed, "observation") == []
    assert (parsed.outcome, drift(parsed)) == (Outcome.ACCEPTED, {"observation.(missing)": 3})


def test_what_is_no_number_is_a_reject_of_that_value() -> None:
    document = collection(observation(temperature=quantity(7.25), dewpoint=quantity("warm"), heatIndex=quantity(30)))
    parsed = read(json.dumps(document).replace("7.25", "NaN").encode())
    assert values(parsed) == {"heat_index_c": 30.0}
    found = [(reject.rule, reject.where) for reject in parsed.rejects]
    assert found == [("nws.number", "features[0].temperature"), ("nws.number", "features[0].dewpoint")]


def test_a_parameter_or_unit_that_nobody_knows_keeps_its_name_and_is_counted() -> None:
    parsed = read(observation(soilTemp10cm=quantity(12), temperature=quantity(3, "wmoUnit:okta"), mood="good"))
    assert values(parsed) == {"soil_temp10cm_c": 12.0, "temperature_okta": 3.0}
    assert drift(parsed) == {"observation.mood": 1, "observation.soilTemp10cm": 1, "observation.temperature": 1}
    assert all(json.loads(row["extra"])["mood"] == "good" for row in rows(parsed, "observation"))


def test_a_value_that_the_service_itself_rejects_is_marked() -> None:
    parsed = read(observation(temperature=quantity(80, quality="qc:X")))
    assert json.loads(only(parsed, "observation")["extra"])["quality_control"] == "X"
    assert drift(parsed) == {"observation.(quality X)": 1}


def test_the_weather_in_words_is_one_row() -> None:
    clouds = [{"base": {"unitCode": "wmoUnit:m", "value": 790}, "amount": "FEW"}]
    row = only(read(observation(textDescription="Mostly Clear", cloudLayers=clouds, presentWeather=[])), "observation")
    assert (row["variable"], row["value"], row["value_text"]) == ("weather_text", None, "Mostly Clear")
    assert json.loads(row["extra"]) == {"cloudLayers": clouds}


def test_the_place_of_a_station_comes_with_its_observations() -> None:
    parsed = read(collection(observation(temperature=quantity(1)), observation(dewpoint=quantity(2))))
    station = only(parsed, "station")
    assert (station["station_code"], station["longitude"], station["latitude"]) == ("XSIM", -122.5, 37.5)
    assert json.loads(station["extra"]) == {"elevation_m": 3.0}
    assert drift(parsed) == {}


def test_an_observation_without_any_quantity_is_a_reject() -> None:
    address = f"{API}/stations/XSIM/observations/2026-08-10T00:53:00+00:00"
    parsed = read(collection(feature({"@id": address}, point(-122.5, 37.5))))
    assert (parsed.outcome, rules(parsed)) == (Outcome.PARTIAL, ["nws.observation.values"])
    assert only(parsed, "station")["station_code"] == "XSIM"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"timestamp": "yesterday"}, "nws.observation.time"),
        ({"timestamp": "2026-08-10T00:53:00"}, "nws.observation.time"),
        ({"station": None, "@id": None}, "nws.observation.station"),
    ],
)
def test_an_observation_without_station_or_time_is_a_reject(changes: dict[str, Any], rule: str) -> None:
    broken = observation(temperature=quantity(1), **changes)
    parsed = read(collection(broken, observation(temperature=quantity(2))))
    assert (rules(parsed), values(parsed)) == ([rule], {"air_temperature_c": 2.0})


@pytest.mark.parametrize("place", [point(37.5, -122.5), point(1), {"type": "Point", "coordinates": ["a", "b"]}])
def test_a_wrong_place_is_a_reject_of_the_place(place: dict[str, Any]) -> None:
    parsed = read(feature(observation(temperature=quantity(1))["properties"], place))
    assert (rules(parsed), rows(parsed, "station")) == (["nws.station.place"], [])
    assert values(parsed) == {"air_temperature_c": 1.0}


def test_a_register_of_stations() -> None:
    about = {"@type": "wx:ObservationStation", "stationIdentifier": "XSIM", "name": "Simulated", "timeZone": "Etc/UTC"}
    station = only(
        read(collection(feature({**about, "elevation": {"unitCode": "unit:m", "value": 2}}, point(-1, 2)))), "station"
    )
    assert (station["station_code"], station["station_name"], station["station_type"]) == ("XSIM", "Simulated", "met")
    assert json.loads(station["extra"]) == {"elevation_m": 2.0, "timeZone": "Etc/UTC"}
    assert rules(read(collection(feature(about)))) == ["nws.station.place"]


# --- forecasts


def period(**changes: Any) -> dict[str, Any]:
    known = {
        "number": 1,
        "name": "Tonight",
        "startTime": "2026-08-10T18:00:00-04:00",
        "endTime": "2026-08-11T06:00:00-04:00",
        "isDaytime": False,
        "temperature": 68,
        "temperatureUnit": "F",
        "windSpeed": "5 to 10 mph",
        "windDirection": "SSW",
        "shortForecast": "Mostly Clear",
    }
    return {**known, **changes}


def forecast(*periods: Any, **changes: Any) -> dict[str, Any]:
    about = {
        "units": "us",
        "forecastGenerator": "BaselineForecastGenerator",
        "generatedAt": "2026-08-10T20:00:00+00:00",
        "updateTime": "2026-08-10T18:16:20+00:00",
        "periods": list(periods),
        **changes,
    }
    polygon = {"type": "Polygon", "coordinates": [SQUARE]}
    return feature(about, {"type": "GeometryCollection", "geometries": [point(-84.956047, 29.9950173), polygon]})


def test_a_period_stands_at_its_end_with_its_length() -> None:
    parsed = read(forecast(period()))
    assert (parsed.outcome, drift(parsed)) == (Outcome.ACCEPTED, {})
    found = {row["variable"]: (row["value"], row["value_text"]) for row in rows(parsed, "forecast")}
    assert found == {
        "air_temperature_c": (20.0, None),
        "wind_speed_m_s": (None, "5 to 10 mph"),
        "wind_direction_deg": (202.5, "SSW"),
        "weather_text": (None, "Mostly Clear"),
    }
    row = rows(parsed, "forecast")[0]
    assert (row["place_code"], row["longitude"], row["latitude"]) == ("-84.9560,29.9950", -84.956047, 29.9950173)
    assert (row["model"], row["issued_at"]) == (
        "NWS BaselineForecastGenerator",
        datetime(2026, 8, 10, 18, 16, 20, tzinfo=UTC),
    )
    assert (row["event_at"], row["interval_h"]) == (datetime(2026, 8, 11, 10, tzinfo=UTC), 12.0)
    assert rows(parsed, "observation") == []


@pytest.mark.parametrize(
    ("changes", "variable", "value", "text"),
    [
        ({"windSpeed": "10 mph"}, "wind_speed_m_s", 4.4704, "10 mph"),
        ({"windSpeed": "36 km/h"}, "wind_speed_m_s", 10.0, "36 km/h"),
        ({"windSpeed": "5 furlongs"}, "wind_speed_m_s", None, "5 furlongs"),
        ({"windSpeed": quantity(18, "wmoUnit:km_h-1")}, "wind_speed_m_s", 5.0, None),
        (
            {"windSpeed": {"unitCode": "wmoUnit:km_h-1", "minValue": 5, "maxValue": 9}},
            "wind_speed_m_s",
            None,
            "5 to 9 wmoUnit:km_h-1",
        ),
        ({"temperature": "25", "temperatureUnit": "C"}, "air_temperature_c", 25.0, None),
        ({"temperature": quantity(25)}, "air_temperature_c", 25.0, None),
        ({"dewpoint": quantity(5)}, "dew_point_c", 5.0, None),
        ({"probabilityOfPrecipitation": quantity(20, "wmoUnit:percent")}, "precipitation_probability_pct", 20.0, None),
    ],
)
def test_members_of_a_period(changes: dict[str, Any], variable: str, value: float | None, text: str | None) -> None:
    found = {
        row["variable"]: (row["value"], row["value_text"])
        for row in rows(read(forecast(period(**changes))), "forecast")
    }
    assert found[variable] == (pytest.approx(value) if value is not None else None, text)


@pytest.mark.parametrize(
    "broken",
    [period(endTime=None), period(endTime="2026-08-10T18:00:00-04:00"), dict.fromkeys(period()), "x"],
)
def test_a_period_without_a_span_is_a_reject(broken: Any) -> None:
    parsed = read(forecast(broken, period()))
    assert len(rows(parsed, "forecast")) == 4
    assert rules(parsed) in (["nws.period.time"], ["nws.period.shape"])


def test_the_raw_grid() -> None:
    spans = [
        {"validTime": "2026-08-10T13:00:00+00:00/PT1H", "value": 17.5},
        {"validTime": "2026-08-10T14:00:00+00:00/P1DT2H", "value": None},
        {"validTime": "2026-08-10T14:00:00+00:00/soon", "value": 1},
    ]
    weather = [{"validTime": "2026-08-10T13:00:00+00:00/PT6H", "value": [{"weather": "rain"}]}]
    about = {
        "@type": "wx:Gridpoint",
        "updateTime": "2026-08-10T12:00:00+00:00",
        "validTimes": "x",
        "gridId": "SIM",
        "temperature": {"uom": "wmoUnit:degC", "values": spans},
        "quantitativePrecipitation": {"uom": "wmoUnit:mm", "values": [{**spans[0], "value": 2.5}]},
        "weather": {"values": weather},
    }
    parsed = read(feature(about, {"type": "Polygon", "coordinates": [SQUARE]}))
    found = {
        row["variable"]: (row["value"], row["event_at"].hour, row["interval_h"]) for row in rows(parsed, "forecast")
    }
    assert found == {
        "air_temperature_c": (17.5, 14, 1.0),
        "rain_mm": (2.5, 14, 1.0),
        "weather": (None, 19, 6.0),
    }
    assert rows(parsed, "forecast")[0]["place_code"] == "-119.5000,38.5000"
    assert (rules(parsed), drift(parsed)) == (["nws.grid.time"], {"forecast.(missing)": 1})


def test_a_forecast_for_nowhere_is_a_reject() -> None:
    assert rules(read({**forecast(period()), "geometry": None})) == ["nws.forecast.place"]


# --- documents


def test_an_empty_collection_is_empty() -> None:
    assert (read(collection()).outcome, read(collection()).records) == (Outcome.ACCEPTED, 0)


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        ({"type": "FeatureCollection"}, "nws.shape"),
        ({"type": "FeatureCollection", "features": [1]}, "nws.shape"),
        ({"type": f"{API}/problems/NotFound", "title": "Not Found", "status": 404, "detail": "no"}, "nws.problem"),
        ({"correlationId": "x", "title": "Bad Request", "status": 400}, "nws.problem"),
        (collection(feature({"mag": 4.5, "place": "x"}), feature({"mag": 3})), "nws.kind"),
        (feature({"@type": "wx:Point", "gridId": "SIM", "forecast": "x"}), "nws.kind"),
        (feature({}), "nws.kind"),
        ({"metadata": {}, "alerts": []}, "nws.shape"),
        (b"<alert/>", "nws.json"),
        (b"", "nws.empty"),
    ],
)
def test_other_documents_are_one_reject_with_a_reason(document: Any, rule: str) -> None:
    parsed = read(document)
    assert (parsed.outcome, rules(parsed)) == (Outcome.REJECTED, [rule])
    assert parsed.rejects[0].reason


def test_an_error_report_is_told_in_its_own_words() -> None:
    report = {"title": "Invalid Parameter", "status": 400, "detail": "area is wrong"}
    assert "400 Invalid Parameter area is wrong" in read(report).rejects[0].reason


def test_one_strange_feature_among_others_is_a_reject_of_its_own() -> None:
    parsed = read(collection(feature(alert()), feature({"mood": "x"})))
    assert (parsed.outcome, rules(parsed)) == (Outcome.PARTIAL, ["nws.kind"])
