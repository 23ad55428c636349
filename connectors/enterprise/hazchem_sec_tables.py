"""The tables of the double-prevention exchange (sec_*): what each field becomes.

Fields that the specification has and no column holds are kept in ``extra``; only fields that it does not have count as
drift. Tables of employees (files, places, alarms) are personal data: they are counted and not landed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from connectors.arrow import EXTRA, TIMESTAMP
from connectors.enterprise import hidden_danger_table

Kind = Literal["code", "text", "time", "deadline", "number", "integer", "flag", "word", "person", "ten_thousand"]
"""``code``: an id, the enterprise's code put in front; ``word``: a code list of hazchem_sec_words; ``person``: a hash;
``deadline``: a bare date means the end of that day; ``ten_thousand``: 万元, landed in yuan."""


@dataclass(frozen=True)
class Field:
    """``names``: spellings met, the specification's first; a row without a value that ``is_required`` is rejected."""

    column: str
    names: tuple[str, ...]
    kind: Kind = "text"
    is_required: bool = False


@dataclass(frozen=True)
class SecTable:
    """``signs``: a row with one of these fields is of this table, where nothing else names the table."""

    name: str
    landing: str
    schema: pa.Schema
    fields: tuple[Field, ...]
    signs: frozenset[str]
    kept: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        return self.fields[0].column


_TYPES: Mapping[Kind, pa.DataType] = {
    "time": TIMESTAMP,
    "deadline": TIMESTAMP,
    "number": pa.float64(),
    "ten_thousand": pa.float64(),
    "integer": pa.int32(),
    "flag": pa.bool_(),
}
_COMPANY = Field("enterprise_code", ("companyCode",), is_required=True)
_AUDIT = (
    Field("is_deleted", ("deleted",), "flag"),
    Field("created_at", ("createDate",), "time"),
    Field("updated_at", ("updateDate",), "time"),
)
_AUDIT_PERSONS = frozenset({"createBy", "updateBy", "createByMobile", "updateByMobile"})


def _table(name: str, landing: str, key: Field, *fields: Field, signs: set[str], **more: frozenset[str]) -> SecTable:
    every = (key, _COMPANY, *fields, *_AUDIT)
    schema = pa.schema([(field.column, _TYPES.get(field.kind, pa.string())) for field in every]).append(EXTRA)
    persons = more.get("persons", frozenset()) | _AUDIT_PERSONS
    return SecTable(name, landing, schema, every, frozenset(signs), more.get("kept", frozenset()), persons)


def _key(column: str, *names: str) -> Field:
    return Field(column, (*names, "id"), "code", is_required=True)


_HIDDEN_DANGER = SecTable(
    "sec_hidden_danger_info",
    hidden_danger_table.TABLE,
    hidden_danger_table.SCHEMA,
    (
        _key("danger_code"),
        _COMPANY,
        Field("danger_name", ("dangerName",)),
        Field("danger_level", ("dangerLevel",), "word", is_required=True),
        Field("category", ("hazardDangerType",), "word"),
        Field("source_kind", ("dangerSrc", "dangersSrc"), "word"),
        Field("description", ("dangerDesc",)),
        Field("reason", ("dangerReason",)),
        Field("registered_at", ("registTime",), "time", is_required=True),
        Field("deadline_at", ("dangerManageDeadline",), "deadline"),
        Field("accepted_at", ("checkAcceptTime",), "time"),
        Field("state", ("dangerState",), "word", is_required=True),
        Field("manage_type", ("dangerManageType",), "word"),
        Field("responsible_person_hash", ("liablePerson",), "person"),
        Field("accepted_by_hash", ("checkAcceptPerson",), "person"),
        Field("cost_cny", ("cost",), "ten_thousand"),
        Field("control_measure", ("controlMeasures",)),
        Field("acceptance_comment", ("checkAcceptComment",)),
        Field("is_deleted", ("deleted",), "flag"),
        Field("updated_at", ("updateDate",), "time"),
    ),
    signs=frozenset({"dangerName", "dangerState", "dangerManageDeadline"}),
    kept=frozenset(
        {"hazardCode", "riskMeasureId", "checkRecordId", "enforcementId", "hazardCategory", "dangerImg"}
        | {"dangerAcceptImg", "managementClassification", "occurrenceLink", "createDate"}
    ),
    persons=_AUDIT_PERSONS | {"registrant"},
)

TABLES: Mapping[str, SecTable] = {
    table.name: table
    for table in (
        _table(
            "sec_security_risk_unit",
            "risk_unit",
            _key("unit_code"),
            Field("unit_name", ("riskUnitName",)),
            Field("hazard_code", ("hazardCode",)),
            Field("department", ("hazardDep",)),
            Field("responsible_person_hash", ("hazardLiablePerson",), "person"),
            signs={"riskUnitName"},
        ),
        _table(
            "sec_security_risk_events",
            "risk_event",
            _key("event_code"),
            Field("unit_code", ("riskUnitId",), "code"),
            Field("event_name", ("riskEventName",)),
            signs={"riskEventName"},
        ),
        _table(
            "sec_security_risk_control_measures",
            "control_measure",
            _key("measure_code"),
            Field("event_code", ("riskEventId",), "code"),
            Field("data_source", ("dataSrc",)),
            Field("description", ("riskMeasureDesc",)),
            Field("class_1", ("classify1",)),
            Field("class_2", ("classify2",)),
            Field("class_3", ("classify3",)),
            Field("check_content", ("troubleshootContent",)),
            signs={"riskMeasureDesc", "riskEventId"},
        ),
        _table(
            "sec_hidden_check_mission",
            "check_mission",
            _key("mission_code"),
            Field("measure_code", ("riskMeasureId",), "code"),
            Field("check_content", ("troubleshootContent",)),
            Field("cycle", ("checkCycle",), "number"),
            Field("cycle_unit", ("checkCycleUnit",)),
            Field("starts_at", ("taskStartTime",), "time"),
            Field("work_starts", ("workStartTime",)),
            Field("work_ends", ("workEndTime",)),
            Field("work_day_type", ("workDayType",)),
            Field("work_type", ("workType",)),
            Field("task_count", ("taskNum",), "integer"),
            signs={"checkCycle", "checkCycleUnit", "taskNum"},
        ),
        _table(
            "sec_hidden_check_record",
            "check_record",
            _key("record_code"),
            Field("mission_code", ("checkTaskId",), "code"),
            Field("checked_at", ("checkTime",), "time"),
            Field("is_defended", ("isDefend",)),
            Field("check_status", ("checkStatus",)),
            signs={"checkTaskId", "isDefend"},
            persons=frozenset({"mobileMe"}),
        ),
        _HIDDEN_DANGER,
        _table(
            "sec_deactivated_maintenance_record",
            "maintenance_stop",
            _key("stop_code"),
            Field("hazard_code", ("hazardCode",)),
            Field("unit_code", ("riskUnitId",), "code"),
            Field("stopped_at", ("stopStartTime",), "time"),
            Field("resumed_at", ("stopEndTime",), "time"),
            Field("reason", ("stopReason",)),
            signs={"stopStartTime", "stopReason"},
        ),
        _table(
            "sec_production_promise",
            "safety_promise",
            _key("promise_code"),
            Field("promised_at", ("commitDate",), "time"),
            Field("risk_grade", ("riskGrade",)),
            Field("units", ("unitsNumber",), "integer"),
            Field("units_running", ("runNumber",), "integer"),
            Field("units_stopped", ("parkNumber",), "integer"),
            Field("hot_works", ("firesNumber",), "integer"),
            Field("hot_works_grade_1", ("fire1Number",), "integer"),
            Field("hot_works_grade_2", ("fire2Number",), "integer"),
            Field("commitment", ("commitment",)),
            signs={"commitDate", "unitsNumber", "commitment"},
        ),
        _table(
            "sec_special_job_ticket_approval",
            "work_ticket",
            _key("ticket_code", "ticketID", "ticketId"),
            Field("ticket_type", ("ticketType",)),
            signs={"ticketType"},
            kept=frozenset({"id"}),
        ),
        _table(
            "sec_special_job_ticket_gas_analysis",
            "gas_analysis",
            _key("analysis_code"),
            Field("ticket_code", ("ticketID", "ticketId"), "code"),
            Field("gas_type", ("gasType",)),
            Field("gas_name", ("gasName",)),
            Field("result", ("analysisResults",), "number"),
            Field("unit", ("resultsUnit",)),
            Field("analysed_at", ("analystTime",), "time"),
            signs={"gasType", "analysisResults"},
            persons=frozenset({"analyst"}),
        ),
    )
}
PERSONAL = frozenset({"sec_employee_file", "sec_employee_real_loaction", "sec_employee_alarm_data"})
"""Tables about employees; the misspelling is the specification's."""


def table_named(text: str) -> str | None:
    """The table whose name stands in ``text``: a path, a file name."""
    flat = text.lower().replace("real_location", "real_loaction")
    names = [name for name in (*TABLES, *PERSONAL) if name in flat]
    return max(names, key=len) if names else None


def table_of_row(row: Mapping[str, object]) -> str | None:
    """The table that a row's own fields betray; None if none does, or several."""
    names = {str(name) for name in row}
    if {"imei", "lon", "lat"} <= names:
        return "sec_employee_real_loaction"
    found = [table.name for table in TABLES.values() if table.signs & names]
    if len(found) == 2 and {"gasType", "analysisResults"} & names:
        return "sec_special_job_ticket_gas_analysis"  # it names the kind of its ticket, too
    return found[0] if len(found) == 1 else None
