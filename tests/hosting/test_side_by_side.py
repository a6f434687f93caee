"""Somebody who types what tutorials have: the programs of devpi-server and ours, with every option."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from devpi_server.fileutil import loads

from devpi_cli.hosting.secret import UNSTRETCHED
from tests.hosting.side_by_side import EXPORT, IMPORT, INIT, SERVER, Row
from tests.support.ports import free_port
from tests.support.serverdirs import ROOT_PASSWORD, a_copy, described, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.clients import Client

NEW, HASHED = "a new password of root", "another one, as a hash"
QUICK = {**UNSTRETCHED, "DEVPISERVER_INDEXER_BACKEND": "null"}
Told = list[tuple[str, str]]


@dataclass
class Side:
    """One of the two: how its commands begin, and a folder for what it makes."""

    folder: Path
    words: tuple[str, ...]
    env: dict[str, str]

    def command(self, name: str, *typed: object) -> list[str]:
        begin = [*self.words, "server", name] if self.words else [str(Path(sys.executable).with_name(f"devpi-{name}"))]
        return [*begin, *map(str, typed)]

    def __call__(self, name: str, *typed: object) -> str:
        """Run a command that must succeed; return all that it said."""
        done = subprocess.run(self.command(name, *typed), capture_output=True, text=True, env=self.env, umask=0o022,
                              cwd=self.folder, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def sides(devpi: Client, tmp_path: Path) -> list[Side]:
    """The raw program, and ours."""
    found = []
    for name, words in (("raw", ()), ("ours", devpi.command)):
        (tmp_path / name).mkdir()
        found.append(Side(tmp_path / name, words, {**devpi.environment, **QUICK}))
    return found


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def stored_at(data: Path, key: str) -> Any:
    """Return what a server has at a key, from its database itself."""
    with sqlite3.connect(data / ".sqlite") as database:
        ((serial,),) = database.execute("SELECT serial FROM kv WHERE key = ?", (key,)).fetchall()
        ((changes,),) = database.execute("SELECT data FROM changelog WHERE serial = ?", (serial,)).fetchall()
    database.close()
    return loads(changes)[0][key][2]


def password_of_root(data: Path, known: dict[str, str]) -> str:
    """Return the name of the password that lets in root."""
    hashed = stored_at(data, "root/.config")["pwhash"]
    for name, password in known.items():
        try:
            PasswordHasher().verify(hashed, password)
        except VerificationError:
            continue
        return name
    return "a password"


def warns(said: str) -> str:
    """Return the option of the settings file that a program does not know."""
    found = re.search(r"Unknown devpi-\w+ option '([\w-]+)'", said)
    return f", warns of {found[1]}" if found else ""


def settings(folder: Path, data: Path) -> Path:
    file = folder / "devpi.yml"
    file.write_text(f"devpi-server:\n  serverdir: {data}\n  port: 3333\n")
    return file


def judged(found: list[Told], expected: list[Row], record: Callable[[str, object], None]) -> None:
    """Compare what came of the rows, and record them for the table."""
    rows = [Row(raw[0], raw[1], ours[1], row.why) for raw, ours, row in zip(*found, expected, strict=True)]
    for row in rows:
        record("side by side", list(row))
    assert rows == expected


def test_init(sides: list[Side], record_property: Callable[[str, object], None]) -> None:
    def told(side: Side) -> Iterator[tuple[str, str]]:
        data = side.folder / "data"
        side("init", "--serverdir", data)
        root = password_of_root(data, {"no password": ""})
        yield "devpi-init --serverdir D", f"{mode(data)}, database {mode(data / '.sqlite')}, root: {root}"
        secret = data / ".secret"
        yield "devpi-init, its secret", mode(secret) if secret.exists() else "none"
        assert stored_at(data, "root/.config")["indexes"]["pypi"]["type"] == "mirror"

    judged([list(told(side)) for side in sides], INIT, record_property)


def test_server(sides: list[Side], stocked_serverdir: Path, record_property: Callable[[str, object], None]) -> None:
    def told(side: Side) -> Iterator[tuple[str, str]]:
        data, port = a_copy(stocked_serverdir, side.folder), free_port()
        typed = ("--host", "127.0.0.1", "--port", port, "--serverdir", data)
        command = side.command("run", *typed)
        if not side.words:
            command = [str(Path(sys.executable).with_name("devpi-server")), *map(str, typed)]
        with (side.folder / "log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, env=side.env, cwd=side.folder)
        try:
            status = answer(port, server)
        finally:
            server.terminate()
            server.wait(30)
        assert status["serverdir"] == str(data)
        secret = data / ".secret"
        kept = f"keeps a secret ({mode(secret)})" if secret.exists() else "keeps no secret"
        yield "devpi-server --serverdir D", f"serves D, {kept}"
        yield "devpi-server --host 127.0.0.1 --port N", "answers there"

    judged([list(told(side)) for side in sides], SERVER, record_property)


def answer(port: int, server: subprocess.Popen[bytes]) -> dict[str, Any]:
    until = time.monotonic() + 60
    while True:
        try:
            asked = httpx.get(f"http://127.0.0.1:{port}/+status", headers={"Accept": "application/json"},
                              trust_env=False)  # fmt: skip
        except httpx.TransportError:
            assert (server.poll(), time.monotonic() < until) == (None, True)
            time.sleep(0.1)
        else:
            found: dict[str, Any] = asked.json()["result"]
            return found


def test_export(sides: list[Side], stocked_serverdir: Path, record_property: Callable[[str, object], None]) -> None:
    def told(side: Side) -> Iterator[tuple[str, str]]:
        data = a_copy(stocked_serverdir, side.folder)
        (data / ".nodeinfo").write_text('{"uuid": "0123", "role": "primary"}')
        before = (data / ".nodeinfo").read_bytes()
        side("export", "--serverdir", data, side.folder / "dump")
        source = "same" if (data / ".nodeinfo").read_bytes() == before else "changed"
        index = side.folder / "dump/dataindex.json"
        yield "devpi-export --serverdir D DIR", f"{files(index.parent)}, description {mode(index)}, D: {source}"
        typed = ("--storage", "sqlite", "--include-mirrored-files", "--hard-links")
        said = side("export", "-c", settings(side.folder, data), *typed, side.folder / "all")
        yield "devpi-export -c FILE", f"read{warns(said)}"
        yield "devpi-export --storage sqlite", "sqlite"
        yield "devpi-export --include-mirrored-files", files(side.folder / "all")
        linked = {path.stat().st_nlink for path in stored(data)} == {2}
        careful = ", warns" if "hard links: what damages a file" in said else ""
        yield "devpi-export --hard-links", f"{'linked' if linked else 'copied'}{careful}"

    judged([list(told(side)) for side in sides], EXPORT, record_property)


def files(dump: Path) -> str:
    return f"{len(described(dump)['hashes'])} files"


@pytest.fixture(scope="module")
def dump(stocked_serverdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of everything, by the raw program."""
    folder = tmp_path_factory.mktemp("dump")
    program = Path(sys.executable).with_name("devpi-export")
    command = [program, "-c", os.devnull, "--serverdir", stocked_serverdir, "--include-mirrored-files", folder / "dump"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "dump"


def test_import(sides: list[Side], dump: Path, record_property: Callable[[str, object], None]) -> None:
    known = {"that of the export": ROOT_PASSWORD, "P": NEW, "H": HASHED}

    def told(side: Side) -> Iterator[tuple[str, str]]:
        source, data = Path(shutil.copytree(dump, side.folder / "dump")), side.folder / "data"
        typed = ("--no-root-pypi", "--root-passwd", NEW, "--no-events", "--hard-links", source)
        said = side("import", "--serverdir", data, *typed)
        right = ", all hashes match" if "all hashes match" in said else ""
        count = len(stored(data)) + len(list((data / "+files").rglob("mirrored*.whl")))
        yield "devpi-import --serverdir D DIR", f"{count} files, database {mode(data / '.sqlite')}{right}"
        indexes = stored_at(data, "root/.config").get("indexes", {})
        yield "devpi-import --no-root-pypi", "root/pypi" if "pypi" in indexes else "no root/pypi"
        careful = ", warns" if "--root-password-stdin is safer" in said else ""
        yield "devpi-import --root-passwd P", f"{password_of_root(data, known)}{careful}"
        events = data / ".event_serial"
        is_later = not events.exists() or int(events.read_text()) < last_serial(data)
        yield "devpi-import --no-events", f"index of searches: {'later' if is_later else 'now'}"
        yield (
            "devpi-import --hard-links",
            "linked" if {path.stat().st_nlink for path in stored(data)} == {2} else "copied",
        )

        data = side.folder / "second"
        typed = ("--storage", "sqlite", "--root-passwd-hash", PasswordHasher().hash(HASHED), "--no-events",
                 "--skip-import-type", "mirror", source)  # fmt: skip
        said = side("import", "-c", settings(side.folder, data), *typed)
        yield "devpi-import -c FILE", f"read{warns(said)}"
        yield "devpi-import --storage sqlite", "sqlite" if (data / ".sqlite").exists() else "another one"
        yield "devpi-import --root-passwd-hash H", password_of_root(data, known)
        bob = stored_at(data, "bob/.config")["indexes"]
        assert "mirror" not in bob
        assert "bob/mirror" in bob["dev"]["bases"]
        careful = "warns of the bases that name it" if "--drop-bases removes them" in said else "silently"
        yield "devpi-import --skip-import-type mirror", f"left out, {careful}"

    judged([list(told(side)) for side in sides], IMPORT, record_property)


def last_serial(data: Path) -> int:
    with sqlite3.connect(data / ".sqlite") as database:
        ((serial,),) = database.execute("SELECT max(serial) FROM changelog").fetchall()
    database.close()
    return int(serial)
