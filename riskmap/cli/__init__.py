"""The command line: ``riskmap --help``. Exit status 0 done, 1 something failed, 2 called wrongly."""

from __future__ import annotations

import logging
import sys

import typer

from riskmap.cli import data, feeds, report, simulate, stack, watch
from riskmap.cli.output import complain
from riskmap.cli.quarantine import quarantine

app = typer.Typer(
    name="riskmap",
    help="RiskMap 一张图: pull what a city's systems know about danger, check it, put it on one map.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

stack.register(app)
simulate.register(app)
data.register(app)
watch.register(app)
report.register(app)
app.add_typer(feeds.feeds, name="feeds")
app.add_typer(quarantine, name="quarantine")


def main() -> None:
    """Entry point of the console script: known errors become a sentence, unknown ones keep their traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        app()
    except Exception as error:
        if not complain(error):
            raise
        sys.exit(1)
