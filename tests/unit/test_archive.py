"""The archive: the bytes that went in come out, or an error says why not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from warehouse.archive import Archive
from warehouse.errors import ArchiveError

BODY = "<alert>暴雨红色预警</alert>".encode() * 100
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def archive(folder: Path) -> Archive:
    return Archive(f"file://{folder}")


def stored(folder: Path) -> Path:
    return folder / SHA256[:2] / f"{SHA256}.zst"


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_bytes_come_back_and_lie_compressed_under_their_hash(archive: Archive, folder: Path) -> None:
    assert archive.put(BODY) == f"file://{stored(folder)}"
    assert archive.get(SHA256) == BODY
    assert archive.has(SHA256)
    assert stored(folder).stat().st_size < len(BODY) / 10


@pytest.mark.parametrize("body", [b"", b"\x00", bytes(range(256)) * 1000])
def test_any_bytes(archive: Archive, body: bytes) -> None:
    archive.put(body)
    assert archive.get(hashlib.sha256(body).hexdigest()) == body


def test_the_same_bytes_again_change_nothing(archive: Archive, folder: Path) -> None:
    archive.put(BODY)
    before = stored(folder).stat()
    archive.put(BODY)
    assert stored(folder).stat() == before
    assert files(folder) == [stored(folder)]


def test_another_scheme() -> None:
    archive = Archive("memory://riskmap-test-archive")
    assert archive.put(BODY).startswith("memory://")
    assert archive.get(SHA256) == BODY


@pytest.mark.parametrize("damage", [b"", b"rubbish", None])
def test_damage_is_noticed(archive: Archive, folder: Path, damage: bytes | None) -> None:
    archive.put(BODY)
    whole = stored(folder).read_bytes()
    stored(folder).write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    with pytest.raises(ArchiveError, match=f"{SHA256} is damaged"):
        archive.get(SHA256)


def test_other_bytes_under_the_name_are_noticed(archive: Archive, folder: Path) -> None:
    archive.put(BODY)
    other = Path(archive.put(b"other").removeprefix("file://"))
    stored(folder).write_bytes(other.read_bytes())
    with pytest.raises(ArchiveError, match="its content has another hash"):
        archive.get(SHA256)


def test_a_writer_that_died_half_way_leaves_nothing_under_the_name(archive: Archive, folder: Path) -> None:
    stored(folder).parent.mkdir(parents=True)
    stored(folder).with_name(f"{SHA256}.zst.0123.part").write_bytes(b"half")
    assert not archive.has(SHA256)
    archive.put(BODY)
    assert archive.get(SHA256) == BODY


def test_what_is_missing_is_said(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match=f"holds no payload {SHA256}.*RISKMAP_ARCHIVE_URL"):
        archive.get(SHA256)
    with pytest.raises(ValueError, match="not a SHA-256"):
        archive.get("../../etc/passwd")


def test_an_archive_that_cannot_be_written_is_said(folder: Path) -> None:
    folder.write_bytes(b"a file where the folder should be")
    with pytest.raises(ArchiveError, match="can't be written"):
        Archive(f"file://{folder}").put(BODY)


def test_an_unknown_scheme_is_said_without_its_secrets() -> None:
    with pytest.raises(ArchiveError, match="install the fsspec driver") as error:
        Archive("nosuch://key:geheim@bucket/path")
    assert "geheim" not in str(error.value)


def test_several_payloads_keep_their_order(tmp_path: Path) -> None:
    archive = Archive(f"file://{tmp_path}")
    bodies = [str(number).encode() for number in range(20)] + [b"3"]
    uris = archive.put_all(bodies)
    assert [uri.rsplit("/", 1)[1].removesuffix(".zst") for uri in uris] == [
        hashlib.sha256(body).hexdigest() for body in bodies
    ]
    assert [archive.get(hashlib.sha256(body).hexdigest()) for body in bodies] == bodies
