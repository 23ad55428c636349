"""The connectors' pages are those that the connectors and contracts of now would give."""

from __future__ import annotations

import pytest

from connectors.formats import FORMATS
from connectors.registry import about
from riskmap import connector_pages


def test_the_pages_are_up_to_date() -> None:
    written = {file.name: file.read_text(encoding="utf-8") for file in connector_pages.FOLDER.glob("*.md")}
    assert written == connector_pages.render(), "run: python -m riskmap.connector_pages"


@pytest.mark.parametrize("name", FORMATS)
def test_a_connector_says_what_it_reads_and_against_what_it_was_held(name: str) -> None:
    said = about(name)
    assert said.title
    assert said.reads
    assert said.quirks
    assert said.verified
