"""Read what Linux tells about processes in /proc."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
# The places of the state, the parent, the number of threads and the start in /proc/PID/stat, behind the program's name.
STATE, PARENT, THREADS, STARTED = 0, 1, 17, 19


class Stat(NamedTuple):
    """A process that has not ended: its parent, and when it started."""

    parent: int
    started: str


def exists() -> bool:
    """Return True on Linux, unless /proc is not mounted."""
    return (PROC / "self" / "stat").exists()


def stat(pid: int) -> Stat | None:
    """Return what /proc says about a process.

    Return None if it has ended, even if its exit status is left.
    """
    try:
        # The name of the program comes first, in parentheses, and may contain anything.
        fields = (PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    # Its first thread may end before the others, which keep its files and sockets open.
    has_ended = fields[STATE] == b"X" or (fields[STATE] == b"Z" and int(fields[THREADS]) <= 1)
    return None if has_ended else Stat(int(fields[PARENT]), fields[STARTED].decode())
