"""A private PostgreSQL cluster under a home folder: its own port, socket, passwords and log.

It never touches the machine's own clusters, listens on loopback only and never runs as root: when we are root, it
runs as the system user ``postgres``. If that user cannot reach the home (a checkout below a closed ``/root``), the
data lie under ``/var/lib/riskmap/`` and ``<home>/postgres`` is a link to them.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from riskmap.stack.errors import StackError
from riskmap.stack.memory import Memory, locked, port_is_free, prepare_home

INSTALLED = Path("/usr/lib/postgresql")
SHARED = Path("/usr/share/postgresql")
OUTSIDE = Path("/var/lib/riskmap")
SUPERUSER = "postgres"
OLDEST_VERSION = 15
LONGEST_SOCKET_PATH = 107  # bytes; sockaddr_un of Linux

CONFIGURATION = """\
# Written at every start; changes made here are lost.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{socket}'
password_encryption = 'scram-sha-256'
max_connections = 120           # Airflow's pools, the loaders, dbt's threads and a few people
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB              # bulk loads should not force checkpoints
checkpoint_timeout = 15min
jit = off                       # compiling costs more than it saves on queries of milliseconds
synchronous_commit = on         # what was reported as landed stays landed
random_page_cost = 1.1          # solid-state disks
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] %u@%d '
log_min_duration_statement = 5s
"""


def binaries(installed: Path = INSTALLED, shared: Path = SHARED) -> Path:
    """The ``bin`` folder of the newest installed PostgreSQL that has PostGIS too.

    Raises StackError if there is none of version 15 or later.
    """
    found = {
        int(folder.name): folder / "bin"
        for folder in installed.glob("*")
        if folder.name.isdigit()
        and int(folder.name) >= OLDEST_VERSION
        and (folder / "bin" / "initdb").exists()
        and (shared / folder.name / "extension" / "postgis.control").exists()
    }
    if not found:
        raise StackError(
            f"No PostgreSQL {OLDEST_VERSION} or later with PostGIS is installed in {installed}",
            remedy="run scripts/bootstrap.sh, or install the packages postgresql and postgresql-NN-postgis-3",
        )
    return found[max(found)]


def client_program(name: str) -> Path:
    """The path of ``psql``, ``pg_dump`` or another program of the PostgreSQL that the stack uses."""
    return binaries() / name


@dataclass(frozen=True)
class _Account:
    """The system user the server runs as, and the command prefix that becomes it."""

    uid: int
    gid: int
    become: tuple[str, ...] = ()

    @classmethod
    def choose(cls) -> _Account:
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            raise StackError(
                "PostgreSQL refuses to run as root and there is no system user postgres",
                remedy="install the package postgresql-common, or run this as an ordinary user",
            ) from None
        become = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups", "--")
        return cls(user.pw_uid, user.pw_gid, become)

    def reaches(self, folder: Path) -> bool:
        return subprocess.run([*self.become, "test", "-x", str(folder)], cwd="/", check=False).returncode == 0

    def own(self, path: Path, mode: int) -> None:
        path.chmod(mode)
        if self.become:
            os.chown(path, self.uid, self.gid)


class PrivateCluster:
    """One PostgreSQL server whose files lie in ``home``.

    ``port``: None picks a free port once and remembers it; if somebody else has taken it by the next start, another
    one is chosen. A port that was asked for is never changed.
    """

    def __init__(self, home: Path, port: int | None = None) -> None:
        self.home = home.resolve()
        self.memory = Memory(self.home)
        self._wanted_port = port

    @property
    def folder(self) -> Path:
        """Where the data, the log and the socket are; does not exist before the first start."""
        return (self.home / "postgres").resolve()

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def port(self) -> int:
        """The port it listens on, or will listen on at the next start unless that is taken."""
        lines = self._pid_file_lines()
        if self.running() and len(lines) > 3:
            return int(lines[3])
        return self._wanted_port or self.memory.port("postgres")

    def running(self) -> bool:
        """Whether the process named in postmaster.pid is alive and is the server of this very folder."""
        lines = self._pid_file_lines()
        return bool(lines) and _is_server(int(lines[0]), self.folder / "data")

    def start(self) -> bool:
        """Create the cluster if there is none, start it and wait until it answers. False if it runs already.

        Raises StackError, with the end of the server's log, if it doesn't come up.
        """
        prepare_home(self.home)
        with locked(self.home / ".postgres.lock"):
            if self.running():
                return False
            programs, account = binaries(), _Account.choose()
            self._create(programs, account)
            self._configure(account)
            self._forget_stale_pid()
            command = ["pg_ctl", "start", "-w", "-t", "60", "-s", "-D", str(self.folder / "data"), "-l", str(self.log)]
            self._run(programs, account, command, f"PostgreSQL did not start on port {self.port}")
            return True

    def stop(self) -> None:
        """Stop the server, rolling back what is open. No-op if it doesn't run."""
        if not self.home.is_dir():
            return
        with locked(self.home / ".postgres.lock"):
            if not self.running():
                return
            command = ["pg_ctl", "stop", "-w", "-t", "60", "-s", "-m", "fast", "-D", str(self.folder / "data")]
            self._run(binaries(), _Account.choose(), command, "PostgreSQL did not stop")

    def url(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """``postgresql://`` URL with the password of ``user``."""
        return f"postgresql://{user}:{self._password(user)}@127.0.0.1:{self.port}/{database}"

    def ensure_role(self, name: str, member_of: Sequence[str] = ()) -> None:
        """Create the login role ``name`` with a generated password, unless it exists, and the groups it belongs to."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            known = {row[0] for row in connection.execute("select rolname from pg_roles")}
            if name not in known:
                create = sql.SQL("create role {} login password {}")
                connection.execute(create.format(sql.Identifier(name), sql.Literal(self._password(name))))
            for group in member_of:
                if group not in known:
                    connection.execute(sql.SQL("create role {}").format(sql.Identifier(group)))
                connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), sql.Identifier(name)))

    def ensure_database(self, name: str, owner: str | None = None, extensions: Sequence[str] = ()) -> None:
        """Create the database ``name`` (owned by login role ``owner``) with its extensions, unless it exists."""
        if owner is not None:
            self.ensure_role(owner)
        with psycopg.connect(self.url(), autocommit=True) as connection:
            if connection.execute("select from pg_database where datname = %s", [name]).rowcount == 0:
                create = sql.SQL("create database {} owner {}")
                connection.execute(create.format(sql.Identifier(name), sql.Identifier(owner or SUPERUSER)))
        if extensions:
            with psycopg.connect(self.url(name), autocommit=True) as connection:
                for extension in extensions:
                    create = sql.SQL("create extension if not exists {}")
                    connection.execute(create.format(sql.Identifier(extension)))

    def _password(self, user: str) -> str:
        return self.memory.secret(f"postgres.{user}")

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _create(self, programs: Path, account: _Account) -> None:
        self._place(account)
        data, partial = self.folder / "data", self.folder / "data.partial"
        if data.exists():
            return
        # Into a folder of another name first: a kill in between must not leave half a cluster that looks whole.
        shutil.rmtree(partial, ignore_errors=True)
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        account.own(password_file, 0o600)
        password_file.write_text(self._password(SUPERUSER))
        command = ["initdb", "-D", str(partial), f"--username={SUPERUSER}", f"--pwfile={password_file}"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        try:
            self._run(programs, account, command, "The PostgreSQL cluster could not be created")
        finally:
            password_file.unlink()
        partial.rename(data)

    def _place(self, account: _Account) -> None:
        """Make ``<home>/postgres``, as a link to a folder outside if the server's user can't reach the home."""
        link = self.home / "postgres"
        if not link.exists():
            link.unlink(missing_ok=True)  # a link whose target is gone
            if account.reaches(self.home):
                link.mkdir()
            else:
                OUTSIDE.mkdir(mode=0o755, exist_ok=True)
                # A random name: the folder of a home that was deleted meanwhile holds passwords nobody knows.
                link.symlink_to(tempfile.mkdtemp(prefix=f"{self.home.parent.name}-", dir=OUTSIDE))
        account.own(self.folder, 0o700)

    def _configure(self, account: _Account) -> None:
        port = self._free_port()
        socket = self.folder / "socket"
        socket.mkdir(exist_ok=True)
        account.own(socket, 0o700)
        fits = len(os.fsencode(socket / f".s.PGSQL.{port}")) <= LONGEST_SOCKET_PATH
        # Everything of ours connects over TCP, so where the path is too long the server does without a socket.
        text = CONFIGURATION.format(port=port, socket=str(socket).replace("'", "''") if fits else "")
        ours = self.folder / "data" / "riskmap.conf"
        ours.write_text(text)
        account.own(ours, 0o600)
        main = self.folder / "data" / "postgresql.conf"
        include = "include = 'riskmap.conf'\n"
        if include not in main.read_text():
            with main.open("a") as file:
                file.write(include)

    def _free_port(self) -> int:
        if self._wanted_port is not None:
            if not port_is_free(self._wanted_port):
                raise StackError(
                    f"Port {self._wanted_port}, which was asked for PostgreSQL, is in use",
                    remedy="stop what listens there, or ask for no port and let a free one be chosen",
                )
            return self._wanted_port
        port = self.memory.port("postgres")
        return port if port_is_free(port) else self.memory.change_port("postgres")

    def _forget_stale_pid(self) -> None:
        # PostgreSQL itself forgets a dead process, but takes any living one of ours with the same number for a server.
        # A server that is really there still holds the folder's shared memory, so it can't be started twice.
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def _run(self, programs: Path, account: _Account, command: list[str], failure: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment["LC_ALL"] = "C.UTF-8"
        # Not a pipe: the server inherits it and would keep it open for as long as it lives.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [*account.become, str(programs / command[0]), *command[1:]],
                cwd="/",  # the server's user may not be allowed into the current folder
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if done.returncode == 0:
                return
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
        lines = self.log.read_text(errors="replace").splitlines()[-5:] if self.log.exists() else []
        raise StackError(
            f"{failure}: {' / '.join([said, *lines])}",
            remedy=f"read the whole log {self.log}, put right what it names and start again",
        )


def _is_server(pid: int, data: Path) -> bool:
    """Whether process ``pid`` is a PostgreSQL server of the folder ``data``."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return os.fsencode(data) in arguments
