from __future__ import annotations

import json
import sqlite3
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.serverdirs import FILES, MIRRORED, a_copy, snapshot, stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Client

ALL, WHEEL = FILES + MIRRORED, "demo-1.0-py3-none-any.whl"


@pytest.fixture
def data(stocked_serverdir: Path, tmp_path: Path) -> Path:
    return a_copy(stocked_serverdir, tmp_path)


def test_all_files_are_right_and_nothing_is_written(devpi: Client, data: Path) -> None:
    before = snapshot(data)
    assert devpi.ok("server", "check", "--serverdir", data) == [f"{ALL} files: {ALL} right, 0 wrong, 0 missing"]
    assert snapshot(data) == before
    assert not (devpi.state_file.parent / "logs").exists()


def test_what_is_wrong_or_missing_is_named(devpi: Client, data: Path) -> None:
    (mirrored,) = (path for path in (data / "+files").rglob("mirrored*") if path.is_file())
    gone, changed = (
        next(path for path in stored(data) if path.name == name and "dev" in path.parts)
        for name in ("demo-0.9.tar.gz", WHEEL)
    )
    content = changed.read_bytes()
    changed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    gone.unlink()
    mirrored.unlink()
    names = [str(path.relative_to(data / "+files")) for path in (changed, gone)]
    result = devpi("server", "check", "--serverdir", data)
    assert result.status == 1
    assert result.lines == [
        f"wrong: {names[0]}",
        f"missing: {names[1]}",
        "not here: 1 files of mirrors, which fetch them when asked",
        f"{FILES} files: {FILES - 2} right, 1 wrong, 1 missing",
    ]
    assert result.stderr == (
        f"2 of {FILES} files are damaged\ntake those files from a backup, or remove their releases\n"
    )
    document = json.loads(devpi("server", "check", "--serverdir", data, "--json").stdout)
    assert document == {
        "serverdir": str(data),
        "storage": "sqlite",
        "serial": document["serial"],
        "files": FILES,
        "right": FILES - 2,
        "wrong": [names[0]],
        "missing": [names[1]],
        "to_fetch": 1,
    }


def test_without_the_file_of_its_last_change_a_server_does_not_start(devpi: Client, data: Path) -> None:
    last = next(path for path in stored(data) if "toxresult" in path.name)
    last.unlink()
    status, said = devpi.fails("server", "check", "--serverdir", data)
    (log,) = (devpi.state_file.parent / "logs").iterdir()
    assert (status, said) == (
        1,
        "devpi-fsck failed: the server's last change is incomplete: "
        f"{last.relative_to(data / '+files')} is missing\n"
        f"take that file from a backup; its output is in {log}\n",
    )


def cut_database(data: Path) -> None:
    (data / ".sqlite").write_bytes(b"no database")


def drop_table(data: Path) -> None:
    with sqlite3.connect(data / ".sqlite") as database:
        database.execute("UPDATE changelog SET data = x'00' WHERE serial > 3")
    database.close()


@pytest.mark.parametrize(("damage", "cause"), [(cut_database, "the database is damaged"), (drop_table, "")])
def test_a_damaged_database_is_no_traceback(
    devpi: Client, data: Path, damage: Callable[[Path], None], cause: str
) -> None:
    damage(data)
    status, said = devpi.fails("server", "check", "--serverdir", data)
    first, hint = said.splitlines()
    assert (status, first.startswith(f"devpi-fsck failed: {cause}")) == (1, True)
    (log,) = (devpi.state_file.parent / "logs").iterdir()
    assert hint.endswith(f"its output is in {log}")
    assert log.stat().st_mode & 0o777 == 0o600
    assert "Traceback" in log.read_text()
    assert "pwhash" not in log.read_text()


def remove(name: str) -> Callable[[Path], None]:
    return lambda data: (data / name).unlink()


def write(name: str, text: str) -> Callable[[Path], None]:
    return lambda data: (data / name).write_text(text) and None


def nothing(data: Path) -> None:
    del data


STORAGE = '{"uuid": "x", "role": "standalone", "storage": {"name": "pg8000", "settings": {}}}'
PROBLEMS = [
    (nothing, "DATA/typo", 4, "DATA/typo does not exist\nname the data of a devpi-server with --serverdir\n"),
    (nothing, "DATA/.sqlite", 4, "DATA/.sqlite is not a folder\nname the data of a devpi-server with --serverdir\n"),
    (nothing, "DATA/+files", 4, "DATA/+files is not the data of a devpi-server: it has no .nodeinfo\n"
     "'devpi server init --serverdir DATA/+files' makes one\n"),
    (remove(".serverversion"), "DATA", 4, "DATA is not the data of a devpi-server: it has no .serverversion\n"
     "'devpi server init --serverdir DATA' makes one\n"),
    (remove(".sqlite"), "DATA", 4, "DATA has no database (.sqlite)\ntake it from a backup\n"),
    (write(".serverversion", "3.1"), "DATA", 1, "DATA has database version '3.1', and this devpi-server needs 4\n"
     "export it with the devpi-server that it was made with, and import that here\n"),
    (write(".nodeinfo", "{"), "DATA", 1, "DATA/.nodeinfo is damaged\ntake it from a backup\n"),
    (write(".nodeinfo", STORAGE), "DATA", 1, "the storage pg8000 needs devpi-postgresql\n"
     f"install it with: {sys.executable} -m pip install devpi-postgresql\n"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "typed", "status", "said"), PROBLEMS)
@pytest.mark.parametrize("command", ["check", "export out"])
def test_what_is_no_serverdir_is_said_and_left_alone(
    devpi: Client, data: Path, command: str, damage: Callable[[Path], None], typed: str, status: int, said: str
) -> None:
    damage(data)
    before = snapshot(data)
    typed, said = (text.replace("DATA", str(data)) for text in (typed, said))
    assert devpi.fails("server", *command.split(), "--serverdir", typed) == (status, said)
    assert snapshot(data) == before
    assert not (devpi.home / "out").exists()


SETTINGS = [
    ("devpi-server:\n  serverdir: DATA\n", 0, ""),
    ("devpi-server:\n  serverdir: DATA\n  port: 3333\n  no-such-thing: 7\n", 0, ""),
    ("devpi-server:\n\tserverdir: DATA\n", 1, "FILE, line 2 is not YAML as devpi-server reads it\n"),
    ("devpi-server: [1]\n", 1, "FILE, line 1 is not YAML as devpi-server reads it\n"),
    ("devpi-server:\n- 1\n", 1, "FILE: 'devpi-server' has no settings\nwrite them indented below 'devpi-server:'\n"),
]


@pytest.mark.parametrize(("text", "status", "said"), SETTINGS)
def test_a_settings_file_names_the_serverdir(
    devpi: Client, data: Path, tmp_path: Path, text: str, status: int, said: str
) -> None:
    """S20 and S21: no traceback for a bad file, and no warning for what one program does not know."""
    file = tmp_path / "devpi.yml"
    file.write_text(text.replace("DATA", str(data)))
    result = devpi("server", "check", "-c", file)
    assert (result.status, result.stderr) == (status, said.replace("FILE", str(file)))


def test_a_settings_file_that_is_not_there(devpi: Client, tmp_path: Path) -> None:
    assert devpi.fails("server", "check", "-c", tmp_path / "no.yml") == (
        1,
        f"cannot read {tmp_path / 'no.yml'}: No such file or directory\n-c names the settings file of devpi-server\n",
    )


def test_which_serverdir_is_meant_is_said(devpi: Client, data: Path) -> None:
    result = devpi("server", "check")
    default = devpi.home / ".devpi/server"
    assert result.stderr.splitlines()[:2] == [
        f"serverdir: {default} (the default of devpi-server)",
        f"{default} does not exist",
    ]
    result = devpi("server", "check", DEVPISERVER_SERVERDIR=str(data))
    assert (result.status, result.stderr) == (0, f"serverdir: {data} (DEVPISERVER_SERVERDIR)\n")
