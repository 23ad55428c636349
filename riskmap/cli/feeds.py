"""riskmap feeds list | show | check | enable | disable | new"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feeds.lines import ContractProblem
from feeds.reading import read
from feeds.registry import folder, load, load_all, load_enabled
from riskmap.cli.new_feed import new
from riskmap.cli.output import complain, console, table
from riskmap.settings import variables_of

feeds = typer.Typer(help="The contracts of the feeds.", no_args_is_help=True)
feeds.command("new")(new)


@feeds.command("list")
def list_feeds() -> None:
    """List the feeds: whether they run here, department, cadence, promise, format, and which anyone can use."""
    running = load_enabled(variables_of())
    rows = [
        (
            c.id,
            "on" if c.id in running else "off",
            c.name,
            c.department,
            f"{c.frequency_s:.0f} s",
            f"{c.latency_s:.0f} s",
            str(c.connector["format"]),
            "public" if c.is_public else "",
        )
        for c in load_all().values()
    ]
    columns = ("feed", "state", "name", "department", "cadence", "promise", "format", "")
    table("feeds 数据源", columns, rows, numeric=("cadence", "promise"))


@feeds.command("show")
def show(feed: Annotated[str, typer.Argument(help="feed id")]) -> None:
    """Show one feed: what a record looks like, its keys, clocks, zone and rules."""
    contract = load(feed)
    console.print(f"[bold]{contract.name}[/bold] · {contract.owner}\n{contract.description}", highlight=False)
    console.print(
        f"comes every {contract.frequency_s:.0f} s, promised within {contract.latency_s:.0f} s of "
        f"{contract.latency_element}; naive times are {contract.clock.zone}; positions are {contract.crs}",
        highlight=False,
    )
    for record in contract.tables:
        rows = [
            (
                column.name,
                column.title,
                column.physical_type,
                "key" if column.name in record.key else "required" if column.required else "",
                "; ".join(f"{rule.expectation} ({rule.severity})" for rule in column.rules),
            )
            for column in record.columns
        ]
        table(f"{record.name} {record.title}: {record.description}", ("column", "名称", "type", "", "rules"), rows)


@feeds.command("check")
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="contract files; all of the installation if none")] = None,
) -> None:
    """Check contracts: refuse, with file and line, what cannot be checked, and what is no ODCS. Exit 1 if any is."""
    from open_data_contract_standard.model import OpenDataContractStandard

    chosen = files or sorted(folder().glob("*.yml"))
    bad = 0
    for file in chosen:
        try:
            contract = read(file)
            OpenDataContractStandard.from_file(str(file))
        except (ContractProblem, OSError, ValueError) as error:
            bad += 1
            if not complain(error):
                console.print(f"{file}: {error}", highlight=False)
        else:
            console.print(f"ok {file.name}: {contract.id}, {len(contract.tables)} tables", highlight=False)
    if bad:
        raise typer.Exit(1)


@feeds.command("enable")
def enable(feed: Annotated[str, typer.Argument(help="feed id, see 'riskmap feeds list'")]) -> None:
    """Let a feed run in this installation."""
    _switch(feed, on=True)


@feeds.command("disable")
def disable(feed: Annotated[str, typer.Argument(help="feed id, see 'riskmap feeds list'")]) -> None:
    """Let a feed run no longer; what it delivered stays."""
    _switch(feed, on=False)


def _switch(feed: str, *, on: bool) -> None:
    from riskmap.feed_switch import switch

    for sentence in switch(feed, on=on):
        console.print(sentence, highlight=False)
