"""Commands that move data: ingest, intake, build, replay, parse."""

from __future__ import annotations

import dataclasses
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from connectors.formats import FORMATS
from connectors.model import Interval
from riskmap.cli.output import console
from riskmap.settings import Settings

Feed = Annotated[str, typer.Argument(help="feed id, see 'riskmap feeds list'")]
From = Annotated[str | None, typer.Option("--from", help="start of an interval, with zone: 2026-08-10T00:00+08:00")]
To = Annotated[str | None, typer.Option("--to", help="end of the interval, exclusive")]


def ingest(feed: Feed, start: From = None, end: To = None) -> None:
    """Pull what is new of a feed and land it (or, with --from and --to, ask again for an interval)."""
    from riskmap.ingest import ingest as run

    _print(run(feed, Settings.load(), run_id=_run_id(), interval=_interval(start, end)))


def replay(feed: Feed, start: From = None, end: To = None) -> None:
    """Parse a feed's archived payloads again, without the network."""
    from riskmap.ingest import replay as run

    _print(run(feed, Settings.load(), run_id=_run_id(), interval=_interval(start, end)))


def intake() -> None:
    """Take what sources send that come to us (TCP, HTTP pushes, MQTT); runs until it is stopped."""
    import signal
    import threading

    from riskmap.intake import serve

    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    serve(Settings.load(), stop)


def build(
    everything: Annotated[bool, typer.Option("--all", help="Build and test every model, changed or not.")] = False,
    full: Annotated[bool, typer.Option(help="Also recreate the tables: after a change of their columns.")] = False,
) -> None:
    """Bring the marts up to what has landed."""
    from riskmap.build import build as run
    from riskmap.build import build_data_docs

    settings = Settings.load()
    _print(run(settings, everything=everything, full=full))
    build_data_docs(settings)


def _known_format(name: str) -> str:
    if name not in FORMATS:
        raise typer.BadParameter(f"there is no format {name!r}; the formats are {', '.join(FORMATS)}")
    return name


def parse(
    format: Annotated[str, typer.Argument(callback=_known_format, help="format of the files")],
    files: Annotated[list[Path], typer.Argument(help="local files")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per file and line.")] = False,
    profile: Annotated[
        str | None, typer.Option(help="mapping profile of 'mapped' files: a shipped name or a YAML file")
    ] = None,
) -> None:
    """Read local files without any database: records, drift and rejects. Exit 1 if nothing could be read."""
    from riskmap.parse import default_options, exit_code, parse_files, print_table

    if profile is not None and format != "mapped":
        raise typer.BadParameter("only 'mapped' files have a mapping profile", param_hint="--profile")
    reports = list(parse_files(format, files, default_options(format, profile)))
    if as_json:
        for report in reports:
            typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        print_table(reports)
    raise typer.Exit(exit_code(reports))


def _interval(start: str | None, end: str | None) -> Interval | None:
    if start is None and end is None:
        return None
    try:
        return Interval(_instant(start), _instant(end))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _instant(text: str | None) -> datetime:
    if text is None:
        raise ValueError("give both --from and --to")
    return datetime.fromisoformat(text)


def _run_id() -> str:
    return f"cli__{datetime.now(UTC).isoformat(timespec='seconds')}"


def _print(report: Any) -> None:
    for name, value in dataclasses.asdict(report).items():
        if value not in ([], None):
            console.print(f"{name:<12} {value}", highlight=False)


def register(app: typer.Typer) -> None:
    for command in (ingest, intake, build, replay, parse):
        app.command()(command)
