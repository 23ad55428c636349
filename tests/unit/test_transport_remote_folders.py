"""Folders on SFTP and FTP servers keep the rules of a local one; their servers here are real, on loopback."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paramiko
import pyarrow as pa
import pytest

from connectors.errors import ConfigurationError, ConnectorError, TransientError
from connectors.model import Parsed, Payload, Pull
from connectors.registry import connect
from connectors.transport import files, ftp_folder, remote_address
from connectors.transport.files import FilesConnector, FilesOptions
from simulator.sftp_server import serve_sftp
from tests.remote_folder import QUOTED, REMOTES, SECRET, USER, Remote, ftps, sftp, write_certificate

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


@pytest.fixture(params=list(REMOTES))
def remote(request: pytest.FixtureRequest, inbox: Path) -> Iterator[Remote]:
    with REMOTES[request.param](inbox) as found:
        yield found


def connector(remote: Remote, **options: Any) -> FilesConnector:
    return FilesConnector(EndMarked(), remote.address, FilesOptions(**{**remote.options, **options}), now=lambda: NOW)


def put(inbox: Path, name: str, body: bytes = b"x||", age_s: float = 3600) -> Path:
    path = inbox / name
    path.write_bytes(body)
    stamp = (NOW - timedelta(seconds=age_s)).timestamp()
    os.utime(path, (stamp, stamp))
    return path


def pull(made: FilesConnector, cursor: dict[str, Any] | None = None) -> Pull:
    (only,) = made.pull(cursor or {})
    json.dumps(only.cursor)
    return only


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_files_come_whole_in_the_order_of_their_names(remote: Remote, inbox: Path) -> None:
    put(inbox, "b.txt", b"y" * 700_000 + b"||")
    put(inbox, "a.TXT", "甲烷||".encode())
    put(inbox, "测点.txt")
    for name in (".hidden.txt", "a.txt.part", "other.csv"):
        put(inbox, name)
    (inbox / "folder.txt").mkdir()
    (inbox / "link.txt").symlink_to("/etc/hostname")
    only = pull(connector(remote, pattern="*.txt"))
    got = {payload.name: payload.body for payload in only.payloads if payload.name != "link.txt"}
    assert list(got) == ["a.TXT", "b.txt", "测点.txt"]
    assert got["a.TXT"] == "甲烷||".encode()
    assert len(got["b.txt"]) == 700_002
    first = only.payloads[0]
    assert (first.facts["size"], first.facts["mtime"]) == ("8", "2026-08-10T07:00:00+00:00")
    assert first.source.endswith("/a.TXT")
    assert SECRET not in first.source
    assert USER not in first.source


def test_a_link_is_not_followed_by_sftp(inbox: Path) -> None:
    (inbox / "link.txt").symlink_to("/etc/hostname")
    with sftp(inbox) as remote:
        assert pull(connector(remote)).not_modified


def test_files_move_only_after_the_commit(remote: Remote, inbox: Path) -> None:
    made = connector(remote)
    for body in (b"1||", b"2||", b"1||"):
        put(inbox, "a.txt", body)
        first = pull(made)
        assert [p.body for p in pull(made, first.cursor).payloads] == [body]  # a crash before loses nothing
        made.acknowledge(first)
    day = NOW.astimezone().strftime("%Y%m%d")
    assert tree(inbox) == {f"Processed/{day}/a.txt": b"1||", f"Processed/{day}/a.1.txt": b"2||"}
    assert pull(made).not_modified


def test_a_file_written_to_after_it_was_read_stays(remote: Remote, inbox: Path) -> None:
    put(inbox, "a.txt", b"1||")
    put(inbox, "gone.txt")
    made = connector(remote)
    first = pull(made)
    put(inbox, "a.txt", b"1||2||", age_s=1)
    (inbox / "gone.txt").unlink()
    made.acknowledge(first)
    assert tree(inbox) == {"a.txt": b"1||2||"}


def test_kept_files_are_remembered(remote: Remote, inbox: Path) -> None:
    put(inbox, "a.txt", b"1||")
    made = connector(remote, acknowledge="keep")
    first = pull(made)
    made.acknowledge(first)
    second = pull(made, first.cursor)
    assert second.not_modified
    put(inbox, "a.txt", b"3||", age_s=4)
    assert [p.body for p in pull(made, second.cursor).payloads] == [b"3||"]


def test_a_file_without_an_end_is_waited_for(remote: Remote, inbox: Path) -> None:
    put(inbox, "a.txt", b"half", age_s=10)
    assert pull(connector(remote)).not_modified
    assert [p.body for p in pull(connector(remote, patience_s=5)).payloads] == [b"half"]


def test_pulls_are_bounded_and_acknowledged_one_by_one(
    remote: Remote, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PULL_FILES", 2)
    for number in range(5):
        put(inbox, f"{number}.txt")
    made = connector(remote)
    sizes = []
    for one in made.pull({}):
        sizes.append(len(one.payloads))
        made.acknowledge(one)
    assert sizes == [2, 2, 1]
    assert len(tree(inbox / "Processed")) == 5


def test_a_file_that_is_too_large_is_a_reject(remote: Remote, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 5)
    put(inbox, "a.txt", b"123456||")
    only = pull(connector(remote))
    assert [(r.rule, r.where) for r in only.rejects] == [("fetch.file_too_large", "a.txt")]


def test_a_folder_below_the_login_can_be_named(remote: Remote, inbox: Path) -> None:
    (inbox / "矿 a").mkdir()
    put(inbox, "矿 a/a.txt")
    below = Remote(f"{remote.address}%E7%9F%BF%20a", remote.options)
    made = connector(below)
    made.acknowledge(pull(made))
    assert list(tree(inbox)) == [f"矿 a/Processed/{NOW.astimezone():%Y%m%d}/a.txt"]


def test_no_secret_shows_in_a_representation() -> None:
    for scheme in ("sftp", "ftp"):
        made = FilesConnector(EndMarked(), f"{scheme}://{USER}:{QUOTED}@127.0.0.1/x")
        assert SECRET not in f"{made!r} {vars(made)} {vars(made.folder)}"
        assert made.folder.source == f"{scheme}://127.0.0.1/x"


# --- what goes wrong


def error_of(address: str, **options: Any) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        list(FilesConnector(EndMarked(), address, FilesOptions(**options)).pull({}))
    shown = f"{caught.value} {caught.value!r} {caught.value.__cause__} {caught.value.source}"
    assert not any(secret in shown for secret in (SECRET, QUOTED, "wrong-secret"))
    return caught.value


def test_a_wrong_password_is_a_configuration_error(remote: Remote) -> None:
    error = error_of(remote.address.replace(QUOTED, "wrong-secret"), **remote.options)
    assert type(error) is ConfigurationError
    assert "refuses the login" in str(error)


def test_a_folder_that_is_not_there_is_a_configuration_error(remote: Remote) -> None:
    error = error_of(f"{remote.address}nowhere", **remote.options)
    assert type(error) is ConfigurationError
    assert "cannot be listed" in str(error)


def test_nobody_there_is_transient(remote: Remote) -> None:
    error = error_of(remote.at(1), **remote.options)
    assert type(error) is TransientError
    assert "refuses connections" in str(error)


@pytest.mark.parametrize("scheme", ["sftp", "ftp", "ftps"])
@pytest.mark.parametrize("behaviour", ["closes", "is silent", "talks nonsense"])
def test_a_server_that_is_ill_is_transient(scheme: str, behaviour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.transport import sftp_folder

    for module in (remote_address, sftp_folder, ftp_folder):
        monkeypatch.setattr(module, "TIMEOUT_S", 0.3)
    kept: list[socket.socket] = []
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            if behaviour == "closes":
                connection.close()
                continue
            kept.append(connection)
            if behaviour == "talks nonsense":
                with suppress(OSError):  # the client may have gone already
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)
                    connection.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        error = error_of(f"{scheme}://u:{QUOTED}@127.0.0.1:{server.getsockname()[1]}/", host_key="SHA256:x")
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for connection in kept:
            connection.close()
        thread.join(timeout=5)
    assert type(error) is TransientError


@pytest.mark.parametrize("address", ["sftp://", "ftp:///folder", "sftp://host:port/x", "sftp://[bad"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises((ConfigurationError, ValueError)):
        FilesConnector(EndMarked(), address)


def test_a_name_that_cannot_be_resolved_is_told() -> None:
    error = error_of(f"ftp://u:{QUOTED}@no-such-host.invalid/")
    assert (type(error), "cannot be resolved" in str(error)) == (TransientError, True)


# --- host keys and certificates


def test_an_unknown_host_key_is_refused_with_its_fingerprint(inbox: Path) -> None:
    with serve_sftp(inbox, USER, SECRET) as server:
        address = f"sftp://{USER}:{QUOTED}@127.0.0.1:{server.port}/"
        error = error_of(address)
        assert type(error) is ConfigurationError
        assert server.fingerprint in str(error)
        assert pull(FilesConnector(EndMarked(), f"{address}?host_key={server.fingerprint}")).not_modified


def test_a_host_key_that_changed_is_refused(inbox: Path) -> None:
    with serve_sftp(inbox, USER, SECRET) as server, serve_sftp(inbox, USER, SECRET) as other:
        address = f"sftp://{USER}:{QUOTED}@127.0.0.1:{server.port}/"
        error = error_of(address, host_key=other.fingerprint)
        assert type(error) is ConfigurationError
        assert "not the declared one" in str(error)


def test_lines_of_known_hosts_are_understood(inbox: Path) -> None:
    with serve_sftp(inbox, USER, SECRET) as server:
        key = f"{server.key.get_name()} {server.key.get_base64()}"
        address = f"sftp://{USER}:{QUOTED}@127.0.0.1:{server.port}/"
        lines = f"# ours\n\n[127.0.0.1]:{server.port} {key}\n"
        assert pull(FilesConnector(EndMarked(), address, FilesOptions(host_key=lines))).not_modified
        assert "not the declared" in str(error_of(address, host_key=f"elsewhere {key}"))


def test_no_password_is_sent_before_the_host_key_is_known(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(paramiko.Transport, "auth_password", lambda *args: sent.append("password"))
    with serve_sftp(inbox, USER, SECRET) as server:
        error_of(f"sftp://{USER}:{QUOTED}@127.0.0.1:{server.port}/")
    assert sent == []


def test_a_certificate_of_an_unknown_authority_is_refused(inbox: Path, tmp_path: Path) -> None:
    with ftps(inbox) as remote:
        assert "cannot be trusted" in str(error_of(remote.address))
        other = tmp_path / "other.pem"
        write_certificate(other)
        error = error_of(remote.address, ca_bundle=str(other))
        assert (type(error), "cannot be trusted" in str(error)) == (ConfigurationError, True)
        assert type(error_of(remote.address, ca_bundle=str(tmp_path / "none.pem"))) is ConfigurationError


def test_a_private_key_that_is_none_is_told(inbox: Path, tmp_path: Path) -> None:
    with sftp(inbox) as remote:
        error = error_of(remote.address, key_file=str(tmp_path / "none"), **remote.options)
    assert (type(error), "private key" in str(error)) == (ConfigurationError, True)


# --- patterns


def test_feeds_can_share_a_folder() -> None:
    safety = FilesOptions(pattern=["*.txt", "!*_RY*_*.txt", "!*_JZSS_*.txt"])
    personnel = FilesOptions(pattern=["*_RY*_*.txt", "*_JZSS_*.txt"])
    names = ["1_CDSS_2.txt", "1_RYSS_2.TXT", "1_jzss_2.txt", "1_WHAT_2.txt", "a.csv"]
    assert [name for name in names if safety.wants(name)] == ["1_CDSS_2.txt", "1_WHAT_2.txt"]
    assert [name for name in names if personnel.wants(name)] == ["1_RYSS_2.TXT", "1_jzss_2.txt"]


@pytest.mark.parametrize("wrong", [[], ["!*.txt"], ["a/b"], ["*", ""]])
def test_senseless_patterns_are_refused(wrong: list[str]) -> None:
    with pytest.raises(ValueError, match="pattern"):
        FilesOptions(pattern=wrong)


def test_a_declaration_may_hold_all_of_it(inbox: Path) -> None:
    put(inbox, "a.txt")
    with sftp(inbox) as remote:
        declared = {"transport": "files", "format": "mine_txt", "pattern": ["*.txt"], "patience_s": 0, **remote.options}
        (only,) = connect(declared, source=remote.address).pull({})
    assert [payload.name for payload in only.payloads] == ["a.txt"]
