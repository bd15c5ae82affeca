"""A PostgreSQL server of the tests' own: a fresh cluster in a folder, on loopback alone."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

from tests.leash import leashed

ROLE = "andon"
KEYED_ROLE = "keyed"
"""A role that the server asks for a password."""
START_S = 60.0
_HBA = f"""local all all trust
host all {KEYED_ROLE} 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
"""
_DISCONNECT = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_EMPTY = """
    DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO public"""


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`, which Debian keeps off the path; None without."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_major)
    return versions[-1].parent if versions else None


class PrivatePostgres:
    """A cluster that lives as long as the block; every commit goes to the disk."""

    def __init__(self, programs: Path, settings: Sequence[str] = ()) -> None:
        self._programs = programs
        self._settings = settings
        self._account = _account()
        self._folder = Path(tempfile.mkdtemp(prefix="andon-postgres-"))
        self._names = itertools.count(1)
        self._empty: list[str] = []
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PrivatePostgres:
        if self._account:
            os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
        try:
            options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
            self._run("initdb", "--username", ROLE, *options, "--pgdata", str(self._data)).wait()
            (self._data / "pg_hba.conf").write_text(_HBA)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server again on its port and wait until it takes connections."""
        place = ["-D", str(self._data), "-k", str(self._folder), "-p", str(self._port)]
        options = ["listen_addresses=127.0.0.1", *self._settings]
        self._process = self._run("postgres", *place, *(f"-c{option}" for option in options))
        deadline = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                ended = self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise RuntimeError((self._folder / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT breaks connections off in order, SIGQUIT is a crash."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            try:
                process.wait(START_S)
            finally:
                process.kill()
                process.wait()

    def url(self, database: str, role: str = ROLE) -> str:
        """The URL of a database of this server."""
        return f"postgresql://{role}@127.0.0.1:{self._port}/{database}"

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a database that is empty and nobody else's.

        One that was used is emptied and given out again: to make one takes a second of disk.
        """
        name = self._empty.pop() if self._empty else self._new()
        yield self.url(name)
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute(_DISCONNECT)
            connection.execute(_EMPTY)
        self._empty.append(name)

    def _new(self) -> str:
        name = f"andon_{next(self._names)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return name

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """The server refuses to run as root, so root starts it as the account of the package."""
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                leashed([self._programs / program, *arguments], end="QUIT"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C reaches the tests alone, which end it in order
                user=self._account.pw_uid if self._account else None,
                group=self._account.pw_gid if self._account else None,
                extra_groups=[] if self._account else None,
            )


def _account() -> pwd.struct_passwd | None:
    """Whom to run the server as; None: as we are."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _major(program: Path) -> int:
    name = program.parent.parent.name
    return int(name) if name.isdigit() else 0
