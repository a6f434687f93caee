"""Write large files that are there only once they are whole.

The unfinished file lies beside the one that it will become, is hidden, ends in ``.devpi.part`` and is locked while it
is written: one without a lock was left by a process that was killed, and the next one that writes into the folder
removes it. So it is locked until it has its name, and one is only removed while the lock is ours.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.errors import OtherFile
from devpi_cli.system import locks
from devpi_cli.system.files import usual_mode
from devpi_cli.system.signals import held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

UNFINISHED = ".devpi.part"
WINDOWS = os.name == "nt"
MODE = usual_mode()  # asked once: to ask for it is to change it for a moment, for all threads
_swept: set[Path] = set()
_unfinished: set[Path] = set()


@contextmanager
def part(path: Path, *, replace: bool = False) -> Iterator[BinaryIO]:
    """Open a new file for writing; after the block, if it raises nothing, it has its name.

    Its folder is made. Raises OtherFile if the name is taken, unless it is to ``replace`` what has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    handle, temporary = _begin(path)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            temporary.chmod(MODE)
            if not WINDOWS:
                _rename(temporary, path, replace=replace)
        if WINDOWS:  # where an open file cannot be renamed
            _rename(temporary, path, replace=replace)
    finally:
        temporary.unlink(missing_ok=True)
        _unfinished.discard(temporary)


def remove_all() -> None:
    """Remove the unfinished files of this process, also those that threads are writing, which end with it."""
    while _unfinished:
        with suppress(OSError):
            _unfinished.pop().unlink(missing_ok=True)


def _begin(path: Path) -> tuple[int, Path]:
    """Create the unfinished file of a path; return its handle, locked, and its path."""
    while True:
        with held():
            handle, name = tempfile.mkstemp(UNFINISHED, f".{path.name[:200]}.", path.parent)
            temporary = Path(name)
            _unfinished.add(temporary)
        # Before we had the lock, another process may have taken the file for one that was left.
        if locks.take(handle) is not False and temporary.exists():
            return handle, temporary
        os.close(handle)
        temporary.unlink(missing_ok=True)
        _unfinished.discard(temporary)


def _rename(temporary: Path, path: Path, *, replace: bool) -> None:
    if replace:
        temporary.replace(path)
        return
    try:
        path.hardlink_to(temporary)  # unlike a rename, it never replaces what somebody put there meanwhile
    except FileExistsError:
        raise OtherFile(f"{path}: there is such a file already", here="", there="") from None
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise OtherFile(f"{path}: there is such a file already", here="", there="") from None
        temporary.rename(path)


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed have left in a folder, once."""
    if folder in _swept:
        return
    _swept.add(folder)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") and entry.name.endswith(UNFINISHED):
                _remove_if_left(Path(entry.path))


def _remove_if_left(path: Path) -> None:
    """Remove an unfinished file that nobody is writing; only an operating system with locks can tell."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        try:
            if locks.take(handle):
                path.unlink(missing_ok=True)
        finally:
            os.close(handle)
