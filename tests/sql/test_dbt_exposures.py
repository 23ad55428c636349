"""Who reads the marts is written down."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_rows import settings_for

from riskmap import dbt_runner

pytestmark = pytest.mark.dbt


def test_exposures_name_what_they_read(warehouse_url: str, tmp_path: Path) -> None:
    manifest = dbt_runner.manifest(settings_for(warehouse_url, tmp_path))
    marts = {node.unique_id for node in manifest.nodes.values() if node.schema in ("marts", "metrics")}
    assert manifest.exposures
    for exposure in manifest.exposures.values():
        assert exposure.description, exposure.name
        assert exposure.depends_on.nodes, exposure.name
        assert set(exposure.depends_on.nodes) <= marts, exposure.name
