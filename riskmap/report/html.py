"""The report as one HTML file that needs nothing else: charts drawn inside, colours and print in a style sheet."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from riskmap.report.charts import svg
from riskmap.report.document import Bars, Document, Table

_LANGUAGES = {"zh": "zh-CN", "en": "en"}

_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 2rem 1.2rem; max-width: 60rem; color: #1d1d1d; background: #fff;
       font: 16px/1.7 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Micro Hei", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.3; }
h2 { font-size: 1.25rem; margin-top: 2.4rem; border-bottom: 2px solid #1d4f8c; }
.mark { display: inline-block; padding: .1rem .8rem; color: #8a1c1c; border: 2px solid #8a1c1c; font-weight: 700; }
.notice { margin: .6rem 0; padding: .5rem .9rem; background: #f3f5f8; border-left: 4px solid #1d4f8c; }
.scroll { overflow-x: auto; }
table { width: 100%; margin: 1rem 0; border-collapse: collapse; font-size: .9rem; line-height: 1.4; }
caption { text-align: left; font-weight: 700; padding-bottom: .3rem; }
th, td { padding: .3rem .5rem; border: 1px solid #c6ccd4; text-align: left; vertical-align: top; }
thead th { background: #e8edf3; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 1.2rem 0; }
svg.chart { width: 100%; max-width: 40rem; height: auto; }
@page { size: A4; margin: 2cm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  .scroll { overflow: visible; }
  h2, caption { break-after: avoid; }
  tr, figure { break-inside: avoid; }
  thead { display: table-header-group; }
}
"""


def write(document: Document) -> str:
    """The text of the file."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield "<!doctype html>"
    yield f'<html lang="{_LANGUAGES[document.language]}">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(document.title)}</title>"
    yield f"<style>{_STYLE}</style></head><body><main>"
    yield f"<h1>{escape(document.title)}</h1>"
    if document.mark:
        yield f'<p class="mark">{escape(document.mark)}</p>'
    for notice in document.notices:
        yield f'<p class="notice">{escape(notice)}</p>'
    for section in document.sections:
        yield f"<section><h2>{escape(section.title)}</h2>"
        for block in section.blocks:
            if isinstance(block, Table):
                yield from _table(block)
            elif isinstance(block, Bars):
                yield f'<figure role="img" aria-label="{escape(block.description)}">{svg(block)}</figure>'
            else:
                yield f"<p>{escape(block)}</p>"
        yield "</section>"
    yield "</main></body></html>"


def _table(table: Table) -> Iterator[str]:
    yield f'<div class="scroll"><table><caption>{escape(table.caption)}</caption><thead><tr>'
    for column, name in enumerate(table.columns):
        yield f'<th scope="col"{_class(table, column)}>{escape(name)}</th>'
    yield "</tr></thead><tbody>"
    for row in table.rows:
        cells = (f"<td{_class(table, column)}>{escape(cell)}</td>" for column, cell in enumerate(row))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


def _class(table: Table, column: int) -> str:
    return ' class="number"' if column in table.numeric else ""
