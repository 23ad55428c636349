"""Run dbt inside this process, with a manifest that is parsed once and kept.

``dbt build`` as a command spends most of its time importing and parsing; here both happen once per process, and a
parsed manifest is also kept on disk, so that the next process only reads it. It is thrown away when a file of the
project or the warehouse it was parsed for changes. dbt itself is imported when first needed: it takes seconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from riskmap.settings import REPOSITORY, Settings

PROJECT = REPOSITORY / "dbt"

_lock = threading.Lock()  # dbt keeps its adapter and its flags in globals
_kept: dict[str, Any] = {}  # fingerprint -> manifest, at most one


@dataclass(frozen=True)
class BuildResult:
    """What dbt did: per node ``name``, ``status`` (success, error, fail, skipped, pass, warn), ``seconds``, ``message``."""

    nodes: list[dict[str, Any]]
    success: bool


def run(
    selection: Sequence[str],
    variables: Mapping[str, Any],
    *,
    settings: Settings,
    full: bool = False,
    exclude: Sequence[str] = (),
    tests: bool = True,
) -> BuildResult:
    """Build and test what ``selection`` names (dbt selectors; none means everything), unit tests left out.

    ``variables`` are dbt variables: ``batch_ids``, the batches that no build has published yet, restricts large models
    to what they touched; without it everything is looked at. ``full`` recreates tables and changed views.
    """
    args = ["build", "--exclude-resource-type", "unit_test", "--vars", json.dumps(dict(variables))]
    if not tests:
        args += ["--exclude-resource-type", "test"]
    if selection:
        args += ["--select", *selection]
    if exclude:
        args += ["--exclude", *exclude]
    if full:
        args.append("--full-refresh")
    return invoke(args, settings=settings)


def invoke(args: Sequence[str], *, settings: Settings) -> BuildResult:
    """Run any dbt command on the warehouse of ``settings``, e.g. ``["test", "--select", "test_type:unit"]``."""
    with _lock, _environment(settings):
        common = _common(settings)
        manifest = _manifest(settings, common)
        outcome = _runner(manifest).invoke([*args, *common])
    if outcome.exception is not None:
        return BuildResult(
            [{"name": "dbt", "status": "error", "seconds": 0.0, "message": str(outcome.exception)}], False
        )
    return BuildResult([_node(result) for result in getattr(outcome.result, "results", [])], bool(outcome.success))


def _runner(manifest: Any) -> Any:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  # seconds of import, paid by who builds

    return dbtRunner(manifest=manifest)


def _node(result: Any) -> dict[str, Any]:
    return {
        "name": result.node.name,
        "status": str(result.status),
        "seconds": round(result.execution_time, 3),
        "message": (result.message or "").strip(),
    }


def _common(settings: Settings) -> list[str]:
    target = settings.home / "dbt-target"
    return [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(target), "--log-path", str(target)),
        *("--log-level", "none", "--log-level-file", "none", "--quiet"),
        *("--no-send-anonymous-usage-stats", "--no-version-check", "--no-write-json", "--no-print"),
    ]


def _manifest(settings: Settings, common: Sequence[str]) -> Any:
    """The parsed project: from this process, from disk, or parsed now (and then kept in both)."""
    fingerprint = _fingerprint(settings)
    if fingerprint not in _kept:
        file = settings.home / "dbt-target" / f"manifest-{fingerprint}.msgpack"
        if file.exists():
            manifest = _read(file)
        else:
            manifest = _parse(common)
            _write(file, manifest)
        _kept.clear()
        _kept[fingerprint] = manifest
    return _kept[fingerprint]


def _parse(common: Sequence[str]) -> Any:
    outcome = _runner(None).invoke(["parse", "--no-partial-parse", *common])
    if not outcome.success:
        raise outcome.exception or RuntimeError("dbt could not parse the project and does not say why")
    return outcome.result


def _read(file: Path) -> Any:
    """A manifest as dbt keeps it for its own partial parsing; pickling one loses its look-ups."""
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415
    from dbt.parser.manifest import extended_mashumuro_decoder  # noqa: PLC0415

    manifest = Manifest.from_msgpack(file.read_bytes(), decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()
    return manifest


def _write(file: Path, manifest: Any) -> None:
    """Keep the manifest for the next process, whole or not at all, and forget those of other states of the project."""
    from dbt.parser.manifest import extended_mashumaro_encoder  # noqa: PLC0415

    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_bytes(manifest.to_msgpack(extended_mashumaro_encoder))
    for old in file.parent.glob("manifest-*.msgpack"):
        old.unlink(missing_ok=True)
    draft.replace(file)


def _fingerprint(settings: Settings) -> str:
    """Of everything that parsing reads: the project's files, dbt's version and the warehouse (names hold its database)."""
    from importlib.metadata import version  # noqa: PLC0415

    digest = hashlib.sha256(f"{version('dbt-core')} {version('dbt-postgres')} {_warehouse(settings)}".encode())
    for file in sorted(PROJECT.rglob("*")):
        if file.suffix in {".sql", ".yml", ".csv", ".md"}:
            digest.update(file.relative_to(PROJECT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _warehouse(settings: Settings) -> dict[str, str]:
    """The variables that dbt/profiles.yml reads."""
    url = urlsplit(settings.database_url)
    return {
        "RISKMAP_PG_HOST": url.hostname or "127.0.0.1",
        "RISKMAP_PG_PORT": str(url.port or 5432),
        "RISKMAP_PG_USER": unquote(url.username or ""),
        "RISKMAP_PG_PASSWORD": unquote(url.password or ""),
        "RISKMAP_PG_DATABASE": url.path.lstrip("/"),
    }


@contextmanager
def _environment(settings: Settings) -> Iterator[None]:
    """dbt reads its profile from environment variables only; they are set for the time of one run."""
    wanted = _warehouse(settings)
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
