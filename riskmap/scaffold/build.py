"""Sample and wishes -> a contract that reads the sample whole, and the files around it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from feeds import registry
from feeds.contract import Contract
from feeds.lines import ContractProblem
from feeds.reading import read
from feeds.staging import key_codes, staging_model
from riskmap.errors import UserError
from riskmap.scaffold.columns import survey
from riskmap.scaffold.contract import checks_of, contract_text
from riskmap.scaffold.files import Places, test_text, write
from riskmap.scaffold.like import copy_text
from riskmap.scaffold.parts import Parts
from riskmap.scaffold.request import Request
from riskmap.scaffold.sample import LARGEST, Sample
from riskmap.scaffold.trial import Trial, just_after, try_bytes

_TOLD = 5
Known = dict[str, Contract]


@dataclass(frozen=True)
class Made:
    """What was written; ``checks`` are (line, what to look at) of the contract."""

    contract: Contract
    contract_file: Path
    files: tuple[Path, ...]
    checks: tuple[tuple[int, str], ...]
    trial: Trial | None


def from_sample(request: Request, sample: Sample, places: Places) -> Made:
    """Raises UserError, and writes nothing, if a file exists or the sample would not be accepted whole."""
    known = _known(places)
    _refuse_taken(request.id, known)
    parts = Parts(survey(sample.cells), sample.wrapper)
    kind = request.kind or parts.kind
    if kind == "observation" and (lacks := [name for name, part in _needed(parts).items() if not part]):
        raise UserError(f"The sample shows no {', no '.join(lacks)}", "give another sample, or --kind record")
    if kind == "record" and any(table.name == request.id for contract in known.values() for table in contract.tables):
        raise UserError(f"A table named {request.id} exists already", "choose another id: the table is named after it")
    return _made(
        request, contract_text(request, sample, parts), (sample.body, sample.suffix), places=places, known=known
    )


def from_feed(request: Request, model_id: str, sample: Path | None, places: Places) -> Made:
    """The copy of a contract; with a sample it gets a fixture and a test.

    Raises UserError as above, KeyError for an unknown feed.
    """
    known = _known(places)
    _refuse_taken(request.id, known)
    if model_id not in known:
        raise KeyError(f"there is no feed '{model_id}'; known feeds: {', '.join(known)}")
    model = known[model_id]
    file = next(file for folder in _folders(places) if (file := folder / model.file).is_file())
    text = copy_text(request, model, file.read_text(encoding="utf-8"))
    if sample is None:
        return _made(request, text, None, places=places, known=known)
    body = sample.read_bytes() if sample.is_file() else b""
    if not body or len(body) > LARGEST:
        raise UserError(f"The sample {sample} is missing, empty or larger than {LARGEST} bytes", "give a small file")
    return _made(request, text, (body, sample.suffix.lstrip(".") or "txt"), places=places, known=known)


def _made(request: Request, text: str, sample: tuple[bytes, str] | None, *, places: Places, known: Known) -> Made:
    """``sample``: its bytes and how its file name ends."""
    contract, trial = _checked(request.id, text), None
    files = {places.contract(request.id): text.encode()}
    if sample is not None:
        fixture = places.fixture(request.id, sample[1])
        fetched = just_after(contract, sample[0], fixture.name)
        trial = try_bytes(contract, sample[0], fixture.name, fetched_at=fetched)
        _refuse_bad(request.id, trial)
        test = test_text(request.id, fixture, fetched, trial)
        files |= {fixture: sample[0], places.test(request.id): test.encode()}
    files |= _staging(contract, places, known)
    write(files)
    return Made(contract, places.contract(request.id), tuple(files), tuple(checks_of(text)), trial)


def _staging(contract: Contract, places: Places, known: Known) -> dict[Path, bytes]:
    """A first staging model for each table that no other contract has."""
    tables = {table.name for other in known.values() for table in other.tables}
    codes = key_codes([*known.values(), contract])
    own = (table for table in contract.tables if table.name not in tables)
    return {places.staging(table.name): staging_model(table, codes).encode() for table in own}


def _folders(places: Places) -> list[Path]:
    return list(dict.fromkeys([registry.folder(), places.contracts]))


def _known(places: Places) -> Known:
    try:
        return {feed: contract for folder in _folders(places) for feed, contract in registry.load_all(folder).items()}
    except ContractProblem as error:
        raise UserError(f"A contract of this installation is wrong: {error.what}", f"correct {error.file}") from None


def _refuse_taken(feed: str, known: Known) -> None:
    if feed in known:
        raise UserError(f"There is a feed {feed} already", "choose another id")


def _needed(parts: Parts) -> dict[str, object]:
    return {"time": parts.event, "code": parts.code, "measured number": parts.values}


def _checked(feed: str, text: str) -> Contract:
    """The text as a contract, read from a file as it will be."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{feed}.yml"
        file.write_text(text, encoding="utf-8")
        try:
            return read(file)
        except ContractProblem as error:
            raise UserError(f"No contract can be made of the sample: {error.what}", error.remedy) from None


def _refuse_bad(feed: str, trial: Trial) -> None:
    if trial.refused:
        first = "; ".join(trial.refused[:_TOLD])
        count = len(trial.refused)
        raise UserError(f"The sample would not be accepted whole, {count} refused: {first}", "correct the sample")
    if not sum(trial.accepted.values()):
        raise UserError("Nothing in the sample would land", f"give a sample of {feed} with values in it")
