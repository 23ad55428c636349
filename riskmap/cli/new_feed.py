"""riskmap feeds new"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from connectors.clock import BEIJING
from connectors.duplicates import DUPLICATE
from feeds import registry
from riskmap.cli.output import console
from riskmap.scaffold.build import Made, from_feed, from_sample
from riskmap.scaffold.files import Places
from riskmap.scaffold.parts import Kind
from riskmap.scaffold.request import Request, Transport
from riskmap.scaffold.sample import built_in, read_file


def new(  # noqa: PLR0917 - options by name
    feed: Annotated[str, typer.Argument(help="id of the new feed, snake_case")],
    sample: Annotated[
        Path | None, typer.Option(help="what the source sends: JSON, NDJSON, CSV, TSV; else invented")
    ] = None,
    like: Annotated[str | None, typer.Option(help="copy this feed: a second source of the same format")] = None,
    kind: Annotated[str | None, typer.Option(help="observation or record; else as the sample shows")] = None,
    records: Annotated[str | None, typer.Option(help="dotted path of the records; '' is the document")] = None,
    transport: Annotated[str, typer.Option(help="http, files, http_push or mqtt")] = "http",
    url: Annotated[str | None, typer.Option(help="a public address; else a variable of the environment")] = None,
    department: Annotated[str | None, typer.Option(help="部门 that owns the feed")] = None,
    domain: Annotated[str, typer.Option(help="weather, water, geology or enterprise")] = "water",
    name: Annotated[str | None, typer.Option(help="its name, Chinese and English")] = None,
    zone: Annotated[str, typer.Option(help="of times without a zone")] = BEIJING,
    crs: Annotated[str, typer.Option(help="of its coordinates")] = "EPSG:4490",
    every: Annotated[int, typer.Option(help="seconds between two polls")] = 600,
    latency: Annotated[int, typer.Option(help="seconds that a record may be late")] = 3600,
    into: Annotated[Path | None, typer.Option(help="a folder to write to, instead of this checkout")] = None,
) -> None:
    """Make a feed: contract with mapping, fixture, test, staging model, from a sample or from another feed."""
    places = Places.of(into)
    request = Request(
        feed,
        cast(Kind | None, kind),
        cast(Transport, transport),
        domain,
        department,
        name,
        url,
        zone,
        crs,
        every,
        latency,
    )
    if like is not None:
        made = from_feed(request, like, sample, places)
    else:
        made = from_sample(request, read_file(sample, records) if sample else built_in(), places)
    for text in [*_written(made, places), *_next(made, places, is_copy=sample is not None)]:
        console.print(text, highlight=False, markup=False, soft_wrap=True)


def _written(made: Made, places: Places) -> list[str]:
    said = [f"wrote {places.shown(file)}" for file in made.files]
    if made.trial:
        rows = ", ".join(f"{count} rows of {table}" for table, count in made.trial.accepted.items())
        said.append(f"the sample is accepted whole: {rows}")
        told = ", ".join(f"{field} x {count}" for field, count in made.trial.told.items())
        said += [f"of the sample is told: {told}"] if told else []
        if any(field.endswith(DUPLICATE) for field in made.trial.told):
            said.append("records of the sample share a key, and the last one stands: is the key right?")
    if made.checks:
        said += ["", f"what was guessed, in {places.shown(made.contract_file)}:"]
        said += [f"  line {number}: {what}" for number, what in made.checks]
    return said


def _next(made: Made, places: Places, *, is_copy: bool) -> list[str]:
    feed, contract = made.contract.id, places.shown(made.contract_file)
    test = next((places.shown(file) for file in made.files if file.suffix == ".py"), None)
    has_model = any(file.suffix == ".sql" for file in made.files)
    address = made.contract.connector.get("url") or made.contract.connector.get("location") or made.contract.location
    said = [""]
    if is_copy and test:
        said.append(
            "The fixture is a copy of your sample: it must be synthetic 模拟, or cleared, before it is committed."
        )
    said += ["next:", f"  .venv/bin/riskmap feeds check {contract}"]
    if places.contracts != registry.folder():
        said.append(f"  export RISKMAP_FEEDS={places.contracts}")
    said += [f"  .venv/bin/pytest -q {test}"] if test else []
    said += ["  .venv/bin/python -m feeds.derive > dbt/models/staging/_landing__sources.yml"]
    said += ["  .venv/bin/python -m feeds.clocks > dbt/models/intermediate/int_feed__clock.sql"] if has_model else []
    said += ["  .venv/bin/python -m riskmap.dictionary", "  .venv/bin/python -m riskmap.connector_pages"]
    said += [f"  set {address} in $RISKMAP_HOME/env"] if "${" in str(address) else []
    return [*said, f"  .venv/bin/riskmap feeds enable {feed}", "  .venv/bin/riskmap up"]
