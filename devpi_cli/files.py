"""Read text files without blocking, write them atomically; find the home folder."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError

if TYPE_CHECKING:
    from pathlib import Path

# pathlib is imported by the functions that need it: TAB only reads.

PRIVATE = 0o600
UNFINISHED = ".tmp"


def home() -> Path:
    """Return the user's home folder.

    Raises DevpiError if it is unknown, as in a container with a foreign user id.
    """
    from pathlib import Path

    try:
        return Path.home()
    except RuntimeError:
        raise DevpiError("cannot find your home folder", hint="set HOME") from None


def read(path: Path | str) -> str:
    """Read a UTF-8 text file.

    Raises OSError, also for a pipe, which could block, and for a device, which could be endless.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        return file.read().decode("utf-8")


def expanded(path: Path) -> Path:
    """Expand ``~`` and ``~user`` in a path; keep those of unknown users."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def write_private(path: Path, text: str) -> None:
    """Atomically write a file that only its owner may read."""
    write(path, text, PRIVATE)


def write(path: Path, text: str, mode: int) -> None:
    """Atomically write a file with a mode.

    A reader sees the old or the new text, also after a crash. A symlink stays, and its target is written. The file
    keeps its owner, as with sudo. Raises OSError if that is not permitted, or if the file cannot be written.
    """
    import tempfile
    from pathlib import Path

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
    """Remove the temporary files of processes that were killed while writing a file.

    No other process may be writing it now.
    """
    path = behind_links(path)
    for name in os.listdir(path.parent):  # noqa: PTH208 (names may contain pattern characters)
        if name.startswith(f".{path.name}.") and name.endswith(UNFINISHED):
            with suppress(OSError):
                path.with_name(name).unlink()


def behind_links(path: Path) -> Path:
    """Return the target of symlinks, even if it does not exist."""
    from pathlib import Path

    return Path(os.path.realpath(path))  # unlike resolve, it accepts circular links


def _leave_to_owner(path: Path, handle: int) -> None:
    with suppress(FileNotFoundError):
        existing = path.stat()
        if existing.st_uid == os.fstat(handle).st_uid:
            return
        try:
            os.fchown(handle, existing.st_uid, existing.st_gid)
        except PermissionError:
            raise PermissionError(errno.EPERM, "it belongs to another user", str(path)) from None


def usual_mode() -> int:
    """Return the mode of a new file by the user's umask."""
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def line_of(error: Exception) -> int | None:
    """Return the line number in an error of configparser or tomlkit, if any.

    The error's own text must not be shown: it quotes the line, which may contain a secret.
    """
    numbers = [number for number, _ in getattr(error, "errors", ())]
    lines = [*numbers, getattr(error, "lineno", None), getattr(error, "line", None)]
    return next((line for line in lines if isinstance(line, int)), None)
