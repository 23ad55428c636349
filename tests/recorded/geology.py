"""Expected of ../shared/data/recorded/geology."""

from __future__ import annotations

from tests.recorded.expected import Expected

RECORDED: dict[str, Expected] = {
    "geology/usgs_all_week_20180207.geojson": Expected(
        "1,707 events as the metadata's count says, explosions and quarry blasts among them",
        {"earthquake": 1707},
        format="quake",
    ),
}
