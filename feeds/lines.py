"""Where in a YAML file something stands: a contract is refused with the line that lacks what it needs."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

import yaml

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the document: ("schema", 0, "properties")."""


def load_with_lines(text: str) -> tuple[Any, LineMap]:
    """A YAML document and where its parts stand. Raises yaml.YAMLError.

    Contracts are read at every DAG parse and every task, so libyaml does it where PyYAML was built with it.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        root = loader.get_single_node()
        return (None if root is None else loader.construct_document(root)), LineMap(root)
    finally:
        loader.dispose()


class LineMap:
    """Line numbers (from 1) of the nodes of one YAML document."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._lines: dict[Path, int] = {}
        if root is not None:
            self._walk(root, ())

    def of(self, path: Path) -> int:
        """The line of the node at ``path``, or of its nearest ancestor that exists."""
        while path not in self._lines and path:
            path = path[:-1]
        return self._lines.get(path, 1)

    def _walk(self, node: yaml.Node, path: Path) -> None:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                child = (*path, str(key.value))
                self._lines[child] = key.start_mark.line + 1
                self._walk(value, child)
        elif isinstance(node, yaml.SequenceNode):
            for position, value in enumerate(node.value):
                self._walk(value, (*path, position))


class ContractProblem(Exception):
    """A contract that cannot be checked: where (file and line), what is wrong, what to do."""

    def __init__(self, file: FilePath | str, line: int, what: str, remedy: str) -> None:
        super().__init__(f"{file}:{line}: {what}. To fix: {remedy}")
        self.file = str(file)
        self.line = line
        self.what = what
        self.remedy = remedy
