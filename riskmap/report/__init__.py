"""The yearly work report: the figures of metrics.metric_work_report as prose, tables and charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from riskmap.report.compose import compose
from riskmap.report.document import Document
from riskmap.report.figures import read
from riskmap.report.texts import Language
from riskmap.settings import Settings
from warehouse.db import connect


def _markdown(document: Document) -> bytes:
    from riskmap.report.markdown import write

    return write(document).encode()


def _html(document: Document) -> bytes:
    from riskmap.report.html import write

    return write(document).encode()


def _docx(document: Document) -> bytes:
    from riskmap.report.docx import write

    return write(document)


WRITERS: Mapping[str, Callable[[Document], bytes]] = {"md": _markdown, "docx": _docx, "html": _html}
"""Format -> writer; what a writer needs is imported when it is called."""


def report(settings: Settings, year: int, region_code: str, form: str, language: Language) -> bytes:
    """The report of a region and year as the bytes of a file. Raises UserError where there is none."""
    with connect(settings.database_url) as conn:
        yearbook = read(conn, year, region_code)
    return WRITERS[form](compose(yearbook, language))
