"""From a contract's declaration to a connector, and every wrong word in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ConfigurationError
from connectors.registry import connect
from connectors.transport.database import DatabaseConnector
from connectors.transport.files import FilesConnector
from connectors.transport.walks import HttpConnector

HTTP = {"transport": "http", "format": "quake"}
ADDRESS = "http://127.0.0.1:1/feed"


def test_every_transport_is_bound_with_its_options(tmp_path: Path) -> None:
    http = connect(
        {**HTTP, "query_url": "http://h/q", "min_interval_s": 2, "retry": {"attempts": 7}, "paging": None},
        source=ADDRESS,
    )
    assert isinstance(http, HttpConnector)
    assert (http.expect, http.walk, http.query_url, http.paging) == ("json", "single", "http://h/q", None)
    assert (http.client.options.min_interval_s, http.client.retry.attempts) == (2, 7)
    folder = connect({"transport": "files", "format": "mine_txt", "patience_s": 5}, source=str(tmp_path))
    assert isinstance(folder, FilesConnector)
    assert (folder.folder.source, folder.options.patience_s) == (str(tmp_path), 5)
    tables = connect({"transport": "database", "format": "sl323", "overlap_h": 1}, source="postgresql://h/d")
    assert isinstance(tables, DatabaseConnector)
    assert tables.options.overlap_h == 1


def test_an_address_in_the_declaration_goes_before_that_of_the_server(tmp_path: Path) -> None:
    declared = {"transport": "files", "format": "mine_txt", "location": str(tmp_path)}
    found = connect(declared, source="/elsewhere")
    assert isinstance(found, FilesConnector)
    assert found.folder.source == str(tmp_path)


def test_secrets_do_not_show_in_a_representation() -> None:
    headers = {"127.0.0.1:1": {"X-Api-Key": "hush"}}
    made = connect({**HTTP, "headers": headers, "query_url": f"{ADDRESS}?key=hush"}, source=f"{ADDRESS}?key=hush")
    assert "hush" not in repr(made)


@pytest.mark.parametrize(
    ("declaration", "names"),
    [
        ({"transport": "pigeon", "format": "quake"}, "pigeon"),
        ({"format": "quake"}, "None"),
        ({"transport": "http", "format": "grib"}, "grib"),
        ({**HTTP, "walk": "zigzag"}, "zigzag"),
        ({**HTTP, "walk": "cap_feed"}, "cap_feed"),
        ({**HTTP, "timeout": 5}, "timeout"),
        ({**HTTP, "verify": False}, "verify"),
        ({**HTTP, "colour_parameters": ["x"]}, "colour_parameters"),
        ({**HTTP, "retry": {"attempts": 0}}, "attempts"),
        ({**HTTP, "retry": {"patience": 0}}, "patience"),
        ({**HTTP, "retry": 3}, "retry"),
        ({**HTTP, "paging": {"kind": "cursor", "items": "x"}}, "cursor"),
        ({**HTTP, "paging": {"kind": "offset"}}, "items"),
        ({**HTTP, "max_bytes": 0}, "max_bytes"),
        ({**HTTP, "ca_bundle": "missing.pem"}, "missing.pem"),
        ({**HTTP, "transport": "database"}, "quake"),
        ({"transport": "files", "format": "mine_txt", "acknowledge": "delete"}, "delete"),
        ({"transport": "database", "format": "sl323", "zone": "Mars/Base", "url": "postgresql://h/d"}, "Mars"),
    ],
)
def test_a_wrong_word_is_refused_and_named(declaration: dict[str, Any], names: str) -> None:
    with pytest.raises(ConfigurationError, match=names) as caught:
        connect(declaration, source=ADDRESS)
    assert caught.value.remedy
