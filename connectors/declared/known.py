"""Which columns of a record are news: used by no table, not ignored, and not told of by another table."""

from __future__ import annotations

from connectors.declared.document import is_pseudo, parents
from connectors.declared.profile import Profile

_Path = tuple[str, ...]


class Known:
    """``known(name)``: need this column of a record of ``table`` not be told? Names are those of the record's cells."""

    def __init__(self, profile: Profile, table: str) -> None:
        paths = {name: _path(profile.records_of(name)) for name in profile.tables}
        self._path = paths[table]
        self._other_levels = {path for path in paths.values() if path != self._path}
        used = ((column, paths[name]) for name, mapping in profile.tables.items() for column in mapping.used())
        self._used = {_absolute(*pair) for pair in used} | {
            _absolute(name, _path(profile.input.records)) for name in profile.ignore
        }
        # Of tables that read the same records one tells; a register that every record repeats would keep the last only.
        alike = [name for name, path in paths.items() if path == self._path]
        teller = next((name for name in alike if not profile.tables[name].repeats), alike[0])
        self._tells = table == teller
        self._known: dict[str, bool] = {}

    def __call__(self, name: str) -> bool:
        if name not in self._known:
            self._known[name] = not self._tells or is_pseudo(name) or self._is_used(name)
        return self._known[name]

    def _is_used(self, name: str) -> bool:
        level, inner = _absolute(name, self._path)
        if (level, inner) in self._used or level in self._other_levels:
            return True
        return any(other[: len(level) + 1] == (*level, inner) for other in self._other_levels)  # it holds records


def _path(records: str) -> _Path:
    return tuple(records.split(".")) if records else ()


def _absolute(column: str, path: _Path) -> tuple[_Path, str]:
    """(where it stands from the document's root, its name there)."""
    up = parents(column)
    return path[: len(path) - up], column[3 * up :]
