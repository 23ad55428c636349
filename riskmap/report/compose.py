"""From figures to a document: what is said, in which order, in one language."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from riskmap.report.document import Bars, Block, Document, Section, Table
from riskmap.report.figures import Figure, Yearbook
from riskmap.report.texts import COLOURS, HEADLINES, REASONS, SECTIONS, SENTENCES, STAGES, WORDS, Language

_ZONE = ZoneInfo("Asia/Shanghai")
_BLUE = "#3b6ea5"
_DANGERS = ("dangers", "dangers_registered", "dangers_rectified", "dangers_accepted", "dangers_closed")
_WARNINGS = ("enterprises_warned", "warnings_reached_pct", "warnings_acknowledged_pct", "warnings_acted_pct")
_GRADES = ("enterprises_red", "enterprises_orange", "enterprises_yellow", "enterprises_blue", "enterprises_ungraded")


def compose(yearbook: Yearbook, language: Language) -> Document:
    """The whole report."""
    words = WORDS[language]
    simulated = yearbook.simulated_feeds
    title = words["title"].format(region=yearbook.region_name, year=yearbook.year)
    return Document(
        language=language,
        title=words["simulated_title"].format(title=title) if simulated else title,
        mark=words["mark"] if simulated else None,
        notices=tuple(_notices(yearbook, language)),
        sections=(
            Section(words["overview"], tuple(_overview(yearbook, language))),
            *(
                Section(title[language], tuple(_section(yearbook, section, language)))
                for section, title in SECTIONS.items()
                if any(figure.section == section for figure in yearbook.figures)
            ),
            Section(words["unknown_title"], tuple(_unknown(yearbook, language))),
            Section(words["appendix"], (_definitions(yearbook, language),)),
        ),
    )


def _notices(yearbook: Yearbook, language: Language) -> Iterator[str]:
    words = WORDS[language]
    simulated = yearbook.simulated_feeds
    if simulated and simulated == yearbook.source_feeds:
        yield words["simulated"]
    elif simulated:
        yield words["partly_simulated"].format(feeds=words["joint"].join(sorted(simulated)))
    yield words["as_of"].format(
        as_of=f"{yearbook.as_of.astimezone(_ZONE):%Y-%m-%d %H:%M}",
        first=f"{yearbook.year}-01-01",
        last=max(figure.period_to for figure in yearbook.figures),
    )


def _overview(yearbook: Yearbook, language: Language) -> Iterator[Block]:
    words = WORDS[language]
    known = [figure for figure in yearbook.figures if figure.value is not None]
    compared = [figure for figure in known if figure.last_year_value is not None]
    yield words["counts"].format(
        n=len(yearbook.figures), known=len(known), unknown=len(yearbook.figures) - len(known), compared=len(compared)
    )
    changed = [figure for figure in compared if figure.figure_code in HEADLINES and figure.change_pct is not None]
    if changed:
        yield Bars(
            title=words["chart_change"],
            labels=tuple(_name(figure, language) for figure in changed),
            values=tuple(figure.change_pct or 0.0 for figure in changed),
            texts=tuple(f"{figure.change_pct:+.1f} %" for figure in changed),
            colours=(_BLUE,) * len(changed),
            title_en=WORDS["en"]["chart_change"],
            labels_en=tuple(figure.name_en for figure in changed),
        )
    elif not compared:
        yield words["no_comparison"]


def _section(yearbook: Yearbook, section: str, language: Language) -> Iterator[Block]:
    words = WORDS[language]
    told = sentences(SENTENCES[language].get(section, ()), yearbook.by_code, language)
    if told:
        yield ("" if language == "zh" else " ").join(told)
    if section == "danger":
        yield from _stages(yearbook, "chart_dangers", _DANGERS, language)
    if section == "warning":
        yield from _stages(yearbook, "chart_warnings", _WARNINGS, language)
    if section == "monitoring":
        yield from _stages(yearbook, "chart_grades", _GRADES, language)
    rows = [
        (
            _name(figure, language),
            shown(figure),
            _unit(figure, language) if figure.value is not None else "",
            number(figure.last_year_value),
            _change(figure, language),
            _period(figure, language),
        )
        for figure in yearbook.figures
        if figure.section == section
    ]
    yield Table(
        words["table"].format(section=SECTIONS[section][language]),
        tuple(words[name] for name in ("figure", "value", "unit", "last_year", "change", "period")),
        tuple(rows),
        frozenset({1, 3, 4}),
    )


def _stages(yearbook: Yearbook, title: str, codes: Sequence[str], language: Language) -> Iterator[Bars]:
    """How far things came; only where every stage is known, and there is anything to draw."""
    found = [yearbook.by_code.get(code) for code in codes]
    figures = [figure for figure in found if figure is not None and figure.numerator is not None]
    if len(figures) < len(codes) or not any(figure.numerator for figure in figures):
        return
    yield Bars(
        title=WORDS[language][title],
        labels=tuple(STAGES[code][language] for code in codes),
        values=tuple(figure.numerator or 0.0 for figure in figures),
        texts=tuple(number(figure.numerator) for figure in figures),
        colours=tuple(COLOURS.get(code, _BLUE) for code in codes),
        title_en=WORDS["en"][title],
        labels_en=tuple(STAGES[code]["en"] for code in codes),
    )


def _unknown(yearbook: Yearbook, language: Language) -> Iterator[Block]:
    words = WORDS[language]
    missing = [figure for figure in yearbook.figures if figure.value is None]
    late = [
        f"{_name(figure, language)} ({figure.period_from})"
        for figure in yearbook.figures
        if figure.state == "PARTIAL" and (figure.period_from.month, figure.period_from.day) != (1, 1)
    ]
    if missing:
        rows = [(_name(figure, language), REASONS[language][figure.unknown_because or ""]) for figure in missing]
        yield Table(words["unknown_table"], (words["figure"], words["reason"]), tuple(rows))
    else:
        yield words["none_unknown"]
    if late:
        yield words["late"].format(figures=words["joint"].join(late))


def _definitions(yearbook: Yearbook, language: Language) -> Table:
    words = WORDS[language]
    rows = [
        (
            str(position),
            _name(figure, language),
            figure.definition_zh if language == "zh" else figure.definition_en,
            _fraction(figure),
            words["joint"].join(figure.source_feeds) or "–",
        )
        for position, figure in enumerate(yearbook.figures, start=1)
    ]
    columns = tuple(words[name] for name in ("no", "figure", "definition", "fraction", "sources"))
    return Table(words["appendix"], columns, tuple(rows), frozenset({0, 3}))


class _Told(string.Formatter):
    """Puts figures into a sentence; a KeyError says that one of them is not known."""

    def __init__(self, figures: Mapping[str, Figure], language: Language) -> None:
        self.figures = {code: figure for code, figure in figures.items() if figure.value is not None}
        self.language = language

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Figure:
        return self.figures[str(key)]

    def format_field(self, value: Figure, format_spec: str) -> str:
        if format_spec == "yoy":
            return _year_on_year(value, self.language)
        return shown(value) + _spaced(_unit(value, self.language), self.language)


def sentences(templates: Sequence[str], figures: Mapping[str, Figure], language: Language) -> list[str]:
    """The sentences all of whose figures are known."""
    told = []
    for template in templates:
        try:
            told.append(_Told(figures, language).vformat(template, (), {}))
        except KeyError:
            continue
    return told


def number(value: float | None) -> str:
    """Thousands apart, no more digits than there are; an en dash for what is not known."""
    if value is None:
        return "–"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def shown(figure: Figure) -> str:
    """The figure without its unit."""
    return number(figure.value)


def _name(figure: Figure, language: Language) -> str:
    return figure.name_zh if language == "zh" else figure.name_en


def _unit(figure: Figure, language: Language) -> str:
    return (figure.unit_zh if language == "zh" else figure.unit_en) or ""


def _spaced(unit: str, language: Language) -> str:
    return f" {unit}" if unit and language == "en" else unit


def _year_on_year(figure: Figure, language: Language) -> str:
    if figure.change_pct is None:
        return ""
    word = "same" if figure.change_pct == 0 else "up" if figure.change_pct > 0 else "down"
    return WORDS[language][word].format(pct=number(abs(figure.change_pct)))


def _change(figure: Figure, language: Language) -> str:
    if figure.change is None:
        return "–"
    if figure.form == "share":
        return WORDS[language]["points"].format(change=figure.change)
    return f"{figure.change_pct:+.1f} %" if figure.change_pct is not None else f"{figure.change:+,.10g}"


def _period(figure: Figure, language: Language) -> str:
    if figure.value is None:
        return WORDS[language]["unknown"]
    if figure.period_from == figure.period_to:
        return f"{figure.period_to}"
    return f"{figure.period_from:%m-%d} – {figure.period_to:%m-%d}"


def _fraction(figure: Figure) -> str:
    if figure.denominator is None:
        return "–"
    return f"{number(figure.numerator)} / {number(figure.denominator)}"
