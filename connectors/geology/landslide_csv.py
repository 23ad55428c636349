"""Tables of landslides that happened and of sites where one is feared; the header tells which of them a file is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from connectors.arrow import to_table
from connectors.clock import BEIJING, zone_named
from connectors.duplicates import last_wins
from connectors.geology import hazard_site_sheet, landslide_catalogue
from connectors.geology.landslide import (
    HAZARD_SITE,
    HAZARD_SITE_KEY,
    HAZARD_SITE_SCHEMA,
    LANDSLIDE,
    LANDSLIDE_KEY,
    LANDSLIDE_SCHEMA,
)
from connectors.geology.slope_table import FORMAT, Table, recognise
from connectors.model import About, Drift, Parsed, Payload, Reject
from connectors.person import salt_of
from connectors.refusal import RefusedError
from connectors.sheet import Sheet, read_sheets
from connectors.telling import ENCODING, SHEET_NOT_READ, Told
from connectors.text import UndecodableError

ABOUT = About(
    title="Landslide catalogues and hazard-site inventories 滑坡编目, 地质灾害隐患点台账, CSV or XLSX",
    reads="NASA's Global Landslide Catalog and COOLR exports -> `landslide`; inventories of sites -> `hazard_site`.",
    quirks=(
        "Three generations of NASA's column names; dates month first, with 12-hour clocks or two-digit years too.",
        "Midnight means that only the day is known: `event_precision` says day or minute.",
        "Words are lower snake_case (`Debris flow` -> `debris_flow`); an accuracy such as 5km also as a number.",
        "A date of editing that is none (columns that slipped) is kept in `extra`; the landslide lands.",
        "Inventories: degrees may have minutes; property and volume in 万, or in 元 and m³ if the header says so.",
        "Persons land as salted hashes, only where the contract gives a salt; telephones are not landed at all.",
    ),
    limits=(
        "Catalogues do not say in which zone an event's time is: it is read in `event_zone` (default UTC).",
        "[K] Inventories have no published column list: the headers are the usual words, others are kept and told.",
        "A site without a date of update counts as updated when the file was fetched.",
    ),
    verified=("a recorded export of 6,219 landslides", "own fixtures for inventories"),
)


class LandslideCsvParser:
    """Options: ``event_zone`` of a catalogue; ``zone``, ``crs`` and ``salt`` (of persons) of an inventory."""

    format = FORMAT
    tables: Mapping[str, pa.Schema] = {LANDSLIDE: LANDSLIDE_SCHEMA, HAZARD_SITE: HAZARD_SITE_SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        rows: dict[str, list[dict[str, Any]]] = {LANDSLIDE: [], HAZARD_SITE: []}
        rejects: list[Reject] = []
        told = Told()
        try:
            tables = _recognised(read_sheets(payload.body, FORMAT), told)
        except UndecodableError as error:
            return Parsed({}, [Reject("payload", f"{FORMAT}.encoding", str(error))])
        except RefusedError as error:
            return Parsed({}, [Reject("payload", error.rule, str(error))])
        event_zone = zone_named(options.get("event_zone", "Etc/UTC"))
        zone = zone_named(options.get("zone", BEIJING))
        crs, salt = str(options.get("crs") or "EPSG:4490"), salt_of(options)
        for name, table in tables:
            inventory = hazard_site_sheet.Inventory(table, payload.fetched_at, zone, crs, salt)
            for where, raw, row in table.read():
                try:
                    if isinstance(row, RefusedError):
                        raise row
                    if name == LANDSLIDE:
                        rows[name].append(landslide_catalogue.record(row, event_zone, told))
                    else:
                        rows[name].append(hazard_site_sheet.record(row, inventory, told))
                except RefusedError as error:
                    rejects.append(Reject(where, error.rule, str(error), name, _without_persons(raw)))
        kept, drift = _distinct(rows)
        return Parsed(kept, rejects, [*told.drift(), *drift])


PARSER = LandslideCsvParser()


def _recognised(sheets: list[Sheet], told: Told) -> list[tuple[str, Table]]:
    """What each sheet is; sheets that are neither (instructions, code lists) are told as drift."""
    found: list[tuple[str, Table]] = []
    for sheet in sheets:
        for name, known in ((LANDSLIDE, landslide_catalogue), (HAZARD_SITE, hazard_site_sheet)):
            if table := recognise(sheet, known.ALIASES, known.REQUIRED):
                found.append((name, table))
                if sheet.codec not in (None, "utf-8"):
                    told.add(name, ENCODING, sheet.codec)
                break
        else:
            told.add(LANDSLIDE, SHEET_NOT_READ, sheet.title, len(sheet.rows))
    if not found:
        reason = (
            "the header is neither that of a landslide catalogue (event_id, event_date, landslide_category, longitude, "
            "latitude) nor that of an inventory of sites (统一编号, 灾害类型, 经度, 纬度)"
        )
        raise RefusedError(f"{FORMAT}.header", reason)
    return found


def _without_persons(raw: dict[str, Any]) -> dict[str, Any]:
    """The raw record as quarantine may keep it: without names and telephones."""
    return {name: value for name, value in raw.items() if not hazard_site_sheet.is_personal(name)}


def _distinct(rows: Mapping[str, list[dict[str, Any]]]) -> tuple[dict[str, pa.Table], list[Drift]]:
    kinds = ((LANDSLIDE, LANDSLIDE_KEY, LANDSLIDE_SCHEMA), (HAZARD_SITE, HAZARD_SITE_KEY, HAZARD_SITE_SCHEMA))
    kept: dict[str, pa.Table] = {}
    drift: list[Drift] = []
    for name, key, schema in kinds:
        distinct, repeated = last_wins(rows[name], key, name)
        if distinct:
            kept[name] = to_table(schema, distinct)
        drift += repeated
    return kept, drift
