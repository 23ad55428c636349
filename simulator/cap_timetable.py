"""The weather bureau's timetable: what it warns of, and when, counted from the middle of a storm."""

from __future__ import annotations

from typing import NamedTuple

EVENTS = {
    "暴雨": "11B03",
    "大风": "11B06",
    "雷电": "11B14",
    "冰雹": "11B15",
    "大雾": "11B17",
    "雷雨大风": "11B20",
    "地质灾害气象风险": "11B37",
    "山洪": "11A51",
}
COLOURS = {
    "red": ("红色", "Extreme"),
    "orange": ("橙色", "Severe"),
    "yellow": ("黄色", "Moderate"),
    "blue": ("蓝色", "Minor"),
}


class Step(NamedTuple):
    """A line of the timetable: minutes from the storm's middle; ``onset`` is when what it warns of begins."""

    minute: int
    chain: str
    msg_type: str
    event: str
    colour: str
    shape: str = "geocode"  # geocode, polygon, circle
    lasts_min: int | None = 360
    listed_min: int | None = None
    status: str = "Actual"
    coded_colour: str | None = None
    onset: int | None = None


RAIN_BEGINS = -45  # minutes: by then it pours in the south-west
# Hours before the rain. No two of these fall on the same time of some other storm's timetable, so identifiers differ.
LEADS = {"暴雨": (5, 9, 14, 25, 31, 47, 73), "大风": (5, 9, 14, 25), "雷电": (1.5,)}

STORM = (
    Step(-90, "rain", "Alert", "暴雨", "blue", onset=RAIN_BEGINS),
    Step(-60, "gale", "Alert", "雷雨大风", "blue", "circle", onset=-30),
    Step(-40, "rain", "Update", "暴雨", "yellow", "polygon", onset=-20),
    Step(-30, "lightning", "Alert", "雷电", "yellow", lasts_min=60, coded_colour="yellow", onset=-20),
    Step(-20, "slopes", "Alert", "地质灾害气象风险", "yellow", "polygon", onset=25),
    Step(2, "hail", "Alert", "冰雹", "orange", lasts_min=60, coded_colour="Yellow", onset=12),
    Step(4, "rain", "Update", "暴雨", "orange", "polygon", onset=4),
    Step(6, "gale", "Cancel", "雷雨大风", "blue", "circle", lasts_min=60),
    Step(20, "slopes", "Update", "地质灾害气象风险", "orange", "polygon", onset=45),
    Step(75, "rain", "Update", "暴雨", "yellow", onset=75),
    Step(110, "slopes", "Cancel", "地质灾害气象风险", "orange", lasts_min=60),
    Step(150, "rain", "Cancel", "暴雨", "yellow", lasts_min=60),
)
ALWAYS = (
    Step(-240, "fog", "Alert", "大雾", "yellow", lasts_min=None, listed_min=252),
    Step(-15, "drill", "Alert", "暴雨", "red", status="Exercise"),
)
WEAK_STORM = (
    Step(-90, "rain", "Alert", "暴雨", "blue", onset=RAIN_BEGINS),
    Step(120, "rain", "Cancel", "暴雨", "blue", lasts_min=60),
)


def announced(event: str, lead_h: float, colour: str, *, rises: bool) -> tuple[Step, ...]:
    """The warnings of a lesser storm that was seen coming: told ``lead_h`` hours before its middle, perhaps raised when
    it is near, lifted when it has passed.
    """
    first = -round(60 * lead_h)
    lasts = RAIN_BEGINS - first + 360
    steps = [Step(first, "rain", "Alert", event, colour, "geocode", lasts, max(lasts, 1440), onset=RAIN_BEGINS)]
    if rises and colour == "blue" and first < -75:
        steps.append(Step(-75, "rain", "Update", event, "yellow", onset=RAIN_BEGINS))
    last = steps[-1].colour
    return (*steps, Step(120, "rain", "Cancel", event, last, lasts_min=60))
