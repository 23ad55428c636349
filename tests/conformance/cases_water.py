"""Cases of the formats of water: invented documents with one record per number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conformance.case import Case


def river_row(number: int) -> list[Any]:
    moment = datetime(2026, 8, 10, 8, 0, tzinfo=UTC) + timedelta(minutes=number)
    return [f"{number:08}", moment.strftime("%Y-%m-%dT%H:%M:%S"), "245.440"]


def sl323(numbers: Sequence[int]) -> bytes:
    rows = [river_row(n) for n in numbers]
    return json.dumps({"table": "ST_RIVER_R", "columns": ["STCD", "TM", "Z"], "rows": rows}).encode()


CASES = (
    Case(
        "sl323",
        "water_regime",
        "observation",
        sl323,
        lambda n: "ST_RIVER_R.json",
        (b'{"table":"ST_RIVER_R","columns":["STCD","TM","Z","NEW"],"rows":[["1","2026-08-10T08:00:00",1,2]]}', "NEW"),
    ),
)
