"""What a report consists of, whatever file it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a heading each; the columns in ``numeric`` are set to the right."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of horizontal bars. The English words stand by for pictures that no Chinese font can be found for."""

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    texts: tuple[str, ...]
    colours: tuple[str, ...]
    title_en: str
    labels_en: tuple[str, ...]

    @property
    def description(self) -> str:
        """The chart in words, for whoever cannot see it."""
        told = "; ".join(f"{label} {text}" for label, text in zip(self.labels, self.texts, strict=True))
        return f"{self.title}: {told}"


Block = str | Table | Bars
"""A paragraph, a table or a chart."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report in one language; ``mark`` stands on every page, ``notices`` before everything else."""

    language: str
    title: str
    mark: str | None
    notices: tuple[str, ...]
    sections: tuple[Section, ...] = field(default=())
