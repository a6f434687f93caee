"""One process at a time, also where the file system has no locks."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from devpi_cli.system import locks
from tests.support.clients import Client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNTING = """
import sys, pathlib
from devpi_cli.system import locks
number = pathlib.Path(sys.argv[1])
for _ in range(50):
    with locks.held(number.with_name("lock"), 60, warn=print):
        number.write_text(str(int(number.read_text()) + 1))
"""


def nothing(text: str) -> None:
    raise AssertionError(text)


def test_several_processes_lose_nothing(tmp_path: Path) -> None:
    number = tmp_path / "number"
    number.write_text("0")
    running = [subprocess.Popen([sys.executable, "-c", COUNTING, str(number)]) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert number.read_text() == "200"


def test_who_waits_is_told_once_and_not_for_ever(tmp_path: Path) -> None:
    told: list[str] = []
    with locks.held(tmp_path / "lock", 1, warn=nothing):
        with (
            pytest.raises(TimeoutError),
            locks.held(tmp_path / "lock", 0.1, warn=nothing, waiting=lambda: told.append("waiting")),
        ):
            raise AssertionError("it was held twice")
        assert told == ["waiting"]
    with locks.held(tmp_path / "lock", 0.1, warn=nothing, waiting=lambda: told.append("again")):
        assert told == ["waiting"]


def test_a_folder_that_cannot_be_written_is_an_error_and_not_a_file_system_without_locks(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"/file"), locks.held(tmp_path / "file/lock", 0, warn=nothing):
        raise AssertionError


WITHOUT = """
import errno, fcntl
def refused(handle, how):
    raise OSError(errno.{name}, "nothing of the kind")
fcntl.flock = refused
from devpi_cli.__main__ import main
main()
"""


@pytest.mark.parametrize("name", ["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
def test_a_file_system_without_locks_is_said_once_in_our_words(
    devpi: Client, server_url: str, name: str, attack: Callable[[str, str, str], None]
) -> None:
    there = Client(devpi.home, devpi.env, (sys.executable, "-c", WITHOUT.format(name=name)))
    result = there("use", server_url, "--venv", "-")  # it changes the state twice
    folder = devpi.state_file.parent
    assert result.stderr == (
        f"warning: {folder} is on a file system without locks: if a command is killed, the next one may wait until "
        "state.json.locked is removed\n"
    )
    assert (result.status, devpi.state.server) == (0, server_url)
    assert {path.name for path in folder.iterdir()} <= {"state.json", "state.json.lock"}
    attack(
        "a file system without locks", f"flock fails with {name}", result.stderr.strip().replace(str(folder), "FOLDER")
    )


@pytest.fixture
def server_url(server: object) -> str:
    return str(vars(server)["url"])
