"""Cases of the formats of geology: invented documents with one record per number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.conformance.case import Case


def quake(numbers: Sequence[int], **more: Any) -> bytes:
    features = [
        {
            "type": "Feature",
            "id": f"xx{n}",
            "properties": {"time": 1786000000000 + n, "updated": 1786000000000, "mag": 2.5, "place": "模拟县"}
            | {"status": "reviewed", "type": "earthquake"}
            | more,
            "geometry": {"type": "Point", "coordinates": [112.85, 35.5, 10.0]},
        }
        for n in numbers
    ]
    document = {"type": "FeatureCollection", "metadata": {"count": len(features)}, "features": features}
    return json.dumps(document, ensure_ascii=False).encode()


def quakeml(numbers: Sequence[int], more: str = "") -> bytes:
    events = "".join(
        f"""<event publicID="quakeml:moni.example/event/xx{n}">
<description><text>模拟县</text></description><type>earthquake</type>
<origin publicID="quakeml:moni.example/origin/{n}"><time><value>2026-08-10T07:{n % 60:02}:00.5Z</value></time>
<latitude><value>35.5</value></latitude><longitude><value>112.85</value></longitude>
<depth><value>10000</value></depth></origin>{more}</event>"""
        for n in numbers
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<q:quakeml xmlns="http://quakeml.org/xmlns/bed/1.2" '
        'xmlns:q="http://quakeml.org/xmlns/quakeml/1.2"><eventParameters publicID="quakeml:moni.example/catalogue">'
        f"{events}</eventParameters></q:quakeml>"
    ).encode()


def fdsn_text(numbers: Sequence[int], name: str = "", value: str = "") -> bytes:
    header = (
        "#EventID|Time|Latitude|Longitude|Depth/km|Author|Catalog|Contributor|ContributorID|MagType|Magnitude|"
        f"MagAuthor|EventLocationName{name}"
    )
    lines = [
        f"xx{n}|2026-08-10T07:{n % 60:02}:00.5|35.5|112.85|10|XX|XX|XX|xx{n}|ml|2.5|XX|模拟县{value}" for n in numbers
    ]
    return "\n".join([header, *lines, ""]).encode()


def cenc(numbers: Sequence[int], **more: Any) -> bytes:
    events = [
        {"CATA_ID": f"CC{n}", "O_TIME": f"2026-08-10 15:{n % 60:02}:00", "EPI_LAT": "35.5", "EPI_LON": "112.85"}
        | {"EPI_DEPTH": 10, "M": "2.5", "LOCATION_C": "模拟县", "AUTO_FLAG": "M", "SAVE_TIME": "2026-08-10 15:59:59"}
        | more
        for n in numbers
    ]
    return json.dumps({"shuju": events}, ensure_ascii=False).encode()


CASES = (
    Case("quake", "earthquake", "earthquake", quake, lambda n: "all_week.geojson", (quake([0], mmi2=4), "mmi2")),
    Case(
        "quakeml",
        "quakeml_catalogue",
        "earthquake",
        quakeml,
        lambda n: f"catalogue_{n}.xml",
        (quakeml([0], '<shaking xmlns="http://moni.example/more">7</shaking>'), "shaking"),
    ),
    Case(
        "fdsn_text",
        "fdsn_event",
        "earthquake",
        fdsn_text,
        lambda n: "query",
        (fdsn_text([0], "|Shaking", "|7"), "Shaking"),
        cut_shows=False,
    ),
    Case("cenc", "cenc_earthquake", "earthquake", cenc, lambda n: "speedsearch", (cenc([0], M_QQ="4"), "M_QQ")),
)
