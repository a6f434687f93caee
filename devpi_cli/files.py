"""Text files: read without waiting, written in one step, in which line one is broken; and where home is."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from devpi_cli.errors import DevpiError

PRIVATE = 0o600
UNFINISHED = ".tmp"


def home() -> Path:
    """Return the user's home folder. Raises DevpiError where nobody knows it, as in a container with a foreign id."""
    try:
        return Path.home()
    except RuntimeError:
        raise DevpiError("this machine does not know where your home folder is", hint="set HOME") from None


def read(path: Path) -> str:
    """Read a text, which has to be UTF-8.

    Raises OSError, also for a pipe, which somebody would have to write to, and for a device, which may have no end.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        return file.read().decode("utf-8")


def expanded(path: Path) -> Path:
    """Return a path with ``~`` and ``~user`` as the homes they stand for; those of nobody stay as they are."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step."""
    write(path, text, PRIVATE)


def write(path: Path, text: str, mode: int) -> None:
    """Write a file of that mode in one step: a reader, or a crash, meets the old or the new text, never half of it.

    A symlink stays one, and the file that it leads to is written. A file of somebody else stays theirs, as with sudo;
    raises OSError where that may not be done, and for whatever else keeps it from being written.
    """
    import tempfile

    path = behind_links(path)
    handle, name = tempfile.mkstemp(UNFINISHED, f".{path.name}.", path.parent)  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            _leave_to_owner(path, file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def tidy(path: Path) -> None:
    """Remove what processes that were killed while they wrote a file have left beside it; nobody may write it now."""
    path = behind_links(path)
    for name in os.listdir(path.parent):  # noqa: PTH208 (names may hold what a pattern would read)
        if name.startswith(f".{path.name}.") and name.endswith(UNFINISHED):
            with suppress(OSError):
                path.with_name(name).unlink()


def behind_links(path: Path) -> Path:
    """Return where symlinks lead, be it nowhere."""
    return Path(os.path.realpath(path))  # unlike resolve, it takes links in a ring


def _leave_to_owner(path: Path, handle: int) -> None:
    with suppress(FileNotFoundError):
        there = path.stat()
        if there.st_uid == os.fstat(handle).st_uid:
            return
        try:
            os.fchown(handle, there.st_uid, there.st_gid)
        except PermissionError:
            raise PermissionError(errno.EPERM, "it belongs to another user", str(path)) from None


def usual_mode() -> int:
    """Return the mode that a new file gets from the user's umask."""
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def line_of(error: Exception) -> int | None:
    """Return the line that a parser's error is about, as configparser and tomlkit tell it; None where they do not.

    The error's own text is not for the user: it repeats what stands there, which may be a secret.
    """
    numbers = [number for number, _ in getattr(error, "errors", ())]
    told = [*numbers, getattr(error, "lineno", None), getattr(error, "line", None)]
    return next((line for line in told if isinstance(line, int)), None)
