from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.kills import SOURCE_SAME, Kills
from tests.support.serverdirs import FILES, INDEXES, MIRRORED, USERS, a_copy, described, snapshot, stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Client

NOT_INCLUDED = "not included: files of mirrors bob/mirror (--include-mirrored-files)"
MOMENTS = 20 if os.environ.get("DEEP") == "1" else 1


@pytest.fixture
def data(stocked_serverdir: Path, tmp_path: Path) -> Path:
    return a_copy(stocked_serverdir, tmp_path)


def exported(files: int, size: str, target: Path) -> str:
    return f"exported {USERS} users, {INDEXES} indexes, {files} files ({size}) to {target}, all hashes match"


def raw_export(data: Path, target: Path, *options: str) -> None:
    program = Path(sys.executable).with_name("devpi-export")
    subprocess.run([program, "-c", os.devnull, "--serverdir", data, target, *options], check=True, capture_output=True)


def test_it_is_what_the_raw_program_exports_and_the_source_stays_as_it_was(
    devpi: Client, data: Path, tmp_path: Path
) -> None:
    """S16 to S18: private, and neither the owner nor the role in .nodeinfo changes."""
    (data / ".nodeinfo").write_text('{"uuid": "0123", "role": "primary"}')
    before, target = snapshot(data), tmp_path / "dump"
    lines = devpi.ok("server", "export", "--serverdir", data, target)
    size = lines[0].partition("(")[2].partition(")")[0]
    assert lines == [exported(FILES, size, target), NOT_INCLUDED]
    assert snapshot(data) == before
    assert {path.stat().st_mode & 0o777 for path in target.rglob("*") if path.is_file()} == {0o600}
    assert target.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in tmp_path.iterdir() if "dump" in path.name] == ["dump"]
    raw_export(data, tmp_path / "raw")
    assert described(target) == described(tmp_path / "raw")
    manifest = json.loads((target / "MANIFEST.json").read_text())
    assert manifest["files"] == described(target)["hashes"]
    assert (manifest["count"], manifest["storage"], manifest["uuid"]) == (FILES, "sqlite", "0123")
    assert {"devpi-server", "devpi-web", "devpi-tokens"} <= manifest["plugins"].keys()


def test_files_of_mirrors_and_hard_links(devpi: Client, data: Path, tmp_path: Path) -> None:
    options = ("--include-mirrored-files", "--hard-links", "--json")
    result = devpi("server", "export", "--serverdir", data, tmp_path / "dump", *options)
    document = json.loads(result.stdout)
    assert (document["files"], document["without_files"]) == (FILES + MIRRORED, [])
    assert json.loads(result.stderr) == {
        "warning": "hard links: what damages a file of the server damages the export, too"
    }
    linked = [path for path in (tmp_path / "dump").rglob("*") if path.is_file() and path.stat().st_nlink == 2]
    assert len(linked) == FILES + MIRRORED
    raw_export(data, tmp_path / "raw", "--include-mirrored-files")
    assert described(tmp_path / "dump") == described(tmp_path / "raw")


def flip(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"~")


def test_a_damaged_file_is_named_and_nothing_is_left(devpi: Client, data: Path, tmp_path: Path) -> None:
    """S14: the raw program ends with status 0, and its export cannot be imported."""
    wheel = next(path for path in stored(data) if path.suffix == ".whl")
    flip(wheel)
    status, said = devpi.fails("server", "export", "--serverdir", data, tmp_path / "dump")
    assert (status, said) == (
        1,
        f"wrong: alice/dev/demo/1.0/{wheel.name}\n1 of {FILES} files are damaged\n"
        f"'devpi server check --serverdir {data}' names them all; remove them, or restore them from a backup\n",
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "serverdir"]


def test_a_missing_file_is_named_and_nothing_is_left(devpi: Client, data: Path, tmp_path: Path) -> None:
    wheel = next(path for path in stored(data) if path.suffix == ".whl")
    wheel.unlink()
    status, said = devpi.fails("server", "export", "--serverdir", data, tmp_path / "dump")
    assert (status, said.splitlines()[:2]) == (
        1,
        [f"missing: {wheel.relative_to(data / '+files')}", "1 files are missing"],
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "serverdir"]


def test_all_problems_are_told_at_once(devpi: Client, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").write_text("mine")
    assert devpi.fails("server", "export", "--serverdir", tmp_path / "typo", tmp_path / "full") == (
        1,
        f"{tmp_path}/typo does not exist\nname the data of a devpi-server with --serverdir\n"
        f"{tmp_path}/full exists, and is not empty\nname a folder that does not exist\n"
        "2 problems: nothing was changed\n",
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "home"]


def test_it_does_not_go_into_the_serverdir(devpi: Client, data: Path) -> None:
    assert devpi.fails("server", "export", "--serverdir", data, data / "dump", "-n") == (
        1,
        f"{data}/dump is in the serverdir\nname a folder elsewhere\n",
    )


def test_a_folder_of_somebody_else_is_left_alone(devpi: Client, data: Path, tmp_path: Path) -> None:
    (tmp_path / "dump.part").mkdir()
    (tmp_path / "dump.part/mine").write_text("mine")
    assert devpi.fails("server", "export", "--serverdir", data, tmp_path / "dump") == (
        5,
        f"{tmp_path}/dump.part is in the way: it was not made by devpi-cli\nmove it away\n",
    )
    assert (tmp_path / "dump.part/mine").read_text() == "mine"


def test_a_dry_run_makes_nothing(devpi: Client, data: Path, tmp_path: Path) -> None:
    (line,) = devpi.ok("server", "export", "-n", "--serverdir", data, tmp_path / "dump")
    assert line.startswith(f"would export {data} to {tmp_path}/dump (at most ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "serverdir"]


def start(devpi: Client, *typed: object) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*devpi.command, *map(str, typed)], cwd=devpi.home, env=devpi.environment, stdout=pipe, stderr=pipe, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_whenever_it_is_ended_the_target_is_absent_or_whole(
    devpi: Client, data: Path, tmp_path: Path, number: signal.Signals, record_property: Callable[[str, object], None]
) -> None:
    before, target = snapshot(data), tmp_path / "dump"
    began = time.monotonic()
    devpi.ok("server", "export", "--serverdir", data, target)
    took, whole = time.monotonic() - began, described(target)
    kills = Kills("export", number, record_property)
    for moment in range(MOMENTS):
        subprocess.run(["rm", "-rf", target], check=True)
        running = start(devpi, "server", "export", "--serverdir", data, target)
        time.sleep(took * (moment + 1) / (MOMENTS + 1))
        running.send_signal(number)
        running.communicate()
        kills.see(target, lambda dump: described(dump) == whole)
        if number == signal.SIGINT:
            assert not (tmp_path / "dump.part").exists()
    assert snapshot(data) == before
    if not target.exists():  # the next run cleans up, and starts anew
        assert devpi("server", "export", "--serverdir", data, target).status == 0
    assert described(target) == whole
    assert not (tmp_path / "dump.part").exists() or number == signal.SIGKILL
    kills.end(SOURCE_SAME)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
@pytest.mark.parametrize(("kib", "more", "said"), [
    (24, 0, "the disk is full|No space left on device"),  # more blocks than bytes
    (24, 100_000, "has 2[0-9] kB of free space, and 101 kB are needed"),
])  # fmt: skip
def test_the_disk_is_full(  # S12
    devpi: Client, data: Path, tmp_path: Path, kib: int, more: int, said: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with stored(data)[0].open("ab") as file:
        file.write(bytes(more))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", disk], check=True)
    try:
        status, message = devpi.fails("server", "export", "--serverdir", data, disk / "dump")
        assert (status, re.search(said, message) is not None) == (1, True), message
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", disk], check=True)
