"""``riskmap simulate``: a synthetic county 模拟 in the foreground, in a scenario and at a speed of one's choice."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from riskmap.errors import UserError
from riskmap.settings import REPOSITORY, home_of, variables_of

OURS = ("EXCHANGE_DATABASE_URL", "SL651_LISTEN", "PUSH_LISTEN")
"""What the county is told of a stack that runs: its exchange database, and where stations and plants find it."""


def simulate(
    scenario: Annotated[str, typer.Option(help="storm, quiet, gas, quake, data_island or year.")] = "storm",
    speed: Annotated[float, typer.Option(min=0, help="Seconds of the world in a second.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Another number is another county.")] = 1,
    home: Annotated[Path | None, typer.Option(help="Its folder; default: one per scenario in RISKMAP_HOME.")] = None,
) -> None:
    """Run the synthetic source systems 模拟 until they are stopped; HOME/address.json says where each of them is."""
    from riskmap.stack.processes import Process

    if Process(home_of(), "simulator").pid is not None:
        raise UserError(
            "The stack's own synthetic county runs, and two of them would write into one exchange database",
            "run 'riskmap down', then 'riskmap up --no-simulator'",
        )
    folder = home or home_of() / f"simulate-{scenario}"
    known = variables_of()
    environment = {**os.environ, **{name: known[name] for name in OURS if name in known}}
    environment["PYTHONPATH"] = str(REPOSITORY)
    command = [sys.executable, "-m", "simulator", "serve", "--home", str(folder)]
    command += ["--scenario", scenario, "--speed", str(speed), "--seed", str(seed)]
    os.execve(sys.executable, command, environment)  # noqa: S606 - no shell is meant


def register(app: typer.Typer) -> None:
    app.command()(simulate)
