"""The landing table of hidden dangers 隐患: one row per danger, as far as its life cycle has come.

找 found -> 登记 registered -> 整改 rectified -> 验收 accepted -> 销号 closed. A source that knows of fewer steps leaves
their times null. Persons are hashes (connectors/person.py), never names.
"""

from __future__ import annotations

import pyarrow as pa

from connectors.arrow import EXTRA, TIMESTAMP

TABLE = "hidden_danger"
KEY = ("danger_code",)
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("danger_code", pa.string()),  # unique within the feed: the enterprise's code in front where ids repeat
    ("enterprise_code", pa.string()),  # as the source names the enterprise, a credit code where it has one
    ("mine_code", pa.string()),
    ("danger_name", pa.string()),
    ("danger_level", pa.string()),  # one of LEVELS
    ("category", pa.string()),  # what it is about: safety, process, electrical, ...; else the source's words
    ("source_kind", pa.string()),  # how it was found: daily check, seasonal check, ...; else the source's words
    ("place", pa.string()),
    ("description", pa.string()),
    ("reason", pa.string()),
    ("found_at", TIMESTAMP),
    ("registered_at", TIMESTAMP),
    ("deadline_at", TIMESTAMP),
    ("rectified_at", TIMESTAMP),
    ("accepted_at", TIMESTAMP),
    ("closed_at", TIMESTAMP),
    ("state", pa.string()),  # one of STATES
    ("manage_type", pa.string()),  # at_once 即查即改, by_deadline 限期整改
    ("responsible_unit", pa.string()),
    ("responsible_person_hash", pa.string()),
    ("accepted_by_hash", pa.string()),
    ("cost_cny", pa.float64()),  # yuan
    ("control_measure", pa.string()),
    ("acceptance_comment", pa.string()),
    ("is_supervised", pa.bool_()),  # 挂牌督办
    ("is_deleted", pa.bool_()),
    ("updated_at", TIMESTAMP),  # when the source last changed it; of two versions the later stands
]
SCHEMA: pa.Schema = pa.schema(_COLUMNS).append(EXTRA)
LEVELS = ("general", "major")
STATES = ("found", "rectifying", "awaiting_acceptance", "accepted", "closed")
