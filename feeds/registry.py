"""All contracts of an installation, and their addresses filled in."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from feeds.contract import Contract
from feeds.lines import ContractProblem
from feeds.reading import read

_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


def folder() -> Path:
    """Where the contracts lie: $RISKMAP_FEEDS, or this package's own folder."""
    return Path(os.environ.get("RISKMAP_FEEDS", Path(__file__).parent))


def load_all(where: Path | None = None) -> dict[str, Contract]:
    """Read every contract, sorted by id. Raises ContractProblem at the first that cannot be checked."""
    contracts: dict[str, Contract] = {}
    for file in sorted((where or folder()).glob("*.yml")):
        contract = read(file)
        if contract.id in contracts:
            what = f"feed id '{contract.id}' is taken by {contracts[contract.id].file}"
            raise ContractProblem(file.name, 1, what, "give every feed an id of its own")
        contracts[contract.id] = contract
    return dict(sorted(contracts.items()))


def load(feed_id: str, where: Path | None = None) -> Contract:
    """Read one contract by feed id, by convention from ``<id>.yml``. Raises KeyError with the known ids."""
    file = (where or folder()) / f"{feed_id}.yml"
    if file.is_file() and (contract := read(file)).id == feed_id:
        return contract
    contracts = load_all(where)
    if feed_id not in contracts:
        raise KeyError(f"there is no feed '{feed_id}'; known feeds: {', '.join(contracts)}")
    return contracts[feed_id]


ENABLED, DISABLED = "RISKMAP_FEEDS_ENABLED", "RISKMAP_FEEDS_DISABLED"
"""Variables that name, by commas, the feeds of which an installation says something else than their contracts."""
DEFAULT = "RISKMAP_FEEDS_DEFAULT"
"""``off``: only feeds that are named as enabled run, whatever their contracts say."""


def load_enabled(variables: Mapping[str, str], where: Path | None = None) -> dict[str, Contract]:
    """The contracts of the feeds that run in this installation, sorted by id."""
    on, off = named(variables, ENABLED), named(variables, DISABLED)
    contracts = load_all(where)
    return {
        feed: contract
        for feed, contract in contracts.items()
        if feed not in off and (feed in on or runs_unless_named(contract, variables))
    }


def runs_unless_named(contract: Contract, variables: Mapping[str, str]) -> bool:
    """Whether a feed runs of which the installation says nothing."""
    return contract.enabled and variables.get(DEFAULT) != "off"


def named(variables: Mapping[str, str], name: str) -> set[str]:
    """The feed ids that the variable ``name`` lists."""
    return {feed.strip() for feed in variables.get(name, "").split(",") if feed.strip()}


def resolve(value: Any, variables: Mapping[str, str]) -> Any:
    """``value`` with every ${NAME} replaced, in strings and names, however deep. KeyError names a missing variable."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _variable(match.group(1), variables), value)
    if isinstance(value, Mapping):
        return {resolve(key, variables): resolve(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, variables) for item in value]
    return value


def resolve_known(value: Any, variables: Mapping[str, str]) -> Any:
    """The same for what a parser is told: a ${NAME} that is not set stays, for the parser may do without it."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: variables.get(match.group(1), match.group()), value)
    if isinstance(value, Mapping):
        return {key: resolve_known(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_known(item, variables) for item in value]
    return value


def _variable(name: str, variables: Mapping[str, str]) -> str:
    if name not in variables:
        raise KeyError(f"the contract needs ${{{name}}}, which is not set; put it into $RISKMAP_HOME/env")
    return variables[name]
