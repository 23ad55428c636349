"""Tables and JSON documents whose meaning is declared: a mapping profile -> any table.

With a profile (in the contract or shipped) documents are read by it. Without one, a document is read by the one
shipped profile whose columns it shows; if none or several fit it is rejected, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from connectors.arrow import to_table
from connectors.clock import BEIJING
from connectors.declared.columns import Target, of_contract
from connectors.declared.document import Body, Document, Record, open_document
from connectors.declared.profile import Profile
from connectors.declared.profiles import check_table, own_target, profile_of, shipped
from connectors.declared.rows import TableRows
from connectors.declared.values import Reader, zone_of
from connectors.errors import ConfigurationError
from connectors.model import About, Drift, Parsed, Parser, Payload, Reject
from connectors.refusal import RefusedError
from connectors.telling import ENCODING

FORMAT = "mapped"


class MappedParser:
    """One profile, bound to the tables of its feed (or, without a feed, to its own)."""

    format = FORMAT

    def __init__(self, profile: Profile, feed_tables: Mapping[str, Any] | None = None) -> None:
        self.profile = profile
        self.targets = _targets(profile, feed_tables)
        self.tables: Mapping[str, pa.Schema] = {name: target.schema for name, target in self.targets.items()}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        try:
            return self.read(Body(payload), options)
        except RefusedError as error:
            return Parsed({}, [Reject("document", error.rule, str(error), next(iter(self.targets)))])

    def read(self, body: Body, options: Mapping[str, Any]) -> Parsed:
        """Raises RefusedError for what is no document of the profile."""
        zone = zone_of(str(options.get("zone") or self.profile.zone or BEIJING))
        tables: dict[str, pa.Table] = {}
        rejects: list[Reject] = []
        drift: list[Drift] = []
        for name, target in self.targets.items():
            document = open_document(body, self.profile.input)
            rows, refused, notes = TableRows(self.profile, target, Reader(self.profile, zone), document).read()
            rejects += refused
            drift += notes
            if rows:
                tables[name] = to_table(target.schema, rows)
        if document.codec not in (None, "utf-8"):
            drift.append(Drift(name, ENCODING, 1, document.codec))
        return Parsed(tables, rejects, drift)


class RecognisingParser:
    """Reads what shows by its columns of which shipped profile it is; ``tables`` are those of all of them."""

    format = FORMAT

    def __init__(self) -> None:
        self.parsers = [MappedParser(profile) for profile in shipped() if profile.recognise]
        self.tables: Mapping[str, pa.Schema] = {
            name: schema for parser in self.parsers for name, schema in parser.tables.items()
        }

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        body = Body(payload)
        try:
            _ = body.decoded if not payload.body.startswith(b"PK\x03\x04") else None
            fitting = [parser for parser in self.parsers if recognises(parser.profile, body)]
            if len(fitting) == 1:
                return fitting[0].read(body, options)
        except RefusedError as error:
            return Parsed({}, [Reject("document", error.rule, str(error))])
        names = ", ".join(parser.profile.profile for parser in fitting or self.parsers)
        reason = f"several profiles fit: {names}; say which" if fitting else f"none of the profiles fits it: {names}"
        return Parsed({}, [Reject("document", "mapped.profile.several" if fitting else "mapped.profile.none", reason)])


def recognises(profile: Profile, body: Body) -> bool:
    """True if the document shows all that the profile is recognised by."""
    mark = profile.recognise
    if mark is None or (mark.name and not mark.name.search(body.payload.name)):
        return False
    try:
        if mark.first_line and not mark.first_line.search(body.decoded.text.partition("\n")[0]):
            return False
        document = open_document(body, profile.input)
        shown = set(document.columns if document.columns is not None else _first_keys(document, profile))
    except RefusedError:
        return False
    wanted = set(mark.columns)
    return shown == wanted if mark.exact else shown >= wanted


def _first_keys(document: Document, profile: Profile) -> list[str]:
    first = next(document.records(profile.input.records), None)
    return list(first.cells) if isinstance(first, Record) else []


def _targets(profile: Profile, feed_tables: Mapping[str, Any] | None) -> dict[str, Target]:
    if not feed_tables:
        return {name: own_target(profile.profile, name, mapping) for name, mapping in profile.tables.items()}
    if strange := sorted(set(feed_tables) - set(profile.tables)):
        raise ConfigurationError(
            f"The mapping profile {profile.profile} says nothing of the contract's table {', '.join(strange)}",
            remedy=f"map it, or keep to {', '.join(profile.tables)}",
        )
    targets = {name: of_contract(name, feed_tables[name]) for name in profile.tables if name in feed_tables}
    for name, target in targets.items():
        check_table(profile.profile, name, profile.tables[name], target)
    return targets


def parser_for(options: Mapping[str, Any]) -> Parser:
    """Options: ``profile`` (see profiles.profile_of), ``tables`` of the contract, ``zone`` of naive times.

    Raises ConfigurationError for a profile that is wrong or does not fill the contract's tables.
    """
    if options.get("profile") is None:
        return RecognisingParser()
    return MappedParser(profile_of(options["profile"]), options.get("tables"))


ABOUT = About(
    title="映射文件 / Mapped tables and JSON",
    reads="CSV, TSV, blank-separated and fixed-width text, XLSX, JSON and NDJSON whose columns a mapping profile "
    "(YAML, in the contract or in connectors/profiles) ties to the columns of any table.",
    quirks=(
        "wide tables become one observation per value; records that name their quantity are read as such",
        "values are converted to our units, what the source wrote stays in extra where it was changed",
        "times from several columns, from the file's name, as epoch or /Date(ms)/, with a zone per record if need be",
        "missing marks, decimal commas, thousands, values inside text such as (219)亿 by pattern and factor",
        "replies that tell of a failure in their body are failures",
        "columns that the profile does not know are kept in extra and told",
    ),
    limits=(
        "The own shapes (tailings ponds, slopes, hazchem tanks and gas points, gas and water networks, bridges) follow "
        "no public standard: none is known for them [K].",
        "Without a profile a document is read only if exactly one shipped profile fits.",
        "Files in which a row is a month of days (GHCN .dly), ARFF and NDK are no columns and are rejected.",
    ),
    verified=("recordings of third parties per shipped profile", "own fixtures for the own shapes"),
)
