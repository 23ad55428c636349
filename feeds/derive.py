"""What follows from the contracts alone: the dbt sources of the landing tables."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import yaml

from feeds.contract import Contract, Table

_HEAD = """\
# Generated: `python -m feeds.derive > dbt/models/staging/_landing__sources.yml`; a test compares them.
# Freshness is promised only where records must keep coming (expected.kind: entity_slots). A feed of events may rightly
# be silent; whether it was polled is judged by metric_coverage_daily.
"""

_SYSTEM_COLUMNS = {
    "extra": "契约之外的字段 / fields that the contract does not know, null if none",
    "quality_flags": "质量标记 / warning rules that the row broke",
    "feed_id": "数据源 / feed that the row came from",
    "batch_id": "批次 / batch that last wrote the row",
    "payload_sha256": "报文摘要 / payload in which this content was first seen",
    "fetched_at": "获取时间 / when that payload was fetched",
    "landed_at": "落地时间 / transaction time of the batch that last wrote the row",
    "record_hash": "内容摘要 / of the contract's columns and extra",
}


def dbt_sources(contracts: Iterable[Contract]) -> str:
    """The text of dbt's sources file: one source ``landing``, one table per kind of record, shared by its feeds."""
    tables: dict[str, dict[str, Any]] = {}
    promises: dict[str, list[float]] = {}
    for contract in sorted(contracts, key=lambda contract: contract.id):
        for table in contract.tables:
            tables.setdefault(table.name, _table(table))
            tables[table.name]["config"]["meta"]["feeds"].append(contract.id)
            if table == contract.main_table and contract.expected["kind"] == "entity_slots":
                promises.setdefault(table.name, []).append(contract.frequency_s + contract.latency_s)
    for name, seconds in promises.items():
        tables[name]["config"] |= {"loaded_at_field": "landed_at", "freshness": _freshness(max(seconds))}
    source = {
        "name": "landing",
        "schema": "landing",
        "description": "落地层：各数据源的记录，类型化并带主键 / records as the sources sent them, typed and keyed",
        "tables": [tables[name] for name in sorted(tables)],
    }
    return _HEAD + yaml.safe_dump(
        {"version": 2, "sources": [source]}, allow_unicode=True, sort_keys=False, width=120, default_flow_style=False
    )


def _table(table: Table) -> dict[str, Any]:
    columns = [{"name": c.name, "description": _bilingual(c.title, c.description)} for c in table.columns]
    columns += [{"name": name, "description": description} for name, description in _SYSTEM_COLUMNS.items()]
    return {
        "name": table.name,
        "description": _bilingual(table.title, table.description),
        "config": {"meta": {"feeds": []}},
        "columns": columns,
    }


def _freshness(promised_s: float) -> dict[str, dict[str, Any]]:
    """Warn when the slowest feed is late, fail when it has missed three rounds."""
    minutes = math.ceil(promised_s / 60)
    return {
        "warn_after": {"count": minutes, "period": "minute"},
        "error_after": {"count": 3 * minutes, "period": "minute"},
    }


def _bilingual(chinese: str, english: str) -> str:
    return f"{chinese} / {english}" if english else chinese


if __name__ == "__main__":
    import sys

    from feeds.registry import load_all

    sys.stdout.write(dbt_sources(load_all().values()))
