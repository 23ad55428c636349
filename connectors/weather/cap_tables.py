"""The landing tables of CAP, as Arrow schemas: the contract's columns in order, then ``extra``."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from connectors.arrow import EXTRA, JSON, TIMESTAMP

_TEXT = pa.string()
_INDEX = pa.int32()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema([*(pa.field(name, kind) for name, kind in columns.items()), EXTRA])


_KEY: dict[str, Any] = {"sender": _TEXT, "identifier": _TEXT, "sent_at": TIMESTAMP}

TABLES: dict[str, pa.Schema] = {
    "warning": _schema(
        **_KEY,
        status=_TEXT,
        msg_type=_TEXT,
        scope=_TEXT,
        source=_TEXT,
        restriction=_TEXT,
        addresses=JSON,
        codes=JSON,
        note=_TEXT,
        reference_list=JSON,
        incidents=JSON,
        cap_version=_TEXT,
        document_url=_TEXT,
        event_at=TIMESTAMP,
    ),
    "warning_info": _schema(
        **_KEY,
        info_index=_INDEX,
        language=_TEXT,
        categories=JSON,
        event=_TEXT,
        event_type_code=_TEXT,
        event_codes=JSON,
        response_types=JSON,
        urgency=_TEXT,
        severity=_TEXT,
        certainty=_TEXT,
        audience=_TEXT,
        effective_at=TIMESTAMP,
        onset_at=TIMESTAMP,
        expires_at=TIMESTAMP,
        sender_name=_TEXT,
        headline=_TEXT,
        description=_TEXT,
        instruction=_TEXT,
        web=_TEXT,
        contact=_TEXT,
        parameters=JSON,
        colour=_TEXT,
        colour_source=_TEXT,
        colour_conflict=pa.bool_(),
    ),
    "warning_area": _schema(
        **_KEY,
        info_index=_INDEX,
        area_index=_INDEX,
        area_desc=_TEXT,
        area_wkt=_TEXT,
        circles=JSON,
        geocodes=JSON,
        region_code=_TEXT,
        geometry_source=_TEXT,
        altitude_ft=pa.float64(),
        ceiling_ft=pa.float64(),
    ),
    "warning_listing": _schema(
        document_url=_TEXT,
        entry_id=_TEXT,
        title=_TEXT,
        entry_updated_at=TIMESTAMP,
        listed_at=TIMESTAMP,
    ),
}
MESSAGE_TABLES: dict[str, pa.Schema] = {name: TABLES[name] for name in ("warning", "warning_info", "warning_area")}
"""Without the listings, which only an index of documents has."""
