"""Make a folder under another name, and give it its own name when it is whole.

``NAME`` is made in ``NAME.part``, which only its owner can read. Whatever happens meanwhile, also SIGKILL or a power
failure, ``NAME`` is absent or whole; what is left in ``NAME.part`` is removed by the next command that makes ``NAME``.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import AlreadyThere, DevpiError
from devpi_cli.system import locks
from devpi_cli.system.signals import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUFFIX = ".part"
"""Ends the name of a folder that is not whole."""
MARK = ".devpi-cli-unfinished"
MODE = 0o700
POLL_SECONDS = 0.1
# A program that writes into the folder outlives us for a moment if we are killed: until it prints something.
WAIT_SECONDS = 120.0
# From so many files on, the whole file system is written at once.
MANY = 100
TELLS_FAILURES = (5, 8)
"""The version of Linux from which syncfs does."""
WINDOWS = os.name == "nt"  # without flock, and without handles of folders


class Unfinished(NamedTuple):
    """A folder to fill, a folder for what else is needed meanwhile, and the handle that keeps both locked.

    A program that gets the handle keeps them locked, too.
    """

    whole: Path
    beside: Path
    handle: int | None


def problem(target: Path) -> DevpiError | None:
    """Return why a folder cannot be made; None if it can."""
    with suppress(FileNotFoundError, NotADirectoryError):
        found = target.lstat()
        if not stat.S_ISDIR(found.st_mode):
            return AlreadyThere(f"{target} exists, and is not a folder")
        try:
            is_empty = next(target.iterdir(), None) is None
        except OSError as error:
            return DevpiError(f"cannot read {target}: {error.strerror}")
        if not is_empty:
            return AlreadyThere(f"{target} exists, and is not empty", hint="name a folder that does not exist")
        if target.is_mount():
            hint = f"name a folder in it, such as {target / 'data'}"
            return DevpiError(f"{target} is a mount point, which cannot be replaced by a folder", hint=hint)
    return _problem_above(target)


def _problem_above(target: Path) -> DevpiError | None:
    above = target.parent
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        return DevpiError(f"cannot make {target}: {above} is not a folder")
    if not os.access(above, os.W_OK | os.X_OK):
        return DevpiError(f"cannot make {target}: {above} is not writable for you")
    return None


@contextmanager
def unfinished(target: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[Unfinished]:
    """Make a folder during the block; afterwards it is ``target``, or gone if the block raises an exception.

    ``waiting`` is called if another process makes it. Raises DevpiError if that does not end, if there is something
    in the way or if it cannot be written, and what ``problem`` returns.
    """
    if refusal := problem(target):
        raise refusal
    part, umask = target.with_name(target.name + SUFFIX), os.umask(0o077)  # programs inherit it
    try:
        with _locked(part, waiting) as handle:
            _empty(part)
            try:
                whole, beside = part / target.name, part / "beside"
                beside.mkdir(MODE)
                yield Unfinished(whole, beside, handle)
                sync(whole)
                with held():
                    _take_its_place(whole, target)
            finally:
                with suppress(OSError):
                    _empty(part)
                    (part / MARK).unlink()
                    part.rmdir()
    except OSError as error:
        if error.filename is not None and not str(error.filename).startswith(str(part)):
            raise
        raise DevpiError(f"cannot write {part}: {error.strerror or error}") from None
    finally:
        os.umask(umask)


def sync(folder: Path) -> None:
    """Make sure that all files of a folder are on the disk."""
    paths = [Path(above, name) for above, _, names in os.walk(folder) for name in names]
    if len(paths) > MANY and _sync_file_system(folder):
        return
    for path in (*paths, *(Path(above) for above, _, _ in os.walk(folder))):
        if not path.is_symlink():
            _sync(path)


def _sync_file_system(folder: Path) -> bool:
    """Write all that is not on the disk yet; return False if the system cannot, or would not tell of failures.

    2000 files take 0.15 s instead of 4.4 s. Raises OSError.
    """
    found = re.match(r"(\d+)\.(\d+)", platform.release()) if sys.platform == "linux" else None
    if not found or (int(found[1]), int(found[2])) < TELLS_FAILURES:
        return False
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        if library.syncfs(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)
    return True


def _sync(path: Path) -> None:
    if WINDOWS and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if WINDOWS else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _take_its_place(whole: Path, target: Path) -> None:
    if refusal := problem(target):  # somebody else was quicker
        raise refusal
    if target.exists() and WINDOWS:
        target.rmdir()
    whole.rename(target)
    _sync(target.parent)


@contextmanager
def _locked(part: Path, waiting: Callable[[], None]) -> Iterator[int | None]:
    """Make the folder, or take over the one of a process that has ended, and hold its lock during the block."""
    part.parent.mkdir(mode=MODE, parents=True, exist_ok=True)
    until, has_said = time.monotonic() + WAIT_SECONDS, False
    while (handle := _lock(part)) is False:
        if not has_said:
            waiting()
        has_said = True
        if time.monotonic() > until:
            raise DevpiError(f"another process has been making {part} for more than {WAIT_SECONDS:g} s")
        time.sleep(POLL_SECONDS)
    try:
        yield None if handle is True else handle
    finally:
        if handle is not True:
            os.close(handle)


def _lock(part: Path) -> int | bool:
    """Return the handle of the locked folder, True where there are no locks, False if another process has it."""
    try:
        _make_or_check(part)
        if WINDOWS:
            return True
        handle = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:  # its process has just removed it
        return False
    is_ours = locks.take(handle)
    with suppress(FileNotFoundError):
        if is_ours and os.fstat(handle).st_ino == part.lstat().st_ino:  # else it was removed before we had the lock
            return handle
    os.close(handle)
    return is_ours is None


def _make_or_check(part: Path) -> None:
    """Make the folder with its mark; raise DevpiError for one that is not ours."""
    with suppress(FileExistsError), held():
        part.mkdir(MODE)
        (part / MARK).touch(0o600)
        return
    found = part.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and (WINDOWS or found.st_uid == os.geteuid())
    if not is_ours or not ((part / MARK).exists() or next(part.iterdir(), None) is None):
        raise AlreadyThere(f"{part} is in the way: it was not made by devpi-cli", hint="move it away")
    (part / MARK).touch(0o600)


def _empty(part: Path) -> None:
    for path in part.iterdir():
        if path.name == MARK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
