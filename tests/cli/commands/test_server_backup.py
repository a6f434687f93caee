from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import Client
from tests.support.dists import put
from tests.support.kills import SOURCE_SAME, Kills
from tests.support.serverdirs import FILES, INDEXES, MIRRORED, USERS, a_copy, end_after, meanwhile, snapshot, stored
from tests.support.servers import running_server

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = FILES + MIRRORED
MOMENTS = 20 if os.environ.get("DEEP") == "1" else 2


@pytest.fixture(scope="module")
def whole(stocked_serverdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of everything."""
    folder = tmp_path_factory.mktemp("backup")
    (folder / "home").mkdir()
    assert Client(folder / "home").ok("server", "backup", "--serverdir", stocked_serverdir, folder / "backup")
    return folder / "backup"


@pytest.fixture
def saved(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "backup"))


def changes(serverdir: Path) -> list[tuple[int, bytes]]:
    """Return all changes of a server, as they are stored: users, passwords, indexes, releases, logs."""
    database = sqlite3.connect(serverdir / ".sqlite")
    try:
        return database.execute("SELECT serial, data FROM changelog ORDER BY serial").fetchall()
    finally:
        database.close()


def files(serverdir: Path) -> dict[str, str]:
    return {name: found[2] for name, found in snapshot(serverdir / "+files").items()}


def test_what_comes_back_is_the_same_server(
    devpi: Client, stocked_serverdir: Path, saved: Path, tmp_path: Path
) -> None:
    before, new = snapshot(saved), tmp_path / "new"
    lines = devpi.ok("server", "restore", "--serverdir", new, saved)
    size = lines[0].partition("(")[2].partition(")")[0]
    serial = len(changes(new)) - 1
    assert lines == [
        f"restored {USERS} users, {INDEXES} indexes, {ALL} files ({size}) to {new}, all hashes match",
        f"recreate replicas that have seen changes later than serial {serial}",
    ]
    assert (changes(new), files(new)) == (changes(stocked_serverdir), files(stocked_serverdir))
    for name in (".nodeinfo", ".serverversion", ".event_serial"):
        assert (new / name).read_bytes() == (stocked_serverdir / name).read_bytes()
    assert {path.stat().st_mode & 0o777 for path in new.rglob("*") if path.is_file()} == {0o600}
    assert not (new / "BACKUP.json").exists()
    assert snapshot(saved) == before
    assert devpi.fails("server", "restore", "--serverdir", new, saved) == (
        5,
        f"{new} exists, and is not empty\nname a folder that does not exist\n",
    )


def test_it_works_while_the_server_takes_uploads_and_deletes(devpi: Client, tmp_path: Path) -> None:
    """What is there at the serial of the backup is in it, with the right hashes."""
    with running_server(tmp_path / "server", "--no-root-pypi") as live:
        root = live.connect("root")
        root.create_index("root/dev", {"bases": "", "volatile": "True"})

        def change(number: int) -> None:
            put(root, "root/dev", f"1.{number}", "busy")
            if number % 3 == 2:
                root.remove_release("root/dev", "busy", f"1.{number - 1}")

        with meanwhile(change):
            result = devpi("server", "backup", "--serverdir", tmp_path / "server/data", tmp_path / "backup", "--json")
    assert result.status == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["files"] > 1
    assert document["serial"] == len(changes(tmp_path / "backup")) - 1
    checked = json.loads(devpi("server", "check", "--serverdir", tmp_path / "backup", "--json").stdout)
    assert (checked["right"], checked["wrong"], checked["missing"]) == (document["files"], [], [])


def flip(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"~")


def flip_wheel(folder: Path) -> None:
    flip(next(path for path in stored(folder) if path.suffix == ".whl"))


def remove_wheel(folder: Path) -> None:
    next(path for path in stored(folder) if path.suffix == ".whl").unlink()


def older(folder: Path) -> None:
    manifest = json.loads((folder / "BACKUP.json").read_text())
    (folder / "BACKUP.json").write_text(json.dumps({**manifest, "serial": 3}))


def bad_manifest(folder: Path) -> None:
    (folder / "BACKUP.json").write_text("[]")


WHEEL = r"alice/dev/+f/9c9/bc4099fd20448/demo-1.0-py3-none-any.whl"
DAMAGED = (
    f"1 of {ALL} files are damaged\n'devpi server check --serverdir WHERE' names them all; remove them, or restore them"
    " from a backup\n"
)


@pytest.mark.parametrize(("damage", "begins", "ends"), [
    (flip_wheel, "wrong: alice/dev/+f/", DAMAGED),
    (remove_wheel, "missing: alice/dev/+f/", DAMAGED),
    (older, "wrong: the database is at serial ", "the backup is not what its BACKUP.json says\ntake another one\n"),
    (bad_manifest, "BACKUP/BACKUP.json is damaged\n", ""),
])  # fmt: skip
def test_a_damaged_backup_makes_no_server(
    devpi: Client, saved: Path, tmp_path: Path, damage: Callable[[Path], None], begins: str, ends: str
) -> None:
    damage(saved)
    status, said = devpi.fails("server", "restore", "--serverdir", tmp_path / "new", saved)
    ends = ends.replace("WHERE", str(saved))
    assert (status, said.startswith(begins.replace("BACKUP/", f"{saved}/")), said.endswith(ends)) == (1, True, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "home"]


def test_a_damaged_server_makes_no_backup(devpi: Client, stocked_serverdir: Path, tmp_path: Path) -> None:
    data = a_copy(stocked_serverdir, tmp_path)
    flip_wheel(data)
    status, said = devpi.fails("server", "backup", "--serverdir", data, tmp_path / "backup")
    assert (status, said.startswith("2 files"), said.endswith(DAMAGED.replace("WHERE", str(data)))) == (1, False, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "serverdir"]


def test_problems_and_dry_runs(devpi: Client, stocked_serverdir: Path, saved: Path, tmp_path: Path) -> None:
    assert devpi.fails("server", "backup", "--serverdir", tmp_path / "typo", saved) == (
        1,
        f"{tmp_path}/typo does not exist\nname the data of a devpi-server with --serverdir\n"
        f"{saved} exists, and is not empty\nname a folder that does not exist\n2 problems: nothing was changed\n",
    )
    (line,) = devpi.ok("server", "backup", "-n", "--serverdir", stocked_serverdir, tmp_path / "other")
    assert line.startswith(f"would back up {stocked_serverdir} to {tmp_path}/other (")
    (line,) = devpi.ok("server", "restore", "-n", "--serverdir", tmp_path / "other", saved)
    assert line.startswith(f"would restore {saved} to {tmp_path}/other (")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "home"]


def test_hard_links_are_links_and_say_so(devpi: Client, stocked_serverdir: Path, tmp_path: Path) -> None:
    data = a_copy(stocked_serverdir, tmp_path)
    result = devpi("server", "backup", "--hard-links", "--serverdir", data, tmp_path / "backup")
    assert (result.status, result.stderr) == (
        0,
        "warning: hard links: what damages a file of the server damages the backup, too\n",
    )
    assert {path.stat().st_nlink for path in stored(tmp_path / "backup")} == {2}
    assert (tmp_path / "backup/.sqlite").stat().st_nlink == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_whenever_it_is_ended_the_target_is_absent_or_whole(
    devpi: Client,
    stocked_serverdir: Path,
    saved: Path,
    tmp_path: Path,
    command: str,
    number: signal.Signals,
    record_property: Callable[[str, object], None],
) -> None:
    target, kills = tmp_path / "target", Kills(command, number, record_property)
    words = (stocked_serverdir, target) if command == "backup" else (target, saved)
    typed, before = ("server", command, "--serverdir", *words), (snapshot(stocked_serverdir), snapshot(saved))
    for moment in range(MOMENTS):
        end_after(devpi, typed, number, begun=Path(f"{target}.part/target"), seconds=4.0 * moment / MOMENTS)
        kills.see(target, lambda made: files(made) == files(stocked_serverdir))
        shutil.rmtree(target, ignore_errors=True)
    assert number == signal.SIGKILL or not Path(f"{target}.part").exists()
    assert (snapshot(stocked_serverdir), snapshot(saved)) == before
    assert devpi(*typed).status == 0
    assert (changes(target), files(target)) == (changes(stocked_serverdir), files(stocked_serverdir))
    assert not Path(f"{target}.part").exists()
    kills.end(SOURCE_SAME)
