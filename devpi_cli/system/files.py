"""Read text files without blocking, write them atomically; find the home folder."""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# pathlib is imported by the functions that need it: TAB only reads.

PRIVATE = 0o600
UNFINISHED = ".tmp"
NO_FILE = "it is not a regular file"
FOREIGN = "it belongs to another user"
# More than any settings, a state, or a requirements file with all hashes of a large application.
MOST_BYTES = 16 << 20
UNBLOCKED = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
OLD_SECONDS = 3600.0


def home() -> Path:
    """Return the user's home folder.

    Raises DevpiError if it is unknown, as in a container with a foreign user id.
    """
    from pathlib import Path

    try:
        return Path.home()
    except RuntimeError:
        raise DevpiError("cannot find your home folder", hint="set HOME") from None


def read(path: Path | str, *, named: bool = False) -> str:
    """Read a UTF-8 text file, with any line ends.

    Raises UnicodeError, and what ``read_bytes`` raises.
    """
    return read_bytes(path, named=named).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path | str, *, named: bool = False) -> bytes:
    """Read a file with settings, or something else that is small.

    Raises OSError, also for a pipe, which could block, for a device, which could be endless, and for a large file. A
    file that was ``named`` in a command may be a pipe, such as bash's ``<(…)``, which is read to its end.
    """
    _require_small_file(os.stat(path), path, named=named)  # noqa: PTH116 (opening a pipe would wake who writes into it)
    with os.fdopen(os.open(path, os.O_RDONLY | (0 if named else UNBLOCKED)), "rb") as file:
        _require_small_file(os.fstat(file.fileno()), path, named=named)
        text = file.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise _too_large(path)
    return text


def _require_small_file(found: os.stat_result, path: Path | str, *, named: bool) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode) and not (named and stat.S_ISFIFO(found.st_mode)):
        raise OSError(errno.EINVAL, NO_FILE, str(path))
    if found.st_size > MOST_BYTES:
        raise _too_large(path)


def _too_large(path: Path | str) -> OSError:
    return OSError(errno.EFBIG, f"it is larger than {MOST_BYTES >> 20} MiB", str(path))


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
    _replace(behind_links(path), text, mode, keep_owner=True)


def write_own(path: Path, text: str) -> None:
    """Atomically write a file that only we may read, as ours, whatever its mode was.

    Raises what ``require_own`` raises. If somebody puts something else there meanwhile, it is replaced, not written to.
    """
    require_own(path)
    _replace(path, text, PRIVATE, keep_owner=False)


def _replace(path: Path, text: str, mode: int, *, keep_owner: bool) -> None:
    from devpi_cli.system.signals import held

    with held(), unfinished(path) as (handle, temporary):
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            if keep_owner:
                _leave_to_owner(path, file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)


@contextmanager
def unfinished(path: Path) -> Iterator[tuple[int, Path]]:
    """Make a file next to another that will replace it.

    Yield its open handle and its path. If it is still there after the block, it is removed, also when the command
    is told to end.
    """
    import tempfile
    from pathlib import Path

    from devpi_cli.system.signals import held

    temporary: Path | None = None
    with suppress(OSError):  # a folder that cannot be read
        _sweep(path)
    try:
        with held():
            handle, name = tempfile.mkstemp(UNFINISHED, f".{path.name}.", path.parent)  # mkstemp makes it 0600
            temporary = Path(name)
        yield handle, temporary
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)


def require_own(path: Path) -> None:
    """Raise OSError if there is no regular file of ours.

    It may be a link, a device, or another user's file.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, "it is a symbolic link", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is a folder" if stat.S_ISDIR(found.st_mode) else NO_FILE, str(path))
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, FOREIGN, str(path))


def tidy(path: Path) -> None:
    """Remove the temporary files of processes that were killed while writing a file.

    No other process may be writing it now.
    """
    for left in _left_beside(behind_links(path)):
        with suppress(OSError):
            left.unlink()


def _sweep(path: Path) -> None:
    """Remove those of this user's processes that were killed long ago.

    Others may be writing it now.
    """
    owner = getattr(os, "geteuid", None)  # not on Windows
    for left in _left_beside(path):
        with suppress(OSError):
            found = left.lstat()
            if found.st_mtime < time.time() - OLD_SECONDS and (not owner or found.st_uid == owner()):
                left.unlink()


def _left_beside(path: Path) -> list[Path]:
    begins = f".{path.name}."
    names = os.listdir(path.parent)  # noqa: PTH208 (names may contain pattern characters)
    return [path.with_name(name) for name in names if name.startswith(begins) and name.endswith(UNFINISHED)]


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
            raise PermissionError(errno.EPERM, FOREIGN, str(path)) from None


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
