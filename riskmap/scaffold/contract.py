"""The contract of a new feed as the text of its file."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

import feeds
from riskmap.scaffold.mapping import Observations, head
from riskmap.scaffold.parts import Parts
from riskmap.scaffold.record import OwnTable, Target
from riskmap.scaffold.request import Request
from riskmap.scaffold.sample import Sample
from riskmap.scaffold.text import flow, item, line

_MODEL = Path(feeds.__file__).parent / "water_regime.yml"
"""The shipped contract from which the shared tables are taken, column by column."""
_LOGICAL = {"text": "string", "double precision": "number", "integer": "integer", "bigint": "integer"} | {
    "boolean": "boolean", "timestamptz": "timestamp", "jsonb": "object",
}  # fmt: skip
_DEGREES = {"longitude": (73, 136, 180), "latitude": (3, 54, 90)}
"""Column -> the range of China and the largest there is."""
_TITLES = {
    "event_at": "发生时间",
    "issued_at": "上报时间",
    "updated_at": "更新时间",
    "longitude": "经度",
    "latitude": "纬度",
}


def contract_text(request: Request, sample: Sample, parts: Parts) -> str:
    """The whole file. Which kind of record it is says the request, or else the parts of the sample."""
    profile = head(request, sample, parts)
    if (request.kind or parts.kind) == "observation":
        plan = Observations(request, sample, parts)
        tables, profile = _shared(request, parts, plan.has_stations), profile + plan.lines()
        main, event, issued = "observation", "event_at", "issued_at"
    else:
        own = OwnTable(request, parts, len(sample.cells))
        tables, profile = _own(request, parts, own), profile + own.lines()
        main, event, issued = request.id, own.event, own.issued
    clock = {"event": event, "issued": issued, "zone": request.zone, "max_future_s": 600}
    lines = [
        *_beginning(request, sample),
        "schema:",
        *tables,
        *_promises(request, f"{main}.{event}"),
        *_connector(request, sample),
    ]
    return "\n".join([*lines, *profile, *_end(request, clock)]) + "\n"


def _beginning(request: Request, sample: Sample) -> list[str]:
    where = {"path" if request.transport == "files" else "location": request.address}
    kind = "local" if request.transport == "files" else "custom"
    return [
        line(0, "apiVersion", "v3.1.0"),
        line(0, "kind", "DataContract"),
        line(0, "id", request.id),
        line(0, "name", request.name, "" if request.title else "name it in Chinese and English"),
        line(0, "version", "1.0.0"),
        line(0, "status", "draft", "active once it is in use"),
        line(0, "domain", request.domain),
        line(0, "tenant", "demo-county"),
        line(0, "description"),
        line(2, "purpose", f"Records of {request.name}.", "what are they for?"),
        line(2, "usage", "Not used yet.", "which tables and metrics need it?"),
        line(2, "limitations", "Made from a sample: what it does not show is not known [K]."),
        line(0, "tags", [_department(request), request.domain]),
        line(0, "servers"),
        *(
            line(4, name, value).replace("    ", "  - ", 1) if name == "server" else line(4, name, value)
            for name, value in {
                "server": "source", "type": kind, "environment": "demo", **where,
                "format": "json" if "json" in sample.suffix else "csv",
                "description": "the source, described by the sample in tests/fixtures/feeds",
            }.items()
        ),
    ]  # fmt: skip


def _promises(request: Request, element: str) -> list[str]:
    return [
        line(0, "team"),
        line(2, "name", _department(request), "the office that owns the feed"),
        line(2, "members", []),
        line(0, "slaProperties"),
        item(2, {"property": "frequency", "value": request.every_s, "unit": "s"}, "how often does it come?"),
        item(
            2,
            {"property": "latency", "value": request.latency_s, "unit": "s", "element": element},
            "how late may it be?",
        ),
        item(2, {"property": "retention", "value": 10, "unit": "y"}),
    ]


def _department(request: Request) -> str:
    return request.department or "应急"


def _connector(request: Request, sample: Sample) -> list[str]:
    """The transport's options; the profile comes right below them."""
    options: dict[str, Any] = {"transport": request.transport, "format": "mapped"}
    checks: dict[str, str] = {}
    if request.transport == "http":
        options["walk"] = "single"
    elif request.transport == "files":
        options |= {
            "location": request.address,
            "pattern": f"*.{sample.suffix}",
            "patience_s": 600,
            "acknowledge": "keep",
        }
    elif request.transport == "http_push":
        options["path"] = f"/{request.id}"
        if "json" not in sample.suffix:
            options["media_types"] = ["text/csv", "text/tab-separated-values", "text/plain"]
    else:
        options |= {"url": request.address, "topics": [f"{request.id}/#"], "client_id": f"riskmap-{request.id}"}
        checks["topics"] = "the topics that the source publishes to"
    department = "" if request.department else "which department 部门 owns it?"
    return [
        line(0, "customProperties"),
        item(2, {"property": "department", "value": _department(request)}, department),
        item(2, {"property": "enabled", "value": False}, "true if every installation runs it"),
        "  - property: connector",
        "    value:",
        *(line(6, name, value, checks.get(name, "")) for name, value in options.items()),
        "      profile:",
    ]


def _end(request: Request, clock: Mapping[str, Any]) -> list[str]:
    return [
        item(2, {"property": "clock", "value": dict(clock)}),
        item(2, {"property": "crs", "value": request.crs}),
        item(2, {"property": "expected", "value": {"kind": "polls"}}, "entity_slots if every station owes a record"),
        item(2, {"property": "history", "value": "PT0S"}, "what the source holds at the first pull, such as P1D"),
    ]


# -- tables ------------------------------------------------------------------------------------------------------


def _shared(request: Request, parts: Parts, has_stations: bool) -> list[str]:
    """Tables that all feeds share, with the columns that they have in every contract."""
    document = yaml.safe_load(_MODEL.read_text(encoding="utf-8"))
    known = {table["name"]: table for table in document["schema"]}
    chosen = [known[name] for name in ("station", "observation") if name == "observation" or has_stations]
    lines: list[str] = []
    for table in chosen:
        said = {
            "station": "One row per station.",
            "observation": "One row per station, variable and time of observation.",
        }
        lines += _table_head(table["name"], table["businessName"], said[table["name"]])
        for column in table["properties"]:
            own = {name: part for name, part in column.items() if name != "quality"}
            if own["physicalType"] == "timestamptz":
                own["logicalTypeOptions"] = {"timezone": True, "defaultTimezone": request.zone}
            lines.append(item(6, _placed(own, parts) if own["name"] in _DEGREES else own))
    return lines


def _own(request: Request, parts: Parts, own: OwnTable) -> list[str]:
    lines = _table_head(request.id, request.name, f"One row per {' and '.join(own.key)}.", "what is one record?")
    return lines + [_own_column(target, request, parts, own) for target in own.columns]


def _own_column(target: Target, request: Request, parts: Parts, own: OwnTable) -> str:
    sent = " and ".join(source.name for source in target.sources)
    column: dict[str, Any] = {
        "name": target.name,
        "businessName": _TITLES.get(target.name) or sent or target.name,
        "logicalType": _LOGICAL[target.kind],
        "physicalType": target.kind,
    }
    check = target.check
    if target.name in own.key:
        column |= {"required": True, "primaryKey": True, "primaryKeyPosition": own.key.index(target.name) + 1}
        sure = "" if own.is_sure and len(own.key) == 1 else "is it the key?"
        check = "; ".join(said for said in (sure, check) if said)
    if target.kind == "timestamptz":
        column["logicalTypeOptions"] = {"timezone": True, "defaultTimezone": request.zone}
    column["description"] = f"{sent} of the source" if sent else "not in the sample"
    return item(6, _placed(column, parts) if target.name in _DEGREES else column, check)


def _placed(column: Mapping[str, Any], parts: Parts) -> dict[str, Any]:
    """Bounds of China unless the sample lies elsewhere; required only where every record of the sample has a place."""
    low, high, largest = _DEGREES[str(column["name"])]
    place = parts.place or ()
    sent = [float(value) for c in place[column["name"] == "latitude" :][:1] for value in c.values]
    inside = all(low <= value <= high for value in sent)
    bounds = {"minimum": low, "maximum": high} if inside else {"minimum": -largest, "maximum": largest}
    found = {name: part for name, part in column.items() if name != "required"}
    return found | {"logicalTypeOptions": bounds, "description": "degrees, WGS 84"}


def _table_head(name: str, title: str, said: str, check: str = "") -> list[str]:
    return [
        f"  - name: {flow(name)}",
        line(4, "physicalName", f"landing.{name}"),
        line(4, "physicalType", "table"),
        line(4, "businessName", title),
        line(4, "description", said, check),
        line(4, "dataGranularityDescription", said),
        "    properties:",
    ]


def checks_of(text: str) -> Iterable[tuple[int, str]]:
    """(line, what to look at) of everything that was guessed."""
    for number, written in enumerate(text.splitlines(), 1):
        _, mark, said = written.partition("  # check: ")
        if mark:
            yield number, textwrap.shorten(said, 100)
