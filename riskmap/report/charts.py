"""Charts as SVG, whose text stays text, or as PNG, for which a font must be there."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from riskmap.report.document import Bars

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
)
"""Fonts with Chinese characters, the best first."""

_WIDTH_IN = 6.3
_BAR_IN = 0.36


def chinese_font() -> str | None:
    """The first of FONTS that is installed."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in FONTS if name in installed), None)


def svg(bars: Bars) -> str:
    """The chart as an SVG element that can stand in a page."""
    # Whoever reads the page draws the text, so that the fonts are those of the reader.
    with _style({"svg.fonttype": "none", "svg.hashsalt": bars.title, "font.family": [*FONTS, "sans-serif"]}):
        text = _bytes(_draw(bars.title, bars.labels, bars), "svg").decode()
    element = text[text.index("<svg") :]
    # The size of the drawing in points would be the least that it takes: the page decides.
    return element.replace("<svg", '<svg class="chart"', 1)


def png(bars: Bars, font: str | None) -> bytes:
    """The chart as a picture, labelled in English where no font can write Chinese."""
    title, labels = (bars.title, bars.labels) if font else (bars.title_en, bars.labels_en)
    with _style({"font.family": [font or "sans-serif", "sans-serif"]}):
        return _bytes(_draw(title, labels, bars), "png")


@contextmanager
def _style(settings: dict[str, object]) -> Iterator[None]:
    import logging

    from matplotlib import rc_context

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it names every font that is not there
    with rc_context(settings), warnings.catch_warnings():  # type: ignore[arg-type]
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


def _draw(title: str, labels: tuple[str, ...], bars: Bars) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH_IN, 0.9 + _BAR_IN * len(labels)), layout="constrained")
    axes = figure.add_subplot()
    places = range(len(labels))
    drawn = axes.barh(places, bars.values, color=bars.colours, edgecolor="#444444", linewidth=0.5)
    axes.bar_label(drawn, labels=list(bars.texts), padding=4, fontsize=9)
    axes.set_yticks(places, labels=list(labels), fontsize=9)
    axes.invert_yaxis()  # the first on top
    axes.set_title(title, fontsize=11, loc="left")
    axes.margins(x=0.18, y=0.02)
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom", "left"]].set_visible(False)
    axes.tick_params(left=False)
    return figure


def _bytes(figure: Figure, form: str) -> bytes:
    out = io.BytesIO()
    metadata = {"Date": None} if form == "svg" else None
    figure.savefig(out, format=form, dpi=200, metadata=metadata)
    return out.getvalue()
