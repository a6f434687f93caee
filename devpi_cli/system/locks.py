"""Let only one process at a time do a thing, by a lock of the operating system."""

from __future__ import annotations

import errno
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from devpi_cli.system.files import behind_links

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from filelock import BaseFileLock

    from devpi_cli.errors import DevpiError

# The answers of a file system without locks: NFS without its lock daemon, some of FUSE, some mounts of containers.
WITHOUT_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP})
PRIVATE = 0o600
WAIT = "wait for that process or end it, then try again"
_warned: set[Path] = set()


@contextmanager
def held(
    path: Path, seconds: float, *, warn: Callable[[str], None], waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the lock of a lock file during the block. Its folder must exist.

    ``waiting`` is called if another process has it. Where the file system has no locks, the existence of a file is
    the lock, and ``warn`` is called, once for each folder. Raises TimeoutError if another process has held the lock for
    ``seconds``, OSError if the file cannot be made.
    """
    lock = _acquired(path, 0 if waiting else seconds, warn)
    if lock is None and waiting:
        waiting()
        lock = _acquired(path, seconds, warn)
    if lock is None:
        raise TimeoutError
    try:
        yield
    finally:
        lock.release()


def take(handle: int) -> bool | None:
    """Lock an open file or folder until it is closed, without waiting.

    Return False if another process, or another handle of this one, has the lock; None where there are no locks.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


@contextmanager
def required(  # noqa: PLR0913 (keyword options)
    what: Path,
    seconds: float,
    *,
    busy: DevpiError,
    broken: Callable[[OSError], DevpiError],
    warn: Callable[[str], None],
    waiting: Callable[[], None] | None = None,
) -> Iterator[None]:
    """Hold the lock of a file or folder as ``held`` does.

    It is the same one for every path to it, in a folder that is made. Raises ``busy`` if another process does not
    let go of it, and what ``broken`` makes of an OSError.
    """
    with ExitStack() as stack:
        try:
            what.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target = behind_links(what)
            lock = target.with_name(f"{target.name}.lock")
            stack.enter_context(held(lock, seconds, warn=warn, waiting=waiting))
        except TimeoutError:
            raise busy from None
        except OSError as error:
            raise broken(error) from None
        yield


def _acquired(path: Path, seconds: float, warn: Callable[[str], None]) -> BaseFileLock | None:
    """Return the lock once we have it.

    Return None if another process still has it after ``seconds``.
    """
    from filelock import FileLock, SoftFileLock, Timeout

    lock: BaseFileLock = FileLock(path, mode=PRIVATE)
    try:
        if not _has_locks(lock, seconds):
            _warn_once(path, warn)
            lock = SoftFileLock(_soft(path), mode=PRIVATE)  # not the same file, which is there now
            lock.acquire(timeout=seconds)
    except Timeout:
        return None
    return lock


def _has_locks(lock: BaseFileLock, seconds: float) -> bool:
    """Acquire a lock of the system.

    Return False, with nothing acquired, if the file system has none.
    """
    import warnings

    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")  # after ENOSYS, filelock itself takes another kind of lock, and warns
            lock.acquire(timeout=seconds)
    except (OSError, NotImplementedError) as error:
        if getattr(error, "errno", errno.ENOSYS) not in WITHOUT_LOCKS:
            raise
        return False
    if said:
        lock.release()
    return not said


def _warn_once(path: Path, warn: Callable[[str], None]) -> None:
    if path.parent not in _warned:
        _warned.add(path.parent)
        warn(
            f"{path.parent} is on a file system without locks: if a command is killed, the next one may wait until "
            f"{_soft(path).name} is removed"
        )


def _soft(path: Path) -> Path:
    return path.with_name(f"{path.name}ed")
