"""Cases of the formats of geology: invented documents with one record per number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.conformance.case import Case


def quake(numbers: Sequence[int], **more: Any) -> bytes:
    features = [
        {
            "type": "Feature",
            "id": f"xx{n}",
            "properties": {"time": 1786000000000 + n, "updated": 1786000000000, "mag": 2.5, "place": "模拟县"}
            | {"status": "reviewed", "type": "earthquake"}
            | more,
            "geometry": {"type": "Point", "coordinates": [112.85, 35.5, 10.0]},
        }
        for n in numbers
    ]
    document = {"type": "FeatureCollection", "metadata": {"count": len(features)}, "features": features}
    return json.dumps(document, ensure_ascii=False).encode()


CASES = (
    Case(
        "quake",
        "earthquake",
        "earthquake",
        quake,
        lambda n: "all_week.geojson",
        (quake([0], mmi2=4), "mmi2"),
        paging={"kind": "offset", "items": "features"},
    ),
)
