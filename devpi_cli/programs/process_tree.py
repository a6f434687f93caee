"""End programs together with those that they have started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import NamedTuple

from devpi_cli.programs import procfs
from devpi_cli.system.signals import Signalled

WINDOWS = os.name == "nt"
POLL_SECONDS = 0.05
GRACE_SECONDS = 3.0
PS = ["ps", "-A", "-o", "pid=,ppid=,stat=,lstart="]


class Process(NamedTuple):
    """A process: its id may be used again, but not with the same start."""

    pid: int
    started: str


def let_end(child: subprocess.Popen[bytes], error: BaseException) -> None:
    """Let a program and those it has started end as if by Ctrl-C.

    They are killed after a while. Nothing is sent at first if it was Ctrl-C at the terminal, which all of them have
    got.
    """
    tree = _ProcessTree(child)
    if isinstance(error, Signalled) and error.number != signal.SIGINT:
        tree.send(_gentle())
    if not tree.has_ended():
        tree.send(_gentle())
        tree.has_ended()
    tree.kill()


def kill_group(child: subprocess.Popen[bytes], error: BaseException | None = None) -> None:
    """Kill a program and its children at once: what they were making is thrown away."""
    del error
    if WINDOWS:
        _kill_tree(child)
    else:
        with suppress(ProcessLookupError, PermissionError):  # raised by Linux and macOS for a group that has ended
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _gentle() -> signal.Signals:
    """Return what ends a program that may tidy up.

    That is Ctrl-C, unless a shell made us, and so them, ignore it.
    """
    if WINDOWS or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        return signal.SIGTERM
    return signal.SIGINT


class _ProcessTree:
    """A program, and those that it and they have started."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        self._known: set[Process] = set()
        self._alive()

    def send(self, number: int) -> None:
        """Send a signal to all that are alive."""
        self._child.send_signal(number)
        for process in self._alive():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, number)

    def has_ended(self) -> bool:
        """Wait a while until all have ended; return False if they have not."""
        deadline = time.monotonic() + GRACE_SECONDS
        while self._alive() or self._child.poll() is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def kill(self) -> None:
        """Kill those that are still alive."""
        if WINDOWS:
            _kill_tree(self._child)
        else:
            self.send(signal.SIGKILL)
        self._child.wait()

    def _alive(self) -> set[Process]:
        """Return all but the program itself.

        Those whose parents have ended since the last call are among them.
        """
        running = _running()
        found = self._known & running.keys()
        parents = {process.pid for process in found}
        if self._child.poll() is None:  # else its id may be that of another program by now
            parents.add(self._child.pid)
        while more := {process for process, parent in running.items() if parent in parents} - found:
            found |= more
            parents = {process.pid for process in more}
        self._known = found
        return found


def _kill_tree(child: subprocess.Popen[bytes]) -> None:
    command = ["taskkill", "/F", "/T", "/PID", str(child.pid)]
    subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _running() -> dict[Process, int]:
    """Return all processes that have not ended, with their parents."""
    if WINDOWS:
        return {}
    return _from_proc() if procfs.exists() else _from_ps()


def _from_proc() -> dict[Process, int]:
    pids = [int(name) for name in os.listdir(procfs.PROC) if name.isdigit()]  # noqa: PTH208 (names only)
    return {Process(pid, found.started): found.parent for pid in pids if (found := procfs.stat(pid))}


def _from_ps() -> dict[Process, int]:
    try:
        printed = subprocess.run(PS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    except OSError:
        return {}
    rows = [line.split(maxsplit=3) for line in printed.splitlines()]
    return {Process(int(pid), started): int(parent) for pid, parent, state, started in rows if state[0] != "Z"}
