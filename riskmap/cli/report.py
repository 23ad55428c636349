"""riskmap report"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from riskmap.cli.output import console
from riskmap.settings import Settings


class Format(StrEnum):
    """Kinds of files that a report can be."""

    md = "md"
    docx = "docx"
    html = "html"


class Tongue(StrEnum):
    """Languages of reports."""

    zh = "zh"
    en = "en"


def report(
    year: Annotated[int, typer.Option(help="the year, of Asia/Shanghai")],
    region: Annotated[str, typer.Option(help="GB/T 2260 code of a town, county, city or province")],
    form: Annotated[
        Format | None, typer.Option("--format", help="[default: what --output ends with, else md]", show_default=False)
    ] = None,
    lang: Annotated[Tongue, typer.Option(help="language")] = Tongue.zh,
    output: Annotated[
        Path | None, typer.Option(help="[default: standard output; of docx work-report-REGION-YEAR.docx]")
    ] = None,
) -> None:
    """Write the figures of a region's year as the bureau's work report: prose, tables, charts, sources."""
    from riskmap.report import report as write

    form = form or _form_of(output)
    content = write(Settings.load(), year, region, form.value, lang.value)
    if output is None and form is Format.docx:
        output = Path(f"work-report-{region}-{year}.docx")
    if output is None:
        sys.stdout.write(content.decode())
        return
    output.write_bytes(content)
    console.print(f"wrote {output}", highlight=False)


def _form_of(output: Path | None) -> Format:
    if output is None:
        return Format.md
    try:
        return Format(output.suffix.lstrip(".").lower())
    except ValueError as error:
        raise typer.BadParameter(f"{output} ends with none of md, docx, html: give --format") from error


def register(app: typer.Typer) -> None:
    app.command()(report)
