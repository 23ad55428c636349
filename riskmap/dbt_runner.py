"""Run dbt inside this process, with a manifest that is parsed once and kept.

``dbt build`` as a command spends most of its time importing and parsing; here both happen once per process, and the
parsed manifest is also kept on disk, so that the next process only reads it. It is thrown away when a file of the
project, or the warehouse it was parsed for, changes. dbt itself is imported when first needed: it takes seconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from riskmap.settings import REPOSITORY, Settings
from warehouse.db import connect

PROJECT = REPOSITORY / "dbt"

_lock = threading.Lock()  # dbt keeps its adapter, its flags and its profile's variables in globals
_kept: dict[str, Any] = {}  # key of _manifest_key -> manifest, at most one


@dataclass(frozen=True)
class BuildResult:
    """Per node ``name``, ``status`` (success, error, fail, skipped, pass, warn), ``seconds`` and ``message``."""

    nodes: list[dict[str, Any]]
    success: bool


def run(
    selection: Sequence[str], variables: Mapping[str, Any], *, settings: Settings, full: bool = False
) -> BuildResult:
    """Build and test what ``selection`` names (dbt selectors; none means everything).

    ``variables`` are dbt variables: ``batch_ids``, the batches that no build has published yet, restricts large models
    to what these touched; without it everything is looked at again. ``full`` recreates tables, and views whose columns
    changed. Live views need no build to show new records, so a selection leaves them out; but where the project is not
    the one that was last built as a whole (an upgrade, an edited rule), everything is built instead.
    """
    project = _project_hash()
    everything = full or not selection or _last_built(settings) != project
    args = ["build", *(word for kind in _NOT_BUILT for word in ("--exclude-resource-type", kind))]
    if full:
        args.append("--full-refresh")
    if everything:
        args += ["--vars", json.dumps({k: v for k, v in variables.items() if k != "batch_ids"})]
    else:
        args += ["--vars", json.dumps(dict(variables)), "--select", *selection, "--exclude", _LIVE]
    result = invoke(args, settings=settings)
    if everything and result.success:
        _remember_built(settings, project)
    return result


_NOT_BUILT = ("unit_test", "exposure", "metric", "semantic_model", "saved_query")
_LIVE = "config.materialized:live_view"


def invoke(args: Sequence[str], *, settings: Settings, listen: Callable[[Any], None] | None = None) -> BuildResult:
    """Run any dbt command on the warehouse of ``settings``, e.g. ``["test", "--select", "test_type:unit"]``.

    ``listen`` is told every event of dbt, its statements to the database among them.
    """
    with _lock, _environment(settings):
        common = _common(settings)
        outcome = _runner(_manifest(settings, common), listen).invoke([*args, *common])
    if outcome.exception is not None:
        node = {"name": "dbt", "status": "error", "seconds": 0.0, "message": str(outcome.exception)}
        return BuildResult([node], False)
    results = getattr(outcome.result, "results", [])
    nodes = [_node(result) for result in results if not (_is_hook(result) and result.status == "success")]
    return BuildResult(nodes, bool(outcome.success))


def manifest(settings: Settings) -> Any:
    """dbt's own manifest of the project, with its models, metrics and exposures."""
    with _lock, _environment(settings):
        return _manifest(settings, _common(settings))


def _is_hook(result: Any) -> bool:
    return str(result.node.resource_type) == "operation"


def _runner(manifest: Any, listen: Callable[[Any], None] | None = None) -> Any:
    from dbt.cli.main import dbtRunner  # seconds of import, paid by who builds

    return dbtRunner(manifest=manifest, callbacks=[listen] if listen else [])


def _node(result: Any) -> dict[str, Any]:
    return {
        "name": result.node.name,
        "status": str(result.status),
        "seconds": round(result.execution_time, 3),
        "message": (result.message or "").strip(),
    }


def _common(settings: Settings) -> list[str]:
    target = _target(settings)
    return [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(target), "--log-path", str(target)),
        *("--log-level", "none", "--log-level-file", "none", "--quiet", "--no-print"),
        *("--no-send-anonymous-usage-stats", "--no-version-check", "--no-write-json"),
    ]


def _target(settings: Settings) -> Path:
    return settings.home / "dbt-target"


def _manifest(settings: Settings, common: Sequence[str]) -> Any:
    """The parsed project: from this process, from disk, or parsed now (and then kept in both)."""
    key = _manifest_key(settings)
    if key not in _kept:
        file = _target(settings) / f"manifest-{key}.msgpack"
        if file.exists():
            manifest = _read(file)
        else:
            manifest = _parse(common)
            _write(file, manifest)
        _kept.clear()
        _kept[key] = manifest
    return _kept[key]


def _parse(common: Sequence[str]) -> Any:
    outcome = _runner(None).invoke(["parse", "--no-partial-parse", *common])
    if not outcome.success:
        raise outcome.exception or RuntimeError("dbt could not parse the project and does not say why")
    return outcome.result


def _read(file: Path) -> Any:
    """A manifest as dbt keeps it for its own partial parsing; a pickled one loses its look-ups."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest = Manifest.from_msgpack(file.read_bytes(), decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()
    return manifest


def _write(file: Path, manifest: Any) -> None:
    """Keep the manifest for the next process, whole or not at all, and forget those of other states."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_bytes(manifest.to_msgpack(extended_mashumaro_encoder))
    for old in file.parent.glob("manifest-*.msgpack"):
        old.unlink(missing_ok=True)
    draft.replace(file)


def _manifest_key(settings: Settings) -> str:
    """The names in a manifest hold the database, so it is of one project, one dbt and one warehouse."""
    warehouse = {k: v for k, v in _warehouse(settings).items() if k != "RISKMAP_PG_PASSWORD"}
    return hashlib.sha256(f"{_project_hash()} {warehouse}".encode()).hexdigest()[:32]


def _project_hash() -> str:
    """Of everything that parsing reads: the project's files and dbt's version."""
    digest = hashlib.sha256(f"{version('dbt-core')} {version('dbt-postgres')}".encode())
    for file in sorted(PROJECT.rglob("*")):
        if file.suffix in {".sql", ".yml", ".csv"}:
            digest.update(file.relative_to(PROJECT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _last_built(settings: Settings) -> str | None:
    """The state of the project that this warehouse was last built from as a whole."""
    with connect(settings.database_url) as conn:
        row = conn.execute("select to_regclass('staging.built_project') is not null").fetchone()
        if not (row and row[0]):
            return None
        row = conn.execute("select project_hash from staging.built_project").fetchone()
    return row[0] if row else None


def _remember_built(settings: Settings, project: str) -> None:
    with connect(settings.database_url) as conn, conn.transaction():
        conn.execute(
            """create table if not exists staging.built_project (
                   only_row boolean primary key default true check (only_row), project_hash text not null,
                   built_at timestamptz not null default now())"""
        )
        conn.execute(
            """insert into staging.built_project (project_hash) values (%s)
               on conflict (only_row) do update set project_hash = excluded.project_hash, built_at = now()""",
            (project,),
        )


def _warehouse(settings: Settings) -> dict[str, str]:
    """The variables that dbt/profiles.yml reads."""
    url = urlsplit(settings.database_url)
    return {
        "RISKMAP_PG_HOST": url.hostname or "127.0.0.1",
        "RISKMAP_PG_PORT": str(url.port or 5432),
        "RISKMAP_PG_USER": unquote(url.username or ""),
        "RISKMAP_PG_PASSWORD": unquote(url.password or ""),
        "RISKMAP_PG_DATABASE": unquote(url.path.lstrip("/")),
    }


@contextmanager
def _environment(settings: Settings) -> Iterator[None]:
    """dbt reads its profile from environment variables only; they are set for the time of one run."""
    # Compiling these wide queries (jit) takes seconds that it never wins back; our own clusters do without it anyway.
    wanted = _warehouse(settings) | {"PGOPTIONS": "-c jit=off"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
