"""A folder that others write into: what is taken, what is waited for, what is put away and when."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors.errors import ConfigurationError
from connectors.model import Cursor, Interval, Parsed, Payload, Pull
from connectors.transport import files
from connectors.transport.files import FilesConnector, FilesOptions

NOW = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)


class EndMarked:
    """A toy format whose files end with ||."""

    format = "toy"
    tables: Mapping[str, pa.Schema] = {}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        raise NotImplementedError

    def is_complete(self, body: bytes) -> bool:
        return body.endswith(b"||")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def connector(inbox: Path, now: datetime = NOW, **options: Any) -> FilesConnector:
    return FilesConnector(EndMarked(), str(inbox), FilesOptions(**options), now=lambda: now)


def put(inbox: Path, name: str, body: bytes = b"x||", age_s: float = 3600) -> Path:
    path = inbox / name
    path.write_bytes(body)
    stamp = (NOW - timedelta(seconds=age_s)).timestamp()
    os.utime(path, (stamp, stamp))
    return path


def pull(made: FilesConnector, cursor: Cursor | None = None) -> Pull:
    (only,) = made.pull(cursor or {})
    json.dumps(only.cursor)
    return only


def names(one: Pull) -> list[str]:
    return [payload.name for payload in one.payloads]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_files_come_in_the_order_of_their_names_with_size_and_time(inbox: Path) -> None:
    put(inbox, "b.txt")
    put(inbox, "a.TXT", b"yy||")
    only = pull(connector(inbox, pattern="*.txt"))
    assert names(only) == ["a.TXT", "b.txt"]
    first = only.payloads[0]
    assert (first.body, first.facts["size"], first.facts["mtime"]) == (b"yy||", "4", "2026-08-10T07:00:00+00:00")
    assert first.source == (inbox / "a.TXT").as_uri()


def test_what_is_not_ours_is_left_alone(inbox: Path) -> None:
    for name in (".hidden.txt", "~$lock.txt", "a.txt.part", "A.PART", "other.csv"):
        put(inbox, name)
    (inbox / "folder.txt").mkdir()
    (inbox / "link.txt").symlink_to("/etc/hostname")
    (inbox / "dangling.txt").symlink_to(inbox / "nothing")
    before = tree(inbox)
    made = connector(inbox, pattern="*.txt")
    only = pull(made)
    made.acknowledge(only)
    assert (only.payloads, only.not_modified) == ((), True)
    assert tree(inbox) == before


def test_an_empty_folder_is_a_fresh_poll(inbox: Path) -> None:
    only = pull(connector(inbox))
    assert (only.payloads, only.not_modified, only.rejects) == ((), True, ())


# --- acknowledge: move


def test_nothing_moves_before_the_commit_is_acknowledged(inbox: Path) -> None:
    put(inbox, "a.txt")
    made = connector(inbox)
    first = pull(made)
    assert names(pull(made, first.cursor)) == ["a.txt"]  # a crash before the acknowledgement loses nothing
    made.acknowledge(first)
    day = NOW.astimezone().strftime("%Y%m%d")
    assert tree(inbox) == {f"Processed/{day}/a.txt": b"x||"}
    assert pull(made, first.cursor).not_modified


def test_other_content_of_the_same_name_keeps_both(inbox: Path) -> None:
    made = connector(inbox)
    for body in (b"1||", b"2||", b"1||", b"3||"):
        put(inbox, "a.txt", body)
        made.acknowledge(pull(made))
    assert {name.rpartition("/")[2]: body for name, body in tree(inbox).items()} == {
        "a.txt": b"1||",
        "a.1.txt": b"2||",
        "a.2.txt": b"3||",
    }


def test_two_files_of_one_second_are_both_taken(inbox: Path) -> None:
    put(inbox, "620823009203_CDSS_20260810080500.txt", b"1||")
    put(inbox, "620823009203_CDSS_20260810080500_1.txt", b"2||")
    made = connector(inbox)
    only = pull(made)
    made.acknowledge(only)
    assert sorted(p.body for p in only.payloads) == [b"1||", b"2||"]
    assert sorted(tree(inbox).values()) == [b"1||", b"2||"]


def test_a_file_written_to_after_it_was_read_stays(inbox: Path) -> None:
    put(inbox, "a.txt", b"1||")
    made = connector(inbox)
    first = pull(made)
    put(inbox, "a.txt", b"1||2||")
    made.acknowledge(first)
    assert tree(inbox) == {"a.txt": b"1||2||"}
    assert [p.body for p in pull(made, first.cursor).payloads] == [b"1||2||"]


def test_a_file_that_is_gone_at_the_acknowledgement_is_no_error(inbox: Path) -> None:
    put(inbox, "a.txt").rename(inbox / "b.txt")
    put(inbox, "a.txt")
    made = connector(inbox)
    only = pull(made)
    (inbox / "a.txt").unlink()
    made.acknowledge(only)
    assert [name.rpartition("/")[2] for name in tree(inbox)] == ["b.txt"]


def test_a_folder_that_cannot_be_moved_into_is_told_after_the_commit(inbox: Path) -> None:
    put(inbox, "a.txt")
    (inbox / "Processed").write_text("a file where the folder should be")
    made = connector(inbox, pattern="*.txt")
    only = pull(made)
    with pytest.raises(ConfigurationError, match=r"a\.txt"):
        made.acknowledge(only)
    assert (inbox / "a.txt").exists()


# --- acknowledge: keep


def test_kept_files_are_remembered_by_content(inbox: Path) -> None:
    put(inbox, "a.csv", b"1||")
    put(inbox, "b.csv", b"2||")
    made = connector(inbox, acknowledge="keep")
    first = pull(made)
    made.acknowledge(first)
    assert set(tree(inbox)) == {"a.csv", "b.csv"}
    second = pull(made, first.cursor)
    assert second.not_modified
    put(inbox, "a.csv", b"1||", age_s=5)  # touched
    third = pull(made, second.cursor)
    assert third.not_modified
    put(inbox, "a.csv", b"3||", age_s=4)  # changed
    fourth = pull(made, third.cursor)
    assert names(fourth) == ["a.csv"]
    (inbox / "b.csv").unlink()
    assert set(pull(made, fourth.cursor).cursor["files"]) == {"a.csv"}


# --- files that are not ready


def test_a_file_without_an_end_is_waited_for_and_then_handed_on(inbox: Path) -> None:
    put(inbox, "a.txt", b"half", age_s=0)
    put(inbox, "b.txt")
    assert names(pull(connector(inbox, patience_s=600))) == ["b.txt"]
    assert names(pull(connector(inbox, NOW + timedelta(seconds=599), patience_s=600))) == ["b.txt"]
    assert names(pull(connector(inbox, NOW + timedelta(seconds=600), patience_s=600))) == ["a.txt", "b.txt"]


def test_only_files_that_wait_make_a_fresh_poll(inbox: Path) -> None:
    put(inbox, "a.txt", b"half", age_s=0)
    assert pull(connector(inbox)).not_modified


def test_a_file_that_vanishes_or_changes_between_list_and_read_is_left(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gone.txt", "grows.txt", "stays.txt"):
        put(inbox, name)
    real_open = Path.open

    def meddle(path: Path, *args: Any, **kwargs: Any) -> Any:  # what another process does at the worst moment
        if path.name == "gone.txt":
            path.unlink()
        opened = real_open(path, *args, **kwargs)
        if path.name == "grows.txt":
            with real_open(path, "ab") as writer:
                writer.write(b"more||")
        return opened

    monkeypatch.setattr(Path, "open", meddle)
    only = pull(connector(inbox))
    assert names(only) == ["stays.txt"]
    assert only.rejects == ()


def test_an_unreadable_file_is_told_once_and_blocks_nobody(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(inbox, "a.txt")
    put(inbox, "b.txt")
    real_open = Path.open

    def refuse(path: Path, *args: Any, **kwargs: Any) -> Any:  # root may read everything, so chmod cannot show this
        if path.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return real_open(path, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        made = connector(inbox, acknowledge="keep")
        first = pull(made)
        assert names(first) == ["b.txt"]
        assert [(r.rule, r.where) for r in first.rejects] == [("fetch.file_unreadable", "a.txt")]
        second = pull(made, first.cursor)
        assert (second.rejects, second.not_modified) == ((), True)
    assert names(pull(made, second.cursor)) == ["a.txt"]


def test_a_file_that_is_too_large_is_a_reject(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 5)
    put(inbox, "a.txt", b"123456||")
    put(inbox, "b.txt", b"123||")
    only = pull(connector(inbox))
    assert names(only) == ["b.txt"]
    assert [r.rule for r in only.rejects] == ["fetch.file_too_large"]


# --- bounds and declarations


def test_pulls_are_bounded_by_files_and_by_bytes(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        put(inbox, f"{number}.txt", b"x" * 100 + b"||")
    monkeypatch.setattr(files, "PULL_FILES", 3)
    assert [len(p.payloads) for p in connector(inbox).pull({})] == [3, 3, 1]
    monkeypatch.setattr(files, "PULL_BYTES", 250)
    assert [len(p.payloads) for p in connector(inbox).pull({})] == [2, 2, 2, 1]
    monkeypatch.setattr(files, "PULL_BYTES", 10)
    assert [len(p.payloads) for p in connector(inbox).pull({})] == [1] * 7


def test_pulls_can_be_acknowledged_one_by_one(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PULL_FILES", 2)
    for number in range(5):
        put(inbox, f"{number}.txt")
    made = connector(inbox)
    seen = []
    for one in made.pull({}):
        seen += names(one)
        made.acknowledge(one)
    assert seen == [f"{number}.txt" for number in range(5)]
    assert len(tree(inbox / "Processed")) == 5


@pytest.mark.parametrize("where", ["missing", "inbox/file.txt"])
def test_a_folder_that_is_none_is_a_configuration_error(inbox: Path, where: str) -> None:
    put(inbox, "file.txt")
    with pytest.raises(ConfigurationError, match="cannot be listed"):
        list(connector(inbox.parent / where).pull({}))


def test_addresses_of_folders(inbox: Path) -> None:
    put(inbox, "a.txt")
    assert names(pull(FilesConnector(EndMarked(), inbox.as_uri()))) == ["a.txt"]
    with pytest.raises(ConfigurationError, match="s3://"):
        FilesConnector(EndMarked(), "s3://bucket/folder")


def test_a_folder_knows_no_intervals(inbox: Path) -> None:
    with pytest.raises(ConfigurationError, match="archive"):
        list(connector(inbox).pull({}, Interval(NOW, NOW + timedelta(hours=1))))


@pytest.mark.parametrize("wrong", [{"acknowledge": "delete"}, {"patience_s": -1}, {"pattern": "../*"}, {"pattern": ""}])
def test_senseless_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        FilesOptions(**wrong)
