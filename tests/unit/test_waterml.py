"""WaterML 1.0, 1.1 and 2.0: wrapping, offsets, nil, methods, intervals. All documents are synthetic (模拟)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.water.waterml import PARSER

FETCHED = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
SITE = """<sourceInfo><siteName>模拟 BROOK</siteName><siteCode network="demo" siteID="1">MB</siteCode>
<geoLocation><geogLocation><latitude>42.5</latitude><longitude>-71.1</longitude></geogLocation></geoLocation>
<siteProperty name="County">Demo</siteProperty></sourceInfo>"""
TEMPERATURE = """<variable><variableCode vocabulary="demo">Temp</variableCode><variableName>Temperature</variableName>
<sampleMedium>Surface Water</sampleMedium><unit><unitName>degree celsius</unitName>
<unitAbbreviation>degC</unitAbbreviation><unitCode>96</unitCode></unit><noDataValue>-9999</noDataValue></variable>"""


def parse(text: str, **options: Any) -> Parsed:
    return PARSER.parse(Payload(text.encode(), "http://source/wof", "values.xml", FETCHED), options)


def reply(values: str, variable: str = TEMPERATURE, site: str = SITE, version: str = "1.1") -> str:
    series = f"<timeSeries>{site}{variable}<values>{values}</values></timeSeries>"
    return f'<timeSeriesResponse xmlns="http://www.cuahsi.org/waterML/{version}/">{series}</timeSeriesResponse>'


def table(parsed: Parsed, name: str = "observation") -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if v is not None} for row in parsed.tables[name].to_pylist()]


VALUE = '<value censorCode="nc" dateTime="2026-08-10T09:00:00" timeOffset="-06:00" methodCode="2">19</value>'


def test_a_value_of_a_cuahsi_service() -> None:
    parsed = parse(reply(VALUE))
    (row,) = table(parsed)
    assert json.loads(row.pop("extra")) == {"parameter": "Temp", "methodCode": "2"}
    assert row == {
        "station_code": "MB",
        "variable": "water_temperature_c",
        "event_at": datetime(2026, 8, 10, 15, 0, tzinfo=UTC),
        "value": 19.0,
        "unit": "℃",
        "owner_code": "demo",
        "source_table": "waterml1",
    }
    (site,) = table(parsed, "station")
    assert (site["station_name"], site["longitude"], site["latitude"]) == ("模拟 BROOK", -71.1, 42.5)
    assert not parsed.drift


@pytest.mark.parametrize(
    ("attributes", "hour"),
    [
        ('dateTime="2026-08-10T09:00:00" timeOffset="-06:00" dateTimeUTC="2026-08-10T15:00:00"', 15),
        ('dateTime="2026-08-10T09:00:00" timeOffset="+08:00"', 1),
        ('dateTime="2026-08-10T09:00:00-04:00"', 13),
        ('dateTime="2026-08-10T09:00:00Z" timeOffset="-06:00"', 9),
        ('dateTime="2026-08-10T09:00:00"', 1),  # the zone of the contract
    ],
)
def test_where_the_instant_comes_from(attributes: str, hour: int) -> None:
    (row,) = table(parse(reply(f"<value {attributes}>1</value>"), zone="Asia/Shanghai"))
    assert row["event_at"] == datetime(2026, 8, 10, hour, 0, tzinfo=UTC)


@pytest.mark.parametrize("value", [VALUE.replace("19", "-9999"), VALUE.replace("19", ""), VALUE.replace(">19<", "> <")])
def test_what_is_missing_gives_no_row_and_is_counted(value: str) -> None:
    parsed = parse(reply(value))
    assert "observation" not in parsed.tables
    assert [(d.field, d.count) for d in parsed.drift] == [("(missing)", 1)]


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (VALUE.replace("19", "warm"), "waterml.value.number"),
        (VALUE.replace("19", "1e400"), "waterml.value.number"),
        (VALUE.replace("2026-08-10T", "10.08.2026 "), "waterml.value.time"),
        ("<value>1</value>", "waterml.value.time"),
    ],
)
def test_a_bad_value_costs_itself_only(value: str, rule: str) -> None:
    parsed = parse(reply(value + VALUE.replace("09:00", "10:00")))
    assert (len(table(parsed)), [r.rule for r in parsed.rejects]) == (1, [rule])


def test_methods_and_depths_of_one_series_are_variables_of_their_own() -> None:
    values = (
        VALUE + VALUE.replace('methodCode="2"', 'methodCode="3"') + VALUE.replace("<value", '<value offsetValue="5"')
    )
    found = {row["variable"] for row in table(parse(reply(values)))}
    assert found == {"water_temperature_c", "water_temperature_c#3", "water_temperature_c#2_5"}


def test_units_of_version_1_0() -> None:
    named = "<variableCode>D</variableCode><variableName>Gage height</variableName>"
    old = f'<variable>{named}<units unitsAbbreviation="ft">feet</units><NoDataValue>-9999</NoDataValue></variable>'
    (row,) = table(parse(reply(VALUE.replace("19", "10"), old, version="1.0")))
    assert (row["variable"], row["value"]) == ("water_level_m", 3.048)


def test_a_word_of_another_vocabulary_is_kept_and_told() -> None:
    other = TEMPERATURE.replace("<variableName>Temperature", "<variableName>Acid neutralizing capacity")
    parsed = parse(reply(VALUE, other.replace("degC", "meq/L")))
    (row,) = table(parsed)
    assert (row["variable"], row["unit"]) == ("acid_neutralizing_capacity_meq_l", "meq/L")
    assert [d.field for d in parsed.drift] == ["(parameter)"]


def test_a_reply_in_soap_and_as_text_inside_soap() -> None:
    plain = reply(VALUE)
    soap = '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>{}</soap:Body></soap:Envelope>'
    for inner in (plain, f"<GetValuesResponse><GetValuesResult>{escape(plain)}</GetValuesResult></GetValuesResponse>"):
        assert parse(soap.format(inner)).tables["observation"].equals(parse(plain).tables["observation"])
    fault = parse(soap.format("<soap:Fault><faultstring>no such site</faultstring></soap:Fault>"))
    assert [r.rule for r in fault.rejects] == ["waterml.fault"]


def test_sites_are_stations_and_no_series_is_an_empty_reply() -> None:
    site = SITE.replace("sourceInfo", "siteInfo")
    listed = f'<sitesResponse xmlns="http://www.cuahsi.org/waterML/1.1/"><site>{site}</site></sitesResponse>'
    assert [row["station_code"] for row in table(parse(listed), "station")] == ["MB"]
    empty = '<timeSeriesResponse xmlns="http://www.cuahsi.org/waterML/1.1/"><queryInfo/></timeSeriesResponse>'
    assert (parse(empty).outcome, parse(empty).records) == (Outcome.ACCEPTED, 0)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'/>", "waterml.root"),
        ("<variablesResponse xmlns='http://www.cuahsi.org/waterML/1.1/'/>", "waterml.root"),
        ("<Collection/>", "waterml.root"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><timeSeriesResponse>&b;</timeSeriesResponse>", "waterml.xml.dtd"),
        ("<timeSeriesResponse><timeSeries>", "waterml.xml.malformed"),
    ],
)
def test_what_is_no_reply_is_rejected(body: str, rule: str) -> None:
    assert [r.rule for r in parse(body).rejects] == [rule]


# -- WaterML 2.0


def sos(points: str, interpolation: str = "Continuous", uom: str = "degC", about: str = "AirTemperature") -> str:
    default = f'<w:uom code="{uom}"/><w:interpolationType xlink:href="http://x/WaterML/2.0/{interpolation}"/>'
    return f"""<sos:GetObservationResponse xmlns:sos="http://www.opengis.net/sos/2.0" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:om="http://www.opengis.net/om/2.0" xmlns:w="http://www.opengis.net/waterml/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><sos:observationData><om:OM_Observation>
 <om:resultTime><gml:TimeInstant><gml:timePosition>2026-08-10T08:30:00Z</gml:timePosition></gml:TimeInstant></om:resultTime>
 <om:observedProperty xlink:href="http://x/properties/{about}"/>
 <om:featureOfInterest xlink:href="http://x/stations/demo-1"/><om:result><w:MeasurementTimeseries>
 <w:defaultPointMetadata><w:DefaultTVPMeasurementMetadata>{default}</w:DefaultTVPMeasurementMetadata></w:defaultPointMetadata>
 {points}</w:MeasurementTimeseries></om:result></om:OM_Observation></sos:observationData></sos:GetObservationResponse>"""


def point(value: str, time: str = "2026-08-10T08:00:00Z", attributes: str = "", more: str = "") -> str:
    inner = f"<w:time>{time}</w:time><w:value {attributes}>{value}</w:value>{more}"
    return f"<w:point><w:MeasurementTVP>{inner}</w:MeasurementTVP></w:point>"


def test_a_series_of_version_2() -> None:
    (row,) = table(parse(sos(point("12.2"))))
    assert (row["station_code"], row["variable"], row["value"]) == ("demo-1", "air_temperature_c", 12.2)
    assert row["event_at"] == datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
    assert row["issued_at"] == datetime(2026, 8, 10, 8, 30, tzinfo=UTC)


def test_nil_is_missing_and_a_point_may_have_its_own_unit() -> None:
    own = '<w:metadata><w:TVPMeasurementMetadata><w:uom code="ft"/></w:TVPMeasurementMetadata></w:metadata>'
    points = point("", attributes='xsi:nil="true"') + point("10", "2026-08-10T09:00:00Z", more=own)
    parsed = parse(sos(points, about="GageHeight", uom="m"))
    (row,) = table(parsed)
    assert (row["variable"], row["value"]) == ("water_level_m", 3.048)
    assert [(d.field, d.count) for d in parsed.drift] == [("(missing)", 1)]


def test_a_mean_is_not_an_instantaneous_value() -> None:
    (row,) = table(parse(sos(point("12"), interpolation="AveragePrec")))
    assert row["variable"] == "air_temperature_mean_c"


def test_a_urn_is_a_unit_too_and_an_unknown_property_is_told() -> None:
    (row,) = table(parse(sos(point("12"), uom="urn:ogc:def:uom:udunits:2:Cel")))
    assert (row["variable"], row["unit"]) == ("air_temperature_c", "℃")
    parsed = parse(sos(point("12"), about="SnowCoverage", uom="%"))
    assert (table(parsed)[0]["variable"], [d.field for d in parsed.drift]) == ("snow_coverage_pct", ["(parameter)"])


def test_a_result_of_another_kind_is_rejected() -> None:
    other = sos("").replace("MeasurementTimeseries", "CategoricalTimeseries")
    assert [r.rule for r in parse(other).rejects] == ["waterml.result.unknown"]
