"""riskmap quarantine list | show | release"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from riskmap.cli.output import console, table
from riskmap.settings import Settings

quarantine = typer.Typer(help="Records that broke their contract.", no_args_is_help=True)

FeedOption = Annotated[str | None, typer.Option("--feed", help="only this feed")]


@quarantine.command("list")
def list_records(
    feed: FeedOption = None,
    status: Annotated[str, typer.Option(help="open, held, released or resolved")] = "open",
    limit: Annotated[int, typer.Option(help="at most so many rows", min=1)] = 50,
) -> None:
    """List quarantined records with rule and reason, newest first."""
    from warehouse import quarantine as store
    from warehouse.db import connect

    with connect(Settings.load().database_url) as conn:
        rows = store.list_records(conn, feed_id=feed, statuses=[status], limit=limit)
    columns = ("id", "feed", "table", "rule", "reason", "severity", "since")
    cells = [
        (r.id, r.feed_id, r.table_name, r.rule, r.reason, r.severity, f"{r.first_seen_at:%Y-%m-%d %H:%M}") for r in rows
    ]
    table(f"quarantine 隔离区 ({status})", columns, cells, numeric=("id",))


@quarantine.command("show")
def show(record: Annotated[int, typer.Argument(help="id of the record")]) -> None:
    """Show one quarantined record whole, with the payload that it came from."""
    from warehouse import quarantine as store
    from warehouse.db import connect

    with connect(Settings.load().database_url) as conn:
        (row,) = store.fetch_records(conn, [record])
    for name in ("id", "feed_id", "table_name", "status", "severity", "rule", "reason", "where_in_payload"):
        console.print(f"{name:<16} {getattr(row, name)}", highlight=False)
    console.print(f"{'payload':<16} {row.payload_sha256}", highlight=False)
    console.print_json(json.dumps(row.record, ensure_ascii=False, default=str))


@quarantine.command("release")
def release(
    records: Annotated[list[int], typer.Argument(help="ids of the records")],
    override: Annotated[
        str | None, typer.Option(help="land them although they still break a rule; say why, it is kept")
    ] = None,
) -> None:
    """Judge records again by today's contract and land those that pass (or all, with --override)."""
    from riskmap.quarantine import release as run

    report = run(Settings.load(), records, override=override)
    for line in report.lines():
        console.print(line, highlight=False)
    if report.kept:
        raise typer.Exit(1)
