"""Cases of the formats of water: invented documents with one record per number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conformance.case import Case
from tests.rtu import frame, level, report


def river_row(number: int) -> list[Any]:
    moment = datetime(2026, 8, 10, 8, 0, tzinfo=UTC) + timedelta(minutes=number)
    return [f"{number:08}", moment.strftime("%Y-%m-%dT%H:%M:%S"), "245.440"]


def sl323(numbers: Sequence[int]) -> bytes:
    rows = [river_row(n) for n in numbers]
    return json.dumps({"table": "ST_RIVER_R", "columns": ["STCD", "TM", "Z"], "rows": rows}).encode()


def moment(number: int) -> str:
    return (datetime(2026, 8, 10, 8, 0, tzinfo=UTC) + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def nwis(numbers: Sequence[int], **more: Any) -> bytes:
    values = [{"value": "10.5", "qualifiers": ["P"], "dateTime": moment(n), **more} for n in numbers]
    series = {
        "sourceInfo": {"siteName": "模拟河", "siteCode": [{"value": "00000001", "agencyCode": "USGS"}]},
        "variable": {"variableCode": [{"value": "00065"}], "unit": {"unitCode": "ft"}, "noDataValue": -999999.0},
        "values": [{"value": values, "method": [{"methodID": 1, "methodDescription": ""}]}],
    }
    return json.dumps({"value": {"timeSeries": [series] if numbers else []}}, ensure_ascii=False).encode()


def waterml(numbers: Sequence[int], more: str = "") -> bytes:
    values = "".join(f'<value dateTime="{moment(n)}" qualifiers="P" {more}>10.5</value>' for n in numbers)
    site = '<sourceInfo><siteName>模拟河</siteName><siteCode network="NWIS">00000001</siteCode></sourceInfo>'
    variable = (
        '<variable><variableCode network="NWIS">00065</variableCode><unit><unitCode>ft</unitCode></unit></variable>'
    )
    series = f"<timeSeries>{site}{variable}<values>{values}</values></timeSeries>" if numbers else ""
    root = f'<timeSeriesResponse xmlns="http://www.cuahsi.org/waterML/1.1/">{series}</timeSeriesResponse>'
    return root.encode()


def rdb(numbers: Sequence[int], more: str = "") -> bytes:
    columns = ["agency_cd", "site_no", "datetime", "tz_cd", "1_00065", "1_00065_cd", *([more] if more else [])]
    lines = ["# US Geological Survey, simulated", "\t".join(columns), "\t".join("5s" for _ in columns)]
    for number in numbers:
        row = ["模拟", "00000001", moment(number)[:16].replace("T", " "), "UTC", "10.5", "P"]
        lines.append("\t".join([*row, *(["7"] if more else [])]))
    return ("\n".join(lines) + "\n").encode()


def uk_ea(numbers: Sequence[int], **more: Any) -> bytes:
    root = "http://environment.data.gov.uk/flood-monitoring"
    items = [
        {
            "@id": f"{root}/id/measures/S{n}-level-stage-i-15_min-mASD",
            "notation": f"模拟{n}-level-stage-i-15_min-mASD",
            "station": f"{root}/id/stations/模拟{n}",
            "parameter": "level",
            "qualifier": "Stage",
            "period": 900,
            "unitName": "mASD",
            "valueType": "instantaneous",
            "latestReading": {"dateTime": moment(n), "value": 0.5},
            **more,
        }
        for n in numbers
    ]
    document = {"@context": f"{root}/meta/context.jsonld", "meta": {"publisher": "simulated"}, "items": items}
    return json.dumps(document, ensure_ascii=False).encode()


def sensorthings(numbers: Sequence[int], **more: Any) -> bytes:
    stream = {
        "@iot.id": 7,
        "name": "模拟井",
        "unitOfMeasurement": {"name": "metre", "symbol": "m"},
        "ObservedProperty": {"name": "Groundwater level"},
    }
    value = [
        {
            "@iot.id": n,
            "phenomenonTime": moment(n),
            "result": 10.5,
            "resultTime": None,
            "Datastream": stream,
            "parameters": {"note": "模拟"},
            **more,
        }
        for n in numbers
    ]
    return json.dumps({"value": value}, ensure_ascii=False).encode()


def sl651(numbers: Sequence[int], element: str = "") -> bytes:
    frames = [frame(report(level(1 + n / 1000) + element, observed=f"26081008{n:02}")) for n in numbers]
    return "\n".join(one.hex() for one in frames).encode()


def ogc_water(numbers: Sequence[int], further: str | None = None, **more: Any) -> bytes:
    features = [
        {
            "type": "Feature",
            "id": f"f{n}",
            "geometry": None,
            "properties": {
                "monitoring_location_id": "模拟-00000001",
                "parameter_code": "00060",
                "time": moment(n),
                "time_series_id": "0123456789abcdef",
                "unit_of_measure": "ft^3/s",
                "value": "10.5",
                **more,
            },
        }
        for n in numbers
    ]
    links = [{"rel": "self", "href": "items"}, *([{"rel": "next", "href": further}] if further else [])]
    document = {"type": "FeatureCollection", "features": features, "numberReturned": len(features), "links": links}
    return json.dumps(document, ensure_ascii=False).encode()


def things_page(numbers: Sequence[int], further: str | None) -> bytes:
    """As a page of its service: the link to the next one relative, under the name with the dot."""
    document = json.loads(sensorthings(numbers))
    if further:
        document["@iot.nextLink"] = further.rpartition("/")[2]
    return json.dumps(document, ensure_ascii=False).encode()


CASES = (
    Case(
        "sl651",
        "hydro_rtu",
        "observation",
        sl651,
        lambda n: "frames.txt",
        (sl651([0], "7F110042"), "7F"),
        cut_shows=False,
        empty_is_rejected=True,
    ),
    Case("nwis", "usgs_water", "observation", nwis, lambda n: "iv.json", (nwis([0], oddity=1), "oddity")),
    Case(
        "nwis",
        "usgs_ogc_water",
        "observation",
        ogc_water,
        lambda n: "items",
        (ogc_water([0], oddity=1), "oddity"),
        page=ogc_water,
    ),
    Case(
        "waterml",
        "hydro_waterml",
        "observation",
        waterml,
        lambda n: "values.xml",
        (waterml([0], 'oddity="1"'), "oddity"),
    ),
    Case(
        "rdb", "usgs_peak_flow", "observation", rdb, lambda n: "iv.rdb", (rdb([0], "oddity"), "oddity"), cut_shows=False
    ),
    Case("uk_ea", "uk_ea_level", "observation", uk_ea, lambda n: "measures.json", (uk_ea([0], oddity=1), "oddity")),
    Case(
        "sensorthings",
        "groundwater_sensorthings",
        "observation",
        sensorthings,
        lambda n: "Observations",
        (sensorthings([0], oddity=1), "oddity"),
        page=things_page,
    ),
    Case(
        "sl323",
        "water_regime",
        "observation",
        sl323,
        lambda n: "ST_RIVER_R.json",
        (b'{"table":"ST_RIVER_R","columns":["STCD","TM","Z","NEW"],"rows":[["1","2026-08-10T08:00:00",1,2]]}', "NEW"),
    ),
)
