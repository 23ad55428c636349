"""Codes of the national early-warning system: kinds of event, and the form of an identifier.

Three numberings of events are met beside each other (formats.md 2.3 and 2.5): each is a table of its own, and no
digit of any of them is read as a colour, because two of them number the colours in opposite order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

GB_T_35561 = "GB/T 35561"
WEB = "weather.com.cn"

_EVENTS: Mapping[str, str] = {
    "11A01": "洪水", "11A02": "内涝", "11A51": "山洪",
    "11B01": "台风", "11B03": "暴雨", "11B04": "暴雪", "11B05": "寒潮", "11B06": "大风", "11B07": "沙尘暴",
    "11B09": "高温", "11B14": "雷电", "11B15": "冰雹", "11B16": "霜冻", "11B17": "大雾", "11B19": "霾",
    "11B20": "雷雨大风", "11B21": "道路结冰", "11B22": "干旱", "11B25": "森林火险", "11B29": "重污染",
    "11B37": "地质灾害气象风险",
    "11C02": "地震", "11D01": "滑坡", "11D02": "泥石流", "11E02": "风暴潮", "11E06": "海浪",
    "11G01": "森林火灾", "11G05": "草原火灾",
}  # fmt: skip
_WEB_EVENTS: Mapping[str, str] = {
    "0001": "台风", "0002": "暴雨", "0003": "高温", "0004": "寒潮", "0005": "大雾", "0006": "暴雪", "0007": "大风",
    "0008": "沙尘暴", "0009": "冰雹", "0010": "干旱", "0011": "道路结冰", "0012": "雷电", "0013": "霜冻",
    "0014": "霾", "0015": "雷雨大风",
}  # fmt: skip
# CAP's categories, which the national format has not: our reading of the classes of GB/T 35561 [K].
_CATEGORIES = {
    "11A": "Met", "11B": "Met", "11C": "Geo", "11D": "Geo", "11E": "Met", "11G": "Fire",
    "12": "Safety", "13": "Health", "14": "Security",
}  # fmt: skip
_NATIONAL = re.compile(r"(1[1-4][A-Z]\d\d)(?:\d\d)?", re.ASCII)
_WEB_CODE = re.compile(r"p(\d{4})\d{3}", re.ASCII | re.IGNORECASE)
# GB/T 2260 region, GB/T 4657 institution, unit, reserve; Beijing time; serial, which older messages lack.
_IDENTIFIER = re.compile(r"(\d{14})_(\d{14})(?:_\d)?", re.ASCII)


class Event(NamedTuple):
    """A kind of event: ``name`` and ``category`` are None where the code is in no table."""

    system: str | None
    name: str | None
    category: str | None


def event(code: str) -> Event:
    """What a code stands for; the system is None for a code of a form that is not known."""
    if match := _NATIONAL.fullmatch(code):
        kind = match[1]
        return Event(GB_T_35561, _EVENTS.get(kind), _CATEGORIES.get(kind[:3]) or _CATEGORIES.get(kind[:2]))
    if match := _WEB_CODE.fullmatch(code):
        return Event(WEB, _WEB_EVENTS.get(match[1]), "Met")
    return Event(None, None, None)


def identifier_flaw(identifier: str, sender_code: str | None) -> str | None:
    """What is wrong with an identifier as a word ("form", "time", "sender"), None if nothing is."""
    match = _IDENTIFIER.fullmatch(identifier)
    if not match:
        return "form"
    try:
        datetime.strptime(match[2], "%Y%m%d%H%M%S")  # noqa: DTZ007 - only whether there is such a time
    except ValueError:
        return "time"
    return "sender" if sender_code and sender_code != match[1] else None
