"""YAML -> Contract, refusing with file and line whatever a later stage could not check."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from feeds.contract import PHYSICAL_TYPES, Clock, Column, Contract, Rule, Severity, Table
from feeds.lines import ContractProblem, LineMap, Path, load_with_lines

_DURATION = re.compile(r"^P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?$")
_UNITS_S = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_SEVERITIES: tuple[Severity, ...] = ("critical", "error", "warning", "info")
_EXPECTED_KINDS = ("polls", "entity_slots")
_SHARES = ("target", "availability_full", "availability_low")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_PAYLOAD_NAMES = re.compile(r"[\w.*?-]+", re.ASCII)


def read(file: FilePath) -> Contract:
    """Read one contract. Raises ContractProblem naming the line that lacks something."""
    text = file.read_text(encoding="utf-8")
    try:
        document, lines = load_with_lines(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = f"not valid YAML: {getattr(error, 'problem', error)}"
        raise ContractProblem(file.name, mark.line + 1 if mark else 1, what, "correct the YAML") from error
    if not isinstance(document, Mapping):
        raise ContractProblem(file.name, 1, "the file holds no mapping", "write an ODCS data contract")
    return _Reader(file, document, lines, hashlib.sha256(text.encode()).hexdigest()).contract()


class _Reader:
    """Reads one document; keeps the path in hand so that every refusal can name its line."""

    def __init__(self, file: FilePath, document: Mapping[str, Any], lines: LineMap, sha256: str) -> None:
        self.file, self.document, self.lines, self.sha256 = file, document, lines, sha256
        self.custom = self._custom_properties()

    def refuse(self, path: Path, what: str, remedy: str) -> ContractProblem:
        return ContractProblem(self.file.name, self.lines.of(path), what, remedy)

    def contract(self) -> Contract:
        document = self.document
        tables = tuple(self.table(i, t) for i, t in enumerate(self.sequence(document.get("schema"), ("schema",))))
        if not tables:
            raise self.refuse(("schema",), "the contract has no table", "describe at least one object under 'schema'")
        latency = self.sla("latency", "how late a record may be")
        contract = Contract(
            id=self.text(("id",), "an id"),
            name=self.text(("name",), "a name"),
            version=self.text(("version",), "a version"),
            domain=self.text(("domain",), "a domain"),
            department=str(self.custom_value("department", "which department 部门 owns the feed")),
            owner=self.text(("team", "name"), "an owner (team.name)"),
            description=self.text(("description", "purpose"), "a purpose (description.purpose)"),
            frequency_s=self.seconds("frequency", "how often the feed comes (its cadence)"),
            latency_s=self.seconds("latency", "how late a record may be"),
            latency_element=str(latency.get("element", "")),
            retention=self.retention(),
            clock=self.clock(),
            crs=str(self.custom_value("crs", "the coordinate reference system of its positions")),
            expected=self.expected(tables),
            closing=self.custom.get("closing", {}),
            full_list=self.full_list(),
            history=self.history(),
            connector=self.connector(),
            location=self.location(),
            enabled=self.enabled(),
            is_public="public" in self.sequence(document.get("tags"), ("tags",)),
            tables=tables,
            document=document,
            sha256=self.sha256,
            file=self.file.name,
        )
        self.check_references(contract)
        return contract

    # -- small readers -----------------------------------------------------------------------------------

    def text(self, path: Path, needed: str) -> str:
        value: Any = self.document
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is None or not str(value).strip():
            raise self.refuse(path, f"the contract lacks {needed}", f"add '{'.'.join(map(str, path))}'")
        return str(value)

    def sequence(self, value: Any, path: Path) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.refuse(path, f"'{path[-1]}' is not a list", "write it as a YAML list")
        return value

    def _custom_properties(self) -> dict[str, Any]:
        entries = self.sequence(self.document.get("customProperties"), ("customProperties",))
        return {str(e.get("property")): e.get("value") for e in entries if isinstance(e, Mapping)}

    def custom_value(self, name: str, meaning: str) -> Any:
        value = self.custom.get(name)
        if value in (None, "", {}):
            what = f"the contract lacks customProperties '{name}': {meaning}"
            raise self.refuse(("customProperties",), what, f"add {{property: {name}, value: ...}}")
        return value

    def sla(self, name: str, meaning: str) -> Mapping[str, Any]:
        for entry in self.sequence(self.document.get("slaProperties"), ("slaProperties",)):
            if isinstance(entry, Mapping) and entry.get("property") == name:
                return entry
        what = f"the contract lacks slaProperties '{name}': {meaning}"
        raise self.refuse(("slaProperties",), what, f"add {{property: {name}, value: 300, unit: s}}")

    def seconds(self, name: str, meaning: str) -> float:
        entry = self.sla(name, meaning)
        unit, value = str(entry.get("unit", "")), entry.get("value")
        if unit not in _UNITS_S or not isinstance(value, int | float) or value <= 0:
            what = f"slaProperties '{name}' is not a positive number of {', '.join(_UNITS_S)}"
            raise self.refuse(("slaProperties",), what, "write for example {value: 300, unit: s}")
        return float(value) * _UNITS_S[unit]

    def retention(self) -> str:
        entry = self.sla("retention", "how long its records are kept")
        return f"{entry.get('value')} {entry.get('unit', '')}".strip()

    def history(self) -> timedelta:
        text = str(self.custom.get("history", "PT0S"))
        match = _DURATION.match(text)
        if not match or text in ("P", "PT"):
            remedy = "write it like P1D or PT2H"
            raise self.refuse(("customProperties",), f"history '{text}' is not an ISO 8601 duration", remedy)
        return timedelta(**{unit: int(value) for unit, value in match.groupdict(default="0").items()})

    def connector(self) -> Mapping[str, Any]:
        value = self.custom_value("connector", "how the source is reached and in which format it speaks")
        for part in ("transport", "format"):
            if not isinstance(value, Mapping) or not value.get(part):
                what = f"customProperties 'connector' lacks '{part}'"
                raise self.refuse(("customProperties",), what, "name transport and format")
        return dict(value)

    def location(self) -> str:
        servers = self.sequence(self.document.get("servers"), ("servers",))
        server = servers[0] if servers and isinstance(servers[0], Mapping) else {}
        location = server.get("location") or server.get("path")
        if not location:
            what = "the contract lacks a server with a location or path"
            raise self.refuse(("servers",), what, "add the source under 'servers'")
        return str(location)

    def enabled(self) -> bool:
        value = self.custom.get("enabled", True)
        if not isinstance(value, bool):
            what = f"customProperties 'enabled' is {value!r}, neither true nor false"
            raise self.refuse(("customProperties",), what, "write {property: enabled, value: false}")
        return value

    def full_list(self) -> str | None:
        value = self.custom.get("full_list")
        if value is not None and (not isinstance(value, str) or not _PAYLOAD_NAMES.fullmatch(value)):
            what = f"customProperties 'full_list' is {value!r}, not a pattern of payload names"
            raise self.refuse(("customProperties",), what, "use letters, digits and . _ - with the wildcards * and ?")
        return value

    def clock(self) -> Clock:
        value = self.custom_value("clock", "which columns are its clocks and the zone of naive times")
        for part in ("event", "issued", "zone"):
            if not isinstance(value, Mapping) or not value.get(part):
                what = f"customProperties 'clock' lacks '{part}'"
                raise self.refuse(("customProperties",), what, "write {event: column, issued: column, zone: Area/City}")
        try:
            ZoneInfo(str(value["zone"]))
        except (ZoneInfoNotFoundError, ValueError) as error:
            what = f"'{value['zone']}' is not a time zone"
            raise self.refuse(("customProperties",), what, "use a name such as Asia/Shanghai") from error
        return Clock(
            event=str(value["event"]),
            issued=str(value["issued"]),
            zone=str(value["zone"]),
            max_future_s=float(value.get("max_future_s", 600)),
        )

    def expected(self, tables: tuple[Table, ...]) -> Mapping[str, Any]:
        value = self.custom_value("expected", "what must arrive, so that coverage can be counted")
        kind = value.get("kind") if isinstance(value, Mapping) else None
        if kind not in _EXPECTED_KINDS:
            what = f"customProperties 'expected' has no known kind ({', '.join(_EXPECTED_KINDS)})"
            raise self.refuse(("customProperties",), what, "write {kind: polls}")
        if kind == "entity_slots":
            register = next((t for t in tables if t.name == value.get("register")), None)
            interval = value.get("every_s") or value.get("transfer_times")
            if register is None or register.column(str(value.get("entity"))) is None or not interval:
                what = "entity_slots need 'register' (a table), 'entity' (its column), 'every_s' or 'transfer_times'"
                raise self.refuse(("customProperties",), what, "complete customProperties 'expected'")
        self.check_transfer_times(value.get("transfer_times"))
        self.check_shares(value)
        return dict(value)

    def check_transfer_times(self, times: Any) -> None:
        if times is None:
            return
        good = isinstance(times, list) and all(isinstance(t, str) and _TIME_OF_DAY.fullmatch(t) for t in times)
        if not good or not times or len(set(times)) < len(times):
            what = f"expected.transfer_times {times} are not different times of the day"
            remedy = 'write them with two digits and in quotes: ["08:00", "20:00"]'
            raise self.refuse(("customProperties",), what, remedy)

    def check_shares(self, expected: Mapping[str, Any]) -> None:
        shares = {name: expected[name] for name in _SHARES if name in expected}
        for name, share in shares.items():
            if not isinstance(share, int | float) or isinstance(share, bool) or not 0 < share <= 1:
                what = f"expected.{name} is {share}, no share above 0 and up to 1"
                raise self.refuse(("customProperties",), what, f"write for example {name}: 0.8")
        if len({"availability_low", "availability_full"} & set(shares)) == 1:
            what = "expected names one of availability_low and availability_full"
            raise self.refuse(("customProperties",), what, "name both, or neither")
        if shares.get("availability_low", 0) > shares.get("availability_full", 1):
            what = "expected.availability_low is above availability_full"
            raise self.refuse(("customProperties",), what, "exchange them")

    # -- tables ------------------------------------------------------------------------------------------

    def table(self, index: int, raw: Mapping[str, Any]) -> Table:
        path: Path = ("schema", index)
        name = str(raw.get("name", ""))
        physical = str(raw.get("physicalName", ""))
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or physical != f"landing.{name}":
            what = f"table '{name}' needs a snake_case name and physicalName landing.<name>"
            raise self.refuse(path, what, "correct name and physicalName")
        columns = tuple(
            self.column((*path, "properties", i), c)
            for i, c in enumerate(self.sequence(raw.get("properties"), (*path, "properties")))
        )
        table = Table(
            name=name,
            physical_name=physical,
            title=str(raw.get("businessName", name)),
            description=str(raw.get("description", "")),
            columns=columns,
            rules=tuple(self.rules((*path, "quality"), raw.get("quality"), None)),
        )
        if not table.key:
            what = f"table '{name}' has no key"
            raise self.refuse(path, what, "mark at least one property with primaryKey: true and primaryKeyPosition")
        return table

    def column(self, path: Path, raw: Mapping[str, Any]) -> Column:
        name, physical = str(raw.get("name", "")), str(raw.get("physicalType", ""))
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise self.refuse(path, f"column '{name}' is not snake_case", "rename it")
        if physical not in PHYSICAL_TYPES:
            what = f"column '{name}' has physicalType '{physical}'"
            raise self.refuse(path, what, f"use one of {', '.join(sorted(PHYSICAL_TYPES))}")
        options = raw.get("logicalTypeOptions") or {}
        if physical == "timestamptz" and not options.get("defaultTimezone"):
            what = f"column '{name}' is a time without a zone"
            raise self.refuse(path, what, "add logicalTypeOptions: {timezone: true, defaultTimezone: Asia/Shanghai}")
        return Column(
            name=name,
            physical_type=physical,
            title=str(raw.get("businessName", name)),
            description=str(raw.get("description", "")),
            required=bool(raw.get("required", False)),
            key_position=raw.get("primaryKeyPosition", 1) if raw.get("primaryKey") else None,
            minimum=options.get("minimum"),
            maximum=options.get("maximum"),
            zone=options.get("defaultTimezone"),
            rules=tuple(self.rules((*path, "quality"), raw.get("quality"), name)),
        )

    def rules(self, path: Path, raw: Any, column: str | None) -> list[Rule]:
        rules: list[Rule] = []
        for index, entry in enumerate(self.sequence(raw, path)):
            implementation = entry.get("implementation") if isinstance(entry, Mapping) else None
            severity = entry.get("severity") if isinstance(entry, Mapping) else None
            if not isinstance(implementation, Mapping) or entry.get("engine") != "greatExpectations":
                what = "a quality rule is not a greatExpectations expectation"
                raise self.refuse(
                    (*path, index), what, "write engine: greatExpectations and implementation: {type, kwargs}"
                )
            if severity not in _SEVERITIES:
                what = f"a quality rule has severity '{severity}'"
                raise self.refuse((*path, index), what, f"use one of {', '.join(_SEVERITIES)}")
            rules.append(
                Rule(str(implementation.get("type")), dict(implementation.get("kwargs") or {}), severity, column)
            )
        return rules

    def check_references(self, contract: Contract) -> None:
        """Names that point at tables and columns must hit one."""
        table_name, _, column_name = contract.latency_element.partition(".")
        table = next((t for t in contract.tables if t.name == table_name), None)
        if table is None or table.column(column_name) is None:
            what = (
                f"slaProperties 'latency' names '{contract.latency_element}', which is no table.column of the contract"
            )
            raise self.refuse(("slaProperties",), what, "write element: table.column")
        for role, name in (("event", contract.clock.event), ("issued", contract.clock.issued)):
            if table.column(name) is None:
                what = f"clock.{role} names column '{name}', which table '{table.name}' does not have"
                raise self.refuse(("customProperties",), what, "name a column of the main table")
