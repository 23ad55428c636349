"""A feed held to its sample, without any warehouse: contract, parser and gate. Scaffolded tests ask it, too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from connectors.model import Payload
from connectors.registry import parser
from feeds.contract import Contract
from feeds.registry import resolve_known

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Trial:
    """``accepted``: rows per table that would land; ``refused``: a sentence per record or row that would not;
    ``told``: how often what the profile does not know, or a missing value, came (``table.field``)."""

    accepted: dict[str, int]
    refused: list[str]
    told: dict[str, int]


def try_file(contract: Contract, file: Path, *, fetched_at: datetime) -> Trial:
    """What would become of the file, had it been fetched then."""
    return try_bytes(contract, file.read_bytes(), file.name, fetched_at=fetched_at)


def try_bytes(contract: Contract, body: bytes, name: str, *, fetched_at: datetime) -> Trial:
    from expectations import gate  # loads Great Expectations

    options = resolve_known(contract.parser_options, {})
    parsed = parser(str(contract.connector["format"]), options).parse(Payload(body, name, name, fetched_at), options)
    refused = [f"{reject.where}: {reject.reason} ({reject.rule})" for reject in parsed.rejects]
    accepted: dict[str, int] = {}
    for table, frame in parsed.tables.items():
        fetched = pa.array([fetched_at] * frame.num_rows, pa.timestamp("us", tz="UTC"))
        verdict = gate.check(contract.table(table), frame.append_column("fetched_at", fetched), contract=contract)
        refused += [f"{table} row {failure.row}: {failure.reason} ({failure.rule})" for failure in verdict.failures]
        accepted[table] = verdict.kept.num_rows
    return Trial(accepted, refused, {f"{drift.table}.{drift.field}": drift.count for drift in parsed.drift})


def just_after(contract: Contract, body: bytes, name: str) -> datetime:
    """An hour at which everything in the sample has happened: a day after its last instant."""
    options = resolve_known(contract.parser_options, {})
    read = parser(str(contract.connector["format"]), options).parse(Payload(body, name, name, _EARLIEST), options)
    latest = _EARLIEST
    for frame in read.tables.values():
        for column in frame.columns:
            if pa.types.is_timestamp(column.type):
                latest = max([latest, *(value for value in column.to_pylist() if value is not None)])
    return latest.replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
