"""Data Docs: static pages of the newest validation results, rendered by Great Expectations, served by anything.

Bounded on purpose (GX's own site builder slows down with every run that was ever stored): at most ``KEPT`` results
per table. The rules of a page are rendered by GX; the page around them is ours, because GX's pulls scripts, styles
and fonts from half a dozen foreign hosts, which an air-gapped network does not have.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

KEPT = 5
SHOWN_ZONE = ZoneInfo("Asia/Shanghai")

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class StoredResult:
    """One row of ``ops.validation``; ``result`` is what the gate gave in ``Verdict.results``."""

    feed_id: str
    table: str
    batch_id: int
    validated_at: datetime
    result: Mapping[str, Any]

    @property
    def suite(self) -> str:
        return f"{self.feed_id}.{self.table}"

    @property
    def file(self) -> str:
        """Name of its page: another result, or the same batch id in another warehouse, has another name."""
        told = json.dumps([self.validated_at.isoformat(), self.result], sort_keys=True, default=str)
        return f"{self.suite}.{self.batch_id}.{sha256(told.encode()).hexdigest()[:8]}.html"

    @property
    def time(self) -> str:
        return self.validated_at.astimezone(SHOWN_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def build(results: Iterable[StoredResult], folder: Path) -> Path:
    """Write the pages of the newest results into ``folder``, which belongs to Data Docs alone; returns the index.

    Readers never meet a missing page: every file appears in one step, the index follows the pages it links to, and
    pages that it no longer links to are removed last. A page that exists is not rendered again.
    """
    suites = _newest(results)
    folder.mkdir(parents=True, exist_ok=True)
    written = {"index.html"}
    for page in (page for pages in suites.values() for page in pages):
        file = folder / page.file
        if not file.exists():
            _write(file, _validation_page(page))
        written.add(file.name)
    index = folder / "index.html"
    _write(index, _fill("index.html.j2", title="数据质量文档", suites=suites, kept=KEPT))
    for old in folder.glob("*.html"):
        if old.name not in written:
            old.unlink(missing_ok=True)
    return index


def _newest(results: Iterable[StoredResult]) -> dict[str, list[StoredResult]]:
    """Suite name -> its newest results, newest first."""
    ordered = sorted(results, key=lambda r: (r.suite, r.validated_at, r.batch_id), reverse=True)
    suites = {suite: list(pages)[:KEPT] for suite, pages in groupby(ordered, key=lambda r: r.suite)}
    return dict(sorted(suites.items()))


def _validation_page(page: StoredResult) -> str:
    from markupsafe import Markup

    from expectations import _render  # loads Great Expectations

    failed = [rule for rule in page.result["rules"] if not rule["success"]]
    sections = Markup(_render.sections(page.suite, page.result))  # noqa: S704 - escaped by _render
    return _fill("validation.html.j2", title=page.suite, page=page, failed=failed, sections=sections)


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def _fill(template: str, **values: Any) -> str:
    from markupsafe import Markup

    style = Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    return str(_environment().get_template(template).render(style=style, **values))


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader

    return Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True)
