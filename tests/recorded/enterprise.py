"""Expected of ../shared/data/recorded/enterprise."""

from __future__ import annotations

from tests.recorded.expected import Expected

RECORDED: dict[str, Expected] = {
    "enterprise/licence-unclear/cn_coal_monitoring_places_A.json": Expected(
        "73 places with 133 sensors: 23 send null, one stands there twice, 35 places have none",
        {"observation": 109},
        drift={
            "observation.(duplicate key)": 1,
            "observation.(missing)": 23,
            "observation.(place without sensor)": 35,
        },
        format="mine_txt",
    ),
}
