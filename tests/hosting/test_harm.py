"""What happens to disks and owners meanwhile: the target is whole or absent, the source as it was."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import Client
from tests.support.dists import put
from tests.support.ports import free_port
from tests.support.serverdirs import a_copy, described, meanwhile, snapshot, undo_last_rename
from tests.support.servers import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = 3 << 20
FULL = re.compile(r"the disk is full|No space left on device|free space")
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk, or give files away")


@pytest.fixture(scope="module")
def sources(stocked_serverdir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What commands read: a serverdir, an export and a backup of it."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "home").mkdir()
    devpi = Client(folder / "home")
    for name in ("export", "backup"):
        assert devpi("server", name, "--serverdir", stocked_serverdir, folder / name).status == 0
    return {"serverdir": stocked_serverdir, "export": folder / "export", "backup": folder / "backup"}


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


@contextmanager
def filled_when(begun: Path, disk: Path) -> Iterator[None]:
    """Let somebody else fill a disk as soon as a path is there."""
    end = threading.Event()

    def fill() -> None:
        while not begun.exists() and not end.wait(0.005):
            pass
        with suppress(OSError), (disk / "of somebody else").open("wb", buffering=0) as file:
            while not end.is_set():
                file.write(bytes(4096))

    filler = threading.Thread(target=fill)
    filler.start()
    try:
        yield
    finally:
        end.set()
        filler.join()


# When devpi-server has made its tables: it tries that for half a minute.
BEGUN = {"init": ".sqlite", "import": "+files"}
COMMANDS = {
    "init": ("--serverdir", "TARGET", "--no-root-pypi"),
    "export": ("--serverdir", "serverdir", "TARGET"),
    "import": ("--serverdir", "TARGET", "--no-root-pypi", "export"),
    "backup": ("--serverdir", "serverdir", "TARGET"),
    "restore": ("--serverdir", "TARGET", "backup"),
}


@NEEDS_ROOT
@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_of_3_mb_is_filled_by_somebody_else(
    devpi: Client, sources: dict[str, Path], tmp_path: Path, command: str
) -> None:
    """S7, S12, S28."""
    before = {name: snapshot(path) for name, path in sources.items()}
    with small_disk(tmp_path) as disk:
        target = disk / "target"
        typed = [target if word == "TARGET" else sources.get(word, word) for word in COMMANDS[command]]
        with filled_when(disk / "target.part/target" / BEGUN.get(command, ""), disk):
            status, said = devpi.fails("server", command, *typed)
        assert (status, FULL.search(said) is not None) == (1, True), said
        assert [path.name for path in disk.iterdir()] == ["of somebody else"]
    assert {name: snapshot(path) for name, path in sources.items()} == before


@NEEDS_ROOT
def test_root_changes_nothing_of_the_data_of_others(devpi: Client, stocked_serverdir: Path, tmp_path: Path) -> None:
    """S17: not one owner, mode or byte; and root's server does not run on it."""
    data = a_copy(stocked_serverdir, tmp_path)
    for path in (data, *data.rglob("*")):
        os.lchown(path, 12345, 12345)
    before = snapshot(data)
    named = ("--serverdir", data)
    for typed in (("export", *named, tmp_path / "dump"), ("backup", *named, tmp_path / "saved"), ("check", *named)):
        assert devpi("server", *typed).status == 0
    port = free_port()
    for typed in (("run", *named, "--port", port), ("start", *named, "--port", port)):
        assert devpi("server", *typed).stderr.endswith(
            f"{data} belongs to another user, whose own server could not go on with what this one writes\n"
            "run this as that user\n"
        )
    devpi("server", "doctor", *named)
    assert snapshot(data) == before


READERS = {
    "check": ("server", "check"),
    "export": ("server", "export", "dump"),
    "doctor": ("server", "doctor", "--json"),
}


@pytest.mark.parametrize("typed", READERS.values(), ids=READERS)
def test_a_change_that_a_server_makes_is_left_to_the_server(
    devpi: Client, stocked_serverdir: Path, tmp_path: Path, typed: tuple[str, ...]
) -> None:
    """devpi-server's own code finishes the last change when it opens the data, and the server then answers 500."""
    data = a_copy(stocked_serverdir, tmp_path)
    temporary, place = undo_last_rename(data)
    before = snapshot(data)
    found: list[dict[str, str]] = []

    def finish() -> None:
        time.sleep(3)
        found.append(snapshot(data))
        temporary.rename(place)

    server = threading.Thread(target=finish)
    server.start()
    result = devpi(*typed, "--serverdir", data)
    server.join()
    assert (found, place.exists()) == ([before], True)
    assert "missing" not in result.stdout.replace("0 missing", "")
    if typed[1] != "doctor":
        assert result.status == 0


def test_a_change_that_a_killed_server_left_is_told(devpi: Client, stocked_serverdir: Path, tmp_path: Path) -> None:
    """devpi-server's own code finishes it when it starts."""
    data = a_copy(stocked_serverdir, tmp_path)
    _, place = undo_last_rename(data)
    before = snapshot(data)
    status, said = devpi.fails(*READERS["export"], "--serverdir", data)
    name = place.relative_to(data / "+files")
    assert (status, said.splitlines()[0].split(": ", 1)[1]) == (
        1, f"the server was killed before {name} was in its place"
    )  # fmt: skip
    assert f"'devpi server start --serverdir {data}' puts it there" in said
    assert snapshot(data) == before
    started = devpi("server", "start", "--serverdir", data, "--port", free_port())
    stopped = devpi("server", "stop", "--serverdir", data)
    assert (started.status, stopped.status) == (0, 0), started.stderr
    assert devpi("server", "check", "--serverdir", data).status == 0


def test_what_is_deleted_during_an_export_is_no_half_of_it(devpi: Client, tmp_path: Path) -> None:
    """S15: it is exported anew, or the backup is named; an export that is there can be imported."""
    with running_server(tmp_path / "server", "--no-root-pypi") as live:
        root = live.connect("root")
        root.create_index("root/dev", {"bases": "", "volatile": "True"})

        def change(number: int) -> None:
            put(root, "root/dev", f"1.{number}", f"busy{number % 3}")
            if number > 2:
                root.remove_project("root/dev", f"busy{(number + 1) % 3}")

        with meanwhile(change):
            result = devpi("server", "export", "--serverdir", tmp_path / "server/data", tmp_path / "dump")
    if result.status:
        assert f"'devpi server backup --serverdir {tmp_path}/server/data DIR' works meanwhile" in result.stderr
        assert not (tmp_path / "dump").exists()
    else:
        new = tmp_path / "new"
        typed = ("--serverdir", new, "--no-root-pypi", "--root-password-stdin", tmp_path / "dump")
        assert devpi("server", "import", *typed, stdin="x\n").status == 0
        assert described(tmp_path / "dump")["indexes"]
    assert not (tmp_path / "dump.part").exists()
