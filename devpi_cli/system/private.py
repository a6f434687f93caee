"""Make folders for private things.

They are removed with the end of the command, however it ends. A command that was killed (SIGKILL) leaves its folder;
the next one that makes such a folder removes it. Each folder is locked while its process lives, and holds a mark,
written when it was locked, that tells it from anybody else's.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.system import locks
from devpi_cli.system.signals import held

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "devpi-"
MARK = ".devpi-cli"
MODE = 0o700
TEMPORARY = ("TMPDIR", "TEMP", "TMP")
OLD_SECONDS = 60.0
WINDOWS = os.name == "nt"  # no flock, and no file handles of folders: nothing is swept up there
# The private folders of this process, with a handle of each that is open and locked.
_made: dict[Path, int | None] = {}


@contextmanager
def folder(purpose: str = "") -> Iterator[Path]:
    """Make a temporary folder that only this user can read, and remove it afterwards."""
    sweep()
    made = _make(f"{PREFIX}{purpose}-" if purpose else PREFIX)
    try:
        yield made
    finally:
        _remove(made)


def variables(folder: Path) -> dict[str, str]:
    """Return the variables that put temporary files into a folder.

    It is private, so that they go even if the program is killed.
    """
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return dict.fromkeys(TEMPORARY, str(temporary))


def remove_all() -> None:
    """Remove the private folders of this process that are left.

    An exception at a bad moment leaves some.
    """
    for made in list(_made):
        _remove(made)


atexit.register(remove_all)  # for those who use the library; the command does so itself, before it lets signals end it
if not WINDOWS:
    os.register_at_fork(after_in_child=_made.clear)


def sweep() -> None:
    """Remove the private folders of this user's killed processes.

    They were killed a while ago.
    """
    if WINDOWS:
        return
    with held():  # the first call tries out where a file can be written
        place = Path(tempfile.gettempdir())
    found: list[Path] = []
    with suppress(OSError):
        found = [path for path in place.iterdir() if path.name.startswith(PREFIX)]
    for path in found:
        with suppress(OSError):  # somebody else's, in use, or gone
            _sweep(path)


def _make(prefix: str) -> Path:
    with held():
        made = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
        _made[made] = None
        if not WINDOWS:
            _made[made] = handle = _opened(made)
            if locks.take(handle):
                mark = os.open(MARK, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=handle)
                with os.fdopen(mark, "wb") as file:
                    file.write(_mark())
    return made


def _remove(made: Path) -> None:
    if made not in _made:
        return
    handle = _made[made]
    if handle is None:
        shutil.rmtree(made, ignore_errors=True)
    else:
        _empty(handle)
        with suppress(OSError):  # something in it is not ours to remove; or it was removed
            made.rmdir()
    with held():
        _made.pop(made)
        if handle is not None:
            os.close(handle)  # the next command may try again


def _sweep(path: Path) -> None:
    handle = _opened(path)
    try:
        found = os.fstat(handle)
        is_ours = found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == MODE
        if is_ours and _is_marked(handle) and locks.take(handle):
            _empty(handle)
            path.rmdir()
    finally:
        os.close(handle)


def _opened(path: Path | str, *, inside: int | None = None) -> int:
    """Open a folder, and nothing else. Raises OSError, also for a symlink."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=inside)


def _is_marked(handle: int) -> bool:
    """Return True for a folder with a mark of this machine that is not new."""
    mark = os.open(MARK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=handle)
    with os.fdopen(mark, "rb") as file:
        found = os.fstat(mark)
        is_file = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
        return is_file and time.time() > found.st_mtime + OLD_SECONDS and file.read(1000) == _mark()


def _mark() -> bytes:
    """Return the text of a mark: whose it is, and on which machine.

    Others may not see its locks.
    """
    return f"A private folder of devpi-cli on {os.uname().nodename}; the next command removes it.\n".encode()


def _empty(folder: int) -> None:
    """Remove what is in an open folder, the mark last.

    No symlink is followed. Folders are moved to the top before they are emptied, so that no depth is too much.
    """
    left = _without_files(folder, folder)
    while left:
        name = left.pop()
        with suppress(OSError):  # a folder that others have filled
            inner = _opened(name, inside=folder)
            try:
                left += _without_files(inner, folder)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=folder)
    with suppress(OSError):
        os.unlink(MARK, dir_fd=folder)


def _without_files(folder: int, top: int) -> list[str]:
    """Remove the files in an open folder; move its folders to the top.

    Return their names there.
    """
    moved = []
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        with suppress(OSError):
            if not entry.is_dir(follow_symlinks=False):
                if (folder, entry.name) != (top, MARK):
                    os.unlink(entry.name, dir_fd=folder)
                continue
            os.chmod(entry.name, MODE, dir_fd=folder)
            name = entry.name if folder == top else secrets.token_hex(16)
            if folder != top:
                os.rename(entry.name, name, src_dir_fd=folder, dst_dir_fd=top)
            moved.append(name)
    return moved
