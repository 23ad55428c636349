"""The same parsers read what others recorded. The tables beside say per file what comes out of it, and why.

The recordings are real and do not belong to this repository; they are read where they lie, beside the checkout.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from connectors.formats import FORMATS
from connectors.model import Outcome, Parsed, Payload
from riskmap.parse import default_options
from tests.recorded import cap, enterprise, geology, water, weather
from tests.recorded.expected import Expected

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "recorded"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recorded files (../shared/data/recorded) are not here")
RECORDED: dict[str, Expected] = {
    name: expected
    for module in (cap, weather, water, geology, enterprise)
    for name, expected in module.RECORDED.items()
}
# Files that a second format reads, too: everything else must be REJECTED by every format but its own.
ALSO_READ = {
    # No features at all: nothing in it says what the features would have been.
    ("quake", "weather/nws_api_stations_observations_noprop.json"): Outcome.ACCEPTED,
}


def read(name: str, format_name: str, profile: str | None = None) -> Parsed:
    path = FOLDER / name
    payload = Payload(path.read_bytes(), path.name, path.name, datetime(2026, 8, 10, tzinfo=UTC))
    told = options(format_name, profile)
    return registry.parser(format_name, told).parse(payload, told)


@cache
def options(format_name: str, profile: str | None = None) -> dict[str, Any]:
    return default_options(format_name, profile)


def rows(name: str, table: str) -> list[dict[str, Any]]:
    return read(name, RECORDED[name].format).tables[table].to_pylist()


def all_files() -> list[str]:
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_file_gives_what_the_table_says(name: str) -> None:
    expected = RECORDED[name]
    parsed = read(name, expected.format, expected.profile)
    assert sorted(reject.rule for reject in parsed.rejects) == sorted(expected.rejects)
    assert {table: rows.num_rows for table, rows in parsed.tables.items() if rows.num_rows} == expected.tables
    assert {f"{seen.table}.{seen.field}": seen.count for seen in parsed.drift} == expected.drift
    assert parsed.outcome is expected.outcome


def test_the_table_names_every_recorded_file() -> None:
    about_them = {"PROVENANCE.md", "SHA256SUMS.txt"}
    assert set(all_files()) == set(RECORDED) | about_them


@pytest.mark.parametrize("format_name", sorted(FORMATS))
def test_no_recorded_file_crashes_a_parser_and_foreign_ones_are_rejected(format_name: str) -> None:
    names = all_files()
    assert names
    outcomes, expected = {}, {}
    for name in names:
        parsed = read(name, format_name)
        outcomes[name] = parsed.outcome
        own = RECORDED.get(name)
        home = own.outcome if own and own.format == format_name and own.profile is None else Outcome.REJECTED
        expected[name] = ALSO_READ.get((format_name, name), home)
        if parsed.outcome is Outcome.REJECTED:
            assert all(reject.rule and reject.reason for reject in parsed.rejects), name
    assert outcomes == expected


def test_three_files_speak_of_one_message() -> None:
    files = ("cap/earthquake.cap", "cap/tmp0000.cap", "cap/no_optional_fields.cap")
    keys = {(w["sender"], w["identifier"], w["sent_at"]) for name in files for w in rows(name, "warning")}
    assert len(keys) == 1


def test_text_outside_ascii_survives_every_encoding() -> None:
    [latin] = rows("cap/earthquake-iso8859-1.cap", "warning_info")
    assert latin["headline"] == "EQ 4.6 Usulután, Usulután, El Salvador - PRELIMINARY REPORT"
    [marked] = rows("cap/taiwan.cap", "warning_info")
    assert (marked["event"], marked["sender_name"]) == ("水庫洩洪", "水利署")


def test_times_are_instants() -> None:
    [warning] = rows("cap/kz-2.49.0.0.398.0-20250306-133701-0284797-00-EN.xml", "warning")
    assert warning["sent_at"] == datetime(2025, 3, 6, 13, 37, 1, tzinfo=UTC)
    assert warning["event_at"] == datetime(2025, 3, 6, 15, tzinfo=UTC)
    [swiss] = rows("cap/alertswiss-POA-1222963954-5.xml", "warning")
    assert swiss["sent_at"] == datetime(2025, 5, 20, 10, 41, tzinfo=UTC)


def test_references_name_the_messages_they_replace() -> None:
    [update] = rows("cap/NOAA_MultiplePolygons.txt", "warning")
    references = json.loads(update["reference_list"])
    assert len(references) == 8
    assert references[0] == "w-nws.webmaster@noaa.gov,NWS-IDP-PROD-4410291-3675936,2020-08-25T10:32:00-05:00"
    [cancel] = rows("cap/no_info_tag.cap", "warning")
    assert (cancel["msg_type"], len(json.loads(cancel["reference_list"]))) == ("Cancel", 1)


def test_geometry_comes_from_what_the_area_has() -> None:
    with_areas = [name for name, e in RECORDED.items() if e.format == "cap" and "warning_area" in e.tables]
    sources = {name: {area["geometry_source"] for area in rows(name, "warning_area")} for name in with_areas}
    assert {name for name, found in sources.items() if "polygon" in found} == {
        "cap/NOAA_MultiplePolygons.txt",
        "cap/alertswiss-POA-1222963954-5.xml",
        "cap/canada.cap",
        "cap/canada_errors.cap",
        "cap/gdacs-cap_1001150.xml",
        "cap/iceland_met_office.cap",
        "cap/kz-2.49.0.0.398.0-20250306-133701-0284797-00-EN.xml",
        "cap/noaa-2.49.0.1.840.0.bde6c30c43ead9c23c42bea7977652a7de76d87d.002.1.xml",
        "cap/ph.cap",
    }
    assert {name for name, found in sources.items() if "circle" in found} == {
        "cap/australia.cap",
        "cap/earthquake-iso8859-1.cap",
        "cap/earthquake.cap",
        "cap/tmp0000.cap",
    }
    assert {name for name, found in sources.items() if "none" in found} == {"cap/sweden.cap"}
    [area] = rows("cap/NOAA_MultiplePolygons.txt", "warning_area")
    assert area["area_wkt"].startswith("MULTIPOLYGON(((-92.619 30.094,-92.625 30.091,")
    assert area["area_wkt"].count(")),((") == 1
    [large] = rows("cap/noaa-2.49.0.1.840.0.bde6c30c43ead9c23c42bea7977652a7de76d87d.002.1.xml", "warning_area")
    assert large["area_wkt"].count(")),((") == 17


def test_colours_are_coded_or_follow_from_the_severity() -> None:
    names = ("cap/iceland_met_office.cap", "cap/NOAA_MultiplePolygons.txt", "cap/earthquake.cap")
    found = {name: {(i["colour"], i["colour_source"]) for i in rows(name, "warning_info")} for name in names}
    assert found == {
        "cap/iceland_met_office.cap": {("yellow", "parameter")},
        "cap/NOAA_MultiplePolygons.txt": {("red", "severity")},
        "cap/earthquake.cap": {("unknown", "none")},
    }


def test_what_cap_does_not_know_is_kept() -> None:
    areas = rows("cap/sweden.cap", "warning_area")
    assert json.loads(areas[1]["extra"]) == {
        "Type": ["Municipality"],
        "Polygon": [{"Polygon": [{"Polygons": ["17.166667,60.666667"]}]}],
    }


def test_the_recorded_mine_snapshot_is_read_completely() -> None:
    name = "enterprise/licence-unclear/cn_coal_monitoring_places_A.json"
    places = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    sensors = [sensor for place in places for sensor in place.get("sensor") or []]
    assert (len(places), len(sensors)) == (73, 133)
    values = [sensor["allData"]["ssAnalogValue"] for sensor in sensors]
    assert len(rows(name, "observation")) == len([value for value in values if value is not None]) - 1


def test_what_breaks_the_schema_of_cap_is_told_and_what_keeps_it_is_not() -> None:
    """PROVENANCE.md says of every CAP 1.2 recording whether a schema validator took it; we must see the same."""
    verdicts = {}
    for line in (FOLDER / "PROVENANCE.md").read_text(encoding="utf-8").splitlines():
        name = line.split("`")[1] if line.startswith("| `cap/") else ""
        if "XSD 1.2: " in line:
            verdicts[name] = "XSD 1.2: valid" in line
    seen = {name: not any(_breaks_schema(name)) for name in verdicts}
    assert len(verdicts) >= 17
    assert seen == verdicts


def _breaks_schema(name: str) -> Iterator[str]:
    """What of a recording is against the schema: elements out of order, missing, repeated or unknown to CAP."""
    parsed = read(name, "cap")
    yield from (seen.field for seen in parsed.drift if not seen.field.startswith("colour"))
    yield from (reject.rule for reject in parsed.rejects if reject.rule == "cap.scope.missing")
