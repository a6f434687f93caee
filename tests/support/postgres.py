"""A real PostgreSQL on loopback, and devpi-postgresql for whoever wants it."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli.hosting.postgres import MARK
from tests.support.pips import alone
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = Path("/usr/lib/postgresql")
USER, PASSWORD, OWNER = "devpi", "pg-s3cret-word", "postgres"
# What devpi-postgresql needs beside devpi-server, which is there.
PLUGIN = ("devpi-postgresql==3.0.1", "pg8000", "scramp", "asn1crypto", "python-dateutil", "six")
# The trial patch of those who measured it: the lock is taken when a change begins, not when it is committed.
MENDED = """

_get_connection = Storage.get_connection

def _locked(self, closing=True, write=False):
    connection = _get_connection(self, closing=False, write=write)
    if write:
        connection.begin()
        connection._lock()
        connection.begin = lambda: connection._sqlconn
    return contextlib.closing(connection) if closing else connection

Storage.get_connection = _locked
"""

# A lock that everything goes with but the end of the table. to_regclass would remember that there is none.
KEEP = f"""\
DO $$ BEGIN
    WHILE NOT EXISTS (SELECT FROM pg_class WHERE relname = '{MARK}') LOOP PERFORM pg_sleep(0.005); END LOOP;
    LOCK TABLE {MARK} IN ACCESS SHARE MODE;
    PERFORM pg_sleep(600);
END $$"""
SECONDS = 60.0


def programs() -> Path:
    """Return where the programs of PostgreSQL are; without them the test is skipped, or fails where CI is set."""
    found = sorted(PLACES.glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not installed")
    return found[-1].parent


@dataclass
class Postgres:
    """A server with a user who has a password, and may make databases."""

    port: int
    plugin: Path

    def storage(self, database: str, **more: str) -> str:
        """Return what --storage takes."""
        known = {"host": "127.0.0.1", "port": str(self.port), "user": USER, "password": PASSWORD, **more}
        return "pg8000:" + ",".join(f"{key}={value}" for key, value in {**known, "database": database}.items())

    @property
    def env(self) -> dict[str, str]:
        """The variables with which Python finds devpi-postgresql."""
        return {"PYTHONPATH": str(self.plugin)}

    def run(self, command: str, database: str = "postgres") -> list[list[Any]]:
        """Run a command as the owner of the server."""
        with self._running(command, database) as running:
            printed, _ = running.communicate()
        assert running.returncode == 0, command
        found: list[list[Any]] = json.loads(printed)
        return found

    def _running(self, command: str, database: str) -> subprocess.Popen[bytes]:
        code = (
            "import json, os, sys, pg8000.native as native\n"
            "place = {'host': '127.0.0.1', 'password': os.environ['PASSWORD']}\n"
            f"connection = native.Connection({OWNER!r}, port={self.port}, database={database!r}, **place)\n"
            "print(json.dumps(connection.run(sys.argv[1])))"
        )
        env = {**os.environ, **self.env, "PASSWORD": PASSWORD}
        return subprocess.Popen([sys.executable, "-c", code, command], env=env, stdout=subprocess.PIPE)

    @contextmanager
    def kept_unfinished(self, database: str) -> Iterator[None]:
        """Keep the mark of a database that is being filled: the block can kill whoever fills it before the end."""
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query"
        with self._running(KEEP, database) as keeping:
            self._until(f"SELECT count(*) = 1 {others} LIKE 'DO%'", database)
            try:
                yield
            finally:
                self.run(f"SELECT pg_terminate_backend(pid) {others} NOT LIKE 'DO%'", database)
                self._until(f"SELECT count(*) = 0 {others} NOT LIKE 'DO%'", database)
                keeping.kill()
                self.run(f"SELECT pg_terminate_backend(pid) {others} LIKE 'DO%'", database)

    def _until(self, condition: str, database: str) -> None:
        until = time.monotonic() + SECONDS
        while self.run(condition, database) != [[True]]:
            assert time.monotonic() < until, condition

    def databases(self) -> list[str]:
        return sorted(name for (name,) in self.run("SELECT datname FROM pg_database WHERE NOT datistemplate"))

    def tables(self, database: str) -> list[str]:
        rows = self.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1", database)
        return [name for (name,) in rows]


def plugin(folder: Path) -> Path:
    """Return a folder with devpi-postgresql, installed by whoever is first from the registry that pip uses."""
    place = folder / "devpi-postgresql"
    with alone(folder / "devpi-postgresql.lock"):
        if not (place / "done").exists():
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", place, *PLUGIN]
            subprocess.run(command, check=True)
            (place / "done").touch()
    return place


@contextmanager
def running_postgres(shared: Path) -> Iterator[Postgres]:
    """Run a server during the block: as the user postgres if we are root, as whom it does not run."""
    bin_, folder = programs(), Path(tempfile.mkdtemp(prefix="postgres-of-tests-", dir="/tmp"))
    is_root = os.geteuid() == 0
    as_owner: dict[str, Any] = {"cwd": folder}
    if is_root:
        owner = pwd.getpwnam(OWNER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_owner |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)  # in a folder that only the owner reads
    making = [bin_ / "initdb", "-D", folder / "data", "-U", OWNER, "-A", "scram-sha-256", "--pwfile",
              folder / "password", "--no-sync", "-E", "UTF8", "--locale", "C"]  # fmt: skip
    port, log = free_port(), (folder / "log").open("wb")
    try:
        subprocess.run(making, check=True, stdout=subprocess.DEVNULL, **as_owner)
        command = [bin_ / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port), "-k", folder]
        server = subprocess.Popen([*command, "-c", "fsync=off"], stdout=log, stderr=log, **as_owner)
        try:
            postgres = Postgres(port, plugin(shared))
            _wait(postgres, server, folder)
            postgres.run(f"CREATE ROLE {USER} LOGIN CREATEDB PASSWORD '{PASSWORD}'")
            yield postgres
        finally:
            server.send_signal(signal.SIGINT)  # without waiting for its clients
            server.wait(30)
    finally:
        log.close()
        shutil.rmtree(folder)


def _wait(postgres: Postgres, server: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            postgres.run("SELECT 1")
        except subprocess.CalledProcessError:
            is_late = server.poll() is not None or time.monotonic() > until
            assert not is_late, (folder / "log").read_text()
            time.sleep(0.2)
        else:
            return


def mended(postgres: Postgres, folder: Path) -> dict[str, str]:
    """Return the variables with which Python finds a devpi-postgresql that loses nothing."""
    shutil.copytree(postgres.plugin, folder)
    with (folder / "devpi_postgresql/main.py").open("a") as module:
        module.write(MENDED)
    return {"PYTHONPATH": str(folder)}
