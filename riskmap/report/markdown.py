"""The report as Markdown: prose and tables; the figures of its charts stand in the tables."""

from __future__ import annotations

from collections.abc import Iterator

from riskmap.report.document import Bars, Document, Table


def write(document: Document) -> str:
    """The text of the file."""
    return "\n\n".join(_parts(document)) + "\n"


def _parts(document: Document) -> Iterator[str]:
    yield f"# {_plain(document.title)}"
    if document.mark:
        yield f"**{_plain(document.mark)}**"
    for notice in document.notices:
        yield f"> {_plain(notice)}"
    for section in document.sections:
        yield f"## {_plain(section.title)}"
        for block in section.blocks:
            if isinstance(block, Table):
                yield _table(block)
            elif not isinstance(block, Bars):
                yield _plain(block)


def _table(table: Table) -> str:
    rule = ["--:" if column in table.numeric else "---" for column in range(len(table.columns))]
    rows = [table.columns, tuple(rule), *table.rows]
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join([f"**{_plain(table.caption)}**", "", *lines])


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """Names come from sources: none may begin a line, a tag or emphasis of its own."""
    spaced = " ".join(text.split())
    return spaced.replace("\\", "\\\\").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
