from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import AlreadyThere, DevpiError
from devpi_cli.system import unfinished as module
from devpi_cli.system.unfinished import MARK, unfinished

if TYPE_CHECKING:
    from pathlib import Path

KILLED = """
import os, sys
from pathlib import Path
from devpi_cli.system.unfinished import unfinished

with unfinished(Path(sys.argv[1])) as made:
    made.whole.mkdir()
    (made.whole / "half").write_text("half")
    os.kill(os.getpid(), 9)
"""


def fill(target: Path, text: str = "text") -> None:
    with unfinished(target) as made:
        assert (made.whole.parent.stat().st_mode & 0o777, target.exists() and any(target.iterdir())) == (0o700, False)
        made.whole.mkdir()
        (made.whole / "file").write_text(text)
        (made.beside / "scratch").write_text("scratch")


def test_it_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    fill(tmp_path / "new")
    assert os.umask(umask) == 0o022
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new/file").stat().st_mode & 0o777 == 0o600


def test_an_empty_folder_is_replaced_and_folders_above_are_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    fill(tmp_path / "empty")
    fill(tmp_path / "a/b/new")
    assert (tmp_path / "empty/file").exists()
    assert (tmp_path / "a/b/new/file").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_nothing_is_left_after_an_exception(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with unfinished(tmp_path / "new") as made:
            made.whole.mkdir()
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, tmp_path / "new"], check=False)
    assert sorted(path.name for path in (tmp_path / "new.part").iterdir()) == [MARK, "beside", "new"]
    fill(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


def test_two_at_once_make_one_after_the_other(tmp_path: Path) -> None:
    began, end, waiting = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with unfinished(tmp_path / "new") as made:
            made.whole.mkdir()
            (made.whole / "file").write_text("first")
            began.set()
            end.wait(30)

    worker = threading.Thread(target=first)
    worker.start()
    began.wait(30)

    def say() -> None:
        waiting.set()
        end.set()

    with pytest.raises(AlreadyThere), unfinished(tmp_path / "new", say) as made:
        made.whole.mkdir()
    worker.join()
    assert waiting.is_set()
    assert (tmp_path / "new/file").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_process_that_does_not_end_is_not_waited_for_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.2)
    said = f"another process has been making {tmp_path}/new.part for more than 0.2 s"
    with unfinished(tmp_path / "new"):
        with pytest.raises(DevpiError, match=said), unfinished(tmp_path / "new"):
            pass
        (tmp_path / "new.part/new").mkdir()
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_link_in_the_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("mine")
    (tmp_path / "new.part").symlink_to(tmp_path / "mine")
    with pytest.raises(AlreadyThere, match="is in the way"):
        fill(tmp_path / "new")
    (tmp_path / "other").symlink_to(tmp_path / "mine")
    with pytest.raises(AlreadyThere, match="is not a folder"):
        fill(tmp_path / "other")
    assert (tmp_path / "mine/file").read_text() == "mine"


def test_what_another_made_meanwhile_stays(tmp_path: Path) -> None:
    def make() -> None:
        with unfinished(tmp_path / "new") as made:
            made.whole.mkdir()
            (tmp_path / "new").mkdir()
            (tmp_path / "new/mine").write_text("mine")

    with pytest.raises(AlreadyThere):
        make()
    assert (tmp_path / "new/mine").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def fill_with(target: Path, count: int) -> None:
    with unfinished(target) as made:
        made.whole.mkdir()
        for number in range(count):
            (made.whole / str(number)).touch()


@pytest.mark.skipif(sys.platform != "linux", reason="others have no call for a whole file system")
@pytest.mark.parametrize(("count", "calls"), [(3, 5), (module.MANY + 1, 1)])
def test_many_files_are_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, calls: int
) -> None:
    """Few are written one by one: theirs, the folder's, and that of the folder above, in which it gets its name."""
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", synced.append)
    fill_with(tmp_path / "new", count)
    assert (len(synced), len(list((tmp_path / "new").iterdir()))) == (calls, count)


@pytest.mark.skipif(sys.platform != "linux", reason="others have no call for a whole file system")
def test_what_cannot_be_written_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> bool:
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(module, "_sync_file_system", full)
    with pytest.raises(DevpiError, match=r"cannot write .*new.part: No space left on device"):
        fill_with(tmp_path / "new", module.MANY + 1)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(module, "_sync_file_system", lambda folder: False)  # as before Linux 5.8
    fill_with(tmp_path / "new", module.MANY + 1)
    assert len(list((tmp_path / "new").iterdir())) == module.MANY + 1
