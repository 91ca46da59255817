"""A PostgreSQL of one's own: a real server on a Unix socket, with a new database for whoever asks.

Needs the Debian package `postgresql`.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

from tests.services.requirements import POSTGRESQL, lacking

PATIENCE_SECONDS = 60
MISSING = lacking(POSTGRESQL)

CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 60
"""


@dataclass(frozen=True, slots=True)
class PostgreSql:
    """A running server."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new_database(self) -> str:
        """The address of an empty database."""
        name = f"test{next(self._numbers)}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            # as Synapse wants it: sorted by bytes, so that no update of the system breaks an index
            connection.execute(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
            )
        return self._address(name)

    def _address(self, database: str) -> str:
        return f"postgresql://app@/{database}?host={self.folder}"


def programs() -> Path | None:
    """The folder with the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSql]:
    """Make a cluster, start it, wait until it answers, and stop it at the end."""
    bin_ = programs()
    assert bin_ is not None, MISSING
    # not pytest's folder, into which only its own user may look: PostgreSQL never runs as root
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    data = folder / "data"
    try:
        subprocess.run(
            [bin_ / "initdb", "-D", data, "-U", "app", "--auth=trust", "--no-sync", "-E", "UTF8"],
            user=user,
            cwd="/",
            check=True,
            capture_output=True,
        )
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION.format(folder=folder))
        with _running(bin_, folder, user):
            yield PostgreSql(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _running(bin_: Path, folder: Path, user: str | None) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [bin_ / "postgres", "-D", folder / "data"], user=user, cwd="/", stdout=out, stderr=out
        )
    try:
        _wait_until_it_answers(folder, process, log)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(folder: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(f"postgresql://app@/postgres?host={folder}").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
            continue
        return
    raise AssertionError(f"PostgreSQL did not start:\n{log.read_text()}")
