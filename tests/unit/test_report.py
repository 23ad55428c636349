"""The yearly report: what it says of figures, and that each kind of file holds it and can be opened."""

from __future__ import annotations

import csv
import io
import re
import string
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn

from feeds.registry import load_all
from riskmap.report import WRITERS, charts, html, markdown
from riskmap.report import docx as word_file
from riskmap.report.compose import compose, number, sentences
from riskmap.report.document import Bars, Document, Section, Table
from riskmap.report.figures import Figure, Yearbook
from riskmap.report.texts import HEADLINES, REASONS, SECTIONS, SENTENCES, STAGES, WORDS, Language
from riskmap.settings import REPOSITORY

LANGUAGES: tuple[Language, ...] = ("zh", "en")
SEED = REPOSITORY / "dbt" / "seeds" / "work_report_figure.csv"
UNTOLD = {"rescue_action", "joint_meeting"}
"""Tables that the report asks for and no contract lands: nobody tells call-outs and meetings."""


def seed() -> list[dict[str, str]]:
    with SEED.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def figure(row: dict[str, str], value: float | None = 1.0) -> Figure:
    return Figure(
        **{name: row[name] for name in ("figure_code", "section", "name_zh", "name_en", "form")},
        **{name: row[name] for name in ("unit_zh", "unit_en", "definition_zh", "definition_en")},
        source_feeds=["mock_feed"],
        simulated_feeds=["mock_feed"],
        value=value,
        numerator=value,
        denominator=None if row["form"] == "count" else 4.0,
        last_year_value=None,
        change=None,
        change_pct=None,
        state="NO_EVIDENCE" if value is None else "KNOWN",
        unknown_because="no_feed" if value is None else None,
        period_from=date(2020, 1, 1),
        period_to=date(2020, 12, 31),
    )


def yearbook(**changes: Figure | None) -> Yearbook:
    """A year in which every figure is 1, but for those given; None leaves a figure out."""
    rows = {row["figure_code"]: figure(row) for row in seed()}
    figures = [changes.get(code, known) for code, known in rows.items()]
    return Yearbook(
        year=2020,
        region_code="620823",
        region_name="模拟县 <b>&",
        as_of=datetime(2020, 12, 31, 18, tzinfo=UTC),
        figures=tuple(known for known in figures if known is not None),
    )


def of(code: str, value: float | None = 1.0) -> Figure:
    return figure(next(row for row in seed() if row["figure_code"] == code), value)


def blocks(document: Document, kind: type) -> list[object]:
    return [block for section in document.sections for block in section.blocks if isinstance(block, kind)]


class TestSeed:
    def test_every_figure_is_counted_by_a_model_or_told_by_nobody(self) -> None:
        models = "".join(
            (REPOSITORY / "dbt" / "models" / "intermediate" / f"int_work_report__{name}.sql").read_text("utf-8")
            for name in ("event", "standing")
        )
        landed = {table.name for contract in load_all().values() for table in contract.tables}
        for row in seed():
            tables = set(row["source_tables"].split())
            is_counted = f"'{row['figure_code']}'" in models
            assert is_counted != (tables <= UNTOLD), row["figure_code"]
            assert tables <= landed | UNTOLD | {"*"}, row["figure_code"]

    def test_models_count_nothing_that_is_not_in_the_seed(self) -> None:
        codes = {row["figure_code"] for row in seed()}
        for name in ("event", "standing"):
            sql = (REPOSITORY / f"dbt/models/intermediate/int_work_report__{name}.sql").read_text("utf-8")
            named = set(re.findall(r"(?<!in )\(\s*'([a-z_]+)',", sql)) | set(re.findall(r"'([a-z_]+)' as code", sql))
            assert named
            assert named <= codes

    def test_texts_name_figures_that_there_are(self) -> None:
        codes = {row["figure_code"] for row in seed()}
        assert {row["section"] for row in seed()} == set(SECTIONS)
        assert {*STAGES, *HEADLINES} <= codes
        for section in SENTENCES["zh"]:
            named = [_named(SENTENCES[language][section]) for language in LANGUAGES]
            assert named[0] == named[1], section
            assert named[0] <= codes
        assert set(SENTENCES["en"]) == set(SENTENCES["zh"]) == set(SECTIONS)
        assert set(WORDS["en"]) == set(WORDS["zh"])
        assert set(REASONS["en"]) == set(REASONS["zh"])


def _named(templates: tuple[str, ...]) -> set[str]:
    return {name for text in templates for _, name, _, _ in string.Formatter().parse(text) if name}


class TestWhatIsSaid:
    def test_a_sentence_without_all_its_figures_is_left_out(self) -> None:
        figures = {"accidents": of("accidents", 15), "deaths": of("deaths", None)}
        templates = ("{accidents}。", "{accidents}，{deaths}。", "{never_heard_of}。")
        assert sentences(templates, figures, "zh") == ["15起。"]

    def test_year_on_year_is_told_only_where_it_is_known(self) -> None:
        down = replace(of("accidents", 15), last_year_value=35.0, change=-20.0, change_pct=-57.14)
        same = replace(down, change=0.0, change_pct=0.0)
        first = replace(down, last_year_value=0.0, change=15.0, change_pct=None)
        for known, zh, en in (
            (down, "15起，同比下降57.14%", "15 (57.14 % down on the year)"),
            (same, "15起，同比持平", "15 (as in the year before)"),
            (first, "15起", "15"),
        ):
            assert sentences(("{accidents}{accidents:yoy}",), {"accidents": known}, "zh") == [zh]
            assert sentences(("{accidents}{accidents:yoy}",), {"accidents": known}, "en") == [en]

    def test_numbers(self) -> None:
        told = [number(value) for value in (None, 0.0, 1218.0, 98.7, 100.0, 0.42, 2181500.0, -3.5)]
        assert told == ["–", "0", "1,218", "98.7", "100", "0.42", "2,181,500", "-3.5"]

    def test_what_is_not_known_is_named_and_never_zero(self) -> None:
        document = compose(yearbook(deaths=of("deaths", None)), "zh")
        tables = [block for block in blocks(document, Table) if isinstance(block, Table)]
        (row,) = [row for table in tables[:-2] for row in table.rows if row[0] == "死亡人数"]
        assert row[1:] == ("–", "", "–", "–", "无证据")
        assert tables[-2].rows == (("死亡人数", REASONS["zh"]["no_feed"]),)
        assert "1项无证据" in str(document.sections[0].blocks[0])

    def test_changes_of_shares_are_points(self) -> None:
        share = replace(of("dangers_rectified_pct", 98.7), last_year_value=95.2, change=3.5)
        table = compose(yearbook(dangers_rectified_pct=share), "zh").sections[2].blocks[-1]
        assert isinstance(table, Table)
        assert ("隐患整改率", "98.7", "%", "95.2", "+3.50个百分点", "01-01 – 12-31") in table.rows

    def test_synthetic_data_are_marked(self) -> None:
        whole = compose(yearbook(), "zh")
        assert whole.title.startswith("【模拟】")
        assert (whole.mark, whole.notices[0]) == ("模拟数据", WORDS["zh"]["simulated"])
        partly = compose(yearbook(deaths=replace(of("deaths"), source_feeds=["real_feed"], simulated_feeds=[])), "en")
        assert partly.notices[0].endswith("person: mock_feed.")
        figures = tuple(replace(known, simulated_feeds=[]) for known in yearbook().figures)
        real = compose(replace(yearbook(), figures=figures), "zh")
        assert real.mark is None
        assert "模拟】" not in real.title
        assert len(real.notices) == 1

    def test_days_are_those_of_shanghai(self) -> None:
        assert "2021-01-01 02:00" in compose(yearbook(), "zh").notices[1]

    def test_charts_are_drawn_only_of_what_is_known(self) -> None:
        titles = [block.title for block in blocks(compose(yearbook(), "zh"), Bars) if isinstance(block, Bars)]
        assert titles == [WORDS["zh"][name] for name in ("chart_dangers", "chart_warnings", "chart_grades")]
        gone = compose(yearbook(dangers_closed=None, enterprises_red=of("enterprises_red", None)), "zh")
        assert len(blocks(gone, Bars)) == 1
        compared = replace(of("accidents"), last_year_value=2.0, change=-1.0, change_pct=-50.0)
        first = blocks(compose(yearbook(accidents=compared), "zh"), Bars)[0]
        assert isinstance(first, Bars)
        assert (first.labels, first.values, first.texts) == (("生产安全事故",), (-50.0,), ("-50.0 %",))


BARS = Bars("模拟图", ("甲", "乙 <&>"), (3.0, -1.0), ("3", "-1"), ("#c62828", "#3b6ea5"), "mock", ("a", "b"))
TABLE = Table("表|题", ("名", "数"), (("a|b *c* <i>", "1"), ("", "2")), frozenset({1}))
SMALL = Document("zh", "模拟 <题>", "模拟数据", ("注 <1>",), (Section("一 & 二", ("段落 <p>", TABLE, BARS)),))


class _Elements(HTMLParser):
    """Elements that are open, and all that was said; what closes must be the last that opened."""

    VOID = frozenset({"meta", "path", "use", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(text: str) -> _Elements:
    elements = _Elements()
    elements.feed(text)
    elements.close()
    assert elements.open == []
    return elements


class TestMarkdown:
    def test_what_sources_say_stays_text(self) -> None:
        text = markdown.write(SMALL)
        assert "| a\\|b \\*c\\* &lt;i> | 1 |" in text
        assert "# 模拟 &lt;题>\n\n**模拟数据**\n\n> 注 &lt;1>" in text
        assert "| --- | --: |" in text

    def test_all_rows_of_all_figures(self) -> None:
        text = WRITERS["md"](compose(yearbook(), "en")).decode()
        for row in seed():
            assert text.count(f"| {row['name_en'].replace('_', '.')} |") >= 2, row["figure_code"]


class TestHtml:
    def test_it_is_well_formed_and_needs_nothing_else(self) -> None:
        text = html.write(compose(yearbook(), "zh"))
        elements = parsed(text)
        tags = [tag for tag, _ in elements.seen]
        assert (tags.count("svg"), tags.count("h1"), tags.count("section")) == (3, 1, len(SECTIONS) + 3)
        for tag, attributes in elements.seen:
            assert tag not in {"script", "link", "img", "iframe"}
            references = [attributes.get(name) or "" for name in ("href", "xlink:href", "src")]
            assert all(reference.startswith(("", "#")) and "//" not in reference for reference in references)
        assert "模拟县 <b>&" in "".join(elements.text)
        assert 'lang="zh-CN"' in text
        assert "@media print" in text

    def test_charts_stay_text_that_a_reader_can_find(self) -> None:
        element = ET.fromstring(charts.svg(BARS))
        said = {text.text for text in element.iter("{http://www.w3.org/2000/svg}text")}
        assert {"模拟图", "甲", "乙 <&>", "3", "-1"} <= said
        assert charts.svg(BARS) == charts.svg(BARS)


class TestWord:
    def test_headings_tables_pictures(self) -> None:
        document = compose(yearbook(), "zh")
        word = docx.Document(io.BytesIO(word_file.write(document)))
        headings = [part.text for part in word.paragraphs if str(part.style.name).startswith("Heading")]
        assert headings == [section.title for section in document.sections]
        tables = [block for block in blocks(document, Table) if isinstance(block, Table)]
        assert [len(table.rows) for table in word.tables] == [len(table.rows) + 1 for table in tables]
        assert [cell.text for cell in word.tables[0].rows[1].cells] == list(tables[0].rows[0])
        repeated = [table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for table in word.tables]
        assert all(repeated)
        described = [shape._inline.docPr.get("descr") for shape in word.inline_shapes]
        assert described == [block.description for block in blocks(document, Bars) if isinstance(block, Bars)]

    def test_chinese_has_a_font_and_every_page_the_mark(self) -> None:
        word = docx.Document(io.BytesIO(word_file.write(SMALL)))
        for name, font in (("Normal", "宋体"), ("Heading 1", "黑体"), ("Title", "黑体")):
            fonts = word.styles[name].element.rPr.rFonts
            assert fonts.get(qn("w:eastAsia")) == font
            assert fonts.get(qn("w:eastAsiaTheme")) is None
        assert word.sections[0].header.paragraphs[0].text == "模拟数据  模拟 <题>"
        assert "PAGE" in word.sections[0].footer.paragraphs[0]._p.xml
        assert word.core_properties.title == "模拟 <题>"

    def test_without_a_chinese_font_pictures_speak_english(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn: list[tuple[str, ...]] = []
        draw = charts._draw
        monkeypatch.setattr(
            charts, "_draw", lambda title, labels, bars: drawn.append(labels) or draw(title, labels, bars)
        )
        monkeypatch.setattr(word_file, "chinese_font", lambda: None)
        word = docx.Document(io.BytesIO(word_file.write(SMALL)))
        assert drawn == [("a", "b")]
        assert any("no font with Chinese characters" in part.text for part in word.paragraphs)


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = "import sys, riskmap.cli, riskmap.report.markdown; print({'matplotlib', 'docx'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.strip() == "set()"


def test_the_file_s_name_decides_its_format(tmp_path: Path) -> None:
    code = "from riskmap.cli import main; main()"
    arguments = ["report", "--year", "2020", "--region", "620823", "--output", str(tmp_path / "report.pdf")]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--format" in done.stderr
