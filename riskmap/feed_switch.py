"""Which feeds run in an installation: switched on and off in its env file, then in warehouse and Airflow."""

from __future__ import annotations

from feeds.contract import Contract
from feeds.registry import DISABLED, ENABLED, load, load_enabled, named, runs_unless_named
from riskmap.settings import Settings, env_text, home_of, read_env, variables_of
from riskmap.stack.memory import prepare_home, write_private


def switch(feed_id: str, *, on: bool) -> list[str]:
    """Let a feed run here, or no longer; returns sentences that say what has happened and what is left to do.

    What holds without being named (the contract's ``enabled``, or RISKMAP_FEEDS_DEFAULT) is only overridden, never
    repeated, so that a later version may change it.
    """
    contract = load(feed_id)
    _write(contract, on=on)
    state = "on" if on else "off"
    said = [f"{feed_id} is switched {state} in {home_of() / 'env'}"]
    variables = variables_of()
    if "RISKMAP_DATABASE_URL" not in variables:
        return [*said, "no stack is known yet: the next 'riskmap up' takes it over"]
    return said + _take_over(contract, Settings.load(), on=on)


def _write(contract: Contract, *, on: bool) -> None:
    home = home_of()
    prepare_home(home)
    file = home / "env"
    lines = read_env(file)
    runs = runs_unless_named(contract, variables_of())
    for name, belongs in ((ENABLED, on and not runs), (DISABLED, not on and runs)):
        feeds = named(lines, name) - {contract.id} | ({contract.id} if belongs else set())
        lines.pop(name, None)
        if feeds:
            lines[name] = ",".join(sorted(feeds))
    write_private(file, env_text(lines))


def _take_over(contract: Contract, settings: Settings, *, on: bool) -> list[str]:
    from riskmap.stack.prepare import prepare_warehouse

    if (contract.id in load_enabled(settings.variables)) != on:
        return ["the environment of this shell says otherwise; it goes before the file"]
    prepare_warehouse(settings)
    said = ["the ledger counts what is owed of it from now on" if on else "nothing is owed of it any more"]
    if settings.airflow_url:
        said.append("Airflow reads its DAGs anew within a minute")
    return said
