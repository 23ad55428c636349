"""The four colours: coded, in the title, from the severity, and what happens when they differ (formats.md 2.3)."""

from __future__ import annotations

import pytest

from connectors.weather.cap_colour import Colour, coded_colour, last_colour, resolve

NAMES = ["color", "colour", "预警颜色", "severityColor"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("模拟县气象台发布暴雨红色预警", "red"),
        ("模拟县气象台将暴雨黄色预警信号升级为橙色", "orange"),
        ("模拟县气象台将暴雨红色预警信号降级为蓝色预警信号", "blue"),
        ("水庫洩洪紅色警戒", "red"),
        ("模拟县RED预警", "red"),
        ("Orange warning of rainstorm", "orange"),
        ("YELLOW alert upgraded to ORANGE", "orange"),
        ("黄河洪水预警", None),  # the Yellow River has no colour
        ("Red Flag Warning issued", None),
        ("Gale warning for the Yellow Sea", None),
        ("Redmond wind advisory, bluebell wood", None),
        ("Green alert for tropical cyclone", None),
        ("", None),
        (None, None),
    ],
)
def test_the_last_colour_word_of_a_title(title: str | None, expected: str | None) -> None:
    assert last_colour(title) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Red", "red"), ("red", "red"), (" ORANGE ", "orange"), ("红", "red"), ("红色", "red"), ("紅色", "red"),
        ("黄", "yellow"), ("蓝色预警", "blue"), ("2; yellow; Moderate", "yellow"), ("Yellow 黄色", "yellow"),
        ("Green", None), ("1", None), ("4", None), ("III", None), ("red or blue", None), ("", None),
    ],
)  # fmt: skip
def test_a_coded_colour_is_one_colour_and_never_a_bare_digit(value: str, expected: str | None) -> None:
    assert coded_colour(value) == expected


@pytest.mark.parametrize(
    ("parameters", "title", "severity", "expected"),
    [
        ({"Color": ["Orange"]}, "暴雨预警", "Minor", Colour("orange", "parameter", False)),
        ({"预警颜色": ["红"]}, None, None, Colour("red", "parameter", False)),
        ({"SEVERITYCOLOR": ["blue"]}, "黄色升级为蓝色", None, Colour("blue", "parameter", False)),
        ({"color": ["Yellow"]}, "黄色预警信号升级为橙色", "Moderate", Colour("orange", "headline", True)),
        ({}, "暴雨橙色预警", "Minor", Colour("orange", "headline", False)),
        ({}, "暴雨预警", "Extreme", Colour("red", "severity", False)),
        ({}, None, "Severe", Colour("orange", "severity", False)),
        ({}, None, "Moderate", Colour("yellow", "severity", False)),
        ({}, None, "Minor", Colour("blue", "severity", False)),
        ({}, None, "Unknown", Colour("unknown", "none", False)),
        ({}, None, None, Colour("unknown", "none", False)),
        ({"color": ["Unknown"]}, None, "Minor", Colour("blue", "severity", False)),
        ({"color": [""]}, None, "Minor", Colour("blue", "severity", False)),
        ({"color": ["Green"]}, None, "Minor", Colour("blue", "severity", False, (("colour.unknown", "Green"),))),
        (
            {"alert_color": ["紅色"]}, None, "Moderate",
            Colour("yellow", "severity", False, (("colour.parameter_not_listed", "alert_color=紅色"),)),
        ),
    ],
)  # fmt: skip
def test_code_then_title_then_severity(
    parameters: dict[str, list[str]], title: str | None, severity: str | None, expected: Colour
) -> None:
    assert resolve(parameters, NAMES, title, severity) == expected
