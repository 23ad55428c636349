"""Which of the four colours (red, orange, yellow, blue) a warning has, and where that was found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_WORDS = {
    "红色": "red", "紅色": "red", "red": "red",
    "橙色": "orange", "orange": "orange",
    "黄色": "yellow", "黃色": "yellow", "yellow": "yellow",
    "蓝色": "blue", "藍色": "blue", "blue": "blue",
}  # fmt: skip
# One character is a colour only where nothing else can stand: 黄 in a title may be the river 黄河.
_BARE = {"红": "red", "紅": "red", "橙": "orange", "黄": "yellow", "黃": "yellow", "蓝": "blue", "藍": "blue"}
# Names that hold a colour word and mean none: the US "Red Flag Warning", the Red River, the Yellow Sea.
_NAMES = r"(?!\s+(?:flag|cross|tide|river|sea)\b)"
_COLOUR = re.compile(rf"[红紅橙黄黃蓝藍]色|(?<![a-z])(?:red|orange|yellow|blue)(?![a-z]){_NAMES}", re.IGNORECASE)
_SEVERITY = {"Extreme": "red", "Severe": "orange", "Moderate": "yellow", "Minor": "blue"}


class Colour(NamedTuple):
    """The resolved colour, ``unknown`` if there is no evidence; ``source`` is where it was found."""

    colour: str
    source: str  # parameter, headline, severity or none
    conflict: bool  # the coded colour and the title's last colour word differ
    unused: tuple[tuple[str, str], ...] = ()  # (what, example) of colour codes that could not be used


def last_colour(text: str | None) -> str | None:
    """The last colour word of a title: in 黄色预警信号升级为橙色 that is orange, the colour now in force."""
    found = _COLOUR.findall(text or "")
    return _WORDS[found[-1].casefold()] if found else None


def coded_colour(value: str) -> str | None:
    """The one colour that a coded value names (Red, 红, 红色, "2; yellow; Moderate"); a bare digit names none."""
    named = {_WORDS[word.casefold()] for word in _COLOUR.findall(value)}
    if len(named) == 1:
        return named.pop()
    return _BARE.get(value.strip())


def resolve(
    parameters: Mapping[str, Sequence[str]], names: Sequence[str], headline: str | None, severity: str | None
) -> Colour:
    """Coded colour, else title, else CAP severity.

    Where code and title differ, both are evidence and one is stale. In the cases seen it was the code, so the
    title is believed and the conflict is marked.
    """
    wanted = {name.casefold() for name in names}
    pairs = [(name, value) for name, values in parameters.items() for value in values if value]
    values = [value for name, value in pairs if name.casefold() in wanted]
    coded = next((colour for colour in map(coded_colour, values) if colour), None)
    unused = tuple(_unused(pairs, wanted))
    titled = last_colour(headline)
    if coded and titled and coded != titled:
        return Colour(titled, "headline", True, unused)
    if coded:
        return Colour(coded, "parameter", False, unused)
    if titled:
        return Colour(titled, "headline", False, unused)
    if severity in _SEVERITY:
        return Colour(_SEVERITY[severity], "severity", False, unused)
    return Colour("unknown", "none", False, unused)


def _unused(pairs: Sequence[tuple[str, str]], wanted: set[str]) -> Iterator[tuple[str, str]]:
    """Coded colours that are none of the four (Green), and parameters that look like a colour but are not asked for."""
    for name, value in pairs:
        if name.casefold() in wanted and not coded_colour(value) and value.casefold() != "unknown":
            yield "colour.unknown", value
        elif name.casefold() not in wanted and re.search(r"colou?r|颜色|顏色", name, re.IGNORECASE):
            yield "colour.parameter_not_listed", f"{name}={value}"
