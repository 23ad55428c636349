"""Everything that differs between two installations, from the environment and ``$RISKMAP_HOME/env``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from riskmap.errors import UserError

REPOSITORY = Path(__file__).resolve().parent.parent


def home_of(env: Mapping[str, str] = os.environ) -> Path:
    """The folder of everything the stack writes: $RISKMAP_HOME, or ``.riskmap`` in the checkout. May not exist."""
    return Path(env.get("RISKMAP_HOME") or REPOSITORY / ".riskmap").expanduser().resolve()


def variables_of(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment, over the lines of ``$RISKMAP_HOME/env``; a variable that is set but empty counts as not set."""
    return {**read_env(home_of(env) / "env"), **{name: value for name, value in env.items() if value}}


@dataclass(frozen=True)
class Settings:
    """One installation. URLs hold passwords, so they stay out of ``repr``.

    ``variables`` is what ``${NAME}`` in a contract may name: the environment, over the lines of ``$RISKMAP_HOME/env``.
    """

    home: Path
    database_url: str = field(repr=False)
    archive_url: str
    airflow_url: str | None
    data_docs_url: str | None
    map_url: str | None
    variables: Mapping[str, str] = field(repr=False)

    @classmethod
    def load(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment, then the home's file. Raises UserError if no warehouse is named in either."""
        home = home_of(env)
        variables = variables_of(env)
        if "RISKMAP_DATABASE_URL" not in variables:
            raise UserError(
                f"No warehouse is known: RISKMAP_DATABASE_URL is not set and {home / 'env'} does not name it",
                "run 'make demo' or 'riskmap up', or set RISKMAP_DATABASE_URL",
            )
        return cls(
            home=home,
            database_url=variables["RISKMAP_DATABASE_URL"],
            archive_url=variables.get("RISKMAP_ARCHIVE_URL", (home / "archive").as_uri()),
            airflow_url=variables.get("RISKMAP_AIRFLOW_URL"),
            data_docs_url=variables.get("RISKMAP_DATA_DOCS_URL"),
            map_url=variables.get("RISKMAP_MAP_URL"),
            variables=MappingProxyType(variables),
        )


def read_env(file: Path) -> dict[str, str]:
    """``NAME=value`` lines, quoted as a shell would; no file means no lines. Raises UserError with the line number."""
    if not file.exists():
        return {}
    variables = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            words = ["unbalanced quotes"]
        for word in words:
            name, equals, value = word.partition("=")
            if not equals or not name.isidentifier() or len(words) > 1:
                raise UserError(f"{file}, line {number}, is not NAME=value", "quote the value as for a shell")
            variables[name] = value
    return variables


def env_text(variables: Mapping[str, str]) -> str:
    """The text of an env file that ``read_env`` and a shell (``set -a; . file``) both understand."""
    head = "# Written by 'riskmap up'; variables that are set in the environment take precedence.\n"
    return head + "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))
