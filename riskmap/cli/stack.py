"""Commands about the stack itself: up, down, demo, status, psql, doctor."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import typer

from riskmap.cli.output import breach_summary, console, feed_summary, progress
from riskmap.settings import Settings

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def up(
    simulator: Annotated[bool, typer.Option(help="Also start the synthetic source systems 模拟.")] = True,
) -> None:
    """Start database, Airflow and the demo's source systems; does nothing where they already run."""
    from riskmap import stack

    settings = stack.up(simulator=simulator, progress=progress)
    _print_urls(settings)


def down() -> None:
    """Stop everything that 'up' started; data stays."""
    from riskmap import stack

    stack.down(progress=progress)
    console.print("stopped; the data stays, 'riskmap up' goes on with it")


def demo() -> None:
    """Start the stack, run every feed and the build through Airflow, and show what came of it."""
    from riskmap import stack
    from riskmap.demo import run_main_job
    from riskmap.status import status

    settings = stack.up(simulator=True, progress=progress)
    run_main_job(settings, progress=progress)
    feed_summary(status(settings)["feeds"])
    console.print(
        "[dim]source systems are simulated 模拟数据: none of these records describes a real place or firm[/dim]"
    )
    _print_urls(settings)


def status(as_json: JsonFlag = False) -> None:
    """Show every feed's records, quarantine, delay, coverage and state, what is wrong, and where things are."""
    from riskmap.status import status as read_status

    settings = Settings.load()
    report = read_status(settings)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    feed_summary(report["feeds"])
    breach_summary(report["breaches"])
    _print_urls(settings)


def psql(context: typer.Context) -> None:
    """Open psql on the warehouse, or pass arguments on: riskmap psql -Atc 'select 1'."""
    from riskmap.stack.postgres import client_program

    settings = Settings.load()
    program = client_program("psql")
    arguments = [str(program), "--no-psqlrc", "-d", settings.database_url, *context.args]
    sys.stdout.flush()
    os.execv(program, arguments)  # noqa: S606 - psql takes over this terminal


def doctor() -> None:
    """Check what the stack needs and say what to do about what is missing; exit 1 if anything is."""
    from riskmap.doctor import examine

    bad = 0
    for check in examine():
        mark = "[green]ok[/green]  " if check.ok else "[red]bad[/red] "
        console.print(f"{mark} {check.name}: {check.found}", highlight=False)
        if not check.ok:
            bad += 1
            console.print(f"      to do: {check.remedy}", highlight=False)
    if bad:
        raise typer.Exit(1)


def _print_urls(settings: Settings) -> None:
    from riskmap.status import urls

    for name, url in urls(settings).items():
        if url:
            console.print(f"{name:<12} {url}", highlight=False)


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(down)
    app.command()(demo)
    app.command()(status)
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(psql)
    app.command()(doctor)
