"""Tell running processes apart, and end one.

Another that got its id is never hit.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from devpi_cli.errors import ProgramFailed, ProgramMissing
from devpi_cli.programs import process, procfs

POLL_SECONDS = 0.1
LSTART_WORDS = 5  # Fri Nov 27 00:25:18 2026


@dataclass(frozen=True)
class Running:
    """A process as the system describes it."""

    pid: int
    started: str
    """When it started, in the system's words. A later process with the same id has another value."""
    is_ours: bool
    """Whether it belongs to the user who runs this program."""
    command: str
    """Its arguments, separated by spaces."""

    def has_arguments(self, *arguments: str) -> bool:
        """Return True if these arguments follow each other in its command."""
        return f" {' '.join(arguments)} " in f" {self.command} "

    def is_still_there(self) -> bool:
        """Return True until the process has ended."""
        found = find(self.pid)
        return found is not None and found.started == self.started


def find(pid: int) -> Running | None:
    """Return the process with an id.

    Return None if there is none, or if only its exit status is left. Raises ProgramMissing if the system cannot
    tell, as Windows without psutil.
    """
    if procfs.exists():
        return _in_proc(pid)
    if find_spec("psutil"):
        return _by_psutil(pid)
    if shutil.which("ps"):
        return _by_ps(pid)
    from devpi_cli.programs.own_environment import OwnEnvironment

    line = OwnEnvironment.here().line_to_add("psutil")
    raise ProgramMissing(f"cannot find out what process {pid} is", hint=f"install psutil with: {line}")


def _in_proc(pid: int) -> Running | None:
    folder, found = procfs.PROC / str(pid), procfs.stat(pid)
    if not found:
        return None
    with suppress(OSError):
        command = os.fsdecode((folder / "cmdline").read_bytes()).rstrip("\0").replace("\0", " ")
        return Running(pid, found.started, folder.stat().st_uid == os.geteuid(), command)
    return None


def _by_psutil(pid: int) -> Running | None:
    psutil = import_module("psutil")
    with suppress(psutil.Error):
        found = psutil.Process(pid)
        if found.status() != psutil.STATUS_ZOMBIE:
            is_ours = found.username() == psutil.Process().username()
            return Running(pid, repr(found.create_time()), is_ours, " ".join(found.cmdline()))
    return None


def _by_ps(pid: int) -> Running | None:
    columns = ("uid=", "stat=", "lstart=", "args=")
    command = ["ps", "-ww", *(word for column in columns for word in ("-o", column)), "-p", str(pid)]
    try:
        words = (
            process.output(command, cwd=Path("/"), extra={"LC_ALL": "C"}).decode(errors="surrogateescape").split(" ")
        )
    except ProgramFailed:  # there is none
        return None
    words = [word.strip() for word in words if word.strip()]
    # Its first thread may end before the others (l), which keep its files and sockets open.
    if len(words) <= 2 + LSTART_WORDS or (words[1].startswith("Z") and "l" not in words[1]):
        return None
    started, rest = words[2 : 2 + LSTART_WORDS], words[2 + LSTART_WORDS :]
    return Running(pid, " ".join(started), words[0] == str(os.geteuid()), " ".join(rest))


def end(found: Running, seconds: float) -> None:
    """Ask a process to end and wait until it has.

    Nothing is done if it has ended already. Raises ProgramFailed if that is not permitted, or if it has not ended
    after ``seconds`` seconds.
    """
    try:
        _terminate(found)
    except ProcessLookupError:
        return
    except OSError as error:
        raise ProgramFailed(f"cannot end process {found.pid}: {error.strerror}", status=1) from None
    deadline = time.monotonic() + seconds
    while found.is_still_there():
        if time.monotonic() > deadline:
            raise ProgramFailed(f"process {found.pid} did not end within {seconds:g} s", status=1)
        time.sleep(POLL_SECONDS)


def _terminate(found: Running) -> None:
    """Send SIGTERM.

    On Linux the process is held meanwhile, so that no other one can get its id.
    """
    handle = None
    if hasattr(os, "pidfd_open"):
        with suppress(OSError):
            handle = os.pidfd_open(found.pid)
    try:
        if not found.is_still_there():
            raise ProcessLookupError
        if handle is None:
            os.kill(found.pid, signal.SIGTERM)
        else:
            signal.pidfd_send_signal(handle, signal.SIGTERM)
    finally:
        if handle is not None:
            os.close(handle)
