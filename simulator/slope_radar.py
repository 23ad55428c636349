"""Slope radars of the open pits: a file with one JSON object per area, every ten minutes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from simulator.delivery import Document
from simulator.nature import Nature
from simulator.world import dice, floor

SCAN = timedelta(minutes=10)
AREAS = 6


class SlopeRadars:
    """The files of one world, as a function of time."""

    def __init__(self, nature: Nature) -> None:
        self.nature = nature

    def first(self, at: datetime) -> Iterable[Document]:
        return ()

    def documents(self, since: datetime, until: datetime) -> Iterator[Document]:
        scan = floor(since, 600)
        while (scan := scan + SCAN) <= until:
            lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self._areas(scan))
            yield Document(f"slope_radar_{scan:%Y%m%d%H%M%S}.ndjson", lines.encode())

    def _areas(self, at: datetime) -> Iterator[dict[str, object]]:
        for firm, slope in self.nature.layout.pits:
            moved = self.nature.ground.displacement_mm(slope, at)
            before = self.nature.ground.displacement_mm(slope, at - timedelta(hours=1))
            for area in range(1, AREAS + 1):
                share = 0.4 + 0.1 * area
                yield {
                    "slopeCode": slope.code,
                    "areaCode": f"{slope.code}-A{area:02d}",
                    "areaName": f"{slope.name}{area}区",
                    "mineCode": firm.code,
                    "radarCode": f"{slope.code}-LD1",
                    "longitude": round(slope.lon + 0.0004 * area, 6),
                    "latitude": slope.lat,
                    "scanTime": int(at.timestamp() * 1000),
                    "losDisplacement": round(share * moved, 2),
                    "velocity": round(share * (moved - before), 3),
                    "coherence": round(0.7 + 0.25 * dice(slope.code, area, int(at.timestamp())), 2),
                    "pixels": 180 + 20 * area,
                    "synthetic": True,
                }
