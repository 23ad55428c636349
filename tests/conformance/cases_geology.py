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


def tenv3(numbers: Sequence[int], name: str = "", value: str = "") -> bytes:
    """One line per number; each gives the easting, northing and height of one station and day."""
    header = (
        "site YYMMMDD yyyy.yyyy __MJD week d reflon _e0(m) __east(m) ____n0(m) _north(m) u0(m) ____up(m) _ant(m) "
        "sig_e(m) sig_n(m) sig_u(m) __corr_en __corr_eu __corr_nu _latitude(deg) _longitude(deg) __height(m)" + name
    )
    lines = [
        f"MN{n:02} 26AUG09 2026.6057 61261 2431 1 112.8 4532 0.1234 3930123 0.5678 812 0.25 0.0 0.0007 0.0008 0.003 "
        f"0.01 0.02 0.03 35.5 112.85 812.25{value}"
        for n in numbers
    ]
    return "\n".join([header, *lines, ""]).encode()


def insar(numbers: Sequence[int], name: str = "", value: str = "") -> bytes:
    header = f"id,lon,lat,height,vel,coherence,disp_20260810{name}"
    lines = [f"模拟{n},112.85,35.5,812.5,-3.1,0.92,-{n}.5{value}" for n in numbers]
    return "\n".join([header, *lines, ""]).encode()


def landslides(numbers: Sequence[int], name: str = "", value: str = "") -> bytes:
    header = (
        "source_name,event_id,event_date,event_time,location_description,location_accuracy,landslide_category,"
        f"landslide_trigger,fatality_count,last_edited_date,longitude,latitude{name}"
    )
    lines = [
        f'模拟,{n},8/10/2026 7:30,,"模拟县, 二行",5km,Debris flow,rain,0,8/10/2026 7:45,112.85,35.5{value}'
        for n in numbers
    ]
    return "\n".join([header, *lines, ""]).encode()


def sites(numbers: Sequence[int], name: str = "", value: str = "") -> bytes:
    header = f"统一编号,名称,灾害类型,经度,纬度,险情等级,威胁人数,威胁财产(万元),行政区划代码,稳定性,更新时间{name}"
    lines = [f"MN{n},模拟滑坡,滑坡,112.85,35.5,中型,21,350,140502,较差,2026-08-01{value}" for n in numbers]
    return "\n".join([header, *lines, ""]).encode()


def geo_iot(numbers: Sequence[int], **more: Any) -> bytes:
    """A file of messages for replay, one observation each."""
    lines = [
        {"990054920": {"L1_LF_1": {f"2026-08-10T07:{n % 60:02}:03.000Z": {"value": 12.5 + n} | more}}} for n in numbers
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


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
    Case(
        "geo_iot",
        "geohazard_monitoring",
        "observation",
        geo_iot,
        lambda n: "$dp",
        (geo_iot([0], ageing=3), "ageing"),
        cut_shows=False,
        empty_is_rejected=True,
    ),
    Case(
        "gnss_tenv3",
        "gnss_displacement",
        "station",
        tenv3,
        lambda n: f"MN{n:02}.tenv3",
        (tenv3([0], " quality", " 3"), "quality"),
        cut_shows=False,
    ),
    Case(
        "insar_csv",
        "insar_displacement",
        "observation",
        insar,
        lambda n: f"points_{n}.csv",
        (insar([0], ",备用字段", ",x"), "备用字段"),
        cut_shows=False,
    ),
    Case(
        "landslide_csv",
        "geohazard_site",
        "hazard_site",
        sites,
        lambda n: f"sites_{n}.csv",
        (sites([0], ",备用字段", ",x"), "备用字段"),
        cut_shows=False,
    ),
    Case(
        "landslide_csv",
        "landslide_catalogue",
        "landslide",
        landslides,
        lambda n: f"export_{n}.csv",
        (landslides([0], ",备用字段", ",x"), "备用字段"),
        cut_shows=False,
    ),
)
