"""YAML that people go on writing: one line per thing, with ``# check:`` where something was guessed."""

from __future__ import annotations

from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Keeps every value on its line."""


def _one_line(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if len(text.splitlines()) > 1 else None)


_Dumper.add_representer(str, _one_line)


def flow(value: Any) -> str:
    """The value on one line."""
    dumped = yaml.dump(
        [value], Dumper=_Dumper, default_flow_style=True, allow_unicode=True, sort_keys=False, width=float("inf")
    )
    return dumped.strip()[1:-1]


def line(indent: int, name: str, value: Any = None, check: str = "") -> str:
    """``name: value  # check: ...``; without a value what follows is inside it."""
    written = "" if value is None else f" {flow(value)}"
    return f"{' ' * indent}{flow(name)}:{written}{_comment(check)}"


def item(indent: int, value: Any, check: str = "") -> str:
    """``- value  # check: ...``"""
    return f"{' ' * indent}- {flow(value)}{_comment(check)}"


def _comment(check: str) -> str:
    return f"  # check: {' '.join(check.split())}" if check else ""
