"""Private folders: who can read them, what is left of them."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devpi_cli.system import private


def test_private_folders_are_nobody_elses(place: Path) -> None:
    """A22, A23: not one folder for all users; gone afterwards."""
    with private.folder("build") as folder, private.folder("build") as other:
        assert folder != other
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.name.startswith("devpi-build-")
        (folder / "file").write_text("text")
    assert list(place.iterdir()) == []


def deep(folder: Path) -> None:
    """Make 1500 folders in each other, which is more than Python would follow."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("deeper", dir_fd=here)
        here, above = os.open("deeper", os.O_RDONLY, dir_fd=here), here
        os.close(above)
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def read_only(folder: Path) -> None:
    (folder / "folder" / "inner").mkdir(parents=True)
    (folder / "folder" / "inner" / "object").touch(0o400)
    (folder / "folder" / "inner").chmod(0o555)
    (folder / "folder").chmod(0o500)


def closed(folder: Path) -> None:
    (folder / "folder" / "inner").mkdir(parents=True)
    (folder / "folder" / "inner").chmod(0)
    (folder / "folder").chmod(0)


def odd_names(folder: Path) -> None:
    for name in (b"\xff", b"-rf", b"new\nline", private.MARK.encode() + b".x"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).mkdir()
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name + b"/" + name)).touch()
    (folder / "inner" / private.MARK).mkdir(parents=True)


def sockets_and_pipes(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "nowhere").symlink_to("/nowhere")
    (folder / "circle").symlink_to("circle")


@pytest.mark.parametrize(
    "fill", [deep, read_only, closed, odd_names, sockets_and_pipes], ids=lambda fill: fill.__name__
)
def test_whatever_is_in_it_goes_with_it(place: Path, fill: object) -> None:
    assert callable(fill)
    with private.folder() as folder:
        fill(folder)
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_a_link_leads_to_stays_as_it_is(place: Path, tmp_path: Path, kind: str) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o750)
    (home / "precious").touch(0o640)
    with private.folder() as folder:
        (folder / "inner").mkdir()
        for link in (folder / "link", folder / "inner" / "link"):
            link.symlink_to(home if kind == "folder" else home / "precious")
    assert list(place.iterdir()) == []
    assert [stat.S_IMODE(path.stat().st_mode) for path in (home, home / "precious")] == [0o750, 0o640]


def test_a_folder_that_somebody_removed_is_no_error(place: Path) -> None:
    with private.folder() as folder:
        (folder / private.MARK).unlink()
        folder.rmdir()
    assert list(place.iterdir()) == []


def test_a_folder_that_was_moved_away_is_emptied_nevertheless(place: Path) -> None:
    with private.folder() as folder:
        (folder / "netrc").write_text("secret")
        moved = folder.rename(place / "moved")
        folder.mkdir()
        (folder / "file").write_text("not ours")
    assert list(moved.iterdir()) == []
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_an_error_removes_it_too(place: Path) -> None:
    with pytest.raises(KeyError), private.folder():
        raise KeyError
    assert list(place.iterdir()) == []


def test_a_folder_without_locks_is_not_swept_up(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some network file systems, where nobody can tell whether it is in use."""

    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    with monkeypatch.context() as patched:
        patched.setattr("fcntl.flock", no_locks)
        folder = private._make("devpi-")
    age(folder)
    os.close(private._made.pop(folder) or 0)  # its process ended
    private.sweep()
    assert folder.exists()


def age(folder: Path) -> None:
    """Make what is in a folder look old."""
    past = time.time() - 3600
    for path in [folder, *folder.iterdir()]:
        os.utime(path, (past, past))


DIES = """
import os
from devpi_cli.system import private
with private.folder() as folder:
    (folder / "netrc").touch()
    os.kill(os.getpid(), 9)
"""


def killed(place: Path) -> Path:
    """Return the folder that a killed process has left."""
    done = subprocess.run([sys.executable, "-c", DIES], env={**os.environ, "TMPDIR": str(place)}, check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = place.iterdir()
    assert (left / "netrc").exists()
    return left


def test_the_next_command_sweeps_up_what_a_killed_one_has_left(place: Path) -> None:
    age(killed(place))
    with private.folder() as folder:
        assert list(place.iterdir()) == [folder]


def test_what_is_new_is_left_alone(place: Path) -> None:
    left = killed(place)
    with private.folder() as folder:
        assert set(place.iterdir()) == {left, folder}


def test_what_is_in_use_is_left_alone(place: Path) -> None:
    script = "from devpi_cli.system import private\nwith private.folder() as folder: print(folder, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as living:
        assert living.stdout
        folder = Path(living.stdout.readline().strip())
        age(folder)
        private.sweep()
        assert (folder / private.MARK).exists()
        living.communicate("\n")
    assert list(place.iterdir()) == []


def test_a_child_process_leaves_the_folders_of_its_parent_alone(place: Path) -> None:
    with private.folder() as folder:
        pid = os.fork()
        if pid == 0:
            private.remove_all()
            os._exit(0)
        os.waitpid(pid, 0)
        assert (folder / private.MARK).exists()
