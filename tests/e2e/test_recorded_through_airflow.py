"""Recorded CAP messages and earthquakes, served over HTTP, ingested and built by a real Airflow.

The marts must hold exactly what was recorded. Feeds without a source fail visibly and disturb nobody.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.model import Payload
from connectors.registry import parser
from feeds.registry import load
from riskmap import stack
from riskmap.settings import Settings, env_text
from riskmap.stack.airflow import Airflow

pytestmark = pytest.mark.e2e

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "recorded"
QUAKES = RECORDED / "geology" / "usgs_all_week_20180207.geojson"
PATIENCE_S = 240

if not RECORDED.is_dir():
    pytest.skip("the recorded files (../shared/data/recorded) are not on this machine", allow_module_level=True)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing: a test's output is for its failures."""


def _cap_documents() -> list[Path]:
    """Every recorded file that holds a CAP message of its own (indexes and JSON are other tests' matter)."""
    files = [*RECORDED.glob("cap/*.cap"), *RECORDED.glob("cap/*.xml"), *RECORDED.glob("cap/*.txt")]
    return sorted(file for file in files if b"<feed" not in file.read_bytes()[:2000])


def _index(files: list[Path]) -> str:
    entries = "".join(
        f"<entry><id>{file.name}</id><title>{file.name}</title><updated>2026-01-01T00:00:00Z</updated>"
        f'<link href="documents/{file.name}"/></entry>'
        for file in files
    )
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>recorded</id>{entries}</feed>'


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A local HTTP server with the recorded files; an Atom index lists every CAP document."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "documents").mkdir()
    documents = _cap_documents()
    for file in documents:
        (folder / "documents" / file.name).write_bytes(file.read_bytes())
    (folder / "feed.xml").write_text(_index(documents), encoding="utf-8")
    (folder / "quakes.geojson").write_bytes(QUAKES.read_bytes())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def settings(source: str) -> Iterator[Settings]:
    """A whole stack without simulator, whose first two feeds point at the recorded files."""
    home = Path(tempfile.mkdtemp(prefix="riskmap-e2e-"))
    home.chmod(0o711)  # PostgreSQL's system user must get through it when tests run as root
    addresses = {"CAP_FEED_URL": f"{source}/feed.xml", "QUAKE_FEED_URL": f"{source}/quakes.geojson"}
    (home / "env").write_text(env_text(addresses), encoding="utf-8")
    try:
        yield stack.up(home, simulator=False, progress=print)
    finally:
        stack.down(home, progress=print)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def ingested(settings: Settings) -> Settings:
    """Both feeds run through Airflow, and the build that the assets woke has published them."""
    api = Airflow(settings.home, "").api
    api.wait_for_dags(["ingest_weather_warning", "ingest_earthquake", "build"])
    runs = {dag: api.trigger(dag) for dag in ("ingest_weather_warning", "ingest_earthquake")}
    for dag, run in runs.items():
        _wait_until(lambda dag=dag, run=run: api.run_state(dag, run) in ("success", "failed"), f"{dag} to end")
        assert api.run_state(dag, run) == "success", dag
    _wait_until(lambda: _published(settings), "the build to publish")
    return settings


def _published(settings: Settings) -> bool:
    ((landed, published),) = _rows(
        settings,
        """
        select count(*), count(publication.batch_id)
        from ops.batch left join ops.publication using (batch_id)
        where state = 'LANDED'
        """,
    )
    return bool(landed >= 2 and landed == published)


def _wait_until(holds: Any, what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.5)


def _rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.database_url) as conn:
        return conn.execute(query.encode()).fetchall()


def _recorded_messages() -> set[tuple[str, str]]:
    """(sender, identifier) of every document that the parser accepts; test_recorded.py states them one by one."""
    found = set()
    for file in _cap_documents():
        payload = Payload(file.read_bytes(), file.name, file.name, fetched_at=datetime(2026, 1, 1, tzinfo=UTC))
        table = parser("cap").parse(payload, load("weather_warning").parser_options).tables.get("warning")
        if table is not None:
            found |= {(row["sender"], row["identifier"]) for row in table.to_pylist()}
    return found


def test_marts_hold_exactly_the_recorded_warnings(ingested: Settings) -> None:
    recorded = _recorded_messages()
    assert len(recorded) >= 15
    assert set(_rows(ingested, "select sender, identifier from marts.fct_warning")) == recorded


def test_marts_hold_exactly_the_recorded_earthquakes(ingested: Settings) -> None:
    recorded = {feature["id"] for feature in json.loads(QUAKES.read_bytes())["features"]}
    landed = {row[0] for row in _rows(ingested, "select event_id from landing.earthquake")}
    quarantined = _rows(ingested, "select count(*) from quarantine.record where feed_id = 'earthquake'")[0][0]
    assert landed == recorded
    assert quarantined == 0
    assert _rows(ingested, "select count(*) from marts.fct_earthquake")[0][0] == len(recorded)


def test_documents_that_are_no_messages_wait_in_quarantine(ingested: Settings) -> None:
    rules = {
        row[0]
        for row in _rows(ingested, "select distinct rule from quarantine.record where feed_id = 'weather_warning'")
    }
    assert rules
    assert all(rule.startswith(("cap.", "xml.")) for rule in rules), rules


def test_recorded_warnings_are_old_so_none_is_current(ingested: Settings) -> None:
    current = _rows(ingested, "select identifier from marts.fct_warning_current where expires_at < now()")
    assert current == []


def test_validation_results_and_timeliness_are_recorded(ingested: Settings) -> None:
    suites = {row[0] for row in _rows(ingested, "select distinct table_name from ops.validation where rows > 0")}
    assert {"warning", "warning_info", "earthquake"} <= suites
    legs = _rows(ingested, "select sum(n_backfill) from metrics.metric_timeliness_hourly where feed_id = 'earthquake'")
    assert legs[0][0] > 0


def test_a_feed_without_a_source_fails_visibly(ingested: Settings) -> None:
    api = Airflow(ingested.home, "").api
    run = api.trigger("ingest_coal_mine_safety")
    _wait_until(lambda: api.run_state("ingest_coal_mine_safety", run) in ("success", "failed"), "the run to end")
    assert api.run_state("ingest_coal_mine_safety", run) == "failed"
    ((error,),) = _rows(
        ingested,
        "select error from ops.batch where feed_id = 'coal_mine_safety' order by batch_id desc limit 1",
    )
    assert "${MINE_INBOX}" in error
    assert "To recover" in error
