"""Polygons, circles and codes of an area: put right or rejected, never silently empty (formats.md 9, row 8)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Outcome, Parsed, Payload
from connectors.weather.cap import PARSER
from connectors.weather.cap_geometry import BadShape, circle, multipolygon, polygon

SQUARE = "33,105 33,106 34,106 34,105 33,105"
SQUARE_WKT = "MULTIPOLYGON(((105.0 33.0,106.0 33.0,106.0 34.0,105.0 34.0,105.0 33.0)))"


def read(*areas: str) -> Parsed:
    inside = "".join(f"<area><areaDesc>a</areaDesc>{area}</area>" for area in areas)
    body = (
        '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><sender>s</sender>'
        "<sent>2026-08-10T08:05:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>"
        "<info><category>Met</category><event>e</event><urgency>Past</urgency><severity>Minor</severity>"
        f"<certainty>Likely</certainty>{inside}</info></alert>"
    )
    payload = Payload(body.encode(), "https://cap.example/1.xml", "1.xml", datetime(2026, 8, 10, tzinfo=UTC))
    return PARSER.parse(payload, {})


def area(parsed: Parsed, index: int = 0) -> dict[str, Any]:
    return parsed.tables["warning_area"].to_pylist()[index]


@pytest.mark.parametrize(
    ("text", "repairs"),
    [
        (SQUARE, ()),
        ("\n 33,105   33,106\n\t34,106 34,105 33,105 ", ()),
        ("33, 105 33 ,106 34 , 106 34,105 33,105", ()),
        ("33,105 33,106 34,106 34,105", ("open",)),
        (SQUARE + " ()", ("garbage",)),
        ("(33,105) (33,106) (34,106) (34,105) (33,105)", ("garbage",)),
        ("105,33 106,33 106,34 105,34 105,33", ("swapped",)),
        ("3.3e1,105 33.,106 34,106 +34,105 33,105", ()),
        ("33,105,0 33,106,0 34,106,0 34,105,12.5 33,105,0", ("altitude",)),
        ("33,-255 33,-254 34,-254 34,-255 33,-255", ("antimeridian",)),
    ],
)
def test_polygons_that_mean_the_square_become_the_square(text: str, repairs: tuple[str, ...]) -> None:
    shape = polygon(text)
    assert multipolygon(shape.rings) == SQUARE_WKT
    assert shape.repairs == repairs


@pytest.mark.parametrize(
    "text",
    [
        "()",
        "33,105",
        "33,105 33,106 33,105",
        "33,105 33,105 33,105 33,105",
        "33,105 33,106 34,NaN 33,105",
        "33,105 33,106 34,inf 33,105",
        "33,105 33,106 34,1e400 33,105",
        "33,105,0,0 33,106,0,0 34,106,0,0 33,105,0,0",
        "33 105 33 106 34 106 33 105",
        "33,105 33,106 134,206 33,105",
        "95,185 95,186 96,186 95,185",
        "16.5N,61.4E 17N,62E 18N,61E 16.5N,61.4E",
        "80,0 80,120 80,-120 80,0",
    ],
)
def test_what_is_no_polygon_is_a_reject_and_the_area_keeps_the_rest(text: str) -> None:
    with pytest.raises(BadShape):
        polygon(text)
    parsed = read(f"<polygon>{SQUARE}</polygon><polygon>{text}</polygon><circle>33,105 5</circle>")
    assert parsed.outcome is Outcome.PARTIAL
    [reject] = parsed.rejects
    assert (reject.rule, reject.where) == ("cap.polygon", "info[0]/area[0]/polygon[1]")
    assert reject.record == {
        "sender": "s",
        "identifier": "1",
        "sent": "2026-08-10T08:05:00+08:00",
        "at": "info[0]/area[0]/polygon[1]",
        "polygon": text,
    }
    assert area(parsed)["area_wkt"] == SQUARE_WKT
    assert json.loads(area(parsed)["circles"]) == ["33,105 5"]


def test_an_area_that_loses_its_only_polygon_still_lands() -> None:
    parsed = read("<polygon>nonsense</polygon>")
    assert [reject.rule for reject in parsed.rejects] == ["cap.polygon"]
    assert (area(parsed)["area_wkt"], area(parsed)["geometry_source"]) == (None, "none")


def test_an_empty_polygon_element_means_no_polygon() -> None:
    parsed = read("<polygon/><circle> </circle>")
    assert parsed.outcome is Outcome.ACCEPTED
    assert area(parsed)["geometry_source"] == "none"


def test_several_polygons_become_one_multipolygon_and_repairs_are_counted() -> None:
    parsed = read(f"<polygon>{SQUARE}</polygon><polygon>105,33 106,33 106,34</polygon>")
    assert area(parsed)["area_wkt"] == (
        "MULTIPOLYGON(((105.0 33.0,106.0 33.0,106.0 34.0,105.0 34.0,105.0 33.0)),"
        "((105.0 33.0,106.0 33.0,106.0 34.0,105.0 33.0)))"
    )
    assert {seen.field: seen.count for seen in parsed.drift} == {"polygon.swapped": 1, "polygon.open": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("33,105 25.0", ("33,105 25.0", False)),
        ("  -16.053,-173.274\n 0.0", ("-16.053,-173.274 0.0", False)),
        ("33 , 105 5", ("33,105 5", False)),
        ("105,33 5", ("33,105 5", True)),
        ("+33.,1.05e2 .5", ("33,105 0.5", False)),
    ],
)
def test_circles(text: str, expected: tuple[str, bool]) -> None:
    assert circle(text) == expected


@pytest.mark.parametrize("text", ["33,105", "33,105 -1", "33,105 99999", "33,105 NaN", "133,205 5", "near the mine"])
def test_what_is_no_circle_is_a_reject(text: str) -> None:
    parsed = read(f"<circle>{text}</circle>")
    assert [reject.rule for reject in parsed.rejects] == ["cap.circle"]
    assert area(parsed)["circles"] is None


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CPEAS Geographic Code", "620823000000", "620823"),
        ("CPEAS Geographic Code", "620823101000", "620823"),  # a town: its county
        ("GB/T 2260", "620823", "620823"),
        ("FIPS6", "022001", None),
        ("SAME", "620823", None),
        ("CPEAS Geographic Code", "62082", None),
        ("EMMA_ID", "EI807", None),
    ],
)
def test_the_region_comes_from_chinese_codes_only(name: str, value: str, expected: str | None) -> None:
    place = area(read(f"<geocode><valueName>{name}</valueName><value>{value}</value></geocode>"))
    assert place["region_code"] == expected
    assert place["geometry_source"] == "geocode"
    assert json.loads(place["geocodes"]) == {name: [value]}


def test_several_regions_keep_the_first_and_are_noted() -> None:
    codes = "".join(
        f"<geocode><valueName>CPEAS Geographic Code</valueName><value>{code}</value></geocode>"
        for code in ("620823000000", "620802000000", "620823000000")
    )
    parsed = read(codes)
    assert area(parsed)["region_code"] == "620823"
    assert [(seen.field, seen.example) for seen in parsed.drift] == [("geocode.several_regions", "620823 620802")]


def test_several_pairs_in_one_geocode_are_kept_and_odd_ones_rejected() -> None:
    pairs = "<valueName>FIPS6</valueName><value>1</value><valueName>UGC</valueName><value>2</value>"
    assert json.loads(area(read(f"<geocode>{pairs}</geocode>"))["geocodes"]) == {"FIPS6": ["1"], "UGC": ["2"]}
    parsed = read(f"<geocode>{pairs}<value>3</value></geocode>")
    assert [reject.rule for reject in parsed.rejects] == ["cap.geocode.pair"]


def test_altitude_and_ceiling_are_numbers_or_rejects() -> None:
    place = area(read("<altitude>1200.5</altitude><ceiling>3000</ceiling>"))
    assert (place["altitude_ft"], place["ceiling_ft"]) == (1200.5, 3000.0)
    for text in ("high", "NaN", "Infinity", "1e400"):
        parsed = read(f"<altitude>{text}</altitude>")
        assert [reject.rule for reject in parsed.rejects] == ["cap.altitude.number"]
        assert area(parsed)["altitude_ft"] is None
