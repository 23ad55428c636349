"""The private cluster: started twice, stopped, killed, in the way of others, below a closed folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from riskmap.stack.errors import StackError
from riskmap.stack.postgres import PrivateCluster, binaries


@pytest.fixture
def cluster(open_folder: Path) -> Iterator[PrivateCluster]:
    cluster = PrivateCluster(open_folder / "home")
    yield cluster
    cluster.stop()


def answer(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def server_pid(cluster: PrivateCluster) -> int:
    return int((cluster.folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def wait_until_gone(pid: int) -> None:
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        time.sleep(0.02)


def test_a_second_start_leaves_the_running_server_alone(cluster: PrivateCluster) -> None:
    cluster.start()
    started = answer(cluster.url(), "select pg_postmaster_start_time()")
    PrivateCluster(cluster.home).start()
    assert answer(cluster.url(), "select pg_postmaster_start_time()") == started


def test_data_passwords_and_port_survive_a_restart(cluster: PrivateCluster) -> None:
    cluster.start()
    cluster.ensure_database("riskmap", "riskmap", ["postgis"])
    url = cluster.url("riskmap", "riskmap")
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select st_makepoint(117, 31) as place")
    cluster.stop()
    assert not cluster.running()
    again = PrivateCluster(cluster.home)
    again.start()
    again.ensure_database("riskmap", "riskmap", ["postgis"])
    assert again.url("riskmap", "riskmap") == url
    assert answer(url, "select st_astext(place) from kept") == "POINT(117 31)"


def test_only_loopback_and_only_with_a_password(cluster: PrivateCluster) -> None:
    cluster.start()
    assert answer(cluster.url(), "show listen_addresses") == "127.0.0.1"
    assert answer(cluster.url(), "show timezone") == "UTC"
    assert answer(cluster.url(), "show server_encoding") == "UTF8"
    assert answer(cluster.url(), "show synchronous_commit") == "on"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres:wrong@127.0.0.1:{cluster.port}/postgres")
    assert stat.S_IMODE((cluster.home / "secrets.json").stat().st_mode) == 0o600


def test_a_killed_server_comes_back_with_what_was_committed(cluster: PrivateCluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("create table kept as select 7 as number")
    pid = server_pid(cluster)
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    assert not cluster.running()
    deadline = time.monotonic() + 30
    while True:  # children of a killed server need a moment to notice, and hold its memory until then
        try:
            cluster.start()
            break
        except StackError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    assert answer(cluster.url(), "select number from kept") == 7


def test_a_recycled_pid_is_not_taken_for_the_server(cluster: PrivateCluster) -> None:
    cluster.start()
    cluster.stop()
    pid_file = cluster.folder / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{cluster.folder / 'data'}\n0\n{cluster.port}\n")
    assert not cluster.running()
    cluster.start()
    assert server_pid(cluster) != os.getpid()
    assert answer(cluster.url(), "select 1") == 1


def test_a_taken_port_makes_it_move(cluster: PrivateCluster) -> None:
    cluster.start()
    port = cluster.port
    cluster.stop()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        cluster.start()
    assert cluster.port != port
    assert answer(cluster.url(), "select 1") == 1


def test_a_port_that_was_asked_for_is_never_changed(open_folder: Path) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        with pytest.raises(StackError, match=f"Port {port}"):
            PrivateCluster(open_folder / "home", port=port).start()


def test_two_homes_run_side_by_side(cluster: PrivateCluster, open_folder: Path) -> None:
    other = PrivateCluster(open_folder / "other")
    cluster.start()
    other.start()
    try:
        places = {answer(one.url(), "select current_setting('data_directory')") for one in (cluster, other)}
        assert places == {str(cluster.folder / "data"), str(other.folder / "data")}
    finally:
        other.stop()


def test_an_interrupted_creation_is_begun_anew(cluster: PrivateCluster) -> None:
    half = cluster.home / "postgres" / "data.partial"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    cluster.start()
    assert answer(cluster.url(), "select 1") == 1
    assert not half.exists()


def test_a_path_too_long_for_a_socket_still_works(open_folder: Path) -> None:
    cluster = PrivateCluster(open_folder / ("long-" * 24))
    cluster.start()
    try:
        assert answer(cluster.url(), "select 1") == 1
    finally:
        cluster.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand the server to another user")
def test_below_a_closed_folder_the_data_lie_outside(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    cluster = PrivateCluster(tmp_path / "home")
    cluster.start()
    folder = cluster.folder
    try:
        assert (tmp_path / "home" / "postgres").is_symlink()
        assert Path("/var/lib/riskmap") in folder.parents
        assert folder.stat().st_uid != 0
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert answer(cluster.url(), "select 1") == 1
    finally:
        cluster.stop()
        shutil.rmtree(folder)


def test_stopping_what_never_ran_creates_nothing(tmp_path: Path) -> None:
    PrivateCluster(tmp_path / "home").stop()
    assert list(tmp_path.iterdir()) == []


def test_without_postgis_the_error_names_the_packages(tmp_path: Path) -> None:
    (tmp_path / "lib" / "17" / "bin").mkdir(parents=True)
    (tmp_path / "lib" / "17" / "bin" / "initdb").touch()
    with pytest.raises(StackError, match="postgis-3"):
        binaries(tmp_path / "lib", tmp_path / "share")


def test_the_newest_version_with_postgis_is_used(tmp_path: Path) -> None:
    for version in ("14", "15", "17", "18"):
        (tmp_path / "lib" / version / "bin").mkdir(parents=True)
        (tmp_path / "lib" / version / "bin" / "initdb").touch()
    for version in ("14", "15", "17"):
        (tmp_path / "share" / version / "extension").mkdir(parents=True)
        (tmp_path / "share" / version / "extension" / "postgis.control").touch()
    assert binaries(tmp_path / "lib", tmp_path / "share") == tmp_path / "lib" / "17" / "bin"
