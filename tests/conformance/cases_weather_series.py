"""Cases of measured and predicted weather: invented documents with one record per number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conformance.case import Case

_START = datetime(2026, 8, 10, tzinfo=UTC)


def music(numbers: Sequence[int], **more: str) -> bytes:
    rows = [
        {
            "Station_Id_C": f"M{number:04d}",
            "Station_Name": f"模拟站{number}",
            "Lat": "35.74",
            "Lon": "111.71",
            "Year": "2026",
            "Mon": "8",
            "Day": "10",
            "Hour": "0",
            "PRE_1h": "0.2",
            **more,
        }
        for number in numbers
    ]
    reply = {"returnCode": "0", "returnMessage": "模拟", "rowCount": str(len(rows)), "DS": rows}
    return json.dumps(reply, ensure_ascii=False).encode()


def qweather_air(numbers: Sequence[int], **more: str) -> bytes:
    """Air stations: the one kind of observation that comes in a list."""
    published = "2026-08-10T15:00+08:00"
    stations = [{"pubTime": published, "name": "模拟站", "id": f"SIM{n}", "aqi": "42", **more} for n in numbers]
    return _v7({"now": {"pubTime": published}, "station": stations})


def qweather_warning(numbers: Sequence[int], **more: str) -> bytes:
    return _v7({"warning": [_warning(number, more) for number in numbers]})


def _warning(number: int, more: Mapping[str, str]) -> dict[str, str]:
    return {
        "id": f"SIM{number}",
        "sender": "模拟县气象台",
        "pubTime": "2026-08-10T15:00+08:00",
        "title": "模拟县气象台发布暴雨橙色预警信号（模拟）",
        "status": "active",
        "severity": "Severe",
        "severityColor": "Orange",
        "type": "1003",
        "typeName": "暴雨",
        **more,
    }


def _v7(members: dict[str, Any]) -> bytes:
    reply = {"code": "200", "updateTime": "2026-08-10T15:10+08:00", "fxLink": "https://example.org", **members}
    return json.dumps(reply, ensure_ascii=False).encode()


def open_meteo(numbers: Sequence[int]) -> bytes:
    times = [(_START + timedelta(hours=n)).strftime("%Y-%m-%dT%H:%M") for n in numbers]
    return _open_meteo({"time": times, "temperature_2m": [20.5 for _ in numbers]}, {"temperature_2m": "°C"})


def _open_meteo(hourly: dict[str, Any], units: dict[str, str]) -> bytes:
    place = {
        "latitude": 35.75,
        "longitude": 111.75,
        "generationtime_ms": 0.1,
        "utc_offset_seconds": 28800,
        "timezone": "Asia/Shanghai",
        "timezone_abbreviation": "模拟",
        "elevation": 800.0,
        "hourly_units": {"time": "iso8601", **units},
        "hourly": hourly,
    }
    return json.dumps(place, ensure_ascii=False).encode()


def metar(numbers: Sequence[int]) -> bytes:
    """One value per report. A bulletin of no reports says nothing."""
    reports = "".join(f"METAR X{letters(number)} 100730Z 23/// =\n" for number in numbers)
    return f"SAXX01 XSIM 100730\n{reports}".encode() if reports else b"SAXX01 XSIM 100730\n"


def letters(number: int) -> str:
    return "".join(chr(ord("A") + number // 26**place % 26) for place in (2, 1, 0))


def synop(numbers: Sequence[int]) -> bytes:
    """Cloud cover only: everything else of a report is missing."""
    reports = "".join(f"9{number:04d} 4//// 5//// 10/// =\n" for number in numbers)
    return f"ZCZC 123\nSMXX01 XSIM 100600\nAAXX 10061\n{reports}NNNN\n".encode()


CASES = (
    Case(
        "qweather",
        "qweather_now",
        "observation",
        qweather_air,
        lambda n: "now",
        (qweather_air([0], mood="x"), "mood"),
    ),
    Case(
        "qweather",
        "qweather_warning",
        "warning",
        qweather_warning,
        lambda n: "now",
        (qweather_warning([0], mood="x"), "mood"),
    ),
    Case("cma_music", "met_station", "observation", music, lambda n: "api", (music([0], Mood="7"), "Mood")),
    Case(
        "open_meteo",
        "open_meteo_forecast",
        "forecast",
        open_meteo,
        lambda n: "forecast",
        (_open_meteo({"time": ["2026-08-10T00:00"], "mood": [7]}, {"mood": "1"}), "mood"),
    ),
    Case(
        "metar", "metar_bulletin", "observation", metar, lambda n: f"{n}.txt", cut_shows=False, empty_is_rejected=True
    ),
    Case("synop", "synop_bulletin", "observation", synop, lambda n: f"{n}.txt", cut_shows=False),
)
