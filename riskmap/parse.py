"""Local files through a parser, without any database: what ``riskmap parse`` shows.

The feed's options (zone of naive times, names of colour parameters) come from the first contract that speaks the
format, so that a file is read here as it would be read from its source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, TypedDict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from connectors import registry as formats
from connectors.formats import FORMATS
from connectors.model import Outcome, Parsed, Parser, Payload, Reject, StreamParser
from feeds import registry as feeds
from riskmap.settings import variables_of

_ONE_RUN_SALT = token_hex(16)
"""Nothing of a report is kept, so persons need no lasting hash where the installation has no salt."""

WHOLE_BYTES = 32 * 1024 * 1024
"""A larger file is read in parts where its format can be: memory stays bounded."""
TOLD_REJECTS = 1_000


class FileReport(TypedDict):
    """What one file held; ``tables`` names only those with records. One line of ``riskmap parse --json``."""

    file: str
    format: str
    outcome: str  # ACCEPTED, PARTIAL or REJECTED
    tables: dict[str, int]
    drift: list[dict[str, Any]]  # table, field, count, example
    rejects: list[dict[str, str]]  # where, rule, reason


def default_options(format_name: str, profile: str | None = None) -> dict[str, Any]:
    """What a parser is told of no feed in particular: what the first contract of the format says, those that are
    enabled by themselves before the others, by id.

    Mapped documents are told ``profile``, or left to be recognised; uploads the tables of all contracts.
    """
    if format_name == "mapped":
        return {"profile": profile} if profile else {}
    variables = {"PERSON_SALT": _ONE_RUN_SALT, **variables_of()}
    speaking = [c for c in feeds.load_all().values() if c.connector.get("format") == format_name]
    speaking.sort(key=lambda contract: not contract.enabled)  # a stable sort: by id within
    found = [dict(feeds.resolve_known(contract.parser_options, variables)) for contract in speaking]
    if format_name == "upload" and found:
        return found[0] | {"tables": {name: table for options in found for name, table in options["tables"].items()}}
    if found and "salt" in FORMATS[format_name].options:  # of several parts of a format only one may name persons
        found[0].setdefault("salt", variables["PERSON_SALT"])
    return found[0] if found else {}


def parse_files(
    format_name: str, paths: Iterable[Path], options: Mapping[str, Any] | None = None
) -> Iterator[FileReport]:
    """One report per file, in order; a file that cannot be opened is REJECTED like one that cannot be read.

    ``options`` defaults to those of the format's contract. Raises ConfigurationError for an unknown format.
    """
    used = default_options(format_name) if options is None else options
    parser = formats.parser(format_name, used)
    for path in paths:
        yield _report(parser, path, used)


def exit_code(reports: Iterable[FileReport]) -> int:
    """1 if nothing could be read in any of the files, else 0."""
    return 0 if any(report["outcome"] != Outcome.REJECTED for report in reports) else 1


def print_table(reports: Sequence[FileReport], console: Console | None = None) -> None:
    """The reports for people: one line per file, then what was rejected and what the format does not know."""
    console = console or Console()
    table = Table("file", "outcome", "records", "drift", "rejects")
    for report in reports:
        records = ", ".join(f"{name} {count}" for name, count in report["tables"].items()) or "none"
        drift = str(sum(entry["count"] for entry in report["drift"]))
        table.add_row(escape(report["file"]), report["outcome"], records, drift, str(len(report["rejects"])))
    console.print(table)
    for report in reports:
        for reject in report["rejects"]:
            _line(console, f"{report['file']}: {reject['where']}: {reject['reason']} ({reject['rule']})")
        for entry in report["drift"]:
            example = f", e.g. {entry['example']}" if entry["example"] else ""
            _line(console, f"{report['file']}: {entry['table']}.{entry['field']} x {entry['count']}{example}")


def _report(parser: Parser, path: Path, options: Mapping[str, Any]) -> FileReport:
    try:
        return _as_report(parser.format, path, _parts(parser, path, options))
    except OSError as error:
        reason = f"the file cannot be opened: {error.strerror or error}"
        return _as_report(parser.format, path, [Parsed({}, [Reject("file", "file.unreadable", reason)])])


def _parts(parser: Parser, path: Path, options: Mapping[str, Any]) -> Iterator[Parsed]:
    """The file as its transport would hand it over; its time of change stands for the time of the fetch."""
    status = path.stat()
    head = Payload(b"", path.name, path.name, datetime.fromtimestamp(status.st_mtime, tz=UTC))
    if status.st_size > WHOLE_BYTES and isinstance(parser, StreamParser):
        with path.open("rb") as stream:
            yield from parser.parse_stream(stream, head, options)
    else:
        yield parser.parse(replace(head, body=path.read_bytes()), options)


def _as_report(format_name: str, path: Path, parts: Iterable[Parsed]) -> FileReport:
    """Drift is summed per table and field. Of very many rejects the first are told one by one, the others counted."""
    tables: Counter[str] = Counter()
    drift: dict[tuple[str, str], dict[str, Any]] = {}
    rejects: list[dict[str, str]] = []
    untold: Counter[str] = Counter()
    for parsed in parts:
        tables.update({name: table.num_rows for name, table in parsed.tables.items() if table.num_rows})
        for d in parsed.drift:
            entry = drift.setdefault(
                (d.table, d.field), {"table": d.table, "field": d.field, "count": 0, "example": d.example}
            )
            entry["count"] += d.count
        room = TOLD_REJECTS - len(rejects)
        rejects += [{"where": r.where, "rule": r.rule, "reason": r.reason} for r in parsed.rejects[:room]]
        untold.update(r.rule for r in parsed.rejects[room:])
    for rule, count in untold.items():
        rejects.append({"where": "file", "rule": rule, "reason": f"{count} more records are rejected by this rule"})
    outcome = Outcome.ACCEPTED if not rejects else Outcome.PARTIAL if tables else Outcome.REJECTED
    return {
        "file": str(path),
        "format": format_name,
        "outcome": outcome.value,
        "tables": dict(tables),
        "drift": list(drift.values()),
        "rejects": rejects,
    }


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
