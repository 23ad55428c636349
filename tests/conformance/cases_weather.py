"""Cases of the formats of weather: invented documents with one record per number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from tests.conformance.case import Case
from tests.conformance.cases_weather_series import CASES as SERIES


def alert(number: int, more: str = "") -> str:
    return f"""<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>SIM-{number}</identifier><sender>synthetic@example.org</sender><sent>2026-08-10T08:05:00+08:00</sent>
  <status>Exercise</status><msgType>Alert</msgType><scope>Public</scope>{more}
  <info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency>
    <severity>Severe</severity><certainty>Likely</certainty><headline>模拟县发布暴雨橙色预警（模拟）</headline>
    <area><areaDesc>模拟县</areaDesc><geocode><valueName>CPEAS</valueName><value>140502000000</value></geocode></area>
  </info></alert>"""


def cap(numbers: Sequence[int]) -> bytes:
    entries = "".join(
        f"<entry><id>urn:e{n}</id><title>t</title><updated>2026-08-10T00:05:00Z</updated>"
        f'<content type="text/xml">{alert(n)}</content></entry>'
        for n in numbers
    )
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:f</id><title>模拟</title>{entries}</feed>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{feed}'.encode()


def national(number: int, more: str = "") -> str:
    return f"""<alert><identifier>14050241600000_20260810{number:06d}_1</identifier><sender>模拟县气象台</sender>
  <senderCode>14050241600000</senderCode><sendTime>2026-08-10 08:05:00+08:00</sendTime><status>Exercise</status>
  <msgType>Alert</msgType><scope>Public</scope>{more}<info><language>zh-CN</language><eventType>11B03</eventType>
  <urgency>Unknown</urgency><severity>Orange</severity><certainty>Unknown</certainty>
  <headline>模拟县气象台发布暴雨橙色预警（模拟）</headline><area><areaDesc>模拟县</areaDesc>
  <geocode>140502000000</geocode></area></info></alert>"""


def nws_alert(number: int, **more: object) -> dict[str, object]:
    properties = {
        "@type": "wx:Alert",
        "id": f"urn:oid:2.49.0.1.840.0.sim.{number}",
        "areaDesc": "模拟县 Simulated County",
        "geocode": {"UGC": ["CAZ001"]},
        "sent": "2026-08-09T13:34:00-07:00",
        "status": "Exercise",
        "messageType": "Alert",
        "category": "Met",
        "severity": "Severe",
        "certainty": "Possible",
        "urgency": "Future",
        "event": "Flood Watch",
        "sender": "synthetic@example.org",
        **more,
    }
    return {"type": "Feature", "geometry": None, "properties": properties}


def nws_observation(number: int, **more: object) -> dict[str, object]:
    address = f"https://api.weather.gov/stations/XSIM{number}"
    properties = {
        "@type": "wx:ObservationStation",
        "station": address,
        "stationName": "模拟站",
        "timestamp": "2026-08-10T00:53:00+00:00",
        "temperature": {"unitCode": "wmoUnit:degC", "value": 22.8, "qualityControl": "V"},
        **more,
    }
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [-122.5, 37.5]}, "properties": properties}


def nws_collection(features: Iterable[object], **more: object) -> bytes:
    collection = {"type": "FeatureCollection", "features": list(features), **more}
    return json.dumps(collection, ensure_ascii=False).encode()


def nws_page(numbers: Sequence[int], following: str | None) -> bytes:
    pagination = {"pagination": {"next": following}} if following else {}
    return nws_collection(map(nws_alert, numbers), **pagination)


def cap_12379(numbers: Sequence[int]) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><alerts>{"".join(map(national, numbers))}</alerts>'.encode()


CASES = (
    Case("cap", "weather_warning", "warning", cap, lambda n: f"{n}.xml", (alert(0, "<mood>x</mood>").encode(), "mood")),
    Case(
        "cap_12379",
        "warning_12379",
        "warning",
        cap_12379,
        lambda n: f"{n}.xml",
        (national(0, "<mood>x</mood>").encode(), "mood"),
        empty_is_rejected=True,
    ),
    Case(
        "nws",
        "nws_observation",
        "observation",
        lambda numbers: nws_collection(map(nws_observation, numbers)),
        lambda n: "observations.json",
        (nws_collection([nws_observation(0, mood="x")]), "mood"),
    ),
    Case(
        "nws",
        "nws_alerts",
        "warning",
        lambda numbers: nws_collection(map(nws_alert, numbers)),
        lambda n: "active.json",
        (nws_collection([nws_alert(0, mood="x")]), "mood"),
        page=nws_page,
    ),
    *SERIES,
)
