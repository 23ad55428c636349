"""The report as a Word file with real headings, tables and pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from riskmap.report.charts import chinese_font, png
from riskmap.report.document import Bars, Document, Table

if TYPE_CHECKING:
    from docx.document import Document as WordFile

_BODY_FONTS = ("Times New Roman", "宋体")
_HEADING_FONTS = ("Arial", "黑体")
_PICTURE_CM = 15.5
_NO_FONT = "Labels are in English: no font with Chinese characters is installed where this file was made."


def write(document: Document) -> bytes:
    """The bytes of the file."""
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    word = docx.Document()
    _page(word, document)
    _fonts(word, document.language)
    word.core_properties.title = document.title
    word.core_properties.author = "RiskMap"
    word.core_properties.language = "zh-CN" if document.language == "zh" else "en"
    word.add_heading(document.title, level=0)
    if document.mark:
        word.add_paragraph().add_run(document.mark).bold = True
    for notice in document.notices:
        word.add_paragraph(notice, style="Intense Quote").alignment = WD_ALIGN_PARAGRAPH.LEFT
    font = chinese_font() if document.language == "zh" else "sans-serif"
    for section in document.sections:
        word.add_heading(section.title, level=1)
        for block in section.blocks:
            if isinstance(block, Table):
                _table(word, block)
            elif isinstance(block, Bars):
                _picture(word, block, font)
            else:
                word.add_paragraph(block)
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def _page(word: WordFile, document: Document) -> None:
    """A4, the mark of synthetic data above and the number of the page below."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm

    page = word.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.5)
    header = page.header.paragraphs[0]
    header.text = f"{document.mark}  {document.title}" if document.mark else document.title
    footer = page.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    footer._p.append(field)


def _fonts(word: WordFile, language: str) -> None:
    """A font for Chinese beside the one for Latin letters, in every style that is used."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for style in word.styles:
        if style.type not in (WD_STYLE_TYPE.PARAGRAPH, WD_STYLE_TYPE.CHARACTER):
            continue
        is_heading = str(style.name).startswith(("Heading", "Title"))
        latin, chinese = _HEADING_FONTS if is_heading else _BODY_FONTS
        style.font.name = latin
        fonts: Any = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # a theme would go first
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), chinese)
        if is_heading:
            style.font.color.rgb = RGBColor(0x1D, 0x4F, 0x8C)
    word.styles["Normal"].font.size = Pt(10.5)


def _table(word: WordFile, table: Table) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    word.add_paragraph(table.caption, style="Caption").paragraph_format.keep_with_next = True
    grid = word.add_table(rows=0, cols=len(table.columns), style="Table Grid")
    for number, row in enumerate((table.columns, *table.rows)):
        # a row's cells are looked up once: word's tables are slow to ask
        for column, (cell, text) in enumerate(zip(grid.add_row().cells, row, strict=True)):
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            run = paragraph.add_run(text)
            run.font.size = Pt(9)
            run.bold = number == 0
            if column in table.numeric:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    grid.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # again on each page
    for line in grid.rows:
        whole = OxmlElement("w:cantSplit")
        whole.set(qn("w:val"), "true")
        line._tr.get_or_add_trPr().append(whole)
    word.add_paragraph()


def _picture(word: WordFile, bars: Bars, font: str | None) -> None:
    from docx.shared import Cm

    picture = word.add_picture(io.BytesIO(png(bars, font)), width=Cm(_PICTURE_CM))
    picture._inline.docPr.set("descr", bars.description)
    if font is None:
        word.add_paragraph(_NO_FONT, style="Caption")
