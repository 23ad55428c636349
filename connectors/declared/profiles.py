"""Where profiles come from: the contract itself, a file, or the ones that are shipped. Checked before they are used."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from connectors.declared.columns import SHARED, TYPES, Target
from connectors.declared.profile import Profile, TableMap
from connectors.errors import ConfigurationError

FOLDER = Path(__file__).parents[1] / "profiles"
_MEASURED = {"variable", "value", "unit"}


def profile_of(declared: Any) -> Profile:
    """``connector.profile``: the mapping itself, the name of a shipped profile, or a file's path.

    Raises ConfigurationError that names the part which is wrong.
    """
    if isinstance(declared, Mapping):
        return read_profile(declared, str(declared.get("profile", "(in the contract)")))
    name = str(declared)
    if "/" in name or name.endswith((".yml", ".yaml")):
        return _from_file(Path(name))
    if name not in shipped_names():
        raise ConfigurationError(
            f"There is no mapping profile {name!r}", remedy=f"use a file or one of {', '.join(shipped_names())}"
        )
    return _from_file(FOLDER / f"{name}.yml")


def shipped_names() -> list[str]:
    return sorted(file.stem for file in FOLDER.glob("*.yml"))


@cache
def shipped() -> tuple[Profile, ...]:
    """All profiles of this installation, by name."""
    return tuple(profile_of(name) for name in shipped_names())


def _from_file(file: Path) -> Profile:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"The profile {file} cannot be read: {error}", remedy="correct the file") from None
    return read_profile(document, file.name)


def read_profile(document: Any, where: str) -> Profile:
    """Raises ConfigurationError naming the path of what is wrong."""
    try:
        profile = Profile.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"]) or "the document"
        raise _wrong(where, path, first["msg"]) from None
    for name, mapping in profile.tables.items():
        check_table(where, name, mapping, own_target(where, name, mapping))
    return profile


def own_target(where: str, name: str, mapping: TableMap) -> Target:
    """The table as the profile, or else the shared schema, describes it."""
    if mapping.columns is None:
        if name not in SHARED:
            raise _wrong(where, f"tables.{name}", f"describe its columns and key, or use {', '.join(SHARED)}")
        return SHARED[name]
    for column, kind in mapping.columns.items():
        if kind not in TYPES:
            raise _wrong(where, f"tables.{name}.columns.{column}", f"{kind!r} is none of {', '.join(TYPES)}")
    if not mapping.key or not set(mapping.key) <= set(mapping.columns):
        raise _wrong(where, f"tables.{name}.key", "it must name columns of the table")
    return Target(name, mapping.columns, mapping.key)


def check_table(where: str, name: str, mapping: TableMap, target: Target) -> None:
    """What a profile fills must exist, and it must fill the key."""
    path = f"tables.{name}.fields"
    for column, field in mapping.fields.items():
        kind = target.columns.get(column)
        if kind is None:
            raise _wrong(where, f"{path}.{column}", f"the table has no such column; it has {', '.join(target.columns)}")
        if bool(field.time) != (kind == "timestamptz"):
            raise _wrong(
                where, f"{path}.{column}", f"a column of type {kind} {'needs' if not field.time else 'has no'} time"
            )
    filled = {*mapping.fields, *(_MEASURED if mapping.has_values else ()), "source_table"}
    if lacking := [column for column in target.key if column not in filled]:
        raise _wrong(where, path, f"they do not fill {', '.join(lacking)}, which is the table's key")
    if mapping.has_values and not set(target.columns) >= _MEASURED:
        raise _wrong(where, f"tables.{name}.values", "the table has no columns variable, value and unit")


def _wrong(where: str, path: str, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"The mapping profile {where} is wrong at {path}: {what}", remedy="correct the profile, see docs/profiles.md"
    )
