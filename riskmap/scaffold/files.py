"""Which files a new feed has, and writing all of them or none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feeds import registry
from riskmap.errors import UserError
from riskmap.scaffold.trial import Trial
from riskmap.settings import REPOSITORY

_TEST = '''"""The feed {feed}: everything in its sample is read, and passes the gate."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from feeds.registry import load
from riskmap.scaffold.trial import try_bytes, try_file

SAMPLE = Path(__file__).parents[1] / "fixtures" / "feeds" / "{fixture}"
FETCHED = datetime.fromisoformat("{fetched}")


def test_the_sample_of_{feed}_is_accepted_whole() -> None:
    trial = try_file(load("{feed}"), SAMPLE, fetched_at=FETCHED)
    assert trial.refused == []
    assert trial.accepted == {accepted}
    assert trial.told == {told}


def test_what_is_no_document_of_{feed}_is_refused() -> None:
    trial = try_bytes(load("{feed}"), b"<html>502</html>", SAMPLE.name, fetched_at=FETCHED)
    assert trial.refused
    assert not trial.accepted
'''
_LINE = 100


@dataclass(frozen=True)
class Places:
    """Where the files go: below ``root``, contracts where this installation has them."""

    contracts: Path
    root: Path

    @classmethod
    def of(cls, into: Path | None) -> Places:
        return cls(registry.folder(), REPOSITORY) if into is None else cls(into / "feeds", into)

    def contract(self, feed: str) -> Path:
        return self.contracts / f"{feed}.yml"

    def fixture(self, feed: str, suffix: str) -> Path:
        return self.root / "tests" / "fixtures" / "feeds" / f"{feed}.{suffix}"

    def test(self, feed: str) -> Path:
        return self.root / "tests" / "feeds" / f"test_feed_{feed}.py"

    def staging(self, table: str) -> Path:
        return self.root / "dbt" / "models" / "staging" / f"stg_{table}.sql"

    def shown(self, file: Path) -> str:
        """The file as a person would type it."""
        return str(file.relative_to(REPOSITORY)) if file.is_relative_to(REPOSITORY) else str(file)


def test_text(feed: str, fixture: Path, fetched: datetime, trial: Trial) -> str:
    return _TEST.format(
        feed=feed,
        fixture=fixture.name,
        fetched=fetched.isoformat(),
        accepted=_python(trial.accepted),
        told=_python(trial.told),
    )


def _python(counts: Mapping[str, int]) -> str:
    """A dict as a formatter would leave it."""
    pairs = [f"{json.dumps(name, ensure_ascii=False)}: {count}" for name, count in counts.items()]
    short = "{" + ", ".join(pairs) + "}"
    return short if len(short) < _LINE else "{\n" + "".join(f"        {pair},\n" for pair in pairs) + "    }"


def write(files: Mapping[Path, bytes]) -> None:
    """All files or none. Raises UserError if one of them exists."""
    if there := [file for file in files if file.exists()]:
        raise UserError(f"{there[0]} exists and is not overwritten", "choose another id, or remove the file")
    written: list[Path] = []
    try:
        for file, body in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("xb") as stream:
                written.append(file)
                stream.write(body)
    except OSError as error:
        for file in written:
            file.unlink(missing_ok=True)
        raise UserError(f"The files cannot be written: {error}", "give another folder with --into") from None
