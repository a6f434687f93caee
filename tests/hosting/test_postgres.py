"""A server in PostgreSQL: tried before it is made, whole or not there, and its password seen by nobody."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devpi_cli.hosting.postgres import MARK
from devpi_cli.hosting.secret import UNSTRETCHED
from tests.support.ports import free_port
from tests.support.postgres import PASSWORD, Postgres, mended, running_postgres
from tests.support.schemas import check
from tests.support.serverdirs import FILES, INDEXES, MIRRORED, USERS, described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Client

SAFER = "warning: others can see the password in --storage in 'ps', and it is in your history: -c FILE is safer\n"
TRYING = "trying whether the storage pg8000 loses uploads that arrive at the same time\n"
LOST = re.compile(r"the storage pg8000 loses uploads that arrive at the same time \(30 acknowledged, (\d+) there\)\n"
                  "use sqlite, which loses none, or confirm with --accept-data-loss\n")  # fmt: skip


@pytest.fixture(scope="module")
def postgres(shared: Path) -> Iterator[Postgres]:
    with running_postgres(shared) as postgres:
        yield postgres


@pytest.fixture
def database(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """An empty database of the user."""
    name = re.sub(r"\W", "_", request.node.name)[-40:]
    postgres.run(f"CREATE DATABASE {name} OWNER devpi")
    return name


@pytest.fixture
def devpi(devpi: Client, postgres: Postgres) -> Client:
    devpi.env |= {**postgres.env, **UNSTRETCHED, "DEVPISERVER_INDEXER_BACKEND": "null"}
    return devpi


def settings(folder: Path, postgres: Postgres, database: str) -> Path:
    """Write a settings file with the storage, as an administrator should."""
    file = folder / "devpi.yml"
    known = {"name": "pg8000", "host": "127.0.0.1", "port": postgres.port, "user": "devpi", "password": PASSWORD}
    lines = [f"    {key}: {value}" for key, value in {**known, "database": database}.items()]
    file.write_text("\n".join(["devpi-server:", "  storage:", *lines]) + "\n")
    file.chmod(0o600)
    return file


def with_password(folder: Path) -> dict[str, int]:
    """Return the modes of the files in which the password of the database stands."""
    found = [path for path in folder.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in found}


def test_a_storage_that_loses_uploads_is_refused(
    devpi: Client, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    """devpi-postgresql 3.0.1: what was measured is measured again, with a database of its own."""
    before = postgres.databases()
    result = devpi("server", "init", "--serverdir", tmp_path / "new", "--storage", postgres.storage(database))
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{SAFER}{TRYING}")
    lost = LOST.fullmatch(result.stderr.removeprefix(f"{SAFER}{TRYING}"))
    assert lost, result.stderr
    assert int(lost[1]) < 30
    assert (postgres.databases(), postgres.tables(database)) == (before, [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]
    assert with_password(tmp_path) == {}


def test_sqlite_loses_none(devpi: Client, tmp_path: Path) -> None:
    result = devpi("server", "check", "--concurrency", "--serverdir", tmp_path / "new", "--json")
    check(result, "server check --concurrency")
    assert json.loads(result.stdout) == {"storage": "sqlite", "acknowledged": 30, "there": 30}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_a_server_moves_from_sqlite_to_a_storage_that_loses_nothing(
    devpi: Client, postgres: Postgres, database: str, stocked_serverdir: Path, tmp_path: Path
) -> None:
    devpi.env |= mended(postgres, tmp_path / "mended")
    devpi.ok("server", "export", "--serverdir", stocked_serverdir, "--include-mirrored-files", tmp_path / "dump")
    new, file, port = tmp_path / "new", settings(tmp_path, postgres, database), free_port()
    result = devpi("server", "import", "-c", file, "--serverdir", new, "--no-root-pypi", tmp_path / "dump", "-v")
    assert (result.status, result.stderr.startswith(TRYING)) == (0, True), result.stderr
    imported = f"imported {USERS} users, {INDEXES} indexes, {FILES + MIRRORED} files ("
    assert result.lines[-1].startswith(imported)
    tried = json.loads((new / ".devpi-cli-trial.json").read_text())
    assert (tried["plugin"], tried["acknowledged"], tried["there"]) == ("3.0.1", 30, 30)
    assert postgres.tables(database) == ["changelog", "files", "kv"]
    typed = ("--serverdir", new, "--storage", postgres.storage(database))
    started = devpi("server", "start", *typed, "--host", "127.0.0.1", "--port", port, "--json")
    assert started.status == 0, started.stderr
    try:
        pid = json.loads(started.stdout)["pid"]
        seen = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        assert PASSWORD.encode() not in seen
        assert with_password(tmp_path) == {"devpi.yml": 0o600, "new/.devpi-cli-run.yml": 0o600}
        assert "ok       storage: pg8000, which lost no uploads in a trial" in devpi("server", "doctor", *typed).lines
        assert devpi("server", "export", *typed, "--include-mirrored-files", tmp_path / "again").status == 0
    finally:
        assert devpi("server", "stop", *typed).status == 0
    assert described(tmp_path / "again") == described(tmp_path / "dump")


def test_a_database_is_filled_whole_or_not_at_all(
    devpi: Client, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    new, storage = tmp_path / "new", postgres.storage(database)
    typed = ("server", "init", "--no-root-pypi", "--accept-data-loss", "--storage", storage)
    with postgres.kept_unfinished(database):
        running = subprocess.Popen([*devpi.command, *map(str, typed), "--serverdir", str(new)], env=devpi.environment,
                                   cwd=devpi.home, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # fmt: skip
        until = time.monotonic() + 60
        try:
            while not {MARK, "kv"} <= set(postgres.tables(database)):
                assert time.monotonic() < until
        finally:
            running.kill()
            running.wait()
    assert MARK in postgres.tables(database)
    assert not new.exists()
    made = devpi(*typed, "--serverdir", new)  # the next run removes what is left, and starts anew
    # What the killed command ran may end a moment later.
    waiting = f"waiting for another command that makes {new}\n"
    assert (made.status, made.stderr.removesuffix(waiting)) == (0, SAFER)
    assert postgres.tables(database) == ["changelog", "files", "kv"]
    assert with_password(tmp_path) == {"new/.devpi-cli-storage": 0o600}
    assert devpi("server", "init", *typed[2:], "--serverdir", tmp_path / "other").stderr == (
        f"{SAFER}the database {database} at 127.0.0.1:{postgres.port} has the data of a devpi-server\n"
        "name an empty one, or drop it and create it again\n"
    )
    # It remembers its storage, and that nothing was tried.
    refused = devpi.fails("server", "run", "-n", "--serverdir", new)
    assert refused[1].startswith("the storage pg8000 loses uploads that arrive at the same time (devpi-postgresql ")
    (line,) = devpi.ok("server", "run", "-n", "--serverdir", new, "--accept-data-loss", "--port", free_port())
    assert line.startswith(f"would run a server: {new} at ")
    unit = devpi("server", "config", "systemd", "--serverdir", new).stdout
    assert PASSWORD not in unit
    assert devpi.fails("server", "config", "yml", "--serverdir", new)[0] == 2
    devpi.ok("server", "config", "yml", "--serverdir", new, "-o", tmp_path)
    assert with_password(tmp_path)["devpi-server.yml"] == 0o600


PROBLEMS = [
    ("database=nowhere", 'cannot open the database nowhere at 127.0.0.1:PORT: database "nowhere" does not exist\n'),
    ("user=nobody", "cannot open the database devpi at 127.0.0.1:PORT: password authentication failed for user "
     '"nobody"\n'),
    ("port=1", "cannot open the database devpi at 127.0.0.1:1: Can't create a connection to host 127.0.0.1 and port 1 "
     "(timeout is 15 and source_address is None).\n"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), PROBLEMS)
def test_a_database_that_cannot_be_opened(
    devpi: Client, postgres: Postgres, tmp_path: Path, change: str, said: str
) -> None:
    key, _, value = change.partition("=")
    storage = postgres.storage(**{"database": "devpi", key: value})
    result = devpi("server", "init", "--serverdir", tmp_path / "new", "--storage", storage)
    hint = "--storage pg8000:host=…,port=…,database=…,user=… says which one is meant\n"
    assert (result.status, result.stderr) == (1, f"{SAFER}{said.replace('PORT', str(postgres.port))}{hint}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


@pytest.mark.parametrize("typed", ["pg8000:host", "pg8000:=x", ":host=x", f"host=x,password={PASSWORD}"])
def test_a_storage_that_devpi_server_would_not_understand(devpi: Client, tmp_path: Path, typed: str) -> None:
    assert devpi.fails("server", "init", "--serverdir", tmp_path / "new", "--storage", typed) == (
        2,
        "--storage is NAME or NAME:KEY=VALUE,KEY=VALUE\n",
    )
