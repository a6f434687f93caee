"""What lies in the folder for temporary files, where everybody can put something, when a command sweeps it."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

import pytest

from devpi_cli.system import private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Member

NAME = "devpi-a1b2c3d4"
NOBODY = 65534
KIND = "private folders: what the sweep deletes"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with something that must not go, and a mode that must not change."""
    home = tmp_path / "home"
    (home / "inner").mkdir(parents=True, mode=0o750)
    (home / "precious").write_text("mine")
    (home / "inner" / "precious").write_text("mine")
    return home


def plant(folder: Path, *, mark: bytes | None = None, mode: int = 0o700) -> Path:
    """Make what looks like the folder of a command that was killed long ago."""
    folder.mkdir()
    (folder / private.MARK).write_bytes(private._mark() if mark is None else mark)
    (folder / "netrc").write_text("machine example.com login alice password s3cret")
    folder.chmod(mode)
    age(folder)
    return folder


def age(folder: Path) -> None:
    past = time.time() - 3600
    for path in [folder, *folder.iterdir()]:
        os.utime(path, (past, past), follow_symlinks=False)


def the_folder_is_a_link(place: Path, home: Path) -> None:
    plant(home / "marked")
    (place / NAME).symlink_to(home / "marked")


def a_link_to_the_home_itself(place: Path, home: Path) -> None:
    (home / private.MARK).write_bytes(private._mark())
    home.chmod(0o700)
    age(home)
    (place / NAME).symlink_to(home, target_is_directory=True)


def links_inside(place: Path, home: Path) -> None:
    folder = plant(place / NAME)
    (folder / "inner").mkdir()
    for link in (folder / "link", folder / "inner" / "link"):
        link.symlink_to(home)
    (folder / "file").symlink_to(home / "precious")
    os.link(home / "precious", folder / "hard")


def the_mark_is_a_link(place: Path, home: Path) -> None:
    folder = plant(place / NAME)
    (folder / private.MARK).rename(home / "mark")
    (folder / private.MARK).symlink_to(home / "mark")


def the_mark_is_a_pipe(place: Path, home: Path) -> None:
    folder = plant(place / NAME)
    (folder / private.MARK).unlink()
    os.mkfifo(folder / private.MARK, 0o600)
    age(folder)


def the_mark_is_endless(place: Path, home: Path) -> None:
    folder = plant(place / NAME)
    os.truncate(folder / private.MARK, 1 << 40)
    age(folder)


def no_mark(place: Path, home: Path) -> None:
    (plant(place / NAME) / private.MARK).unlink()


def the_mark_of_another_machine(place: Path, home: Path) -> None:
    plant(place / NAME, mark=private._mark().replace(os.uname().nodename.encode(), b"elsewhere"))


def an_empty_mark(place: Path, home: Path) -> None:
    plant(place / NAME, mark=b"")


def open_to_others(place: Path, home: Path) -> None:
    plant(place / NAME, mode=0o770)


def a_file_of_that_name(place: Path, home: Path) -> None:
    (place / NAME).write_text("mine")


def a_pipe_of_that_name(place: Path, home: Path) -> None:
    os.mkfifo(place / NAME)


def another_prefix(place: Path, home: Path) -> None:
    plant(place / f"my-{NAME}")


def of_another_user(place: Path, home: Path) -> None:
    """With the user's files as bait; who is not root cannot plant it, and pretends to be somebody else."""
    folder = plant(place / NAME)
    (folder / "link").symlink_to(home)
    if os.geteuid() == 0:
        for path in [folder, *folder.iterdir()]:
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


PLANTED: dict[Callable[[Path, Path], None], bool] = {
    the_folder_is_a_link: False,
    a_link_to_the_home_itself: False,
    links_inside: True,  # it is ours: it goes, and what the links lead to stays
    the_mark_is_a_link: False,
    the_mark_is_a_pipe: False,
    the_mark_is_endless: False,
    no_mark: False,
    the_mark_of_another_machine: False,
    an_empty_mark: False,
    open_to_others: False,
    a_file_of_that_name: False,
    a_pipe_of_that_name: False,
    another_prefix: False,
    of_another_user: False,
}


def listed(*folders: Path) -> dict[str, tuple[int, int]]:
    """Return everything in some folders, with mode and size."""
    found = [path for folder in folders for path in [folder, *folder.rglob("*")]]
    return {str(path): (stat.S_IMODE(path.lstat().st_mode), path.lstat().st_size) for path in found}


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.__name__)
def test_the_sweep_deletes_only_what_a_killed_command_of_ours_has_left(
    place: Path,
    home: Path,
    planted: Callable[[Path, Path], None],
    attack: Callable[[str, str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planted(place, home)
    if planted is of_another_user and os.geteuid() != 0:
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    before_home, before = listed(home), listed(place)
    private.sweep()
    gone = sorted(before.keys() - listed(place).keys())
    assert listed(home) == before_home
    assert {name: seen for name, seen in listed(place).items() if name != str(place)} == (
        {} if PLANTED[planted] else {name: seen for name, seen in before.items() if name != str(place)}
    )
    attack(KIND, planted.__name__.replace("_", " "), f"{len(gone)} of {len(before) - 1} deleted; the home is as before")


def test_a_folder_swapped_for_another_meanwhile(
    place: Path, home: Path, monkeypatch: pytest.MonkeyPatch, attack: Callable[[str, str, str], None]
) -> None:
    """In a folder that others may write to, which /tmp is not, names can change after each look."""
    folder = plant(place / NAME)
    emptied = private._empty

    def swap(handle: int) -> None:
        folder.rename(place / "away")
        home.rename(folder)
        emptied(handle)

    monkeypatch.setattr(private, "_empty", swap)
    private.sweep()
    folder.rename(home)
    assert sorted(path.name for path in home.iterdir()) == ["inner", "precious"]
    assert list((place / "away").iterdir()) == []
    attack(KIND, "swapped for the home after the look", "the secret is deleted; the home is as before")


def test_ten_thousand_names_do_not_keep_a_command(place: Path, attack: Callable[[str, str, str], None]) -> None:
    for number in range(10_000):
        (place / f"devpi-{number}").mkdir()
    started = time.process_time()
    private.sweep()
    seconds = time.process_time() - started
    assert seconds < 2
    assert len(list(place.iterdir())) == 10_000
    attack(KIND, "10,000 folders with our prefix", f"0 deleted, after {seconds:.2f} s")


def test_a_command_sweeps(member: Member, tmp_path: Path, wheel: Path, attack: Callable[[str, str, str], None]) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    plant(place / NAME)
    result = member("upload", wheel, TMPDIR=str(place))
    assert result.status == 0
    left = [path.name for path in place.iterdir()]
    assert left == []
    attack(KIND, "the netrc of a killed command", f"after the next upload: {len(left)} files are left")
