"""What people see: tables, progress lines and errors that say what to do."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

WIDTH = 120
"""Columns to assume where the output is no terminal: a log or a file has no width of its own."""

console = Console(width=None if sys.stdout.isatty() else WIDTH)
errors = Console(stderr=True)


def progress(message: str) -> None:
    """One line on stderr, so that --json on stdout stays clean."""
    errors.print(f"[dim]·[/dim] {message}", highlight=False)


def complain(error: Exception) -> bool:
    """Print an error that carries its remedy, or a plain KeyError of ours; False for anything unexpected."""
    remedy = getattr(error, "remedy", None)
    if remedy is None and not isinstance(error, KeyError):
        return False
    text = str(error.args[0]) if isinstance(error, KeyError) else str(error)
    errors.print(f"[bold red]riskmap:[/bold red] {text}", highlight=False, soft_wrap=True)
    return True


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], numeric: Sequence[str] = ()) -> None:
    """Print rows; None shows as an en dash, so that an absent figure never looks like zero.

    The first column names the row: it is never broken, so that it can be copied and searched for.
    """
    shown = Table(title=title, title_justify="left", header_style="bold")
    for position, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if column in numeric else "left"
        shown.add_column(column, justify=justify, overflow="fold", no_wrap=position == 0)
    for row in rows:
        shown.add_row(*("–" if cell is None else str(cell) for cell in row))
    console.print(shown)


def feed_summary(feeds: Sequence[Mapping[str, Any]]) -> None:
    """The table at the end of the demo and of ``riskmap status``."""
    columns = ("feed", "department", "records", "quarantined", "last event", "delay p95", "coverage", "state")
    rows = [
        (
            feed["id"],
            feed["department"],
            feed["records"],
            feed["quarantined"],
            _short_time(feed["last_event_at"]),
            _seconds(feed["delay_p95_s"]),
            _percent(feed["coverage"]),
            feed["state"],
        )
        for feed in feeds
    ]
    table("feeds 数据源", columns, rows, numeric=("records", "quarantined", "delay p95", "coverage"))


def breach_summary(rows: Sequence[Mapping[str, Any]]) -> None:
    """What is wrong now; one line says so where nothing is."""
    if not rows:
        console.print("breaches 违约: none", highlight=False)
        return
    cells = [
        (row["breach_key"], row["breach_id"], row["severity"], row["department"], row["state"], row["message_zh"])
        for row in rows
    ]
    table("breaches 违约", ("key", "id", "severity", "department", "state", "what"), cells, numeric=("id",))


def _short_time(value: str | None) -> str | None:
    return value[:19].replace("T", " ") if value else None


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f} s"


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.1f} %"
