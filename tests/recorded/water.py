"""Expected of ../shared/data/recorded/water."""

from __future__ import annotations

from tests.recorded.expected import Expected

RECORDED: dict[str, Expected] = {}
