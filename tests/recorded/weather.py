"""Expected of ../shared/data/recorded/weather."""

from __future__ import annotations

from tests.recorded.expected import Expected

RECORDED: dict[str, Expected] = {}
